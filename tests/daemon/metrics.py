#!/usr/bin/python3
"""Health, readiness and numbers: what a monitor asks over HTTP, and what a hostile peer gets there."""
import concurrent.futures
import http.client
import json
import os
import re
import signal
import socket
import sys
import threading

import stage
from stage import bodies, check, deployment, until

NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
SAMPLE = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (\S+)')
LABEL = re.compile(r'([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"')


class UnixHTTP(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=stage.WAIT_S)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(stage.WAIT_S)
        self.sock.connect(self.path)


def place(d):
    """Where this gateway shows its numbers: ("127.0.0.1", port), or the path of a socket."""
    line = d.gateway.wait_line(lambda text: "event=metrics " in text, stage.WAIT_S)
    shown = re.search(r'listen="([^"]*)"', line).group(1)
    if shown.startswith("unix:"):
        return shown[5:]
    host, _, port = shown.rpartition(":")
    return host.strip("[]"), int(port)


def ask(at, path, method="GET", **headers):
    """(status, headers, body)"""
    conn = UnixHTTP(at) if isinstance(at, str) else http.client.HTTPConnection(*at, timeout=stage.WAIT_S)
    try:
        conn.request(method, path, headers=headers)
        answer = conn.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read().decode()
    finally:
        conn.close()


def lint(text):
    """What `promtool check metrics` would find; returns {(name, labels): value}."""
    found, types, family, closed = {}, {}, None, set()
    check(text.endswith("\n"), "the last line has no end")
    for line in text.splitlines():
        if line.startswith("# "):
            _, word, name, rest = line.split(" ", 3)
            check(word in ("HELP", "TYPE") and NAME.fullmatch(name), line)
            if word == "HELP":
                check(name not in closed and name not in types, f"{name} comes twice")
                check(rest.strip() and family != name, line)
                closed.add(family)
                family = name
            else:
                check(name == family and rest in ("counter", "gauge", "histogram"), line)
                types[name] = rest
            continue
        match = SAMPLE.fullmatch(line)
        check(match, f"no sample: {line!r}")
        name, labels, value = match.groups()
        base = re.sub(r"_(bucket|sum|count)$", "", name) if types.get(family) == "histogram" else name
        check(base == family and family in types, f"{name} is not of the family {family}")
        check(types[family] != "counter" or name.endswith("_total"), f"{name}: a counter ends in _total")
        check(types[family] == "counter" or not name.endswith("_total"), f"{name}: no counter ends in _total")
        check(name.startswith("portcullis_"), name)
        pairs = tuple(LABEL.findall(labels or ""))
        check(len({k for k, _ in pairs}) == len(pairs), line)
        check((name, pairs) not in found, f"twice: {line}")
        found[name, pairs] = float(value)
    check(not any(f not in {re.sub(r"_(bucket|sum|count)$", "", n) for n, _ in found} | {n for n, _ in found} for f in types),
          "a family without samples")
    return found


def numbers(at):
    status, headers, body = ask(at, "/metrics")
    check(status == 200 and headers["Content-Type"].startswith("text/plain; version=0.0.4"), status, headers)
    return lint(body)


def total(found, name, **labels):
    return sum(v for (n, pairs), v in found.items() if n == name and labels.items() <= dict(pairs).items())


def measured(listen="127.0.0.1:0", **changes):
    return deployment(sections=[f'metrics {{ listen = "{listen}" }}'], **changes)


def started(d, **options):
    d.start_leaf()
    d.start_gateway(stage.BUILD, **options)
    return place(d)


def the_gate_is_alive_and_ready():
    with measured() as d:
        at = started(d)
        ready(at)
        for path in ("/healthz", "/livez", "/readyz"):
            status, headers, body = ask(at, path)
            check(status == 200 and json.loads(body) == {"status": "ok"}, path, status, body)
            check(headers["Connection"] == "close" and headers["Cache-Control"] == "no-store", headers)
        status, _, body = ask(at, "/readyz", "HEAD")
        check(status == 200 and body == "")


def the_numbers_are_well_formed_and_count_what_happens():
    with measured(limits={"edges": 2}) as d:
        at = started(d)
        # one that is slow to answer is not up, for that once
        until(lambda: answered(at, "portcullis_upstream_up", 1) and answered(at, "portcullis_ready", 1), "ready")
        before = until(lambda: answered(at, "portcullis_process_up", 7), "seven are up")
        check(total(before, "portcullis_build_info") == 1 and total(before, "portcullis_policy_info") == 1)
        client, dora = d.client(d.login("app")), d.client(d.login("deployer"))
        client.subscribe("f.>")
        client.publish("f.a", b"12345")
        client.next()
        client.publish("secret.a", b"")
        client.next_error()
        check(stage.login_answer(d.gateway.host, d.gateway.port, d.login(account="ACME", exp=1)) != "PONG")
        durable = "portcullis_audit_durable_records_total"

        def all_counted():
            """The failed login was the last: with it, all that was before. What is durable may come behind."""
            found = answered(at, "portcullis_logins_total", 1, outcome="failed")
            whole = found is not None and total(found, "portcullis_process_up") == 7
            return found if whole and total(found, durable) > total(before, durable) else None

        now = until(all_counted, "the failed login is counted, and its record durable")
        check(total(now, "portcullis_connections") == 2, "connections")
        check(total(now, "portcullis_logins_total", outcome="admitted") == 2)
        check(total(now, "portcullis_messages_total", direction="in") >= 1)
        check(total(now, "portcullis_messages_total", direction="out") == 1)
        check(total(now, "portcullis_bytes_total", direction="out") == 5)
        check(total(now, "portcullis_denied_total", kind="pub_denied") == 1)
        check(total(now, "portcullis_denied_total") == 1)
        histogram = [(dict(p)["le"], v) for (n, p), v in now.items() if n == "portcullis_audit_write_seconds_bucket"]
        check([v for _, v in histogram] == sorted(v for _, v in histogram) and histogram[-1][0] == "+Inf", histogram)
        check(histogram[-1][1] == total(now, "portcullis_audit_write_seconds_count") >= 1)
        check(total(now, "portcullis_audit_last_checkpoint_timestamp_seconds") > 1e9)
        client.close()
        until(lambda: answered(at, "portcullis_connections", 1), "one has left")


def answered(at, name, value, **labels):
    found = numbers(at)
    return found if total(found, name, **labels) == value else None


def a_reload_is_counted_by_its_outcome():
    with measured() as d:
        at = started(d)
        stage.server.write(d.path("policies"), "test.policy", "rule broken {\n")
        d.gateway.send_signal(signal.SIGHUP)
        until(lambda: answered(at, "portcullis_reconfigure_total", 1, outcome="refused"), "the refusal is counted")
        check(total(numbers(at), "portcullis_reconfigure_total", outcome="loaded") == 1)
        ready(at)


def reasons(at):
    status, _, body = ask(at, "/readyz")
    check((status, json.loads(body)["status"]) in ((200, "ok"), (503, "unavailable")), status, body)
    return json.loads(body).get("reasons", [])


def ready(at):
    """The upstream has answered within its second: on a busy machine not always at the first try."""
    until(lambda: reasons(at) == [], "ready")


def it_is_not_ready_without_its_upstream_and_before_it_was_reached():
    with measured() as d:
        port = stage.server.free_port()
        d.start_gateway(stage.BUILD, port, wait=False)
        at = place(d)
        found = until(lambda: [r for r in reasons(at) if "upstream" in r] and reasons(at), "not ready")
        check(any("starting" in r for r in found), found)
        check(ask(at, "/healthz")[0] == 200, "alive, though not ready")
        d.start_leaf(port=port)
        d.gateway.wait_ready()
        until(lambda: reasons(at) == [], "ready")
        d.leaf.stop()
        until(lambda: any("upstream cannot be reached" in r for r in reasons(at)), "the upstream is missed")
        until(lambda: answered(at, "portcullis_upstream_up", 0), "counted so")


def it_is_not_ready_while_records_cannot_be_written():
    with measured() as d:
        at = started(d)
        ready(at)
        auditor = stage.children(d)["auditor"][0]
        # a file may not grow any more: what a full disk is to who writes
        import resource

        resource.prlimit(auditor, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
        client = d.client(d.login("app"))
        until(lambda: any("records cannot be written" in r for r in reasons(at)), "the audit fails")
        until(lambda: answered(at, "portcullis_audit_failing", 1), "counted so")
        resource.prlimit(auditor, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        client.publish("secret.x", b"")
        until(lambda: reasons(at) == [], "it is written again")
        client.close()


def a_lame_duck_is_not_ready_and_still_counts():
    with measured(limits={"lame_duck_grace": "10m", "lame_duck_duration": "10m"}) as d:
        at = started(d)
        client = d.client(d.login("app"))
        d.gateway.send_signal(signal.SIGUSR2)
        until(lambda: any("lame duck" in r for r in reasons(at)), "not ready")
        until(lambda: answered(at, "portcullis_connections", 1), "it is counted")
        client.close()


def a_silent_process_is_named_and_the_answer_comes_all_the_same():
    with measured() as d:
        at = started(d)
        dispatcher = stage.children(d)["dispatcher"][0]
        os.kill(dispatcher, signal.SIGSTOP)
        until(lambda: any("dispatcher does not answer" in r for r in reasons(at)), "named")
        until(lambda: answered(at, "portcullis_process_up", 0, role="dispatcher"), "counted so")
        os.kill(dispatcher, signal.SIGCONT)
        until(lambda: reasons(at) == [], "it answers again")


def another_takes_its_place_when_it_dies():
    with measured() as d:
        at = started(d)
        client = d.client(d.login("app"))
        old = stage.children(d)["metrics"]
        os.kill(old[0], signal.SIGKILL)
        until(lambda: stage.children(d).get("metrics", old) != old, "another is there")
        found = numbers(at)
        check(total(found, "portcullis_process_restarts_total", role="metrics") == 1, found)
        client.barrier()


def a_unix_socket_is_of_its_owner_and_group_and_goes_with_the_gate():
    with measured("unix:run/metrics.sock") as d:
        at = started(d)
        check(at == d.path("run", "metrics.sock"), at)
        check(os.stat(at).st_mode & 0o777 == 0o660)
        ready(at)
        until(lambda: answered(at, "portcullis_ready", 1), "ready")
        d.gateway.stop()
        check(not os.path.exists(at))


def a_passed_socket_can_be_the_one_for_numbers():
    with socket.create_server(("127.0.0.1", 0)) as given:
        port = given.getsockname()[1]
        with measured(f"127.0.0.1:{port}") as d:
            check(started(d, fds=(given.fileno(),)) == ("127.0.0.1", port))
            ready(("127.0.0.1", port))


def held(pid):
    """{kind: descriptors} of a process."""
    kinds = {}
    for fd in os.listdir(f"/proc/{pid}/fd"):
        try:
            target = os.readlink(f"/proc/{pid}/fd/{fd}")
        except FileNotFoundError:  # closed meanwhile
            continue
        kinds.setdefault(re.sub(r":?\[?\d*\]?$", "", target), []).append(int(fd))
    return kinds


def it_owns_nothing_but_its_socket():
    with measured() as d:
        at = started(d)
        numbers(at)
        pid = stage.children(d)["metrics"][0]
        # the channel and the listening socket, when who asked is let go of; the log is what the test reads
        kinds = until(lambda: len(held(pid)["socket"]) == 2 and held(pid), "two sockets")
        files = [k for k in kinds if k.startswith("/") and k != "/dev/null"]
        check(not files, kinds)
        with open(f"/proc/{pid}/environ", "rb") as f:
            check(f.read() == b"")
        check(len(os.listdir(f"/proc/{pid}/task")) == 1, "a thread that was not asked for")


def raw(at, said, wait=True):
    """What is answered to bytes."""
    with socket.create_connection(at, stage.WAIT_S) as s:
        s.sendall(said)
        if not wait:
            s.shutdown(socket.SHUT_WR)
        got = b""
        try:
            while True:
                more = s.recv(65536)
                if not more:
                    return got
                got += more
        except ConnectionError:
            return got


def requests_that_are_none_are_refused_and_bounded():
    with measured() as d:
        at = started(d)
        rows = [
            (b"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello", b" 405 "),
            (b"DELETE / HTTP/1.1\r\nHost: x\r\n\r\n", b" 405 "),
            (b"GET /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n", b" 400 "),
            (b"GET /metrics HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", b" 400 "),
            (b"GET /../keys/audit.key HTTP/1.1\r\nHost: x\r\n\r\n", b" 404 "),
            (b"GET /metrics/ HTTP/1.1\r\nHost: x\r\n\r\n", b" 404 "),
            (b"GET /%6detrics%00 HTTP/1.1\r\nHost: x\r\n\r\n", b" 404 "),
            (b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", b" 414 "),
            (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 20000 + b"\r\n", b" 431 "),
            (b"GET /metrics HTTP/1.1\r\n\r\n", b" 400 "),
            (b"\x00\x01\x02\r\n\r\n", None),
            (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", None),
        ]
        # at once: some are answered by their end, ten seconds later
        with concurrent.futures.ThreadPoolExecutor(len(rows)) as pool:
            answers = list(pool.map(lambda row: raw(at, row[0], row[1] is not None), rows))
        for (said, wanted), got in zip(rows, answers):
            first = got.split(b"\r\n", 1)[0]
            check(got == b"" or first.startswith(b"HTTP/1."), said[:60], got[:100])
            check(not got or wanted is None or wanted in first, said[:60], first)
            check(b" 200 " not in first, said[:60], first)
        ready(at)


def peers_that_hang_are_shown_the_door():
    with measured() as d:
        at = started(d)
        memory = stage.memory_kib(stage.children(d)["metrics"][0])
        hanging = [socket.create_connection(at, stage.WAIT_S) for _ in range(40)]
        for s in hanging:
            try:
                s.sendall(b"GET /metrics HTTP/1.1\r\nHost: ")
            except ConnectionError:
                pass
        # all places are taken; they are free again when those who say nothing have been closed
        until(lambda: healthy(at), "there is room again")
        check(stage.sanitized() or stage.memory_kib(stage.children(d)["metrics"][0]) - memory < 4096)
        for s in hanging:
            s.close()


def healthy(at):
    try:
        return ask(at, "/healthz")[0] == 200
    except (OSError, http.client.HTTPException):
        return False


def many_askers_cost_few_questions():
    with measured() as d:
        at = started(d)
        failures = []

        def asker():
            for _ in range(20):
                try:
                    numbers(at)
                except (OSError, http.client.HTTPException, stage.Failed) as e:
                    failures.append(repr(e))

        threads = [threading.Thread(target=asker) for _ in range(8)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        check(not failures, failures[:3])
        check(d.gateway.running())


def only_this_machine_can_be_named():
    for address in ("0.0.0.0:9321", ":9321", "192.0.2.1:9321", "localhost:9321", "[::]:9321", "example.org:80", "9321"):
        with measured(address) as d:
            d.gateway_conf(4222)
            d.start_gateway(stage.BUILD, 4222, wait=False)
            d.gateway.wait_line(lambda line: "this machine only" in line, stage.WAIT_S)
            check(d.gateway.wait_end() == 3)
            d.gateway = None


TESTS = [
    the_gate_is_alive_and_ready,
    the_numbers_are_well_formed_and_count_what_happens,
    a_reload_is_counted_by_its_outcome,
    it_is_not_ready_without_its_upstream_and_before_it_was_reached,
    it_is_not_ready_while_records_cannot_be_written,
    a_lame_duck_is_not_ready_and_still_counts,
    a_silent_process_is_named_and_the_answer_comes_all_the_same,
    another_takes_its_place_when_it_dies,
    a_unix_socket_is_of_its_owner_and_group_and_goes_with_the_gate,
    a_passed_socket_can_be_the_one_for_numbers,
    it_owns_nothing_but_its_socket,
    requests_that_are_none_are_refused_and_bounded,
    peers_that_hang_are_shown_the_door,
    many_askers_cost_few_questions,
    only_this_machine_can_be_named,
]

if __name__ == "__main__":
    sys.exit(stage.main(TESTS, sys.argv))
