#!/usr/bin/python3
"""Rules that hold only so often and only at times, in a gate that runs: what a moment ends, ends then; what it
opens, opens then; and what was spent stays spent in every process."""
import datetime
import sys
import time

import stage
from reload import denied, hup
from stage import POLICY, bodies, check, running, until, within

SOON_S = 2


def moment(from_now_s):
    at = datetime.datetime.fromtimestamp(int(time.time()) + from_now_s, datetime.timezone.utc)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def what_holds_until_a_moment_ends_then_and_only_that():
    with running() as d:
        client = d.client(d.login("app"))
        d.write_policies({"test.policy": POLICY + f"""
rule for-now {{
  publish   = [w.>]
  subscribe = [w.>]
  to        = [app]
  until     = "{moment(SOON_S + 1)}"
}}
"""})
        hup(d, "policy_loaded")
        began = time.monotonic()
        until(lambda: not denied(client, "w.a"), "the edge judges by the new policy")
        client.subscribe("f.>")
        client.subscribe("w.>")
        client.publish("w.b", b"1")
        check(client.next().payload == b"1" and not client.errors)
        check(client.next_error() == 'Permissions Violation for Subscription to "w.>"')
        within(SOON_S + 3, began, "the end of the rule")
        check(denied(client, "w.a"))
        client.publish("f.a", b"2")
        check(client.next().payload == b"2" and not client.errors)
        d.gateway.wait_line(lambda line: "event=sub_ended" in line and "w.>" in line, 5)


def a_denial_comes_into_force_at_its_moment_for_data_and_commands():
    command = "wasmbus.ctl.default.cmd.NHOST.la"
    with running() as d:
        client = d.client(d.login("app"))
        dora = d.client(d.login("deployer", "dora"))
        observer = d.direct()
        observer.subscribe("wasmbus.ctl.>")
        observer.barrier()
        d.write_policies({"test.policy": POLICY + f"""
rule freeze {{
  deny           = [actor.start]
  deny_subscribe = [g.>]
  to             = ["*"]
  from           = "{moment(SOON_S)}"
}}
"""})
        hup(d, "policy_loaded")
        client.subscribe("f.>")
        client.subscribe("g.>")
        client.barrier()
        check(client.next_error() == 'Permissions Violation for Subscription to "g.>"')
        until(lambda: denied(dora, command), "the command is denied", 5)
        # the dispatcher knows the time by itself: whatever passed did so before
        while observer.messages:
            observer.messages.pop()
        observer.barrier()
        observer.messages.clear()
        dora.publish(command, bodies.start_actor())
        dora.barrier()
        check(dora.next_error())
        observer.nothing()
        client.publish("f.a", b"2")
        check(client.next().payload == b"2" and not client.errors)


def a_grant_opens_at_its_moment():
    with running() as d:
        client = d.client(d.login("app"))
        d.write_policies({"test.policy": POLICY + f"""
rule later {{
  publish   = [w.>, "$KV.later.>"]
  subscribe = [w.>]
  to        = [app]
  from      = "{moment(SOON_S)}"
}}
"""})
        hup(d, "policy_loaded")
        # logged in while it was shut: what the upstream login may do was settled then
        early = d.client(d.login("app", "early"))
        until(lambda: not denied(early, "w.a"), "it opens", 5)
        client.subscribe("w.>")
        early.barrier()
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
