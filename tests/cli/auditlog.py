"""Audit logs for tests: records as dicts, written by tests/support/auditlog.c."""
import json
import os
import subprocess

WRITER = ""


def write(folder, records, per_segment=1000000):
    """Write a log of these records; payload may be text or bytes. Returns the folder."""
    lines = []
    for record in records:
        record = dict(record)
        if isinstance(record.get("payload"), bytes):
            record["payload_hex"] = record.pop("payload").hex()
        elif isinstance(record.get("payload"), (dict, list)):
            record["payload"] = json.dumps(record["payload"])
        lines.append(json.dumps(record, ensure_ascii=False))
    done = subprocess.run([WRITER, folder, str(per_segment)], input="\n".join(lines) + "\n", text=True,
                          capture_output=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return folder


def lines_of(folder):
    """All lines of a log, in order."""
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), encoding="ascii") as f:
            yield from (line.rstrip("\n") for line in f)
