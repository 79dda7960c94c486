#!/usr/bin/python3
"""The numbers of a host, in a file: what they say, that they are Prometheus' text, and where they are not written."""
import os
import re
import signal
import sys

import stage
from lives import child, echo, running
from portcullis_test import host
from stage import accepted, check, lattice

SAMPLE = re.compile(r'(portcullis_host_[a-z_]+)(?:\{((?:[a-z]+="(?:[^"\\]|\\.)*",?)+)\})? (\d+)')


def numbers(path):
    """{(name, label, ...): value}; each family is said once, head first. None: it is not there."""
    try:
        with open(path, encoding="ascii") as f:
            text = f.read()
    except FileNotFoundError:
        return None
    found, family, seen = {}, None, set()
    for line in text.splitlines():
        if line.startswith("# HELP "):
            family = line.split()[2]
            check(family not in seen, "twice", family)
            seen.add(family)
            continue
        if line.startswith("# TYPE "):
            check(line.split()[2] == family and line.split()[3] in ("gauge", "counter"), line)
            continue
        m = SAMPLE.fullmatch(line)
        check(m is not None and m.group(1) == family, line)
        labels = re.findall(r'[a-z]+="([^"]*)"', m.group(2) or "")
        key = (family.removeprefix("portcullis_host_"), *labels)
        check(key not in found, "twice", key)
        found[key] = int(m.group(3))
    return found


def until_so(path, **what):
    """Wait for all of these in one file; names and labels are told apart by two underscores."""
    wanted = {tuple(k.split("__")): v for k, v in what.items()}
    return host.until(lambda: (n := numbers(path)) and all(n.get(k, 0) >= v for k, v in wanted.items()) and n, str(wanted))


def what_runs_is_counted_and_the_file_goes_with_the_host():
    with lattice() as l:
        path = os.path.join(l.folder, "host.prom")
        h = l.host(conf=f'metrics {{ file = "{path}" }}')
        c = l.client()
        accepted(host.ask(c, f"cmd.{h.id}.la", {"actor_ref": l.actor("echo"), "host_id": h.id, "count": 2}))
        refused = host.ask(c, f"cmd.{h.id}.la", {"actor_ref": "file:///etc/passwd", "host_id": h.id})
        check(refused["accepted"] is False, refused)
        running(c, h, 2)
        accepted(host.ask(c, f"cmd.{h.id}.lp", {"provider_ref": "builtin:logging", "link_name": "default", "host_id": h.id}))
        check(echo(l, c, h, b"one")["msg"] == b"one")
        check(echo(l, c, h, b"", "fail").get("error"))
        os.kill(child(h, "runner"), signal.SIGKILL)
        me = l.key("echo")
        n = until_so(path, **{"calls_total__answered": 1, "calls_total__failed": 1, "artifacts_total__accepted": 1,
                              "artifacts_total__refused": 1, f"actor_restarts_total__{me}": 1,
                              f"actor_state__{me}__running": 1, f"instances__{me}__running": 2,
                              "connection_up__control": 1, "connection_up__rpc": 1})
        check(n["actor_wanted", me] == 2 and n["actor_queue", me] == 0 and n["calls_under_way", ] == 0, n)
        check(n["actor_state", me, "failed"] == 0, n)
        states = [k for k, v in n.items() if k[0] == "provider_state" and k[2] == "default" and k[3].endswith(":logging") and v]
        check(len(states) == 1, n)
        check(n["calls_total", "answered"] == 1 and n["calls_total", "failed"] == 1, n)
        check(os.stat(path).st_mode & 0o777 == 0o644 and not os.path.exists(path + ".new"))
        check(h.stop() == 0)
        check(not os.path.exists(path), "numbers of a host that is gone")


def a_link_in_the_way_leads_nowhere():
    with lattice() as l:
        path, victim = os.path.join(l.folder, "host.prom"), os.path.join(l.folder, "victim")
        with open(victim, "w", encoding="ascii") as f:
            f.write("mine")
        for at in (path, path + ".new"):
            os.symlink(victim, at)
        l.host(conf=f'metrics {{ file = "{path}" }}')
        host.until(lambda: not os.path.islink(path) and numbers(path), "numbers are written")
        with open(victim, encoding="ascii") as f:
            check(f.read() == "mine")


def what_cannot_be_written_is_said_once_and_tried_on():
    with lattice() as l:
        path = os.path.join(l.folder, "later", "host.prom")
        h = l.host(conf=f'metrics {{ file = "{path}" }}')
        h.wait_line(lambda x: "event=metrics_not_written" in x, 20)
        mark = h.mark()
        os.mkdir(os.path.dirname(path))
        h.wait_line(lambda x: "event=metrics_written" in x, 20, mark)
        check(not any("event=metrics_not_written" in x for x in h.lines[mark:]))
        check(numbers(path)["build_info", stage_version(l)] == 1)


def stage_version(l):
    with open(os.path.join(l.build, "CMakeCache.txt"), encoding="utf-8") as f:
        return re.search(r"^CMAKE_PROJECT_VERSION:STATIC=(.*)$", f.read(), re.M).group(1)


TESTS = [what_runs_is_counted_and_the_file_goes_with_the_host, a_link_in_the_way_leads_nowhere,
         what_cannot_be_written_is_said_once_and_tried_on]

if __name__ == "__main__":
    sys.exit(stage.main(TESTS, sys.argv))
