#!/usr/bin/python3
"""What an administrator changes while the gate runs: policies by HUP, trust by putting files in place. What
became illegal ends, and only that; what cannot be read changes nothing."""
import json
import os
import signal
import subprocess
import sys
import time

import stage
from stage import NARROW, POLICY, bodies, check, deployment, natsjwt, process, running, until


def hup(d, event):
    """HUP, and wait for what the log says of it. A policy is said to be loaded when every process has it."""
    since = d.gateway.mark()
    d.gateway.send_signal(signal.SIGHUP)
    return d.gateway.wait_event(event, since=since)


def only_what_became_illegal_ends():
    with running() as d:
        client = d.client(d.login("app"))
        client.subscribe("f.>")
        client.subscribe("g.>")
        client.barrier()
        d.write_policies({"test.policy": NARROW})
        hup(d, "policy_loaded")
        check(client.next_error() == 'Permissions Violation for Subscription to "g.>"')
        client.publish("g.a", b"")
        check(client.next_error() == 'Permissions Violation for Publish to "g.a"')
        client.publish("f.a", b"1")
        check(client.next().payload == b"1")
        # what is allowed again can be had again, on the same connection
        d.write_policies({"test.policy": POLICY})
        hup(d, "policy_loaded")
        until(lambda: not denied(client, "g.a"), "the policy has reached the edge")
        client.subscribe("g.>")
        client.publish("g.a", b"2")
        check(client.next().payload == b"2" and not client.errors)


def a_reload_says_what_it_changes():
    with running() as d:
        d.write_policies({"test.policy": NARROW})
        since = d.gateway.mark()
        hup(d, "policy_loaded")
        counted = d.gateway.wait_line(lambda line: "event=policy_compared" in line, since=since)
        check("not_decided=0" in counted and "no_longer_allows=0" not in counted, counted)
        line = d.gateway.wait_line(lambda line: "event=policy_changed" in line and "g.>" in line, since=since)
        check("change=no_longer_allows" in line and 'who="app"' in line and 'example="' in line, line)
        since = d.gateway.mark()
        hup(d, "policy_loaded")
        same = d.gateway.wait_line(lambda line: "event=policy_compared" in line, since=since)
        check(" allows=0 no_longer_allows=0 otherwise=0 not_decided=0" in same, same)


def what_was_decided_is_explained_by_its_id():
    with running() as d:
        dora = d.client(d.login("deployer"))
        dora.publish("h.a", b"")
        dora.next_error()
        dora.publish("wasmbus.ctl.default.cmd.NHOST.sa", b"not JSON")
        dora.next_error()
        until(lambda: len([x for x in d.decisions() if "id" in x]) >= 2, "both are in the log")
        for line in (x for x in d.decisions() if "id" in x):
            said = subprocess.run([os.path.join(stage.BUILD, "bin", "portcullis"), "policy", "explain", "--json", "-d",
                                   d.folder, line["id"]], capture_output=True, text=True, timeout=stage.WAIT_S)
            check(said.returncode == 0, said.stderr)
            found = json.loads(said.stdout)
            check(found["subject"] == line["subject"] and found["roles"] == ["deployer"], said.stdout)
            check(found["decided"]["same_policy"] == (line["policy"] == found["decided"]["policy"]), said.stdout)
            check(found["verdict"] == ("deny" if line["subject"] == "h.a" else "allow"), said.stdout)


def a_command_is_judged_by_the_new_policy_too():
    command = "wasmbus.ctl.default.cmd.NHOST.la"
    with running() as d:
        observer = d.direct()
        observer.subscribe("wasmbus.ctl.>")
        observer.barrier()
        dora = d.client(d.login("deployer"))
        dora.publish(command, bodies.start_actor())
        check(observer.next().subject == command)
        d.write_policies({"test.policy": POLICY.replace("allow = [deploy]", "allow = [read]")})
        hup(d, "policy_loaded")
        # the dispatcher has its own copy: nothing passes there either, whatever the edge knows by now
        until(lambda: denied(dora, command), "the command is denied")
        observer.nothing()
        d.write_policies({"test.policy": POLICY})
        hup(d, "policy_loaded")
        until(lambda: not denied(dora, command), "the command is allowed again")


def denied(client, subject):
    client.publish(subject, bodies.start_actor())
    client.barrier()
    found = list(client.errors)
    client.errors.clear()
    return bool(found)


def a_broken_policy_changes_nothing_and_is_named_with_its_line():
    with running() as d:
        client = d.client(d.login("app"))
        client.subscribe("g.>")
        client.barrier()
        d.write_policies({"test.policy": NARROW, "worse.policy": '\nrule x {\n  publish = [f.a\n  to = ["*"]\n}\n'})
        since = d.gateway.mark()
        line = hup(d, "policy_refused")
        check("the policy in force stays" in line, line)
        d.gateway.wait_line(lambda text: "worse.policy:4:" in text and "error" in text, since=since)
        client.publish("g.a", b"still")
        check(client.next().payload == b"still" and not client.errors)
        d.client(d.login("app", "another")).barrier()


def a_policy_that_breaks_a_promise_changes_nothing():
    with running() as d:
        promise = d.path("policies", "test.expect")
        client = d.client(d.login("app"))
        client.subscribe("g.>")
        client.barrier()
        stage.server.write(d.path("policies"), "test.expect", "# kept by both\nPUB role=app f.a -> allow\n"
                           "PUB role=app g.a -> allow\n")
        hup(d, "policy_loaded")
        d.write_policies({"test.policy": NARROW})
        since = d.gateway.mark()
        line = hup(d, "policy_refused")
        check("the policy in force stays" in line, line)
        d.gateway.wait_line(lambda text: "test.expect:3:1: error: PUB role=app g.a: expected allow, got deny" in text,
                            since=since)
        client.publish("g.a", b"still")
        check(client.next().payload == b"still" and not client.errors)
        # a line that is none is refused too: a promise is not dropped by misspelling it
        stage.server.write(d.path("policies"), "test.expect", "PUBB role=app f.a -> allow\n")
        hup(d, "policy_refused")
        os.unlink(promise)
        hup(d, "policy_loaded")
        check("g.>" in client.next_error())


def a_gate_does_not_start_with_a_broken_promise():
    with deployment() as d:
        stage.server.write(d.path("policies"), "test.expect", "PUB role=app f.a -> deny\n")
        d.start_leaf()
        try:
            d.start_gateway(stage.BUILD)
        except Exception as e:  # noqa: BLE001 - the message is what counts
            check("test.expect:1:1" in str(e), str(e))
        else:
            check(False, "it started")


def an_empty_policy_folder_changes_nothing():
    with running() as d:
        client = d.client(d.login("app"))
        client.subscribe("g.>")
        client.barrier()
        d.write_policies({})
        line = hup(d, "policies_not_read")
        check("no *.policy" in line, line)
        client.publish("g.a", b"still")
        check(client.next().payload == b"still" and not client.errors)
        # and the next one is read again
        d.write_policies({"test.policy": NARROW})
        hup(d, "policy_loaded")
        check("g.>" in client.next_error())


def a_signal_while_the_gate_begins_is_heard():
    """What it reads may have changed after it was read: HUP then is done as soon as everybody is there."""
    many = "".join(f'rule r{i} {{ publish = [many.r{i}.>]  to = ["*"] }}\n' for i in range(20000))
    with deployment() as d:
        d.write_policies({"test.policy": POLICY, "many.policy": many})
        d.start_leaf()
        gate = d.start_gateway(stage.BUILD, wait=False)
        gate.wait_event("keys_loaded")
        gate.send_signal(signal.SIGHUP)
        gate.wait_ready()
        gate.wait_event("policy_compared")


def many_reloads_in_a_row_end_with_the_last_one():
    with running() as d:
        client = d.client(d.login("app"))
        for text in [NARROW, POLICY] * 5 + [NARROW]:
            d.write_policies({"test.policy": text})
            d.gateway.send_signal(signal.SIGHUP)
        until(lambda: denied(client, "g.a"), "the last policy is in force")
        client.publish("f.a", b"")
        client.nothing()
        check(len(stage.children(d)) == 5 or until(lambda: "compiler" not in stage.children(d), "compilers have gone"))


def a_revocation_is_noticed_without_a_signal():
    with running() as d:
        pair = natsjwt.KeyPair("user")
        leaver, stayer = d.client(d.login("app", "leaver", pair=pair)), d.client(d.login("app", "stayer"))
        d.accounts["ACME"].revocations[pair.public] = int(time.time())
        d.write_accounts()
        check(stage.ended(leaver) == ["User Authentication Revoked"])
        answer = stage.login_answer(d.gateway.host, d.gateway.port, d.login("app", "leaver", pair=pair))
        check(answer == "-ERR 'Authorization Violation'", answer)
        stayer.nothing()


def an_account_taken_away_ends_its_connections():
    with running() as d:
        client = d.client(d.login("app"))
        os.unlink(d.path("jwt", "accounts", d.accounts["ACME"].key.public + ".jwt"))
        stage.ended(client)
        answer = stage.login_answer(d.gateway.host, d.gateway.port, d.login("app"))
        check(answer == "-ERR 'Authorization Violation'", answer)
        d.write_accounts()
        until(lambda: stage.login_answer(d.gateway.host, d.gateway.port, d.login("app")) == "PONG", "it is back")


def the_end_of_an_account_is_the_end_of_its_connections():
    def ends(span):
        with running() as d:
            client = d.client(d.login("app"))
            # its end is set when all are there, and known before it comes
            end = d.accounts["ACME"].expires_s = int(time.time()) + span
            since = d.gateway.mark()
            with process.before(end):
                d.write_accounts()
                d.gateway.wait_event("trust_loaded", since=since)
            check(stage.ended(client) == ["Account Authentication Expired"])

    process.in_time(ends)


def replace_operator(d, operator):
    path = d.path("jwt", "operator.jwt")
    with open(path + ".new", "w", encoding="ascii") as f:
        f.write(natsjwt.mint_operator(operator, "talk"))
    os.replace(path + ".new", path)


def an_operator_file_replaced_twice_is_noticed_twice():
    with running() as d:
        ours, theirs = d.operator, natsjwt.KeyPair("operator")
        for _ in range(2):
            client = d.client(d.login("app"))
            replace_operator(d, theirs)
            stage.ended(client)
            replace_operator(d, ours)
            until(lambda: stage.login_answer(d.gateway.host, d.gateway.port, d.login("app")) == "PONG", "trusted again")


def a_broken_account_file_takes_nobody_along():
    with running() as d:
        client = d.client(d.login("app"))
        since = d.gateway.mark()
        with open(d.path("jwt", "accounts", "broken.jwt"), "w", encoding="ascii") as f:
            f.write("this.is.none")
        d.gateway.wait_line(lambda line: "event=trust_refused" in line and "broken.jwt" in line, since=since)
        client.nothing()
        d.client(d.login("app", "another")).barrier()


def a_broken_operator_file_keeps_the_old_trust():
    with running() as d:
        client = d.client(d.login("app"))
        since = d.gateway.mark()
        with open(d.path("jwt", "operator.jwt"), "w", encoding="ascii") as f:
            f.write("neither a key nor a token\n")
        d.gateway.wait_line(lambda line: "event=trust_refused" in line, since=since)
        client.nothing()
        d.client(d.login("app", "another")).barrier()


def an_accounts_folder_that_is_replaced_is_still_watched():
    with running() as d:
        folder, accounts = d.path("jwt", "accounts"), d.accounts["ACME"]
        os.rename(folder, folder + ".old")
        d.write_accounts()
        # the folder may be read once between its making and its filling
        since = d.gateway.mark()
        d.gateway.send_signal(signal.SIGHUP)
        d.gateway.wait_line(lambda line: "event=trust_loaded" in line and ", 1 account" in line, since=since)
        pair = natsjwt.KeyPair("user")
        leaver = d.client(d.login("app", "leaver", pair=pair))
        accounts.revocations[pair.public] = int(time.time())
        d.write_accounts()
        check(stage.ended(leaver) == ["User Authentication Revoked"])


def two_thousand_accounts_are_read():
    with running() as d:
        for i in range(2000):
            key = natsjwt.KeyPair("account").public
            with open(d.path("jwt", "accounts", f"{key}.jwt"), "w", encoding="ascii") as f:
                f.write(natsjwt.mint_account(d.operator, key, f"tenant {i}"))
        d.gateway.wait_line(lambda line: "event=trust_loaded" in line and "2001 accounts" in line)
        d.client(d.login("app")).barrier()


TESTS = [
    only_what_became_illegal_ends,
    a_reload_says_what_it_changes,
    what_was_decided_is_explained_by_its_id,
    a_command_is_judged_by_the_new_policy_too,
    a_broken_policy_changes_nothing_and_is_named_with_its_line,
    a_policy_that_breaks_a_promise_changes_nothing,
    a_gate_does_not_start_with_a_broken_promise,
    an_empty_policy_folder_changes_nothing,
    a_signal_while_the_gate_begins_is_heard,
    many_reloads_in_a_row_end_with_the_last_one,
    a_revocation_is_noticed_without_a_signal,
    an_account_taken_away_ends_its_connections,
    the_end_of_an_account_is_the_end_of_its_connections,
    an_operator_file_replaced_twice_is_noticed_twice,
    a_broken_account_file_takes_nobody_along,
    a_broken_operator_file_keeps_the_old_trust,
    an_accounts_folder_that_is_replaced_is_still_watched,
    two_thousand_accounts_are_read,
]

if __name__ == "__main__":
    sys.exit(stage.main(TESTS, sys.argv))
