#!/usr/bin/python3
"""audit_log FOLDER - another reader of tests/vectors/audit, written from the specifications alone.

json, hashlib and openssl(1) instead of ours: every line is JSON with the next number and the leaf hash
of the line before; the peaks are RFC 6962's; every checkpoint, the one kept elsewhere and the proof
lead to the root computed here, by the recursion of RFC 6962, and are signed as C2SP says.
"""
import base64
import hashlib
import json
import os
import subprocess
import sys
import tempfile

DER = bytes.fromhex("302a300506032b6570032100")  # RFC 8410, an Ed25519 public key


def leaf(line):
    return hashlib.sha256(b"\0" + line).digest()


def split(n):
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def root(leaves):
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return hashlib.sha256(b"\1" + root(leaves[:k]) + root(leaves[k:])).digest()


def peaks(leaves):
    out, at = b"", 0
    for bit in reversed(range(64)):
        if len(leaves) >> bit & 1:
            out += root(leaves[at:at + (1 << bit)])
            at += 1 << bit
    return out.hex()


def path(leaves, m):
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if m < k:
        return path(leaves[:k], m) + [root(leaves[k:])]
    return path(leaves[k:], m - k) + [root(leaves[:k])]


def signers(note, keys):
    text, lines = note.rsplit("\n\n", 1)
    text += "\n"
    good = []
    for line in lines.splitlines():
        dash, name, sig = line.split(" ")
        raw = base64.b64decode(sig, validate=True)
        assert dash == "\u2014"
        for key in keys:
            kname, kid, kraw = key.split("+", 2)
            kraw = base64.b64decode(kraw, validate=True)
            digest = hashlib.sha256(kname.encode() + b"\n" + kraw).digest()[:4]
            assert kid == digest.hex() and kraw[0] == 1
            if kname != name or digest != raw[:4]:
                continue
            with tempfile.TemporaryDirectory() as d:
                for f, data in (("k", DER + kraw[1:]), ("s", raw[4:]), ("t", text.encode())):
                    with open(os.path.join(d, f), "wb") as out:
                        out.write(data)
                subprocess.run(["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-keyform", "DER",
                                "-inkey", f"{d}/k", "-sigfile", f"{d}/s", "-in", f"{d}/t"],
                               check=True, stdout=subprocess.DEVNULL)
            good.append(key)
    return text, good


def check_root(note, leaves, keys):
    text, good = signers(note, keys)
    origin, size, want = text.splitlines()[:3]
    assert origin == "gate.example/audit" and good, "signed by a key"
    assert base64.b64decode(want) == root(leaves[:int(size)]), f"root of {size}"
    return int(size)


def main(folder):
    def read(name):
        with open(os.path.join(folder, name), encoding="utf-8") as f:
            return f.read()

    keys, leaves, lines, checks = read("keys").splitlines(), [], [], 0
    for name in sorted(n for n in os.listdir(folder) if n.endswith(".jsonl")):
        assert int(name[:20]) == len(leaves) + 1
        for n, line in enumerate(read(name).splitlines()):
            r = json.loads(line)
            assert r["v"] == 2 and r["seq"] == len(leaves) + 1
            assert r["prev"] == (leaves[-1].hex() if leaves else "00" * 32)
            assert (n == 0) == (r["kind"] == "segment")
            if r["kind"] == "segment":
                assert r.get("peaks", "") == peaks(leaves)
            if r["kind"] == "checkpoint":
                assert check_root(r["note"], leaves, keys) == r["seq"] - 1
                checks += 1
            if r["kind"] == "key":
                assert len(signers(r["note"], keys)[1]) == 2
            leaves.append(leaf(line.encode()))
            lines.append(line)
    size = check_root(read("kept"), leaves, keys)
    head, note = read("record-3.tlog-proof").split("\n\n", 1)
    first, extra, index, *hashes = head.split("\n")
    assert first == "c2sp.org/tlog-proof@v1" and index == "index 2"
    assert base64.b64decode(extra.split(" ")[1]).decode() == lines[2]
    assert [base64.b64decode(h) for h in hashes] == path(leaves[:size], 2)
    assert check_root(note, leaves, keys) == size
    print(f"{len(leaves)} records, {checks} checkpoints, one proof")


if __name__ == "__main__":
    main(sys.argv[1])
