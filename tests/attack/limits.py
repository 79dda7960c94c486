#!/usr/bin/python3
"""Every ceiling of docs/LIMITS.md up to the login: whoever runs into it is told so, it is counted, logged and
shown, and nobody else notices. Each address of 127.0.0.0/8 is another source here. Behind the login: limits_used.py."""
import json
import os
import signal
import socket
import subprocess
import time

import stage
from portcullis_test import natsjwt, process, rawclient
from stage import Failed, until

OTHER = "127.0.0.9"
FULL = b"-ERR 'maximum connections exceeded'"
# nobody is exempt but where the bystander comes from; the defaults' proportions, sixty times as long: what a penalty
# loses while the test is at work must not matter
STRICT = {"exempt": '["127.0.0.1/32"]', "penalty_failed": "5m", "penalty_garbage": "5m", "penalty_timeout": "10m",
          "penalty_silent": "1m", "penalty_min": "15m", "penalty_max": "10h"}


def check(condition, *what):
    if not condition:
        raise Failed(" ".join(str(w) for w in what) or "not so")


def logged(s, limit, since=0):
    s.deployment.gateway.wait_line(lambda x: "event=limit_reached" in x and f"limit={limit} " in x, since=since)


def met(s, limit, at_least=1):
    """It is counted, shown and logged."""
    until(lambda: s.reached(limit) >= at_least, f"{limit} is counted")
    logged(s, limit)


def turned_away(s, source=OTHER):
    """Is a connection from there refused before it can say anything?"""
    c = s.raw(source)
    c.line()
    try:
        said = c.line() if ready(c) else b""
    except rawclient.Closed:
        raise Failed("closed without a word")
    c.close()
    if said not in (b"", FULL):
        raise Failed(f"refused with {said!r}")
    return said == FULL


def ready(c):
    """Does a word follow INFO? One that is let in hears nothing: it is asked to answer instead."""
    c.send(b"CONNECT {}\r\n")
    until(lambda: b"\n" in c.buffer or more(c), "an answer")
    return bytes(c.buffer).startswith(FULL)


def more(c):
    try:
        c._fill(time.monotonic() + c.timeout_s)
    except rawclient.Closed:
        return True
    return b"\n" in c.buffer


def bad_login(s, source=OTHER, **times):
    """A login whose account nobody knows, or (times) one of an account we know."""
    stranger = natsjwt.KeyPair("account")
    pair = natsjwt.KeyPair("user")
    token = natsjwt.mint_user(stranger, pair.public, "mallory")
    if times:
        token, pair = s.deployment.login("app", **times)
    c = s.raw(source)
    info = rawclient.read_info(c)
    c.send(b"CONNECT " + json.dumps(rawclient.connect_options(info, (token, pair))).encode() + b"\r\n")
    said = c.line()
    c.expect_end()
    return said


def failed_logins_of_a_source(s):
    """LIMIT: the fourth failed login within seconds shuts its source out; the others are served."""
    s.start(limits=STRICT)
    for _ in range(4):
        check(bad_login(s) == b"-ERR 'Authorization Violation'")
    s.deployment.gateway.wait_line(lambda x: "event=source_penalised" in x and f'source="{OTHER}"' in x)
    for _ in range(5):
        check(turned_away(s), "the source is let in")
    met(s, "penalty", 5)
    check(not turned_away(s, "127.0.0.10"), "another source pays")
    s.work(s.client("app"))
    check(s.status()["limits"]["penalised"] >= 1)


def a_valid_login_does_not_wash(s):
    """LIMIT: who can log in once does not get more guesses by it."""
    s.start(limits=STRICT)
    for _ in range(3):
        bad_login(s)
        s.client("app", source=OTHER).close()
    bad_login(s)
    s.deployment.gateway.wait_line(lambda x: "event=source_penalised" in x)
    check(turned_away(s))


def every_fault_of_a_stranger(s):
    """LIMIT: garbage, a password, silence and a login that never comes each cost their source what is configured."""
    costs = {"penalty_failed": "1m", "penalty_garbage": "1m", "penalty_timeout": "1m", "penalty_silent": "1m"}
    s.start(limits={**STRICT, **costs, "penalty_min": "1m", "auth_timeout": "1s"})
    faults = [b"GET / HTTP/1.1\r\n\r\n", b"PING\r\n", b"CONNECT {}\r\n", b'CONNECT {"user":"a","pass":"b"}\r\n',
              b"CONNECT []\r\n", b"CONNECT " + b"x" * 20000, None, b""]
    for n, fault in enumerate(faults):
        source = f"127.0.1.{n + 1}"
        mark = s.deployment.gateway.mark()
        c = s.raw(source)
        c.line()
        if fault:
            c.send(fault)
        if fault == b"":
            c.close()
        s.deployment.gateway.wait_line(lambda x: "event=source_penalised" in x and f'"{source}"' in x, since=mark)
        check(turned_away(s, source), source)
    met(s, "auth_timeout")
    met(s, "penalty", len(faults))


def an_expired_login_costs_little(s):
    """A host whose credential has expired comes again and again; its neighbours are not shut out at once."""
    s.start(limits=STRICT)
    for _ in range(10):
        bad_login(s, exp=int(time.time()) - 60)
    check(not turned_away(s))


def exempt_networks(s):
    """This machine is exempt when nothing is said: whoever runs here cannot lock out the hosts that do."""
    s.start()
    for _ in range(20):
        bad_login(s, OTHER)
    check(not turned_away(s, OTHER))
    s.work(s.client("app"))
    check(s.reached("penalty") == 0)


def several_edges_are_no_more_patient(s):
    """LIMIT: whichever edge refused the logins, each of them knows."""
    s.start(limits={**STRICT, "edges": 3})
    for _ in range(4):
        bad_login(s)
    until(lambda: len([x for x in s.deployment.gateway.lines if "event=source_penalised" in x]) == 3, "all three know")
    for _ in range(12):
        check(turned_away(s))


def lines_of_a_flood(s):
    """A flood of bad logins is not a flood of lines: what was left out is told, and the sum is right."""
    n = 150
    s.start()
    mark = s.deployment.gateway.mark()
    begin = time.monotonic()
    for i in range(n):
        c = s.raw()
        c.line()
        if i % 2 == 0:
            c.send(b"GARBAGE\r\n")
            c.line()
            c.expect_end()
            c.close()
        else:
            bad_login(s)

    def told():
        took = time.monotonic() - begin
        lines = [x for x in s.deployment.gateway.lines[mark:] if "event=login_failed" in x or "event=login_refused" in x]
        sums = [x for x in s.deployment.gateway.lines[mark:] if "event=lines_left_out" in x]
        left = {w: sum(int(x.rpartition("times=")[2]) for x in sums if f"what={w} " in x)
                for w in ("login_failed", "login_refused")}
        # of those whom the verifier refuses the edge has a line too
        if len(lines) + sum(left.values()) < n + n // 2:
            return None
        check(len(lines) <= 2 * 20 * (took + 2), f"{len(lines)} lines in {took} s")
        return left

    left = until(told, "all are told")
    check(sum(left.values()) > 0 or time.monotonic() - begin > 3, "nothing was left out")
    s.work()


def strangers_of_one_source(s):
    """LIMIT: one source holds so many connections that have not logged in; others come in."""
    s.start(limits={**STRICT, "max_source_preauth": 3, "auth_timeout": "1m"})
    silent = [s.raw(OTHER) for _ in range(3)]
    for c in silent:
        c.line()
    check(turned_away(s))
    met(s, "source_preauth")
    until(lambda: s.status()["limits"]["preauth"] == 3, "three have not logged in")
    s.work(s.client("app"))
    silent[0].close()
    until(lambda: not turned_away(s), "room for another")


def connections_of_one_source(s):
    """LIMIT: logged in or not, one source has so many."""
    s.start(limits={**STRICT, "max_source_connections": 2})
    s.client("app", source=OTHER)
    s.client("app", source=OTHER)
    check(turned_away(s))
    met(s, "source_connections")
    s.work(s.client("app"))


def strangers_in_all(s):
    """LIMIT: when all places before the login are taken, who waits longest makes room; a login goes through."""
    s.start(limits={**STRICT, "max_preauth": 8, "auth_timeout": "1m"})
    silent = [s.raw(OTHER) for _ in range(7)] + [s.raw("127.0.0.10")]
    for c in silent:
        c.line()
    for _ in range(6):
        s.work(s.client("app"))
    # the source that has most loses its oldest; the other one keeps its place
    check(silent[0].line() == FULL)
    silent[0].expect_end()
    met(s, "shed")
    silent[7].send(b"CONNECT {}\r\n")
    check(silent[7].line() == b"-ERR 'Authorization Violation'")


def logins_that_are_being_verified(s):
    """LIMIT: whoever waits for the verifier makes room for nobody: the newcomer is turned away."""
    s.start(limits={**STRICT, "max_preauth": 8, "auth_timeout": "1m"})
    login = s.deployment.login("app")
    verifier = s.roles()["verifier"][0]
    waiting = []
    process.halt(verifier)
    try:
        for n in range(8):
            c = s.raw(f"127.0.3.{n + 1}")
            info = rawclient.read_info(c)
            c.send(b"CONNECT " + json.dumps(rawclient.connect_options(info, login)).encode() + b"\r\nPING\r\n")
            waiting.append(c)
        # what was sent before this was read before this
        s.work()
        check(s.status()["limits"]["preauth"] == 8)
        check(turned_away(s, "127.0.3.9"))
        met(s, "preauth")
        check(s.reached("shed") == 0, "somebody who was being verified made room")
    finally:
        os.kill(verifier, signal.SIGCONT)
    for c in waiting:
        check(c.line() == b"PONG")
    s.work(s.client("app"))


def bytes_before_login(s):
    """LIMIT: what strangers have sent and is no line yet is bounded, for each and for all together."""
    s.start(limits={**STRICT, "max_preauth_bytes": "64KiB", "auth_timeout": "1m", "max_connect": "16KiB"})
    lump = b'CONNECT {"a":"' + b"x" * 12000
    for n in range(20):
        c = s.raw(f"127.0.2.{n + 1}")
        c.line()
        c.send(lump)
    met(s, "shed")
    until(lambda: s.status()["limits"]["held_bytes"] <= 128 * 1024, "no more than that is held")
    s.work(s.client("app"))
    one = s.raw(OTHER)
    one.line()
    one.send(lump + b"x" * 6000)
    check(one.line() == b"-ERR 'maximum control line exceeded'")
    met(s, "control_line")


def behind_the_connect(s):
    """What a stranger sends behind his CONNECT is not read before he is known."""
    s.start(limits=STRICT)
    before = s.resident_kb("edge")
    login = s.deployment.login("app")
    held = []
    for _ in range(40):
        c = s.raw(OTHER)
        info = rawclient.read_info(c)
        said = json.dumps(rawclient.connect_options(info, login)).encode()
        c.send(b"CONNECT " + said + b"\r\n" + b"PUB f.behind 8\r\nbehind!!\r\n" * 3000 + b"PING\r\n")
        held.append(c)
    s.allowed.add("f.behind")
    for c in held:
        check(c.line() == b"PONG")
    s.observer.barrier()
    check(len([m for m in s.observer.messages if m.subject == "f.behind"]) == 40 * 3000, "messages are missing")
    check(s.resident_kb("edge") - before < s.room_kb())


def connections_of_a_listener(s):
    """LIMIT: one listener full is no other listener's business."""
    s.deployment.listen = ["127.0.0.1:0", "127.0.0.1:0"]
    s.start(limits={"max_listener_connections": 2})
    g = s.deployment.gateway
    ports = [int(x.rpartition(":")[2]) for x in g.lines if "portcullis-gateway ready" in x]
    check(len(ports) == 2)
    s.client("app")
    check(turned_away(s, None))
    met(s, "listener_connections")
    g.port = ports[1]
    s.work(s.client("app"))


def may_open(pid, *new):
    """(soft, hard) of how many descriptors a process may have, as its owner: root may lack the right over others."""
    owner = os.stat(f"/proc/{pid}")
    argv = ["prlimit", "--pid", str(pid), "--noheadings", "--raw", "--nofile" + (f"={new[0]}:{new[1]}" if new else "")]
    argv += [] if new else ["--output", "SOFT,HARD"]
    options = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []} if os.geteuid() == 0 else {}
    done = subprocess.run(argv, capture_output=True, text=True, **options)
    check(done.returncode == 0, done.stderr)
    return [int(x) for x in done.stdout.split()]


def out_of_descriptors(s):
    """EMFILE: who waits at the door is closed and not spun on; who is inside works; when there are some again all is well."""
    s.start()
    edge = s.roles()["edge"][0]
    soft, hard = may_open(edge)
    highest = max(int(x) for x in os.listdir(f"/proc/{edge}/fd"))
    may_open(edge, highest + 1, hard)
    try:
        # gaps below the highest are filled first
        until(lambda: not greeted(s), "no descriptor is left")
        lines = len([x for x in s.deployment.gateway.lines if "limit=descriptors" in x or "accept_failed" in x])
        for _ in range(20):
            check(not greeted(s))
            s.work()
        met(s, "descriptors", 20)
        more = len([x for x in s.deployment.gateway.lines if "limit=descriptors" in x or "accept_failed" in x]) - lines
        check(more <= 20, f"{more} lines for 20 connections")
    finally:
        may_open(edge, soft, hard)
    s.work(s.client("app"))


def greeted(s):
    c = s.raw()
    try:
        c.line()
    except rawclient.Closed:
        return False
    return True


def a_busy_listener_leaves_another_its_turn(s):
    """Accept fairness: a crowd at one listener does not keep anybody waiting at the other."""
    s.deployment.listen = ["127.0.0.1:0", "127.0.0.1:0"]
    s.start(limits={"auth_timeout": "1m"})
    g = s.deployment.gateway
    ports = [int(x.rpartition(":")[2]) for x in g.lines if "portcullis-gateway ready" in x]
    crowd = []
    for n in range(600):
        c = socket.socket()
        c.setblocking(False)
        c.connect_ex((g.host, ports[0]))
        crowd.append(c)
        if n % 60 == 0:
            g.port = ports[1]
            s.work(s.client("app"))
    for c in crowd:
        c.close()


if __name__ == "__main__":
    stage.run(
        [
            failed_logins_of_a_source,
            a_valid_login_does_not_wash,
            every_fault_of_a_stranger,
            an_expired_login_costs_little,
            exempt_networks,
            several_edges_are_no_more_patient,
            lines_of_a_flood,
            strangers_of_one_source,
            connections_of_one_source,
            strangers_in_all,
            logins_that_are_being_verified,
            bytes_before_login,
            behind_the_connect,
            connections_of_a_listener,
            out_of_descriptors,
            a_busy_listener_leaves_another_its_turn,
        ]
    )
