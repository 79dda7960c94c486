#!/usr/bin/python3
"""Processes that neither die nor answer: each is found out, killed and replaced, and the gate serves again. The gate
here gives them three seconds, which on a busy machine may also be too short for one that is well: that one is
replaced too, and nothing else is wrong with it."""
import os
import signal

import intruder
import stage
from portcullis_test import rawclient
from stage import COMMAND, Failed, bodies, until


def served(s, n):
    """A client's message and a command pass; who was cut off by a process that was replaced tries again."""
    try:
        app = s.client("app")
        s.work(app)
        app.close()
        deployer = s.client("deployer")
        deployer.publish(COMMAND, bodies.start_provider(n=n))
        deployer.barrier()
        refused = deployer.errors
        deployer.close()
        return not refused
    except (rawclient.Failed, OSError):
        return False


def stopped(role):
    def attack(s):
        intruder.program(s, "hasty")
        s.start()
        s.allowed.add(COMMAND)
        old = s.roles()[role][0]
        os.kill(old, signal.SIGSTOP)
        s.deployment.gateway.wait_event("child_hung", f"child={role}", f"pid={old}")
        until(lambda: s.roles().get(role, [old])[0] != old, f"another {role}")
        until(lambda: served(s, f"{role}"), "the gate serves")
        records = [r for r in s.deployment.audit_records() if r["kind"] == "command" and r.get("subject") == COMMAND]
        if not records:
            raise Failed("no record of the command")
        # from here on it asks again where one that is only slow was replaced too
        work = s.work
        s.work = lambda who=None: work(who) if who else until(lambda: served(s, "after"), "the gate serves")
        now = [p for pids in s.roles().values() for p in pids] + [s.deployment.gateway.pid]
        s.before = {p: n for p, n in s.before.items() if p in now and p != s.roles()["edge"][0]}

    attack.__name__ = f"{role}_that_hangs"
    attack.__doc__ = "It is stopped: killed by the parent, another in its place, and commands pass, recorded."
    return attack


if __name__ == "__main__":
    stage.run([stopped(role) for role in ("edge", "verifier", "signer", "dispatcher", "auditor")])
