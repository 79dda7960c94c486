#!/usr/bin/python3
"""Do the pages say what the program has, and the program what the pages say?

Tables of the code (configuration keys, options, events, members of records, numbers) against the tables of docs/ and the
man pages, both ways, read from the sources; and every link between pages leads somewhere. What a word means no test can
see; that a new one has a line can be."""
import glob
import os
import re
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
BAD = []


def text(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as f:
        return f.read()


def sources(*patterns):
    """C files, comments taken out, and literals that stand side by side made one."""
    names = sorted(n for p in patterns for n in glob.glob(os.path.join(ROOT, p), recursive=True))
    said = "\n".join(text(os.path.relpath(n, ROOT)) for n in names)
    said = re.sub(r'("(?:\\.|[^"\\\n])*"|'"'(?:\\\\.|[^'])'"r')|/\*.*?\*/', lambda m: m.group(1) or "", said, flags=re.DOTALL)
    return re.sub(r'(?<!\\)"\s+"', "", said)


def bad(what, words):
    for word in sorted(words):
        BAD.append(f"{what}: {word}")


def compare(what, page, code, documented, told=()):
    """@code and @documented are sets; @told: in the code, and rightly on no page."""
    if len(set(code)) < 5 or len(set(documented)) < 5:
        BAD.append(f"{page}: a table was not found: {len(set(code))} and {len(set(documented))}")
    bad(f"{page} has no {what}, the code has", set(code) - set(documented) - set(told))
    bad(f"{page} has a {what} that the code has not", set(documented) - set(code))


def section(page, begins, level):
    """What stands under a heading, up to the next as high."""
    after = page.split("\n" + begins, 1)[1].split("\n", 1)[1]
    return re.split(rf"\n#{{1,{level}}} ", after)[0]


def rows(page, *begins):
    """Cells of the rows of each table, or of those whose head begins with one of these words."""
    taken = False
    lines = page.split("\n")
    for line, after in zip(lines, [*lines[1:], ""]):
        if not line.startswith("|") or re.match(r"\|[ |-]+\|$", line):
            continue
        cells = [c.strip() for c in re.split(r"(?<!\\)\|", line)[1:-1]]
        if re.match(r"\|[ |-]+\|$", after):
            taken = not begins or cells[0] in begins
        elif taken:
            yield cells


def firsts(page, *begins):
    """What is in code quotes in the first column."""
    return {w for cells in rows(page, *begins) for w in quoted(cells[0])}


def quoted(cell):
    return re.findall(r"`([^`]+)`", cell)


# ---- links ----

def slug(heading):
    heading = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading)
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def anchors(page):
    fenced = re.sub(r"```.*?```", "", page, flags=re.DOTALL)
    return {slug(h) for h in re.findall(r"^#+ (.*?)\s*$", fenced, re.MULTILINE)}


def links_lead_somewhere():
    pages = [p for where in ("*.md", "docs/**/*.md", "policies/*.md", "tests/*/*.md")
             for p in glob.glob(os.path.join(ROOT, where), recursive=True)]
    for page in pages:
        said, name = text(os.path.relpath(page, ROOT)), os.path.relpath(page, ROOT)
        for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"```.*?```", "", said, flags=re.DOTALL)):
            if re.match(r"[a-z]+:", target):
                continue
            file, _, at = target.partition("#")
            path = os.path.normpath(os.path.join(os.path.dirname(page), file)) if file else page
            if not os.path.exists(path):
                BAD.append(f"{name}: no file {target}")
            elif at and path.endswith(".md") and at not in anchors(text(os.path.relpath(path, ROOT))):
                BAD.append(f"{name}: no heading {target}")


def every_page_is_named_in_the_readme():
    here = {os.path.basename(p) for p in glob.glob(os.path.join(ROOT, "docs", "*.md"))}
    bad("README.md does not name", here - set(re.findall(r"\(docs/([\w.-]+\.md)", text("README.md"))))


# ---- configuration ----

SCALE = {"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40, "PiB": 1 << 50, "ms": 1, "s": 1000, "m": 60000,
         "h": 3600000, "d": 86400000, " years": 365 * 86400000}
CONSTANTS = {"KIB": 1 << 10, "MIB": 1 << 20, "GIB": 1 << 30, "GIB64": 1 << 30, "PIB": 1 << 50, "SEC": 1000, "MINUTE": 60000,
             "HOUR": 3600000, "MILLION": 1000000, "YEARS_100": 100 * 365 * 86400000}


def amount(word):
    """"64MiB" as a number; times in milliseconds."""
    number, unit = re.match(r"(\d+)([A-Za-z ]*)$", word).groups()
    return int(number) * (SCALE[unit] if unit else 1)


def numbers_of(code):
    """{key: (preset, least, most)} of tables of struct config_number."""
    found = {}
    for key, rest in re.findall(r'\{\s*"(\w+)",\s*(?:AT|CEILING)\([^)]*\),\s*UNIT_\w+,([^}]*)\}', code):
        least, most, preset = (eval(x.strip(), {}, CONSTANTS) for x in rest.split(",")[:3])  # our own sources, sums of constants
        found[key] = (preset, least, most)
    return found


def keys_of_the_gateway():
    code, page = sources("gateway/proc/config*.c"), section(text("docs", "CONFIG.md"), "## Keys", 1)
    tables = re.findall(r'\{\s*"(\w+)",\s*(?:AT|CEILING|REMOTE|BIT)\b', code)
    single = re.findall(r'(?:text_find|config_section|read_\w+|text_get_\w+)\([^;"]*"(\w+)"', code)
    keys = {k for k in firsts(page) if re.match(r"\w+$", k)} | set(re.findall(r"^##+ `(\w+)", page, re.MULTILINE))
    if len(tables) < 60 or len(keys) < 60:
        BAD.append("docs/CONFIG.md: a table was not found")
    bad("docs/CONFIG.md has no key", {k for k in tables + single if not re.search(rf"`(\w+ \{{ )?{k}\b", page)})
    bad("docs/CONFIG.md has a key that the code has not", {k for k in keys if f'"{k}"' not in code})
    numbers = numbers_of(code)
    for cells in rows(page):
        wanted = [numbers.get(k) for k in quoted(cells[0])]
        if len(cells) == 4 and re.match(r"\d", cells[1]) and all(wanted) and re.match(r"\d", cells[2]):
            least, most = cells[2].split(", ")
            said = (amount(cells[1]), amount(least), amount(most))
            if any(w != said for w in wanted):
                BAD.append(f"docs/CONFIG.md: {cells[0]} is {said}, in the code {wanted}")


def settings_of_the_host():
    code, page = sources("host/proc/hostconf*.c"), section(text("docs", "HOST.md"), "## Settings", 2)
    table = re.findall(r"\[HC_\w+\] = (\{.*?\}[^{]*?\}),\n", code, re.DOTALL)
    for entry in table:
        shown, kind, key, flag = (w.strip().strip('"') for w in entry.strip("{ ").split(",")[:4])
        variables = re.findall(r'"([A-Z_]+)"', entry)
        known = [] if key == "NULL" else [key]
        for word in known + ([kind] if kind != "NULL" else []):
            if not re.search(rf"`[^`]*\b{word}\b[^`]*`", page):
                BAD.append(f"docs/HOST.md has no key {shown}")
        plain = flag.startswith("control-") or flag.startswith("rpc-")
        if flag != "NULL" and "`--" + flag + "`" not in page and not plain:
            BAD.append(f"docs/HOST.md has no flag --{flag}")
        if flag != "NULL" and f"Fl \\-{flag}" not in text("docs", "man", "portcullis-host.8"):
            BAD.append(f"portcullis-host.8 has no flag --{flag}")
        # of the second connection they are called alike, and stand there as "..."
        if not any(v in page for v in variables) and variables and not shown.startswith("rpc."):
            BAD.append(f"docs/HOST.md has none of {variables}")
    for key in re.findall(r'\{ "(\w+)", AT\(\w+\), UNIT_', code):
        if f"`{key}`" not in page:
            BAD.append(f"docs/HOST.md has no limit {key}")


# ---- options ----

def flags_of(man):
    return {w.replace("\\-", "-") for w in re.findall(r"Fl \\-((?:\\-|\w|-)+)", man)}


def options_of_the_daemons():
    for program, main, page in (("gateway", "gateway/main.c", "GATEWAY.md"), ("host", "host/main.c", "HOST.md")):
        code = set(re.findall(r'\{ "([\w-]+)", (?:required|no)_argument', sources(main)))
        if program == "host":
            hostconf = re.findall(r'\{ "[\w.]+", [^,]+, [^,]+, "([\w-]+)"', sources("host/proc/hostconf.c"))
            code |= set(hostconf)
        compare("option", f"portcullis-{program}.8", code, flags_of(text("docs", "man", f"portcullis-{program}.8")), {"role"})
        if program == "gateway":
            said = {w.split()[0][2:] for w in firsts(section(text("docs", page), "## Flags", 2)) if w.startswith("--")}
            compare("option", f"docs/{page}", code, said, {"role"})


# a row of a table of options, and its name
OPTION = r'\{\s*OPT_(?:FLAG|VALUE|LIST), *(?:\'.\'|0), *"([\w-]+)"'


def arrays_of_options():
    code = sources("gateway/cli/verbs*.c", "gateway/cli/cli.h", "gateway/cli/verbs*.h", "gateway/cli/opts_*.h")
    macros = {name: set(re.findall(OPTION, body))
              for name, body in re.findall(r"#define (OPT_\w+)(?:\(\w+\))?[ \t]+(\{.*)", code.replace("\\\n", " "))}
    arrays = {}
    for name, body in re.findall(r"struct cli_opt (\w+)\[\] = \{(.*?)\n\};", code, re.DOTALL):
        own = set(re.findall(OPTION, body))
        own = own.union(*(macros[m] for m in re.findall(r"\b(OPT_\w+)", body) if m in macros))
        arrays[name] = own
    return code, arrays


def parts_of_the_manual():
    """{verb: flags} of portcullis.1, of what stands in the outer list."""
    man, parts, deep = text("docs", "man", "portcullis.1").split("\n.Sh DESCRIPTION", 1)[1], {}, 0
    now = None
    for line in man.split("\n"):
        deep += line.startswith(".Bl") - line.startswith(".El")
        verb = re.match(r"\.It Cm ((?:[a-z\\-]+ ?)+)", line)
        if verb and deep == 1:
            now = verb.group(1).strip().replace("\\-", "-")
            parts.setdefault(now, set())
        if line.startswith(".Sh"):
            now = None
        if line.startswith("Options common"):
            now = "common"
            parts.setdefault(now, set())
        if now and "Fl" in line:
            parts[now] |= flags_of(line)
    return parts


def options_of_the_tool():
    code, arrays = arrays_of_options()
    manual = parts_of_the_manual()
    common = manual.get("common", set()) | {"help"}
    used = set()
    for noun, name, options in re.findall(r'\{ (NULL|"\w+"), "([\w-]+)",.*?(\w+_opts),\s+cmd_\w+ \}', code, re.DOTALL):
        verb = name if noun == "NULL" else f"{noun.strip(chr(34))} {name}"
        parts = {p for p in manual if p == verb or p == noun.strip('"') or p.startswith(verb + " ")}
        if not parts:
            BAD.append(f"portcullis.1 has no verb {verb}")
        used |= parts
        said = common.union(*(manual[p] for p in parts)) | (manual["ctl"] if verb == "apply" else set())
        bad(f"portcullis.1, {verb}, has no option", arrays[options] - said)
    if len(used) < 30:
        BAD.append(f"portcullis.1: verbs were not found: {len(used)}")
    bad("portcullis.1 has a verb that the code has not", set(manual) - used - {"common"})
    every = set().union(*arrays.values())
    bad("portcullis.1 has an option that no verb has", set().union(*manual.values()) - every)


# ---- events ----

def events():
    code = sources("gateway/**/*.c", "host/**/*.c", "seccomp/*.c")
    said = set(re.findall(r'\bLOG_[A-Z]{3}\b[^;"{}]*"([a-z][a-z_]+)"', code))
    said |= {w for pair in re.findall(r'LOG_[A-Z]{3}\b[^;"{}]*"([a-z_]+)"\s*:\s*"([a-z_]+)"', code) for w in pair}
    said |= set(re.findall(r'\[RELAY_\w+\] = "(\w+)"', code)) - {"none"}
    page = text("docs", "EVENTS.md")
    names = {n for n in firsts(page, "event") if re.match(r"[a-z_]+$", n)}
    if len(names) < 100 or len(said) < 100:
        BAD.append(f"docs/EVENTS.md: a table was not found: {len(names)} and {len(said)}")
    bad("docs/EVENTS.md has no event", {w for w in said - {"parent"} if f"`{w}`" not in page})
    # some are put together of what it is about and what became of it
    bad("docs/EVENTS.md has an event that the code has not", {n for n in names if not any(
        f'"{n}"' in code or re.search(rf'"%s_?{part}"', code) for part in [n.partition("_")[2], n.rpartition("_")[2]])})


# ---- records ----

def members_of_records():
    code, page = sources("policy/audit/record_field.c"), section(text("docs", "AUDIT.md"), "## A record", 2)
    fields = {k: n for k, n in re.findall(r"\b(?:TEXT|LIST)\((\w+), (\d+),", code)}
    members = set(fields) | set(re.findall(r"\b(?:NUM|FLAG|WITH)\((\w+),", code)) - {"name"}
    described = {k: (quoted(cells[0]), cells[1]) for cells in rows(page, "key") for k in quoted(cells[0])}
    head = {"v", "seq", "prev", "time", "mono", "run", "kind"}
    kinds = set(re.findall(r'\[RECORD_\w+\] = "(\w+)"', code))
    compare("member", "docs/AUDIT.md", members | head, described)
    compare("kind", "docs/AUDIT.md", kinds, firsts(page, "kind"))
    for key, budget in fields.items():
        names, cell = described.get(key, ([key], ""))
        budgets = re.findall(r"\d+", cell) if re.match(r"[\d, ]+$", cell) else []
        said = budgets[0] if len(budgets) == 1 else dict(zip(names, budgets)).get(key)
        if said is not None and said != budget:
            BAD.append(f"docs/AUDIT.md: {key} has {said} characters, in the code {budget}")


def words_of_records():
    """What a record's `what` and `outcome` may be; other texts in them come from strangers or are told elsewhere."""
    page = text("docs", "AUDIT.md")
    said = section(page, "## Outcomes", 2)
    code = sources("gateway/proc/dispatch*.c")
    calls = re.findall(r"\b(?:job_done|job_over|outcome)\(j, ([^;]*)\);", code)
    outcomes = {w for call in calls for w in re.findall(r'"(\w+)"', call)}
    outcomes |= set(re.findall(r'\.outcome = BYTES_LIT\("(\w+)"\)', sources("gateway/proc/ledger*.c")))
    compare("outcome", "docs/AUDIT.md", outcomes, firsts(said, "outcome"))
    denials = set(re.findall(r'RECORD_DENIAL, (?:\.what = BYTES_LIT\()?"(\w+)"', sources("gateway/proc/auditor_records.c")))
    compare("denial", "docs/AUDIT.md", denials, firsts(section(page, "## Denials and floods", 2), "`what`"))
    acts = re.findall(r"act_tell\(ACT_(?:ADMIN|RELOAD), ([^;]*?), (?:BYTES|bytes)", sources("gateway/proc/parent*.c"))
    told = {w for kind in ("admin", "reload")
            for w in quoted(re.search(rf"\n\| `{kind}` \|.*?\(`what`:(.*?)\)", page).group(1))}
    compare("act", "docs/AUDIT.md", {w for act in acts for w in re.findall(r'"([\w -]+)"', act)}, told)


# ---- numbers ----

def metrics():
    for page, prefix, files in (("OPERATION.md", "portcullis_", "gateway/proc/*.c"), ("HOST.md", "", "host/proc/*metrics*.c")):
        said = text("docs", page)
        code = sources(files)
        if prefix:
            found = set(re.findall(r'"(portcullis_\w+)"', code))
            named = set(re.findall(r"`(portcullis_\w+)`", said))
        else:
            found = set(re.findall(r'(?:head\(b, |\{ )"(\w+)", "(?:gauge|counter)"', code))
            named = firsts(section(said, "## Numbers", 2))
        found = {re.sub("_(bucket|sum|count)$", "", n) for n in found}
        bad(f"docs/{page} has no number", found - named)
        bad(f"docs/{page} has a number that the code has not", {n for n in named if f'"{n}"' not in code and n not in found})
        if min(len(found), len(named)) < 10:
            BAD.append(f"docs/{page}: a table was not found")


def main():
    for part in (links_lead_somewhere, every_page_is_named_in_the_readme, keys_of_the_gateway, settings_of_the_host,
                 options_of_the_daemons, options_of_the_tool, events, members_of_records, words_of_records, metrics):
        before = len(BAD)
        part()
        if len(BAD) > before:
            BAD.insert(before, f"-- {part.__name__}")
    print("\n".join(BAD))
    return 1 if BAD else 0


if __name__ == "__main__":
    sys.exit(main())
