"""Invocations as hosts of 0.5x to 0.8x send them to each other, good or forged in one chosen way."""
import base64
import hashlib
import json
import struct
import time
import uuid


def pack(value):
    """A value in message-pack: None, bool, int >= 0, str, bytes, list, dict."""
    if value is None:
        return b"\xc0"
    if isinstance(value, bool):
        return b"\xc3" if value else b"\xc2"
    if isinstance(value, int):
        return bytes([value]) if value < 128 else b"\xcf" + struct.pack(">Q", value)
    if isinstance(value, str):
        raw = value.encode()
        return b"\xdb" + struct.pack(">I", len(raw)) + raw
    if isinstance(value, bytes):
        return b"\xc6" + struct.pack(">I", len(value)) + value
    if isinstance(value, list):
        return b"\xdd" + struct.pack(">I", len(value)) + b"".join(pack(v) for v in value)
    return b"\xdf" + struct.pack(">I", len(value)) + b"".join(pack(k) + pack(v) for k, v in value.items())


def unpack(data):
    value, rest = _unpack(data)
    if rest:
        raise ValueError("bytes left over")
    return value


def _many(data, n):
    out = []
    for _ in range(n):
        value, data = _unpack(data)
        out.append(value)
    return out, data


def _pairs(data, n):
    flat, data = _many(data, 2 * n)
    return dict(zip(flat[::2], flat[1::2])), data


def _unpack(data):
    first, rest = data[0], data[1:]
    if first < 0x80:
        return first, rest
    if first < 0x90:
        return _pairs(rest, first & 15)
    if first < 0xA0:
        return _many(rest, first & 15)
    if first < 0xC0:
        n = first & 31
        return rest[:n].decode(), rest[n:]
    if first in (0xC0, 0xC2, 0xC3):
        return {0xC0: None, 0xC2: False, 0xC3: True}[first], rest
    sizes = {0xC4: ">B", 0xC5: ">H", 0xC6: ">I", 0xCC: ">B", 0xCD: ">H", 0xCE: ">I", 0xCF: ">Q", 0xD9: ">B",
             0xDA: ">H", 0xDB: ">I", 0xDC: ">H", 0xDD: ">I", 0xDE: ">H", 0xDF: ">I", 0xD0: ">b", 0xD1: ">h",
             0xD2: ">i", 0xD3: ">q"}
    size = struct.calcsize(sizes[first])
    (n,), rest = struct.unpack(sizes[first], rest[:size]), rest[size:]
    if first in (0xC4, 0xC5, 0xC6):
        return bytes(rest[:n]), rest[n:]
    if first in (0xD9, 0xDA, 0xDB):
        return rest[:n].decode(), rest[n:]
    if first in (0xDC, 0xDD):
        return _many(rest, n)
    if first in (0xDE, 0xDF):
        return _pairs(rest, n)
    return n, rest


def entity(key, contract="", link=""):
    return {"public_key": key, "contract_id": contract, "link_name": link}


def url(who):
    if not who["contract_id"]:
        return f"wasmbus://{who['public_key']}"
    contract = who["contract_id"].replace(":", "/").replace(" ", "_").lower()
    return f"wasmbus://{contract}/{who['link_name'].replace(' ', '_').lower()}/{who['public_key']}"


def token(claims, signer):
    def part(value):
        return base64.urlsafe_b64encode(value).rstrip(b"=").decode()

    head = part(b'{"typ":"jwt","alg":"Ed25519"}') + "." + part(json.dumps(claims, separators=(",", ":")).encode())
    return head + "." + part(signer.sign(head.encode()))


def invocation(signer, origin, target, operation, msg, host, **spoilt):
    """@spoilt: iat, hash, origin_url, target_url of the claims; id; claims: the token itself."""
    number = spoilt.get("id", str(uuid.uuid4()))
    target_url = f"{url(target)}/{operation}"
    digest = hashlib.sha256(url(origin).encode() + target_url.encode() + operation.encode() + msg).hexdigest().upper()
    said = {
        "jti": str(uuid.uuid4()),
        "iat": spoilt.get("iat", int(time.time())),
        "iss": signer.public,
        "sub": number,
        "wascap": {
            "target_url": spoilt.get("target_url", target_url),
            "origin_url": spoilt.get("origin_url", url(origin)),
            "hash": spoilt.get("hash", digest),
        },
    }
    return pack({
        "origin": origin,
        "target": target,
        "operation": operation,
        "msg": msg,
        "id": number,
        "encoded_claims": spoilt.get("claims", token(said, signer)),
        "host_id": host,
        "content_length": len(msg),
    })


def subject(target, lattice="default"):
    tail = f".{target['link_name']}" if target["contract_id"] else ""
    return f"wasmbus.rpc.{lattice}.{target['public_key']}{tail}"
