"""Attacker's code in an edge: orders to the probe that is linked into portcullis-gateway-probed (tests/probe). The
same program without its walls, portcullis-gateway-open, is the control."""
import os
import struct

import stage
from portcullis_test import rawclient
from stage import Failed

MAGIC = b"\x01intruder "
SIGSYS = 31
# gateway/proc/msg_*.h, gateway/proc/role.h
PEERS = ("verifier", "signer", "dispatcher", "auditor", "parent")


def u32(n):
    return struct.pack("<I", n)


def u64(n):
    return struct.pack("<Q", n)


def sized(data):
    return u32(len(data)) + data


def program(s, name):
    """The gateway of this stage is the probed one, or the one without walls."""
    path = os.path.join(s.build, "probe", f"portcullis-gateway-{name}")
    if not os.access(path, os.X_OK):
        raise Failed(f"{path} is not built")
    s.deployment.program = path


def sanitized(s):
    """A build with a sanitizer: its run-time calls more, and its profile grants it; its shadow is no memory to search."""
    with open(os.path.join(s.build, "probe", "portcullis-gateway-probed"), "rb") as f:
        return b"__asan_init" in f.read()


class Intruder:
    """A client whose bytes became code in the edge it is connected to."""

    def __init__(self, s, role="app", login=True):
        self.stage = s
        self.client = s.client(role) if login else None
        self.raw = self.client.raw if login else s.raw()
        if login:
            self.client.barrier()
        else:
            self.raw.line()
        said = dict(w.split("=") for w in self.order("who")[0].split())
        self.edge, self.conn = int(said["edge"]), int(said["conn"])

    def order(self, *lines):
        """The answers; fewer when the process died meanwhile."""
        self.raw.send(MAGIC + "\n".join(lines).encode() + b"\n")
        answers = []
        while len(answers) < len(lines):
            try:
                line = self.raw.line()
            except rawclient.Closed:
                break
            if line.startswith(b"PROBE "):
                answers.append(line[6:].decode())
        return answers


def death(s, since):
    """How an edge ended: {status, signal}."""
    line = s.deployment.gateway.wait_line(lambda x: "event=child_ended" in x and "child=edge" in x, since=since)
    return {w.split("=")[0]: int(w.split("=")[1]) for w in line.split() if w.startswith(("status=", "signal="))}


def expelled(s, since, by):
    """An edge was ended by the parent for what it said to @by."""
    how = death(s, since)
    if how["signal"] != 9 or by == "parent":
        return how["signal"] == 9
    return any("event=child_expelled" in x and f"by={by}" in x for x in s.deployment.gateway.lines[since:])


def renew(s):
    """The edge is another: so are the bystander and the books, in which the others' descriptors stay."""
    s.bystander = s.client("app")
    s.work()
    edges = s.roles().get("edge", [])
    s.before = {p: n for p, n in s.before.items() if p not in edges}
