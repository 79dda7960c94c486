#!/usr/bin/python3
"""The leaf behind the gate comes, goes, or should not be there: who hears what."""
import socket
import sys

import stage
from stage import bodies, check, deployment, server


def a_leaf_that_comes_late_is_waited_for():
    with deployment() as d:
        port = server.free_port()
        g = d.start_gateway(stage.BUILD, port, wait=False)
        line = g.wait_line(lambda line: "event=upstream_unreachable" in line, stage.WAIT_S)
        check(f"port={port}" in line, line)
        check(not any("portcullis-gateway ready" in line for line in g.lines))
        d.start_leaf(port=port)
        g.wait_ready()
        d.client(d.login("app")).barrier()


def a_leaf_that_goes_takes_its_clients_along_without_a_word_and_comes_back():
    port = server.free_port()
    with deployment() as d:
        d.start_leaf(port=port)
        g = d.start_gateway(stage.BUILD)
        clients = [d.client(d.login("app", f"user{i}")) for i in range(3)]
        d.leaf.kill()
        for client in clients:
            # no -ERR: clients take a bare end as "try again"
            check(stage.ended(client) == [], client.errors)
            client.close()
        # the gate listens on; a login ends without a word, and without the words of a refusal
        check(stage.login_answer(g.host, g.port, d.login("app")) == "")
        g.wait_line(lambda line: "event=upstream_unreachable" in line)
        d.start_leaf(port=port)
        client = d.client(d.login("app", "back"))
        client.subscribe("f.>")
        client.publish("f.a", b"1")
        check(client.next().payload == b"1")
        g.wait_line(lambda line: "event=upstream_reached" in line)


def commands_pass_again_when_the_leaf_is_back():
    command = "wasmbus.ctl.default.cmd.NHOST.la"
    port = server.free_port()
    with deployment() as d:
        d.start_leaf(port=port)
        d.start_gateway(stage.BUILD)
        d.client(d.login("deployer", "one")).publish(command, bodies.start_actor())
        d.leaf.kill()
        d.start_leaf(port=port)
        observer = d.direct()
        observer.subscribe(command)
        observer.barrier()
        dora = d.client(d.login("deployer", "two"))
        dora.publish(command, bodies.start_actor(again=1))
        dora.barrier()
        check(observer.next().payload == bodies.start_actor(again=1) and not dora.errors)


def an_open_leaf_is_no_upstream():
    with deployment() as d:
        d.leaf = server.NatsServer(server.open_conf(d.folder))
        g = d.start_gateway(stage.BUILD, wait=False)
        check(g.wait_end() == 1)
        line = g.wait_line(lambda line: "event=fatal" in line)
        for word in ("without credentials", "leaf.conf", "allow_open"):
            check(word in line, f"no {word!r} in {line}")
        check(not any("portcullis-gateway ready" in line for line in g.lines))
        d.gateway = None


def an_open_leaf_is_allowed_with_a_warning_by_who_insists():
    with deployment() as d:
        d.upstream["allow_open"] = "yes"
        d.leaf = server.NatsServer(server.open_conf(d.folder))
        g = d.start_gateway(stage.BUILD)
        line = g.wait_line(lambda line: "event=upstream_open" in line)
        check("[WRN]" in line, line)


def what_is_no_nats_server_is_not_talked_to():
    with deployment() as d, socket.create_server(("127.0.0.1", 0)) as web:
        g = d.start_gateway(stage.BUILD, web.getsockname()[1], wait=False)
        web.settimeout(stage.WAIT_S)
        sock, _ = web.accept()
        sock.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        g.wait_line(lambda line: "event=upstream_probe_failed" in line, stage.WAIT_S)
        check(sock.recv(100) == b"", "something was said to it")
        sock.close()


TESTS = [
    a_leaf_that_comes_late_is_waited_for,
    a_leaf_that_goes_takes_its_clients_along_without_a_word_and_comes_back,
    commands_pass_again_when_the_leaf_is_back,
    an_open_leaf_is_no_upstream,
    an_open_leaf_is_allowed_with_a_warning_by_who_insists,
    what_is_no_nats_server_is_not_talked_to,
]

if __name__ == "__main__":
    sys.exit(stage.main(TESTS, sys.argv))
