#!/usr/bin/python3
"""scripts/learn-profile: what it proposes from a run of one role, and of one that died of its profile."""
import glob
import os
import re
import shutil
import signal
import subprocess
import sys

import stage
from portcullis_test import process
from stage import check, deployment, running

TOOL = os.path.join(stage.HERE, "..", "..", "scripts", "learn-profile")


class Watch(process.Process):
    """The tool, watching."""

    def __init__(self, role, pid):
        super().__init__(["/usr/bin/python3", TOOL, role, "--pid", str(pid)])
        self.wait_line(lambda line: line.startswith("watching process"), stage.WAIT_S)

    def end(self):
        """(exit code, what it printed)"""
        return self.stop(stage.WAIT_S, signal.SIGINT), "\n".join(self.lines)


def a_run_within_its_profile_proposes_nothing_and_names_what_was_not_needed():
    with running() as d:
        watch = Watch("edge", stage.children(d)["edge"][0])
        alice = d.client(d.login("app", "alice"))
        alice.subscribe("f.>")
        alice.publish("f.news", b"hello")
        check(alice.next().payload == b"hello")
        alice.close()
        d.gateway.wait_line(lambda line: "event=conn_close" in line, stage.WAIT_S)
        code, said = watch.end()
        check(code == 0 and "0 not granted" in said and "+++" not in said, code, said)
        unused = said.partition("granted, and not called")[2]
        check(re.search(r"policies/edge\.seccomp:\d+: lseek ", unused), "lseek comes with a policy, before:", said)
        for call in ("accept4", "recvfrom", "sendto"):
            check(not re.search(rf"seccomp:\d+: {call} ", unused), f"{call} was made:", said)
        seen = int(re.search(r"(\d+) calls seen", said).group(1))
        check(seen >= 6, said)


def a_call_that_no_line_grants_is_proposed_with_its_arguments():
    """Attacker's code opens a file: the edge dies of it, and the trace has the call that the log cannot name."""
    with deployment(program=os.path.join(stage.BUILD, "probe", "portcullis-gateway-probed")) as d:
        d.start_leaf()
        d.start_gateway(stage.BUILD)
        watch = Watch("edge", stage.children(d)["edge"][0])
        alice = d.client(d.login("app", "alice"))
        alice.barrier()
        alice.raw.send(b"\x01intruder openat /etc/hostname\n")
        d.gateway.wait_line(lambda line: "event=child_ended" in line and "signal=31" in line, stage.WAIT_S)
        watch.wait_end()
        code = watch.stop(stage.WAIT_S)
        said = "\n".join(watch.lines)
        check(code == 1 and "1 not granted" in said, code, said)
        check(re.search(r'^\+openat +# WHY\?  seen: \(AT_FDCWD, "\.\.\.", O_RDONLY\)?', said, re.M), said)
        check("/etc/hostname" not in said, "texts of strangers are not shown")


def traces_of_the_whole_gateway_are_told_apart_and_count_from_the_filter_on():
    with deployment() as d:
        d.start_leaf()
        conf = d.gateway_conf(d.leaf.port)
        binary = os.path.join(stage.BUILD, "bin", "portcullis-gateway")
        gate = process.Process(["strace", "-ff", "-o", d.path("calls"), binary, "-c", conf], cwd=d.folder)
        try:
            gate.wait_line(lambda line: "portcullis-gateway ready" in line, stage.WAIT_S)
        finally:
            children_end(gate)
        check(gate.child.returncode == 0, gate.tail())
        for role in ("edge", "verifier", "auditor"):
            done = subprocess.run(["/usr/bin/python3", TOOL, role, "--trace", *glob.glob(d.path("calls.*"))],
                                  capture_output=True, text=True, timeout=300, check=False)
            check(done.returncode == 0 and ", 0 not granted" in done.stdout, role, done.stdout, done.stderr)


def children_end(gate):
    """End the gateway, not strace: the traces are then whole."""
    with open(f"/proc/{gate.pid}/task/{gate.pid}/children", encoding="ascii") as f:
        pids = [int(pid) for pid in f.read().split()]
    for pid in pids:
        os.kill(pid, signal.SIGTERM)
    gate.wait_end()


def a_command_is_run_and_both_profiles_of_its_runner_are_looked_at():
    actor = os.path.join(stage.BUILD, "actors", "echo.wasm")
    if not os.path.exists(actor):
        print("no actors are built here: without clang and wasm-ld")
        return
    portcullis = os.path.join(stage.BUILD, "bin", "portcullis")
    done = subprocess.run(["/usr/bin/python3", TOOL, "runner", "--", portcullis, "actor", "run", actor, "x", "--unsigned"],
                          capture_output=True, text=True, timeout=300, check=False)
    check(done.returncode == 0, done.stdout, done.stderr)
    birth, _, calls = done.stdout.partition("\nrunner:\n")
    check(birth.startswith("runner_birth:\n") and " 0 not granted" in birth and " 0 not granted" in calls, done.stdout)
    for call in ("sendmsg", "seccomp", "mmap"):
        check(not re.search(rf"runner_birth\.seccomp:\d+: {call} ", birth), f"{call} was made:", birth)
    for call in ("read", "write"):
        check(not re.search(rf"runner\.seccomp:\d+: {call} ", calls), f"{call} was made:", calls)
    check(re.search(r"runner\.seccomp:\d+: exit_group ", calls), "it is killed, and does not end by itself:", calls)
    done = subprocess.run(["/usr/bin/python3", TOOL, "runner", "--", portcullis, "--version"],
                          capture_output=True, text=True, timeout=300, check=False)
    check(done.returncode == 2 and "no process of the role runner" in done.stderr, done.stdout, done.stderr)


def what_is_wrong_is_said():
    for argv, words in ((["nobody"], "no profile"), (["edge", "--trace", "/dev/null"], "no call"), (["edge", "--pid", "4194305"], "4194305")):
        done = subprocess.run(["/usr/bin/python3", TOOL, *argv], capture_output=True, text=True, timeout=300, check=False)
        check(done.returncode == 2 and words in done.stderr, argv, done.returncode, done.stderr)


def traceable():
    with open("/proc/self/status", encoding="ascii") as f:
        caps = next(int(line.split()[1], 16) for line in f if line.startswith("CapEff"))
    return caps & 1 << 19 != 0


if __name__ == "__main__":
    if not traceable() or shutil.which("strace") is None:
        print("skip: only who has CAP_SYS_PTRACE, and strace, may watch a process that is not dumpable")
        sys.exit(77)
    sys.exit(stage.main([
        a_run_within_its_profile_proposes_nothing_and_names_what_was_not_needed,
        a_call_that_no_line_grants_is_proposed_with_its_arguments,
        traces_of_the_whole_gateway_are_told_apart_and_count_from_the_filter_on,
        a_command_is_run_and_both_profiles_of_its_runner_are_looked_at, what_is_wrong_is_said,
    ], sys.argv))
