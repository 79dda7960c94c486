#!/usr/bin/python3
"""Actors from a registry: Debian's docker-registry, and one of our own where only a lie will do."""
import contextlib
import hashlib
import http.server
import json
import os
import sys
import threading

import stage
from portcullis_test import certs, host, registry
from stage import accepted, check, lattice


def module(l, name="echo"):
    with open(os.path.join(stage.BUILD, "actors", f"{name}_s.wasm"), "rb") as f:
        return f.read()


@contextlib.contextmanager
def served(login=None, plain=True, allow=True):
    """A lattice with a host that asks one registry: (lattice, registry, host, client)."""
    with lattice() as l:
        folder = os.path.join(l.folder, "registry")
        os.makedirs(folder)
        r = registry.Registry(folder, login)
        try:
            lines = [f'hosts = ["{r.name}"]' if allow else "", f'plain = ["{r.name}"]' if plain else ""]
            h = l.host(conf="registries {\n" + "\n".join(lines) + "\n}")
            yield l, r, h, l.client("admin")
        finally:
            r.stop()


def start(c, h, ref):
    return host.ask(c, f"cmd.{h.id}.la", {"actor_ref": ref, "host_id": h.id})


def runs(c, h, ref):
    def look():
        return any(a["image_ref"] == ref and any(i["state"] == "running" for i in a["instances"])
                   for a in host.inventory(c, h)["actors"])
    host.until(look, f"{ref} runs")


def refused(c, h, ref, *words):
    """It does not start, for this reason: in the answer, or where a slow machine answered before it was known, in the log."""
    mark = h.mark()
    answer = start(c, h, ref)
    if answer["accepted"]:
        h.wait_line(lambda x: "event=command_failed" in x and f'"{ref}"' in x and all(w in x for w in words), since=mark)
    else:
        check(all(w in answer["error"] for w in words), answer)


def an_actor_by_tag_and_by_digest():
    with served() as (l, r, h, c):
        pinned = r.push("acme/echo", "1.0", module(l))
        accepted(start(c, h, f"{r.name}/acme/echo:1.0"))
        runs(c, h, f"{r.name}/acme/echo:1.0")
        r.push("acme/counter", "1.0", module(l, "counter"))
        pinned = r.push("acme/counter", "2.0", module(l, "counter"))
        accepted(start(c, h, f"{r.name}/acme/counter@{pinned}"))
        runs(c, h, f"{r.name}/acme/counter@{pinned}")


def what_was_kept_is_not_asked_for_again():
    with served() as (l, r, h, c):
        ref = f"{r.name}/acme/echo:1.0"
        r.push("acme/echo", "1.0", module(l))
        accepted(start(c, h, ref))
        runs(c, h, ref)
        accepted(host.ask(c, f"cmd.{h.id}.sa", {"actor_ref": ref, "count": 0, "host_id": h.id}))
        host.until(lambda: not host.inventory(c, h)["actors"], "it is gone")
        accepted(start(c, h, ref))
        runs(c, h, ref)
        def fetched(line):
            return "GET" in line and "/blobs/" in line and "response completed" in line

        r.wait_line(fetched)
        check(sum(map(fetched, r.lines)) == 1, r.lines)
        kept = os.path.join(l.folder, "host-one", "state", "artifacts")
        check(os.listdir(kept) == ["sha256-" + hashlib.sha256(module(l)).hexdigest()], os.listdir(kept))


def what_was_changed_on_disk_does_not_run():
    with served() as (l, r, h, c):
        ref = f"{r.name}/acme/echo:1.0"
        r.push("acme/echo", "1.0", module(l))
        accepted(start(c, h, ref))
        runs(c, h, ref)
        accepted(host.ask(c, f"cmd.{h.id}.sa", {"actor_ref": ref, "count": 0, "host_id": h.id}))
        host.until(lambda: not host.inventory(c, h)["actors"], "it is gone")
        kept = os.path.join(l.folder, "host-one", "state", "artifacts")
        with open(os.path.join(kept, os.listdir(kept)[0]), "r+b") as f:
            f.seek(100)
            f.write(b"x")
        refused(c, h, ref, "has changed since")


def a_login_is_used_where_it_was_given_for():
    with served(login=("me", "secret")) as (l, r, h, c):
        ref = f"{r.name}/acme/echo:1.0"
        r.push("acme/echo", "1.0", module(l))
        refused(c, h, ref, "wants a login")
        accepted(host.ask(c, "registries.put", {r.name: {"registryType": "oci", "username": "me", "password": "wrong"}}))
        refused(c, h, ref, "refuses the login")
        accepted(host.ask(c, "registries.put", {r.name: {"registryType": "oci", "username": "me", "password": "secret"}}))
        accepted(start(c, h, ref))
        runs(c, h, ref)
        check(not any("secret" in x for x in h.lines), "a password in the log")


def nobody_is_asked_who_was_not_named():
    with served(allow=False) as (l, r, h, c):
        refused(c, h, f"{r.name}/acme/echo:1.0", "does not ask the registry", "host.conf")


def without_tls_only_where_it_was_said():
    with served(plain=False) as (l, r, h, c):
        r.push("acme/echo", "1.0", module(l))
        refused(c, h, f"{r.name}/acme/echo:1.0")
        check(not any("acme/echo" in x and "GET" in x for x in r.lines), "it was asked in the clear")


def over_tls_to_whom_the_authorities_vouch_for():
    with lattice() as l:
        folder = os.path.join(l.folder, "registry")
        ca, other = certs.Authority(folder), certs.Authority(folder, "other")
        r = registry.Registry(folder, tls=(*ca.sign("registry"), ca.crt))
        try:
            r.push("acme/echo", "1.0", module(l))
            ref = f"{r.name}/acme/echo:1.0"
            good = l.host(conf=f'registries {{ hosts = ["{r.name}"]  ca = "{ca.crt}" }}')
            wary = l.host("two", conf=f'registries {{ hosts = ["{r.name}"]  ca = "{other.crt}" }}')
            c = l.client("admin")
            refused(c, wary, ref, "certificate")
            accepted(start(c, good, ref))
            runs(c, good, ref)
        finally:
            r.stop()


def what_is_not_there_is_said_so():
    with served() as (l, r, h, c):
        refused(c, h, f"{r.name}/acme/nothing:1.0", "no such version")
        r.push("acme/text", "1.0", b"this is no module")
        refused(c, h, f"{r.name}/acme/text:1.0")
        refused(c, h, f"{r.name}/acme/echo@sha256:{'0' * 64}", "no such version")


class Liar(http.server.BaseHTTPRequestHandler):
    """A registry that answers what it is told to: no real one would."""
    answers = {}
    seen = []
    protocol_version = "HTTP/1.1"

    def do_GET(self):  # noqa: N802
        Liar.seen.append((self.path, self.headers.get("Authorization")))
        status, headers, body = Liar.answers.get(self.path.split("?")[0], (404, {}, b""))
        if callable(body):
            status, headers, body = body(self)
        self.send_response(status)
        for k, v in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(k, v)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@contextlib.contextmanager
def lying():
    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Liar)
    worker = threading.Thread(target=httpd.serve_forever)
    worker.start()
    Liar.answers, Liar.seen = {}, []
    try:
        with lattice() as l:
            name = f"127.0.0.1:{httpd.server_address[1]}"
            h = l.host(conf=f'registries {{ hosts = ["{name}"]  plain = ["{name}"] }}')
            yield l, name, h, l.client("admin")
    finally:
        httpd.shutdown()
        worker.join()
        httpd.server_close()


def manifest_of(data, **more):
    return json.dumps({"schemaVersion": 2, "layers": [
        {"mediaType": registry.ACTOR, "digest": registry.digest(data), "size": len(data), **more}]}).encode()


def a_registry_that_lies_is_not_believed():
    with lying() as (l, name, h, c):
        data = module(l)
        blob = f"/v2/a/blobs/{registry.digest(data)}"
        Liar.answers["/v2/a/manifests/1"] = (200, {}, manifest_of(data))
        Liar.answers[blob] = (200, {}, data[:-1] + b"x")
        refused(c, h, f"{name}/a:1", "not the one its manifest names")
        Liar.answers[f"/v2/a/manifests/sha256:{'1' * 64}"] = (200, {}, manifest_of(data))
        refused(c, h, f"{name}/a@sha256:{'1' * 64}", "not the one the reference names")
        for answer in (b"{}", b"[]", b"x" * 10, b'{"layers":[{"digest":"sha256:1","size":1}]}', b'{"layers":[],"layers":[]}',
                       json.dumps({"manifests": []}).encode()):
            Liar.answers["/v2/a/manifests/1"] = (200, {}, answer)
            refused(c, h, f"{name}/a:1")
        Liar.answers["/v2/a/manifests/1"] = (200, {}, b" " * (1 << 20) + b"{}")
        refused(c, h, f"{name}/a:1", "larger than it may be")
        Liar.answers["/v2/a/manifests/1"] = (302, {"Location": f"http://{name}/v2/a/manifests/1"}, b"")
        refused(c, h, f"{name}/a:1", "on and on")
        Liar.answers["/v2/a/manifests/1"] = (302, {"Location": "http://127.0.0.1:1/"}, b"")
        refused(c, h, f"{name}/a:1", "without TLS")
        Liar.answers["/v2/a/manifests/1"] = (302, {"Location": "file:///etc/passwd"}, b"")
        refused(c, h, f"{name}/a:1")
        # the control: the same registry, telling the truth
        Liar.answers["/v2/a/manifests/1"] = (200, {}, manifest_of(data))
        Liar.answers[blob] = (200, {}, data)
        accepted(start(c, h, f"{name}/a:1"))
        runs(c, h, f"{name}/a:1")


def a_token_is_asked_for_where_the_registry_says():
    with lying() as (l, name, h, c):
        data = module(l)

        def guarded(body):
            def answer(asked):
                if asked.headers.get("Authorization") != "Bearer good":
                    return 401, {"WWW-Authenticate": f'Bearer realm="http://{name}/token",service="s",scope="pull a"'}, b""
                return 200, {}, body
            return answer

        Liar.answers["/v2/a/manifests/1"] = (0, {}, guarded(manifest_of(data)))
        Liar.answers[f"/v2/a/blobs/{registry.digest(data)}"] = (0, {}, guarded(data))
        Liar.answers["/token"] = (200, {}, b'{"token":"good"}')
        accepted(start(c, h, f"{name}/a:1"))
        runs(c, h, f"{name}/a:1")
        check(any(p == "/token?service=s&scope=pull%20a" for p, _ in Liar.seen), Liar.seen)
        Liar.answers["/token"] = (200, {}, b'{"token":"bad\\r\\nX: y"}')
        Liar.answers["/v2/b/manifests/1"] = (0, {}, guarded(manifest_of(data)))
        refused(c, h, f"{name}/b:1", "token")


def a_slow_registry_does_not_hold_the_host():
    """The asker hears that it was taken after a moment; what came of it is in an event and, when it runs, in the inventory."""
    with lying() as (l, name, h, c):
        data, go = module(l), threading.Event()

        def wait(_):
            go.wait(stage.process.PATIENCE_S)
            return 200, {}, manifest_of(data)

        Liar.answers["/v2/a/manifests/1"] = (0, {}, wait)
        Liar.answers[f"/v2/a/blobs/{registry.digest(data)}"] = (200, {}, data)
        accepted(start(c, h, f"{name}/a:1"))
        check(host.inventory(c, h)["actors"] == [], "it is not there yet")
        go.set()
        runs(c, h, f"{name}/a:1")


TESTS = [
    an_actor_by_tag_and_by_digest,
    what_was_kept_is_not_asked_for_again,
    what_was_changed_on_disk_does_not_run,
    a_login_is_used_where_it_was_given_for,
    nobody_is_asked_who_was_not_named,
    without_tls_only_where_it_was_said,
    over_tls_to_whom_the_authorities_vouch_for,
    what_is_not_there_is_said_so,
    a_registry_that_lies_is_not_believed,
    a_token_is_asked_for_where_the_registry_says,
    a_slow_registry_does_not_hold_the_host,
]

if __name__ == "__main__":
    sys.exit(stage.main(TESTS, sys.argv))
