#!/usr/bin/python3
"""`portcullis audit` over real logs, whole and tampered with: what it prints, what it names, how it ends."""
import base64
import csv
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from portcullis_test import checks, process, terminal  # noqa: E402

PORTCULLIS = LOG = ""
SECOND = "00000000000000000041.jsonl"


def run(*args, code=0, raw=False, fed="", **env):
    done = subprocess.run([PORTCULLIS, "audit", *args], capture_output=True, timeout=300, input=fed.encode(),
                          env={**os.environ, "NO_COLOR": "1", **env})
    out, err = done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")
    assert done.returncode == code, f"{args}: exit {done.returncode}, not {code}\n{out}{err}"
    assert "Sanitizer" not in err, err
    return (done.stdout, done.stderr) if raw else (out, err)


def expect(what, *in_it):
    for s in in_it:
        assert s in what, f"no {s!r} in:\n{what}"


def make(folder, name="gate", records=120, per=40, every=25, key="k"):
    """A log of three segments: records 1, 41 and 81 begin one."""
    path = os.path.join(folder, name)
    subprocess.run([LOG, "--made", path, str(records), str(per), str(every), key], check=True)
    return path


def write(path, text):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def lines_of(gate, segment):
    with open(os.path.join(gate, "audit", segment), "rb") as f:
        return f.read().splitlines(keepends=True)


def put_lines(gate, segment, lines):
    with open(os.path.join(gate, "audit", segment), "wb") as f:
        f.write(b"".join(lines))


def verify(gate, *args, code=0):
    said = json.loads(run("verify", "-d", gate, "--json", *args, code=code)[0])
    assert said["ok"] == (code == 0), said
    return said


def broken(gate, what, seq, *args):
    """The verifier says @what of record @seq, in words and as JSON, and exits with 4."""
    said = verify(gate, *args, code=4)
    found = next(f for f in said["findings"] if f["breaks"])
    assert found["what"] == what and found["seq"] <= seq <= found["to"], f"{found} is not {what} at {seq}"
    assert said["unproven_after"] < seq, said
    out, _ = run("verify", "-d", gate, *args, code=4)
    several = found["to"] > found["seq"] and what != "changed"
    expect(out, f"BROKEN  {what}: record{'s' if several else ''} {found['seq']}", "broken: this is not the log that was written")
    if found["line"]:
        expect(out, f"{found['segment']} line {found['line']} (byte {found['offset']})")
    return found


def newest_checkpoint(gate):
    return os.path.join(gate, "audit", "checkpoint")


# ---- verify ----

def a_whole_log_verifies_and_says_how_far(folder):
    gate = make(folder)
    out, err = run("verify", "-d", gate)
    expect(out, "records    1 to 1", "segments: 3", "good: ", "unproven after record ", "key        portcullis-audit+")
    expect(err, "beside the log", "no checkpoint kept elsewhere")
    said = verify(gate)
    assert said["signed_upto"] == said["unproven_after"] > 80 and said["kept_upto"] == 0 and said["gaps"] == 1, said
    key = os.path.join(gate, "keys", "audit.pub")
    said = verify(gate, "--key", key, "--kept", newest_checkpoint(gate))
    assert said["kept_upto"] == said["signed_upto"], said
    _, err = run("verify", "-d", gate, "--key", key, "--kept", newest_checkpoint(gate))
    assert err == "", err
    # the folder of segments itself, with the key named
    expect(run("verify", "-d", os.path.join(gate, "audit"), "-k", key)[0], "good: ")


def an_edit_is_named(folder):
    gate = make(folder)
    lines = lines_of(gate, SECOND)
    put_lines(gate, SECOND, lines[:6] + [lines[6].replace(b"0.17.", b"0.18.")] + lines[7:])
    found = broken(gate, "changed", 47)
    assert (found["segment"], found["line"], found["seq"], found["to"]) == (SECOND, 7, 47, 47), found
    assert found["offset"] == sum(map(len, lines[:6])), found
    put_lines(gate, SECOND, lines[:6] + [b'{"v":2}\n'] + lines[7:])
    broken(gate, "malformed", 47)
    put_lines(gate, SECOND, lines)
    verify(gate)


def deleted_reordered_repeated_and_inserted_records_are_named(folder):
    gate = make(folder)
    lines = lines_of(gate, SECOND)
    for what, seq, made in (("missing", 47, lines[:6] + lines[7:]),
                            ("missing", 48, lines[:6] + lines[9:]),
                            ("reordered", 48, lines[:6] + [lines[7], lines[6]] + lines[8:]),
                            ("duplicated", 47, lines[:7] + [lines[6]] + lines[7:]),
                            ("inserted", 44, lines[:7] + [lines[3]] + lines[7:])):
        put_lines(gate, SECOND, made)
        broken(gate, what, seq)
    put_lines(gate, SECOND, lines)
    os.rename(os.path.join(gate, "audit", SECOND), os.path.join(folder, SECOND))
    broken(gate, "missing", 41)


def another_logs_records_and_another_key_are_found(folder):
    gate, other = make(folder), make(folder, "other", key="z")
    # the same number of records, in another order of kinds: spliced in at a segment
    mine, theirs = lines_of(gate, SECOND), lines_of(other, SECOND)
    put_lines(gate, SECOND, mine[:9] + theirs[9:])
    assert verify(gate, code=4)["broken"]
    put_lines(gate, SECOND, mine)
    # everything of somebody else, and our key
    verify(other)
    broken(other, "second_key", 26, "--key", os.path.join(gate, "keys", "audit.pub"))
    # a checkpoint of theirs kept as ours
    assert verify(gate, "--kept", newest_checkpoint(other), code=4)["broken"]


def a_cut_end_shows_against_a_kept_checkpoint_only(folder):
    gate = make(folder)
    kept = os.path.join(folder, "kept")
    shutil.copy(newest_checkpoint(gate), kept)
    last = sorted(os.listdir(os.path.join(gate, "audit")))[2]
    lines = lines_of(gate, last)
    put_lines(gate, last, lines[:5])
    # whoever forgets the file beside the log is found without anything from elsewhere
    broken(gate, "truncated", 100)
    os.unlink(newest_checkpoint(gate))
    out, err = run("verify", "-d", gate)
    expect(out, "unproven after record ")
    expect(err, "could have cut the end off")
    found = broken(gate, "truncated", 86, "--kept", kept)
    assert found["seq"] == 86, found
    # all of it gone
    for name in os.listdir(os.path.join(gate, "audit")):
        os.unlink(os.path.join(gate, "audit", name))
    broken(gate, "truncated", 1, "--kept", kept)
    expect(run("verify", "-d", gate, code=3)[1], "there is no audit log in")


def retention_hides_no_rewriting_from_a_kept_checkpoint(folder):
    """Whoever has the key writes another log and says that retention took what the kept checkpoint covers: it was
    not compared then, and nothing is proved by it."""
    gate, other = make(folder, records=60), make(folder, "other", per=30, every=20)
    kept, part = newest_checkpoint(gate), os.path.join(folder, "part")
    # it is another from record 31 on, and signed all over
    assert broken(other, "rewritten", 31, "--kept", kept)["to"] == 51
    run("export", "-d", other, "-o", part, "--since", "2026-11-22T12:00:00.095000000Z")
    said = verify(part, "--kept", kept, code=4)
    assert said["kept_upto"] == 0 and not said["broken"], said
    assert [(f["what"], f["seq"], f["breaks"]) for f in said["findings"]] == [("uncompared", 51, False)], said
    out, _ = run("verify", "-d", part, "--kept", kept, code=4)
    expect(out, "notice  uncompared: record 51: ", "kept       nothing is proved by what was kept elsewhere",
           "nothing that was kept elsewhere could be compared")
    # one that can be makes it good, and the other is still named
    said = verify(part, "--kept", kept, "--kept", newest_checkpoint(other))
    assert said["kept_upto"] > 90 and len(said["findings"]) == 1, said


def a_log_nobody_signed_is_not_good(folder):
    gate = make(folder, every=0)
    expect(run("verify", "-d", gate, code=4)[0], "unproven after record 0", "nothing here is signed")


def a_torn_end_is_a_notice(folder):
    gate = make(folder)
    last = sorted(n for n in os.listdir(os.path.join(gate, "audit")) if n.endswith("jsonl"))[-1]
    with open(os.path.join(gate, "audit", last), "ab") as f:
        f.write(b'{"v":2,"seq":9')
    out, _ = run("verify", "-d", gate)
    expect(out, "notice  torn: record ", "good: ")


def removed_segments_are_accounted_for_by_roots(folder):
    gate, part = make(folder), os.path.join(folder, "part")
    run("export", "-d", gate, "-o", part, "--since", "2026-11-22T12:00:00.085000000Z")
    shutil.copy(os.path.join(part, "roots"), os.path.join(gate, "audit", "roots"))
    for name in ("00000000000000000001.jsonl", SECOND):
        os.unlink(os.path.join(gate, "audit", name))
    expect(run("verify", "-d", gate)[0], "removed    segments before them: 2")
    expect(run("prove", "90", "-d", gate)[0], "c2sp.org/tlog-proof@v1")
    expect(run("prove", "9", "-d", gate, code=1)[1], "there is no record `9'")
    with open(os.path.join(gate, "audit", "roots"), "a", encoding="ascii") as f:
        f.write("nonsense\n")
    expect(run("verify", "-d", gate, code=4)[0], "a line of the file `roots' is none")
    os.unlink(os.path.join(gate, "audit", "roots"))
    broken(gate, "missing", 1)


def a_log_whose_key_was_handed_over_needs_the_new_key_alone(folder):
    """tests/vectors/audit: both keys, and a checkpoint kept elsewhere."""
    vectors = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "vectors", "audit")
    with open(os.path.join(vectors, "keys"), encoding="ascii") as f:
        keys = f.read().splitlines(keepends=True)
    for i, key in enumerate(keys):
        with open(os.path.join(folder, str(i)), "w", encoding="ascii") as f:
            f.write(key)
    for i in range(len(keys)):
        said = verify(vectors, "-k", os.path.join(folder, str(i)), "--kept", os.path.join(vectors, "kept"))
        assert said["handovers"] == 1 and said["kept_upto"] > 0, said
    expect(run("check-proof", os.path.join(vectors, "record-3.tlog-proof"), "-k", os.path.join(folder, "0"),
               "-k", os.path.join(folder, "1"))[0], "proved: record 3 ")


def what_is_no_key_is_refused(folder):
    gate = make(folder)
    bad = os.path.join(folder, "bad")
    for text, why in (("PRIVATE+KEY+a+b+c\n", "a private key"), ("x\n", "not a public key"), ("", "no key in it")):
        with open(bad, "w", encoding="ascii") as f:
            f.write(text)
        expect(run("verify", "-d", gate, "--key", bad, code=3)[1], why)
    os.unlink(os.path.join(gate, "keys", "audit.pub"))
    expect(run("verify", "-d", gate, code=3)[1], "no public key", "--key FILE")
    expect(run("verify", "-d", os.path.join(folder, "nowhere"), code=1)[1], "No such file", "--dir DIR")
    run("verify", "--kept", code=2)


def what_was_named_by_mistake_is_not_a_broken_log(folder):
    gate, other = make(folder), make(folder, "other", key="z")
    # no checkpoint at all, in place of a kept one
    expect(run("verify", "-d", gate, "--kept", os.path.join(gate, "gateway.conf"), code=3)[1], "not a checkpoint",
           "the file `checkpoint'")
    # an empty folder: that is what is wrong, not that no key lies there
    os.mkdir(os.path.join(folder, "empty"))
    expect(run("verify", "-d", os.path.join(folder, "empty"), code=3)[1], "there is no audit log in", "--dir DIR")
    # the key of another log
    theirs = os.path.join(other, "keys", "audit.pub")
    expect(run("verify", "-d", gate, "--key", theirs, code=4)[1], "is it this log's key? --key FILE")
    said = run("prove", "47", "-d", gate, "--key", theirs, code=4)[1]
    assert said.count("error: ") == 1 and "not signed by this key" in said, said
    # the file `checkpoint' beside a log that was cut is not one that was given with --kept
    last = sorted(os.listdir(os.path.join(gate, "audit")))[2]
    os.unlink(os.path.join(gate, "audit", last))
    out = run("verify", "-d", gate, code=4)[0]
    expect(out, "BROKEN  truncated: records 81 to ", "the file `checkpoint' covers more")
    assert "kept " not in out.replace("kept elsewhere", ""), out
    expect(run("verify", "-d", gate, "--kept", newest_checkpoint(gate), code=4)[0],
           "kept       nothing is proved by what was kept elsewhere")


# ---- prove ----

def a_proof_goes_round_and_a_forged_one_does_not(folder):
    gate = make(folder)
    key, proof = os.path.join(gate, "keys", "audit.pub"), os.path.join(folder, "p")
    for word, seq in (("9", 9), ("47", 47), ("0.17.c5", 18), ("1", 1), ("41", 41)):
        text, _ = run("prove", word, "-d", gate)
        with open(proof, "w", encoding="utf-8") as f:
            f.write(text)
        said = json.loads(run("check-proof", proof, "--key", key, "--json")[0])
        assert said["ok"] and said["seq"] == said["record"]["seq"] == seq, said
    text, _ = run("prove", "47", "-d", gate, "-o", os.path.join(folder, "q"))
    expect(text, "record 47, in the log of ")
    run("prove", "47", "-d", gate, "-o", os.path.join(folder, "q"), code=1)
    with open(os.path.join(folder, "q"), encoding="utf-8") as f:
        text = f.read()
    expect(run("check-proof", os.path.join(folder, "q"), "-k", key)[0], "proved: record 47 is in the log",
           "  outcome       answered", "  of            46")
    through = os.path.join(folder, "pipe")
    os.mkfifo(through)
    writer = threading.Thread(target=write, args=(through, text), daemon=True)
    writer.start()
    expect(run("check-proof", through, "-k", key)[0], "proved: record 47 is in the log")
    writer.join(60)
    expect(run("check-proof", "-", "-k", key, fed=text)[0], "proved: record 47 is in the log")
    with open(key, encoding="utf-8") as f:
        expect(run("check-proof", os.path.join(folder, "q"), "-k", "-", fed=f.read())[0], "proved: record 47 is in the log")
    expect(run("check-proof", "-", "-k", key, fed="nothing", code=4)[1], "standard input: not a proof")
    # what never ends is read up to its ceiling, a folder not at all
    expect(run("check-proof", "/dev/zero", "-k", key, code=4)[1], "/dev/zero: not a proof")
    expect(run("check-proof", proof, "-k", "/dev/zero", code=3)[1], "/dev/zero: ")
    expect(run("check-proof", folder, "-k", key, code=1)[1], "Is a directory")
    with open(os.path.join(gate, "audit", "checkpoint"), encoding="utf-8") as f:
        expect(run("verify", "-d", gate, "-k", key, "--kept", "-", fed=f.read())[0], "kept       up to record")
    expect(run("verify", "-d", gate, "-k", key, "--kept", "/dev/zero", code=3)[1], "larger than a checkpoint can be")
    extra = re.search(r"extra (\S+)", text).group(1)
    record = base64.b64decode(extra)
    forged = base64.b64encode(record.replace(b"0.17.", b"0.18.")).decode()
    for made in (text.replace(extra, forged), text.replace("index 46", "index 45"), text[:-20], text[40:], "",
                 re.sub(r"(index \d+\n)\S+\n", r"\1", text), "A" * 200000):
        with open(proof, "w", encoding="utf-8") as f:
            f.write(made)
        out, err = run("check-proof", proof, "--key", key, code=4)
        assert out == "" and "portcullis: error: " in err, out + err
    other = make(folder, "other", key="z")
    expect(run("check-proof", os.path.join(folder, "q"), "-k", os.path.join(other, "keys", "audit.pub"), code=4)[1],
           "not signed by this key")
    run("check-proof", proof, code=2)


def an_id_of_two_runs_is_not_guessed_at(folder):
    """Each start of a gateway begins its ids anew: a third party is not shown somebody else's command."""
    gate = os.path.join(folder, "gate")
    lines = [json.dumps({"id": f"0.3.c{n}", "decision": "allow", "verb": "actor.start", "name": name})
             for n, name in ((1, "ann"), (2, "ann"), (1, "bob"))]
    subprocess.run([LOG, gate], input="\n".join(lines) + "\n", text=True, check=True)
    first, again = (json.loads(r)["seq"] for r in run("query", "-d", gate, "--id", "0.3.c1", "--json")[0].splitlines())
    key = os.path.join(make(folder, "other"), "keys", "audit.pub")
    _, err = run("prove", "0.3.c1", "-d", gate, "-k", key, code=1)
    expect(err, f"the id of 2 records: {first}, {again}.", "query --id 0.3.c1")
    expect(run("prove", "0.3.c2", "-d", gate, "-k", key, code=1)[1], "no checkpoint covers record")


def what_no_checkpoint_covers_cannot_be_proved_yet(folder):
    gate = make(folder)
    out, _ = run("tail", "-n", "1", "--json", "-d", gate)
    seq = json.loads(out)["seq"]
    expect(run("prove", str(seq), "-d", gate, code=1)[1], f"no checkpoint covers record {seq} yet", "next checkpoint")
    expect(run("prove", "0.0.c0", "-d", gate, code=1)[1], "there is no record `0.0.c0'")
    # a changed record on the path is not proved with
    lines = lines_of(gate, SECOND)
    put_lines(gate, SECOND, lines[:6] + [lines[6].replace(b"0.17.", b"0.18.")] + lines[7:])
    expect(run("prove", "45", "-d", gate, code=4)[1], "does not lead to its checkpoint")


# ---- query ----

def rows(gate, *args):
    out, _ = run("query", "-d", gate, "--csv", *args)
    return list(csv.DictReader(io.StringIO(out)))


def queries_find_by_every_option(folder):
    gate = make(folder)
    everything = rows(gate)
    commands = [r for r in everything if r["kind"] == "command"]
    assert [int(r["seq"]) for r in everything] == sorted(int(r["seq"]) for r in everything)
    assert {r["kind"] for r in everything} >= {"start", "open", "denial", "admin", "gap", "summary", "close", "command"}
    for r in commands[:-1]:
        assert (r["outcome"] == "") == (r["decision"] == "deny"), r
    for args, wanted in ((("--who", "Dora"), lambda r: r["name"] == "Dora"),
                         (("--who", "role:*"), lambda r: r["tags"] == "role:deployer"),
                         (("--who", "UDXU4*"), lambda r: r["user"] != ""),
                         (("--what", "actor.*"), lambda r: r["verb"].startswith("actor.")),
                         (("--what", "denial", "--what", "gap"), lambda r: r["kind"] in ("denial", "gap")),
                         (("--what", "publish"), lambda r: r["what"] == "publish"),
                         (("--lattice", "other"), lambda r: r["lattice"] == "other"),
                         (("--host", "NHOST3"), lambda r: r["host"] == "NHOST3"),
                         (("--decision", "deny"), lambda r: r["decision"] == "deny" or r["kind"] == "summary"),
                         (("--decision", "allow"), lambda r: r["decision"] == "allow"),
                         (("--rule", "deployers*"), lambda r: r["rule"] == "deployers-deploy"),
                         (("--id", "0.17.c5"), lambda r: r["id"] == "0.17.c5"),
                         (("--outcome", "no_answer"), lambda r: r["outcome"] == "no_answer"),
                         (("--outcome", "none"), lambda r: r["kind"] == "command" and r["outcome"] == ""),
                         (("--since", "2026-11-22T12:00:00.050000000Z"), lambda r: int(r["seq"]) >= 51),
                         (("--until", "2026-11-22T12:00:00.050000000Z"), lambda r: int(r["seq"]) <= 51),
                         (("--who", "Mia", "--decision", "deny"),
                          lambda r: r["name"] == "Mia" and r["decision"] == "deny"),
                         (("--since", "2026-11-23"), lambda r: False),
                         (("--limit", "3"), lambda r: r in everything[:3])):
        got, want = rows(gate, *args), [r for r in everything if wanted(r)]
        assert got == want, f"{args}: {len(got)} rows, not {len(want)}"
        assert want or "2026-11-23" in args, args
    run("query", "-d", gate, "--decision", "maybe", code=2)
    run("query", "-d", gate, "--since", "yesterday", code=2)
    run("query", "-d", gate, "--json", "--csv", code=2)
    run("query", "-d", gate, "--limit", "0", code=2)


def a_span_counts_from_now(folder):
    gate = make(folder)
    want = len(rows(gate)) if time.time() > 1795348801 else None
    assert want is None or len(rows(gate, "--since", "36500d")) == want
    assert rows(gate, "--until", "36500d") == []


def forms_for_other_programs_hold_what_is_in_the_log(folder):
    gate = make(folder)
    out, _ = run("query", "-d", gate, "--json", "--id", "0.17.c5")
    command, outcome = map(json.loads, out.splitlines())
    assert command["kind"] == "command" and outcome["kind"] == "outcome" and outcome["of"] == command["seq"], out
    log = b"".join(b"".join(lines_of(gate, n)) for n in sorted(os.listdir(os.path.join(gate, "audit"))) if "." in n)
    for line in run("query", "-d", gate, "--json")[0].splitlines():
        assert line.encode() + b"\n" in log, line
    out, _ = run("query", "-d", gate, "--cef")
    for line in out.splitlines():
        assert re.match(r"CEF:0\|Portcullis\|portcullis-gateway\|[^|]+\|[a-z]+\|(\\.|[^|\\])+\|\d\|rt=\d+ externalId=\d+( |$)", line), line
    expect(out, r"cs3=secret.a|b\=c\\d", "src=::1 spt=50001", "src=127.0.0.1 spt=51234", "act=allow", "outcome=answered")
    out, _ = run("query", "-d", gate)
    expect(out, "TIME (UTC)", "answered in 3.2 ms, success: yes", "none: no_rule", "on NHOST3")
    assert len(out.splitlines()) == len(rows(gate)) + 1
    out, err = run("query", "-d", gate, "--who", "nobody")
    assert len(out.splitlines()) == 1 and "note: no record fits" in err, out + err
    expect(run("query", "-d", gate, "--since", "2h", "--until", "3h", code=2)[1], "--until 3h is before --since 2h")


def outcomes_are_found_in_the_next_segment_and_past_until(folder):
    gate = make(folder, records=400, per=11)
    by_id = {r["id"]: r for r in rows(gate) if r["kind"] == "command"}
    assert len(by_id) > 100 and all(r["outcome"] or r["decision"] == "deny" for r in list(by_id.values())[:-1])
    for r in list(by_id.values())[:20]:
        at = r["time"]
        assert rows(gate, "--since", at, "--until", at) == [r], r


def nothing_in_a_record_reaches_the_terminal_as_it_is(folder):
    gate = make(folder)
    for args in (("tail", "-n", "1000"), ("query",), ("query", "--csv"), ("query", "--cef"), ("query", "--json")):
        out, err = run(*args, "-d", gate, raw=True)
        text = (out + err).decode("utf-8")
        bad = [c for c in text if (ord(c) < 32 and c not in "\r\n") or 0x7f <= ord(c) < 0xa0 or c in "\u202e\u2066"]
        assert not bad, f"{args}: {bad}"
        assert "\r" not in text.replace("\r\n", ""), args
    expect(run("query", "-d", gate, "--what", "open")[0], r"\u001b[2J")
    expect(run("query", "-d", gate, "--csv")[0], "\"'=HYPERLINK(\"\"x\"\"),1\"")


# ---- tail ----

def what_is_no_file_is_named_and_never_read(folder):
    """A log is handed around: what somebody packed into it is neither followed, nor waited for, nor read without end."""
    traps = (lambda at: os.symlink("/dev/zero", at), os.mkfifo, os.mkdir)
    for number, trap in enumerate(traps):
        gate = make(folder, f"segment{number}")
        name = "00000000000000000500.jsonl"
        trap(os.path.join(gate, "audit", name))
        for args in (("verify",), ("query",), ("tail",), ("export", "-o", os.path.join(folder, "out"))):
            expect(run(*args, "-d", gate, code=1)[1], name)
        assert not [n for n in os.listdir(folder) if n.startswith("out")]
    for beside in ("checkpoint", "roots"):
        for number, trap in enumerate(traps):
            gate = make(folder, f"{beside}{number}")
            at = os.path.join(gate, "audit", beside)
            if os.path.exists(at):
                os.unlink(at)
            trap(at)
            run("verify", "-d", gate, code=1)


def a_proof_has_one_spelling(folder):
    gate = make(folder)
    at = os.path.join(folder, "proof")
    run("prove", "5", "-d", gate, "-o", at)
    with open(at, "rb") as f:
        proof = f.read()
    key = os.path.join(gate, "keys", "audit.pub")
    run("check-proof", at, "--key", key)
    assert b"\nindex 4\n" in proof
    for other in (proof.replace(b"index 4", b"index 04"), proof.replace(b"index 4", b"index 4\nindex 4"),
                  proof.replace(b"\n", b"\r\n"), proof + b"x\n", proof + proof, proof[:-1], b"\n" + proof,
                  proof.replace(b"index 4", b"index 4 "), proof.replace(b"index 4\n", b"index 4\nextra AAAA\n"),
                  proof.replace(b"extra ", b"extra  ")):
        with open(at, "wb") as f:
            f.write(other)
        out, _ = run("check-proof", at, "--key", key, code=4)
        assert out == "", other


def tail_shows_the_end(folder):
    gate = make(folder, records=100, per=7)
    assert len(run("tail", "-d", gate)[0].splitlines()) == 10
    assert run("tail", "-d", gate, "-n", "0")[0] == ""
    names = sorted(n for n in os.listdir(os.path.join(gate, "audit")) if n.endswith("jsonl"))
    whole = b"".join(b"".join(lines_of(gate, n)) for n in names)
    for n in (1, 6, 7, 8, 50, 10000):
        out, _ = run("tail", "-d", gate, "--json", "-n", str(n), raw=True)
        assert out == b"".join(whole.splitlines(keepends=True)[-n:]), n
        # what the log writes for its own sake is no line to people, however much of it there is
        own = whole.count(b'"kind":"segment"') + whole.count(b'"kind":"checkpoint"')
        out = run("tail", "-d", gate, "-n", str(n))[0]
        assert own > 15 and len(out.splitlines()) == min(n, whole.count(b"\n") - own), (n, out)
        assert "checkpoint " not in out and "segment " not in out, out
    out = run("tail", "-d", gate, "-n", "1000")[0]
    expect(out, "Dora             actor.start      registry.example/ours/echo:1.2.3 on NHOST0  allow rule=deployers-deploy",
           "  -> answered in 3.2 ms, success: yes")
    # an outcome is told with its command, also when only the outcome is shown
    for n in range(1, 12):
        line = run("tail", "-d", gate, "-n", str(n))[0].splitlines()[0]
        assert "command " not in line, line
    run("tail", "-d", gate, "-n", "x", code=2)
    run("tail", "-d", folder, code=3)
    with open(os.path.join(folder, "00000000000000000001.jsonl"), "w", encoding="ascii"):
        pass
    expect(run("tail", "-d", folder)[1], "note: no record is there yet")


def wait_until(true):
    process.until(true, "what was written is followed")


class Following:
    def __init__(self, gate, *args):
        self.at = subprocess.Popen([PORTCULLIS, "audit", "tail", "-f", "-d", gate, *args], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        self.watchdog = threading.Timer(300, self.at.kill)
        self.watchdog.daemon = True
        self.watchdog.start()

    def lines(self, n):
        return [self.at.stdout.readline() for _ in range(n)]

    def at_offset(self, path):
        """How far it has read the file: what the kernel says of its descriptor."""
        for fd in os.listdir(f"/proc/{self.at.pid}/fd"):
            if os.path.realpath(f"/proc/{self.at.pid}/fd/{fd}") == os.path.realpath(path):
                with open(f"/proc/{self.at.pid}/fdinfo/{fd}", encoding="ascii") as f:
                    return int(f.readline().split()[1])
        return -1

    def end(self):
        self.at.send_signal(signal.SIGINT)
        out, err = self.at.communicate(timeout=300)
        self.watchdog.cancel()
        assert self.at.returncode == 0 and err == b"" and out == b"", f"{self.at.returncode} {out} {err}"


def tail_follows_what_is_added_and_into_the_next_segment(folder):
    gate, made = os.path.join(folder, "live"), make(folder, records=60, per=20)
    os.makedirs(os.path.join(gate, "audit"))
    following = Following(os.path.join(gate, "audit"), "--json")
    names = sorted(n for n in os.listdir(os.path.join(made, "audit")) if n.endswith("jsonl"))
    for name in names:
        lines = lines_of(made, name)
        with open(os.path.join(gate, "audit", name), "wb", buffering=0) as f:
            f.write(lines[0])
            assert following.lines(1) == lines[:1]
            f.write(lines[1] + lines[2][:30])
            assert following.lines(1) == lines[1:2]
            f.write(lines[2][30:])
            assert following.lines(1) == lines[2:3]
            f.write(b"".join(lines[3:]))
        if name != names[1]:
            assert following.lines(len(lines) - 3) == lines[3:]
        else:  # what was written last to a segment is not lost when the next one is there at once
            kept = lines[3:]
            shutil.copy(os.path.join(made, "audit", names[2]), os.path.join(gate, "audit", names[2]))
            assert following.lines(len(kept)) == kept
            assert following.lines(len(lines_of(made, names[2]))) == lines_of(made, names[2])
            break
    following.end()


def tail_follows_a_log_that_was_cut_back(folder):
    """What the gateway could not make durable it takes away again; the same numbers come anew."""
    gate = make(folder, records=30, per=100)
    name = "00000000000000000001.jsonl"
    lines, path = lines_of(gate, name), os.path.join(gate, "audit", name)
    put_lines(gate, name, lines[:10])
    following = Following(gate, "--json", "-n", "1")
    assert following.lines(1) == lines[9:10]
    with open(path, "ab", buffering=0) as f:
        f.write(lines[10])
        assert following.lines(1) == lines[10:11]
        f.write(lines[11] + lines[12][:9])
        assert following.lines(1) == lines[11:12]
        os.truncate(path, sum(map(len, lines[:10])))
        wait_until(lambda: following.at_offset(path) == os.stat(path).st_size)
        f.write(lines[10] + lines[11])
        assert following.lines(2) == lines[10:12]
    following.end()


# ---- export ----

def an_export_verifies_elsewhere(folder):
    gate = make(folder, records=200)
    key = os.path.join(gate, "keys", "audit.pub")
    for args, first, last in (((), 1, 200), (("--since", "2026-11-22T12:00:00.100000000Z"), 81, 200),
                              (("--until", "2026-11-22T12:00:00.030000000Z"), 1, 80),
                              (("--since", "2026-11-22T12:00:00.050000000Z",
                                "--until", "2026-11-22T12:00:00.060000000Z"), 41, 120)):
        out = os.path.join(folder, f"out-{first}-{last}")
        said = json.loads(run("export", "-d", gate, "-o", out, "--json", *args)[0])
        assert said["ok"] and said["first"] == first and last <= said["last"] <= last + 2, (args, said)
        assert said["signed_upto"] > 0 and said == verify(out, "--key", key), said
        assert os.stat(out).st_mode & 0o777 == 0o700 and not os.path.exists(out + ".part")
        run("export", "-d", gate, "-o", out, *args, code=1)
        seq = str(first + 3)
        proof = os.path.join(folder, "p")
        run("prove", seq, "-d", out, "-k", key, "-o", proof)
        run("check-proof", proof, "-k", key)
        os.unlink(proof)
    other = make(folder, "other", records=190)
    for args, first, last in ((("--since", "2099-01-01"), 161, 190), (("--until", "2001-01-01"), 1, 80)):
        text, note = run("export", "-d", other, "-o", os.path.join(folder, f"none-{first}"), *args)
        expect(text, f"records    {first} to {last}")
        expect(note, "note: no record is of the time asked for")
    assert "note" not in run("export", "-d", gate, "-o", os.path.join(folder, "all"), "-k", key)[1]
    os.unlink(os.path.join(folder, "out-41-120", "roots"))
    broken(os.path.join(folder, "out-41-120"), "missing", 1)


def a_failed_export_leaves_nothing(folder):
    gate = make(folder)
    os.unlink(os.path.join(gate, "audit", SECOND))
    os.mkdir(os.path.join(gate, "audit", SECOND))
    run("export", "-d", gate, "-o", os.path.join(folder, "out"), code=1)
    assert sorted(os.listdir(folder)) == ["gate"], os.listdir(folder)


# ---- what nobody expects ----

def garbage_is_named_and_survived(folder):
    gate = make(folder)
    path = os.path.join(gate, "audit", SECOND)
    whole = b"".join(lines_of(gate, SECOND))
    for junk in (b"", b"\n" * 5000, os.urandom(300000), b"\x1b[2J" * 1000 + b"\n", b"A" * 3000000, b"{" * 70000 + b"\n",
                 whole[:4000] + b"\0" * 9000 + whole[4000:], whole.replace(b'"', b"'"), whole[:-1],
                 b'{"v":2,"seq":' + b"9" * 500 + b"\n", whole.replace(b'"kind":"outcome"', b'"kind":"nothing"')):
        with open(path, "wb") as f:
            f.write(junk)
        for args in (("tail", "-n", "500"), ("query",), ("query", "--cef"), ("query", "--json")):
            out, err = run(*args, "-d", gate, raw=True)
            assert b"\x1b" not in out + err, args
        verify(gate, code=4)
        done = subprocess.run([PORTCULLIS, "audit", "prove", "47", "-d", gate], capture_output=True, timeout=300)
        assert done.returncode in (1, 4), (junk[:20], done)
        run("prove", "100", "-d", gate)  # a record behind the damage: the peaks before it are whole
    for name in ("checkpoint", "roots"):
        put_lines(gate, SECOND, [whole])
        old = open(os.path.join(gate, "audit", "checkpoint"), "rb").read()
        with open(os.path.join(gate, "audit", name), "wb") as f:
            f.write(os.urandom(3000))
        verify(gate, code=4)
        with open(os.path.join(gate, "audit", "checkpoint"), "wb") as f:
            f.write(old)
    os.unlink(path)
    os.symlink("/dev/zero", path)
    for args in (("tail", "-n", "500"), ("query",), ("verify",)):
        run(*args, "-d", gate, code=1)


def a_large_log_verifies(folder):
    gate = make(folder, "large", records=200000, per=60000, every=1000)
    began = time.monotonic()
    said = verify(gate, "--kept", newest_checkpoint(gate))
    took = time.monotonic() - began
    assert said["last"] >= 200000 and said["kept_upto"] >= 199000, said
    print(f"  200000 records, {said['bytes'] >> 20} MiB, {said['bytes'] / took / 1e9:.2f} GB/s")
    assert len(rows(gate, "--id", "0.17.c90000")) == 1
    proof = os.path.join(folder, "p")
    run("prove", "0.17.c50000", "-d", gate, "-o", proof)
    run("check-proof", proof, "--key", os.path.join(gate, "keys", "audit.pub"))


def help_says_which_log_is_meant(_):
    done = subprocess.run([PORTCULLIS, "audit", "--help"], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0 and done.stdout.startswith("The command log"), done.stdout
    expect(done.stdout, "`nats audit'", "audit verify", "audit check-proof FILE")
    for verb in ("tail", "query", "verify", "prove", "check-proof", "export"):
        expect(run(verb, "--help")[0], f"usage: portcullis audit {verb} ", "command log: ")


def a_table_fits_its_terminal(folder):
    gate = make(folder)
    argv = [PORTCULLIS, "audit", "query", "-d", gate]
    whole = run("query", "-d", gate)[0].splitlines()
    assert max(map(len, whole)) > 80, "nothing to cut"
    seqs = [line.split()[2] for line in whole[1:]]
    for columns in (40, 60, 80, 100, 120, 149):
        lines = terminal.lines_on(columns, argv)
        assert len(lines) == len(whole), (columns, len(lines))
        assert max(map(len, lines)) <= max(columns, 50), (columns, max(lines, key=len))
        # the number of each record is whole, and what was decided is there
        assert [line[lines[0].index("RECORD"):].split()[0] for line in lines[1:]] == seqs, columns
        at = lines[0].index("DECISION")
        assert {line[at:].split()[0] for line in lines[1:]} <= {"allow", "deny", "observe", "-"}, columns
    assert any("~" in line for line in terminal.lines_on(60, argv))
    assert terminal.lines_on(400, argv) == whole


TESTS = [
    a_table_fits_its_terminal,
    a_whole_log_verifies_and_says_how_far,
    an_edit_is_named,
    deleted_reordered_repeated_and_inserted_records_are_named,
    another_logs_records_and_another_key_are_found,
    a_cut_end_shows_against_a_kept_checkpoint_only,
    retention_hides_no_rewriting_from_a_kept_checkpoint,
    a_log_nobody_signed_is_not_good,
    a_torn_end_is_a_notice,
    removed_segments_are_accounted_for_by_roots,
    a_log_whose_key_was_handed_over_needs_the_new_key_alone,
    what_is_no_key_is_refused,
    what_was_named_by_mistake_is_not_a_broken_log,
    a_proof_goes_round_and_a_forged_one_does_not,
    an_id_of_two_runs_is_not_guessed_at,
    what_no_checkpoint_covers_cannot_be_proved_yet,
    queries_find_by_every_option,
    a_span_counts_from_now,
    forms_for_other_programs_hold_what_is_in_the_log,
    outcomes_are_found_in_the_next_segment_and_past_until,
    nothing_in_a_record_reaches_the_terminal_as_it_is,
    what_is_no_file_is_named_and_never_read,
    a_proof_has_one_spelling,
    tail_shows_the_end,
    tail_follows_what_is_added_and_into_the_next_segment,
    tail_follows_a_log_that_was_cut_back,
    an_export_verifies_elsewhere,
    a_failed_export_leaves_nothing,
    garbage_is_named_and_survived,
    a_large_log_verifies,
    help_says_which_log_is_meant,
]


def main():
    global PORTCULLIS, LOG
    PORTCULLIS, LOG = map(os.path.abspath, sys.argv[1:3])
    return checks.run(TESTS, only=sys.argv[3:])


if __name__ == "__main__":
    sys.exit(main())
