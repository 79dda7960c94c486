"""A scripted upstream: enough of a nats-server to be connected to, and no more manners than told.

It greets with INFO, demands a CONNECT with a user JWT of an account under the gate's operator and a
good signature of its nonce, answers PING (unless told not to), and keeps every other operation it was
sent for the script to look at. What it sends beyond that is the script's.
"""
import json
import secrets
import socket
import threading
import time

from . import natsjwt, process

Failed = process.Failed
DEFAULT_INFO = {
    "server_id": "NSCRIPTED",
    "server_name": "scripted",
    "version": "2.9.10",
    "proto": 1,
    "go": "go1.19",
    "host": "127.0.0.1",
    "headers": True,
    "auth_required": True,
    "max_payload": 1048576,
}


class Link:
    """One connection of the gateway's: what it said, op by op, as texts with CRLF between the parts."""

    def __init__(self, owner, sock):
        self.owner = owner
        self.socket = sock
        self.ops = []
        self.claims = None
        self.options = {}
        self.ended = False
        self.hold_pong = False
        self.taken = 0
        self.news = owner.news
        self._file = sock.makefile("rb")
        self._nonce = secrets.token_urlsafe(11)

    def send(self, data):
        try:
            self.socket.sendall(data)
        except OSError:
            pass

    def close(self):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def serve(self):
        try:
            info = dict(DEFAULT_INFO, nonce=self._nonce, port=self.owner.port, client_id=1)
            info.update(self.owner.info)
            self.send(b"INFO " + json.dumps(info).encode() + b" \r\n")
            while self._one():
                pass
        except (OSError, ValueError):
            pass
        with self.news:
            self.ended = True
            self.news.notify_all()
        self.close()
        self.socket.close()

    def _one(self):
        line = self._file.readline()
        if not line.endswith(b"\r\n"):
            return False
        words = line.split()
        op = words[0] if words else b""
        if self.claims is None:
            return self._login(op, line)
        if op == b"PING" and not self.hold_pong:
            self.send(b"PONG\r\n")
            return True
        text = line[:-2]
        if op in (b"PUB", b"HPUB"):
            text += b"\r\n" + self._file.read(int(words[-1]))
            if self._file.read(2) != b"\r\n":
                return False
        with self.news:
            self.ops.append(text)
            self.news.notify_all()
        return True

    def _login(self, op, line):
        if op != b"CONNECT":
            self.send(b"-ERR 'Authorization Violation'\r\n")
            return False
        try:
            said = json.loads(line[8:])
            claims = natsjwt.decode(said["jwt"])
            account = claims["nats"].get("issuer_account", claims["iss"])
            if account not in self.owner.accounts:
                raise ValueError("unknown account")
            signature = natsjwt.unb64url(said["sig"])
            natsjwt.verify(claims["sub"], self._nonce.encode(), signature)
        except (KeyError, ValueError, TypeError):
            self.send(b"-ERR 'Authorization Violation'\r\n")
            return False
        with self.news:
            self.options = said
            self.claims = claims
            self.owner.links.append(self)
            self.news.notify_all()
        return True

    def next_op(self, timeout_s=process.PATIENCE_S):
        """The next operation not yet taken."""
        deadline = time.monotonic() + timeout_s
        with self.news:
            while self.taken >= len(self.ops):
                left = deadline - time.monotonic()
                if self.ended or left <= 0:
                    raise Failed("upstream: the connection ended" if self.ended else "upstream: nothing came")
                self.news.wait(left)
            self.taken += 1
            return self.ops[self.taken - 1]

    def untaken(self):
        with self.news:
            return self.ops[self.taken :]

    def wait_end(self, timeout_s=process.PATIENCE_S):
        deadline = time.monotonic() + timeout_s
        with self.news:
            while not self.ended:
                left = deadline - time.monotonic()
                if left <= 0:
                    raise Failed("upstream: the gateway keeps this connection open")
                self.news.wait(left)


class Scripted:
    """The listener. .links are the connections that logged in, in order."""

    def __init__(self, accounts, info=None):
        self.accounts = set(accounts)
        self.info = info or {}
        self.links = []
        self.news = threading.Condition()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=Link(self, sock).serve, daemon=True).start()

    def wait_links(self, count, timeout_s=process.PATIENCE_S):
        """Wait until at least @count connections have logged in; returns them all."""
        deadline = time.monotonic() + timeout_s
        with self.news:
            while len(self.links) < count:
                left = deadline - time.monotonic()
                if left <= 0:
                    raise Failed(f"upstream: {len(self.links)} logins, expected {count}")
                self.news.wait(left)
            return list(self.links)

    def close(self):
        self._listener.close()
        with self.news:
            links = list(self.links)
        for link in links:
            link.close()
