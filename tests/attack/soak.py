#!/usr/bin/python3
"""The same day again and again: clients come, log in, subscribe, publish, are refused, command, answer, break off and
leave; policies and accounts are read anew. Memory and descriptors of every process are where they were.

SOAK_CYCLES says how many clients there are (1000); scripts/soak goes on for a given time."""
import os
import signal
import time

import stage
from stage import COMMAND, Failed, bodies

CYCLES = int(os.environ.get("SOAK_CYCLES", "1000"))
SECONDS = float(os.environ.get("SOAK_SECONDS", "0"))
# what a process may grow by between two measurements: an allocator's whim, not a leak of each client
ROOM_KB = 2048
# the verifier's ring of challenges (gateway/proc/nonces.h) fills as clients come, and then is full: 22 bytes and a slot of 8
CHALLENGES, CHALLENGE = 131072, 30
FORBIDDEN = "wasmbus.ctl.default.cmd.NHOST.la"


def cycle(s, n, logins):
    role = ("app", "deployer")[n % 2]
    c = s.deployment.client(logins[n % len(logins)] if n % 3 else s.deployment.login(role))
    sid = c.subscribe(f"f.soak.{n % 50}")
    c.publish(f"f.soak.{n % 50}", b"x" * (n % 7 * 100))
    c.publish("f.never.x", b"no")
    c.next()
    c.unsubscribe(sid)
    if n % 10 == 0:
        c.publish(COMMAND if role == "deployer" else FORBIDDEN, bodies.start_provider(), "_INBOX.soak.1")
    if n % 5 == 0:
        c.raw.send(b"PUB f.soak.half 100\r\nhalf of")
    elif n % 7 == 0:
        c.raw.send(b"nonsense\r\n")
    else:
        c.barrier()
    c.close()
    s.deployment.clients.remove(c)
    if n % 20 == 0:
        r = s.raw()
        r.send(b"CONNECT {\"jwt\":\"")
        r.close()
        s.clients.remove(r)
    if n % 250 == 249:
        s.deployment.gateway.send_signal(signal.SIGHUP)


def lasting(s):
    """The processes that stay: compilers come and go."""
    return {role: pids for role, pids in s.roles().items() if role != "compiler"}


def measure(s):
    """{role: (KiB, descriptors)} once everybody has left."""
    s.alone()
    s.observer.barrier()
    s.observer.messages.clear()
    found = {}
    for role, pids in lasting(s).items():
        counts = [stage.count(p) for p in pids]
        found[role] = (s.resident_kb(role), sum(c for c in counts if c is not None))
    return found


def run_for(s, first, cycles, seconds, logins):
    begin, n = time.monotonic(), first
    while n - first < cycles or time.monotonic() - begin < seconds:
        cycle(s, n, logins)
        n += 1
        if n % 200 == 0:
            s.work()  # who never answers a PING is ended as stale, the bystander too
            s.observer.barrier()
            s.observer.messages.clear()
            del s.deployment.gateway.lines[:-50]
    return n


def the_same_day_again(s):
    """As many as SOAK_CYCLES say, measured after a warm-up that is a quarter of them."""
    s.start()
    pids = lasting(s)
    logins = [s.deployment.login(("deployer", "app")[i % 2]) for i in range(40)]
    n = run_for(s, 0, CYCLES // 4, SECONDS / 4, logins)
    before = measure(s)
    n = run_for(s, n, CYCLES, SECONDS, logins)
    after = measure(s)
    print(f"        {n} clients; KiB and descriptors: " + ", ".join(f"{r} {before[r]} {after[r]}" for r in sorted(after)))
    if lasting(s) != pids:
        raise Failed(f"before {pids}, now {lasting(s)}")
    room = ROOM_KB + (s.room_kb() - 64 * 1024)  # a sanitizer keeps back what was freed
    fills = {"verifier": min(CHALLENGES, 2 * n) * CHALLENGE // 1024}
    for role, (kb, fds) in after.items():
        if kb - before[role][0] > room + fills.get(role, 0) or fds > before[role][1]:
            raise Failed(f"{role} has grown from {before[role]} to {after[role]}")


if __name__ == "__main__":
    stage.run([the_same_day_again])
