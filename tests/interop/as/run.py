#!/usr/bin/python3
"""run.py PORTCULLIS FOLDER - an actor built with the waPC project's own kit for AssemblyScript, in its cell.

FOLDER gets the packages of package-lock.json, and the modules: of 2021's conventions and of later ones, the
latter also with the import module of later hosts (`wasmbus`; the kit knows `wapc` alone, so a copy of it is changed).
Each is signed and run by who trusts the signature. Exits 77 when npm cannot get the packages, saying why.
"""
import json
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
PORTCULLIS, FOLDER = map(os.path.abspath, sys.argv[1:3])
SKIPPED = 77
TIMEOUT_S = 250


def install():
    """The packages the lock file names. Returns why not, or None."""
    npm = shutil.which("npm")
    if not npm or not shutil.which("node"):
        return "node and npm are not installed"
    os.makedirs(FOLDER, exist_ok=True)
    with open(os.path.join(HERE, "package-lock.json"), encoding="utf-8") as f:
        wanted = f.read()
    mark = os.path.join(FOLDER, ".installed")
    if os.path.exists(mark):
        with open(mark, encoding="utf-8") as f:
            if f.read() == wanted:
                return None
    for name in ("package.json", "package-lock.json"):
        shutil.copy(os.path.join(HERE, name), FOLDER)
    done = subprocess.run([npm, "ci", "--ignore-scripts"], cwd=FOLDER, stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=TIMEOUT_S, check=False)
    if done.returncode != 0:
        return f"npm ci failed: {done.stderr.strip()[-300:]}"
    with open(mark, "w", encoding="utf-8") as f:
        f.write(wanted)
    return None


def kit_of(imports):
    """A folder to compile in, where the kit imports from this module."""
    place = os.path.join(FOLDER, imports)
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(os.path.join(HERE, "assembly"), os.path.join(place, "assembly"))
    shutil.copytree(os.path.join(FOLDER, "node_modules", "@wapc"), os.path.join(place, "node_modules", "@wapc"))
    path = os.path.join(place, "node_modules", "@wapc", "as-guest", "assembly", "index.ts")
    with open(path, encoding="utf-8") as f:
        text = f.read()
    assert text.count('@external("wapc", ') == 9, "the kit has other imports than it had"
    with open(path, "w", encoding="utf-8") as f:
        f.write(text.replace('@external("wapc", ', f'@external("{imports}", '))
    return place


def compiled(place, later):
    out = os.path.join(place, "later.wasm" if later else "then.wasm")
    asc = os.path.join(FOLDER, "node_modules", "assemblyscript", "bin", "asc.js")
    subprocess.run([shutil.which("node"), asc, "assembly/index.ts", "-o", out, "--use", "abort=assembly/index/abort",
                    "--use", f"LATER={int(later)}"], cwd=place, check=True, stdin=subprocess.DEVNULL, timeout=TIMEOUT_S)
    return out


def portcullis(*args, code=0):
    done = subprocess.run([PORTCULLIS, "actor", *args], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=TIMEOUT_S, check=False)
    assert done.returncode == code, f"{args}: exit {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout, done.stderr


def sign(module):
    """Signed, and the account that did."""
    keys, out = os.path.join(FOLDER, "keys"), module.replace(".wasm", "_s.wasm")
    shutil.rmtree(keys, ignore_errors=True)
    os.mkdir(keys)
    for kind in ("account", "module"):
        portcullis("keys", "gen", kind, "as", "-d", keys)
    if os.path.exists(out):
        os.unlink(out)
    portcullis("sign", module, "--name", "AssemblyScript", "--issuer", os.path.join(keys, "as_account.nk"), "--subject",
               os.path.join(keys, "as_module.nk"), "--cap", "wasmcloud:keyvalue", "-o", out)
    return out, json.loads(portcullis("inspect", out, "--json")[0])["account"]


def answers_as_it_was_written(module, later):
    signed, account = sign(module)
    run = "run", signed, "--trust", account
    assert "issuer" in portcullis(*run[:2], "echo", code=1)[1], "nobody is trusted, and it runs"
    for text in ('"hello"', "[1,-5,null,true,1.5]", '{"a":{"$base64":"AP8="}}'):
        assert portcullis(*run[:2], "echo", *run[2:], "--data", text)[0] == text + "\n"
    assert "as you wish" in portcullis(*run[:2], "fail", *run[2:], code=1)[1]
    assert "thrown" in portcullis(*run[:2], "abort", *run[2:], code=1)[1]
    assert "Could not find function" in portcullis(*run[:2], "nothing", *run[2:], code=1)[1]
    operation = "HttpServer.HandleRequest" if later else "HandleRequest"
    request = {"method": "GET", "path": "/a", "queryString": "", "header": {"Host": ["h.example"] if later else "h.example"},
               "body": {"$bytes": "b" * 1000}}
    call = *run[:2], operation, *run[2:], "--data", json.dumps(request)
    out, err = portcullis(*call, "--link", "keyvalue", "--times", "50")
    lines = [json.loads(line) for line in out.splitlines()]
    assert [line["body"]["$bytes"] for line in lines] == [f"h.example/a {n}" for n in range(1, 51)]
    assert lines[0]["statusCode"] == 200 and err.count("log       GET /a") == 50
    header = {"Content-Type": ["text/plain"] if later else "text/plain"}
    assert lines[0]["header"] == header
    err = portcullis(*call, code=1)[1]
    assert f"not linked: wasmcloud:keyvalue as `default' ({'KeyValue.Increment' if later else 'Add'})" in err, err
    portcullis(*call, "--link", "keyvalue", "--fresh", "--times", "20")


def main():
    why = install()
    if why:
        print(f"skip: {why}")
        return SKIPPED
    failed = 0
    for imports, later in (("wapc", False), ("wapc", True), ("wasmbus", True)):
        try:
            answers_as_it_was_written(compiled(kit_of(imports), later), later)
            print(f"ok     {imports}, {'later' if later else '2021'}")
        except (AssertionError, subprocess.SubprocessError) as e:
            print(f"NOT OK {imports}, {'later' if later else '2021'}: {e}")
            failed += 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
