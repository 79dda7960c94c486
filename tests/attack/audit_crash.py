#!/usr/bin/python3
"""Crashes of the auditor and of the whole gate, at any step of a write and at any byte of a file.

Each time the log must open again, verify, and hold a record of every command the observer on the leaf
heard; a command whose fate the crash hid is closed, once.
"""
import collections
import os
import random
import shutil
import signal
import subprocess
import time

import durable_before_forward
import stage
from stage import COMMAND, Failed, Skip, bodies, until

SEED = 20261123


def again(s):
    """Start the gate anew on the same folder; the old one must be gone."""
    d = s.deployment
    if d.gateway is not None:
        d.gateway.wait_end()
        # a parent that was killed has not waited for its children: they end when they see its end
        left = stage.gateway.left_behind(d.gateway.pid)
        if left:
            raise Failed(f"they outlive their parent: {left}")
    d.clients = []
    s.clients = []
    d.start_gateway(s.build)
    s.bystander = s.client("app")
    s.work()
    s.before = s.descriptors()


def verified(s):
    code, said = s.deployment.verify_audit(s.build)
    if code != 0:
        raise Failed(f"audit verify says {code}: {said}")


def heard(s):
    s.observer.barrier()
    return [m.payload for m in s.observer.messages if m.subject == COMMAND]


def commands(s):
    return [r for r in s.deployment.audit_records() if r["kind"] == "command" and r.get("subject") == COMMAND]


def every_one_is_there(s):
    """All that crossed is recorded; nothing is recorded twice; each that was allowed is closed once."""
    records = s.deployment.audit_records()
    ids = collections.Counter((r["run"], r["id"]) for r in commands(s))
    if [i for i, n in ids.items() if n > 1]:
        raise Failed(f"recorded twice: {ids}")
    bodies_written = collections.Counter(r["body"].encode() for r in commands(s))
    crossed = collections.Counter(heard(s))
    twice = [p for p, n in list(bodies_written.items()) + list(crossed.items()) if n > 1]
    if twice:
        raise Failed(f"recorded or forwarded twice: {twice}")
    missing = [p for p in crossed if bodies_written[p] == 0]
    if missing:
        raise Failed(f"crossed without a record: {missing}")
    closed = collections.Counter(r["of"] for r in records if r["kind"] == "outcome")
    allowed = [r["seq"] for r in records if r["kind"] == "command" and r["decision"] == "allow"]
    wrong = {seq: closed[seq] for seq in allowed if closed[seq] != 1}
    if wrong or set(closed) - set(allowed):
        raise Failed(f"outcomes: {wrong}, of others: {set(closed) - set(allowed)}")
    if [r["seq"] for r in records] != list(range(1, len(records) + 1)):
        raise Failed("the numbers have a gap")


def end(s):
    """An orderly end, after which everything has an outcome; then once more with a new run."""
    gateway = s.deployment.gateway
    gateway.send_signal(signal.SIGTERM)
    if gateway.wait_end() != 0:
        raise Failed("it did not end well")
    verified(s)
    again(s)
    until(lambda: [r for r in s.deployment.audit_records() if r["kind"] == "start"], "a start")
    every_one_is_there(s)


def load(s, tag, n=200):
    """Commands without waiting for an answer; whoever is cut off is cut off."""
    c = s.client("deployer")
    try:
        for i in range(n):
            c.raw.send(b"PUB %s %d\r\n%s\r\n" % (COMMAND.encode(), len(b := bodies.start_provider(n=f"{tag}.{i}")), b))
    except OSError:
        pass


def replaced(s, role, old):
    """Another process has the place of @old, and commands pass again."""
    until(lambda: s.roles().get(role, [old])[0] != old, f"another {role}")
    s.before.pop(old, None)
    if role == "edge":
        s.bystander = s.client("app")
    s.work()
    tag = f"after {old}"

    def passes():
        load(s, f"{tag} {time.monotonic_ns()}", 1)
        return [p for p in heard(s) if tag.encode() in p]

    until(passes, "a command that passes")


def rounds(role):
    def attack(s):
        s.start()
        s.allowed.add(COMMAND)
        chance = random.Random(f"{SEED} {role}")
        for n in range(4 if role == "gate" else 3):
            load(s, n)
            # the moment is the point: not a synchronisation
            time.sleep(chance.uniform(0.0, 0.03))
            old = s.roles()[role][0] if role != "gate" else s.deployment.gateway.pid
            os.kill(old, signal.SIGKILL)
            if role == "gate":
                again(s)
            else:
                replaced(s, role, old)
            verified(s)
        end(s)

    attack.__name__ = f"{role}_killed_under_load"
    attack.__doc__ = "kill -9 at any time: what crossed is on record, once, the log verifies, all is closed."
    return attack


def at_a_step(call, which):
    def attack(s):
        if shutil.which("strace") is None:
            raise Skip("strace is not installed (scripts/setup)")
        s.start()
        s.allowed.add(COMMAND)
        auditor = s.roles()["auditor"][0]
        argv = ["strace", "-f", "-p", str(auditor), "-e", f"trace={call}"]
        argv += ["-e", f"inject={call}:signal=KILL:when={which}"]
        tracer = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            durable_before_forward.wait_attached(tracer)
            load(s, call, 40)
            replaced(s, "auditor", auditor)
        finally:
            tracer.kill()
            tracer.wait()
            tracer.stderr.close()
        verified(s)
        end(s)

    attack.__name__ = f"killed_at_{call}_{which}"
    attack.__doc__ = "The auditor dies in this call: as any crash."
    return attack


def cut_at_any_byte(s):
    """The file ends anywhere in its last batch, or in a page of zeros: a gap record says so, and it verifies."""
    s.start()
    s.allowed.add(COMMAND)
    load(s, "whole", 5)
    until(lambda: len(heard(s)) == 5, "all crossed")
    until(lambda: [r for r in s.deployment.audit_records() if r["kind"] == "checkpoint"], "a checkpoint")
    chance = random.Random(SEED)
    folder = s.deployment.path("audit")
    for n in range(8):
        os.kill(s.deployment.gateway.pid, signal.SIGKILL)
        s.deployment.gateway.wait_end()
        path = os.path.join(folder, max(x for x in os.listdir(folder) if x.endswith(".jsonl")))
        with open(path, "rb") as f:
            text = f.read()
        # what stands behind the last checkpoint was promised to nobody who could prove it
        tail = text.rindex(b'"kind":"checkpoint"')
        tail = text.index(b"\n", tail) + 1
        with open(path, "ab") as f:
            if n % 2:
                f.write(b"\0" * chance.randrange(1, 5000))
            else:
                f.write(text[tail:][: chance.randrange(1, 400)].rstrip(b"\n") or b"{")
        again(s)
        verified(s)
    gaps = [r for r in s.deployment.audit_records() if r["kind"] == "gap"]
    if len(gaps) != 8 or not all(g["reason"] == "torn" and g["size"] == g["bytes"] for g in gaps):
        raise Failed(f"gaps: {gaps}")
    end(s)


def damage_is_not_written_over(s):
    """A signed record was changed: the gate does not start, and leaves the file as it is."""
    s.start()
    load(s, "x", 3)
    s.allowed.add(COMMAND)
    until(lambda: len(heard(s)) == 3, "all crossed")
    s.deployment.gateway.send_signal(signal.SIGTERM)
    s.deployment.gateway.wait_end()
    folder = s.deployment.path("audit")
    path = os.path.join(folder, "00000000000000000001.jsonl")
    with open(path, "rb") as f:
        text = f.read()
    with open(path, "wb") as f:
        f.write(text.replace(b'"verb":"provider.start"', b'"verb":"provider.stopp"', 1))
    changed = os.path.getsize(path)
    try:
        again(s)
    except Failed:
        pass
    else:
        raise Failed("it started on a log that was changed")
    if os.path.getsize(path) != changed:
        raise Failed("it wrote to a log that was changed")
    with open(path, "wb") as f:
        f.write(text)
    again(s)


def a_second_gate_in_the_folder(s):
    """Two gateways into one folder: the second does not start, the first goes on."""
    s.start()
    s.allowed.add(COMMAND)
    first = s.deployment.gateway
    try:
        second = stage.gateway.Gateway(first_binary(s), s.deployment.path("gateway.conf"), wait=False)
        second.wait_line(lambda x: "another gateway" in x)
        if second.wait_end() == 0:
            raise Failed("two gateways write into one folder")
    finally:
        second.kill()
    load(s, "first", 1)
    until(lambda: len(heard(s)) == 1, "the first one's command")


def first_binary(s):
    return os.path.join(s.build, "bin", "portcullis-gateway")


def another_key(s):
    """With the former key beside it the new one takes over; without, the gate does not start."""
    s.start()
    d = s.deployment
    d.gateway.send_signal(signal.SIGTERM)
    d.gateway.wait_end()
    old = d.path("keys", "audit.key")
    os.rename(old, d.path("keys", "kept.key"))
    os.rename(d.path("keys", "audit.pub"), d.path("keys", "kept.pub"))
    d.write_audit_key()
    try:
        again(s)
    except Failed:
        pass
    else:
        raise Failed("it started with a key that nobody handed over to")
    os.rename(d.path("keys", "kept.key"), old + ".old")
    again(s)
    kinds = [r["kind"] for r in d.audit_records()]
    if kinds.count("key") != 1:
        raise Failed(f"no handover: {kinds}")
    verified(s)
    end(s)
    shutil.copy(d.path("keys", "kept.pub"), d.path("keys", "audit.pub"))
    verified(s)


if __name__ == "__main__":
    stage.run(
        [rounds(r) for r in ("gate", "auditor", "dispatcher", "signer", "verifier", "edge")]
        + [at_a_step("write", n) for n in (1, 2, 3)]
        + [at_a_step("fdatasync", n) for n in (1, 2)]
        + [at_a_step("fallocate", 1)]
        + [cut_at_any_byte, damage_is_not_written_over, a_second_gate_in_the_folder, another_key]
    )
