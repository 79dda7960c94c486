"""NKeys, NATS JWTs (version 2) and credentials files, written from their published formats.

Sources: nats-io/nkeys strkey.go and crc16.go (text form of keys), nats-io/jwt v2 claims.go and
header.go (container, jti), creds_utils.go (the creds file). Ed25519 comes from PyNaCl.
"""
import base64
import hashlib
import json
import os
import time

import nacl.bindings

PREFIX = {
    "operator": 14 << 3,  # O
    "account": 0,  # A
    "user": 20 << 3,  # U
    "server": 13 << 3,  # N
    "cluster": 2 << 3,  # C
    "module": 12 << 3,  # M, wasmCloud
    "service": 21 << 3,  # V, wasmCloud
}
SEED = 18 << 3
HEADER = {"typ": "JWT", "alg": "ed25519-nkey"}


def crc16(data):
    """CRC-16/XMODEM: 0x1021, from 0, nothing reflected."""
    crc = 0
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = ((crc << 1) ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return crc


def b32(raw):
    return base64.b32encode(raw).decode("ascii").rstrip("=")


def unb32(text):
    return base64.b32decode(text + "=" * (-len(text) % 8))


def b64url(raw):
    return base64.urlsafe_b64encode(raw).decode("ascii").rstrip("=")


def unb64url(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def with_crc(raw):
    return raw + crc16(raw).to_bytes(2, "little")


def check_crc(raw):
    if len(raw) < 3 or crc16(raw[:-2]).to_bytes(2, "little") != raw[-2:]:
        raise ValueError("checksum of a key is wrong")
    return raw[:-2]


def encode_public(kind, public):
    return b32(with_crc(bytes([PREFIX[kind]]) + public))


def decode_public(text):
    """("user", 32 bytes) of "U..."."""
    raw = check_crc(unb32(text))
    kinds = [k for k, p in PREFIX.items() if p == raw[0]]
    if not kinds or len(raw) != 33:
        raise ValueError(f"not a public key: {text}")
    return kinds[0], raw[1:]


class KeyPair:
    """An Ed25519 pair with its kind ("user", ...): .public and .seed are the texts people see."""

    def __init__(self, kind, raw_seed=None):
        self.kind = kind
        self.raw_seed = raw_seed or os.urandom(32)
        self.raw_public, self._secret = nacl.bindings.crypto_sign_seed_keypair(self.raw_seed)
        self.public = encode_public(kind, self.raw_public)
        prefix = PREFIX[kind]
        head = bytes([SEED | prefix >> 5, (prefix & 31) << 3])
        self.seed = b32(with_crc(head + self.raw_seed))

    @classmethod
    def from_seed(cls, text):
        raw = check_crc(unb32(text))
        prefix = (raw[0] & 7) << 5 | raw[1] >> 3
        kinds = [k for k, p in PREFIX.items() if p == prefix]
        if raw[0] & 0xF8 != SEED or not kinds or len(raw) != 34:
            raise ValueError("not a seed")
        return cls(kinds[0], raw[2:])

    def sign(self, message):
        """The 64 bytes of the signature."""
        return nacl.bindings.crypto_sign(message, self._secret)[:64]

    def sign_nonce(self, nonce):
        """What CONNECT's `sig` is for INFO's `nonce`."""
        return b64url(self.sign(nonce.encode("ascii")))


def verify(public_text, message, signature):
    """Raises ValueError unless @signature is the key's on @message."""
    _, raw = decode_public(public_text)
    try:
        nacl.bindings.crypto_sign_open(signature + message, raw)
    except Exception as e:
        raise ValueError("bad signature") from e


def go_json(value):
    """JSON as Go writes it: compact, < > & escaped."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    for char in "<>&":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text.encode("utf-8")


def claim_id(claims):
    """jti: a hash of the standard claims in the order of the Go struct, empty ones left out."""
    order = ["aud", "exp", "iat", "iss", "name", "nbf", "sub"]
    subset = {k: claims[k] for k in order if claims.get(k)}
    return b32(hashlib.new("sha512_256", go_json(subset)).digest())


def encode(claims, signer, header=None):
    """A token: @claims get iss, iat and jti where they have none, then are signed."""
    claims = dict(claims)
    claims.setdefault("iss", signer.public)
    claims.setdefault("iat", int(time.time()))
    claims.setdefault("jti", claim_id(claims))
    head = b64url(go_json(header or HEADER))
    signed = f"{head}.{b64url(go_json(claims))}"
    return f"{signed}.{b64url(signer.sign(signed.encode('ascii')))}"


def decode(token):
    """The claims of a token whose signature is its issuer's; ValueError otherwise."""
    head, body, signature = token.split(".")
    claims = json.loads(unb64url(body))
    if json.loads(unb64url(head)) != HEADER:
        raise ValueError("not a version 2 header")
    verify(claims["iss"], f"{head}.{body}".encode("ascii"), unb64url(signature))
    return claims


def standard(name, subject, nats, times):
    claims = {"name": name, "sub": subject, "nats": nats}
    claims.update({k: int(v) for k, v in times.items() if k in ("iat", "exp", "nbf") and v is not None})
    return claims


def mint_operator(operator, name, signing_keys=(), system_account=None, **times):
    nats = {"type": "operator", "version": 2}
    if signing_keys:
        nats["signing_keys"] = list(signing_keys)
    if system_account:
        nats["system_account"] = system_account
    return encode(standard(name, operator.public, nats, times), operator)


def mint_account(
    signer, subject, name, signing_keys=(), revocations=None, jetstream=False, conn=-1, nats=None, **times
):
    """@subject is the A... text; @nats is merged last and may say anything."""
    store = -1 if jetstream else 0
    limits = {"subs": -1, "data": -1, "payload": -1, "imports": -1, "exports": -1, "wildcards": True}
    limits.update({"conn": conn, "leaf": -1, "mem_storage": store, "disk_storage": store})
    if jetstream:
        limits.update({"streams": -1, "consumer": -1})
    body = {"type": "account", "version": 2, "limits": limits, "default_permissions": {"pub": {}, "sub": {}}}
    if signing_keys:
        body["signing_keys"] = list(signing_keys)
    if revocations:
        body["revocations"] = dict(revocations)
    body.update(nats or {})
    return encode(standard(name, subject, body, times), signer)


def permissions(pub=None, pub_deny=None, sub=None, sub_deny=None, resp=None):
    """The permission part of a user: absent lists stay absent, [] is present and empty."""
    out = {"pub": {}, "sub": {}}
    for side, key, value in (
        ("pub", "allow", pub),
        ("pub", "deny", pub_deny),
        ("sub", "allow", sub),
        ("sub", "deny", sub_deny),
    ):
        if value is not None:
            out[side][key] = list(value)
    if resp is not None:
        messages, ttl_s = resp
        out["resp"] = {"max": messages, "ttl": int(ttl_s * 1_000_000_000)}
    return out


def mint_user(signer, subject, name, tags=(), issuer_account=None, perms=None, nats=None, **times):
    """A user signed by an account key, or by a signing key and then with @issuer_account."""
    body = {"type": "user", "version": 2, "subs": -1, "data": -1, "payload": -1}
    body.update(perms or permissions())
    if tags:
        body["tags"] = list(tags)
    if issuer_account:
        body["issuer_account"] = issuer_account
    body.update(nats or {})
    return encode(standard(name, subject, body, times), signer)


def creds_text(token, seed):
    return (
        f"-----BEGIN NATS USER JWT-----\n{token}\n------END NATS USER JWT------\n\n"
        "************************* IMPORTANT *************************\n"
        "NKEY Seed printed below can be used to sign and prove identity.\n"
        "NKEYs are sensitive and should be treated as secrets.\n\n"
        f"-----BEGIN USER NKEY SEED-----\n{seed}\n------END USER NKEY SEED------\n\n"
        "*************************************************************\n"
    )


def write_creds(path, token, seed):
    write_secret(path, creds_text(token, seed))


def public_of(seed):
    """The Ed25519 public key of 32 bytes of seed."""
    return nacl.bindings.crypto_sign_seed_keypair(seed)[0]


def write_secret(path, text):
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(fd, "w", encoding="ascii") as f:
        f.write(text)


def read_creds(path):
    """(token, KeyPair) of a credentials file: the values are the blocks between lines of dashes."""
    with open(path, encoding="ascii") as f:
        lines = [line.strip() for line in f]
    values, inside = [], False
    for line in lines:
        if line.startswith("---") and line.endswith("---"):
            inside = not inside
        elif inside and line:
            values.append(line)
    return values[0], KeyPair.from_seed(values[1])
