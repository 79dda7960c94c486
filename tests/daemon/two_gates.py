#!/usr/bin/python3
"""Two gates before one leaf: when one is a lame duck, a client of nats.c goes on at the other, and every question
it asks is answered."""
import contextlib
import os
import signal
import subprocess
import sys
import threading

import stage
from stage import check, natsjwt, process, rawclient, running


class Answers:
    """Who answers f.ask on the leaf, until closed."""

    def __init__(self, d):
        self.client = d.direct(timeout_s=600)
        self.client.subscribe("f.ask")
        self.client.barrier()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        with contextlib.suppress(rawclient.Closed, OSError, ValueError):
            while True:
                m = self.client.next()
                self.client.publish(m.reply, m.payload)


class Moves:
    """The client; .wait() for a line it says."""

    def __init__(self, d, *gates):
        token, pair = d.login("app")
        creds = d.path("app.creds")
        natsjwt.write_creds(creds, token, pair.seed)
        urls = ",".join(f"nats://{g.host}:{g.port}" for g in gates)
        argv = [os.path.join(stage.BUILD, "bin", "natsmoves"), creds, urls]
        self.child = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def wait(self, word):
        for line in self.child.stdout:
            check(not line.startswith("failed"), line)
            if line.startswith(word):
                return line.split()
        raise process.Failed(f"it never said {word}")

    def end(self):
        self.child.stdin.close()
        found = int(self.wait("answered")[1])
        check(self.child.wait(stage.WAIT_S) == 0)
        return found


DUCK = {"lame_duck_grace": "200ms", "lame_duck_duration": "300ms"}


def a_client_of_a_lame_duck_goes_on_at_the_other_gate():
    with running(limits=DUCK) as d:
        first = d.gateway
        d.settings.update(audit="audit2", decisions="log/d2.jsonl", control="run/c2.sock")
        os.mkdir(d.path("audit2"))
        second = d.start_gateway(stage.BUILD)
        try:
            Answers(d)
            moves = Moves(d, first, second)
            moves.wait("asking")
            first.send_signal(signal.SIGUSR2)
            moves.wait("ldm")
            where = moves.wait("reconnected")[1]
            check(where.endswith(f":{second.port}"), where)
            check(first.wait_end() == 0)
            check(moves.end() > 1)
        finally:
            first.kill()


TESTS = [
    a_client_of_a_lame_duck_goes_on_at_the_other_gate,
]

if __name__ == "__main__":
    sys.exit(stage.main(TESTS, sys.argv))
