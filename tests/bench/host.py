#!/usr/bin/python3
"""host.py BUILD [ROUNDS [SECONDS]] - HTTP through provider, host and actor, and what the same costs without a host.

BUILD is a release build. wrk asks over a few connections that are kept; ways take turns, ROUNDS times each. `hello` answers
the same words, `count` adds one to a number that is on the disk before it is answered (SQLite, synchronous=FULL).
Ways: an actor here; an actor on another host, over RPC through the gate (hello alone); plain_http, a C program; node.
"""
import collections
import contextlib
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))

import account
import report
from portcullis_test import host, process

CONNECTIONS = 8
INSTANCES = 2
WRK = os.path.join(HERE, "wrk.lua")
NODE = """
const http = require("http");
http.createServer((q, r) => { r.setHeader("Content-Type", "text/plain"); r.end("hello\\n"); })
  .listen(0, "127.0.0.1", function () { console.log("listening " + this.address().port); });
"""
# what, ways
ASKS = {"hello": ("actor", "remote", "plain", "node"), "count": ("actor", "plain")}
NAMES = {"actor": "actor", "remote": "actor on another host", "plain": "plain C", "node": "node"}
WANTED = 20000


def accepted(answer):
    if answer != {"accepted": True, "error": ""}:
        raise process.Failed(str(answer))


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as s:
        return s.getsockname()[1]


class Lattice:
    """Two hosts behind one gate; each way by (what, way): its port, and the processes that serve it."""

    def __init__(self, folder, build):
        os.mkdir(folder, mode=0o700)
        self.lattice = host.Lattice(folder, build)
        self.port = {}
        self.pid = {}

    def begin(self):
        l = self.lattice
        one, two = l.host("one"), l.host("two")
        self.c = l.client("admin")
        http = self.provider(one, "httpserver", "default")
        kv = self.provider(one, "keyvalue", "default")
        far = self.provider(two, "httpserver", "far")
        for name in ("hello", "counter"):
            accepted(host.ask(self.c, f"cmd.{one.id}.la", {"actor_ref": l.actor(name), "host_id": one.id, "count": INSTANCES}))
        self.link("counter", kv, "default", "wasmcloud:keyvalue", {})
        self.serve(one, "hello", http, "default", ("hello", "actor"))
        self.serve(one, "counter", http, "default", ("count", "actor"))
        self.serve(two, "hello", far, "far", ("hello", "remote"))
        host.until(lambda: all(self.runs(h) for h in (one, two)), "all runs")
        pids = [one.pid], [one.pid, two.pid, l.gate.gateway.pid, l.gate.leaf.pid]
        self.pid = {("hello", "actor"): pids[0], ("count", "actor"): pids[0], ("hello", "remote"): pids[1]}

    def provider(self, h, kind, link):
        accepted(host.ask(self.c, f"cmd.{h.id}.lp", {"provider_ref": f"builtin:{kind}", "link_name": link, "host_id": h.id}))
        found = [p for p in host.inventory(self.c, h)["providers"] if p["contract_id"] == f"wasmcloud:{kind}"]
        return found[0]["id"]

    def link(self, actor, provider, name, contract, values):
        accepted(host.ask(self.c, "linkdefs.put", {"actor_id": self.lattice.key(actor), "provider_id": provider,
                                                   "link_name": name, "contract_id": contract, "values": values}))

    def serve(self, h, actor, provider, name, key):
        self.port[key] = free_port()
        self.link(actor, provider, name, "wasmcloud:httpserver", {"address": f"127.0.0.1:{self.port[key]}"})
        h.wait_line(lambda x: "event=link_running" in x and f":{self.port[key]}" in x, 60)

    def runs(self, h):
        inv = host.inventory(self.c, h)
        return all(x["state"] == "running" for x in inv["actors"] + inv["providers"])


@contextlib.contextmanager
def peer(argv):
    """A program that says `listening PORT`: (its port, its pid)."""
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        try:
            line = child.stdout.readline().split()
            if line[:1] != [b"listening"]:
                raise process.Failed(f"{argv[0]} does not listen")
            yield int(line[1]), child.pid
        finally:
            child.terminate()


@contextlib.contextmanager
def all_ways(build):
    """ports and pids of every way that can be had here."""
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="portcullis-bench."))
        ours = Lattice(os.path.join(folder, "lattice"), build)
        stack.callback(ours.lattice.kill)
        ours.begin()
        plain = os.path.join(build, "bin", "plain_http")
        for what in ASKS:
            port, pid = stack.enter_context(peer([plain, what, "0", folder]))
            ours.port[what, "plain"], ours.pid[what, "plain"] = port, [pid]
        if shutil.which("node"):
            port, pid = stack.enter_context(peer(["node", "-e", NODE]))
            ours.port["hello", "node"], ours.pid["hello", "node"] = port, [pid]
        yield ours


def load(port, seconds):
    argv = ["wrk", "-t", "1", "-c", str(CONNECTIONS), "-d", f"{seconds}s", "-s", WRK, f"http://127.0.0.1:{port}/bench"]
    done = subprocess.run(argv, stdout=subprocess.PIPE, text=True, timeout=120 + seconds, check=True)
    got = json.loads(done.stdout.splitlines()[-1])
    if got["bad"] or not got["requests"]:
        raise process.Failed(f"{got['bad']} of {got['requests']} requests failed")
    return got


def measure(build, rounds, seconds):
    """samples[what, way, figure]: one number a round."""
    samples = collections.defaultdict(list)
    with all_ways(build) as ours:
        for _ in range(rounds):
            for what, way in ((what, way) for what, ways in ASKS.items() for way in ways if (what, way) in ours.port):
                pids = [p for pid in ours.pid[what, way] for p in account.tree(pid)]
                before = account.cpu_ns(pids)
                got = load(ours.port[what, way], seconds)
                got["cpu_us"] = (account.cpu_ns(pids) - before) / 1000 / got["requests"]
                for figure in ("rate", "p50_us", "p99_us", "cpu_us"):
                    samples[what, way, figure].append(got[figure])
    return samples


def cell(values, form=report.plain):
    return f"{form(statistics.median(values))} ({form(min(values))} - {form(max(values))})"


def table(samples):
    rows = []
    for what, ways in ASKS.items():
        base = samples.get((what, "plain", "rate"))
        for way in ways:
            rate = samples.get((what, way, "rate"))
            if not rate:
                continue
            figures = [cell(samples[what, way, f]) for f in ("p50_us", "p99_us", "cpu_us")]
            ratio = statistics.median(a / b for a, b in zip(rate, base))
            wanted, met = "-", "-"
            if way == "remote":
                wanted, met = f">= {report.rate(WANTED)}", "met" if statistics.median(rate) >= WANTED else "MISSED"
            rows.append([what, NAMES[way], cell(rate, report.rate), f"{ratio:.2f}", *figures, wanted, met])
    header = ["request", "answered by", "per second", "/ plain C", "p50, us", "p99, us", "CPU each, us", "wanted", ""]
    return report.table(header, rows)


def main(argv):
    rounds, seconds = (int(argv[i]) if len(argv) > i else default for i, default in ((2, 3), (3, 3)))
    print(table(measure(os.path.abspath(argv[1]), rounds, seconds)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
