#!/usr/bin/python3
"""Flags, variables and the file: which goes before which, and what is refused with a reason."""
import os
import subprocess
import sys
import tempfile

import stage
from portcullis_test import natsjwt
from stage import check

ENV = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "")}


def run(folder, *argv, **env):
    done = subprocess.run([os.path.join(stage.BUILD, "bin", "portcullis-host"), *argv], capture_output=True, text=True,
                          timeout=300, cwd=folder, env=dict(ENV, **env))
    return done.returncode, done.stdout, done.stderr


def creds(folder, name="a.creds"):
    pair = natsjwt.KeyPair("user")
    path = os.path.join(folder, name)
    natsjwt.write_creds(path, natsjwt.mint_user(natsjwt.KeyPair("account"), pair.public, "x"), pair.seed)
    return path


def conf(folder, text):
    path = os.path.join(folder, "host.conf")
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    return path


def a_flag_goes_before_a_variable_before_the_file():
    with tempfile.TemporaryDirectory() as d:
        creds(d)
        path = conf(d, 'lattice = "filed"\ncontrol { url = "nats://10.0.0.1:1"  creds = a.creds }\n'
                       'rpc { url = "nats://10.0.0.2:2"  creds = a.creds }\n')
        code, out, err = run(d, "-c", path, "-t", "--rpc-host", "10.9.9.9", CONTROL_HOST="10.5.5.5", RPC_HOST="10.6.6.6")
        check(code == 0, out, err)
        lines = {line.split()[0]: line for line in out.splitlines()}
        check("10.5.5.5" in lines["control.host"] and "CONTROL_HOST" in lines["control.host"], out)
        check("10.9.9.9" in lines["rpc.host"] and "--rpc-host" in lines["rpc.host"], out)
        check("filed" in lines["lattice"] and "host.conf" in lines["lattice"], out)
        check(" 2 " in lines["rpc.port"] and "preset" in lines["dialect"], out)


def later_names_of_variables_are_known():
    with tempfile.TemporaryDirectory() as d:
        path = creds(d)
        code, out, err = run(d, "-t", WASMCLOUD_CTL_HOST="h1", WASMCLOUD_CTL_PORT="4333", WASMCLOUD_NATS_CREDS=path,
                             WASMCLOUD_RPC_HOST="h2", WASMCLOUD_LATTICE_PREFIX="acme", HOST_zone="a")
        check(code == 0, out, err)
        for word in ("h1", "4333", "h2", "acme", "zone=a", path):
            check(word in out, word, out)


def nobody_is_anonymous_unasked():
    with tempfile.TemporaryDirectory() as d:
        code, _, err = run(d, "-t")
        check(code == 3 and "no login for the control connection" in err and "no login for the rpc connection" in err, err)
        check("CONTROL_CREDS" in err and "--insecure-anonymous" in err, err)
        code, out, err = run(d, "-t", "--insecure-anonymous")
        check(code == 0 and "yes" in out, out, err)


def what_is_wrong_is_said_by_name():
    with tempfile.TemporaryDirectory() as d:
        path = creds(d)
        good = {"CONTROL_CREDS": path, "RPC_CREDS": path}
        for argv, env, words in [
            (("--dialect", "c"), {}, "--dialect: a (hosts of 0.18)"),
            (("--control-port", "70000"), {}, "--control-port: a port"),
            ((), {"RPC_PORT": "x"}, "RPC_PORT: a port"),
            (("--lattice", "a.b"), {}, "--lattice: not the name"),
            (("--heartbeat", "soon"), {}, "--heartbeat: a time"),
            (("--control-host", "tls://h"), {}, "nobody is trusted"),
            ((), {"CONTROL_JWT": "x"}, "given together"),
            (("--control-creds", "/nonexistent.creds"), {}, "/nonexistent.creds: No such file"),
        ]:
            code, _, err = run(d, "-t", *argv, **dict(good, **env))
            check(code == 3 and words in err, argv, env, code, err)
        os.chmod(path, 0o644)
        code, _, err = run(d, "-t", **good)
        check(code == 3 and "others can read it" in err, err)


def mistakes_in_the_file_are_told_with_their_place():
    with tempfile.TemporaryDirectory() as d:
        path = conf(d, 'lattice = "x"\nlatice = "y"\ntrust { issuers = [B] }\nlimits { queue = 0 }\n')
        code, _, err = run(d, "-c", path, "-t", "--insecure-anonymous")
        check(code == 3, err)
        for words in ("host.conf:2:1:", "host.conf:3:20:", "host.conf:4:"):
            check(words in err, words, err)


def seeds_are_never_shown():
    with tempfile.TemporaryDirectory() as d:
        seed, user = natsjwt.KeyPair("server").seed, natsjwt.KeyPair("user").seed
        code, out, err = run(d, "-t", HOST_SEED=seed, CONTROL_JWT="a.b.c", CONTROL_SEED=user, RPC_JWT="a.b.c", RPC_SEED=user)
        check(code == 0, out, err)
        check(seed not in out + err and user not in out + err and "a.b.c" not in out, out)


def usage_is_an_answer():
    with tempfile.TemporaryDirectory() as d:
        check(run(d, "--help")[0] == 0 and "--control-creds" in run(d, "--help")[1])
        check(run(d, "--version")[1].startswith("portcullis-host "))
        check(run(d, "--nonsense")[0] == 2 and run(d, "word")[0] == 2 and run(d, "--label", "x", "-t")[0] == 2)
        check(run(d, "--role", "link")[0] == 2)


TESTS = [
    a_flag_goes_before_a_variable_before_the_file,
    later_names_of_variables_are_known,
    nobody_is_anonymous_unasked,
    what_is_wrong_is_said_by_name,
    mistakes_in_the_file_are_told_with_their_place,
    seeds_are_never_shown,
    usage_is_an_answer,
]

if __name__ == "__main__":
    sys.exit(stage.main(TESTS, sys.argv))
