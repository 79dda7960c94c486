#!/usr/bin/python3
"""Processes of the gate that die or are stopped, and signals while clients are at work."""
import json
import os
import signal
import subprocess
import time

import stage
from portcullis_test.process import before, halt, in_time
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
        halt(p)
    try:
        os.kill(old, signal.SIGKILL)
        until(lambda: s.roles().get("edge", [old])[0] != old, "a new edge")
    finally:
        for p in asleep:
            os.kill(p, signal.SIGCONT)
    s.bystander = s.client("app")
    s.work()
    s.before[s.roles()["edge"][0]] = s.before.pop(old)


def kill(s, role):
    """Kill it; another is ready. Return: the new one's pid."""
    old = s.roles()[role][0]
    mark = s.deployment.gateway.mark()
    os.kill(old, signal.SIGKILL)
    s.deployment.gateway.wait_line(
        lambda x: "event=child_replaced" in x and f"child={role}" in x, since=mark)
    s.before.pop(old, None)
    return s.roles()[role][0]


def served(s, deployer):
    """Who was there goes on, and commands; somebody new is let in."""
    s.work()
    command_passes(s, deployer)
    late = s.client("deployer")
    command_passes(s, late)
    late.close()


def command_passes(s, deployer):
    body = bodies.start_provider(n=f"{time.monotonic_ns()}")
    deployer.publish(COMMAND, body)
    deployer.barrier()
    until(lambda: [m for m in s.heard_all() if m.payload == body], "the command on the leaf")
    records = [r for r in s.deployment.audit_records() if r.get("body", "").encode() == body]
    if len(records) != 1 or records[0]["decision"] != "allow" or not records[0].get("user"):
        raise Failed(f"records: {records}")


def killed_role(role):
    def attack(s):
        """It is replaced; who was there stays and may what it might; somebody new is let in."""
        s.start()
        s.allowed.add(COMMAND)
        deployer = s.client("deployer")
        command_passes(s, deployer)
        for _ in range(2):
            others = {r: p for r, p in s.roles().items() if r != role}
            kill(s, role)
            if {r: p for r, p in s.roles().items() if r != role} != others:
                raise Failed(f"others went with it: {others}, {s.roles()}")
            served(s, deployer)

    attack.__name__ = f"{role}_killed"
    return attack


def each_pair_killed(s):
    """Two at once: whoever cannot be vouched for any more is closed, everybody else is served."""
    s.start()
    s.allowed.add(COMMAND)
    roles = ("verifier", "signer", "dispatcher", "auditor", "edge")
    for a in range(len(roles)):
        for b in range(a + 1, len(roles)):
            pair = (roles[a], roles[b])
            mark = s.deployment.gateway.mark()
            for role in pair:
                old = s.roles()[role][0]
                s.before.pop(old, None)
                os.kill(old, signal.SIGKILL)
            for role in pair:
                s.deployment.gateway.wait_line(
                    lambda x, r=role: "event=child_replaced" in x and f"child={r}" in x, since=mark)
            if "edge" in pair or pair == ("verifier", "signer"):
                if "edge" not in pair:
                    s.bystander.raw.expect_end()
                s.bystander = s.client("app")
            deployer = s.client("deployer")
            served(s, deployer)
            deployer.close()


def the_verifier_still_ends_who_expires(s):
    """Expiry is known to the next verifier: the connection ends when its login does."""
    s.start()

    def attempt(span):
        until_s = int(time.time()) + span
        with before(until_s):
            short = s.deployment.client(s.deployment.login("app", exp=until_s))
            s.clients.append(short)
            s.work(short)
            kill(s, "verifier")
            s.work(short)
        while b"Expired" not in short.raw.line():
            pass
        if time.time() < until_s:
            raise Failed("it ended early")
        short.raw.expect_end()

    in_time(attempt)


def a_command_without_an_answer_when_the_dispatcher_dies(s):
    """The asker is told that nobody knows what came of it; the record is closed as unknown, once."""
    s.start()
    s.allowed.add(COMMAND)
    deployer = s.client("deployer")
    deployer.subscribe("_INBOX.lost.*")
    deployer.publish(COMMAND, bodies.start_provider(), "_INBOX.lost.1")
    deployer.barrier()
    kill(s, "dispatcher")
    answer = deployer.next()
    if b"outcome unknown" not in answer.payload or b"the dispatcher ended" not in answer.payload:
        raise Failed(f"the asker was told {answer.payload}")
    seq = [r["seq"] for r in s.deployment.audit_records() if r.get("subject") == COMMAND][0]

    def outcomes():
        return [r["outcome"] for r in s.deployment.audit_records() if r["kind"] == "outcome" and r["of"] == seq]

    until(outcomes, "an outcome")
    command_passes(s, deployer)
    if outcomes() != ["unknown"]:
        raise Failed(f"outcomes: {outcomes()}")


def an_answer_after_the_auditor_died_is_its_outcome(s):
    """The dispatcher still knows what is under way: the next auditor does not close it, and hears the outcome."""
    s.start()
    s.allowed.add(COMMAND)
    deployer = s.client("deployer")
    deployer.subscribe("_INBOX.late.*")
    deployer.publish(COMMAND, bodies.start_provider(), "_INBOX.late.1")
    deployer.barrier()
    until(lambda: [m for m in s.heard_all() if m.subject == COMMAND], "the command on the leaf")
    reply = [m for m in s.heard_all() if m.subject == COMMAND][-1].reply
    kill(s, "auditor")
    s.allowed.add(reply)
    s.observer.publish(reply, b'{"accepted":true,"error":""}')
    if b"accepted" not in deployer.next().payload:
        raise Failed("the answer did not come")
    seq = [r["seq"] for r in s.deployment.audit_records() if r.get("subject") == COMMAND][0]
    until(lambda: [r for r in s.deployment.audit_records() if r["kind"] == "outcome" and r["of"] == seq], "an outcome")
    said = [r["outcome"] for r in s.deployment.audit_records() if r["kind"] == "outcome" and r["of"] == seq]
    if said != ["answered"]:
        raise Failed(f"outcomes: {said}")


def status(s):
    said = subprocess.run([os.path.join(s.build, "bin", "portcullis"), "status", "--json", "-c",
                           s.deployment.path("gateway.conf")], capture_output=True, timeout=stage.PATIENCE_S, check=False)
    return json.loads(said.stdout)


def without_an_auditor(s, deployer, looker):
    """What happens while there is none; where another came too soon for this machine, None: the next takes twice as long
    to come. Return: where the log was before."""
    mark = s.deployment.gateway.mark()
    old = s.roles()["auditor"][0]
    s.before.pop(old, None)
    os.kill(old, signal.SIGKILL)
    s.deployment.gateway.wait_line(lambda x: "event=child_ended" in x and "child=auditor" in x, since=mark)
    if not [x for x in s.deployment.gateway.lines if "event=child_failing" in x and "child=auditor" in x]:
        raise Failed("no alarm")
    deployer.publish(COMMAND, bodies.start_provider(), "_INBOX.away.1")
    deployer.barrier()
    answers, deployer.messages, deployer.errors = deployer.messages, [], []
    looker.publish("wasmbus.ctl.default.get.hosts", b"")
    until(lambda: [m for m in s.heard_all() if m.subject == "wasmbus.ctl.default.get.hosts"], "a read")
    now = status(s)
    there = [x for x in s.deployment.gateway.lines[mark:] if "event=child_replaced" in x and "child=auditor" in x]
    if there or s.roles().get("auditor"):
        s.deployment.gateway.wait_line(lambda x: "event=child_replaced" in x and "child=auditor" in x, since=mark)
        return None
    said = answers[0].payload if answers else b""
    if b"not recorded: the auditor is being replaced" not in said or b'"accepted":false' not in said:
        raise Failed(f"the asker was told {answers}")
    if now["audit"]["state"] != "failing" or "auditor has ended" not in now["audit"]["why"] or now["ok"]:
        raise Failed(f"status says {now['audit']}, {now['problems']}")
    return [mark]


def an_auditor_that_dies_again_and_again(s):
    """While there is none: changes are refused and say why, reads pass, status names it; then all passes again."""
    s.start()
    s.allowed.add(COMMAND)
    s.allowed.add("wasmbus.ctl.default.get.hosts")
    deployer, looker = s.client("deployer"), s.client("looker")
    deployer.subscribe("_INBOX.away.*")
    for _ in range(6):
        kill(s, "auditor")
    mark = until(lambda: without_an_auditor(s, deployer, looker), "there is none for long enough")[0]
    s.deployment.gateway.wait_line(lambda x: "event=child_replaced" in x and "child=auditor" in x, since=mark)
    command_passes(s, deployer)
    gaps = [r for r in s.deployment.audit_records() if r["kind"] == "gap"]
    if not gaps or sum(g.get("summed", 0) for g in gaps) < 2:
        raise Failed(f"what was not written is not told: {gaps}")
    if status(s)["audit"]["state"] != "ok":
        raise Failed("status does not recover")


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
    if s.deployment.gateway.wait_end() != 0:
        raise Failed("the gate did not end well")
    s.ended = True


def terminated_with_clients(s):
    """TERM with many clients in every stage: all are closed, the gate ends with 0 by itself."""
    s.start()
    many = [s.client("app") for _ in range(30)] + [s.raw() for _ in range(30)]
    for c in many[::3]:
        (c.raw if hasattr(c, "raw") else c).send(b"CONNECT {")
    s.deployment.gateway.send_signal(signal.SIGTERM)
    code = s.deployment.gateway.wait_end()
    s.ended = True
    if code != 0:
        raise Failed(f"ended with {code}: {s.deployment.gateway.tail()}")


if __name__ == "__main__":
    stage.run(
        [edge_killed, edge_replaced_while_the_others_sleep]
        + [killed_role(r) for r in ("verifier", "signer", "dispatcher", "auditor")]
        + [each_pair_killed, the_verifier_still_ends_who_expires]
        + [a_command_without_an_answer_when_the_dispatcher_dies, an_answer_after_the_auditor_died_is_its_outcome]
        + [an_auditor_that_dies_again_and_again]
        + [reload_under_load, lame_duck, terminated_with_clients]
    )
