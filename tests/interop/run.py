#!/usr/bin/python3
"""Foreign clients through the gate: nats.c (a C program) and npm `nats`, with creds files.

    run.py --direct        --c PROGRAM       the control: the same creds straight to nats-server
    run.py --gateway BUILD --c PROGRAM       through BUILD/bin/portcullis-gateway
    run.py ...             --node FOLDER     npm nats; FOLDER gets the packages of node/package-lock.json
    run.py ... --tls                         the gate speaks TLS
    run.py ... --certificates --c PROGRAM    the same, and certificates take the place of the creds files
    run.py ... CHECK...                      these checks only

Both see the same tokens: an admin (JetStream, key-value), a service that answers, and a stranger
from an account nobody trusts. Exits 77 when npm cannot get the packages, saying why.
"""
import argparse
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))

from portcullis_test import certs, gateway, natsjwt, server  # noqa: E402

ACCOUNT = "ACME"
SKIPPED = 77
TIMEOUT_S = 300
# JetStream and its spaces are reserved: they are granted by name, and so are the headers it acts on.
POLICY = """
role admin   { account = <ACME>  tags = ["role:admin"] }
role service { account = <ACME>  tags = ["role:service"] }

rule admin-data {
  publish   = ["interop.>"]
  subscribe = ["interop.>"]
  streams   = ["INTEROP_*"]  # a consumer without a filter reads whatever its stream holds
  to        = [admin]
}
rule admin-jetstream {
  publish   = ["$JS.API.>", "$JS.ACK.>", "$JS.FC.>", "$KV.>"]
  subscribe = ["$KV.>"]
  headers   = ["Nats-*"]
  to        = [admin]
  because   = "streams, consumers and buckets are the admin's"
}
rule service-data {
  publish   = ["interop.>"]
  subscribe = ["interop.>"]
  respond   = 10
  rpc       = yes            # answers also below the reply: calls that stream
  to        = [service]
}
rule admin-calls {
  respond = 10               # a call's parameters go where its answer came from
  rpc     = yes
  to      = [admin]
}
"""


class Place:
    """Somewhere to connect to, with three creds files."""

    def __init__(self, folder, build, tls=False, certificates=False):
        self.ca = certs.Authority(os.path.join(folder, "ca")) if tls or certificates else None
        self.certificates = certificates
        self.deployment = gateway.Deployment(os.path.join(folder, "gate"), (ACCOUNT, "STRANGE"))
        os.mkdir(self.deployment.folder)
        self.deployment.accounts[ACCOUNT].jetstream = True
        self.direct = None
        try:
            self.address = self.start(folder, build)
            self.creds = [self.issue(folder, *who) for who in self.who()]
        except BaseException:
            self.stop()
            raise

    def start(self, folder, build):
        """Start what is connected to, and return it."""
        if build:
            self.deployment.write({"interop.policy": self.policy()})
            if self.ca is not None:
                self.deployment.sections.append(self.tls())
            self.deployment.start_leaf()
            return self.deployment.start_gateway(build)
        self.direct = self.start_direct(os.path.join(folder, "direct"))
        return self.direct

    def policy(self):
        """By certificate the roles ask for a name in it instead of a tag."""
        text = POLICY
        for role in ("admin", "service") if self.certificates else ():
            text = text.replace(f'tags = ["role:{role}"]', f'certificates = ["dns:{role}.example"]')
        return text

    def tls(self):
        cert, key = self.ca.sign("server")
        asks = f'  ca = "{self.ca.crt}"\n  verify = identity\n' if self.certificates else ""
        return f'tls {{\n  cert = "{cert}"\n  key = "{key}"\n{asks}}}'

    def start_direct(self, folder):
        """One nats-server that trusts the clients' operator itself; not the stranger's account."""
        d = self.deployment
        account = d.accounts[ACCOUNT]
        system = natsjwt.mint_account(d.operator, d.system.public, "SYS")
        tokens = {account.key.public: d.account_token(account), d.system.public: system}
        operator = natsjwt.mint_operator(d.operator, "clients", system_account=d.system.public)
        extra = f'jetstream {{ store_dir: "{os.path.join(folder, "js")}" }}'
        conf = server.operator_conf(folder, operator, tokens, d.system.public, extra)
        return server.NatsServer(conf)

    @staticmethod
    def who():
        """The service's own token forbids what its policy does not allow: the control must refuse it too."""
        forbidden = natsjwt.permissions(pub_deny=["forbidden.>"], sub_deny=["forbidden.>"])
        return (("admin", ACCOUNT, None), ("service", ACCOUNT, forbidden), ("stranger", None, None))

    def issue(self, folder, role, account, perms):
        if self.certificates:
            return self.ca.sign(role, names=f"DNS:{role}.example")[0]
        if account is None:
            key = natsjwt.KeyPair("account")
            pair = natsjwt.KeyPair("user")
            token = natsjwt.mint_user(key, pair.public, role, [f"role:{role}"])
        else:
            token, pair = self.deployment.login(role, role, account, perms=perms)
        path = os.path.join(folder, f"{role}.creds")
        natsjwt.write_creds(path, token, pair.seed)
        return path

    def stop(self):
        if self.direct:
            self.direct.kill()
        return self.deployment.stop()


def install(folder):
    """The packages the lock file names, into @folder. Returns why not, or None."""
    npm = shutil.which("npm")
    if not npm or not shutil.which("node"):
        return "node and npm are not installed"
    shutil.copytree(os.path.join(HERE, "node"), folder, dirs_exist_ok=True,
                    ignore=shutil.ignore_patterns("node_modules"))
    lock, mark = (os.path.join(folder, n) for n in ("package-lock.json", ".installed"))
    with open(lock, encoding="utf-8") as f:
        wanted = f.read()
    if os.path.exists(mark):
        with open(mark, encoding="utf-8") as f:
            if f.read() == wanted:
                return None
    done = subprocess.run([npm, "ci", "--ignore-scripts"], cwd=folder, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    if done.returncode != 0:
        return f"npm ci failed: {done.stderr.strip()[-300:]}"
    with open(mark, "w", encoding="utf-8") as f:
        f.write(wanted)
    return None


def parse(argv):
    p = argparse.ArgumentParser()
    where = p.add_mutually_exclusive_group(required=True)
    where.add_argument("--direct", action="store_true")
    where.add_argument("--gateway", metavar="BUILD", type=os.path.abspath)
    client = p.add_mutually_exclusive_group(required=True)
    client.add_argument("--c", metavar="PROGRAM", type=os.path.abspath)
    client.add_argument("--node", metavar="FOLDER", type=os.path.abspath)
    p.add_argument("--tls", action="store_true")
    p.add_argument("--certificates", action="store_true")
    p.add_argument("check", nargs="*")
    return p.parse_args(argv)


def main(argv):
    args = parse(argv)
    if args.node:
        why = install(args.node)
        if why:
            print(f"skip: {why}")
            return SKIPPED
        command = [shutil.which("node"), os.path.join(args.node, "interop.js")]
    else:
        command = [args.c]
    with tempfile.TemporaryDirectory(prefix="interop-") as folder:
        place = Place(folder, args.gateway, args.tls, args.certificates)
        env = {**os.environ, **({"INTEROP_CA": place.ca.crt} if place.ca else {})}
        try:
            url = f"nats://{place.address.host}:{place.address.port}"
            code = subprocess.run([*command, url, *place.creds, *args.check], stdin=subprocess.DEVNULL, env=env,
                                  timeout=TIMEOUT_S, check=False).returncode
            if code:
                print(f"{url} said last:\n{place.address.tail(10)}")
        finally:
            complaints = place.stop()
    for complaint in complaints:
        print(complaint)
    return 1 if code or complaints else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
