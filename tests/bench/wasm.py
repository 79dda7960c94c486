#!/usr/bin/python3
"""wasm.py BENCH [ROUNDS] - host/wasm beside native code, wabt's wasm-interp and node, in one run.

BENCH is bench_wasm of a release build. Prints one line per workload with the medians; wasm-interp runs a
hundredth of the loop and is scaled up. load is a module of 1 MiB, echo one call from the host and back,
reset a call that stores once in a memory of 2 MiB, with wasm_reset() after it.
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


def main(argv):
    rounds = argv[2] if len(argv) > 2 else "7"
    seen = collections.defaultdict(list)
    with open(os.path.join(HERE, "wasm.wat"), encoding="utf-8") as f:
        text = f.read()
    with tempfile.TemporaryDirectory() as folder:
        small, big = os.path.join(folder, "s.wasm"), os.path.join(folder, "b.wasm")
        for path, content in ((small, text), (big, large(text))):
            with open(path + ".wat", "w", encoding="utf-8") as f:
                f.write(content)
            subprocess.run(["wat2wasm", path + ".wat", "-o", path], check=True)
        print(f"load: {os.path.getsize(big)} bytes")
        lines = subprocess.run([argv[1], small, big, rounds], check=True, capture_output=True, text=True).stdout.split("\n")
        if shutil.which("node"):
            lines += subprocess.run(["node", "-e", NODE, "-", small, big, rounds], check=True, capture_output=True,
                                    text=True).stdout.split("\n")
        lines += interp(text, folder)
    for line in filter(None, lines):
        name, engine, value = line.split()
        seen[name, engine].append(float(value))
    engines = ["native", "ours", "node", "wasm-interp"]
    print("workload".ljust(10) + "".join(e.rjust(14) for e in engines) + "   ours/native")
    for name in ("mix", "fib", "sieve", "load", "echo", "reset"):
        medians = {e: statistics.median(seen[name, e]) for e in engines if seen[name, e]}
        row = "".join((f"{medians[e]:.1f}" if e in medians else "-").rjust(14) for e in engines)
        ratio = f"{medians['ours'] / medians['native']:.1f}" if "native" in medians else "-"
        print(name.ljust(10) + row + ratio.rjust(14))
    print("milliseconds; echo and reset in nanoseconds a call")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
