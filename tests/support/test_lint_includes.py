#!/usr/bin/python3
"""Does scripts/lint-includes see each kind of forbidden arrow, and leave the allowed ones alone?"""
import os
import subprocess
import sys
import tempfile

# file: (its include lines, the line numbers that must be reported)
TREE = {
    "policy/core/bytes.h": ([], []),
    "policy/core/text_priv.h": ([], []),
    "policy/core/text.c": (['"policy/core/text_priv.h"', '"policy/core/bytes.h"', "<string.h>"], []),
    "policy/core/bad.c": (['"policy/rules/rights.h"', "<unistd.h>"], [1, 2]),
    "policy/identity/jwt.c": (['"policy/core/text_priv.h"', "<sodium.h>", "<sys/socket.h>"], [1, 3]),
    "policy/rules/rights.h": (['"policy/commands/command.h"'], []),
    "policy/commands/command.h": (['"policy/core/bytes.h"', '"policy/rules/rights.h"'], [2]),
    "gateway/io/loop.h": (["<uv.h>", "<unistd.h>"], []),
    "gateway/nats/op.h": (['"policy/core/bytes.h"', '"gateway/io/loop.h"', "<uv.h>"], [2, 3]),
    "gateway/relay/relay.c": (['"gateway/io/loop.h"', '"policy/rules/rights.h"', '"gateway/proc/edge.h"'], [3]),
    "gateway/proc/edge.h": ([], []),
    "gateway/proc/edge.c": (['"gateway/cli/cmd.h"', '"gateway/relay/missing.h"', '"edge.h"'], [1, 2, 3]),
    "gateway/cli/cmd.h": (['"gateway/proc/edge.h"', '"policy/rules/rights.h"'], []),
    "gateway/main.c": (['"gateway/proc/edge.h"'], []),
    "tests/unit/policy/core/test_text.c": (['"policy/core/text_priv.h"', "<unistd.h>", "<check.h>"], []),
}


def main():
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "lint-includes")
    with tempfile.TemporaryDirectory() as root:
        expected = set()
        for path, (includes, bad) in TREE.items():
            os.makedirs(os.path.join(root, os.path.dirname(path)), exist_ok=True)
            with open(os.path.join(root, path), "w", encoding="ascii") as f:
                f.write("".join(f"#include {i}\n" for i in includes))
            expected |= {f"{path}:{n}" for n in bad}
        run = subprocess.run([script, root], capture_output=True, text=True, check=False)
        lines = run.stdout.splitlines()
        seen = {":".join(line.split(":")[:2]) for line in lines[:-1]}
        for name, where in (("not reported", expected - seen), ("reported", seen - expected)):
            for place in sorted(where):
                print(f"{name}: {place}")
        if run.returncode != 1:
            print(f"exit code {run.returncode}, not 1: {run.stderr}")
        return 0 if seen == expected and run.returncode == 1 else 1


if __name__ == "__main__":
    sys.exit(main())
