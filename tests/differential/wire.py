"""A NATS client that hides nothing: every line that arrives is an event in the order it came."""

import json
import re

from portcullis_test import rawclient

# How the gateway shows a client's inbox to the server behind it: _INBOX.~<21 characters>.rest
VIRTUAL = re.compile(r"^_INBOX\.~[A-Za-z0-9_-]{21}\.")


class Wire:
    """One connection, logged in. Events are tuples: ("err", text), ("ok",), ("msg", ...), ("closed",)."""

    def __init__(self, address, creds, **options):
        self.raw = rawclient.Raw(*address)
        info = rawclient.read_info(self.raw)
        said = rawclient.connect_options(info, creds, **options)
        self.raw.send(b"CONNECT " + json.dumps(said).encode() + b"\r\nPING\r\n")
        self.greeting = self.until_pong()

    def close(self):
        self.raw.close()

    def message(self, words):
        """MSG subject sid [reply] n, HMSG subject sid [reply] header total; blanks may be double."""
        numbers = 1 if words[0] == "MSG" else 2
        reply = words[3] if len(words) == 4 + numbers else ""
        body = self.raw.exactly(int(words[-1]) + 2)
        if not body.endswith(b"\r\n"):
            return ("strange", " ".join(words))
        body = body[:-2]
        cut = int(words[-2]) if words[0] == "HMSG" else 0
        return ("msg", words[1], words[2], reply, body[:cut], body[cut:])

    def until_pong(self):
        """Everything up to the next PONG; ends with ("closed",) when the connection does."""
        events = []
        try:
            while True:
                line = self.raw.line().decode("latin-1")
                word = line.split(None, 1)[0] if line.strip() else ""
                if word == "PONG":
                    return events
                if word == "PING":
                    self.raw.send(b"PONG\r\n")
                elif word in ("MSG", "HMSG"):
                    events.append(self.message(line.split()))
                elif word == "-ERR":
                    events.append(("err", line[len("-ERR "):].strip("'")))
                elif word == "+OK":
                    events.append(("ok",))
                elif word != "INFO":
                    events.append(("strange", line))
        except rawclient.Closed:
            return events + [("closed",)]
        except rawclient.Failed as e:
            return events + [("strange", str(e))]

    def send(self, data):
        """Send and wait for the barrier behind it."""
        self.raw.send(data + b"PING\r\n")
        return self.until_pong()


def publish(subject, reply, payload, header=None):
    """The bytes of a PUB, or of an HPUB when @header (a block, or field tuples) is given."""
    where = subject + (" " + reply if reply else "")
    if header is None:
        return f"PUB {where} {len(payload)}\r\n".encode() + payload + b"\r\n"
    block = header if isinstance(header, bytes) else header_block(header)
    line = f"HPUB {where} {len(block)} {len(block) + len(payload)}\r\n".encode()
    return line + block + payload + b"\r\n"


def header_block(fields):
    return "".join(["NATS/1.0\r\n"] + [f"{k}: {v}\r\n" for k, v in fields] + ["\r\n"]).encode()
