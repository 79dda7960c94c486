#!/usr/bin/python3
"""Set-ups beyond what `init` writes: a foreign operator with fixed creds upstream, IPv6, several listeners,
several edges."""
import json
import os
import socket
import sys

import stage
from stage import bodies, check, deployment, natsjwt, rawclient, running, server, until

COMMAND = "wasmbus.ctl.default.cmd.NHOST.la"


class Foreign:
    """A NATS system that is not ours: its operator, one account, and two creds files its owner gave us."""

    def __init__(self, d):
        self.folder = d.path("foreign")
        self.operator = natsjwt.KeyPair("operator")
        self.account = natsjwt.KeyPair("account")
        self.system = natsjwt.KeyPair("account")
        self.data = self.creds(d, "data.creds", pub_deny=["wasmbus.ctl.>"])
        self.command = self.creds(d, "command.creds", pub=["wasmbus.ctl.>"], sub=["_INBOX.>"])
        d.upstream = {"creds": "data.creds", "command_creds": "command.creds"}

    def creds(self, d, name, **perms):
        pair = natsjwt.KeyPair("user")
        token = natsjwt.mint_user(self.account, pair.public, name, perms=natsjwt.permissions(**perms))
        natsjwt.write_creds(d.path(name), token, pair.seed)
        return pair

    def start(self, d):
        tokens = {
            self.account.public: natsjwt.mint_account(self.operator, self.account.public, "theirs"),
            self.system.public: natsjwt.mint_account(self.operator, self.system.public, "SYS"),
        }
        token = natsjwt.mint_operator(self.operator, "theirs", system_account=self.system.public)
        d.leaf = server.NatsServer(server.operator_conf(self.folder, token, tokens, self.system.public))

    def observer(self, d):
        pair = natsjwt.KeyPair("user")
        token = natsjwt.mint_user(self.account, pair.public, "observer")
        return rawclient.Client(d.leaf.host, d.leaf.port, (token, pair))


def a_foreign_operators_creds_carry_data_and_commands():
    with deployment() as d:
        theirs = Foreign(d)
        theirs.start(d)
        d.start_gateway(stage.BUILD)
        observer = theirs.observer(d)
        observer.subscribe(">")
        observer.barrier()
        alice, dora = d.client(d.login("app", "alice")), d.client(d.login("deployer", "dora"))
        alice.subscribe("f.>")
        alice.barrier()
        dora.publish("f.news", b"hello")
        check(alice.next().payload == b"hello" and observer.next().subject == "f.news")

        dora.publish(COMMAND, bodies.start_actor(), "_INBOX.dora.1")
        dora.barrier()
        seen = observer.next()
        check(seen.subject == COMMAND and seen.payload == bodies.start_actor(), seen)
        check("dora" not in seen.reply and seen.reply.startswith("_INBOX."), seen)
        alice.publish(COMMAND, bodies.start_actor())
        check("Permissions Violation for Publish" in alice.next_error())
        observer.nothing()
        # what an answer needs: back to the asker, under the name the asker gave
        dora.subscribe("_INBOX.dora.>")
        dora.barrier()
        dora.publish(COMMAND, bodies.start_actor(), "_INBOX.dora.2")
        observer.publish(observer.next().reply, b"done")
        answer = dora.next()
        check((answer.subject, answer.payload) == ("_INBOX.dora.2", b"done"), answer)


def a_client_never_sees_who_the_gate_is_upstream():
    with deployment() as d:
        theirs = Foreign(d)
        theirs.start(d)
        d.start_gateway(stage.BUILD)
        alice = d.client(d.login("app"))
        told = json.dumps(alice.info)
        secrets = (theirs.data.public, theirs.command.public, theirs.account.public, theirs.operator.public)
        direct = theirs.observer(d).info
        for secret in secrets + (direct["server_id"], direct["server_name"], str(direct["port"])):
            check(secret not in told, f"INFO tells {secret}: {told}")
        # what the server would tell about the connection's own user
        alice.publish("$SYS.REQ.USER.INFO", b"", "_INBOX.a.1")
        check("Permissions Violation for Publish" in alice.next_error())


def creds_of_the_wrong_system_admit_nobody_and_say_so():
    with deployment() as d:
        theirs = Foreign(d)
        theirs.start(d)
        theirs.account = natsjwt.KeyPair("account")
        theirs.creds(d, "data.creds")
        d.start_gateway(stage.BUILD)
        answer = stage.login_answer(d.gateway.host, d.gateway.port, d.login("app"))
        check(answer == "", f"a client hears {answer!r} of what is between the gate and its upstream")
        d.gateway.wait_line(lambda line: "upstream_refused_login" in line, stage.WAIT_S)


def ipv6():
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError as e:
        return f"skipped: no ::1 here ({e.strerror})"
    return None


def ipv4_and_ipv6_are_served_at_once_each_on_its_port():
    why = ipv6()
    if why:
        return why
    with deployment(listen=["127.0.0.1:0", "[::1]:0", "127.0.0.1:0"]) as d:
        d.start_leaf(host="::1")
        check(d.leaf.host == "::1", d.leaf.host)
        d.start_gateway(stage.BUILD)
        places = d.gateway.wait_ready(3)
        check([host for host, _ in places] == ["127.0.0.1", "::1", "127.0.0.1"], places)
        check(len({port for _, port in places}) == 3 and all(port > 0 for _, port in places), places)
        clients = [rawclient.Client(host, port, d.login("app", f"user{i}")) for i, (host, port) in enumerate(places)]
        for client in clients:
            client.subscribe("f.>")
            client.barrier()
        clients[0].publish("f.a", b"to all")
        check([c.next().payload for c in clients] == [b"to all"] * 3)
        check(clients[1].info["client_ip"] == "::1", clients[1].info)
        d.gateway.wait_line(lambda line: "event=conn_open" in line and 'source="::1"' in line, stage.WAIT_S)
        # with its port an address of the longer kind stands in brackets: ::1:5121 would be another one
        clients[1].publish("not.mine")
        clients[1].barrier()
        stage.until(lambda: any(n.get("event") == "pub_denied" and n["source"].startswith("[::1]:")
                                for n in d.decisions()), "the denial, with the address and its port")
    return None


def a_name_with_two_addresses_finds_the_one_that_listens():
    """`localhost` is ::1 and 127.0.0.1 on most machines, and the leaf listens on one of them."""
    addresses = {a[4][0] for a in socket.getaddrinfo("localhost", 0, type=socket.SOCK_STREAM)}
    with running() as d:
        d.stop()
        d.start_leaf()
        d.upstream["url"] = f'"nats://localhost:{d.leaf.port}"'
        d.start_gateway(stage.BUILD)
        d.client(d.login("app")).barrier()
    return None if len(addresses) > 1 else "ok, though localhost is one address here"


def a_port_that_is_taken_is_named_and_ends_the_start():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with deployment(listen=["127.0.0.1:0", f"127.0.0.1:{port}"]) as d:
            d.start_leaf()
            g = d.start_gateway(stage.BUILD, wait=False)
            check(g.wait_end() == 1)
            line = g.wait_line(lambda line: "event=cannot_listen" in line)
            check(f"port={port}" in line and "in use" in line, line)
            d.gateway = None


def open_lines(d):
    return [line for line in d.gateway.lines if "event=conn_open" in line]


def two_edges_share_the_work():
    with running(limits={"edges": 2}) as d:
        check(len(stage.children(d)["edge"]) == 2)
        first = d.client(d.login("app", "first"))
        first.subscribe("f.>")
        first.barrier()
        clients = [first]
        # the kernel wakes whom it wants; hold what comes until both have somebody
        while len({stage.pid_in(line) for line in open_lines(d)}) < 2:
            check(len(clients) < 500, "one edge got every connection")
            clients.append(d.client(d.login("app", f"user{len(clients)}")))
            until(lambda: len(open_lines(d)) >= len(clients), "a login is logged")
        clients[-1].publish("f.across", b"1")
        check(first.next().subject == "f.across")


def as_many_edges_as_can_be_configured_start():
    if stage.sanitized():
        return "skipped: 64 sanitized processes are too much for a small machine"
    with running(limits={"edges": 64}) as d:
        check(len(stage.children(d)["edge"]) == 64)
        d.client(d.login("app")).barrier()
    return None


def more_connections_than_the_shell_allows_descriptors():
    """A soft limit of open files is raised to the hard one, as nats-server's runtime does."""
    with deployment() as d:
        d.start_leaf()
        conf = d.gateway_conf(d.leaf.port)
        binary = os.path.join(stage.BUILD, "bin", "portcullis-gateway")
        limited = ["/bin/sh", "-c", 'ulimit -S -n 64; exec "$0" "$@"', binary, "-c", conf]
        d.gateway = stage.process.Process(limited, cwd=d.folder)
        place = stage.gateway.READY.search(d.gateway.wait_line(stage.gateway.READY.search, stage.WAIT_S)).groups()
        clients = [rawclient.Client(place[0], int(place[1]), d.login("app", f"u{i}")) for i in range(60)]
        clients[-1].barrier()


def fewer_descriptors_than_connections_is_a_warning_only_to_who_asked_for_them():
    for limits, level in ((None, "INF"), ({"max_connections": 5000}, "WRN")):
        with deployment() as d:
            d.start_leaf()
            d.limits = limits or {}
            conf = d.gateway_conf(d.leaf.port)
            binary = os.path.join(stage.BUILD, "bin", "portcullis-gateway")
            limited = ["/bin/sh", "-c", 'ulimit -n 4096; exec "$0" "$@"', binary, "-c", conf]
            d.gateway = stage.process.Process(limited, cwd=d.folder)
            said = d.gateway.wait_line(lambda x: "event=connections_lowered" in x, stage.WAIT_S)
            check(f"[{level}]" in said or f"level={level}" in said, said)
            d.gateway.wait_line(stage.gateway.READY.search, stage.WAIT_S)


TESTS = [
    a_foreign_operators_creds_carry_data_and_commands,
    a_client_never_sees_who_the_gate_is_upstream,
    creds_of_the_wrong_system_admit_nobody_and_say_so,
    ipv4_and_ipv6_are_served_at_once_each_on_its_port,
    a_name_with_two_addresses_finds_the_one_that_listens,
    a_port_that_is_taken_is_named_and_ends_the_start,
    two_edges_share_the_work,
    as_many_edges_as_can_be_configured_start,
    more_connections_than_the_shell_allows_descriptors,
    fewer_descriptors_than_connections_is_a_warning_only_to_who_asked_for_them,
]

if __name__ == "__main__":
    sys.exit(stage.main(TESTS, sys.argv))
