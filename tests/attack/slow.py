#!/usr/bin/python3
"""Slow, silent and half-open sides: each hurts itself, in bounded memory and bounded time."""
import json
import socket
import struct

import stage
from portcullis_test import rawclient, upstream
from stage import COMMAND, Failed, bodies, until


def silent_before_login(s):
    """AUTHTO: 'Authentication Timeout' and the end, for whoever connects and says nothing or drips bytes."""
    s.start(limits={"auth_timeout": "1s"})
    silent = [s.raw() for _ in range(20)]
    for i, c in enumerate(silent):
        c.line()
        if i % 2:
            c.send(b"CONN")
    for c in silent:
        if c.line() != b"-ERR 'Authentication Timeout'":
            raise Failed("no word of the time")
        c.expect_end()


def one_byte_at_a_time(s):
    """A whole session in segments of one byte means what it means in one."""
    s.start()
    c = s.client("app")
    for b in b"SUB f.slow 1\r\nPUB f.slow 2\r\nhi\r\nPUB secret.x 0\r\n\r\nPING\r\n":
        c.raw.send(bytes([b]))
    s.allowed.add("f.slow")
    if c.next().payload != b"hi":
        raise Failed("something else came")
    if c.next_error() != 'Permissions Violation for Publish to "secret.x"':
        raise Failed("another error")


def incomplete_message_then_end(s):
    """PROTO: nothing of a message is forwarded before it is whole, however it breaks off."""
    s.start()
    for tail in (b"PUB f.half 10\r\nhal", b"PUB f.half 3\r\nhal", b"PUB f.half 3\r\nhal\r", b"PUB f.ha", b"HPUB f.half 12 20\r\nNATS"):
        for how in ("close", "half", "reset"):
            c = s.client("app")
            c.raw.send(tail)
            if how == "half":
                c.raw.half_close()
                c.raw.expect_end()
            elif how == "reset":
                c.raw.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            c.close()
    s.alone()


def reader_that_does_not_read(s):
    """A client that takes nothing is ended after its time; the publisher and the others are not slowed."""
    s.start(limits={"write_deadline": "2s", "max_pending": "64KiB"})
    s.allowed.add("f.flood")
    lazy = s.client("app")
    lazy.raw.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    lazy.subscribe("f.flood")
    lazy.barrier()
    before = s.resident_kb("edge")
    mark = s.deployment.gateway.mark()
    for _ in range(200):
        s.bystander.publish("f.flood", b"x" * 200000)
        s.bystander.barrier()
    s.observer.messages.clear()
    s.deployment.gateway.wait_line(lambda x: "slow" in x and "why=" in x, since=mark)
    if s.resident_kb("edge") - before > s.room_kb():
        raise Failed(f"grown by {s.resident_kb('edge') - before} KiB")
    if s.reached("slow") != 1:
        raise Failed("it was not counted")


def sender_faster_than_its_upstream(s):
    """Back-pressure: a publisher is held at its socket, in bounded memory, and nothing is lost."""
    s.start(limits={"max_pending": "64KiB"})
    s.allowed.add("f.fast")
    count = 20000
    c = s.client("app")
    c.raw.send(b"PUB f.fast 100\r\n" + b"x" * 100 + b"\r\n")
    c.raw.send((b"PUB f.fast 100\r\n" + b"x" * 100 + b"\r\n") * (count - 1))
    c.barrier()
    s.observer.barrier()
    if len([m for m in s.observer.messages if m.subject == "f.fast"]) != count:
        raise Failed("messages are missing")


def upstream_breaks_in_the_middle(s):
    """UPDOWN: an upstream that closes in a payload, floods or talks nonsense ends its client alone."""
    d = s.deployment
    scripted = upstream.Scripted([a.upstream.public for a in d.accounts.values()])
    d.limits = {}
    d.write(stage.talk_policies())
    d.start_gateway(s.build, scripted.port)
    s.bystander = s.client("app")
    link = scripted.wait_links(1)[0]
    s.before = s.descriptors()
    for n, last in enumerate(
        (
            b"MSG f.x 1 10\r\nhal",
            b"MSG f.x 1 99999999999\r\n",
            b"HMSG f.x 1 10 5\r\n",
            b"\0" * 1000,
            b"INFO {}\r\nMSG f.x 1 -1\r\n",
            b"-ERR 'Stale Connection'\r\n",
            b"A" * 200000,
        )
    ):
        c = s.client("app")
        mine = scripted.wait_links(n + 2)[-1]
        c.subscribe("f.x")
        c.barrier()
        mine.send(b"MSG f.x 1 2\r\nhi\r\n" + last)
        mine.close()
        if c.next().payload != b"hi":
            raise Failed("the whole message did not come")
        c.raw.expect_end()
    link.send(b"MSG f.never 77 2\r\nhi\r\n")
    s.bystander.barrier()
    if s.bystander.messages:
        raise Failed("a message for no subscription came through")
    s.work = lambda who=None: s.bystander.barrier()


def client_gone_while_it_is_let_in(s):
    """Clients that leave between CONNECT and its answer leave nothing behind."""
    s.start()
    login = s.deployment.login("app")
    for i in range(60):
        c = s.raw()
        info = rawclient.read_info(c)
        said = rawclient.connect_options(info, login)
        c.send(b"CONNECT " + json.dumps(said).encode() + b"\r\nPUB f.gone 0\r\n\r"[: 2 + i % 17])
        c.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", i % 2, 0))
        c.close()
    s.work()


def commander_gone_at_once(s):
    """A command sent with the last breath is recorded and crosses, or neither."""
    s.start()
    s.allowed.add(COMMAND)
    for i in range(30):
        c = s.client("deployer")
        c.publish(COMMAND, bodies.start_provider(n=i))
        c.close()
    s.alone()

    def settled():
        s.observer.barrier()
        heard = len([m for m in s.observer.messages if m.subject == COMMAND])
        written = [r for r in s.deployment.audit_records() if r.get("subject") == COMMAND]
        return heard == len([r for r in written if r["decision"] == "allow"]) and heard

    until(settled, "as many heard as written")


if __name__ == "__main__":
    stage.run(
        [
            silent_before_login,
            one_byte_at_a_time,
            incomplete_message_then_end,
            reader_that_does_not_read,
            sender_faster_than_its_upstream,
            upstream_breaks_in_the_middle,
            client_gone_while_it_is_let_in,
            commander_gone_at_once,
        ]
    )
