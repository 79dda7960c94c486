#!/usr/bin/python3
"""Are the unit files well formed, do they say what the documentation says, and how exposed is the service?

systemd-analyze judges offline; where it is missing the test is skipped. Exit 77: skipped."""
import os
import re
import shutil
import subprocess
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
UNITS = os.path.join(ROOT, "docs", "systemd")
SERVICE = os.path.join(UNITS, "portcullis-gateway.service")
SOCKET = os.path.join(UNITS, "portcullis-gateway.socket")
HOST = os.path.join(UNITS, "portcullis-host.service")
MOST_EXPOSED = {SERVICE: 1.5, HOST: 3.7}
# what systemd before 253 says of the type it does not know, and of programs that are not installed here
EXPECTED = ("notify-reload", "is not executable", "Command 'man ")


def run(*argv):
    done = subprocess.run(["systemd-analyze", *argv], capture_output=True, text=True, timeout=300, check=False)
    return done.returncode, done.stdout + done.stderr


def complaints():
    for unit in (SERVICE, SOCKET, HOST):
        for line in run("verify", "--man=no", unit)[1].splitlines():
            if os.path.basename(unit).split(".")[0] in line and not any(word in line for word in EXPECTED):
                yield line


def exposure(path):
    code, text = run("security", "--offline=yes", "--no-pager", path)
    found = re.search(r"exposure level for \S+: ([0-9.]+)", text)
    if not found:
        raise SystemExit(f"systemd-analyze security says {code}: {text[-500:]}")
    return float(found.group(1))


def rights_differ():
    """The host's unit leaves root what the host itself keeps of it."""
    with open(HOST, encoding="ascii") as f:
        unit = set(re.findall(r"CAP_[A-Z_]+", "".join(x for x in f if x.startswith("CapabilityBoundingSet="))))
    with open(os.path.join(ROOT, "host", "proc", "parent.c"), encoding="ascii") as f:
        kept = set(re.findall(r"CAP\((CAP_[A-Z_]+)\)", f.read()))
    if unit != kept:
        yield f"portcullis-host.service and host/proc/parent.c differ in {sorted(unit ^ kept)}"


def main():
    if shutil.which("systemd-analyze") is None:
        print("skipped: systemd-analyze is not installed")
        return 77
    if "--offline" not in run("--help")[1]:
        print("skipped: this systemd-analyze cannot judge offline")
        return 77
    wrong = list(complaints())
    for unit, most in MOST_EXPOSED.items():
        level = exposure(unit)
        print(f"{os.path.basename(unit)}: exposure {level}, at most {most}")
        if level > most:
            wrong.append(f"{os.path.basename(unit)} is more exposed than {most}")
    wrong += rights_differ()
    # the control: the same service without its walls is judged otherwise
    folder = os.environ.get("TMPDIR", "/tmp")
    bare = os.path.join(folder, f"portcullis-bare-{os.getpid()}.service")
    try:
        with open(bare, "w", encoding="ascii") as f:
            f.write("[Service]\nExecStart=/bin/true\n")
        if exposure(bare) < 9:
            wrong.append("a service without walls is not judged to be exposed")
    finally:
        os.unlink(bare)
    for line in wrong:
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
