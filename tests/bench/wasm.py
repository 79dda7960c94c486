#!/usr/bin/python3
"""wasm.py BENCH [ROUNDS] - host/wasm beside native code, wabt's wasm-interp and node, in one run.

BENCH is bench_wasm of a release build. Prints one row per workload with the medians; the engines take turns,
wasm-interp runs once a hundredth of the loop and is scaled up.
"""
import collections
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import report

HERE = os.path.dirname(os.path.abspath(__file__))
NODE = """
const i = new WebAssembly.Instance(new WebAssembly.Module(require('fs').readFileSync(process.argv[2]))).exports;
const big = require('fs').readFileSync(process.argv[3]);
const ms = (f) => { const t = process.hrtime.bigint(); f(); return Number(process.hrtime.bigint() - t) / 1e6; };
for (let r = 0; r < +process.argv[4]; r++) {
  console.log('mix node ' + ms(() => i.mix(10000000)));
  console.log('fib node ' + ms(() => i.fib(30)));
  console.log('sieve node ' + ms(() => { for (let k = 0; k < 100; k++) i.sieve(100000); }));
  console.log('echo node ' + ms(() => { for (let k = 0; k < 1e6; k++) i.echo(k); }));
  console.log('load node ' + ms(() => new WebAssembly.Module(big)));
}
"""
MOST = 6 << 20  # the default of module_bytes
SLOW = [
    ("empty blocks", b"\x02\x40\x0b"),
    ("br_if after br_if", b"\x41\x00\x0d\x00"),
    ("empty if and else", b"\x20\x00\x04\x40\x05\x0b"),
    ("locals read and set", b"\x20\x00\x21\x01"),
    ("a value in 16 steps", b"\x20\x00" + b"\x41\x03\x6a\x41\x05\x71" * 16 + b"\x21\x00"),
    ("i32.eqz of i32.eqz", b"\x20\x00\x45\x45\x45\x45\x45\x45\x45\x45\x1a"),
]
ENGINES = ("native", "ours", "node", "wasm-interp")
# name, what it is, wanted at most: times native where there is native code
WORKLOADS = [
    ("mix", "a hash-like loop of 10 million rounds, ms", 12),
    ("fib", "fib(30), ms", 12),
    ("sieve", "sieve of 100,000, a hundred times, ms", 12),
    ("load", "load of {size} bytes, ms", 50),
    ("echo", "a call from the host and back, ns", 100),
    ("reset", "a call that stores once in 2 MiB, and its reset, ns", None),
]
INTERP = {"mix": (100, "(drop (call $mix (i32.const 100000)))"), "fib": (1, "(drop (call $fib (i32.const 30)))"),
          "sieve": (100, "(drop (call $sieve (i32.const 100000)))")}


def large(text):
    """The module with its functions repeated up to a megabyte."""
    start = text.index('(func (export "mix")')
    functions = re.sub(r'\(export "\w+"\) ?', "", text[start:text.rstrip().rindex(")")])
    copies = [re.sub(r"\$fib\b", f"$fib{n}", functions) for n in range(4300)]
    return text[:start] + "\n".join(copies) + ")"


def interp(text, folder):
    """wasm-interp runs a module that calls the workload; what starting it takes is subtracted."""
    out = []
    for name, (scale, body) in [("nothing", (1, ""))] + list(INTERP.items()):
        wat, wasm = os.path.join(folder, "i.wat"), os.path.join(folder, "i.wasm")
        named = re.sub(r'\(func (?:\$\w+ )?\(export "(\w+)"\)', r"(func $\1", text)
        with open(wat, "w", encoding="utf-8") as f:
            f.write(named.rstrip()[:-1] + f'(func (export "go") {body}))')
        subprocess.run(["wat2wasm", wat, "-o", wasm], check=True)
        start = time.monotonic()
        subprocess.run(["wasm-interp", wasm, "--run-all-exports"], check=True, capture_output=True)
        out.append((name, (time.monotonic() - start) * 1e3, scale))
    floor = out[0][1]
    return [f"{name} wasm-interp {(ms - floor) * scale}" for name, ms, scale in out[1:]]


def measure(bench, rounds):
    """samples[workload, engine]: numbers; the bytes of the module that is loaded."""
    seen = collections.defaultdict(list)
    with open(os.path.join(HERE, "wasm.wat"), encoding="utf-8") as f:
        text = f.read()
    with tempfile.TemporaryDirectory(prefix="portcullis-bench.") as folder:
        small, big = os.path.join(folder, "s.wasm"), os.path.join(folder, "b.wasm")
        for path, content in ((small, text), (big, large(text))):
            with open(path + ".wat", "w", encoding="utf-8") as f:
                f.write(content)
            subprocess.run(["wat2wasm", path + ".wat", "-o", path], check=True)
        lines = []
        for _ in range(rounds):
            lines += run([bench, small, big, "1"])
            if shutil.which("node"):
                lines += run(["node", "-e", NODE, "-", small, big, "1"])
        if shutil.which("wasm-interp"):
            lines += interp(text, folder)
        size = os.path.getsize(big)
    for line in filter(None, lines):
        name, engine, value = line.split()
        seen[name, engine].append(float(value))
    return seen, size


def leb(n):
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    return bytes(out + bytes([n]))


def slow_module(pattern):
    """As large as is taken: three functions (i32) with two locals and the pattern over and over, 2 MiB each."""
    body = b"\x01\x02\x7f" + pattern * ((MOST // 3 - 100) // len(pattern)) + b"\x0b"
    code = leb(3) + 3 * (leb(len(body)) + body)
    return (b"\0asm\1\0\0\0" + b"\x01\x05\x01\x60\x01\x7f\x00" + b"\x03\x04\x03\x00\x00\x00" +
            b"\x0a" + leb(len(code)) + code)


def slow_loads(bench, rounds):
    """(what, [ms], memory by size or None when it is refused) of each of SLOW."""
    found = []
    with tempfile.TemporaryDirectory(prefix="portcullis-bench.") as folder:
        path = os.path.join(folder, "slow.wasm")
        for what, pattern in SLOW:
            with open(path, "wb") as f:
                f.write(slow_module(pattern))
            lines = [line.split() for _ in range(rounds) for line in run([bench, "--load", path]) if line]
            factor = [float(value) for name, _, value in lines if name == "factor"]
            found.append((what, [float(value) for name, _, value in lines if name == "load"], factor[0] if factor else None))
    return found


def slow_table(found):
    rows = []
    for what, times, factor in found:
        ms = statistics.median(times)
        rows.append([what, f"{ms:.0f}", "refused" if factor is None else f"{factor:.1f}",
                     "met" if ms <= 250 and (factor or 0) <= 8 + (1 << 20) / MOST else "MISSED"])
    return report.table(["load of 6 MiB made to be slow", "ms, <= 250", "memory by size, <= 8 and 1 MiB", ""], rows)


def run(argv):
    return subprocess.run(argv, check=True, capture_output=True, text=True, timeout=300).stdout.split("\n")


def times_native(samples, name):
    """Neighbours in time: a slow minute of the machine cancels out."""
    pairs = [a / b for a, b in zip(samples[name, "ours"], samples[name, "native"])]
    return statistics.median(pairs) if pairs else None


def table(samples, size):
    rows = []
    for name, what, limit in WORKLOADS:
        cells = [f"{statistics.median(samples[name, e]):.1f}" if samples[name, e] else "-" for e in ENGINES]
        ratio = times_native(samples, name)
        reached = ratio if ratio is not None else statistics.median(samples[name, "ours"])
        wanted = "-" if limit is None else f"<= {limit}"
        met = "-" if limit is None else "met" if reached <= limit else "MISSED"
        rows.append([what.format(size=size), *cells, report.optional(ratio, "{:.1f}"), wanted, met])
    return report.table(["workload", *ENGINES, "host/wasm / native", "wanted", ""], rows).replace("| ours ", "| here ")


def main(argv):
    rounds = int(argv[2]) if len(argv) > 2 else 7
    print(table(*measure(argv[1], rounds)), slow_table(slow_loads(argv[1], rounds)), sep="\n\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
