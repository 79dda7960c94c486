"""Every way in which the gateway may differ from nats-server, each a named predicate.

A predicate looks at one operation and both outcomes and says whether its rule, and nothing else,
explains the difference. It states the inputs the rule applies to and the exact outcome the rule
prescribes, so that a gateway that merely fails is not excused by it.
"""

import dataclasses

import generate
import lastwords  # noqa: F401 (its rules register themselves)
import wire
from case import (MAX_QUOTED, RULES, Case, names, publish_refused, reply_refused, rule, subscription_error,
                  subscription_refused)
from subjects import has_wildcard, matches, overlap, split_queue, subset, valid

__all__ = ["Case", "explain", "names"]


# Who may what.

# The control spaces of docs/COMMANDS.md, without the key-value side doors, which are reserved anyway.
COMMANDS = [head + tail for tail in ("", ".>") for head in (
    "wasmbus.ctl", "*.wasmbus.ctl", "runtime.host", "wadm.api", "wadm.cmd", "*.wadm.api", "*.wadm.cmd",
    "lc")] + ["wasmbus.rpc.*.links", "wasmbus.rpc.*.remlinks"]
MAX_TOKENS = 64


def reserved(subject):
    """A space one must be granted by name. One's own inbox is not among them."""
    return subject[:1] in ("$", "_") and not inbox(subject)


def command(subject):
    return any(matches(p, subject) for p in COMMANDS)


def inbox(subject):
    return subject.startswith("_INBOX.")


def own_inbox(subject):
    """Of the client under test, who keeps to these names."""
    return subject.startswith(generate.OWN_INBOX + ".")


def too_long(subject):
    return len(subject.split(".")) > MAX_TOKENS


def parent(pattern):
    """a.b of a.b.>"""
    return pattern[:-2] if pattern.endswith(".>") else None


def powerful(name):
    return name.lower().startswith("nats-")


def stripped(name):
    return name.lower().startswith("nats-trace-")


@rule("publish")
def explicit_empty_allow_denies_publish(c):
    """A JWT list that is present and empty allows nothing; the server reads it as "everything".
    The gate narrows by what the credential says, and it said: nothing."""
    return c.entries("pub", "allow") == [] and publish_refused(c)


@rule("publish")
def wildcard_publish_refused(c):
    """The server delivers a publish to "a.*" as that literal text, past a deny on "a.b"."""
    return valid(c.op.subject, True) and has_wildcard(c.op.subject) and publish_refused(c)


@rule("publish")
def malformed_publish_refused(c):
    """The server accepts "a..b" and drops it; the lookup of deny entries fails on empty tokens."""
    return not valid(c.op.subject, True) and publish_refused(c)


@rule("publish")
def long_publish_refused(c):
    """A subject has a ceiling: 64 tokens."""
    return too_long(c.op.subject) and publish_refused(c)


@rule("publish")
def reserved_publish_needs_a_grant(c):
    """publish = [">"] does not reach $SYS, $JS, $KV and their like; they are granted by name."""
    return reserved(c.op.subject) and publish_refused(c)


@rule("publish")
def command_publish_needs_a_verb(c):
    """A publish rule never grants a command subject; verbs do."""
    return command(c.op.subject) and publish_refused(c)


@rule("publish")
def powerful_header_refuses_the_publish(c):
    """Fields a server acts on (Nats-*) pass only where policy names them."""
    said = any(powerful(name) and not stripped(name) for name, _ in c.op.header)
    return said and publish_refused(c)


@rule("publish")
def deny_of_a_tail_covers_its_parent_publish(c):
    """A deny on "a.>" means "a" as well; to the server the parent of a denied tree is free."""
    tails = [parent(p) for p in c.entries("pub", "deny") or []]
    return any(t and matches(t, c.op.subject) for t in tails) and publish_refused(c)


@rule("publish")
def deny_beats_a_response_grant(c):
    """allow_responses overrides a deny in the server, even deny ">"."""
    denied = any(matches(p, c.op.subject) for p in c.entries("pub", "deny") or [])
    return c.granted and denied and publish_refused(c)


@rule("publish")
def no_grant_without_delivery(c):
    """A message withheld from the client (a deny the server forgot) brings no right to answer."""
    return c.granted and c.op.subject in c.withheld and publish_refused(c)


@rule("publish")
def asking_oneself_grants_nothing(c):
    """The server gives a grant on one's own inbox to whoever receives his own request."""
    return c.granted and c.op.subject in c.replies and publish_refused(c) \
        and own_inbox(c.op.subject)


@rule("publish")
def reply_is_not_a_literal(c):
    """Wildcards and empty tokens in a reply pass the server."""
    return bool(c.op.reply) and not valid(c.op.reply, False) and reply_refused(c)


@rule("publish")
def reply_in_reserved_space(c):
    """A live subscription to ">" does not make $JS.API.INFO one's own reply."""
    return (reserved(c.op.reply) or command(c.op.reply)) and reply_refused(c)


@rule("publish")
def reply_is_not_own(c):
    """A reply is the sender's inbox, its live subscription, or granted; the server asks nothing,
    so a requester can make any responder publish anywhere."""
    live = any(matches(p, c.op.reply) for p, _ in c.subs.values())
    return bool(c.op.reply) and not inbox(c.op.reply) and not live and reply_refused(c)


@rule("publish")
def reply_on_a_subscription_that_can_see_commands(c):
    """SUB > or SUB * is no place for replies: its texts include the commands'."""
    live = [p for p, _ in c.subs.values() if matches(p, c.op.reply)]
    wide = all(any(overlap(p, space) for space in COMMANDS) for p in live)
    return bool(live) and wide and reply_refused(c)


@rule("publish", "subscribe")
def long_text_is_cut_in_errors(c):
    """At most 128 bytes of a subject are said back; the server says all of them."""
    def cut(event):
        head, quote, rest = (event[1] if event[0] == "err" else "").partition('"')
        text, end, tail = rest.partition('"')
        return (event[0], head + quote + text[:MAX_QUOTED] + end + tail, *event[2:])
    return c.a.refused != c.b.refused and [cut(e) for e in c.a.control if e[0] == "err"] == c.b.control


@rule("subscribe")
def explicit_empty_allow_denies_subscription(c):
    """As explicit_empty_allow_denies_publish."""
    return c.entries("sub", "allow") == [] and subscription_refused(c)


@rule("subscribe")
def subscription_is_not_a_true_subset(c):
    """The server matches the pattern as if it were a literal, so allow "a.*" admits SUB a.>."""
    return _allowed(c, matches) and not _allowed(c, lambda outer, inner: subset(inner, outer)) \
        and subscription_refused(c)


def _allowed(c, applies):
    """The allow list's word, where applies(entry's subject, pattern) says that an entry applies.
    Entries with a queue decide alone about the queue subscriptions they speak of."""
    allow = [split_queue(e) for e in c.entries("sub", "allow") or []]
    speak = [q for s, q in allow if applies(s, c.op.subject)]
    queues = [q for q in speak if q is not None]
    if c.op.queue and queues:
        return any(matches(q, c.op.queue) for q in queues)
    return None in speak


@rule("subscribe")
def malformed_subscription_refused(c):
    """Empty tokens; the server says Invalid Subject, which makes clients close the connection."""
    return not valid(c.op.subject, True) and c.a.refused == "Invalid Subject" \
        and c.b.control == [("err", subscription_error(c.op))]


@rule("subscribe")
def long_subscription_refused(c):
    """A subject has a ceiling: 64 tokens."""
    return too_long(c.op.subject) and subscription_refused(c)


@rule("subscribe")
def reserved_subscription_needs_a_grant(c):
    """subscribe = [">"] does not reach reserved spaces."""
    return reserved(c.op.subject) and subscription_refused(c)


@rule("subscribe")
def command_subscription_needs_a_grant(c):
    """Who listens to commands is decided by serve and control.watch, not by subscribe."""
    return any(subset(c.op.subject, p) for p in COMMANDS) and subscription_refused(c)


@rule("subscribe")
def deny_of_a_tail_covers_its_parent_subscription(c):
    """As deny_of_a_tail_covers_its_parent_publish."""
    tails = [parent(split_queue(e)[0]) for e in c.entries("sub", "deny") or []]
    return any(t and subset(c.op.subject, t) for t in tails) and subscription_refused(c)


@rule("subscribe")
def queue_deny_does_not_reallow(c):
    """In old servers a queue entry of a deny list that does not match re-allows what a plain
    entry denied (advisory GHSA-jx8g-9g95-6322)."""
    deny = [split_queue(e) for e in c.entries("sub", "deny") or []]
    plain = any(q is None and matches(s, c.op.subject) for s, q in deny)
    queued = any(q is not None and matches(s, c.op.subject) for s, q in deny)
    return bool(c.op.queue) and plain and queued and subscription_refused(c)


@rule("subscribe")
def overlapping_deny_does_not_refuse_the_subscription(c):
    """The server refuses SUB a.> under deny "a.*" because the texts match, and accepts SUB a.b.>
    under deny "a.b.c": here both are accepted, and every message is judged by its subject."""
    deny = [split_queue(e) for e in c.entries("sub", "deny") or []]
    hit = [s for s, q in deny if matches(s, c.op.subject) and (q is None or c.op.queue)]
    return c.a.refused == subscription_error(c.op) and c.b.control in ([], [("ok",)]) \
        and bool(hit) and not any(subset(c.op.subject, s) for s in hit)


# What arrives.

@rule("delivery")
def overlapping_deny_filters_delivery(c):
    """Servers before 2.11.16 arm the filter only where a pattern contains the deny, and leak the
    rest (advisory GHSA-wh7g-5m82-pmhr); the gate looks at every message."""
    _, subject, sid, _, _, _ = c.missing
    queue = c.subs[sid][1]
    for entry in c.entries("sub", "deny") or []:
        denied, only = split_queue(entry)
        if matches(denied, subject) and (only is None or (queue and matches(only, queue))):
            return True
    return False


@rule("delivery")
def deny_of_a_tail_covers_its_parent_delivery(c):
    """As deny_of_a_tail_covers_its_parent_publish."""
    tails = [parent(split_queue(e)[0]) for e in c.entries("sub", "deny") or []]
    return any(t and matches(t, c.missing[1]) for t in tails)


@rule("delivery")
def inbox_is_private(c):
    """What others address to an inbox by its plain name is nobody's: a client's inbox has another
    name behind the gate, and SUB > or SUB _INBOX.> does not open other people's."""
    return inbox(c.missing[1]) and c.op.kind == "deliver"


@rule("delivery")
def reserved_space_is_not_delivered(c):
    """A wildcard that was granted does not bring $SYS, $JS, $KV with it."""
    return reserved(c.missing[1])


@rule("delivery")
def command_is_not_delivered(c):
    """SUB > does not show commands: they are granted by name."""
    return command(c.missing[1])


@rule("delivery")
def long_subject_is_not_delivered(c):
    """A subject that cannot be judged does not pass where messages are judged."""
    return too_long(c.missing[1])


# What was let through, but not as it was: how the gateway's version of a publication follows from
# the server's. A message is (subject, reply, header, payload).

@rule("changed")
def powerful_header_stripped(c, message):
    """Policy says strip_headers = ["Nats-Trace-*"]; the rest of the block stays."""
    subject, reply, header, payload = message
    if c.op.kind != "hpub" or payload != c.op.payload or not header:
        return message
    kept = tuple(f for f in c.op.header if not stripped(f[0]))
    return (subject, reply, wire.header_block(kept), payload) if kept != c.op.header else message


@rule("changed")
def inbox_of_another_is_out_of_reach(c, message):
    """A publish to _INBOX.x is one to one's own x, unless it answers what was delivered, in time."""
    subject, reply, header, payload = message
    over = c.session.expires_fast and any(m[1] == "own:" + subject for m in c.b.seen)
    if inbox(subject) and not own_inbox(subject) and (subject not in c.replies or over):
        subject = "own:" + subject
    return subject, reply, header, payload


@rule("changed")
def inbox_in_a_reply_is_ones_own(c, message):
    """A request's reply _INBOX.x is one's own x, also where the text is somebody else's."""
    subject, reply, header, payload = message
    if inbox(reply) and not own_inbox(reply):
        reply = "own:" + reply
    return subject, reply, header, payload


@rule("answered")
def refused_request_is_answered(c, message):
    """Besides the -ERR a refused request is answered on its reply, when that is the sender's own and
    somebody listens: in the dialect of the command, else by a 403 status."""
    _, subject, sid, reply, header, payload = message
    said = header if header else payload
    listening = any(matches(pattern, subject) for pattern, _ in c.subs.values())
    return (subject == c.op.reply and not reply and listening and b"Portcullis: " in said
            and (not header or (header.startswith(b"NATS/1.0 403 ") and not payload)))


def _without_answers(c):
    """@c as it were if refused requests were not answered, and the names of what was taken out."""
    refused = (c.b.refused or "").startswith("Permissions Violation for Publish to ")
    names, client = [], []
    for e in c.b.client:
        if refused and not names and e[0] == "msg" and refused_request_is_answered(c, e):
            names.append("refused_request_is_answered")
        else:
            client.append(e)
    return dataclasses.replace(c, b=dataclasses.replace(c.b, client=client)), names


def explain(c):
    """Name the rules that explain how @c differs. Return (names, None), or (names, what is left)."""
    if c.a == c.b:
        return [], None
    c, answered = _without_answers(c)
    names, left = _explain(c)
    return answered + names, left


def _explain(c):
    if c.a == c.b:
        return [], None
    groups = {"sub": ["subscribe"], "last": ["last", "publish", "subscribe"], "unsub": [], "deliver": []}
    if c.a.control != c.b.control:
        asked = [r for g in groups.get(c.op.kind, ["publish"]) for r in RULES[g]]
        name = _first(asked, c)
        return ([name], None) if name else ([], "what the client was told")
    names = []
    seen = [("msg", *_changed(c, e[1:], names)) for e in c.a.seen]
    if seen != c.b.seen:
        return [], "what the others received"
    return _explain_messages(c, names)


def _changed(c, message, names):
    """What the gateway makes of a publication the server passed as @message."""
    for change in RULES["changed"]:
        changed = change(c, message)
        if changed != message:
            names.append(change.__name__)
        message = changed
    return message


def _explain_messages(c, names):
    left = list(c.b.messages)
    for message in c.a.messages:
        kind, subject, sid, reply, header, payload = message
        header = powerful_header_stripped(c, (subject, reply, header, payload))[2]
        if left and left[0] == (kind, subject, sid, reply, header, payload):
            left.pop(0)
            continue
        missing = dataclasses.replace(c, missing=message)
        name = sid in c.subs and _first(RULES["delivery"], missing)
        if not name:
            return names, f"the client did not receive {message!r}"
        names.append(name)
    if left:
        return names, f"only the gateway's client received {left[0]!r}"
    return names, None


def _first(rules, c):
    return next((r.__name__ for r in rules if r(c)), None)
