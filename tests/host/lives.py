#!/usr/bin/python3
"""What dies or goes away around a host, and what of it the lattice notices: as little as can be."""
import glob
import os
import signal
import sys

import stage
from portcullis_test import host, rpc
from stage import accepted, check, lattice


def child(h, role):
    """The process of @h with --role @role."""
    for name in glob.glob("/proc/[0-9]*/stat"):
        try:
            with open(name, encoding="ascii", errors="replace") as f:
                fields = f.read().rpartition(")")[2].split()
            with open(os.path.dirname(name) + "/cmdline", "rb") as f:
                argv = f.read().split(b"\0")
        except OSError:
            continue
        if int(fields[1]) == h.pid and fields[0] != "Z" and argv[1:3] == [b"--role", role.encode()]:
            return int(os.path.basename(os.path.dirname(name)))
    return None


def echo(l, c, h, text, operation="op"):
    me, to = rpc.entity(l.key("counter")), rpc.entity(l.key("echo"))
    return rpc.unpack(c.request(rpc.subject(to), rpc.invocation(l.cluster, me, to, operation, text, h.id)).payload)


def running(c, h, n=1):
    def all_run():
        actors = host.inventory(c, h)["actors"]
        found = [i for a in actors for i in a["instances"] if i["state"] == "running"]
        return len(found) == n and found

    return host.until(all_run, f"{n} instances run")


def a_dead_link_process_is_replaced_and_nothing_that_runs_is_lost():
    with lattice() as l:
        h = l.host()
        c = l.client()
        accepted(host.ask(c, f"cmd.{h.id}.la", {"actor_ref": l.actor("echo"), "host_id": h.id, "count": 2}))
        before = running(c, h, 2)
        mark = h.mark()
        os.kill(child(h, "link"), signal.SIGKILL)
        h.wait_line(lambda x: "event=child_ended" in x and "child=link" in x, 20, mark)
        for which in ("control", "rpc"):
            h.wait_line(lambda x, w=which: "event=link_up" in x and f"connection={w}" in x, 20, mark)
        after = running(c, h, 2)
        check([i["instance_id"] for i in before] == [i["instance_id"] for i in after], before, after)
        check(echo(l, c, h, b"still here")["msg"] == b"still here")


def a_gateway_that_is_started_again_finds_the_same_actors():
    with lattice(port=stage.server.free_port()) as l:
        h = l.host()
        c = l.client()
        accepted(host.ask(c, f"cmd.{h.id}.la", {"actor_ref": l.actor("echo"), "host_id": h.id}))
        before = running(c, h)
        mark = h.mark()
        c.close()
        l.gate.clients.clear()
        check(l.gate.gateway.stop() == 0)
        h.wait_line(lambda x: "event=link_down" in x, 20, mark)
        l.gate.start_gateway(stage.BUILD)
        for which in ("control", "rpc"):
            h.wait_line(lambda x, w=which: "event=link_up" in x and f"connection={w}" in x, 30, mark)
        c = l.client()
        check(running(c, h)[0]["instance_id"] == before[0]["instance_id"])
        check(echo(l, c, h, b"again")["msg"] == b"again")


def revoked_creds_are_told_and_it_keeps_trying():
    with lattice() as l:
        h = l.host()
        c = l.client()
        accepted(host.ask(c, f"cmd.{h.id}.la", {"actor_ref": l.actor("echo"), "host_id": h.id}))
        running(c, h)
        folder = os.path.join(l.folder, "host-one")
        token, pair = stage.natsjwt.read_creds(os.path.join(folder, "control.creds"))
        del token
        mark = h.mark()
        account = l.gate.accounts["ACME"]
        account.revocations[pair.public] = 1 << 33
        l.gate.write_accounts()
        h.wait_line(lambda x: "event=link_refused" in x and "connection=control" in x, 30, mark)
        # calls do not go through that connection
        check(echo(l, c, h, b"calls go on")["msg"] == b"calls go on")
        # other creds, and HUP
        owner, user = l.gate.accounts["ACME"], stage.natsjwt.KeyPair("user")
        token = stage.natsjwt.mint_user(owner.key, user.public, "one-control", ["role:host", f"host:{h.id}"])
        stage.natsjwt.write_creds(os.path.join(folder, "control.creds"), token, user.seed)
        h.send_signal(signal.SIGHUP)
        h.wait_line(lambda x: "event=link_up" in x and "connection=control" in x, 30, mark)
        check(host.inventory(c, h)["actors"][0]["state"] == "running")


def a_killed_instance_is_replaced_and_its_actor_answers():
    with lattice() as l:
        h = l.host()
        c = l.client()
        accepted(host.ask(c, f"cmd.{h.id}.la", {"actor_ref": l.actor("echo"), "host_id": h.id, "count": 2}))
        running(c, h, 2)
        mark = h.mark()
        os.kill(child(h, "runner"), signal.SIGKILL)
        h.wait_line(lambda x: "event=actor_ended" in x and "end=crashed" in x, 20, mark)
        running(c, h, 2)
        check(echo(l, c, h, b"and again")["msg"] == b"and again")


def field(line, name):
    return line.split(f" {name}=")[1].split()[0]


def born(h, n, since=0):
    """The lines of the last @n instances, once there are so many."""
    def lines():
        found = [x for x in h.lines[since:] if "event=actor_instance" in x]
        return len(found) >= n and found[-n:]

    return host.until(lines, f"{n} were born")


def instances_of_an_own_actor_are_forked_and_those_of_others_not():
    with lattice() as l:
        for name, fork in (("one", True), ("two", False)):
            h, c = l.host(name, fork=fork), l.client()
            accepted(host.ask(c, f"cmd.{h.id}.la", {"actor_ref": l.actor("echo"), "host_id": h.id, "count": 3}))
            running(c, h, 3)
            check(len({field(x, "pid") for x in born(h, 3)}) == 3, "each is a process")
            check((child(h, "zygote") is not None) == fork, name)
            check(sum("event=actor_zygote " in x for x in h.lines) == fork, "one for all")
            check(echo(l, c, h, b"hello")["msg"] == b"hello")
            accepted(host.ask(c, f"cmd.{h.id}.sa", {"actor_ref": l.key("echo"), "count": 0, "host_id": h.id}))
            host.until(lambda: not host.inventory(c, h)["actors"], "all are gone")
            host.until(lambda: child(h, "zygote") is None, "it goes with the last of them")


def a_killed_zygote_is_replaced_and_so_are_its_instances():
    with lattice() as l:
        h = l.host(fork=True, conf="limits { crashes = 2 }")
        c = l.client()
        accepted(host.ask(c, f"cmd.{h.id}.la", {"actor_ref": l.actor("echo"), "host_id": h.id, "count": 3}))
        running(c, h, 3)
        mark = h.mark()
        zygote = int(field(h.wait_line(lambda x: "event=actor_zygote " in x, 20), "pid"))
        os.kill(zygote, signal.SIGKILL)
        h.wait_line(lambda x: "event=actor_zygote_ended" in x and "end=crashed" in x, 20, mark)
        born(h, 3, mark)
        running(c, h, 3)
        check(echo(l, c, h, b"and again")["msg"] == b"and again")
        check(not any("actor_quarantined" in x for x in h.lines), "four processes ended, and it is one death")
        # an instance alone
        mark = h.mark()
        os.kill(int(field(born(h, 1)[0], "pid")), signal.SIGKILL)
        h.wait_line(lambda x: "event=actor_quarantined" in x, 20, mark)
        running(c, h, 2)
        check(not any("actor_zygote_ended" in x for x in h.lines[mark:]), "the others went on")
        check(echo(l, c, h, b"two are left")["msg"] == b"two are left")


def links_are_known_to_a_host_that_comes_later_and_after_a_restart():
    with lattice() as l:
        one = l.host("one")
        c = l.client()
        link = {"actor_id": l.key("counter"), "provider_id": host.HTTPSERVER, "link_name": "default",
                "contract_id": "wasmcloud:httpserver", "values": {"address": "127.0.0.1:0"}}
        accepted(host.ask(c, "linkdefs.put", link))
        two = l.host("two")
        two.wait_line(lambda x: "event=links_learned" in x and "from=lattice" in x and "links=1" in x, 20)
        # what is put while both are here, both know, whoever answered
        accepted(host.ask(c, "linkdefs.put", dict(link, link_name="other")))
        check(one.stop() == 0)
        host.until(lambda: len(host.ask(c, "get.links")["links"]) == 2, "the second host knows both")
        check(two.stop() == 0)
        three = l.host("two")
        three.wait_line(lambda x: "event=links_learned" in x and "from=state" in x and "links=2" in x, 20)
        values = {li["link_name"]: li["values"] for li in host.ask(c, "get.links")["links"]}
        check(values["default"] == {"address": "127.0.0.1:0"}, values)


def what_the_server_does_not_let_it_hear_is_told_by_name():
    with lattice() as l:
        folder = os.path.join(l.folder, "host-one")
        l.write_host(folder, "one", "", {})
        owner, user = l.gate.accounts["ACME"], stage.natsjwt.KeyPair("user")
        token = stage.natsjwt.mint_user(owner.key, user.public, "nobody", ["role:observer"])
        stage.natsjwt.write_creds(os.path.join(folder, "control.creds"), token, user.seed)
        h = l.host("one", wait=False)
        h.wait_line(lambda x: "event=link_error" in x and 'subject="wasmbus.ctl.default.cmd.' in x, 20)


def two_hosts_do_not_share_a_folder():
    with lattice() as l:
        l.host("one")
        second = l.host("one", wait=False)
        second.wait_line(lambda x: "event=state_in_use" in x, 20)
        check(second.wait_end() == 1)
        l.hosts.remove(second)


TESTS = [
    a_dead_link_process_is_replaced_and_nothing_that_runs_is_lost,
    a_gateway_that_is_started_again_finds_the_same_actors,
    revoked_creds_are_told_and_it_keeps_trying,
    a_killed_instance_is_replaced_and_its_actor_answers,
    instances_of_an_own_actor_are_forked_and_those_of_others_not,
    a_killed_zygote_is_replaced_and_so_are_its_instances,
    links_are_known_to_a_host_that_comes_later_and_after_a_restart,
    what_the_server_does_not_let_it_hear_is_told_by_name,
    two_hosts_do_not_share_a_folder,
]

if __name__ == "__main__":
    sys.exit(stage.main(TESTS, sys.argv))
