"""A lattice for tests: leaf, gate, and hosts behind it, each in its own folder; commands as tools send them."""
import json
import os
import re

from . import gateway, natsjwt, process, rawclient, server

READY = re.compile(r"portcullis-host ready (N[A-Z2-7]{55})")
START_S = process.PATIENCE_S
STOP_S = process.PATIENCE_S
CTL = "wasmbus.ctl.default."
until = process.until
HTTPSERVER = "VAG3QITQQ2ODAOWB5TTQSDJ53XK3SHBEIFNK4AYJ5RKAX2UNSCAPHA5M"


class Host(process.Process):
    """portcullis-host; .id is what it announced."""

    def __init__(self, binary, argv, cwd, env=None, wait=True):
        super().__init__([binary, *argv], cwd=cwd, env=env)
        self.id = None
        if wait:
            try:
                self.wait_ready()
            except BaseException:
                self.kill()
                raise

    def wait_ready(self):
        self.id = READY.search(self.wait_line(READY.search, START_S)).group(1)
        return self.id


class Lattice:
    """Leaf and gate with the policy `portcullis init` writes, and hosts that are started one by one."""

    def __init__(self, folder, build, gate=True, port=0, leaf_port=-1):
        """@port, @leaf_port: of gate and leaf, where they must be had again."""
        self.build = build
        self.folder = folder
        self.gate = gateway.Deployment(folder, ("ACME",))
        self.hosts = []
        self.clients = []
        self.cluster = natsjwt.KeyPair("cluster")
        policies = os.path.join(os.path.dirname(__file__), "..", "..", "..", "policies")
        with open(os.path.join(policies, "lattice.policy"), encoding="utf-8") as f:
            text = f.read().replace("@LATTICE@", "default").replace("@ACCOUNT@", "<ACME>")
        self.gate.write({"default.policy": text})
        self.gate.listen = [f"127.0.0.1:{port}"]
        self.gate.start_leaf(port=leaf_port)
        self.gated = gate
        if gate:
            self.gate.start_gateway(build)

    def address(self):
        """(host, port) that clients and hosts connect to."""
        at = self.gate.gateway if self.gated else self.gate.leaf
        return at.host, at.port

    def host(self, name="one", wait=True, argv=(), env=None, conf="", trusted=True, **settings):
        """Start a host; what it needs is written to a folder of its name, if that is not there yet."""
        folder = os.path.join(self.folder, f"host-{name}")
        path = os.path.join(folder, "host.conf")
        if not os.path.exists(path):
            self.write_host(folder, name, conf, settings, trusted)
        binary = os.path.join(self.build, "bin", "portcullis-host")
        found = Host(binary, ["-c", path, *argv], folder, env=env, wait=wait)
        self.hosts.append(found)
        return found

    def write_host(self, folder, name, conf, settings, trusted=True):
        os.makedirs(folder, mode=0o700)
        pair = natsjwt.KeyPair("server")
        natsjwt.write_secret(os.path.join(folder, "host.nk"), pair.seed + "\n")
        natsjwt.write_secret(os.path.join(folder, "cluster.nk"), self.cluster.seed + "\n")
        for which in ("control", "rpc"):
            owner = self.gate.accounts["ACME"]
            user = natsjwt.KeyPair("user")
            signer = owner.key if self.gated else owner.upstream
            token = natsjwt.mint_user(signer, user.public, f"{name}-{which}", ["role:host", f"host:{pair.public}"])
            natsjwt.write_creds(os.path.join(folder, f"{which}.creds"), token, user.seed)
        at = "%s:%d" % self.address()
        with open(os.path.join(self.build, "actors", "keys", "kit_account.nk"), encoding="ascii") as f:
            issuer = natsjwt.KeyPair.from_seed(f.read().strip()).public
        values = {"key": "host.nk", "cluster_key": "cluster.nk", "name": name, "state": "state"}
        values["artifacts"] = f'["{os.path.join(self.build, "actors")}", "{self.folder}"]'
        # fork: whose signed actors' instances come from one zygote
        forks = f"  fork = [{issuer}]" if settings.pop("fork", False) else ""
        values.update(settings)
        lines = [f"{k} = {v}" for k, v in values.items()]
        lines += [f'{w} {{ url = "nats://{at}"  creds = {w}.creds }}' for w in ("control", "rpc")]
        lines += [f"trust {{ issuers = [{issuer}]{forks} }}" if trusted else "", conf]
        server.write(folder, "host.conf", "\n".join(lines) + "\n")

    def client(self, role="admin", **options):
        if self.gated:
            found = rawclient.Client(*self.address(), self.gate.login(role), **options)
        else:
            found = self.gate.direct(**options)
        self.clients.append(found)
        return found

    def actor(self, name):
        """The reference of one of the kit's signed actors."""
        return "file://" + os.path.join(self.build, "actors", f"{name}_s.wasm")

    def key(self, name):
        """The M... key of one of the kit's actors."""
        with open(os.path.join(self.build, "actors", "keys", f"{name}_module.nk"), encoding="ascii") as f:
            return natsjwt.KeyPair.from_seed(f.read().strip()).public

    def stop(self):
        """End what runs. Returns complaints."""
        complaints = []
        for client in self.clients:
            client.close()
        for host in self.hosts:
            try:
                code = host.stop(STOP_S)
                if code not in (0, -9):
                    complaints.append(f"host ended with {code}:\n{host.tail()}")
            except process.Failed as e:
                complaints.append(str(e))
            if host.sanitizer_reports():
                complaints.append(f"host: sanitizer report\n{host.tail(80)}")
            complaints += [f"left behind: {p}" for p in gateway.left_behind(host.pid)]
        return complaints + self.gate.stop()

    def kill(self):
        for child in [*self.hosts, self.gate.gateway, self.gate.leaf]:
            if child is not None:
                child.kill()


def ask(client, tail, body=None):
    """A command, or a question, on wasmbus.ctl.default.TAIL; its answer as a value, None for no responders."""
    answer = client.request(CTL + tail, b"" if body is None else json.dumps(body).encode())
    if not answer.payload and b"503" in answer.header:
        return None
    return json.loads(answer.payload)


def inventory(client, host):
    return ask(client, f"get.{host.id}.inv")
