#!/usr/bin/python3
"""Each role alone with a parent that says what may not be said: the first word out of turn ends the process.

Before its settings a child may be told nothing but those. The real program is started in each role on a
socket pair of ours, and every other type is tried, with and without a body, and lengths beyond the ceiling.
"""
import argparse
import os
import socket
import struct
import subprocess
import sys

ROLES = ("edge", "verifier", "signer", "dispatcher", "auditor", "compiler", "shipper", "metrics")
SETUP, WAIT_S = 1, 120.0
# every type there is (gateway/proc/msg_parent.h has 45), and some that are none
TYPES = (*range(50), 89, 255, 4096, 0xFFFF)
# seven hundred processes: who looks for leaks does so elsewhere
QUICK = {"ASAN_OPTIONS": "detect_leaks=0"}


def frame(kind, body=b"", flags=0, length=None):
    return struct.pack("<IHH", len(body) if length is None else length, kind, flags) + body


def ends(program, role, said):
    """Does the process end after hearing @said? (A socket that ends is the process that ended: only it holds it.)"""
    ours, theirs = socket.socketpair()

    def take():
        os.dup2(theirs.fileno(), 3)

    child = subprocess.Popen([program, "--role", role], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL, preexec_fn=take, pass_fds=(3,), env=QUICK)
    theirs.close()
    try:
        ours.settimeout(WAIT_S if said else 0.2)
        if said:
            ours.sendall(said)
        try:
            while ours.recv(4096):
                pass
            over = True
        except ConnectionError:
            over = True
        except socket.timeout:
            over = False
        return over
    finally:
        ours.close()
        child.kill()
        child.wait()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    program = os.path.join(parser.parse_args().build, "bin", "portcullis-gateway")
    failed = 0
    for role in ROLES:
        wrong = []
        # the control: one that is told nothing stays
        if ends(program, role, b""):
            wrong.append("it ends by itself")
        for kind in TYPES:
            if kind != SETUP and not ends(program, role, frame(kind)):
                wrong.append(f"type {kind} before the settings")
        for name, said in (("empty settings", frame(SETUP)), ("settings with a descriptor that is not there", frame(SETUP, b"", 1)),
                           ("settings of 1 MiB", frame(SETUP, length=1 << 20) + b"x" * 65536),
                           ("a frame of 4 GiB", frame(SETUP, length=0xFFFFFFFF))):
            if not ends(program, role, said):
                wrong.append(name)
        failed += len(wrong)
        print(f"{role}: {'ok' if not wrong else 'FAILED: ' + ', '.join(wrong)}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
