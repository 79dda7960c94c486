"""A server process: started, waited for until it announces itself, stopped by its own pid."""
import contextlib
import os
import select
import signal
import subprocess
import threading
import time

# How long anything may take that must happen: a machine may be slow and busy, and a hang must still end.
# Nothing is measured by it, and nobody waits for it to pass.
PATIENCE_S = 120.0
SANITIZER = ("AddressSanitizer", "LeakSanitizer", "runtime error:", "UndefinedBehaviorSanitizer")


# becomes the program with descriptors from 3 on, as a service manager passes them: LISTEN_PID is its own id
GIVE = """
import fcntl, os, sys
n = int(sys.argv[1])
high = [fcntl.fcntl(int(fd), fcntl.F_DUPFD, 100) for fd in sys.argv[2 : 2 + n]]
for at, fd in enumerate(high, 3):
    os.dup2(fd, at)
    os.close(fd)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(n))
os.execv(sys.argv[2 + n], sys.argv[2 + n :])
"""


# a test that is killed, for its time is over, leaves no server behind
WITH_US = ("/usr/bin/setpriv", "--pdeathsig", "KILL", "--")


class Failed(Exception):
    """Something under test did not do what it had to; the text says what."""


class Late(Failed):
    """The machine was too slow for the moment a test had chosen."""


@contextlib.contextmanager
def before(moment_s):
    """What is done here is over before @moment_s (unix), or Late: what went wrong after it says nothing."""
    try:
        yield
    except Failed as e:
        if time.time() >= moment_s:
            raise Late(str(e)) from e
        raise
    if time.time() >= moment_s:
        raise Late("not over in time")


def in_time(attempt, spans=(3, 12, 60)):
    """attempt(span): something that ends in @span seconds; again with more of them where that was Late."""
    for span in spans[:-1]:
        try:
            return attempt(span)
        except Late as e:
            print(f"too slow for {span} s ({e}), again", flush=True)
    return attempt(spans[-1])


def until(question, what, timeout_s=PATIENCE_S):
    """Ask until the answer is true; returns it. For what has no way to call us: files, /proc, a status."""
    timeout_s = max(timeout_s, PATIENCE_S)
    deadline = time.monotonic() + timeout_s
    while True:
        answer = question()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise Failed(f"in {timeout_s} s it never happened: {what}")
        time.sleep(0.01)


def gone(pid, timeout_s=PATIENCE_S):
    """Wait for the end of a process, whoever's child it is: the kernel says. False: it lives on."""
    try:
        fd = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        ends = select.poll()
        ends.register(fd, select.POLLIN)
        return bool(ends.poll(max(0.0, timeout_s) * 1000))
    finally:
        os.close(fd)


def halt(pid):
    """SIGSTOP, and it has stopped: the signal is sent at once, and heeded when the kernel comes to it."""
    os.kill(pid, signal.SIGSTOP)

    def stopped():
        """Each of its threads: some runtimes have many."""
        for task in os.listdir(f"/proc/{pid}/task"):
            with contextlib.suppress(OSError):  # one that has ended
                with open(f"/proc/{pid}/task/{task}/stat", encoding="ascii", errors="replace") as f:
                    if f.read().rpartition(")")[2].split()[0] not in "TtZX":
                        return False
        return True

    until(stopped, f"{pid} stops")


class Process:
    """One child with its standard error read line by line into .lines."""

    def __init__(self, argv, cwd=None, env=None, fds=()):
        self.argv = argv
        if fds:
            argv = ["/usr/bin/python3", "-c", GIVE, str(len(fds)), *map(str, fds), *argv]
        if os.access(WITH_US[0], os.X_OK):
            argv = [*WITH_US, *argv]
        self.lines = []
        self._news = threading.Condition()
        self._ended = False
        self.child = subprocess.Popen(
            argv,
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=fds,
        )
        self.pid = self.child.pid
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for raw in self.child.stdout:
            with self._news:
                self.lines.append(raw.decode("utf-8", "replace").rstrip("\r\n"))
                self._news.notify_all()
        with self._news:
            self._ended = True
            self._news.notify_all()

    def mark(self):
        """A place in the output, for wait_line(since=)."""
        with self._news:
            return len(self.lines)

    def wait_line(self, wanted, timeout_s=PATIENCE_S, since=0):
        """The first line from @since on for which wanted(line) holds; Failed when none comes. Nobody may have less
        patience than all have."""
        timeout_s = max(timeout_s, PATIENCE_S)
        deadline = time.monotonic() + timeout_s
        at = since
        with self._news:
            while True:
                while at < len(self.lines):
                    if wanted(self.lines[at]):
                        return self.lines[at]
                    at += 1
                left = deadline - time.monotonic()
                if self._ended or left <= 0:
                    why = f"ended with {self.child.poll()}" if self._ended else "said nothing of it in time"
                    raise Failed(f"{os.path.basename(self.argv[0])} {why}; output:\n" + self.tail())
                self._news.wait(left)

    def wait_event(self, event, *words, since=0, count=1):
        """The log line event=@event with all of @words (`why="slow_client"`), the @count-th from @since on."""
        left = [count]

        def fits(line):
            found = f" event={event} " in line + " " and all(w in line for w in words)
            left[0] -= found
            return found and left[0] == 0

        return self.wait_line(fits, since=since)

    def tail(self, count=40):
        return "\n".join("    " + line for line in self.lines[-count:])

    def wait_end(self, timeout_s=PATIENCE_S):
        """It ends by itself; returns its exit code. What it said last may not have been read yet: wait_line()."""
        try:
            return self.child.wait(timeout_s)
        except subprocess.TimeoutExpired as e:
            raise Failed(f"{os.path.basename(self.argv[0])} did not end in {timeout_s} s; output:\n{self.tail()}") from e

    def running(self):
        return self.child.poll() is None

    def send_signal(self, number):
        self.child.send_signal(number)

    def stop(self, timeout_s=PATIENCE_S, number=signal.SIGTERM):
        """End it; returns its exit code. One that does not end in time is killed, and Failed is raised."""
        if self.running():
            self.child.send_signal(number)
        try:
            code = self.child.wait(timeout_s)
        except subprocess.TimeoutExpired as e:
            os.killpg(self.child.pid, signal.SIGKILL)
            self.child.wait()
            raise Failed(f"{os.path.basename(self.argv[0])} did not end in {timeout_s} s") from e
        self._reader.join(timeout_s)
        return code

    def kill(self):
        """For clean-up on the way out of a failure: the whole session of processes it started."""
        try:
            os.killpg(self.child.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.child.wait()

    def sanitizer_reports(self):
        return [line for line in self.lines if any(word in line for word in SANITIZER)]
