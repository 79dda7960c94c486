#!/usr/bin/python3
"""Whose users a host's processes are: each one's own where root's host can give them, one for all where it cannot, and said."""
import ctypes
import os
import sys

import stage
from portcullis_test import host, process
from stage import accepted, check, lattice

FIRST, LAST = 81920, 98303
PROVIDERS = FIRST + (LAST + 1 - FIRST) // 4 * 3
FEW = 65536
NEWUSER = 0x10000000


def children(h):
    """(role, pid, status) of each of its children; a zygote's forks are its children too."""
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/status", encoding="utf-8", errors="replace") as f:
                status = dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)
            with open(f"/proc/{name}/cmdline", "rb") as f:
                argv = f.read().decode("utf-8", "replace").split("\0")
        except OSError:
            continue
        if int(status["PPid"]) != h.pid or status["State"].startswith("Z"):
            continue
        yield argv[2] if argv[1:2] == ["--role"] else os.path.basename(argv[0]), int(name), status


def families(h):
    """{role: [(pid, uid, gid)]} of them. Nobody may be being born: of him one is changed before the other."""
    found = {}
    for role, pid, status in children(h):
        uids, gids = (set(status[k].split()) for k in ("Uid", "Gid"))
        check(len(uids) == 1 and uids == gids and not status["Groups"].strip(), f"{role}: {status}")
        found.setdefault(role, []).append((pid, int(uids.pop()), int(gids.pop())))
    return found


def runners(h):
    return sum(role == "runner" for role, _, _ in children(h))


def run(l, c, h, actors, providers=()):
    for name, count in actors:
        accepted(host.ask(c, f"cmd.{h.id}.la", {"actor_ref": l.actor(name), "host_id": h.id, "count": count}))
    for kind in providers:
        accepted(host.ask(c, f"cmd.{h.id}.lp", {"provider_ref": f"builtin:{kind}", "host_id": h.id, "link_name": "default"}))

    def all_run():
        shown = host.inventory(c, h)
        up = [i for a in shown["actors"] for i in a["instances"] if i["state"] == "running"]
        return len(up) == sum(n for _, n in actors) and len(shown["providers"]) == len(providers) and \
            all(p["state"] in ("running", "degraded") for p in shown["providers"])

    host.until(all_run, "all run")


def no_two_processes_of_two_hosts_are_the_same_user():
    if os.geteuid() != 0:
        return "skipped: only root's host gives its processes users"
    with lattice() as l:
        c, seen = l.client(), {}
        for name, fork, users in (("one", False, ""), ("two", True, "users = 98304-99327")):
            h = l.host(name, fork=fork, conf=f"walls {{ minimum = [own-user]  {users} }}")
            h.wait_line(lambda x: "event=own_users" in x, 20)
            run(l, c, h, (("echo", 3), ("counter", 2)), ("keyvalue", "logging"))
            found = families(h)
            check({"link", "portcullis-provider-keyvalue", "portcullis-provider-logging"} <= set(found), found)
            check(all("own-user" in x for x in h.lines if "event=actor_instance " in x), "the wall is said")
            shown = host.inventory(c, h)
            for part in (*shown["actors"], *shown["providers"]):
                check({"seccomp", "landlock", "user", "own-user"} <= set(part["walls"]), part)
            low, high = (FIRST, LAST) if not users else (98304, 99327)
            border = low + (high + 1 - low) // 4 * 3
            uids = [(role, uid) for role, kin in found.items() for _, uid, _ in kin]
            for role, uid in uids:
                span = (border, high) if "provider" in role else (low, border - 1)
                check(span[0] <= uid <= span[1], f"{role}: {uid}")
            # zygotes and what they forked are one user; there are two modules
            families_n = 2 if fork else 5
            check(len({uid for _, uid in uids}) == families_n + 3, uids)
            check(not {uid for _, uid in uids} & set(seen.values()), uids, seen)
            seen.update(dict(uids))
    return None


def a_user_is_used_again_when_its_process_is_gone():
    if os.geteuid() != 0:
        return "skipped: only root's host gives its processes users"
    with lattice() as l:
        c = l.client()
        # 192 for runners and the link; more instances than that, one after the other
        h = l.host(conf="walls { users = 98304-98559 }\nlimits { max_instances = 400 }")
        for _ in range(2):
            accepted(host.ask(c, f"cmd.{h.id}.la", {"actor_ref": l.actor("echo"), "host_id": h.id, "count": 110}))
            host.until(lambda: runners(h) == 110, "110 instances", 120)
            accepted(host.ask(c, f"cmd.{h.id}.sa", {"actor_ref": l.key("echo"), "count": 0, "host_id": h.id}))
            host.until(lambda: runners(h) == 0, "all are gone", 120)
        # the control run: at once there is none left for some, and they say so
        accepted(host.ask(c, f"cmd.{h.id}.la", {"actor_ref": l.actor("echo"), "host_id": h.id, "count": 195}))
        found = host.until(lambda: [i for a in host.inventory(c, h)["actors"] for i in a["instances"] if i["state"] == "failed"],
                           "some are not born", 120)
        check(any("Too many users" in i["reason"] for i in found), found)
        # one that is only just made is still who made it
        host.until(lambda: not [i for a in host.inventory(c, h)["actors"] for i in a["instances"] if i["state"] == "starting"],
                   "the others are born", 120)
        uids = [uid for kin in families(h).values() for _, uid, _ in kin]
        check(len(uids) == len(set(uids)) <= 192, len(uids))
    return None


def what_a_provider_kept_as_another_user_is_its_own_again():
    if os.geteuid() != 0:
        return "skipped: only root's host gives its processes users"
    with lattice() as l:
        c = l.client()
        h = l.host()
        run(l, c, h, (), ("keyvalue",))
        folder = [p for p in os.listdir(os.path.join(l.folder, "host-one", "state")) if p.endswith("-default")]
        folder = os.path.join(l.folder, "host-one", "state", folder[0])
        mine = families(h)["portcullis-provider-keyvalue"][0][1]
        check(os.stat(folder).st_uid == mine, "the folder is its user's")
        check(h.stop(host.STOP_S) == 0)
        l.hosts.clear()
        for path in (folder, *(os.path.join(folder, p) for p in os.listdir(folder))):
            os.chown(path, 61234, 61234)
        strange, other = os.path.join(folder, "strange"), os.path.join(folder, "other")
        with open(strange, "wb"):
            os.chown(strange, 0, 0)
        os.symlink("/etc/passwd", other)
        h = l.host()
        run(l, l.client(), h, (), ("keyvalue",))
        now = families(h)["portcullis-provider-keyvalue"][0][1]
        check(now == mine, "chosen by host, key and link name", now, mine)
        left = {p: os.lstat(os.path.join(folder, p)).st_uid for p in os.listdir(folder)}
        check(left.pop("strange") == 0 and os.stat("/etc/passwd").st_uid == 0, left)
        left.pop("other")
        check("store.db" in left and set(left.values()) == {mine}, left)
    return None


# ---- a container that knows few users ----

def few(argv):
    """Become @argv as root of a namespace that knows 65536 users."""
    pid, ours, theirs = os.getpid(), os.pipe(), os.pipe()
    if os.fork() == 0:
        os.read(ours[0], 1)
        for which in ("uid_map", "gid_map"):
            with open(f"/proc/{pid}/{which}", "w", encoding="ascii") as f:
                f.write(f"0 0 {FEW}\n")
        os.write(theirs[1], b"x")
        os._exit(0)
    if ctypes.CDLL(None, use_errno=True).unshare(NEWUSER) != 0:
        sys.exit("unshare failed")
    os.write(ours[1], b"x")
    os.read(theirs[0], 1)
    os.wait()
    os.execv(argv[0], argv)


def start_few(l, name, conf=""):
    folder = os.path.join(l.folder, f"host-{name}")
    l.write_host(folder, name, conf, {})
    binary = os.path.join(l.build, "bin", "portcullis-host")
    h = host.Host(sys.executable, [os.path.abspath(__file__), "--few", binary, "-c", os.path.join(folder, "host.conf")], folder)
    l.hosts.append(h)
    return h


def where_few_users_are_known_all_runners_share_one_and_that_is_said():
    if os.geteuid() != 0:
        return "skipped: only root can make such a namespace"
    with lattice() as l:
        c = l.client()
        h = start_few(l, "few")
        line = h.wait_line(lambda x: "event=shared_user" in x, 20)
        check("WRN" in line or "level=warn" in line, line)
        run(l, c, h, (("echo", 2),), ("logging",))
        found = families(h)
        check({uid for _, uid, _ in found["runner"]} == {65534}, found)
        check(61184 <= found["portcullis-provider-logging"][0][1] <= 65279, found)
        lines = [x for x in h.lines if "event=actor_instance " in x]
        check(lines and not any("own-user" in x for x in lines), lines)
        shown = host.inventory(c, h)
        for part in (*shown["actors"], *shown["providers"]):
            check("seccomp" in part["walls"] and "own-user" not in part["walls"], part)
        # who demands it gets none
        h = start_few(l, "strict", "walls { minimum = [own-user] }")
        accepted(host.ask(c, f"cmd.{h.id}.la", {"actor_ref": l.actor("echo"), "host_id": h.id, "count": 1}))
        reason = host.until(lambda: [i["reason"] for a in host.inventory(c, h)["actors"] for i in a["instances"]
                                     if i["state"] == "failed"], "it is not born")
        check("own-user is demanded" in reason[0], reason)
    return None


TESTS = [
    no_two_processes_of_two_hosts_are_the_same_user,
    a_user_is_used_again_when_its_process_is_gone,
    what_a_provider_kept_as_another_user_is_its_own_again,
    where_few_users_are_known_all_runners_share_one_and_that_is_said,
]

if __name__ == "__main__":
    if sys.argv[1:2] == ["--few"]:
        few(sys.argv[2:])
    sys.exit(stage.main(TESTS, sys.argv))
