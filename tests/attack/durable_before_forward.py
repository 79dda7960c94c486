#!/usr/bin/python3
"""A command crosses only after its record is on the disk.

strace holds the auditor's fdatasync back: as long as it does, the observer on the leaf must see nothing;
when it lets go, the command arrives. The same without strace shows that the observer would have seen it.
"""
import os
import shutil
import subprocess

import stage
from stage import COMMAND, Failed, bodies, Skip

# until the test lets go: no clock decides
HELD_S = 3600
LOOKS = 5
FDATASYNC = {"x86_64": 75, "aarch64": 83}.get(os.uname().machine)


def wait_attached(tracer):
    for raw in tracer.stderr:
        line = raw.decode("utf-8", "replace")
        if "attached" in line:
            return
        if "ptrace" in line or "not permitted" in line:
            break
    tracer.wait()
    raise Skip("ptrace is forbidden here")


def attach(pid):
    """strace on the auditor, every fdatasync delayed; returns when it is attached."""
    if shutil.which("strace") is None:
        raise Skip("strace is not installed (scripts/setup)")
    argv = ["strace", "-f", "-p", str(pid), "-e", "trace=fdatasync", "-e"]
    argv.append(f"inject=fdatasync:delay_enter={int(HELD_S * 1000000)}")
    tracer = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    wait_attached(tracer)
    return tracer


def held(pid):
    """Is it stopped by its tracer, on its way into fdatasync?"""
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as f:
        stopped = f.read().rpartition(")")[2].split()[0] == "t"
    with open(f"/proc/{pid}/syscall", encoding="ascii") as f:
        return stopped and f.read().split()[0] == str(FDATASYNC)


def control_without_a_delay(s):
    """The command arrives, recorded."""
    s.start()
    s.allowed.add(COMMAND)
    deployer = s.client("deployer")
    deployer.publish(COMMAND, bodies.start_provider())
    deployer.barrier()
    while s.observer.next().subject != COMMAND:
        pass
    if not [r for r in s.deployment.audit_records() if r.get("subject") == COMMAND]:
        raise Failed("no record")


def nothing_crosses_while_the_disk_is_waited_for(s):
    """Silence on the leaf until fdatasync returns, then the command, once."""
    s.start()
    s.allowed.add(COMMAND)
    deployer = s.client("deployer")
    auditor = s.roles()["auditor"][0]
    tracer = attach(auditor)
    try:
        deployer.publish(COMMAND, bodies.start_provider())
        deployer.raw.send(b"PING\r\n")
        stage.until(lambda: held(auditor), "the auditor is held in fdatasync")
        # everybody else is served meanwhile, and the observer's own line is live
        for _ in range(LOOKS):
            s.work()
            s.observer.barrier()
            if [m for m in s.observer.messages if m.subject == COMMAND]:
                raise Failed("the command crossed while its record waited for the disk")
        if not held(auditor):
            raise Failed("the auditor was not held: that was no test")
    finally:
        # whoever was traced by a process that is gone goes on, with the call it was held in
        tracer.kill()
        tracer.wait()
        tracer.stderr.close()
    while not [m for m in s.observer.messages if m.subject == COMMAND]:
        s.observer._one()
    while deployer._one() != b"PONG":
        pass
    records = [r for r in s.deployment.audit_records() if r.get("subject") == COMMAND]
    if len(records) != 1:
        raise Failed(f"records: {records}")


if __name__ == "__main__":
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    stage.run([control_without_a_delay, nothing_crosses_while_the_disk_is_waited_for])
