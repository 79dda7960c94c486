#!/usr/bin/python3
"""The broker as confused deputy, and other people's inboxes: what a client has the server, or somebody
with more rights, publish for it."""
import json
import re

import stage
from stage import COMMAND, Failed, until

STREAMS = {
    "streams.policy": """
role streamer { account = <ACME> tags = ["role:streamer"] }
role nosy { account = <ACME> tags = ["role:nosy"] }
rule streams {
  publish   = ["$JS.API.STREAM.>", "$JS.API.CONSUMER.>", "$JS.API.DIRECT.>", "$JS.API.INFO", f.>]
  subscribe = [f.>]
  to        = [streamer]
}
rule nosy {
  publish   = [">"]
  subscribe = [">"]
  to        = [nosy]
}
"""
}


def ask(c, subject, body):
    return json.loads(c.request(subject, json.dumps(body).encode() if not isinstance(body, bytes) else body).payload)


def with_streams(s):
    for a in s.deployment.accounts.values():
        a.jetstream = True
    s.start(policies=STREAMS)
    s.observer.unsubscribe("1")
    for pattern in ("wasmbus.>", "wadm.>", "runtime.>", "elsewhere.>"):
        s.observer.subscribe(pattern)
    s.observer.barrier()
    c = s.client("streamer")
    made = ask(c, "$JS.API.STREAM.CREATE.S", {"name": "S", "subjects": ["f.js.>"], "storage": "memory"})
    if "error" in made:
        raise Failed(f"no stream: {made}")
    return c


def consumer_delivers_to_a_command(s):
    """PUB: a deliver_subject that is a command subject, in every spelling the server's JSON reader takes."""
    c = with_streams(s)
    target = json.dumps(COMMAND)
    spellings = [
        '{"stream_name":"S","config":{"deliver_subject":%s,"filter_subject":"f.js.x","ack_policy":"none"}}',
        '{"stream_name":"S","Config":{"deliver_subject":%s,"filter_subject":"f.js.x","ack_policy":"none"}}',
        '{"stream_name":"S","CONFIG":{"DELIVER_SUBJECT":%s,"filter_subject":"f.js.x","ack_policy":"none"}}',
        '{"stream_name":"S","config":{"Deliver_Subject":%s,"filter_subject":"f.js.x","ack_policy":"none"}}',
        '{"stream_name":"S","config":{"deliver_\\u017fubject":%s,"filter_subject":"f.js.x","ack_policy":"none"}}',
        '{"stream_name":"S","config":{"deliver_\\u0073ubject":%s,"filter_subject":"f.js.x","ack_policy":"none"}}',
        '{"stream_name":"S","config":{"deliver_subject":"f.ok","deliver_subject":%s,"filter_subject":"f.js.x","ack_policy":"none"}}',
        '{"stream_name":"S","config":{"deliver_subject":"f.ok","Deliver_subject":%s,"filter_subject":"f.js.x","ack_policy":"none"}}',
        '{"stream_name":"S","config":{"filter_subject":"f.js.x","ack_policy":"none"},"config":{"deliver_subject":%s,"filter_subject":"f.js.x","ack_policy":"none"}}',
    ]
    for body in spellings:
        c.publish("$JS.API.CONSUMER.CREATE.S", (body % target).encode(), "_INBOX.x.1")
    c.publish("$JS.API.CONSUMER.DURABLE.CREATE.S.D", (spellings[3] % target).encode(), "_INBOX.x.1")
    c.barrier()
    if len(c.errors) != len(spellings) + 1:
        raise Failed(f"{len(c.errors)} of {len(spellings) + 1} refused")
    c.errors.clear()
    # what may be done is done
    c.subscribe("_INBOX.me")
    made = ask(
        c, "$JS.API.CONSUMER.CREATE.S", {"stream_name": "S", "config": {
            "deliver_subject": "_INBOX.me", "ack_policy": "none", "filter_subject": "f.js.x"}}
    )
    if "error" in made:
        raise Failed(f"no consumer: {made}")
    c.publish("f.js.x", b"to me")
    while c.next().payload != b"to me":
        pass
    s.work(c)


def reply_aims_elsewhere(s):
    """REPLY: the server's own answers (API, PubAck) aimed at a command, at others' inboxes, at nowhere of ours."""
    c = with_streams(s)
    targets = [COMMAND, "wasmbus.evt.default.host_heartbeat", "elsewhere.x", "$JS.API.STREAM.DELETE.S"]
    targets += ["_INBOX.~ABCDEFGHIJKLMNOPQRSTU.x", "_INBOX.~", "wasmbus.ctl.*.x", "f.js.x"]
    for target in targets:
        c.publish("$JS.API.STREAM.INFO.S", b"{}", target)
        c.publish("f.js.x", b"{}", target)
    c.barrier()
    if len(c.errors) != 2 * len(targets):
        raise Failed(f"{len(c.errors)} of {2 * len(targets)} refused: {c.errors}")


def stored_messages_as_answers(s):
    """REPLY: a stored message, whose bytes are the asker's, read with a command as the place for the answer."""
    c = with_streams(s)
    real = s.deployment.direct()
    config = {"name": "S", "subjects": ["f.js.>"], "storage": "memory", "allow_direct": True}
    made = ask(real, "$JS.API.STREAM.UPDATE.S", config)
    if "error" in made:
        raise Failed(f"no direct reads: {made}")
    # a word of the stream that it has it: it takes what it is sent when it comes to it
    kept = ask(c, "f.js.x", b'{"provider_ref":"evil"}')
    if kept.get("seq") != 1:
        raise Failed(f"not stored: {kept}")
    pull = {"stream_name": "S", "config": {"durable_name": "D", "filter_subject": "f.js.x", "ack_policy": "none"}}
    made = ask(c, "$JS.API.CONSUMER.DURABLE.CREATE.S.D", pull)
    if "error" in made:
        raise Failed(f"no consumer: {made}")
    questions = [("$JS.API.DIRECT.GET.S.f.js.x", b""), ("$JS.API.DIRECT.GET.S", b'{"last_by_subj":"f.js.x"}'),
                 ("$JS.API.STREAM.MSG.GET.S", b'{"last_by_subj":"f.js.x"}'), ("$JS.API.CONSUMER.MSG.NEXT.S.D", b"1")]
    for subject, body in questions:
        c.publish(subject, body, COMMAND)
        if c.next_error() != f'Permissions Violation for Publish with Reply of "{COMMAND}"':
            raise Failed(f"{subject}: another error")
    # the same questions with an answer to oneself are answered
    for subject, body in questions[:3]:
        said = c.request(subject, body).payload
        if b"provider_ref" not in said and b'"data"' not in said:
            raise Failed(f"{subject}: no message")
    if s.heard():
        raise Failed(f"heard {s.heard()}")
    # the control: straight at the server each of them is a command
    for subject, body in questions:
        s.observer.messages.clear()
        real.publish(subject, body, COMMAND)
        real.barrier()
        until(s.heard, f"{subject} at the server")
    s.observer.messages.clear()
    real.close()


def inbox_of_somebody_else(s):
    """Others' inboxes are neither heard nor written, by any name, not even by who may hear and say everything."""
    s.start(policies=STREAMS)
    s.observer.unsubscribe("1")
    s.observer.subscribe("_INBOX.>")
    s.observer.subscribe("f.ask")
    s.observer.barrier()
    victim, nosy, asker = s.client("app"), s.client("nosy"), s.client("app")
    victim.subscribe("_INBOX.victim.>")
    victim.barrier()
    for pattern in (">", "*.>", "_INBOX.>", "*.*.victim.>", "_INBOX.*.victim.*"):
        nosy.subscribe(pattern)
    nosy.barrier()
    nosy.errors.clear()
    victim.publish("f.ask", b"?", "_INBOX.victim.1")
    victim.barrier()
    s.observer.barrier()
    up = [m for m in s.observer.messages if m.subject == "f.ask"][0].reply
    if not re.fullmatch(r"_INBOX\.~[\w-]{21}\.victim\.1", up):
        raise Failed(f"the inbox upstream is {up}")
    s.observer.messages.clear()
    # it knows the name now: nosy heard the question with its reply; one answer to it is its right at most
    for name in ("_INBOX.victim.1", up.replace("~", "~~"), up + ".more", up[:-1] + "2"):
        for who in (nosy, asker):
            who.publish(name, b"forged")
            who.publish("f.other", b"", name)
            who.subscribe(name)
    for who in (nosy, asker):
        who.barrier()
    real = s.deployment.direct()
    real.publish(up, b"the answer")
    real.barrier()
    if victim.next().payload != b"the answer":
        raise Failed("the answer did not come")
    victim.nothing()
    nosy.barrier()
    leaked = [m for m in nosy.messages if m.payload == b"the answer"]
    if leaked:
        raise Failed(f"heard by another: {leaked}")
    forged = [m for m in s.observer.messages if m.payload == b"forged" and m.subject.startswith(up[:30])]
    if forged:
        raise Failed(f"forged: {forged}")
    real.close()
    s.heard = lambda: []


if __name__ == "__main__":
    stage.run([consumer_delivers_to_a_command, reply_aims_elsewhere, stored_messages_as_answers, inbox_of_somebody_else])
