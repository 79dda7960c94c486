#!/usr/bin/python3
"""Signals, as nats-server's: TERM and INT stop, USR2 lets go slowly, USR1 reopens the log, HUP reloads; and
what the starting side sees: ready lines, the pid file."""
import os
import signal
import socket
import sys
import time

import stage
from stage import check, deployment, rawclient, running, until


# nobody in these tests is worth waiting for: a gate that waited for its drain would not end in a test's time
LONG = {"drain": "10m"}


def finish(d):
    """The gateway ends by itself, with 0, without waiting for LONG."""
    code = d.gateway.wait_end()
    check(code == 0, f"exit status {code}")


def refused_by_the_kernel(d):
    """A new connection: does nobody listen any more?"""
    try:
        socket.create_connection((d.gateway.host, d.gateway.port), timeout=stage.WAIT_S).close()
        return False
    except ConnectionError:
        return True


def term_ends_at_once_with_clients_connected():
    with running(limits=LONG) as d:
        clients = [d.client(d.login("app", f"user{i}")) for i in range(5)]
        for client in clients:
            client.subscribe("f.>")
            client.barrier()
        d.gateway.send_signal(signal.SIGTERM)
        for client in clients:
            # no -ERR: clients take a bare end as "try again"
            check(stage.ended(client) == [])
            client.close()
        finish(d)
        d.gateway.wait_line(lambda line: "event=stopped" in line)


def term_waits_only_a_moment_for_clients_that_do_not_go():
    with running(limits=LONG) as d:
        client = d.client(d.login("app"))
        d.gateway.send_signal(signal.SIGTERM)
        finish(d)
        client.close()


def what_was_sent_before_term_arrives():
    with running() as d:
        observer = d.direct()
        observer.subscribe("f.>")
        observer.barrier()
        client = d.client(d.login("app"))
        for i in range(200):
            client.publish("f.a", b"%d" % i)
        client.barrier()
        d.gateway.send_signal(signal.SIGTERM)
        check([observer.next().payload for _ in range(200)] == [b"%d" % i for i in range(200)])


def a_second_term_does_not_wait():
    with running(limits=LONG) as d:
        # somebody who neither reads nor leaves is waited for: until somebody insists
        client = d.client(d.login("app"))
        d.gateway.send_signal(signal.SIGTERM)
        d.gateway.wait_line(lambda line: "event=stopping" in line)
        d.gateway.send_signal(signal.SIGTERM)
        finish(d)
        client.close()


def term_while_starting_ends_too():
    with deployment(limits=LONG) as d:
        # nobody listens at the leaf's place: the gate is not ready until somebody does
        d.start_gateway(stage.BUILD, stage.server.free_port(), wait=False)
        d.gateway.wait_line(lambda line: "event=upstream_unreachable" in line, stage.WAIT_S)
        d.gateway.send_signal(signal.SIGTERM)
        finish(d)


def a_terminals_interrupt_reaches_all_processes_and_ends_them_well():
    with running(limits=LONG) as d:
        d.client(d.login("app")).close()
        os.killpg(d.gateway.pid, signal.SIGINT)
        finish(d)
        check(not any("event=child_ended" in line for line in d.gateway.lines), d.gateway.tail())


DUCK = {"lame_duck_grace": "300ms", "lame_duck_duration": "1200ms"}
PATIENT_DUCK = {"lame_duck_grace": "10m", "lame_duck_duration": "10m", **LONG}


def info_after(client):
    """The next INFO this client is sent."""
    while True:
        line = client.raw.line()
        if line.startswith(b"INFO "):
            return rawclient.json.loads(line[5:])
        check(line in (b"PING", b"PONG"), f"unexpected {line!r}")


def a_lame_duck_tells_its_clients_and_serves_them():
    with running(limits=PATIENT_DUCK) as d:
        new = [d.client(d.login("app", f"user{i}")) for i in range(4)]
        d.gateway.send_signal(signal.SIGUSR2)
        for client in new:
            info = info_after(client)
            check(info.get("ldm") is True, info)
            check("nonce" not in info or info["nonce"], info)
        until(lambda: refused_by_the_kernel(d), "new connections are refused")
        # those who are there are still served
        new[3].subscribe("f.>")
        new[3].barrier()
        new[0].publish("f.a", b"still here")
        check(new[3].next().payload == b"still here")
        d.gateway.send_signal(signal.SIGTERM)
        for client in new:
            check(stage.ended(client) == [])
            client.close()
        finish(d)


def a_lame_duck_lets_its_clients_go_one_by_one():
    with running(limits={**DUCK, **LONG}) as d:
        clients = [d.client(d.login("app", f"user{i}")) for i in range(4)]
        clients.append(d.client(d.login("app", "old"), protocol=0))
        began = time.monotonic()
        d.gateway.send_signal(signal.SIGUSR2)
        gone = []
        for client in clients:
            check(stage.ended(client) == [], "a lame duck has nothing to complain about")
            gone.append(time.monotonic() - began)
            client.close()
        check(max(gone) >= 1.0, f"everybody was gone after {max(gone):.1f} s")
        finish(d)


def a_client_of_protocol_0_is_sent_no_info():
    with running(limits=DUCK) as d:
        old = d.client(d.login("app", "old"), protocol=0)
        new = d.client(d.login("app", "new"))
        d.gateway.send_signal(signal.SIGUSR2)
        info_after(new)
        while True:
            try:
                line = old.raw.line()
            except rawclient.Closed:
                break
            check(line == b"PING", f"unexpected {line!r}")


def term_ends_a_lame_duck():
    with running(limits=PATIENT_DUCK) as d:
        client = d.client(d.login("app"))
        d.gateway.send_signal(signal.SIGUSR2)
        info_after(client)
        d.gateway.send_signal(signal.SIGTERM)
        check(stage.ended(client) == [])
        client.close()
        finish(d)


def a_lame_duck_of_two_edges_ends_when_both_are_empty():
    with running(limits={"edges": 2, "lame_duck_grace": "0s", "lame_duck_duration": "500ms", **LONG}) as d:
        clients = [d.client(d.login("app", f"user{i}")) for i in range(8)]
        d.gateway.send_signal(signal.SIGUSR2)
        for client in clients:
            check(stage.ended(client) == [])
            client.close()
        finish(d)


def logged_to_a_file_all_speak_there_and_follow_it_when_it_moves():
    with deployment() as d:
        d.start_leaf()
        log = d.path("log", "gateway.log")
        g = d.start_gateway(stage.BUILD, argv=["-l", log])
        # who waits for the ready line looks at standard error, wherever the log goes
        check(len(g.lines) == 1 and g.lines[0].startswith("portcullis-gateway ready "), g.lines)
        check("portcullis-gateway ready" not in text(log) and "event=starting" in text(log))
        os.rename(log, log + ".1")
        g.send_signal(signal.SIGUSR1)
        until(lambda: os.path.exists(log) and "event=log_reopened" in text(log), "the parent writes to the new file")
        # a child may write to the old one until it is told
        d.client(d.login("app", "after")).close()
        until(lambda: 'user="after"' in text(log), "an edge writes to the new file")
        old = text(log + ".1")
        d.client(d.login("app", "again")).close()
        until(lambda: 'user="again"' in text(log), "and goes on there")
        check(text(log + ".1") == old, "somebody still writes to the old file")
        check(len(g.lines) == 1, g.lines)


def a_moved_decision_log_is_opened_anew():
    with running() as d:
        decisions = d.path("log", "decisions.jsonl")
        client = d.client(d.login("app"))
        client.publish("secret.one", b"")
        client.next_error()
        until(lambda: "secret.one" in text(decisions), "the first denial is written")
        os.rename(decisions, decisions + ".1")
        d.gateway.send_signal(signal.SIGUSR1)
        until(lambda: os.path.exists(decisions), "the file is there again")
        until(lambda: denied(client, "secret.two") and "secret.two" in text(decisions), "a later one is in the new file")
        check("secret.one" not in text(decisions))


def denied(client, subject):
    client.publish(subject, b"")
    client.next_error()
    return True


def text(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def the_pid_file_lives_as_long_as_the_gate():
    with deployment() as d:
        d.start_leaf()
        path = d.path("gate.pid")
        g = d.start_gateway(stage.BUILD, argv=["-P", path])
        check(text(path) == f"{g.pid}\n", text(path))
        check(g.stop() == 0)
        check(not os.path.exists(path), "the pid file stays behind")


def a_process_that_ends_is_replaced_and_clients_stay():
    with running() as d:
        client = d.client(d.login("app"))
        for role in ("verifier", "signer", "dispatcher", "auditor"):
            mark = d.gateway.mark()
            os.kill(stage.children(d)[role][0], signal.SIGKILL)
            d.gateway.wait_line(lambda x, r=role: "event=child_replaced" in x and f"child={r}" in x, since=mark)
            client.barrier()
            d.client(d.login("app")).close()
        client.close()


TESTS = [
    term_ends_at_once_with_clients_connected,
    term_waits_only_a_moment_for_clients_that_do_not_go,
    what_was_sent_before_term_arrives,
    a_second_term_does_not_wait,
    term_while_starting_ends_too,
    a_terminals_interrupt_reaches_all_processes_and_ends_them_well,
    a_lame_duck_tells_its_clients_and_serves_them,
    a_lame_duck_lets_its_clients_go_one_by_one,
    a_client_of_protocol_0_is_sent_no_info,
    term_ends_a_lame_duck,
    a_lame_duck_of_two_edges_ends_when_both_are_empty,
    logged_to_a_file_all_speak_there_and_follow_it_when_it_moves,
    a_moved_decision_log_is_opened_anew,
    the_pid_file_lives_as_long_as_the_gate,
    a_process_that_ends_is_replaced_and_clients_stay,
]

if __name__ == "__main__":
    sys.exit(stage.main(TESTS, sys.argv))
