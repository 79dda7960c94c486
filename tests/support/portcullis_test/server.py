"""A real nats-server on 127.0.0.1, on a port of its own choosing that it announces in its log."""
import os
import re
import shutil

from . import process

LISTENING = re.compile(r"Listening for client connections on (\S+):(\d+)")


def find():
    for path in (os.environ.get("NATS_SERVER"), shutil.which("nats-server"), "/usr/sbin/nats-server"):
        if path and os.access(path, os.X_OK):
            return path
    raise process.Failed("nats-server is not installed (scripts/setup)")


class NatsServer(process.Process):
    """Runs from a configuration file, which must say `port: -1` or a free port; .host and .port tell."""

    def __init__(self, conf_path, extra=(), timeout_s=10.0, binary=None):
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


def open_conf(folder, extra=""):
    """No authentication at all: the leaf of today's set-ups."""
    return write(folder, "open.conf", f"host: 127.0.0.1\nport: -1\n{extra}\n")


def operator_conf(
    folder, operator_jwt, accounts, system_account=None, extra="", port=-1, name="leaf.conf", host="127.0.0.1"
):
    """Operator mode: @accounts is {A-key: account JWT}; logins need a user JWT of one of them."""
    lines = [f'host: "{host}"', f"port: {port}", f"operator: {operator_jwt}", "resolver: MEMORY"]
    if system_account:
        lines.append(f"system_account: {system_account}")
    lines.append("resolver_preload: {")
    lines += [f"  {key}: {token}" for key, token in accounts.items()]
    lines += ["}", extra, ""]
    return write(folder, name, "\n".join(lines))
