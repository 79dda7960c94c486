#!/usr/bin/python3
"""The control socket and the tool's verbs on it: status says how it goes and why, conns who is there, reload
what came of it; whoever is not us, or asks for what there is not, gets nothing."""
import json
import os
import signal
import socket
import stat
import subprocess
import sys

import stage
from portcullis_test import terminal
from stage import NARROW, bodies, check, children, deployment, running, until

COMMAND = "wasmbus.ctl.default.cmd.NHOST.la"
NOBODY = 65534


def tool(d, *args, expect=0):
    """Run the tool in the deployment; returns what it printed."""
    done = subprocess.run([os.path.join(stage.BUILD, "bin", "portcullis"), *args], cwd=d.folder, capture_output=True,
                          text=True, timeout=300)
    check(done.returncode == expect, f"{args}: {done.returncode}, not {expect}: {done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def status(d, expect=0):
    return json.loads(tool(d, "status", "--json", expect=expect))


def connect(d):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(stage.WAIT_S)
    s.connect(d.path("run", "control.sock"))
    return s


def ask(d, line):
    """One request as bytes; everything that is answered, b"" for a bare end."""
    with connect(d) as s:
        s.sendall(line)
        return rest(s)


def rest(s):
    got = b""
    try:
        while True:
            more = s.recv(65536)
            if not more:
                return got
            got += more
    except ConnectionResetError:
        return got


def events(d, kind):
    return [r for r in d.audit_records() if kind in (r.get("event"), r.get("kind"))]


def a_healthy_gateway_says_so():
    with running() as d:
        client = d.client(d.login("app"))
        client.subscribe("f.>")
        client.publish("f.a", b"1")
        client.publish("secret.a", b"1")
        client.barrier()
        s = status(d)
        check(s["ok"] and s["problems"] == [] and s["state"] == "running" and s["pid"] == d.gateway.pid, s)
        check(s["listen"] == [f"{d.gateway.host}:{d.gateway.port}"] and s["upstream"]["state"] == "reached", s)
        check(len(s["policy"]["id"]) == 16 and s["policy"]["rules"] == 2 and "refused" not in s["policy"], s)
        pids = {p["role"]: p["pid"] for p in s["processes"]}
        check(pids == {role: found[0] for role, found in children(d).items() if role in pids}, s, children(d))
        check(s["connections"]["now"] == 1 and s["connections"]["denied"] == 1, s)
        check(s["audit"]["state"] == "ok" and s["decisions"]["state"] == "ok", s)
        text = tool(d, "status")
        check("audit        ok" in text and "\033" not in text, text)


def a_command_is_counted():
    with running() as d:
        dora = d.client(d.login("deployer"))
        dora.publish(COMMAND, bodies.start_actor())
        dora.barrier()
        s = status(d)
        check(s["commands"]["total"] == 1 and s["commands"]["refused"] == 0, s)
        check(0 < s["audit"]["durable"] <= s["audit"]["seq"], s)


def who_is_connected_is_shown_with_who_it_is():
    with running(limits={"edges": "2"}) as d:
        creds = [d.login("app", name="ann"), d.login("deployer", name="dora")]
        clients = [d.client(c) for c in creds]
        clients[0].subscribe("f.>")
        clients[0].subscribe("g.>")
        for c in clients:
            c.barrier()
        said = json.loads(tool(d, "conns", "--json"))
        check(said["shown"] == said["all"] == 2, said)
        found = {c["name"]: c for c in said["connections"]}
        ann = found["ann"]
        check(ann["tags"] == "role:app" and ann["account"] == d.accounts["ACME"].key.public, ann)
        check(ann["subs"] == 2 and ann["user"].startswith("U") and ann["source"].startswith("127.0.0.1:"), ann)
        check(found["dora"]["tags"] == "role:deployer", found)
        text = tool(d, "conns")
        check("role:app" in text and "2 connected" in text, text)
        argv = [os.path.join(stage.BUILD, "bin", "portcullis"), "conns"]
        for columns in (60, 80, 129):
            lines = terminal.lines_on(columns, argv, cwd=d.folder)
            check(len(lines) == 4 and max(map(len, lines)) <= columns, columns, lines)
            check({x.split()[0] for x in lines[1:3]} == {x.split()[0] for x in text.splitlines()[1:3]}, lines, text)
            check(any("ann" in x for x in lines) and lines[0].endswith("DENIED"), lines)


def a_full_disk_is_named_and_its_end_too():
    with deployment() as d:
        small = d.path("audit")
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", small], capture_output=True).returncode != 0:
            return "skipped: a tmpfs cannot be mounted here"
        try:
            os.chmod(small, 0o700)
            d.start_leaf()
            d.start_gateway(stage.BUILD)
            dora = d.client(d.login("deployer"))
            with open(os.path.join(small, "filler"), "wb", buffering=0) as f:
                size = 65536
                while size > 0:
                    try:
                        f.write(b"x" * size)
                    except OSError:
                        size //= 2

            def failing():
                # a small record may find room in the last page, and then all is well until the next
                for i in range(20):
                    dora.publish(COMMAND, bodies.start_actor(pad="x" * 900))
                dora.barrier()
                found = d.status()
                done = subprocess.run([os.path.join(stage.BUILD, "bin", "portcullis"), "status"], cwd=d.folder,
                                      capture_output=True, text=True, check=False)
                text = done.stdout + done.stderr
                return found["audit"]["state"] == "failing" and "No space left" in text and (found, text)

            s, text = until(failing, "the audit fails")
            check("No space" in s["audit"]["why"] and s["audit"]["since"], s)
            check("make room in" in text, text)
            os.unlink(os.path.join(small, "filler"))

            def works_again():
                dora.publish(COMMAND, bodies.start_actor())
                dora.barrier()
                return json.loads(subprocess.run([os.path.join(stage.BUILD, "bin", "portcullis"), "status", "--json"],
                                                 cwd=d.folder, capture_output=True, check=False).stdout)["ok"]

            until(works_again, "the audit is written again")
            check(status(d)["audit"]["state"] == "ok")
            # or the rest of this ends with the disk that is taken away below
            check(not d.stop())
        finally:
            subprocess.run(["umount", "-l", small], capture_output=True)


def an_upstream_that_is_away_is_named():
    with running() as d:
        d.leaf.kill()
        d.leaf = None

        def away():
            try:
                d.client(d.login("app")).barrier()
            except (stage.rawclient.Closed, OSError, stage.Failed):
                pass
            return "unreachable" in subprocess.run([os.path.join(stage.BUILD, "bin", "portcullis"), "status"],
                                                   cwd=d.folder, capture_output=True, text=True, check=False).stdout

        until(away, "status says that the upstream is away")
        text = tool(d, "status", expect=1)
        check("Connection refused" in text and "nobody can log in" in text, text)


def an_edge_that_died_is_counted():
    with running() as d:
        os.kill(children(d)["edge"][0], signal.SIGKILL)
        until(lambda: [p for p in json.loads(ask(d, b"status\n"))["processes"] if p.get("restarts") == 1 and
                       p["state"] == "ready"], "the edge is replaced")
        status(d)


def a_reload_is_waited_for():
    with running() as d:
        before = status(d)["policy"]["id"]
        check("as before" in tool(d, "reload"))
        d.write_policies({"test.policy": NARROW})
        said = json.loads(tool(d, "reload", d.folder, "--json"))
        check(said["ok"] and said["before"] == before and said["policy"] != before, said)
        check(status(d)["policy"]["id"] == said["policy"])
        check([c for c in said["changes"] if c.startswith("no longer allows: ") and "g." in c], said)
        d.write_policies({"test.policy": stage.POLICY})
        check("\nallows: " in tool(d, "reload"))


def a_refused_policy_is_named_with_its_line():
    with running() as d:
        before = status(d)["policy"]["id"]
        d.write_policies({"test.policy": '\nrule x {\n  publish = [f.a\n  to = ["*"]\n}\n'})
        text = tool(d, "reload", expect=3)
        check("test.policy:4:" in text and "the one in force stays" in text, text)
        check(json.loads(tool(d, "reload", "--json", expect=3))["ok"] is False)
        s = status(d, expect=1)
        check(s["policy"]["id"] == before and "test.policy:4:" in s["policy"]["refused"]["messages"][0], s)
        d.write_policies({"test.policy": NARROW})
        tool(d, "reload", "-c", d.path("gateway.conf"))
        status(d)


def an_empty_policy_folder_is_answered():
    with running() as d:
        d.write_policies({})
        check("no *.policy file" in tool(d, "reload", expect=3))


def many_who_reload_at_once_are_all_answered():
    with running() as d:
        asking = [connect(d) for _ in range(6)]
        for s in asking:
            s.sendall(b"reload\n")
        for s in asking:
            check(json.loads(rest(s))["ok"])
            s.close()


def acts_are_on_record_with_who_did_them():
    with running() as d:
        check(json.loads(ask(d, b"read query who=dora since=1h\n"))["ok"])
        check(json.loads(ask(d, b"reopen\n"))["ok"])
        tool(d, "reload")
        d.gateway.send_signal(signal.SIGHUP)
        until(lambda: [r for r in events(d, "reload") if "HUP" in json.dumps(r)], "a reload by signal is on record")
        text = [json.dumps(r) for r in events(d, "read")]
        check(len(text) == 1 and "who=dora since=1h" in text[0] and f"uid {os.geteuid()}, pid {os.getpid()}" in text[0], text)
        check([r for r in events(d, "admin") if "reopen" in json.dumps(r)])


def reading_the_audit_is_on_record():
    with running() as d:
        said = tool(d, "audit", "tail", "-n", "50")
        check(" start " in said, said)  # its own record may come before or behind what it shows
        until(lambda: len(events(d, "read")) == 1, "the first is on record")
        tool(d, "audit", "query", "--who", "Do*", "--csv")
        until(lambda: len(events(d, "read")) == 2, "both are on record")
        tail, query = events(d, "read")
        check((tail["what"], tail["detail"], query["what"]) == ("tail", "--lines 50", "query"), (tail, query))
        check(query["detail"] == "--who Do* --csv" and f"uid {os.geteuid()}" in query["why"], query)
        # a folder of segments is nobody's deployment; and a gateway that is away hinders nobody
        tool(d, "audit", "tail", "-d", "audit")
        check(len(events(d, "read")) == 2)
        d.stop()
        check(" read query " in tool(d, "audit", "tail", "-n", "50"))


def what_is_no_request_is_answered_so_and_closed():
    with running() as d:
        for bad in (b"\n", b"STATUS\n", b"status \n", b" status\n", b"status\r\n", b"statu\n", b"status\nconns\n", b"read\n",
                    b"read \n", b"read a\tb\n", b"read Query\n", b"read x \n", b"read x \xff\n", b"\0\n", b"x" * 600):
            check("error" in json.loads(ask(d, bad)), bad)
        check(ask(d, b"read x " + b"y" * 510 + b"\n").startswith(b'{"error"'))
        # one that says nothing more
        with connect(d) as s:
            s.sendall(b"sta")
            s.shutdown(socket.SHUT_WR)
            check(rest(s) == b"")
        status(d)


def one_that_says_nothing_is_closed():
    with running() as d:
        # more than are heard at once: the others wait their turn, and all of them end
        silent = [connect(d) for _ in range(10)]
        for s in silent:
            check(rest(s) == b"")
            s.close()
        status(d)


def whoever_asks_and_goes_harms_nobody():
    """Answers nobody reads, and questions whose askers are gone before a child that sleeps has said anything."""
    with running() as d:
        edge = children(d)["edge"][0]
        before = len(os.listdir(f"/proc/{d.gateway.pid}/fd"))
        stage.process.halt(edge)
        try:
            for n in range(24):
                with connect(d) as s:
                    s.sendall((b"status\n", b"conns\n", b"read verify all of it\n")[n % 3])
            # more than one answer fits, and none is read
            silent = [connect(d) for _ in range(6)]
            for s in silent:
                s.sendall(b"conns\n")
            said = status(d, expect=1)
            check([p for p in said["processes"] if p["role"] == "edge" and p["pid"] == edge], said)
        finally:
            os.kill(edge, signal.SIGCONT)
        for s in silent:
            check(json.loads(rest(s))["shown"] == 0)
            s.close()
        check(status(d)["ok"])
        until(lambda: len(os.listdir(f"/proc/{d.gateway.pid}/fd")) <= before, "every descriptor is back")
        until(lambda: len(events(d, "read")) == 8, "all of them are on record")


def somebody_else_is_not_heard():
    if os.geteuid() != 0:
        return "skipped: not root"
    with running() as d:
        # even where the folders would let them in
        for path in (d.folder, d.path("run")):
            os.chmod(path, 0o755)
        os.chmod(d.path("run", "control.sock"), 0o666)
        code = "import socket,sys\ns=socket.socket(socket.AF_UNIX);s.settimeout(120);s.connect(sys.argv[1])\n" \
               "try:\n s.sendall(b'status\\n');print(len(s.recv(99)))\nexcept OSError:\n print(0)\n"
        done = subprocess.run([sys.executable, "-c", code, d.path("run", "control.sock")], user=NOBODY, group=NOBODY,
                              capture_output=True, text=True, timeout=300)
        check(done.stdout == "0\n", done.stdout, done.stderr)
        check(f"uid={NOBODY}" in d.gateway.wait_line(lambda line: "event=control_refused" in line))
        status(d)


def the_socket_is_private_and_goes_with_the_gateway():
    with running() as d:
        path = d.path("run", "control.sock")
        check(stat.S_IMODE(os.stat(path).st_mode) == 0o600 and stat.S_IMODE(os.stat(d.path("run")).st_mode) == 0o700)
        check(os.listdir(d.path("run")) == ["control.sock"])
        check(not d.stop())
        check(os.listdir(d.path("run")) == [])
        check("no gateway answers" in tool(d, "status", expect=5))


def what_a_killed_gateway_left_is_replaced():
    with running() as d:
        d.gateway.kill()
        check(os.path.exists(d.path("run", "control.sock")))
        tool(d, "status", expect=5)
        d.start_gateway(stage.BUILD)
        status(d)


def two_gateways_do_not_share_a_socket():
    with running() as d:
        gone = d.gateway
        second = stage.gateway.Gateway(os.path.join(stage.BUILD, "bin", "portcullis-gateway"), d.path("gateway.conf"),
                                       wait=False)
        try:
            line = second.wait_line(lambda text: "event=no_control_socket" in text)
            check("another gateway listens there" in line, line)
            until(lambda: not second.running(), "the second one has ended")
        finally:
            second.kill()
        check(gone.running() and status(d)["pid"] == gone.pid)


def a_file_that_is_no_socket_is_not_touched():
    with deployment(settings={"control": "run/mine"}) as d:
        os.makedirs(d.path("run"), 0o700)
        stage.server.write(d.path("run"), "mine", "precious")
        d.start_leaf()
        d.gateway_conf(d.leaf.port)
        other = stage.gateway.Gateway(os.path.join(stage.BUILD, "bin", "portcullis-gateway"), d.path("gateway.conf"),
                                      wait=False)
        other.wait_line(lambda text: "event=no_control_socket" in text and "no socket" in text)
        until(lambda: not other.running(), "it does not start")
        with open(d.path("run", "mine"), encoding="ascii") as f:
            check(f.read() == "precious")


def a_path_too_long_for_a_socket_is_said_before():
    with running() as d:
        with open(d.path("gateway.conf"), "a", encoding="ascii") as f:
            f.write(f'control = "run/{"x" * 120}"\n')
        check("too long for a socket" in tool(d, "check", expect=3))


TESTS = [
    a_healthy_gateway_says_so,
    a_command_is_counted,
    who_is_connected_is_shown_with_who_it_is,
    a_full_disk_is_named_and_its_end_too,
    an_upstream_that_is_away_is_named,
    an_edge_that_died_is_counted,
    a_reload_is_waited_for,
    a_refused_policy_is_named_with_its_line,
    an_empty_policy_folder_is_answered,
    many_who_reload_at_once_are_all_answered,
    acts_are_on_record_with_who_did_them,
    reading_the_audit_is_on_record,
    what_is_no_request_is_answered_so_and_closed,
    one_that_says_nothing_is_closed,
    whoever_asks_and_goes_harms_nobody,
    somebody_else_is_not_heard,
    the_socket_is_private_and_goes_with_the_gateway,
    what_a_killed_gateway_left_is_replaced,
    two_gateways_do_not_share_a_socket,
    a_file_that_is_no_socket_is_not_touched,
    a_path_too_long_for_a_socket_is_said_before,
]

if __name__ == "__main__":
    sys.exit(stage.main(TESTS, sys.argv))
