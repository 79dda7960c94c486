#!/usr/bin/python3
"""Calls over the network: who is believed, and what becomes of those who are not."""
import json
import sys
import time

import stage
from portcullis_test import host, natsjwt, rpc
from stage import accepted, check, lattice


def call(client, payload, target, wait=True):
    """The response to an invocation as a value; None when none comes before our own PONG and a later answer."""
    if wait:
        return rpc.unpack(client.request(rpc.subject(target), payload).payload)
    client.subscribe("_INBOX.silent")
    client.publish(rpc.subject(target), payload, "_INBOX.silent")
    return None


def echo_host(l):
    h = l.host()
    c = l.client("admin")
    accepted(host.ask(c, f"cmd.{h.id}.la", {"actor_ref": l.actor("echo"), "host_id": h.id}))
    host.until(lambda: host.inventory(c, h)["actors"][0]["state"] == "running", "the actor runs")
    return h, c


def another_hosts_call_is_answered():
    with lattice() as l:
        h, c = echo_host(l)
        me, echo = rpc.entity(natsjwt.KeyPair("module").public), rpc.entity(l.key("echo"))
        answer = call(c, rpc.invocation(l.cluster, me, echo, "Echo.It", b"hello", h.id), echo)
        check(answer["msg"] == b"hello" and not answer.get("error"), answer)
        answer = call(c, rpc.invocation(l.cluster, me, echo, "fail", b"", h.id), echo)
        check("as you wish" in answer["error"], answer)


def what_is_forged_is_not_heard():
    with lattice() as l:
        h, c = echo_host(l)
        me, echo = rpc.entity(natsjwt.KeyPair("module").public), rpc.entity(l.key("echo"))
        other = rpc.entity(natsjwt.KeyPair("module").public)
        good = rpc.invocation(l.cluster, me, echo, "op", b"once", h.id)
        forged = {
            "issuer": rpc.invocation(natsjwt.KeyPair("cluster"), me, echo, "op", b"x", h.id),
            "stale": rpc.invocation(l.cluster, me, echo, "op", b"x", h.id, iat=int(time.time()) - 3600),
            "other_body": rpc.invocation(l.cluster, me, echo, "op", b"x", h.id, hash="0" * 64),
            "other_address": rpc.invocation(l.cluster, me, echo, "op", b"x", h.id, origin_url=rpc.url(other)),
            "unsigned": rpc.invocation(l.cluster, me, echo, "op", b"x", h.id, claims=""),
            "replayed": good,
        }
        check(call(c, good, echo)["msg"] == b"once")
        for reason, payload in forged.items():
            mark = h.mark()
            call(c, payload, echo, wait=False)
            h.wait_line(lambda x, r=reason: "event=invocation_refused" in x and f"reason={r}" in x, 20, mark)
        # the good one that comes after them is the first that is answered
        check(call(c, rpc.invocation(l.cluster, me, echo, "op", b"last", h.id), echo)["msg"] == b"last")


def what_was_made_before_the_host_began_is_not_heard():
    """It may be a copy of what was heard before it was started again."""
    before = int(time.time()) - 1
    with lattice() as l:
        h, c = echo_host(l)
        me, echo = rpc.entity(natsjwt.KeyPair("module").public), rpc.entity(l.key("echo"))
        mark = h.mark()
        call(c, rpc.invocation(l.cluster, me, echo, "op", b"x", h.id, iat=before), echo, wait=False)
        h.wait_line(lambda x: "event=invocation_refused" in x and "reason=stale" in x, 20, mark)
        check(call(c, rpc.invocation(l.cluster, me, echo, "op", b"now", h.id), echo)["msg"] == b"now")


def a_provider_that_is_not_linked_is_refused():
    with lattice() as l:
        h, c = echo_host(l)
        echo = rpc.entity(l.key("echo"))
        stranger = rpc.entity(natsjwt.KeyPair("service").public, "wasmcloud:httpserver", "default")
        answer = call(c, rpc.invocation(l.cluster, stranger, echo, "HttpServer.HandleRequest", b"x", h.id), echo)
        check("no link" in answer["error"], answer)


def a_body_that_is_elsewhere_is_refused_clearly():
    with lattice() as l:
        h, c = echo_host(l)
        me, echo = rpc.entity(natsjwt.KeyPair("module").public), rpc.entity(l.key("echo"))
        said = rpc.unpack(rpc.invocation(l.cluster, me, echo, "op", b"", h.id))
        said["content_length"] = 5000000
        answer = call(c, rpc.pack(said), echo)
        check("1 MiB" in answer["error"], answer)


TESTS = [
    another_hosts_call_is_answered,
    what_is_forged_is_not_heard,
    what_was_made_before_the_host_began_is_not_heard,
    a_provider_that_is_not_linked_is_refused,
    a_body_that_is_elsewhere_is_refused_clearly,
]

if __name__ == "__main__":
    sys.exit(stage.main(TESTS, sys.argv))
