#!/usr/bin/python3
"""The control interface of a host behind a gate, as tools of 0.5x to 0.8x speak it."""
import sys
import urllib.request

import stage
from portcullis_test import host
from stage import accepted, check, lattice


def a_host_answers_pings_inventory_and_questions():
    with lattice() as l:
        h = l.host(argv=["--label", "zone=a"])
        c = l.client("observer")
        ping = host.ask(c, "ping.hosts")
        check(ping["id"] == h.id and ping["friendly_name"] == "one" and ping["labels"]["zone"] == "a", ping)
        inv = host.inventory(c, h)
        check(inv["host_id"] == h.id and inv["actors"] == [] and inv["providers"] == [], inv)
        check(host.ask(c, "get.links")["links"] == [], "links")
        check(host.ask(c, "get.claims")["claims"] == [], "claims")


def counter_counts_over_http():
    with lattice() as l:
        h = l.host()
        c = l.client("deployer")
        actor = l.key("counter")
        accepted(host.ask(c, f"cmd.{h.id}.la", {"actor_ref": l.actor("counter"), "host_id": h.id, "count": 2}))
        accepted(host.ask(c, f"cmd.{h.id}.lp", {"provider_ref": "builtin:httpserver", "link_name": "default", "host_id": h.id}))
        accepted(host.ask(c, f"cmd.{h.id}.lp", {"provider_ref": "builtin:keyvalue", "link_name": "default", "host_id": h.id}))
        inv = host.inventory(c, h)
        keys = {p["contract_id"]: p["id"] for p in inv["providers"]}
        for contract, values in (("wasmcloud:httpserver", {"address": "127.0.0.1:0"}), ("wasmcloud:keyvalue", {})):
            accepted(host.ask(c, "linkdefs.put", {"actor_id": actor, "provider_id": keys[contract], "link_name": "default",
                                                  "contract_id": contract, "values": values}))
        line = h.wait_line(lambda x: "event=link_running" in x and "127.0.0.1:" in x, 20)
        address = line.split('address="')[1].split('"')[0]
        for n in (1, 2, 3):
            with urllib.request.urlopen(f"http://{address}/a", timeout=10) as r:
                body = r.read()
            check(b'"count":%d' % n in body, body)


TESTS = [
    a_host_answers_pings_inventory_and_questions,
    counter_counts_over_http,
]

if __name__ == "__main__":
    sys.exit(stage.main(TESTS, sys.argv))
