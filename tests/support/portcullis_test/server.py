"""A real nats-server on 127.0.0.1, on a port of its own choosing that it announces in its log."""
import os
import random
import re
import shutil
import socket
import subprocess

from . import process

HELD = []
LISTENING = re.compile(r"Listening for client connections on (\S+):(\d+)")


def find():
    for path in (os.environ.get("NATS_SERVER"), shutil.which("nats-server"), "/usr/sbin/nats-server"):
        if path and os.access(path, os.X_OK):
            return path
    raise process.Failed("nats-server is not installed (scripts/setup)")


def version():
    """(2, 9, 10) of the server that find() finds."""
    said = subprocess.run([find(), "--version"], capture_output=True, text=True, timeout=process.PATIENCE_S, check=True).stdout
    found = re.search(r"v(\d+)\.(\d+)\.(\d+)", said)
    if not found:
        raise process.Failed(f"nats-server --version says {said!r}")
    return tuple(int(n) for n in found.groups())


def suits(wanted):
    """Does it meet "< 2.12" or ">= 2.12"? Servers differ, and a test may know only one of the answers."""
    found = re.fullmatch(r"(<|>=) *(\d+)\.(\d+)", wanted.strip())
    if not found:
        raise ValueError(f"not a condition on nats-server's version: {wanted!r}")
    limit = (int(found.group(2)), int(found.group(3)))
    return (version()[:2] >= limit) == (found.group(1) == ">=")


def free_port():
    """For who must be told a port, or will come back to it: below those that the kernel gives to whoever asks for
    any, and no other test's: each is held by a name in the kernel for as long as this process lives."""
    for _ in range(1000):
        port = random.randrange(15000, 32000)
        mine = socket.socket(socket.AF_UNIX)
        try:
            mine.bind(f"\0portcullis-test-port-{port}")
        except OSError:
            mine.close()
            continue
        HELD.append(mine)
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                s.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
    raise process.Failed("no port is free")


class NatsServer(process.Process):
    """Runs from a configuration file, which must say `port: -1` or a free port; .host and .port tell."""

    def __init__(self, conf_path, extra=(), timeout_s=process.PATIENCE_S, binary=None):
        super().__init__([binary or find(), "-c", conf_path, *extra], cwd=os.path.dirname(conf_path))
        try:
            line = self.wait_line(LISTENING.search, timeout_s)
            host, port = LISTENING.search(line).groups()
            self.host = host.strip("[]")
            self.port = int(port)
            self.wait_line(lambda text: "Server is ready" in text, timeout_s)
        except BaseException:
            self.kill()
            raise


def write(folder, name, text):
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, name)
    with open(path, "w", encoding="ascii") as f:
        f.write(text)
    return path


# a machine may be busy: the server's own defaults are two seconds for a login, ten for whoever reads slowly
PATIENT = 'authorization { timeout: 60 }\nwrite_deadline: "5m"'


def open_conf(folder, extra=""):
    """No authentication at all: the leaf of today's set-ups."""
    return write(folder, "open.conf", f"host: 127.0.0.1\nport: -1\n{PATIENT}\n{extra}\n")


def operator_conf(
    folder, operator_jwt, accounts, system_account=None, extra="", port=-1, name="leaf.conf", host="127.0.0.1"
):
    """Operator mode: @accounts is {A-key: account JWT}; logins need a user JWT of one of them."""
    lines = [f'host: "{host}"', f"port: {port}", PATIENT, f"operator: {operator_jwt}", "resolver: MEMORY"]
    if system_account:
        lines.append(f"system_account: {system_account}")
    lines.append("resolver_preload: {")
    lines += [f"  {key}: {token}" for key, token in accounts.items()]
    lines += ["}", extra, ""]
    return write(folder, name, "\n".join(lines))
