#!/usr/bin/python3
"""The walls of the running processes: what `portcullis status --walls` says of each, beside what the kernel says in
/proc and what it answers when it is asked here; who they become; what refuses to start; and that nothing turns one off.

--as self, user or box: who holds the tests. A box is a container without namespaces (tests/probe/boxed)."""
import ctypes
import glob
import json
import os
import pwd
import re
import socket
import subprocess
import sys

import stage
from portcullis_test import process
from stage import check, deployment, gateway, running, server, until

WALLS = ["census", "limits", "user", "capabilities", "no-dump", "no-new-privs", "mdwe", "landlock", "landlock-net",
         "landlock-scope", "seccomp"]
FLOOR = {"census", "limits", "no-new-privs", "landlock", "seccomp"}
ROLES = {"auditor", "signer", "dispatcher", "verifier", "edge", "metrics", "shipper"}
# these two keep the user of the folder they write in
WRITERS = ("auditor", "shipper")
CAP_SETUID = 1 << 7
SYS_LANDLOCK_CREATE_RULESET, LANDLOCK_VERSION = 444, 1
SET_MDWE, MDWE_REFUSE_EXEC_GAIN = 65, 1
# all that the two programs ask of their environment: the service manager's words, and how to print. None is about a wall.
VARIABLES = {
    "portcullis-gateway": {"LISTEN_FDNAMES", "LISTEN_PID", "LISTEN_FDS", "WATCHDOG_PID", "WATCHDOG_USEC", "NOTIFY_SOCKET"},
    "portcullis": {"NO_COLOR", "TERM", "NATS_URL", "NATS_CREDS", "WASMCLOUD_LATTICE", "PATH"},
}
# the host takes its settings from variables as well: those of one table, which it is handed in one place
HOST_VARIABLES = {"XDG_STATE_HOME", "HOME", "NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC"}
# ${NAME} in a manifest that somebody applies: text of that manifest, in the tool alone
MANIFEST_FILLS_IN = os.path.join("gateway", "cli", "apply_files.c")
HOST_HANDS_OVER = "host/main.c"
OPTIONS = {"config", "test", "debug", "trace", "log", "pid", "signal", "version", "help"}


# ---- what the kernel says ----


def status_of(pid):
    """/proc/PID/status as {name: words}."""
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as f:
        return {k: v.split() for k, _, v in (line.partition(":") for line in f)}


def limits_of(pid):
    """/proc/PID/limits as {name: (soft, hard)}."""
    with open(f"/proc/{pid}/limits", encoding="ascii") as f:
        rows = [re.split(r"\s{2,}", line.strip()) for line in f.readlines()[1:]]
    return {row[0]: (row[1], row[2]) for row in rows}


def asked(question):
    """What a process of its own is answered: question() in 0..255. What it takes on ends with it."""
    pid = os.fork()
    if pid == 0:
        os._exit(question())
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


LIBC = ctypes.CDLL(None, use_errno=True)


def landlock_abi():
    return asked(lambda: max(0, LIBC.syscall(SYS_LANDLOCK_CREATE_RULESET, None, ctypes.c_size_t(0), LANDLOCK_VERSION)))


def has_mdwe():
    return asked(lambda: 1 if LIBC.prctl(SET_MDWE, MDWE_REFUSE_EXEC_GAIN, 0, 0, 0) == 0 else 0) == 1


def can_change_user():
    return os.geteuid() == 0 and int(status_of("self")["CapEff"][0], 16) & CAP_SETUID != 0


def expected(uid):
    """The walls this kernel gives a child that is user @uid."""
    abi, here = landlock_abi(), set(WALLS)
    for wall, is_there in (("user", uid != 0), ("mdwe", has_mdwe()), ("landlock", abi >= 1),
                           ("landlock-net", abi >= 4), ("landlock-scope", abi >= 6)):
        if not is_there:
            here.discard(wall)
    return here


# ---- what the gate says ----


def tool(d, *words):
    argv = [os.path.join(stage.BUILD, "bin", "portcullis"), *words, "-c", d.path("gateway.conf")]
    return subprocess.run(argv, capture_output=True, text=True, timeout=300, check=False)


def told(d):
    """[(role, entry)] of `status --json`, the parent first."""
    said = json.loads(tool(d, "status", "--json").stdout)
    return [("parent", said)] + [(p["role"], p) for p in said["processes"]]


def table(d):
    """`status --walls` as [(role, {row: word})], columns in their order."""
    done = tool(d, "status", "--walls")
    check(done.returncode == 0 and done.stderr == "", done.returncode, done.stderr)
    head, *rows = done.stdout.splitlines()
    columns = [(role, {}) for role in head.split()]
    for row in rows:
        name, words = row[:15].strip(), row[15:].split()
        check(len(words) == len(columns), f"{name}: {words} for {head}")
        for (_, column), word in zip(columns, words):
            column[name] = word
    return columns


def whole(**changes):
    """A gate with a process in every role."""
    sections = ['metrics { listen = "127.0.0.1:0" }', "sink keep { type = file dir = elsewhere }"]
    return deployment(sections=sections + changes.pop("sections", []), **changes)


def start(d):
    os.makedirs(d.path("elsewhere"), exist_ok=True)
    d.start_leaf()
    d.start_gateway(stage.BUILD)
    until(lambda: {r for r, p in told(d) if p.get("walls")} == ROLES | {"parent"}, "all are locked in")


def agrees_with_the_kernel(role, entry, parent):
    """What one child says of itself, and what the kernel knows of it."""
    kernel, limits = status_of(entry["pid"]), limits_of(entry["pid"])
    says = set(entry["walls"])
    check(says == expected(entry["uid"]), role, "says", sorted(says), "not", sorted(expected(entry["uid"])))
    check(FLOOR <= says, role, says)
    check(kernel["Seccomp"] == ["2"] and kernel["NoNewPrivs"] == ["1"], role, kernel["Seccomp"], kernel["NoNewPrivs"])
    # a filter of its own, on top of what it was born with
    filters = [int(k["Seccomp_filters"][0]) for k in (kernel, status_of(parent))]
    check(filters[0] == filters[1] + 1, role, "filters:", filters)
    for caps in ("CapEff", "CapPrm", "CapInh", "CapAmb"):
        check(int(kernel[caps][0], 16) == 0, role, caps, kernel[caps])
    check(os.geteuid() != 0 or int(kernel["CapBnd"][0], 16) == 0, role, "CapBnd", kernel["CapBnd"])
    check(kernel["Uid"] == [str(entry["uid"])] * 4, role, kernel["Uid"], entry["uid"])
    check(limits["Max core file size"] == ("0", "0") and limits["Max msgqueue size"] == ("0", "0"), role, limits)
    check(role == "shipper" or limits["Max processes"] == ("0", "0"), role, limits["Max processes"])
    few = role in ("edge", "dispatcher") or int(limits["Max open files"][1]) <= 512
    check(few, role, limits["Max open files"])
    check(entry["landlock_abi"] == landlock_abi(), role, entry["landlock_abi"], landlock_abi())
    if entry["uid"] != 0 and os.geteuid() != 0:
        # the kernel gives the files of who cannot be dumped to root
        check(os.stat(f"/proc/{entry['pid']}/maps").st_uid == 0, role, "is dumpable")


def the_table_the_json_and_the_kernel_say_the_same():
    with whole() as d:
        start(d)
        entries, columns = told(d), table(d)
        check([r for r, _ in entries] == [r for r, _ in columns], entries, columns)
        check({r for r, _ in entries} == ROLES | {"parent"}, [r for r, _ in entries])
        for (role, entry), (_, column) in zip(entries, columns):
            check(list(column) == WALLS + ["uid", "landlock abi"], column)
            shown = {w for w in WALLS if column[w] == "yes"}
            check(shown == set(entry["walls"]), role, shown, entry["walls"])
            check({column[w] for w in WALLS} <= {"yes", "-"}, column)
            check(column["uid"] == str(entry["uid"]) and column["landlock abi"] == str(entry["landlock_abi"]), column)
            if role != "parent":
                agrees_with_the_kernel(role, entry, d.gateway.pid)
                check(entry["pid"] in stage.children(d)[role], role, entry["pid"])


def the_parent_has_what_it_says_and_no_more():
    """It starts, opens and dials for the others: no filter, no Landlock, and it says so."""
    with running() as d:
        parent, kernel = told(d)[0][1], status_of(d.gateway.pid)
        says = set(parent["walls"])
        check({"limits", "no-dump", "no-new-privs"} <= says and not says & {"census", "landlock", "seccomp"}, says)
        check(kernel["NoNewPrivs"] == ["1"] and kernel["Seccomp_filters"] == status_of("self")["Seccomp_filters"], kernel)
        caps = int(kernel["CapEff"][0], 16)
        check(("capabilities" in says) == (caps == 0), says, hex(caps))
        check(("mdwe" in says) == has_mdwe(), says)
        check(("user" in says) == (os.geteuid() != 0), says)
        # as root: DAC_OVERRIDE, DAC_READ_SEARCH, KILL, SETGID, SETUID, SETPCAP, NET_BIND_SERVICE
        check(caps & ~0x5E6 == 0, hex(caps))


def a_process_that_takes_the_place_of_another_has_the_same_walls():
    with running() as d:
        before = {r: (p["walls"], p["uid"]) for r, p in told(d)}
        old = stage.children(d)["edge"]
        os.kill(old[0], 9)
        until(lambda: stage.children(d).get("edge", old) != old, "another edge")
        until(lambda: dict(told(d))["edge"].get("walls"), "it is locked in")
        edge = dict(told(d))["edge"]
        check((edge["walls"], edge["uid"]) == before["edge"], edge, before["edge"])
        agrees_with_the_kernel("edge", edge, d.gateway.pid)


# ---- who they become ----


def changes_nobody():
    if not can_change_user():
        return "skipped: only root with CAP_SETUID changes who a process is"
    return None


def started_by_root_the_children_are_somebody_else():
    if changes_nobody():
        return changes_nobody()
    with whole() as d:
        start(d)
        nobody = next(p.pw_uid for p in map(named, ("portcullis", "nobody")) if p is not None)
        for role, entry in told(d)[1:]:
            check(entry["uid"] == (0 if role in WRITERS else nobody), role, entry["uid"])
            groups = status_of(entry["pid"])["Groups"]
            check(role in WRITERS or groups == [], role, groups)
    return None


def named(name):
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def whoever_owns_the_log_is_who_writes_it():
    """The documented exception is no exception where the folders have an owner of their own."""
    if changes_nobody():
        return changes_nobody()
    with whole() as d:
        for name in ("audit", "elsewhere", "sinks"):
            os.makedirs(d.path(name), mode=0o700, exist_ok=True)
            os.chown(d.path(name), 4321, 4321)
        os.chmod(d.folder, 0o755)
        start(d)
        entries = dict(told(d))
        check(entries["auditor"]["uid"] == 4321, entries["auditor"])
        check(all(p["uid"] != 0 and "user" in p["walls"] for r, p in entries.items() if r != "parent"), entries)
    return None


def a_named_user_is_who_they_become():
    if changes_nobody():
        return changes_nobody()
    other = next(p for p in pwd.getpwall() if p.pw_uid not in (0, 65534))
    with running(sections=[f"walls {{ user = {other.pw_name} }}"]) as d:
        for role, entry in told(d)[1:]:
            check(role in WRITERS or entry["uid"] == other.pw_uid, role, entry["uid"], other.pw_uid)
            check(role in WRITERS or status_of(entry["pid"])["Gid"] == [str(other.pw_gid)] * 4, role)
    return None


# ---- files of an earlier start, by somebody else ----


def written_by_us(d):
    """One command on record, and all at an end."""
    d.start_leaf()
    d.start_gateway(stage.BUILD)
    dora = d.client(d.login("deployer", "dora"))
    dora.publish("wasmbus.ctl.default.cmd.NHOST.la", stage.bodies.start_actor())
    dora.barrier()
    until(lambda: any(r["kind"] == "command" for r in d.audit_records()), "its record")
    check(not d.stop())


def chown_all(folder, uid):
    """What `chown -R` does."""
    for at, _, files in os.walk(folder):
        os.chown(at, uid, uid)
        for name in files:
            os.chown(os.path.join(at, name), uid, uid)


def roots_older_records_in_anothers_folder_are_named_with_what_to_run():
    if changes_nobody():
        return changes_nobody()
    with deployment() as d:
        written_by_us(d)
        os.chown(d.path("audit"), 4321, 4321)
        lines = [x for x in refused_lines(d) if "event=wrong_owner" in x]
        check(len(lines) == 1 and "owner=0 needed=4321" in lines[0], lines)
        check(f'fix="chown -R 4321:4321 {d.path("audit")}"' in lines[0] and d.path("audit") + "/" in lines[0], lines)
        # which is done, and helps: the same log goes on
        chown_all(d.path("audit"), 4321)
        d.start_gateway(stage.BUILD)
        check(dict(told(d))["auditor"]["uid"] == 4321)
        d.client(d.login("app")).barrier()
        check(d.gateway.stop(stage.WAIT_S) == 0 and d.verify_audit(stage.BUILD)[0] == 0, d.verify_audit(stage.BUILD))
        owners = {os.stat(os.path.join(d.path("audit"), n)).st_uid for n in os.listdir(d.path("audit"))}
        check(owners == {4321}, owners)
        d.gateway = None
    return None


def anothers_older_records_in_roots_folder_too():
    """Root without a capability opens nobody's files."""
    if changes_nobody():
        return changes_nobody()
    with deployment() as d:
        written_by_us(d)
        chown_all(d.path("audit"), 4321)
        os.chown(d.path("audit"), 0, 0)
        lines = [x for x in refused_lines(d) if "event=wrong_owner" in x]
        check(len(lines) == 1 and "owner=4321 needed=0" in lines[0] and "chown -R 0:0" in lines[0], lines)
    return None


def the_shippers_places_have_the_logs_owner_or_that_is_said():
    if changes_nobody():
        return changes_nobody()
    with whole(settings={"sink_state": "places/sinks"}) as d:
        os.makedirs(d.path("places"))
        for name in ("audit", "places"):
            os.chown(d.path(name), 4321, 4321)
        os.chmod(d.folder, 0o755)
        os.makedirs(d.path("elsewhere"))
        os.chown(d.path("elsewhere"), 4321, 4321)
        start(d)
        check(dict(told(d))["shipper"]["uid"] == 4321 and os.stat(d.path("places", "sinks")).st_uid == 4321)
        until(lambda: glob.glob(d.path("elsewhere", "*")), "the sink has something")
    with whole() as d:
        os.chown(d.path("audit"), 4321, 4321)
        os.makedirs(d.path("elsewhere"))
        lines = [x for x in refused_lines(d) if "event=wrong_owner" in x]
        check(len(lines) == 1 and f'chown -R 4321:4321 {d.path("sinks")}' in lines[0], lines)
    return None


def a_sink_whose_name_had_no_address_is_found_when_it_has_one():
    """The gateway in a mount namespace of its own, where /etc/hosts is ours to change."""
    if os.geteuid() != 0 or subprocess.run(["unshare", "-m", "true"], check=False, capture_output=True).returncode != 0:
        return "skipped: only root may have an /etc/hosts of its own"
    with socket.create_server(("127.0.0.1", 0)) as log:
        sink = f'sink away {{ type = nats url = "nats://sink.portcullis.test:{log.getsockname()[1]}" subject = "x" }}'
        with deployment(sections=[sink]) as d:
            hosts = server.write(d.folder, "hosts", "127.0.0.1 localhost\n")
            d.start_leaf()
            gate = [os.path.join(stage.BUILD, "bin", "portcullis-gateway"), "-c", d.gateway_conf(d.leaf.port)]
            script = 'mount --bind "$1" /etc/hosts && shift && exec "$@"'
            d.gateway = Wrapped(["unshare", "-m", "sh", "-c", script, "sh", hosts, *gate], d.folder)
            until(lambda: "its address is not known" in json.dumps(told(d)[0][1]["sinks"]), "the sink is away")
            with open(hosts, "a", encoding="ascii") as f:
                f.write("127.0.0.1 sink.portcullis.test\n")
            log.settimeout(stage.WAIT_S)
            log.accept()[0].close()
    return None


# ---- what refuses to start ----


def refused_lines(d, box=()):
    """A gateway that must not come up: its log; @box: what kind of kernel it lives under."""
    d.start_leaf()
    conf = d.gateway_conf(d.leaf.port)
    binary = os.path.join(stage.BUILD, "bin", "portcullis-gateway")
    boxed = [os.path.join(stage.BUILD, "probe", "boxed"), *box] if box else []
    done = subprocess.run([*boxed, binary, "-c", conf], stderr=subprocess.STDOUT, stdout=subprocess.PIPE, text=True,
                          cwd=d.folder, timeout=stage.LIMIT_S, check=False)
    check(done.returncode == 1, f"it ended with {done.returncode}, not 1:\n{done.stdout}")
    check("portcullis-gateway ready" not in done.stdout, done.stdout)
    return done.stdout.splitlines()


def refusal(d, box=()):
    """The lines that say which wall was missing."""
    return [line for line in refused_lines(d, box) if "event=not_confined" in line]


class Wrapped(gateway.Gateway):
    """A gateway that another program becomes; its own announcement is waited for all the same."""

    def __init__(self, argv, folder):
        process.Process.__init__(self, argv, cwd=folder)
        self.host = self.port = None
        try:
            self.wait_ready()
        except BaseException:
            self.kill()
            raise


def under(d, box):
    """The gateway in a box, up."""
    d.start_leaf()
    conf = d.gateway_conf(d.leaf.port)
    boxed = os.path.join(stage.BUILD, "probe", "boxed")

    d.gateway = Wrapped([boxed, *box, os.path.join(stage.BUILD, "bin", "portcullis-gateway"), "-c", conf], d.folder)


OLD_KERNEL = ("--without", "mdwe")


def a_minimum_that_is_not_to_be_had_is_no_start():
    with deployment(sections=["walls { minimum = [no-dump, mdwe] }"]) as d:
        lines = refusal(d, OLD_KERNEL)
        check(lines and all("the wall mdwe is not to be had here, and walls { minimum } demands it" in x for x in lines), lines)
        check(any(re.search(r"child=(auditor|signer|verifier|edge|dispatcher|compiler)\b", x) for x in lines), lines)


def without_that_minimum_the_same_kernel_does():
    """The control, and the report: what is missing is shown as missing, in all of them."""
    with deployment() as d:
        under(d, OLD_KERNEL)
        for role, column in table(d):
            check(column["mdwe"] == "-", role, column)
            check(role == "parent" or FLOOR <= {w for w in WALLS if column[w] == "yes"}, role, column)
        d.client(d.login("app")).barrier()


def a_minimum_that_is_there_starts():
    there = [w for w in WALLS if w in expected(os.geteuid()) and w != "user"]
    with running(sections=[f"walls {{ minimum = [{', '.join(there)}] }}"]) as d:
        check(all(set(there) <= set(p["walls"]) for r, p in told(d) if r != "parent"), told(d))


def what_the_auditor_has_not_got_ends_the_start_too():
    """Root's folder: the auditor stays root's user, so `user` cannot be had for all."""
    if changes_nobody():
        return changes_nobody()
    with deployment(sections=["walls { minimum = user }"]) as d:
        lines = refusal(d)
        check(lines and all("child=auditor" in x and "the wall user is not to be had" in x for x in lines), lines)
    with deployment(sections=["walls { minimum = user }"]) as d:
        os.chown(d.path("audit"), 4321, 4321)
        d.start_leaf()
        d.start_gateway(stage.BUILD)
    return None


def without_the_floor_there_is_no_start():
    for wall, says in (("landlock", "landlock is not to be had here, and nothing runs without it"),
                       ("seccomp", "the filter of system calls is refused")):
        with deployment() as d:
            lines = refusal(d, ("--without", wall))
            check(lines and all(says in x for x in lines), wall, lines)


def a_word_that_is_no_wall_is_an_error_of_the_file():
    with deployment(sections=["walls { minimum = [seccomp, moat] }"]) as d:
        d.start_leaf()
        argv = [os.path.join(stage.BUILD, "bin", "portcullis-gateway"), "-t", "-c", d.gateway_conf(d.leaf.port)]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=300, check=False)
        check(done.returncode == 3 and "not a wall" in done.stdout + done.stderr, done)


# ---- nothing turns one off ----


def programs():
    """{path: name} of what is shipped: of this build, and of a release build where there is one beside it."""
    found = {}
    for build in {stage.BUILD, os.path.join(os.path.dirname(stage.BUILD), "release")}:
        for name in VARIABLES:
            path = os.path.join(build, "bin", name)
            if os.access(path, os.X_OK):
                found[path] = name
    return found


def no_program_that_is_shipped_knows_the_probes_words():
    with open(os.path.join(stage.BUILD, "probe", "portcullis-gateway-probed"), "rb") as f:
        check(b"\x01intruder " in f.read(), "the control: the probed one has them")
    for path in programs():
        with open(path, "rb") as f:
            data = f.read()
        for word in (b"\x01intruder ", b"__wrap_", b"PROBE "):
            check(word not in data, path, word)


def words_at(path):
    """A function: the text at an address of a program, from its read-only sections."""
    listing = subprocess.run(["objdump", "-h", path], capture_output=True, text=True, check=True, timeout=300).stdout
    with open(path, "rb") as f:
        data = f.read()
    rows = [r.split() for r in listing.splitlines() if re.match(r"\s+\d+ \.rodata", r)]
    places = [(int(r[3], 16), int(r[2], 16), int(r[5], 16)) for r in rows]

    def at(address):
        for begin, size, offset in places:
            if begin <= address < begin + size:
                start_at = offset + address - begin
                return data[start_at : data.index(b"\0", start_at)].decode("ascii", "replace")
        return None

    return at


def asked_for(path):
    """(names, calls): what every call of getenv in a program is given; a name that cannot be read is None."""
    code = subprocess.run(["objdump", "-d", "--no-show-raw-insn", path], capture_output=True, text=True, check=True,
                          timeout=300).stdout.splitlines()
    at, names = words_at(path), []
    for i, line in enumerate(code):
        if not re.search(r"\b(call|jmp)\s.*<(secure_)?getenv@plt>", line) or "@plt>:" in line:
            continue
        names.append(None)
        for before in reversed(code[max(0, i - 12) : i]):
            load = re.search(r"\blea\s+0x[0-9a-f]+\(%rip\),%r(di|ax).*# ([0-9a-f]+)", before)
            if load:
                names[-1] = at(int(load.group(2), 16))
                break
            if re.search(r"\b(call|ret)\b", before):
                break
    return names


def the_environment_is_asked_for_a_fixed_list():
    """In the source, and read out of the programs: each call of getenv, and the name it is given."""
    names, root = [], os.path.realpath(os.path.join(stage.HERE, "..", ".."))
    for path in (p for room in ("gateway", "host", "policy", "seccomp") for p in glob.glob(f"{root}/{room}/**/*.[ch]", recursive=True)):
        with open(path, encoding="utf-8") as f:
            text = f.read()
        names += re.findall(r'\bgetenv\("(\w+)"\)', text)
        # in code: wasi has functions of such names
        text = re.sub(r'/\*.*?\*/|"[^"\n]*environ[^"\n]*"', "", text, flags=re.DOTALL)
        if path == os.path.join(root, HOST_HANDS_OVER):
            text = text.replace("extern char **environ;", "").replace("hostconf_env(a->o.conf, environ, &report)", "")
        if path == os.path.join(root, MANIFEST_FILLS_IN):
            text = text.replace("return getenv(name);", "", 1)
        check(len(re.findall(r"\w*getenv\w*\(|\benviron\b", text)) == len(re.findall(r'\bgetenv\("\w+"\)', text)), path)
    check(set(names) == set().union(HOST_VARIABLES, *VARIABLES.values()), "the source asks for", names)
    with open(os.path.join(root, "host", "proc", "hostconf.c"), encoding="utf-8") as f:
        table = re.findall(r'"([A-Z][A-Z_]+)"', f.read())
    wall = re.compile("WALL|SANDBOX|SECCOMP|LANDLOCK|CONFINE|UNSAFE|PRIV")
    check(len(table) > 20 and not [n for n in table if wall.search(n)], "the host is told of walls", table)
    if os.uname().machine != "x86_64" or stage.sanitized():
        return "ok, though the machine code was not read (not x86-64, or a sanitizer's)"
    for path, name in programs().items():
        symbols = subprocess.run(["objdump", "-T", path], capture_output=True, text=True, check=True, timeout=300).stdout
        imported = set(re.findall(r"\*UND\*.*\s(\w*env\w*)$", symbols, re.M))
        check(imported <= {"getenv", "unsetenv"}, path, "takes its environment from", imported)
        found = asked_for(path)
        # a release build is given some names in a function that was merged with others; what can be read must be listed
        by_name = 1 if name == "portcullis" else 0  # MANIFEST_FILLS_IN
        whole_list = found.count(None) <= by_name and set(found) - {None} == VARIABLES[name]
        check(whole_list or (not path.startswith(stage.BUILD) and set(found) - {None} <= VARIABLES[name]), path, "asks for", found)
    return None


def no_option_is_hidden():
    """What main.c hands to getopt is what --help says; all that is read of a command line is one of these or a role."""
    argv = [os.path.join(stage.BUILD, "bin", "portcullis-gateway"), "--help"]
    said = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=300).stdout
    check(set(re.findall(r"--([a-z-]+)", said)) == OPTIONS, said)
    with open(os.path.join(stage.HERE, "..", "..", "gateway", "main.c"), encoding="utf-8") as f:
        source = f.read()
    check(set(re.findall(r'{ "([a-z-]+)", (?:no|required)_argument', source)) == OPTIONS)
    for flag in ("--no-walls", "--no-seccomp", "--unconfined", "--insecure", "--no-sandbox"):
        done = subprocess.run([*argv[:1], flag, "-c", "x"], capture_output=True, text=True, timeout=300, check=False)
        check(done.returncode == 2, flag, done.returncode)


def no_key_takes_a_wall_away():
    for text in ("walls { off = [seccomp] }", "walls { seccomp = no }", "walls { without = mdwe }", "walls { minimum = [] disable = 1 }"):
        with deployment(sections=[text]) as d:
            d.start_leaf()
            argv = [os.path.join(stage.BUILD, "bin", "portcullis-gateway"), "-t", "-c", d.gateway_conf(d.leaf.port)]
            check(subprocess.run(argv, capture_output=True, timeout=300, check=False).returncode == 3, text)


def whatever_the_environment_says_the_children_hear_nothing_of_it():
    """Not the starter's variables, and so no library's either; the walls are those of a start without."""
    words = ["PORTCULLIS_NO_SECCOMP", "PORTCULLIS_UNCONFINED", "NO_SANDBOX", "SECCOMP", "GLIBC_TUNABLES", "OPENSSL_CONF",
             "OPENSSL_MODULES", "UV_USE_IO_URING", "GNUTLS_SYSTEM_PRIORITY_FILE"]
    env = {**os.environ, **{w: "1" for w in words}, "OPENSSL_CONF": "/nonexistent/openssl.cnf"}
    with deployment() as d:
        d.start_leaf()
        d.start_gateway(stage.BUILD, env=env)
        for role, entry in told(d)[1:]:
            agrees_with_the_kernel(role, entry, d.gateway.pid)
            check(environment(entry["pid"]) in (b"", None), role, environment(entry["pid"]))
        check(environment(d.gateway.pid) is None or b"NO_SANDBOX=1" in environment(d.gateway.pid), "the control")


def environment(pid):
    """None where it may not be read."""
    try:
        with open(f"/proc/{pid}/environ", "rb") as f:
            return f.read()
    except PermissionError:
        return None


def inside_the_whole_gate_works():
    """Commands, data, status: in a box nothing more is needed than outside."""
    with whole() as d:
        start(d)
        alice = d.client(d.login("app", "alice"))
        alice.subscribe("f.>")
        alice.publish("f.news", b"hello")
        check(alice.next().payload == b"hello")
        dora = d.client(d.login("deployer", "dora"))
        dora.publish("wasmbus.ctl.default.cmd.NHOST.la", stage.bodies.start_actor())
        dora.barrier()
        until(lambda: any(r["kind"] == "command" for r in d.audit_records()), "its record")
        check(all(FLOOR <= set(p["walls"]) for r, p in told(d) if r != "parent"))
        check(glob.glob(d.path("elsewhere", "*")) or until(lambda: glob.glob(d.path("elsewhere", "*")), "the sink"))


HELD_BY_ALL = [
    the_table_the_json_and_the_kernel_say_the_same, the_parent_has_what_it_says_and_no_more, inside_the_whole_gate_works,
    a_process_that_takes_the_place_of_another_has_the_same_walls, a_minimum_that_is_there_starts,
]
HELD_ONCE = [
    roots_older_records_in_anothers_folder_are_named_with_what_to_run, anothers_older_records_in_roots_folder_too,
    the_shippers_places_have_the_logs_owner_or_that_is_said, a_sink_whose_name_had_no_address_is_found_when_it_has_one,
    started_by_root_the_children_are_somebody_else, whoever_owns_the_log_is_who_writes_it, a_named_user_is_who_they_become,
    a_minimum_that_is_not_to_be_had_is_no_start, without_that_minimum_the_same_kernel_does,
    what_the_auditor_has_not_got_ends_the_start_too, without_the_floor_there_is_no_start,
    a_word_that_is_no_wall_is_an_error_of_the_file, no_program_that_is_shipped_knows_the_probes_words,
    the_environment_is_asked_for_a_fixed_list, no_option_is_hidden, no_key_takes_a_wall_away,
    whatever_the_environment_says_the_children_hear_nothing_of_it,
]


def become(who, argv):
    """Run this file as somebody else. Return: the exit code where that cannot be had."""
    if who == "user":
        if os.geteuid() != 0:
            print("skip: the tests are held by an ordinary user already")
            return 77
        os.setgroups([])
        os.setresgid(65534, 65534, 65534)
        os.setresuid(65534, 65534, 65534)
    elif who == "box":
        boxed = os.path.join(os.path.abspath(argv[argv.index("--build") + 1]), "probe", "boxed")
        os.execv(boxed, [boxed, "/usr/bin/python3", os.path.abspath(__file__), *argv[1:], "--as", "boxed"])
    return None


def main(argv):
    who = "self"
    if "--as" in argv:
        at = argv.index("--as")
        who = argv[at + 1]
        del argv[at : at + 2]
        code = become(who, argv)
        if code is not None:
            return code
    return stage.main(HELD_BY_ALL + (HELD_ONCE if who == "self" else []), argv)


if __name__ == "__main__":
    sys.exit(main(sys.argv))
