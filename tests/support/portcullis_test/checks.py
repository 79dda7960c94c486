"""The functions of one test file, held one after the other: one that fails does not hide the others."""
import inspect
import os
import signal
import sys
import tempfile
import time

from . import process

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))


def choose(tests, only):
    """Those named in @only, or all; nobody asks for none."""
    chosen = [t for t in tests if not only or t.__name__ in only]
    if len(chosen) < len(only) or not chosen:
        sys.exit(f"of {', '.join(only)} not all are tests of {sys.argv[0]}")
    return chosen


def run(tests, thing=None, only=(), tail=lambda: ""):
    """Each with @thing (None: with an empty folder of its own). @tail(): what a failure is shown with. The last line
    is what tally.py counts. Returns the exit code."""
    chosen = choose(tests, only)
    failed = 0
    for test in chosen:
        with tempfile.TemporaryDirectory() as folder:
            try:
                test(folder if thing is None else thing)
            except Exception as e:  # noqa: BLE001 - whatever it is, the others are held
                failed += 1
                where = os.path.relpath(inspect.getfile(test), ROOT)
                print(f"{where}:{test.__name__}: {type(e).__name__}: {e}\n{tail()}".rstrip(), flush=True)
    print(f"{100 * (len(chosen) - failed) // len(chosen)}%: Checks: {len(chosen)}, Failures: {failed}, Errors: 0")
    return 1 if failed else 0


def run_timed(tests, limit_s, only=()):
    """Each without anything, in at most @limit_s, and says how long it took; what a test returns is its verdict."""
    failed = 0

    def too_long(number, frame):
        raise process.Failed(f"the test did not end in {limit_s} s")

    signal.signal(signal.SIGALRM, too_long)
    for test in choose(tests, only):
        began = time.monotonic()
        signal.alarm(limit_s)
        try:
            verdict = test() or "ok"
        except Exception as e:  # noqa: BLE001 - whatever it is, the others are held
            failed += 1
            verdict = f"FAILED\n  {type(e).__name__}: {e}"
        signal.alarm(0)
        print(f"{test.__name__.replace('_', ' ')}: {verdict} ({time.monotonic() - began:.1f} s)", flush=True)
    return 1 if failed else 0
