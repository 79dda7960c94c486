"""Everything under test, started in a folder of its own on ports that nobody chose: one nats-server
in operator mode and the ways to it, a TCP pass-through by HAProxy and the gateway.

The server trusts two operators, the clients' and the gate's. So the same server with the same
configuration stands behind all ways, and the very creds file that a client shows to the gateway is the
one it shows to the server directly or through HAProxy; behind the gateway the login is the one the
gateway mints. Both users are limited by permissions: nobody runs an unchecked server behind the gate.
"""
import os
import re
import signal
import socket
import subprocess

from portcullis_test import natsjwt, process, server

READY = re.compile(r"portcullis-gateway ready (\S+:\d+)")

SERVER_CONF = """\
host: 127.0.0.1
port: -1
# keys, because the 2.9 releases refuse a list of operator JWTs
trusted: [{client_operator}, {gate_operator}]
max_control_line: 16KB
resolver: MEMORY
resolver_preload: {{
  {client_key}: {client_account}
  {gate_key}: {gate_account}
}}
"""

HAPROXY_CFG = """\
global
  nbthread 1
  maxconn {conns}
defaults
  mode tcp
  timeout connect 5s
  timeout client 10m
  timeout server 10m
listen nats
  bind fd@{fd}
  server leaf 127.0.0.1:{port}
"""

GATEWAY_CONF = """\
listen = "127.0.0.1:0"
trust {{
  operator = jwt/operator.jwt
  accounts = jwt/accounts
}}
upstream {{
  url  = "nats://127.0.0.1:{port}"
  mint = keys/mint.keys
}}
policies  = policies
audit     = audit
"""

# The traffic is allowed by one rule among others, as in a deployment.
POLICY = """\
lattices = ["default"]

role bench    {{ account = {account}  tags = ["role:bench"] }}
role host     {{ account = {account}  tags = ["role:host"] }}
role deployer {{ account = {account}  tags = ["role:deployer"] }}

rule hosts-serve {{
  allow = [serve]
  to    = [host]
}}
rule deployers {{
  allow = [deploy]
  to    = [deployer]
}}
rule telemetry {{
  publish   = ["metrics.default.>"]
  subscribe = ["config.default.>"]
  to        = [host]
}}
rule orders {{
  publish   = ["bench.>"]
  subscribe = ["bench.>"]
  to        = [bench]
}}
"""


class Deployment:
    """The files: keys, tokens, configurations."""

    def __init__(self, folder):
        self.folder = folder
        self.client_account = natsjwt.KeyPair("account")
        self.gate_account = natsjwt.KeyPair("account")
        self.creds = os.path.join(folder, "creds", "bench.creds")
        self.deployer = os.path.join(folder, "creds", "deployer.creds")
        self.ear = {way: os.path.join(folder, "creds", f"ear-{way}.creds") for way in ("direct", "gateway")}
        for name in ("creds", "keys", "jwt/accounts", "policies", "audit", "log"):
            os.makedirs(os.path.join(folder, name), mode=0o700)
        client_operator, gate_operator = natsjwt.KeyPair("operator"), natsjwt.KeyPair("operator")
        operator_jwt = natsjwt.mint_operator(client_operator, "clients")
        account_jwt = natsjwt.mint_account(client_operator, self.client_account.public, "bench")
        self.write("jwt/operator.jwt", operator_jwt + "\n")
        self.write(f"jwt/accounts/{self.client_account.public}.jwt", account_jwt + "\n")
        self.write("policies/bench.policy", POLICY.format(account=self.client_account.public))
        self.write("keys/mint.keys", f"{self.client_account.public} {self.gate_account.seed}\n")
        natsjwt.write_secret(os.path.join(folder, "keys/stamp.key"), os.urandom(32).hex() + "\n")
        natsjwt.write_secret(os.path.join(folder, "keys/inbox.key"), os.urandom(32).hex() + "\n")
        self.write_creds()
        self.write_commanders()
        self.server_conf = self.write(
            "server.conf",
            SERVER_CONF.format(
                client_operator=client_operator.public,
                gate_operator=gate_operator.public,
                client_key=self.client_account.public,
                client_account=account_jwt,
                gate_key=self.gate_account.public,
                gate_account=natsjwt.mint_account(gate_operator, self.gate_account.public, "bench-gate"),
            ),
        )

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        natsjwt.write_secret(path, text)
        return path

    def write_commanders(self):
        """Who commands, and who listens for commands on the leaf: for each way in the account they cross."""
        deployer, ear = natsjwt.KeyPair("user"), natsjwt.KeyPair("user")
        token = natsjwt.mint_user(self.client_account, deployer.public, "deployer", tags=["role:deployer"])
        natsjwt.write_creds(self.deployer, token, deployer.seed)
        for way, account in (("direct", self.client_account), ("gateway", self.gate_account)):
            natsjwt.write_creds(self.ear[way], natsjwt.mint_user(account, ear.public, "ear"), ear.seed)

    def write_creds(self):
        user = natsjwt.KeyPair("user")
        subjects = ["bench.>", "_INBOX.>"]
        perms = natsjwt.permissions(pub=subjects, sub=subjects)
        token = natsjwt.mint_user(self.client_account, user.public, "bench", tags=["role:bench"], perms=perms)
        natsjwt.write_creds(self.creds, token, user.seed)


class Haproxy:
    """Gets its listening socket from us, so the port is known and connections wait in its queue."""

    def __init__(self, deployment, port, conns, log):
        with socket.create_server(("127.0.0.1", 0), backlog=4096) as listening:
            self.address = "127.0.0.1:%d" % listening.getsockname()[1]
            fd = listening.fileno()
            cfg = deployment.write("haproxy.cfg", HAPROXY_CFG.format(fd=fd, port=port, conns=conns))
            self.child = subprocess.Popen(
                ["/usr/sbin/haproxy", "-db", "-q", "-f", cfg],
                pass_fds=[fd],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.pid = self.child.pid

    def stop(self):
        self.child.send_signal(signal.SIGTERM)
        try:
            self.child.wait(5)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()


class Gateway(process.Process):
    def __init__(self, binary, deployment, port):
        conf = deployment.write("gateway.conf", GATEWAY_CONF.format(port=port))
        super().__init__([binary, "-c", conf], cwd=deployment.folder)
        try:
            self.address = READY.search(self.wait_line(READY.search)).group(1)
        except process.Failed as e:
            self.kill()
            raise process.Failed(f"{e}\n{self.log(deployment)}") from e
        except BaseException:
            self.kill()
            raise

    @staticmethod
    def log(deployment):
        """The end of what it wrote into its log."""
        try:
            with open(os.path.join(deployment.folder, "log/gateway.log"), encoding="utf-8", errors="replace") as f:
                return "".join(f.readlines()[-20:])
        except FileNotFoundError:
            return "and it has no log"


class Stack:
    """The server and the ways to it; a context manager that ends all it started."""

    def __init__(self, folder, gateway_binary, conns):
        self.deployment = Deployment(folder)
        self.gateway_binary = gateway_binary
        self.conns = conns
        self.started = []
        self.address = {}  # way: HOST:PORT
        self.pid = {}  # "server", and each proxy by the name of its way

    def __enter__(self):
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _start(self):
        nats = self._keep("server", server.NatsServer(self.deployment.server_conf))
        self.address["direct"] = f"{nats.host}:{nats.port}"
        with open(os.path.join(self.deployment.folder, "haproxy.log"), "wb") as log:
            haproxy = self._keep("haproxy", Haproxy(self.deployment, nats.port, self.conns * 2, log))
        self.address["haproxy"] = haproxy.address
        if self.gateway_binary is not None:
            gateway = self._keep("gateway", Gateway(self.gateway_binary, self.deployment, nats.port))
            self.address["gateway"] = gateway.address

    def _keep(self, name, started):
        self.started.append(started)
        self.pid[name] = started.pid
        return started

    def __exit__(self, *_):
        failed = None
        while self.started:
            try:
                self.started.pop().stop()
            except process.Failed as e:  # killed by then; the others must end too
                failed = e
        if failed is not None:
            raise failed
