#!/usr/bin/python3
"""Floods: many of everything, from strangers and from people with a name."""
import os
import signal
import socket
import struct
import time

import stage
from stage import COMMAND, Failed, bodies, until


def unauthenticated_garbage(s):
    """Strangers' bytes: AUTH or a plain end, nothing kept, the others served."""
    s.start()
    lumps = [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 64,
        b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x3c\x00\x00",
        b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n",
        b"CONNECT " + b"[" * 10000 + b"\r\n",
        b"CONNECT {" + b'"a":1,' * 2000 + b"\r\n",
        b"CONNECT" + b" " * 100000,
        b"\r\n" * 5000,
        b"PING\n" * 1000,
        b"A" * 1000000,
        b"PUB " + COMMAND.encode() + b" 2\r\n{}\r\n",
        b'CONNECT {"jwt":"' + b"x" * 11000 + b'","sig":"' + b"y" * 1024 + b'"}\r\n',
        b'CONNECT {"jwt":"a.b.c","sig":"' + b"y" * 1025 + b'"}\r\n',
        b'CONNECT {"jwt":"' + b"x" * 12289 + b'","sig":"y"}\r\n',
    ]
    for round_ in range(4):
        for lump in lumps:
            c = s.raw()
            c.line()
            c.send(lump)
            c.send(b"PUB " + COMMAND.encode() + b" 2\r\n{}\r\n")
            try:
                while True:
                    line = c.line()
                    if not line.startswith(b"-ERR"):
                        raise Failed(f"{lump[:40]!r} was answered {line[:80]!r}")
            except Exception as e:  # noqa: BLE001
                if not c.ended:
                    raise Failed(f"{lump[:40]!r}: {e}")
            c.close()
    s.work()


def five_hundred_connections(s):
    """500 come, log in, work and go: descriptors and memory are back."""
    s.start()
    roles = ("edge", "verifier", "signer", "dispatcher", "auditor")
    login = s.deployment.login("app")

    def wave(n):
        clients = [s.deployment.client(login) for _ in range(n)]
        for c in clients[::10]:
            s.work(c)
        for c in clients:
            c.close()
        s.alone()

    # the first wave finds the size of tables and of the sanitizer's quarantine
    wave(250)
    wave(250)
    before = {r: s.resident_kb(r) for r in roles}
    wave(250)
    wave(250)
    grown = {r: s.resident_kb(r) - before[r] for r in roles}
    if any(v > s.room_kb() / 4 for v in grown.values()):
        raise Failed(f"grown by KiB {grown}")


def connections_over_the_limit(s):
    """LIMIT: one too many is told so; the others stay; when one goes another may come."""
    s.start(limits={"max_connections": 5})
    held = [s.client("app") for _ in range(4)]
    c = s.raw()
    # after an INFO, without which no client reads on
    c.line()
    said = c.line()
    if said != b"-ERR 'maximum connections exceeded'":
        raise Failed(f"no word of the limit: {said[:200]!r}")
    c.expect_end()
    held[0].close()
    # it has gone when both its sockets have
    until(lambda: room(s), "room for another")


def room(s):
    try:
        return s.client("app")
    except Failed as e:
        if "maximum connections exceeded" not in str(e):
            raise
        return None


def denials(s):
    """100,000 denials: each is answered, the log sums them, memory stays, the connection too."""
    s.start()
    bad = s.client("app")
    before = s.resident_kb("edge")
    for _ in range(100):
        bad.raw.send(b"PUB secret.x 0\r\n\r\n" * 1000)
        bad.barrier()
    if len(bad.errors) != 100000:
        raise Failed(f"{len(bad.errors)} answers")
    if s.resident_kb("edge") - before > s.room_kb():
        raise Failed(f"grown by {s.resident_kb('edge') - before} KiB")
    if len(s.deployment.decisions()) > 20000:
        raise Failed(f"{len(s.deployment.decisions())} lines in the log")
    bad.errors.clear()
    s.work(bad)


def pings_nobody_reads(s):
    """60 MB of PING from who reads nothing: held back, in bounded memory, and ended after its time."""
    s.start(limits={"write_deadline": "1s", "max_pending": "64KiB"})
    lazy = s.client("app")
    lazy.raw.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    before, mark, sent = s.resident_kb("edge"), s.deployment.gateway.mark(), 0
    try:
        for _ in range(10000):
            lazy.raw.socket.sendall(b"PING\r\n" * 1000)
            sent += 1
    except OSError:
        pass
    if sent == 10000:
        raise Failed("all of it was taken")
    s.deployment.gateway.wait_line(lambda x: "event=conn_close" in x and "slow" in x, since=mark)
    if s.resident_kb("edge") - before > s.room_kb():
        raise Failed(f"grown by {s.resident_kb('edge') - before} KiB")


def denied_commands(s):
    """Commands by one who may not: refused at the edge, none reaches the leaf, none is lost without a word."""
    s.start()
    bad = s.client("app")
    for _ in range(20):
        bad.raw.send(f"PUB {COMMAND} 2\r\n{{}}\r\n".encode() * 100)
    bad.barrier()
    if len(bad.errors) != 2000:
        raise Failed(f"{len(bad.errors)} answers")
    # nor is one of them hidden behind the others
    bad.raw.send((b"PUB secret.x 0\r\n\r\n" + f"PUB {COMMAND} 2\r\n{{}}\r\n".encode()) * 200)
    bad.publish(COMMAND.rpartition(".")[0] + ".stop", b"{}")
    bad.barrier()
    until(lambda: any(r["kind"] == "denial" and r.get("verb") == "host.stop"
                      for r in s.deployment.audit_records()), "the record of the other command")


def few():
    """From now on: returns what tells how many records alike may have been written since (gateway/proc/flood.h)."""
    began = time.monotonic()
    return lambda: 50 * (2 + int((time.monotonic() - began) / 10))


HASTY = """
lattices = ["default"]
role hasty { account = <ACME> tags = ["role:hasty"] }
rule hasty {
  allow = [provider.start]
  rate  = 1/h
  to    = [hasty]
}
"""


def refused_commands_do_not_fill_the_log(s):
    """Thousands of commands beyond the rate of a rule, and of bodies nobody can read by one who may command: each is
    refused, and they do not fill the log."""
    s.start(policies={"hasty.policy": HASTY})
    s.allowed.add(COMMAND)
    hasty, deployer = s.client("hasty"), s.client("deployer")
    most = few()
    for i in range(20):
        for n in range(100):
            hasty.publish(COMMAND, bodies.start_provider(n=100 * i + n))
            deployer.publish(COMMAND, b"{%d" % n)
        hasty.barrier()
        deployer.barrier()
    if len(hasty.errors) != 1999 or len(deployer.errors) != 2000:
        raise Failed(f"{len(hasty.errors)} and {len(deployer.errors)} answers")

    def summed():
        found = []
        for mine, all_of_them in ((lambda r: r.get("reason") == "rate", 1999),
                                  (lambda r: r.get("subject") == COMMAND and r.get("reason") != "rate", 2001)):
            records = [r for r in s.deployment.audit_records() if mine(r)]
            told = sum(r["summed"] for r in records if r["kind"] == "summary")
            alone = sum(r["kind"] == "command" for r in records)
            found.append((alone, told, all_of_them))
        return found if all(a + t >= wanted for a, t, wanted in found) else None

    # a window is told of when it is over; of the readable ones one passed
    most = most()
    for alone, told, wanted in until(summed, "a word for each"):
        if alone > most or alone + told != wanted:
            raise Failed(f"{alone} records, {told} in summaries, of {wanted}")
    # and one of another kind is heard among them
    deployer.publish(COMMAND, bodies.start_provider(n=1))
    deployer.barrier()


def a_flood_that_the_end_cuts_off_is_summed(s):
    """The gate ends while it counts refusals: they are on record before it is over."""
    s.start()
    deployer = s.client("deployer")
    for n in range(300):
        deployer.publish(COMMAND, b"{%d" % n)
    deployer.barrier()
    s.ended = True
    gate = s.deployment.gateway
    gate.send_signal(signal.SIGTERM)
    if gate.wait_end() != 0:
        raise Failed("it did not end well")
    told = [r for r in s.deployment.audit_records() if r.get("subject") == COMMAND]
    alone, summed = sum(r["kind"] == "command" for r in told), sum(r["summed"] for r in told if r["kind"] == "summary")
    if alone + summed != 300 or alone == 300:
        raise Failed(f"{alone} records and {summed} in summaries of 300 refusals")


def many_commands(s):
    """Thousands of commands by one who may: each is recorded and crosses, in order."""
    s.start()
    s.allowed.add(COMMAND)
    deployer = s.client("deployer")
    count = 3000
    for i in range(count):
        deployer.publish(COMMAND, bodies.start_provider(n=i))
    deployer.barrier()
    if deployer.errors:
        raise Failed(f"refused: {deployer.errors[:3]}")
    s.observer.barrier()
    heard = [m.payload for m in s.observer.messages if m.subject == COMMAND]
    if heard != [bodies.start_provider(n=i) for i in range(count)]:
        raise Failed(f"{len(heard)} of {count} heard, or not in order")
    if len([r for r in s.deployment.audit_records() if r.get("subject") == COMMAND]) != count:
        raise Failed("records are missing")


def command_of_any_size(s):
    """Bodies around every limit: each is forwarded or refused, and the road stays open."""
    s.start(limits={"max_command": "1MiB", "max_payload": "4MiB"}, leaf_conf="max_payload: 4194304")
    s.allowed.add(COMMAND)
    deployer = s.client("deployer")
    empty = len(bodies.start_provider(pad=""))
    for size in (empty, 60000, 262144 - 1, 262144):
        deployer.publish(COMMAND, bodies.start_provider(pad="x" * (size - empty)))
    for size in (262145, 1048576 - 200, 1048575, 1048576):
        deployer.publish(COMMAND, b"x" * size)
    for size in (1048577, 1048576 + 40000, 2097152, 3000000):
        deployer.publish(COMMAND, b"x" * size)
    deployer.barrier()
    s.work()
    deployer.errors.clear()
    deployer.publish(COMMAND, bodies.start_provider())
    deployer.barrier()
    if deployer.errors:
        raise Failed(f"the road is closed: {deployer.errors}")


def subscriptions_to_the_limit(s):
    """LIMIT: 8192 subscriptions live, one more is refused, all go again."""
    s.start(limits={"max_subscriptions": 8192})
    c = s.client("app")
    before = s.resident_kb("edge")
    c.raw.send(b"".join(b"SUB f.n.%d %d\r\n" % (i, i) for i in range(8193)))
    c.barrier()
    if c.errors != ["maximum subscriptions exceeded"]:
        raise Failed(f"{c.errors[:3]}")
    c.errors.clear()
    c.raw.send(b"".join(b"UNSUB %d\r\n" % i for i in range(8193)))
    for i in range(5):
        c.raw.send(b"".join(b"SUB f.n.%d %d\r\nUNSUB %d\r\n" % (i, i, i) for i in range(8000)))
    c.barrier()
    if c.errors or s.resident_kb("edge") - before > s.room_kb():
        raise Failed(f"{c.errors[:3]}, grown by {s.resident_kb('edge') - before} KiB")
    s.work(c)


def gone_before_it_is_greeted(s):
    """A client that resets before the edge comes to accept it: an end on record, and the edge goes on."""
    s.start()
    edge = s.roles()["edge"][0]
    for _ in range(20):
        stage.process.halt(edge)
        c = socket.create_connection((s.deployment.gateway.host, s.deployment.gateway.port))
        c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        c.close()
        os.kill(edge, signal.SIGCONT)
        s.bystander.barrier()
    s.work()
    if s.roles()["edge"] != [edge]:
        raise Failed("the edge is another")
    s.deployment.gateway.wait_line(lambda x: 'why="client_gone"' in x)


if __name__ == "__main__":
    stage.run(
        [
            unauthenticated_garbage,
            five_hundred_connections,
            connections_over_the_limit,
            denials,
            pings_nobody_reads,
            denied_commands,
            refused_commands_do_not_fill_the_log,
            a_flood_that_the_end_cuts_off_is_summed,
            many_commands,
            command_of_any_size,
            subscriptions_to_the_limit,
            gone_before_it_is_greeted,
        ]
    )
