"""How the demo speaks, and how it fails."""
import os
import re
import subprocess
import sys

COLOUR = sys.stdout.isatty() and "NO_COLOR" not in os.environ


class Failure(Exception):
    """The demo did not show what it promises."""


def check(condition, what):
    if not condition:
        raise Failure(what)


def paint(code, text):
    return f"\033[{code}m{text}\033[0m" if COLOUR else text


def title(text):
    print("\n" + paint("1", text))


SHORT = {}  # folders, and what stands for them


def brief(text):
    """Keys are 56 characters that tell nobody anything; folders of this run are its own business."""
    for long, short in SHORT.items():
        text = text.replace(long, short)
    return re.sub(r"\b([NMVA][A-Z2-7]{7})[A-Z2-7]{48}\b", r"\1...", text)


def bad(text):
    print("  " + paint("31", text))


def good(text):
    print("  " + paint("32", text))


def plain(text):
    print("  " + text)


def typed(argv, shown, code=0, most=20, env=None, show=True):
    """Run what a person would type, show it (as @shown) and what was said, at most so many lines. Returns what was said."""
    if show:
        print("  $ " + brief(shown))
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False, timeout=60, env=env)
    check(done.returncode == code, f"{shown} ended with {done.returncode}: {done.stdout}")
    for line in done.stdout.splitlines()[:most if show else 0]:
        plain("  " + brief(line)[:180])
    return done.stdout
