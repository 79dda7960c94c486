#!/usr/bin/python3
"""What hurt those who tried a lattice in 2021, one test for each: most are reviewed where the thing itself is
tested (ELSEWHERE), the rest is here. All through `portcullis ctl`, curl's protocol and signals, as a person meets it."""
import importlib
import json
import os
import re
import shlex
import shutil
import signal
import socket
import sys
import urllib.error
import urllib.request

import stage
from ctl import Tool
from link import memory_of
from portcullis_test import host, msgpack, natsjwt, rpc
from stage import check, lattice

KEY = re.compile(r"\b[NMVA][A-Z2-7]{55}\b")
# the cut, and the test that is named after it
ELSEWHERE = {
    "a second provider's panic was in a log alone": "control.a_port_in_use_is_a_state_one_can_see",
    "whoever links is told": "ctl.a_failure_is_told_with_its_reason_and_not_only_acknowledged",
    "moving to another host meant an outage": "move.a_second_host_takes_over_without_a_failed_request",
    "actors could not be moved": "move.an_actor_moves_and_its_provider_asks_it_where_it_is",
    "the unit of scale was the host": "control.instances_are_scaled_inside_one_host",
    "a host connected without a password": "command_line.nobody_is_anonymous_unasked",
    "the tool took no creds for the control plane": "ctl.a_denial_names_rule_and_decision_and_what_to_do",
    "who breaks a sandbox speaks to localhost:4222": "demo.the_demo_shows_what_it_promises_and_leaves_it_running_when_asked",
    "creds are revoked while it runs": "lives.revoked_creds_are_told_and_it_keeps_trying",
    "files were looked for where one stood": "apply.paths_are_relative_to_the_manifest_and_not_to_where_one_stands",
    "ids were pasted into manifests": "apply.ids_are_never_typed_but_read_and_pinned",
    "links were lost with the host": "lives.links_are_known_to_a_host_that_comes_later_and_after_a_restart",
}


def each_cut_tested_elsewhere_is_tested_there():
    for cut, where in ELSEWHERE.items():
        module, name = where.split(".")
        tests = importlib.import_module(module).TESTS
        check(name in [t.__name__ for t in tests], f"{cut}: no test {where}")


def get(address, path="/visits"):
    with urllib.request.urlopen(f"http://{address}{path}", timeout=stage.process.PATIENCE_S) as r:
        return r.read()


def count(address):
    return json.loads(get(address))["count"]


def counts_beyond(address, before):
    """In the end it answers again, and has forgotten nothing."""
    def more():
        try:
            found = count(address)
        except (OSError, ValueError):
            return None
        check(found > before, f"it counted {before} and now {found}")
        return found

    return host.until(more, f"the counter counts beyond {before}", 40)


def serving(l, t, actors, providers):
    """The counter on one host, its providers on another or the same; where it listens."""
    t.run("start", "actor", l.actor("counter"), "--host", actors.id)
    for kind in ("keyvalue", "httpserver"):
        t.run("start", "provider", f"builtin:{kind}", "--host", providers.id)
    t.run("link", "counter", "keyvalue", "wasmcloud:keyvalue")
    mark = providers.mark()
    t.run("link", "counter", "httpserver", "wasmcloud:httpserver", "ADDRESS=127.0.0.1:0")
    line = providers.wait_line(lambda x: "event=link_running" in x and "127.0.0.1:" in x, 20, mark)
    return line.split('address="')[1].split('"')[0]


# ---- failures one can see ----

def a_taken_port_is_told_to_who_links_and_heals_when_it_is_free():
    with lattice() as l, socket.create_server(("127.0.0.1", 0)) as taken:
        l.host()
        t, port = Tool(l, "deployer"), taken.getsockname()[1]
        t.run("start", "actor", l.actor("counter"))
        for kind in ("keyvalue", "httpserver"):
            t.run("start", "provider", f"builtin:{kind}")
        t.run("link", "counter", "keyvalue", "wasmcloud:keyvalue")
        said = t.run("link", "counter", "httpserver", "wasmcloud:httpserver", f"PORT={port}", code=1)
        check("in use" in said and "tried again at" in said, said)
        shown = t.run("get", "inventory")
        check("degraded" in shown and "in use" in shown, shown)
        taken.close()
        counts_beyond(f"127.0.0.1:{port}", 0)
        host.until(lambda: "degraded" not in t.run("get", "inventory"), "and says so")


def a_provider_that_does_not_start_is_never_silent():
    """A host whose programs are not all there; the missing one is put in its place later."""
    with lattice() as l:
        programs = os.path.join(l.folder, "bin")
        os.mkdir(programs)
        real = os.path.join(stage.BUILD, "bin")
        for name in ("portcullis-host", "portcullis-runner"):
            if os.path.exists(os.path.join(real, name)):
                shutil.copy(os.path.join(real, name), programs)
        l.build, built = l.folder, l.build
        os.symlink(os.path.join(built, "actors"), os.path.join(l.folder, "actors"))
        h, t, events = l.host(), Tool(l, "deployer"), l.client("observer")
        events.subscribe("wasmbus.evt.default.*")
        events.barrier()
        said = t.run("start", "provider", "builtin:keyvalue", code=1)
        check("failed" in said and "tries again at" in said, said)
        types = []
        while not any("provider" in x and "failed" in x for x in types):
            types.append(json.loads(events.next().payload)["type"])
        found = host.inventory(l.client("observer"), h)["providers"][0]
        check(found["state"] == "failed" and found["reason"] and found["since"] and found["next_retry"], found)
        shutil.copy(os.path.join(real, "portcullis-provider-keyvalue"), programs)
        host.until(lambda: host.inventory(l.clients[-1], h)["providers"][0]["state"] == "running", "it heals", 40)


def logging_needs_no_link():
    """It was an error then, for one line of an actor's beginning. The host writes it where nobody else is linked."""
    with lattice() as l:
        h, t = l.host(), Tool(l, "deployer")
        address = todo(l, h, t)
        t.run("link", "todo", "keyvalue", "wasmcloud:keyvalue")
        mark = h.mark()
        with urllib.request.urlopen(f"http://{address}/todos", b"sweep", timeout=stage.process.PATIENCE_S) as r:
            check(r.status == 201, r.status)
        h.wait_line(lambda x: "event=actor_log" in x and "added sweep" in x, 20, mark)
        check(not any("event=actor_denied" in x for x in h.lines[mark:]), "it was denied")


def todo(l, h, t):
    """The list of things to do behind HTTP, its store not linked yet; where it listens."""
    t.run("start", "actor", l.actor("todo"))
    for kind in ("keyvalue", "httpserver"):
        t.run("start", "provider", f"builtin:{kind}")
    mark = h.mark()
    t.run("link", "todo", "httpserver", "wasmcloud:httpserver", "ADDRESS=127.0.0.1:0")
    line = h.wait_line(lambda x: "event=link_running" in x and "127.0.0.1:" in x, 20, mark)
    return line.split('address="')[1].split('"')[0]


def a_missing_link_names_contract_and_the_command_that_mends_it():
    """The command is taken from what the lattice is told, and typed as it stands."""
    with lattice() as l:
        h, t, events = l.host(), Tool(l, "deployer"), l.client("observer")
        address = todo(l, h, t)
        events.subscribe("wasmbus.evt.default.actor_denied")
        events.barrier()
        try:
            get(address, "/todos")
            check(False, "it had a list without a store")
        except urllib.error.HTTPError as e:
            check(e.code == 502, e.code)
        said = events.next().payload.decode()
        # a line of the log is cut where it is long, but not before the command ends
        line = h.wait_line(lambda x: "event=actor_denied" in x, 20)
        check("wasmcloud:keyvalue would make it" in line, line)
        command = re.search(r"portcullis ctl (link [NMV][A-Z2-7]{55} V[A-Z2-7]{55} wasmcloud:keyvalue)\b", said)
        check(command, f"no command in {said}")
        t.run(*shlex.split(command.group(1)))
        check(json.loads(get(address, "/todos")) == [], "its list")


def ids_of_actors_and_providers_are_never_typed():
    typed = []
    with lattice() as l:
        h, t = l.host(), Tool(l, "admin")
        run = t.run

        def noted(*words, **more):
            typed.extend(words)
            return run(*words, **more)

        t.run = noted
        t.run("start", "actor", l.actor("counter"), "--host", "one")
        for kind in ("keyvalue", "httpserver"):
            t.run("start", "provider", f"builtin:{kind}", "--host", "one")
        t.run("link", "counter", "keyvalue", "wasmcloud:keyvalue")
        mark = h.mark()
        t.run("link", "counter", "httpserver", "wasmcloud:httpserver", "ADDRESS=127.0.0.1:0")
        line = h.wait_line(lambda x: "event=link_running" in x and "127.0.0.1:" in x, 20, mark)
        check(count(line.split('address="')[1].split('"')[0]) == 1)
        t.run("scale", "counter", "3")
        t.run("call", "counter", "Actor.HealthRequest", "--cluster-key", t.cluster)
        t.run("unlink", "counter", "wasmcloud:httpserver")
        t.run("stop", "actor", "counter")
        t.run("stop", "provider", "httpserver")
        check(not [w for w in typed if KEY.search(w)], typed)


# ---- logins ----

def control_and_calls_go_where_each_was_told_to_with_a_login_of_its_own():
    """One host of the time used RPC_HOST for both. Each login here may do one of the two things and not the other."""
    with lattice() as l:
        g = l.gate
        check(g.gateway.stop() == 0)
        g.listen = ["127.0.0.1:0", "127.0.0.2:0"]
        g.start_gateway(stage.BUILD)
        (chost, cport), (rhost, rport) = g.gateway.wait_ready(2)
        folder = os.path.join(l.folder, "host-one")
        l.write_host(folder, "one", "", {})
        with open(os.path.join(folder, "host.nk"), encoding="ascii") as f:
            me = natsjwt.KeyPair.from_seed(f.read().strip()).public
        calls, inbox = "wasmbus.rpc.default.>", "_INBOX.>"
        commands = ["wasmbus.ctl.>", "wasmbus.evt.default", "wasmbus.evt.default.>", inbox]
        for which, subjects in (("control", commands), ("rpc", [calls, inbox])):
            user = natsjwt.KeyPair("user")
            token = natsjwt.mint_user(g.accounts["ACME"].key, user.public, f"mine-{which}", ["role:host", f"host:{me}"],
                                      perms=natsjwt.permissions(pub=subjects, sub=subjects))
            natsjwt.write_creds(os.path.join(folder, f"{which}.creds"), token, user.seed)
        with open(os.path.join(folder, "host.conf"), encoding="utf-8") as f:
            kept = [x for x in f if not x.startswith(("control {", "rpc {"))]
        with open(os.path.join(folder, "host.conf"), "w", encoding="utf-8") as f:
            f.writelines(kept)
        env = dict(os.environ, CONTROL_HOST=chost, CONTROL_PORT=str(cport), RPC_HOST=rhost, RPC_PORT=str(rport),
                   CONTROL_CREDS=os.path.join(folder, "control.creds"), RPC_CREDS=os.path.join(folder, "rpc.creds"))
        h = l.host("one", env=env)
        for which, where, port in (("control", chost, cport), ("rpc", rhost, rport)):
            h.wait_line(lambda x, w=(f"connection={which} ", f'server="{where}"', f"port={port}"):
                        "event=link_up" in x and all(s in x + " " for s in w), 20)
            g.gateway.wait_line(lambda x, w=which: "event=conn_open" in x and f'user="mine-{w}"' in x)
        t = Tool(l, "admin")
        t.run("start", "actor", l.actor("echo"))
        said = t.run("call", "echo", "echo", "--raw", "--data", "both", "--cluster-key", t.cluster)
        check("both" in said, said)


def children(h):
    """{program: [pids]} of what a host started."""
    found = {}
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat", encoding="ascii", errors="replace") as f:
                fields = f.read().rpartition(")")[2].split()
            with open(f"/proc/{name}/cmdline", "rb") as f:
                argv = f.read().decode("utf-8", "replace").split("\0")
        except OSError:
            continue
        if int(fields[1]) == h.pid and fields[0] != "Z":
            role = argv[2] if argv[1:2] == ["--role"] else os.path.basename(argv[0])
            found.setdefault(role, []).append(int(name))
    return found


def no_login_of_the_control_plane_is_in_a_provider_or_an_actor():
    if os.geteuid() != 0:
        return "skipped: only root may look into a process that is not dumpable"
    with lattice() as l:
        h, t = l.host(), Tool(l, "deployer")
        serving(l, t, h, h)
        folder = os.path.join(l.folder, "host-one")
        secrets = []
        for which in ("control", "rpc"):
            token, pair = natsjwt.read_creds(os.path.join(folder, f"{which}.creds"))
            secrets += [token.encode(), pair.seed.encode(), pair.raw_seed]
        secrets += [l.cluster.seed.encode(), l.cluster.raw_seed]
        found = children(h)
        guests = [(role, pid) for role, pids in found.items() for pid in pids if role != "link"]
        check(len(guests) == 3, found)
        for role, pid in guests:
            memory = memory_of(pid)
            check(len(memory) > 1 << 16, f"{role}: its memory was not read")
            check(not any(s in memory for s in secrets), f"{role} has a login or a key")
            with open(f"/proc/{pid}/environ", "rb") as f:
                check(f.read() == b"", f"{role} has an environment")
        # the control run: who has them
        check(all(s in memory_of(h.pid) for s in secrets[2::3]), "the parent's memory was not read")
    return None


def a_deployers_login_is_of_no_use_to_an_actor():
    """Links name logins that lie in one folder: nobody else's can be named, and one that is put there commands nothing."""
    with lattice() as l:
        h, t = l.host(conf='providers { connect = ["127.0.0.1:*"] }'), Tool(l, "deployer")
        c = l.client("admin")
        t.run("start", "actor", l.actor("attacker"))
        t.run("start", "provider", "builtin:messaging")
        where = "URI=nats://%s:%d" % l.address()
        for name in ("control", "../control", "../../deployer", t.creds):
            said = t.run("link", "attacker", "messaging", "wasmcloud:messaging", where, f"CREDS={name}", code=1)
            check("names none" in said or "CREDS" in said, said)
        os.makedirs(os.path.join(l.folder, "host-one", "state", "creds"), mode=0o700, exist_ok=True)
        shutil.copy(t.creds, os.path.join(l.folder, "host-one", "state", "creds", "deployer.creds"))
        t.run("link", "attacker", "messaging", "wasmcloud:messaging", where, "CREDS=deployer")
        keys = {p["contract_id"]: p["id"] for p in host.inventory(c, h)["providers"]}
        to = rpc.entity(keys["wasmcloud:messaging"], "wasmcloud:messaging", "default")
        command = json.dumps({"host_id": h.id, "provider_ref": "builtin:keyvalue", "link_name": "default"}).encode()
        message = msgpack.dump({"subject": f"{host.CTL}cmd.{h.id}.lp", "replyTo": None, "body": command})
        asked = rpc.invocation(l.cluster, rpc.entity(l.key("attacker")), to, "Messaging.Publish", message, h.id)
        answer = rpc.unpack(c.request(rpc.subject(to), asked).payload)
        check(answer.get("error"), answer)
        check(len(host.inventory(c, h)["providers"]) == 1, "it started a provider")


def what_links_reach_is_this_machine_alone_unless_its_owner_says_more():
    """Who may put links chooses addresses: of the network's, and of what listens beside the host."""
    wide = 'providers { listen = ["0.0.0.0:*"]  connect = ["127.0.0.1:1"] }'
    asked = (("keyvalue", "wasmcloud:keyvalue", "URL=redis://127.0.0.1:1"), ("httpserver", "wasmcloud:httpserver", "ADDRESS=0.0.0.0:0"))
    with lattice() as l:
        l.host("one")
        t = Tool(l, "deployer")
        t.run("start", "actor", l.actor("counter"))
        for (kind, contract, value), word in zip(asked, ("connect", "listen")):
            t.run("start", "provider", f"builtin:{kind}")
            said = t.run("link", "counter", kind, contract, value, code=1)
            check(f"without providers {{ {word} = [HOST:PORT] }} in host.conf" in said, said)
        t.run("link", "counter", "httpserver", "wasmcloud:httpserver", "ADDRESS=127.0.0.1:0")
        t.run("unlink", "counter", "wasmcloud:httpserver")
    # the control run: where the owner says so they have both, and a Redis that is not there is another failure
    with lattice() as l:
        l.host("one", conf=wide)
        t = Tool(l, "deployer")
        t.run("start", "actor", l.actor("counter"))
        for kind, contract, value in asked:
            t.run("start", "provider", f"builtin:{kind}")
            said = t.run("link", "counter", kind, contract, value, code=1 if kind == "keyvalue" else 0)
            check("host.conf" not in said and ("refused" in said or "linked, running" in said), said)


# ---- kill -9 ----

def any_process_of_a_host_may_be_killed_and_the_counter_counts():
    with lattice() as l:
        one, two, t = l.host("one"), l.host("two"), Tool(l, "deployer")
        address = serving(l, t, one, two)
        at = counts_beyond(address, 0)
        for h, role in ((one, "link"), (two, "link"), (one, "runner"), (two, "portcullis-provider-keyvalue"),
                        (two, "portcullis-provider-httpserver")):
            pids = children(h).get(role)
            check(pids, f"no {role} in {children(h)}")
            for pid in pids:
                os.kill(pid, signal.SIGKILL)
            host.until(lambda: not set(pids) & set(children(h).get(role, [])), f"{role} ends")
            at = counts_beyond(address, at)
            check(children(h).get(role), f"{role} was not replaced")


def any_process_of_the_gate_may_be_killed_and_the_counter_counts():
    with lattice(leaf_port=stage.server.free_port()) as l:
        one, two, t = l.host("one"), l.host("two"), Tool(l, "deployer")
        address = serving(l, t, one, two)
        at = counts_beyond(address, 0)
        for role in ("edge", "verifier", "signer", "dispatcher", "auditor"):
            pid = next(p["pid"] for p in l.gate.status()["processes"] if p["role"] == role)
            mark = l.gate.gateway.mark()
            os.kill(pid, signal.SIGKILL)
            l.gate.gateway.wait_event("child_replaced", f"child={role}", since=mark)
            at = counts_beyond(address, at)
        # and the leaf, at once and on its old port
        port = l.gate.leaf.port
        l.gate.leaf.kill()
        l.gate.start_leaf(port=port)
        counts_beyond(address, at)


TESTS = [
    each_cut_tested_elsewhere_is_tested_there,
    a_taken_port_is_told_to_who_links_and_heals_when_it_is_free,
    a_provider_that_does_not_start_is_never_silent,
    logging_needs_no_link,
    a_missing_link_names_contract_and_the_command_that_mends_it,
    ids_of_actors_and_providers_are_never_typed,
    control_and_calls_go_where_each_was_told_to_with_a_login_of_its_own,
    no_login_of_the_control_plane_is_in_a_provider_or_an_actor,
    a_deployers_login_is_of_no_use_to_an_actor,
    what_links_reach_is_this_machine_alone_unless_its_owner_says_more,
    any_process_of_a_host_may_be_killed_and_the_counter_counts,
    any_process_of_the_gate_may_be_killed_and_the_counter_counts,
]

if __name__ == "__main__":
    sys.exit(stage.main(TESTS, sys.argv))
