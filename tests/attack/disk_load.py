#!/usr/bin/python3
"""A disk that fills, goes read-only or answers with errors, and an auditor that dies, while several people
command at once.

An observer on the leaf counts against the log: every command that was sent was either heard there, and then
is on record, once, with an outcome; or its sender was told that it was refused.
"""
import collections
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time

import disk_full
import stage
from audit_crash import again, verified
from stage import COMMAND, Failed, Skip, bodies, until

MIB = 1 << 20
PEOPLE = 4


class Commander(threading.Thread):
    """Commands one after the other, up to eight without waiting, each of which it can tell from all others."""

    def __init__(self, s, name):
        super().__init__(daemon=True)
        self.client = s.client("deployer")
        self.tag = name
        self.sent = []
        self.enough = threading.Event()
        self.problem = None

    def run(self):
        try:
            while not self.enough.is_set() and len(self.sent) < 20000:
                for _ in range(8):
                    body = bodies.start_provider(n=f"{self.tag}.{len(self.sent)}", pad="x" * 400)
                    self.sent.append(body)
                    self.client.publish(COMMAND, body)
                self.client.barrier()
        except Exception as e:  # noqa: BLE001 - told to whoever waits for it
            self.problem = e


class Crowd:
    """Several of them at work."""

    def __init__(self, s):
        self.s = s
        s.allowed.add(COMMAND)
        self.people = [Commander(s, f"{time.monotonic_ns()}.{i}") for i in range(PEOPLE)]

    def __enter__(self):
        for p in self.people:
            p.start()
        return self

    def __exit__(self, *_):
        for p in self.people:
            p.enough.set()
        for p in self.people:
            p.join(stage.PATIENCE_S)

    def go_on(self, n=40):
        """Wait until each has sent @n more."""
        goal = [len(p.sent) + n for p in self.people]
        until(lambda: all(len(p.sent) >= g or p.problem for p, g in zip(self.people, goal)), "more commands")

    def sent(self):
        for p in self.people:
            if p.problem is not None or p.is_alive():
                raise Failed(f"a client was not served: {p.problem}")
        return collections.Counter(b for p in self.people for b in p.sent)

    def refused(self):
        other = {e for p in self.people for e in p.client.errors} - {f'Permissions Violation for Publish to "{COMMAND}"'}
        if other:
            raise Failed(f"refused with {other}")
        return sum(len(p.client.errors) for p in self.people)


def line_that(s, event, since):
    s.deployment.gateway.wait_line(lambda x: f"event={event}" in x, since=since)


def account(s, crowd, gaps_expected):
    """What was sent, refused, heard and recorded, against each other; of gaps what is @gaps_expected, if any is."""
    s.observer.barrier()
    sent, refused = crowd.sent(), crowd.refused()
    heard = collections.Counter(m.payload for m in s.observer.messages if m.subject == COMMAND)
    records = s.deployment.audit_records()
    commands = [r for r in records if r["kind"] == "command" and r.get("subject") == COMMAND]
    written = collections.Counter(r["body"].encode() for r in commands)
    if len(sent) < 200 or refused == 0 or not heard:
        raise Failed(f"{len(sent)} sent, {refused} refused, {len(heard)} heard: that was no load")
    for what in (heard, written):
        if set(what.values()) != {1} or set(what) - set(sent):
            raise Failed("forwarded or recorded twice, or what nobody sent")
    if set(heard) - set(written):
        raise Failed(f"{len(set(heard) - set(written))} crossed without a record")
    if len(sent) != len(heard) + refused:
        raise Failed(f"{len(sent)} sent, {len(heard)} heard, {refused} refused")
    gaps = [r for r in records if r["kind"] == "gap" and r["reason"] == "not_written"]
    if gaps_expected and (len(gaps) < gaps_expected or sum(g["summed"] for g in gaps) < refused):
        raise Failed(f"{refused} refused, {len(gaps)} gaps of {sum(g['summed'] for g in gaps)}")
    if [r["seq"] for r in records] != list(range(1, len(records) + 1)):
        raise Failed("the numbers have a gap")
    print(f"        {len(sent)} sent by {PEOPLE}: {len(heard)} forwarded, each on record; {refused} refused")
    return records


def closed_once(records):
    closed = collections.Counter(r["of"] for r in records if r["kind"] == "outcome")
    allowed = {r["seq"] for r in records if r["kind"] == "command" and r["decision"] == "allow"}
    if set(closed) != allowed or max(closed.values()) != 1:
        raise Failed(f"outcomes of {len(closed)} for {len(allowed)} commands, at most {max(closed.values())}")


def end(s):
    s.deployment.gateway.send_signal(signal.SIGTERM)
    if s.deployment.gateway.wait_end() != 0:
        raise Failed("it did not end well")
    code, said = s.deployment.verify_audit(s.build)
    if code != 0:
        raise Failed(f"audit verify says {code}: {said}")


def for_a_while(s, disturb, mend, rounds=2, error="", anew=None):
    """Under load, again and again: @disturb makes writing fail, with @error, @mend ends that; it recovers by itself.
    What is durable is there @anew too, where that can be asked."""
    gate = s.deployment.gateway
    with Crowd(s) as crowd:
        for _ in range(rounds):
            crowd.go_on()
            mark = gate.mark()
            disturb()
            try:
                line_that(s, "audit_not_written", mark)
                s.work()
                crowd.go_on()
            finally:
                mend()
            line_that(s, "audit_written_again", mark)
        crowd.go_on()
    account(s, crowd, rounds)
    end(s)
    why = [x for x in gate.lines if "event=audit_not_written" in x]
    if len(why) < rounds or not all(error in x for x in why):
        raise Failed(f"another error was met: {why}")
    if anew is not None:
        anew()
        verified(s)
    closed_once(s.deployment.audit_records())
    again(s)


def fills_and_empties(s):
    """A disk of a few MiB is filled and emptied under load, again and again; it recovers by itself each time."""
    folder = s.deployment.path("audit")
    try:
        s.start(prepare=lambda d: disk_full.mount(folder, 16 * MIB))
        for_a_while(s, lambda: disk_full.fill(folder), lambda: os.unlink(os.path.join(folder, "filler")), 3, "No space left")
    finally:
        unmount(folder)


def device_errors(s):
    """A real file system on a device that answers every write with an error for a while: fdatasync says EIO, nothing
    crosses; and what it said is durable is on the device."""
    folder, image = s.deployment.path("audit"), s.deployment.path("disk")

    def immutable(sign):
        # of the file below the device; its descriptor is open, and each write to it is refused, whole
        if subprocess.run(["chattr", sign + "i", image], capture_output=True).returncode != 0:
            raise Skip("no file can be made immutable here")

    def prepare(_):
        # a journal that meets an error is the end of it: read_only_file_system()
        file_system("ext4", image, 64 * MIB, "-O", "^has_journal")
        mount_image(image, folder)

    def anew():
        until(lambda: subprocess.run(["umount", folder], capture_output=True).returncode == 0, "nobody has a file there")
        mount_image(image, folder)

    if shutil.which("chattr") is None:
        raise Skip("chattr is not installed")
    try:
        s.start(prepare=prepare)
        for_a_while(s, lambda: immutable("+"), lambda: immutable("-"), 2, "Input/output error", anew)
    finally:
        unmount(folder)


MANY = 16000


def answer_all(s, asker):
    """The host's word, long, on each command that was heard."""
    for reply in replies(s):
        s.allowed.add(reply)
        s.observer.publish(reply, b'{"accepted":false,"error":"' + b"x" * 2000 + b'"}')
        asker.next()
    s.observer.barrier()


def replies(s):
    return [m.reply for m in s.observer.messages if m.subject == COMMAND and m.reply]


def outcomes(s):
    """Those of the commands that an answer was asked for."""
    records = s.deployment.audit_records()
    mine = {r["seq"] for r in records if r["kind"] == "command" and r.get("subject") == COMMAND and r["decision"] == "allow"}
    return [r for r in records if r["kind"] == "outcome" and r["of"] in mine]


def not_written(s):
    """How many records the auditor has counted instead of writing them, as it says now."""
    with socket.socket(socket.AF_UNIX) as at:
        at.settimeout(stage.PATIENCE_S)
        at.connect(s.deployment.path("numbers"))
        at.sendall(b"GET /metrics HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")
        said = b"".join(iter(lambda: at.recv(65536), b""))
    return int(re.search(rb"^portcullis_audit_gap_total (\d+)", said, re.MULTILINE).group(1))


def outcomes_without_room(s):
    """The answers of thousands of hosts while the disk is full: 8 MiB are kept, the rest is counted, and none is lost
    for good: the next start closes what has no outcome."""
    folder = s.deployment.path("audit")
    s.deployment.sections.append(f'metrics {{ listen = "unix:{s.deployment.path("numbers")}" }}')
    try:
        s.start(limits={"max_user_commands": MANY + 10}, prepare=lambda d: disk_full.mount(folder, 64 * MIB))
        s.allowed.add(COMMAND)
        gate = s.deployment.gateway
        c = s.client("deployer")
        c.subscribe("_INBOX.many.*")
        for n in range(MANY):
            c.publish(COMMAND, bodies.start_provider(n=n), f"_INBOX.many.{n}")
            if n % 50 == 49:
                c.barrier()
                s.observer.barrier()
        c.barrier()
        if c.errors:
            raise Failed(f"refused: {c.errors[0]}")
        until(lambda: s.observer.barrier() or len(replies(s)) == MANY, "all on the leaf")
        mark, filler = gate.mark(), disk_full.fill(folder)
        s.client("deployer").publish(COMMAND, bodies.start_provider(more="y" * 9000))
        line_that(s, "audit_not_written", mark)
        answer_all(s, c)
        # the asker has his answers before the auditor has heard of them
        until(lambda: not_written(s) > 100, "the room for outcomes is used up")
        os.unlink(filler)
        until(lambda: s.status()["audit"]["durable"] > MANY + MANY // 2, "what was kept is written")
        gate.send_signal(signal.SIGTERM)
        if gate.wait_end() != 0:
            raise Failed("it did not end well")
        kept = len(outcomes(s))
        gaps = sum(r["summed"] for r in s.deployment.audit_records() if r["kind"] == "gap")
        if not MANY // 2 < kept < MANY:
            raise Failed(f"{kept} outcomes of {MANY} were kept")
        if not MANY - kept <= gaps <= MANY - kept + 10:
            raise Failed(f"{MANY - kept} outcomes are missing, the gaps say {gaps}")
        print(f"        {MANY} outcomes: {kept} kept, {MANY - kept} counted")
        again(s)
        closed_once(s.deployment.audit_records())
        if len([r for r in outcomes(s) if r["outcome"] == "unknown"]) != MANY - kept:
            raise Failed("the others are not closed as unknown")
    finally:
        unmount(folder)


def nobody_may_write(s):
    """The file is made immutable for a while: another error than a full disk, and the same answer."""
    if shutil.which("chattr") is None:
        raise Skip("chattr is not installed")
    s.start()
    changed = []

    def disturb():
        changed[:] = [disk_full.newest_segment(s)]
        if subprocess.run(["chattr", "+i", changed[0]], capture_output=True).returncode != 0:
            raise Skip("no file can be made immutable here")

    for_a_while(s, disturb, lambda: subprocess.run(["chattr", "-i", changed[0]], capture_output=True))


def unmount(folder):
    # whoever still has files there keeps them
    if os.path.ismount(folder):
        subprocess.run(["umount", "-l", folder], capture_output=True)


def file_system(kind, image, size, *options):
    with open(image, "wb") as f:
        f.truncate(size)
    mkfs = shutil.which(f"mkfs.{kind}", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if mkfs is None or subprocess.run([mkfs, "-q", *options, image]).returncode != 0:
        raise Skip(f"mkfs.{kind} is not installed")


def mount_image(image, folder):
    os.makedirs(folder, exist_ok=True)
    if subprocess.run(["mount", "-o", "loop", image, folder], capture_output=True).returncode != 0:
        raise Skip("a file system in a file cannot be mounted here")
    if os.path.isdir(os.path.join(folder, "lost+found")):
        shutil.rmtree(os.path.join(folder, "lost+found"))


def read_only_file_system(s):
    """A real file system gives up and is read-only for good: refused, reads and data go on; mounted anew it opens."""
    folder, image = s.deployment.path("audit"), s.deployment.path("disk")

    def prepare(_):
        file_system("ext4", image, 32 * MIB)
        mount_image(image, folder)

    try:
        s.start(prepare=prepare)
        gate = s.deployment.gateway
        with Crowd(s) as crowd:
            crowd.go_on()
            mark = gate.mark()
            # what ext4 does when its journal fails
            if subprocess.run(["mount", "-o", "remount,abort", folder], capture_output=True).returncode != 0:
                raise Skip("ext4 cannot be told to give up here")
            line_that(s, "audit_not_written", mark)
            s.work()
            crowd.go_on()
        disk_full.reads_go_on(s)
        told = disk_full.denied_with(s)
        if "not recorded: " not in told or not any(x in told for x in ("Read-only", "Input/output")):
            raise Failed(f"who asks for an answer reads {told}")
        argv = [os.path.join(s.build, "bin", "portcullis"), "status", "-c", s.deployment.path("gateway.conf")]
        said = subprocess.run(argv, capture_output=True, text=True, timeout=stage.PATIENCE_S)
        if said.returncode != 1 or not any(x in said.stdout + said.stderr for x in ("Read-only", "Input/output")):
            raise Failed(f"status says {said}")
        gate.send_signal(signal.SIGTERM)
        gate.wait_end()
        until(lambda: subprocess.run(["umount", folder], capture_output=True).returncode == 0, "nobody has a file there")
        mount_image(image, folder)
        again(s)
        account(s, crowd, 0)
        end(s)
        closed_once(s.deployment.audit_records())
        again(s)
    finally:
        unmount(folder)


def auditor_killed(s):
    """kill -9 of the auditor, again and again: another takes its place, and no forwarded command's record is lost."""
    s.start()
    gate = s.deployment.gateway
    with Crowd(s) as crowd:
        for _ in range(3):
            crowd.go_on()
            mark, old = gate.mark(), s.roles()["auditor"][0]
            s.before.pop(old, None)
            os.kill(old, signal.SIGKILL)
            gate.wait_line(lambda x: "event=child_replaced" in x and "child=auditor" in x, since=mark)
            s.work()
        crowd.go_on()
    account(s, crowd, 0)
    end(s)
    closed_once(s.deployment.audit_records())
    again(s)


if __name__ == "__main__":
    stage.run([fills_and_empties, device_errors, nobody_may_write, read_only_file_system, outcomes_without_room,
         auditor_killed])
