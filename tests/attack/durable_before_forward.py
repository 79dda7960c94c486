#!/usr/bin/python3
"""A command crosses only after its record is on the disk.

strace holds the auditor's fdatasync back: as long as it does, the observer on the leaf must see nothing;
when it lets go, the command arrives. The same without strace shows that the observer would have seen it.
"""
import os
import shutil
import signal
import subprocess
import time

import stage
from stage import COMMAND, Failed, bodies, Skip

HELD_S = 2.0


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
    tracer = attach(s.roles()["auditor"][0])
    try:
        begin = time.monotonic()
        deployer.publish(COMMAND, bodies.start_provider())
        deployer.raw.send(b"PING\r\n")
        # everybody else is served meanwhile, and the observer's own line is live
        looks = 0
        while time.monotonic() - begin < HELD_S * 0.6:
            s.work()
            s.observer.barrier()
            early = [m for m in s.observer.messages if m.subject == COMMAND]
            if early:
                raise Failed(f"the command crossed {time.monotonic() - begin:.2f} s after it was sent, unrecorded")
            looks += 1
        if looks == 0:
            raise Failed("the observer never looked")
        while not [m for m in s.observer.messages if m.subject == COMMAND]:
            s.observer._one()
        took = time.monotonic() - begin
        if took < HELD_S * 0.9:
            raise Failed(f"it crossed after {took:.2f} s, fdatasync was held for {HELD_S} s")
        while deployer._one() != b"PONG":
            pass
    finally:
        tracer.send_signal(signal.SIGINT)
        try:
            tracer.wait(10)
        except subprocess.TimeoutExpired:
            tracer.kill()
            tracer.wait()
        tracer.stderr.close()
    records = [r for r in s.deployment.audit_records() if r.get("subject") == COMMAND]
    if len(records) != 1:
        raise Failed(f"records: {records}")


if __name__ == "__main__":
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    stage.run([control_without_a_delay, nothing_crosses_while_the_disk_is_waited_for])
