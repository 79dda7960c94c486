#!/usr/bin/python3
"""A world that gives less than was asked for: the n-th allocation fails, a process dies at its n-th message, reads and
writes move one byte and are interrupted, there is no descriptor. For each role and each n of a short conversation:
nobody crashes, nothing passes that may not, no command is forwarded that is not on record, and the gate serves again."""
import ctypes
import hashlib
import os
import signal

import intruder
import stage
from portcullis_test import process, rawclient
from stage import COMMAND, Failed, until

MEMORY, DEATH, SHORT, FILES = 1, 2, 3, 4
ROLES = ("edge", "verifier", "signer", "dispatcher", "auditor")
# a conversation's messages and allocations are fewer; a bound all the same. Of allocations each of the first thirty
# fails and then every fourth; FAULTS_EVERY=1 for all.
MOST = int(os.environ.get("FAULTS_MOST", "120"))
EVERY = int(os.environ.get("FAULTS_EVERY", "4"))
LIBC = ctypes.CDLL(None, use_errno=True)
FORBIDDEN = "wasmbus.ctl.default.cmd.NHOST.la"


def armed(pid):
    """Has it come so far that it takes orders?"""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii") as f:
            caught = [line.split()[1] for line in f if line.startswith("SigCgt")][0]
    except FileNotFoundError:
        return False
    return int(caught, 16) >> (signal.SIGRTMIN - 1) & 1 == 1


def arm(pid, fault, n):
    """sigqueue(): the number goes with the signal."""
    # through c_void_p the union sigval, whose int is at its beginning on these machines
    if LIBC.sigqueue(pid, signal.SIGRTMIN, ctypes.c_void_p(fault << 20 | n)) != 0:
        raise Failed(f"sigqueue: {os.strerror(ctypes.get_errno())}")


def converse(s, number, timeout_s=4):
    """A short life of two clients. Whatever of it works, works; what it must not do is what is looked at later. Where
    something fails an answer may never come: nobody waits long for it."""
    done = 0
    try:
        app = s.client("app", timeout_s=timeout_s)
        app.subscribe("f.faults")
        app.publish("f.faults", f"data {number}".encode())
        app.publish(FORBIDDEN, f"no {number}".encode(), "_INBOX.x.1")
        app.next()
        app.barrier()
        done += 1
        deployer = s.client("deployer", timeout_s=timeout_s)
        body = b'{"provider_ref":"r.dev/p:1","link_name":"default","annotations":{"n":"%d"}}' % number
        deployer.publish(COMMAND, body)
        deployer.barrier()  # its PING waits for the command
        done += 1
        deployer.close()
        app.close()
    except (process.Failed, rawclient.Closed, OSError):
        pass
    return done


def serves(s):
    """The gate does its work, all of it, within a moment."""

    def works():
        try:
            return converse(s, 10**6, 30) == 2
        except Failed:
            return False

    until(works, "the gate serves again")


def look(s):
    """What must hold whatever failed. Everything the leaf was sent is looked at once."""
    s.observer.barrier()
    recorded = {r.get("sha256") for r in s.deployment.audit_records() if r["kind"] == "command" and r["decision"] == "allow"}
    for m in s.observer.messages:
        if m.subject == FORBIDDEN or m.payload.startswith(b"no "):
            raise Failed(f"let through: {m}")
        if m.subject == COMMAND and hashlib.sha256(m.payload).hexdigest() not in recorded:
            raise Failed(f"not on record: {m}")
    s.observer.messages.clear()
    for line in s.deployment.gateway.lines:
        # 9: ended by the parent, on another's word; that may be who had no memory himself
        if "event=child_ended" in line and "signal=0" not in line and "signal=9" not in line:
            raise Failed(line)
    if s.deployment.gateway.sanitizer_reports():
        raise Failed(s.deployment.gateway.tail(60))


def begin(s):
    intruder.program(s, "starved")
    s.start()
    s.allowed.add("f.faults")
    converse(s, 0)


def end(s):
    serves(s)
    look(s)
    intruder.renew(s)
    s.allowed.add(COMMAND)


def places(fault):
    """Which of them fails."""
    return range(1, MOST + 1) if fault != MEMORY else [n for n in range(1, MOST + 1) if n <= 30 or n % EVERY == 0]


def each(role, fault):
    def attack(s):
        begin(s)
        fired = 0
        for n in places(fault):
            mark = s.deployment.gateway.mark()
            pid = until(lambda: [p for p in s.roles().get(role, []) if armed(p)], f"a {role}")[0]
            arm(pid, fault, n)
            converse(s, n)
            # the next one begins with a gate that is whole; what it logs comes behind what was logged before
            at = s.deployment.gateway.mark()
            serves(s)
            s.deployment.gateway.wait_line(lambda x: "event=conn_close" in x, since=at)
            look(s)
            if not any("event=starved" in x for x in s.deployment.gateway.lines[mark:]):
                break  # the conversations have no more of them
            fired += 1
        if fired == 0:
            raise Failed("nothing failed: the fault did not reach it")
        print(f"        {attack.__name__}: {fired} places")
        end(s)

    attack.__name__ = f"{role}_{'memory' if fault == MEMORY else 'dies_at_each_message'}"
    attack.__doc__ = "The n-th allocation fails." if fault == MEMORY else "It is gone at its n-th message to or from another."
    return attack


def everything_in_single_bytes(s):
    """All processes read and write one byte at a time, a third of the calls interrupted: slower, and the same answers."""
    begin(s)
    for pids in s.roles().values():
        for pid in pids:
            arm(pid, SHORT, 1)
    for n in range(3):
        if converse(s, n, stage.PATIENCE_S) != 2:
            raise Failed(f"conversation {n}")
    for pids in s.roles().values():
        for pid in pids:
            arm(pid, 0, 0)
    end(s)


def no_descriptors_for_a_while(s):
    """accept4() says EMFILE: who waits is closed or waits on, and is served when there are descriptors again."""
    begin(s)
    arm(s.roles()["edge"][0], FILES, 50)
    for _ in range(30):
        try:
            s.raw().line()
        except (Failed, OSError):
            pass
    end(s)


if __name__ == "__main__":
    stage.run([each(role, fault) for fault in (MEMORY, DEATH) for role in ROLES]
              + [everything_in_single_bytes, no_descriptors_for_a_while])
