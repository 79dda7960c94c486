"""The stamp on commands, written from docs/PROTOCOL.md alone: what a gate puts on, and every way to get it
wrong."""
import hashlib
import os
import struct
import time

from . import natsjwt

HEADER = "Portcullis-Stamp"
DOMAIN = b"portcullis stamp v1\0"


def sized(data):
    return struct.pack("<I", len(data)) + data


def signed_bytes(subject, reply, header, payload, time_ms, number):
    """What the signature is over. @header: the block without the stamp, or b"" when nothing else is in it."""
    digest = hashlib.sha256(sized(header) + payload).digest()
    return DOMAIN + struct.pack("<Q", time_ms) + number + sized(subject) + sized(reply) + digest


def stamp(pair, subject, payload=b"", reply="", header=b"", time_ms=None, number=None):
    """The header's value, by @pair (a KeyPair of kind "cluster")."""
    time_ms = int(time.time() * 1000) if time_ms is None else time_ms
    number = os.urandom(16) if number is None else number
    over = signed_bytes(subject.encode(), reply.encode(), header, payload, time_ms, number)
    parts = ["v1", pair.public[:12], str(time_ms), natsjwt.b64url(number), natsjwt.b64url(pair.sign(over))]
    return ".".join(parts)


def block(value, fields=()):
    """A header block with a stamp and other fields."""
    lines = [f"{k}: {v}" for k, v in fields] + ([f"{HEADER}: {value}"] if value else [])
    return ("NATS/1.0\r\n" + "".join(f"{line}\r\n" for line in lines) + "\r\n").encode()
