#!/usr/bin/python3
"""run.py --build DIR [NAME...] - every way to do harm to a lattice, one row of a table each, held with a
real nats-server: refused to whoever should not, allowed to the role meant to have it, byte for byte; and
the same message arriving at an open server, so that a refusal means something.

A case is called row/dialect/what/who; NAME is a part of it. What attacks there are is in table_*.py,
docs/ATTACKS.md reads them row by row.
"""
import argparse
import os
import re
import shutil
import sys
import tempfile
import time

import place
import table_commands
import table_listening
import table_plane
import table_stores

TABLES = (table_commands, table_listening, table_stores, table_plane)


def cases(wanted):
    """(name, function of a place) of all that is wanted, in the order of the rows."""
    rows = {}
    for table in TABLES:
        for row, found in table.ROWS.items():
            rows.setdefault(row, []).extend(found)
    seen = set()
    for row in sorted(rows):
        for case in rows[row]:
            for name, hold in case.runs():
                full = f"row_{row}/{name}"
                if full in seen:
                    raise SystemExit(f"two cases are called {full}")
                seen.add(full)
                if not wanted or any(w in full for w in wanted):
                    yield full, hold


def undocumented():
    """Rows that docs/ATTACKS.md does not speak of, and rows only it knows."""
    path = os.path.join(place.HERE, "..", "..", "..", "docs", "ATTACKS.md")
    with open(path, encoding="utf-8") as f:
        written = set(re.findall(r"^\| `row_(\w+)` \|", f.read(), re.MULTILINE))
    return sorted(written ^ {row for table in TABLES for row in table.ROWS})


def hold(where, name, function):
    """None, or what went wrong."""
    try:
        function(where)
    except (place.Failed, OSError, ValueError, KeyError, TypeError, AssertionError) as e:
        where.settle()
        return f"{type(e).__name__}: {e}" if not isinstance(e, place.Failed) else str(e)
    return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True, type=os.path.abspath)
    parser.add_argument("--list", action="store_true", help="names only")
    parser.add_argument("name", nargs="*")
    args = parser.parse_args()
    todo = list(cases(args.name))
    if args.list:
        print("\n".join(name for name, _ in todo))
        return 0
    begin = time.monotonic()
    folder = tempfile.mkdtemp(prefix="rows-")
    where = place.Place(folder, args.build)
    failures = [f"docs/ATTACKS.md and the tables differ in {row}" for row in undocumented()]
    for failure in failures:
        print(failure)
    try:
        where.start()
        for name, function in todo:
            problem = hold(where, name, function)
            if problem:
                failures.append(name)
                print(f"FAILED  {name}\n        {problem[:600]}", flush=True)
    finally:
        complaints = where.stop()
        shutil.rmtree(folder, ignore_errors=True)
    for complaint in complaints:
        print(complaint)
    print(f"{time.monotonic() - begin:.1f} s")
    print(f"Checks: {len(todo)}, Failures: {len(failures)}, Errors: 0")
    return 1 if failures or complaints or not todo else 0


if __name__ == "__main__":
    sys.exit(main())
