"""A deployment made by hand: client accounts under one operator, the leaf's accounts under another,
gateway.conf, policies, and the gateway itself. Written without `portcullis init`, from the documented
formats, so that what init writes and what the gateway reads are tested apart.
"""
import base64
import glob
import hashlib
import json
import os
import re
import secrets
import socket
import subprocess
import time

from . import natsjwt, process, rawclient, server

READY = re.compile(r"portcullis-gateway ready (\S+):(\d+)")


class Account:
    """A tenant: its key at the gateway, a signing key, and the account it becomes upstream."""

    def __init__(self, name):
        self.name = name
        self.key = natsjwt.KeyPair("account")
        self.signing = natsjwt.KeyPair("account")
        self.upstream = natsjwt.KeyPair("account")
        self.revocations = {}
        self.jetstream = False
        self.expires_s = None


class Gateway(process.Process):
    """portcullis-gateway; when it is ready, .host and .port are what it announced first."""

    def __init__(self, binary, conf_path, env=None, argv=(), wait=True, fds=()):
        if not os.access(binary, os.X_OK):
            raise process.Failed(f"{binary} is not built")
        super().__init__([binary, "-c", conf_path, *argv], cwd=os.path.dirname(conf_path), env=env, fds=fds)
        self.host = self.port = None
        if not wait:
            return
        try:
            self.wait_ready()
        except BaseException:
            self.kill()
            raise

    def wait_ready(self, listeners=1):
        """Wait until it has announced as many addresses; returns them, in the order of `listen`."""
        found, at = [], 0
        for _ in range(listeners):
            line = self.wait_line(READY.search, process.PATIENCE_S, at)
            at = self.lines.index(line, at) + 1
            host, port = READY.search(line).groups()
            found.append((host.strip("[]"), int(port)))
        self.host, self.port = found[0]
        return found


class Deployment:
    """Keys, tokens and files in one folder. Call write() before starting anything."""

    def __init__(self, folder, accounts=("ACME", "OTHER")):
        self.folder = folder
        self.operator = natsjwt.KeyPair("operator")
        self.gate_operator = natsjwt.KeyPair("operator")
        self.system = natsjwt.KeyPair("account")
        self.stamp_key = natsjwt.KeyPair("cluster")
        self.stamp_trust = []
        self.accounts = {name: Account(name) for name in accounts}
        self.limits = {}
        self.settings = {}
        self.sections = []
        self.listen = ["127.0.0.1:0"]
        self.upstream = {"mint": "keys/upstream.mint"}
        self.leaf = None
        self.gateway = None
        self.program = "bin/portcullis-gateway"
        self.clients = []

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def account_token(self, account, operator=None):
        return natsjwt.mint_account(
            operator or self.operator,
            account.key.public,
            account.name,
            signing_keys=[account.signing.public],
            revocations=account.revocations,
            jetstream=account.jetstream,
            exp=account.expires_s,
        )

    def upstream_tokens(self):
        """{A-key: JWT} of the leaf's accounts, under the gate's own operator."""
        tokens = {
            a.upstream.public: natsjwt.mint_account(
                self.gate_operator, a.upstream.public, f"leaf {a.name}", jetstream=a.jetstream
            )
            for a in self.accounts.values()
        }
        tokens[self.system.public] = natsjwt.mint_account(self.gate_operator, self.system.public, "SYS")
        return tokens

    def write_accounts(self):
        """(Re)write jwt/: after a revocation, say; the gateway is told by HUP or finds out itself."""
        os.makedirs(self.path("jwt", "accounts"), exist_ok=True)
        # whoever watches these files sees the one before or the new one, whole
        server.write(self.path("jwt"), "operator.jwt.new", natsjwt.mint_operator(self.operator, "talk"))
        os.replace(self.path("jwt", "operator.jwt.new"), self.path("jwt", "operator.jwt"))
        for account in self.accounts.values():
            name = f"{account.key.public}.jwt"
            server.write(self.path("jwt", "accounts"), name + ".new", self.account_token(account))
            os.replace(self.path("jwt", "accounts", name + ".new"), self.path("jwt", "accounts", name))

    def write_policies(self, texts):
        """{file name: text}; <ACME> in a text becomes that account's key."""
        os.makedirs(self.path("policies"), exist_ok=True)
        for name, text in texts.items():
            for account in self.accounts.values():
                text = text.replace(f"<{account.name}>", account.key.public)
            # a reload that is under way reads the one before or the new one, whole
            server.write(self.path("policies"), name + ".new", text)
            os.replace(self.path("policies", name + ".new"), self.path("policies", name))
        for old in glob.glob(self.path("policies", "*.policy")):
            if os.path.basename(old) not in texts:
                os.unlink(old)

    def write(self, policies):
        os.chmod(self.folder, 0o700)
        for name, mode in (("keys", 0o700), ("log", 0o700), ("audit", 0o700)):
            os.makedirs(self.path(name), mode=mode, exist_ok=True)
        self.write_accounts()
        self.write_policies(policies)
        mint = "".join(f"{a.key.public} {a.upstream.seed}\n" for a in self.accounts.values())
        natsjwt.write_secret(self.path("keys", "upstream.mint"), mint)
        natsjwt.write_secret(self.path("keys", "inbox.key"), secrets.token_hex(32) + "\n")
        natsjwt.write_secret(self.path("keys", "stamp.key"), self.stamp_key.raw_seed.hex() + "\n")
        self.write_audit_key()
        natsjwt.write_secret(self.path("keys", "redact.key"), secrets.token_hex(32) + "\n")

    def write_audit_key(self, name="audit"):
        """keys/NAME.key, and its public half as a C2SP verifier key."""
        seed = secrets.token_bytes(32)
        natsjwt.write_secret(self.path("keys", f"{name}.key"), seed.hex() + "\n")
        public = b"\x01" + natsjwt.public_of(seed)
        key_id = hashlib.sha256(b"portcullis-audit\n" + public).hexdigest()[:8]
        text = f"portcullis-audit+{key_id}+{base64.b64encode(public).decode()}\n"
        server.write(self.path("keys"), f"{name}.pub", text)

    def verify_audit(self, build, *kept):
        """(exit code, report) of `portcullis audit verify` over this log."""
        argv = [os.path.join(build, "bin", "portcullis"), "audit", "verify", "--json"]
        argv += ["-d", self.path("audit"), "-k", self.path("keys", "audit.pub")]
        for path in kept:
            argv += ["--kept", path]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=process.PATIENCE_S)
        return done.returncode, done.stdout + done.stderr

    def start_leaf(self, extra="", host="127.0.0.1", port=-1):
        token = natsjwt.mint_operator(self.gate_operator, "gate", system_account=self.system.public)
        if any(a.jetstream for a in self.accounts.values()):
            extra += f'\njetstream {{ store_dir: "{self.path("js")}" }}\n'
        options = {"system_account": self.system.public, "extra": extra, "host": host, "port": port}
        conf = server.operator_conf(self.folder, token, self.upstream_tokens(), **options)
        self.leaf = server.NatsServer(conf)
        return self.leaf

    def start_client_server(self):
        """A plain nats-server that admits the same clients itself: what the gateway is compared with."""
        tokens = {a.key.public: self.account_token(a) for a in self.accounts.values()}
        token = natsjwt.mint_operator(self.operator, "talk")
        conf = server.operator_conf(self.folder, token, tokens, name="direct.conf")
        self.leaf = server.NatsServer(conf)
        return self.leaf

    def gateway_conf(self, upstream_port):
        settings = {"policies": "policies", "audit": "audit", "inbox_key": "keys/inbox.key"}
        settings.update(self.settings)
        lines = ["listen = [" + ", ".join(f'"{address}"' for address in self.listen) + "]"]
        lines += [f"{k} = {v}" for k, v in settings.items()]
        if self.stamp_trust:
            lines.append("stamp {\n  trust = [" + ", ".join(self.stamp_trust) + "]\n}")
        lines.append("trust {\n  operator = jwt/operator.jwt\n  accounts = jwt/accounts\n}")
        host = self.leaf.host if self.leaf is not None else "127.0.0.1"
        upstream = {"url": f'"nats://{bracketed(host)}:{upstream_port}"', **self.upstream}
        lines.append("upstream {\n" + "".join(f"  {k}{' ' if v.startswith('{') else ' = '}{v}\n" for k, v in upstream.items()) + "}")
        # a login may be slow on a busy machine, unless that is what is looked at
        limits = {"auth_timeout": "1m", **self.limits}
        lines += ["limits {", *(f"  {k} = {v}" for k, v in limits.items()), "}"]
        lines += self.sections
        return server.write(self.folder, "gateway.conf", "\n".join(lines) + "\n")

    def start_gateway(self, build, upstream_port=None, **options):
        conf = self.gateway_conf(upstream_port or self.leaf.port)
        self.gateway = Gateway(os.path.join(build, self.program), conf, **options)
        return self.gateway

    def login(self, role=None, name="user", account="ACME", tags=(), perms=None, pair=None, nats=None, **times):
        """(token, KeyPair) for rawclient: a user of @account with the tag role:@role."""
        owner = self.accounts[account]
        pair = pair or natsjwt.KeyPair("user")
        tags = ([f"role:{role}"] if role else []) + list(tags)
        return natsjwt.mint_user(owner.key, pair.public, name, tags, perms=perms, nats=nats, **times), pair

    def direct(self, account="ACME", **options):
        """A client connected straight to the leaf, in the account @account becomes there, with all rights."""
        owner = self.accounts[account]
        pair = natsjwt.KeyPair("user")
        token = natsjwt.mint_user(owner.upstream, pair.public, "observer")
        return rawclient.Client(self.leaf.host, self.leaf.port, (token, pair), **options)

    def client(self, creds, **options):
        """A client that is logged in. Where the time for that is short on purpose, a slow machine tries again."""
        for _ in range(50):
            try:
                found = rawclient.Client(self.gateway.host, self.gateway.port, creds, **options)
                break
            except process.Failed as e:
                if not any(late in str(e) for late in ("Authentication Timeout", "Stale Connection")):
                    raise
        else:
            raise process.Failed("login: never in time")
        self.clients.append(found)
        return found

    def status(self):
        """What `portcullis status` is told, over the control socket."""
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(process.PATIENCE_S)
            s.connect(self.path("run", "control.sock"))
            s.sendall(b"status\n")
            said = b""
            while more := s.recv(65536):
                said += more
        return json.loads(said)

    def decisions(self):
        """The decision log so far."""
        return json_lines(self.path("log", "decisions.jsonl"))

    def audit_records(self):
        """The audit's records so far, all segments in order."""
        found = []
        for folder, _, files in sorted(os.walk(self.path("audit"))):
            for name in sorted(files):
                if name.endswith(".jsonl"):
                    found += json_lines(os.path.join(folder, name))
        return found

    def stop(self):
        """End what runs. Returns complaints: bad exit codes, sanitizer reports, processes left behind."""
        complaints = []
        # one that stays connected is waited for a moment
        for client in self.clients:
            client.close()
        self.clients = []
        for name, child, good in (("gateway", self.gateway, (0,)), ("leaf", self.leaf, (0, 1))):
            if child is None:
                continue
            try:
                code = child.stop()
                if code not in good:
                    complaints.append(f"{name} ended with {code}:\n{child.tail()}")
            except process.Failed as e:
                complaints.append(str(e))
            if child.sanitizer_reports():
                complaints.append(f"{name}: sanitizer report\n{child.tail(80)}")
        if self.gateway is not None:
            complaints += [f"left behind: {p}" for p in left_behind(self.gateway.pid)]
        self.gateway = self.leaf = None
        return complaints


def bracketed(host):
    return f"[{host}]" if ":" in host else host


def json_lines(path):
    """The complete lines of a file that may not be there yet."""
    try:
        with open(path, encoding="utf-8") as f:
            return [json.loads(line) for line in f if line.endswith("\n")]
    except FileNotFoundError:
        return []


def of_session(session):
    """{process id: command line} of the processes of a session."""
    found = {}
    for stat in glob.glob("/proc/[0-9]*/stat"):
        try:
            with open(stat, encoding="utf-8", errors="replace") as f:
                fields = f.read().rpartition(")")[2].split()
            if int(fields[3]) == session and fields[0] != "Z":
                with open(os.path.dirname(stat) + "/cmdline", "rb") as f:
                    line = f.read().replace(b"\0", b" ").decode("utf-8", "replace")
                found[int(os.path.basename(os.path.dirname(stat)))] = line
        except OSError:
            continue
    return found


def left_behind(session, timeout_s=process.PATIENCE_S):
    """Command lines of processes of a session (each server is started in its own) that outlive it."""
    deadline = time.monotonic() + timeout_s
    while found := of_session(session):
        if time.monotonic() > deadline or not any(process.gone(pid, deadline - time.monotonic()) for pid in found):
            return list(found.values())
    return []
