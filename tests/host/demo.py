#!/usr/bin/python3
"""scripts/demo, without the build before it: it shows what it promises, and says so when it cannot."""
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.request

import stage
from portcullis_test import process, server
from stage import check

STORY = os.path.join(stage.HERE, "..", "..", "scripts", "demo_story.py")


def tell(bin_dir, *argv):
    done = subprocess.run([sys.executable, STORY, bin_dir, *argv], capture_output=True, text=True, stdin=subprocess.DEVNULL,
                          timeout=stage.LIMIT_S - 5)
    return done.returncode, done.stdout, done.stderr


def gone(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as f:
            return f.read().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def the_demo_shows_what_it_promises_and_leaves_it_running_when_asked():
    code, said, wrong = tell(os.path.join(stage.BUILD, "bin"), "--keep")
    found = re.search(r"stop: kill (\d+) (\d+) (\d+); then remove (\S+)", said)
    try:
        check(code == 0 and found, f"exit {code}\n{said[-3000:]}\n{wrong}")
        for words in ("ARRIVED", "SILENCE", "COUNTED", "REFUSED  localhost:4222", "REFUSED  a forged call", "AGREED",
                      "REFUSED  start a provider", "reason=issuer", "provider.start   wasmbus.ctl.default.cmd"):
            check(words in said, f"not shown: {words}")
        with urllib.request.urlopen(re.search(r"curl (http://\S+/visits)\n.*export", said, re.S).group(1), timeout=process.PATIENCE_S) as r:
            check(r.read() == b'{"path":"visits","count":5}', "the store was not kept")
    finally:
        if found:
            for pid in map(int, found.groups()[:3]):
                os.kill(pid, signal.SIGTERM)
                process.until(lambda p=pid: gone(p), f"{pid} ends")
            shutil.rmtree(found.group(4))


def a_demo_whose_attacker_does_nothing_fails():
    """The control: an actor that only answers, where the attacker should be."""
    with tempfile.TemporaryDirectory() as folder:
        os.symlink(os.path.join(stage.BUILD, "bin"), os.path.join(folder, "bin"))
        shutil.copytree(os.path.join(stage.BUILD, "actors"), os.path.join(folder, "actors"))
        shutil.copy(os.path.join(folder, "actors", "echo.wasm"), os.path.join(folder, "actors", "attacker.wasm"))
        code, said, wrong = tell(os.path.join(folder, "bin"))
        check(code == 1 and "demo failed: an attempt was answered" in wrong, f"exit {code}\n{said[-500:]}\n{wrong}")


SERVERS = {"nats-server": "Server is ready", "portcullis-gateway": "portcullis-gateway ready", "portcullis-host": "portcullis-host ready"}


def steps():
    """What the README has a new user type after the build, line by line."""
    with open(os.path.join(stage.HERE, "..", "..", "README.md"), encoding="utf-8") as f:
        text = f.read()
    text = text[text.index("2. **Write a deployment.**"):text.index("## Pointing things at it")]
    for block in re.findall(r"^ *```\n(.*?)^ *```", text, re.S | re.M):
        for line in block.replace("\\\n", " ").splitlines():
            line = re.sub(r"\s+#.*", "", line).strip()
            if line:
                yield line


def the_steps_of_the_readme_work_as_they_are_typed():
    """But for the ports, which are not everybody's to have."""
    listen, leaf, port = (server.free_port() for _ in range(3))
    running, counted = [], []
    env = dict(os.environ, PATH=os.path.join(stage.BUILD, "bin") + ":" + os.environ["PATH"] + ":/usr/sbin",
               NATS_URL=f"nats://127.0.0.1:{listen}")
    with tempfile.TemporaryDirectory() as folder:
        try:
            for line in steps():
                line = line.replace("build/release/", stage.BUILD + "/").replace("8080", str(port))
                if line == "portcullis init gate":
                    line += f" --listen 127.0.0.1:{listen} --leaf 127.0.0.1:{leaf}"
                words = shlex.split(line)
                if words[0] in SERVERS:
                    running.append(process.Process(words, cwd=folder, env=env))
                    running[-1].wait_line(lambda x, w=SERVERS[words[0]]: w in x)
                elif words[0] == "export":
                    name, value = words[1].split("=")
                    env[name] = value
                else:
                    done = subprocess.run(["bash", "-c", line], cwd=folder, env=env, capture_output=True, text=True,
                                          stdin=subprocess.DEVNULL, timeout=stage.LIMIT_S - 5)
                    check(done.returncode == 0, f"{line}: exit {done.returncode}\n{done.stdout}{done.stderr}")
                    if words[0] == "curl":
                        counted.append(done.stdout)
        finally:
            for child in reversed(running):
                child.stop()
    check(len(running) == 3 and counted == ['{"path":"visits","count":1}'], len(running), counted)


TESTS = [
    the_steps_of_the_readme_work_as_they_are_typed,
    the_demo_shows_what_it_promises_and_leaves_it_running_when_asked,
    a_demo_whose_attacker_does_nothing_fails,
]

if __name__ == "__main__":
    sys.exit(stage.main(TESTS, sys.argv))
