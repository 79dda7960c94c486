#!/usr/bin/python3
"""Attacker's code in an edge: what it says. It keeps its channels to the other processes and its connections to
the upstream, and says there whatever it likes. Whose word counts for what: docs/TRUST.md."""
import hashlib
import os
import re
import signal
import subprocess

import intruder
import stage
from intruder import sized, u32, u64
from portcullis_test import certs, natsjwt, process
from stage import COMMAND, Failed, bodies, until

ROOM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "gateway", "proc")
# subjects that command something, one for each way: policy/commands
COMMANDS = [
    COMMAND, "wasmbus.ctl.default.auction.provider", "wasmbus.ctl.v1.default.component.scale.NHOST",
    "wasmbus.ctl.v1.default.link.put", "wasmbus.ctl.default.linkdefs.put", "runtime.host.NHOST.start",
    "wadm.api.default.model.deploy.app", "wadm.cmd.default.start",
]
# what an edge may say: everything else ends the channel
MAY = {
    "verifier": ("MSG_LOGIN", "MSG_LEFT", "MSG_WANT_NONCES"),
    "signer": ("MSG_SIGN",),
    "dispatcher": ("MSG_COMMAND", "MSG_ENOUGH"),
    "auditor": ("MSG_NOTE",),
    "parent": ("MSG_READY", "MSG_DONE", "MSG_DIAL", "MSG_FATAL", "MSG_APPLIED", "MSG_STATS", "MSG_LIVE", "MSG_LIVE_END",
               "MSG_WALLS"),
}


def types(peer):
    """{name: number} of the messages of a channel, from its header."""
    with open(os.path.join(ROOM, f"msg_{peer}.h"), encoding="utf-8") as f:
        body = re.search(rf"enum msg_{peer} \{{(.*?)\n\}};", f.read(), re.S).group(1)
    found, at = {}, -1
    for name, value in re.findall(r"\b(MSG_\w+)(?: = (\d+))?,", re.sub(r"/\*.*?\*/", "", body, flags=re.S)):
        at = int(value) if value else at + 1
        found[name] = at
    return found


def number(peer, name):
    return types(peer)[name]


def command(conn, subject, payload=b"", reply=b"", count=1, more=b""):
    return u64(conn) + u64(count) + sized(subject.encode()) + sized(reply) + sized(b"") + sized(payload) + more


def sign(conn, nonce, account=b""):
    return u64(conn) + sized(account) + sized(nonce) + sized(b"")


def send(peer, name, body):
    return f"send {peer} {number(peer, name)} {body.hex()}".strip()


def asked(code, peer, name, body):
    """Say it and take what comes back, (type, body); None where the channel ended, and the speaker with it."""
    mark = code.stage.deployment.gateway.mark()
    said = code.order(send(peer, name, body), f"wait {peer}")
    if said[1:] in ([], ["ended"]):
        if not intruder.expelled(code.stage, mark, peer):
            raise Failed(f"{peer} {name}: ended, and not for that")
        return None
    kind, data = said[1].split(" ")
    return int(kind), bytes.fromhex(data)


def away_from(s, asleep, role, n=1):
    """Intruders in an edge that is not @asleep: that one does not accept meanwhile."""
    process.halt(asleep)
    try:
        return [intruder.Intruder(s, role) for _ in range(n)]
    finally:
        os.kill(asleep, signal.SIGCONT)


def two_edges(s):
    """(intruder, deployer on another edge with a number the intruder's edge does not have)."""
    intruder.program(s, "probed")
    s.start(limits={"edges": 2})
    first, second = s.roles()["edge"]
    code = away_from(s, second, "app")[0]
    victim = away_from(s, first, "deployer", 8)[-1]
    victim.pid = second
    if code.edge == victim.edge or victim.conn <= code.conn:
        raise Failed(f"{code.edge}.{code.conn} {victim.edge}.{victim.conn}")
    return code, victim


def leave(s):
    """The edge that was taken over goes; what it did must not be felt."""
    intruder.renew(s)


def commands_in_anothers_name(s):
    """To the dispatcher, for a connection another edge has: not named there. The observer hears nothing."""
    code, victim = two_edges(s)
    got = asked(code, "dispatcher", "MSG_COMMAND", command(victim.conn, COMMAND, bodies.start_provider()))
    if got is None or b"has not named this connection" not in got[1]:
        raise Failed(f"{got}")
    # the victim is untouched, and the control: it may
    s.allowed.add(COMMAND)
    victim.client.publish(COMMAND, bodies.start_provider())
    victim.client.barrier()
    until(lambda: any(m.subject == COMMAND for m in heard_all(s)), "the deployer's own command")
    s.allowed.discard(COMMAND)
    if sum(m.subject == COMMAND for m in heard_all(s)) != 1:
        raise Failed("more than the deployer's own command")
    s.observer.messages.clear()


def heard_all(s):
    s.observer.barrier()
    return s.observer.messages


def commands_beyond_ones_rights(s):
    """To the dispatcher, for its own connection: judged again there, refused, on record in the name of who it is."""
    code, _ = two_edges(s)
    for i, subject in enumerate(COMMANDS + ["f.plain.data", "$JS.API.STREAM.DELETE.KV_LATTICEDATA_default", ">", "a..b", ""]):
        got = asked(code, "dispatcher", "MSG_COMMAND", command(code.conn, subject, bodies.start_provider(), count=i + 1))
        if got is None or got[0] != number("dispatcher", "MSG_COMMAND_DONE") or got[1][16] != 0:
            raise Failed(f"{subject}: {got}")

    def found():
        return [r for r in s.deployment.audit_records() if r.get("subject") == COMMAND]

    record = until(found, "a record")[0]
    if record["decision"] != "deny" or (record["edge"], record["client"]) != (code.edge, code.conn):
        raise Failed(f"{record}")


def what_its_connections_may_it_may(s):
    """The residual, by name: for a connection of its own edge it can say what that one may, recorded in its name, and no more."""
    intruder.program(s, "probed")
    s.start()
    code, deployer = intruder.Intruder(s), intruder.Intruder(s, "deployer")
    s.allowed.add(COMMAND)
    asked(code, "dispatcher", "MSG_COMMAND", command(deployer.conn, COMMAND, bodies.start_provider(), count=1))
    until(lambda: any(m.subject == COMMAND for m in heard_all(s)), "the command")
    got = asked(code, "dispatcher", "MSG_COMMAND", command(deployer.conn, "wasmbus.ctl.elsewhere.cmd.NHOST.lp",
                                                             bodies.start_provider(), count=2))
    if got is None or got[1][16] != 0:
        raise Failed(f"{got}")
    record = [r for r in s.deployment.audit_records() if r.get("subject") == COMMAND and r["decision"] == "allow"][0]
    if record["client"] != deployer.conn:
        raise Failed(f"{record}")


def an_identity_cannot_be_said(s):
    """A command has no place for who says it: one with more in it ends the channel, and so do lengths that lie."""
    intruder.program(s, "probed")
    s.start()
    code = intruder.Intruder(s)
    whole = command(code.conn, COMMAND, bodies.start_provider())
    for i, body in enumerate((command(code.conn, COMMAND, b"{}", more=sized(b"role:deployer") + sized(b"ACME")),
                              whole[:-1], whole[:20], b"", u64(code.conn) + u64(1) + u32(0xFFFFFFFF) + b"x" * 64)):
        if asked(code, "dispatcher", "MSG_COMMAND", body) is not None:
            raise Failed(f"body {i} was taken")
        code = intruder.Intruder(s)
    leave(s)


def logins_of_others(s):
    """From the signer: none for a connection of another edge or of nobody, none for a nonce that is none, few for its own."""
    code, victim = two_edges(s)
    for conn in (victim.conn, 0, 2**64 - 1):
        got = asked(code, "signer", "MSG_SIGN", sign(conn, b"AbCdEfGhIjKlMnO"))
        if got is None or got[0] != number("signer", "MSG_NOT_SIGNED"):
            raise Failed(f"{conn}: {got}")
    # its own: in its own account, whatever account it names
    other = s.deployment.accounts["OTHER"].key.public.encode()
    got = asked(code, "signer", "MSG_SIGN", sign(code.conn, b"AbCdEfGhIjKlMnO", other))
    if got is None or got[0] != number("signer", "MSG_SIGNED"):
        raise Failed(f"{got}")
    token = re.search(rb"ey[\w-]+\.([\w-]+)\.[\w-]+", got[1])
    claims = natsjwt.decode(token.group(0).decode())
    if claims["iss"] != s.deployment.accounts["ACME"].upstream.public:
        raise Failed(f"{claims}")
    # one was its login, one was just given: two more, and no end of asking gets another
    given = [asked(code, "signer", "MSG_SIGN", sign(code.conn, b"AbCdEfGhIjKlMnO"))[0] for _ in range(6)]
    if given != [number("signer", "MSG_SIGNED")] * 2 + [number("signer", "MSG_NOT_SIGNED")] * 4:
        raise Failed(f"{given}")
    for nonce in (b"eyJ0eXAiOiJKV1QifQ.eyJqdGkiOiJ4In0", b"short", b"", b"x" * 200):
        if asked(code, "signer", "MSG_SIGN", sign(code.conn, nonce)) is not None:
            raise Failed(f"{nonce} was signed")
        code = intruder.Intruder(s)
    leave(s)


def commands_on_its_own_upstream(s):
    """Past everybody, on the connection the gate holds for it: the real server refuses each, the observer hears none."""
    intruder.program(s, "probed")
    s.start()
    code = intruder.Intruder(s)
    for subject in COMMANDS + ["$JS.API.STREAM.DELETE.KV_LATTICEDATA_default", "$KV.LATTICEDATA_default.x", "$SYS.REQ.SERVER.PING"]:
        raw = f"PUB {subject} 2\r\n{{}}\r\nPING\r\n".encode()
        said = bytes.fromhex(code.order(f"upstream {raw.hex()}")[0].split()[0])
        if f'-ERR \'Permissions Violation for Publish to "{subject}"'.encode().lower() not in said.lower():
            raise Failed(f"{subject}: {said}")
    # the control: it is the login that is refused, not the way
    raw = b"PUB f.work 5\r\nhello\r\nPING\r\n"
    said = bytes.fromhex(code.order(f"upstream {raw.hex()}")[0].split()[0])
    if b"-ERR" in said or not any(m.payload == b"hello" for m in heard_all(s)):
        raise Failed(f"{said}")


def commands_are_not_overheard(s):
    """On its own upstream it subscribes to everything: no command is delivered to it, which others send and the observer hears."""
    intruder.program(s, "probed")
    s.start()
    code = intruder.Intruder(s)
    everything = "".join(f"SUB {x} {7000 + i}\r\n" for i, x in enumerate((">", "*.>", "wasmbus.>", "wadm.>", *COMMANDS)))
    code.raw.send(intruder.MAGIC + f"upstream {(everything + 'PING').encode().hex()}0d0a\nupstream\n".encode())
    code.raw.line()
    for subject in (*COMMANDS, "f.work"):
        s.allowed.add(subject)
        s.observer.publish(subject, b"PONG\r\n" if subject == "f.work" else b"{}")
    s.observer.barrier()
    said = bytes.fromhex(code.raw.line().split()[1].decode())
    if b"MSG f.work 7000" not in said or any(f"MSG {x}".encode() in said for x in COMMANDS):
        raise Failed(f"{said}")


def with_a_login_that_may_it_could(s):
    """The control: where the upstream's login is one file for everybody and may command, so may code in an edge."""
    intruder.program(s, "probed")
    d = s.deployment

    def one_login_for_all(_):
        owner, pair = d.accounts["ACME"], natsjwt.KeyPair("user")
        token = natsjwt.mint_user(owner.upstream, pair.public, "everything")
        natsjwt.write_creds(d.path("keys", "all.creds"), token, pair.seed)
        d.upstream = {"creds": "keys/all.creds"}

    s.start(prepare=one_login_for_all)
    s.allowed.add(COMMAND)
    raw = f"PUB {COMMAND} 2\r\n{{}}\r\nPING\r\n".encode()
    said = bytes.fromhex(intruder.Intruder(s).order(f"upstream {raw.hex()}")[0].split()[0])
    if b"-ERR" in said or not any(m.subject == COMMAND and m.payload == b"{}" for m in heard_all(s)):
        raise Failed(f"{said}")


def signatures_of_ones_choice(s):
    """From the signer's TLS key: only what a handshake signs, only with a key that is there, only so many. The control: that."""
    intruder.program(s, "probed")
    d = s.deployment
    d.write(stage.talk_policies())
    d.ca = certs.Authority(d.path("tls"))
    d.ca.sign("server", kind="ec")
    d.sections.append("tls {\n  cert = tls/server.crt\n  key = tls/server.key\n}")
    d.start_leaf()
    d.start_gateway(s.build)
    s.ended, s.bystander = True, None
    public = subprocess.run(["openssl", "pkey", "-in", d.path("tls", "server.key"), "-pubout", "-outform", "DER"],
                            capture_output=True, check=True).stdout
    key = hashlib.sha256(public).digest()

    def signature(key, scheme, what, n=7):
        return (u64(n) + key + bytes([scheme]) + sized(what)).hex()

    def said(*asked):
        answers = intruder.Intruder(s, login=False).order(*[x for a in asked for x in (f"send signatures 1 {a}", "wait signatures")])
        return [len(bytes.fromhex(a.split()[1])) - 12 for a in answers[1::2]]

    digest = bytes(32)
    lengths = said(signature(key, 1, digest), signature(bytes(32), 1, digest), signature(key, 1, digest + b"x"),
                   signature(key, 2, digest), signature(key, 5, digest), signature(key, 1, b"to be signed as it is"))
    if len(lengths) != 6 or lengths[0] < 60 or any(lengths[1:]):
        raise Failed(f"{lengths}")
    mark = d.gateway.mark()
    intruder.Intruder(s, login=False).order(f"flood signatures 4000 1 {signature(key, 1, digest)}")
    d.gateway.wait_line(lambda x: "event=tls_sign_limited" in x, since=mark)


def records_in_anothers_name(s):
    """To the auditor, of another edge's connection: never on record as its; with a decision's id of another, who says it goes."""
    code, victim = two_edges(s)
    mark = s.deployment.gateway.mark()
    for event in ("conn_open", "conn_close", "login_failed", "unstamped", "would_deny", "command", "reload", "-", "pub_denied"):
        code.order(f"note {victim.conn} {event}")
    if not intruder.expelled(s, mark, "auditor"):
        raise Failed("a decision's id of another edge was taken")

    def found():
        records = s.deployment.audit_records()
        forged = [r for r in records if r.get("source") == "9.9.9.9" or "forged" in str(r)]
        return records if {"open", "close", "denial"} <= {r["kind"] for r in forged} else None

    records = until(found, "what was said before that is on record")
    for r in records:
        if (r.get("source") == "9.9.9.9" or "forged" in str(r)) and (r["edge"] == victim.edge or r.get("user") or r.get("account")
                                                                     or r["kind"] not in ("open", "close", "denial")):
            raise Failed(f"{r}")
    own = [r for r in records if (r.get("edge"), r.get("client")) == (victim.edge, victim.conn)]
    if [r["kind"] for r in own] != ["open"] or "role:deployer" not in own[0]["tags"]:
        raise Failed(f"{own}")
    leave(s)


def logins_of_ones_own_making(s):
    """To the verifier: a good token and signature over a nonce it did not give out, one used before, one taken twice."""
    code, victim = two_edges(s)
    token, pair = s.deployment.login("deployer")

    def login(nonce):
        said = code.order(f"login 1000000 {nonce} {token} {natsjwt.b64url(pair.sign(nonce.encode()))}", "wait verifier")
        kind, data = said[1].split(" ")
        return int(kind), bytes.fromhex(data)

    for nonce in ("A" * 22, "-", "B" * 64):
        got = login(nonce)
        if got[0] != number("verifier", "MSG_TURN_AWAY") or b"nonce" not in got[1]:
            raise Failed(f"{nonce}: {got}")
    # somebody else's connection does not leave for it
    code.order(send("verifier", "MSG_LEFT", u64(victim.conn)))
    login("C" * 22)
    s.allowed.add(COMMAND)
    victim.client.publish(COMMAND, bodies.start_provider())
    until(lambda: any(m.subject == COMMAND for m in heard_all(s)), "the deployer is still one")


def a_number_is_one_login(s):
    """To the verifier: good logins of two of its clients under one number, one after the other. A command of the first
    could be recorded in the name of the second. And under numbers that another edge has, or will have."""
    intruder.program(s, "probed")
    s.start()
    code = intruder.Intruder(s)
    nonces = []

    def login(conn, role):
        token, pair = s.deployment.login(role)
        nonce = nonces.pop()
        said = code.order(f"login {conn} {nonce} {token} {natsjwt.b64url(pair.sign(nonce.encode()))}", "wait verifier")[1]
        return int(said.split(" ")[0]), bytes.fromhex(said.split(" ")[1])

    admit, away = number("verifier", "MSG_ADMIT"), number("verifier", "MSG_TURN_AWAY")
    # two batches come at once
    for said in code.order(send("verifier", "MSG_WANT_NONCES", b""), *["wait verifier"] * 2)[1:]:
        text = bytes.fromhex(said.split(" ")[1]).decode("ascii", "replace")
        nonces.extend(re.findall(r"[\w-]{22}", text[-256 * 22:]))
    if login(1000001, "deployer")[0] != admit:
        raise Failed("a good login was turned away")
    code.order(send("verifier", "MSG_LEFT", u64(1000001)))
    for conn in (1000001, code.conn, 0, 2 * 10**9, 2**64 - 1):
        kind, data = login(conn, "app")
        if kind != away or b"duplicate" not in data:
            raise Failed(f"{conn}: {kind} {data}")
    if login(1000002, "app")[0] != admit:
        raise Failed("the control, another number, was turned away")
    leave(s)


def what_may_not_be_said_ends_the_channel(s):
    """Every other message there is, to each process: that edge's channel ends, and the process goes on."""
    intruder.program(s, "probed")
    s.start()
    others = {role: pids for role, pids in s.roles().items() if role != "edge"}
    # every number that means something to somebody, and some that mean nothing to anybody
    every = {n for p in (*MAY, "shipper") for n in types(p).values()} | {0, 127, 255, 0xFFFF}
    wrong = []
    for peer, may in MAY.items():
        for t in sorted(every - {types(peer)[n] for n in may}):
            mark = s.deployment.gateway.mark()
            said = intruder.Intruder(s).order(f"send {peer} {t} {bytes(8).hex()}", f"wait {peer}")
            if said[1:] not in ([], ["ended"]) or not intruder.expelled(s, mark, peer):
                wrong.append(f"{peer} {t}: {said}")
    if wrong:
        raise Failed("\n".join(wrong[:20]))
    now = {role: pids for role, pids in s.roles().items() if role != "edge"}
    if now != others:
        raise Failed(f"before {others}, now {now}")
    leave(s)


def descriptors_are_not_taken(s):
    """With a descriptor, where none belongs: the channel ends, and nobody keeps it."""
    intruder.program(s, "probed")
    s.start()
    for peer, name in (("verifier", "MSG_WANT_NONCES"), ("signer", "MSG_SIGN"), ("dispatcher", "MSG_ENOUGH"),
                       ("auditor", "MSG_NOTE"), ("parent", "MSG_APPLIED")):
        mark = s.deployment.gateway.mark()
        intruder.Intruder(s).order(*[f"send {peer} {number(peer, name)} {bytes(16).hex()} 0"] * 40, f"wait {peer}")
        if not intruder.expelled(s, mark, peer):
            raise Failed(f"{peer} took a descriptor")
    leave(s)


def the_parent_is_flooded(s):
    """Thousands of wishes and words: the other edge's clients are served, and every descriptor comes back."""
    code, victim = two_edges(s)
    for name, body, times in (("MSG_DIAL", u64(7), 3000), ("MSG_APPLIED", b"", 10000), ("MSG_READY", b"", 10000)):
        code.order(f"flood parent {times} {number('parent', name)} {body.hex()}".strip())
        victim.client.barrier()
        code = away_from(s, victim.pid, "app")[0]
    if len([p for p in s.status()["processes"] if p["role"] == "edge"]) != 2:
        raise Failed(f"{s.status()}")
    leave(s)


def the_others_wait_for_nobody(s):
    """It makes the sockets that all edges accept on such that accept() waits: the other edge's clients are served."""
    code, victim = two_edges(s)
    if not code.order("block")[0].startswith("achieved"):
        raise Failed("the flag could not be taken away")
    for _ in range(4):
        # both edges look at the socket, one of them finds nobody
        s.raw().line()
        victim.client.barrier()
    leave(s)


def only_the_auditor_holds_the_log(s):
    """What each process has open: sockets and the loop's; nobody but the auditor a file, nobody a policy to write."""
    intruder.program(s, "probed")
    s.start()
    if os.geteuid() != 0:
        raise stage.Skip("only root may look into these processes")
    for role, pids in s.roles().items():
        for pid in pids:
            # what it logs to is the reader of its standard error
            links = {os.readlink(f"/proc/{pid}/fd/{n}") for n in os.listdir(f"/proc/{pid}/fd") if n not in ("0", "1", "2")}
            files = {x for x in links if not x.startswith(("socket:", "anon_inode:", "pipe:"))}
            log = os.readlink(f"/proc/{pid}/fd/2")
            files -= {log, "/dev/null"}
            if role != "auditor" and files:
                raise Failed(f"{role}: {files}")
            if role == "auditor" and not any("audit" in x for x in files):
                raise Failed(f"the auditor: {links}")


def secrets_of(s):
    """{whose: {name: forms its bytes can have in memory}}."""
    d = s.deployment
    found = {}
    for name, whose in (("upstream.mint", "signer"), ("stamp.key", "signer"), ("inbox.key", "verifier"), ("audit.key", "auditor"),
                        ("redact.key", "auditor")):
        with open(d.path("keys", name), encoding="ascii") as f:
            text = f.read().split()
        for i, word in enumerate(w for w in text if not w.startswith("A") or len(w) != 56):
            raw = bytes.fromhex(word) if len(word) == 64 else natsjwt.KeyPair.from_seed(word).raw_seed
            found[f"{name}.{i}"] = (whose, [word.encode(), raw])
    return found


def memory_of(pid):
    """All a process has mapped and readable, run by run."""
    with open(f"/proc/{pid}/maps", encoding="ascii") as f:
        runs = [line.split(maxsplit=5) for line in f]
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as f:
        for run in runs:
            begin, end = (int(x, 16) for x in run[0].split("-"))
            if run[-1].strip() in ("[vvar]", "[vsyscall]", "[vvar_vclock]"):
                continue
            try:
                f.seek(begin)
                yield f.read(end - begin) or b""
            except OSError:
                continue


def no_key_in_its_memory(s):
    """Every byte an edge has, against every secret in every form; the control: the same search finds each where it belongs."""
    if os.geteuid() != 0 or intruder.sanitized(s):
        raise stage.Skip("only root may look into these processes, and not into a sanitizer's shadow")
    intruder.program(s, "probed")
    s.start()
    deployer = s.client("deployer")
    s.allowed.add(COMMAND)
    deployer.publish(COMMAND, bodies.start_provider())
    deployer.barrier()
    secrets = secrets_of(s)
    at = {}
    processes = {**s.roles(), "parent": [s.deployment.gateway.pid]}
    for role, pids in processes.items():
        for pid in pids:
            memory = b"\0".join(memory_of(pid))
            for name, (_, forms) in secrets.items():
                if any(form in memory for form in forms):
                    at.setdefault(name, set()).add(role)
    for name, (whose, _) in secrets.items():
        if at.get(name) != {whose}:
            raise Failed(f"{name} belongs to the {whose} and is found in {at.get(name)}")


if __name__ == "__main__":
    stage.run([
        commands_in_anothers_name, commands_beyond_ones_rights, what_its_connections_may_it_may, an_identity_cannot_be_said,
        logins_of_others, commands_on_its_own_upstream, commands_are_not_overheard,
        with_a_login_that_may_it_could, signatures_of_ones_choice, records_in_anothers_name,
        logins_of_ones_own_making, a_number_is_one_login, what_may_not_be_said_ends_the_channel, descriptors_are_not_taken,
        the_parent_is_flooded, the_others_wait_for_nobody,
        only_the_auditor_holds_the_log, no_key_in_its_memory,
    ])
