#!/usr/bin/python3
"""`portcullis ctl` where the first try is not enough: a login without its signature, a host that is slow."""
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(ROOT, "tests", "support"))
from portcullis_test import checks, natsjwt  # noqa: E402

PORTCULLIS = ""
QUICK, SLOW = (natsjwt.KeyPair("server").public for _ in range(2))
SLOW_S = 1.0  # longer than ctl waits for more answers at first, shorter than it does when it looks again


class Server:
    """A server with a lattice behind it, one host slow to answer. @nonces: of one login after the other. @endless: who
    asks for hosts gets answers until he leaves."""

    def __init__(self, nonces, admits, slow=False, endless=False):
        self.nonces, self.admits, self.slow, self.endless = nonces, admits, slow, endless
        self.logins, self.asked = [], []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"nats://127.0.0.1:{self.socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                peer, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self._speak, args=(peer,), daemon=True).start()

    def _speak(self, peer):
        said = {"server_id": "NA", "version": "2.9.10", "proto": 1, "headers": True, "max_payload": 1048576,
                "auth_required": True, "nonce": self.nonces[len(self.logins) % len(self.nonces)]}
        if said["nonce"] is None:
            del said["nonce"], said["auth_required"]
        lock, listens = threading.Lock(), {}

        def say(*parts):
            with lock:
                peer.sendall(b"".join(parts))

        def reply_to(inbox):
            sid = next(v for k, v in listens.items() if inbox.startswith(k))
            return lambda body, n=1: say((b"MSG %s %s %d\r\n" % (inbox, sid, len(body)) + body + b"\r\n") * n)

        try:
            say(b"INFO ", json.dumps(said).encode(), b"\r\n")
            lines = peer.makefile("rb")
            for line in lines:
                words = line.split()
                verb = words[0].upper() if words else b""
                if verb == b"CONNECT":
                    self.logins.append(json.loads(line[8:]))
                    if not self.admits(self.logins):
                        say(b"-ERR 'Authorization Violation'\r\n")
                        break
                elif verb == b"PING":
                    say(b"PONG\r\n")
                elif verb == b"SUB":
                    listens[words[1].rstrip(b"*")] = words[-1]
                elif verb == b"PUB" or verb == b"HPUB":
                    lines.read(int(words[-1]) + 2)
                    self._answer(words[1].decode(), reply_to(words[2]))
            peer.close()
        except OSError:
            pass

    def _answer(self, subject, say):
        tail = subject.partition("wasmbus.ctl.default.")[2]
        self.asked.append(tail)

        def answer(value, n=1):
            say(json.dumps(value).encode(), n)

        if tail != "ping.hosts":
            answer({"host_id": tail.split(".")[1], "actors": [], "providers": [], "labels": {}})
            return
        answer({"id": QUICK, "friendly_name": "quick", "labels": {}})
        while self.endless:
            answer({"id": QUICK, "friendly_name": "quick", "labels": {}}, 10000)
        if self.slow and self.asked.count(tail) > 1:
            threading.Timer(SLOW_S, answer, ({"id": SLOW, "friendly_name": "slow", "labels": {}},)).start()


def ctl(server, *words, creds=None, fed=""):
    argv = [PORTCULLIS, "ctl", *words, "--server", server.url, "--timeout", "60s", *(["--creds", creds] if creds else [])]
    env = {k: v for k, v in os.environ.items() if not k.startswith("NATS_")}
    return subprocess.run(argv, capture_output=True, text=True, timeout=120, env=env, input=fed)


def nonce_of(pair, wanted, first):
    """A nonce whose signature begins, or does not begin, with a zero byte; None: no nonce."""
    for i in range(100000):
        nonce = f"nonce{first + i:06d}"
        if wanted is None or (pair.sign(nonce.encode())[0] == 0) == wanted:
            return None if wanted is None else nonce
    raise AssertionError("no such nonce")


def logins(admits, *zeros):
    """What ctl did against a server that wants signatures that begin with a zero byte (True), or do not."""
    pair, account = natsjwt.KeyPair("user"), natsjwt.KeyPair("account")
    server = Server([nonce_of(pair, zero, 100000 * n) for n, zero in enumerate(zeros)], admits)
    with tempfile.TemporaryDirectory(prefix="portcullis-ctl-") as folder:
        creds = os.path.join(folder, "ann.creds")
        natsjwt.write_creds(creds, natsjwt.mint_user(account, pair.public, "ann"), pair.seed)
        return ctl(server, "get", "inventory", QUICK, creds=creds), server.logins


def a_login_the_library_did_not_sign_is_made_until_it_is():
    done, seen = logins(lambda all: bool(all[-1].get("sig")), True, True, True, False)
    assert done.returncode == 0, done.stderr
    # a library that signs always needs no second login, and we then no loop: this says when
    assert [bool(x.get("sig")) for x in seen] == [False, False, False, True], seen


def a_login_that_was_signed_and_is_refused_is_not_made_again():
    for zeros, tries in (((False,), 1), ((True, False), 2), ((True,), 8)):
        done, seen = logins(lambda all: False, *zeros)
        assert done.returncode != 0 and "cannot connect" in done.stderr, done.stderr
        assert len(seen) == tries, seen


def a_server_that_asks_nobody_is_told_all_the_same():
    done, seen = logins(lambda all: True, None)
    assert done.returncode == 0 and len(seen) == 1, (done.stderr, seen)


def creds_may_come_through_a_pipe():
    pair, account = natsjwt.KeyPair("user"), natsjwt.KeyPair("account")
    with tempfile.TemporaryDirectory(prefix="portcullis-ctl-") as folder:
        creds = os.path.join(folder, "ann.creds")
        natsjwt.write_creds(creds, natsjwt.mint_user(account, pair.public, "ann"), pair.seed)
        with open(creds, encoding="ascii") as f:
            text = f.read()
        server = Server([nonce_of(pair, False, 0)], lambda all: bool(all[-1].get("sig")))
        done = ctl(server, "get", "inventory", QUICK, creds="-", fed=text)
        assert done.returncode == 0, done.stderr
    for fed, code, why in (("", 5, "no user JWT"), ("x" * 100000, 1, "File too large")):
        done = ctl(server, "get", "inventory", QUICK, creds="-", fed=fed)
        assert done.returncode == code and f"standard input: {why}" in done.stderr and "--creds FILE" in done.stderr, done.stderr
    done = ctl(server, "get", "inventory", QUICK, creds=os.path.join(folder, "nobody.creds"))
    assert done.returncode == 1 and "nobody.creds: No such file" in done.stderr, done.stderr


def without_creds_there_is_nothing_to_sign_again():
    server = Server(["nonce"], lambda all: False)
    done = ctl(server, "get", "hosts")
    assert done.returncode != 0 and len(server.logins) == 1, (done.stderr, server.logins)


def answers_that_never_end_are_enough_at_some_time():
    """Nothing may depend on there being no other when we have had enough: the library's own threads still read."""
    for _ in range(5):
        done = ctl(Server(["nonce"], lambda all: True, endless=True), "get", "hosts")
        assert done.returncode == 0 and QUICK in done.stdout, (done.returncode, done.stdout[:200], done.stderr[-2000:])


def a_slow_host_is_found_where_only_quick_ones_answered_at_first():
    server = Server(["nonce"], lambda all: True, slow=True)
    done = ctl(server, "get", "inventory", "slow")
    assert done.returncode == 0, done.stderr
    assert server.asked == ["ping.hosts", "ping.hosts", f"get.{SLOW}.inv"], server.asked


def a_quick_host_is_asked_for_once():
    server = Server(["nonce"], lambda all: True, slow=True)
    done = ctl(server, "get", "inventory", "quick")
    assert done.returncode == 0, done.stderr
    assert server.asked == ["ping.hosts", f"get.{QUICK}.inv"], server.asked


TESTS = [
    a_login_the_library_did_not_sign_is_made_until_it_is,
    a_login_that_was_signed_and_is_refused_is_not_made_again,
    a_server_that_asks_nobody_is_told_all_the_same,
    creds_may_come_through_a_pipe,
    without_creds_there_is_nothing_to_sign_again,
    answers_that_never_end_are_enough_at_some_time,
    a_slow_host_is_found_where_only_quick_ones_answered_at_first,
    a_quick_host_is_asked_for_once,
]

if __name__ == "__main__":
    PORTCULLIS = os.path.abspath(sys.argv[1])
    sys.exit(checks.run_timed(TESTS, 300, sys.argv[2:]))
