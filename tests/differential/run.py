#!/usr/bin/python3
"""The differential test: random sessions to nats-server and to the gateway, side by side.

    run.py --control            nats-server against nats-server: nothing may differ
    run.py --gateway BUILD      nats-server against the gateway: every difference has a rule
    run.py ... --seed N --sessions N --length N --only SESSION

A difference without a rule fails, printed as the shortest session that still shows it. A rule that
explained nothing fails too: it is a claim nobody checked. The rules are in rules.py and lastwords.py.
"""

import argparse
import collections
import dataclasses
import json
import os
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import world as worlds  # noqa: E402 (puts tests/support on the path)
import generate  # noqa: E402
import rules  # noqa: E402
from portcullis_test import server  # noqa: E402
from subjects import matches  # noqa: E402


@dataclasses.dataclass
class Finding:
    """A difference no rule explains."""

    session: generate.Session
    at: int
    what: str
    a: object
    b: object


class Judge:
    """Plays sessions on both sides and keeps what is known of both."""

    def __init__(self, world):
        self.world = world
        self.hits = collections.Counter()
        self.cases = 0
        self.skipped = 0
        self.logins = 0

    def play(self, session, count=True):
        """Play @session. Return: the first Finding, or None."""
        self.logins += 1
        creds = self.world.user(f"user {self.logins}", session.claims)
        try:
            first = self.world.a.login(session, creds), self.world.b.login(session, creds)
            if first[0] != first[1]:
                return Finding(session, -1, "the login", *first)
            return Run(self, session, count).through()
        finally:
            self.world.a.logout()
            self.world.b.logout()


class Run:
    """One session under way."""

    def __init__(self, judge, session, count):
        self.judge = judge
        self.world = judge.world
        self.session = session
        self.count = count
        self.subs = {}
        self.limits = {}       # sid -> UNSUB max
        self.received = collections.Counter()
        self.withheld = set()  # replies only side A delivered
        self.replies = set()   # replies both sides delivered
        self.uneven = set()    # replies answered on one side only

    def through(self):
        for at, op in enumerate(self.session.ops):
            if op.subject in self.uneven and op.kind in ("pub", "hpub", "request", "unheard"):
                self.judge.skipped += 1
                continue
            a = self.world.a.play(op, self.session)
            b = self.world.b.play(op, self.session)
            case = rules.Case(self.session, op, a, b, self.subs, self.replies, self.withheld)
            names, left = rules.explain(case)
            if self.count:
                self.judge.cases += 1
                self.judge.hits.update(names)
            if left:
                return Finding(self.session, at, left, a, b)
            self.learn(op, a, b, names)
            if a.closed or b.closed:
                return None
        return None

    def learn(self, op, a, b, names):
        """Keep what later operations depend on, and bring both sides to the same state again."""
        drop = set()
        if op.kind == "sub" and names:
            drop.add(op.sid)
        elif op.kind == "sub" and a.refused is None:
            self.subs.setdefault(op.sid, (op.subject, op.queue))
        if op.kind == "unsub":
            self.limits[op.sid] = op.max
        # the server charges an answer it then refuses for its reply subject
        charged = a.refused is not None and "with Reply" in a.refused
        if op.kind in ("pub", "hpub", "request", "unheard") and (names or charged):
            self.uneven.add(op.subject)
        arrived = [m for m in a.messages if any(m[1:4] + m[5:] == n[1:4] + n[5:] for n in b.messages)]
        drop.update(m[2] for m in a.messages if m not in arrived)
        for reply in {m[3] for m in a.messages if m[3]}:
            both = any(m[3] == reply for m in arrived)
            (self.replies.add if both else self.withheld.add)(reply)
            (self.withheld.discard if both else self.replies.discard)(reply)
            self.uneven.discard(reply)
        self.received.update(m[2] for m in arrived)
        for sid, limit in self.limits.items():
            if self.received[sid] >= limit:
                self.subs.pop(sid, None)
        for sid in drop:
            self.subs.pop(sid, None)
            for side in (self.world.a, self.world.b):
                side.client.send(f"UNSUB {sid}\r\n".encode())


def shrink(judge, finding, budget_s=20):
    """Leave out whatever is not needed for the same difference, while the budget lasts."""
    end = time.monotonic() + budget_s
    best = finding
    ops = finding.session.ops[:finding.at + 1]
    at = len(ops) - 2
    while at >= 0 and time.monotonic() < end:
        fewer = ops[:at] + ops[at + 1:]
        found = judge.play(dataclasses.replace(finding.session, ops=fewer), count=False)
        if found and found.what.split()[:3] == finding.what.split()[:3] and found.at == len(fewer) - 1:
            ops, best = fewer, found
        at -= 1
    return best


def show(finding, world):
    session = finding.session
    print(f"\nUNEXPLAINED in session {session.number}: {finding.what}")
    print("  permissions", json.dumps(session.claims))
    print("  connect    ", json.dumps(session.connect))
    for op in session.ops[:finding.at + 1]:
        print("  ", op)
    for side, outcome in ((world.a, finding.a), (world.b, finding.b)):
        print(f"  {side.name}:")
        print("     client got", outcome.client)
        print("     peer saw  ", outcome.seen)


def parse(argv):
    p = argparse.ArgumentParser()
    p.add_argument("--control", action="store_true")
    p.add_argument("--gateway", metavar="BUILD", type=os.path.abspath, help="build folder with bin/portcullis-gateway")
    p.add_argument("--seed", type=int, default=2)
    p.add_argument("--sessions", type=int, default=400)
    p.add_argument("--length", type=int, default=25)
    p.add_argument("--only", type=int, help="play this session alone")
    p.add_argument("--max-findings", type=int, default=5)
    p.add_argument("--any-server", action="store_true", help="also with a nats-server the rules do not describe")
    args = p.parse_args(argv)
    if args.control == bool(args.gateway):
        p.error("either --control or --gateway")
    return args


def main(argv):
    args = parse(argv)
    if not (args.any_server or server.suits("< 2.10")):
        print("skipped: the rules are about nats-server 2.9, Debian 12's; this one is "
              + ".".join(str(n) for n in server.version()) + " (--any-server shows where it differs)")
        return 77
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="differential-") as folder:
        world = worlds.World(folder, args.gateway)
        judge = Judge(world)
        try:
            findings = compare(args, judge)
        finally:
            complaints = world.stop()
    for complaint in complaints:
        print(complaint)
    return report(args, judge, findings + len(complaints), time.monotonic() - began)


def compare(args, judge):
    """Play all sessions; return how many differences had no rule."""
    findings = 0
    for session in sessions(args):
        found = judge.play(session)
        if found:
            show(shrink(judge, found), judge.world)
            findings += 1
        if findings >= args.max_findings:
            break
    return findings


def sessions(args):
    yield from (s for s in generate.directed() if args.only in (None, s.number))
    for number in range(args.sessions):
        if args.only in (None, number):
            yield generate.session(args.seed, number, args.length)


def report(args, judge, findings, seconds):
    print(f"\nseed {args.seed}: {judge.cases} cases in {seconds:.1f} s, {judge.skipped} left out, "
          f"{findings} failures, {sum(judge.hits.values())} explained")
    for name in rules.names():
        if judge.hits[name] or not args.control:
            print(f"  {judge.hits[name]:6} {name}")
    if findings:
        return 1
    if args.control:
        return 1 if judge.hits else 0
    unused = [n for n in rules.names() if not judge.hits[n]]
    if unused and args.only is None:
        print("rules that explained nothing:", ", ".join(unused))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
