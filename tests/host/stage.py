"""What the host's tests share: a lattice that cleans up after itself."""
import contextlib
import os
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))
from portcullis_test import checks, host, natsjwt, process, rawclient, server  # noqa: E402,F401

Failed = process.Failed
BUILD = ""
LIMIT_S = 300


def check(condition, *what):
    if not condition:
        raise Failed(" ".join(str(w) for w in what) or "not so")


@contextlib.contextmanager
def lattice(gate=True, **ports):
    """A host.Lattice in a folder of its own; what was started in it ends well, or the test fails."""
    with tempfile.TemporaryDirectory(prefix="portcullis-host-") as folder:
        found = host.Lattice(folder, BUILD, gate, **ports)
        try:
            yield found
        except BaseException:
            for h in found.hosts:
                print(h.tail(60))
            if found.gate.gateway is not None:
                print(found.gate.gateway.tail(20))
            found.kill()
            raise
        complaints = found.stop()
        check(not complaints, "\n".join(complaints))


def accepted(answer):
    check(answer == {"accepted": True, "error": ""}, answer)


def main(tests, argv):
    """run.py of one file: --build DIR [NAME...]."""
    global BUILD
    BUILD = os.path.abspath(argv[argv.index("--build") + 1])
    wanted = [a for i, a in enumerate(argv[1:], 1) if a != "--build" and argv[i - 1] != "--build"]
    return checks.run_timed(tests, LIMIT_S, wanted)
