#!/usr/bin/python3
"""The end of a gate: commands under way are finished, for a while; a second TERM does not wait."""
import signal
import sys
import time

import stage
from stage import bodies, check, running

COMMAND = "wasmbus.ctl.default.cmd.NHOST.la"


class Host:
    """A host on the leaf, which answers a command when it is told to."""

    def __init__(self, d):
        self.client = d.direct()
        self.client.subscribe("wasmbus.ctl.default.cmd.>")
        self.client.barrier()
        self.command = None

    def wait(self):
        self.command = self.client.next()

    def answer(self):
        self.client.publish(self.command.reply, b'{"accepted":true,"error":""}')
        self.client.barrier()


def asking(d):
    """A deployer with a command under way, and the host that has it."""
    host, dora = Host(d), d.client(d.login("deployer"))
    dora.subscribe("_INBOX.ask.>")
    dora.publish(COMMAND, bodies.start_actor(), reply="_INBOX.ask.1")
    host.wait()
    return host, dora


def finish(d):
    """It ends by itself, with 0; who waited for ten minutes would not, in a test's time."""
    code = d.gateway.wait_end()
    check(code == 0, f"exit status {code}")


def a_command_under_way_is_answered_before_its_connection_ends():
    with running() as d:
        host, dora = asking(d)
        idle = d.client(d.login("app"))
        d.gateway.send_signal(signal.SIGTERM)
        # who has nothing under way does not wait for others
        check(stage.ended(idle) == [])
        idle.close()
        check(d.gateway.running())
        host.answer()
        check(b"accepted" in dora.next().payload)
        check(stage.ended(dora) == [])
        dora.close()
        check(d.gateway.wait_end() == 0)
        code, report = d.verify_audit(stage.BUILD)
        check(code in (0, 1), report)
        outcome = [r for r in d.audit_records() if r.get("kind") == "outcome"]
        check(outcome and outcome[-1].get("outcome") == "answered", outcome)


def one_that_is_never_answered_is_waited_for_no_longer_than_drain():
    with running(limits={"drain": "700ms"}) as d:
        _, dora = asking(d)
        began = time.monotonic()
        d.gateway.send_signal(signal.SIGTERM)
        check(stage.ended(dora) == [])
        check(time.monotonic() - began >= 0.6, "it was not waited for")
        dora.close()
        finish(d)


def a_second_term_does_not_wait_for_a_command():
    with running(limits={"drain": "10m"}) as d:
        _, dora = asking(d)
        d.gateway.send_signal(signal.SIGTERM)
        d.gateway.wait_line(lambda line: "event=stopping" in line)
        d.gateway.send_signal(signal.SIGTERM)
        check(stage.ended(dora) == [])
        dora.close()
        finish(d)
        # in order all the same: what was under way has an outcome, the log its end
        kinds = [r.get("kind") for r in d.audit_records()]
        check("outcome" in kinds and kinds[-1] in ("stop", "checkpoint"), kinds[-5:])


def an_edge_that_hangs_is_killed_and_the_log_ends_well():
    with running(limits={"drain": "10m"}) as d:
        edge = stage.children(d)["edge"][0]
        client = d.client(d.login("app"))
        stage.process.halt(edge)
        d.gateway.send_signal(signal.SIGTERM)
        d.gateway.wait_line(lambda line: "event=stopping" in line)
        d.gateway.send_signal(signal.SIGTERM)
        finish(d)
        client.close()
        check(d.audit_records()[-1].get("kind") in ("stop", "checkpoint"), d.audit_records()[-1])


def a_lame_duck_finishes_commands_too():
    with running(limits={"lame_duck_grace": "0s", "lame_duck_duration": "300ms", "drain": "10m"}) as d:
        host, dora = asking(d)
        idle = d.client(d.login("app"))
        d.gateway.send_signal(signal.SIGUSR2)
        check(stage.ended(idle) == [])
        idle.close()
        host.answer()
        while b"accepted" not in dora.next().payload:
            pass
        check(stage.ended(dora) == [])
        dora.close()
        check(d.gateway.wait_end() == 0)


TESTS = [
    a_command_under_way_is_answered_before_its_connection_ends,
    one_that_is_never_answered_is_waited_for_no_longer_than_drain,
    a_second_term_does_not_wait_for_a_command,
    an_edge_that_hangs_is_killed_and_the_log_ends_well,
    a_lame_duck_finishes_commands_too,
]

if __name__ == "__main__":
    sys.exit(stage.main(TESTS, sys.argv))
