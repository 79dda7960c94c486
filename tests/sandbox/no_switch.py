#!/usr/bin/python3
"""no_switch BUILD - nothing that is installed can take a wall off a runner or a provider.

What leaves walls out in tests is in the test programs' own objects; the programs in BUILD/bin that people get have no
trace of it. The source that raises walls asks no environment and has no `#if` but for machines and sanitizers; and no
option of the command line is about a wall. (The gateway's own options and variables: tests/daemon/walls.py.)
"""
import glob
import os
import re
import subprocess
import sys

BUILD = sys.argv[1]
ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
# what the test programs have, and a program with a switch might
OURS = (b"layers_keep", b"__wrap_", b"container_enter", b"taken_say")
SWITCHES = (b"no-seccomp", b"no-sandbox", b"no-walls", b"no_walls=", b"unconfined", b"insecure", b"disable-seccomp", b"LD_PRELOAD")
# where walls are raised
RAISES = ("seccomp/*.c", "host/proc/cell*.c", "host/proc/runner*.c", "host/proc/enclose.c", "host/proc/lock*.c",
          "host/proc/provider*.c", "host/providers/*.c", "host/providers/*/*.c")
MAY_DEPEND_ON = re.compile(r"^#\s*(if|elif)\s+!?(defined\()?(__x86_64__|__aarch64__|__SANITIZE_ADDRESS__)\)?\s*$")
failures = 0


def check(good, what, shown=""):
    global failures
    failures += not good
    print(f"{'ok    ' if good else 'NOT OK'} {what}{'' if good else f': {shown}'}")


def read(path):
    with open(path, "rb") as f:
        return f.read()


def programs():
    return [p for p in sorted(glob.glob(os.path.join(BUILD, "bin", "portcullis*"))) if os.access(p, os.X_OK) and "." not in os.path.basename(p)]


def traces():
    control = read(os.path.join(BUILD, "probe", "layers"))
    check(all(w in control for w in OURS), "the program that leaves walls out has its words, control")
    for path in programs():
        # connecting without a login is no wall; glibc, linked statically, has the list of what it forgets
        data = read(path).replace(b"insecure-anonymous", b"").replace(b"insecure_anonymous", b"").replace(b"LD_PRELOAD\0LD_", b"\0LD_")
        check(not [w for w in OURS + SWITCHES if w in data], f"{os.path.basename(path)} has none", [w for w in OURS + SWITCHES if w in data])
    check(os.path.join(BUILD, "bin", "portcullis") in programs(), "portcullis is among them", programs())


def source():
    control = read(os.path.join(ROOT, "gateway", "cli", "say.c"))
    check(b"getenv(" in control, "a file that asks its environment is seen, control")
    for path in sorted(sum((glob.glob(os.path.join(ROOT, p)) for p in RAISES), [])):
        text, name = read(path).decode("utf-8"), os.path.relpath(path, ROOT)
        asks = re.findall(r"\b(?:secure_)?getenv\w*\(|\benviron\b", text)
        depends = [line for line in text.splitlines() if re.match(r"#\s*(if|elif)", line) and not MAY_DEPEND_ON.match(line)]
        if asks or depends:
            check(False, f"{name} asks no environment and is the same in every build", asks + depends)
    check(True, "the source was read")


def options():
    tool = os.path.join(BUILD, "bin", "portcullis")
    said = subprocess.run([tool, "actor", "run", "--help"], capture_output=True, text=True, check=False)
    words = re.findall(r"--([a-z-]+)", said.stdout + said.stderr)
    check("unsigned" in words and "budget" in words, "the options of `actor run` are seen, control", words)
    check(not [w for w in words if re.search(r"wall|seccomp|sandbox|landlock|filter|root|unsafe", w)], "none is about a wall", words)
    for flag in ("--no-walls", "--no-seccomp", "--unconfined", "--insecure", "--no-sandbox", "--unsafe"):
        done = subprocess.run([tool, "actor", "run", flag, "x", "y"], capture_output=True, check=False)
        check(done.returncode == 2, f"{flag} is no option", done)


def main():
    traces()
    source()
    options()
    print(f"{failures} not as they must be")
    return 1 if failures else 0


sys.exit(main())
