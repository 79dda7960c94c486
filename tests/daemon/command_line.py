#!/usr/bin/python3
"""portcullis-gateway as a program: options, exit codes, and what it says when a configuration will not do."""
import os
import subprocess
import sys

import stage
from stage import check, deployment, running

OK, USAGE, INVALID = 0, 2, 3


def run(*argv, code, cwd="/"):
    """Returns (stdout, stderr) of a run that must end with @code."""
    binary = os.path.join(stage.BUILD, "bin", "portcullis-gateway")
    done = subprocess.run([binary, *argv], cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=stage.WAIT_S, check=False)
    check(done.returncode == code, f"{argv}: exit {done.returncode}, not {code}\n{done.stdout}{done.stderr}")
    check(not any(word in done.stderr for word in stage.process.SANITIZER), done.stderr)
    return done.stdout, done.stderr


def version_and_help_go_to_standard_output():
    for option in ("--version", "-v"):
        out, err = run(option, code=OK)
        check(out.startswith("portcullis-gateway ") and out.count("\n") == 1 and err == "", out, err)
    for option in ("--help", "-h"):
        out, err = run(option, code=OK)
        check(out.startswith("Usage: ") and err == "", out, err)
        for word in ("-c", "-t", "-D", "-V", "-l", "-P", "--signal"):
            check(word in out, f"no {word} in the help")


def what_is_not_understood_is_usage():
    for argv in ([], ["-c"], ["--nonsense"], ["-c", "x.conf", "more"], ["-x"], ["--signal", "reload"],
                 ["--signal", "reload="], ["--signal", "reload=x"], ["--signal", "reload=1x"], ["--signal", "dance=99999"],
                 ["--signal", "=5"], ["--role", "king"], ["--signal", "reload=-1"], ["--signal", "reload=0"],
                 ["--signal", "reload=1"]):
        out, err = run(*argv, code=USAGE)
        check(out == "" and err != "", argv, out, err)


def a_role_is_not_started_by_hand():
    for role in ("edge", "verifier", "signer", "dispatcher", "auditor", "compiler"):
        _, err = run("--role", role, code=USAGE)
        check("portcullis-gateway" in err, err)


def a_signal_to_nobody_fails():
    gone = subprocess.Popen(["/bin/true"])
    gone.wait()
    _, err = run("--signal", f"reload={gone.pid}", code=1)
    check(str(gone.pid) in err and "No such process" in err, err)


def signals_are_sent_by_name():
    with running() as d:
        g = d.gateway
        for name, event in (("reload", "event=reload "), ("reopen", "event=log_reopened"), ("ldm", "event=lame_duck"),
                            ("stop", "event=stopping")):
            since = g.mark()
            out, err = run("--signal", f"{name}={g.pid}", code=OK)
            check(out + err == "", out, err)
            g.wait_line(lambda line, event=event: event in line, stage.WAIT_S, since)
        check(g.wait_end() == 0)


def a_good_configuration_is_tested_without_a_trace():
    with deployment() as d:
        conf = d.gateway_conf(4222)
        before = sorted(os.listdir(d.folder))
        out, err = run("-t", "-c", conf, code=OK)
        check("is in order" in out and err == "", out, err)
        # by a relative name, from another place
        run("-t", "-c", os.path.basename(conf), code=OK, cwd=d.folder)
        run("--test", "--config", os.path.join("..", os.path.basename(conf)), code=OK, cwd=d.path("keys"))
        check(sorted(os.listdir(d.folder)) == before, "-t left something behind")


def all_that_is_wrong_is_said_with_its_place():
    with deployment(limits={"edges": 0, "max_payload": "lots"}) as d:
        conf = d.gateway_conf(4222)
        with open(conf, "a", encoding="ascii") as f:
            f.write("nonsense = yes\n")
        lines = text(conf).split("\n")
        for argv in (["-t", "-c", conf], ["-c", conf]):
            _, err = run(*argv, code=INVALID)
            for wrong in ("nonsense", "edges", "max_payload"):
                number = next(i for i, line in enumerate(lines, 1) if wrong in line)
                check(f"{conf}:{number}:" in err, f"{wrong} has no place in\n{err}")


def text(path):
    with open(path, encoding="ascii") as f:
        return f.read()


def a_file_that_is_not_there_is_named():
    _, err = run("-c", "/nowhere/gateway.conf", code=INVALID)
    check("/nowhere/gateway.conf" in err and "No such file" in err and "portcullis init" in err, err)
    for argv in (["-c", "/"], ["-t", "-c", "/"]):
        _, err = run(*argv, code=INVALID)
        check("Is a directory: name the gateway.conf in it" in err, err)
    for gone in ("keys/upstream.mint", "keys/inbox.key", "keys/stamp.key", "jwt/operator.jwt"):
        with deployment() as d:
            os.unlink(d.path(gone))
            conf = d.gateway_conf(4222)
            for argv in (["-t", "-c", conf], ["-c", conf]):
                _, err = run(*argv, code=INVALID)
                check(d.path(gone) in err, f"{gone} is not named in\n{err}")


def a_secret_that_others_can_read_is_refused():
    with deployment() as d:
        conf = d.gateway_conf(4222)
        os.chmod(d.path("keys", "upstream.mint"), 0o644)
        for argv in (["-t", "-c", conf], ["-c", conf]):
            _, err = run(*argv, code=INVALID)
            check("upstream.mint" in err and "chmod" in err, err)


def a_policy_that_does_not_compile_prevents_the_start():
    with deployment(policy="rule x {\n  publish = [f.a\n}\n") as d:
        conf = d.gateway_conf(4222)
        _, err = run("-c", conf, code=INVALID)
        check("test.policy:3:" in err or "test.policy:2:" in err, err)


def a_log_that_cannot_be_written_prevents_the_start():
    with deployment() as d:
        d.start_leaf()
        _, err = run("-c", d.gateway_conf(d.leaf.port), "-l", "/nowhere/gate.log", code=1)
        check("/nowhere/gate.log" in err and "No such file" in err, err)


TESTS = [
    version_and_help_go_to_standard_output,
    what_is_not_understood_is_usage,
    a_role_is_not_started_by_hand,
    a_signal_to_nobody_fails,
    signals_are_sent_by_name,
    a_good_configuration_is_tested_without_a_trace,
    all_that_is_wrong_is_said_with_its_place,
    a_file_that_is_not_there_is_named,
    a_secret_that_others_can_read_is_refused,
    a_policy_that_does_not_compile_prevents_the_start,
    a_log_that_cannot_be_written_prevents_the_start,
]

if __name__ == "__main__":
    sys.exit(stage.main(TESTS, sys.argv))
