"""One operation put to both sides, and what the predicates in rules.py ask about it."""

import dataclasses

import generate

RULES = {"publish": [], "subscribe": [], "delivery": [], "changed": [], "answered": [], "last": []}

MAX_QUOTED = 128


def rule(*groups):
    """Groups: where a predicate is asked (see explain)."""
    def register(function):
        for group in groups:
            RULES[group].append(function)
        return function
    return register


@dataclasses.dataclass
class Case:
    session: generate.Session
    op: generate.Op
    a: object  # nats-server's Outcome
    b: object  # the gateway's
    subs: dict  # sid -> (pattern, queue), live on both sides
    replies: set  # replies both sides delivered to the client
    withheld: set  # replies only nats-server delivered
    missing: tuple = ()  # delivery: the message the gateway did not deliver

    def entries(self, side, word):
        """The JWT's list: None when absent."""
        return self.session.claims[side].get(word)

    @property
    def granted(self):
        return "resp" in self.session.claims


# What the gateway says when it refuses, in nats-server's words.

def quoted(text):
    return '"' + text[:MAX_QUOTED].replace("\\", "\\\\").replace('"', '\\"') + '"'


def nothing_happened(c):
    return not c.b.seen and not c.b.messages


def server_took_it(c):
    """Accepted as a subject. "Invalid Publish Subject" is a remark of pedantic mode, made while
    accepting; the few replies a server refuses it refuses after the subject."""
    refused = c.a.refused or ""
    return not c.a.closed and (refused in ("", "Invalid Publish Subject") or "with Reply" in refused)


def publish_refused(c):
    """Refused by the gateway as a publish, accepted by the server."""
    text = f"Permissions Violation for Publish to {quoted(c.op.subject)}"
    return server_took_it(c) and c.b.control == [("err", text)] and nothing_happened(c)


def reply_refused(c):
    text = f"Permissions Violation for Publish with Reply of {quoted(c.op.reply)}"
    return server_took_it(c) and c.b.control == [("err", text)] and nothing_happened(c)


def subscription_error(op):
    text = f"Permissions Violation for Subscription to {quoted(op.subject)}"
    return text + (f" using queue {quoted(op.queue)}" if op.queue else "")


def subscription_refused(c):
    return c.a.refused is None and set(c.b.control) == {("err", subscription_error(c.op))}


def ended(c, *texts):
    """The gateway said one of @texts (None: nothing) and closed, and let nothing through."""
    wanted = [[("err", t)] if t else [] for t in texts]
    return [e for e in c.b.control if e[0] != "ok"][:-1] in wanted and c.b.closed \
        and nothing_happened(c)


def names():
    seen = []
    for group in RULES.values():
        seen += [r.__name__ for r in group if r.__name__ not in seen]
    return seen
