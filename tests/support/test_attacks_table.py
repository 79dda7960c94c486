#!/usr/bin/python3
"""Does every test that docs/ATTACKS.md names exist, and does it run?

In a column called test, case or control each word in code quotes names one:
  `talk/FILE`, `talk/FILE: TITLE`   a conversation, a case of it
  `attack/FILE: FUNCTION`           a function that FILE holds; so daemon/, cli/ and host/
  `unit/ROOM: TEST`                 a test of libcheck that its file adds
  `fuzz/TARGET`                     a target with a corpus
  `sandbox/FILE: TEXT`              a case by its words in a file of tests/sandbox, which must be run by a test
  `row_NN_WHAT`                     a row of tests/attack/rows
and a bare FUNCTION one of the file its section is about. Every row of such a table names a test or says why there is none."""
import os
import re
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
PAGE = os.path.join(ROOT, "docs", "ATTACKS.md")
COLUMNS = ("test", "case", "control")
# what bare names of a section are functions of
SECTIONS = {"Code that took over an edge": ("attack/breach", "attack/breach_words"), "Published advisories": ("attack/advisories",)}


def text(*path):
    try:
        with open(os.path.join(ROOT, "tests", *path), encoding="utf-8") as f:
            return f.read()
    except OSError:
        return None


def function(file, name):
    """Is it defined there, and held: named once more, or taken by its first word?"""
    said = text(file + ".py")
    if said is None or not re.search(rf"^def {re.escape(name)}\(", said, re.MULTILINE):
        return False
    taken = re.search(r"startswith\(\((.*)\)\)\]", said)
    by_word = taken is not None and any(name.startswith(w) for w in re.findall(r'"(\w+)"', taken.group(1)))
    return by_word or len(re.findall(rf"\b{re.escape(name)}\b", said)) > 1


def unit(room, name):
    folder = os.path.join(ROOT, "tests", "unit", room)
    for file in os.listdir(folder) if os.path.isdir(folder) else ():
        said = text("unit", room, file)
        if f"START_TEST({name})" in said:
            return re.search(rf"tcase_add\w*\(\s*\w+,\s*{re.escape(name)}\b", said) is not None
    return False


def sandbox(file, words):
    """Does the file hold the words, and is it part of what tests/cmake builds or runs?"""
    said = text("sandbox", file + ".py") or text("sandbox", file + ".c")
    run = re.search(rf"sandbox/{re.escape(file)}\.(c|py)\b", (text("cmake", "host_cell.cmake") or "") + (text("cmake", "seccomp.cmake") or ""))
    return said is not None and run is not None and words != "" and words in re.sub(r"\s+", " ", said)


def exists(word, section):
    kind, _, rest = word.partition("/")
    file, _, name = rest.partition(": ")
    if kind == "talk":
        said = text("talk", file + ".talk")
        return said is not None and (not name or f"\ncase: {name}\n" in said)
    if kind in ("attack", "daemon", "cli", "host"):
        return function(f"{kind}/{file}", name)
    if kind == "unit":
        return unit(file, name)
    if kind == "sandbox":
        return sandbox(file, name)
    if kind == "fuzz":
        return text("fuzz", f"fuzz_{file}.c") is not None and os.path.isdir(os.path.join(ROOT, "tests", "fuzz", "corpus", file))
    if re.fullmatch(r"row_\w+", word):
        folder = os.path.join(ROOT, "tests", "attack", "rows")
        return any(f'"{word[4:]}": [' in text("attack", "rows", f) for f in os.listdir(folder) if f.startswith("table_"))
    return any(function(f, word) for f in SECTIONS.get(section, ()))


def cells(line):
    return [c.strip().replace("\\|", "|") for c in re.split(r"(?<!\\)\|", line.strip())[1:-1]]


def wrong(page):
    """What is wrong with a page, and how many tests it names."""
    section, columns, found, named = "", None, [], 0
    for number, line in enumerate(page.splitlines(), 1):
        if line.startswith("#"):
            section = line.lstrip("# ")
        if not line.startswith("|"):
            columns = None
            continue
        row = cells(line)
        if columns is None:
            columns = [i for i, c in enumerate(row) if c.split(" ")[0] in COLUMNS]
            width = len(row)
            continue
        if not columns or set(row[0]) <= {"-", ":"}:
            continue
        if len(row) != width:
            found.append(f"{number}: {len(row)} cells, not {width}")
            continue
        words = [w for i in columns for w in re.findall(r"`([^`]+)`", row[i])]
        named += len(words)
        found += [f"{number}: no test is called {w}" for w in words if not exists(w, section)]
        if not any(row[i] for i in columns):
            found.append(f"{number}: no test, and no word why")
    return found, named


def control():
    """Names that are none are found."""
    page = "# Published advisories\n| a | test |\n| --- | --- |\n"
    bad = ("talk/none", "talk/wire: no such case", "attack/slow: nobody", "attack/none: begin", "unit/policy/rules: nothing",
           "unit/none: x", "fuzz/nothing", "row_99_none", "cve_0", "check_nothing", "sandbox/actors: no such case", "sandbox/none: x", "sandbox/layers_deeds", "attack/slow", "x/y")
    for word in bad:
        if len(wrong(page + f"| x | `{word}` |\n")[0]) != 1:
            return [f"the control: {word} is taken for a test"]
    good = ("talk/wire", "attack/slow: one_byte_at_a_time", "unit/policy/rules: queue_entries_decide_about_queues", "fuzz/relay",
            "sandbox/layers_deeds: read a file")
    found = [f"the control: {w} is taken for none" for w in good if wrong(page + f"| x | `{w}` |\n")[0]]
    return found if wrong(page + "| x | |\n")[0] else found + ["the control: a row without a test is well"]


def main():
    with open(PAGE, encoding="utf-8") as f:
        found, named = wrong(f.read())
    found += control()
    for line in found:
        print(f"docs/ATTACKS.md:{line}")
    print(f"{named} tests named")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
