#!/usr/bin/python3
"""cmake --install puts all that was built where the units and the pages say: each program beside the others.
Exit 77: skipped, only a part was built."""
import glob
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")


def names(*path):
    return {os.path.basename(p) for p in glob.glob(os.path.join(*path))}


def main():
    cmake, build = sys.argv[1:3]
    missing = {n for n in ("", "-gateway", "-host", "-fetch", "-provider-httpserver", "-provider-keyvalue", "-provider-logging",
                           "-provider-messaging") if not os.path.exists(os.path.join(build, "bin", "portcullis" + n))}
    if missing:
        print(f"skipped: not everything is built: {missing}")
        return 77
    with tempfile.TemporaryDirectory() as prefix:
        subprocess.run([cmake, "--install", build, "--prefix", prefix], check=True, stdout=subprocess.DEVNULL, timeout=300)
        built = {n for n in names(build, "bin", "portcullis*")}
        assert len(built) >= 8 and names(prefix, "bin", "*") == built, built ^ names(prefix, "bin", "*")
        assert names(prefix, "share", "man", "man*", "*") == names(ROOT, "docs", "man", "*")
        units = glob.glob(os.path.join(prefix, "lib", "systemd", "system", "*"))
        assert {os.path.basename(u) for u in units} == names(ROOT, "docs", "systemd", "*")
        for unit in units:
            with open(unit, encoding="ascii") as f:
                for program in re.findall(r"^ExecStart=/usr/local/bin/(\S+)", f.read(), re.MULTILINE):
                    assert program in built, (unit, program)
        # an installed actor is run: the tool is the whole of it; the host looks for the others where it lies
        said = subprocess.run([os.path.join(prefix, "bin", "portcullis"), "version"], check=True, capture_output=True, text=True)
        assert said.stdout.startswith("portcullis "), said
    print("100%: Checks: 1, Failures: 0, Errors: 0")
    return 0


if __name__ == "__main__":
    sys.exit(main())
