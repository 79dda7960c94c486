"""What the daemon's tests share: a deployment that cleans up after itself, and waiting without sleeping blindly."""
import contextlib
import os
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))
from portcullis_test import bodies, checks, gateway, natsjwt, process, rawclient, server  # noqa: E402,F401

Failed, until = process.Failed, process.until
WAIT_S = process.PATIENCE_S
BUILD = ""

# who the tests' logins are: `app` has plain data, `deployer` commands
POLICY = """
lattices = ["default"]
role app      { account = <ACME>  tags = ["role:app"] }
role deployer { account = <ACME>  tags = ["role:deployer"] }
rule data {
  publish   = [f.>, g.>]
  subscribe = [f.>, g.>]
  to        = [app, deployer]
}
rule deployers-deploy {
  allow = [deploy]
  to    = [deployer]
}
"""
# the same after somebody thought again: g.> is gone
NARROW = POLICY.replace("f.>, g.>", "f.>")


def check(condition, *what):
    if not condition:
        raise Failed(" ".join(str(w) for w in what) or "not so")


def within(seconds, began, what):
    """@what began at @began (monotonic) and is over; was it in time?"""
    took = time.monotonic() - began
    check(took < seconds, f"{what} took {took:.1f} s, not below {seconds} s")


@contextlib.contextmanager
def deployment(policy=POLICY, write=True, **changes):
    """A Deployment in a folder of its own; what was started in it ends well, or the test fails."""
    with tempfile.TemporaryDirectory(prefix="portcullis-daemon-") as folder:
        d = gateway.Deployment(folder, ("ACME",))
        for key, value in changes.items():
            setattr(d, key, value)
        if write:
            d.write({"test.policy": policy})
        try:
            yield d
        except BaseException:
            if d.gateway is not None:
                print(d.gateway.tail(60))
            for child in (d.gateway, d.leaf):
                if child is not None:
                    child.kill()
            raise
        complaints = d.stop()
        check(not complaints, "\n".join(complaints))


@contextlib.contextmanager
def running(**changes):
    """A deployment with leaf and gateway up."""
    with deployment(**changes) as d:
        d.start_leaf()
        d.start_gateway(BUILD)
        yield d


def pid_in(line):
    """The process that wrote a log line: "[123] 2026/..."."""
    return int(line[1 : line.index("]")])


def children(d):
    """{role: [pid]} of the gateway's processes."""
    found = {}
    for name in os.listdir("/proc"):
        try:
            with open(f"/proc/{name}/stat", encoding="ascii", errors="replace") as f:
                fields = f.read().rpartition(")")[2].split()
            with open(f"/proc/{name}/cmdline", "rb") as f:
                argv = f.read().split(b"\0")
        except (OSError, ValueError):
            continue
        if int(fields[1]) == d.gateway.pid and len(argv) > 2 and argv[1] == b"--role" and fields[0] != "Z":
            found.setdefault(argv[2].decode(), []).append(int(name))
    return found


def memory_kib(pid):
    """Resident memory of a process."""
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as f:
        for line in f:
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
    raise Failed(f"process {pid} has no memory")


def sanitized():
    """Is the gateway under test built with a sanitizer, which keeps freed memory?"""
    with open(os.path.join(BUILD, "bin", "portcullis-gateway"), "rb") as f:
        return b"__asan_init" in f.read()


def login_answer(host, port, creds):
    """What a login is answered with: the line after CONNECT and PING, "" for a bare end."""
    raw = rawclient.Raw(host, port)
    try:
        info = rawclient.read_info(raw)
        said = rawclient.connect_options(info, creds)
        raw.send(b"CONNECT " + rawclient.json.dumps(said).encode() + b"\r\nPING\r\n")
        return raw.line().decode()
    except rawclient.Closed:
        return ""
    finally:
        raw.close()


def ended(client):
    """The client's connection ends and nothing but keep-alives come before. Returns the -ERR texts."""
    try:
        while True:
            op = client._one()
            check(op in (b"-ERR", b"PING", b"INFO"), f"unexpected {op!r} before the end")
    except rawclient.Closed:
        return client.errors


def main(tests, argv):
    """run.py of one file: --build DIR [NAME...]."""
    global BUILD
    BUILD = os.path.abspath(argv[argv.index("--build") + 1])
    wanted = [a for i, a in enumerate(argv[1:], 1) if a != "--build" and argv[i - 1] != "--build"]
    return checks.run_timed(tests, LIMIT_S, wanted)


LIMIT_S = 300
