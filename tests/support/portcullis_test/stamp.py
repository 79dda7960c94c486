"""The stamp on commands, written from docs/PROTOCOL.md alone: what a gate puts on, and every way to get it
wrong."""
import hashlib
import os
import struct
import time

from . import natsjwt

HEADER = "Portcullis-Stamp"
DOMAIN = b"portcullis stamp v2\0"
ROOT_DOMAIN = b"portcullis stamps v2\0"


def sized(data):
    return struct.pack("<I", len(data)) + data


def leaf(subject, reply, header, payload, time_ms, number):
    """A command's leaf in the tree. @header: the block without the stamp, or b"" when nothing else is in it."""
    digest = hashlib.sha256(sized(header) + payload).digest()
    covered = DOMAIN + struct.pack("<Q", time_ms) + number + sized(subject) + sized(reply) + digest
    return hashlib.sha256(b"\0" + covered).digest()


def tree(leaves):
    """Levels from the leaves to the root; their number filled up with zeros to a power of two."""
    width = 1
    while width < len(leaves):
        width *= 2
    levels = [list(leaves) + [bytes(32)] * (width - len(leaves))]
    while len(levels[-1]) > 1:
        below = levels[-1]
        levels.append([hashlib.sha256(b"\1" + a + b).digest() for a, b in zip(below[::2], below[1::2])])
    return levels


def stamp(pair, subject, payload=b"", reply="", header=b"", time_ms=None, number=None, beside=(), place=0):
    """The header's value, by @pair (a KeyPair of kind "cluster"); @beside: leaves of other commands stamped with
    it, of which @place come before it."""
    time_ms = int(time.time() * 1000) if time_ms is None else time_ms
    number = os.urandom(16) if number is None else number
    own = leaf(subject.encode(), reply.encode(), header, payload, time_ms, number)
    levels = tree(list(beside[:place]) + [own] + list(beside[place:]))
    path = b"".join(level[(place >> i) ^ 1] for i, level in enumerate(levels[:-1]))
    sig = pair.sign(ROOT_DOMAIN + bytes([len(levels) - 1]) + levels[-1][0])
    parts = ["v2", pair.public[:12], str(time_ms), natsjwt.b64url(number), str(place)]
    return ".".join(parts + [natsjwt.b64url(path), natsjwt.b64url(sig)])


def block(value, fields=()):
    """A header block with a stamp and other fields."""
    lines = [f"{k}: {v}" for k, v in fields] + ([f"{HEADER}: {value}"] if value else [])
    return ("NATS/1.0\r\n" + "".join(f"{line}\r\n" for line in lines) + "\r\n").encode()
