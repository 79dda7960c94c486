#!/usr/bin/python3
"""From beyond the gate: whoever can write to the leaf commands a host behind the gate. Here the leaf is a
real nats-server, the attacker another user of its account who goes nowhere near a gate; two gates stand
on one leaf, which believe each other or do not."""
import json
import shutil
import tempfile

import stage
from portcullis_test import gateway, natsjwt, stamp
from stage import Failed, bodies, until

ID = "NAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
MINE = f"wasmbus.ctl.default.cmd.{ID}.*"
START = f"wasmbus.ctl.default.cmd.{ID}.lp"
ACTOR = f"wasmbus.ctl.default.cmd.{ID}.la"
ORDER = b'{"actor_ref":"r.dev/a:1"}'


def host_at(s, role="host", deployment=None):
    """A host behind a gate, listening for its commands."""
    deployment = deployment or s.deployment
    h = deployment.client(deployment.login(role, name=role, tags=[f"host:{ID.lower()}"]))
    s.clients.append(h)
    h.subscribe(MINE)
    h.barrier()
    return h


def records(deployment, **wanted):
    """The records of commands past every gate that have these values; waits for one."""

    def found():
        return [r for r in deployment.audit_records()
                if r.get("what") == "unstamped" and all(r.get(k) == v for k, v in wanted.items())]

    return until(found, f"a record {wanted}")


def begin(s):
    s.start()
    # the attack is written to the leaf where the observer listens: what matters is what the host hears
    s.observer.unsubscribe("1")
    s.observer.barrier()
    s.heard = lambda: []
    attacker = s.deployment.direct()
    s.clients.append(attacker)
    return attacker


def without_a_gate_the_host_gets_it(s):
    """The control: a host connected to the leaf itself is commanded by whoever writes there."""
    attacker = begin(s)
    host = s.deployment.direct()
    s.clients.append(host)
    host.subscribe(MINE)
    host.barrier()
    attacker.publish(START, bodies.start_provider())
    got = host.next()
    if got.subject != START:
        raise Failed(f"the host got {got}")


def behind_a_gate_it_does_not(s):
    """Not delivered, nothing answered, recorded with whom it was meant for; commands through the gate go on."""
    attacker = begin(s)
    host = host_at(s)
    inbox = "_INBOX.attacker.1"
    attacker.subscribe(inbox)
    attacker.publish(START, bodies.start_provider())
    attacker.publish(START, bodies.start_provider(), inbox)
    attacker.barrier()
    first = records(s.deployment, decision="deny", reason="missing", subject=START)[0]
    if first.get("name") != "host" or "seq" not in first or len(first.get("sha256", "")) != 64:
        raise Failed(f"the record is {first}")
    records(s.deployment, reply=inbox)
    host.nothing()
    attacker.nothing()
    deployer = s.client("deployer")
    deployer.publish(ACTOR, ORDER)
    got = host.next()
    if (got.subject, got.payload, got.header) != (ACTOR, ORDER, b""):
        raise Failed(f"the host got {got}")


def where_the_rule_allows_it_does(s):
    """`unstamped = allow`: delivered, without whatever it called a stamp, and recorded."""
    attacker = begin(s)
    host = host_at(s, "openhost")
    attacker.publish(START, bodies.start_provider())
    if host.next().subject != START:
        raise Failed("not delivered")
    forged = stamp.stamp(natsjwt.KeyPair("cluster"), START, b"{}")
    attacker.publish(START, b"{}", header=stamp.block(forged))
    got = host.next()
    if got.header != b"" or got.payload != b"{}":
        raise Failed(f"the host got {got}")
    records(s.deployment, decision="allow", reason="missing", name="openhost")
    records(s.deployment, decision="allow", reason="unknown_key", name="openhost")


def a_copy_is_no_second_command(s):
    """The attacker sees the stamped command on the leaf and sends it again: to the same subscription, to one
    made since, and to a host that connects later."""
    attacker = begin(s)
    host = host_at(s)
    attacker.subscribe("wasmbus.>")
    attacker.barrier()
    deployer = s.client("deployer")
    deployer.publish(ACTOR, ORDER)
    host.next()
    seen = attacker.next()
    if stamp.HEADER.encode() not in seen.header:
        raise Failed(f"not stamped: {seen}")
    attacker.publish(seen.subject, seen.payload, seen.reply, seen.header)
    attacker.barrier()
    records(s.deployment, reason="replayed")
    host.nothing()
    host.unsubscribe("1")
    host.subscribe(MINE)
    host.barrier()
    attacker.publish(seen.subject, seen.payload, seen.reply, seen.header)
    attacker.barrier()
    records(s.deployment, reason="stale")
    host.nothing()
    later = host_at(s)
    attacker.publish(seen.subject, seen.payload, seen.reply, seen.header)
    attacker.barrier()
    until(lambda: len(records(s.deployment, reason="stale")) >= 2, "a second record")
    later.nothing()
    # and changed in any way it is nobody's
    attacker.publish(START, seen.payload, seen.reply, seen.header)
    attacker.publish(seen.subject, seen.payload + b" ", seen.reply, seen.header)
    attacker.publish(seen.subject, seen.payload, "_INBOX.other", seen.header)
    attacker.barrier()
    until(lambda: len(records(s.deployment, reason="mismatch")) >= 3, "three records")
    host.nothing()


def jetstream_is_no_way_around(s):
    """Outside, somebody has a stream deliver to the host's subject, and republish there."""
    for account in s.deployment.accounts.values():
        account.jetstream = True
    attacker = begin(s)
    host = host_at(s)
    # a server counts only literal subscriptions as interest in what a consumer pushes
    host.subscribe(START)
    host.barrier()

    def ask(subject, body):
        said = json.loads(attacker.request(subject, json.dumps(body).encode()).payload)
        if "error" in said:
            raise Failed(f"{subject}: {said}")

    republish = {"src": "out.js.again", "dest": START}
    ask("$JS.API.STREAM.CREATE.S", {"name": "S", "subjects": ["out.js.>"], "storage": "memory", "republish": republish})
    ask("$JS.API.CONSUMER.CREATE.S", {"stream_name": "S", "config": {
        "deliver_subject": START, "ack_policy": "none", "filter_subject": "out.js.x"}})
    attacker.publish("out.js.x", b"{}")
    attacker.publish("out.js.again", b"{}")
    attacker.barrier()
    records(s.deployment, decision="deny", reason="missing", subject=START)
    until(lambda: [d for d in s.deployment.decisions()
                   if d["event"] == "delivery_dropped" and d["subject"] == "out.js.x"], "the stored message dropped")
    host.nothing()


def a_flood_is_summed(s):
    """Ten thousand unstamped commands: none delivered, some records, and how many more there were."""
    attacker = begin(s)
    host = host_at(s)
    for _ in range(10000):
        attacker.publish(START, b"{}")
    attacker.barrier()
    records(s.deployment, reason="missing")
    host.nothing()
    s.work()
    if len(records(s.deployment, reason="missing")) > 1000:
        raise Failed("each of them was written down")


def second_gate(s, trusts_first):
    """Another gate on the same leaf: same accounts, its own key."""
    folder = tempfile.mkdtemp(prefix="attack-second-")
    d = gateway.Deployment(folder)
    first = s.deployment
    d.operator, d.gate_operator, d.accounts, d.leaf = first.operator, first.gate_operator, first.accounts, first.leaf
    d.stamp_trust = [first.stamp_key.public] if trusts_first else []
    d.write(stage.talk_policies())
    d.start_gateway(s.build)
    return d


def with_second_gate(s, trusts_first, what):
    begin(s)
    d = second_gate(s, trusts_first)
    try:
        host = host_at(s, deployment=d)
        deployer = s.client("deployer")
        deployer.publish(ACTOR, ORDER)
        deployer.barrier()
        what(d, host)
    finally:
        d.leaf = None
        complaints = d.stop()
        shutil.rmtree(d.folder, ignore_errors=True)
    if complaints:
        raise Failed("\n".join(complaints))


def a_command_of_a_trusted_gate_arrives(s):
    """Through gate A into the leaf, out through gate B, which believes A."""

    def arrives(_, host):
        got = host.next()
        if (got.subject, got.payload, got.header) != (ACTOR, ORDER, b""):
            raise Failed(f"the host got {got}")

    with_second_gate(s, True, arrives)


def one_of_a_gate_nobody_named_does_not(s):
    """The same where B was not told of A: the record names the key, so that it can be."""

    def does_not(d, host):
        found = records(d, reason="unknown_key", decision="deny")[0]
        if found.get("detail") != s.deployment.stamp_key.public[:12]:
            raise Failed(f"the record is {found}")
        host.nothing()

    with_second_gate(s, False, does_not)


if __name__ == "__main__":
    stage.run([without_a_gate_the_host_gets_it, behind_a_gate_it_does_not, where_the_rule_allows_it_does,
               a_copy_is_no_second_command, jetstream_is_no_way_around, a_flood_is_summed, a_command_of_a_trusted_gate_arrives,
               one_of_a_gate_nobody_named_does_not])
