#!/usr/bin/python3
"""Under a service manager: what it is told over $NOTIFY_SOCKET, and the sockets it passes ($LISTEN_FDS). The
socket here is the protocol itself: sd_notify(3) is one datagram of lines, sd_listen_fds(3) three variables."""
import contextlib
import os
import signal
import socket
import sys
import time

import stage
from stage import check, deployment, until


class Manager:
    """The manager's end of $NOTIFY_SOCKET."""

    def __init__(self, name):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.bind(name)
        self.sock.settimeout(stage.WAIT_S)
        self.env = {k: v for k, v in os.environ.items() if not k.startswith(("LISTEN_", "WATCHDOG_"))}
        self.env["NOTIFY_SOCKET"] = name.replace("\0", "@")

    def next(self):
        """One notification, {name: value}; each line well formed."""
        said = self.sock.recv(4096).decode()
        return dict(line.split("=", 1) for line in said.rstrip("\n").split("\n"))

    def wait(self, name):
        while True:
            said = self.next()
            if name in said:
                return said


@contextlib.contextmanager
def manager(folder, abstract=False):
    m = Manager(f"\0portcullis-test-{os.getpid()}-{time.monotonic_ns()}" if abstract else os.path.join(folder, "notify"))
    try:
        yield m
    finally:
        m.sock.close()


def told(abstract):
    with deployment() as d:
        d.start_leaf()
        with manager(d.folder, abstract) as m:
            d.start_gateway(stage.BUILD, env=m.env)
            check("starting" in m.next()["STATUS"])
            ready = m.next()
            check(ready["READY"] == "1" and "policy" in ready["STATUS"], ready)
            d.gateway.send_signal(signal.SIGTERM)
            check(m.next()["STOPPING"] == "1")
            check(d.gateway.wait_end() == 0)


def the_manager_is_told_of_start_and_stop():
    told(abstract=False)


def the_managers_socket_may_be_an_abstract_one():
    told(abstract=True)


def a_reload_begins_with_a_time_and_ends_with_ready():
    with deployment() as d:
        d.start_leaf()
        with manager(d.folder) as m:
            d.start_gateway(stage.BUILD, env=m.env)
            m.wait("READY")
            before = time.monotonic_ns() // 1000
            d.gateway.send_signal(signal.SIGHUP)
            said = m.next()
            check(said["RELOADING"] == "1", said)
            # Type=notify-reload: not older than the request, on the clock of the manager
            check(before <= int(said["MONOTONIC_USEC"]) <= time.monotonic_ns() // 1000, said)
            said = m.next()
            check(said["READY"] == "1" and "refused" not in said["STATUS"], said)
            # one that is refused is over as well, and says so
            stage.server.write(d.path("policies"), "test.policy", "rule broken {\n")
            d.gateway.send_signal(signal.SIGHUP)
            check(m.next().get("RELOADING") == "1")
            said = m.next()
            check(said["READY"] == "1" and "refused" in said["STATUS"], said)


def the_watchdog_is_fed_as_often_as_it_must_be():
    with deployment() as d:
        d.start_leaf()
        with manager(d.folder) as m:
            d.start_gateway(stage.BUILD, env=dict(m.env, WATCHDOG_USEC="400000"))
            m.wait("READY")
            for _ in range(3):
                check(m.next() == {"WATCHDOG": "1"})


def a_watchdog_of_another_process_is_not_fed():
    with deployment() as d:
        d.start_leaf()
        with manager(d.folder) as m:
            d.start_gateway(stage.BUILD, env=dict(m.env, WATCHDOG_USEC="10000", WATCHDOG_PID="1"))
            m.wait("READY")
            d.gateway.send_signal(signal.SIGTERM)
            check("STOPPING" in m.next())


def no_child_inherits_what_was_for_the_gateway():
    with deployment() as d:
        d.start_leaf()
        with manager(d.folder) as m:
            d.start_gateway(stage.BUILD, env=dict(m.env, WATCHDOG_USEC="10000000"))
            m.wait("READY")
            for pids in stage.children(d).values():
                for pid in pids:
                    with open(f"/proc/{pid}/environ", "rb") as f:
                        check(f.read() == b"", pid)


def listening(host="127.0.0.1", family=socket.AF_INET):
    s = socket.socket(family, socket.SOCK_STREAM)
    s.bind((host, 0))
    s.listen(128)
    return s


def a_socket_that_was_passed_is_used_and_survives_the_gateway():
    with deployment() as d:
        d.start_leaf()
        with listening() as given:
            host, port = given.getsockname()
            d.listen = [f"{host}:{port}"]
            d.start_gateway(stage.BUILD, fds=(given.fileno(),))
            check((d.gateway.host, d.gateway.port) == (host, port))
            check(any("event=socket_given" in line for line in d.gateway.lines), d.gateway.tail())
            client = d.client(d.login("app"))
            client.subscribe("f.>")
            client.barrier()
            client.close()
            check(d.gateway.stop() == 0)
            # who comes now waits for the next gateway and is not refused
            waiting = socket.create_connection((host, port), stage.WAIT_S)
            d.start_gateway(stage.BUILD, fds=(given.fileno(),))
            check(waiting.recv(5) == b"INFO ")
            waiting.close()


def a_passed_socket_is_one_of_several_and_the_others_are_opened():
    with deployment() as d:
        d.start_leaf()
        with listening() as given:
            port = given.getsockname()[1]
            d.listen = ["127.0.0.1:0", f"127.0.0.1:{port}"]
            d.listen.reverse()
            d.start_gateway(stage.BUILD, wait=False, fds=(given.fileno(),))
            found = d.gateway.wait_ready(2)
            check(found[0][1] == port and found[1][1] != port, found)


def fails(d, why, **options):
    d.start_gateway(stage.BUILD, d.leaf.port, wait=False, **options)
    line = d.gateway.wait_line(lambda text: "event=cannot_listen" in text, stage.WAIT_S)
    check(why in line, line)
    check(d.gateway.wait_end() == 1)
    d.gateway = None


def sockets_that_do_not_fit_are_an_error():
    with deployment() as d:
        d.start_leaf()
        with listening() as given, socket.socket() as deaf, open("/dev/null", "rb") as file:
            port = given.getsockname()[1]
            d.listen = ["127.0.0.2:0"]
            fails(d, f"127.0.0.1:{port}", fds=(given.fileno(),))
            fails(d, "not a listening stream socket", fds=(deaf.fileno(),))
            fails(d, "no socket", fds=(file.fileno(),))
            fails(d, "more sockets", env=dict(os.environ, LISTEN_PID="x", LISTEN_FDS="1"))


def sockets_for_another_process_are_not_touched():
    with deployment() as d:
        d.start_leaf()
        d.start_gateway(stage.BUILD, env=dict(os.environ, LISTEN_PID="1", LISTEN_FDS="1"))
        until(lambda: d.gateway.running(), "it runs")
        check(not any("event=socket_given" in line for line in d.gateway.lines))


TESTS = [
    the_manager_is_told_of_start_and_stop,
    the_managers_socket_may_be_an_abstract_one,
    a_reload_begins_with_a_time_and_ends_with_ready,
    the_watchdog_is_fed_as_often_as_it_must_be,
    a_watchdog_of_another_process_is_not_fed,
    no_child_inherits_what_was_for_the_gateway,
    a_socket_that_was_passed_is_used_and_survives_the_gateway,
    a_passed_socket_is_one_of_several_and_the_others_are_opened,
    sockets_that_do_not_fit_are_an_error,
    sockets_for_another_process_are_not_touched,
]

if __name__ == "__main__":
    sys.exit(stage.main(TESTS, sys.argv))
