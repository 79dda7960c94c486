#!/usr/bin/python3
"""Second hand: what a stream, a consumer or a mirror would say or copy for a client, with a real JetStream. What
it may not say itself it may not have the server say, nor see in a copy."""
import json

import stage
from stage import COMMAND, Failed, until

OWN = "NAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
OTHER = "NBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"
POLICY = {
    "hand.policy": """
lattices = ["default"]
role everything { account = <ACME> tags = ["role:everything"] }
role keeper { account = <ACME> tags = ["role:keeper"] }
rule everything {
  publish   = ["$JS.API.>", "$JS.ACK.>", "$KV.>", f.>]
  subscribe = ["$KV.>", ">"]
  streams   = ["*"]
  headers   = ["*"]
  to        = [everything]
}
rule keep {
  allow     = [serve, state.read, state.manage, state.write]
  publish   = ["$JS.API.>", f.>]
  subscribe = [f.>]
  to        = [keeper]
}
"""
}


def ask(c, call, body=b"", domain=""):
    said = c.request(f"$JS.{domain}API.{call}", body if isinstance(body, bytes) else json.dumps(body).encode())
    return json.loads(said.payload)


def fine(said, call):
    if "error" in said:
        raise Failed(f"{call}: {said}")
    return said


def refused(c, call, body):
    said = ask(c, call, body)
    if said.get("error", {}).get("code") != 403 or "Permissions Violation" not in c.next_error():
        raise Failed(f"{call} {body}: {said}")


def begin(s):
    for a in s.deployment.accounts.values():
        a.jetstream = True
    s.start(policies=POLICY)
    s.observer.unsubscribe("1")
    for pattern in ("wasmbus.>", "wadm.>", "runtime.>"):
        s.observer.subscribe(pattern)
    s.observer.barrier()


def stream(c, name="S", subjects=("f.js.>",), **more):
    return fine(ask(c, f"STREAM.CREATE.{name}", {"name": name, "subjects": list(subjects), "storage": "memory", **more}), name)


def consumer(target, name="S", text="f.js.x"):
    return f"CONSUMER.CREATE.{name}", {"stream_name": name, "config": {
        "deliver_subject": target, "filter_subject": text, "ack_policy": "none"}}


def stored_requests(s):
    """Requests to JetStream that JetStream itself would make, from a stored message whose body nobody read."""
    begin(s)
    c = s.client("everything")
    stream(c)
    for target in ("$JS.API.STREAM.CREATE.EVIL", "$JS.API.CONSUMER.CREATE.S", "$JS.hub.API.STREAM.CREATE.EVIL"):
        refused(c, *consumer(target))
    for more in ({"republish": {"src": "f.j2.>", "dest": "$JS.API.STREAM.CREATE.EVIL"}},
                 {"republish": {"src": "f.j2.>", "dest": "$JS.API.STREAM.CREATE.{{wildcard(1)}}"}},
                 {"republish": {"src": "f.j2.>", "dest": "$JS.API.>"}}):
        refused(c, "STREAM.CREATE.T", {"name": "T", "subjects": ["f.j2.>"], "storage": "memory", **more})
    evil = {"name": "EVIL", "subjects": ["wasmbus.ctl.>"], "storage": "memory"}
    c.publish("f.js.x", json.dumps(evil).encode())
    c.barrier()
    real = s.deployment.direct()
    if "error" not in json.loads(real.request("$JS.API.STREAM.INFO.EVIL").payload):
        raise Failed("a stream for commands was made")
    real.close()
    c.errors.clear()
    s.work(c)


def hosts_events(s):
    """A host's events, forged as another's: what its consumer or its stream would publish nobody reads."""
    begin(s)
    s.observer.subscribe("wasmbus.evt.default")
    s.observer.barrier()
    c = s.client("keeper")
    stream(c)
    for target in ("wasmbus.evt.default", "wasmbus.evt.default.host_stopped", "wasmbus.rpcevt.default"):
        refused(c, *consumer(target))
        refused(c, "STREAM.CREATE.T", {"name": "T", "subjects": ["f.j2.>"], "storage": "memory",
                                       "republish": {"src": "f.j2.>", "dest": target}})
    # nor from its own buckets, whose values are texts of its choice
    fine(ask(c, "STREAM.CREATE.KV_CONFIGDATA_default", {
        "name": "KV_CONFIGDATA_default", "subjects": ["$KV.CONFIGDATA_default.>"], "storage": "memory",
        "max_msgs_per_subject": 1}), "bucket")
    refused(c, *consumer("wasmbus.evt.default", "KV_CONFIGDATA_default", "$KV.CONFIGDATA_default.x"))
    event = {"specversion": "1.0", "type": "com.wasmcloud.lattice.host_stopped", "id": "1", "source": OTHER}
    c.publish("$KV.CONFIGDATA_default.x", json.dumps(event).encode())
    c.publish("f.js.x", json.dumps(event).encode())
    c.barrier()
    c.errors.clear()
    s.observer.barrier()
    forged = [m for m in s.observer.messages if OTHER.encode() in m.payload and not m.subject.startswith("$KV")]
    if forged:
        raise Failed(f"forged: {forged}")
    # its own, to itself, it may still have delivered
    c.subscribe("_INBOX.me")
    fine(ask(c, *consumer("_INBOX.me")), "consumer")


def copies_of_state(s):
    """A lattice's stored state, copied into a stream of one's own: whoever may not read it may not mirror it."""
    begin(s)
    keeper, c = s.client("keeper"), s.client("everything")
    stream(keeper, "LATTICECACHE_default", ["lc.default.>"])
    real = s.deployment.direct()
    made = json.loads(real.request("$JS.API.STREAM.CREATE.wadm_commands", json.dumps(
        {"name": "wadm_commands", "subjects": ["wadm.cmd.*"], "storage": "memory"}).encode()).payload)
    fine(made, "wadm's")
    for name in ("LATTICECACHE_default", "KV_LATTICEDATA_default", "KV_CONFIGDATA_other", "wadm_commands", "KV_wadm_state"):
        for how in ({"mirror": {"name": name}}, {"sources": [{"name": name}]},
                    {"sources": [{"name": name, "filter_subject": "f.x"}]}):
            refused(c, "STREAM.CREATE.M", {"name": "M", "storage": "memory", **how})
    fine(ask(keeper, "STREAM.CREATE.M", {"name": "M", "storage": "memory", "mirror": {"name": "LATTICECACHE_default"}}), "own")
    real.close()


if __name__ == "__main__":
    stage.run([stored_requests, hosts_events, copies_of_state])
