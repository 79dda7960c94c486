#!/usr/bin/python3
"""What somebody tried who wanted a host to break: each of these once did. Commands with numbers that leap, files that are cut
short, descriptors that run out, actors that fill the log."""
import os
import resource
import signal
import subprocess
import sys
import tempfile

import stage
from hostile import Actors
from lives import child, running
from portcullis_test import host, natsjwt
from stage import accepted, check, lattice


def a_start_is_never_a_stop():
    """A number of instances that leaps over the end of its range; and a start of none, which would take calls it cannot
    answer."""
    with lattice() as l:
        h, c = l.host(), l.client()
        start = {"actor_ref": l.actor("echo"), "host_id": h.id}
        accepted(host.ask(c, f"cmd.{h.id}.la", dict(start, count=2)))
        running(c, h, 2)
        for count in (2**32 - 1, 2**32 - 2):
            check(not host.ask(c, f"cmd.{h.id}.la", dict(start, count=count))["accepted"], count)
        running(c, h, 2)
        for verb in ("la", "scale"):
            host.ask(c, f"cmd.{h.id}.{verb}", {"actor_ref": l.actor("counter"), "actor_id": l.key("counter"), "host_id": h.id,
                                               "count": 0})
            check([a["id"] for a in host.inventory(c, h)["actors"]] == [l.key("echo")], verb, host.inventory(c, h)["actors"])


def a_login_that_cannot_be_read_anew_is_kept_for_the_next_link_process():
    with lattice() as l:
        h = l.host()
        for which in ("control", "rpc"):
            with open(os.path.join(l.folder, "host-one", f"{which}.creds"), "w", encoding="ascii") as f:
                f.write("no login\n")
        mark = h.mark()
        h.send_signal(signal.SIGHUP)
        for which in ("control", "rpc"):
            h.wait_line(lambda x, w=which: "event=creds_refused" in x and f"{w}.creds" in x, 20, mark)
        os.kill(child(h, "link"), signal.SIGKILL)
        for which in ("control", "rpc"):
            h.wait_line(lambda x, w=which: "event=link_up" in x and f"connection={w}" in x, 20, mark)


def a_login_that_others_may_read_is_not_taken_on_hup_either():
    with lattice() as l:
        h = l.host()
        os.chmod(os.path.join(l.folder, "host-one", "rpc.creds"), 0o644)
        mark = h.mark()
        h.send_signal(signal.SIGHUP)
        h.wait_line(lambda x: "event=creds_refused" in x and "others can read it" in x, 20, mark)


def lines_of_an_actor_that_is_called_often_do_not_fill_the_disk():
    with lattice() as l:
        a = Actors(l)
        loud = a.add("loud", "(block $b (loop $l (br_if $b (i32.ge_u (i32.load (i32.const 512)) (i32.const 100))) "
                     "(i32.store (i32.const 512) (i32.add (i32.load (i32.const 512)) (i32.const 1))) "
                     "(call $log (i32.const 0) (i32.const 40)) (br $l))) (i32.store (i32.const 512) (i32.const 0)) "
                     "(call $response (i32.const 0) (i32.const 2))", data="it is loud, it is loud, it is loud, yes!")
        mark = a.h.mark()
        for _ in range(100):
            error, said = a.call(loud)
            check(not error, error, said)
        a.h.wait_line(lambda x: "event=lines_dropped" in x and loud in x, 20, mark)
        seen = [x for x in a.h.lines[mark:] if "event=actor_console" in x]
        check(len(seen) < 5000, len(seen), "of 10000 lines")
        a.well()


def instances_that_found_no_descriptor_come_when_there_are_some():
    with lattice() as l:
        h, c = l.host(), l.client()
        accepted(host.ask(c, f"cmd.{h.id}.la", {"actor_ref": l.actor("echo"), "host_id": h.id}))
        running(c, h, 1)
        before = resource.prlimit(h.pid, resource.RLIMIT_NOFILE)
        top = max(int(n) for n in os.listdir(f"/proc/{h.pid}/fd"))
        # room for the file itself, and none for processes
        resource.prlimit(h.pid, resource.RLIMIT_NOFILE, (top + 2, before[1]))
        accepted(host.ask(c, f"cmd.{h.id}.la", {"actor_ref": l.actor("echo"), "host_id": h.id, "count": 3}))
        host.until(lambda: "failed" in [i["state"] for a in host.inventory(c, h)["actors"] for i in a["instances"]],
                   "what has no descriptor has failed")
        resource.prlimit(h.pid, resource.RLIMIT_NOFILE, before)
        running(c, h, 4)


def a_key_that_was_half_written_is_made_again():
    with tempfile.TemporaryDirectory(prefix="portcullis-host-") as folder:
        argv = ["--insecure-anonymous", "--control-port", "1", "--rpc-port", "1", "--state", folder + "/state"]
        program = os.path.join(stage.BUILD, "bin", "portcullis-host")
        done = subprocess.run(["prlimit", "--fsize=10", program, *argv], capture_output=True, timeout=300, check=False)
        check(done.returncode != 0, "it started without a key")
        h = host.Host(program, argv, folder, wait=False)
        try:
            check("event=starting" in h.wait_line(lambda x: "event=starting" in x or "event=key_refused" in x, 20))
            check(sorted(n for n in os.listdir(folder + "/state") if n.endswith(".nk")) == ["cluster.nk", "host.nk"])
        finally:
            h.stop()


def a_seed_given_as_a_flag_is_not_in_the_list_of_processes():
    with tempfile.TemporaryDirectory(prefix="portcullis-host-") as folder:
        seed, cluster = natsjwt.KeyPair("server").seed, natsjwt.KeyPair("cluster").seed
        argv = ["--insecure-anonymous", "--control-port", "1", "--rpc-port", "1", "--state", folder + "/state",
                "--host-seed", seed, f"--cluster-seed={cluster}"]
        h = host.Host(os.path.join(stage.BUILD, "bin", "portcullis-host"), argv, folder, wait=False)
        try:
            h.wait_line(lambda x: "event=starting" in x, 20)
            with open(f"/proc/{h.pid}/cmdline", "rb") as f:
                said = f.read()
            check(b"--state" in said and seed.encode() not in said and cluster.encode() not in said, said)
        finally:
            h.stop()


def links_that_found_no_room_on_the_disk_are_kept_when_there_is_some():
    with lattice() as l:
        h, c = l.host(), l.client()
        folder = os.path.join(l.folder, "host-one", "state")
        os.mkdir(os.path.join(folder, "links.new"))
        mark = h.mark()
        link = {"actor_id": l.key("counter"), "provider_id": host.HTTPSERVER, "link_name": "default",
                "contract_id": "wasmcloud:httpserver", "values": {"address": "127.0.0.1:0"}}
        accepted(host.ask(c, "linkdefs.put", link))
        h.wait_line(lambda x: "event=links_not_kept" in x, 20, mark)
        os.rmdir(os.path.join(folder, "links.new"))
        host.until(lambda: os.path.exists(os.path.join(folder, "links.json")), "the links are kept")
        with open(os.path.join(folder, "links.json"), encoding="utf-8") as f:
            check(l.key("counter") in f.read())


def more_links_than_an_answer_holds_are_told():
    """Neither the file nor another host may lose some without a word; and the host goes on."""
    with lattice() as l:
        h, c = l.host(), l.client()
        link = {"actor_id": l.key("counter"), "provider_id": host.HTTPSERVER, "contract_id": "wasmcloud:httpserver"}
        for i in range(30):
            values = {f"x{k}": "y" * 4000 for k in range(10)}
            accepted(host.ask(c, "linkdefs.put", dict(link, link_name=f"n{i}", values=values)))
        h.wait_line(lambda x: "event=links_not_kept" in x and "left off" in x, 30)
        check(host.ask(c, "get.links")["left_off"] > 0)
        two = l.host("two")
        two.wait_line(lambda x: "event=links_learned" in x and "from=lattice" in x and "more than one answer" in x, 30)


TESTS = [
    a_start_is_never_a_stop,
    a_login_that_cannot_be_read_anew_is_kept_for_the_next_link_process,
    a_login_that_others_may_read_is_not_taken_on_hup_either,
    lines_of_an_actor_that_is_called_often_do_not_fill_the_disk,
    instances_that_found_no_descriptor_come_when_there_are_some,
    a_key_that_was_half_written_is_made_again,
    a_seed_given_as_a_flag_is_not_in_the_list_of_processes,
    links_that_found_no_room_on_the_disk_are_kept_when_there_is_some,
    more_links_than_an_answer_holds_are_told,
]

if __name__ == "__main__":
    sys.exit(stage.main(TESTS, sys.argv))
