#!/usr/bin/python3
"""Faults of any kind, in any order, one into the other, while clients command: what crossed is on record, once, the log
can be proved with each key it ever had and against each checkpoint that was kept, and a stream elsewhere has it, each
record once, byte for byte.

The other attacks strike once and wait; what comes of two at a time, a key changed while the disk fills, a crash while
another is mended, is found here. Chance decides, by NEMESIS_SEED (one by the clock, printed); processes run
as they like, so that a seed says what was done and not what came of it. NEMESIS_SECONDS: how long (10); scripts/nemesis
goes on for hours."""
import collections
import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import threading
import time

import audit_crash
import disk_full
import intruder
import stage
from portcullis_test import process, rawclient, server, stream
from stage import COMMAND, Failed, Skip, bodies, until

SECONDS = float(os.environ.get("NEMESIS_SECONDS", "10"))
SEED = int(os.environ.get("NEMESIS_SEED", "0")) or time.time_ns() % 1000000
CLIENTS = 4
DISK = 512 << 20
ROLES = ("edge", "verifier", "signer", "dispatcher", "auditor", "shipper")
QUICK_S = 3.0  # a worker's patience with one answer: it tries again, nothing is judged by it
KEPT = 60
OUGHT = b'{"accepted":true,"error":""}'


class Host:
    """The observer on the leaf, who also answers: what it heard, over every connection it had."""

    def __init__(self, s):
        self.s, self.heard, self.ended = s, collections.Counter(), threading.Event()
        self.news = threading.Condition()
        self.thread = threading.Thread(target=self.listen, daemon=True)
        self.thread.start()

    def listen(self):
        # a leaf that is away cannot call: it is tried again and again, until the end is told
        while not self.ended.wait(0.01):
            with contextlib.suppress(Failed, OSError):
                c = self.s.deployment.direct(timeout_s=QUICK_S)
                try:
                    c.subscribe(COMMAND)
                    while not self.ended.is_set() and not c.raw.ended:
                        self.take(c)
                finally:
                    c.close()

    def take(self, c):
        with contextlib.suppress(Failed):
            c._one()
        while c.messages:
            m = c.messages.pop(0)
            with self.news:
                self.heard[m.payload] += 1
                self.news.notify_all()
            if m.reply:
                c.publish(m.reply, OUGHT)


    def hears(self, body):
        """Wait for it, but not for long: what was sent into a fault is sent again."""
        with self.news:
            return self.news.wait_for(lambda: self.heard[body] > 0, QUICK_S)


class Worker:
    """A client that commands, is cut off, and comes again. What it was told had happened must have happened."""

    def __init__(self, s, name, chance):
        self.s, self.name, self.chance, self.n, self.ended = s, name, chance, 0, threading.Event()
        self.answered = []
        self.logins = [s.deployment.login(role) for role in ("deployer", "app")]
        self.thread = threading.Thread(target=self.work, daemon=True)
        self.thread.start()

    def work(self):
        while not self.ended.is_set():
            gate = self.s.deployment.gateway
            try:
                c = rawclient.Client(gate.host, gate.port, self.logins[self.n % 7 == 3], timeout_s=QUICK_S)
            except (Failed, OSError):
                self.ended.wait(0.02)
                continue
            try:
                c.subscribe(f"_INBOX.{self.name}.*")
                for _ in range(self.chance.randrange(1, 80)):
                    if self.ended.is_set() or c.raw.ended:
                        break
                    self.say(c)
            except (Failed, OSError):
                pass
            finally:
                c.close()

    def say(self, c):
        self.n += 1
        body, what = bodies.start_provider(n=f"{self.name}.{self.n}"), self.chance.random()
        if what < 0.5:
            c.publish(COMMAND, body)
        elif what < 0.8:
            c.publish(COMMAND, body, f"_INBOX.{self.name}.{self.n}")
            while (m := c.next()).subject != f"_INBOX.{self.name}.{self.n}":
                pass
            if m.payload == OUGHT:
                self.answered.append(body)
        elif what < 0.9:
            c.publish(f"f.never.{self.n}", b"no")
        else:
            c.barrier()
        if what > 0.3:
            time.sleep(self.chance.uniform(0, 0.01))  # not all at once: nothing waits for it


class Successor:
    """The gateway after an upgrade: no child of ours, it speaks through the pipe of the one before."""

    def __init__(self, before, pid):
        self.before, self.pid, self.session = before, pid, session(before)
        self.host, self.port = before.host, before.port

    def running(self):
        return not process.gone(self.pid, 0)

    def send_signal(self, number):
        os.kill(self.pid, number)

    def wait_end(self):
        """Its parent is gone too: nobody knows how it ended."""
        if not process.gone(self.pid):
            raise Failed(f"{self.pid} did not end")
        return 0

    def stop(self):
        with contextlib.suppress(ProcessLookupError):
            self.send_signal(signal.SIGTERM)
        return self.wait_end()

    def kill(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.session, signal.SIGKILL)

    def tail(self, count=40):
        return self.before.tail(count)

    def sanitizer_reports(self):
        return self.before.sanitizer_reports()


def session(gate):
    """What all its processes are of: of the first one's, over any number of upgrades."""
    return getattr(gate, "session", gate.pid)


class Nemesis:
    """What it has done and not undone yet, and what it has kept of the log."""

    def __init__(self, s, chance):
        self.s, self.d, self.chance = s, s.deployment, chance
        self.filler, self.kept, self.keys, self.done = None, [], [], []
        self.policies = 0
        self.small_disk = False

    # ---- what it does ----

    def kills(self, role=None):
        role = role or self.chance.choice(ROLES)
        for pid in self.s.roles().get(role, []):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return role

    def halts(self):
        role = self.chance.choice(ROLES)
        for pid in self.s.roles().get(role, []):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
                self.pause(0.3)
                if self.chance.random() < 0.7:  # else it is found out to hang
                    os.kill(pid, signal.SIGCONT)
        return role

    def fills(self):
        if self.filler is None and self.small_disk:
            self.filler = disk_full.fill(self.d.path("audit"))

    def frees(self):
        if self.filler is not None:
            os.unlink(self.filler)
            self.filler = None

    def reads_anew(self):
        self.d.gateway.send_signal(signal.SIGHUP)

    def changes_policy(self):
        self.policies += 1
        texts = stage.talk_policies()
        texts["talk.policy"] += f"\nrule of-nemesis {{ deny_publish = [f.nobody.{self.policies}]  to = [app] }}\n"
        self.d.write_policies(texts)
        self.d.gateway.send_signal(signal.SIGHUP)

    def tool(self, *args):
        argv = [os.path.join(self.s.build, "bin", "portcullis"), *args]
        return subprocess.Popen(argv, cwd=self.d.folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)

    def rotates(self):
        """Another key; the one who asked for it may die over it."""
        asked = self.tool("audit", "rotate", "-d", self.d.folder)
        if self.chance.random() < 0.3:
            self.pause(0.05)
            asked.kill()
        # may fail, with a full disk or without a gateway; then the old one goes on
        asked.wait(stage.PATIENCE_S)

    def keeps_a_checkpoint(self):
        with contextlib.suppress(OSError):
            path = self.d.path(f"kept.{len(self.done)}")
            shutil.copy(self.d.path("audit", "checkpoint"), path)
            if os.path.getsize(path) > 0:
                self.kept.append(path)

    def loses_the_leaf(self):
        port = self.d.leaf.port
        self.d.leaf.kill()
        self.pause(0.3)
        self.d.start_leaf(port=port)

    def loses_the_stream(self):
        self.s.stream.process.kill()
        self.pause(0.3)
        self.s.stream.start()

    def ends_the_gate(self):
        """By a signal that cannot be heeded, or in order; what it left may be asked for another key before it begins again."""
        gate = self.d.gateway
        number = self.chance.choice((signal.SIGKILL, signal.SIGKILL, signal.SIGTERM))
        if number == signal.SIGTERM:
            for pids in self.s.roles().values():
                for pid in pids:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGCONT)
        gate.send_signal(number)
        gate.wait_end()
        left = stage.gateway.left_behind(session(gate))
        if left:
            raise Failed(f"they outlive their parent: {left}")
        said = gate.sanitizer_reports()
        if said:
            raise Failed("\n".join(said))
        if self.chance.random() < 0.3:
            self.rotates()
        self.frees()
        self.d.start_gateway(self.s.build)
        return number.name

    def upgrades(self):
        """The program by itself, over whatever is under way; refused, the old one goes on."""
        argv = [os.path.join(self.s.build, "bin", "portcullis"), "upgrade", self.d.folder, "--json"]
        done = subprocess.run(argv, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=stage.PATIENCE_S)
        said = json.loads(done.stdout or "{}")
        if done.returncode == 0 and said["ok"]:
            old, self.d.gateway = self.d.gateway, Successor(self.d.gateway, said["pid"])
            old.wait_end()
            return "done"
        return "refused"

    def pause(self, most_s):
        time.sleep(self.chance.uniform(0, most_s))  # the moment is the point: not a synchronisation

    # ---- and what must be so all the same ----

    def strikes(self):
        acts = [self.kills] * 6 + [self.reads_anew] * 3 + [self.rotates] * 2 + [self.keeps_a_checkpoint] * 2
        acts += [self.halts, self.fills, self.frees, self.changes_policy, self.loses_the_leaf, self.loses_the_stream,
                 self.ends_the_gate, self.upgrades]
        for _ in range(self.chance.randrange(1, 7)):
            act = self.chance.choice(acts)
            self.done.append(act.__name__)
            self.done[-1] += f" {act() or ''}"
            if not self.d.gateway.running():
                raise Failed("the gate has ended by itself")
            self.pause(0.2)

    def calm(self):
        """All undone: commands pass, and the log holds what must be in it."""
        self.frees()
        for pids in self.s.roles().values():
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)
        until(self.passes, "a command that passes")
        until(self.is_key_in_force, "the key beside the log signs")
        self.verified()

    def passes(self):
        body = bodies.start_provider(n=f"calm {time.monotonic_ns()}")
        try:
            c = self.d.client(self.s.workers[0].logins[0], timeout_s=QUICK_S)
            try:
                c.publish(COMMAND, body)
                c.barrier()
            finally:
                c.close()
        except (Failed, OSError):
            return False
        return self.s.host.hears(body)

    def is_key_in_force(self):
        """The tool may have been killed between two of its files: asked again, it goes on where it was."""
        with open(self.d.path("keys", "audit.pub"), encoding="ascii") as f:
            text = f.read()
        if not self.signed_by(text.split("+")[1]):
            self.tool("audit", "rotate", "-d", self.d.folder).wait(stage.PATIENCE_S)
            return False
        if text not in self.keys:
            self.keys.append(text)
            with open(self.d.path(f"key.{len(self.keys)}"), "w", encoding="ascii") as f:
                f.write(text)
        return True

    def signed_by(self, key_id):
        """The last start or key record names it: it signs now."""
        said = ""
        for r in self.d.audit_records():
            if r["kind"] == "start":
                said = r["detail"]
            elif r["kind"] == "key":
                said = r["note"]
        return key_id in said

    def verified(self):
        argv = [os.path.join(self.s.build, "bin", "portcullis"), "audit", "verify", "-d", self.d.path("audit")]
        for path in self.chance.sample(self.kept, min(len(self.kept), KEPT)):
            argv += ["--kept", path]
        numbers = {1, len(self.keys), self.chance.randint(1, len(self.keys))}
        for n in sorted(numbers):
            done = subprocess.run([*argv, "-k", self.d.path(f"key.{n}")], capture_output=True, text=True,
                                  timeout=stage.PATIENCE_S)
            if done.returncode != 0:
                raise Failed(f"verify with key {n} of {len(self.keys)} says {done.returncode}: {done.stdout}{done.stderr}")


def books(s):
    """What crossed is on record as allowed, and whoever was answered was heard."""
    # in this order: meanwhile they go on, and what was answered has been heard, what was heard is written
    answered = [b for w in s.workers for b in list(w.answered)]
    heard = dict(s.host.heard)
    records = s.deployment.audit_records()
    mine = [r for r in records if r["kind"] == "command" and r.get("subject") == COMMAND]
    allowed = {r["body"].encode() for r in mine if r["decision"] == "allow"}
    missing = [b for b in heard if b not in allowed]
    if missing:
        raise Failed(f"{len(missing)} crossed without a record: {missing[:3]}")
    twice = [b for b, n in heard.items() if n > 1]
    if twice:
        raise Failed(f"crossed twice: {twice[:3]}")
    written = collections.Counter(r["body"] for r in mine)
    if max(written.values()) > 1:
        raise Failed(f"recorded twice: {[b for b, n in written.items() if n > 1][:3]}")
    made_up = [b for b in answered if b not in heard]
    if made_up:
        raise Failed(f"answered and never heard: {made_up[:3]}")
    if [r["seq"] for r in records] != list(range(1, len(records) + 1)):
        raise Failed("the numbers have a gap")
    of = collections.Counter(r["of"] for r in records if r["kind"] == "outcome")
    if max(of.values(), default=0) > 1 or set(of) - {r["seq"] for r in records if r["kind"] == "command"}:
        raise Failed("an outcome twice, or of nothing")
    return len(mine), collections.Counter(r["kind"] for r in records)


def in_the_stream(s):
    """What the files have, each line once, in order."""
    lines = []
    for name in sorted(n for n in os.listdir(s.deployment.path("audit")) if n.endswith(".jsonl")):
        with open(s.deployment.path("audit", name), "rb") as f:
            lines += f.read().splitlines()
    s.stream.has(len(lines))
    found = [m[2] for m in s.stream.messages()]
    if found != lines:
        at = next(i for i, (a, b) in enumerate(zip(found, lines)) if a != b)
        raise Failed(f"the stream is not the files from record {at + 1} on: {found[at]} for {lines[at]}")


def all_closed(s):
    records = s.deployment.audit_records()
    of = {r["of"] for r in records if r["kind"] == "outcome"}
    open_ = [r["seq"] for r in records if r["kind"] == "command" and r["decision"] == "allow" and r["seq"] not in of]
    if open_:
        raise Failed(f"never closed: {open_[:5]}")


def in_any_order(s):
    """Whatever happens: no command without its record, and a log that proves itself."""
    print(f"        seed {SEED}", flush=True)
    chance = random.Random(SEED)
    intruder.program(s, "hasty")
    s.deployment.sections.append(
        "audit_log {\n  segment_size = 64KiB\n  checkpoint_records = 20\n  checkpoint_every = 1s\n}")
    disks = []
    s.stream = stream.StreamServer(s.deployment.path("elsewhere"))
    s.stream.stream(["audit.>"])
    s.deployment.sections.append(
        f'sink far {{ type = jetstream  url = "nats://127.0.0.1:{s.stream.port}"  stream = AUDIT  subject = "audit.one" }}')

    def prepare(d):
        d.start_leaf(port=server.free_port())  # it will come back there
        with contextlib.suppress(Skip):  # who may not mount leaves the full disk out
            disk_full.mount(d.path("audit"), DISK)
            disks.append(d.path("audit"))

    nemesis = Nemesis(s, chance)
    try:
        s.start(leaf=False, prepare=prepare)
        nemesis.small_disk = bool(disks)
        s.ended = True  # the bystander and the books of descriptors are other attacks' matter
        s.host = Host(s)
        s.workers = [Worker(s, f"w{n}", random.Random(f"{SEED}/{n}")) for n in range(CLIENTS)]
        begin, rounds, mine, kinds = time.monotonic(), 0, 0, {}
        try:
            nemesis.calm()
            while time.monotonic() - begin < SECONDS:
                nemesis.strikes()
                nemesis.calm()
                mine, kinds = books(s)
                rounds += 1
        except Failed as e:
            raise Failed(f"seed {SEED}, after {rounds} rounds and {nemesis.done[-12:]}: {e}") from e
        finally:
            for w in s.workers:
                w.ended.set()
            for w in s.workers:
                w.thread.join(stage.PATIENCE_S)
        s.deployment.gateway.send_signal(signal.SIGTERM)
        if s.deployment.gateway.wait_end() != 0:
            raise Failed("it did not end well")
        nemesis.verified()
        s.deployment.start_gateway(s.build)
        until(nemesis.passes, "a command that passes")
        # in order it ends when all is there, and for that it has not for ever
        # the records first: there is a checkpoint each second, and to read them all may take longer
        until(lambda: len(s.deployment.audit_records()) <= s.stream.count(), "the stream has caught up")
        s.deployment.gateway.send_signal(signal.SIGTERM)
        s.deployment.gateway.wait_end()
        nemesis.verified()
        mine, kinds = books(s)
        all_closed(s)
        in_the_stream(s)
        if not all(w.n for w in s.workers) or not any(w.answered for w in s.workers):
            raise Failed(f"said and answered: {[(w.n, len(w.answered)) for w in s.workers]}")
        acts = collections.Counter(x.split()[0] for x in nemesis.done)
        print(f"        {rounds} rounds, {mine} commands, {sum(kinds.values())} records, {len(nemesis.keys)} keys, "
              f"{len(nemesis.kept)} checkpoints kept: {dict(acts)}")
    finally:
        s.stream.process.kill()
        if hasattr(s, "host"):
            s.host.ended.set()
        for folder in disks:
            subprocess.run(["umount", "-l", folder], capture_output=True)


if __name__ == "__main__":
    stage.run([in_any_order])
