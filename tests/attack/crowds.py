#!/usr/bin/python3
"""Crowds: thousands who stay and do nothing, and thousands who come and go. Memory and descriptors afterwards are
what they were, and whoever works is served meanwhile.

A small crowd in every test run; CROWD=10000 for the real one (raises the limit of open files as far as it may, and
skips when that is not enough: two descriptors here and two in the edge for each)."""
import json
import os
import resource
import selectors
import socket
import time

import stage
from portcullis_test import rawclient
from stage import Failed, Skip, until

CROWD = int(os.environ.get("CROWD", "400"))
AT_ONCE = 64
KB_EACH = 24  # resident in the edge for one idle connection, with both its sides; a sanitizer's allocator takes more


def room_for(n):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    need = 2 * n + 256
    if hard != resource.RLIM_INFINITY and hard < need:
        raise Skip(f"{n} connections need {need} open files, the limit is {hard}")
    if soft != resource.RLIM_INFINITY and soft < need:
        resource.setrlimit(resource.RLIMIT_NOFILE, (need, hard))


class Caller:
    """A login under way, without waiting for it."""

    def __init__(self, address, login):
        self.login = login
        self.said = b""
        self.socket = socket.socket()
        self.socket.setblocking(False)
        self.socket.connect_ex(address)
        self.greeted = False

    def hear(self):
        """Return: is it open? Raises when it is refused."""
        try:
            data = self.socket.recv(65536)
        except BlockingIOError:
            return False
        self.said += data
        if not data:
            raise Failed(f"closed while logging in: {self.said[:200]!r}")
        if not self.greeted and b"\r\n" in self.said:
            line, _, self.said = self.said.partition(b"\r\n")
            said = rawclient.connect_options(json.loads(line[5:]), self.login)
            self.socket.sendall(b"CONNECT " + json.dumps(said).encode() + b"\r\nPING\r\n")
            self.greeted = True
        if b"-ERR" in self.said:
            raise Failed(f"refused: {self.said!r}")
        return b"PONG\r\n" in self.said


def come(s, n, login, keep):
    """n logins, AT_ONCE of them under way. Returns the open ones."""
    address = (s.deployment.gateway.host, s.deployment.gateway.port)
    chosen = selectors.DefaultSelector()
    begun, opened = 0, []
    deadline = time.monotonic() + stage.PATIENCE_S + n / 20
    while len(opened) < n:
        while begun < n and len(chosen.get_map()) < AT_ONCE:
            caller = Caller(address, login)
            chosen.register(caller.socket, selectors.EVENT_READ, caller)
            begun += 1
        if time.monotonic() > deadline:
            raise Failed(f"{len(opened)} of {n} are in")
        for key, _ in chosen.select(1):
            if key.data.hear():
                chosen.unregister(key.data.socket)
                if not keep:
                    key.data.socket.close()
                opened.append(key.data)
    chosen.close()
    return opened


def books(s):
    return {r: s.resident_kb(r) for r in ("edge", "verifier", "signer", "dispatcher", "auditor")}


def leave(s, crowd):
    for c in crowd:
        c.socket.close()
    until(lambda: s.status()["connections"]["now"] == 1, "all of them are gone")
    until(lambda: sum(s.descriptors().values()) <= sum(s.before.values()), "their descriptors are gone")


def no_more_than(s, before, room_kb, what):
    grown = {r: v - before[r] for r, v in books(s).items()}
    if any(v > room_kb for v in grown.values()):
        raise Failed(f"{what}: grown by KiB {grown}")


def start(s, n):
    room_for(n)
    s.start()
    if s.status()["limits"]["reached"]["connections"] != 0:
        raise Failed("full before it began")
    return s.deployment.login("app")


def idle(s):
    """They stay: each costs so much and no more, and a second crowd costs what the first did."""
    login = start(s, CROWD)
    empty = books(s)
    crowd = come(s, CROWD, login, True)
    if s.status()["connections"]["now"] != CROWD + 1:
        raise Failed(s.status()["connections"])
    s.work()
    no_more_than(s, empty, s.room_kb() / 2 + CROWD * KB_EACH, "held")
    leave(s, crowd)
    after = books(s)
    crowd = come(s, CROWD, login, True)
    s.work()
    leave(s, crowd)
    no_more_than(s, after, s.room_kb() / 4, "after a second crowd")


def reconnecting(s):
    """They come and go and come again: nobody is refused, and nothing stays."""
    login = start(s, AT_ONCE)
    come(s, CROWD, login, False)
    leave(s, [])
    after = books(s)
    for _ in range(2):
        come(s, CROWD, login, False)
        s.work()
    leave(s, [])
    no_more_than(s, after, s.room_kb() / 4, "after two more")
    reached = {k: v for k, v in s.status()["limits"]["reached"].items() if v}
    if reached:
        raise Failed(f"somebody ran into {reached}")


def strangers(s):
    """They come, say nothing and go: a login goes through meanwhile, and nothing stays."""
    room_for(CROWD)
    s.start(limits={"max_preauth": max(CROWD // 4, 16), "auth_timeout": "1m"})
    address = (s.deployment.gateway.host, s.deployment.gateway.port)

    def wave():
        crowd = []
        for n in range(CROWD):
            c = socket.socket()
            c.setblocking(False)
            c.connect_ex(address)
            crowd.append(c)
            if n % (CROWD // 4) == 0:
                s.client("app").close()
        for c in crowd:
            c.close()
        until(lambda: s.status()["limits"]["preauth"] == 0, "all of them are gone")
        until(lambda: sum(s.descriptors().values()) <= sum(s.before.values()), "their descriptors are gone")

    wave()
    after = books(s)
    wave()
    wave()
    if s.reached("shed") == 0:
        raise Failed("nobody had to make room")
    no_more_than(s, after, s.room_kb() / 4, "after two more")


if __name__ == "__main__":
    stage.run([idle, reconnecting, strangers])
