"""The demo's second half: a host behind the gate, an actor one can visit, and one that attacks."""
import json
import os
import subprocess

from demo_words import brief, check, good, plain, title, typed
from portcullis_test import host as hosts
from portcullis_test import natsjwt, rpc, server

CAPS = {
    "counter": ["wasmcloud:httpserver", "wasmcloud:keyvalue"],
    "attacker": ["wasmcloud:keyvalue", "wasmcloud:messaging", "wasmcloud:latticecontrol", "wasmcloud:httpclient"],
    "attacker_socket": [],
}
# what `attacker` tries, and what the host's log must say of it
TRIED = [
    ("localhost:4222", 'contract="nats" link="localhost:4222"'),
    ("a forged call (RPC)", 'link="wasmbus.rpc.default.VPROVIDER.default"'),
    ("start a provider, by subject", 'link="wasmbus.ctl.default.cmd.NHOST.lp"'),
    ("start a provider, by contract", 'contract="wasmcloud:latticecontrol" link="default"'),
]


class Host:
    """portcullis-host, as `init` wrote its settings, and `portcullis ctl` at the gate in front of it."""

    def __init__(self, gate):
        self.gate, self.bin = gate, gate.bin_dir
        self.actors = os.path.join(os.path.dirname(gate.bin_dir), "actors")
        check(os.path.exists(os.path.join(self.actors, "counter.wasm")), "the kit's actors are not built: clang and lld")
        self.port = server.free_port()
        self.process = hosts.Host(os.path.join(self.bin, "portcullis-host"), ["-c", "host.conf"], gate.dir)

    def at(self, *names):
        return os.path.join(self.gate.dir, *names)

    def tool(self, *words, role="deployer", **options):
        """portcullis WORDS, with the login of this role where it is `ctl`."""
        argv, env = [os.path.join(self.bin, "portcullis"), *words], dict(os.environ)
        if words[0] == "ctl":
            env.update(NATS_URL=f"nats://127.0.0.1:{self.gate.listen}", NATS_CREDS=self.at("creds", f"{role}.creds"))
        return typed(argv, "portcullis " + " ".join(words), env=env, **options)

    def sign(self, name):
        """With the key that `init` made; the host trusts it."""
        for words in (["keys", "gen", "module", name, "-d", self.at("keys")],
                      ["sign", os.path.join(self.actors, name + ".wasm"), "--name", name,
                       *(w for cap in CAPS[name] for w in ("--cap", cap)),
                       "--issuer", self.at("keys", "actors.nk"), "--subject", self.at("keys", f"{name}_module.nk"),
                       "-o", self.at("artifacts", f"{name}.wasm")]):
            done = subprocess.run([os.path.join(self.bin, "portcullis"), "actor", *words], capture_output=True, text=True,
                                  check=False, timeout=60)
            check(done.returncode == 0, f"actor {words[0]}: {done.stderr}")
        return "file://" + self.at("artifacts", f"{name}.wasm")

    def key(self, name):
        with open(self.at("keys", f"{name}_module.nk"), encoding="ascii") as f:
            return natsjwt.KeyPair.from_seed(f.read().strip()).public

    def run_counter(self, **options):
        self.tool("ctl", "start", "actor", "file://" + self.at("artifacts", "counter.wasm"), **options)
        for kind in ("keyvalue", "httpserver"):
            self.tool("ctl", "start", "provider", f"wasmcloud+builtin://{kind}", **options)

    def stop(self):
        self.process.stop()


def visit(host, count):
    url = f"http://127.0.0.1:{host.port}/visits"
    said = typed(["curl", "--silent", "--show-error", "--max-time", "30", url], f"curl {url}")
    check(json.loads(said) == {"path": "visits", "count": count}, f"the counter says {said}")


def counter(host):
    title("4. A host behind the gate: an actor, a store, a port")
    plain("$ portcullis-host -c host.conf")
    plain(brief(f"portcullis-host ready {host.process.id}"))
    plain(f"$ export NATS_URL=nats://127.0.0.1:{host.gate.listen} NATS_CREDS=creds/deployer.creds")
    host.sign("counter")
    host.run_counter()
    host.tool("ctl", "link", "counter", "keyvalue", "wasmcloud:keyvalue")
    said = host.tool("ctl", "link", "counter", "httpserver", "wasmcloud:httpserver", f"PORT={host.port}")
    check("running" in said, f"the link does not run: {said}")
    for n in (1, 2, 3):
        visit(host, n)
    good("COUNTED  curl -> HTTP provider -> actor in its cell -> key-value provider, each a process of its own.")


def from_within(host):
    title("5. An actor that attacks, on that host")
    said = host.tool("ctl", "start", "actor", host.sign("attacker_socket"), code=1, most=1)
    check("an import that no host gives" in said, f"an actor with a socket ran: {said}")
    good("REFUSED  it wants a socket, and nobody has one to give: not one instruction of it ran.")
    host.tool("ctl", "stop", "actor", "attacker_socket", show=False)
    host.tool("ctl", "start", "actor", host.sign("attacker"))
    walls(host)
    mark = host.process.mark()
    said = host.tool("ctl", "call", "attacker", "forge", "--raw", "--cluster-key", host.at("keys", "cluster.nk"),
                     role="admin", most=0)
    lines = said.strip().splitlines()
    check(len(lines) == 21 and all(line.startswith("refused") for line in lines), f"an attempt was answered: {said}")
    plain(f"It puts addresses, subjects and commands into all it can say, {len(lines)} times. The host's log of some:")
    for what, words in TRIED:
        host.process.wait_line(lambda x, w=words: "event=actor_denied" in x and w in x, 20, mark)
        good(f"REFUSED  {what:29} event=actor_denied {words}")


def walls(host):
    """Were it to break out of WebAssembly, this is what it would be."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as f:
                argv = f.read().split(b"\0")
            with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as f:
                status = {k: v.split() for k, _, v in (line.partition(":") for line in f)}
            group = os.getpgid(int(pid))
        except OSError:
            continue
        # one forked from a zygote has its name, and is not the first of its process group
        forked = argv[1:3] == [b"--role", b"zygote"] and group != int(pid)
        if (forked or argv[1:3] == [b"--role", b"runner"]) and status["PPid"] == [str(host.process.pid)]:
            found.append(status)
    check(len(found) == 2, f"{len(found)} runners, not one of each actor")
    for status in found:
        locked = status["Seccomp"] == ["2"] and status["NoNewPrivs"] == ["1"] and int(status["CapEff"][0], 16) == 0
        check(locked, f"a runner is not locked in: {status}")
    plain("It runs; the kernel says that both actors' processes are filtered, without privileges or capabilities.")


def with_its_login(host):
    plain("Suppose somebody gets the host's own login, or an observer's, and speaks to the gate:")
    key = host.key("counter")
    target, origin = rpc.entity(key), rpc.entity(host.key("attacker"))
    forged = rpc.invocation(natsjwt.KeyPair("cluster"), origin, target, "HttpServer.HandleRequest", b"", host.process.id)
    mark = host.process.mark()
    for role in ("observer", "host"):
        thief = host.gate.client(role)
        thief.publish(rpc.subject(target), forged)
        thief.publish(f"wasmbus.ctl.default.cmd.{host.process.id}.lp",
                      json.dumps({"host_id": host.process.id, "provider_ref": "evil.example/rootkit:1",
                                  "link_name": "default"}).encode())
        thief.barrier()
        for what, subject in (("forged call", "wasmbus.rpc.default.M"), ("start provider", "wasmbus.ctl.default.cmd.")):
            if role == "host" and what == "forged call":
                continue
            line = next((e for e in thief.errors if "Permissions Violation" in e and subject in e), None)
            check(line is not None, f"{role}.creds, {what}: {thief.errors}")
            good(f"REFUSED  by the gate  {role + '.creds':15} {brief(line)}")
        thief.close()
    host.process.wait_line(lambda x: "event=invocation_refused" in x and "reason=issuer" in x, 20, mark)
    good("REFUSED  by the host  host.creds      event=invocation_refused reason=issuer: calls are signed, and not by this one")
    visit(host, 4)


def story(gate):
    """Everything of it; the host goes on."""
    gate.host = host = Host(gate)
    counter(host)
    from_within(host)
    with_its_login(host)
