#!/usr/bin/python3
"""hostile_providers self|nobody DRIVE HOSTILE LIARS - what a provider that was taken over can do.

HOSTILE has providers with all walls of the real ones, LIARS those that never locked themselves in, so that what
the host put around them is seen alone. Each act is done first by hand, with nothing around: there it must work.
Numbers are those of the list of escapes in docs/SANDBOX.md, rows P.
"""
import errno
import os
import shutil
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from portcullis_test import process  # noqa: E402
from portcullis_test.providers import NOBODY, OK, Drive, Link, alive  # noqa: E402

WHO, DRIVE, HOSTILE, LIARS = sys.argv[1:5]
ROOT = os.geteuid() == 0 and WHO == "self"
DENIED = "killed: it made a system call that its profile does not grant"
KINDS = {"httpserver": ["PORT=0"], "keyvalue": [], "logging": [], "messaging": ["URI=nats://127.0.0.1:%d"]}
rows = failures = 0
GIB = 1 << 30


def check(number, name, got, want):
    global rows, failures
    rows += 1
    good = got == want or (isinstance(want, tuple) and got in want)
    failures += not good
    print(f"{'ok    ' if good else 'NOT OK'} {number} {name}: {got!r}" + ("" if good else f", not {want!r}"))
    sys.stdout.flush()


class Stage:
    """A place all of them may read, a host, something to connect to, something to steal."""

    def __init__(self):
        self.folder = tempfile.mkdtemp()
        os.chmod(self.folder, 0o755)
        self.bin = {}
        for name, source in (("hostile", HOSTILE), ("liars", LIARS)):
            self.bin[name] = os.path.join(self.folder, name)
            os.mkdir(self.bin[name])
            for f in os.listdir(source):
                if f.startswith("portcullis-provider-"):
                    shutil.copy(os.path.join(source, f), self.bin[name])
        self.drive = shutil.copy(DRIVE, self.folder)
        self.state = os.path.join(self.folder, "state")
        os.mkdir(self.state, 0o711)
        self.wrap = []
        if WHO == "nobody":
            os.chown(self.state, 65534, 65534)
            self.wrap = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        self.secret = os.path.join(self.folder, "seed")
        with open(self.secret, "w", encoding="ascii") as f:
            f.write("SN...")
        os.chmod(self.secret, 0o600)
        self.tcp = socket.create_server(("127.0.0.1", 0))
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", 0))
        self.abstract = socket.socket(socket.AF_UNIX)
        self.name = f"portcullis-test-{os.getpid()}"
        self.abstract.bind("\0" + self.name)
        self.abstract.listen()
        self.hosts = []

    def host(self, which):
        d = Drive(self.drive, self.bin[which], self.state, wrap=self.wrap)
        self.hosts.append(d)
        return d

    def by_hand(self, which, kind, act, argument=""):
        out = subprocess.run([os.path.join(self.bin[which], "portcullis-provider-" + kind), act, str(argument)],
                             stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300, cwd=self.folder)
        return int(out.stdout) if out.stdout.strip() else -99

    def end(self):
        for d in self.hosts:
            d.process.kill()
            d.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def begin(stage, d, kind, key):
    s = d.start(kind, key)
    port = stage.tcp.getsockname()[1]
    d.linked(key, "MA", *(v % port if "%d" in v else v for v in KINDS[kind]))
    return s


def do(d, key, act, argument=""):
    """What the act was answered, or how its provider ended."""
    i = d.ask(key, "MA", act, str(argument).encode())
    r = d.result(i)
    if r.how == OK:
        return int(r.payload)
    if r.how != NOBODY:
        return r.how
    why = d.state(key, "failed").why
    d.say("retry", key)
    d.wait(lambda e: isinstance(e, Link) and e.key == key and e.state == "running")
    return why


def acts(stage, host):
    return [(41, "read another's environment", "read", f"/proc/{host}/environ", 0),
            (41, "read the host's memory", "read", f"/proc/{host}/mem", (0, errno.EIO)),
            (41, "read a seed", "read", stage.secret, 0),
            (41, "look into the host", "look", host, 0),
            (42, "connect to a port of this machine", "connect", stage.tcp.getsockname()[1], 0),
            (42, "a datagram", "udp", stage.udp.getsockname()[1], 0),
            (42, "bind a port", "bind", 0, 0),
            (42, "an abstract socket", "abstract", stage.name, 0),
            (44, "fork", "fork", "", 0),
            (44, "signal the host", "signal", host, 0)]


def locked_in(stage):
    """All walls: each call is the last one."""
    for kind in KINDS:
        d = stage.host("hostile")
        begin(stage, d, kind, "VX")
        check(0, f"{kind}: it works", do(d, "VX", "nothing"), 0)
        for number, name, act, argument, control in acts(stage, d.process.pid):
            check(number, f"{kind}: {name}, control", stage.by_hand("hostile", kind, act, argument), control)
            want = errno.EACCES if (kind, act) == ("keyvalue", "read") else DENIED
            check(number, f"{kind}: {name}", do(d, "VX", act, argument), want)
        check(44, f"{kind}: exec", do(d, "VX", "exec", "/bin/true"), DENIED)
        d.quit()


def around(stage):
    """What holds for a program that never locked itself in."""
    d = stage.host("liars")
    begin(stage, d, "keyvalue", "VL")
    check(0, "liar: it works", do(d, "VL", "nothing"), 0)
    if ROOT:
        refused = {"read another's environment": (errno.EACCES, errno.EPERM), "read the host's memory": (errno.EACCES, errno.EPERM),
                   "read a seed": errno.EACCES, "look into the host": (errno.ESRCH, errno.EPERM),
                   "connect to a port of this machine": (errno.ENETUNREACH, errno.ECONNREFUSED),
                   "a datagram": (errno.ENETUNREACH, errno.EPERM), "an abstract socket": errno.ECONNREFUSED,
                   "signal the host": (errno.ESRCH, errno.EPERM)}
        for number, name, act, argument, control in acts(stage, d.process.pid):
            if name in refused:
                check(number, f"liar: {name}, control", stage.by_hand("liars", "keyvalue", act, argument), control)
                check(number, f"liar: {name}", do(d, "VL", act, argument), refused[name])
    check(41, "liar: a core of it", do(d, "VL", "core"), errno.EPERM)
    check(41, "liar: an environment", do(d, "VL", "environment"), errno.ENOENT)
    check(41, "an environment, control", stage.by_hand("liars", "keyvalue", "environment"), 0)
    for name, act, much, error in (("fill the disk", "fill", 2 * GIB, errno.EFBIG),
                                   ("a million descriptors", "descriptors", 1000000, errno.EMFILE),
                                   ("all memory", "memory", 8 * GIB, errno.ENOMEM)):
        check(45, f"liar: {name}", do(d, "VL", act, much), error)
    check(45, "fill the disk, control", stage.by_hand("liars", "keyvalue", "fill", 2 * GIB), 0)
    check(45, "memory, control", stage.by_hand("liars", "keyvalue", "memory", 8 * GIB), 0)
    check(45, "descriptors within", do(d, "VL", "descriptors", 1000), 0)
    d.quit()


def named(name):
    out = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/comm", encoding="ascii", errors="replace") as f:
                if f.read().strip() == name and alive(pid):
                    out.append(pid)
        except OSError:
            pass
    return out


def ends(stage):
    """44: nobody of it outlives its stop. 45: who spins is stopped all the same."""
    d = stage.host("liars")
    s = begin(stage, d, "keyvalue", "VL")
    if ROOT:
        name = f"kid{os.getpid()}"
        check(44, "liar: a child of its own session", do(d, "VL", "outlive", name), 0)
        process.until(lambda: named(name), "it is there")
        d.say("stop", "VL", 50)
        d.state("VL", "stopped")
        check(44, "liar: it is gone with its provider", (named(name), alive(s.pid)), ([], False))
        check(44, "control: by hand it stays", stage.by_hand("liars", "keyvalue", "outlive", name), 0)
        process.until(lambda: named(name), "it is there")
        for pid in named(name):
            os.kill(int(pid), 9)
        d.say("free", "VL")
        s = begin(stage, d, "keyvalue", "VL")
    d.ask("VL", "MA", "spin", b"", timeout_ms=100)
    for _ in range(50):
        d.status("VL")
    check(45, "the host answers while it spins", d.status("VL").state, "running")
    d.say("stop", "VL", 50)
    d.state("VL", "stopped")
    check(45, "and it is stopped", alive(s.pid), False)
    d.quit()


def main():
    if WHO == "nobody" and os.geteuid() != 0:
        print("skip: only root can become nobody")
        return 77
    stage = Stage()
    try:
        locked_in(stage)
        around(stage)
        ends(stage)
    finally:
        stage.end()
    print(f"{rows} rows, {failures} failures")
    return 1 if failures or rows < 20 else 0


if __name__ == "__main__":
    sys.exit(main())
