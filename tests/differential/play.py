"""One side of the comparison: a client under test, and a peer connected behind the gate.

Each operation is followed by a barrier on both connections, so what it caused is what arrived
before the PONGs; nothing here waits for time to pass, except to let a grant of a millisecond end.
"""

import dataclasses
import time

import generate
import wire

# The server says that nobody listens to any one of the subscriptions that match the reply.
NOBODY = b"NATS/1.0 503"
ANY_SID = "any"


@dataclasses.dataclass
class Outcome:
    client: list = dataclasses.field(default_factory=list)  # what the client received, in order
    seen: list = dataclasses.field(default_factory=list)    # what the peer received

    @property
    def control(self):
        return [e for e in self.client if e[0] != "msg"]

    @property
    def messages(self):
        return [e for e in self.client if e[0] == "msg"]

    def settle(self):
        """Bring what one publication caused into one order: among subscriptions it is chance."""
        first = {}
        self.client = [e[:2] + (ANY_SID,) + e[3:] if e[0] == "msg" and NOBODY in e[4] else e
                       for e in self.client]
        for e in self.client:
            if e[0] == "msg":
                first.setdefault(e[5], len(first))
        sorted_messages = iter(sorted(self.messages, key=lambda e: (first[e[5]], e[2])))
        self.client = [next(sorted_messages) if e[0] == "msg" else e for e in self.client]
        return self

    @property
    def closed(self):
        return ("closed",) in self.client

    @property
    def refused(self):
        """The text of the first -ERR, or None."""
        return next((e[1] for e in self.client if e[0] == "err"), None)


class Side:
    """@public: where the client logs in; @behind: where the peer does, as @peer_creds."""

    def __init__(self, name, public, behind, peer_creds):
        self.name = name
        self.public = public
        self.peer = wire.Wire(behind, peer_creds, echo=False)
        self.peer.send(b"SUB > 1\r\n")
        self.client = None

    def login(self, session, creds):
        self.client = wire.Wire(self.public, creds, **session.connect)
        return Outcome([e for e in self.client.greeting if e[0] != "ok"])

    def logout(self):
        if self.client is not None:
            self.client.close()
            self.client = None
        self.peer.send(b"")

    def close(self):
        self.logout()
        self.peer.close()

    def play(self, op, session):
        return self.caused_by(op, session).settle()

    def caused_by(self, op, session):
        if op.kind == "deliver":
            return self.deliver(op)
        if op.kind == "unheard":
            return self.unheard(op)
        if session.expires_fast:
            time.sleep(0.003)  # the grant's own life time, not a synchronisation
        out = Outcome(self.client.send(self.bytes_of(op)))
        heard = self.peer.send(b"")
        out.seen = [self.shown(e) for e in heard]
        if op.kind == "request":
            self.answer(op, heard, out)
        return out

    def bytes_of(self, op):
        if op.kind in ("pub", "request", "unheard"):
            return wire.publish(op.subject, op.reply, op.payload)
        if op.kind == "hpub":
            return wire.publish(op.subject, op.reply, op.payload, op.header)
        if op.kind == "sub":
            queue = op.queue + " " if op.queue else ""
            return f"SUB {op.subject} {queue}{op.sid}\r\n".encode()
        if op.kind == "unsub":
            limit = f" {op.max}" if op.max >= 0 else ""
            return f"UNSUB {op.sid}{limit}\r\n".encode()
        return op.raw

    def answer(self, op, heard, out):
        """The peer answers what it was asked, at the reply subject it saw."""
        lines = b"".join(wire.publish(e[3], "", b"re:" + e[5])
                         for e in heard if e[0] == "msg" and e[3] and e[5] == op.payload)
        if lines:
            self.peer.send(lines)
            out.client += self.client.send(b"")

    def deliver(self, op):
        self.peer.send(wire.publish(op.subject, op.reply, op.payload, op.header or None))
        return Outcome(self.client.send(b""))

    def unheard(self, op):
        """A request while nobody but the client itself listens: a 503, where it asked for them."""
        self.peer.send(b"UNSUB 1\r\n")
        out = Outcome(self.client.send(self.bytes_of(op)))
        self.peer.send(b"SUB > 1\r\n")
        return out

    @staticmethod
    def shown(event):
        """A message the peer saw, with the client's inboxes as the client wrote them.

        A virtual form of anything but the client's own inbox is marked: there the gateway took
        somebody else's inbox for the client's.
        """
        def plain(subject):
            if not wire.VIRTUAL.match(subject):
                return subject
            rest = "_INBOX." + wire.VIRTUAL.sub("", subject)
            return rest if rest.startswith(generate.OWN_INBOX + ".") else "own:" + rest

        if event[0] != "msg":
            return event
        return ("msg", plain(event[1]), plain(event[3]), event[4], event[5])
