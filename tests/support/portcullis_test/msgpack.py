"""Message-pack, as much of it as actors and providers say to each other; a second implementation."""
import struct


def dump(v):
    if v is None:
        return b"\xc0"
    if v is True or v is False:
        return b"\xc3" if v else b"\xc2"
    if isinstance(v, int):
        if 0 <= v < 128:
            return bytes([v])
        if -32 <= v < 0:
            return struct.pack("b", v)
        return b"\xcf" + struct.pack(">Q", v) if v > 0 else b"\xd3" + struct.pack(">q", v)
    if isinstance(v, str):
        raw = v.encode()
        return (bytes([0xA0 | len(raw)]) if len(raw) < 32 else b"\xdb" + struct.pack(">I", len(raw))) + raw
    if isinstance(v, bytes):
        return b"\xc6" + struct.pack(">I", len(v)) + v
    if isinstance(v, list):
        head = bytes([0x90 | len(v)]) if len(v) < 16 else b"\xdd" + struct.pack(">I", len(v))
        return head + b"".join(dump(x) for x in v)
    if isinstance(v, dict):
        head = bytes([0x80 | len(v)]) if len(v) < 16 else b"\xdf" + struct.pack(">I", len(v))
        return head + b"".join(dump(k) + dump(x) for k, x in v.items())
    raise TypeError(type(v))


class Reader:
    def __init__(self, raw):
        self.raw, self.at = raw, 0

    def take(self, n):
        if self.at + n > len(self.raw):
            raise ValueError("message-pack ends too early")
        self.at += n
        return self.raw[self.at - n:self.at]

    def number(self, fmt):
        return struct.unpack(fmt, self.take(struct.calcsize(fmt)))[0]

    def many(self, n):
        return [self.value() for _ in range(n)]

    def pairs(self, n):
        return {self.value(): self.value() for _ in range(n)}

    def value(self):
        c = self.take(1)[0]
        if c < 0x80:
            return c
        if c >= 0xE0:
            return c - 256
        if c < 0x90:
            return self.pairs(c & 15)
        if c < 0xA0:
            return self.many(c & 15)
        if c < 0xC0:
            return self.take(c & 31).decode()
        sizes = {0xC4: ">B", 0xC5: ">H", 0xC6: ">I", 0xD9: ">B", 0xDA: ">H", 0xDB: ">I", 0xDC: ">H", 0xDD: ">I",
                 0xDE: ">H", 0xDF: ">I"}
        numbers = {0xCC: ">B", 0xCD: ">H", 0xCE: ">I", 0xCF: ">Q", 0xD0: ">b", 0xD1: ">h", 0xD2: ">i", 0xD3: ">q",
                   0xCB: ">d", 0xCA: ">f"}
        if c in numbers:
            return self.number(numbers[c])
        if c in (0xC0, 0xC2, 0xC3):
            return {0xC0: None, 0xC2: False, 0xC3: True}[c]
        n = self.number(sizes[c])
        if c <= 0xC6:
            return self.take(n)
        if c <= 0xDB:
            return self.take(n).decode()
        return self.many(n) if c <= 0xDD else self.pairs(n)


def load(raw):
    r = Reader(raw)
    v = r.value()
    if r.at != len(raw):
        raise ValueError("bytes after the value")
    return v
