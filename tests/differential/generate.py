"""Random sessions from a seed: a permission set, connect options, and what is done under it.

The alphabet of subjects is small on purpose: with three tokens and up to three levels, permission
entries, subscriptions and messages meet all the time. One in six subjects is an odd one.
"""

import dataclasses
import random

TOKENS = ["a", "b", "c"]
# Well-formed, but special to the server, to the gateway, or to a careless matcher.
SPACES = [
    "$SYS.FOO", "$SYS.REQ.NOBODY", "$JS.API.INFO.x", "$KV.b.a", "$O.b.C.x", "$SRV.NOPE.a",
    "_R_.aaaaaa.bbbbbb", "$NRG.V.x", "$MQTT.sess.x", "wasmbus.ctl.default.cmd.N.lp",
    "wasmbus.ctl.v1.default.provider.start.N", "runtime.host.N.workload.start", "wadm.api.x",
    "_INBOX.peer.1", "_INBOX.me.1",
]
ODD = ["a..b", ".a", "a.", "a*.b", "a.b>", "a.>.b", "A.b"]
LONG = "a." + "t." * 70 + "b"
# One member per group and session: which member gets a message is chance.
QUEUES = ["v1", "w.1", "v2", "v3", "w.2"]
QUEUE_PATTERNS = ["v1", "v2", "v*", "*", "w.*", ">"]
OWN_INBOX = "_INBOX.me"
PEER_INBOX = "_INBOX.peer"
FAR = 24 * 3600 * 10**9
BRIEF = 10**6
HEADERS = [("Kind", "x"), ("X-Trace", "1 2 3"), ("kind", "")]
POWERFUL = [("Nats-Trace-Dest", "a.b"), ("Nats-Rollup", "all"), ("Nats-Request-Info", "{}"),
            ("nats-trace-only", "1"), ("Nats-Msg-Id", "7"), ("KV-Operation", "DEL")]

# Last words: each ends the session on at least one side, or is a line the two may read differently.
LAST_WORDS = [
    b"PUB a.b 1\nx\r\n", b"PUB a.b 1\r\nx\n", b"PUB a\r.b 1\r\nx\r\n", b"PUB a.b 2\r\nx\r\n",
    b"PUB a.b -1\r\n\r\n", b"PUB a.b 01\r\nx\r\n", b"PUB a.b 0000000001\r\nx\r\n",
    b"PUB a.b\r\n", b"PUB a.b c d 1\r\nx\r\n", b"PUB a\x01b 1\r\nx\r\n", b"PUB a\xc3\xa4 1\r\nx\r\n",
    b"HPUB a.b 3 1\r\nx\r\n", b"HPUB a.b 4 6\r\nABCDhi\r\n",
    b"HPUB a.b 12 13\r\nNATS/1.0\r\n\r\nx\r\n", b"HPUB a.b 18 18\r\nNATS/1.0\r\nbroken\r\n\r\n",
    b"SUB a.b q 7 8\r\n", b"SUB a.b\r\n", b"UNSUB 1 -5\r\n", b"UNSUB\r\n",
    b"SUB a.b si.d\r\n", b"SUB a.b 900\r\nSUB a.b 900\r\n", b"PING junk\r\n", b"+OK\r\n",
    b"INFO {}\r\n", b"MSG a.b 1 1\r\nx\r\n", b"-ERR 'x'\r\n", b"FOO\r\n", b" PING\r\n", b"\r\n",
    b"CONNECT {}\r\n", b"RS+ a.b\r\n", b"PUB\ta.b\t1 \r\nx\r\n", b"pub  a.b  1\r\nx\r\n",
    b"SUB a.b _sys_ 901\r\n",
]


@dataclasses.dataclass
class Op:
    """One thing done: by the client, or (deliver) to it by somebody behind the gate."""

    kind: str  # pub hpub request unheard sub unsub deliver last
    subject: str = ""
    reply: str = ""
    queue: str = ""
    sid: str = ""
    max: int = -1
    header: tuple = ()
    payload: bytes = b""
    raw: bytes = b""

    def __str__(self):
        parts = [self.kind]
        for name in ("subject", "reply", "queue", "sid", "max", "header", "raw"):
            value = getattr(self, name)
            if value not in ("", -1, (), b""):
                parts.append(f"{name}={value!r}")
        return " ".join(parts)


@dataclasses.dataclass
class Session:
    number: int
    claims: dict
    connect: dict
    ops: list

    @property
    def expires_fast(self):
        return self.claims.get("resp", {}).get("ttl") == BRIEF


class Maker:
    def __init__(self, seed, number):
        self.rnd = random.Random(f"{seed}/{number}")
        self.number = number
        self.sids = []
        self.queues = list(QUEUES)
        self.patterns = []
        self.replies = []
        self.count = 0

    def chance(self, p):
        return self.rnd.random() < p

    def literal(self):
        if self.chance(0.16):
            return self.rnd.choice(SPACES + [LONG] if self.chance(0.7) else ODD)
        return ".".join(self.rnd.choice(TOKENS) for _ in range(self.rnd.randint(1, 3)))

    def pattern(self, plain=False):
        if self.chance(0.1):
            return self.rnd.choice([">", "*", "*.*", "*.>", OWN_INBOX + ".>", PEER_INBOX + ".>",
                                    "_INBOX.>", "$SYS.>", "$JS.API.>", "wasmbus.>"])
        if not plain and self.chance(0.05):
            return self.rnd.choice(SPACES + ODD + [LONG])
        parts = [self.rnd.choice(TOKENS) for _ in range(self.rnd.randint(1, 3))]
        parts = ["*" if self.chance(0.25) else p for p in parts]
        if self.chance(0.2):
            parts[-1] = ">"
        return ".".join(parts)

    def instance(self):
        """A subject that a subscription of this session matches, where there is one."""
        if not self.patterns:
            return self.literal()
        out = []
        for token in self.rnd.choice(self.patterns).split("."):
            if token == ">":
                out += [self.rnd.choice(TOKENS) for _ in range(self.rnd.randint(1, 2))]
            else:
                out.append(self.rnd.choice(TOKENS) if token == "*" else token)
        return ".".join(out)

    def entries(self, queue=False):
        out = []
        for _ in range(self.rnd.randint(1, 4)):
            entry = self.pattern(plain=True)
            if queue and self.chance(0.3):
                entry += " " + self.rnd.choice(QUEUE_PATTERNS)
            out.append(entry)
        return out

    def claims(self):
        claims = {"subs": 6 if self.chance(0.05) else -1, "data": -1,
                  "payload": 64 if self.chance(0.05) else -1, "pub": {}, "sub": {}}
        for side, queue in (("pub", False), ("sub", True)):
            for word, likely in (("allow", 0.5), ("deny", 0.4)):
                if self.chance(likely):
                    claims[side][word] = self.entries(queue)
                elif self.chance(0.05):
                    claims[side][word] = []
        if claims["sub"].get("allow") and self.chance(0.6):
            claims["sub"]["allow"].append("_INBOX.>")
        if claims["pub"].get("allow") and self.chance(0.2):
            claims["pub"]["allow"].append("_INBOX.>")
        if self.chance(0.35):
            claims["resp"] = {"max": self.rnd.choice([-1, 0, 1, 2]),
                              "ttl": self.rnd.choice([-1, 0, FAR, FAR, BRIEF])}
        return claims

    def connect(self):
        headers = self.chance(0.85)
        return {"verbose": self.chance(0.2), "pedantic": self.chance(0.1),
                "echo": self.chance(0.8), "headers": headers,
                "no_responders": headers and self.chance(0.6)}

    def payload(self):
        self.count += 1
        return b"%d.%d" % (self.number, self.count)

    def reply(self):
        r = self.rnd.random()
        if r < 0.5:
            return ""
        if r < 0.72:
            return f"{OWN_INBOX}.{self.rnd.randint(1, 9)}"
        if r < 0.8 and self.patterns:
            return self.rnd.choice(self.patterns).replace("*", "b").replace(">", "c")
        if r < 0.9:
            return self.literal()
        return self.rnd.choice(["$JS.ACK.s.c.1.1.1.1.1", "_R_.cccccc.dddddd", "_GR_.x.y", "a.*",
                                ">", "a..b", "_INBOX.>", PEER_INBOX + ".5", "$JS.API.INFO"])

    def header(self):
        fields = [self.rnd.choice(HEADERS) for _ in range(self.rnd.randint(0, 2))]
        if self.chance(0.25):
            fields.insert(self.rnd.randint(0, len(fields)), self.rnd.choice(POWERFUL))
        return tuple(fields)

    def target(self):
        """A subject to publish to: often the reply of something delivered earlier."""
        if self.replies and self.chance(0.35):
            return self.rnd.choice(self.replies)
        if self.chance(0.07):
            return self.pattern()
        return self.instance() if self.chance(0.2) else self.literal()

    def op(self, headers):
        kind = self.rnd.choices(
            ["pub", "hpub", "request", "unheard", "sub", "unsub", "deliver"],
            [22, 8 if headers else 0, 9, 3, 21, 5, 28])[0]
        if kind == "sub":
            sid = str(len(self.sids) + 1)
            pattern = self.pattern()
            queue = self.queues.pop(0) if self.queues and self.chance(0.3) else ""
            self.sids.append(sid)
            self.patterns.append(pattern)
            return Op(kind, subject=pattern, queue=queue, sid=sid)
        if kind == "unsub":
            sid = self.rnd.choice(self.sids) if self.sids and self.chance(0.9) else "777"
            return Op(kind, sid=sid, max=self.rnd.choice([-1, 0, 1, 2, 5]))
        if kind == "deliver":
            return self.deliver()
        if kind in ("request", "unheard"):
            reply = f"{OWN_INBOX}.{self.rnd.randint(1, 9)}"
            if self.chance(0.2):
                self.replies.append(reply)
            return Op(kind, subject=self.literal(), payload=self.payload(), reply=reply)
        return Op(kind, subject=self.target(), reply=self.reply(), payload=self.payload(),
                  header=self.header() if kind == "hpub" else ())

    def deliver(self):
        subject = self.instance() if self.chance(0.5) else self.literal()
        if subject in ODD:
            subject = self.rnd.choice(TOKENS)
        reply = ""
        if self.chance(0.6):
            peer = f"{PEER_INBOX}.{self.rnd.randint(1, 3)}"
            reply = self.rnd.choice([peer, peer, "rsp.1", "rsp.2", "rsp.3.4", "a.b", "b.c.a", "c"])
            self.replies.append(reply)
        return Op("deliver", subject=subject, reply=reply, payload=self.payload(),
                  header=(("From", "peer"),) if self.chance(0.2) else ())


def session(seed, number, length):
    m = Maker(seed, number)
    claims, connect = m.claims(), m.connect()
    ops = []
    if m.chance(0.7):
        m.sids.append("1")
        ops.append(Op("sub", subject=OWN_INBOX + ".>", sid="1"))
    while len(ops) < length:
        ops.append(m.op(connect["headers"]))
    if m.chance(0.5):
        raw = m.rnd.choice(LAST_WORDS)
        ops.append(Op("last", subject="a.b", queue="_sys_" if b"_sys_" in raw else "", raw=raw))
    elif claims["payload"] > 0:
        ops.append(Op("pub", subject="a.b", payload=b"x" * 65))
    return Session(number, claims, connect, ops)


def directed():
    """The classic holes, one session each, so that no seed can miss them. Numbered -1, -2, ..."""
    made = []

    def add(claims, *ops, **connect):
        full = {"subs": -1, "data": -1, "payload": -1, "pub": {}, "sub": {}, **claims}
        said = {"verbose": False, "headers": True, "no_responders": True, **connect}
        numbered = [dataclasses.replace(op, payload=b"%d" % i) for i, op in enumerate(ops)]
        made.append(Session(-len(made) - 1, full, said, numbered))

    answer = {"max": 2, "ttl": FAR}
    # a queue entry of a deny list that does not match re-allows what a plain one denied
    add({"sub": {"deny": ["a.b", "a.b v1"]}}, Op("sub", subject="a.b", queue="v2", sid="1"))
    # a deny the pattern overlaps but does not contain: delivered by old servers, with a right to answer
    add({"sub": {"deny": ["*.c"]}, "resp": answer}, Op("sub", subject="a.*", sid="1"),
        Op("deliver", subject="a.c", reply="rsp.1"), Op("pub", subject="rsp.1"))
    # allow_responses against an explicit deny
    add({"pub": {"deny": [">"]}, "resp": answer}, Op("sub", subject="a", sid="1"),
        Op("deliver", subject="a", reply="b.c"), Op("pub", subject="b.c"))
    # receiving one's own request is no right to publish to one's own inbox
    add({"pub": {"allow": ["a"]}, "resp": answer}, Op("sub", subject="a", sid="1"),
        Op("request", subject="a", reply=OWN_INBOX + ".1"), Op("pub", subject=OWN_INBOX + ".1"))
    # an answer goes to who asked, as often as granted, and then to nobody
    add({}, Op("sub", subject="a", sid="1"), Op("deliver", subject="a", reply=PEER_INBOX + ".1"),
        Op("pub", subject=PEER_INBOX + ".1"))
    add({"resp": answer}, Op("sub", subject="a", sid="1"),
        Op("deliver", subject="a", reply=PEER_INBOX + ".1"),
        *[Op("pub", subject=PEER_INBOX + ".1") for _ in range(4)])
    # a no-responders status reaches who asked for it, also where a wildcard could have taken it
    add({}, Op("sub", subject=OWN_INBOX + ".>", sid="1"), Op("sub", subject=">", sid="2"),
        *[Op("unheard", subject="a", reply=OWN_INBOX + ".1") for _ in range(8)], echo=False)
    add({}, Op("sub", subject=">", sid="1"), Op("deliver", subject=LONG),
        Op("deliver", subject="$KV.b.a"), Op("deliver", subject="wadm.api.x"))
    # npm nats publishes to JetStream with an empty header block: a plain message
    add({}, Op("last", raw=b"HPUB a.b 0 1\r\nx\r\n"))
    add({}, Op("hpub", subject="a", header=(("Nats-Trace-Dest", "a.b"), ("Kind", "x"))))
    add({}, Op("last", raw=b"HPUB a.b 12 13\r\nNATS/1.0\r\n\r\nx\r\n"), headers=False,
        no_responders=False)
    return made
