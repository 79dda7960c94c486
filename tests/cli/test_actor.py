#!/usr/bin/python3
"""`portcullis actor keys | sign | inspect` as people use them, against a second implementation."""
import gzip
import json
import os
import stat
import subprocess
import sys
import time
import zlib

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(ROOT, "tests", "support"))
from portcullis_test import checks, natsjwt, wascap  # noqa: E402

VECTORS = os.path.join(ROOT, "tests", "vectors", "wascap")
ACME, OTHER = wascap.key("account", "a"), wascap.key("account", "z")
ECHO, STORE = wascap.key("module", "m"), wascap.key("service", "v")
LIBRARIES = {"x86_64-linux": b"one" * 100, "aarch64-linux": b"two" * 999}
PORTCULLIS = ""


def run(*args, code=0, cwd=None):
    done = subprocess.run([PORTCULLIS, "actor", *args], cwd=cwd, capture_output=True, text=True, timeout=300)
    assert done.returncode == code, f"{args}: exit {done.returncode}, not {code}\n{done.stdout}{done.stderr}"
    assert "Sanitizer" not in done.stderr, done.stderr
    return done.stdout, done.stderr


def expect(what, *in_it):
    for s in in_it:
        assert s in what, f"no {s!r} in:\n{what}"


def put(folder, name, data):
    path = os.path.join(folder, name)
    with open(path, "wb") as f:
        f.write(data)
    return path


def get(path):
    with open(path, "rb") as f:
        return f.read()


def inspect(path, *args, code=0):
    return json.loads(run("inspect", path, "--json", *args, code=code)[0])


def keys(folder):
    """Key files of the keys everyone knows, as wash writes them."""
    account = put(folder, "acme_account.nk", ACME.seed.encode("ascii"))
    module = put(folder, "echo_module.nk", ECHO.seed.encode("ascii") + b"\n")
    os.chmod(account, 0o600)
    os.chmod(module, 0o600)
    return account, module


def sign(folder, code, *more, out="signed.wasm"):
    account, module = keys(folder)
    plain = put(folder, "plain.wasm", code)
    out = os.path.join(folder, out)
    run("sign", plain, "--name", "Echo", "--issuer", account, "--subject", module, "-o", out, *more)
    return out


def keys_are_made_listed_and_never_overwritten(folder):
    for kind, letter in (("account", "A"), ("module", "M"), ("service", "V")):
        made = json.loads(run("keys", "gen", kind, "x", "-d", folder, "--json")[0])
        path = os.path.join(folder, made["file"])
        assert made["file"] == f"x_{kind}.nk" and made["kind"] == kind
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
        pair = natsjwt.KeyPair.from_seed(get(path).decode("ascii"))
        assert pair.public == made["public"] and pair.public[0] == letter and pair.kind == kind
        before = get(path)
        expect(run("keys", "gen", kind, "x", "-d", folder, code=1)[1], "is there already")
        assert get(path) == before
    put(folder, "no.nk", b"SOMETHING ELSE")
    put(folder, "user.nk", natsjwt.KeyPair("user").seed.encode("ascii"))
    listed = {k["file"]: k for k in json.loads(run("keys", "list", "-d", folder, "--json")[0])}
    assert sorted(listed) == ["no.nk", "user.nk", "x_account.nk", "x_module.nk", "x_service.nk"]
    assert listed["x_account.nk"]["kind"] == "account" and listed["no.nk"]["problem"] == "not a seed"
    assert listed["user.nk"]["public"] == "" and listed["user.nk"]["problem"] == "a key of another kind"
    out, err = run("keys", "list", "-d", folder)
    for name in os.listdir(folder):
        assert get(os.path.join(folder, name)).decode("ascii").strip() not in out + err


def keys_are_asked_for_by_one_of_two_words(folder):
    for args in (["gen"], ["gen", "account"], ["gen", "user", "x"], ["gen", "account", "../x"], ["gen", "account", ".x"],
                 ["list", "x"], ["lost"]):
        run("keys", *args, "-d", folder, code=2)
    run("keys", "list", "-d", os.path.join(folder, "nowhere"), code=1)
    assert os.listdir(folder) == []


def a_signed_module_is_what_wascap_would_have_made(folder):
    code = wascap.module()
    start = int(time.time())
    path = sign(folder, code, "--cap", "wasmcloud:httpserver", "--cap", "wasmcloud:keyvalue", "--tag", "t", "--rev", "7",
                "--ver", "0.2.0", "--call-alias", "echo_1", "--expires-in", "12h")
    bare, text = wascap.unsign(get(path))
    header, claims = wascap.untoken(text)
    assert bare == code and get(path).startswith(code)
    assert header == {"typ": "jwt", "alg": "Ed25519"}
    assert list(claims) == ["exp", "jti", "iat", "iss", "sub", "wascap", "wascap_revision"]
    assert start <= claims["iat"] <= time.time() and claims["exp"] == claims["iat"] + 12 * 3600
    assert claims["iss"] == ACME.public and claims["sub"] == ECHO.public
    assert claims["wascap_revision"] == 3 and len(claims["jti"]) == 22 and claims["jti"].isalnum()
    assert claims["wascap"] == {
        "name": "Echo", "hash": wascap.sha(code), "tags": ["t"], "caps": ["wasmcloud:httpserver", "wasmcloud:keyvalue"],
        "rev": 7, "ver": "0.2.0", "call_alias": "echo_1", "prov": False,
    }
    done = subprocess.run(["wasm-validate", path], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr


def what_was_signed_is_shown_and_holds(folder):
    path = sign(folder, wascap.module(), "--cap", "wasmcloud:httpserver", "--rev", "7")
    seen = inspect(path, "--trust", ACME.public)
    assert seen["verdict"] == "ok" and seen["kind"] == "actor" and seen["rev"] == 7 and seen["exp"] == 0
    assert seen["module"] == ECHO.public and seen["account"] == ACME.public and seen["caps"] == ["wasmcloud:httpserver"]
    assert seen["checks"] == {"signature": "ok", "issuer": "ok", "time": "ok", "hash": "ok"}
    out = run("inspect", path)[0]
    expect(out, "name       Echo\n", ECHO.public, "expires    never", "issuer     not checked", "verdict    in order")


def one_changed_byte_anywhere_is_refused_and_named(folder):
    data = get(sign(folder, wascap.module()))
    start, end, _, body = wascap.sections(data)[-1]
    token = body[1 + body[0] :]
    claims, signature = end - len(token) + token.index(b".") + 1, end - 20
    for at, why in ((0, "bad_file"), (4, "bad_file"), (20, "bad_hash"), (start - 3, "bad_hash"), (claims + 60, "*"), (signature, "bad_signature"), (start, "unsigned")):
        changed = bytearray(data)
        if at == signature:  # still a letter of base64, and of a byte that is all signature
            changed[at] = ord("B" if data[at] == ord("A") else "A")
        else:
            changed[at] ^= 0x04 if why == "bad_hash" else 0x01
        path = put(folder, "changed.wasm", bytes(changed))
        seen = inspect(path, code=4)
        assert seen["verdict"] != "ok" and (why == "*" or seen["verdict"] == why), f"byte {at}: {seen}"
        assert seen["why"] in run("inspect", path, code=4)[1]
        assert "name" not in seen or seen["checks"]["signature"] == "ok"
    seen = inspect(put(folder, "more.wasm", data + b"\0"), code=4)
    assert seen["verdict"] == "bad_file" and "follows the module" in seen["why"]


def whom_to_believe_is_asked_for(folder):
    path = sign(folder, wascap.module())
    seen = inspect(path, "--trust", OTHER.public, code=4)
    assert seen["verdict"] == "issuer" and ACME.public in seen["why"] and seen["checks"]["hash"] == "ok"
    assert inspect(path)["checks"]["issuer"] == "not_checked"
    listed = put(folder, "accounts", f"# ours\n\n {OTHER.public}  # other\r\n{ACME.public}\n".encode("ascii"))
    assert inspect(path, "--trust", listed)["checks"]["issuer"] == "ok"
    assert inspect(path, "--trust", OTHER.public, "--trust", ACME.public)["verdict"] == "ok"
    for wrong in (ECHO.public, put(folder, "none", b"# nobody\n"), put(folder, "bad", b"hello\n"), ACME.public[:-1] + "A"):
        run("inspect", path, "--trust", wrong, code=2)
    run("inspect", path, "--trust", os.path.join(folder, "nowhere"), code=1)


def times_are_those_of_now(folder):
    now = int(time.time())
    for more, verdict in (({"exp": now - 1}, "expired"), ({"nbf": now + 600}, "not_yet"), ({"exp": now + 600, "nbf": now - 1}, "ok")):
        path = put(folder, "t.wasm", wascap.sign(wascap.module(), ACME, ECHO, **more))
        seen = inspect(path, code=0 if verdict == "ok" else 4)
        assert seen["verdict"] == verdict and seen["checks"]["time"] == verdict


def lengths_come_out_minimal_and_old_claims_go(folder):
    """wascap writes lengths anew before it hashes; both ways of reading must find the same."""
    padded = wascap.module(least=5)
    twice = wascap.sign(padded, OTHER, ECHO, name="jwt") + wascap.custom("wasmcloud_jwt", b"x")
    data = get(sign(folder, twice))
    bare, text = wascap.unsign(data)
    assert bare == wascap.module() and wascap.untoken(text)[1]["iss"] == ACME.public
    assert len([s for s in wascap.sections(data) if s[2] == 0]) == 1


def nothing_is_signed_by_mistake(folder):
    account, module = keys(folder)
    plain, out = put(folder, "plain.wasm", wascap.module()), os.path.join(folder, "out.wasm")

    def refused(code, *more, file=plain, issuer=account, subject=module, name="n"):
        err = run("sign", file, "--name", name, "--issuer", issuer, "--subject", subject, "-o", out, *more, code=code)[1]
        assert not os.path.exists(out)
        return err

    expect(refused(1, issuer=module), "not the seed of an account")
    expect(refused(1, subject=account), "not the seed of a module")
    expect(refused(1, issuer=plain), "--issuer")
    expect(refused(1, file=account), "not a WebAssembly module")
    expect(refused(1, file=put(folder, "cut.wasm", wascap.module()[:-1])), "no whole section")
    expect(refused(1, file=put(folder, "c.wasm", b"\0asm\x0d\0\1\0")), "component")
    expect(refused(2, name="a\nb"), "--name")
    for more in (["--rev", "-1"], ["--rev", "2147483648"], ["--rev", "1x"], ["--call-alias", "A"], ["--expires-in", "soon"],
                 ["--cap", "\x1b[2J"], ["--ver", "\udcff"], ["--tag", "t"] * 129):
        if more[0] == "--rev" and more[1] == "-1":
            more = ["--rev=-1"]
        refused(2, *more)
    put(folder, "out.wasm", b"here first")
    run("sign", plain, "--name", "n", "--issuer", account, "--subject", module, "-o", out, code=1)
    assert get(out) == b"here first"


def a_key_others_can_read_is_noticed(folder):
    account, module = keys(folder)
    os.chmod(account, 0o644)
    plain = put(folder, "plain.wasm", wascap.module())
    err = run("sign", plain, "--name", "n", "--issuer", account, "--subject", module, "-o", os.path.join(folder, "o"))[1]
    expect(err, "can be read by others")


def claims_cannot_speak_to_a_terminal(folder):
    path = put(folder, "t.wasm", wascap.sign(wascap.module(), ACME, ECHO, wascap={"name": "a\x1b[2J\nverdict    in order\u202eb"}))
    out = run("inspect", path)[0]
    assert "\x1b" not in out and "\u202e" not in out and out.count("verdict    in order") == 2
    assert out.splitlines()[0].startswith("name       a\\u001b[2J\\u000averdict")


def archives_are_verified(folder):
    good = put(folder, "good.par", wascap.archive(ACME, STORE, LIBRARIES))
    seen = inspect(good, "--trust", ACME.public)
    assert seen["verdict"] == "ok" and seen["kind"] == "provider" and seen["provider"] == STORE.public
    assert seen["targets"] == {t: wascap.sha(b) for t, b in LIBRARIES.items()}
    expect(run("inspect", good)[0], "x86_64-linux, 300 bytes", "contract   wasmcloud:keyvalue")
    other = {**LIBRARIES, "x86_64-linux": b"evil" * 75}
    swapped = wascap.archive(ACME, STORE, other, claims=wascap.provider(ACME, STORE, LIBRARIES))
    seen = inspect(put(folder, "swapped.par", swapped), code=4)
    assert seen["verdict"] == "bad_hash" and "x86_64-linux" in seen["why"]
    # wasmCloud's own reader takes this one: new hashes, the old signature
    head, _, signature = wascap.token(wascap.provider(ACME, STORE, LIBRARIES), ACME).split(".")
    body = wascap.token(wascap.provider(ACME, STORE, other), OTHER).split(".")[1]
    forged = wascap.tar([("claims.jwt", f"{head}.{body}.{signature}".encode("ascii"))] + [(f"{t}.bin", b) for t, b in other.items()])
    seen = inspect(put(folder, "forged.par", forged), code=4)
    assert seen["verdict"] == "bad_signature" and "name" not in seen
    expect(run("inspect", put(folder, "text", b"hello\n" * 200), code=4)[1], "neither a WebAssembly module nor")


def compressed_archives_are_read_under_a_ceiling(folder):
    plain = wascap.archive(ACME, STORE, LIBRARIES)
    good = put(folder, "good.par.gz", gzip.compress(plain))
    seen = inspect(good, "--trust", ACME.public)
    assert seen["verdict"] == "ok" and seen["size"] == len(get(good))
    assert seen["targets"] == inspect(put(folder, "good.par", plain))["targets"]
    for name, data, why in (("noise", b"\x1f\x8b" + bytes(100), "not gzip"), ("cut", gzip.compress(plain)[:-9], "cut short"),
                            ("more", gzip.compress(plain) + b"\0", "something follows"),
                            ("two", gzip.compress(plain) + gzip.compress(plain), "something follows"),
                            ("changed", gzip.compress(plain)[:-1] + b"\xff", "not gzip"),
                            ("twice", gzip.compress(gzip.compress(plain)), "neither"),
                            ("module", gzip.compress(wascap.sign(wascap.module(), ACME, ECHO)), None)):
        path = put(folder, name, data)
        if why is None:
            assert inspect(path)["verdict"] == "ok"
        else:
            expect(run("inspect", path, code=4)[1], why)


def little_that_stands_for_much_is_refused(folder):
    press = zlib.compressobj(9, wbits=31)
    path = os.path.join(folder, "bomb.par.gz")
    with open(path, "wb") as f:
        for _ in range(513):
            f.write(press.compress(bytes(1 << 20)))
        f.write(press.flush())
    assert os.path.getsize(path) < 1 << 20
    expect(run("inspect", path, code=4)[1], "over 512 MiB when it is unpacked")


def a_list_of_issuers_is_believed_and_takes_back(folder):
    signed = put(folder, "s.wasm", wascap.sign(wascap.module(), ACME, ECHO))
    issued = json.loads(run("inspect", signed, "--json")[0])["iat"]
    day = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(issued))
    later = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(issued + 1))
    believed = f"issuer acme {{ key = {ACME.public} }}\n"
    for text, verdict in ((believed, "ok"), (f"issuer other {{ key = {OTHER.public} }}", "issuer"),
                          (f"issuer acme {{ key = {ACME.public}  expires = 2001-01-01 }}", "issuer"),
                          (f"issuer acme {{ key = {ACME.public}  expires = 2999-01-01 }}", "ok"),
                          (believed + f"revoke lost {{ subject = {ECHO.public} }}", "revoked"),
                          (believed + f"revoke lost {{ subject = {STORE.public} }}", "ok"),
                          (believed + "revoke lost { issuer = acme }", "revoked"),
                          (believed + f"revoke lost {{ issuer = acme  issued_before = {later} }}", "revoked"),
                          (believed + f"revoke lost {{ issuer = acme  issued_before = {day} }}", "ok")):
        listed = put(folder, "list", text.encode("ascii"))
        seen = inspect(signed, "--trust-file", listed, code=0 if verdict == "ok" else 4)
        assert seen["verdict"] == verdict, (text, seen)
        assert seen["checks"]["issuer"] == ("ok" if verdict == "ok" else verdict)
    lost = put(folder, "list", (believed + f"revoke lost {{ subject = {ECHO.public} }}").encode("ascii"))
    assert inspect(signed, "--trust", ACME.public, "--trust-file", lost, code=4)["verdict"] == "revoked"
    err = run("run", signed, "x", "--trust-file", lost, code=1)[1]
    expect(err, "revoked by `lost'")
    for wrong, where in (("issuer acme { }", "list:1:1"), ("issuer acme {\n key = x }", "list:2:2"), ("", "no issuer"), ("\x1b", "error")):
        err = run("inspect", signed, "--trust-file", put(folder, "list", wrong.encode("ascii")), code=3)[1]
        expect(err, where)
        assert "\x1b" not in err
    run("inspect", signed, "--trust-file", os.path.join(folder, "nowhere"), code=1)


def a_component_is_refused_with_what_is_supported(folder):
    component = put(folder, "c.wasm", b"\0asm\x0d\0\1\0")
    for args in (("run", component, "x", "--unsigned"), ("run", component, "x", "--trust", ACME.public)):
        expect(run(*args, code=1)[1], "component", "core modules", "wapc", "wasmbus")
    expect(run("inspect", component, code=4)[1], "component")


def the_tar_of_this_machine_is_read(folder):
    text = wascap.token(wascap.provider(ACME, STORE, LIBRARIES), ACME)
    put(folder, "claims.jwt", text.encode("ascii"))
    names = [os.path.basename(put(folder, f"{t}.bin", b)) for t, b in LIBRARIES.items()]
    for form in ("gnu", "ustar"):
        subprocess.run(["tar", f"--format={form}", "-cf", "a.par", "claims.jwt", *names], cwd=folder, check=True, timeout=300)
        assert inspect(os.path.join(folder, "a.par"))["verdict"] == "ok"


def files_that_cannot_be_read_are_no_verdict(folder):
    run("inspect", os.path.join(folder, "nowhere"), code=1)
    run("inspect", folder, code=1)


def the_vectors_are_those_their_maker_makes(folder):
    subprocess.run([sys.executable, os.path.join(VECTORS, "make.py"), folder], check=True, timeout=300)
    made = sorted(os.listdir(folder))
    assert made == sorted(n for n in os.listdir(VECTORS) if n.split(".")[-1] in ("wasm", "par") or n == "expect")
    for name in made:
        assert get(os.path.join(folder, name)) == get(os.path.join(VECTORS, name)), name


TESTS = [
    keys_are_made_listed_and_never_overwritten,
    keys_are_asked_for_by_one_of_two_words,
    a_signed_module_is_what_wascap_would_have_made,
    what_was_signed_is_shown_and_holds,
    one_changed_byte_anywhere_is_refused_and_named,
    whom_to_believe_is_asked_for,
    times_are_those_of_now,
    lengths_come_out_minimal_and_old_claims_go,
    nothing_is_signed_by_mistake,
    a_key_others_can_read_is_noticed,
    claims_cannot_speak_to_a_terminal,
    archives_are_verified,
    compressed_archives_are_read_under_a_ceiling,
    little_that_stands_for_much_is_refused,
    a_list_of_issuers_is_believed_and_takes_back,
    a_component_is_refused_with_what_is_supported,
    the_tar_of_this_machine_is_read,
    files_that_cannot_be_read_are_no_verdict,
    the_vectors_are_those_their_maker_makes,
]


def main():
    global PORTCULLIS
    PORTCULLIS = os.path.abspath(sys.argv[1])
    return checks.run(TESTS)


if __name__ == "__main__":
    sys.exit(main())
