"""Signed modules and provider archives of wasmCloud, written from their published form.

Sources: wasmCloud/wascap src/jwt.rs and src/wasm.rs (claims, section, hash), wasmCloud/provider-archive
src/archive.rs (members of the archive). No line is shared with the C that reads them.
"""
import base64
import hashlib
import io
import json
import tarfile

from portcullis_test import natsjwt

HEADER = {"typ": "jwt", "alg": "Ed25519"}
PREAMBLE = b"\0asm\1\0\0\0"
# (module (func (export "run")))
PLAIN = [
    (1, bytes.fromhex("01600000")),
    (3, bytes.fromhex("0100")),
    (7, bytes.fromhex("010372756e0000")),
    (10, bytes.fromhex("0102000b")),
]


def leb(value, least=1):
    """LEB128 in at least so many bytes: more than it needs is how some linkers leave room."""
    out = bytearray()
    while value >= 0x80 or len(out) + 1 < least:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def section(number, body, least=1):
    return bytes([number]) + leb(len(body), least) + body


def custom(name, body, least=1):
    name = name.encode("utf-8")
    return section(0, leb(len(name)) + name + body, least)


def module(sections=None, least=1):
    return PREAMBLE + b"".join(section(n, body, least) for n, body in sections or PLAIN)


def sha(data):
    return hashlib.sha256(data).hexdigest().upper()


def token(claims, issuer, header=None):
    def part(value):
        text = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
        return natsjwt.b64url(text.encode("utf-8"))

    signed = f"{part(header or HEADER)}.{part(claims)}"
    return f"{signed}.{natsjwt.b64url(issuer.sign(signed.encode('ascii')))}"


def untoken(text):
    """Header and claims of a token whose signature is its issuer's; ValueError otherwise."""
    head, body, signature = text.split(".")
    claims = json.loads(natsjwt.unb64url(body))
    natsjwt.verify(claims["iss"], f"{head}.{body}".encode("ascii"), natsjwt.unb64url(signature))
    return json.loads(natsjwt.unb64url(head)), claims


def actor(issuer, subject, digest, **more):
    """Claims of an actor; @more goes to the top, its "wascap" into that object."""
    inside = {"name": "Echo", "hash": digest, "tags": ["test"], "caps": ["wasmcloud:httpserver"], "rev": 2, "ver": "0.1.0"}
    inside.update({"prov": False, **more.pop("wascap", {})})
    claims = {"jti": "0123456789ABCDEFGHIJKL", "iat": 1690000000, "iss": issuer.public, "sub": subject.public}
    claims.update({"wascap": inside, "wascap_revision": 3, **more})
    return {k: v for k, v in claims.items() if v is not None}


def sign(code, issuer, subject, name="wasmcloud_jwt", header=None, least=1, **more):
    """A module with its claims in a section at its end."""
    return code + custom(name, token(actor(issuer, subject, sha(code), **more), issuer, header).encode("ascii"), least)


def sections(data):
    """[(start, end, number, body)], read the slow way."""
    assert data[:8] == PREAMBLE
    at, out = 8, []
    while at < len(data):
        start, number, size, shift = at, data[at], 0, 0
        at += 1
        while True:
            size |= (data[at] & 0x7F) << shift
            shift += 7
            at += 1
            if not data[at - 1] & 0x80:
                break
        assert at + size <= len(data)
        out.append((start, at + size, number, data[at : at + size]))
        at += size
    return out


def unsign(data):
    """(module without the section, token text)."""
    for start, end, number, body in sections(data):
        if number == 0 and body[1 : 1 + body[0]] in (b"jwt", b"wasmcloud_jwt"):
            return data[:start] + data[end:], body[1 + body[0] :].decode("ascii")
    raise ValueError("no claims")


def provider(issuer, subject, libraries, **more):
    inside = {"name": "Store", "capid": "wasmcloud:keyvalue", "vendor": "Example", "rev": 1, "ver": "0.3.0"}
    inside.update({"target_hashes": {t: sha(b) for t, b in libraries.items()}, **more.pop("wascap", {})})
    claims = {"jti": "0123456789ABCDEFGHIJKL", "iat": 1690000000, "iss": issuer.public, "sub": subject.public}
    claims.update({"wascap": inside, "wascap_revision": 3, **more})
    return claims


def tar(members, form=tarfile.GNU_FORMAT):
    """@members: (name or TarInfo, bytes)."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as f:
        for name, content in members:
            info = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
            if info.isfile():
                info.size = len(content)
            f.addfile(info, io.BytesIO(content))
    return out.getvalue()


def archive(issuer, subject, libraries, claims=None, **more):
    text = token(claims or provider(issuer, subject, libraries, **more), issuer).encode("ascii")
    return tar([("claims.jwt", text)] + [(f"{t}.bin", b) for t, b in libraries.items()])


def key(kind, letter):
    """A key everyone knows: its seed is 32 times one letter."""
    return natsjwt.KeyPair(kind, letter.encode("ascii") * 32)


def resigned(text, issuer):
    """The same claims, signed by another key than they name."""
    signed = text.rsplit(".", 1)[0]
    return f"{signed}.{base64.urlsafe_b64encode(issuer.sign(signed.encode('ascii'))).decode('ascii').rstrip('=')}"
