#!/usr/bin/python3
"""A lattice of 2021: the control interface and the calls of wasmCloud 0.18."""
import hashlib
import json
import sys
import time
import uuid

import stage
from portcullis_test import host, natsjwt, rpc
from stage import check, lattice


def start(c, h, ref):
    return host.ask(c, f"cmd.{h.id}.la", {"actor_ref": ref, "host_id": h.id})


def running(c, h):
    return host.until(lambda: [a for a in host.inventory(c, h)["actors"] if a.get("state") == "running"], "the actor runs")


def questions_are_answered_in_its_forms():
    with lattice() as l:
        h = l.host(dialect="a")
        c = l.client("admin")
        found = host.ask(c, "get.hosts")
        check(found["id"] == h.id and isinstance(found["uptime"], int), found)
        inv = host.inventory(c, h)
        check(inv["host_id"] == h.id and inv["actors"] == [] and inv["providers"] == [], inv)
        check(host.ask(c, "get.links") == {"links": []} and host.ask(c, "get.claims") == {"claims": []})


def actors_start_stop_and_say_why_not():
    with lattice() as l:
        h = l.host(dialect="a")
        c = l.client("admin")
        ref = l.actor("echo")
        check(start(c, h, ref) == {"host_id": h.id, "actor_ref": ref}, "ack")
        check(running(c, h)[0]["id"] == l.key("echo"))
        # one instance of an actor in a host, as it was then
        check("already" in start(c, h, ref)["failure"])
        check("no such file" in start(c, h, "file:///nonexistent")["failure"])
        claims = host.ask(c, "get.claims")["claims"]
        check([x["values"]["sub"] for x in claims] == [l.key("echo")], claims)
        check(host.ask(c, f"cmd.{h.id}.sa", {"host_id": h.id, "actor_ref": l.key("echo")}) == {})
        host.until(lambda: host.inventory(c, h)["actors"] == [], "it is gone")


def links_come_on_the_side_of_calls():
    with lattice() as l:
        one, two = l.host("one", dialect="a"), l.host("two", dialect="a")
        c = l.client("admin")
        link = {"actor_id": l.key("counter"), "provider_id": host.HTTPSERVER, "link_name": "default",
                "contract_id": "wasmcloud:httpserver", "values": {"PORT": "8080"}}
        c.publish("wasmbus.rpc.default.links", rpc.pack(link))
        for h in (one, two):
            # every host keeps it, and every host answers; whoever answers has it
            host.until(lambda: len(host.ask(c, "get.links")["links"]) == 1, "the link is known")
            del h


def invocation(signer, origin, target, operation, msg, host_id):
    """As 0.18 writes them: entities as enums by index, bytes as arrays, signed by the host's key."""
    number = str(uuid.uuid4())
    origin_url, target_url = f"wasmbus://{origin}", f"wasmbus://{target}/{operation}"
    digest = hashlib.sha256(origin_url.encode() + target_url.encode() + msg).hexdigest().upper()
    claims = {"jti": number, "iat": int(time.time()), "iss": signer.public, "sub": number,
              "wascap": {"target_url": target_url, "origin_url": origin_url, "hash": digest}}
    return rpc.pack({"origin": {0: origin}, "target": {0: target}, "operation": operation, "msg": list(msg), "id": number,
                     "encoded_claims": rpc.token(claims, signer), "host_id": host_id})


def calls_in_the_encoding_of_2021_are_answered():
    with lattice() as l:
        other = natsjwt.KeyPair("server")
        h = l.host(dialect="a", conf="")
        c = l.client("admin")
        start(c, h, l.actor("echo"))
        running(c, h)
        me, echo = natsjwt.KeyPair("module").public, l.key("echo")
        mark = h.mark()
        # a host nobody trusts
        c.publish(f"wasmbus.rpc.default.{echo}", invocation(other, me, echo, "op", b"hi", other.public), "_INBOX.none")
        h.wait_line(lambda x: "event=invocation_refused" in x and "reason=issuer" in x, 20, mark)
        with open(l.folder + "/host-one/host.nk", encoding="ascii") as f:
            own = natsjwt.KeyPair.from_seed(f.read().strip())
        answer = c.request(f"wasmbus.rpc.default.{echo}", invocation(own, me, echo, "op", b"hi", own.public))
        found = rpc.unpack(answer.payload)
        check(bytes(found["msg"]) == b"hi", found)


def events_are_its_tagged_values():
    with lattice() as l:
        h = l.host(dialect="a")
        c, events = l.client("admin"), l.client("admin")
        events.subscribe("wasmbus.ctl.default.events")
        events.barrier()
        start(c, h, l.actor("echo"))
        while True:
            event = json.loads(events.next().payload)
            if isinstance(event["event"], dict) and "ActorStarted" in event["event"]:
                break
        check(event["event"]["ActorStarted"]["actor"] == l.key("echo") and event["header"]["host_origin"] == h.id, event)


def a_command_of_the_other_dialect_is_not_heard():
    with lattice() as l:
        h = l.host(dialect="a")
        c = l.client("admin")
        link = {"actor_id": l.key("counter"), "provider_id": host.HTTPSERVER, "link_name": "default",
                "contract_id": "wasmcloud:httpserver", "values": {}}
        answer = host.ask(c, "linkdefs.put", link)
        check(answer is None, answer)
        check(host.inventory(c, h)["host_id"] == h.id)


TESTS = [
    questions_are_answered_in_its_forms,
    actors_start_stop_and_say_why_not,
    links_come_on_the_side_of_calls,
    calls_in_the_encoding_of_2021_are_answered,
    events_are_its_tagged_values,
    a_command_of_the_other_dialect_is_not_heard,
]

if __name__ == "__main__":
    sys.exit(stage.main(TESTS, sys.argv))
