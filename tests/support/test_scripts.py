#!/usr/bin/python3
"""Do the shell scripts parse, and does every line of scripts/packages name one package?"""
import os
import re
import subprocess
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")


def shell_scripts():
    for folder in ("scripts", ".ci"):
        for name in sorted(os.listdir(os.path.join(ROOT, folder))):
            path = os.path.join(ROOT, folder, name)
            if not os.path.isfile(path):
                continue
            with open(path, "rb") as f:
                first = f.readline()
            if re.match(rb"#!.*\b(ba)?sh\b", first):
                yield path


def main():
    failures = 0
    for path in shell_scripts():
        run = subprocess.run(["bash", "-n", path], capture_output=True, text=True, check=False)
        if run.returncode != 0 or not os.access(path, os.X_OK):
            print(f"{path}: {run.stderr or 'not executable'}")
            failures += 1
    seen = set()
    with open(os.path.join(ROOT, "scripts", "packages"), encoding="ascii") as f:
        for number, line in enumerate(f, 1):
            name = line.split("#")[0].strip()
            if name and (not re.fullmatch(r"[a-z0-9][a-z0-9.+-]+", name) or name in seen):
                print(f"scripts/packages:{number}: {name!r}: not a package name, or twice")
                failures += 1
            seen.add(name)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
