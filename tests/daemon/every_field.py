#!/usr/bin/python3
"""Each kind of record and each member that docs/AUDIT.md names is written by a gate at work, and no other."""
import json
import os
import re
import signal
import subprocess
import sys
import time

import certificates
import stage
from stage import bodies, check, until

DOC = os.path.join(stage.HERE, "..", "..", "docs", "AUDIT.md")
# no test sets the clock of the machine it runs on: unit/gateway/proc has that one
NOT_HERE = {"clock"}
M = "M" + "BA" * 27 + "A"
V = "V" + "BA" * 27 + "A"
CTL = "wasmbus.ctl.default."
POLICY = certificates.POLICY + """
role watched { account = <ACME>  tags = ["role:watched"] }
role poller  { account = <ACME>  tags = ["role:poller"] }
role keeper  { account = <ACME>  tags = ["role:keeper"] }
rule polled {
  allow  = [host.list]
  to     = [poller]
  sample = "1 in 2"
}
rule looked-at {
  publish = [o.>]
  allow   = [provider.stop]
  to      = [watched]
  mode    = observe
}
rule keepers {
  allow = [deploy, link.put, config.put, manifest.put]
  to    = [keeper]
}
"""


def tables():
    """({kind}, {member}) of the page."""
    with open(DOC, encoding="utf-8") as f:
        text = f.read()
    part = text[text.index("Every record begins with"):text.index("## Outcomes")]
    head, kinds, members = re.split(r"^\| ---.*$", part, flags=re.M)[1:4]

    def words(table):
        return {w for row in re.findall(r"^\| (`[^|]*) \|", table, re.M) for w in re.findall(r"`(\w+)`", row)}

    return words(kinds), words(head) | words(members)


def command(c, subject, body, reply=""):
    c.publish(subject, body.encode() if isinstance(body, str) else body, reply)
    c.barrier()


def commands(d, host):
    """Of each dialect something, so that each member has something to say."""
    keeper = d.client(d.login("keeper", jti="ID-OF-KIM", name="Kim"), tls=certificates.showing(d, d.ca.sign("k")))
    keeper.subscribe("_INBOX.a.*")
    host.subscribe(CTL + "cmd.NHOST.la")
    host.barrier()
    image = "r.dev:5000/shop/web:1.0@sha256:" + "ab" * 32
    command(keeper, CTL + "cmd.NHOST.la", json.dumps({"actor_ref": image, "count": 2, "annotations": {"pad": "x" * 14000}}), "_INBOX.a.1")
    asked = host.next()
    host.publish(asked.reply, b'{"accepted":false,"error":"no room"}')
    host.barrier()
    keeper.next()
    command(keeper, CTL + "linkdefs.put", json.dumps({"actor_id": M, "provider_id": V, "link_name": "default", "contract_id": "a:b",
                                                      "values": {"URL": "redis://h"}}))
    command(keeper, CTL + "auction.actor", json.dumps({"actor_ref": "r.dev/a:1", "constraints": {"zone": "east"}}))
    command(keeper, "wasmbus.ctl.v1.default.provider.start.NHOST", json.dumps(
        {"provider_ref": "r.dev/p:1", "provider_id": "p", "host_id": "NHOST", "config": ["one"]}))
    command(keeper, "wadm.api.default.model.put", json.dumps(
        {"apiVersion": "core.oam.dev/v1beta1", "kind": "Application", "metadata": {"name": "shop", "annotations": {"version": "v1"}},
         "spec": {"components": [
             {"name": n, "type": kind, "properties": {"image": f"r.dev/{n}:1"},
              "traits": [{"type": "daemonscaler", "properties": {"instances": 1}}]} for n, kind in (("a", "component"), ("b", "capability"))]}}))
    command(keeper, "wasmbus.ctl.v1.default.config.put.web", '{"greeting":"hello"}')
    command(keeper, CTL + "cmd.NHOST.lp", '{"provider_ref":"r.dev/p:1","link_name":"d","confguration":"x"}')
    keeper.close()
    poller = d.client(d.login("poller"), tls=certificates.showing(d, d.ca.sign("p")))
    for _ in range(64):  # each is drawn: that none of them is on record has a chance of one in 2^64
        command(poller, CTL + "ping.hosts", "")
    watched = d.client(d.login("watched"), tls=certificates.showing(d, d.ca.sign("w")))
    command(watched, CTL + "cmd.NHOST.sp", '{"provider_ref":"%s","link_name":"default"}' % V)


def denials(d):
    app = d.client(d.login("app"), tls=certificates.showing(d, d.ca.sign("d")))
    app.subscribe("secret.>", "workers")
    app.publish("f.x", b"", "secret.reply")
    head = b"NATS/1.0\r\nNats-Rollup: all\r\nnats-rollup: sub\r\n\r\n"
    app.raw.send(b"HPUB f.x %d %d\r\n%s\r\n" % (len(head), len(head), head))
    for _ in range(200):
        app.publish("secret.x", b"")
    app.barrier()
    app.close()


def crash(d):
    """Killed with a command under way; what is there at the end is half a line."""
    d.gateway.send_signal(signal.SIGKILL)
    d.gateway.wait_end()
    folder = d.path("audit")
    with open(os.path.join(folder, max(n for n in os.listdir(folder) if n.endswith(".jsonl"))), "ab") as f:
        f.write(b'{"v":2,"seq":')
    d.start_gateway(stage.BUILD)


def tool(d, *args):
    subprocess.run([os.path.join(stage.BUILD, "bin", "portcullis"), *args], cwd=d.folder, check=True, capture_output=True, timeout=stage.WAIT_S)


def every_kind_and_member_is_written_and_documented():
    kinds, members = tables()
    check(len(kinds) > 15 and len(members) > 70, kinds, members)
    with certificates.gate(policy=POLICY, start=False) as d:
        # retention takes whatever is no more written to
        d.sections.append("audit_log {\n  keep_age = 1s\n}")
        seen_kinds, seen = set(), {}

        def look():
            for r in d.audit_records():
                seen_kinds.add(r["kind"])
                for m in r:
                    seen.setdefault(m, r["kind"])

        def wait(*wanted):
            until(lambda: look() or set(wanted) <= seen_kinds, " ".join(wanted))

        d.start_gateway(stage.BUILD)
        host = d.direct()
        certificates.client(d, d.ca.sign("h1", names="DNS:h1.hosts.example")).barrier()
        commands(d, host)
        denials(d)
        wait("command", "outcome", "denial", "close", "summary", "checkpoint")
        tool(d, "audit", "query", "--what", "denial")
        tool(d, "reload")
        crash(d)
        wait("gap", "read", "reload")
        until(lambda: look() or "of" in seen and "error" in seen, "an outcome that is not known")
        tool(d, "audit", "rotate")
        wait("key", "admin")
        # retention looks when a segment begins, and takes what has been left for a second
        began = time.monotonic()
        until(lambda: time.monotonic() > began + 1.5, "the first segment is old")
        tool(d, "audit", "rotate")
        wait("removed")
        d.gateway.send_signal(signal.SIGTERM)
        check(d.gateway.wait_end() == 0)
        wait("stop")
        check(kinds - NOT_HERE == seen_kinds, "kinds of no record:", kinds - NOT_HERE - seen_kinds, "not in the page:", seen_kinds - kinds)
        check(members == set(seen), "members of no record:", members - set(seen), "not in the page:", set(seen) - members)
        d.start_gateway(stage.BUILD)


if __name__ == "__main__":
    sys.exit(stage.main([every_kind_and_member_is_written_and_documented], sys.argv))
