#!/usr/bin/python3
"""The command line as people use it: a deployment is written, a real nats-server starts from it, creds
are issued, shown and revoked, and `check` finds what was planted."""
import base64
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from portcullis_test import checks, natsjwt, process, rawclient, server  # noqa: E402

LEAFNODES = re.compile(r"Listening for leafnode connections on (\S+):(\d+)")
PORTCULLIS = ""


def run(*args, code=0, cwd=None, env=None):
    """Run the tool; its exit code must be @code. Gives (stdout, stderr)."""
    done = subprocess.run([PORTCULLIS, *args], cwd=cwd, env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode == code, f"{args}: exit {done.returncode}, not {code}\n{done.stdout}{done.stderr}"
    assert "Sanitizer" not in done.stderr, done.stderr
    return done.stdout, done.stderr


def check(*args, code=0, cwd=None):
    """`portcullis check` and, with the same options, `portcullis-gateway -t`: one answer from both."""
    out, err = run("check", *args, code=code, cwd=cwd)
    gateway = os.path.join(os.path.dirname(PORTCULLIS), "portcullis-gateway")
    if os.path.exists(gateway):
        given = args or ("-c", "gateway.conf")
        done = subprocess.run([gateway, "-t", *given], cwd=cwd, capture_output=True, text=True, timeout=300)
        assert (done.returncode, done.stdout, done.stderr) == (code, out, err), \
            f"-t: {done.returncode}\n{done.stdout}{done.stderr}\ncheck: {code}\n{out}{err}"
    return out, err


def expect(what, *in_it):
    for s in in_it:
        assert s in what, f"no {s!r} in:\n{what}"


def init(folder, *args):
    """A deployment whose leaf has a port of its own. Gives its folder and what `init --json` said."""
    path = os.path.join(folder, "gate")
    said, _ = run("init", path, "--leaf", f"127.0.0.1:{server.free_port()}", "--json", *args)
    return path, json.loads(said)


def mode(*path):
    return os.stat(os.path.join(*path)).st_mode & 0o777


def text_of(*path):
    with open(os.path.join(*path), encoding="utf-8") as f:
        return f.read()


def edit(path, old, new):
    text = text_of(path)
    assert old in text, f"no {old!r} in {path}"
    with open(path, "w", encoding="utf-8") as f:
        f.write(text.replace(old, new))


def upstream_login(gate, account):
    """What the gateway does: a user of the leaf's account, signed with the key from upstream.keys."""
    for line in text_of(gate, "keys", "upstream.keys").splitlines():
        if line.startswith(account + " "):
            pair = natsjwt.KeyPair("user")
            signer = natsjwt.KeyPair.from_seed(line.split()[1])
            return natsjwt.mint_user(signer, pair.public, "gate"), pair
    raise AssertionError(f"no line for {account}")


def refused(host, port, creds=None):
    try:
        rawclient.Client(host, port, creds)
    except rawclient.Failed as e:
        assert "Authorization Violation" in str(e), e
        return
    raise AssertionError("admitted")


# ---- init ----


def init_writes_everything_with_tight_modes(folder):
    gate, said = init(folder)
    for name in ("gateway.conf", "leaf.conf", "accounts.conf", "policies/default.policy", "jwt/operator.jwt",
                 "jwt/accounts/default.jwt", "keys/audit.pub"):
        assert mode(gate, name) == 0o644, name
    for name in ("keys", "keys/accounts", "creds", "log", "audit", "jetstream"):
        assert mode(gate, name) == 0o700, name
    for root in ("keys", "creds"):
        for where, _, names in os.walk(os.path.join(gate, root)):
            for name in names:
                assert mode(where, name) == (0o644 if name.endswith(".pub") else 0o600), name
    assert sorted(os.listdir(os.path.join(gate, "creds"))) == [
        "admin.creds", "deployer.creds", "host.creds", "observer.creds"]
    host = natsjwt.KeyPair.from_seed(text_of(gate, "keys", "host.nk").strip())
    assert said["lattices"][0]["host"] == host.public
    claims = natsjwt.decode(natsjwt.read_creds(os.path.join(gate, "creds", "host.creds"))[0])
    assert claims["nats"]["tags"] == ["role:host", "host:" + host.public.lower()], claims
    assert claims["iss"] == said["lattices"][0]["account"]
    assert re.fullmatch(r"[0-9a-f]{64}\n", text_of(gate, "keys", "inbox.key"))
    stamp = natsjwt.KeyPair("cluster", bytes.fromhex(text_of(gate, "keys", "stamp.key")))
    assert text_of(gate, "keys", "stamp.pub") == stamp.public + "\n"
    run("check", "-c", gate)
    said = run("check", cwd=gate)[0]
    expect(said, "is in order", "1 operator, 1 account", "logins minted", f"stamps as   {stamp.public}")


def init_leaves_nothing_to_edit_for_a_host(folder):
    gate, _ = init(folder)
    account = natsjwt.KeyPair.from_seed(text_of(gate, "keys", "actors.nk").strip())
    conf = text_of(gate, "host.conf")
    assert account.public[0] == "A" and f"issuers = [{account.public}]" in conf, conf
    assert mode(gate, "artifacts") == 0o755
    keys, module = os.path.join(gate, "keys"), os.path.join(folder, "empty.wasm")
    with open(module, "wb") as f:
        f.write(b"\0asm\1\0\0\0")
    run("actor", "keys", "gen", "module", "empty", "-d", keys)
    signed = os.path.join(gate, "artifacts", "empty.wasm")
    run("actor", "sign", module, "--name", "empty", "--issuer", os.path.join(keys, "actors.nk"), "--subject",
        os.path.join(keys, "empty_module.nk"), "-o", signed)
    said = json.loads(run("actor", "inspect", signed, "--json")[0])
    assert said["account"] == account.public, said
    host = os.path.join(os.path.dirname(PORTCULLIS), "portcullis-host")
    if os.path.exists(host):
        done = subprocess.run([host, "-c", os.path.join(gate, "host.conf"), "-t"], capture_output=True, text=True, check=False)
        assert done.returncode == 0 and account.public in done.stdout, done.stdout + done.stderr


def init_is_not_led_by_the_umask(folder):
    old = os.umask(0)
    try:
        gate, _ = init(folder)
    finally:
        os.umask(old)
    assert mode(gate, "keys", "operator.nk") == 0o600 and mode(gate, "keys") == 0o700
    assert mode(gate, "gateway.conf") == 0o644 and mode(gate, "policies") == 0o755
    run("check", "-c", gate)


def the_audit_key_is_a_note_key(folder):
    gate, _ = init(folder)
    name, digest, key = text_of(gate, "keys", "audit.pub").strip().split("+", 2)
    raw = base64.b64decode(key)
    assert raw[0] == 1 and len(raw) == 33
    assert hashlib.sha256(name.encode() + b"\n" + raw).hexdigest()[:8] == digest
    secret = text_of(gate, "keys", "audit.key").strip()
    expect(secret, f"PRIVATE+KEY+{name}+{digest}+")
    seed = base64.b64decode(secret.split("+", 4)[4])
    pair = natsjwt.KeyPair("user", seed[1:])
    assert natsjwt.decode_public(pair.public)[1] == raw[1:]


def init_overwrites_nothing_and_names_what_is_there(folder):
    gate, _ = init(folder)
    before = text_of(gate, "keys", "operator.nk")
    _, err = run("init", gate, code=1)
    expect(err, "gateway.conf is there already", "keys is there already", "lattice add")
    assert text_of(gate, "keys", "operator.nk") == before
    half = os.path.join(folder, "half")
    os.makedirs(os.path.join(half, "creds"))
    with open(os.path.join(half, "README"), "w", encoding="ascii") as f:
        f.write("mine\n")
    _, err = run("init", half, code=1)
    expect(err, "creds is there already")
    assert sorted(os.listdir(half)) == ["README", "creds"]
    os.rmdir(os.path.join(half, "creds"))
    run("init", half)
    assert "README" in os.listdir(half)


def init_leaves_nothing_when_it_fails(folder):
    full = os.path.join(folder, "full")
    # a limit on file size fails in the middle, when leaf.conf and its accounts are written
    script = 'ulimit -f 4; trap "" XFSZ; exec "$0" init "$1" --lattice a --lattice b --lattice c --lattice d'
    done = subprocess.run(["bash", "-c", script, PORTCULLIS, full], capture_output=True, text=True, timeout=300)
    assert done.returncode == 1, done.stderr
    assert not os.path.exists(full), os.listdir(full)


def several_lattices_have_accounts_policies_and_creds_of_their_own(folder):
    gate, said = init(folder, "--lattice", "acme", "--lattice", "other-2")
    assert [x["name"] for x in said["lattices"]] == ["acme", "other-2"]
    acme = natsjwt.decode(natsjwt.read_creds(os.path.join(gate, "creds", "host.creds"))[0])
    other = natsjwt.decode(natsjwt.read_creds(os.path.join(gate, "creds", "other-2", "host.creds"))[0])
    assert acme["iss"] == said["lattices"][0]["account"] and other["iss"] == said["lattices"][1]["account"]
    assert acme["nats"]["tags"][1] != other["nats"]["tags"][1]
    assert len(set(x["upstream_account"] for x in said["lattices"]) | {acme["iss"], other["iss"]}) == 4
    expect(run("check", "-c", gate)[0], "2 accounts", "in 2 files")
    expect(run("creds", "issue", "-d", gate, "-r", "host", "-n", "x", "-o", "x", code=2)[1], "--lattice other-2")


# ---- the leaf ----


def the_leaf_starts_from_any_folder_and_admits_only_the_gateway(folder):
    gate, said = init(folder)
    lattice = said["lattices"][0]
    old = os.getcwd()
    os.chdir("/")
    leaf = server.NatsServer(os.path.join(gate, "leaf.conf"))
    os.chdir(old)
    try:
        refused(leaf.host, leaf.port)
        for role in ("admin", "host"):
            refused(leaf.host, leaf.port, natsjwt.read_creds(os.path.join(gate, "creds", role + ".creds")))
        c = rawclient.Client(leaf.host, leaf.port, upstream_login(gate, lattice["account"]))
        c.subscribe("a.>")
        c.publish("a.b", b"hi")
        assert c.next().payload == b"hi"
        made = c.request("$JS.API.STREAM.CREATE.S", json.dumps({"name": "S", "subjects": ["s.>"]}).encode())
        assert "error" not in json.loads(made.payload), made
        c.close()
    finally:
        leaf.stop()
    assert os.path.isdir(os.path.join(gate, "jetstream", "jetstream"))


def a_folder_with_odd_characters_works(folder):
    odd = os.path.join(folder, "o'dd \"na\\me\" $HOME #1")
    os.mkdir(odd)
    gate, said = init(odd)
    leaf = server.NatsServer(os.path.join(gate, "leaf.conf"))
    try:
        c = rawclient.Client(leaf.host, leaf.port, upstream_login(gate, said["lattices"][0]["account"]))
        c.barrier()
        c.close()
    finally:
        leaf.stop()
    assert os.path.isdir(os.path.join(gate, "jetstream", "jetstream"))
    run("check", "-c", gate)
    expect(run("init", folder + "/line\nend", code=1)[1], "control character")
    assert not os.path.exists(folder + "/line\nend")


def a_lattice_is_added_and_the_leaf_takes_it_up_on_hup(folder):
    gate, _ = init(folder)
    leaf = server.NatsServer(os.path.join(gate, "leaf.conf"))
    try:
        added = json.loads(run("lattice", "add", "second", "--dir", gate, "--json")[0])
        login = upstream_login(gate, added["account"])
        refused(leaf.host, leaf.port, login)
        mark = leaf.mark()
        leaf.send_signal(1)
        leaf.wait_line(lambda line: "Reloaded server configuration" in line, since=mark)
        rawclient.Client(leaf.host, leaf.port, login).close()
    finally:
        leaf.stop()
    expect(run("check", "-c", gate)[0], "2 accounts", "in 2 files")
    assert mode(gate, "keys", "upstream.keys") == 0o600 and mode(gate, "creds", "second") == 0o700
    before = text_of(gate, "accounts.conf")
    expect(run("lattice", "add", "second", "--dir", gate, code=1)[1], "a lattice `second'")
    assert text_of(gate, "accounts.conf") == before
    run("lattice", "add", "v1", "--dir", gate, code=2)


def a_hub_is_one_option_away(folder):
    hub_folder = os.path.join(folder, "hub")
    operator, account, system = (natsjwt.KeyPair(k) for k in ("operator", "account", "account"))
    accounts = {account.public: natsjwt.mint_account(operator, account.public, "HUB"),
                system.public: natsjwt.mint_account(operator, system.public, "SYS")}
    conf = server.operator_conf(hub_folder, natsjwt.mint_operator(operator, "hub"), accounts,
                                extra="leafnodes { listen: \"127.0.0.1:-1\" }", system_account=system.public)
    user = natsjwt.KeyPair("user")
    token = natsjwt.mint_user(account, user.public, "leaf")
    creds = os.path.join(folder, "from-the-hub.creds")
    natsjwt.write_creds(creds, token, user.seed)
    hub = server.NatsServer(conf)
    leaf = None
    try:
        line = hub.wait_line(LEAFNODES.search)
        url = "nats://127.0.0.1:" + LEAFNODES.search(line).group(2)
        gate, said = init(folder, "--hub", url, "--hub-creds", creds)
        os.unlink(creds)
        assert mode(gate, "creds", "hub.creds") == 0o600
        run("check", "-c", gate)
        leaf = server.NatsServer(os.path.join(gate, "leaf.conf"))
        leaf.wait_line(lambda text: "Leafnode connection created for account" in text)
        on_hub = rawclient.Client(hub.host, hub.port, (token, user))
        on_hub.subscribe("a.>")
        on_hub.barrier()
        on_leaf = rawclient.Client(leaf.host, leaf.port, upstream_login(gate, said["lattices"][0]["account"]))
        # interest crosses the link on its own: publish until it has
        deadline = time.monotonic() + process.PATIENCE_S
        while not on_hub.messages and time.monotonic() < deadline:
            on_leaf.publish("a.b", b"hi")
            on_leaf.barrier()
            on_hub.barrier()
        assert on_hub.next().payload == b"hi"
        on_leaf.close()
        on_hub.close()
    finally:
        if leaf is not None:
            leaf.stop()
        hub.stop()
    bad = os.path.join(folder, "bad")
    run("init", bad, "--hub", url, code=2)
    run("init", bad, "--hub-creds", "x", code=2)
    run("init", bad, "--hub", "http://x", "--hub-creds", "x", code=2)
    run("init", bad, "--hub", url, "--hub-creds", os.path.join(gate, "leaf.conf"), code=1)
    assert not os.path.exists(bad)


# ---- creds ----


def creds_are_issued_shown_and_revoked(folder):
    gate, said = init(folder)
    out = os.path.join(folder, "h2.creds")
    host = natsjwt.KeyPair("server").public
    done = json.loads(run("creds", "issue", "--dir", gate, "--role", "host", "--name", "edge 7 \u00e9", "--host-id",
                          host, "--expires", "30d", "--out", out, "--json")[0])
    assert mode(out) == 0o600
    token, pair = natsjwt.read_creds(out)
    claims = natsjwt.decode(token)
    assert claims["sub"] == pair.public == done["user"] and claims["iss"] == said["lattices"][0]["account"]
    assert claims["exp"] - claims["iat"] == 30 * 86400 and claims["name"] == "edge 7 \u00e9"
    assert claims["nats"]["tags"] == ["role:host", "host:" + host.lower()]
    assert claims["nats"]["allowed_connection_types"] == ["STANDARD"]
    natsjwt.verify(claims["iss"], token.rsplit(".", 1)[0].encode(), natsjwt.unb64url(token.rsplit(".", 1)[1]))

    shown, _ = run("creds", "show", out)
    expect(shown, "edge 7 \u00e9", pair.public, "role:host", "host:" + host, "Z")
    assert pair.seed not in shown and pair.seed not in run("creds", "show", "--json", out)[0]
    as_json = json.loads(run("creds", "show", out, "--json")[0])
    assert as_json["user"] == pair.public and as_json["exp"] == claims["exp"] and not as_json["expired"]

    expect(run("creds", "issue", "-d", gate, "-r", "host", "-n", "again", "-o", out, code=1)[1], "there already")
    assert natsjwt.read_creds(out)[0] == token

    for who in ([out], [pair.public], ["--name", "edge 7 \u00e9"]):
        run("creds", "revoke", "--dir", gate, *who)
        claims = natsjwt.decode(text_of(gate, "jwt", "accounts", "default.jwt"))
        assert claims["nats"]["revocations"][pair.public] == claims["iat"]
        assert len(claims["nats"]["revocations"]) == 1
    listed = json.loads(run("creds", "list", "--dir", gate, "--json")[0])
    assert {x["name"]: x["state"] for x in listed} == {
        "admin": "valid", "deployer": "valid", "host": "valid", "observer": "valid", "edge 7 \u00e9": "revoked"}
    expect(run("creds", "list", "--dir", gate)[0], "revoked", pair.public)
    run("check", "-c", gate)
    nobody = os.path.join(folder, "nobody.creds")
    expect(run("creds", "issue", "-d", gate, "-r", "visitor", "-n", "v", "-o", nobody)[1], "speaks of a role `visitor'")
    assert "speaks of" not in run("creds", "issue", "-d", gate, "-r", "deployer", "-n", "d", "-o", nobody + "2")[1]
    assert [n for n in os.listdir(os.path.join(gate, "jwt", "accounts"))] == ["default.jwt"]
    assert not re.search(r"\bS[UAON][A-Z2-7]{56}\b", text_of(gate, "jwt", "issued.jsonl"))


def what_cannot_be_revoked_is_said(folder):
    gate, _ = init(folder)
    expect(run("creds", "revoke", "--dir", gate, code=2)[1], "whom?")
    expect(run("creds", "revoke", "--dir", gate, "--name", "nobody", code=1)[1], "nobody")
    expect(run("creds", "revoke", "--dir", gate, os.path.join(gate, "leaf.conf"), code=1)[1], "leaf.conf")
    # another tool's claims are not lost: the account is left as it is
    path = os.path.join(gate, "jwt", "accounts", "default.jwt")
    claims = natsjwt.decode(text_of(path))
    operator = natsjwt.KeyPair.from_seed(text_of(gate, "keys", "operator.nk").strip())
    claims["nats"]["description"] = "ours"
    foreign = natsjwt.encode(claims, operator)
    with open(path, "w", encoding="ascii") as f:
        f.write(foreign)
    expect(run("creds", "revoke", "--dir", gate, "--name", "host", code=1)[1], "could lose claims")
    assert text_of(path) == foreign


def changed_creds_are_recognised(folder):
    gate, _ = init(folder)
    token, pair = natsjwt.read_creds(os.path.join(gate, "creds", "host.creds"))
    head, body, sig = token.split(".")
    claims = natsjwt.decode(token)
    claims["nats"]["tags"] = ["role:admin"]
    forged = ".".join((head, natsjwt.b64url(json.dumps(claims).encode()), sig))
    path = os.path.join(folder, "forged.creds")
    natsjwt.write_creds(path, forged, pair.seed)
    expect(run("creds", "show", path, code=1)[1], "signature")
    natsjwt.write_creds(os.path.join(folder, "mixed.creds"), token, natsjwt.KeyPair("user").seed)
    expect(run("creds", "show", os.path.join(folder, "mixed.creds"), code=1)[1], "seed is not")
    expect(run("creds", "show", os.path.join(folder, "none"), code=1)[1], "No such file")


# ---- check ----


def check_finds_what_was_planted(folder):
    gate, said = init(folder, "--lattice", "acme", "--lattice", "other")
    conf = os.path.join(gate, "gateway.conf")
    whole = text_of(conf)
    number = whole.splitlines().index("policies = policies") + 1

    edit(conf, "policies = policies", "polices = policies")
    expect(check("-c", conf, code=3)[1], f"{conf}:{number}:1: error:", "polices", "policies is missing")
    edit(conf, "polices = policies", "policies = nowhere")
    expect(check("-c", conf, code=3)[1], f"{conf}:{number}:", "nowhere")
    edit(conf, "policies = nowhere", "policies = policies")
    check("-c", conf)

    policy = os.path.join(gate, "policies", "other.policy")
    edit(policy, "allow   = [serve]", "allow   = [sreve]")
    line = [i for i, t in enumerate(text_of(policy).splitlines()) if "sreve" in t][0] + 1
    expect(check("-c", conf, code=3)[1], f"{policy}:{line}:", "sreve")
    edit(policy, "[sreve]", "[serve]")

    os.chmod(os.path.join(gate, "keys", "upstream.keys"), 0o644)
    os.chmod(os.path.join(gate, "creds", "other", "host.creds"), 0o640)
    _, err = check("-c", conf, code=3)
    expect(err, "upstream.keys has mode 0644", "chmod 600", "creds/other/host.creds: error:")
    os.chmod(os.path.join(gate, "keys", "upstream.keys"), 0o600)
    os.chmod(os.path.join(gate, "creds", "other", "host.creds"), 0o600)

    keys = os.path.join(gate, "keys", "upstream.keys")
    lines = text_of(keys).splitlines(True)
    with open(keys, "w", encoding="ascii") as f:
        f.writelines(lines[:-1] + ["nonsense\n"])
    _, err = check("-c", conf, code=3)
    expect(err, f"{keys}:{len(lines)}:1: error:", "no line for account " + said["lattices"][1]["account"])
    assert "nonsense" not in err
    with open(keys, "w", encoding="ascii") as f:
        f.writelines(lines)

    with open(keys, "a", encoding="ascii") as f:
        f.write(lines[-1])
    expect(check("-c", conf, code=3)[1], f"{keys}:{len(lines) + 1}:1: error: a second line for one account")
    with open(keys, "w", encoding="ascii") as f:
        f.writelines(lines)

    os.mkdir(os.path.join(gate, "empty"))
    edit(conf, "policies = policies", "policies = empty")
    expect(check("-c", conf, code=3)[1], f"{conf}:{number}:", "does not start without one")
    edit(conf, "policies = empty", "policies = policies")
    os.chmod(os.path.join(gate, "audit"), 0o755)
    out, err = check("-c", conf)
    expect(out, "is in order, with 1 warning")
    expect(err, "warning:", "others can look into it")
    os.chmod(os.path.join(gate, "audit"), 0o700)

    # a copy still names the first one's folder for JetStream, and so does one whose first folder is gone
    copy, leaf = os.path.join(folder, "copy"), os.path.join(gate, "leaf.conf")
    assert check("-c", conf)[1] == ""
    shutil.copytree(gate, copy)
    out, err = check("-c", os.path.join(copy, "gateway.conf"))
    expect(out, "is in order, with 1 warning")
    line = next(i for i, s in enumerate(text_of(gate, "leaf.conf").splitlines(), 1) if "store_dir" in s)
    expect(err, f"{copy}/leaf.conf:{line}:1: warning: store_dir is in {gate}", "was it moved?")
    edit(leaf, f'store_dir: "{gate}', f'store_dir: "{folder}/nowhere')
    expect(check("-c", conf)[1], f"store_dir is in {folder}/nowhere")
    edit(leaf, f'store_dir: "{folder}/nowhere/', f'store_dir: "{folder}/')  # somebody chose another disk
    assert check("-c", conf)[1] == ""
    os.chmod(os.path.join(gate, "audit"), 0o755)

    edit(os.path.join(gate, "jwt", "accounts", "acme.jwt"), ".", "x.")
    expect(check("-c", conf, code=3)[1], "acme.jwt: error:")
    assert json.loads(run("check", "-c", gate, "--json", code=3)[0])["ok"] is False
    expect(check("-c", os.path.join(folder, "none"), code=3)[1], "No such file", "init")


def a_foreign_operator_with_fixed_creds_is_fine(folder):
    operator, account = natsjwt.KeyPair("operator"), natsjwt.KeyPair("account")
    for name in ("accounts", "policies", "audit", "log"):
        os.mkdir(os.path.join(folder, name))
    for name, text in (("operator.jwt", operator.public + "\n"),
                       ("accounts/a.jwt", natsjwt.mint_account(operator, account.public, "A")),
                       ("policies/a.policy", f"role r {{ account = {account.public} }}\n"
                                             "rule some { publish = [a.>] to = [r] }\n"),
                       ("gateway.conf", "listen = \"127.0.0.1:0\"\ninbox_key = inbox.key policies = policies audit = audit\n"
                                        "trust { operator = operator.jwt accounts = accounts }\n"
                                        "upstream { url = \"nats://127.0.0.1:4223\" creds = data.creds"
                                        " command_creds = command.creds }\n")):
        with open(os.path.join(folder, name), "w", encoding="ascii") as f:
            f.write(text)
    natsjwt.write_secret(os.path.join(folder, "inbox.key"), "00" * 32 + "\n")
    os.mkdir(os.path.join(folder, "keys"), 0o700)
    natsjwt.write_secret(os.path.join(folder, "keys", "stamp.key"), "00" * 32 + "\n")
    for name in ("data.creds", "command.creds"):
        user = natsjwt.KeyPair("user")
        natsjwt.write_creds(os.path.join(folder, name), natsjwt.mint_user(account, user.public, "u"), user.seed)
    os.chmod(os.path.join(folder, "audit"), 0o700)
    out, err = check(cwd=folder)
    expect(out, "is in order", "logins by creds file", "1 rule in 1 file")
    assert err == "", err
    os.chmod(os.path.join(folder, "command.creds"), 0o604)
    expect(check(cwd=folder, code=3)[1], "gateway.conf:4:", "command.creds has mode 0604")
    os.chmod(os.path.join(folder, "command.creds"), 0o600)
    edit(os.path.join(folder, "command.creds"), "SEED", "")
    edit(os.path.join(folder, "data.creds"), "SU", "SX")
    _, err = check(cwd=folder, code=3)
    expect(err, "data.creds: error: not a creds file")
    assert "command.creds: error" not in err, err  # what stands between the dashes does not count


# ---- manners ----


def mistakes_are_usage_errors(folder):
    x = os.path.join(folder, "x")
    issue = ("creds", "issue", "-d", x, "-r", "host", "-n", "n", "-o", "f")
    for args in ((), ("frobnicate",), ("creds",), ("creds", "frobnicate"), ("init",), ("init", x, "y"),
                 ("init", x, "--no-such"), ("init", x, "--json=1"), ("init", x, "--listen"),
                 ("init", x, "--listen", "nonsense"), ("init", x, "--leaf", "h:0"), ("init", x, "--listen="),
                 ("init", x, "--listen", "h:1", "--listen", "h:2"), ("init", x, "--lattice", "a.b"),
                 ("init", x, "--lattice", "a", "--lattice", "A"), ("init", x, "--lattice", "SYS"),
                 ("init", x, "--lattice", "../up"), ("init", x, "--lattice", "v1"), ("init", x, "-z"),
                 ("init", x, "--listen", "h:1", "--leaf", "h:1"), ("creds", "issue", "-r", "host"),
                 (*issue, "--expires", "30"), (*issue, "--expires", "0d"), (*issue, "--expires", "-1d"),
                 (*issue, "--host-id", "Nope"), (*issue, "--host-id", natsjwt.KeyPair("user").public),
                 ("creds", "issue", "-d", x, "-r", "a b", "-n", "n", "-o", "f"),
                 ("creds", "issue", "-d", x, "-r", "host", "-n", "a\nb", "-o", "f"),
                 ("completion", "tcsh"), ("help", "nothing"), ("version", "x")):
        out, err = run(*args, code=2)
        assert out == "" and err != "", args
    assert not os.path.exists(x)
    run("creds", "list", "-d", x, code=1)


def help_and_version_are_there(_):
    expect(run("help")[0], "init", "creds issue", "check", "completion", "Exit codes")
    assert run("--help")[0] == run("help")[0] == run("-h")[0]
    expect(run("help", "creds", "issue")[0], "--host-id", "--expires", "(needed)")
    assert run("creds", "issue", "--help")[0] == run("help", "creds", "issue")[0]
    expect(run("help", "creds")[0], "revoke")
    assert re.fullmatch(r"portcullis \d+\.\d+\.\d+( \([0-9a-f]{12}\+?\))?\n", run("version")[0])
    assert run("--version")[0] == run("-v")[0] == run("-V")[0] == run("version")[0]
    assert json.loads(run("version", "--json")[0])["name"] == "portcullis"
    # what is said of each begins in one column, also of a long one
    texts = [v for v in run("help")[0].split("\n\n")[2].splitlines() if len(v) > 55]
    assert len(texts) > 30 and all(v[34] == " " and v[35] != " " for v in texts), texts
    with open("/dev/full", "w", encoding="ascii") as full:
        for verb in (["help"], ["version"], ["audit", "--help"]):
            done = subprocess.run([PORTCULLIS, *verb], stdout=full, stderr=subprocess.PIPE, text=True, timeout=300)
            assert done.returncode == 1 and "cannot write the answer" in done.stderr, (verb, done)
    for env in ({"TERM": "xterm", "NO_COLOR": "1"}, {"TERM": "xterm"}):
        assert "\033" not in run("frobnicate", code=2, env=env)[1]


def colour_is_for_terminals_only(_):
    def on_terminal(env):
        master, slave = os.openpty()
        done = subprocess.run([PORTCULLIS, "frobnicate"], stderr=slave, stdout=subprocess.DEVNULL, env=env, timeout=300)
        os.close(slave)
        said = os.read(master, 4096)
        os.close(master)
        assert done.returncode == 2
        return b"\033[" in said
    assert on_terminal({"TERM": "xterm"})
    assert not on_terminal({"TERM": "xterm", "NO_COLOR": "1"})
    assert not on_terminal({"TERM": "dumb"}) and not on_terminal({})
    assert on_terminal({"TERM": "xterm", "NO_COLOR": ""})


def completion_knows_every_verb(folder):
    path = os.path.join(folder, "portcullis.bash")
    with open(path, "w", encoding="ascii") as f:
        f.write(run("completion", "bash")[0])

    def complete(*words):
        quoted = " ".join("'" + w + "'" for w in words)
        script = (f"source {path}; COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; _portcullis; "
                  'printf "%s\\n" "${COMPREPLY[@]}"')
        done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=300, cwd=folder)
        assert done.returncode == 0 and done.stderr == "", done.stderr
        return done.stdout.split()

    assert sorted(complete("portcullis", "c")) == ["check", "completion", "conns", "creds", "ctl"]
    assert complete("portcullis", "creds", "") == ["issue", "show", "list", "revoke"]
    assert complete("portcullis", "creds", "issue", "--h") == ["--host-id", "--help"]
    assert complete("portcullis", "creds", "issue", "--role", "") == ["admin", "deployer", "host", "observer"]
    assert complete("portcullis", "init", "--h") == ["--hub", "--hub-creds", "--help"]
    assert "portcullis.bash" in complete("portcullis", "creds", "show", "port")
    assert complete("portcullis", "completion", "z") == ["zsh"]
    # words that stand for themselves, of arguments and of values
    assert complete("portcullis", "ctl", "get", "")[:4] == ["hosts", "inventory", "links", "claims"]
    assert complete("portcullis", "ctl", "start", "p") == ["provider"]
    assert complete("portcullis", "actor", "keys", "g") == ["gen"]
    assert complete("portcullis", "audit", "query", "--decision", "") == ["allow", "deny"]
    assert complete("portcullis", "help", "a") == ["audit", "actor", "apply"]
    assert complete("portcullis", "policy", "learn", "--out", "") and "policy" not in complete(
        "portcullis", "policy", "learn", "--out", "")
    expect(run("completion", "zsh")[0], "#compdef portcullis", "--host-id[")
    expect(run("completion", "fish")[0], "complete -c portcullis", "-l host-id")
    for shell, test in (("zsh", ["zsh", "-n"]), ("fish", ["fish", "--no-execute"])):
        where = subprocess.run(["which", test[0]], capture_output=True, check=False)
        if where.returncode == 0:
            script = run("completion", shell)[0]
            subprocess.run(test, input=script, text=True, check=True, timeout=300)


TESTS = [
    init_writes_everything_with_tight_modes,
    init_leaves_nothing_to_edit_for_a_host,
    init_is_not_led_by_the_umask,
    the_audit_key_is_a_note_key,
    init_overwrites_nothing_and_names_what_is_there,
    init_leaves_nothing_when_it_fails,
    several_lattices_have_accounts_policies_and_creds_of_their_own,
    the_leaf_starts_from_any_folder_and_admits_only_the_gateway,
    a_folder_with_odd_characters_works,
    a_lattice_is_added_and_the_leaf_takes_it_up_on_hup,
    a_hub_is_one_option_away,
    creds_are_issued_shown_and_revoked,
    what_cannot_be_revoked_is_said,
    changed_creds_are_recognised,
    check_finds_what_was_planted,
    a_foreign_operator_with_fixed_creds_is_fine,
    mistakes_are_usage_errors,
    help_and_version_are_there,
    colour_is_for_terminals_only,
    completion_knows_every_verb,
]


def main():
    global PORTCULLIS
    PORTCULLIS = os.path.abspath(sys.argv[1])
    return checks.run(TESTS, only=sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
