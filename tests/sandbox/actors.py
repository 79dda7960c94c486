#!/usr/bin/python3
"""actors PORTCULLIS ACTORS - actors in C and hostile modules, through `portcullis actor run`.

ACTORS is the folder the build puts the kit's actors into; the hostile modules are made with wat2wasm. Each hostile row
has its control: the same module doing the same within bounds, which must answer. Numbers are those of
the list of escapes in docs/SANDBOX.md.
"""
import os
import shutil
import subprocess
import sys
import tempfile

PORTCULLIS, ACTORS = sys.argv[1:3]
failures = 0
rows = 0

PRELUDE = """
(module
  (import "wapc" "__guest_request" (func $request (param i32 i32)))
  (import "wapc" "__guest_response" (func $response (param i32 i32)))
  (import "wapc" "__guest_error" (func $error (param i32 i32)))
  (import "wapc" "__host_call" (func $ask (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wapc" "__host_response_len" (func $len (result i32)))
  (import "wapc" "__host_response" (func $take (param i32)))
  (import "wapc" "__console_log" (func $log (param i32 i32)))
  (memory (export "memory") 2 %(max)s)
  (data (i32.const 16) "fine")
  (table 2 funcref)
  (elem (i32.const 0) $ok)
  (type $odd (func (param i64)))
  (func $ok (call $response (i32.const 16) (i32.const 4)))
  %(top)s
  (func (export "__guest_call") (param $op i32) (param $n i32) (result i32)
    %(body)s
    (call $ok) (i32.const 1)))
"""


def run(module, operation, *more):
    done = subprocess.run([PORTCULLIS, "actor", "run", module, operation, "--unsigned", "--raw", *more],
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=300)
    return done.returncode, done.stdout, done.stderr.decode("ascii")


def check(number, name, got, code, out=None, err=None):
    global failures, rows
    rows += 1
    good = got[0] == code and (out is None or got[1] == out) and (err is None or err in got[2])
    print(f"{'ok    ' if good else 'NOT OK'} {number:>2} {name}: {got[0]} {got[1][:40]!r} {got[2].strip()[-120:]!r}")
    failures += not good


def built(name):
    return os.path.join(ACTORS, name + ".wasm")


def assemble(folder, body="", top="", text=None, limit="4"):
    path = os.path.join(folder, "hostile.wat")
    with open(path, "w", encoding="utf-8") as f:
        f.write(text if text is not None else PRELUDE % {"body": body, "top": top, "max": limit})
    out = os.path.join(folder, "hostile.wasm")
    subprocess.run(["wat2wasm", "--no-check", "-o", out, path], check=True)
    return out


def hostile(folder, number, name, err, body="", top="", text=None, flags=(), control=None, limit="4"):
    """A row: it must end with @err; @control, a body, must answer under the same flags, but for a time that a busy
    machine may take for anything."""
    check(number, name, run(assemble(folder, body, top, text, limit), "x", *flags), 1, b"", err)
    if control is not None:
        flags = ["wall=60000" if f.startswith("wall=") else f for f in flags]
        check(number, name + ", control", run(assemble(folder, control, top, None, limit), "x", *flags), 0, b"fine")


def kit(folder):
    echo, attacker = built("echo"), built("attacker")
    check(0, "echo", run(echo, "echo", "--data", "hello"), 0, b"hello")
    check(0, "echo of nothing", run(echo, "echo"), 0, b"")
    big = os.path.join(folder, "big")
    with open(big, "wb") as f:
        f.write(bytes(range(256)) * 4000)
    check(0, "echo of a megabyte", run(echo, "echo", "--data", "@" + big), 0, bytes(range(256)) * 4000)
    check(0, "an error of the guest", run(echo, "fail"), 1, b"", "as you wish")
    for operation, err in (("outside", "out of bounds"), ("long", "out of bounds"), ("spin", "out of fuel"),
                           ("deep", "trapped"), ("talk", "out of fuel"), ("nag", "more host calls")):
        check(0, "attacker " + operation, run(attacker, operation, "--budget", "fuel=5000000"), 1, b"", err)
    check(0, "attacker grab", run(attacker, "grab"), 0, b"alive")
    check(31, "attacker ask, of default.>", run(attacker, "ask"), 1, b"", "no subject can hold")
    check(31, "attacker ask plainly", run(attacker, "ask plainly"), 1, b"", "nothing is linked")
    forged = run(attacker, "forge")
    attempts = forged[1].decode("ascii").splitlines()
    check(31, "attacker forge", (len(attempts), b"", ""), 21)
    for line in attempts:
        check(31, "attacker forge: " + line, (int(not line.startswith("refused ")), b"", ""), 0)
    check(30, "attacker with a socket", run(built("attacker_socket"), "x"), 1, b"", '"wasi_snapshot_preview1"."sock_accept"')
    check(0, "attacker lives on", run(attacker, "nothing"), 0, b"alive")


def actor(*args):
    return subprocess.run([PORTCULLIS, "actor", *args], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          check=True, timeout=300).stdout


def claims(folder):
    """39: what nobody trusted has signed does not run, whatever it was called before."""
    keys, signed = os.path.join(folder, "keys"), os.path.join(folder, "echo_s.wasm")
    os.mkdir(keys)
    for kind, name in (("account", "acme"), ("account", "other"), ("module", "echo")):
        actor("keys", "gen", kind, name, "-d", keys)
    public = dict(reversed(line.split()) for line in actor("keys", "list", "-d", keys).splitlines())
    acme, other = public["acme_account.nk"], public["other_account.nk"]
    actor("sign", built("echo"), "--name", "Echo", "--issuer", os.path.join(keys, "acme_account.nk"),
          "--subject", os.path.join(keys, "echo_module.nk"), "--rev", "1", "-o", signed)

    def try_it(path, *more):
        done = subprocess.run([PORTCULLIS, "actor", "run", path, "echo", "--raw", "--data", "hi", *more],
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=300)
        return done.returncode, done.stdout, done.stderr.decode("ascii")

    check(39, "signed by somebody trusted", try_it(signed, "--trust", acme), 0, b"hi")
    check(39, "signed by somebody else", try_it(signed, "--trust", other), 1, b"", "issuer")
    check(39, "nobody is trusted", try_it(signed), 1, b"", "issuer")
    check(39, "unsigned", try_it(built("echo"), "--trust", acme), 1, b"", "unsigned")
    with open(signed, "rb") as f:
        image = bytearray(f.read())
    image[image.index(b"as you wish")] ^= 1
    changed = os.path.join(folder, "changed.wasm")
    with open(changed, "wb") as f:
        f.write(image)
    check(39, "changed after it was signed", try_it(changed, "--trust", acme), 1, b"", "bad_hash")
    check(39, "changed, control", try_it(changed, "--unsigned"), 0, b"hi")


def words(folder):
    for n, length in (("0", "0xffffffff"), ("0xfffffff0", "64"), ("131073", "0"), ("131072", "1"), ("-1", "-1")):
        hostile(folder, 20, f"response {n} {length}", "out of bounds", f"(call $response (i32.const {n}) (i32.const {length}))",
                control="(call $response (i32.const 131072) (i32.const 0))")
    hostile(folder, 21, "response above its ceiling", "above the ceiling of response",
            "(call $response (i32.const 0) (i32.const 100000))", flags=("--budget", "response=1000"),
            control="(call $response (i32.const 0) (i32.const 1000))")
    hostile(folder, 22, "request beyond the end", "out of bounds", "(call $request (i32.const 131072) (i32.const 0))",
            control="(call $request (i32.const 131071) (i32.const 3))")
    hostile(folder, 22, "host response beyond the end", "out of bounds", "(call $take (i32.const 131073))",
            control="(call $take (i32.const 131072))")
    hostile(folder, 31, "host call with a place outside", "out of bounds",
            "(drop (call $ask (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 1)"
            " (i32.const 131000) (i32.const 0x7fffffff)))",
            control="(drop (call $ask (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 0)"
            " (i32.const 1) (i32.const 131000) (i32.const 8)))")
    hostile(folder, 31, "host call with a long name", "above the ceiling of name",
            "(drop (call $ask (i32.const 0) (i32.const 257) (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 1)"
            " (i32.const 0) (i32.const 0)))",
            control="(drop (call $ask (i32.const 0) (i32.const 256) (i32.const 0) (i32.const 1) (i32.const 0)"
            " (i32.const 1) (i32.const 0) (i32.const 0)))")
    hostile(folder, 34, "log line outside", "out of bounds", "(call $log (i32.const 131072) (i32.const 1))",
            control="(call $log (i32.const 131071) (i32.const 1))")


SPIN = "(loop $l (br $l))"


def time(folder):
    hostile(folder, 23, "endless call, fuel", "out of fuel", SPIN, flags=("--budget", "fuel=1000000"), control="")
    hostile(folder, 23, "endless call, wall", "wall_time", SPIN,
            flags=("--budget", "fuel=9000000000000", "--budget", "wall=300"), control="")
    hostile(folder, 23, "endless call, processor", "processor_time", SPIN,
            flags=("--budget", "fuel=9000000000000", "--budget", "cpu=100"), control="")
    for export in ("_initialize", "_start", "wapc_init"):
        hostile(folder, 23, "endless " + export, "out of fuel", "", f'(func (export "{export}") {SPIN})',
                flags=("--budget", "fuel=1000000"))
        check(23, export + ", control", run(assemble(folder, "", f'(func (export "{export}") (nop))'), "x"), 0, b"fine")
    hostile(folder, 23, "endless start function", "out of fuel", "", f"(func $s {SPIN}) (start $s)",
            flags=("--budget", "fuel=1000000"))
    hostile(folder, 23, "endless start function, wall", "wall_time", "", f"(func $s {SPIN}) (start $s)",
            flags=("--budget", "fuel=9000000000000", "--budget", "wall=300"))
    hostile(folder, 24, "nothing but log", "out of fuel", "(loop $l (call $log (i32.const 0) (i32.const 0)) (br $l))",
            flags=("--budget", "fuel=10000000"), control="(call $log (i32.const 0) (i32.const 0))")
    ask = "(drop (call $ask" + " (i32.const 0) (i32.const 0)" * 4 + "))"
    hostile(folder, 24, "nothing but host calls", "more host calls", f"(loop $l {ask} (br $l))",
            flags=("--budget", "calls=50"), control=ask * 50)


def memory(folder):
    hostile(folder, 25, "endless recursion", "call stack exhausted", "(call $deep)", "(func $deep (call $deep))",
            control="(nop)")
    hostile(folder, 25, "endless indirect recursion", "trapped", "(call $deep)",
            "(func $deep (call_indirect (i32.const 1))) (elem (i32.const 1) $deep)", control="(nop)")
    for n in ("65536", "-1", "3"):
        check(26, f"grow by {n}", run(assemble(folder, f"(if (i32.ne (memory.grow (i32.const {n})) (i32.const -1))"
                                               " (then unreachable))"), "x"), 0, b"fine")
    check(26, "grow by 2, control", run(assemble(folder, "(if (i32.eq (memory.grow (i32.const 2)) (i32.const -1))"
                                                 " (then unreachable))"), "x"), 0, b"fine")
    hostile(folder, 27, "65,536 pages at once", "refused",
            text='(module (memory (export "memory") 65536) (func (export "__guest_call") (param i32 i32) (result i32) (i32.const 1)))')
    hostile(folder, 35, "load past the end", "memory", "(drop (i32.load (i32.const 131069)))",
            control="(drop (i32.load (i32.const 131068)))")
    hostile(folder, 35, "load at 4 GiB", "memory", "(drop (i64.load offset=0xffffffff (i32.const -1)))")
    hostile(folder, 35, "fill past the end", "memory",
            "(memory.fill (i32.const 131072) (i32.const 0) (i32.const 1))",
            control="(memory.fill (i32.const 131072) (i32.const 0) (i32.const 0))")
    hostile(folder, 35, "divide by zero", "divide by zero", "(drop (i32.div_u (i32.const 1) (i32.const 0)))",
            control="(drop (i32.div_u (i32.const 1) (i32.const 1)))")
    hostile(folder, 35, "indirect call of nothing", "trapped", "(call_indirect (i32.const 1))",
            control="(call_indirect (i32.const 0))")
    hostile(folder, 35, "indirect call of another type", "trapped", "(call_indirect (type $odd) (i64.const 0) (i32.const 0))")
    hostile(folder, 19, "done without an answer", "no_answer", "(return (i32.const 1))", control="")


def imports(folder):
    rest = '(memory (export "memory") 1) (func (export "__guest_call") (param i32 i32) (result i32) (i32.const 1)))'
    for module, name, kind in (("wasi_snapshot_preview1", "path_open", "(func)"), ("env", "memory", "(memory 1)"),
                               ("wapc", "__guest_request ", "(func (param i32 i32))"), ("wapc*/", "x", "(func)"),
                               ("a\\1b[2J\\n", "\\c3\\a9", "(func)")):
        text = f'(module (import "{module}" "{name}" {kind}) ' + (rest if kind != "(memory 1)" else rest.split("1) ", 1)[1])
        hostile(folder, 30, f"import {module!r} {name!r}", "an import that no host gives", text=text)
    hostile(folder, 30, "import with another signature", "another type",
            text='(module (import "wapc" "__host_call" (func (param i64))) ' + rest)
    hostile(folder, 30, "no __guest_call", "exports no function __guest_call", text='(module (memory (export "memory") 1))')
    hostile(folder, 30, "no memory", "no memory",
            text='(module (func (export "__guest_call") (param i32 i32) (result i32) (i32.const 1)))')
    text = (PRELUDE % {"body": "(call $exit (i32.const 0))", "top": "", "max": "4"}).replace(
        "(memory (export", '(import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))\n  (memory (export', 1)
    hostile(folder, 30, "proc_exit ends the guest, not the host", "exited", text=text)
    path = os.path.join(folder, "noise")
    for size in (0, 1, 8, 4096):
        with open(path, "wb") as f:
            f.write(b"\0asm\1\0\0\0"[:size] + os.urandom(max(0, size - 8)))
        check(28, f"{size} bytes that are no module", run(path, "x"), 1, b"", "")


def main():
    if not shutil.which("wat2wasm") or not os.path.exists(built("echo")):
        print("skipped: wat2wasm is needed, and actors, which are built where clang and wasm-ld are")
        return 77
    with tempfile.TemporaryDirectory() as folder:
        for part in (kit, claims, words, time, memory, imports):
            part(folder)
    print(f"{rows} rows, {failures} not as they must be")
    return 1 if failures else 0


sys.exit(main())
