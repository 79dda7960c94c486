#!/usr/bin/python3
"""make.py [FILE] - write the invocations of this folder, rpc.txt.

A second implementation of what wasmCloud's hosts put on wasmbus.rpc: message-pack and claims, from their
published form (wasmCloud v0.18.2 dispatch.rs; weld rpc-rs/src/rpc_client.rs), with keys everyone knows.
The C reads and judges them at 1700000000, with the cluster key 32 x "c" and the host key 32 x "h" believed.
One line each: NAME ANSWER HEX.
"""
import hashlib
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "support"))
from portcullis_test import wascap as w  # noqa: E402

CLUSTER, HOST, STRANGER = w.key("cluster", "c"), w.key("server", "h"), w.key("cluster", "z")
ACTOR, OTHER, SERVICE = w.key("module", "m"), w.key("module", "n"), w.key("service", "v")
NOW = 1700000000


class Ints(bytes):
    """Bytes as an array of integers."""


class Twice(dict):
    """A map whose last member stands in it twice."""


def pack(v):
    if v is None:
        return b"\xc0"
    if isinstance(v, bool):
        return b"\xc3" if v else b"\xc2"
    if isinstance(v, int):
        return bytes([v]) if v < 128 else b"\xcd" + v.to_bytes(2, "big")
    if isinstance(v, Ints):
        return b"\xdc" + len(v).to_bytes(2, "big") + b"".join(bytes([c]) if c < 128 else b"\xcc" + bytes([c]) for c in v)
    if isinstance(v, bytes):
        return b"\xc5" + len(v).to_bytes(2, "big") + v
    if isinstance(v, str):
        s = v.encode("utf-8")
        return bytes([0xA0 | len(s)]) + s if len(s) < 32 else b"\xda" + len(s).to_bytes(2, "big") + s
    if isinstance(v, list):
        return bytes([0x90 | len(v)]) + b"".join(map(pack, v))
    members = list(v.items())
    if isinstance(v, Twice):
        members.append(members[-1])
    return bytes([0x80 | len(members)]) + b"".join(pack(k) + pack(x) for k, x in members)


def entity(key, contract="", link=""):
    return {"public_key": key.public, "contract_id": contract, "link_name": link}


def url(e):
    if e["public_key"][0] == "M":
        return "wasmbus://" + e["public_key"]
    return "wasmbus://{}/{}/{}".format(e["contract_id"].replace(":", "/").lower(), e["link_name"].replace(" ", "_").lower(), e["public_key"])


def variant(e, names=False):
    """The enum of 2021."""
    if e["public_key"][0] == "M":
        return {"Actor" if names else 0: e["public_key"]}
    return {"Capability" if names else 1: {"id": e["public_key"], "contract_id": e["contract_id"], "link_name": e["link_name"]}}


def invocation(later=True, issuer=None, msg=b"hello", operation="KeyValue.Get", names=False, claims=None, inside=None, outer=None, digest=None, **more):
    origin, target = entity(ACTOR), entity(SERVICE, "wasmcloud:keyvalue", "default")
    target_url = url(target) + "/" + operation
    what = url(origin) + target_url + (operation if later else "")
    inv_id = "0123456789abcdef0123456789abcdef"
    body = {"jti": "abc", "iat": NOW - 5, "iss": (issuer or (CLUSTER if later else HOST)).public, "sub": inv_id}
    body["wascap"] = {"target_url": target_url, "origin_url": url(origin), "hash": hashlib.sha256(what.encode() + (digest if digest is not None else msg)).hexdigest().upper()}
    body["wascap"].update(inside or {})
    body["wascap_revision"] = 3
    body.update(claims or {})
    inv = {
        "origin": origin if later else variant(origin, names),
        "target": target if later else variant(target, names),
        "operation": operation,
        "msg": msg if later else Ints(msg),
        "id": inv_id,
        "encoded_claims": w.token(body, issuer or (CLUSTER if later else HOST)),
        "host_id": HOST.public,
    }
    if later:
        inv["content_length"] = len(msg)
    inv.update(more)
    return {k: v for k, v in inv.items() if v != "absent"}


def rows():
    good = invocation()
    yield "later", "ok", good
    yield "later_empty_body", "ok", invocation(msg=b"")
    yield "later_with_trace", "ok", invocation(traceContext=[["traceparent", "00-1"]])
    yield "later_body_as_integers", "ok", invocation(msg=Ints(b"hello\xff"))
    yield "later_without_length", "ok", invocation(content_length="absent")
    yield "later_not_expired", "ok", invocation(claims={"exp": NOW + 1, "nbf": NOW})
    yield "first", "ok", invocation(later=False)
    yield "first_by_name", "ok", invocation(later=False, names=True)
    yield "chunked", "chunked", invocation(msg=b"", content_length=2000)
    yield "empty_body_with_the_digest_of_another", "other_body", invocation(msg=b"", digest=b"hello")
    yield "another_body", "other_body", {**good, "msg": b"hellO"}
    yield "another_operation", "other_address", {**good, "operation": "KeyValue.Del"}
    yield "another_origin", "other_address", {**good, "origin": entity(OTHER)}
    yield "another_link", "other_address", {**good, "target": entity(SERVICE, "wasmcloud:keyvalue", "other")}
    yield "another_contract", "other_address", {**good, "target": entity(SERVICE, "wasmcloud:logging", "default")}
    yield "another_id", "other_address", {**good, "id": "x"}
    yield "a_stranger", "issuer", invocation(issuer=STRANGER)
    yield "signed_by_another", "unsigned", invocation(issuer=STRANGER, claims={"iss": CLUSTER.public})
    yield "no_claims", "unsigned", invocation(encoded_claims="")
    yield "other_header", "unsigned", invocation(encoded_claims=w.token({"iss": CLUSTER.public, "iat": NOW}, CLUSTER, {"typ": "JWT", "alg": "ed25519-nkey"}))
    yield "alg_none", "unsigned", invocation(encoded_claims=w.token({"iss": CLUSTER.public, "iat": NOW, "wascap": {}}, CLUSTER, {"typ": "jwt", "alg": "none"}))
    yield "too_old", "stale", invocation(claims={"iat": NOW - 61})
    yield "just_young_enough", "ok", invocation(claims={"iat": NOW - 60})
    yield "from_the_future", "ahead", invocation(claims={"iat": NOW + 11})
    yield "expired", "stale", invocation(claims={"exp": NOW})
    yield "not_yet", "ahead", invocation(claims={"nbf": NOW + 1})
    yield "hash_in_lower_case", "other_body", invocation(inside={"hash": hashlib.sha256(b"").hexdigest()})
    yield "no_hash", "other_body", invocation(inside={"hash": None})
    # the digest of the later form leaves no room for the first's, nor the reverse
    yield "a_first_in_a_later_lattice", "other_form", invocation(later=False)
    yield "a_first_written_as_a_later", "other_body", {**invocation(later=False), "origin": entity(ACTOR), "target": entity(SERVICE, "wasmcloud:keyvalue", "default")}
    yield "name_twice", "malformed", Twice(good)
    yield "two_encodings", "malformed", {**good, "origin": variant(entity(ACTOR))}
    yield "halt_by_nobody", "malformed", {**invocation(later=False), "origin": {0: "system"}}
    yield "no_such_variant", "malformed", {**invocation(later=False), "origin": {2: ACTOR.public}}
    yield "length_below_the_body", "malformed", invocation(content_length=3)
    yield "no_host", "malformed", invocation(host_id="")
    yield "no_operation", "malformed", invocation(operation="")
    yield "target_with_a_wildcard", "malformed", {**good, "target": entity(SERVICE, "wasmcloud:keyvalue", ">")}
    yield "a_list", "malformed", [1, 2]


def main():
    out = sys.argv[1] if len(sys.argv) > 1 else os.path.join(HERE, "rpc.txt")
    with open(out, "w", encoding="ascii") as f:
        f.write("# Written by make.py: NAME ANSWER HEX; judged at 1700000000 (see there).\n")
        for name, answer, value in rows():
            f.write(f"{name} {answer} {pack(value).hex()}\n")


if __name__ == "__main__":
    main()
