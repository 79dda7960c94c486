#!/usr/bin/python3
"""`portcullis policy simulate`: decisions of an audit log taken again by another policy."""
import json
import os
import re
import subprocess
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(ROOT, "tests", "support"))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import auditlog  # noqa: E402
from portcullis_test import checks, natsjwt  # noqa: E402

PORTCULLIS = ""
ACME = natsjwt.KeyPair("account")
ANN, BOB = natsjwt.KeyPair("user"), natsjwt.KeyPair("user")
SCALE = "wasmbus.ctl.v1.acme-1.component.scale.NHOST"

HEAD = f"""lattices = ["acme-*"]
role app {{ account = "{ACME.public}"  tags = ["role:app"] }}
"""
OLD = HEAD + """rule run { allow = [actor.scale]  to = [app] }
rule data { publish = ["app.>"]  to = [app] }
"""
NEW = HEAD + """rule run-ours { allow = [actor.scale]  to = [app]  where { image = ["ours.example/*"]  count <= 10 } }
rule stop { allow = [actor.stop]  to = [app] }
rule data { publish = ["app.>", "metrics.>"]  to = [app] }
"""


def who(key=ANN, name="ann", **more):
    return {"user": key.public, "account": ACME.public, "issuer": ACME.public, "name": name, "tags": ["role:app"],
            "source": "192.0.2.7", **more}


def scale(image, count, decision="allow", **more):
    rule, reason = ("run", "rule") if decision == "allow" else ("none", "no_rule")
    return {**who(), "decision": decision, "rule": rule, "reason": reason, "verb": "actor.scale" if count else "actor.stop",
            "lattice": "acme-1", "subject": SCALE, "image": image,
            "payload": {"component_ref": image, "component_id": "echo", "host_id": "NHOST", "count": count}, **more}


def denial(what, subject, **more):
    return {**who(), "kind": "denial", "what": what, "decision": "deny", "rule": "none", "reason": "no_rule",
            "subject": subject, **more}


def put(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    return path


def run(*args, code=0):
    done = subprocess.run([PORTCULLIS, "policy", "simulate", *args], capture_output=True, text=True, timeout=300)
    assert done.returncode == code, f"{args}: exit {done.returncode}, not {code}\n{done.stdout}{done.stderr}"
    assert "Sanitizer" not in done.stderr, done.stderr
    return done.stdout, done.stderr


def result(*args, code=0):
    return json.loads(run(*args, "--json", code=code)[0])


def policy_id(path):
    done = subprocess.run([PORTCULLIS, "policy", "check", "--json", path], capture_output=True, text=True, timeout=300)
    return json.loads(done.stdout)["policy_id"]


def a_policy_that_decides_alike_flips_nothing(folder):
    log = auditlog.write(folder + "/log", [scale("ours.example/a:1", 2), scale("theirs.example/b:1", 50),
                                           denial("publish", "other.x"), denial("subscribe", "app.>")])
    said = result("-p", put(folder, "old.policy", OLD), log)
    assert (said["flips"], said["commands"], said["denials"], said["groups"]) == (0, 2, 2, []), said


def an_address_with_a_port_is_an_address(folder):
    """The edge's denials have a port behind the address, the dispatcher's commands none."""
    near = NEW.replace('["role:app"] }', '["role:app"]  sources = ["192.0.2.0/24", "2001:db8::/32"] }')
    log = auditlog.write(folder + "/log", [
        denial("publish", "metrics.x", source=source)
        for source in ("192.0.2.7", "192.0.2.7:5121", "2001:db8::7", "[2001:db8::7]:5121", "198.51.100.7:5121")])
    said = result("-p", put(folder, "near.policy", near), log, code=1)
    assert (said["flips"], said["deny_to_allow"], said["denials"]) == (4, 4, 5), said


def every_flip_is_found_and_grouped_by_who_and_rule(folder):
    log = auditlog.write(folder + "/log", [
        scale("ours.example/a:1", 2),
        *[scale("theirs.example/b:1", 2) for _ in range(3)],
        scale("ours.example/a:1", 11),
        {**scale("theirs.example/b:1", 2), **who(BOB, "bob")},
        scale("ours.example/a:1", 0, "deny"),
        denial("publish", "metrics.cpu"),
        denial("publish", "nothing.new"),
    ], per_segment=3)
    new = put(folder, "new.policy", NEW)
    said = result("-p", new, log, code=1)
    assert (said["allow_to_deny"], said["deny_to_allow"], said["flips"]) == (5, 2, 7), said
    groups = {(g["flip"], g["name"], g["was_rule"], g["rule"], g["field"]): g["count"] for g in said["groups"]}
    assert groups == {("allow_to_deny", "ann", "run", "run-ours", "image"): 3,
                      ("allow_to_deny", "ann", "run", "run-ours", "count"): 1,
                      ("allow_to_deny", "bob", "run", "run-ours", "image"): 1,
                      ("deny_to_allow", "ann", "none", "stop", ""): 1,
                      ("deny_to_allow", "ann", "none", "data", ""): 1}, groups
    top = said["groups"][0]
    assert top["first"]["seq"] < top["last"]["seq"] and top["first"]["target"] == "theirs.example/b:1", top
    out = run("-p", new, log, code=1)[0]
    assert "allow -> deny  3 times  ann" in out and "now    rule=run-ours reason=where field=image" in out, out
    run("-p", new, log, "--max-flips", "7")
    run("-p", new, log, "--max-flips", "6", code=1)


def two_policies_are_compared_with_each_other(folder):
    log = auditlog.write(folder + "/log", [scale("ours.example/a:1", 2, "deny"), scale("theirs.example/a:1", 2, "deny")])
    new, old = put(folder, "new.policy", NEW), put(folder, "old.policy", OLD)
    said = result("-p", new, "--old", old, log, code=1)
    assert (said["allow_to_deny"], said["deny_to_allow"]) == (1, 0), said
    assert result("-p", new, "--old", new, log)["flips"] == 0


def a_body_without_its_secrets_is_judged_as_it_was(folder):
    put_link = {**scale("", 1), "subject": "wasmbus.ctl.acme-1.linkdefs.put", "verb": "link.put", "image": "",
                "payload": {"actor_id": "MA", "provider_id": "VP", "contract_id": "wasmcloud:keyvalue",
                            "link_name": "default", "values": {"URL": "redis://user:hunter2@db"}}}
    log = auditlog.write(folder + "/log", [put_link])
    text = "".join(auditlog.lines_of(log))
    assert "hunter2" not in text and "secret:" in text, text
    rule = 'rule wire { allow = [link.put]  to = [app]  where { link.key = ["URL"]  contract = "wasmcloud:*" } }\n'
    assert result("-p", put(folder, "a.policy", HEAD + rule), log)["flips"] == 0
    said = result("-p", put(folder, "b.policy", HEAD + rule.replace("URL", "PASSWORD")), log, code=1)
    assert said["groups"][0]["field"] == "link.key", said


def what_is_not_in_the_record_is_not_guessed(folder):
    cut = scale("ours.example/a:1", 2)
    cut["payload"]["annotations"] = {f"key{i}": "x" * 200 for i in range(100)}
    gone = scale("ours.example/a:1", 2, sha256="0" * 64, size=99)
    del gone["payload"]
    strange = scale("ours.example/a:1", 2, payload=b'{"component_ref":"\xff\xfe"}')
    edge = denial("command", SCALE, verb="actor.scale")
    log = auditlog.write(folder + "/log", [cut, gone, strange, edge])
    new = put(folder, "new.policy", NEW)
    said = result("-p", new, log)
    assert said["flips"] == 0 and said["undecidable"] == {
        "body was cut": 1, "body not recorded": 1, "body is no text": 1,
        "refused by its subject, body never read": 1}, said
    run("-p", new, log, "--strict", code=1)
    # what the subject alone decides is decided all the same
    none = put(folder, "none.policy", HEAD + 'rule data { publish = ["app.>"]  to = [app] }\n')
    said = result("-p", none, log, code=1)
    assert (said["allow_to_deny"], said["undecidable"]) == (3, {}), said


def a_body_the_gate_refused_stays_refused(folder):
    bad = scale("x", 1, "deny", payload='{"count": 1, "count": 2}', reason="body")
    log = auditlog.write(folder + "/log", [bad])
    said = result("-p", put(folder, "old.policy", OLD), log)
    assert (said["flips"], said["commands"]) == (0, 1), said


def hours_count_by_the_time_of_the_record(folder):
    log = auditlog.write(folder + "/log", [scale("ours.example/a:1", 2, time="2026-11-23T09:30:00.000000000Z"),
                                           scale("ours.example/a:1", 2, time="2026-11-23T19:30:00.000000000Z")])
    office = HEAD + 'rule run { allow = [actor.scale]  to = [app]  during = ["mon-fri 08:00-18:00"] }\n'
    said = result("-p", put(folder, "office.policy", office), log, code=1)
    assert said["allow_to_deny"] == 1 and said["groups"][0]["first"]["time"].startswith("2026-11-23T19:30"), said


def rates_do_not_count_and_it_is_said(folder):
    log = auditlog.write(folder + "/log", [*[scale("ours.example/a:1", 2) for _ in range(5)],
                                           scale("ours.example/a:1", 2, "deny", reason="rate", rule="run")])
    path = put(folder, "rate.policy", HEAD + "rule run { allow = [actor.scale]  to = [app]  rate = 1/h }\n")
    said = result("-p", path, log)
    assert said["flips"] == 0 and said["not_asked"] == {"refused by a rate": 1}, said
    assert "rates do not count" in run("-p", path, log)[0]


def the_same_policy_must_say_what_was_recorded(folder):
    path = put(folder, "old.policy", OLD)
    mine = policy_id(path)
    good = auditlog.write(folder + "/good", [scale("ours.example/a:1", 2, policy=mine), denial("publish", "x.y", policy=mine)])
    said = result("-p", path, good)
    assert (said["same_policy"], said["mismatches"]) == (2, 0), said
    bad = auditlog.write(folder + "/bad", [scale("ours.example/a:1", 2, "deny", policy=mine)])
    said = result("-p", path, bad, code=1)
    assert (said["mismatches"], said["flips"], said["groups"][0]["mismatch"]) == (1, 0, True), said


def observing_is_a_change_of_its_own(folder):
    log = auditlog.write(folder + "/log", [scale("ours.example/a:1", 2), scale("ours.example/a:1", 2, would_deny=True)])
    path = put(folder, "watch.policy", OLD + 'rule no { deny = [actor.scale]  to = ["*"]  mode = observe }\n')
    said = result("-p", path, log, code=1)
    assert (said["would_deny"], said["flips"]) == (1, 1), said


def who_it_was_is_taken_from_the_record(folder):
    tags = [{**scale("ours.example/a:1", 1), "tags": t} for t in (["role:app"], ["role:other"], [])]
    log = auditlog.write(folder + "/log", tags)
    said = result("-p", put(folder, "old.policy", OLD), log, code=1)
    assert said["allow_to_deny"] == 2, said
    jwt = auditlog.write(folder + "/jwt", [scale("ours.example/a:1", 1, "deny", reason="jwt")])
    said = result("-p", put(folder, "old.policy", OLD), jwt)
    assert said["not_asked"] == {"refused by the credential's own lists": 1}, said


def what_strangers_wrote_is_shown_harmlessly(folder):
    log = auditlog.write(folder + "/log", [{**scale("theirs.example/a:1", 2), "name": "\x1b[31mred\nrule=x\u202e"}])
    out = run("-p", put(folder, "new.policy", NEW), log, code=1)[0]
    assert "\x1b" not in out and "\nrule=x" not in out and out.isascii(), out
    assert "\\u001b[31mred\\u000arule=x\\u202e (U" in out, out


def names_in_any_script_are_shown_as_they_are(folder):
    name, long = "Jörg 田中", "é" * 60  # of two bytes each
    log = auditlog.write(folder + "/log", [scale("theirs.example/a:1", 2, name=n) for n in (name, long)])
    new = put(folder, "new.policy", NEW)
    assert f"  {name} (U" in run("-p", new, log, code=1)[0]
    said = [g["name"] for g in result("-p", new, log, code=1)["groups"]]
    assert said == [name, "é" * 30 + ".."], said


def very_many_kinds_of_flips_are_counted_together(folder):
    log = auditlog.write(folder + "/log", [scale("theirs.example/a:1", 2, name=f"n{i}") for i in range(1500)])
    said = result("-p", put(folder, "new.policy", NEW), log, code=1)
    assert (said["flips"], len(said["groups"]), said["not_in_a_group"]) == (1500, 1024, 476), said["flips"]


def exit_codes_tell_a_bad_policy_from_a_bad_log(folder):
    good, bad = put(folder, "new.policy", NEW), put(folder, "bad.policy", "rule x { allow = [nothing] }\n")
    log = auditlog.write(folder + "/log", [scale("ours.example/a:1", 2)] * 3)
    run("-p", bad, log, code=3)
    run("-p", folder + "/missing.policy", log, code=3)
    run("-p", good, folder + "/missing", code=4)
    os.mkdir(folder + "/empty")
    assert "no segments" in run("-p", good, folder + "/empty", code=4)[1]
    segment = os.path.join(log, os.listdir(log)[0])
    run("-p", good, segment)
    with open(segment, "a", encoding="ascii") as f:
        f.write('{"v":2,"seq":')
    assert result("-p", good, log)["torn"] == 1
    with open(segment, "a", encoding="ascii") as f:
        f.write("\n")
    assert re.search(r"\.jsonl:5: no record", run("-p", good, log, code=4)[1])
    put(folder + "/empty", "records.jsonl", '{"v":1,"seq":1}\n')
    assert "version 1" in run("-p", good, folder + "/empty", code=4)[1]
    assert "version 1" in run("-p", good, folder + "/empty/records.jsonl", code=4)[1]
    run("-p", good, code=2)
    run("-p", good, log, "--max-flips", "many", code=2)


TESTS = [
    a_policy_that_decides_alike_flips_nothing,
    an_address_with_a_port_is_an_address,
    every_flip_is_found_and_grouped_by_who_and_rule,
    two_policies_are_compared_with_each_other,
    a_body_without_its_secrets_is_judged_as_it_was,
    what_is_not_in_the_record_is_not_guessed,
    a_body_the_gate_refused_stays_refused,
    hours_count_by_the_time_of_the_record,
    rates_do_not_count_and_it_is_said,
    the_same_policy_must_say_what_was_recorded,
    observing_is_a_change_of_its_own,
    who_it_was_is_taken_from_the_record,
    what_strangers_wrote_is_shown_harmlessly,
    names_in_any_script_are_shown_as_they_are,
    very_many_kinds_of_flips_are_counted_together,
    exit_codes_tell_a_bad_policy_from_a_bad_log,
]


def main():
    global PORTCULLIS
    PORTCULLIS, auditlog.WRITER = (os.path.abspath(a) for a in sys.argv[1:3])
    return checks.run(TESTS)


if __name__ == "__main__":
    sys.exit(main())
