#!/usr/bin/python3
"""The audit's key is changed while the gateway runs, after it, and over crashes: whoever has any of the public keys
verifies all of the log, and no copy of an old secret is left."""
import os
import signal
import sys

import control
import stage
from control import tool
from stage import check, running


def public(d):
    with open(d.path("keys", "audit.pub"), encoding="ascii") as f:
        return f.read()


def keys(d):
    return sorted(n for n in os.listdir(d.path("keys")) if n.startswith("audit"))


def keep(d, name):
    """A public key as somebody had it from the beginning."""
    with open(d.path(name), "w", encoding="ascii") as f:
        f.write(public(d))
    return d.path(name)


def first_key(d):
    """The public half, by the log: the deployment of these tests has none."""
    detail = [r for r in d.audit_records() if r.get("kind") == "start"][0]["detail"]
    with open(d.path("keys", "audit.pub"), "w", encoding="ascii") as f:
        f.write(detail.removeprefix("key ").split(";")[0] + "\n")


def kinds(d):
    return [r.get("kind") for r in d.audit_records()]


def the_running_gateway_takes_a_new_key_up_and_any_of_them_verifies():
    with running() as d:
        first_key(d)
        one = keep(d, "one.pub")
        said = tool(d, "audit", "rotate")
        check("destroyed" in said, said)
        check("audit.key.old" not in keys(d) and "audit.key.new" not in keys(d), keys(d))
        two = keep(d, "two.pub")
        check(open(one, encoding="ascii").read() != open(two, encoding="ascii").read())
        check(kinds(d).count("key") == 1 and kinds(d).count("segment") == 2, kinds(d))
        control.tool(d, "audit", "rotate")
        three = keep(d, "three.pub")
        check([r["what"] for r in d.audit_records() if r.get("kind") == "admin"] == ["rotate"] * 2)
        for key in (one, two, three):
            tool(d, "audit", "verify", "--key", key)
        d.gateway.stop()
        for key in (one, two, three):
            tool(d, "audit", "verify", "--key", key)
        # none runs: it is done in the log itself
        tool(d, "audit", "rotate", "--keep-old")
        check("audit.key.old" in keys(d), keys(d))
        four = keep(d, "four.pub")
        check(kinds(d).count("key") == 3, kinds(d))
        for key in (one, two, three, four):
            tool(d, "audit", "verify", "--key", key)


def a_change_that_was_cut_off_is_gone_on_with():
    with running() as d:
        first_key(d)
        one = keep(d, "one.pub")
        # as after a crash behind the new names, and before anybody was told
        with open(d.path("keys", "audit.key"), encoding="ascii") as f:
            old = f.read()
        stage.server.write(d.path("keys"), "audit.key.old", old)
        os.chmod(d.path("keys", "audit.key.old"), 0o600)
        os.unlink(d.path("keys", "audit.key"))
        stage.server.write(d.path("keys"), "audit.key", "ab" * 32 + "\n")
        os.chmod(d.path("keys", "audit.key"), 0o600)
        check("gone on with" in tool(d, "audit", "rotate"))
        check("audit.key.old" not in keys(d), keys(d))
        check(kinds(d).count("key") == 1)
        tool(d, "audit", "verify", "--key", one)
        # a second name of the key that signs is no key of its own, and is not destroyed
        os.link(d.path("keys", "audit.key"), d.path("keys", "audit.key.old"))
        tool(d, "audit", "rotate")
        tool(d, "audit", "verify", "--key", one)


def hup_takes_a_key_up_that_was_put_there():
    with running() as d:
        first_key(d)
        one = keep(d, "one.pub")
        os.rename(d.path("keys", "audit.key"), d.path("keys", "audit.key.old"))
        stage.server.write(d.path("keys"), "audit.key", "cd" * 32 + "\n")
        os.chmod(d.path("keys", "audit.key"), 0o600)
        os.kill(d.gateway.pid, signal.SIGHUP)
        d.gateway.wait_line(lambda line: "event=audit_key_changed" in line)
        tool(d, "audit", "verify", "--key", one)
        # what is no key changes nothing
        os.unlink(d.path("keys", "audit.key"))
        stage.server.write(d.path("keys"), "audit.key", "no key\n")
        os.chmod(d.path("keys", "audit.key"), 0o600)
        os.kill(d.gateway.pid, signal.SIGHUP)
        d.gateway.wait_line(lambda line: "event=audit_key_refused" in line)
        check(kinds(d).count("key") == 1)


TESTS = [
    the_running_gateway_takes_a_new_key_up_and_any_of_them_verifies,
    a_change_that_was_cut_off_is_gone_on_with,
    hup_takes_a_key_up_that_was_put_there,
]

if __name__ == "__main__":
    sys.exit(stage.main(TESTS, sys.argv))
