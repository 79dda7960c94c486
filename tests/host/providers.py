#!/usr/bin/python3
"""providers DRIVE BIN [CASE...] - the real providers, driven by a host without a lattice (provider_drive.c).

HTTP is asked with curl, and with raw sockets where curl is too polite; the key-value provider is asked the
same over its own database and over a real Redis; messages go through a real NATS server. Every port is one the kernel chose.
"""
import contextlib
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import traceback

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from portcullis_test import msgpack, natsjwt, process, server  # noqa: E402
from portcullis_test.providers import (BUSY, FAILED, LATE, NOBODY, OK, Drive, Invoke, Link, Log, State, alive,  # noqa: E402
                                       gone)

DRIVE, BIN = sys.argv[1:3]
CASES = []


def case(f):
    CASES.append(f)
    return f


def check(what, got, want):
    assert got == want, f"{what}: {got!r}, not {want!r}"


def curl(*args):
    done = subprocess.run(["curl", "-sS", "--max-time", "250", *args], capture_output=True, timeout=300)
    return done.returncode, done.stdout


def status_of(url, *args):
    code, out = curl("-o", "/dev/null", "-w", "%{http_code}", *args, url)
    return code, out.decode()


def response(status=200, body=b"", **header):
    return msgpack.dump({"statusCode": status, "header": header, "body": body})


def raw(address, text):
    """All that comes back for @text, which asks for the connection's end or is refused."""
    host, port = address.rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=300) as s:
        out = b""
        try:
            s.sendall(text)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it need not read what it refuses
        while True:
            try:
                got = s.recv(65536)
            except ConnectionResetError:
                return out
            if not got:
                return out
            out += got


# ---- HTTP ----

@case
def requests_reach_the_actor_as_they_were_sent(d, _):
    d.start("httpserver", "VHTTP")
    at = d.linked("VHTTP", "MA", "PORT=0").address
    d.say("auto", "on")
    code, out = curl("-H", "X-Two: a", "-H", "x-two: b", "--data-binary", "body bytes", f"http://{at}/a%20b/c?x=1&y=%2f")
    check("curl", code, 0)
    got = msgpack.load(out)
    check("method", got["method"], "POST")
    check("path", got["path"], "/a%20b/c")
    check("query", got["queryString"], "x=1&y=%2f")
    check("a header twice", got["header"]["x-two"], ["a", "b"])
    check("body", got["body"], b"body bytes")
    big = os.urandom(700 * 1024)
    with tempfile.NamedTemporaryFile() as f:
        f.write(big)
        f.flush()
        code, out = curl("--data-binary", "@" + f.name, f"http://{at}/")
    check("a large body", (code, msgpack.load(out)["body"]), (0, big))
    # nobody is told of it
    assert not any(isinstance(e, Invoke) for e in d.seen)


@case
def answers_are_the_actors_and_failures_are_told_apart(d, _):
    d.start("httpserver", "VHTTP")
    at = d.linked("VHTTP", "MA", "PORT=0").address
    hasty = d.linked("VHTTP", "MB", "PORT=0", "TIMEOUT_MS=700").address

    def ask(how, payload, at=at, actor="MA"):
        got = []
        t = threading.Thread(target=lambda: got.append(curl("-i", f"http://{at}/x")))
        t.start()
        i = d.invoke()
        check("operation", (i.actor, i.operation), (actor, "HttpServer.HandleRequest"))
        if how is not None:
            d.answer(i, how, payload)
        t.join()
        check("curl", got[0][0], 0)
        head, _, body = got[0][1].decode().partition("\r\n\r\n")
        return head.split()[1], head, body

    code, head, body = ask(OK, response(418, b"short", **{"x-a": ["1", "2"], "content-length": ["99"]}))
    check("the actor's answer", (code, body), ("418", "short"))
    assert "x-a: 1\r\nx-a: 2" in head and "99" not in head, head
    check("an actor that failed", ask(FAILED, b"secret words")[::2], ("502", "the actor failed\n"))
    log = d.wait(lambda e: isinstance(e, Log))
    check("its words are in the log", (log.actor, log.text), ("MA", "secret words"))
    check("no response", ask(OK, b"\x01")[::2], ("502", "the actor's answer is no response\n"))
    check("a header that begins another", ask(OK, response(200, **{"a": ["x\r\nb: c"]}))[0], "502")
    check("a name that is none", ask(OK, response(200, **{"a b": ["x"]}))[0], "502")
    check("a status that is none", ask(OK, response(99))[0], "502")
    check("nobody", ask(NOBODY, b"")[0], "503")
    check("too much", ask(BUSY, b"")[0], "503")
    check("too late", ask(None, b"", hasty, "MB")[::2], ("504", "the actor did not answer in time\n"))
    check("no body where none can be", ask(OK, response(204, b"x"))[::2], ("204", ""))


@case
def http_has_its_ceilings(d, _):
    d.start("httpserver", "VHTTP")
    at = d.linked("VHTTP", "MA", "PORT=0", "MAX_BODY=1000").address
    d.say("auto", "on")

    def first(text):
        return raw(at, text).split(b"\r\n", 1)[0][:12]

    check("a body within", status_of(f"http://{at}/", "--data", "x" * 1000), (0, "200"))
    check("a body beyond", status_of(f"http://{at}/", "--data", "x" * 1001), (0, "413"))
    check("a length that is none", first(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n"), b"HTTP/1.1 400")
    check("no host", first(b"GET / HTTP/1.1\r\n\r\n"), b"HTTP/1.1 400")
    check("headers without end", first(b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 20000)[:9] in (b"HTTP/1.1 ", b""), True)
    check("more headers than an actor is told", first(b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 200 + b"\r\n"), b"HTTP/1.1 400")
    check("bytes above in a header", first(b"GET / HTTP/1.1\r\nHost: a\r\nX: \xff\r\n\r\n"), b"HTTP/1.1 400")
    check("chunks without end", raw(at, b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" +
                                    b"400\r\n" + b"x" * 1024 + b"\r\n" + b"400\r\n" + b"x" * 1024 + b"\r\n0\r\n\r\n"), b"")
    check("and it goes on", status_of(f"http://{at}/"), (0, "200"))


def opened(at, source):
    s = socket.socket()
    s.settimeout(300)
    s.bind((source, 0))
    host, port = at.rsplit(":", 1)
    s.connect((host, int(port)))
    return s


def flood(at, n):
    """@n connections of 127.0.0.1 that each say half a request; those that are turned away are closed here too."""
    return [s for s in [half(at) for _ in range(n)] if s is not None]


def half(at):
    s = opened(at, "127.0.0.1")
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        s.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n")
    return s


def still_open(held, n):
    """Wait until no more than @n of them are."""
    held = list(held)
    while len(held) > n:
        ready = select.select(held, [], [], 300)[0]
        assert ready, f"{len(held)} are open, not {n}"
        for s in ready:
            with contextlib.suppress(ConnectionResetError):
                check("nothing is said to it", s.recv(1), b"")
            s.close()
            held.remove(s)
    return held


@case
def one_address_has_a_part_of_the_places(d, _):
    d.start("httpserver", "VHTTP")
    at = d.linked("VHTTP", "MA", "PORT=0", "MAX_PER_ADDRESS=8", "REQUEST_MS=600000").address
    d.say("auto", "on")
    held = still_open(flood(at, 200), 8)
    said = d.wait(lambda e: isinstance(e, Log) and "turned away" in e.text)
    check("it is told", "from 127.0.0.1, which has 8: MAX_PER_ADDRESS" in said.text, True)
    check("another address", status_of(f"http://{at}/", "--interface", "127.0.0.2"), (0, "200"))
    check("this one", status_of(f"http://{at}/")[0] in (52, 55, 56), True)
    held.pop().close()
    # its end is seen when the loop turns
    while status_of(f"http://{at}/") != (0, "200"):
        pass
    # the control run: without a part of its own, one address has all places, and another one waits
    at = d.linked("VHTTP", "MB", "PORT=0", "MAX_PER_ADDRESS=512", "REQUEST_MS=600000").address
    all_of_them = flood(at, 512)
    other = opened(at, "127.0.0.2")
    other.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    check("nobody answers", select.select([other], [], [], 1)[0], [])
    for s in all_of_them:
        s.close()
    check("until there is a place", other.recv(12), b"HTTP/1.1 200")
    for s in (other, *held):
        s.close()
    for value in ("MAX_PER_ADDRESS=0", "MAX_PER_ADDRESS=513", "REQUEST_MS=99", "REQUEST_MS=x"):
        check(value, value.split("=")[0] in d.linked("VHTTP", "MC", "PORT=0", value, state="failed").why, True)


@case
def a_request_that_trickles_is_ended(d, _):
    d.start("httpserver", "VHTTP")
    soon = d.linked("VHTTP", "MA", "PORT=0", "REQUEST_MS=400").address
    late = d.linked("VHTTP", "MB", "PORT=0", "REQUEST_MS=600000").address
    slow, patient, n = opened(soon, "127.0.0.1"), opened(late, "127.0.0.1"), 0
    for s in (slow, patient):
        s.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nX: ")
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        while not select.select([slow], [], [], 0.02)[0]:
            slow.sendall(b"x")
            n += 1
        check("no word", slow.recv(1), b"")
    # the control run: where there is more time, as many bytes and more do not end it
    for _ in range(n):
        patient.sendall(b"x")
        check("it is heard", select.select([patient], [], [], 0.02)[0], [])
    d.say("auto", "on")
    patient.sendall(b"\r\nConnection: close\r\n\r\n")
    check("and answered", patient.recv(12), b"HTTP/1.1 200")


@case
def who_holds_many_places_has_less_time(d, _):
    d.start("httpserver", "VHTTP")
    at = d.linked("VHTTP", "MA", "PORT=0", "MAX_PER_ADDRESS=4", "REQUEST_MS=8000").address
    first = opened(at, "127.0.0.2")
    first.sendall(b"GET / HTTP/1.1\r\n")
    crowd = flood(at, 3)
    # one of them after the other: the last two are no crowd any more
    ended = select.select([first, *crowd], [], [], 300)[0]
    check("who came first, alone", first in ended, False)
    d.say("auto", "on")
    first.sendall(b"Host: a\r\nConnection: close\r\n\r\n")
    check("is still answered", first.recv(12), b"HTTP/1.1 200")
    for s in crowd:
        s.close()


@case
def a_request_with_two_readings_is_refused_and_nothing_behind_it_is_read(d, _):
    d.start("httpserver", "VHTTP")
    at = d.linked("VHTTP", "MA", "PORT=0").address
    d.say("auto", "on")
    behind = b"GET /behind HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    chunked, none = b"Transfer-Encoding: chunked\r\n", b"0\r\n\r\n"

    def post(head, body=b"", version=b"1.1", host=b"Host: a\r\n"):
        return raw(at, b"POST / HTTP/" + version + b"\r\n" + host + head + b"\r\n" + body + behind)

    for what, out in {
        "a length and chunks": post(b"Content-Length: 4\r\n" + chunked, none),
        "chunks and a length": post(chunked + b"Content-Length: 99\r\n", none),
        "two lengths": post(b"Content-Length: 0\r\nContent-Length: 64\r\n"),
        "the same length twice": post(b"Content-Length: 0\r\nContent-Length: 0\r\n"),
        "a coding nobody knows": post(b"Transfer-Encoding: xchunked\r\n", none),
        "two codings": post(b"Transfer-Encoding: gzip, chunked\r\n", none),
        "two lines of codings": post(b"Transfer-Encoding: identity\r\n" + chunked, none),
        "a control character before the coding": post(b"Transfer-Encoding: \x0bchunked\r\n", none),
        "chunks in HTTP/1.0": post(chunked + b"Connection: keep-alive\r\n", none, b"1.0"),
        "a blank behind a name": post(b"Content-Length : 64\r\n"),
        "a blank before a name": post(b"", host=b" Content-Length: 64\r\nHost: a\r\n"),
        "a name of two words": post(b"Foo Bar: x\r\n"),
        "a CR in a value": post(b"X: a\rContent-Length: 64\r\n"),
        "two hosts": post(b"Host: b\r\n"),
        "a tunnel": raw(at, b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n" + behind),
        "a method that is none": raw(at, b"G\x01T / HTTP/1.1\r\nHost: a\r\n\r\n" + behind),
    }.items():
        check(what, (out[:12], b"/behind" in out), (b"HTTP/1.1 400", False))
    # the control run: one reading, and what is behind it is another request
    check("one behind the other", post(b"Content-Length: 0\r\n").count(b"HTTP/1.1 200"), 2)
    check("chunks", post(chunked, none).count(b"HTTP/1.1 200"), 2)


@case
def a_port_in_use_is_a_failed_state_one_can_see(d, _):
    """The seed: a second HTTP provider died of AddrInUse with a line in a log, and nobody was told."""
    foreign = socket.socket()
    foreign.bind(("127.0.0.1", 0))
    foreign.listen()
    port = foreign.getsockname()[1]
    d.start("httpserver", "VHTTP")
    l = d.linked("VHTTP", "MA", f"PORT={port}", state="failed")
    check("why", l.why, f"127.0.0.1:{port}: the port is in use by another program")
    check("tried again", l.retry, True)
    s = d.state("VHTTP", "degraded")
    assert l.why in s.why and s.why.startswith("MA: "), s
    foreign.close()
    check("and then it runs", d.link("VHTTP", "MA", "running").address, f"127.0.0.1:{port}")
    d.state("VHTTP", "running")
    d.say("auto", "on")
    check("curl", status_of(f"http://127.0.0.1:{port}/"), (0, "200"))


@case
def values_that_make_no_sense_are_said_clearly(d, _):
    d.start("httpserver", "VHTTP")
    for values, why in ((["PORT=x"], "PORT is no number of 0 to 65535"),
                        (["PORT=65536"], "PORT is no number of 0 to 65535"),
                        ([], "the link says neither PORT nor ADDRESS"),
                        (["ADDRESS=example.org:80"], "ADDRESS is not as 127.0.0.1:8080, an address in numbers"),
                        (["ADDRESS=127.0.0.1:1", "PORT=2"], "PORT and ADDRESS name two ports"),
                        (["PORT=1", "port=2"], "a value is said twice"),
                        (["PORT=0", "MAX_BODY=-1"], "MAX_BODY is no number of 0 to 1048576")):
        d.say("link", "VHTTP", "MA", *values)
        l = d.wait(lambda e: isinstance(e, Link) and e.state == "failed")
        check(values, (l.why, l.retry), (why, False))
    d.say("deny", "127.0.0.1:1")
    l = d.linked("VHTTP", "MA", "PORT=1", state="failed")
    check("a port the settings refuse", l.why, "this host's settings do not let it")
    l = d.linked("VHTTP", "MA", "address=127.0.0.1:0")
    check("small letters", l.address.startswith("127.0.0.1:"), True)
    port = l.address.rsplit(":", 1)[1]
    l = d.linked("VHTTP", "MB", f"PORT={port}", state="failed")
    check("another actor's port", l.why, f"127.0.0.1:{port}: another actor of this host is linked to this port")


@case
def a_new_server_takes_over_while_the_old_one_drains(d, _):
    """The seed: no way to move an HTTP server without failed requests."""
    port = server.free_port()
    d.say("auto", "on")
    d.start("httpserver", "VOLD", "default")
    d.linked("VOLD", "MA", f"PORT={port}")
    d.start("httpserver", "VNEW", "other")
    failures, served, stop = [], [0], threading.Event()

    def load(keep):
        while not stop.is_set():
            n = 40 if keep else 1
            args = [a for i in range(n) for a in ("-o", "/dev/null", f"http://127.0.0.1:{port}/{i}")]
            code, out = curl(*args, "-w", "%{http_code} ")
            if code != 0 or out != b"200 " * n:
                failures.append((code, out))
            served[0] += n

    threads = [threading.Thread(target=load, args=(k % 2 == 0,)) for k in range(4)]
    for t in threads:
        t.start()
    try:
        for old, new in (("VOLD", "VNEW"), ("VNEW", "VLAST")):
            if new == "VLAST":
                d.start("httpserver", "VLAST", "last")
            d.linked(new, "MA", f"PORT={port}")
            before = served[0]
            while served[0] < before + 100 and not failures:
                d.status(new)
            d.say("stop", old, 20000)
            d.state(old, "stopped")
            before = served[0]
            while served[0] < before + 100 and not failures:
                d.status(new)
    finally:
        stop.set()
        for t in threads:
            t.join()
    check("failed requests", failures, [])


@case
def who_waits_is_served_by_the_next_process(d, _):
    s = d.start("httpserver", "VHTTP")
    at = d.linked("VHTTP", "MA", "PORT=0").address
    d.say("auto", "on")
    check("before", status_of(f"http://{at}/"), (0, "200"))
    os.kill(s.pid, signal.SIGSTOP)
    got = []
    t = threading.Thread(target=lambda: got.append(status_of(f"http://{at}/")))
    t.start()
    os.kill(s.pid, signal.SIGKILL)
    failed = d.state("VHTTP", "failed")
    check("why", (failed.why, failed.retry, failed.restarts), ("it ended by signal 9", True, 1))
    d.link("VHTTP", "MA", "running")
    check("the same address", status_of(f"http://{at}/"), (0, "200"))
    t.join()
    # connected before the death or after it
    assert got[0] in ((0, "200"), (52, "000"), (56, "000")), got


@case
def a_link_that_goes_answers_who_is_there(d, _):
    d.start("httpserver", "VHTTP")
    at = d.linked("VHTTP", "MA", "PORT=0").address
    got = []
    t = threading.Thread(target=lambda: got.append(curl(f"http://{at}/slow")))
    t.start()
    i = d.invoke()
    d.say("unlink", "VHTTP", "MA")
    d.answer(i, OK, response(200, b"at last"))
    d.link("VHTTP", "MA", "gone")
    t.join()
    check("the last answer", got, [(0, b"at last")])
    check("nobody listens", curl(f"http://{at}/")[0], 7)


# ---- key-value ----

def keyvalue_ways(d, key, actor, other):
    """Every operation of the contract; the same over the database and over Redis."""
    def ask(op, value, who=actor):
        how, out = d.call(key, who, "KeyValue." + op, value)
        assert how in (OK, FAILED), (op, how, out)
        return out if how == OK else ("failed", out)

    check("get of nothing", ask("Get", "k"), {"value": "", "exists": False})
    check("set", ask("Set", {"key": "k", "value": "v\u00e9", "expires": 0}), None)
    check("get", ask("Get", "k"), {"value": "v\u00e9", "exists": True})
    check("contains", (ask("Contains", "k"), ask("Contains", "none")), (True, False))
    check("another actor's", ask("Get", "k", other), {"value": "", "exists": False})
    check("increment", [ask("Increment", {"key": "n", "value": v}) for v in (1, 41, -2)], [1, 42, 40])
    check("what it made", ask("Get", "n"), {"value": "40", "exists": True})
    check("increment of a text", ask("Increment", {"key": "k", "value": 1})[0], "failed")
    check("lists", [ask("ListAdd", {"listName": "l", "value": v}) for v in ("a", "b", "c", "b")], [1, 2, 3, 4])
    check("range", ask("ListRange", {"listName": "l", "start": 1, "stop": 2}), ["b", "c"])
    check("from the end", ask("ListRange", {"listName": "l", "start": -2, "stop": -1}), ["c", "b"])
    check("out of range", ask("ListRange", {"listName": "l", "start": 5, "stop": 9}), [])
    check("list del", [ask("ListDel", {"listName": "l", "value": v}) for v in ("b", "z")], [True, False])
    check("what is left", ask("ListRange", {"listName": "l", "start": 0, "stop": -1}), ["a", "c"])
    check("list clear", (ask("ListClear", "l"), ask("ListClear", "l")), (True, False))
    check("sets", [ask("SetAdd", {"setName": s, "value": v}) for s, v in (("s", "a"), ("s", "b"), ("s", "a"), ("t", "b"), ("t", "c"))],
          [1, 1, 0, 1, 1])
    check("query", sorted(ask("SetQuery", "s")), ["a", "b"])
    check("union", sorted(ask("SetUnion", ["s", "t"])), ["a", "b", "c"])
    check("intersection", ask("SetIntersection", ["s", "t"]), ["b"])
    check("intersection with nothing", ask("SetIntersection", ["s", "none"]), [])
    check("set del", [ask("SetDel", {"setName": "s", "value": v}) for v in ("a", "a")], [1, 0])
    check("set clear", (ask("SetClear", "s"), ask("SetQuery", "s")), (True, []))
    check("del", (ask("Del", "k"), ask("Del", "k"), ask("Contains", "k")), (True, False, False))
    for op, payload in (("Get", b""), ("Get", b"\x01"), ("Set", msgpack.dump({"key": "k"})), ("Nothing", b"\xa1k"),
                        ("Set", b"\x82\xa3key\xa1a\xa3key\xa1b"), ("Get", msgpack.dump("x" * 1025)), ("Get", b"\xdb\xff\xff\xff\xff"),
                        ("SetUnion", msgpack.dump(["x"] * 65)), ("Get", b"\xa2\xff\xfe")):
        check(("refused", op, payload[:20]), d.call(key, actor, "KeyValue." + op, payload, raw=True)[0], FAILED)


@case
def the_database_keeps_values_lists_and_sets(d, _):
    d.start("keyvalue", "VKV")
    d.linked("VKV", "MA")
    d.linked("VKV", "MB")
    keyvalue_ways(d, "VKV", "MA", "MB")
    d.linked("VKV", "MC", "STORE=ours")
    d.linked("VKV", "MD", "STORE=ours")
    d.call("VKV", "MC", "KeyValue.Set", {"key": "k", "value": "shared", "expires": 0})
    check("a shared store", d.call("VKV", "MD", "KeyValue.Get", "k"), (OK, {"value": "shared", "exists": True}))
    check("a sum beyond 32 bits", [d.call("VKV", "MA", "KeyValue.Increment", {"key": "big", "value": 2 ** 31 - 1})[0] for _ in range(2)],
          [OK, FAILED])


@case
def increments_at_once_lose_none(d, _):
    d.start("keyvalue", "VKV")
    d.linked("VKV", "MA")
    ids = [d.ask("VKV", "MA", "KeyValue.Increment", msgpack.dump({"key": "n", "value": 1})) for _ in range(500)]
    sums = [msgpack.load(d.result(i).payload) for i in ids]
    check("sums", sums, list(range(1, 501)))


@case
def what_was_answered_survives_kill(d, _):
    s = d.start("keyvalue", "VKV")
    d.linked("VKV", "MA")
    for n in range(1, 21):
        check("increment", d.call("VKV", "MA", "KeyValue.Increment", {"key": "n", "value": 1}), (OK, n))
    waiting = [d.ask("VKV", "MA", "KeyValue.Increment", msgpack.dump({"key": "n", "value": 1})) for _ in range(50)]
    os.kill(s.pid, signal.SIGKILL)
    answered = [r for r in (d.result(i) for i in waiting) if r.how == OK]
    assert all(r.how in (OK, NOBODY) for r in (answered or []))
    d.state("VKV", "failed")
    d.link("VKV", "MA", "running")
    how, n = d.call("VKV", "MA", "KeyValue.Increment", {"key": "n", "value": 1})
    assert how == OK and 21 + len(answered) <= n <= 71, (n, len(answered))


@case
def a_store_has_an_end(d, _):
    d.start("keyvalue", "VKV", "default", "MAX_SIZE=262144")
    d.linked("VKV", "MA")
    stored = 0
    while stored < 100:
        how, out = d.call("VKV", "MA", "KeyValue.Set", {"key": f"k{stored}", "value": "x" * 10000, "expires": 0})
        if how != OK:
            break
        stored += 1
    check("some, then no more", (5 < stored < 30, how, out in ("the store is full", "the store has no room, or cannot write")),
          (True, FAILED, True))
    check("what is there is there", d.call("VKV", "MA", "KeyValue.Contains", "k0"), (OK, True))
    check("and can go", d.call("VKV", "MA", "KeyValue.Del", "k0"), (OK, True))
    check("for something else", d.call("VKV", "MA", "KeyValue.Set", {"key": "small", "value": "y", "expires": 0})[0], OK)


class Redis:
    def __init__(self, folder, *args):
        self.port = server.free_port()
        self.process = subprocess.Popen(
            [shutil.which("redis-server"), "--port", str(self.port), "--bind", "127.0.0.1", "--dir", folder, "--save", "",
             "--daemonize", "no", *args], stdout=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            if "eady to accept connections" in line:
                break

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


@case
def a_real_redis_answers_the_same(d, folder):
    r = Redis(folder, "--requirepass", "pass")
    try:
        d.start("keyvalue", "VKV")
        url = f"URL=redis://:pass@127.0.0.1:{r.port}/2"
        d.linked("VKV", "MA", url)
        d.linked("VKV", "MB", url)
        keyvalue_ways(d, "VKV", "MA", "MB")
        d.linked("VKV", "MC", url, "STORE=")
        d.call("VKV", "MA", "KeyValue.Set", {"key": "k", "value": "mine", "expires": 100})
        check("keys as they are", d.call("VKV", "MC", "KeyValue.Get", "MA:k"), (OK, {"value": "mine", "exists": True}))
        d.linked("VKV", "MLOCAL")
        check("beside the database", d.call("VKV", "MLOCAL", "KeyValue.Contains", "k"), (OK, False))
        l = d.linked("VKV", "MD", f"URL=redis://:wrong@127.0.0.1:{r.port}", state="failed")
        assert l.why.startswith("the Redis refuses: ") and l.retry, l
    finally:
        r.stop()
    l = d.link("VKV", "MA", "failed")
    check("when it goes", l.retry, True)
    check("meanwhile", d.call("VKV", "MB", "KeyValue.Get", "k")[0], "not asked")
    l = d.linked("VKV", "ME", "URL=redis://example.org", state="failed")
    check("no names", l.why, "the URL's host is not an address in numbers")


# ---- logging ----

@case
def lines_of_actors_are_escaped_and_attributed(d, _):
    pid = d.start("logging", "VLOG").pid
    d.linked("VLOG", "MA")
    d.linked("VLOG", "MB")

    def write(who, level, text):
        check("answer", d.call("VLOG", who, "Logging.WriteLog", {"level": level, "text": text}), (OK, None))
        return d.wait(lambda e: isinstance(e, Log) and e.actor == who)

    check("a line", write("MA", "error", "plain"), Log("VLOG", 1, "MA", "plain"))
    l = write("MB", "warn", "a\nevent=forged \x1b[31m\u202e\\")
    check("whose", (l.actor, l.level), ("MB", 2))
    check("escaped", l.text, "a\\nevent=forged \\x1b[31m\\xe2\\x80\\xae\\\\")
    check("cut", len(write("MA", "info", "x" * 60000).text) < 2048, True)
    check("no line", d.call("VLOG", "MA", "Logging.WriteLog", {"level": "info"})[0], FAILED)
    os.kill(pid, signal.SIGSTOP)  # so that they come at once
    ids = [d.ask("VLOG", "MA", "Logging.WriteLog", msgpack.dump({"level": "info", "text": "flood"})) for _ in range(900)]
    os.kill(pid, signal.SIGCONT)
    for i in ids:
        check("a flood is answered", d.result(i).how, OK)
    heard = sum(isinstance(e, Log) and e.text == "flood" for e in d.seen)
    assert heard < 900, heard
    check("another actor is heard", write("MB", "info", "still here").actor, "MB")


# ---- messaging ----

def message(subject, body, reply=None):
    return {"subject": subject, "replyTo": reply, "body": body}


@case
def messages_go_over_a_login_of_their_own(d, folder):
    operator, account, user = (natsjwt.KeyPair(k) for k in ("operator", "account", "user"))
    conf = server.operator_conf(folder, natsjwt.mint_operator(operator, "O"),
                                {account.public: natsjwt.mint_account(operator, account.public, "APP")})
    token = natsjwt.mint_user(account, user.public, "app", perms=natsjwt.permissions(
        pub=["orders.>", "_INBOX.>"], sub=["orders.>", "_INBOX.>"]))
    creds = os.path.join(d.state_folder, "creds")
    os.makedirs(creds)
    natsjwt.write_creds(os.path.join(creds, "app.creds"), token, user.seed)
    nats = server.NatsServer(conf)
    uri = f"URI=nats://127.0.0.1:{nats.port}"
    try:
        d.start("messaging", "VMSG")
        d.linked("VMSG", "MA", uri, "CREDS=app", "SUBSCRIPTION=orders.news.*")
        d.linked("VMSG", "MB", uri, "CREDS=app", "SUBSCRIPTION=orders.ask|workers,orders.late")
        check("publish", d.call("VMSG", "MA", "Messaging.Publish", message("orders.news.one", b"\x00\xff")), (OK, None))
        i = d.invoke()
        check("who hears it", (i.actor, i.operation), ("MA", "MessageSubscriber.HandleMessage"))
        check("what", msgpack.load(i.payload), message("orders.news.one", b"\x00\xff"))
        d.answer(i, OK)
        asked = d.ask("VMSG", "MA", "Messaging.Request",
                      msgpack.dump({"subject": "orders.ask", "body": b"?", "timeoutMs": 50000}))
        i = d.invoke()
        reply = msgpack.load(i.payload)["replyTo"]
        check("another actor is asked", (i.actor, reply.startswith("_INBOX.")), ("MB", True))
        check("and answers", d.call("VMSG", "MB", "Messaging.Publish", message(reply, b"!")), (OK, None))
        d.answer(i, OK)
        r = d.result(asked)
        check("the answer", (r.how, msgpack.load(r.payload)["body"]), (OK, b"!"))
        request = {"subject": "orders.nobody", "body": b"", "timeoutMs": 50000}
        check("nobody", d.call("VMSG", "MA", "Messaging.Request", request), (FAILED, "nobody answers on this subject"))
        request = {"subject": "orders.late", "body": b"", "timeoutMs": 200}
        check("nobody in time", d.call("VMSG", "MA", "Messaging.Request", request)[0], LATE)
        check("a foreign subject", d.call("VMSG", "MA", "Messaging.Publish", message("secrets.x", b"")), (OK, None))
        log = d.wait(lambda e: isinstance(e, Log) and e.actor == "MA")
        assert "Permissions Violation for Publish to \"secrets.x\"" in log.text, log
        for subject in ("wasmbus.ctl.default.cmd.N.lp", "$SYS.REQ.SERVER.PING", "a..b", "a b", "a.*", "", "a.b."):
            check("no subject: " + subject, d.call("VMSG", "MA", "Messaging.Publish", message(subject, b""))[0], FAILED)
        for values, why in ((["CREDS=none"], "the server wants a login, and the link's CREDS names none"),
                            (["CREDS=../creds/app"], "the server wants a login, and the link's CREDS names none"),
                            ([], "the server wants a login, and the link's CREDS names none"),
                            (["CREDS=app", "SUBSCRIPTION=wasmbus.>"], "SUBSCRIPTION is no list of subjects"),
                            (["CREDS=app", "SUBSCRIPTION=>"], "SUBSCRIPTION is no list of subjects")):
            d.say("link", "VMSG", "MC", uri, *values)
            check(values, d.link("VMSG", "MC", "failed").why, why)
            d.say("unlink", "VMSG", "MC")
            d.link("VMSG", "MC", "gone")
        other = natsjwt.KeyPair("user")
        natsjwt.write_creds(os.path.join(creds, "bad.creds"), token, other.seed)
        l = d.linked("VMSG", "MD", uri, "CREDS=bad", state="failed")
        assert "Authorization Violation" in l.why and l.retry, l
    finally:
        nats.kill()
    check("when it goes", d.link("VMSG", "MA", "failed").retry, True)


# ---- life ----

@case
def nothing_but_a_nonce_is_signed_for_a_provider(d, _):
    """Its server chooses what is to be signed; and it may have been taken over itself."""
    user = natsjwt.KeyPair("user")
    token = natsjwt.mint_user(natsjwt.KeyPair("account"), user.public, "app")
    os.makedirs(os.path.join(d.state_folder, "creds"))
    natsjwt.write_creds(os.path.join(d.state_folder, "creds", "app.creds"), token, user.seed)
    d.start("messaging", "VMSG")

    def offered(nonce):
        """What comes to a server that wants this signed."""
        heard = b""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.settimeout(process.PATIENCE_S)
            uri = f"URI=nats://127.0.0.1:{listener.getsockname()[1]}"
            d.say("link", "VMSG", "MA", uri, "CREDS=app")
            with listener.accept()[0] as peer:
                peer.settimeout(process.PATIENCE_S)
                peer.sendall(b'INFO {"server_id":"N","version":"2.9.10","headers":true,"max_payload":1048576,"nonce":"%s"}\r\n' % nonce)
                while b"\r\n" not in heard:
                    got = peer.recv(65536)
                    if not got:
                        break
                    heard += got
        return heard

    assert b'"sig":"' in offered(b"abcdefghijk"), "the control run: a nonce is signed"
    for nonce in (b"eyJ0eXAiOiJKV1QifQ.eyJzdWIiOiJVIn0", b"x" * 65, b"a b"):
        said = offered(nonce)
        assert b'"sig":"' not in said or b'"sig":""' in said, said


@case
def a_program_that_is_not_there_is_a_state(d, _):
    d.say("start", "nothing", "VX", "a:b", "default")
    s = d.state("VX", "failed")
    check("why", (s.why, s.retry), ("there is no program portcullis-provider-nothing", True))
    d.say("stop", "VX", 0)
    d.state("VX", "stopped")


@case
def an_end_leaves_nothing(d, _):
    s = d.start("logging", "VLOG")
    d.linked("VLOG", "MA")
    d.say("stop", "VLOG", 5000)
    d.state("VLOG", "stopped")
    check("the process is gone", alive(s.pid), False)
    d.say("free", "VLOG")
    s = d.start("keyvalue", "VKV")
    os.kill(s.pid, signal.SIGSTOP)
    d.say("stop", "VKV", 100)
    d.state("VKV", "stopped")
    check("one that does not listen either", alive(s.pid), False)
    s = d.start("httpserver", "VHTTP")
    os.kill(d.process.pid, signal.SIGKILL)
    d.process.wait()
    assert gone(s.pid), "it outlived its host"


def main():
    wanted = sys.argv[3:]
    failed = 0
    for f in CASES:
        if wanted and f.__name__ not in wanted:
            continue
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o711)
            state = os.path.join(folder, "state")
            os.mkdir(state, 0o711)
            d = Drive(DRIVE, BIN, state)
            d.state_folder = state
            try:
                f(d, folder)
                if d.process.poll() is None:
                    check("the driver's end", d.quit(), 0)
                print("ok", f.__name__)
            except Exception:
                failed += 1
                print("NOT OK", f.__name__)
                traceback.print_exc(file=sys.stdout)
                print("kept:", *list(d.kept)[-20:], sep="\n  ")
            finally:
                d.process.kill()
                d.process.wait()
            sys.stdout.flush()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
