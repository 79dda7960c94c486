"""Rows 9, 10 and 13: who hears what, who answers, and where answers go."""
from bodies import EVIL, IMAGE, PROVIDER
from kinds import Answer, Pub, Reply, Sub
from place import HOST, HOST2

V0 = "wasmbus.ctl.default."
V1 = "wasmbus.ctl.v1.default."
OUTSIDE = ("tenant", "wild", "neighbour", "stranger", "reader", "deployer")
STARTED = ("deployer", f"{V0}cmd.{HOST}.lp", b'{"provider_ref":"%s","link_name":"default"}' % IMAGE.encode())
REGISTRY = ("deployer", V1 + "registry.put", b'{"registry.example":{"username":"u","password":"p"}}')
LINKED = ("deployer", V1 + "link.del", b'{"source_id":"a","name":"default","wit_namespace":"w","wit_package":"p"}')
GOT = ("reader", V0 + "get.links", b"")
WORK = ("operator", f"runtime.host.{HOST}.workload.stop", b'{"workloadId":"w1"}')
ACTOR_BID = {"actor_ref": IMAGE, "constraints": {}, "host_id": HOST}
PROVIDER_BID = {"provider_ref": IMAGE, "link_name": "default", "constraints": {}, "host_id": HOST}


def bid_v1(kind, host):
    return {"success": True, "message": "", "response": {
        f"{kind}_ref": IMAGE, f"{kind}_id": "echo", "host_id": host, "constraints": {}}}


def bids(dialect, what, listen, question, body, other):
    """The same answer is a lie from host2 (it names host), and the truth from host."""
    return [
        Answer(dialect, what, listen, question, body, ("tenant", "neighbour", "host2"), ("host",)),
        Answer(dialect, what + " as itself", listen, question, other, (), ("host2",), control=False),
    ]


def sniff(dialect, what, pattern, probe, allowed=("watcher",), refused=OUTSIDE + ("host2",)):
    return Sub(dialect, what, pattern, "", probe, refused, allowed)


def join(dialect, what, pattern, queue, probe, allowed=("host",), refused=OUTSIDE + ("watcher",)):
    return Sub(dialect, what, pattern, queue, probe, refused, allowed)


AUCTION_ACTOR = b'{"actor_ref":"%s","constraints":{}}' % IMAGE.encode()
AUCTION_PROVIDER = b'{"provider_ref":"%s","link_name":"default","constraints":{}}' % IMAGE.encode()
ROWS = {
    "09_replies": [
        *bids("A", "bid for an actor", V0 + "auction.>", (V0 + "auction.actor", AUCTION_ACTOR), ACTOR_BID,
              {**ACTOR_BID, "host_id": HOST2}),
        *bids("A", "list of hosts", V0 + "get.hosts", (V0 + "get.hosts", b""), {"id": HOST, "uptime": 5},
              {"id": HOST2, "uptime": 5}),
        *bids("B", "bid for a provider", V0 + "auction.>", (V0 + "auction.provider", AUCTION_PROVIDER), PROVIDER_BID,
              {**PROVIDER_BID, "host_id": HOST2}),
        *bids("B", "ping", V0 + "ping.hosts", (V0 + "ping.hosts", b""), {"id": HOST, "uptime_seconds": 5},
              {"id": HOST2, "uptime_seconds": 5}),
        *bids("C", "bid for a component", V1 + "component.auction",
              (V1 + "component.auction", b'{"component_ref":"%s","component_id":"echo","constraints":{}}' % IMAGE.encode()),
              bid_v1("component", HOST), bid_v1("component", HOST2)),
        *bids("C", "bid for a provider", V1 + "provider.auction",
              (V1 + "provider.auction", b'{"provider_ref":"%s","provider_id":"echo","constraints":{}}' % IMAGE.encode()),
              bid_v1("provider", HOST), bid_v1("provider", HOST2)),
        *bids("C", "ping", V1 + "host.ping", (V1 + "host.ping", b""),
              {"success": True, "message": "", "response": {"id": HOST, "uptime_seconds": 5, "labels": {}}},
              {"success": True, "message": "", "response": {"id": HOST2, "uptime_seconds": 5, "labels": {}}}),
        # another host's inventory is asked of that host alone
        Answer("B", "inventory", f"{V0}get.{HOST}.inv", (f"{V0}get.{HOST}.inv", b""),
               {"host_id": HOST, "labels": {}, "actors": [], "providers": []}, ("tenant", "neighbour", "host2"), ("host",)),
        Answer("C", "inventory", f"{V1}host.get.{HOST}", (f"{V1}host.get.{HOST}", b""),
               {"success": True, "message": "", "response": {"host_id": HOST, "labels": {}}},
               ("tenant", "neighbour", "host2"), ("host",)),
        Answer("D", "heartbeat asked for", f"runtime.host.{HOST}.>", (f"runtime.host.{HOST}.heartbeat", b""),
               {"id": HOST}, ("tenant", "neighbour", "host2"), ("host",), asker="operator"),
        Answer("wadm", "result", "wadm.api.default.>", ("wadm.api.default.model.get", b""), {"result": "success"},
               ("tenant", "neighbour", "host2"), ("wadm",), queue="wadm_server"),
    ],
    "10_sniff_steal": [
        sniff("A", "all control", "wasmbus.ctl.>", STARTED, ()),
        sniff("A", "a lattice's control", V0 + ">", STARTED),
        sniff("B", "another host's commands", f"{V0}cmd.{HOST}.*", STARTED, ("host", "watcher")),
        sniff("B", "all hosts' commands", f"{V0}cmd.*.*", STARTED),
        sniff("B", "by wildcards", "*.ctl.*.cmd.>", STARTED, (), ("tenant", "neighbour", "stranger", "reader", "host2")),
        sniff("C", "a lattice's control", V1 + ">", REGISTRY),
        sniff("C", "registry passwords", V1 + "registry.put", REGISTRY, ("host", "watcher"), OUTSIDE),
        sniff("D", "all workloads", "runtime.host.>", WORK),
        sniff("D", "another host's workloads", f"runtime.host.{HOST}.>", WORK, ("host",)),
        join("B", "group of links and claims", V0 + "get.*", "wasmbus.ctl.default", GOT),
        join("B", "group of get (0.78)", V0 + "get.*", "wasmbus.ctl.default.get", GOT),
        join("B", "a group of one's own", V0 + "get.*", "thief", GOT, (), OUTSIDE + ("watcher", "host2")),
        join("C", "group of links", V1 + "link.*", "wasmbus.ctl.v1.default.link", LINKED),
        join("C", "a group of one's own", V1 + "link.*", "thief", LINKED, (), OUTSIDE + ("watcher", "host2")),
        join("B", "calls to a provider", f"wasmbus.rpc.default.{PROVIDER}.default", "rpc",
             ("host2", f"wasmbus.rpc.default.{PROVIDER}.default", b"call"),
             refused=("tenant", "neighbour", "stranger", "reader", "deployer")),
        join("C", "calls to a component", "default.echo.wrpc.>", "default.echo",
             ("host2", "default.echo.wrpc.0.0.1.wasi:http/incoming-handler.handle", b"call"),
             refused=("tenant", "neighbour", "stranger", "reader", "deployer")),
    ],
    "13_reflection": [
        Reply("A", "provider bid as a start", V0 + "auction.provider",
              {"provider_ref": EVIL, "link_name": "default", "constraints": {}}, f"{V0}cmd.{HOST}.lp",
              ("reader", "deployer"), ("reader",)),
        Reply("A", "actor bid as a start", V0 + "auction.actor", {"actor_ref": EVIL, "constraints": {}},
              f"{V0}cmd.{HOST}.la", ("reader", "deployer"), ("reader",)),
        Reply("B", "provider bid as a start", V0 + "auction.provider",
              {"provider_ref": EVIL, "link_name": "default", "constraints": {}}, f"{V0}cmd.{HOST}.lp",
              ("reader", "deployer"), ("reader",)),
        Reply("B", "actor bid as a scale to 0", V0 + "auction.actor", {"actor_ref": EVIL, "constraints": {}},
              f"{V0}cmd.{HOST}.scale", ("reader", "deployer"), ("reader",)),
        Reply("C", "bid as an event", V1 + "provider.auction",
              {"provider_ref": EVIL, "provider_id": "x", "constraints": {}}, "wasmbus.evt.default.provider_started",
              ("reader", "deployer"), ("reader",)),
        Reply("C", "bid as a call", V1 + "provider.auction",
              {"provider_ref": EVIL, "provider_id": "x", "constraints": {}}, "default.echo.wrpc.0.0.1.a",
              ("reader", "deployer"), ("reader",)),
        Reply("D", "state as a command", f"runtime.host.{HOST}.heartbeat", {}, f"runtime.host.{HOST2}.workload.stop",
              ("operator",), ("operator",)),
        Reply("wadm", "list as a command", "wadm.api.default.model.get", {}, "wadm.cmd.default",
              ("reader", "deployer"), ("reader",)),
        Reply("kv", "data with a command for its answer", "app.question", {}, f"{V0}cmd.{HOST}.lp", ("tenant",), ("tenant",)),
        Pub("kv", "trace of data sent to a command", "app.question", b"x", ("tenant",), (),
            header=f"NATS/1.0\r\nNats-Trace-Dest: {V0}cmd.{HOST}.lp\r\n\r\n".encode()),
    ],
}
