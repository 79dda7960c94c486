#!/usr/bin/python3
"""What a schema calls a secret reaches no disk and no log: every dialect, readable or not, and answers."""
import hashlib
import os

import stage
from stage import Failed, until

M = "M" + "BA" * 27 + "A"
V = "V" + "BA" * 27 + "A"
MARK = "hunter2"


def planted(n):
    return f"{MARK}-{n}-s3cr3t"


def packed(*pairs):
    """A message-pack map of short texts; a dict becomes a map in it."""
    out = bytes([0x80 | len(pairs)])
    for key, value in pairs:
        out += bytes([0xA0 | len(key)]) + key.encode()
        out += packed(*value.items()) if isinstance(value, dict) else bytes([0xD9, len(value)]) + value.encode()
    return out


LINK = '{"actor_id":"%s","provider_id":"%s","link_name":"default","contract_id":"a:b","values":{"URL":"redis://u:%s@h"}}'

# (subject, body with a place for the secret, how many commitments there are at least)
TOLD = [
    ("wasmbus.ctl.default.linkdefs.put", LINK % (M, V, "@@"), 1),
    ("wasmbus.ctl.default.cmd.NHOST.lp", '{"provider_ref":"r.dev/p:1","link_name":"default","configuration":"@@"}', 1),
    ("wasmbus.ctl.default.registries.put", '{"ghcr.io":{"registryType":"oci","username":"me@@","password":"@@"}}', 2),
    (f"wasmbus.ctl.default.config.put.{M}.url", "raw bytes @@", 1),
    ("wasmbus.ctl.v1.default.registry.put", '{"ghcr.io":{"registryType":"oci","token":"@@"}}', 1),
    ("wasmbus.ctl.v1.default.config.put.web", '{"greeting":"@@","other":"x@@"}', 2),
    (
        "runtime.host.h1.workload.start",
        '{"workloadId":"w-1","workload":{"namespace":"default","name":"hello","witWorld":{"components":[{"image":'
        '"ghcr.io/a/b:1","name":"hello","localResources":{"config":{"k":"c@@"},"environment":{"TOKEN":"e@@"}},'
        '"poolSize":4,"imagePullSecret":{"username":"u@@","password":"@@"}}],"hostInterfaces":[{"namespace":"wasi",'
        '"package":"http","version":"0.2.0","interfaces":["incoming-handler"],"config":{"host":"h@@"}}]}}}',
        5,
    ),
    (
        "wadm.api.default.model.put",
        "apiVersion: core.oam.dev/v1beta1\nkind: Application\nmetadata:\n  name: shop\n  annotations:\n    version: v1\n"
        "spec:\n  components:\n  - name: web\n    type: component\n    properties:\n      image: ghcr.io/acme/web:1.0\n"
        "      config:\n      - name: defaults\n        properties:\n          greeting: '@@'\n          other: p@@\n",
        2,
    ),
    (
        "wadm.api.default.model.put",
        '{"apiVersion":"core.oam.dev/v1beta1","kind":"Application","metadata":{"name":"vaulted","annotations":{"version":'
        '"v1"}},"spec":{"policies":[{"name":"v","type":"policy.secret.wasmcloud.dev/v1alpha1","properties":{"backend":'
        '"vault","token":"@@"}}],"components":[]}}',
        2,
    ),
    ("$KV.CONFIGDATA_default.addr", '{"address":"@@"}', 1),
    (f"$KV.CONFIGDATA_default.{M}_url", "raw @@", 1),
    ("$KV.LATTICEDATA_default.LINKDEF_" + hashlib.sha256(f"{M}a:bdefault".encode()).hexdigest().upper(), LINK % (M, V, "@@"), 1),
]

KEEPERS = """
lattices = ["default", "runtime"]
role keeper { account = <ACME>  tags = ["role:keeper"] }
rule keepers {
  allow = [link.put, provider.start, registry.put, config.put, workload.start, manifest.put, state.write]
  to    = [keeper]
}
"""

# what cannot be read in one way is not kept at all
UNREADABLE = [
    ("wasmbus.ctl.default.registries.put", '{"ghcr.io":{"registryType":"oci","password":"@@"'),
    ("wasmbus.ctl.v1.default.config.put.web", '{"a":"@@","a":"@@"}'),
    ("wasmbus.ctl.v1.default.registry.put", '{"me:@@@ghcr.io":{"registryType":"oci"}}'),
    ("wasmbus.ctl.default.cmd.NHOST.la", '{"actor_ref":"me:@@@r.dev/p:1","count":1}'),
    ("wasmbus.ctl.default.cmd.NHOST.la", '{"actor_ref":"oci://r.dev/p:1?token=@@","count":1}'),
    ("wasmbus.ctl.default.linkdefs.put", "not JSON, @@"),
    ("wadm.api.default.model.put", "a: *b\n@@: 1\n"),
    ("wasmbus.ctl.default.cmd.NHOST.lp", '{"provider_ref":"r.dev/p:1","link_name":"d","confguration":"@@"}'),
]


def found_in(folder):
    """Files that hold what was planted, as it is or in hexadecimal or reversed base64 nobody would write."""
    found = []
    for base, _, names in os.walk(folder):
        for name in names:
            with open(os.path.join(base, name), "rb") as f:
                text = f.read()
            if MARK.encode() in text or MARK.encode().hex().encode() in text:
                found.append(os.path.join(base, name))
    return found


def commands(s):
    return [r for r in s.deployment.audit_records() if r["kind"] == "command"]


def clean(s):
    d = s.deployment
    found = found_in(d.path("audit")) + found_in(d.path("log"))
    if found:
        raise Failed(f"secrets in {found}")
    said = [line for line in d.gateway.lines if MARK in line]
    if said:
        raise Failed(f"secrets in the log: {said}")


def schemas_of_every_dialect(s):
    """Commitments stand where secrets stood, in each command of each dialect that can carry one."""
    s.start(policies={"keepers.policy": KEEPERS})
    before = len(commands(s))
    # twice: the same secret gives the same commitment
    for role in ("keeper", "keeper"):
        for n, (subject, text, _) in enumerate(TOLD):
            s.allowed.add(subject)
            c = s.client(role)
            c.publish(subject, text.replace("@@", planted(n)).encode())
            c.barrier()
        c = s.client(role)
        c.publish("wasmbus.rpc.default.links", packed(("actor_id", M), ("provider_id", V), ("link_name", "default"),
                  ("contract_id", "a:b"), ("values", {"URL": planted("packed")})))
        c.barrier()
    s.allowed.add("wasmbus.rpc.default.links")
    until(lambda: len(commands(s)) == before + 2 * (len(TOLD) + 1), "all records")
    clean(s)
    written = commands(s)[before:]
    for r in written:
        wanted = [n for subject, _, n in TOLD if subject == r["subject"]] or [1]
        if r.get("secrets", 0) < wanted[0] or "\u2039secret:" not in r.get("body", ""):
            raise Failed(f"{wanted[0]} commitments expected: {r}")
    by = {}
    for r in written:
        by.setdefault((r["subject"], r["size"]), set()).add(r["body"])
    if any(len(texts) != 1 for texts in by.values()):
        raise Failed(f"the same body is recorded in two ways: {by}")


def bodies_that_cannot_be_read(s):
    """Size and hash, and nothing of it."""
    s.start()
    before = len(commands(s))
    c = s.client("deployer")
    for n, (subject, text) in enumerate(UNREADABLE):
        c.publish(subject, text.replace("@@", planted(n)).encode())
    c.barrier()
    until(lambda: len(commands(s)) == before + len(UNREADABLE), "all records")
    clean(s)
    for r in commands(s)[before:]:
        if r["decision"] != "deny" or "body" in r or r["size"] == 0 or len(r["sha256"]) != 64:
            raise Failed(f"not as it should be: {r}")


def tokens_anywhere(s):
    """A seed, a JWT and the user part of a URL, where no schema looks for them."""
    s.start()
    token, pair = s.deployment.login("app")
    before = len(commands(s))
    c = s.client("deployer")
    s.allowed.add("wasmbus.ctl.default.cmd.NHOST.lp")
    c.publish("wasmbus.ctl.default.cmd.NHOST.lp", stage.bodies.start_provider(
        a=token, b=pair.seed, c=f"https://u:{planted(1)}@h/x"))
    c.barrier()
    until(lambda: len(commands(s)) == before + 1, "its record")
    clean(s)
    body = commands(s)[-1]["body"]
    if pair.seed in body or token.rpartition(".")[2] in body or "\u2039jwt:iss=" not in body:
        raise Failed(f"kept: {body}")


def answers_too(s):
    """What a host says went wrong is kept without the tokens in it."""
    s.start()
    s.allowed.add("wasmbus.ctl.default.cmd.NHOST.lp")
    host = s.deployment.direct()
    s.clients.append(host)
    host.subscribe("wasmbus.ctl.default.cmd.NHOST.lp")
    host.barrier()
    c = s.client("deployer")
    c.subscribe("_INBOX.a.*")
    c.publish("wasmbus.ctl.default.cmd.NHOST.lp", stage.bodies.start_provider(), "_INBOX.a.1")
    asked = host.next()
    host.publish(asked.reply, ('{"accepted":false,"error":"pull from https://u:%s@r.dev failed"}' % planted(2)).encode())
    host.barrier()
    s.allowed.add(asked.reply)
    c.next()
    c.close()

    def outcome():
        return [r for r in s.deployment.audit_records() if r["kind"] == "outcome" and r.get("success") == "no"]

    r = until(outcome, "the outcome")[0]
    if not r["error"].startswith("pull from https://\u2039secret:") or r["answers"] != 1 or r["first_us"] == 0:
        raise Failed(f"the outcome is {r}")
    clean(s)


if __name__ == "__main__":
    stage.run([schemas_of_every_dialect, bodies_that_cannot_be_read, tokens_anywhere, answers_too])
