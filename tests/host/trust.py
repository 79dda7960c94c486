#!/usr/bin/python3
"""Who signed an actor is believed while it runs, not only when it starts: ends and revocations reach it."""
import os
import signal
import sys

import stage
from portcullis_test import host, natsjwt, rpc
from stage import accepted, check, lattice


def issuer():
    with open(os.path.join(stage.BUILD, "actors", "keys", "kit_account.nk"), encoding="ascii") as f:
        return natsjwt.KeyPair.from_seed(f.read().strip()).public


class List:
    """A list of issuers, replaced whole as an editor does."""

    def __init__(self, l, text=""):
        self.path = os.path.join(l.folder, "issuers")
        self.write(text)

    def write(self, text, issuers=True):
        with open(self.path + ".new", "w", encoding="utf-8") as f:
            f.write((f"issuer kit {{ key = {issuer()} }}\n" if issuers else "") + text)
        os.replace(self.path + ".new", self.path)


def begin(l, h, c, *names):
    for name in names:
        accepted(host.ask(c, f"cmd.{h.id}.la", {"actor_ref": l.actor(name), "host_id": h.id}))
        h.wait_line(lambda x, n=name: "event=actor_instance" in x and l.key(n) in x, 20)


def actors(c, h):
    return {a["id"]: a for a in host.inventory(c, h)["actors"]}


def reload(h):
    mark = h.mark()
    os.kill(h.pid, signal.SIGHUP)
    return mark


def revoked_while_it_runs_it_stops_and_says_why():
    with lattice() as l:
        known = List(l)
        h = l.host(conf=f'trust {{ list = "{known.path}" }}', trusted=False)
        c = l.client()
        begin(l, h, c, "echo", "counter")
        known.write(f"revoke lost {{ subject = {l.key('echo')} }}\n")
        mark = reload(h)
        line = h.wait_line(lambda x: "event=actor_distrusted" in x, 20, mark)
        check(l.key("echo") in line and "lost" in line, line)
        there = actors(c, h)
        gone = there[l.key("echo")]
        check(gone["state"] == "failed" and "lost" in gone["reason"], gone)
        host.until(lambda: actors(c, h)[l.key("echo")]["instances"] == [], "its instances are gone")
        check(there[l.key("counter")]["state"] == "running", there)
        to = rpc.entity(l.key("echo"))

        def unheard():
            """A server hears of the end of a subscription when it comes to it."""
            answer = c.request(rpc.subject(to), rpc.invocation(l.cluster, rpc.entity(l.key("counter")), to, "op", b"x", h.id))
            check(answer.header or rpc.unpack(answer.payload).get("error"), "it answers calls")
            return b"503" in answer.header and not answer.payload

        host.until(unheard, "nobody hears calls for it")
        said = host.ask(c, f"cmd.{h.id}.scale", {"actor_ref": l.actor("echo"), "count": 1, "host_id": h.id})
        check(not said["accepted"] and "lost" in said["error"], said)
        check(actors(c, h)[l.key("echo")]["state"] == "failed", "it is still shown")
        # taken back, and believed again: it runs when somebody says so
        known.write("")
        mark = reload(h)
        h.wait_line(lambda x: "event=reload" in x, 20, mark)
        accepted(host.until(lambda: (lambda a: a if a["accepted"] else None)(
            host.ask(c, f"cmd.{h.id}.scale", {"actor_ref": l.actor("echo"), "count": 1, "host_id": h.id})), "believed again"))
        host.until(lambda: actors(c, h)[l.key("echo")]["state"] == "running", "it runs again")


def an_issuer_that_ends_takes_its_actors_along_without_being_told():
    with lattice() as l:
        known = List(l)
        h = l.host(conf=f'trust {{ list = "{known.path}"  recheck = 100ms }}', trusted=False)
        c = l.client()
        begin(l, h, c, "echo")
        known.write(f"issuer kit {{\n key = {issuer()}\n expires = 2020-01-01\n}}\n", issuers=False)
        h.wait_line(lambda x: "event=actor_distrusted" in x, 20)
        check(actors(c, h)[l.key("echo")]["state"] == "failed", "failed")
        said = host.ask(c, f"cmd.{h.id}.la", {"actor_ref": l.actor("counter"), "host_id": h.id})
        check(not said["accepted"], said)
        accepted(host.ask(c, f"cmd.{h.id}.sa", {"actor_ref": l.key("echo"), "host_id": h.id}))
        host.until(lambda: actors(c, h) == {}, "who stops it is rid of it")


def a_broken_list_leaves_the_former_in_force():
    with lattice() as l:
        known = List(l, f"revoke lost {{ subject = {l.key('echo')} }}\n")
        h = l.host(conf=f'trust {{ list = "{known.path}" }}', trusted=False)
        c = l.client()
        begin(l, h, c, "counter")
        known.write("revoke {{{\n", issuers=False)
        mark = reload(h)
        h.wait_line(lambda x: "event=trust_list_not_read" in x and "issuers:1:" in x, 20, mark)
        check(actors(c, h)[l.key("counter")]["state"] == "running", "it runs on")
        said = host.ask(c, f"cmd.{h.id}.la", {"actor_ref": l.actor("echo"), "host_id": h.id})
        check(not said["accepted"] and "lost" in said["error"], said)


def a_host_with_a_broken_list_does_not_start():
    with lattice() as l:
        known = List(l, "revoke {{{\n")
        h = l.host(conf=f'trust {{ list = "{known.path}" }}', trusted=False, wait=False)
        h.wait_line(lambda x: "event=trust_list_not_read" in x, 20)
        check(h.wait_end() == 1, "exit")
        l.hosts.remove(h)


TESTS = [
    revoked_while_it_runs_it_stops_and_says_why,
    an_issuer_that_ends_takes_its_actors_along_without_being_told,
    a_broken_list_leaves_the_former_in_force,
    a_host_with_a_broken_list_does_not_start,
]

if __name__ == "__main__":
    sys.exit(stage.main(TESTS, sys.argv))
