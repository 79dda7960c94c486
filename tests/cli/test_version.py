#!/usr/bin/python3
"""The version of all programs: with the commit in a git checkout, the same bytes for all without one."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(ROOT, "tests", "support"))
from portcullis_test import checks  # noqa: E402
CMAKE, BIN = sys.argv[1:3] if len(sys.argv) > 2 else ("", "")


def run(*argv, **options):
    return subprocess.run(argv, check=True, capture_output=True, text=True, timeout=120, **options).stdout


def made(root):
    """What is compiled into programs of the sources at @root, and when it was written."""
    out = os.path.join(os.path.dirname(root), "version_now.c")
    run(CMAKE, f"-DROOT={root}", f"-DOUT={out}", "-P", os.path.join(ROOT, "policy", "core", "version.cmake"))
    with open(out, encoding="ascii") as f:
        return f.read(), os.stat(out).st_mtime_ns


def git(root, *argv):
    return run("git", "-c", "user.name=a", "-c", "user.email=a@b.example", "-C", root, *argv).strip()


def sources_without_git_have_no_commit():
    with tempfile.TemporaryDirectory() as folder:
        # a checkout around them is not theirs
        git(folder, "init", "-q")
        git(folder, "commit", "-q", "--allow-empty", "-m", "outer")
        texts = set()
        for name in ("one", "two"):
            os.mkdir(os.path.join(folder, name))
            texts.add(made(os.path.join(folder, name))[0])
        text = texts.pop()
        assert not texts and text.count('""') == 2 and folder not in text, text


def a_checkout_names_its_commit_and_nothing_else_of_it():
    with tempfile.TemporaryDirectory() as folder:
        root = os.path.join(folder, "tree")
        git(folder, "init", "-q", root)
        with open(os.path.join(root, "a"), "w", encoding="ascii") as f:
            f.write("a")
        git(root, "add", "a")
        git(root, "commit", "-q", "-m", "first")
        git(root, "tag", "-a", "-m", "x", "v9")
        commit = git(root, "rev-parse", "HEAD")[:12]
        text, when = made(root)
        assert f'"{commit}"' in text and f'" ({commit})"' in text and folder not in text, text
        # nothing new: nothing is written, so nothing is built
        assert made(root) == (text, when)
        with open(os.path.join(root, "a"), "w", encoding="ascii") as f:
            f.write("b")
        assert f'"{commit}+"' in made(root)[0], made(root)


def all_programs_say_the_same():
    said = {p: run(os.path.join(BIN, p), "--version") for p in ("portcullis", "portcullis-gateway", "portcullis-host")}
    behind = set()
    for name, text in said.items():
        match = re.fullmatch(name + r" (\d+\.\d+\.\d+)( \(([0-9a-f]{12})\+?\))?\n", text)
        assert match, text
        behind.add(text[len(name):])
    assert len(behind) == 1, said
    value = json.loads(run(os.path.join(BIN, "portcullis"), "version", "--json"))
    spoken = f" {value['version']}" + (f" ({value['commit']})" if value["commit"] else "") + "\n"
    assert behind == {spoken}, (value, said)


if __name__ == "__main__":
    if shutil.which("git") is None:
        print("skipped: no git")
        sys.exit(77)
    sys.exit(checks.run_timed([sources_without_git_have_no_commit, a_checkout_names_its_commit_and_nothing_else_of_it,
                               all_programs_say_the_same], 300))
