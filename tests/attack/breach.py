#!/usr/bin/python3
"""Attacker's code in an edge, after the edge locked itself in: what it calls. Each call ends the process, which the
parent sees and says; the control is the same code in the same gateway without its walls, where the call works.

--as root, user or box: who runs the gateway. A box is a container without namespaces: root without a single
capability, whose calls for namespaces and mounts are refused."""
import os
import socket
import subprocess
import sys

import intruder
import stage
from stage import Failed, until

# name and argument; {} are filled by places()
CALLS = [
    ("openat", "{key}"), ("openat2", "{key}"), ("open", "{key}"), ("create", "{new}"), ("append", "{log}"),
    ("truncate", "{old}"), ("rename", "{old}"), ("unlink", "{old}"), ("stat", "{key}"), ("readlink", ""),
    ("reopen", ""), ("memory_of", "{parent}"), ("memory_of", "{signer}"), ("memfd", ""), ("ptrace", "{signer}"),
    ("vm_read", "{signer}"), ("pidfd", "{signer}"), ("kcmp", "{signer}"), ("kill", "{parent}"), ("kill", "{auditor}"),
    ("tgkill", "{signer}"), ("queue", "{parent}"), ("prlimit", "{signer}"), ("clone", ""), ("clone3", ""),
    ("fork", ""), ("exec", "/bin/true"), ("tcp", "{port}"), ("udp", "{port}"), ("listen", ""), ("unix", "{socket}"),
    ("abstract", "{name}"), ("vsock", ""), ("netlink", ""), ("socketpair", ""), ("io_uring", ""), ("bpf", ""),
    ("userfaultfd", ""), ("keyctl", ""), ("perf", ""), ("unshare", ""), ("mount", ""),
    ("chroot", ""), ("setuid", ""), ("dumpable", ""), ("ftruncate", ""), ("log_back", ""), ("personality", ""), ("shm", ""),
    ("inotify", ""), ("x32", ""), ("i386", ""), ("page_made_code", ""), ("page_mapped_code", ""),
    ("page_key_code", ""), ("own_code_writable", ""), ("namespace", ""), ("connect_listener", "{port}"), ("fastopen", "{port}"),
    ("exec_here", "/bin/true"),
]
# not a death but a refusal: what the call is for is granted, what it is used for is not to be had
REFUSED = [("policy_writable", ""), ("policy_write_through", "")]
# these leave the gateway without a listener, or the edge without its program: each has a control of its own
LAST = ("connect_listener", "fastopen", "exec_here")
# what a kernel or its settings may refuse anybody
ELSEWHERE = ("vsock", "netlink", "io_uring", "bpf", "userfaultfd", "keyctl", "perf", "namespace", "x32", "i386",
             "page_key_code", "shm", "mount", "chroot", "setuid", "memory_of", "ptrace", "vm_read", "pidfd", "kcmp", "prlimit",
             "reopen", "policy_writable", "policy_write_through")
# ... but not root with all capabilities
ROOTS = ("memory_of", "ptrace", "vm_read", "pidfd", "kcmp", "prlimit", "chroot", "setuid", "mount", "netlink")
# what the run-time of a sanitizer calls, and policies/sanitizer.seccomp grants
SANITIZERS = ("openat", "readlink", "memory_of", "prlimit")
# one of each family, where the whole list has been held by root already
SOME = ("openat", "memory_of", "ptrace", "kill", "clone3", "exec_here", "tcp", "fastopen", "page_mapped_code", "dumpable")


class Place:
    """What is there to be reached: sockets of ours, files of the deployment, processes of the gate."""

    def __init__(self, s):
        folder = s.deployment.folder
        self.tcp = socket.create_server(("127.0.0.1", 0))
        port = self.tcp.getsockname()[1]
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", port))
        self.unix = socket.socket(socket.AF_UNIX)
        self.unix.bind(os.path.join(folder, "s"))
        self.unix.listen()
        self.abstract = socket.socket(socket.AF_UNIX)
        self.abstract.bind(f"\0attack-{port}")
        self.abstract.listen()
        roles = s.roles()
        log = [os.path.join(d, f) for d, _, fs in os.walk(s.deployment.path("audit")) for f in fs if f.endswith(".jsonl")]
        old = s.deployment.path("old")
        with open(old, "w", encoding="ascii") as f:
            f.write("old\n")
        self.words = {
            "key": s.deployment.path("keys", "upstream.mint"), "new": s.deployment.path("new"), "old": old,
            "log": log[0], "parent": s.deployment.gateway.pid, "signer": roles["signer"][0],
            "auditor": roles["auditor"][0], "port": port, "socket": os.path.join(folder, "s"), "name": f"attack-{port}",
        }

    def line(self, call):
        return f"{call[0]} {call[1].format(**self.words)}".strip()

    def touched(self):
        """Did anybody come to one of our sockets?"""
        found = []
        for name in ("tcp", "unix", "abstract"):
            s = getattr(self, name)
            s.setblocking(False)
            try:
                s.accept()[0].close()
                found.append(name)
            except BlockingIOError:
                pass
        self.udp.setblocking(False)
        try:
            self.udp.recv(16)
            found.append("udp")
        except BlockingIOError:
            pass
        return found

    def close(self):
        for s in (self.tcp, self.udp, self.unix, self.abstract):
            s.close()


def machine(calls):
    """Only those this machine has a number for."""
    return [c for c in calls if os.uname().machine == "x86_64" or c[0] not in ("open", "fork", "x32", "i386")]


def each_call_is_death(s, calls=None):
    """Every call outside the edge's profile: the process is gone by SIGSYS, another takes its place, nobody was reached."""
    intruder.program(s, "probed")
    s.start()
    place = Place(s)
    wrong = []
    granted = SANITIZERS if intruder.sanitized(s) else ()
    for call in machine(calls or CALLS):
        if call[0] in granted:
            continue
        mark = s.deployment.gateway.mark()
        answers = intruder.Intruder(s).order(place.line(call))
        if answers:
            wrong.append(f"{place.line(call)}: {answers[0]}")
            continue
        how = intruder.death(s, mark)
        # a kernel without 32-bit programs has no such door: the instruction itself is the fault
        if how["signal"] != intruder.SIGSYS and not (call[0] == "i386" and how["signal"] == 11):
            wrong.append(f"{place.line(call)}: ended with {how}")
    for call in REFUSED:
        answers = intruder.Intruder(s).order(place.line(call))
        if not answers or not answers[0].startswith("refused"):
            wrong.append(f"{call[0]}: {answers}")
    if place.touched() or os.path.exists(place.words["new"]) or not os.path.exists(place.words["old"]):
        wrong.append(f"somebody came: {place.touched()}")
    place.close()
    intruder.renew(s)
    if wrong:
        raise Failed("\n".join(wrong))


def before_login_too(s):
    """The same before the client has said who it is."""
    intruder.program(s, "probed")
    s.start()
    place = Place(s)
    for call in (("openat2", "{key}"), ("tcp", "{port}"), ("exec_here", "/bin/true")):
        mark = s.deployment.gateway.mark()
        answers = intruder.Intruder(s, login=False).order(place.line(call))
        how = {} if answers else intruder.death(s, mark)
        if how.get("signal") != intruder.SIGSYS:
            raise Failed(f"{call}: {answers} {how}")
    place.close()
    intruder.renew(s)


def root_here():
    with open("/proc/self/status", encoding="ascii") as f:
        mine = [line.split()[1] for line in f if line.startswith("CapEff")][0]
    return os.geteuid() == 0 and int(mine, 16) & 1 << 19 and int(mine, 16) & 1 << 21


def control(s, calls, last):
    intruder.program(s, "open")
    s.start()
    place = Place(s)
    wrong, never = [], []
    code = intruder.Intruder(s)
    for call in calls:
        answers = code.order(place.line(call))
        if not answers:
            wrong.append(f"{place.line(call)}: died, {s.deployment.gateway.tail(3)}")
            code = intruder.Intruder(s)
        elif not answers[0].startswith("achieved"):
            must = call[0] not in ELSEWHERE or (root_here() and call[0] in ROOTS)
            (wrong if must else never).append(f"{place.line(call)}: {answers[0]}")
        # what was taken away is put back
        with open(place.words["old"], "w", encoding="ascii") as f:
            f.write("old\n")
    if not last:
        found = place.touched()
        if found != ["tcp", "unix", "abstract", "udp"]:
            wrong.append(f"came: {found}")
    if never:
        print("not demonstrable here, even without walls: " + "; ".join(never))
    if wrong:
        raise Failed("\n".join(wrong))
    return place, code


def without_walls_each_works(s):
    """The control: the same code in the same gateway, not locked in, gets what it asks for."""
    place, _ = control(s, machine([c for c in CALLS if c[0] not in LAST]), False)
    place.close()
    renew_open(s)


def renew_open(s):
    s.bystander = s.client("app")
    s.before = s.descriptors()


def without_walls_a_listener_goes_out(s):
    """The control of `fastopen`: a listener it was given becomes a connection to where it likes, without connect()."""
    place, _ = control(s, [("fastopen", "{port}")], True)
    until(place.touched, "a connection")
    place.close()
    s.ended = True


def without_walls_it_becomes_another_program(s):
    """The control of `exec_here`."""
    intruder.program(s, "open")
    s.start()
    mark = s.deployment.gateway.mark()
    if intruder.Intruder(s).order("exec_here /bin/true") or intruder.death(s, mark) != {"status": 0, "signal": 0}:
        raise Failed(s.deployment.gateway.tail(3))
    intruder.renew(s)


def no_trace_in_what_is_installed(s):
    """The released programs hold neither probe nor order, the probed ones do: nothing turns it on but linking it."""
    s.ended = True
    for path, has in (("bin/portcullis-gateway", False), ("bin/portcullis", False),
                      ("probe/portcullis-gateway-probed", True), ("probe/portcullis-gateway-open", True)):
        with open(os.path.join(s.build, path), "rb") as f:
            data = f.read()
        for word in (b"\x01intruder ", b"probe_call", b"__wrap_recv", b"nowalls", b"__wrap_lock_down"):
            expected = has and not (word in (b"nowalls", b"__wrap_lock_down") and path.endswith("probed"))
            # without names in the program (strip) only the magic can be looked for
            if (word in data) != expected and (not expected or word == b"\x01intruder "):
                raise Failed(f"{path}: {word!r} is {'not ' if expected else ''}there")


def some_calls_are_death(s):
    """One call of each kind."""
    each_call_is_death(s, [c for c in CALLS if c[0] in SOME])


def become(who, argv):
    """Run this file again as somebody else."""
    if who == "user":
        if os.geteuid() != 0:
            return
        os.setgroups([])
        os.setresgid(65534, 65534, 65534)
        os.setresuid(65534, 65534, 65534)
    elif who == "box":
        build = argv[argv.index("--build") + 1]
        boxed = os.path.join(build, "probe", "boxed")
        os.execv(boxed, [boxed, "/usr/bin/python3", os.path.abspath(__file__), *argv, "--as", "boxed"])


if __name__ == "__main__":
    who = "self"
    if "--as" in sys.argv:
        at = sys.argv.index("--as")
        who = sys.argv[at + 1]
        del sys.argv[at : at + 2]
        become(who, sys.argv[1:])
    if who == "self":
        stage.run([each_call_is_death, before_login_too, without_walls_each_works, without_walls_a_listener_goes_out,
                   without_walls_it_becomes_another_program, no_trace_in_what_is_installed])
    else:
        stage.run([some_calls_are_death])
