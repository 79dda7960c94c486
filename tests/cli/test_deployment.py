#!/usr/bin/python3
"""What `init` writes, running: a real nats-server and the gateway start from it as written; strangers get
nothing, a host hears its deployer, and people come and go while it runs."""
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from portcullis_test import bodies, checks, natsjwt, process, rawclient, server  # noqa: E402


class Running:
    """A deployment, its leaf and its gateway."""

    def __init__(self, folder, binaries):
        self.tool = os.path.join(binaries, "portcullis")
        self.path = os.path.join(folder, "gate")
        self.said = json.loads(self.run("init", self.path, "--listen", "127.0.0.1:0", "--leaf",
                                        f"127.0.0.1:{server.free_port()}", "--json"))
        self.leaf = server.NatsServer(os.path.join(self.path, "leaf.conf"))
        server.write(self.path, "leaf.pid", f"{self.leaf.pid}\n")
        self.binary = os.path.join(binaries, "portcullis-gateway")
        self.start_gate()

    def start_gate(self):
        self.gate = process.Process([self.binary, "-c", os.path.join(self.path, "gateway.conf"),
                                     "-P", os.path.join(self.path, "gateway.pid")], cwd="/")
        line = self.gate.wait_line(lambda text: text.startswith("portcullis-gateway ready "))
        self.host, port = line.split()[-1].rsplit(":", 1)
        self.port = int(port)

    def run(self, *args):
        done = subprocess.run([self.tool, *args], capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, f"{args}: {done.stderr}"
        return done.stdout

    def client(self, creds=None):
        if creds is not None:
            creds = natsjwt.read_creds(os.path.join(self.path, creds))
        return rawclient.Client(self.host, self.port, creds)

    def reload_leaf(self):
        mark = self.leaf.mark()
        self.leaf.send_signal(signal.SIGHUP)
        self.leaf.wait_line(lambda line: "Reloaded server configuration" in line, since=mark)

    def reload_gate(self, event):
        """HUP, and wait until all of it is done; @event is what is said of the keys. Gives its line."""
        mark = self.gate.mark()
        self.gate.send_signal(signal.SIGHUP)
        line = self.gate.wait_line(lambda text: f"event={event}" in text, since=mark)
        for done in ("event=trust_loaded", "event=policy_loaded"):
            self.gate.wait_line(lambda text, wanted=done: wanted in text, since=mark)
        return line

    def stop_gate(self):
        self.gate.stop()
        assert self.gate.sanitizer_reports() == [], self.gate.tail()

    def stop(self):
        self.stop_gate()
        self.leaf.stop()


def refused(connect):
    try:
        connect()
    except rawclient.Failed as e:
        assert "Authorization Violation" in str(e), e
        return
    raise AssertionError("admitted")


def lost(connect):
    """Let in by the gate, but with no login upstream: closed, whatever was said before."""
    try:
        connect().barrier()
    except (rawclient.Failed, rawclient.Closed):
        return
    raise AssertionError("reached the upstream")


def roles_do_what_they_are_called(g):
    host_id = g.said["lattices"][0]["host"]
    command = f"wasmbus.ctl.default.cmd.{host_id}.lp"
    refused(g.client)
    refused(lambda: rawclient.Client(g.leaf.host, g.leaf.port,
                                     natsjwt.read_creds(os.path.join(g.path, "creds", "admin.creds"))))
    host = g.client("creds/host.creds")
    host.subscribe(f"wasmbus.ctl.default.cmd.{host_id}.*")
    host.barrier()
    assert host.errors == [], host.errors
    observer = g.client("creds/observer.creds")
    observer.publish(command, b"{}")
    assert observer.next_error() == f'Permissions Violation for Publish to "{command}"'
    observer.subscribe(f"wasmbus.ctl.default.cmd.{host_id}.*")
    assert "Permissions Violation for Subscription" in observer.next_error()
    deployer = g.client("creds/deployer.creds")
    deployer.publish(command, bodies.start_provider(by="deployer"))
    assert host.next().payload == bodies.start_provider(by="deployer")
    host.publish(command, b"{}")
    assert host.next_error() == f'Permissions Violation for Publish to "{command}"'
    host.nothing()
    for c in (host, observer, deployer):
        c.close()


def a_revoked_identity_ends_and_stays_out(g):
    out = os.path.join(g.path, "ci.creds")
    g.run("creds", "issue", "--dir", g.path, "--role", "observer", "--name", "ci", "--out", out)
    ci, other = g.client("ci.creds"), g.client("creds/observer.creds")
    g.run("creds", "revoke", "--dir", g.path, "--name", "ci")
    deadline = time.monotonic() + process.PATIENCE_S
    try:
        while time.monotonic() < deadline:
            ci.barrier()
        raise AssertionError("still connected")
    except rawclient.Closed:
        assert ci.errors == ["User Authentication Revoked"], ci.errors
    refused(lambda: g.client("ci.creds"))
    other.nothing()
    other.close()


def a_lattice_is_added_while_the_gate_runs(g):
    before = g.client("creds/admin.creds")
    before.subscribe("a.>")
    before.barrier()
    said = g.run("lattice", "add", "second", "--dir", g.path)
    for command in (f"nats-server --signal reload={g.leaf.pid}", f"portcullis-gateway --signal reload={g.gate.pid}"):
        assert command in said, said
    g.reload_leaf()
    assert "accounts=2" in g.reload_gate("keys_loaded")
    second = g.client("creds/second/admin.creds")
    second.subscribe("a.>")
    second.barrier()
    assert second.errors == [], second.errors
    second.publish("a.x", b"second")
    second.barrier()
    assert second.next().payload == b"second"
    before.nothing()
    before.publish("a.x", b"first")
    before.barrier()
    assert before.next().payload == b"first"
    second.nothing()
    before.close()
    second.close()


def bad_keys_are_refused_and_the_old_ones_stay(g):
    path = os.path.join(g.path, "keys", "upstream.keys")
    with open(path, encoding="ascii") as f:
        good = f.read()
    last, next_line = good.splitlines()[-1], f"line={len(good.splitlines()) + 1} "
    here = g.client("creds/admin.creds")
    for text, why in ((good + "SECRETNONSENSE\n", next_line), (good + last + "\n", next_line), ("", "holds no key")):
        natsjwt.write_secret(path, text)
        refusal = g.reload_gate("mint_refused")
        assert why in refusal, refusal
        assert "SECRETNONSENSE" not in g.gate.tail(1000) and last.split()[1] not in g.gate.tail(1000)
        g.client("creds/second/admin.creds").close()
    natsjwt.write_secret(path, good)
    os.chmod(path, 0o644)
    assert "chmod 600" in g.reload_gate("cannot_open")
    os.unlink(path)
    assert "upstream.keys" in g.reload_gate("cannot_open")
    g.client("creds/second/admin.creds").close()
    # a lattice that is taken out of the file has no logins any more
    natsjwt.write_secret(path, good.replace(last + "\n", ""))
    assert "accounts=1" in g.reload_gate("keys_loaded")
    lost(lambda: g.client("creds/second/admin.creds"))
    natsjwt.write_secret(path, good)
    g.reload_gate("keys_loaded")
    g.client("creds/second/admin.creds").close()
    here.barrier()
    here.close()


def bad_keys_at_the_start_are_the_end(g):
    path = os.path.join(g.path, "keys", "upstream.keys")
    with open(path, encoding="ascii") as f:
        good = f.read()
    g.stop_gate()
    natsjwt.write_secret(path, good + "nonsense\n")
    done = subprocess.run([g.binary, "-c", os.path.join(g.path, "gateway.conf")], capture_output=True, text=True,
                          timeout=300)
    assert done.returncode not in (0, 3), done
    assert "event=mint_refused" in done.stderr and "nonsense" not in done.stderr, done.stderr
    natsjwt.write_secret(path, good)
    g.start_gate()


def creds_files_are_reloaded_too(g):
    conf, path = os.path.join(g.path, "gateway.conf"), os.path.join(g.path, "keys", "data.creds")
    with open(conf, encoding="ascii") as f:
        minted = f.read()
    with open(os.path.join(g.path, "keys", "upstream.keys"), encoding="ascii") as f:
        upstream = natsjwt.KeyPair.from_seed(f.read().splitlines()[-1].split()[1])

    def put(account):
        user = natsjwt.KeyPair("user")
        natsjwt.write_creds(path, natsjwt.mint_user(account, user.public, "gate"), user.seed)

    put(upstream)
    g.stop_gate()
    fixed = "\n".join("  creds = keys/data.creds" if line.strip().startswith("mint") else line
                      for line in minted.splitlines())
    server.write(g.path, "gateway.conf", fixed + "\n")
    g.start_gate()
    g.client("creds/admin.creds").close()
    natsjwt.write_secret(path, "nonsense\n")
    assert "nonsense" not in g.reload_gate("creds_refused")
    g.client("creds/admin.creds").close()
    put(natsjwt.KeyPair("account"))  # whole, but nobody the leaf knows: these are the ones in use now
    g.reload_gate("keys_loaded")
    lost(lambda: g.client("creds/admin.creds"))
    put(upstream)
    g.reload_gate("keys_loaded")
    g.client("creds/admin.creds").close()
    g.stop_gate()
    server.write(g.path, "gateway.conf", minted)
    g.start_gate()


TESTS = [
    roles_do_what_they_are_called,
    a_revoked_identity_ends_and_stays_out,
    a_lattice_is_added_while_the_gate_runs,
    bad_keys_are_refused_and_the_old_ones_stay,
    bad_keys_at_the_start_are_the_end,
    creds_files_are_reloaded_too,
]


def main():
    with tempfile.TemporaryDirectory() as folder:
        g = Running(folder, os.path.abspath(sys.argv[1]))
        code = checks.run(TESTS, g, tail=lambda: g.gate.tail())
        g.stop()
    return code


if __name__ == "__main__":
    sys.exit(main())
