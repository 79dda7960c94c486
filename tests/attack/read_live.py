#!/usr/bin/python3
"""`portcullis audit` over a log that is being written, in segments that begin and are removed meanwhile: nothing
looks tampered with, and what was exported verifies by itself."""
import os
import shutil
import subprocess

import stage
from disk_load import Crowd
from stage import Failed

KEPT = "audit_log {\n  segment_size = 64KiB\n  keep_size = 512KiB\n  checkpoint_records = 50\n}"


def audit(s, verb, folder, *more):
    argv = [os.path.join(s.build, "bin", "portcullis"), "audit", verb, "-d", folder, *more]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=stage.PATIENCE_S)
    if done.returncode != 0:
        raise Failed(f"{verb} ended with {done.returncode}: {done.stdout[-400:]}{done.stderr[-400:]}")
    return done.stdout


def read_while_it_is_written(s):
    """Each verb, again and again, under load."""
    d = s.deployment
    d.sections = [*d.sections, KEPT]
    s.start()
    folder, key, out = d.path("audit"), ["-k", d.path("keys", "audit.pub")], d.path("out")
    with Crowd(s) as crowd:
        for _ in range(4):
            crowd.go_on()
            s.observer.barrier()
            s.observer.messages.clear()
            audit(s, "verify", folder, *key)
            audit(s, "export", folder, *key, "-o", out)
            audit(s, "verify", out, *key)
            oldest = min(x for x in os.listdir(out) if x.endswith(".jsonl"))
            audit(s, "prove", out, str(int(oldest.partition(".")[0])), *key)
            shutil.rmtree(out)
            if "provider.start" not in audit(s, "query", folder, "--what", "provider.start", "--csv"):
                raise Failed("nothing is found")
            last = audit(s, "tail", folder, "-n", "50", "--json").splitlines()
            # what came since it began is shown too
            if len(last) < 50:
                raise Failed(f"not the last 50: {len(last)}")
    removed = [r for r in d.audit_records() if r["kind"] == "removed"]
    if not removed or not os.path.exists(os.path.join(folder, "roots")):
        raise Failed("nothing was removed: that was no test")


if __name__ == "__main__":
    stage.run([read_while_it_is_written])
