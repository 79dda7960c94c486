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
    print(table(*measure(argv[1], int(argv[2]) if len(argv) > 2 else 7)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
