#!/usr/bin/python3
"""in_host.py PORTCULLIS FOLDER - two eras and two kits in one real host, behind a gate: the AssemblyScript actor of 2021's
conventions (`wapc`, bare operations, plain header values) beside the C one of later times (`wasmbus`,
Service.Method, lists of values). Both are asked over HTTP and count in the same provider. Run after run.py, whose packages in
FOLDER it uses; exits 77 when npm cannot get them."""
import json
import os
import sys
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "host"))
import run as kit  # noqa: E402
import stage  # noqa: E402
from ctl import Tool  # noqa: E402
from stage import check, lattice  # noqa: E402


def visit(address):
    with urllib.request.urlopen(f"http://{address}/a", timeout=stage.process.PATIENCE_S) as r:
        return r.headers["Content-Type"], r.read().decode()


def both_answer_over_http():
    with lattice() as l:
        signed, account = kit.sign(kit.compiled(kit.kit_of("wapc"), False))
        with open(os.path.join(l.build, "actors", "keys", "kit_account.nk"), encoding="ascii") as f:
            ours = stage.natsjwt.KeyPair.from_seed(f.read().strip()).public
        folder = os.path.join(l.folder, "host-one")
        l.write_host(folder, "one", "", {"artifacts": f'["{l.build}/actors", "{kit.FOLDER}"]'})
        path = os.path.join(folder, "host.conf")
        with open(path, encoding="utf-8") as f:
            text = f.read()
        with open(path, "w", encoding="utf-8") as f:
            f.write(text.replace(f"issuers = [{ours}]", f"issuers = [{ours}, {account}]"))
        h, t = l.host(), Tool(l, "deployer")
        t.run("start", "actor", f"file://{signed}")
        t.run("start", "actor", l.actor("counter"))
        for kind in ("keyvalue", "httpserver"):
            t.run("start", "provider", f"builtin:{kind}")
        found = {}
        for name in ("AssemblyScript", "counter"):
            t.run("link", name, "keyvalue", "wasmcloud:keyvalue")
            mark = h.mark()
            t.run("link", name, "httpserver", "wasmcloud:httpserver", "ADDRESS=127.0.0.1:0")
            line = h.wait_line(lambda x: "event=link_running" in x and "127.0.0.1:" in x, 20, mark)
            found[name] = line.split('address="')[1].split('"')[0]
        for n in (1, 2, 3):
            form, said = visit(found["AssemblyScript"])
            # the foreign actor looks for `Host`; servers of 2021 gave names in lower case too
            check(form == "text/plain" and said == f"/a {n}", form, said)
            form, said = visit(found["counter"])
            check(form == "application/json" and json.loads(said) == {"path": "a", "count": n}, form, said)


if __name__ == "__main__":
    why = kit.install()
    if why:
        print(f"skip: {why}")
        sys.exit(kit.SKIPPED)
    stage.LIMIT_S = 150
    sys.exit(stage.main([both_answer_over_http], [sys.argv[0], "--build", os.path.dirname(os.path.dirname(kit.PORTCULLIS))]))
