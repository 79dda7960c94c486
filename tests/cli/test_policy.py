#!/usr/bin/python3
"""`portcullis policy check | test | explain` as people and pipelines use them."""
import json
import os
import re
import shutil
import subprocess
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(ROOT, "tests", "support"))
from portcullis_test import checks, natsjwt  # noqa: E402

ACME = natsjwt.KeyPair("account")
PORTCULLIS = ""

POLICY = f"""lattices = ["acme-*"]
role app {{ account = {ACME.public}  tags = ["role:app"] }}
rule data {{ publish = ["app.>"]  subscribe = ["app.>"]  to = [app] }}
rule few  {{ allow = [actor.scale]  to = [app]  where {{ count <= 10 }} }}
rule no   {{ deny_publish = ["app.secret"]  to = ["*"]  because = "it is secret" }}
"""


def run(*args, code=0, cwd=None):
    done = subprocess.run([PORTCULLIS, "policy", *args], cwd=cwd, capture_output=True, text=True, timeout=300)
    assert done.returncode == code, f"{args}: exit {done.returncode}, not {code}\n{done.stdout}{done.stderr}"
    assert "Sanitizer" not in done.stderr, done.stderr
    return done.stdout, done.stderr


def expect(what, *in_it):
    for s in in_it:
        assert s in what, f"no {s!r} in:\n{what}"


def write(folder, **files):
    for name, text in files.items():
        with open(os.path.join(folder, name.replace("_", ".")), "w", encoding="utf-8") as f:
            f.write(text)


def shipped_policies_are_in_order_and_keep_their_promises(_):
    policies = os.path.join(ROOT, "policies")
    for name in sorted(os.listdir(policies)):
        if name.endswith(".policy"):
            path = os.path.join(policies, name)
            out, err = run("check", path)
            expect(out, "in 1 file, id ")
            assert "warning" not in out + err, err
            said = run("test", path)[0]
            found = re.search(r" 0 failed; (\d+) of (\d+) rules decided", said)
            assert found and found.group(1) == found.group(2), f"{name}: {said}"


def every_line_of_a_shipped_policy_that_grants_says_why(_):
    """Beside each item of a list stands a comment, or its rule has one: a because, or lines above it."""
    policies = os.path.join(ROOT, "policies")
    for name in sorted(os.listdir(policies)):
        if not name.endswith(".policy"):
            continue
        with open(os.path.join(policies, name), encoding="utf-8") as f:
            text = f.read()
        for rule in re.finditer(r"((?:^#.*\n)*)^rule (\S+) \{\n(.*?)^\}", text, re.MULTILINE | re.DOTALL):
            why = rule.group(1) or "because" in rule.group(3) or "#" in rule.group(3)
            assert why, f"{name}: rule {rule.group(2)} does not say why"


def two_tenants_in_one_folder_cross_nothing(folder):
    """tenant.policy filled in twice is one policy; what each file promises alone still holds."""
    source = os.path.join(ROOT, "policies")
    for name in os.listdir(source):
        if name.endswith((".json", ".yaml")):
            shutil.copy(os.path.join(source, name), folder)
    for mine, other in (("red", "blue"), ("blue", "red")):
        for end in (".policy", ".expect"):
            with open(os.path.join(source, "tenant" + end), encoding="utf-8") as f:
                text = re.sub(r"(?m)^SET .*\n", "", f.read())
            for key, value in (("LATTICE", mine), ("OTHER", other), ("ACCOUNT", ACME.public)):
                text = text.replace(f"@{key}@", value)
            # the other's lattice is governed now: that nobody may is then for want of a rule
            text = re.sub(r"reason=lattice$", "reason=no_rule", text, flags=re.MULTILINE)
            text = re.sub(r"(?m)^(.*(?:runtime\.host).*) reason=no_rule$", r"\1 reason=lattice", text)
            with open(os.path.join(folder, mine + end), "w", encoding="utf-8") as f:
                f.write(text)
    assert "warning" not in "".join(run("check", folder))
    expect(run("test", folder)[0], "92 lines, 0 failed; 10 of 10 rules decided")


def what_init_writes_can_be_tested_at_once(folder):
    gate = os.path.join(folder, "gate")
    subprocess.run([PORTCULLIS, "init", gate, "-l", "one", "-l", "two"], check=True, capture_output=True)
    text = open(os.path.join(gate, "policies", "two.expect"), encoding="utf-8").read()
    assert "@" not in text and "SET" not in text, text
    out, _ = run("test", os.path.join(gate, "policies"))
    expect(out, " 0 failed; 18 of 18 rules decided")
    assert run("test", cwd=gate)[0].splitlines()[0] == out.splitlines()[0]
    assert run("check", cwd=os.path.join(gate, "policies"))[0]


def check_names_places_and_what_cannot_be_meant(folder):
    write(folder, a_policy=POLICY)
    expect(run("check", folder)[0], "3 rules in 1 file, id ")
    write(folder, a_policy=POLICY + 'rule x { publish = ["a..b"]  to = [app] }\nrule y { publish = [z]  to = [nobody] }\n')
    err = run("check", folder, code=3)[1]
    expect(err, "a.policy:6:21: error", "a.policy:7:")
    said = json.loads(run("check", "--json", folder, code=3)[0])
    assert not said["ok"] and said["errors"] == 3 and len(said["messages"]) == 3, said
    write(folder, a_policy=POLICY + 'rule x { publish = ["app.secret", ">"]  to = ["*"] }\n')
    out, err = run("check", folder)
    expect(err, 'a.policy:6:1: warning: rule x: publish ">" for everybody',
           'rule x: publish "app.secret" can never apply: rule no')
    expect(out, "2 warnings")


def test_says_what_was_expected_and_what_came(folder):
    write(folder, a_policy=POLICY, a_expect="PUB role=app app.x -> allow rule=data\n")
    out, _ = run("test", folder)
    expect(out, "1 line, 0 failed; 1 of 3 rules", "a.policy:4: rule few decided none", "a.policy:5: rule no decided none")
    said = json.loads(run("test", "--json", os.path.join(folder, "a.policy"))[0])
    assert said["ok"] and said["lines"] == 1 and [r["rule"] for r in said["undecided"]] == ["few", "no"], said
    write(folder, a_expect="# x\nPUB role=app app.secret -> allow\nPUB rolle=app a -> deny\nPUB role=app a -> deny\n")
    out, err = run("test", folder, code=4)
    expect(err, "a.expect:2:1: error: PUB role=app app.secret: expected allow, got deny rule=no reason=rule",
           "a.expect:3:5: error: nobody knows this key")
    expect(out, "3 lines, 2 failed")
    said = json.loads(run("test", "--json", folder, code=4)[0])
    assert not said["ok"] and said["failed"] == 2 and said["errors"] == 2, said


def payloads_stand_beside_the_lines_that_name_them(folder):
    host = natsjwt.KeyPair("server").public
    subject = f"wasmbus.ctl.acme-1.cmd.{host}.scale"
    for n in (10, 11):
        with open(os.path.join(folder, f"{n}.json"), "w", encoding="ascii") as f:
            json.dump({"actor_ref": "x.io/a:1", "host_id": host, "count": n, "annotations": {}}, f)
    write(folder, a_policy=POLICY, a_expect=f"PUB role=app {subject} @10.json -> allow rule=few\n"
          f"PUB role=app {subject} @11.json -> deny reason=where\n")
    run("test", folder)
    write(folder, a_expect=f"PUB role=app {subject} @12.json -> deny\nPUB role=app {subject} @../10.json -> allow\n")
    expect(run("test", folder, code=4)[1], "a.expect:1:1: error: @12.json: No such file", "a.expect:2:1: error: @../10.json")
    body = os.path.join(folder, "11.json")
    out, _ = run("explain", "-p", folder, "--role", "app", "-b", body, "PUB", subject)
    expect(out, "deny  PUB", "condition does not hold: count", "No rule can allow it")


def templates_are_filled_in(folder):
    text = POLICY.replace("acme-*", "@LATTICE@").replace(ACME.public, "@ACCOUNT@")
    write(folder, t_policy=text)
    expect(run("check", folder, code=3)[1], "is a template: say --set NAME=VALUE")
    given = ("--set", "LATTICE=x", "--set", f"ACCOUNT={ACME.public}")
    run("check", *given, folder)
    write(folder, t_expect=f"SET LATTICE=y\nSET ACCOUNT={ACME.public}\n"
          "PUB role=app wasmbus.ctl.@LATTICE@.cmd.N.scale -> allow\nPUB role=app wasmbus.ctl.x.cmd.N.scale -> deny\n")
    run("check", folder)
    run("test", folder)
    run("test", "--set", "LATTICE=x", folder, code=4)
    run("test", "--set", "lattice", folder, code=2)


def explain_shows_each_rule_and_the_smallest_that_would_do(folder):
    write(folder, a_policy=POLICY)
    out, _ = run("explain", "--policy", folder, "--role", "app", "PUB", "app.secret")
    expect(out, "deny  PUB app.secret", "it is secret", "* no ", "denies", "a.policy:3  allows",
           "No rule can allow it: a deny beats every allow")
    said = json.loads(run("explain", "--policy", folder, "--role", "app", "--json", "SUB", "jobs", "q")[0])
    assert said["verdict"] == "deny" and said["reason"] == "no_rule", said
    with open(os.path.join(folder, "a.policy"), "a", encoding="ascii") as f:
        f.write(said["remedy"])
    said = json.loads(run("explain", "--policy", folder, "--role", "app", "--json", "SUB", "jobs", "q")[0])
    assert said["verdict"] == "allow" and said["rule"] == "app-subscribe", said
    assert [r["decides"] for r in said["steps"][0]["rules"]] == [False, False, False, True], said


def explain_takes_a_creds_file(folder):
    write(folder, a_policy=POLICY)
    user = natsjwt.KeyPair("user")
    path = os.path.join(folder, "u.creds")
    token = natsjwt.mint_user(ACME, user.public, "dora", tags=["role:app"], perms=natsjwt.permissions(pub=["app.x"]))
    with open(path, "w", encoding="ascii") as f:
        f.write(natsjwt.creds_text(token, user.seed))
    expect(run("explain", "-p", folder, "-c", path, "PUB", "app.x")[0], "allow  PUB app.x", "dora of " + ACME.public)
    expect(run("explain", "-p", folder, "-c", path, "PUB", "app.y")[0], "own lists refuse it; the rules alone would allow it")


def what_bounds_a_rule_is_tested_and_explained(folder):
    write(folder, a_policy=POLICY + 'rule hours { publish = [office]  to = [app]  rate = 2/h  during = ["mon-fri"] }\n',
          a_expect="PUB role=app at=2026-11-23T10:00Z times=2 office -> allow rule=hours\n"
                   "PUB role=app at=2026-11-23T10:00Z times=3 office -> deny rule=hours reason=rate\n"
                   "PUB role=app at=2026-11-22T10:00Z office -> deny reason=no_rule\nPUB role=app office -> deny\n")
    expect(run("test", folder)[0], "4 lines, 0 failed")
    write(folder, a_expect="PUB role=app at=2026-11-23T10:00Z times=4 office -> deny reason=rate\n")
    expect(run("test", folder, code=4)[1], "got deny rule=hours reason=rate # when asked 3 times")
    asked = ("explain", "-p", folder, "-r", "app", "PUB", "office", "--at")
    expect(run(*asked, "2026-11-23T10:00Z")[0], "allow  PUB office", "at most 2/h burst 2; in force now: mon-fri UTC")
    expect(run(*asked, "2026-11-22T10:00Z")[0], "deny  PUB office", "allows; at most 2/h burst 2; not in force now",
           "a rule allows it at other times")
    said = json.loads(run(*asked, "2026-11-22T10:00Z", "--json")[0])
    rule = next(r for r in said["steps"][0]["rules"] if r["rule"] == "hours")
    assert rule["rate"] == "2/h burst 2" and rule["times"] == "mon-fri UTC" and not rule["in_force"], rule
    run(*asked, "noon", code=2)
    write(folder, a_policy=POLICY + 'rule r { publish = [x]  to = [app]  during = ["mon"]  from = "2026-11-24T00:00Z"'
          '  until = "2026-11-25T00:00Z" }\n')
    expect(run("check", folder)[1], "rule r is never in force")


def mistakes_are_usage_errors(folder):
    write(folder, a_policy=POLICY)
    run("explain", "-p", folder, "PUB", "a", code=2)
    run("explain", "-p", folder, "-r", "app", "-c", "x", "PUB", "a", code=2)
    run("explain", "-p", folder, "-r", "app", "DELIVER", "a", code=2)
    run("explain", "-p", folder, "-r", "app", "PUB", code=2)
    expect(run("check", os.path.join(folder, "a.txt"), code=1)[1], "No such file")
    with open(os.path.join(folder, "c.txt"), "w", encoding="ascii"):
        run("check", os.path.join(folder, "c.txt"), code=2)
    run("check", os.path.join(folder, "b.policy"), code=1)
    run("test", os.path.join(folder, "a.expect"), code=1)
    expect(run("test", folder, code=4)[1], "nothing was tested")
    os.mkdir(os.path.join(folder, "empty"))
    expect(run("check", os.path.join(folder, "empty"), code=1)[1], "holds no *.policy")


def explain_finds_a_decision_by_its_id(folder):
    for name in ("log", "audit", "policies"):
        os.mkdir(os.path.join(folder, name))
    policies, log = os.path.join(folder, "policies"), os.path.join(folder, "log")
    write(policies, a_policy=POLICY)
    who = {"user": natsjwt.KeyPair("user").public, "account": ACME.public, "issuer": ACME.public,
           "name": 'J\u00fcrgen "x"', "tags": ["role:app"], "source": "127.0.0.1:4711"}
    denied = {"time": "2026-11-22T10:00:00.000000001Z", "event": "pub_denied", "id": "0.17.d3", "edge": 0, "client": 17,
              **who, "subject": "app.secret", "rule": "no", "reason": "rule", "policy": "00"}
    older = {**denied, "subject": "app.other", "time": "2026-11-21T10:00:00.000000001Z"}
    sub = {**denied, "event": "sub_denied", "id": "0.17.d4", "subject": "x.>", "queue": "q"}
    command = {**denied, "event": "command", "id": "0.17.c1", "decision": "deny", "reply": "_INBOX.a.b",
               "subject": "wasmbus.ctl.acme-1.cmd.NX.scale", "verb": "actor.scale"}
    login = {"time": denied["time"], "event": "login_failed", "id": "0.17.d9", "reason": "timeout"}
    filler = json.dumps({"event": "conn_open", "note": "0.17.d3", "detail": "y" * 900}) + "\n"
    lines = [older, denied, sub, command, login]
    with open(os.path.join(log, "decisions.jsonl"), "w", encoding="utf-8") as f:
        f.write("".join(json.dumps(x) + "\n" for x in lines) + filler * 4000)
    out, _ = run("explain", "-d", folder, "0.17.d3")
    expect(out, "decision 0.17.d3 of 2026-11-22T10:00:00.000000001Z: pub_denied, rule no (rule)", "by policy 00;",
           "deny  PUB app.secret", "role     app", "lists of the credential itself are in no log")
    expect(run("explain", "0.17.d4", cwd=folder)[0], "deny  SUB x.> q", "subscribe = [\"x.> q\"]")
    expect(run("explain", "-d", folder, "0.17.c1")[0], "deny, rule no", "command  actor.scale", "nor is the payload",
           "allow  PUB wasmbus.ctl.acme-1.cmd.NX.scale")
    body = os.path.join(folder, "body.json")
    with open(body, "w", encoding="utf-8") as f:
        f.write('{"actor_ref":"ghcr.io/a/b:1","count":11}')
    said = json.loads(run("explain", "-d", folder, "-b", body, "--json", "0.17.c1")[0])
    assert said["verdict"] == "deny" and said["reason"] == "where" and said["decided"]["payload_known"], said
    assert said["decided"]["policy"] == "00" and not said["decided"]["same_policy"], said
    expect(run("explain", "-d", folder, "0.17.d9", code=1)[1], "which no rule decides: timeout")
    expect(run("explain", "-d", folder, "0.17.d8", code=1)[1], "no decision 0.17.d8", "--log FILE")
    os.rename(os.path.join(log, "decisions.jsonl"), os.path.join(folder, "old.1"))
    expect(run("explain", "-p", policies, "--log", os.path.join(folder, "old.1"), "0.17.d3")[0], "PUB app.secret")
    with open(os.path.join(log, "decisions.jsonl"), "w", encoding="utf-8"):
        pass
    record = {"v": 2, "seq": 1, "kind": "denial", "what": "publish", **denied}
    del record["event"]
    for name in ("00000000000000000001", "00000000000000000009"):
        with open(os.path.join(folder, "audit", name + ".jsonl"), "w", encoding="utf-8") as f:
            f.write(json.dumps({**record, "subject": "app.s" + name[-1]}) + "\n" + '{"torn')
    expect(run("explain", "-d", folder, "0.17.d3")[0], "PUB app.s9")
    run("explain", "-d", folder, "0.17.d3", "x", code=2)
    run("explain", "-d", folder, "-r", "app", "0.17.d3", code=2)
    run("explain", "-d", folder, "0.17", code=2)


def diff_says_what_changes_with_lines_that_hold(folder):
    old, new = os.path.join(folder, "old"), os.path.join(folder, "new")
    for name in (old, new):
        os.mkdir(name)
    write(old, a_policy=POLICY)
    write(new, a_policy=POLICY)
    expect(run("diff", old, new)[0], "they allow the same")
    changed = POLICY.replace("count <= 10", "count <= 20").replace("app.secret", "app.secret.>")
    write(new, a_policy=changed + 'rule more { publish = ["b.*"]  to = [app]  rate = 5/s }\n'
          'rule back { reply = ["b.c"]  to = [app] }\n')
    out, _ = run("diff", old, new, code=1)
    expect(out, "+ allows: app: actor.scale (dialect B, C) on acme-* with count <= 20; beyond what few allows",
           "+ allows: app: publish b.* (before: denied, no rule; now: allowed, rule more ", "5/s burst 5",
           "- no longer allows: app: publish app.> within app.secret.> except", "+ allows: app: name the reply b.c")
    said = json.loads(run("diff", old, new, "--json", code=1)[0])
    assert not said["same"] and not said["not_decided"], said
    lines = [d for d in said["differences"] if "example" in d]
    assert len(lines) >= 3 and {d["change"] for d in lines} == {"allows", "no_longer_allows"}, lines
    for d in lines:
        if "payload" in d:
            write(new, **{d["payload_file"].replace(".", "_"): d["payload"]})
    write(new, a_expect="".join(d["example"] + "\n" for d in lines))
    expect(run("test", new)[0], " 0 failed; ")
    os.mkdir(os.path.join(folder, "bad"))
    write(os.path.join(folder, "bad"), a_policy="rule x {")
    run("diff", old, os.path.join(folder, "bad"), code=3)
    run("diff", old, os.path.join(folder, "none.policy"), code=3)
    run("diff", old, code=2)
    write(new, a_policy=POLICY + 'rule v { allow = [workload.start]  to = [app]  where { link.key = x } }\n')
    expect(run("diff", old, new, code=4)[0], "not decided: conditions on: link.key")


TESTS = [
    shipped_policies_are_in_order_and_keep_their_promises,
    every_line_of_a_shipped_policy_that_grants_says_why,
    two_tenants_in_one_folder_cross_nothing,
    what_init_writes_can_be_tested_at_once,
    check_names_places_and_what_cannot_be_meant,
    test_says_what_was_expected_and_what_came,
    payloads_stand_beside_the_lines_that_name_them,
    templates_are_filled_in,
    explain_shows_each_rule_and_the_smallest_that_would_do,
    explain_takes_a_creds_file,
    what_bounds_a_rule_is_tested_and_explained,
    explain_finds_a_decision_by_its_id,
    diff_says_what_changes_with_lines_that_hold,
    mistakes_are_usage_errors,
]


def main():
    global PORTCULLIS
    PORTCULLIS = os.path.abspath(sys.argv[1])
    return checks.run(TESTS)


if __name__ == "__main__":
    sys.exit(main())
