#!/usr/bin/python3
"""A disk without room, and files that cannot grow: commands fail closed, data goes on, and so does the
gate when there is room again."""
import os
import shutil
import subprocess

import stage
from stage import COMMAND, Failed, bodies, Skip, until

MIB = 1 << 20
READ = "wasmbus.ctl.default.ping.hosts"


def mount(folder, size):
    os.makedirs(folder, exist_ok=True)
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], capture_output=True)
    if done.returncode != 0:
        raise Skip("a tmpfs cannot be mounted here")


def on_small_disk(s, attack):
    """Hold @attack with audit/ and log/ each on a disk of its own."""
    folders = []

    def prepare(d):
        for name in ("audit", "log"):
            mount(d.path(name), MIB)
            folders.append(d.path(name))

    try:
        s.start(prepare=prepare)
        attack()
    finally:
        for f in folders:
            subprocess.run(["umount", "-l", f], capture_output=True)


def fill(folder):
    """Leave no byte free; returns the file that takes them."""
    path = os.path.join(folder, "filler")
    with open(path, "wb", buffering=0) as f:
        size = 65536
        while size > 0:
            try:
                f.write(b"x" * size)
            except OSError:
                size //= 2
    return path


def denied_with(s):
    """What a deployer with an inbox reads when his command is refused."""
    c = s.client("deployer")
    c.subscribe("_INBOX.told.*")
    # too large for what is left of the last page
    c.publish(COMMAND, bodies.start_provider(**{f"told{i}": "x" * 900 for i in range(8)}), "_INBOX.told.1")
    return c.next().payload.decode()


def reads_go_on(s):
    """A command that changes nothing crosses unrecorded, and the log of decisions has it."""
    s.allowed.add(READ)
    looker = s.client("looker")
    looker.publish(READ, b"")
    looker.barrier()
    if looker.errors:
        raise Failed(f"a read is refused: {looker.errors}")
    until(lambda: s.observer.barrier() or [m for m in s.observer.messages if m.subject == READ], "the read")


def status_says_why(s):
    argv = [os.path.join(s.build, "bin", "portcullis"), "status", "-c", s.deployment.path("gateway.conf")]

    def said():
        # one small record may find room in the last page, and then all is well until the next
        s.client("deployer").publish(COMMAND, bodies.start_provider(**{f"more{i}": "y" * 900 for i in range(8)}))
        done = subprocess.run(argv, capture_output=True, text=True, timeout=stage.PATIENCE_S)
        return done.returncode == 1 and "No space left" in done.stdout + done.stderr

    until(said, "status says that the disk is full")


def recovers_without_a_command(s):
    """With room again it says so by itself, before anybody commands; status would have said why."""

    def attack():
        filler = fill(s.deployment.path("audit"))
        deployer = s.client("deployer")
        for i in range(20):
            deployer.publish(COMMAND, bodies.start_provider(n=i))
        deployer.barrier()
        s.allowed.add(COMMAND)
        s.deployment.gateway.wait_line(lambda x: "audit_not_written" in x)
        os.unlink(filler)
        s.deployment.gateway.wait_line(lambda x: "audit_written_again" in x)
        until(lambda: [r for r in s.deployment.audit_records() if r["kind"] == "gap"], "a gap record")

    on_small_disk(s, attack)


def audit_disk_full(s):
    """Fail closed: refused on the wire, silent on the leaf, data goes on; with room again commands cross."""

    def attack():
        s.allowed.add(COMMAND)
        deployer = s.client("deployer")
        filler = fill(s.deployment.path("audit"))
        for i in range(20):
            deployer.publish(COMMAND, bodies.start_provider(lost=i))
        deployer.barrier()
        # a tmpfs page may have had room for the first few
        if len(deployer.errors) < 10:
            raise Failed(f"only {len(deployer.errors)} of 20 refused")
        refused = len(deployer.errors)
        if "not recorded: disk full" not in denied_with(s):
            raise Failed("who asks for an answer is not told why")
        s.work()
        reads_go_on(s)
        status_says_why(s)
        s.observer.barrier()
        heard = [m for m in s.observer.messages if m.subject == COMMAND]
        written = [r for r in s.deployment.audit_records() if r.get("subject") == COMMAND]
        if len(heard) != 20 - refused or len(written) < len(heard):
            raise Failed(f"{refused} refused, {len(heard)} heard, {len(written)} written")
        os.unlink(filler)
        deployer.errors.clear()
        s.observer.messages.clear()
        deployer.publish(COMMAND, bodies.start_provider(after=1))
        deployer.barrier()
        if deployer.errors:
            raise Failed(f"still refused: {deployer.errors}")
        while s.observer.next().payload != bodies.start_provider(after=1):
            pass
        # every line is whole
        records = s.deployment.audit_records()
        mine = [r["body"] for r in records if r["kind"] == "command" and r.get("subject") == COMMAND]
        if bodies.start_provider(after=1).decode() not in mine or len(set(mine)) != len(mine):
            raise Failed(f"not once each: {mine}")
        gaps = [r for r in records if r["kind"] == "gap"]
        if not gaps or any(g["reason"] != "not_written" or "No space" not in g["why"] for g in gaps):
            raise Failed(f"gaps: {gaps}")
        # the refused ones, the one with an answer, the read: all that was not written is counted
        if sum(g["summed"] for g in gaps) < refused + 2:
            raise Failed(f"{refused} refused, gaps: {gaps}")
        code, said = s.deployment.verify_audit(s.build)
        if code != 0:
            raise Failed(f"audit verify says {code}: {said}")

    on_small_disk(s, attack)


def decision_log_disk_full(s):
    """What is only told and not promised is lost with a word; commands and data go on; later lines are whole."""

    def attack():
        s.allowed.add(COMMAND)
        filler = fill(s.deployment.path("log"))
        bad = s.client("app")
        for i in range(60):
            bad.publish("secret." + "x" * 200 + str(i))
        bad.barrier()
        s.deployment.gateway.wait_line(lambda x: "decisions_not_written" in x)
        s.work()
        deployer = s.client("deployer")
        deployer.publish(COMMAND, bodies.start_provider())
        deployer.barrier()
        if deployer.errors:
            raise Failed(f"refused: {deployer.errors}")
        os.unlink(filler)
        # of the other one the rest of this second is summed
        other = s.client("app")
        other.publish("secret.after")
        other.barrier()
        until(lambda: [x for x in whole(s) if x.get("subject") == "secret.after"], "a line after the gap")

    on_small_disk(s, attack)


def newest_segment(s):
    folder = s.deployment.path("audit")
    return os.path.join(folder, max(name for name in os.listdir(folder) if name.endswith(".jsonl")))


def whole(s):
    try:
        return s.deployment.decisions()
    except ValueError as e:
        raise Failed(f"a line of the decision log is torn: {e}")


def file_size_limit(s):
    """RLIMIT_FSIZE in the auditor's way: the same as a full disk, not the end of the auditor."""
    if shutil.which("prlimit") is None:
        raise Skip("prlimit is not installed")
    s.start()
    auditor = s.roles()["auditor"][0]
    size = os.path.getsize(newest_segment(s)) + 100
    subprocess.run(["prlimit", "--pid", str(auditor), f"--fsize={size}:unlimited"], check=True)
    deployer = s.client("deployer")
    for _ in range(5):
        deployer.publish(COMMAND, bodies.start_provider())
    deployer.barrier()
    if len(deployer.errors) != 5:
        raise Failed(f"{len(deployer.errors)} of 5 refused")
    if s.roles()["auditor"] != [auditor]:
        raise Failed("the auditor is gone")
    subprocess.run(["prlimit", "--pid", str(auditor), "--fsize=unlimited:unlimited"], check=True)
    s.allowed.add(COMMAND)
    deployer.errors.clear()
    deployer.publish(COMMAND, bodies.start_provider())
    deployer.barrier()
    if deployer.errors:
        raise Failed(f"still refused: {deployer.errors}")


def checkpoint_in_the_way(s):
    """The file `checkpoint` cannot be written: that is told once, nothing is refused, and it comes later."""
    s.start(prepare=lambda d: os.mkdir(d.path("audit", "checkpoint.new")))
    gate = s.deployment.gateway
    gate.wait_event("audit_checkpoint_not_written", "Is a directory")
    s.allowed.add(COMMAND)
    deployer = s.client("deployer")
    deployer.publish(COMMAND, bodies.start_provider())
    deployer.barrier()
    if deployer.errors:
        raise Failed(f"refused: {deployer.errors}")
    os.rmdir(s.deployment.path("audit", "checkpoint.new"))
    until(lambda: os.path.exists(s.deployment.path("audit", "checkpoint")), "the checkpoint")


if __name__ == "__main__":
    stage.run([audit_disk_full, recovers_without_a_command, decision_log_disk_full, file_size_limit,
         checkpoint_in_the_way])
