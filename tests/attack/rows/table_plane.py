"""Rows 4 and 7 on the provider's side, 8, 14 and 18: the RPC plane, events, and the side channels."""
import json

from bodies import ACTOR, IMAGE, PROVIDER, event, heartbeat_v0, invocation, link_v0, link_v1, packed, started_v1
from kinds import Pub, Sub
from place import HOST, HOST2

OUTSIDE = ("tenant", "neighbour", "stranger", "reader", "deployer")
PLANE = OUTSIDE + ("wild",)
RPC_V = f"wasmbus.rpc.default.{PROVIDER}.default"
RPC_C = "wasmbus.rpc.default.httpserver"


def report(dialect, what, subject, body, own, as_itself=None):
    """What a host says of itself: refused to others, and to host2 in the name of host."""
    return [
        Pub(dialect, what, subject, body, PLANE + ("host2",), ("host",)),
        Pub(dialect, what + " as itself", as_itself or subject, own, (), ("host2",), control=False),
    ]


ROWS = {
    "04_links": [
        Pub("A", "BindActor straight to a provider", RPC_V, invocation(), OUTSIDE, ("host",)),
        Pub("B", "linkdefs.put straight to a provider", RPC_V + ".linkdefs.put", packed(link_v0()), PLANE, ("host",)),
        Pub("B", "linkdefs.del straight to a provider", RPC_V + ".linkdefs.del", packed(link_v0()), PLANE, ("host",)),
        Pub("C", "linkdefs.put straight to a provider", RPC_C + ".linkdefs.put", link_v1(), PLANE, ("host",)),
        Pub("C", "linkdefs.del straight to a provider", RPC_C + ".linkdefs.del", link_v1(), PLANE, ("host",)),
    ],
    "06_config": [
        Pub("C", "config.update straight to a provider", RPC_C + ".config.update", {"url": "redis://evil.example"},
            PLANE, ("host",)),
    ],
    "07_stops": [
        Pub("A", "__halt", f"wasmbus.rpc.default.{ACTOR}", invocation(), OUTSIDE, ("host",)),
        Pub("B", "shutdown straight to a provider", RPC_V + ".shutdown", {"host_id": HOST}, PLANE, ("host",)),
        Pub("C", "shutdown straight to a provider", RPC_C + ".default.shutdown", {"host_id": HOST}, PLANE, ("host",)),
    ],
    "08_events": [
        *report("A", "event", "wasmbus.ctl.default.events",
                {"event": "HostStopped", "header": {"host_origin": HOST, "timestamp": 1600000000}},
                {"event": "HostStopped", "header": {"host_origin": HOST2, "timestamp": 1600000000}}),
        *report("B", "event", "wasmbus.evt.default", heartbeat_v0(), heartbeat_v0(HOST2)),
        *report("B", "event by name (0.82)", "wasmbus.evt.default.host_heartbeat", heartbeat_v0(), heartbeat_v0(HOST2)),
        *report("C", "event", "wasmbus.evt.default.provider_started", started_v1(), started_v1(HOST2)),
        *report("C", "health", "wasmbus.evt.default.health_check_failed",
                event("health_check_failed", host_id=HOST, provider_id="x"),
                event("health_check_failed", HOST2, host_id=HOST2, provider_id="x")),
        *report("D", "heartbeat", f"runtime.operator.heartbeat.{HOST}", {"id": HOST, "hostname": "x"},
                {"id": HOST2, "hostname": "x"}, f"runtime.operator.heartbeat.{HOST2}"),
        Sub("B", "overhears link values", "wasmbus.evt.default", "", ("host", "wasmbus.evt.default", json.dumps(
            event("linkdef_set", **link_v0())).encode()), OUTSIDE[:3] + ("wild",), ("deployer",)),
        Sub("D", "takes heartbeats", "runtime.operator.heartbeat.>", "operators",
            ("host", f"runtime.operator.heartbeat.{HOST}", b'{"id":"%s"}' % HOST.encode()), PLANE, ("operator",)),
    ],
    "14_rpc": [
        Pub("A", "invocation of a provider", RPC_V, invocation(), OUTSIDE, ("host",)),
        Pub("A", "claims", "wasmbus.rpc.default.claims", packed({"sub": ACTOR, "caps": "all"}), PLANE, ("host",)),
        Pub("B", "invocation of an actor", f"wasmbus.rpc.default.{ACTOR}", invocation(), OUTSIDE, ("host",)),
        Pub("B", "health of a provider", RPC_V + ".health", packed({}), OUTSIDE, ("host",)),
        Pub("C", "call of a component", "default.echo.wrpc.0.0.1.wasi:http/incoming-handler.handle", b"\0",
            OUTSIDE, ("host",), header=b"NATS/1.0\r\nsource-id: echo\r\n\r\n"),
        Sub("B", "overhears calls", "wasmbus.rpc.default.>", "", ("host2", RPC_V, b"call"), OUTSIDE, ("host",)),
        Sub("C", "overhears calls", "default.>", "", ("host2", "default.echo.wrpc.0.0.1.a", b"call"), OUTSIDE, ("admin",)),
    ],
    "18_side_channels": [
        Pub("B", "turns a policy answer round", "wasmcloud.policy.changes", {"requestId": "1", "permitted": True},
            PLANE + ("host2",), ("service", "admin")),
        Sub("B", "answers policy questions", "wasmcloud.policy", "", ("host", "wasmcloud.policy", json.dumps(
            {"requestId": "1", "action": "start_actor", "host": {"publicKey": HOST}}).encode()),
            PLANE + ("host2",), ("service",)),
        Sub("B", "answers configuration questions", "wasmbus.cfg.default.req", "",
            ("host", "wasmbus.cfg.default.req", b'{"labels":{}}'), PLANE + ("host2",), ("service",)),
        Sub("C", "answers policy questions", "wasmcloud.policy", "policy", ("host", "wasmcloud.policy", json.dumps(
            {"requestId": "1", "kind": "startComponent", "version": "v1", "host": {"publicKey": HOST, "lattice": "default"},
             "request": {"componentId": "echo", "imageRef": IMAGE}}).encode()), PLANE + ("host2",), ("service",)),
        Sub("C", "answers for the secrets server", "wasmcloud.secrets.v1alpha1.nats-kv.server_xkey", "",
            ("host", "wasmcloud.secrets.v1alpha1.nats-kv.server_xkey", b""), PLANE + ("host2",), ("service",)),
        Sub("C", "takes secrets requests", "wasmcloud.secrets.>", "secrets",
            ("host", "wasmcloud.secrets.v1alpha1.nats-kv.get", b"sealed"), PLANE + ("host2",), ("service",)),
        Pub("C", "asks for another's secrets", "wasmcloud.secrets.v1alpha1.nats-kv.get", b"sealed", PLANE, ("host",)),
    ],
}
