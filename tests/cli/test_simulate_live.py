#!/usr/bin/python3
"""A gate's own audit log, decided again: the policy in force says what was recorded, another one flips what it
should, and a policy learned from it takes the place of the one it was learned under."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from test_deployment import Running  # noqa: E402
from portcullis_test import bodies, checks  # noqa: E402


def policy(g, *args, code=0):
    done = subprocess.run([g.tool, "policy", *args, "--json"], capture_output=True, text=True, timeout=300)
    assert done.returncode == code, f"{args}: exit {done.returncode}, not {code}\n{done.stdout}{done.stderr}"
    return json.loads(done.stdout)


def refused(client, subject, payload=b""):
    client.publish(subject, payload)
    assert "Permissions Violation" in client.next_error()


def link(source, secret):
    return json.dumps({"actor_id": source, "provider_id": "VP", "contract_id": "wasmcloud:keyvalue",
                       "link_name": "default", "values": {"URL": f"redis://{secret}@db"}}).encode()


def work(g):
    """Commands and refusals of every kind, all of them carried out before this returns."""
    host_id = g.said["lattices"][0]["host"]
    command = f"wasmbus.ctl.default.cmd.{host_id}."
    host = g.client("creds/host.creds")
    host.subscribe(f"wasmbus.ctl.default.cmd.{host_id}.*")
    host.barrier()
    deployer, observer = g.client("creds/deployer.creds"), g.client("creds/observer.creds")
    for i in range(3):
        deployer.publish(command + "lp", bodies.start_provider(by=f"deployer{i}"))
        assert host.next().payload == bodies.start_provider(by=f"deployer{i}")
    deployer.publish(command + "la", bodies.start_actor())
    assert host.next().payload == bodies.start_actor()
    deployer.publish("wasmbus.ctl.default.linkdefs.put", link("MA", "hunter2"))
    deployer.publish(command + "la", b'{"actor_ref":"a","actor_ref":"b"}')
    assert "Permissions Violation" in deployer.next_error()
    refused(observer, command + "lp", b"{}")
    refused(observer, "orders.new")
    observer.subscribe("orders.>")
    assert "Permissions Violation" in observer.next_error()
    observer.publish("wasmbus.ctl.default.ping.hosts")
    for c in (host, deployer, observer):
        c.barrier()
        c.close()


def the_policy_in_force_says_what_was_recorded(g):
    said = policy(g, "simulate", "-p", os.path.join(g.path, "policies"), os.path.join(g.path, "audit"))
    assert (said["flips"], said["mismatches"]) == (0, 0), said
    assert said["same_policy"] >= 6 and said["commands"] >= 6 and said["denials"] >= 2, said
    assert sum(said["undecidable"].values()) <= 1, said
    out = os.path.join(g.path, "..", "exported")
    g.run("audit", "export", "--dir", g.path, "--out", out)
    again = policy(g, "simulate", "-p", os.path.join(g.path, "policies"), out)
    assert (again["flips"], again["mismatches"]) == (0, 0) and again["commands"] >= said["commands"], again


def another_policy_flips_what_it_denies(g):
    other = shutil.copytree(os.path.join(g.path, "policies"), os.path.join(g.path, "..", "other"))
    with open(os.path.join(other, "no-native.policy"), "w", encoding="ascii") as f:
        f.write('lattices = ["default"]\nrule no-native { deny = [provider.start]  to = ["*"] }\n')
    said = policy(g, "simulate", "-p", other, os.path.join(g.path, "audit"), code=1)
    assert (said["allow_to_deny"], said["deny_to_allow"], len(said["groups"])) == (3, 0, 1), said
    group = said["groups"][0]
    assert group["rule"] == "no-native" and group["count"] == 3 and group["first"]["verb"] == "provider.start", group


def what_is_learned_takes_the_place_of_what_allowed_it(g):
    path = os.path.join(g.path, "..", "learned.policy")
    said = policy(g, "learn", os.path.join(g.path, "audit"), "-o", path)
    assert said["not_learned"] == 0 and said["learned"] >= 6 and said["promises_deny"] > 3, said
    assert policy(g, "test", path)["failed"] == 0
    flips = policy(g, "simulate", "-p", path, os.path.join(g.path, "audit"))
    assert (flips["allow_to_deny"], flips["deny_to_allow"]) == (0, 0), flips
    for name in os.listdir(os.path.dirname(path)):
        if name.startswith("learned"):
            with open(os.path.join(os.path.dirname(path), name), encoding="utf-8") as f:
                assert "hunter2" not in f.read(), name


def a_gate_with_the_learned_policy_lets_the_same_through(g):
    """In force, with its promises, beside the rules for data of the policy before."""
    policies = os.path.join(g.path, "policies")
    for name in os.listdir(policies):
        if name.endswith(".expect"):
            os.unlink(os.path.join(policies, name))
        elif name.endswith(".policy"):
            with open(os.path.join(policies, name), encoding="utf-8") as f:
                text = f.read()
            with open(os.path.join(policies, name), "w", encoding="utf-8") as f:
                f.write(re.sub(r"(?ms)^rule default-(deployer-commands|observer-reads) \{.*?^\}\n", "", text))
    for name in os.listdir(os.path.join(g.path, "..")):
        if name.startswith("learned"):
            shutil.copy(os.path.join(g.path, "..", name), policies)
    g.stop_gate()
    g.start_gate()
    host_id = g.said["lattices"][0]["host"]
    host = g.client("creds/host.creds")
    host.subscribe(f"wasmbus.ctl.default.cmd.{host_id}.*")
    host.barrier()
    deployer = g.client("creds/deployer.creds")
    deployer.publish(f"wasmbus.ctl.default.cmd.{host_id}.lp", bodies.start_provider(by="deployer1"))
    assert host.next().payload == bodies.start_provider(by="deployer1")
    refused(deployer, f"wasmbus.ctl.default.cmd.{host_id}.lp", bodies.start_provider(never="seen"))
    host.nothing()
    for c in (host, deployer):
        c.close()


TESTS = [
    the_policy_in_force_says_what_was_recorded,
    another_policy_flips_what_it_denies,
    what_is_learned_takes_the_place_of_what_allowed_it,
    a_gate_with_the_learned_policy_lets_the_same_through,
]


def main():
    with tempfile.TemporaryDirectory() as folder:
        g = Running(folder, os.path.abspath(sys.argv[1]))
        work(g)
        g.stop_gate()
        g.start_gate()
        code = checks.run(TESTS, g, tail=lambda: g.gate.tail())
        g.stop()
    return code


if __name__ == "__main__":
    sys.exit(main())
