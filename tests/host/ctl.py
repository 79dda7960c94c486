#!/usr/bin/python3
"""`portcullis ctl` as a person types it: a gate, a host, a counter one can visit."""
import json
import os
import subprocess
import sys
import threading
import urllib.request

import stage
from portcullis_test import host, natsjwt
from stage import check, lattice


class Tool:
    """portcullis ctl of one role, against one lattice."""

    def __init__(self, found, role):
        pair = natsjwt.KeyPair("user")
        owner = found.gate.accounts["ACME"]
        token = natsjwt.mint_user(owner.key, pair.public, role, [f"role:{role}"])
        self.creds = os.path.join(found.folder, f"{role}.creds")
        natsjwt.write_creds(self.creds, token, pair.seed)
        self.server = "nats://%s:%d" % found.address()
        self.cluster = os.path.join(found.folder, "cluster.nk")
        natsjwt.write_secret(self.cluster, found.cluster.seed + "\n")

    def argv(self, *words):
        patient = [] if "--timeout" in words else ["--timeout", "60s"]
        return [os.path.join(stage.BUILD, "bin", "portcullis"), "ctl", words[0], "--server", self.server,
                "--creds", self.creds, *patient, *words[1:]]

    def run(self, *words, code=0):
        done = subprocess.run(self.argv(*words), capture_output=True, text=True, timeout=300)
        check("Sanitizer" not in done.stderr, done.stderr)
        check(done.returncode == code, f"{words}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout if code == 0 else done.stderr

    def value(self, *words):
        return json.loads(self.run(*words, "--output", "json"))


def get(address, path="/a"):
    with urllib.request.urlopen(f"http://{address}{path}", timeout=300) as r:
        return r.read().decode()


def from_nothing_to_a_counter_one_can_visit():
    with lattice() as l:
        h, t = l.host(argv=["--label", "zone=a"]), Tool(l, "admin")
        check(h.id in t.run("get", "hosts") and "zone=a" in t.run("get", "hosts"), "hosts")
        check(t.value("get", "hosts")["hosts"][0]["id"] == h.id, "hosts as JSON")
        check("runs" in t.run("start", "actor", l.actor("counter"), "--constraint", "zone=a"), "actor")
        check("runs" in t.run("start", "provider", "builtin:keyvalue"), "keyvalue")
        check("runs" in t.run("start", "provider", "builtin:httpserver", "--host", "one"), "httpserver")
        keys = {p["contract_id"]: p["id"] for p in t.value("get", "inventory", h.id[:10])["inventory"][0]["providers"]}
        check("linked" in t.run("link", "counter", keys["wasmcloud:keyvalue"], "wasmcloud:keyvalue"), "link")
        said = t.run("link", "counter", keys["wasmcloud:httpserver"], "wasmcloud:httpserver", "address=127.0.0.1:0")
        check(said == "linked, running\n", said)
        address = h.wait_line(lambda x: "event=link_running" in x and "127.0.0.1:" in x, 20).split('address="')[1].split('"')[0]
        check(get(address) != get(address), "the counter counts")
        check("3 instances" in t.run("scale", "counter", "3"), "scale")
        shown = t.run("get", "inventory")
        check("running" in shown and "x3" in shown and "wasmcloud:httpserver" in shown, shown)
        check(sum(x.startswith("            walls census ") and " seccomp" in x for x in shown.splitlines()) == 3, shown)
        check(len(json.loads(t.run("get", "links", "-o", "json"))["links"]) == 2, "links")
        said = t.run("get", "claims")
        check("counter" in said and "by .." not in said and "by nobody" in said, said)
        check(t.run("unlink", "counter", "wasmcloud:httpserver") == "unlinked\n", "unlink")
        check("gone" in t.run("stop", "provider", keys["wasmcloud:httpserver"]), "provider stops")
        check("gone" in t.run("stop", "actor", "counter"), "actor stops")
        check(host.inventory(l.client("observer"), h)["actors"] == [], "it is gone")


def a_failure_is_told_with_its_reason_and_not_only_acknowledged():
    """The seed's review: a provider that could not listen was a panic in a log."""
    import socket
    with lattice() as l, socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        t = Tool(l, "admin")
        l.host()
        t.run("start", "actor", l.actor("counter"))
        t.run("start", "provider", "builtin:httpserver")
        said = t.run("link", "counter", host.HTTPSERVER, "wasmcloud:httpserver", f"PORT={taken.getsockname()[1]}", code=1)
        check("in use" in said and "tried again" in said or "in use" in said, said)
        said = t.run("start", "actor", "file:///nowhere/at/all.wasm", "--host", "one", code=1)
        check("error:" in said, said)
        said = t.run("stop", "actor", "nobody", code=1)
        check("no actor `nobody'" in said and "get claims" in said, said)
        said = t.run("scale", "counter", "many", code=2)
        check("no number" in said, said)


def a_denial_names_rule_and_decision_and_what_to_do():
    with lattice() as l:
        h, t = l.host(), Tool(l, "observer")
        check(h.id in t.run("get", "hosts"), "an observer sees hosts")
        said = t.run("start", "actor", l.actor("counter"), "--host", h.id, code=1)
        check("rule=none" in said and "decision " in said and "portcullis policy explain" in said, said)
        # also where many may answer, and where a call was denied: no table with an empty row, nothing unreadable
        for words in (("get", "hosts"), ("get", "inventory"), ("start", "actor", "file:///a.wasm")):
            said = t.run(*words, "--lattice", "elsewhere", code=1)
            check(said.count("error:") == 1 and "reason" not in said and "(lattice)" in said, said)
        Tool(l, "admin").run("start", "actor", l.actor("echo"))
        said = t.run("call", "echo", "echo", "--cluster-key", t.cluster, code=1)
        check("publish denied" in said and "portcullis policy explain" in said, said)


def what_was_typed_wrong_is_said_with_what_was_meant():
    with lattice() as l:
        t = Tool(l, "admin")
        l.host()
        t.creds = os.path.join(l.folder, "no.creds")
        with open(t.creds, "w", encoding="ascii") as f:
            f.write("nonsense\n")
        said = t.run("get", "hosts", code=5)
        check("no user JWT" in said and "--creds FILE" in said, said)
        t = Tool(l, "admin")
        said = t.run("start", "actor", "./counter.wasm", code=1)
        check("file:///" in said, said)


def names_of_builtin_providers_are_explained():
    with lattice() as l:
        l.host()
        t = Tool(l, "deployer")
        said = t.run("start", "provider", "builtin:nothing", code=1)
        check("no provider of that name, but builtin:httpserver" in said and "wasmcloud+builtin://nothing" in said, said)
        said = t.run("start", "provider", "registry.example/httpserver:1", code=1)
        check("runs its own providers and no images" in said and "wasmcloud+builtin://NAME" in said, said)
        for ref in ("builtin:keyvalue", "wasmcloud+builtin://keyvalue"):
            said = t.run("start", "actor", ref, code=1)
            check("providers, not actors" in said, said)


def nobody_there_is_said_so():
    with lattice() as l:
        t = Tool(l, "admin")
        check("no host answers" in t.run("start", "actor", "file:///a.wasm", "--host", "one", code=1), "no host")
        said = t.run("get", "links", code=5)
        check("nobody" in said or "no answer" in said, said)
        done = subprocess.run([os.path.join(stage.BUILD, "bin", "portcullis"), "ctl", "get", "hosts", "--server", t.server],
                              capture_output=True, text=True, timeout=300)
        check(done.returncode == 5 and "cannot connect" in done.stderr and "--creds" in done.stderr, done.stderr)


def an_actor_is_called_from_a_shell():
    with lattice() as l:
        t = Tool(l, "admin")
        l.host()
        t.run("start", "actor", l.actor("echo"))
        said = t.run("call", "echo", "echo", "--raw", "--data", "hello", "--cluster-key", t.cluster)
        check("hello" in said, said)
        stranger = os.path.join(l.folder, "other.nk")
        natsjwt.write_secret(stranger, natsjwt.KeyPair("cluster").seed + "\n")
        said = t.run("call", "echo", "echo", "--raw", "--data", "hello", "--cluster-key", stranger, "--timeout", "1s", code=5)
        check("believes this key" in said, said)


def what_happens_can_be_watched():
    with lattice() as l:
        t = Tool(l, "admin")
        l.host()
        seen = subprocess.Popen(t.argv("watch", "--events", "2"), stdout=subprocess.PIPE, text=True)
        try:
            stop = threading.Event()

            def restless():
                # until the watcher has seen enough: nothing says when its subscription is there
                while not stop.is_set():
                    t.run("start", "actor", l.actor("echo"))
                    t.run("stop", "actor", "echo")
            worker = threading.Thread(target=restless)
            worker.start()
            out = seen.communicate(timeout=300)[0]
        finally:
            stop.set()
            worker.join()
            seen.kill()
        check(seen.returncode == 0 and "actor" in out, out)


TESTS = [
    from_nothing_to_a_counter_one_can_visit,
    a_failure_is_told_with_its_reason_and_not_only_acknowledged,
    a_denial_names_rule_and_decision_and_what_to_do,
    what_was_typed_wrong_is_said_with_what_was_meant,
    names_of_builtin_providers_are_explained,
    nobody_there_is_said_so,
    an_actor_is_called_from_a_shell,
    what_happens_can_be_watched,
]

if __name__ == "__main__":
    sys.exit(stage.main(TESTS, sys.argv))
