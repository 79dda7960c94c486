#!/usr/bin/python3
"""guests DRIVE PORTCULLIS - hostile guests over several calls, by a host that calls as hosts do (tests/sandbox/drive.c).

What an earlier call left, time, calls that come back to who asks, slow guests, names. Each has its control. Numbers are
those of the list of attacks in docs/SANDBOX.md.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from portcullis_test import wascap  # noqa: E402

DRIVE, PORTCULLIS = sys.argv[1:3]
failures = 0
rows = 0

WORDS = """
  (import "wapc" "__guest_request" (func $request (param i32 i32)))
  (import "wapc" "__guest_response" (func $response (param i32 i32)))
  (import "wapc" "__host_call" (func $ask (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wapc" "__host_response_len" (func $len (result i32)))
  (import "wapc" "__host_response" (func $take (param i32)))
"""


def check(number, name, good, shown=""):
    global failures, rows
    rows += 1
    failures += not good
    print(f"{'ok    ' if good else 'NOT OK'} {number:>2} {name}{'' if good else ': ' + str(shown)[-600:]}")


def assemble(folder, text):
    path, out = os.path.join(folder, "guest.wat"), os.path.join(folder, "guest.wasm")
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    subprocess.run(["wat2wasm", "--no-check", "-o", out, path], check=True)
    return out


def guest(folder, body, top="", imports=""):
    """$op and $n are the lengths of operation and payload."""
    return assemble(folder, f"""(module {WORDS} {imports} (memory (export "memory") 4 4) {top}
  (func (export "__guest_call") (param $op i32) (param $n i32) (result i32) (local $i i32) (local $t i64)
    {body} (i32.const 1)))""")


class Calls:
    """What drive said: lines of calls, and its last line."""

    def __init__(self, module, *steps):
        done = subprocess.run([DRIVE, module, *map(str, steps)], stdin=subprocess.DEVNULL, capture_output=True, timeout=300,
                              check=False)
        self.text = done.stdout.decode("ascii")
        *self.lines, last = self.text.splitlines() or [""]
        self.well = done.returncode == 0
        found = re.match(r"deepest (\d+), refused (\d+), most (\d+) (\d+)$", last)
        if found is None:
            self.lines.append(last)
        self.deepest, self.refused, *most = map(int, found.groups()) if found else (0, 0, 0, 0)
        self.grown = most[1] - most[0]

    def out(self, i):
        return re.search(r"\[(.*)\]", self.lines[i]).group(1)

    def end(self, i):
        return " ".join(self.lines[i].split(" ")[:2])


def stale(folder):
    """36: a call looks for what an earlier one left, in memory, beyond its request, in globals and tables."""
    # the request goes to 1000 (operation) and 2000 (payload); what is at 3000 was put there by the call before
    body = """(call $request (i32.const 1000) (i32.const 2000))
    (call $response (i32.const 3000) (i32.const 24))
    (memory.copy (i32.const 3000) (i32.const 2000) (i32.const 24))"""
    got = Calls(guest(folder, body), "call", "op", "first tenant's secret", "call", "op", "x")
    check(36, "an actor that is kept keeps its memory, control", got.out(1).startswith("first tenant's secret"), got.text)
    got = Calls(guest(folder, body), "call", "op", "first tenant's secret", "fresh", "op", "x")
    check(36, "a fresh call finds nothing of it", got.out(1) == "\\x00" * 24, got.text)
    body = """(call $request (i32.const 1000) (i32.const 2000))
    (call $response (i32.const 2000) (i32.const 64))"""
    got = Calls(guest(folder, body), "call", "op", "a long request with a secret at its end", "fresh", "op", "short")
    check(36, "behind a short request is nothing of a long one", got.out(1) == "short" + "\\x00" * 59, got.text)
    body = """(i32.store (i32.const 0) (global.get $g)) (i32.store (i32.const 4) (memory.size))
    (i32.store (i32.const 8) (table.size $t))
    (global.set $g (i32.const 77)) (drop (table.grow $t (ref.null func) (i32.const 1)))
    (call $response (i32.const 0) (i32.const 12))"""
    top = "(global $g (mut i32) (i32.const 5)) (table $t 2 4 funcref)"
    first, second = "\\x05\\x00\\x00\\x00\\x04\\x00\\x00\\x00\\x02\\x00\\x00\\x00", "M\\x00\\x00\\x00\\x04\\x00\\x00\\x00\\x03\\x00\\x00\\x00"
    got = Calls(guest(folder, body, top), "call", "op", "x", "call", "op", "x", "fresh", "op", "x")
    check(36, "globals and tables too", [got.out(i) for i in range(3)] == [first, second, first], got.text)


def clocks(folder):
    """37: a guest has no clock but the host's, which stands still while it runs."""
    imports = '(import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))'
    body = """(drop (call $clock (i32.const %d) (i64.const 1) (i32.const 0)))
    (loop $l (local.set $i (i32.add (local.get $i) (i32.const 1))) (br_if $l (i32.lt_u (local.get $i) (i32.const %d))))
    (drop (call $clock (i32.const %d) (i64.const 1) (i32.const 8)))
    (call $response (i32.const 0) (i32.const 16))"""
    for name, clock in (("real", 0), ("monotonic", 1)):
        got = Calls(guest(folder, body % (clock, 3000000, clock), imports=imports), "wasi", "now", 1000, "call", "op", "x",
                    "now", 2000, "call", "op", "x")
        times = [got.out(i) for i in range(2)]
        before = [t[:len(t) // 2] for t in times]
        check(37, f"the {name} clock stands still while a guest loops", all(t == b + b for t, b in zip(times, before)), got.text)
        check(37, f"the {name} clock goes on between calls, control", before[0] != before[1], got.text)
    random = '(import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))'
    got = Calls(guest(folder, "(drop (call $random (i32.const 0) (i32.const 16))) (call $response (i32.const 0) (i32.const 16))",
                      imports=random), "wasi", "call", "op", "x", "call", "op", "x")
    check(37, "randomness is the seed's, no source of its own", got.out(0) == got.out(1), got.text)


ASK = """(drop (call $ask (i32.const 10) (i32.const 1) (i32.const 10) (i32.const 1) (i32.const 10) (i32.const 1)
      (i32.const 10) (i32.const 1)))"""


def around(folder):
    """33: host calls that lead back to who asks."""
    body = ASK + "(call $take (i32.const 100)) (call $response (i32.const 100) (call $len))"
    top = '(data (i32.const 10) "a")'
    module = guest(folder, body, top)
    got = Calls(module, "call", "op", "x")
    check(33, "a host call, control", got.end(0) == "answered done" and got.out(0) == "answer", got.text)
    for name, how in (("itself", "self"), ("another that calls it", "other")):
        got = Calls(module, how, "call", "op", "x", "call", "op", "x")
        check(33, f"an actor that calls {name} is answered, not again", got.well and got.refused > 0 and got.deepest < 4
              and all(line.startswith("answered") for line in got.lines), got.text)
    forged = ASK.replace("(i32.const 10) (i32.const 1)))", "(i32.const 20) (i32.const 70)))")
    data = '(data (i32.const 20) "{\\"origin\\":\\"MOTHER\\",\\"host_id\\":\\"NHOST\\",\\"claims\\":\\"e30.e30.e30\\",\\"x\\":0}")'
    got = Calls(guest(folder, forged, top + data), "call", "op", "x")
    check(32, "a payload that says who it comes from is a payload", got.end(0) == "answered no_answer", got.text)


def places(folder):
    """22: where a request and an answer are put."""
    body = "(call $request (i32.const 1001) (i32.const 1003)) (call $response (i32.const 1001) (i32.const 6))"
    got = Calls(guest(folder, body), "call", "abcd", "XYZW")
    check(22, "operation and payload in one place: the payload comes second, odd addresses are as good", got.out(0) == "abXYZW", got.text)
    body = "(call $request (i32.const %s) (i32.const 0)) (call $response (i32.const 0) (i32.const 1))"
    for place, end in (("0x3fffc", "answered done"), ("0x3fffd", "answered trapped"), ("0xfffffffe", "answered trapped")):
        got = Calls(guest(folder, body % place), "call", "abcd", "X")
        check(22, f"an operation of 4 bytes at {place}: {end}", got.end(0) == end, got.text)


def room(folder):
    """25, 26: stacks, memory and tables that do not end."""
    frame = "(func $deep (local " + "i64 " * 1000 + ") (local.set 999 (i64.const 1)) (call $deep))"
    got = Calls(guest(folder, "(call $deep)", frame), "call", "op", "x")
    check(25, "frames of 1,000 locals without end", got.end(0) == "answered trapped" and "exhausted" in got.text, got.text)
    got = Calls(guest(folder, "(call $once) (call $response (i32.const 0) (i32.const 1))",
                      frame.replace("$deep", "$once", 1).replace("(call $deep)", "")), "call", "op", "x")
    check(25, "one of them, control", got.end(0) == "answered done", got.text)
    body = """(loop $l (br_if $l (i32.ne (table.grow $t (ref.null func) (i32.const 1000000)) (i32.const -1))))
    (i32.store (i32.const 0) (table.size $t)) (call $response (i32.const 0) (i32.const 4))"""
    got = Calls(guest(folder, body, "(table $t 1 funcref)"), "call", "op", "x")
    check(26, "a table that grows ends at a ceiling", got.end(0) in ("answered done", "answered trapped")
          or "refused" in got.text, got.text)
    body = """(loop $l (br_if $l (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
    (memory.fill (i32.const 0) (i32.const 7) (i32.mul (memory.size) (i32.const 65536)))
    (i32.store (i32.const 0) (memory.size)) (call $response (i32.const 0) (i32.const 4))"""
    module = assemble(folder, f"""(module {WORDS} (memory (export "memory") 1)
  (func (export "__guest_call") (param i32 i32) (result i32) {body} (i32.const 1)))""")
    got = Calls(module, "call", "op", "x")
    check(26, "memory that grows, every page touched, ends at 512 pages", got.out(0) == "\\x00\\x02\\x00\\x00", got.text)


def bombs(folder):
    """27: modules that are much work to load. What the engine takes is loaded within the budget of a birth, or refused in words."""
    answer = "(call $response (i32.const 0) (i32.const 1))"
    many = {"100,000 functions": "(func)" * 100000, "60,000 locals": "(func (local " + "i32 " * 60000 + "))",
            "a table of 1,000,000 branches": "(func (block (br_table " + "0 " * 1000000 + "0 (i32.const 0))))",
            "10,000 blocks in each other": "(func " + "(block " * 10000 + ")" * 10000 + ")"}
    for name, top in many.items():
        got = Calls(guest(folder, answer, top), "cpu", 2000, "call", "op", "x")
        check(27, f"{name}: taken, or refused with a reason", got.well and got.end(0) in ("answered done", "answered refused"), got.text)
    for name, top in (("a function more, control", "(func)"), ("300 locals, control", "(func (local " + "i32 " * 300 + "))")):
        check(27, name, Calls(guest(folder, answer, top), "call", "op", "x").end(0) == "answered done")


def slow(folder):
    """38, 21: just within, for ever; and just beyond."""
    body = """(loop $l (local.set $i (i32.add (local.get $i) (i32.const 1))) (br_if $l (i32.lt_u (local.get $i) (i32.const 200000))))
    (call $response (i32.const 0) (i32.const 1))"""
    module = guest(folder, body)
    got = Calls(module, "fuel", 3000000, *["call", "op", "x"] * 20)
    check(38, "each call within its budget is answered", [got.end(i) for i in range(20)] == ["answered done"] * 20, got.text)
    got = Calls(module, "fuel", 100000, *["call", "op", "x"] * 20)
    check(38, "what was left of one call's budget is no other's", all("out of fuel" in line for line in got.lines)
          and len(got.lines) == 20, got.text)
    module = guest(folder, "(if (i32.eq (local.get $op) (i32.const 2)) (then (loop $l (br $l)))) (call $response (i32.const 0) (i32.const 1))")
    got = Calls(module, "fuel", 10**13, "cpu", 100, "call", "o", "x", "call", "op", "x", "call", "o", "x")
    check(38, "a guest that is killed is dead, and is said to be", [got.end(i) for i in range(3)] ==
          ["answered done", "processor_time done", "crashed done"], got.text)
    for size, end in (("0x2000000", "answered limit"), ("0x1000", "answered done")):
        module = assemble(folder, f"""(module {WORDS} (memory (export "memory") 512 512)
  (func (export "__guest_call") (param i32 i32) (result i32)
    (memory.fill (i32.const 0) (i32.const 1) (i32.const 0x2000000))
    (call $response (i32.const 0) (i32.const {size})) (i32.const 1)))""")
        got = Calls(module, "call", "op", "x")
        check(21, f"an answer of {size} bytes: {end}, and the host does not grow", got.end(0) == end and got.grown < 8192, got.text)


# as the text format writes bytes
NAMES = {"the end of a comment": "*/ system(1); /*", "a new line": "a\\0a#include \\22/etc/passwd\\22\\0a", "NUL": "a\\00b",
         "a terminal's words": "\\1b[2J\\1b]0;owned\\07", "64 KiB": "x" * 65535, "another script": "\\d0\\90\\e2\\80\\ae",
         "quotes": "a\\22,\\22b\\22:\\22", "nothing": ""}


def printable(text):
    return all(c == 0x0a or 0x20 <= c < 0x7f for c in text)


def run(module):
    done = subprocess.run([PORTCULLIS, "actor", "run", module, "x", "--unsigned", "--explain", "--raw"], stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=300, check=False)
    return done.returncode, done.stdout, done.stderr


def names(folder):
    """29: names are data, wherever they stand."""
    answer = "(call $response (i32.const 0) (i32.const 1))"
    for name, text in NAMES.items():
        code, out, err = run(guest(folder, answer, f'(func (export "{text}") (nop))'))
        taken = code == 0 and len(out) == 1 or name == "64 KiB" and code == 1 and b"a name is longer" in err
        check(29, f"an export with {name} is nobody's business", taken and printable(err), (code, err))
        for where in ("(import \"{}\" \"f\" (func))", "(import \"wapc\" \"{}\" (func))"):
            code, out, err = run(guest(folder, answer, imports=where.format(text)))
            check(29, f"an import with {name} is refused in plain words", code == 1 and out == b"" and printable(err)
                  and len(err) < 4096, (code, err))


def claims(folder):
    """29: names that are signed by somebody else's tool, where people and programs read them."""
    issuer, subject = wascap.key("account", "a"), wascap.key("module", "m")
    with open(guest(folder, "(call $response (i32.const 0) (i32.const 1))"), "rb") as f:
        module = f.read()
    signed = os.path.join(folder, "signed.wasm")
    for name, text in (("nothing odd, control", "Echo"), ("a terminal's words", "a\x1b[2J\x07b"), ("quotes and lines", 'a","b":"\nc'),
                       ("another script", "\u202eevil")):
        with open(signed, "wb") as f:
            f.write(wascap.sign(module, issuer, subject, wascap={"name": text}))
        shown = subprocess.run([PORTCULLIS, "actor", "inspect", signed, "--trust", issuer.public], capture_output=True, check=False)
        check(29, f"claims with {name} are shown harmlessly", printable(shown.stdout + shown.stderr) and shown.stdout, shown)
        shown = subprocess.run([PORTCULLIS, "actor", "inspect", signed, "--json", "--trust", issuer.public], capture_output=True,
                               check=False)
        check(29, f"claims with {name} are one JSON object", printable(shown.stdout) and said(shown.stdout, text), shown)


def said(text, name):
    """Is it JSON, and does it hold that name as it is?"""
    try:
        todo = [json.loads(text)]
    except ValueError:
        return False
    while todo:
        value = todo.pop()
        if value == name:
            return True
        todo += value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return False


def main():
    if not shutil.which("wat2wasm"):
        print("skipped: wat2wasm is needed")
        return 77
    with tempfile.TemporaryDirectory() as folder:
        for part in (stale, clocks, around, places, room, bombs, slow, names, claims):
            part(folder)
    print(f"{rows} rows, {failures} not as they must be")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
