#!/usr/bin/python3
"""matrix - which walls stop what: what is measured, what tests/sandbox/matrix.txt says, and the page.

  matrix.py run PROGRAM [self|nobody|container]  every attempt of `layers` or `providers` must end as matrix.txt has it
  matrix.py lint                                 is docs/SANDBOX.md made of matrix.txt, and is matrix.txt whole?
  matrix.py write [PROGRAM...]                   measure (as root, on a kernel with every wall) and write both anew

matrix.txt has one line for each attempt, of six cells: row of the list of attacks; the attempt; the walls that stop it,
each of them alone; what happens without the filters; what is left; who shows it. `layers` or `providers` there: it is
measured by that program. A `?` behind a word: another machine may differ, so it is not asked for.
"""
import ctypes
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")
DATA = os.path.join(HERE, "matrix.txt")
PAGE = os.path.join(ROOT, "docs", "SANDBOX.md")
BEGIN, END = "<!-- matrix.py writes from here -->", "<!-- to here -->"
ROWS = range(1, 49)
# of root only: an ordinary user has neither to lose
ROOTS = {"user", "own-user", "capabilities", "namespaces"}
MEASURED = ("layers", "providers")
PROVIDERS = ("key-value:", "http:")
FILTERS = ("filter", "narrow", "seccomp")


class Line:
    """One attempt."""

    def __init__(self, cells):
        self.row, self.attempt, walls, self.beside, self.left, self.shown = cells
        self.walls = [w.strip() for w in walls.split(",") if w.strip()]

    def sure(self):
        return {w for w in self.walls if not w.endswith("?")}

    def all(self):
        return {w.rstrip("?") for w in self.walls}

    def provider(self):
        """Providers have one filter."""
        return self.attempt.startswith(PROVIDERS)

    def measured(self):
        return self.shown in MEASURED

    def text(self):
        return " | ".join((self.row, self.attempt, ", ".join(self.walls), self.beside, self.left, self.shown)).rstrip()


def read():
    lines = []
    with open(DATA, encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            if line.startswith("#") or not line.strip():
                continue
            cells = [c.strip() for c in line.rstrip("\n").split("|")]
            if len(cells) != 6:
                sys.exit(f"matrix.txt:{number}: {len(cells)} cells, not 6")
            lines.append(Line(cells))
    return lines


# ---- what is measured ----


def of_providers(found):
    return any(attempt.startswith(PROVIDERS) for attempt in found)


def measure(argv):
    """{attempt: (row, {mode: answer})}"""
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode != 0:
        sys.exit(f"matrix: {' '.join(argv)}: {done.returncode} {done.stderr}")
    found = {}
    for line in done.stdout.splitlines():
        row, attempt, *modes = line.split("\t")
        found[attempt] = (row, dict(m.split("=", 1) for m in modes))
    return found


def alone(modes, provider):
    """The walls of which each alone stops it; a wall that could not go up alone says nothing."""
    none = () if modes["all"] == "no start" else ("no start",)
    walls = [m[5:] for m, answer in modes.items() if m.startswith("only ") and answer not in ("done", *none) and m[5:] not in FILTERS]
    if "user" in walls and "own-user" in walls:
        walls.remove("own-user")  # it is a user: named where another one would not do
    filters = tuple(modes["only " + f] != "done" for f in ("filter", "narrow"))
    if filters == (True, True) or filters[0] and provider:
        walls.append("seccomp")
    elif filters != (False, False):
        walls.append("seccomp's second filter" if filters[1] else "seccomp's first filter")
    return walls


def here():
    """The walls this kernel has."""
    libc = ctypes.CDLL(None, use_errno=True)
    walls = {"census", "limits", "no-dump", "no-new-privs", "seccomp", "seccomp's second filter"}
    abi = libc.syscall(444, None, ctypes.c_size_t(0), 1)
    walls |= {w for w, least in (("landlock", 1), ("landlock-net", 4), ("landlock-scope", 6)) if abi >= least}
    pid = os.fork()
    if pid == 0:
        os._exit(0 if libc.prctl(65, 1, 0, 0, 0) == 0 else 1)
    if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0:
        walls.add("mdwe")
    return walls | (ROOTS if os.geteuid() == 0 else set())


def wrong_as_root(line, modes, have):
    found, wanted = set(alone(modes, line.provider())), line.all() & have
    if found - line.all() or (line.sure() & have) - found:
        answers = ", ".join(f"{m}: {modes[m]}" for m in sorted(modes) if m[5:] in found ^ wanted and m.startswith("only "))
        yield f"stopped alone by {sorted(found)}, not by {sorted(wanted)} ({answers})"
    if not line.beside.endswith("?") and have >= line.all() and modes["without seccomp"] != line.beside:
        yield f"without the filters: {modes['without seccomp']}, not {line.beside}"


def wrong(line, modes, have, root):
    """What is not as it must be, as words."""
    open_by_design = not line.walls
    if modes["none"] != "done":
        if root:
            yield f"the control does not work: {modes['none']}"
        return
    if (modes["all"] == "done") != open_by_design:
        yield f"under all walls: {modes['all']}"
    if modes["without no-new-privs"] != "no start" and not os.environ.get("MATRIX_OUTSIDE"):
        yield f"without no-new-privs: {modes['without no-new-privs']}"
    for mode, answer in modes.items():
        wall = mode[8:]
        if not mode.startswith("without ") or open_by_design or wall in ("seccomp", "no-new-privs"):
            continue
        if wall == "filter" and line.provider():
            continue
        if answer == "done" and (line.sure() & have) - {"seccomp's second filter" if wall == "narrow" else wall}:
            yield f"{mode}: done"
    if modes["without seccomp"] == "done" and (line.sure() & have) - {"seccomp", "seccomp's second filter"}:
        yield "without the filters: done"
    if root:
        yield from wrong_as_root(line, modes, have)


def run(program, how):
    argv, root = [program], os.geteuid() == 0
    if how == "container":
        argv.append("container")
        os.environ["MATRIX_OUTSIDE"] = "1"
        root = False
    found, have, failures = measure(argv), here(), 0
    have -= ROOTS if not root else set()
    ours = of_providers(found)
    lines = {line.attempt: line for line in read() if line.measured() and line.provider() == ours}
    for attempt in sorted(set(lines) ^ set(found)):
        print(f"NOT OK {attempt}: only in one of matrix.txt and the program")
        failures += 1
    for attempt, (row, modes) in found.items():
        if attempt not in lines:
            continue
        bad = list(wrong(lines[attempt], modes, have, root))
        failures += bool(bad)
        note = "" if modes["none"] == "done" else f"; without walls: {modes['none']}, already refused to us here"
        print(f"{'NOT OK' if bad else 'ok    '} {row:>2} {attempt}: {modes['all']}; without the filters: "
              f"{modes['without seccomp']}{note}{'; ' if bad else ''}{'; '.join(bad)}")
    print(f"{len(found)} attempts, {failures} not as they must be; walls here: {' '.join(sorted(have))}")
    return 1 if failures else 0


# ---- the page ----


def shown(line):
    return f"`{line.shown}`" if line.measured() else ", ".join(f"`{s.strip()}`" for s in line.shown.split(";")) if line.shown else ""


def page(lines):
    out = ["| row | attempt | each of these alone stops it | without the filters | what is left | shown by |",
           "| --- | --- | --- | --- | --- | --- |"]
    for line in lines:
        walls = ", ".join(w.rstrip("?") for w in line.walls)
        out.append(f"| {line.row} | {line.attempt} | {walls} | {line.beside.rstrip('?')} | {line.left} | {shown(line)} |")
    return "\n".join(out)


def exists(test):
    """FILE: TEXT - does a file of tests/sandbox, or tests/unit/FILE, hold that text?"""
    file, _, text = test.partition(": ")
    paths = [os.path.join(HERE, file + e) for e in (".py", ".c")] + [os.path.join(ROOT, "tests", file + e) for e in (".py", ".c")]
    for path in paths:
        if os.path.isfile(path):
            with open(path, encoding="utf-8") as f:
                return re.sub(r"\s+", " ", text) in re.sub(r'"\s*\n\s*f?"|\s+', " ", f.read())
    return False


def lint():
    lines, bad = read(), []
    for row in ROWS:
        if not any(line.row == str(row) for line in lines):
            bad.append(f"row {row} of the list is missing")
    for line in lines:
        if len(line.walls) < 2 and not line.left:
            bad.append(f"{line.row} {line.attempt}: one wall, and no word of what is left")
        if not line.shown:
            bad.append(f"{line.row} {line.attempt}: nobody shows it")
        for test in () if line.measured() else line.shown.split(";"):
            if not exists(test.strip()):
                bad.append(f"{line.row} {line.attempt}: no test {test.strip()}")
    with open(PAGE, encoding="utf-8") as f:
        text = f.read()
    if text.count(BEGIN) != 1 or text.partition(BEGIN)[2].partition(END)[0].strip() != page(lines):
        bad.append("docs/SANDBOX.md is not what matrix.txt makes of it: tests/sandbox/matrix.py write")
    for b in bad:
        print(b)
    print(f"{len(lines)} attempts, {len(bad)} wrong")
    return 1 if bad else 0


def written(lines, found):
    """The lines with what was measured in them; words stay."""
    ours, new = of_providers(found), []
    known = {line.attempt: line for line in lines if line.measured()}
    for attempt, (row, modes) in found.items():
        line = known.get(attempt, Line([row, attempt, "", "", "", MEASURED[ours]]))
        unsure = {w.rstrip("?") for w in line.walls if w.endswith("?")}
        line.walls = [w + ("?" if w in unsure else "") for w in alone(modes, ours)] if modes["all"] != "done" else []
        line.beside = modes["without seccomp"] + ("?" if line.beside.endswith("?") else "")
        new.append(line)
    others = [line for line in lines if not line.measured() or line.provider() != ours]
    return sorted(new + others, key=lambda x: int(x.row))


def write(programs):
    lines = read()
    for program in programs:
        lines = written(lines, measure([program]))
    with open(DATA, encoding="utf-8") as f:
        head = [line for line in f if line.startswith("#")]
    with open(DATA, "w", encoding="utf-8") as f:
        f.writelines(head + [line.text() + "\n" for line in lines])
    with open(PAGE, encoding="utf-8") as f:
        before, _, rest = f.read().partition(BEGIN)
    with open(PAGE, "w", encoding="utf-8") as f:
        f.write(f"{before}{BEGIN}\n\n{page(lines)}\n\n{END}{rest.partition(END)[2]}")
    return 0


def main():
    if sys.argv[1:2] == ["run"]:
        return run(sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else "self")
    if sys.argv[1:2] == ["lint"]:
        return lint()
    if sys.argv[1:2] == ["write"]:
        return write(sys.argv[2:])
    print(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main())
