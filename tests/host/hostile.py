#!/usr/bin/python3
"""Hostile actors in a real host: calls that lead back, floods, crashes, forged words. What they do is theirs alone: the host
goes on, and another actor's calls are answered meanwhile. Numbers are those of the list of attacks in docs/SANDBOX.md."""
import os
import shutil
import subprocess
import sys

import stage
from portcullis_test import host, natsjwt, rpc, wascap
from stage import accepted, check, lattice

WORDS = """
  (import "wapc" "__guest_request" (func $request (param i32 i32)))
  (import "wapc" "__guest_response" (func $response (param i32 i32)))
  (import "wapc" "__host_call" (func $ask (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wapc" "__host_response_len" (func $len (result i32)))
  (import "wapc" "__host_response" (func $take (param i32)))
  (import "wapc" "__host_error_len" (func $elen (result i32)))
  (import "wapc" "__host_error" (func $etake (param i32)))
  (import "wapc" "__console_log" (func $log (param i32 i32)))
  (memory (export "memory") 2 2)
"""
# asks whom the 56 bytes at 0 name, and answers with what it is told; "!" before an error
ASKS = """(if (i32.eq (call $ask (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 56) (i32.const 64) (i32.const 2)
      (i32.const 64) (i32.const 2))
      (i32.const 1))
    (then (call $take (i32.const 1000)) (call $response (i32.const 1000) (call $len)))
    (else (i32.store8 (i32.const 1000) (i32.const 33)) (call $etake (i32.const 1001))
      (call $response (i32.const 1000) (i32.add (call $elen) (i32.const 1)))))"""


class Actors:
    """A host with the kit's echo, and hostile ones beside it."""

    def __init__(self, l, **settings):
        self.l = l
        self.h = l.host(**settings)
        self.c = l.client()
        self.start(l.actor("echo"))

    def start(self, ref, count=1):
        accepted(host.ask(self.c, f"cmd.{self.h.id}.la", {"actor_ref": ref, "host_id": self.h.id, "count": count}))

    def add(self, name, body, key=None, data="", count=1):
        """A guest of this body, signed by whom the host trusts; its key."""
        key = key or natsjwt.KeyPair("module")
        path = os.path.join(self.l.folder, name)
        with open(path + ".wat", "w", encoding="utf-8") as f:
            f.write(f'(module {WORDS} (data (i32.const 0) "{data}") (func (export "__guest_call") (param i32 i32) (result i32)\n'
                    f'  {body} (i32.const 1)))')
        subprocess.run(["wat2wasm", "-o", path + ".wasm", path + ".wat"], check=True)
        with open(os.path.join(self.l.build, "actors", "keys", "kit_account.nk"), encoding="ascii") as f:
            issuer = natsjwt.KeyPair.from_seed(f.read().strip())
        with open(path + ".wasm", "rb") as f:
            signed = wascap.sign(f.read(), issuer, key, wascap={"name": name})
        with open(path + "_s.wasm", "wb") as f:
            f.write(signed)
        self.start(f"file://{path}_s.wasm", count)

        def runs():
            found = [a for a in host.inventory(self.c, self.h)["actors"] if a["id"] == key.public]
            return found and [i["state"] for i in found[0]["instances"]] == ["running"] * count

        host.until(runs, f"{name} runs {count} times")
        return key.public

    def invocation(self, to, payload=b"x"):
        me = rpc.entity(natsjwt.KeyPair("module").public)
        return rpc.invocation(self.l.cluster, me, rpc.entity(to), "op", payload, self.h.id)

    def call(self, to, payload=b"x"):
        """(error, message)"""
        answer = self.c.request(rpc.subject(rpc.entity(to)), self.invocation(to, payload))
        said = rpc.unpack(answer.payload)
        return said.get("error"), said.get("msg")

    def well(self):
        """Another actor is served as if nothing was; on a machine that is too busy for the time a call has here, at last."""
        host.until(lambda: self.call(self.l.key("echo"), b"still here") in (("", b"still here"), (None, b"still here")),
                   "echo answers")


def calls_within_calls_have_a_depth():
    """33"""
    with lattice() as l:
        a, key = Actors(l), natsjwt.KeyPair("module")
        own = a.add("cycle", ASKS, key, key.public + "\\00\\00\\00\\00\\00\\00\\00\\00op", count=12)
        error, said = a.call(own)
        check(not error and said.startswith(b"!") and b"deeper" in said, "12 instances:", error, said)
        asks = a.add("asks", ASKS, data=l.key("echo") + "\\00\\00\\00\\00\\00\\00\\00\\00op")
        error, said = a.call(asks)
        check(not error and said == b"op", "one that asks another, control:", error, said)
        a.well()


def an_actor_that_waits_for_itself_ends_with_its_time():
    """33: one instance, so nobody is left to answer it."""
    with lattice() as l:
        a, key = Actors(l, conf="limits { call_time = 1s }"), natsjwt.KeyPair("module")
        own = a.add("narcissus", ASKS, key, key.public + "\\00\\00\\00\\00\\00\\00\\00\\00op")
        error, said = a.call(own)
        check(error or said.startswith(b"!"), "it was answered:", error, said)
        a.well()


def more_calls_than_wait_are_refused():
    """33: ten thousand at once to an actor that is busy."""
    with lattice() as l:
        a = Actors(l, conf="limits { call_time = 2s  queue = 100 }")
        slow = a.add("slow", "(loop $l (br $l))")
        # each with an id of its own, or it would be taken for the same
        for _ in range(1000):
            a.c.publish(rpc.subject(rpc.entity(slow)), a.invocation(slow))
        a.well()
        error, _ = a.call(slow)
        check(error, "a full queue, or its time, is an error")
        a.well()


def a_guest_that_crashes_harms_its_own_calls():
    """38"""
    with lattice() as l:
        a = Actors(l, conf="limits { call_time = 1s  call_cpu = 200ms }")
        bad = a.add("bad", "unreachable")
        loops = a.add("loops", "(loop $l (br $l))")
        for _ in range(3):
            for key in (bad, loops):
                error, _ = a.call(key)
                check(error, "it was answered")
        a.well()


class Mortal(Actors):
    """With one that loops when it is given nothing, and may do so once."""

    def __init__(self, l, quarantine):
        super().__init__(l, conf=f"limits {{ call_time = 5s  call_cpu = 50ms  crashes = 2  quarantine = {quarantine} }}")
        self.key = self.add("mortal", "(if (i32.eqz (local.get 1)) (then (loop $l (br $l)))) "
                            "(call $response (i32.const 0) (i32.const 1))")
        self.mark = self.h.mark()

    def ref(self, name):
        return f"file://{self.l.folder}/{name}_s.wasm"

    def entry(self):
        return [x for x in host.inventory(self.c, self.h)["actors"] if x["id"] == self.key][0]["instances"][0]

    def lives(self, why):
        host.until(lambda: self.entry()["state"] == "running", why)
        check(not self.call(self.key)[0], "it does not answer: " + why)

    def die(self):
        check(self.call(self.key, b"")[0], "it was answered")
        self.lives("after one death")
        check(self.call(self.key, b"")[0], "it was answered")
        self.said("actor_quarantined")

    def said(self, event):
        self.h.wait_line(lambda x: f"event={event} " in x and self.key in x, since=self.mark)


def an_actor_that_dies_too_often_is_held_back():
    """38"""
    with lattice() as l:
        a = Mortal(l, "1h")
        a.die()
        found = a.entry()
        check(found["state"] == "failed" and "quarantine" in found["reason"] and found["next_retry"], found)
        error, _ = a.call(a.key)
        check("quarantine" in error, "a call meanwhile:", error)
        a.well()
        accepted(host.ask(a.c, f"cmd.{a.h.id}.scale",
                          {"actor_id": a.key, "actor_ref": a.ref("mortal"), "count": 1, "host_id": a.h.id}))
        a.said("actor_released")
        a.lives("a command let it begin")


def quarantine_has_an_end():
    """38"""
    with lattice() as l:
        a = Mortal(l, "1s")
        a.die()
        a.said("actor_released")
        a.lives("its time was over")


def lines_of_guests_are_bounded_and_their_own():
    """34"""
    with lattice() as l:
        a = Actors(l)
        mark = a.h.mark()
        line = "event=gate_down\\1b[2J\\0aevent=host_ready"
        loud = a.add("loud", "(loop $l (call $log (i32.const 0) (i32.const 40)) (br $l))", data=line)
        error, _ = a.call(loud)
        check(error, "it was answered")
        a.well()
        a.h.wait_line(lambda x: "gate_down" in x, since=mark)
        said = a.h.lines[mark:]
        check(not any("\x1b" in x or x.startswith("event=host_ready") for x in said), "a line of its own making")
        loud_lines = sum("gate_down" in x for x in said)
        check(0 < loud_lines <= 100, loud_lines, "lines of one call")


TESTS = [
    calls_within_calls_have_a_depth,
    an_actor_that_waits_for_itself_ends_with_its_time,
    more_calls_than_wait_are_refused,
    a_guest_that_crashes_harms_its_own_calls,
    an_actor_that_dies_too_often_is_held_back,
    quarantine_has_an_end,
    lines_of_guests_are_bounded_and_their_own,
]

if __name__ == "__main__":
    if not shutil.which("wat2wasm"):
        print("skipped: wat2wasm is needed")
        sys.exit(77)
    sys.exit(stage.main(TESTS, sys.argv))
