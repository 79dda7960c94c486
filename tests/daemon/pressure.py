#!/usr/bin/python3
"""Who is slow, silent or too many: ended or held back, while the others are served and memory stays bounded."""
import os
import signal
import sys
import time

import stage
from stage import check, deployment, natsjwt, rawclient, running, until

# what one slow side may make the gate hold, whatever is sent: docs/CONFIG.md, max_pending and max_payload
HELD_KIB = 16 * 1024
# a sanitizer keeps freed memory in quarantine
SANITIZED_KIB = 320 * 1024
CHUNK = b"x" * 32768


def edge(d):
    return stage.children(d)["edge"][0]


def bound():
    return SANITIZED_KIB if stage.sanitized() else HELD_KIB


def served(client):
    """Is this client served while others are in trouble? Two messages to itself, there and back."""
    client.publish("f.self", b"1")
    client.publish("f.self", b"2")
    got = [client.next().payload for _ in range(2)]
    check(got == [b"1", b"2"], got)


def a_client_that_stops_reading_is_ended_and_the_others_are_served():
    with running(limits={"write_deadline": "700ms"}) as d:
        slow = d.client(d.login("app", "slow"))
        slow.subscribe("f.flood")
        slow.barrier()
        well = d.client(d.login("app", "well"))
        well.subscribe("f.self")
        served(well)
        before, most = memory(d), 0
        since = d.gateway.mark()
        sender = d.client(d.login("app", "sender"))
        deadline = time.monotonic() + stage.WAIT_S
        while not any("why=\"slow_client\"" in line for line in d.gateway.lines[since:]):
            check(time.monotonic() < deadline, "nobody ended the client that does not read")
            sender.publish("f.flood", CHUNK)
            served(well)
            most = max(most, memory(d))
        sender.barrier()
        check(not sender.errors)
        served(well)
        check(most - before < bound(), f"the edge grew by {most - before} KiB")
        until(lambda: gone(slow), "the slow client's connection has ended")
        return f"ok, the edge grew by {most - before} KiB"


def gone(client):
    """Take what the kernel still held for this client; has the end been reached?"""
    try:
        client.raw.exactly(65536)
        return False
    except rawclient.Closed:
        return True


def memory(d):
    return stage.memory_kib(edge(d))


def a_slow_upstream_holds_its_publisher_back_and_loses_nothing():
    with running(limits={"write_deadline": "1m"}) as d:
        observer = d.direct()
        observer.subscribe("f.flood")
        observer.barrier()
        sender = d.client(d.login("app"))
        sender.barrier()
        fill.rest = b""
        before = memory(d)
        stage.process.halt(d.leaf.pid)
        try:
            sent = fill(sender.raw.socket)
            check(sent < 400, "64 MiB were taken with nobody there to take them")
            grown = memory(d) - before
            check(grown < bound(), f"the edge grew by {grown} KiB")
            # somebody else is still answered by the gate: whoever has no business upstream
            check(rawclient.read_info(rawclient.Raw(d.gateway.host, d.gateway.port))["server_name"] == "portcullis")
        finally:
            os.kill(d.leaf.pid, signal.SIGCONT)
        sender.raw.socket.settimeout(stage.WAIT_S)
        sender.raw.socket.sendall(fill.rest)
        sender.barrier()
        check(not sender.errors, sender.errors)
        got = [observer.next().payload[:8] for _ in range(sent + 1)]
        check(got == [b"%08d" % i for i in range(sent + 1)], "messages are missing or out of order")
        return f"ok, the edge grew by {grown} KiB"


def fill(sock, count=0):
    """Publish until the socket takes no more for a while, from number @count on. Returns how many went out whole; the
    rest of the one that did not is fill.rest, and goes first the next time."""
    sock.settimeout(1)
    while count < 400:
        body = b"%08d" % count + b"x" * (160 * 1024)
        data = fill.rest or b"PUB f.flood %d\r\n%s\r\n" % (len(body), body)
        at = 0
        while at < len(data):
            try:
                at += sock.send(data[at:])
            except TimeoutError:
                fill.rest = data[at:]
                return count
            except ConnectionError:
                # it has been ended meanwhile; for the test to judge
                return count
        fill.rest = b""
        count += 1
    return count


fill.rest = b""


def an_upstream_that_takes_nothing_ends_who_waits_for_it():
    with running(limits={"write_deadline": "700ms"}) as d:
        sender = d.client(d.login("app"))
        sender.barrier()
        fill.rest = b""
        stage.process.halt(d.leaf.pid)
        try:
            count = 0
            # a gate that was only slow takes more, later
            while not any('why="slow_upstream"' in line for line in d.gateway.lines):
                count = fill(sender.raw.socket, count)
                check(count < 400, "64 MiB were taken with nobody there to take them")
            check(stage.ended(sender) == [])
        finally:
            os.kill(d.leaf.pid, signal.SIGCONT)


PINGS = {"ping_interval": "200ms", "ping_max": 2}


def who_answers_no_ping_is_stale():
    with running(limits=PINGS) as d:
        began = time.monotonic()
        client = d.client(d.login("app"))
        lines = []
        try:
            while True:
                lines.append(client.raw.line())
        except rawclient.Closed:
            pass
        took = time.monotonic() - began
        check(lines == [b"PING", b"PING", b"-ERR 'Stale Connection'"], lines)
        # interval * (max + 1), looked at four times a second
        check(took > 0.5, f"after {took:.1f} s")


def who_stops_in_the_middle_of_a_message_is_too():
    with running(limits=PINGS) as d:
        client, hears = d.client(d.login("app")), d.direct()
        hears.subscribe("f.half")
        hears.barrier()
        client.raw.send(b"PUB f.half 1000\r\nhalf of it")
        lines = []
        try:
            while True:
                lines.append(client.raw.line())
        except rawclient.Closed:
            pass
        check(lines[-1] == b"-ERR 'Stale Connection'", lines)
        hears.barrier()
        check(not hears.messages, hears.messages)
        hears.close()


def whoever_answers_or_asks_is_not():
    # again, with more time between, where the machine kept this test from answering
    for interval_ms in (300, 2000, 10000):
        with running(limits={"ping_interval": f"{interval_ms}ms", "ping_max": 2}) as d:
            answers, asks = d.client(d.login("app", "answers")), d.client(d.login("app", "asks"))
            try:
                # more of them than one may leave without an answer
                for _ in range(5):
                    # only what this one is asked is answered
                    check(answers._one() == b"PING")
                    asks.raw.send(b"PING\r\n")
                    while asks.raw.line() != b"PONG":
                        pass
                answers.barrier()
                asks.barrier()
                return
            except rawclient.Closed:
                continue
    raise stage.Failed("they were ended though they spoke")


def a_user_has_the_limits_of_its_token():
    with running() as d:
        client = d.client(d.login("app", nats={"subs": 2, "payload": 100}))
        for _ in range(3):
            client.subscribe("f.a")
        check(client.next_error() == "maximum subscriptions exceeded")
        client.publish("f.a", b"y" * 100)
        check(sorted(client.next().sid for _ in range(2)) == ["1", "2"])
        client.nothing()
        client.unsubscribe("1")
        client.subscribe("f.b")
        client.publish("f.b", b"")
        check(client.next().sid == "4")
        client.publish("f.a", b"y" * 101)
        check(stage.ended(client) == ["Maximum Payload Violation"])


def the_smaller_of_two_limits_holds():
    with running(limits={"max_subscriptions": 1, "max_payload": "1KiB"}) as d:
        client = d.client(d.login("app", nats={"subs": 50, "payload": 1000000}))
        check(client.info["max_payload"] == 1024, client.info)
        client.subscribe("f.a")
        client.subscribe("f.b")
        check(client.next_error() == "maximum subscriptions exceeded")
        client.publish("f.a", b"y" * 1025)
        check(stage.ended(client) == ["Maximum Payload Violation"])


def an_account_has_so_many_connections_and_no_more():
    with deployment() as d:
        account = d.accounts["ACME"]
        token = natsjwt.mint_account(d.operator, account.key.public, "ACME", [account.signing.public], conn=2)
        with open(d.path("jwt", "accounts", f"{account.key.public}.jwt"), "w", encoding="ascii") as f:
            f.write(token)
        d.start_leaf()
        d.start_gateway(stage.BUILD)
        first, second = d.client(d.login("app", "first")), d.client(d.login("app", "second"))

        def answer():
            return stage.login_answer(d.gateway.host, d.gateway.port, d.login("app", "third"))

        check(answer() == "-ERR 'maximum account active connections exceeded'", answer())
        second.close()
        until(lambda: answer() == "PONG", "there is room again")
        first.nothing()


def a_gate_has_so_many_connections_and_no_more():
    with running(limits={"max_connections": 3}) as d:
        clients = [d.client(d.login("app", f"user{i}")) for i in range(3)]

        def greeting():
            """What a newcomer hears up to its first PING's answer, or the end."""
            raw = rawclient.Raw(d.gateway.host, d.gateway.port)
            lines = []
            try:
                lines.append(raw.line().split(b" ")[0])
                raw.send(b"PING\r\n")
                lines.append(raw.line())
            except rawclient.Closed:
                pass
            raw.close()
            return lines

        check(greeting() == [b"INFO", b"-ERR 'maximum connections exceeded'"], greeting())
        clients.pop().close()
        until(lambda: greeting() == [b"INFO", b"-ERR 'Authorization Violation'"], "there is room again")
        for client in clients:
            client.nothing()


TESTS = [
    a_client_that_stops_reading_is_ended_and_the_others_are_served,
    a_slow_upstream_holds_its_publisher_back_and_loses_nothing,
    an_upstream_that_takes_nothing_ends_who_waits_for_it,
    who_answers_no_ping_is_stale,
    who_stops_in_the_middle_of_a_message_is_too,
    whoever_answers_or_asks_is_not,
    a_user_has_the_limits_of_its_token,
    the_smaller_of_two_limits_holds,
    an_account_has_so_many_connections_and_no_more,
    a_gate_has_so_many_connections_and_no_more,
]

if __name__ == "__main__":
    sys.exit(stage.main(TESTS, sys.argv))
