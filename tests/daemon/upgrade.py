#!/usr/bin/python3
"""Another program takes the running one's place: no connection is refused, the log has one writer at any time, and
a program that fails leaves the old one where it was."""
import contextlib
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading

import service
import stage
from stage import bodies, check, deployment, until
from portcullis_test import certs

# a program that prepares itself as a gateway would, and is gone when it is told to go on
FAINT = """#!/usr/bin/python3
import os, socket
fd = 2 + int(os.environ["LISTEN_FDS"])
channel = socket.socket(fileno=fd)
channel.send(b"P")
channel.recv(1)
"""
NEVER = "#!/bin/sh\nexit 1\n"


class Place:
    """Where the program lies, so that another can be put there as a package manager does."""

    def __init__(self, d):
        self.build = d.path("place")
        self.program = d.path("place", "bin", "portcullis-gateway")
        os.makedirs(os.path.dirname(self.program))
        shutil.copy(os.path.join(stage.BUILD, "bin", "portcullis-gateway"), self.program)

    def put(self, text=None):
        fresh = self.program + ".new"
        if text is None:
            shutil.copy(os.path.join(stage.BUILD, "bin", "portcullis-gateway"), fresh)
        else:
            with open(fresh, "w", encoding="ascii") as f:
                f.write(text)
            os.chmod(fresh, 0o755)
        os.replace(fresh, self.program)


@contextlib.contextmanager
def placed(env=None, ready=None, **changes):
    """@ready: what is done to the deployment before anything starts."""
    with deployment(**changes) as d:
        place = Place(d)
        if ready is not None:
            ready(d)
        d.start_leaf()
        d.start_gateway(place.build, env=env)
        d.successor = None
        try:
            yield d, place
        finally:
            if d.successor is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(d.successor, signal.SIGTERM)


def ask_upgrade(d):
    tool = os.path.join(stage.BUILD, "bin", "portcullis")
    done = subprocess.run([tool, "upgrade", d.folder, "--json"], capture_output=True, text=True, timeout=stage.WAIT_S)
    return done.returncode, json.loads(done.stdout or "{}"), done.stderr


def upgrade(d):
    """The new gateway's process id, when it is ready and the old one has ended."""
    mark = d.gateway.mark()
    code, said, err = ask_upgrade(d)
    check(code == 0 and said["ok"], code, said, err)
    d.successor = said["pid"]
    d.gateway.wait_line(lambda line: line.startswith("portcullis-gateway ready "), stage.WAIT_S, mark)
    check(d.gateway.wait_end() == 0, "the old one")
    return said["pid"]


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as f:
            return f.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def end(d):
    os.kill(d.successor, signal.SIGTERM)
    until(lambda: not alive(d.successor), "the new one ends")
    d.successor = None
    code, report = d.verify_audit(stage.BUILD)
    check(code == 0, code, report)


class Callers:
    """Clients that connect again and again; every one must be greeted, and none refused."""

    def __init__(self, d):
        self.address = (d.gateway.host, d.gateway.port)
        self.stop = threading.Event()
        self.greeted, self.cut, self.refused = 0, 0, []
        self.threads = [threading.Thread(target=self._run) for _ in range(4)]
        for t in self.threads:
            t.start()

    def _run(self):
        while not self.stop.is_set():
            try:
                with socket.create_connection(self.address, stage.WAIT_S) as s:
                    # one that was let in a moment before the end may be let go without a word
                    if s.recv(5) == b"INFO ":
                        self.greeted += 1
                    else:
                        self.cut += 1
            except ConnectionResetError:
                self.cut += 1
            except OSError as e:
                self.refused.append(repr(e))

    def end(self):
        self.stop.set()
        for t in self.threads:
            t.join()


def with_tls(d):
    """Clients speak TLS, and may log in by certificate."""
    d.ca = certs.Authority(d.path("tls"))
    d.ca.sign("server")
    d.write_policies({"test.policy": stage.POLICY + """
role shown { account = <ACME>  certificates = ["dns:*.example"] }
rule shows {
  publish   = [h.>]
  subscribe = [h.>]
  to        = [shown]
}
"""})
    d.sections.append("tls {\n  cert = tls/server.crt\n  key = tls/server.key\n  ca = tls/ca.crt\n  verify = identity\n}")


def tls_and_certificates_go_along():
    with placed(ready=with_tls) as (d, place):
        context = ssl.create_default_context(cafile=d.ca.crt)
        context.load_cert_chain(*d.ca.sign("h1", names="DNS:h1.example"))

        def talks():
            client = d.client(None, tls=context)
            client.subscribe("h.x")
            client.publish("h.x", b"here")
            check(client.next().payload == b"here")
            return client

        before = talks()
        place.put()
        upgrade(d)
        check(stage.ended(before) == [])
        before.close()
        talks().close()

        def users():
            return [r["user"] for r in d.audit_records() if r["kind"] == "open"]

        until(lambda: len(users()) == 2, "both are on record")
        check(users()[0] == users()[1] and users()[0].startswith("cert:"), users())
        end(d)


def no_connection_is_refused_and_the_log_goes_on():
    with placed() as (d, place):
        old = d.gateway.pid
        client = d.client(d.login("app"))
        client.publish("secret.before", b"")
        client.next_error()
        callers = Callers(d)
        try:
            until(lambda: callers.greeted > 20, "callers call")
            place.put()
            new = upgrade(d)
            before = callers.greeted
            until(lambda: callers.greeted > before + 20, "callers are greeted by the new one")
        finally:
            callers.end()
        check(not callers.refused, callers.refused[:3])
        check(new != old and alive(new))
        check(stage.ended(client) == [])
        client.close()
        again = d.client(d.login("app"))
        again.publish("secret.after", b"")
        again.next_error()
        again.close()
        until(lambda: [r for r in d.audit_records() if r.get("subject") == "secret.after"], "the new one writes")
        end(d)
        records = d.audit_records()
        check([r["seq"] for r in records] == list(range(records[0]["seq"], records[0]["seq"] + len(records))))
        acts = [r for r in records if "upgrade" in json.dumps(r)]
        check(acts, "the upgrade is on record")
        subjects = [r.get("subject") for r in records]
        check("secret.before" in subjects and "secret.after" in subjects)


def a_command_under_way_is_finished_by_the_old_one():
    with placed(limits={"drain": "10m"}) as (d, place):
        host = d.direct()
        host.subscribe("wasmbus.ctl.default.cmd.>")
        host.barrier()
        dora = d.client(d.login("deployer"))
        dora.subscribe("_INBOX.ask.>")
        dora.publish("wasmbus.ctl.default.cmd.NHOST.la", bodies.start_actor(), reply="_INBOX.ask.1")
        command = host.next()
        place.put()
        mark = d.gateway.mark()
        code, said, err = ask_upgrade(d)
        check(code == 0, said, err)
        d.successor = said["pid"]
        d.gateway.wait_line(lambda line: "event=stopping" in line, stage.WAIT_S, mark)
        host.publish(command.reply, b"done")
        check(dora.next().payload == b"done")
        dora.close()
        d.gateway.wait_line(lambda line: line.startswith("portcullis-gateway ready "), stage.WAIT_S, mark)
        check(d.gateway.wait_end() == 0)
        end(d)
        host.close()


def stays(d, client, why):
    """The old one serves on as if nothing had been."""
    code, said, _ = ask_upgrade(d)
    check(code == 1 and not said["ok"], code, said)
    d.gateway.wait_line(lambda line: "event=upgrade_failed" in line, stage.WAIT_S)
    check(d.gateway.running(), why)
    client.barrier()
    d.client(d.login("app")).close()


def a_program_that_does_not_start_leaves_the_old_one():
    with placed() as (d, place):
        client = d.client(d.login("app"))
        place.put(NEVER)
        stays(d, client, "a program that ends")
        os.unlink(place.program)
        code, said, err = ask_upgrade(d)
        check(code != 0, said, err)
        client.barrier()
        # and afterwards it can be done
        place.put()
        upgrade(d)
        client.close()
        end(d)


def policies_or_a_configuration_that_are_wrong_leave_the_old_one():
    with placed() as (d, place):
        client = d.client(d.login("app"))
        good = open(d.path("policies", "test.policy"), encoding="utf-8").read()
        stage.server.write(d.path("policies"), "test.policy", "rule broken {\n")
        stays(d, client, "a policy")
        stage.server.write(d.path("policies"), "test.policy", good)
        conf = open(d.path("gateway.conf"), encoding="utf-8").read()
        stage.server.write(d.folder, "gateway.conf", conf + "nonsense = 1\n")
        # the old one goes on with what it has; only the tool reads the file
        code, said, err = ask_upgrade_by_socket(d)
        check(not said.get("ok"), said, err)
        client.barrier()
        client.close()


def ask_upgrade_by_socket(d):
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(stage.WAIT_S)
        s.connect(d.path("run", "control.sock"))
        s.sendall(b"upgrade\n")
        return 0, json.loads(s.makefile().read()), ""


def one_that_fails_when_the_old_one_has_made_room_brings_it_back():
    with placed() as (d, place):
        pid = d.gateway.pid
        place.put(FAINT)
        mark = d.gateway.mark()
        code, said, err = ask_upgrade(d)
        check(code == 0, said, err)
        d.gateway.wait_line(lambda line: "event=upgrade_failed" in line, stage.WAIT_S, mark)
        d.gateway.wait_line(lambda line: line.startswith("portcullis-gateway ready "), stage.WAIT_S, mark)
        check(d.gateway.running() and d.gateway.pid == pid)
        client = d.client(d.login("app"))
        client.barrier()
        client.close()
        check(d.gateway.stop() == 0)
        code, report = d.verify_audit(stage.BUILD)
        check(code == 0, report)


def the_manager_hears_of_the_new_main_process():
    with deployment() as outer, service.manager(outer.folder) as m:
        with placed(env=m.env) as (d, place):
            m.wait("READY")
            place.put()
            new = upgrade(d)
            said = m.wait("MAINPID")
            check(int(said["MAINPID"]) == new, said)
            end(d)


def the_sockets_are_the_new_ones_own():
    with placed(limits={"lame_duck_grace": "10m", "lame_duck_duration": "10m"}) as (d, place):
        for _ in range(2):
            place.put()
            mark = d.gateway.mark()
            if d.successor is None:
                upgrade(d)
                continue
            # the new one can be followed by another as well
            first = d.successor
            code, said, err = ask_upgrade(d)
            check(code == 0, said, err)
            d.successor = said["pid"]
            d.gateway.wait_line(lambda line: line.startswith("portcullis-gateway ready "), stage.WAIT_S, mark)
            until(lambda: not alive(first), "the one before has ended")
        client = d.client(d.login("app"))
        os.kill(d.successor, signal.SIGUSR2)
        until(lambda: refused(d), "a lame duck's address is refused by the kernel")
        client.close()
        end(d)


def refused(d):
    try:
        socket.create_connection((d.gateway.host, d.gateway.port), timeout=stage.WAIT_S).close()
        return False
    except ConnectionResetError:
        return False  # it stood in the queue when the socket was shut
    except ConnectionRefusedError:
        return True


def the_socket_for_numbers_goes_along():
    import metrics

    with placed(sections=['metrics { listen = "unix:run/metrics.sock" }']) as (d, place):
        at = metrics.place(d)
        metrics.ready(at)
        place.put()
        upgrade(d)
        until(lambda: metrics.reasons(at) == [], "the new one is ready")
        end(d)


TESTS = [
    tls_and_certificates_go_along,
    no_connection_is_refused_and_the_log_goes_on,
    a_command_under_way_is_finished_by_the_old_one,
    a_program_that_does_not_start_leaves_the_old_one,
    policies_or_a_configuration_that_are_wrong_leave_the_old_one,
    one_that_fails_when_the_old_one_has_made_room_brings_it_back,
    the_manager_hears_of_the_new_main_process,
    the_sockets_are_the_new_ones_own,
    the_socket_for_numbers_goes_along,
]

if __name__ == "__main__":
    sys.exit(stage.main(TESTS, sys.argv))
