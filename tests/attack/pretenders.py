#!/usr/bin/python3
"""Hosts that pretend to be others where a lattice listens under a control prefix of its own: what is read of
reports under wasmbus.ctl is read there too."""
import json

import stage
from stage import Failed

OWN = "NAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
OTHER = "NBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"
POLICY = {
    "elsewhere.policy": """
lattices = ["default"]
control_prefix = ["acme.control"]
role early { account = <ACME> tags = ["role:early"] }
rule early {
  allow   = [serve]
  host_id = first_use
  to      = [early]
}
"""
}


def begin(s):
    s.start(policies=POLICY)
    s.observer.unsubscribe("1")
    for pattern in ("wasmbus.evt.>", "acme.control.*.events"):
        s.observer.subscribe(pattern)
    s.observer.barrier()
    s.observer.messages.clear()


def early(s):
    """A host by first use, which is OWN from here on."""
    c = s.client("early")
    c.subscribe(f"acme.control.default.cmd.{OWN}.*")
    c.barrier()
    if c.errors:
        raise Failed(f"its own commands: {c.errors}")
    return c


def asked_under_a_prefix(s):
    """An answer to a ping or an auction that came under the prefix names the host that gives it."""
    begin(s)
    c = early(s)
    c.subscribe("acme.control.default.ping.hosts")
    c.subscribe("acme.control.v1.default.host.ping")
    c.subscribe("acme.control.default.auction.>")
    c.barrier()
    asker = s.client("deployer")
    looker = s.client("looker")
    for who, subject, body, name, wrap in (
            (looker, "acme.control.default.ping.hosts", b"", "id", False),
            (looker, "acme.control.v1.default.host.ping", b"", "id", True),
            (asker, "acme.control.default.auction.actor", b'{"actor_ref":"r.dev/a:1","constraints":{}}', "host_id", False)):
        inbox = f"_INBOX.{name}{wrap}"
        who.subscribe(inbox)
        who.publish(subject, body, inbox)
        question = c.next()
        if question.subject != subject or not question.reply:
            raise Failed(f"{subject}: {question}")
        for host in (OTHER, OWN):
            said = {name: host}
            c.publish(question.reply, json.dumps({"success": True, "message": "", "response": said} if wrap else said).encode())
        if OWN.encode() not in who.next().payload:
            raise Failed(f"{subject}: another host's answer came")
        c.barrier()
        if len(c.errors) != 1:
            raise Failed(f"{subject}: {c.errors}")
        c.errors.clear()


def events_under_a_prefix(s):
    """An event of the earliest dialect names the host that publishes it."""
    begin(s)
    c = early(s)
    for host in (OTHER, OWN):
        c.publish("acme.control.default.events", json.dumps({"header": {"host_origin": host}}).encode())
    c.next_error()
    c.barrier()
    heard = s.observer.next()
    if OWN.encode() not in heard.payload or c.errors:
        raise Failed(f"{heard} {c.errors}")
    s.observer.nothing()


def other_commands_under_a_prefix(s):
    """The id of a first use under the prefix binds as everywhere."""
    begin(s)
    c = early(s)
    for pattern in (f"acme.control.default.cmd.{OTHER}.*", f"acme.control.v1.default.host.*.{OTHER}",
                    f"wasmbus.ctl.default.cmd.{OTHER}.*", "acme.control.default.cmd.*.*", "acme.control.>", "acme.>"):
        c.subscribe(pattern)
        c.next_error()


if __name__ == "__main__":
    stage.run([asked_under_a_prefix, events_under_a_prefix, other_commands_under_a_prefix])
