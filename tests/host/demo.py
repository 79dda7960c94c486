#!/usr/bin/python3
"""scripts/demo, without the build before it: it shows what it promises, and says so when it cannot."""
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.request

import stage
from portcullis_test import process
from stage import check

STORY = os.path.join(stage.HERE, "..", "..", "scripts", "demo_story.py")


def tell(bin_dir, *argv):
    done = subprocess.run([sys.executable, STORY, bin_dir, *argv], capture_output=True, text=True, stdin=subprocess.DEVNULL,
                          timeout=stage.LIMIT_S - 5)
    return done.returncode, done.stdout, done.stderr


def gone(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as f:
            return f.read().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def the_demo_shows_what_it_promises_and_leaves_it_running_when_asked():
    code, said, wrong = tell(os.path.join(stage.BUILD, "bin"), "--keep")
    found = re.search(r"stop: kill (\d+) (\d+) (\d+); then remove (\S+)", said)
    try:
        check(code == 0 and found, f"exit {code}\n{said[-3000:]}\n{wrong}")
        for words in ("ARRIVED", "SILENCE", "COUNTED", "REFUSED  localhost:4222", "REFUSED  a forged call", "AGREED",
                      "REFUSED  start a provider", "reason=issuer", "denial command"):
            check(words in said, f"not shown: {words}")
        with urllib.request.urlopen(re.search(r"curl (http://\S+/visits)\n.*export", said, re.S).group(1), timeout=30) as r:
            check(r.read() == b'{"path":"visits","count":5}', "the store was not kept")
    finally:
        if found:
            for pid in map(int, found.groups()[:3]):
                os.kill(pid, signal.SIGTERM)
                process.until(lambda p=pid: gone(p), f"{pid} ends")
            shutil.rmtree(found.group(4))


def a_demo_whose_attacker_does_nothing_fails():
    """The control: an actor that only answers, where the attacker should be."""
    with tempfile.TemporaryDirectory() as folder:
        os.symlink(os.path.join(stage.BUILD, "bin"), os.path.join(folder, "bin"))
        shutil.copytree(os.path.join(stage.BUILD, "actors"), os.path.join(folder, "actors"))
        shutil.copy(os.path.join(folder, "actors", "echo.wasm"), os.path.join(folder, "actors", "attacker.wasm"))
        code, said, wrong = tell(os.path.join(folder, "bin"))
        check(code == 1 and "demo failed: an attempt was answered" in wrong, f"exit {code}\n{said[-500:]}\n{wrong}")


TESTS = [
    the_demo_shows_what_it_promises_and_leaves_it_running_when_asked,
    a_demo_whose_attacker_does_nothing_fails,
]

if __name__ == "__main__":
    sys.exit(stage.main(TESTS, sys.argv))
