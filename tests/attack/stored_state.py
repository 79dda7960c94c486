#!/usr/bin/python3
"""A lattice's stored state, with a real JetStream: a host of 0.60 to 1.x opens, makes, watches, reads and
writes its buckets behind the gate as async-nats does; nobody else gets near them."""
import json

import stage
from stage import Failed

POLICY = {
    "state.policy": """
lattices = ["default"]
role keeper { account = <ACME> tags = ["role:keeper"] }
role finder { account = <ACME> tags = ["role:finder"] }
role tenant { account = <ACME> tags = ["role:streamer"] }
rule keep {
  allow = [serve, state.read, state.manage, state.write]
  to    = [keeper]
}
rule find {
  allow = [state.read]
  to    = [finder]
}
rule stream {
  publish   = ["$JS.API.>", "$JS.ACK.>", "$KV.>", f.>]
  subscribe = ["$KV.>", f.>]
  headers   = ["*"]
  to        = [tenant]
}
"""
}
DATA = "LATTICEDATA_default"
SPEC = {"url": "r.dev/c:1", "links": []}
PURGE = b"NATS/1.0\r\nKV-Operation: PURGE\r\nNats-Rollup: sub\r\n\r\n"


def bucket(name, **more):
    """As async-nats makes one (jetstream/kv, create_key_value)."""
    return {"name": f"KV_{name}", "subjects": [f"$KV.{name}.>"], "max_msgs_per_subject": 1, "max_bytes": -1,
            "discard": "new", "storage": "memory", "allow_rollup_hdrs": True, "deny_delete": True,
            "allow_direct": True, "num_replicas": 1, **more}


def ask(c, call, body=b"", domain=""):
    said = c.request(f"$JS.{domain}API.{call}", body if isinstance(body, bytes) else json.dumps(body).encode())
    try:
        return json.loads(said.payload)
    except ValueError:
        return {"raw": said.payload, "header": said.header}


def refused(c, call, body=b"", what="stream"):
    said = ask(c, call, body)
    error = c.next_error()
    if said.get("error", {}).get("code") != 403 or "Permissions Violation" not in error:
        raise Failed(f"{call}: {said} {error}")


def fine(said, call):
    if "error" in said:
        raise Failed(f"{call}: {said}")
    return said


def put_and_see(c, header, payload):
    """One write of a key: the stream's word on it, and what the watch shows, in either order."""
    c.publish(f"$KV.{DATA}.COMPONENT_c", payload, "_INBOX.put", header)
    came = {m.subject: m for m in (c.next(), c.next())}
    said, seen = came.get("_INBOX.put"), came.get(f"$KV.{DATA}.COMPONENT_c")
    if said is None or seen is None or json.loads(said.payload).get("stream") != f"KV_{DATA}":
        raise Failed(f"put: {came}")
    return seen


def begin(s):
    for a in s.deployment.accounts.values():
        a.jetstream = True
    s.start(policies=POLICY)
    s.observer.unsubscribe("1")
    s.observer.barrier()


def host_keeps_its_state(s):
    """A host makes its bucket, watches it, puts, gets, lists and purges keys; what it sees is what it wrote."""
    begin(s)
    c = s.client("keeper")
    if ask(c, f"STREAM.INFO.KV_{DATA}").get("error", {}).get("code") != 404:
        raise Failed("a bucket that is not there")
    fine(ask(c, f"STREAM.CREATE.KV_{DATA}", bucket(DATA)), "create")
    fine(ask(c, "STREAM.CREATE.KV_CONFIGDATA_default", bucket("CONFIGDATA_default")), "create")
    fine(ask(c, f"STREAM.INFO.KV_{DATA}"), "info")
    # the watch: an ordered push consumer into an inbox, with flow control
    inbox = "_INBOX.watch"
    c.subscribe(inbox)
    fine(ask(c, f"CONSUMER.CREATE.KV_{DATA}.w1.$KV.{DATA}.>", {"stream_name": f"KV_{DATA}", "config": {
        "name": "w1", "deliver_subject": inbox, "deliver_policy": "last_per_subject", "ack_policy": "none",
        "filter_subject": f"$KV.{DATA}.>", "flow_control": True, "idle_heartbeat": 5000000000, "max_deliver": 1,
        "mem_storage": True, "num_replicas": 1, "replay_policy": "instant"}}), "watch")
    c.subscribe("_INBOX.put")
    seen = put_and_see(c, b"", json.dumps(SPEC).encode())
    if json.loads(seen.payload) != SPEC:
        raise Failed(f"watched {seen}")
    got = c.request(f"$JS.API.DIRECT.GET.KV_{DATA}.$KV.{DATA}.COMPONENT_c")
    if json.loads(got.payload) != SPEC:
        raise Failed(f"got {got}")
    got = ask(c, f"STREAM.MSG.GET.KV_{DATA}", {"last_by_subj": f"$KV.{DATA}.COMPONENT_c"})
    fine(got, "get")
    if b"PURGE" not in put_and_see(c, PURGE, b"").header:
        raise Failed("the purge was not watched")
    fine(ask(c, f"CONSUMER.DELETE.KV_{DATA}.w1"), "delete the watch")
    fine(ask(c, f"STREAM.PURGE.KV_{DATA}"), "empty")


def host_keeps_nothing_else(s):
    """Its words open JetStream for its lattice's streams alone, and those hold their own keys alone."""
    begin(s)
    c = s.client("keeper")
    for call in (f"STREAM.INFO.KV_LATTICEDATA_other", "STREAM.INFO.S", "STREAM.NAMES", "INFO", "STREAM.LIST",
                 f"STREAM.SNAPSHOT.KV_{DATA}", "CONSUMER.CREATE.S", f"CONSUMER.DURABLE.CREATE.KV_{DATA}.x"):
        refused(c, call)
    for more in ({"subjects": ["wasmbus.rpc.default.>"]}, {"subjects": [f"$KV.{DATA}.>", "$KV.CONFIGDATA_default.>"]},
                 {"republish": {"src": ">", "dest": "f.copy.>"}}, {"sources": [{"name": "S"}]},
                 {"subjects": [], "mirror": {"name": "S"}}):
        refused(c, f"STREAM.CREATE.KV_{DATA}", bucket(DATA, **more))
    fine(ask(c, f"STREAM.CREATE.KV_{DATA}", bucket(DATA)), "create")
    refused(c, f"CONSUMER.CREATE.KV_{DATA}", {"stream_name": f"KV_{DATA}", "config": {
        "deliver_subject": "wasmbus.ctl.default.cmd.NHOST.lp", "ack_policy": "none"}})
    refused(c, f"CONSUMER.CREATE.KV_{DATA}", {"stream_name": f"KV_{DATA}", "config": {
        "deliver_subject": "f.elsewhere", "ack_policy": "none"}})


def finder_looks_only(s):
    """state.read looks: it makes, changes, empties and writes nothing."""
    begin(s)
    fine(ask(s.client("keeper"), f"STREAM.CREATE.KV_{DATA}", bucket(DATA)), "create")
    c = s.client("finder")
    fine(ask(c, f"STREAM.INFO.KV_{DATA}"), "info")
    fine(ask(c, f"CONSUMER.CREATE.KV_{DATA}", {"stream_name": f"KV_{DATA}", "config": {"ack_policy": "none"}}), "pull")
    for call, body in ((f"STREAM.PURGE.KV_{DATA}", b""), (f"STREAM.DELETE.KV_{DATA}", b""),
                       (f"STREAM.UPDATE.KV_{DATA}", bucket(DATA)), (f"STREAM.CREATE.KV_{DATA}", bucket(DATA))):
        refused(c, call, body)
    c.publish(f"$KV.{DATA}.COMPONENT_c", json.dumps(SPEC).encode())
    c.next_error()


def restored_copied_out_and_administered(s):
    """A stream written as a file, read as an archive, or moved about: refused by either name, and to all but admins."""
    begin(s)
    fine(ask(s.client("keeper"), f"STREAM.CREATE.KV_{DATA}", bucket(DATA)), "create")
    c = s.client("streamer")
    for call, body in (
            (f"STREAM.RESTORE.KV_{DATA}", {"config": bucket(DATA), "state": {}}),
            ("STREAM.RESTORE.MINE", {"config": bucket(DATA), "state": {}}),
            ("STREAM.CREATE.MINE", bucket(DATA)),
            ("CONSUMER.CREATE.MINE", {"stream_name": f"KV_{DATA}", "config": {"ack_policy": "none"}}),
            (f"STREAM.SNAPSHOT.KV_{DATA}", {"deliver_subject": "_INBOX.me"}),
            (f"STREAM.PEER.REMOVE.KV_{DATA}", {"peer": "x"}), (f"STREAM.LEADER.STEPDOWN.KV_{DATA}", b""),
            (f"CONSUMER.LEADER.STEPDOWN.KV_{DATA}.x", b""), ("META.LEADER.STEPDOWN", b""),
            ("SERVER.REMOVE", {"peer": "x"}), ("ACCOUNT.PURGE.X", b""), ("ACCOUNT.STREAM.MOVE.X.Y", b"")):
        refused(c, call, body)
    # a template makes streams of its own accord: the control shows that they republish where it says
    template = {"name": "T", "max_streams": 3, "config": {
        "subjects": ["f.t.*"], "storage": "memory", "republish": {"src": "f.t.x", "dest": stage.COMMAND}}}
    refused(c, "STREAM.TEMPLATE.CREATE.T", template)
    real = s.deployment.direct()
    fine(json.loads(real.request("$JS.API.STREAM.TEMPLATE.CREATE.T", json.dumps(template).encode()).payload), "template")
    s.observer.subscribe("wasmbus.ctl.>")
    s.observer.barrier()
    real.publish("f.t.x", b"1")
    real.publish("f.t.x", b"2")
    stage.until(lambda: [m for m in s.heard_all() if m.subject == stage.COMMAND], "a command made by a template")
    s.observer.messages.clear()
    said = json.loads(s.deployment.direct().request(f"$JS.API.STREAM.INFO.KV_{DATA}").payload)
    fine(said, "it is as it was")


def tenant_with_all_of_the_api(s):
    """A tenant who may ask JetStream anything and use every bucket of its own gets nothing of a lattice's."""
    begin(s)
    c = s.client("streamer")
    # not even before a host made it: whoever makes it would own what hosts believe
    refused(c, f"STREAM.CREATE.KV_{DATA}", bucket(DATA))
    refused(c, f"STREAM.CREATE.KV_{DATA}", bucket(DATA, subjects=["f.squat"]))
    refused(c, "STREAM.CREATE.LATTICECACHE_default", {"name": "LATTICECACHE_default", "subjects": ["f.squat"]})
    fine(ask(s.client("keeper"), f"STREAM.CREATE.KV_{DATA}", bucket(DATA)), "create")
    for call, body in (
            (f"STREAM.INFO.KV_{DATA}", b""), (f"STREAM.DELETE.KV_{DATA}", b""), (f"STREAM.PURGE.KV_{DATA}", b""),
            (f"STREAM.UPDATE.KV_{DATA}", bucket(DATA)), (f"STREAM.MSG.GET.KV_{DATA}", {"seq": 1}),
            (f"DIRECT.GET.KV_{DATA}.$KV.{DATA}.x", b""), (f"STREAM.MSG.DELETE.KV_{DATA}", {"seq": 1}),
            (f"CONSUMER.CREATE.KV_{DATA}", {"stream_name": f"KV_{DATA}", "config": {"ack_policy": "none"}}),
            (f"CONSUMER.DURABLE.CREATE.KV_{DATA}.d", {"stream_name": f"KV_{DATA}", "config": {
                "durable_name": "d", "ack_policy": "none"}}),
            ("STREAM.CREATE.MINE", {"name": "MINE", "mirror": {"name": f"KV_{DATA}"}}),
            ("STREAM.CREATE.MINE", {"name": "MINE", "subjects": [f"$KV.{DATA}.>"]})):
        refused(c, call, body)
    c.publish(f"$KV.{DATA}.COMPONENT_c", json.dumps(SPEC).encode())
    c.next_error()
    fine(ask(c, "STREAM.CREATE.KV_mine", bucket("mine")), "its own")
    if json.loads(c.request("$KV.mine.a", b"1").payload).get("stream") != "KV_mine":
        raise Failed("its own bucket")


if __name__ == "__main__":
    stage.run([host_keeps_its_state, host_keeps_nothing_else, finder_looks_only, restored_copied_out_and_administered,
               tenant_with_all_of_the_api])
