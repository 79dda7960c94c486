#!/usr/bin/python3
"""What was published against nats-server and its libraries (nats-io/advisories), tried on the gateway: one case for each
that a gate can meet, by its number. Those that another test holds are in the table of docs/ATTACKS.md."""
import json
import signal
import time

import stage
from portcullis_test import natsjwt, rawclient
from stage import Failed, until


def check(condition, *what):
    if not condition:
        raise Failed(" ".join(str(w) for w in what) or "not so")


def refused_login(s, creds=None, **options):
    """A login that must fail: the words of it. The verifier is who it was."""
    before = s.roles()["verifier"]
    try:
        s.client_of(creds, **options)
    except Failed as e:
        check(s.roles()["verifier"] == before, "another verifier")
        return str(e)
    raise Failed(f"let in: {creds} {options}")


def soon_refused(s, creds):
    """The same, when what was just changed has been read: what is logged of that may be of a reading just before."""

    def refused():
        try:
            s.client_of(creds).close()
            return None
        except Failed as e:
            return str(e)

    return until(refused, "a login that is refused")


def begin(s, **options):
    s.start(**options)

    def client_of(creds, **more):
        c = rawclient.Client(s.deployment.gateway.host, s.deployment.gateway.port, creds, **more)
        s.clients.append(c)
        return c

    s.client_of = client_of


def ends(s, *lines, role=None):
    """These bytes end a connection, whatever is said behind them."""
    for line in lines:
        raw = s.client(role).raw if role else s.raw()
        if not role:
            raw.line()
        raw.send(line + b"\r\nPING\r\n")
        said = []
        try:
            while True:
                said.append(raw.line())
                check(said[-1] != b"PONG", line, said)
        except rawclient.Closed:
            pass


def denied(s, *subjects, role="app", reply="", payload=b"{}", header=b""):
    """A publish on each is refused; the connection stays."""
    c = s.client(role)
    for subject in subjects:
        c.publish(subject, payload, reply, header)
        c.barrier()
        check(len(c.errors) == 1, subject, c.errors)
        c.errors.clear()


def cve_2020_26521_missing_objects(s):
    """A token with a good signature and parts missing or of another kind: refused, nobody falls over it."""
    begin(s)
    owner = s.deployment.accounts["ACME"]
    for body in ({}, {"nats": None}, {"nats": {}}, {"nats": []}, {"nats": "user"}, {"nats": {"type": "user"}},
                 {"nats": {"type": "user", "version": 2, "pub": None, "sub": 1}}, {"nats": {"type": "account", "version": 2}},
                 {"nats": {"type": "user", "version": 2, "tags": "role:deployer"}}):
        pair = natsjwt.KeyPair("user")
        refused_login(s, (natsjwt.encode({"sub": pair.public, "name": "x", **body}, owner.key), pair))


def cve_2020_26892_expiry_and_revocation(s):
    """Expired, issued before or at a revocation, issued in the future: refused; after a revocation of all: let in."""
    begin(s)
    now = int(time.time())
    refused_login(s, s.deployment.login("app", exp=now - 5))
    refused_login(s, s.deployment.login("app", iat=now + 3600))
    account = s.deployment.accounts["ACME"]

    def revoke(whom, at):
        account.revocations = {whom: at}
        s.deployment.write_accounts()
        s.deployment.gateway.send_signal(signal.SIGHUP)

    old = s.deployment.login("app", iat=now - 100)
    revoke(old[1].public, now - 50)
    soon_refused(s, old)
    # a key that was named is not made good by a newer token
    refused_login(s, s.deployment.login("app", pair=old[1], iat=now))
    revoke("*", now - 50)
    soon_refused(s, s.deployment.login("app", iat=now - 51))
    refused_login(s, s.deployment.login("app", iat=now - 50))
    s.client_of(s.deployment.login("app", iat=now - 49))
    # its own token is as old as the deployment
    s.bystander = s.client_of(s.deployment.login("app", iat=now))


def cve_2021_3127_claims_bind(s):
    """A token that names an account its key does not belong to; one signed by an account of another operator."""
    begin(s)
    acme, other = s.deployment.accounts["ACME"], s.deployment.accounts["OTHER"]
    pair = natsjwt.KeyPair("user")
    for signer, issuer in ((other.key, acme.key.public), (other.signing, acme.key.public), (natsjwt.KeyPair("account"), None),
                           (natsjwt.KeyPair("account"), acme.key.public), (s.deployment.operator, acme.key.public)):
        refused_login(s, (natsjwt.mint_user(signer, pair.public, "x", ["role:deployer"], issuer_account=issuer), pair))


def cve_2022_24450_an_account_of_ones_choice(s):
    """`account` and `new_account` in CONNECT give nobody another account."""
    begin(s)
    for options in ({"account": s.deployment.accounts["OTHER"].key.public}, {"account": "$SYS", "new_account": True}):
        try:
            c = s.client_of(s.deployment.login("app"), **options)
        except Failed:
            continue
        s.observer.messages.clear()
        c.publish("f.work", b"in its own")
        c.barrier()
        s.observer.barrier()
        check([m.payload for m in s.observer.messages] == [b"in its own"], s.observer.messages)


def cve_2022_26652_and_2026_33222_restore(s):
    """A stream restored is a file written: refused, whatever names it."""
    begin(s)
    denied(s, "$JS.API.STREAM.RESTORE.X", "$JS.hub.API.STREAM.RESTORE.X", "$JS.API.STREAM.SNAPSHOT.X",
           payload=b'{"config":{"name":"KV_LATTICEDATA_default"}}', role="deployer")


def cve_2022_28357_the_system_account(s):
    """Nothing of $SYS is said or heard."""
    begin(s)
    denied(s, "$SYS.REQ.SERVER.PING", "$SYS.REQ.SERVER.PING.VARZ", "$SYS.REQ.USER.INFO", "$SYS.ACCOUNT.X.CONNECT",
           "$SYS.REQ.SERVER.N.RELOAD", role="deployer")
    c = s.client("deployer")
    for i, subject in enumerate(("$SYS.>", "$SYS.REQ.>", "*.>", ">", "$SYS.*.>")):
        c.subscribe(subject)
        c.barrier()
        check(len(c.errors) == i + 1, subject, c.errors)


def never_hears(s, *subscriptions):
    """Subscribed so, or refused: what is denied does not arrive, what is not does."""
    c = s.client("app")
    for subject, queue in subscriptions:
        c.subscribe(subject, queue)
    c.barrier()
    for subject in ("f.never.x", "f.never.y.z", "f.ever"):
        s.allowed.add(subject)
        s.observer.publish(subject, b"x")
    s.observer.barrier()
    c.barrier()
    return [m.subject for m in c.messages]


def cve_2022_29946_denies_hold_for_queues(s):
    """A deny covers members of a queue group, by name and by what is delivered to them."""
    begin(s)
    c = s.client("app")
    for subject in ("f.never.x", "f.never.*", "f.never.>"):
        c.subscribe(subject, "q")
        c.next_error()
    check(never_hears(s, ("f.>", "q")) == ["f.ever"])
    check(never_hears(s, ("f.>", ""), ("f.*.x", "q2")) == ["f.ever"])


def ghsa_wh7g_overlap_is_not_containment(s):
    """A subscription that reaches into what is denied and beyond hears only the rest; one within it is refused."""
    begin(s)
    check(never_hears(s, ("f.*.x", ""), ("f.*.*.>", ""), ("f.*", "")) == ["f.ever"])
    c = s.client("app")
    for subject in ("f.never.*", "f.never.x.>"):
        c.subscribe(subject)
        c.next_error()


def ghsa_jx8g_a_later_rule_lifts_no_deny(s):
    """What one rule denies no other allows, before it or behind it."""
    rules = ["rule a { publish = [z.>] to = [zed] }", "rule b { deny_publish = [z.no] to = [zed] }",
             "rule c { publish = [z.no] to = [zed] }"]
    head = 'lattices = ["default"]\nrole zed { account = <ACME> tags = ["role:zed"] }\nrole zed2 { account = <ACME> tags = ["role:zed2"] }\n'
    tail = "".join(reversed([r.replace("rule ", "rule r").replace("zed", "zed2") + "\n" for r in rules]))
    begin(s, policies={"zed.policy": head + "\n".join(rules) + "\n" + tail})
    for role in ("zed", "zed2"):
        denied(s, "z.no", role=role)
        c = s.client(role)
        s.allowed.add("z.yes")
        c.publish("z.yes", b"x")
        c.barrier()
        check(not c.errors, c.errors)


def cve_2022_42708_numbers(s):
    """Sizes, counts and sids that are none, or too large for any machine."""
    begin(s)
    ends(s, b"PUB f.a -1", b"PUB f.a 99999999999999999999999", b"PUB f.a 0x10", b"PUB f.a 1e3", b"PUB f.a +1", b"PUB f.a",
         b"HPUB f.a 5 4", b"HPUB f.a -1 5", b"HPUB f.a 18446744073709551615 1", b"UNSUB 1 -1", b"UNSUB 1 99999999999999999999",
         role="app")


def cve_2023_47090_nobody_is_somebody(s):
    """No credentials, empty ones, a user and password, a token: nobody is let in, with any spelling of CONNECT."""
    begin(s)
    for options in ({}, {"user": "", "pass": ""}, {"user": "admin", "pass": "admin"}, {"auth_token": "x"}, {"jwt": ""},
                    {"jwt": "", "sig": ""}, {"nkey": "U" * 56, "sig": "A" * 86}, {"jwt": None, "nkey": None}):
        refused_login(s, **options)


def cve_2026_29785_and_33218_out_of_turn(s):
    """What is legal later, or from the other side, is not legal before the login, nor after it."""
    begin(s)
    others = (b"INFO {}", b"MSG f.a 1 0\r\n", b"HMSG f.a 1 12 12\r\nNATS/1.0\r\n\r\n", b"+OK", b"-ERR 'x'", b"RMSG A f.a 0\r\n",
              b"LS+ f.a", b"RS+ A f.a", b"A+ X", b"LMSG f.a 0\r\n")
    ends(s, *others, b"PONG\r\nPONG\r\nPUB f.a 0\r\n", b"SUB f.a 1", b"UNSUB 1")
    ends(s, *others[:3], *others[5:], role="app")
    ends(s, b"CONNECT {}", role="app")


def cve_2026_24_the_first_word(s):
    """No road around the login: a first operation that is not CONNECT ends it, and nothing of it happens."""
    begin(s)
    ends(s, b"PUB f.work 2\r\nhi", b"SUB > 1", b"HPUB f.work 12 12\r\nNATS/1.0\r\n\r\n", b"GET / HTTP/1.1\r\nUpgrade: websocket\r\n",
         b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x3c\x00\x00")


def cve_2026_33216_no_secret_is_shown(s):
    """Token and signature of logins that failed and that did not are in no log, no status, no record."""
    begin(s)
    good, stale = s.deployment.login("app"), s.deployment.login("app", exp=int(time.time()) - 5)
    c = s.client_of(good)
    sig = good[1].sign_nonce(c.info["nonce"])
    refused_login(s, stale)
    refused_login(s, good, jwt=good[0][:-4] + "AAAA", user="u", **{"pass": "hunter2-the-password"}, auth_token="a-token-that-is-secret")
    c.barrier()
    shown = "\n".join(s.deployment.gateway.lines) + json.dumps(s.status()) + json.dumps(s.deployment.decisions())
    shown += json.dumps(s.deployment.audit_records())
    for secret in (good[0].split(".")[2], stale[0].split(".")[2], sig, "hunter2", "a-token-that"):
        check(secret not in shown, "shown:", secret)


def cve_2026_33247_no_secret_on_a_command_line(s):
    """Arguments and environment of every process: a role, and nothing."""
    begin(s)
    for pids in s.roles().values():
        for pid in pids:
            with open(f"/proc/{pid}/cmdline", "rb") as f:
                words = f.read().split(b"\0")
            check(len(words) == 4 and words[1] == b"--role", words)
            try:
                with open(f"/proc/{pid}/environ", "rb") as f:
                    check(f.read() == b"", "an environment")
            except PermissionError:
                pass


def cve_2026_33215_a_name_is_no_identity(s):
    """Two clients of one name, inbox and sid: neither hears the other's, and neither ends for it."""
    begin(s)
    a, b = s.client("app", name="same"), s.client("deployer", name="same")
    for c in (a, b):
        c.raw.send(b"SUB _INBOX.same 1\r\n")
        c.barrier()
    s.observer.messages.clear()
    a.publish("_INBOX.same", b"mine")
    check(a.next().payload == b"mine")
    b.nothing()
    # what the observer hears of it is an inbox with a token, and nobody's but a's
    s.observer.barrier()
    s.allowed |= {m.subject for m in s.observer.messages}


def cve_2026_33217_control_characters(s):
    """In subjects, replies, queue names and sids they end the connection or are refused: nothing is injected."""
    begin(s)
    for c in (0, 1, 7, 8, 11, 12, 27, 127):
        raw = s.client("app").raw
        raw.send(b"PUB f.a%cb 0\r\n\r\nSUB f.a%cb 1\r\nSUB f.a q%c 2\r\nPING\r\n" % (c, c, c))
        try:
            while raw.line() != b"PONG":
                pass
        except rawclient.Closed:
            pass
    s.observer.barrier()
    check(not any(ord(x) < 33 or ord(x) == 127 for m in s.observer.messages for x in m.subject), s.observer.messages)
    s.observer.messages.clear()


def cve_2026_33246_33223_33249_headers_with_power(s):
    """However it is spelled and how often: no identity, no trace, no schedule goes through."""
    begin(s)
    for name in (b"Nats-Request-Info", b"nats-request-info", b"NATS-REQUEST-INFO", b"Nats-Trace-Dest", b"NATS-TRACE-DEST",
                 b"Nats-Schedule", b"Nats-Schedule-Target", b"Nats-Expected-Stream", b"Nats-Rollup"):
        for more in (b"", b"A: b\r\n", name + b": twice\r\n"):
            denied(s, "f.a", header=b"NATS/1.0\r\n" + more + name + b": f.never.x\r\n\r\n", role="deployer")
    for block in (b"NATS/1.0\r\nNats-Request-Info : x\r\n\r\n", b"NATS/1.0\r\n Nats-Request-Info: x\r\n\r\n",
                  b"NATS/1.0\nNats-Request-Info: x\n\n"):
        c = s.client("deployer")
        try:
            c.publish("f.a", b"x", header=block)
            c.barrier()
        except Failed:
            continue
        check(c.errors, block)


def ghsa_g33f_lengths_of_keys(s):
    """Keys and signatures that are too short, too long or of another kind: refused, nobody reads past them."""
    begin(s)
    owner = s.deployment.accounts["ACME"]
    pair = natsjwt.KeyPair("user")
    token = natsjwt.mint_user(owner.key, pair.public, "x", ["role:app"])
    for sig in ("", "A", "A" * 20, "A" * 85, "A" * 87, "A" * 4000, "=" * 86, "\u00e9" * 40, "A" * 86):
        refused_login(s, jwt=token, sig=sig)
    for subject in ("", "U", "U" * 55, "U" * 57, "U" * 4000, pair.public[:-1], owner.key.public):
        refused_login(s, (natsjwt.mint_user(owner.key, subject, "x", ["role:app"]), pair))
    for issuer in ("", "A", "A" * 56, "A" * 500):
        refused_login(s, (natsjwt.encode({"iss": issuer, "sub": pair.public, "nats": {"type": "user", "version": 2}}, owner.key), pair))


if __name__ == "__main__":
    stage.run([f for name, f in list(globals().items()) if name.startswith(("cve_", "ghsa_"))])
