"""What scripts/demo shows. Everything is real: nats-server, the gateway, raw sockets; 127.0.0.1 only."""
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "tests", "support"))
from portcullis_test import gateway, natsjwt, process, rawclient, server  # noqa: E402

COLOUR = sys.stdout.isatty() and "NO_COLOR" not in os.environ
ATTACK_BODY = b'{"host_id":"%s","provider_ref":"evil.example/rootkit:1","link_name":"default"}'


def paint(code, text):
    return f"\033[{code}m{text}\033[0m" if COLOUR else text


def title(text):
    print("\n" + paint("1", text))


def brief(text):
    """Host ids are 56 characters that tell nobody anything."""
    return re.sub(r"\b(N[A-Z2-7]{7})[A-Z2-7]{48}\b", r"\1...", text)


def bad(text):
    print("  " + paint("31", text))


def good(text):
    print("  " + paint("32", text))


def plain(text):
    print("  " + text)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def attack_bytes(host):
    body = ATTACK_BODY % host.encode()
    return b"PUB wasmbus.ctl.default.cmd.%s.lp %d\r\n%s\r\n" % (host.encode(), len(body), body)


def raw_attack(port, first, host):
    """What any code that can open a socket can do. Returns what it was told before the end."""
    raw = rawclient.Raw("127.0.0.1", port)
    raw.line()
    raw.send(first + attack_bytes(host) + b"PING\r\n")
    said = []
    try:
        while True:
            line = raw.line()
            said.append(line.decode())
            if line == b"PONG":
                break
    except rawclient.Failed:
        pass
    raw.close()
    return said


# a policy of our own beside the one that init wrote; a deny beats every allow
OUR_IMAGES = """
# Deployers run only what we built.
lattices = ["default"]
role deployer { account = %s  tags = ["role:deployer"] }
rule only-our-images {
  deny    = [actor.start, actor.scale, actor.update, provider.start]
  to      = [deployer]
  where   { image != ["registry.example/*"] }
  because = "deployers run only what we built"
}
"""


class Failure(Exception):
    """The demo did not show what it promises."""


def check(condition, what):
    if not condition:
        raise Failure(what)


def open_leaf(folder, host):
    title("1. Today: a passwordless leaf")
    leaf = server.NatsServer(server.open_conf(folder))
    try:
        watcher = rawclient.Client("127.0.0.1", leaf.port)
        watcher.subscribe("wasmbus.ctl.>")
        watcher.barrier()
        plain(f"nats-server on 127.0.0.1:{leaf.port}, as hosts reach it: no credentials asked.")
        plain("Any code on the machine writes one line to a socket:")
        plain("  " + attack_bytes(host).split(b"\r\n")[0].decode())
        said = raw_attack(leaf.port, b"", host)
        message = watcher.next()
        check("PONG" in said and message.subject.endswith(".lp"), "the open leaf refused the attack")
        bad(f"ARRIVED  start provider {json.loads(message.payload)['provider_ref']}: native code on the host.")
        watcher.close()
    finally:
        leaf.stop(10)


class Gate:
    """A deployment as `portcullis init` writes it, started."""

    def __init__(self, folder, bin_dir):
        self.dir = os.path.join(folder, "deployment")
        self.listen, leaf_port = free_port(), free_port()
        self.init = ["portcullis", "init", self.dir, "--listen", f"127.0.0.1:{self.listen}"]
        self.init += ["--leaf", f"127.0.0.1:{leaf_port}"]
        self.bin_dir = bin_dir
        subprocess.run([os.path.join(bin_dir, self.init[0])] + self.init[1:], check=True, stdout=subprocess.DEVNULL)
        account = natsjwt.decode(self.creds("deployer")[0])["iss"]
        server.write(os.path.join(self.dir, "policies"), "ours.policy", OUR_IMAGES % account)
        self.leaf = server.NatsServer(os.path.join(self.dir, "leaf.conf"))
        self.gateway = None
        try:
            binary = os.path.join(bin_dir, "portcullis-gateway")
            self.gateway = gateway.Gateway(binary, os.path.join(self.dir, "gateway.conf"))
        except BaseException:
            self.stop()
            raise

    def creds(self, role):
        return natsjwt.read_creds(os.path.join(self.dir, "creds", role + ".creds"))

    def client(self, role):
        return rawclient.Client("127.0.0.1", self.gateway.port, self.creds(role))

    def host_id(self):
        tags = natsjwt.decode(self.creds("host")[0])["nats"]["tags"]
        return next(t for t in tags if t.startswith("host:"))[5:].upper()

    def observer(self):
        """Somebody who holds the leaf's own account key, to look past the gate at what arrives."""
        with open(os.path.join(self.dir, "keys", "upstream.keys"), encoding="ascii") as f:
            line = next(x for x in f if x.strip() and not x.startswith("#"))
        account, user = natsjwt.KeyPair.from_seed(line.split()[1]), natsjwt.KeyPair("user")
        token = natsjwt.mint_user(account, user.public, "observer")
        return rawclient.Client("127.0.0.1", self.leaf.port, (token, user))

    def decisions(self):
        return gateway.json_lines(os.path.join(self.dir, "log", "decisions.jsonl"))

    def stop(self):
        for child in (self.gateway, self.leaf):
            if child is not None:
                child.stop(10)


def detach(gate):
    """Start leaf and gateway again, writing to files: they outlive this program. Returns their pids."""
    gate.stop()
    pids = []
    commands = {
        "leaf": [server.find(), "-c", "leaf.conf"],
        "gateway": [os.path.join(gate.bin_dir, "portcullis-gateway"), "-c", "gateway.conf"],
    }
    for name, argv in commands.items():
        with open(os.path.join(gate.dir, "log", name + ".log"), "ab") as log:
            child = subprocess.Popen(
                argv, cwd=gate.dir, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        pids.append(child.pid)
    return pids


def refused(name, said, words):
    check(any(words in line for line in said), f"{name}: expected {words}, got {said}")
    good(f"REFUSED  {name:21} {brief(next(line for line in said if words in line))}")


def through_the_gate(gate):
    title("2. With Portcullis: the same leaf behind the gate")
    plain("$ " + " ".join(shlex.quote(w) for w in gate.init))
    plain(f"leaf on 127.0.0.1:{gate.leaf.port} (accepts the gateway alone), gateway on 127.0.0.1:{gate.listen}")
    host_id = gate.host_id()
    watcher = gate.observer()
    watcher.subscribe("wasmbus.ctl.>")
    watcher.barrier()
    host = gate.client("host")
    host.subscribe(f"wasmbus.ctl.default.cmd.{host_id}.*")
    host.barrier()

    plain("The same attack:")
    port = gate.gateway.port
    refused("without CONNECT", raw_attack(port, b"", host_id), "Authorization Violation")
    refused("anonymous CONNECT", raw_attack(port, b"CONNECT {}\r\n", host_id), "Authorization Violation")
    refused("straight to the leaf", raw_attack(gate.leaf.port, b"CONNECT {}\r\n", host_id), "Authorization Violation")
    for role in ("observer", "host"):
        thief = gate.client(role)
        thief.raw.send(attack_bytes(host_id))
        thief.barrier()
        refused(f"stolen {role}.creds", thief.errors, "Permissions Violation")
        thief.close()
    watcher.nothing()
    host.nothing()
    good("SILENCE  an observer straight on the leaf saw none of it; nor did the host.")

    title("3. Who may, does: what the policy lets him run")
    for line in OUR_IMAGES.strip().splitlines()[3:]:
        plain("  " + line)
    deployer = gate.client("deployer")
    inbox = "_INBOX.demo.1"
    deployer.subscribe(inbox)
    deployer.publish(f"wasmbus.ctl.default.cmd.{host_id}.lp", provider(host_id, "evil.example/rootkit:1"), inbox)
    said = json.loads(deployer.next().payload)
    check(said["accepted"] is False and "rule=only-our-images" in said["error"], f"not refused: {said}")
    plain("deployer.creds: start provider evil.example/rootkit:1")
    good(f"REFUSED  {said['error']}")
    host.nothing()
    body = provider(host_id, "registry.example/httpserver:1")
    deployer.publish(f"wasmbus.ctl.default.cmd.{host_id}.lp", body, inbox)
    asked = host.next()
    host.publish(asked.reply, b'{"accepted":true,"error":""}')
    answer = deployer.next()
    check(answer.payload == b'{"accepted":true,"error":""}', "the answer did not come back")
    check(watcher.next().payload == body, "the command did not cross byte for byte")
    plain("deployer.creds: start provider registry.example/httpserver:1")
    good(f"ALLOWED  the host got it byte for byte and answered {answer.payload.decode()}")
    for client in (deployer, host, watcher):
        client.close()


FLOOR = {"census", "limits", "no-new-privs", "landlock", "seccomp"}


def kernel_says(pid):
    """What /proc has of a process: {"Uid": ..., "Seccomp": ..., ...}, the first word of each."""
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as f:
        return {k: (v.split() or [""])[0] for k, _, v in (line.partition(":") for line in f)}


def walls(gate):
    title("4. And whoever breaks into one of its processes has that process, not the gate")
    who = "root" if os.geteuid() == 0 else "an ordinary user"
    plain(f"Started by {who}, each process has locked itself in:")
    tool(gate, "status", "--walls", where=[gate.dir])
    argv = [os.path.join(gate.bin_dir, "portcullis"), "status", "--json", gate.dir]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)
    children = json.loads(done.stdout)["processes"]
    for child in children:
        kernel = kernel_says(child["pid"])
        check(FLOOR <= set(child["walls"]), f"{child['role']} runs below the floor: {child['walls']}")
        check(kernel["Seccomp"] == "2" and kernel["NoNewPrivs"] == "1", f"the kernel says otherwise of {child['role']}")
        check(int(kernel["CapEff"], 16) == 0, f"{child['role']} has capabilities")
    good(f"AGREED   the kernel says so too of all {len(children)}: filtered, no new privileges, no capability.")


def provider(host_id, image):
    return json.dumps({"host_id": host_id, "provider_ref": image, "link_name": "default"}).encode()


def tool(gate, *words, code=0, where=None):
    """Run the tool as a person would, show what was typed and said. Returns what it said."""
    print("  $ portcullis " + brief(" ".join(words)).replace(gate.dir + "/", ""))
    argv = [os.path.join(gate.bin_dir, "portcullis"), *words, *(["-d", gate.dir] if where is None else where)]
    if words[1] == "check-proof":
        argv = argv[:-2]
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=60)
    check(done.returncode == code, f"portcullis {' '.join(words)} ended with {done.returncode}: {done.stdout}")
    for line in done.stdout.splitlines():
        plain("  " + brief(line)[:180])
    return done.stdout


def segments(gate):
    folder = os.path.join(gate.dir, "audit")
    return [os.path.join(folder, name) for name in sorted(os.listdir(folder)) if name.endswith(".jsonl")]


def allowed_command(gate):
    """Where in its file the record of the allowed command stands."""
    for path in segments(gate):
        with open(path, "rb") as f:
            for number, line in enumerate(f, 1):
                record = json.loads(line)
                if record["kind"] == "command" and record["decision"] == "allow":
                    return path, number, record
    raise Failure("no record of the allowed command")


def tamper(path, number):
    """One byte: somebody would rather have started another image."""
    with open(path, "rb") as f:
        lines = f.readlines()
    lines[number - 1] = lines[number - 1].replace(b"/httpserver:1", b"/httpserver:2", 1)
    with open(path, "wb") as f:
        f.writelines(lines)


def show(gate):
    """The gateway is stopped first: what it had to write is then written and signed."""
    gate.gateway.stop(10)
    title("5. What is on record: who, what, allowed or not, and what came of it")
    tool(gate, "audit", "tail", "-n", "16")
    tool(gate, "audit", "query", "--what", "provider.start", "--decision", "allow")
    path, number, record = allowed_command(gate)
    proof, key = os.path.join(gate.dir, "one.proof"), os.path.join(gate.dir, "keys", "audit.pub")
    title("6. Proved to somebody who has one file and a public key")
    tool(gate, "audit", "prove", record["id"], "-o", proof)
    said = tool(gate, "audit", "check-proof", proof, "-k", key)
    check(record["id"] in said, "the proof does not show the record")
    title("7. And nobody changes it unnoticed")
    kept = os.path.join(gate.dir, "kept-elsewhere")
    shutil.copy(os.path.join(gate.dir, "audit", "checkpoint"), kept)
    tool(gate, "audit", "verify", "--kept", kept)
    tamper(path, number)
    plain("One byte of the file is changed: the image of that record, :1 to :2.")
    said = tool(gate, "audit", "verify", "--kept", kept, code=4)
    check(str(record["seq"]) in said, "verify does not name the record")
    tamper_back(path)


def tamper_back(path):
    with open(path, "rb") as f:
        text = f.read()
    with open(path, "wb") as f:
        f.write(text.replace(b"/httpserver:2", b"/httpserver:1", 1))


def keep(gate):
    d = shlex.quote(gate.dir)
    pids = detach(gate)
    title("Running again, until you stop it. Try:")
    plain(f"build/release/bin/portcullis audit tail -f -d {d}")
    plain(f"tail -f {d}/log/decisions.jsonl")
    plain(f"build/release/bin/portcullis creds show {d}/creds/deployer.creds")
    plain(f"build/release/bin/portcullis creds issue --dir {d} --role observer --name me --out me.creds")
    plain(f"build/release/bin/portcullis check -c {d}/gateway.conf")
    plain(f"build/release/bin/portcullis policy explain --policy {d}/policies --role deployer \\")
    plain("    PUB wasmbus.ctl.default.cmd.NHOST.lp")
    plain(f"any NATS client: server nats://127.0.0.1:{gate.listen}, credentials {d}/creds/admin.creds")
    plain(f"stop: kill {pids[1]} {pids[0]}; then remove {d}")


def main():
    bin_dir, stay = os.path.abspath(sys.argv[1]), "--keep" in sys.argv[2:]
    folder = tempfile.mkdtemp(prefix="portcullis-demo-")
    gate, kept = None, False
    try:
        open_leaf(folder, "NDEMOHOST")
        gate = Gate(folder, bin_dir)
        through_the_gate(gate)
        walls(gate)
        show(gate)
        if stay:
            keep(gate)
            kept = True
    except (Failure, process.Failed) as e:
        print(paint("31", f"demo failed: {e}"), file=sys.stderr)
        return 1
    finally:
        if gate is not None and not kept:
            gate.stop()
        if not kept:
            shutil.rmtree(folder, ignore_errors=True)
    print()
    return 0


sys.exit(main())
