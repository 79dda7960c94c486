#!/usr/bin/python3
"""Every ceiling of docs/LIMITS.md from the login on, as in limits.py. Rates are such that a slow
machine is faster."""
import json
import socket

import stage
from limits import check, met, turned_away
from portcullis_test import rawclient
from stage import COMMAND, bodies, until


def connections_of_an_account_and_a_user(s):
    """LIMIT: good logins too many, in a server's words; when one goes another comes."""
    s.start(limits={"max_account_connections": 5, "max_user_connections": 2})
    login = s.deployment.login("app")
    mine = [s.deployment.client(login) for _ in range(2)]
    check(error(s, login) == "maximum connections exceeded")
    met(s, "user_connections")
    rest = [s.client("app") for _ in range(2)]
    check(error(s, s.deployment.login("app")) == "maximum account active connections exceeded")
    met(s, "account_connections")
    rest.append(s.deployment.client(s.deployment.login("app", account="OTHER")))
    mine[0].close()
    until(lambda: error(s, s.deployment.login("app")) is None, "room for another")
    for c in mine + rest:
        c.close()


def error(s, login):
    """What a login is refused with, or None."""
    c = s.raw()
    info = rawclient.read_info(c)
    c.send(b"CONNECT " + json.dumps(rawclient.connect_options(info, login)).encode() + b"\r\nPING\r\n")
    said = c.line().decode()
    c.close()
    return None if said == "PONG" else said.removeprefix("-ERR '").removesuffix("'")


def subscriptions_of_an_account(s):
    """LIMIT: an account's subscriptions together; the connections stay, and what is given back can be taken."""
    s.start(limits={"max_account_subscriptions": 10, "max_subscriptions": 8})
    a, b = s.client("app"), s.client("app")
    sids = [a.subscribe(f"f.a.{i}") for i in range(6)]
    for i in range(6):
        b.subscribe(f"f.b.{i}")
    a.barrier()
    b.barrier()
    check(not a.errors and b.errors == ["maximum subscriptions exceeded"] * 2, b.errors)
    met(s, "account_subscriptions", 2)
    b.errors.clear()
    a.unsubscribe(sids[0])
    a.barrier()
    b.subscribe("f.b.9")
    b.barrier()
    check(not b.errors, b.errors)
    s.leave(a)
    for i in range(2):
        # its places are free when both its sides have ended, which nobody announces
        until(lambda: taken(b, f"f.c.{i}"), "a place that is given back")
    b.subscribe("f.d")
    b.subscribe("f.e")
    b.barrier()
    check(b.errors == ["maximum subscriptions exceeded"], b.errors)
    met(s, "subscriptions")


def taken(c, subject):
    """Subscribe; is there room?"""
    c.subscribe(subject)
    c.barrier()
    room = not c.errors
    c.errors.clear()
    return room


def limits_of_a_token(s):
    """LIMIT: the JWT's own subs and payload hold where they are smaller; data is for accounting, as at a server."""
    s.start(limits={"max_subscriptions": 5, "max_payload": "64KiB"})
    s.allowed.add("f.t")
    c = s.deployment.client(s.deployment.login("app", nats={"subs": 2, "payload": 100, "data": 10}))
    for i in range(3):
        c.subscribe(f"f.t.{i}")
    c.barrier()
    check(c.errors == ["maximum subscriptions exceeded"], c.errors)
    c.publish("f.t", b"x" * 100)
    c.barrier()
    c.raw.send(b"PUB f.t 101\r\n")
    check(c.raw.line() == b"-ERR 'Maximum Payload Violation'")
    c.raw.expect_end()
    met(s, "subscriptions")
    met(s, "payload")
    c = s.deployment.client(s.deployment.login("app", nats={"subs": 50, "payload": 1 << 20}))
    for i in range(6):
        c.subscribe(f"f.t.{i}")
    c.barrier()
    check(c.errors == ["maximum subscriptions exceeded"], c.errors)
    c.close()


def publish_rate_of_a_connection(s):
    """LIMIT: whoever publishes too fast is read slower; nothing is lost, and another is not slowed."""
    s.start(limits={"max_publish_rate": 100})
    s.allowed.add("f.fast")
    c = s.client("app")
    c.raw.send(b"PUB f.fast 2\r\nhi\r\n" * 250)
    met(s, "publish")
    s.work(s.client("app"))
    c.barrier()
    s.observer.barrier()
    check(len([m for m in s.observer.messages if m.subject == "f.fast"]) == 250, "messages are missing")


def publish_bytes_of_a_connection(s):
    """LIMIT: the same by size; another connection of the same user is not slowed."""
    s.start(limits={"max_publish_bytes": "1MiB"})
    s.allowed.add("f.fast")
    login = s.deployment.login("app")
    c, other = s.deployment.client(login), s.deployment.client(login)
    c.raw.send((b"PUB f.fast 10000\r\n" + b"x" * 10000 + b"\r\n") * 200)
    met(s, "publish")
    s.work(other)
    c.barrier()
    s.observer.barrier()
    check(len([m for m in s.observer.messages if m.subject == "f.fast"]) == 200, "messages are missing")
    check(s.reached("user_publish") == 0)
    c.close()
    other.close()


def publish_rate_of_a_user(s):
    """LIMIT: all connections of a user together, by number; another user is not slowed."""
    s.start(limits={"max_user_publish_rate": 100})
    s.allowed.add("f.fast")
    login = s.deployment.login("app")
    mine = [s.deployment.client(login) for _ in range(2)]
    for c in mine:
        c.raw.send(b"PUB f.fast 2\r\nhi\r\n" * 100)
    met(s, "user_publish")
    s.work(s.client("app"))
    for c in mine:
        c.barrier()
    s.observer.barrier()
    check(len([m for m in s.observer.messages if m.subject == "f.fast"]) == 200, "messages are missing")
    check(s.reached("publish") == 0)
    for c in mine:
        c.close()


def publish_bytes_of_a_user(s):
    """LIMIT: all connections of a user together; another user is not slowed."""
    s.start(limits={"max_user_publish_bytes": "1MiB"})
    s.allowed.add("f.fast")
    login = s.deployment.login("app")
    mine = [s.deployment.client(login) for _ in range(2)]
    for c in mine:
        c.raw.send((b"PUB f.fast 10000\r\n" + b"x" * 10000 + b"\r\n") * 100)
    met(s, "user_publish")
    s.work(s.client("app"))
    for c in mine:
        c.barrier()
    s.observer.barrier()
    check(len([m for m in s.observer.messages if m.subject == "f.fast"]) == 200, "messages are missing")
    for c in mine:
        c.close()


def lazy(s, n):
    c = s.client("app")
    c.raw.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    c.subscribe(f"f.lazy.{n}")
    c.barrier()
    return c


def fill(s, n):
    """Publish to the lazy one until its side holds what it may."""
    for _ in range(40):
        before = s.status()["limits"]["held_bytes"]
        for _ in range(20):
            s.bystander.publish(f"f.lazy.{n}", b"x" * 60000)
        s.bystander.barrier()
        s.observer.barrier()
        s.observer.messages.clear()
        if s.status()["limits"]["held_bytes"] >= before + 100 * 1024:
            return


def overload(s):
    """LIMIT: memory short: new logins are turned away first, then who holds most is ended; a command still passes."""
    s.start(limits={"max_memory": "4MiB", "max_pending": "256KiB", "write_deadline": "5m"})
    s.allowed.add(COMMAND)
    deployer = s.client("deployer")
    crowd = [lazy(s, n) for n in range(30)]
    before = s.resident_kb("edge")
    at = 0
    while s.status()["limits"]["held_bytes"] <= 3 << 20:
        check(at < len(crowd), "it does not fill up", s.status()["limits"])
        fill(s, at)
        at += 1
    check(turned_away(s, None), "a new login at overload")
    met(s, "overload")
    check(s.reached("memory") == 0, "somebody was ended before new logins were turned away")
    deployer.publish(COMMAND, bodies.start_provider(n=1))
    deployer.barrier()
    check(not deployer.errors, deployer.errors)
    while s.reached("memory") == 0:
        check(at < len(crowd), "it does not fill up", s.status()["limits"])
        fill(s, at)
        at += 1
    met(s, "memory")
    s.deployment.gateway.wait_line(lambda x: "event=conn_close" in x and 'why="memory"' in x)
    deployer.publish(COMMAND, bodies.start_provider(n=2))
    deployer.barrier()
    check(not deployer.errors, deployer.errors)
    s.work()
    check(s.resident_kb("edge") - before < s.room_kb())
    for c in crowd:
        c.close()
    until(lambda: not turned_away(s, None), "who closes gives back")
    s.observer.barrier()
    s.observer.messages.clear()


def commands_under_way(s):
    """LIMIT: a user's commands that wait for an answer; the next is refused, another user's is not."""
    s.start(limits={"max_user_commands": 3, "max_commands": 5})
    s.allowed.add(COMMAND)
    # somebody hears the commands and never answers
    dora, dave = s.client("deployer"), s.client("deployer")
    for c, n in ((dora, 3), (dave, 2)):
        c.subscribe("_INBOX.x.>")
        for i in range(n):
            c.publish(COMMAND, bodies.start_provider(n=i), reply=f"_INBOX.x.{i}")
        c.barrier()
        check(not c.errors, c.errors)
    check(s.status()["commands"]["waiting"] == 5)
    dave.publish(COMMAND, bodies.start_provider(n=9), reply="_INBOX.x.9")
    dave.barrier()
    check(dave.errors == [f'Permissions Violation for Publish to "{COMMAND}"'], dave.errors)
    met(s, "commands")
    dave.close()
    until(lambda: s.status()["commands"]["waiting"] == 3, "nobody waits for dave's any more")
    dora.publish(COMMAND, bodies.start_provider(n=9), reply="_INBOX.x.9")
    dora.barrier()
    check(dora.errors == [f'Permissions Violation for Publish to "{COMMAND}"'], dora.errors)
    met(s, "user_commands")
    dave = s.client("deployer")
    dave.publish(COMMAND, bodies.start_provider(n=7))
    dave.barrier()
    check(not dave.errors, dave.errors)
    s.work()


def commands_nobody_waits_for(s):
    """Whoever ends the subscription to his inbox waits for no answers: his commands are not under way any more."""
    s.start(limits={"max_user_commands": 3})
    s.allowed.add(COMMAND)
    c = s.client("deployer")
    other = c.subscribe("_INBOX.y.>")
    for turn in range(3):
        sid = c.subscribe("_INBOX.x.*")
        for i in range(3):
            c.publish(COMMAND, bodies.start_provider(n=f"{turn}.{i}"), reply=f"_INBOX.x.{i}")
        c.barrier()
        check(not c.errors, c.errors)
        if turn == 0:
            # one that hears something else is nobody's inbox
            c.unsubscribe(other)
            c.barrier()
        check(s.status()["commands"]["waiting"] == 3, s.status()["commands"])
        c.unsubscribe(sid)
        c.barrier()
        until(lambda: s.status()["commands"]["waiting"] == 0, "nobody waits any more")
    # one answer was wanted, one came
    for turn in range(4):
        sid = c.subscribe(f"_INBOX.z.{turn}")
        c.unsubscribe(sid, 1)
        c.publish(COMMAND, bodies.start_provider(n=f"z.{turn}"), reply=f"_INBOX.z.{turn}")
        c.barrier()
        s.observer.barrier()
        reply = [m for m in s.observer.messages if m.subject == COMMAND][-1].reply
        s.allowed.add(reply)
        s.observer.publish(reply, b'{"accepted":true,"error":""}')
        check(b"accepted" in c.next().payload)
        until(lambda: s.status()["commands"]["waiting"] == 0, "it had its answer")
    check(not c.errors, c.errors)

    def closed():
        words = [r["outcome"] for r in s.deployment.audit_records() if r["kind"] == "outcome"]
        return words.count("no_answer") == 9 and words.count("answered") == 4

    until(closed, "each has its outcome")


def memory_of_commands(s):
    """LIMIT: the bodies of commands under way, all together."""
    s.start(limits={"max_command_memory": "2MiB", "max_command": "1MiB"})
    s.allowed.add(COMMAND)
    c = s.client("deployer")
    c.subscribe("_INBOX.x.>")
    for i in range(12):
        c.publish(COMMAND, bodies.start_provider(pad="x" * 250000), reply=f"_INBOX.x.{i}")
        c.barrier()
    check(c.errors and len(c.errors) <= 5, c.errors)
    met(s, "command_memory", len(c.errors))
    s.work()


if __name__ == "__main__":
    stage.run(
        [
            connections_of_an_account_and_a_user,
            subscriptions_of_an_account,
            limits_of_a_token,
            publish_rate_of_a_connection,
            publish_bytes_of_a_connection,
            publish_rate_of_a_user,
            publish_bytes_of_a_user,
            overload,
            commands_under_way,
            commands_nobody_waits_for,
            memory_of_commands,
        ]
    )
