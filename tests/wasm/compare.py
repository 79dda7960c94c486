#!/usr/bin/python3
"""compare.py SHELL COUNT [SEED [SECONDS [KEEP]]] - random modules, here and in two other engines.

Every second module is made by binaryen's wasm-opt from seeded random bytes, the others by dense.py; wabt's
wasm-interp and node, where they are there, call the same exports. Results, what the imported functions were told, and whether a call
trapped must be the same, in floats up to which NaN it is. Stops after SECONDS; modules that differ are kept in
the folder KEEP. Ends with one line:
  N modules, N calls compared with wasm-interp, N with node, N differ
"""
import collections
import os
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import time

import dense
from spec import Shell

FEATURES = ["--enable-bulk-memory", "--enable-multivalue", "--enable-nontrapping-float-to-int",
            "--enable-sign-ext", "--enable-mutable-globals"]
CALL = re.compile(r"^(.*?)\((?:.*)\) =>\s*(.*)$")
RUN_JS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "run.js")


def shown(value):
    """One TYPE:BITS the way wasm-interp prints it."""
    kind, bits = value.split(":")
    bits = int(bits, 16)
    if kind in ("7f", "7e"):
        return f"{'i32' if kind == '7f' else 'i64'}:{bits}"
    f = struct.unpack("<f", struct.pack("<I", bits))[0] if kind == "7d" else struct.unpack("<d", struct.pack("<Q", bits))[0]
    return f"{'f32' if kind == '7d' else 'f64'}:" + ("nan" if f != f else f"{f:f}")


def one_nan(value):
    """TYPE:BITS with every NaN made the same."""
    return "nan" if "nan" in shown(value) else value


def here(shell, path):
    """[(name, results)], [(answer, told)] of this engine; None for one it does not link."""
    shell.ask("reset")
    if not shell.ask(f"load 1 {path}").startswith("ok"):
        return None
    linked = shell.ask("link 1")
    if linked != "ok":
        return [], linked
    exports = [e.split(":") for e in shell.ask("exports 1").split()[1:]]
    plan = [(n, r) for n, p, r in exports if p == ""]
    calls = []
    for name, _ in plan:
        got = shell.ask(f"call 1 {name}")
        calls.append(("trap" if got.startswith("trap") else got, shell.ask("log").split()[1:]))
    return plan, calls


def interp(path):
    """[(answer, told)] of wasm-interp, printed forms."""
    out = subprocess.run(["wasm-interp", path, "--run-all-exports", "--dummy-import-func"],
                         capture_output=True, text=True, timeout=300).stdout
    calls, told = [], []
    for line in out.splitlines():
        if line.startswith("called host "):
            told.append(re.sub(r":-?nan[^\s,]*", ":nan", line[line.index("(") + 1:line.rindex(") =>")]))
            continue
        m = CALL.match(line)
        if not m:
            continue
        answer = "trap" if m.group(2).startswith("error") else re.sub(r":-?nan[^\s,]*", ":nan", m.group(2))
        calls.append((answer.strip(), told))
        told = []
    return calls


def node(path, plan):
    out = subprocess.run(["node", RUN_JS, path, ",".join(f"{n}:{r}" for n, r in plan)],
                         capture_output=True, text=True, timeout=300).stdout
    calls = []
    for line in out.splitlines():
        answer, _, told = line.partition("log")
        calls.append((answer.strip(), told.split()))
    return calls


def as_interp(call):
    answer, told = call
    if answer != "trap":
        answer = ", ".join(shown(v) for v in answer.split()[1:])
    return answer, [shown(t) for t in told]


def same_nans(call):
    answer, told = call
    return " ".join(one_nan(v) if ":" in v else v for v in answer.split()), [one_nan(t) for t in told]


def compare(shell, path, count):
    """Names of the engines that say otherwise."""
    mine = here(shell, path)
    if mine is None:
        return ["load"]
    plan, calls = mine
    if not plan:
        return []
    differ = []
    theirs = interp(path)
    count["interp"] += len(calls)
    if [as_interp(c) for c in calls] != theirs:
        differ.append(f"wasm-interp: {[(a, b) for a, b in zip(map(as_interp, calls), theirs) if a != b][:2]}")
    if shutil.which("node"):
        theirs = node(path, plan)
        count["node"] += len(calls)
        if [same_nans(c) for c in calls] != [same_nans(c) for c in theirs]:
            differ.append(f"node: {[(a, b) for a, b in zip(calls, theirs) if same_nans(a) != same_nans(b)][:2]}")
    return differ


def make(seed, folder, path):
    source = os.path.join(folder, "source")
    with open(source, "wb") as f:
        f.write(dense.module(seed).encode() if seed % 2 else random.Random(seed).randbytes(500 + seed % 7000))
    tool = ["wat2wasm", source] if seed % 2 else ["wasm-opt", "-ttf", source, *FEATURES]
    subprocess.run([*tool, "-o", path], check=True, capture_output=True)


def main(argv):
    shell, total = Shell(argv[1]), int(argv[2])
    seed = int(argv[3]) if len(argv) > 3 else 1
    until = time.monotonic() + float(argv[4]) if len(argv) > 4 else None
    keep = argv[5] if len(argv) > 5 else None
    count = collections.Counter()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "t.wasm")
        for n in range(seed, seed + total):
            if until is not None and time.monotonic() > until:
                break
            make(n, folder, path)
            count["modules"] += 1
            for why in compare(shell, path, count):
                count["differ"] += 1
                print(f"seed {n}: {why}", flush=True)
                if keep is not None:
                    shutil.copy(path, os.path.join(keep, f"{n}.wasm"))
    print(f"{count['modules']} modules, {count['interp']} calls compared with wasm-interp, {count['node']} with node, "
          f"{count['differ']} differ")
    return 1 if count["differ"] or not count["interp"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
