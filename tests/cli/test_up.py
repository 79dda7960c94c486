#!/usr/bin/python3
"""`portcullis up`: leaf, gateway and host of a deployment in one terminal, and what becomes of them when one of
them, or the tool, ends."""
import contextlib
import fcntl
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import termios

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from portcullis_test import checks, gateway, process, server  # noqa: E402

NAMES = ("leaf", "gateway", "host")
READY = "Ready. In another terminal:"
# a leaf that hears no TERM, and says so; nobody is its parent for long, and it has no children
DEAF = "#!/usr/bin/python3\nimport signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('deaf', flush=True)\nsignal.pause()\n"
# one that is never ready, and paints
PAINTER = "#!/bin/sh\nprintf 'first\\n\\033[31mpaint\\n'\nexec sleep 100000\n"


class Deployment:
    """A folder `init` made, on ports of its own."""

    def __init__(self, folder, binaries):
        self.tool = os.path.join(binaries, "portcullis")
        self.folder = folder
        self.path = os.path.join(folder, "gate")
        self.port, self.leaf = server.free_port(), server.free_port()
        subprocess.run([self.tool, "init", self.path, "--listen", f"127.0.0.1:{self.port}", "--leaf", f"127.0.0.1:{self.leaf}"],
                       check=True, capture_output=True, timeout=process.PATIENCE_S)

    def script(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="ascii") as f:
            f.write(text)
        os.chmod(path, 0o755)
        return path

    @contextlib.contextmanager
    def up(self, *args, wait="10m", ready=True):
        """The tool, ready; whatever happens, nothing of it is left when this is over."""
        p = process.Process([self.tool, "up", self.path, "--wait", wait, *args])
        try:
            if ready:
                p.wait_line(lambda line: line.startswith("Ctrl-C"))
            yield p
            left = gateway.left_behind(p.pid)
            assert left == [], f"left behind: {left}"
            assert p.sanitizer_reports() == [], p.tail(200)
        finally:
            for pid in [p.pid, *gateway.of_session(p.pid)]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            p.child.wait()

    def run(self, *args, path=None):
        return subprocess.run([self.tool, "up", *([] if path is None else [path]), *args], capture_output=True, text=True,
                              check=False, timeout=process.PATIENCE_S)


def children(p):
    """{name: process id} of the programs that the tool itself started."""
    with open(f"/proc/{p.pid}/task/{p.pid}/children", encoding="ascii") as f:
        pids = [int(word) for word in f.read().split()]
    found = {}
    for pid in pids:
        with open(f"/proc/{pid}/cmdline", "rb") as f:
            conf = os.path.basename(f.read().split(b"\0")[2]).decode()
        found[conf.removesuffix(".conf")] = pid
    return found


def place(p, name, words):
    """Where in the output this program said that."""
    return next(i for i, line in enumerate(p.lines) if line.startswith(f"{name:7} | ") and words in line)


def first(p, name):
    return place(p, name, "")


def one_after_the_other_and_back(d):
    with d.up() as p:
        ready = [place(p, "leaf", "Server is ready"), place(p, "gateway", "portcullis-gateway ready "),
                 place(p, "host", "portcullis-host ready N")]
        assert ready[0] < first(p, "gateway") < ready[1] < first(p, "host") < ready[2] < p.lines.index(READY), p.tail(200)
        assert not any("\x1b" in line for line in p.lines), "coloured, and it is no terminal"
        words = next(line for line in p.lines if "export " in line).split()[1:]
        assert words == [f"NATS_URL=nats://127.0.0.1:{d.port}", f"NATS_CREDS={d.path}/creds/deployer.creds"], words
        assert f"  portcullis audit tail -d {d.path}" in p.lines, p.tail()
        # what it says to do next works
        done = subprocess.run([d.tool, "ctl", "get", "hosts"], env=dict(os.environ, **dict(w.split("=", 1) for w in words)),
                              capture_output=True, text=True, check=False, timeout=process.PATIENCE_S)
        host = p.lines[ready[2]].split()[-1]
        assert done.returncode == 0 and host in done.stdout, done
        pids = children(p)
        assert sorted(pids) == sorted(NAMES), pids
        assert all(os.getpgid(pid) == pid for pid in pids.values()), "Ctrl-C would reach them before the tool ends them"
        assert p.stop() == 0, p.tail()
        ended = [place(p, "host", "event=stopped"), place(p, "gateway", "event=stopping"), place(p, "gateway", "event=stopped"),
                 place(p, "leaf", "Initiating Shutdown")]
        assert ended == sorted(ended), p.tail(60)


def without_a_host(d):
    with d.up("--no-host") as p:
        assert sorted(children(p)) == ["gateway", "leaf"]
        assert p.stop(number=signal.SIGINT) == 0, p.tail()
        assert not any(line.startswith("host ") for line in p.lines), p.tail()


def one_that_is_killed_ends_all(d):
    for name in NAMES:
        with d.up() as p:
            os.kill(children(p)[name], signal.SIGKILL)
            assert p.wait_end() == 1, p.tail()
            p.wait_line(lambda line, n=name: f"error: the {n} ended by itself: signal 9 (Killed)" in line)


def none_outlives_the_tool(d):
    with d.up() as p:
        pids = children(p)
        assert len(pids) == 3, pids
        p.child.kill()
        for name, pid in pids.items():
            assert process.gone(pid), f"the {name} lives on"


def a_folder_that_is_none(d):
    empty = os.path.join(d.folder, "empty")
    os.mkdir(empty)
    for path in (empty, os.path.join(d.folder, "absent")):
        done = d.run(path=path)
        assert done.returncode == 3 and f"try: portcullis init {path}\n" in done.stderr, done
        assert done.stdout == "", done
    done = subprocess.run([d.tool, "up"], cwd=empty, capture_output=True, text=True, check=False, timeout=process.PATIENCE_S)
    assert done.returncode == 3 and "there is no gateway.conf" in done.stderr and "portcullis init DIR" in done.stderr, done
    os.rmdir(empty)
    done = d.run("--nats-server", os.path.join(d.folder, "absent"), path=d.path)
    assert done.returncode == 1 and "--nats-server FILE" in done.stderr and done.stdout == "", done
    done = d.run("--wait", "soon", path=d.path)
    assert done.returncode == 2 and done.stdout == "", done


def a_port_that_is_taken(d):
    for name, port in (("leaf", d.leaf), ("gateway", d.port)):
        with socket.socket() as taken:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            taken.bind(("127.0.0.1", port))
            taken.listen()
            with d.up(ready=False) as p:
                assert p.wait_end() == 1, p.tail()
                p.wait_line(lambda line, n=name: f"error: the {n} ended by itself before it was ready: exit code 1" in line)
                told = p.wait_line(lambda line: line.startswith("  ") and "address already in use" in line.lower())
                assert str(port) in told, told
                p.wait_line(lambda line: "try: `portcullis status" in line)
                assert READY not in p.lines, p.tail()


def one_that_is_never_ready(d):
    fake = d.script("painter", PAINTER)

    def attempt(span):
        with d.up("--nats-server", fake, wait=f"{span}s", ready=False) as p:
            assert p.wait_end() == 1, p.tail()
            p.wait_line(lambda line: f"error: the leaf was not ready in {span} s" in line)
            p.wait_line(lambda line: "try: portcullis check -c" in line)
            if "leaf    | first" not in p.lines:
                raise process.Late("it had not said anything")
            # as it came, and told again; what would paint does not
            for line in ("leaf    | \\u001b[31mpaint", "  first", "  \\u001b[31mpaint"):
                assert line in p.lines, (line, p.tail())

    process.in_time(attempt)


def a_second_signal_waits_for_nothing(d):
    with d.up("--nats-server", d.script("deaf", DEAF), ready=False) as p:
        p.wait_line(lambda line: line == "leaf    | deaf")
        p.send_signal(signal.SIGINT)
        p.send_signal(signal.SIGTERM)
        assert p.wait_end() == 0, p.tail()
        p.wait_line(lambda line: "note: the leaf has not ended; it is killed" in line)


def on_a_terminal(d):
    """Colours, and Ctrl-C as the terminal sends it: to all in its foreground, which is the tool alone."""
    master, slave = os.openpty()

    def leads():
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    env = {k: v for k, v in os.environ.items() if k != "NO_COLOR"}
    with subprocess.Popen([d.tool, "up", d.path, "--wait", "10m"], stdin=slave, stdout=slave, stderr=slave, preexec_fn=leads,  # noqa: PLW1509
                          env=dict(env, TERM="xterm")) as child:
        os.close(slave)
        try:
            said = b""
            while b"Ctrl-C" not in said:
                said += os.read(master, 65536)
            os.write(master, b"\x03")
            with contextlib.suppress(OSError):  # the last that had the other end has closed it
                while data := os.read(master, 65536):
                    said += data
            assert child.wait(process.PATIENCE_S) == 0, said
            assert gateway.left_behind(child.pid) == []
        finally:
            for pid in [child.pid, *gateway.of_session(child.pid)]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
    os.close(master)
    for name in NAMES:
        assert re.search(rb"\x1b\[3\dm" + f"{name:7} ".encode() + rb"\|\x1b\[0m ", said), said
    ended = [said.index(b"event=stopped role=parent"), said.rindex(b"event=stopping role=parent"),
             said.rindex(b"event=stopped role=parent"), said.index(b"Initiating Shutdown")]
    assert ended == sorted(ended) and len(set(ended)) == 4, said


TESTS = [
    one_after_the_other_and_back,
    without_a_host,
    one_that_is_killed_ends_all,
    none_outlives_the_tool,
    a_folder_that_is_none,
    a_port_that_is_taken,
    one_that_is_never_ready,
    a_second_signal_waits_for_nothing,
    on_a_terminal,
]


def main():
    with tempfile.TemporaryDirectory() as folder:
        return checks.run(TESTS, Deployment(os.path.realpath(folder), os.path.abspath(sys.argv[1])))


if __name__ == "__main__":
    sys.exit(main())
