"""A host of providers without a lattice: tests/host/provider_drive, its lines as Python values."""
import collections
import queue
import subprocess
import threading
import time

from portcullis_test import msgpack, process

OK, FAILED, NOBODY, LATE, BUSY = range(5)
CONTRACT = {"httpserver": "wasmcloud:httpserver", "keyvalue": "wasmcloud:keyvalue",
            "logging": "wasmcloud:builtin:logging", "messaging": "wasmcloud:messaging"}
WAIT_S = process.PATIENCE_S
gone = process.gone

State = collections.namedtuple("State", "key state pid uid namespaces walls retry restarts counts why")
Link = collections.namedtuple("Link", "key actor state address retry why")
Invoke = collections.namedtuple("Invoke", "key id actor operation payload")
Result = collections.namedtuple("Result", "key id how payload")
Log = collections.namedtuple("Log", "key level actor text")


def unhex(s):
    return b"" if s == "-" else bytes.fromhex(s)


def fields(words):
    return dict(w.split("=", 1) for w in words if "=" in w)


def parse(line):
    kind, rest = (line.split(" ", 1) + [""])[:2]
    if kind in ("state", "link"):
        front, _, why = rest.partition(" why=")
        w = front.split()
        f = fields(w)
        if kind == "link":
            return Link(w[0], w[1], w[2], f["address"], f["retry"] == "1", why)
        return State(w[0], w[1], int(f["pid"]), int(f["uid"]), f["namespaces"] == "1",
                     [x for x in f["walls"].split(",") if x], f["retry"] == "1", int(f["restarts"]),
                     [int(x) for x in f["counts"].split("/")], why)
    if kind == "invoke":
        key, i, actor, operation, payload = rest.split()
        return Invoke(key, i, actor, operation, unhex(payload))
    if kind == "result":
        key, i, how, payload = rest.split()
        return Result(key, i, int(how), unhex(payload))
    if kind == "log":
        key, level, actor, text = rest.split(" ", 3)
        return Log(key, int(level), actor, text)
    return tuple(line.split())


class Drive:
    def __init__(self, program, bin_dir, state, stderr=False, wrap=()):
        argv = [*wrap, program, "--programs", bin_dir, "--state", state] + (["--stderr"] if stderr else [])
        self.process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        self.lines = queue.Queue()
        self.kept = collections.deque()
        self.seen = []
        threading.Thread(target=self._read, daemon=True).start()
        self.wait(lambda e: e == ("ready",))

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(parse(line.rstrip("\n")))
        self.lines.put(None)

    def say(self, *words):
        self.process.stdin.write(" ".join(str(w) for w in words) + "\n")
        self.process.stdin.flush()

    def wait(self, want, seconds=WAIT_S):
        """The first event that @want likes; others are kept for later, in order."""
        for i, e in enumerate(self.kept):
            if want(e):
                del self.kept[i]
                return e
        end = time.monotonic() + seconds
        while True:
            try:
                e = self.lines.get(timeout=max(0.01, end - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"not heard in {seconds} s; heard: {list(self.kept)[-12:]}") from None
            if e is None:
                raise AssertionError(f"the driver ended; heard: {list(self.kept)[-12:]}")
            self.seen.append(e)
            if want(e):
                return e
            self.kept.append(e)

    def state(self, key, state):
        return self.wait(lambda e: isinstance(e, State) and e.key == key and e.state == state)

    def link(self, key, actor, state):
        return self.wait(lambda e: isinstance(e, Link) and (e.key, e.actor, e.state) == (key, actor, state))

    def start(self, kind, key, link="default", *config):
        self.say("start", kind, key, CONTRACT[kind], link, *config)
        return self.state(key, "running")

    def linked(self, key, actor, *values, state="running"):
        self.say("link", key, actor, *values)
        return self.link(key, actor, state)

    def ask(self, key, actor, operation, payload, timeout_ms=30000):
        """Without waiting: its id, or -errno."""
        self.say("call", key, actor, operation, timeout_ms, payload.hex() or "-")
        e = self.wait(lambda e: isinstance(e, tuple) and (e[:2] == ("called", key) or e[:2] == ("error", "call")))
        return e[2]

    def result(self, i):
        return self.wait(lambda e: isinstance(e, Result) and e.id == i)

    def call(self, key, actor, operation, value, raw=False):
        i = self.ask(key, actor, operation, value if raw else msgpack.dump(value))
        if i.startswith("-"):
            return "not asked", i
        r = self.result(i)
        if r.how == OK:
            return r.how, msgpack.load(r.payload) if r.payload else None
        return r.how, r.payload.decode()

    def answer(self, invoke, how, payload=b""):
        self.say("answer", invoke.key, invoke.id, how, payload.hex() or "-")

    def invoke(self):
        return self.wait(lambda e: isinstance(e, Invoke))

    def status(self, key):
        self.say("status", key)
        return self.wait(lambda e: isinstance(e, State) and e.key == key)

    def quit(self):
        if self.process.poll() is None:
            self.say("quit")
            try:
                self.process.wait(WAIT_S)
            finally:
                self.process.kill()
        return self.process.wait()


def alive(pid):
    """Is there a process, other than one that only waits to be buried?"""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as f:
            return f.read().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False
