#!/usr/bin/python3
"""cell.py BUILD [ROUNDS] - an actor's process: its start, its calls, its memory, its end; with its walls and without.

BUILD is a release build with bench_cell and bench_cell_open. They take turns, ROUNDS times each (5).
"""
import collections
import os
import statistics
import subprocess
import sys
import tempfile

import report

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAMS = {"walls": ("bin", "bench_cell"), "open": ("probe", "bench_cell_open")}
FIGURES = {"p50": 0, "p99": 1, "mean": 2}
# what, measure, figure, wanted at most; a name in brackets says how a runner is started
ROWS = [
    ("start (exec), us, p50", "start", "p50", 1000),
    ("start (exec), us, p99", "start", "p99", None),
    ("start (fork of a zygote), us, p50", "fork", "p50", 300),
    ("start (fork of a zygote), us, p99", "fork", "p99", None),
    ("echo call, us, p50", "call", "p50", 15),
    ("echo call, us, p99", "call", "p99", None),
    ("the same on a memory set back, us, p50", "fresh", "p50", None),
    ("the same on a memory set back, us, p99", "fresh", "p99", None),
    ("kill of a spinning actor, us after the deadline, p50", "spin", "p50", None),
    ("kill of a spinning actor, us after the deadline, p99", "spin", "p99", 2000),
    ("memory of an idle actor, KiB", "idle", "p50", 256),
    ("memory of an idle actor that was forked, KiB", "idle_fork", "p50", 256),
]


def program(build, way):
    path = os.path.join(build, *PROGRAMS[way])
    return path if os.access(path, os.X_OK) else None


def measure(build, rounds):
    """samples[measure, figure][way]: one number a round."""
    samples = collections.defaultdict(lambda: collections.defaultdict(list))
    with tempfile.TemporaryDirectory(prefix="portcullis-bench.") as folder:
        module = os.path.join(folder, "cell.wasm")
        subprocess.run(["wat2wasm", os.path.join(HERE, "cell.wat"), "-o", module], check=True)
        for n in range(rounds):
            for way in ("walls", "open") if n % 2 == 0 else ("open", "walls"):
                out = subprocess.run([program(build, way), module, "1"], check=True, capture_output=True, text=True,
                                     timeout=120).stdout
                for line in out.splitlines():
                    name, *values = line.split()
                    for figure, at in FIGURES.items():
                        samples[name, figure][way].append(float(values[at]))
    return samples


def cell(values, form=report.plain):
    if not values:
        return "-"
    return f"{form(statistics.median(values))} ({form(min(values))} - {form(max(values))})"


def row(samples, what, key, limit, turn=lambda v: v, form=report.plain, at_least=False):
    walls, opened = ([turn(v) for v in samples[key][way]] for way in ("walls", "open"))
    met = "-"
    if walls and limit is not None:
        reached = statistics.median(walls)
        met = "met" if (reached >= limit if at_least else reached <= limit) else "MISSED"
    wanted = "-" if limit is None else f"{'>=' if at_least else '<='} {limit}"
    return [what, cell(walls, form), cell(opened, form), wanted, met]


def table(samples):
    rows = [row(samples, what, (name, figure), limit) for what, name, figure, limit in ROWS]
    rows.insert(4, row(samples, "calls per second, one after the other", ("call", "mean"), 150000, lambda us: 1e6 / us,
                       report.rate, True))
    rows.append(row(samples, "idle actors per GiB", ("idle", "p50"), 4000, lambda kib: 1048576 / kib, at_least=True))
    pairs = [a / b for a, b in zip(samples["call", "p50"]["walls"], samples["call", "p50"]["open"])]
    if pairs:
        reached = statistics.median(pairs)
        rows.append(["echo call, walls / no walls", f"{reached:.2f}", "1", "<= 1.03", "met" if reached <= 1.03 else "MISSED"])
    return report.table(["an actor's process", "in its walls", "without", "wanted", ""], rows)


def main(argv):
    build = argv[1]
    if None in (program(build, "walls"), program(build, "open")):
        sys.exit(f"cell.py: no bench_cell in {build}")
    print(table(measure(build, int(argv[2]) if len(argv) > 2 else 5)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
