#!/usr/bin/python3
"""wadm.py --build DIR - the life of one application under the shipped policies for it.

wadm and a host are played with the requests their sources make: streams, buckets, consumers, a manifest
handed in, a component scaled, its state kept and watched, an event that comes back. Everything goes through
the gate to a real nats-server. Sources: wasmCloud/wadm 589e98b crates/wadm/src/nats.rs; wasmCloud v1.9.2
crates/host/src/nats/store.rs.
"""
import argparse
import json
import os
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")
sys.path.insert(0, os.path.join(ROOT, "tests", "support"))
from portcullis_test import gateway, process  # noqa: E402

HOST = "NAAAHOSTOFTHEAPPLICATIONAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
V1 = "wasmbus.ctl.v1.default."
SECOND_NS = 1_000_000_000
STREAMS = {
    "wadm_commands": {"subjects": ["wadm.cmd.*"], "retention": "workqueue"},
    "wadm_events": {"subjects": ["wadm.evt.*.>"]},
    "wadm_status": {"subjects": ["wadm.status.*.*"], "max_msgs_per_subject": 10, "allow_direct": True},
    "wadm_notify": {"subjects": ["wadm.notify.*"], "retention": "interest"},
    "wasmbus_events": {"subjects": ["wasmbus.evt.*.>"]},
    "wadm_event_consumer": {"sources": [{"name": "wadm_events"}, {"name": "wasmbus_events"}]},
    "KV_wadm_state": {"subjects": ["$KV.wadm_state.>"], "allow_rollup_hdrs": True, "allow_direct": True},
    "KV_wadm_manifests": {"subjects": ["$KV.wadm_manifests.>"], "allow_rollup_hdrs": True, "allow_direct": True},
}
BUCKET = {"subjects": ["$KV.LATTICEDATA_default.>"], "allow_rollup_hdrs": True, "deny_delete": True, "allow_direct": True}


def filled(name):
    with open(os.path.join(ROOT, "policies", name), encoding="utf-8") as f:
        return f.read().replace("@LATTICE@", "default").replace("@ACCOUNT@", "<ACME>")


class World:
    """The gate under the shipped policy, and one client for each party."""

    def __init__(self, folder, build):
        self.d = d = gateway.Deployment(folder)
        d.accounts["ACME"].jetstream = True
        d.write({name: filled(name) for name in ("wadm.policy", "wadm-store.policy", "hosts-kv.policy")})
        d.start_leaf()
        d.start_gateway(build)
        self.wadm = d.client(d.login("wadm", "wadm"))
        self.host = d.client(d.login("kv-host", "host", tags=[f"host:{HOST}"]))
        self.keeper = d.client(d.login("kv-keeper", "keeper"))
        self.deployer = d.client(d.login("wadm-deployer", "deployer"))


def same(what, expected, got):
    if expected != got:
        raise process.Failed(f"{what}: expected {expected!r}, got {got!r}")


def ask(client, subject, body=b"", header=b""):
    """One request; its answer as a value. A refusal is a failure."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = client.request(subject, data, header)
    client.barrier()
    if client.errors:
        raise process.Failed(f"{subject}: {client.errors}, {answer}")
    said = json.loads(answer.payload)
    if isinstance(said, dict) and said.get("error"):
        raise process.Failed(f"{subject}: {said}")
    return said


def make(client, name, config):
    return ask(client, f"$JS.API.STREAM.CREATE.{name}", {"name": name, "storage": "memory", **config})


def pull(client, stream, name, config):
    """A durable pull consumer, as wadm keeps one for each lattice."""
    body = {"stream_name": stream, "config": {"name": name, "durable_name": name, "ack_policy": "explicit", **config}}
    ask(client, f"$JS.API.CONSUMER.CREATE.{stream}.{name}.{config['filter_subject']}", body)


def take(client, stream, name):
    """The next message of a pull consumer, acknowledged."""
    message = client.request(f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{name}",
                             json.dumps({"batch": 1, "expires": 5 * SECOND_NS}).encode())
    client.publish(message.reply, b"+ACK")
    client.barrier()
    same("acknowledging", [], client.errors)
    return message


def wadm_keeps_its_work_in_streams_and_buckets(w):
    ask(w.wadm, "$JS.API.INFO")
    for name, config in STREAMS.items():
        make(w.wadm, name, config)
    work = json.dumps({"ScaleComponent": {
        "component_id": "shop-web", "reference": "registry.example/web:1.0", "host_id": HOST, "count": 1,
        "model_name": "shop", "annotations": {}, "config": []}}).encode()
    pull(w.wadm, "wadm_commands", "wadm_commands_default", {"filter_subject": "wadm.cmd.default"})
    ask(w.wadm, "wadm.cmd.default", work)
    got = take(w.wadm, "wadm_commands", "wadm_commands_default")
    same("its own work", ("wadm.cmd.default", work), (got.subject, got.payload))
    ask(w.wadm, "$KV.wadm_state.component_default", b"{}")
    kept = ask(w.wadm, "$JS.API.STREAM.MSG.GET.KV_wadm_state", {"last_by_subj": "$KV.wadm_state.component_default"})
    same("what it knows", "e30=", kept["message"]["data"])


def a_deployer_hands_in_and_wadm_answers(w):
    w.wadm.subscribe("wadm.api.>", "wadm_server")
    w.wadm.barrier()
    with open(os.path.join(ROOT, "policies", "manifest-ours.yaml"), "rb") as f:
        manifest = f.read()
    inbox = "_INBOX.deployer.put"
    w.deployer.subscribe(inbox)
    w.deployer.publish("wadm.api.default.model.put", manifest, inbox)
    asked = w.wadm.next()
    same("the manifest", ("wadm.api.default.model.put", manifest), (asked.subject, asked.payload))
    w.wadm.publish(asked.reply, b'{"result":"created","name":"shop"}')
    same("the answer", b'{"result":"created","name":"shop"}', w.deployer.next().payload)


def wadm_commands_a_host_which_reports(w):
    pull(w.wadm, "wadm_event_consumer", "wadm_event_consumer_default", {"filter_subject": "wasmbus.evt.default.>"})
    w.host.subscribe(V1 + f"component.*.{HOST}")
    w.host.barrier()
    body = {"component_ref": "registry.example/web:1.0", "component_id": "shop-web", "host_id": HOST, "count": 1}
    inbox = "_INBOX.wadm.scale"
    w.wadm.subscribe(inbox)
    w.wadm.publish(V1 + f"component.scale.{HOST}", json.dumps(body).encode(), inbox)
    asked = w.host.next()
    same("the command", body, json.loads(asked.payload))
    w.host.publish(asked.reply, b'{"success":true,"message":""}')
    same("the answer", b'{"success":true,"message":""}', w.wadm.next().payload)
    event = {"specversion": "1.0", "id": "1", "type": "com.wasmcloud.lattice.component_scaled", "source": HOST,
             "time": "2024-01-01T00:00:00Z", "datacontenttype": "application/json",
             "data": {"component_id": "shop-web", "host_id": HOST, "image_ref": "registry.example/web:1.0",
                      "max_instances": 1, "annotations": {}}}
    w.host.publish("wasmbus.evt.default.component_scaled", json.dumps(event).encode())
    w.host.barrier()
    same("the host", [], w.host.errors)
    got = take(w.wadm, "wadm_event_consumer", "wadm_event_consumer_default")
    same("the event", event, json.loads(got.payload))


def a_host_keeps_the_state_of_its_lattice(w):
    make(w.keeper, "KV_LATTICEDATA_default", BUCKET)
    ask(w.host, "$JS.API.STREAM.INFO.KV_LATTICEDATA_default")
    inbox = "_INBOX.host.watch"
    w.host.subscribe(inbox)
    ask(w.host, "$JS.API.CONSUMER.CREATE.KV_LATTICEDATA_default", {
        "stream_name": "KV_LATTICEDATA_default",
        "config": {"deliver_subject": inbox, "filter_subject": "$KV.LATTICEDATA_default.>", "ack_policy": "none",
                   "deliver_policy": "last_per_subject"}})
    key, value = "$KV.LATTICEDATA_default.COMPONENT_shop-web", b'{"url":"registry.example/web:1.0","links":[]}'
    w.host.publish(key, value, "_INBOX.host.ack")
    seen = w.host.next()
    same("watched", (key, value), (seen.subject, seen.payload))
    got = w.host.request("$JS.API.DIRECT.GET.KV_LATTICEDATA_default." + key)
    same("read", value, got.payload)
    w.host.publish(key, b"", "_INBOX.host.ack", b"NATS/1.0\r\nKV-Operation: DEL\r\n\r\n")
    seen = w.host.next()
    same("watched going", (key, b""), (seen.subject, seen.payload))
    w.host.barrier()
    same("the host", [], w.host.errors)


def nobody_does_the_work_of_another(w):
    scale = json.dumps({"component_ref": "registry.example/web:1.0", "component_id": "x", "count": 1}).encode()
    tries = [
        (w.deployer, V1 + f"component.scale.{HOST}", scale),
        (w.deployer, "wadm.cmd.default", b"{}"),
        (w.deployer, "$JS.API.STREAM.DELETE.KV_wadm_manifests", b""),
        (w.host, V1 + f"component.scale.{HOST}", scale),
        (w.host, "wadm.api.default.model.deploy.shop", b""),
        (w.host, "$JS.API.STREAM.DELETE.KV_LATTICEDATA_default", b""),
        (w.wadm, V1 + f"host.stop.{HOST}", b"{}"),
        (w.wadm, "wasmbus.evt.default.host_stopped", b"{}"),
    ]
    for client, subject, body in tries:
        client.errors.clear()
        client.publish(subject, body)
        client.barrier()
        same(subject, 1, len(client.errors))


CASES = [
    wadm_keeps_its_work_in_streams_and_buckets,
    a_deployer_hands_in_and_wadm_answers,
    wadm_commands_a_host_which_reports,
    a_host_keeps_the_state_of_its_lattice,
    nobody_does_the_work_of_another,
]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True, type=os.path.abspath)
    args = parser.parse_args()
    failed = 0
    with tempfile.TemporaryDirectory(prefix="wadm-") as folder:
        world = World(folder, args.build)
        for case in CASES:
            try:
                case(world)
            except (process.Failed, OSError, ValueError, KeyError) as e:
                failed += 1
                print(f"{case.__name__}: {e}\n{world.d.gateway.tail(12)}")
        complaints = world.d.stop()
    print("\n".join(complaints))
    print(f"Checks: {len(CASES)}, Failures: {failed}, Errors: 0")
    return 1 if failed or complaints else 0


if __name__ == "__main__":
    sys.exit(main())
