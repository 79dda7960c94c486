#!/usr/bin/python3
"""Processes of the gate that die or are stopped, and signals while clients are at work."""
import os
import signal
import time

import stage
from stage import COMMAND, Failed, bodies, until


def edge_killed(s):
    """A dead edge is replaced; nobody else is; a command sent through the new one goes to its own client."""
    s.start()
    s.allowed.add(COMMAND)
    others = {role: pids for role, pids in s.roles().items() if role != "edge"}
    old = s.roles()["edge"][0]
    for round_ in range(3):
        mark = s.deployment.gateway.mark()
        os.kill(s.roles()["edge"][0], signal.SIGKILL)
        s.deployment.gateway.wait_line(lambda x: "child_ended" in x and "child=edge" in x, since=mark)
        s.bystander = s.client("app")
        s.work()
        deployer = s.client("deployer")
        sid = deployer.subscribe("_INBOX.mine.*")
        deployer.publish(COMMAND, bodies.start_provider(), "_INBOX.mine.1")
        deployer.barrier()
        deployer.unsubscribe(sid)
        deployer.close()
    now = {role: pids for role, pids in s.roles().items() if role != "edge"}
    if now != others or s.roles()["edge"][0] == old:
        raise Failed(f"before {others}, now {now}")
    new = s.roles()["edge"][0]
    s.before[new] = s.before.pop(old)


def edge_replaced_while_the_others_sleep(s):
    """The others learn of the new edge before they could read the end of the old one, and carry on."""
    s.start()
    asleep = [p for role in ("verifier", "signer", "dispatcher", "auditor") for p in s.roles()[role]]
    old = s.roles()["edge"][0]
    for p in asleep:
        os.kill(p, signal.SIGSTOP)
    try:
        os.kill(old, signal.SIGKILL)
        until(lambda: s.roles().get("edge", [old])[0] != old, "a new edge")
    finally:
        for p in asleep:
            os.kill(p, signal.SIGCONT)
    s.bystander = s.client("app")
    s.work()
    s.before[s.roles()["edge"][0]] = s.before.pop(old)


def killed_role(role):
    def attack(s):
        """The gate ends, all of it, with a log line; nothing goes on without what was lost."""
        s.start()
        os.kill(s.roles()[role][0], signal.SIGKILL)
        code = s.deployment.gateway.child.wait(20)
        s.ended = True
        if code == 0:
            raise Failed("the gate ended as if all were well")
        try:
            s.bystander.barrier()
        except Exception:  # noqa: BLE001 - any end will do
            return
        raise Failed("a connection outlived the gate")

    attack.__name__ = f"{role}_killed"
    return attack


def reload_under_load(s):
    """HUP a few times while messages flow: every message arrives, in order, nobody is dropped."""
    s.start()
    sub = s.client("app")
    sub.subscribe("f.load")
    sub.barrier()
    s.allowed.add("f.load")
    sent = 0
    for _ in range(10):
        s.deployment.gateway.send_signal(signal.SIGHUP)
        for _ in range(200):
            s.bystander.publish("f.load", str(sent).encode())
            sent += 1
        s.bystander.barrier()
    for i in range(sent):
        if sub.next().payload != str(i).encode():
            raise Failed(f"message {i} is missing")
    s.deployment.gateway.wait_line(lambda x: "event=policy_loaded" in x)


def lame_duck(s):
    """USR2: clients are told, then closed in time; the gate ends with 0."""
    s.start(limits={"lame_duck_grace": "1s", "lame_duck_duration": "1s"})
    s.deployment.gateway.send_signal(signal.SIGUSR2)
    while b'"ldm":true' not in s.bystander.raw.line().replace(b" ", b""):
        pass
    s.bystander.raw.expect_end()
    if s.deployment.gateway.child.wait(20) != 0:
        raise Failed("the gate did not end well")
    s.ended = True


def terminated_with_clients(s):
    """TERM with many clients in every stage: all are closed, the gate ends with 0 in time."""
    s.start()
    many = [s.client("app") for _ in range(30)] + [s.raw() for _ in range(30)]
    for c in many[::3]:
        (c.raw if hasattr(c, "raw") else c).send(b"CONNECT {")
    begin = time.monotonic()
    s.deployment.gateway.send_signal(signal.SIGTERM)
    code = s.deployment.gateway.child.wait(20)
    s.ended = True
    if code != 0 or time.monotonic() - begin > 12:
        raise Failed(f"ended with {code} after {time.monotonic() - begin:.1f} s")


if __name__ == "__main__":
    stage.run(
        [edge_killed, edge_replaced_while_the_others_sleep]
        + [killed_role(r) for r in ("verifier", "signer", "dispatcher", "auditor")]
        + [reload_under_load, lame_duck, terminated_with_clients]
    )
