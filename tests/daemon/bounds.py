#!/usr/bin/python3
"""Rules that hold only so often and only at times, in a gate that runs: what a moment ends, ends then; what it
opens, opens then; and what was spent stays spent in every process."""
import datetime
import sys
import time

import stage
from reload import denied, hup
from portcullis_test.process import before, in_time
from stage import POLICY, bodies, check, running, until

def text_of(moment_s):
    at = datetime.datetime.fromtimestamp(moment_s, datetime.timezone.utc)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def in_a_gate(attempt):
    """attempt(gate, moment in unix seconds), with a later moment where the machine was too slow for it."""

    def with_one(span):
        with running() as d:
            attempt(d, int(time.time()) + span)

    def test():
        in_time(with_one)

    test.__name__ = attempt.__name__
    return test


@in_a_gate
def what_holds_until_a_moment_ends_then_and_only_that(d, moment):
    client = d.client(d.login("app"))
    with before(moment):
        d.write_policies({"test.policy": POLICY + f"""
rule for-now {{
  publish   = [w.>]
  subscribe = [w.>]
  to        = [app]
  until     = "{text_of(moment)}"
}}
"""})
        hup(d, "policy_loaded")
        until(lambda: not denied(client, "w.a") or time.time() >= moment, "the edge judges by the new policy")
        client.subscribe("f.>")
        client.subscribe("w.>")
        client.publish("w.b", b"1")
        client.barrier()
        check(client.next().payload == b"1" and not client.errors)
    check(client.next_error() == 'Permissions Violation for Subscription to "w.>"')
    check(time.time() >= moment - 0.05, "it ended early")
    check(denied(client, "w.a"))
    client.publish("f.a", b"2")
    check(client.next().payload == b"2" and not client.errors)
    d.gateway.wait_line(lambda line: "event=sub_ended" in line and "w.>" in line)


@in_a_gate
def a_denial_comes_into_force_at_its_moment_for_data_and_commands(d, moment):
    command = "wasmbus.ctl.default.cmd.NHOST.la"
    client = d.client(d.login("app"))
    dora = d.client(d.login("deployer", "dora"))
    observer = d.direct()
    observer.subscribe("wasmbus.ctl.>")
    observer.barrier()
    with before(moment):
        d.write_policies({"test.policy": POLICY + f"""
rule freeze {{
  deny           = [actor.start]
  deny_subscribe = [g.>]
  to             = ["*"]
  from           = "{text_of(moment)}"
}}
"""})
        hup(d, "policy_loaded")
        client.subscribe("f.>")
        client.subscribe("g.>")
        client.barrier()
        check(not client.errors, client.errors)
    check(client.next_error() == 'Permissions Violation for Subscription to "g.>"')
    until(lambda: denied(dora, command), "the command is denied")
    # the dispatcher knows the time by itself: whatever passed did so before
    observer.barrier()
    observer.messages.clear()
    dora.publish(command, bodies.start_actor())
    dora.barrier()
    check(dora.next_error())
    observer.nothing()
    client.publish("f.a", b"2")
    check(client.next().payload == b"2" and not client.errors)


@in_a_gate
def a_grant_opens_at_its_moment(d, moment):
    client = d.client(d.login("app"))
    with before(moment):
        d.write_policies({"test.policy": POLICY + f"""
rule later {{
  publish   = [w.>, "$KV.later.>"]
  subscribe = [w.>]
  to        = [app]
  from      = "{text_of(moment)}"
}}
"""})
        hup(d, "policy_loaded")
        # logged in while it was shut: what the upstream login may do was settled then
        early = d.client(d.login("app", "early"))
        check(denied(early, "w.a"), "it is open already")
    until(lambda: not denied(early, "w.a"), "it opens")
    # whoever shares nothing with that one may be judged a moment later
    until(lambda: not denied(client, "w.a"), "it opens for the other one too")
    client.subscribe("w.>")
    client.barrier()
    early.publish("w.b", b"x")
    check(client.next().payload == b"x" and not client.errors)
    early.publish("$KV.later.k", b"x")
    early.barrier()
    check(not early.errors, early.errors)


def what_was_spent_is_spent_in_every_edge():
    with running(limits={"edges": 2}) as d:
        d.write_policies({"test.policy": POLICY + """
rule few {
  publish = [w.>]
  to      = [app]
  rate    = 4/h
}
"""})
        hup(d, "policy_loaded")
        creds = d.login("app")
        passed = 0
        for _ in range(12):
            client = d.client(creds)
            passed += not denied(client, "w.a")
            client.close()
        # two edges with two each, whichever of them a connection comes to
        check(2 <= passed <= 4, passed)


TESTS = [
    what_holds_until_a_moment_ends_then_and_only_that,
    a_denial_comes_into_force_at_its_moment_for_data_and_commands,
    a_grant_opens_at_its_moment,
    what_was_spent_is_spent_in_every_edge,
]

if __name__ == "__main__":
    sys.exit(stage.main(TESTS, sys.argv))
