"""Rows 11, 12 and 15: the stored state, the JetStream API, and large bodies."""
import json

from bodies import ACTOR, EVIL, IMAGE, link_key, link_v0, link_v1, refmap_key
from kinds import Api, Pub, Sub
from place import HOST

ALL = ("tenant", "wild", "neighbour", "stranger", "reader", "deployer", "host2")
COMMAND = f"wasmbus.ctl.default.cmd.{HOST}.lp"
LINK = link_v0()
CONFIG = b'{"url":"redis://evil.example"}'


def store(dialect, what, subject, body, refused=ALL, allowed=("admin",), **options):
    return Pub(dialect, what, subject, body, refused, allowed, **options)


def api(dialect, what, call, body, refused=("tenant", "wild", "neighbour", "stranger", "host2"), allowed=("admin",),
        **options):
    """A request of the API: an answer of the API to whoever is refused."""
    return Api(dialect, what, "$JS.API." + call, body, refused, allowed, envelope="js", **options)


def make(name, *subjects, **more):
    """A stream, made anew by somebody straight at the server."""

    def prepare(client):
        client.request(f"$JS.API.STREAM.DELETE.{name}")
        body = {"name": name, "subjects": list(subjects), "storage": "memory", "allow_direct": True, **more}
        said = json.loads(client.request(f"$JS.API.STREAM.CREATE.{name}", json.dumps(body).encode()).payload)
        assert "error" not in said, said
        client.request(subjects[0].replace(">", "x"), b"1")

    return prepare


def with_consumer(prepare, stream):
    def both(client):
        prepare(client)
        body = {"stream_name": stream, "config": {"durable_name": "host", "ack_policy": "none"}}
        client.request(f"$JS.API.CONSUMER.DURABLE.CREATE.{stream}.host", json.dumps(body).encode())

    return both


def stream_api(dialect, bucket, space):
    """Everything that loses, changes or copies one stream, by its name."""
    fresh = make(bucket, space, allow_rollup_hdrs=True)
    changed = {"name": bucket, "subjects": [space], "storage": "memory", "allow_direct": True, "max_msgs": 1,
               "allow_rollup_hdrs": True}
    return [
        api(dialect, f"delete {bucket}", f"STREAM.DELETE.{bucket}", b"", prepare=fresh),
        api(dialect, f"purge {bucket}", f"STREAM.PURGE.{bucket}", b"", prepare=fresh),
        api(dialect, f"update {bucket}", f"STREAM.UPDATE.{bucket}", changed, prepare=fresh),
        api(dialect, f"turn {bucket} away from its subjects", f"STREAM.UPDATE.{bucket}",
            {**changed, "subjects": ["app.turned"]}, allowed=(), prepare=fresh),
        api(dialect, f"delete a message of {bucket}", f"STREAM.MSG.DELETE.{bucket}", {"seq": 1}, prepare=fresh),
        api(dialect, f"read a message of {bucket}", f"STREAM.MSG.GET.{bucket}", {"seq": 1}, prepare=fresh),
        api(dialect, f"read {bucket} by a consumer", f"CONSUMER.DURABLE.CREATE.{bucket}.thief",
            {"stream_name": bucket, "config": {"durable_name": "thief", "ack_policy": "none"}}, prepare=fresh),
        api(dialect, f"delete a consumer of {bucket}", f"CONSUMER.DELETE.{bucket}.host", b"",
            prepare=with_consumer(fresh, bucket)),
        # the answer is the message itself
        Pub(dialect, f"take from a consumer of {bucket}", f"$JS.API.CONSUMER.MSG.NEXT.{bucket}.host", b"1",
            ("tenant", "wild", "neighbour", "stranger", "host2"), ("admin",)),
    ]


def aimed(what, call, body, prepare):
    """The server made to publish what the asker may not: refused to everybody, the control shows that it works."""
    return Api("kv", what, "$JS.API." + call, body, ("tenant", "wild", "admin"), (), envelope="js", prepare=prepare)


APP = make("APP", "app.js.>")
# in any case the server's reader takes, and with a destination that only becomes a command
CONSUMER = {"stream_name": "APP", "config": {"deliver_subject": COMMAND, "filter_subject": "app.js.x", "ack_policy": "none"}}
ROWS = {
    "11_metadata": [
        store("A", "lattice cache events", "lattice.state.events", b"\x82\xa9origin_id\xa1x\xa5event\x80",
              ("tenant", "wild", "neighbour", "stranger", "reader", "deployer"), ("admin",)),
        store("A", "lattice cache replay", "lattice.state.replay", b"",
              ("tenant", "wild", "neighbour", "stranger", "reader", "deployer"), ("admin",)),
        store("B", "link in the cache stream", "lc.default.linkdefs.1", link_v0()),
        store("B", "claims in the cache stream", f"lc.default.claims.{ACTOR}", {"sub": ACTOR, "caps": "all"}),
        store("B", "image map in the cache stream", "lc.default.refmap.1", {"oci_url": IMAGE, "public_key": ACTOR}),
        store("B", "link", f"$KV.LATTICEDATA_default.{link_key(LINK)}", LINK),
        store("B", "claims", f"$KV.LATTICEDATA_default.CLAIMS_{ACTOR}", {"sub": ACTOR, "caps": "all"}),
        store("B", "image map", f"$KV.LATTICEDATA_default.{refmap_key(IMAGE)}", {"oci_url": IMAGE, "public_key": ACTOR}),
        store("B", "configuration", f"$KV.CONFIGDATA_default.{ACTOR}_url", b"redis://evil.example"),
        store("B", "link through the API", f"$JS.API.$KV.LATTICEDATA_default.{link_key(LINK)}", LINK, envelope="js"),
        store("B", "link through a domain", f"$JS.hub.API.$KV.LATTICEDATA_default.{link_key(LINK)}", LINK, envelope="js"),
        store("B", "link deleted", f"$KV.LATTICEDATA_default.{link_key(LINK)}", b"",
              header=b"NATS/1.0\r\nKV-Operation: PURGE\r\n\r\n"),
        store("C", "component", "$KV.LATTICEDATA_default.COMPONENT_echo", {"url": EVIL, "links": [link_v1()]}),
        store("C", "configuration", "$KV.CONFIGDATA_default.shop-db", CONFIG),
        store("C", "secret reference", "$KV.CONFIGDATA_default.SECRET_db",
              {"name": "db", "type": "properties.v1", "backend": "evil", "key": "k", "policy": "{}"}),
        Sub("B", "reads links and claims", "$KV.LATTICEDATA_default.>", "",
            ("admin", f"$KV.LATTICEDATA_default.CLAIMS_{ACTOR}", b'{"sub":"%s"}' % ACTOR.encode()), ALL, ("watcher",)),
        Sub("C", "reads configuration", "$KV.CONFIGDATA_default.>", "", ("admin", "$KV.CONFIGDATA_default.shop-db", CONFIG),
            ALL, ("watcher",)),
    ],
    "12_jetstream": [
        *stream_api("B", "KV_LATTICEDATA_default", "$KV.LATTICEDATA_default.>"),
        *stream_api("C", "KV_CONFIGDATA_default", "$KV.CONFIGDATA_default.>"),
        *stream_api("wadm", "KV_wadm_state", "$KV.wadm_state.>"),
        *stream_api("B", "OBJ_default", "$O.default.>"),
        api("B", "lattice bucket made by another", "STREAM.CREATE.KV_LATTICEDATA_fresh",
            {"name": "KV_LATTICEDATA_fresh", "subjects": ["$KV.LATTICEDATA_fresh.>"], "storage": "memory"},
            allowed=(), control=False),
        Pub("B", "delete through a domain", "$JS.hub.API.STREAM.DELETE.KV_LATTICEDATA_default", b"",
            ("tenant", "wild", "neighbour", "host2"), ("admin",)),
        api("B", "a stream that keeps commands", "STREAM.CREATE.SPY",
            {"name": "SPY", "subjects": ["wasmbus.ctl.>"], "storage": "memory", "no_ack": True},
            ("tenant", "wild", "neighbour", "reader"), (), prepare=lambda c: c.request("$JS.API.STREAM.DELETE.SPY")),
        aimed("consumer delivers to a command", "CONSUMER.CREATE.APP", CONSUMER, APP),
        aimed("durable consumer delivers to a command", "CONSUMER.DURABLE.CREATE.APP.D",
              {**CONSUMER, "config": {**CONSUMER["config"], "durable_name": "D"}}, APP),
        aimed("consumer delivers, in another case", "CONSUMER.CREATE.APP",
              {"stream_name": "APP", "CONFIG": {"DELIVER_SUBJECT": COMMAND, "filter_subject": "app.js.x", "ack_policy": "none"}},
              APP),
        aimed("stream republishes to a command", "STREAM.CREATE.APP",
              {"name": "APP", "subjects": ["app.js.>"], "storage": "memory",
               "republish": {"src": "app.js.x", "dest": COMMAND}}, lambda c: c.request("$JS.API.STREAM.DELETE.APP")),
        aimed("stream republishes to what becomes a command", "STREAM.CREATE.APP",
              {"name": "APP", "subjects": ["app.js.*"], "storage": "memory",
               "republish": {"src": "app.js.*", "dest": "wasmbus.ctl.default.cmd.{{wildcard(1)}}.lp"}},
              lambda c: c.request("$JS.API.STREAM.DELETE.APP")),
        api("kv", "a stream that copies a bucket", "STREAM.CREATE.COPY",
            {"name": "COPY", "storage": "memory", "mirror": {"name": "KV_LATTICEDATA_default"}},
            prepare=lambda c: c.request("$JS.API.STREAM.DELETE.COPY")),
    ],
    "15_chunks": [
        store("B", "chunk of another's call", "$O.default.C.8F3a", b"\0" * 64,
              ("tenant", "wild", "neighbour", "stranger", "reader", "deployer"), ("host", "admin")),
        store("B", "object of another's call", "$O.default.M.aW52b2NhdGlvbg", b'{"name":"invocation"}',
              ("tenant", "wild", "neighbour", "stranger", "reader", "deployer"), ("host", "admin"),
              header=b"NATS/1.0\r\nNats-Rollup: sub\r\n\r\n"),
        store("C", "chunk of another's call", "$O.default.C.8F3a", b"\0" * 64,
              ("tenant", "wild", "neighbour", "stranger", "reader", "deployer"), ("host", "admin")),
        Sub("B", "reads chunks", "$O.default.C.>", "", ("host2", "$O.default.C.8F3a", b"\0" * 64),
            ("tenant", "wild", "neighbour", "stranger", "reader", "deployer"), ("host", "admin")),
    ],
}
