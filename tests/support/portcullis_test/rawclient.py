"""Clients of a NATS server or gateway: Raw speaks bytes, Client the protocol. Every wait has an end."""
import json
import socket
import ssl
import time

from . import process

Failed = process.Failed
TIMEOUT_S = process.PATIENCE_S


class Closed(Failed):
    """The other side ended the connection where something else was expected."""


class Raw:
    """One TCP connection, byte by byte."""

    def __init__(self, host, port, timeout_s=TIMEOUT_S, source=None):
        self.timeout_s = timeout_s
        # the whole of 127.0.0.0/8 is this machine: each address of it is another source
        origin = (source, 0) if source else None
        self.socket = socket.create_connection((host, port), timeout=timeout_s, source_address=origin)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = bytearray()
        self.ended = False

    def send(self, data):
        try:
            self.socket.settimeout(self.timeout_s)
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            # what it still has to say can be read; the reader finds the end
            pass

    def _fill(self, deadline):
        left = deadline - time.monotonic()
        if left <= 0:
            raise Failed(f"nothing came in {self.timeout_s} s; unread: {bytes(self.buffer[:200])!r}")
        self.socket.settimeout(left)
        try:
            data = self.socket.recv(65536)
        except socket.timeout:
            return
        except (ConnectionResetError, ssl.SSLEOFError, ssl.SSLZeroReturnError):
            data = b""
        if not data:
            self.ended = True
            raise Closed(f"connection closed; unread: {bytes(self.buffer[:200])!r}")
        self.buffer += data

    def exactly(self, n):
        deadline = time.monotonic() + self.timeout_s
        while len(self.buffer) < n:
            self._fill(deadline)
        out = bytes(self.buffer[:n])
        del self.buffer[:n]
        return out

    def line(self):
        """The next line without its CRLF; a line that ends otherwise is an error."""
        deadline = time.monotonic() + self.timeout_s
        while b"\n" not in self.buffer:
            self._fill(deadline)
        at = self.buffer.index(b"\n")
        out = bytes(self.buffer[: at + 1])
        del self.buffer[: at + 1]
        if not out.endswith(b"\r\n"):
            raise Failed(f"line without CRLF: {out!r}")
        return out[:-2]

    def expect(self, data):
        """The next bytes must be exactly @data."""
        got = b""
        try:
            while len(got) < len(data):
                got += self.exactly(1)
                if not data.startswith(got):
                    raise Failed(f"expected {data!r}, got {got + bytes(self.buffer[:200])!r}")
        except Closed as e:
            raise Closed(f"expected {data!r}, got {got!r} and the end") from e

    def expect_end(self):
        """Nothing more may come but the end of the connection."""
        deadline = time.monotonic() + self.timeout_s
        while not self.ended:
            if self.buffer:
                raise Failed(f"expected the end, got {bytes(self.buffer[:200])!r}")
            try:
                self._fill(deadline)
            except Closed:
                break
        if self.buffer:
            raise Failed(f"expected the end, got {bytes(self.buffer[:200])!r}")

    def secure(self, context, name="localhost"):
        """From here on under TLS; nothing may have come that was not asked for."""
        if self.buffer:
            raise Failed(f"in clear before TLS: {bytes(self.buffer[:200])!r}")
        self.socket.settimeout(self.timeout_s)
        self.socket = context.wrap_socket(self.socket, server_hostname=name)

    def half_close(self):
        self.socket.shutdown(socket.SHUT_WR)

    def close(self):
        self.socket.close()


class Message:
    """One MSG or HMSG as received."""

    def __init__(self, subject, sid, reply, header, payload):
        self.subject = subject
        self.sid = sid
        self.reply = reply
        self.header = header
        self.payload = payload

    def __repr__(self):
        return f"Message({self.subject!r} sid={self.sid} reply={self.reply!r} {self.header!r} {self.payload!r})"


def read_info(raw):
    line = raw.line()
    if not line.upper().startswith(b"INFO "):
        raise Failed(f"expected INFO, got {line!r}")
    return json.loads(line[5:])


def connect_options(info, creds=None, **options):
    """The CONNECT object for @creds, (token, KeyPair) or None."""
    said = {"verbose": False, "pedantic": False, "echo": True, "headers": True, "no_responders": True}
    said.update({"protocol": 1, "lang": "test", "version": "0", "tls_required": False})
    if creds:
        token, pair = creds
        said["jwt"] = token
        said["sig"] = pair.sign_nonce(info.get("nonce", ""))
    said.update(options)
    return {k: v for k, v in said.items() if v is not ...}


class Client:
    """A small blocking client: every call that waits has a deadline, PINGs are answered."""

    def __init__(
        self, host, port, creds=None, timeout_s=TIMEOUT_S, source=None, tls=None, tls_first=False, **options
    ):
        self.raw = Raw(host, port, timeout_s, source)
        if tls_first:
            self.raw.secure(tls)
        self.info = read_info(self.raw)
        if tls is not None and not tls_first:
            self.raw.secure(tls)
        self.messages = []
        self.errors = []
        self._sid = 0
        said = connect_options(self.info, creds, **options)
        self.raw.send(b"CONNECT " + json.dumps(said).encode() + b"\r\nPING\r\n")
        line = self.raw.line()
        # a gate that asks often may ask before it has answered
        while line in (b"+OK", b"PING"):
            if line == b"PING":
                self.raw.send(b"PONG\r\n")
            line = self.raw.line()
        if line != b"PONG":
            raise Failed(f"login: {line.decode('utf-8', 'replace')}")

    def _one(self):
        """Take one operation; returns its name."""
        line = self.raw.line()
        words = line.split()
        op = words[0].upper() if words else b""
        if op == b"PING":
            self.raw.send(b"PONG\r\n")
        elif op == b"-ERR":
            self.errors.append(line[5:].decode("utf-8", "replace").strip("'"))
        elif op in (b"MSG", b"HMSG"):
            self._message(op, words[1:])
        elif op not in (b"PONG", b"+OK", b"INFO"):
            raise Failed(f"unknown operation from the server: {line!r}")
        return op

    def _message(self, op, args):
        sizes = 2 if op == b"HMSG" else 1
        header_size = int(args[-2]) if sizes == 2 else 0
        total = int(args[-1])
        body = self.raw.exactly(total + 2)
        if body[-2:] != b"\r\n":
            raise Failed(f"payload without CRLF: {body!r}")
        names = [a.decode("utf-8", "replace") for a in args[:-sizes]]
        reply = names[2] if len(names) > 2 else ""
        self.messages.append(Message(names[0], names[1], reply, body[:header_size], body[header_size:-2]))

    def barrier(self):
        """PING ... PONG: everything sent before was processed, everything it caused here has arrived."""
        self.raw.send(b"PING\r\n")
        while self._one() != b"PONG":
            pass

    def publish(self, subject, payload=b"", reply="", header=b""):
        words = [subject] + ([reply] if reply else [])
        if header:
            words = ["HPUB", *words, str(len(header)), str(len(header) + len(payload))]
        else:
            words = ["PUB", *words, str(len(payload))]
        self.raw.send(" ".join(words).encode() + b"\r\n" + header + payload + b"\r\n")

    def subscribe(self, subject, queue=""):
        """Returns the sid; in force at the server after the next barrier."""
        self._sid += 1
        words = ["SUB", subject] + ([queue] if queue else []) + [str(self._sid)]
        self.raw.send(" ".join(words).encode() + b"\r\n")
        return str(self._sid)

    def unsubscribe(self, sid, limit=None):
        self.raw.send(f"UNSUB {sid}{'' if limit is None else f' {limit}'}\r\n".encode())

    def next(self):
        """The next message, waiting for it."""
        while not self.messages:
            self._one()
        return self.messages.pop(0)

    def next_error(self):
        while not self.errors:
            self._one()
        return self.errors.pop(0)

    def request(self, subject, payload=b"", header=b""):
        """One request, one answer, on an inbox of its own."""
        inbox = f"_INBOX.{id(self)}.{self._sid + 1}"
        sid = self.subscribe(inbox)
        self.unsubscribe(sid, 1)
        self.publish(subject, payload, inbox, header)
        return self.next()

    def nothing(self):
        """After a barrier of ours nothing may have arrived. Publishers must have passed theirs before."""
        self.barrier()
        if self.messages or self.errors:
            raise Failed(f"expected silence, got {self.messages} {self.errors}")

    def close(self):
        self.raw.close()
