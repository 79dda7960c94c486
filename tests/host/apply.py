#!/usr/bin/python3
"""A manifest brought to a lattice, and given to a host: each test is a paper cut of the review of 2021 that is mended."""
import json
import os
import shutil
import socket
import subprocess
import sys
import urllib.request

import stage
from portcullis_test import host, natsjwt
from stage import check, lattice

LINKED = """
actors: [app/counter.wasm]
capabilities:
  - {image_ref: builtin:keyvalue}
  - {image_ref: wasmcloud+builtin://httpserver, name: http}
links:
  - {actor: app/counter.wasm, provider_id: builtin:keyvalue}
  - {actor: app/counter.wasm, provider_id: http, values: {address: "127.0.0.1:${PORT:0}"}}
"""


class Folder:
    """An application's folder in a lattice's; its modules are signed by the kit's account."""

    def __init__(self, found, text=LINKED):
        self.lattice = found
        self.root = os.path.join(found.folder, "src")
        os.makedirs(os.path.join(self.root, "app"))
        self.manifest = os.path.join(self.root, "app.yaml")
        self.lock = os.path.join(self.root, "portcullis.lock")
        self.write(text)
        pair = natsjwt.KeyPair("user")
        token = natsjwt.mint_user(found.gate.accounts["ACME"].key, pair.public, "dev", ["role:admin"])
        self.creds = os.path.join(found.folder, "dev.creds")
        natsjwt.write_creds(self.creds, token, pair.seed)

    def write(self, text):
        with open(self.manifest, "w", encoding="utf-8") as f:
            f.write(text)

    def module(self, name="counter", rev=1, of=None, issuer="kit", subject=None, to=None):
        """Sign one of the kit's modules anew, as app/NAME.wasm, in one step as a build does."""
        keys = os.path.join(stage.BUILD, "actors", "keys")
        at = os.path.join(self.root, "app", f"{to or name}.wasm")
        caps = ["wasmcloud:httpserver", "wasmcloud:keyvalue"]
        tool("actor", "sign", os.path.join(stage.BUILD, "actors", f"{of or name}.wasm"), "--name", name, "--rev", str(rev),
             *[w for c in caps for w in ("--cap", c)], "--issuer", self.issuer(issuer, keys),
             "--subject", os.path.join(keys, f"{subject or name}_module.nk"), "-o", at + ".new")
        os.replace(at + ".new", at)
        return at

    def issuer(self, name, keys):
        if name == "kit":
            return os.path.join(keys, "kit_account.nk")
        path = os.path.join(self.lattice.folder, f"{name}_account.nk")
        if not os.path.exists(path):
            natsjwt.write_secret(path, natsjwt.KeyPair("account").seed + "\n")
        return path

    def apply(self, *words, code=0, cwd="/", env=None):
        """Run in another folder than the manifest's, always."""
        return tool("apply", self.manifest, "--server", "nats://%s:%d" % self.lattice.address(), "--creds", self.creds, *words,
                    code=code, cwd=cwd, env=env)

    def pinned(self):
        with open(self.lock, encoding="utf-8") as f:
            return f.read()


def tool(*words, code=0, cwd="/", env=None):
    done = subprocess.run([os.path.join(stage.BUILD, "bin", "portcullis"), *words], capture_output=True, text=True, timeout=300,
                          cwd=cwd, env={**os.environ, **(env or {})})
    check("Sanitizer" not in done.stderr, done.stderr)
    check(done.returncode == code, f"{words}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout if code == 0 else done.stdout + done.stderr


def get(address):
    with urllib.request.urlopen(f"http://{address}/x", timeout=stage.process.PATIENCE_S) as r:
        return r.read().decode()


def address_of(h):
    line = h.wait_line(lambda x: "event=link_running" in x and "127.0.0.1:" in x, 20)
    return line.split('address="')[1].split('"')[0]


def a_manifest_becomes_a_counter_one_can_visit_and_then_there_is_nothing_to_do():
    with lattice() as l:
        h, f = l.host(), Folder(l)
        f.module()
        said = f.apply()
        check("+ actor app/counter.wasm x1" in said and "+ provider builtin:keyvalue" in said and "+ link" in said, said)
        check("all of it is there" in said, said)
        address = address_of(h)
        check(get(address) != get(address), "the counter counts")
        check(f.apply() == "nothing to do\n", "a second time")
        f.write(LINKED.replace("[app/counter.wasm]", "[{ref: app/counter.wasm, count: 3}]"))
        check("instances 1 -> 3" in f.apply(), "scaled")
        check(len(host.inventory(l.client(), h)["actors"][0]["instances"]) == 3, "three of them")
        check(f.apply() == "nothing to do\n", "a fourth time")


def paths_are_relative_to_the_manifest_and_not_to_where_one_stands():
    with lattice() as l:
        l.host()
        f = Folder(l, "actors: [./app/counter.wasm]\n")
        f.module()
        decoy = os.path.join(l.folder, "elsewhere", "app")
        os.makedirs(decoy)
        shutil.copy(os.path.join(stage.BUILD, "actors", "echo_s.wasm"), os.path.join(decoy, "counter.wasm"))
        f.apply(cwd=os.path.dirname(decoy))
        check(l.key("counter") in f.pinned() and l.key("echo") not in f.pinned(), f.pinned())


def ids_are_never_typed_but_read_and_pinned():
    with lattice() as l:
        h, f = l.host(), Folder(l)
        f.module()
        check("M" + "A" * 55 not in LINKED and l.key("counter") not in LINKED)
        f.apply()
        text = f.pinned()
        check(f"id = {l.key('counter')}" in text and "issuer = A" in text and "digest = sha256:" in text, text)
        links = host.ask(l.client(), "get.links")["links"]
        check({k["actor_id"] for k in links} == {l.key("counter")} and len(links) == 2, links)
        check(h.id is not None)


def what_is_no_longer_what_was_pinned_is_refused():
    with lattice() as l:
        l.host()
        f = Folder(l, "actors: [app/counter.wasm]\n")
        f.module()
        said = f.apply("--locked", code=3)
        check("portcullis.lock is not there" in said, said)
        f.apply()
        check(f.apply("--locked") == "nothing to do\n", "as pinned")
        pinned = f.pinned()
        f.module(rev=2)
        said = f.apply("--locked", code=4)
        check("app.yaml:1:" in said and "newer revision" in said, said)
        f.module(rev=1, of="echo")
        said = f.apply(code=4)
        check("the pinned revision with other bytes" in said and "--rev" in said, said)
        f.module(rev=2, issuer="stranger")
        said = f.apply(code=4)
        check("another issuer" in said and "take its lines out" in said, said)
        f.module(rev=2, subject="echo")
        check("another id" in f.apply(code=4))
        check(f.pinned() == pinned, "nothing of that was pinned")
        f.module(rev=2)
        check("revision 1 -> 2" in f.apply() and "revision = 2" in f.pinned(), "a higher revision is taken")


def a_dry_run_prints_the_difference_and_does_nothing():
    with lattice() as l:
        h, f = l.host(), Folder(l)
        f.module()
        said = f.apply("--dry-run", code=1)
        check("+ actor app/counter.wasm" in said and "+ link app/counter.wasm -> http" in said, said)
        check("to pin" in said and not os.path.exists(f.lock), said)
        check(host.inventory(l.client(), h)["actors"] == [], "nothing runs")
        said = json.loads(f.apply("-n", "-o", "json", code=1))
        check(said["dry_run"] and [s["do"] for s in said["steps"]] == ["start", "start", "start", "link", "link"], said)
        f.apply()
        check(f.apply("--dry-run") == "nothing to do\n")


def mistakes_have_a_place_and_variables_a_preset():
    with lattice() as l:
        f = Folder(l, "actors:\n  - app/counter.wasm\nlinks:\n  - {actor: nobody, provider_id: builtin:keyvalue}\n")
        f.module()
        said = f.apply(code=3)
        check("app.yaml:4:" in said and "nobody" in said, said)
        f.write("actors: [app/none.wasm]\n")
        said = f.apply(code=1)
        check("app.yaml:1:" in said and "No such file" in said, said)
        f.write('actors: ["${MODULE}"]\n')
        check("MODULE" in f.apply(code=3))
        f.write('actors: ["app/${MODULE:counter}.wasm"]\n')
        l.host()
        check("all of it is there" in f.apply())


def a_port_that_is_taken_is_told_with_its_reason():
    """The seed's review: a panic in a log, and every command said it was fine."""
    with lattice() as l, socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        l.host()
        f = Folder(l)
        f.module()
        said = f.apply(code=1, env={"PORT": str(taken.getsockname()[1])})
        check("in use" in said and "link app/counter.wasm -> http" in said, said)


def a_denial_names_rule_and_decision():
    with lattice() as l:
        l.host()
        f = Folder(l)
        f.module()
        pair = natsjwt.KeyPair("user")
        token = natsjwt.mint_user(l.gate.accounts["ACME"].key, pair.public, "watcher", ["role:observer"])
        natsjwt.write_creds(f.creds, token, pair.seed)
        said = f.apply("--host", "one", code=1)
        check("rule=none" in said and "portcullis policy explain" in said, said)


def a_host_brings_itself_to_its_manifest_without_a_command():
    with lattice() as l:
        f = Folder(l)
        f.module()
        h = l.host(argv=["-m", f.manifest], artifacts="[]")
        address = address_of(h)
        h.wait_line(lambda x: "event=manifest_applied" in x)
        check(get(address) != get(address), "the counter counts")
        check(l.key("counter") in f.pinned(), "pinned")
        check(f.apply() == "nothing to do\n", "apply finds what the host did, and the same lock file")
        c = l.client()
        check(len(host.ask(c, "get.links")["links"]) == 2, "the lattice knows the links")
        said = host.ask(c, f"cmd.{h.id}.la", {"actor_ref": "file://" + os.path.join(f.root, "app", "counter.wasm"), "host_id": h.id})
        check(not said["accepted"], "commands still reach no file outside `artifacts`")


def a_host_that_is_locked_starts_only_what_is_pinned():
    with lattice() as l:
        f = Folder(l, "actors: [app/counter.wasm, {ref: app/echo.wasm, name: echo}]\n")
        f.module()
        f.module("echo")
        h = l.host("bare", argv=["-m", f.manifest, "--locked"], wait=False)
        h.wait_line(lambda x: "event=manifest_not_read" in x and "pins" in x, 20)
        check(h.wait_end() == 1)
        l.hosts.remove(h)
        first = l.host("first", argv=["-m", f.manifest])
        first.wait_line(lambda x: "event=manifest_applied" in x, 20)
        f.module("echo", rev=2)
        h = l.host("second", argv=["-m", f.manifest, "--locked"])
        line = h.wait_line(lambda x: "event=manifest_refused" in x, 20)
        check("echo.wasm" in line and "newer revision" in line, line)
        c = l.client()
        host.until(lambda: [a["id"] for a in host.inventory(c, h)["actors"]] == [l.key("counter")], "the other one runs")


def a_rebuilt_module_is_running_without_a_command_and_a_broken_one_changes_nothing():
    """`wash --watch` was the only reason to keep its screen."""
    with lattice() as l:
        f = Folder(l, "actors: [app/counter.wasm]\n")
        f.module()
        h = l.host(argv=["-m", f.manifest, "--watch"])
        h.wait_line(lambda x: "event=watching" in x, 20)
        h.wait_line(lambda x: "event=actor_instance" in x, 20)
        mark = h.mark()
        f.module(rev=2)
        h.wait_line(lambda x: "event=actor_updated" in x, 20, mark)
        mark = h.mark()
        f.module(rev=2, of="todo", subject="counter")
        h.wait_line(lambda x: "event=actor_updated" in x, 20, mark)
        mark = h.mark()
        at = os.path.join(f.root, "app", "counter.wasm")
        with open(at, "wb") as broken:
            broken.write(b"\0asm\1\0\0\0 half of it")
        h.wait_line(lambda x: "event=watch_refused" in x, 20, mark)
        mark = h.mark()
        f.module(rev=3, issuer="stranger")
        line = h.wait_line(lambda x: "event=watch_refused" in x, 20, mark)
        check("counter.wasm" in line, line)
        c = l.client()
        actor = host.inventory(c, h)["actors"][0]
        check(actor["instances"][0]["revision"] == 2 and actor["state"] == "running", actor)
        mark = h.mark()
        f.module(rev=3)
        h.wait_line(lambda x: "event=actor_updated" in x, 20, mark)
        host.until(lambda: "revision = 3" in f.pinned(), "it is pinned")


def what_a_manifest_cannot_have_is_told_and_the_rest_runs():
    with lattice() as l:
        f = Folder(l, "actors: [app/none.wasm, app/counter.wasm]\ncapabilities: [{image_ref: 'builtin:nothing'}]\n")
        f.module()
        h = l.host(argv=["--manifest", f.manifest])
        for what in ("none.wasm", "builtin:nothing"):
            h.wait_line(lambda x, w=what: "event=manifest_refused" in x and w in x, 20)
        c = l.client()
        host.until(lambda: [a["state"] for a in host.inventory(c, h)["actors"]] == ["running"], "the one that is there runs")


TESTS = [
    a_host_brings_itself_to_its_manifest_without_a_command,
    a_host_that_is_locked_starts_only_what_is_pinned,
    a_rebuilt_module_is_running_without_a_command_and_a_broken_one_changes_nothing,
    what_a_manifest_cannot_have_is_told_and_the_rest_runs,
    a_manifest_becomes_a_counter_one_can_visit_and_then_there_is_nothing_to_do,
    paths_are_relative_to_the_manifest_and_not_to_where_one_stands,
    ids_are_never_typed_but_read_and_pinned,
    what_is_no_longer_what_was_pinned_is_refused,
    a_dry_run_prints_the_difference_and_does_nothing,
    mistakes_have_a_place_and_variables_a_preset,
    a_port_that_is_taken_is_told_with_its_reason,
    a_denial_names_rule_and_decision,
]

if __name__ == "__main__":
    sys.exit(stage.main(TESTS, sys.argv))
