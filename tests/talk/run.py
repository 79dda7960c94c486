#!/usr/bin/python3
"""run.py --build DIR [--server] [--keep] FILE.talk... - hold the conversations of a talk file.

Each file gets a deployment of its own: a leaf (or a scripted upstream), a gateway, and the logins it
names; its cases run one after the other, each with fresh connections. With --server the same talk is
held with a nats-server in the gateway's place, whose users carry as permissions what the policy would
have granted: a talk that says `same: yes` promises that both answer alike. See README.md.
"""
import argparse
import json
import os
import re
import signal
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))
from portcullis_test import gateway, logins, natsjwt, process, rawclient, server, stamp, talkfile, upstream  # noqa: E402

Failed = process.Failed
WAIT_S = process.PATIENCE_S
TRIES = 20
LATE = (b"-ERR 'Authentication Timeout'", b"-ERR 'Authorization Violation'", b"-ERR 'User Authentication Expired'")


def granted(texts):
    """{role: {"pub": [...], "sub": [...]}}: what the rules' publish and subscribe lines give."""
    out = {}
    for text in texts.values():
        for rule in re.findall(r"^rule [\w-]+ \{\n(.*?)^\}", text, re.MULTILINE | re.DOTALL):
            lists = {k: v.replace(",", " ").split() for k, v in re.findall(r"(\w+) *= *\[(.*?)\]", rule, re.DOTALL)}
            for role in lists.get("to", []):
                have = out.setdefault(role, {"pub": ["_INBOX.>"], "sub": ["_INBOX.>"]})
                have["pub"] += [s.strip('"') for s in lists.get("publish", [])]
                have["sub"] += [s.strip('"') for s in lists.get("subscribe", [])]
    return out


def policies(folder):
    """{file name: text} of a folder's policies."""
    out = {}
    for name in sorted(os.listdir(folder)):
        if name.endswith(".policy"):
            with open(os.path.join(folder, name), encoding="utf-8") as f:
                out[name] = f.read()
    return out


def word(value):
    """A JSON value as a talk writes it: text bare, the rest as JSON."""
    return (value if isinstance(value, str) else json.dumps(value)).encode()


def covers(pattern, subject):
    """Does a NATS pattern match a literal subject?"""
    p, s = pattern.split("."), subject.split(".")
    if p[-1] == ">":
        return len(s) >= len(p) and all(a in ("*", b) for a, b in zip(p[:-1], s))
    return len(p) == len(s) and all(a in ("*", b) for a, b in zip(p, s))


class Session:
    """One client of a case, by name."""

    def __init__(self, name, host, port, login):
        self.name = name
        self.login = login
        self.raw = rawclient.Raw(host, port, WAIT_S)
        self.info = rawclient.read_info(self.raw)
        self.link = None
        self.closed = False

    def connect_line(self, options):
        said = rawclient.connect_options(self.info)
        if self.login is not None:
            said.update(self.login.connect_fields(self.info.get("nonce", "")))
        said.update({k: json.loads(v) for k, v in options.items()})
        return b"CONNECT " + json.dumps(said).encode() + b"\r\n"


class Runner:
    """Everything one talk file needs, and what each step does."""

    def __init__(self, talk, build, against_server, folder):
        self.talk = talk
        self.build = build
        self.against_server = against_server
        self.deployment = gateway.Deployment(folder)
        self.gates = {name: natsjwt.KeyPair("cluster") for name in talk.options.get("gates", "").split()}
        self.deployment.stamp_trust = [pair.public for pair in self.gates.values()]
        self.scripted = None
        self.sessions = {}
        self.values = {}
        self.transcript = []
        self.log_from = 0
        self.decisions_from = 0

    # --- before and after

    def start(self):
        d = self.deployment
        texts = policies(os.path.join(HERE, "deployment"))
        d.limits = talkfile.options_of(self.talk.options.get("limits", ""))
        if self.against_server:
            self.give_permissions(granted(texts))
        named = {"observer": {"direct": True}, **self.talk.logins}
        if self.against_server:
            # there is one server only: straight to it means with all rights
            named = {n: {"signed-by": "account", **o} if "direct" in o else o for n, o in named.items()}
        self.logins = {n: logins.Login(d, n, o) for n, o in named.items()}
        d.write(texts)
        if self.against_server:
            d.start_client_server()
            self.host, self.port = d.leaf.host, d.leaf.port
            return
        if self.talk.options.get("upstream") == "scripted":
            info = json.loads(self.talk.options.get("info", "{}"))
            self.scripted = upstream.Scripted(d.upstream_tokens(), info)
            d.start_gateway(self.build, self.scripted.port)
        else:
            # the gateway logs in with minted tokens that list what they may not
            d.start_leaf("max_control_line: 64KB")
            d.start_gateway(self.build)
        self.host, self.port = d.gateway.host, d.gateway.port

    def give_permissions(self, roles):
        """For --server: a login that names no permissions of its own carries its role's."""
        for options in self.talk.logins.values():
            role = roles.get(options.get("role"), {})
            for side in ("pub", "sub"):
                if side not in options and role:
                    options[side] = ",".join(role[side])

    def stop(self):
        self.drop_sessions()
        complaints = self.deployment.stop()
        if self.scripted is not None:
            self.scripted.close()
        return complaints

    def drop_sessions(self):
        for session in self.sessions.values():
            session.raw.close()
        self.sessions = {}

    # --- a case

    def run_case(self, case):
        """Returns None, or what went wrong and where."""
        self.transcript = []
        self.values = {}
        if self.deployment.gateway is not None:
            self.log_from = self.deployment.gateway.mark()
            self.decisions_from = len(self.deployment.decisions())
        for step in case.steps:
            if step.who == "needs":
                if not self.suits(step.text):
                    return None
                continue
            try:
                self.note(f"{self.talk.path}:{step.number}: {step}")
                getattr(self, "do_" + step.kind)(step)
            except (Failed, OSError) as e:
                return f"{self.talk.path}:{step.number}: {step}\n  {e}"
        self.drop_sessions()
        return None

    @staticmethod
    def suits(text):
        """`needs: server >= 2.12`: is this case about the server we have?"""
        what, _, wanted = text.partition(" ")
        if what != "server":
            raise talkfile.Mistake(f"needs: {what}?")
        return server.suits(wanted)

    def note(self, text):
        self.transcript.append(text)

    def session(self, name):
        if name not in self.sessions:
            raise talkfile.Mistake(f"{name} is not connected")
        return self.sessions[name]

    # --- steps that open connections

    def do_open(self, step):
        name = step.who
        login = self.logins.get(name)
        host, port = self.host, self.port
        if login is not None and login.direct:
            if self.scripted is not None:
                raise talkfile.Mistake("nobody connects straight to a scripted upstream")
            host, port = self.deployment.leaf.host, self.deployment.leaf.port
        if name in self.sessions:
            self.sessions[name].raw.close()
        session = Session(name, host, port, login)
        self.sessions[name] = session
        self.values[f"{name}.nonce"] = session.info.get("nonce", "").encode()
        if login is not None:
            fields = login.connect_fields(session.info.get("nonce", ""))
            self.values.update({f"{name}.{k}": v.encode() for k, v in fields.items()})
            self.values[f"{name}.user"] = login.pair.public.encode()
            self.values[f"{name}.account"] = login.account.key.public.encode()
        return session

    def do_connect(self, step):
        if step.who not in self.logins:
            raise talkfile.Mistake(f"no login {step.who}")
        before = len(self.scripted.links) if self.scripted is not None else 0
        # where there is little time on purpose, a slow machine tries again
        for _ in range(TRIES if self.hurried(step.who) else 1):
            session = self.do_open(step)
            session.raw.send(session.connect_line(talkfile.options_of(step.text)) + b"PING\r\n")
            line = self.read(session)
            if line == b"+OK":
                line = self.read(session)
            if line not in LATE:
                break
        if line != b"PONG":
            raise Failed(f"expected PONG, got {line!r}")
        if self.scripted is not None:
            session.link = self.own_link(before)

    def hurried(self, name):
        """Has a login little time, by the talk's limits or by its own end?"""
        return "auth_timeout" in self.deployment.limits or "exp" in self.logins[name].options

    def own_link(self, before):
        """The upstream connection of the client that just logged in: the first behind @before that is a client's."""
        count = before + 1
        while True:
            links = self.scripted.wait_links(count, WAIT_S)
            own = [k for k in links[before:] if k.options.get("name") != "portcullis-dispatcher"]
            if own:
                return own[0]
            count = len(links) + 1

    def do_refused(self, step):
        session = self.do_open(step)
        session.raw.send(session.connect_line(talkfile.options_of(step.text)) + b"PING\r\n")
        line = self.read(session)
        if line != b"-ERR 'Authorization Violation'":
            raise Failed(f"expected a refusal, got {line!r}")
        session.raw.expect_end()
        session.closed = True

    def do_stamp(self, step):
        """A stamp by a gate: its value is known by the step's name from here on."""
        o = talkfile.options_of(step.text)
        by = o.get("by", "own")
        pair = self.deployment.stamp_key if by == "own" else self.gates.get(by) or natsjwt.KeyPair("cluster")
        said = {k: talkfile.fill(o.get(k, "").encode(), self.values) for k in ("subject", "reply", "payload")}
        header = stamp.block("", [o["header"].split(":")]) if "header" in o else b""
        at = int(time.time() * 1000) + (logins.moment(o["at"]) - int(time.time())) * 1000 if "at" in o else None
        subject, reply = said["subject"].decode(), said["reply"].decode()
        value = stamp.stamp(pair, subject, said["payload"], reply, header, at)
        self.values[step.who] = value.encode()

    # --- talking

    def read(self, session, expected=b""):
        """The next line. Keep-alives are answered on the way, and a server's own INFO passed over."""
        while True:
            line = session.raw.line()
            self.note(f"    {session.name} got {line[:400]!r}")
            if line == b"PING" and not expected.startswith(b"PING"):
                session.raw.send(b"PONG\r\n")
            elif not (line.startswith(b"INFO ") and (self.against_server or (session.login and session.login.direct))):
                return line

    def do_send(self, step):
        data = talkfile.fill(talkfile.unescape(step.text), self.values)
        link = self.link(step.who)
        if link is not None:
            link.send(data)
        else:
            self.session(step.who).raw.send(data)

    def do_expect(self, step):
        expected = talkfile.unescape(step.text)
        link = self.link(step.who)
        if link is not None:
            got = link.next_op(WAIT_S)
            while step.who == "dispatcher" and got.startswith(b"SUB "):
                got = link.next_op(WAIT_S)
            self.note(f"    upstream got {got[:400]!r}")
            if not talkfile.match(expected, got, self.values):
                raise Failed(f"expected {expected!r}\n  got      {got!r}")
            return
        session = self.session(step.who)
        for part in expected.split(b"\r\n"):
            got = self.read(session, part)
            if not talkfile.match(part, got, self.values):
                raise Failed(f"expected {part!r}\n  got      {got!r}")

    def link(self, who):
        """The scripted upstream connection meant by `upstream`, `upstream(alice)` or `dispatcher`."""
        m = re.fullmatch(r"(upstream|dispatcher)(?:\((\w+)\))?", who)
        if not m:
            return None
        if self.scripted is None:
            raise talkfile.Mistake("this talk has no scripted upstream")
        if m.group(1) == "dispatcher":
            # by its name: the end of an earlier case's client may not have been seen yet
            count = 0
            while True:
                links = self.scripted.wait_links(count, WAIT_S)
                own = [k for k in links if k.options.get("name") == "portcullis-dispatcher" and not k.ended]
                if own:
                    return own[-1]
                count = len(links) + 1
        if m.group(2):
            return self.session(m.group(2)).link
        linked = [s for s in self.sessions.values() if s.link is not None]
        if not linked:
            raise Failed("no client of this case has an upstream connection")
        return linked[-1].link

    # --- states

    def do_state(self, step):
        if step.who in ("log", "decision", "audit", "gateway"):
            getattr(self, "see_" + step.who)(step.text)
            return
        link = self.link(step.who)
        if link is not None:
            self.link_state(link, step.text)
            return
        session = self.session(step.who)
        if step.text == "closed":
            while not session.closed:
                self.expect_end(session)
        elif step.text == "gone":
            self.gone(session)
        elif step.text == "silent":
            self.silent(session)
        elif step.text == "half-close":
            session.raw.half_close()
        elif step.text == "close":
            session.raw.close()
            del self.sessions[step.who]
        else:
            raise talkfile.Mistake(f"no state {step.text}")

    def expect_end(self, session):
        try:
            line = self.read(session)
        except rawclient.Closed:
            if session.raw.buffer:
                raise
            session.closed = True
            return
        raise Failed(f"expected the end, got {line!r}")

    def gone(self, session):
        """It ends; what it says before may only be an error."""
        while not session.closed:
            try:
                line = self.read(session)
            except rawclient.Closed:
                session.closed = True
                return
            if not line.startswith(b"-ERR "):
                raise Failed(f"expected the end, got {line!r}")

    def barrier(self, session):
        session.raw.send(b"PING\r\n")
        line = self.read(session)
        if line != b"PONG":
            raise Failed(f"expected silence, got {line!r}")

    def silent(self, session):
        """Whatever the others sent has been dealt with, and nothing of it came here."""
        direct = session.login is not None and session.login.direct
        if direct:
            for other in list(self.sessions.values()):
                if other is not session and not other.closed and not (other.login and other.login.direct):
                    self.settle(other)
        self.barrier(session)

    def settle(self, session):
        """Pass a barrier on a gateway client without taking anything it still has to read."""
        session.raw.send(b"PING\r\n")
        before = bytes(session.raw.buffer)
        session.raw.buffer.clear()
        kept = []
        try:
            line = session.raw.line()
            while line != b"PONG":
                kept.append(line)
                line = session.raw.line()
        except rawclient.Closed:
            pass
        rest = bytes(session.raw.buffer)
        session.raw.buffer[:] = before + b"".join(k + b"\r\n" for k in kept) + rest

    def link_state(self, link, what):
        if what == "silent":
            owners = [s for s in self.sessions.values() if s.link is link and not s.closed]
            if owners and not link.hold_pong:
                self.settle(owners[0])
            elif not owners or link.ended:
                link.wait_end(WAIT_S)
            if link.untaken():
                raise Failed(f"expected silence upstream, got {link.untaken()!r}")
        elif what == "closed":
            link.wait_end(WAIT_S)
        elif what == "close":
            link.close()
        elif what.startswith("cannot publish "):
            denied = link.claims["nats"].get("pub", {}).get("deny", [])
            if not any(covers(pattern, what.split()[2]) for pattern in denied):
                raise Failed(f"this login may; it is denied only {denied}")
        elif what in ("hold-pong", "answer-pong"):
            link.hold_pong = what == "hold-pong"
        else:
            raise talkfile.Mistake(f"no state {what}")

    # --- logs

    def see_log(self, text):
        if self.deployment.gateway is None:
            return
        words = text.split()
        self.deployment.gateway.wait_line(lambda line: all(w in line for w in words), WAIT_S, self.log_from)

    def see_decision(self, text):
        """One line of the decision log, written since the case began, has these values."""
        if self.deployment.gateway is not None:
            self.see_line(text, lambda: self.deployment.decisions()[self.decisions_from :])

    def see_audit(self, text):
        """The same for the audit records; `none ...`: so far there is no such."""
        if text.startswith("none "):
            wanted = {k: v.encode() for k, v in talkfile.options_of(text[5:]).items()}
            for line in self.deployment.audit_records() if self.deployment.gateway else []:
                if all(k in line and talkfile.match(v, word(line[k]), self.values) for k, v in wanted.items()):
                    raise Failed(f"on record: {json.dumps(line)}")
        elif self.deployment.gateway is not None:
            self.see_line(text, self.deployment.audit_records)

    def see_line(self, text, lines):
        wanted = {k: v.encode() for k, v in talkfile.options_of(text).items()}
        deadline = time.monotonic() + WAIT_S
        while True:
            have = lines()
            for line in have:
                if all(k in line and talkfile.match(v, word(line[k]), self.values) for k, v in wanted.items()):
                    return
            if time.monotonic() > deadline:
                raise Failed(f"no such line among {len(have)}:\n" + "\n".join(json.dumps(h) for h in have[-20:]))
            # a file has no way to call us: look again soon, until the deadline
            time.sleep(0.02)

    def see_gateway(self, text):
        """What its administrator does: `hup`, `revoke NAME`, `policy FOLDER` (of deployment/, then HUP)."""
        d = self.deployment
        verb, _, what = text.partition(" ")
        if verb == "revoke":
            login = self.logins[what]
            login.account.revocations[login.pair.public] = int(time.time())
            d.write_accounts()
        elif verb == "policy":
            d.write_policies(policies(os.path.join(HERE, "deployment", what)))
        elif verb != "hup":
            raise talkfile.Mistake(f"gateway: {verb}?")
        d.gateway.child.send_signal(signal.SIGHUP)


def run_file(path, args):
    """Returns (cases, failed cases)."""
    try:
        talk = talkfile.Talk(path)
    except talkfile.Mistake as e:
        print(e)
        return 1, 1
    name = os.path.basename(path)
    bad = 0
    with tempfile.TemporaryDirectory(prefix="talk.") as folder:
        runner = Runner(talk, args.build, args.server, folder)
        try:
            runner.start()
            for case in talk.cases:
                if args.case and args.case not in case.title:
                    continue
                problem = runner.run_case(case)
                if problem:
                    bad += 1
                    print(f"FAIL {name}: {case.title}\n  {problem}")
                    print("\n".join(f"    {line}" for line in runner.transcript[-16:]))
                    runner.drop_sessions()
        except (Failed, OSError, talkfile.Mistake) as e:
            print(f"FAIL {name}: {e}")
            bad = max(bad, 1)
        server = runner.deployment.gateway or runner.deployment.leaf
        if bad and server is not None:
            print("  the server's log ends:\n" + server.tail())
        complaints = runner.stop()
        for complaint in complaints:
            print(f"FAIL {name}: {complaint}")
        bad += len(complaints)
    return max(len(talk.cases), bad), bad


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build/dev", help="build folder with bin/portcullis-gateway")
    parser.add_argument("--server", action="store_true", help="put a nats-server in the gateway's place")
    parser.add_argument("--case", help="only cases with this text in their title")
    parser.add_argument("files", nargs="+")
    args = parser.parse_args()
    args.build = os.path.abspath(args.build)
    total = failed = 0
    for path in args.files:
        cases, bad = run_file(path, args)
        total += cases
        failed += bad
    share = 100 * (total - failed) // total
    print(f"{share}%: Checks: {total}, Failures: {failed}, Errors: 0")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
