"""What every attack needs: a deployment with a leaf and a gateway, an observer straight on the leaf, a
bystander whose work must go on, and the books: descriptors and processes before and after.

An attack is a function that takes a Stage. Its name is the vector's; its first docstring line says what
must be the answer. run() holds each with a stage of its own and, at the end, asks what always must hold:
the observer heard nothing, the bystander is still served, no sanitizer spoke, every descriptor is back.
"""
import argparse
import os
import shutil
import sys
import tempfile
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))
from portcullis_test import bodies, gateway, natsjwt, process, rawclient  # noqa: E402

Failed, until, PATIENCE_S = process.Failed, process.until, process.PATIENCE_S
COMMAND = "wasmbus.ctl.default.cmd.NHOST.lp"
WARM = "wasmbus.ctl.default.cmd.NWARM.lp"
# for a test that this machine cannot hold
SKIP = 77


class Skip(Exception):
    """This machine cannot hold the attack; the text says why."""


def talk_policies():
    folder = os.path.join(HERE, "..", "talk", "deployment")
    out = {}
    for name in sorted(os.listdir(folder)):
        if name.endswith(".policy"):
            with open(os.path.join(folder, name), encoding="utf-8") as f:
                out[name] = f.read()
    return out


def children(pid):
    """{role: [pid]} of a gateway's processes."""
    out = {}
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
        for child in f.read().split():
            try:
                with open(f"/proc/{child}/cmdline", "rb") as c:
                    words = c.read().split(b"\0")
            except OSError:
                continue
            if b"--role" in words:
                out.setdefault(words[words.index(b"--role") + 1].decode(), []).append(int(child))
    return out


def count(pid):
    """The descriptors of a process; None where only root may look."""
    try:
        return len(os.listdir(f"/proc/{pid}/fd"))
    except PermissionError:
        return None


class Stage:
    """One deployment for one attack."""

    def __init__(self, build, folder):
        self.build = build
        self.deployment = gateway.Deployment(folder)
        self.allowed = set()
        self.exit_codes = (0,)
        self.ended = False
        self.clients = []

    def start(self, limits=None, settings=None, leaf=True, leaf_conf="", policies=None, prepare=None):
        d = self.deployment
        d.limits = dict(limits or {})
        d.settings.update(settings or {})
        d.write({**talk_policies(), **(policies or {})})
        if leaf:
            d.start_leaf(leaf_conf)
        if prepare is not None:
            prepare(d)
        d.start_gateway(self.build)
        if leaf:
            self.observer = d.direct()
            self.observer.subscribe(">")
            self.observer.barrier()
        self.bystander = self.client("app")
        self.work()
        if leaf:
            # the line that commands go over is opened by the first and stays
            self.allowed.add(WARM)
            deployer = self.client("deployer")
            deployer.publish(WARM, bodies.start_provider())
            deployer.barrier()
            self.leave(deployer)
        self.before = self.descriptors()

    def connections(self):
        """Client connections that have not gone from the gateway: each has a socket there and one upstream."""
        found = self.status()
        return found["connections"]["now"] + found["connections"]["closing"] + found["limits"]["preauth"]

    def alone(self):
        """Wait until all but the bystander are gone."""
        until(lambda: self.connections() == 1, "the bystander alone")

    def leave(self, *clients):
        """Close them, and wait until their edge has nothing left of them: nobody else hears of it before."""
        for client in clients:
            client.close()
        for client in clients:
            self.deployment.gateway.wait_event("conn_close", f"client={client.info['client_id']} ")
        until(lambda: self.status()["connections"]["closing"] == 0, "their sockets are gone")

    def client(self, role, **options):
        c = self.deployment.client(self.deployment.login(role), **options)
        self.clients.append(c)
        return c

    def raw(self, source=None):
        d = self.deployment
        c = rawclient.Raw(d.gateway.host, d.gateway.port, rawclient.TIMEOUT_S, source)
        self.clients.append(c)
        return c

    def roles(self):
        return children(self.deployment.gateway.pid)

    def descriptors(self):
        """{pid: count} of the parent and its children."""
        pids = [self.deployment.gateway.pid] + [p for ps in self.roles().values() for p in ps]
        return {p: n for p in pids if (n := count(p)) is not None}

    def resident_kb(self, role):
        total = 0
        for pid in self.roles()[role]:
            with open(f"/proc/{pid}/statm", encoding="ascii") as f:
                total += int(f.read().split()[1]) * 4
        return total

    def room_kb(self):
        """What an edge may grow by in a flood: a few buffers, and what a sanitizer keeps back of freed memory."""
        with open(os.path.join(self.build, "bin", "portcullis-gateway"), "rb") as f:
            return (64 + (320 if b"__asan_init" in f.read() else 0)) * 1024

    def status(self):
        """What `portcullis status` is told."""
        return self.deployment.status()

    def reached(self, limit):
        """How often a ceiling was run into, by the gateway's own count."""
        return self.status()["limits"]["reached"][limit]

    def work(self, who=None):
        """Publish to oneself: whoever can do that is served."""
        c = who or self.bystander
        sid = c.subscribe("f.work")
        c.publish("f.work", b"still here")
        if c.next().payload != b"still here":
            raise Failed("the bystander got something else")
        c.unsubscribe(sid)
        c.barrier()

    def heard_all(self):
        """What the observer heard so far."""
        self.observer.barrier()
        return list(self.observer.messages)

    def heard(self):
        """What the observer heard that it should not have."""
        self.observer.barrier()
        return [m for m in self.observer.messages if m.subject != "f.work" and m.subject not in self.allowed]

    def check(self):
        for c in self.clients:
            if c is not self.bystander:
                c.close()
        if self.ended:
            return
        self.work()
        if hasattr(self, "observer") and self.heard():
            raise Failed(f"the observer heard {self.heard()}")

        def back():
            now = self.descriptors()
            return all(now.get(p, n) <= n for p, n in self.before.items())

        try:
            until(back, "descriptors")
        except Failed:
            raise Failed(f"descriptors: before {self.before}, after {self.descriptors()}")

    def finish(self):
        d = self.deployment
        self.reports = d.gateway.sanitizer_reports() if d.gateway else []
        complaints = d.stop()
        # whatever was done, the log is one that can be proved
        if os.path.exists(d.path("keys", "audit.pub")) and any(x.endswith(".jsonl") for x in os.listdir(d.path("audit"))):
            code, said = d.verify_audit(self.build)
            complaints += [f"audit verify says {code}: {said}"] if code != 0 else []
        return [c for c in complaints if not (self.ended and c.startswith("gateway ended with"))] + self.reports


def hold(attack, build):
    folder = tempfile.mkdtemp(prefix="attack-")
    stage = Stage(build, folder)
    tail = lambda: stage.deployment.gateway.tail(30) if stage.deployment.gateway else ""  # noqa: E731
    said = ""
    try:
        attack(stage)
        stage.check()
        said = ""
        problem = None
    except Skip as e:
        problem = e
    except Exception as e:  # noqa: BLE001 - whatever it was, the deployment must end
        said = tail()
        problem = e if isinstance(e, Failed) else Failed(traceback.format_exc())
    try:
        complaints = stage.finish()
        if complaints and problem is None:
            problem = Failed("\n".join(complaints))
    finally:
        for child in (stage.deployment.gateway, stage.deployment.leaf):
            if child is not None:
                child.kill()
        shutil.rmtree(folder, ignore_errors=True)
    return problem, said


def run(attacks):
    """main() of an attack file. Exit code: 0, 1 failed, 77 when everything had to be skipped."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("only", nargs="*")
    args = parser.parse_args()
    failed = skipped = 0
    for attack in attacks:
        if args.only and attack.__name__ not in args.only:
            continue
        begin = time.monotonic()
        problem, said = hold(attack, os.path.abspath(args.build))
        took = time.monotonic() - begin
        if problem is None:
            print(f"ok      {attack.__name__} ({took:.1f} s)")
        elif isinstance(problem, Skip):
            skipped += 1
            print(f"skipped {attack.__name__}: {problem}")
        else:
            failed += 1
            print(f"FAILED  {attack.__name__}: {problem}\n{said}")
        sys.stdout.flush()
    if failed:
        sys.exit(1)
    sys.exit(SKIP if skipped == len(attacks) else 0)
