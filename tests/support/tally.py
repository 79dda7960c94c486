#!/usr/bin/python3
"""tally - read what ctest wrote about its runs (JUnit files) and count.

  tally.py --list FILE           one line per failed, skipped or slow test
  tally.py [--also-failed N] FILE...   the last line of scripts/test; ends with 1 unless all is well

A program that prints libcheck's summary ("Checks: 20, Failures: 1, Errors: 0") counts as that many
tests; any other counts as one. A test is skipped only if it said so by its own exit code, and then
it must print why ("skip: reason"): a test that could not be run has failed.
"""
import re
import sys
import xml.etree.ElementTree as ElementTree

SUMMARY = re.compile(r"Checks: (\d+), Failures: (\d+), Errors: (\d+)")
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
SLOW_S = 20.0


class Case:
    """One ctest test: how many passed, failed and were skipped in it, and what it said."""

    def __init__(self, element):
        self.name = element.get("name")
        self.seconds = float(element.get("time") or 0)
        self.output = element.findtext("system-out") or ""
        self.passed = self.failed = self.skipped = 0
        self.reason = ""
        status = element.get("status")
        skipped = element.find("skipped")
        message = skipped.get("message") if skipped is not None else ""
        if status == "run" or status == "fail":
            self.count(status == "fail")
        elif message.startswith("SKIP_"):
            found = re.search(r"^skip: *(\S.*)$", self.output, re.MULTILINE)
            self.reason = found.group(1) if found else "skipped without a reason"
            self.skipped, self.failed = (1, 0) if found else (0, 1)
        else:
            self.failed, self.reason = 1, message or f"status {status}"

    def count(self, ended_badly):
        checks = failures = 0
        for total, failed, errors in SUMMARY.findall(self.output):
            checks += int(total)
            failures += int(failed) + int(errors)
        if ended_badly and failures == 0:
            # it died, or says all is well and exits otherwise
            self.failed = 1
            self.reason = "failed outside its checks" if checks else "failed"
            self.passed = checks
        elif checks:
            self.passed, self.failed = checks - failures, failures
        else:
            self.passed = 1


def read(path):
    with open(path, encoding="utf-8", errors="replace") as f:
        root = ElementTree.fromstring(NOT_XML.sub("?", f.read()))
    return [Case(e) for e in root.iter("testcase")]


def show(cases):
    if not cases:
        print("no such tests: that is a failure")
    for c in cases:
        if c.failed:
            print(f"FAIL {c.name}: {c.reason or 'failed'} ({c.seconds:.1f} s)")
            for line in c.output.splitlines()[-60:]:
                print(f"    {line}")
        elif c.skipped:
            print(f"skip {c.name}: {c.reason}")
        elif c.seconds > SLOW_S:
            print(f"slow {c.name}: {c.seconds:.1f} s")


def main(argv):
    if len(argv) == 3 and argv[1] == "--list":
        cases = read(argv[2])
        show(cases)
        return 0 if cases else 1
    failed = 0
    files = argv[1:]
    if files and files[0] == "--also-failed":
        failed = int(files[1])
        files = files[2:]
    cases = [c for path in files for c in read(path)]
    passed = sum(c.passed for c in cases)
    failed += sum(c.failed for c in cases)
    skipped = sum(c.skipped for c in cases)
    if passed + failed + skipped == 0:
        print("no test was run at all: that is a failure")
        failed = 1
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
