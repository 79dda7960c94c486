"""Everybody comes back at once: clients behind the gate, the edge that serves them killed, and what it costs until
the last has logged in again. Another edge takes its place; what the gate does for that is in the cost."""
import json
import os
import resource
import signal
import subprocess

import account
from portcullis_test import process

ROOM = 200  # descriptors of an edge, a server or ourselves that are no client's
PATIENCE_S = 180


def most(wanted):
    """As many as an edge may have, with two descriptors each (and so everybody else)."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return wanted if hard == resource.RLIM_INFINITY else min(wanted, (hard - ROOM) // 2)


def edge_of(pids):
    for pid in pids:
        with open(f"/proc/{pid}/cmdline", "rb") as f:
            if b"edge" in f.read().split(b"\0"):
                return pid
    raise process.Failed("the gateway has no edge")


def settled(gateway, edge, others):
    """CPU of all that lived through it, and of whom was there only after it."""
    return account.cpu_ns(others) + account.cpu_ns([pid for pid in account.tree(gateway) if pid not in others and pid != edge])


def line(crowd):
    got = crowd.stdout.readline()
    if not got:
        raise process.Failed(f"reconnecting: {crowd.stderr.read().decode('utf-8', 'replace').strip()}")
    return json.loads(got)


def measure(natsbench, running, conns):
    """One storm. Returns what natsbench says of it, with cpu_s of all the gateway's processes."""
    gateway = running.pid["gateway"]
    pids = account.tree(gateway)
    edge = edge_of(pids)
    others = [pid for pid in pids if pid != edge]
    argv = [natsbench, "reconnect", "--server", running.address["gateway"], "--creds", running.deployment.creds]
    argv += ["--conns", str(conns), "--parallel", "256"]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as crowd:
        watch = signal.signal(signal.SIGALRM, lambda *_: crowd.kill())
        signal.alarm(PATIENCE_S)
        try:
            line(crowd)
            before = account.cpu_ns(others)
            os.kill(edge, signal.SIGKILL)
            got = line(crowd)
            got["cpu_s"] = (settled(gateway, edge, others) - before) / 1e9
            crowd.stdin.close()
        finally:
            signal.alarm(0)
            signal.signal(signal.SIGALRM, watch)
    if crowd.returncode != 0:
        raise process.Failed("a connection that had come back was closed")
    return got
