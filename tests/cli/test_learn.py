#!/usr/bin/python3
"""`portcullis policy learn`: the least policy that allows what an audit log says was allowed."""
import json
import os
import random
import re
import subprocess
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(ROOT, "tests", "support"))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import auditlog  # noqa: E402
from portcullis_test import checks, natsjwt  # noqa: E402

PORTCULLIS = ""
ACME, OTHER = natsjwt.KeyPair("account"), natsjwt.KeyPair("account")
ANN, BOB, EVE = (natsjwt.KeyPair("user") for _ in range(3))
HOST = "NAAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCSXW"


def who(key=ANN, tags=("role:deployer",), account=ACME, name="ann"):
    return {"user": key.public, "account": account.public, "issuer": account.public, "name": name,
            "tags": list(tags), "source": "192.0.2.7"}


def command(verb, subject, payload="", lattice="acme", decision="allow", **more):
    return {**who(), "decision": decision, "rule": "x" if decision == "allow" else "none",
            "reason": "rule" if decision == "allow" else "no_rule", "verb": verb, "lattice": lattice,
            "subject": subject, "payload": payload, **more}


def scale(image="ours.example/shop/web:1", count=2, lattice="acme", host=HOST, body=None, **more):
    return command("actor.scale" if count else "actor.stop", f"wasmbus.ctl.v1.{lattice}.component.scale.{host}",
                   {"component_ref": image, "component_id": "web", "host_id": host, "count": count, **(body or {})},
                   lattice, image=image, **more)


def link(source, target, name="default", **more):
    return command("link.put", "wasmbus.ctl.v1.acme.link.put",
                   {"source_id": source, "target": target, "name": name, "wit_namespace": "wasi",
                    "wit_package": "keyvalue", "interfaces": ["store"], "source_config": [], "target_config": []}, **more)


def manifest(name, image, **more):
    return command("manifest.put", "wadm.api.acme.model.put",
                   f"apiVersion: core.oam.dev/v1beta1\nkind: Application\nmetadata:\n  name: {name}\n"
                   "  annotations: {version: v1}\nspec:\n  components:\n"
                   f"  - name: web\n    type: component\n    properties: {{image: {image}}}\n"
                   "    traits:\n    - type: spreadscaler\n      properties: {instances: 3}\n", **more)


def run(*args, code=0):
    done = subprocess.run([PORTCULLIS, "policy", *args], capture_output=True, text=True, timeout=300)
    assert done.returncode == code, f"{args}: exit {done.returncode}, not {code}\n{done.stdout}{done.stderr}"
    assert "Sanitizer" not in done.stderr, done.stderr
    return done.stdout, done.stderr


def learned(folder, records, *options, name="learned"):
    """Learn from these records; check what always has to hold. Returns the text of the policy."""
    log = auditlog.write(os.path.join(folder, name + "-log"), records)
    path = os.path.join(folder, name + ".policy")
    said = json.loads(run("learn", log, "-o", path, "--json", *options)[0])
    assert "warning" not in "".join(run("check", path))
    if said["promises_allow"] + said["promises_deny"] > 0:
        run("test", path)
    flips = json.loads(run("simulate", "-p", path, log, "--json", "--max-flips", "1000000")[0])
    not_learned = said["not_learned"]
    assert flips["allow_to_deny"] <= not_learned and flips["mismatches"] == 0, (flips, said)
    assert flips["deny_to_allow"] == 0, flips
    with open(path, encoding="ascii") as f:
        return f.read(), said, flips


def expects(folder, name="learned"):
    with open(os.path.join(folder, name + ".expect"), encoding="ascii") as f:
        return f.read()


def what_was_seen_is_allowed_and_nothing_beside_it(folder):
    text, said, flips = learned(folder, [
        scale(count=2), scale(count=7), scale("ours.example/shop/db:1"), scale("evil.example/x:1", 50, decision="deny"),
        command("host.list", "wasmbus.ctl.v1.acme.host.ping"), link("web", "kv"),
        manifest("shop", "ours.example/shop/web:1")])
    assert flips["flips"] == 0 and said["not_learned"] == 0 and said["learned"] == 6, (flips, said)
    for s in ('lattices = ["acme"]', 'tags = ["role:deployer"]', "count <= 7  # up to #3", "evil"):
        assert (s in text) == (s != "evil"), text
    assert '"ours.example/shop/db:1"  # 1 time, #4' in text and '"ours.example/shop/web:1"  # 2 times, first #2' in text, text
    assert "allowed data is not recorded" in text and "# 3 times, 2026-11-22T10:00:01Z to" in text, text
    lines = expects(folder)
    for field in ("image", "count", "link.source", "link.target", "application", "host"):
        assert f"-> deny reason=where field={field}\n" in lines, (field, lines)
    assert said["promises_allow"] >= 5 and said["promises_deny"] >= 6, said
    # one more than was ever seen
    more = auditlog.write(folder + "/more", [scale(count=8, decision="deny"), scale("ours.example/shop/new:1", decision="deny"),
                                             scale(lattice="other", decision="deny"),
                                             {**scale(decision="deny"), **who(EVE, ["role:observer"])},
                                             {**scale(decision="deny"), **who(account=OTHER)}])
    assert json.loads(run("simulate", "-p", folder + "/learned.policy", more, "--json")[0])["flips"] == 0


def the_same_log_gives_the_same_policy(folder):
    records = [scale(f"ours.example/shop/i{i % 5}:{i}", i % 4) for i in range(40)]
    one, two = learned(folder, records, name="a")[0], learned(folder, records, name="b")[0]
    assert one == two
    assert run("learn", folder + "/a-log")[0] == one
    run("learn", folder + "/a-log", "-o", folder + "/a.policy", code=1)


def many_values_under_one_path_become_a_prefix(folder):
    tags = [scale(f"ours.example/shop/web:{i}") for i in range(3)]
    assert '"ours.example/shop/web:*"  # 3 times' in learned(folder, tags, name="tags")[0]
    two = learned(folder, tags[:2], name="two")[0]
    assert "*" not in re.sub(r"#.*", "", two), two
    repos = [scale(f"ours.example/shop/{n}:1") for n in "abc"]
    assert '"ours.example/shop/*"  # 3 times' in learned(folder, repos, name="repos")[0]
    assert "shop/*" not in learned(folder, repos, "--min", "4", name="four")[0]
    # a registry alone, and Docker Hub's owners, are nobody's prefix
    apart = [scale(f"ours.example/{n}:1") for n in "abcd"] + [scale(f"docker.io/{n}/x:1") for n in "abcd"]
    assert "*" not in re.sub(r"#.*", "", learned(folder, apart, name="apart")[0])
    digests = [scale(f"ours.example/shop/web@sha256:{i:064x}") for i in range(4)]
    assert '"ours.example/shop/web@*"' in learned(folder, digests, name="digests")[0]


def names_are_listed_and_become_prefixes_when_they_are_many(folder):
    few = learned(folder, [link(f"shop-{i}", "kv") for i in range(20)], name="few")[0]
    assert '"shop-19"' in few and "shop-*" not in few, few
    many = learned(folder, [link(f"shop-{i}", "kv") for i in range(60)] + [link("web", "kv")], name="many")[0]
    assert '"shop-*"  # 60 times' in many and '"web"' in many, many
    wild = learned(folder, [link(f"{i:x}x", "kv") for i in range(300)], name="wild")[0]
    assert "# link.source: too much to list was seen, so it is not bound" in wild, wild


def roles_are_tags_or_users(folder):
    text = learned(folder, [scale(), {**scale(), **who(BOB, name="bob")}, {**scale(), **who(EVE, [])},
                            {**scale(), **who(EVE, ["role:a", "role:b"])}, {**scale(), **who(ANN, ["role:X y"])},
                            {**scale(), **who(ANN, account=OTHER)}, {**scale(), **who(ANN, ["role:none"])}])[0]
    assert text.count("role deployer {") == 1 and text.count("role deployer-2 {") == 1, text
    assert f'users = ["{EVE.public}"]' in text and f'users = ["{ANN.public}"]' in text and "none-1" in text, text
    assert BOB.public not in text, text


def lattices_are_kept_apart(folder):
    text = learned(folder, [scale(), scale(count=9, lattice="shop")])[0]
    assert 'lattices = ["acme", "shop"]' in text and 'lattice = "shop"' in text, text
    more = auditlog.write(folder + "/more", [scale(count=9, decision="deny")])
    assert json.loads(run("simulate", "-p", folder + "/learned.policy", more, "--json")[0])["flips"] == 0


def nothing_is_learned_from_what_was_denied_or_observed(folder):
    records = [scale(count=2), scale(count=99, decision="deny"), scale(count=50, would_deny=True)]
    text, said, _ = learned(folder, records)
    assert "count <= 2 " in text and said["not_learned"] == 1 and "--observed" in text, text
    assert "count <= 50 " in learned(folder, records, "--observed", name="observed")[0]
    log = auditlog.write(folder + "/denied", [scale(decision="deny")])
    assert "no allowed command" in run("learn", log, code=1)[1]


def strangers_write_no_policy(folder):
    nasty = ['x" } } rule all { allow = ["*"] to = ["*"] } #', "a\nrule all { allow = [read] to = [\"*\"] }", "${role}",
             "$${x}", "@LATTICE@", "\\", "\\x41", "none", "any", "own", "# not a comment", "ünï", "\u202eevil", "a b",
             "]", "[none]", "-> allow", "$", '"', "x" * 1000]
    records = [scale(body={"annotations": {n: "x"}}) for n in nasty]
    records += [{**scale(), "name": 'ann"\nrule all { allow = ["*"] to = ["*"] }\x1b[31m'}]
    text, said, flips = learned(folder, records)
    assert text.count("\nrule ") == 1 and "\x1b" not in text and text.isascii(), text
    assert said["learned"] + said["not_learned"] == len(records), said
    assert said["learned"] >= len(records) - 3 and flips["allow_to_deny"] == said["not_learned"], (said, flips)
    # a name that was never seen is not let in by any of them
    more = auditlog.write(folder + "/more", [scale(body={"annotations": {n: "x"}}, decision="deny") for n in
                                             ("x", "zzz", "deployer", "all", "A", "b", "default")])
    assert json.loads(run("simulate", "-p", folder + "/learned.policy", more, "--json")[0])["flips"] == 0


def a_star_in_a_value_does_not_become_a_glob(folder):
    text, said, flips = learned(folder, [link("web", "kv"), link("web", "*"), link("*", "kv"), link("web", "k*v")])
    assert said["learned"] == 1 and said["not_learned"] == 3 and flips["allow_to_deny"] == 3, (said, flips)
    assert "*" not in re.sub(r"(?m)#.*$", "", text), text
    assert "# Not learned: 3 times link.put by deployer with a link.source" in text or "link.target" in text, text


def what_cannot_be_read_is_not_learned(folder):
    gone = scale(size=99, sha256="0" * 64)
    del gone["payload"]
    text, said, _ = learned(folder, [scale(), gone, {**scale(), "account": "no key"},
                                     command("host.heartbeat", "wasmbus.ctl.acme.events", "{}")])
    assert said["learned"] == 1 and said["not_learned"] == 3, said
    assert "#   1 body not recorded whole" in text and "#   1 nobody a role could name" in text, text


def promises_hold_no_secrets(folder):
    put = command("link.put", "wasmbus.ctl.acme.linkdefs.put",
                  {"actor_id": "MA", "provider_id": "VP", "contract_id": "wasmcloud:keyvalue", "link_name": "default",
                   "values": {"URL": "redis://user:hunter2@db", "PASSWORD": "hunter3"}})
    _, said, flips = learned(folder, [put])
    assert said["learned"] == 1 and flips["flips"] == 0 and said["payloads"] >= 1, said
    for name in os.listdir(folder):
        if os.path.isfile(os.path.join(folder, name)):
            with open(os.path.join(folder, name), encoding="utf-8") as f:
                assert "hunter" not in f.read(), name


def any_log_gives_a_policy_that_keeps_it(folder):
    """The property: of what was learned nothing flips, whatever was in the log."""
    for seed in range(6):
        rnd = random.Random(seed)
        people = [who(rnd.choice([ANN, BOB, EVE]), rnd.choice([["role:a"], ["role:b"], [], ["role:a", "role:b"]]),
                      rnd.choice([ACME, OTHER])) for _ in range(4)]

        def image(rnd=rnd):
            return (f"{rnd.choice(['ours.example', 'ghcr.io', 'localhost:5000'])}/{rnd.choice(['a', 'a/b', 'c/d/e'])}/"
                    f"{rnd.choice(['x', 'y', 'z', 'w'])}{rnd.choice([':1', ':2', ':v3', '', '@sha256:' + '0' * 64])}")

        def one(rnd=rnd, image=image):
            kind = rnd.randrange(7)
            lattice = rnd.choice(["acme", "shop"])
            if kind <= 1:
                extra = rnd.choice([{}, {"annotations": {rnd.choice("abc"): "x"}}, {"config": [rnd.choice(["p", "q"])]},
                                    {"allow_update": True}])
                return scale(image(), rnd.randrange(5), lattice, rnd.choice([HOST, "NHOST"]), extra)
            if kind == 2:
                return link(rnd.choice("abcdefg"), rnd.choice(["kv", "k*", "é"]), rnd.choice(["default", "other"]))
            if kind == 3:
                return manifest(rnd.choice(["shop", "blog"]), image())
            if kind == 4:
                return command("actor.start", f"wasmbus.ctl.{lattice}.cmd.{HOST}.la",
                               {"actor_ref": image(), "host_id": HOST, "count": rnd.randrange(1, 9)}, lattice)
            if kind == 5:
                return command("config.put", f"wasmbus.ctl.v1.acme.config.put.{rnd.choice('xyz')}", {"k": "v"})
            return command("host.list", f"wasmbus.ctl.v1.{lattice}.host.ping", "", lattice)

        records = []
        for _ in range(120):
            record = {**one(), **rnd.choice(people)}
            if rnd.random() < 0.2:
                record["reply"] = "_INBOX.a.b"
            records.append(record)
        _, said, flips = learned(folder, records, name=f"seed{seed}")
        assert flips["allow_to_deny"] == said["not_learned"], (seed, said, flips)
        assert flips["undecidable"] == {} and said["learned"] > 60, (seed, said, flips)


def mistakes_are_usage_errors(folder):
    log = auditlog.write(folder + "/log", [scale()])
    run("learn", code=2)
    run("learn", log, "--min", "1", code=2)
    run("learn", log, "--min", "3x", code=2)
    run("learn", log, "-o", folder + "/x.txt", code=2)
    run("learn", log, "-o", folder + "/a b.policy", code=2)
    run("learn", log, "-o", folder + "/none/x.policy", code=1)
    run("learn", folder + "/nothing", code=4)


TESTS = [
    what_was_seen_is_allowed_and_nothing_beside_it,
    the_same_log_gives_the_same_policy,
    many_values_under_one_path_become_a_prefix,
    names_are_listed_and_become_prefixes_when_they_are_many,
    roles_are_tags_or_users,
    lattices_are_kept_apart,
    nothing_is_learned_from_what_was_denied_or_observed,
    strangers_write_no_policy,
    a_star_in_a_value_does_not_become_a_glob,
    what_cannot_be_read_is_not_learned,
    promises_hold_no_secrets,
    any_log_gives_a_policy_that_keeps_it,
    mistakes_are_usage_errors,
]


def main():
    global PORTCULLIS
    PORTCULLIS, auditlog.WRITER = (os.path.abspath(a) for a in sys.argv[1:3])
    return checks.run(TESTS)


if __name__ == "__main__":
    sys.exit(main())
