#!/usr/bin/python3
"""From one host to another without a failed request: start there, stop here."""
import http.client
import signal
import sys
import threading

import stage
from portcullis_test import host
from stage import accepted, check, lattice


class Load:
    """Requests one after the other, each on a connection of its own, until it is stopped."""

    def __init__(self, port, people=4):
        self.port = port
        self.stopping = threading.Event()
        self.good, self.bad = 0, []
        self.lock = threading.Lock()
        self.people = [threading.Thread(target=self._ask, daemon=True) for _ in range(people)]
        for p in self.people:
            p.start()

    def _ask(self):
        while not self.stopping.is_set():
            try:
                c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
                c.request("GET", "/load")
                answer = c.getresponse()
                body = answer.read()
                c.close()
                what = None if answer.status == 200 else (answer.status, body)
            except OSError as e:
                what = repr(e)
            with self.lock:
                if what is None:
                    self.good += 1
                else:
                    self.bad.append(what)

    def more(self, n=20):
        """Wait for so many more good ones."""
        at = self.good
        host.until(lambda: self.good > at + n or self.bad, "requests are answered")
        check(not self.bad, self.bad[:3])

    def stop(self):
        self.stopping.set()
        for p in self.people:
            p.join(stage.process.PATIENCE_S)


def equip(l, c, h):
    accepted(host.ask(c, f"cmd.{h.id}.la", {"actor_ref": l.actor("counter"), "host_id": h.id, "count": 2}))
    for kind in ("keyvalue", "httpserver"):
        accepted(host.ask(c, f"cmd.{h.id}.lp",
                          {"provider_ref": f"builtin:{kind}", "link_name": "default", "host_id": h.id}))


def serves(c, h):
    def all_run():
        inv = host.inventory(c, h)
        return len(inv["actors"]) == 1 and all(x["state"] == "running" for x in inv["actors"] + inv["providers"])

    host.until(all_run, "actor and providers run")


def begin(l):
    one = l.host("one")
    c = l.client("deployer")
    equip(l, c, one)
    keys = {p["contract_id"]: p["id"] for p in host.inventory(c, one)["providers"]}
    port = stage.server.free_port()
    for contract, values in (("wasmcloud:keyvalue", {}), ("wasmcloud:httpserver", {"address": f"127.0.0.1:{port}"})):
        accepted(host.ask(c, "linkdefs.put", {"actor_id": l.key("counter"), "provider_id": keys[contract],
                                              "link_name": "default", "contract_id": contract, "values": values}))
    one.wait_line(lambda x: "event=link_running" in x and f":{port}" in x, 20)
    serves(c, one)
    return one, c, port


def a_second_host_takes_over_without_a_failed_request():
    with lattice() as l:
        one, c, port = begin(l)
        load = Load(port)
        try:
            load.more()
            two = l.host("two")
            equip(l, c, two)
            serves(c, two)
            load.more()
            one.send_signal(signal.SIGTERM)
            check(one.wait_end() == 0, one.tail())
            load.more()
        finally:
            load.stop()
        check(not load.bad, len(load.bad), load.bad[:3])


def an_actor_moves_and_its_provider_asks_it_where_it_is():
    with lattice() as l:
        one, c, port = begin(l)
        load = Load(port)
        try:
            load.more()
            two = l.host("two")
            accepted(host.ask(c, f"cmd.{two.id}.la", {"actor_ref": l.actor("counter"), "host_id": two.id, "count": 2}))
            host.until(lambda: host.inventory(c, two)["actors"][0]["state"] == "running", "it runs there")
            accepted(host.ask(c, f"cmd.{one.id}.sa", {"actor_ref": l.key("counter"), "host_id": one.id, "count": 0}))
            host.until(lambda: host.inventory(c, one)["actors"] == [], "it is gone here")
            load.more()
        finally:
            load.stop()
        check(not load.bad, len(load.bad), load.bad[:3])


TESTS = [
    a_second_host_takes_over_without_a_failed_request,
    an_actor_moves_and_its_provider_asks_it_where_it_is,
]

if __name__ == "__main__":
    sys.exit(stage.main(TESTS, sys.argv))
