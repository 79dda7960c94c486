#!/usr/bin/python3
"""make.py [DIR] - write the signed modules and archives of this folder, and `expect`.

Made by the Python in tests/support/portcullis_test/wascap.py from keys everyone knows, so that they
come out the same each time. The C reads them with the account 32 x "a" trusted, at 1700000000.
"""
import os
import sys
import tarfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "support"))
from portcullis_test import wascap as w  # noqa: E402

ISSUER, STRANGER = w.key("account", "a"), w.key("account", "z")
MODULE, SERVICE = w.key("module", "m"), w.key("service", "v")
CODE = w.module()
LIBRARIES = {"x86_64-linux": b"\x7fELF one" * 9, "aarch64-linux": b"\x7fELF two" * 64}


def flip(data, at):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def link(name, to):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = tarfile.SYMTYPE, to
    return info


def modules():
    good = w.sign(CODE, ISSUER, MODULE)
    text = w.unsign(good)[1]
    claims = w.actor(ISSUER, MODULE, w.sha(CODE))

    def by_hand(payload, **more):
        return CODE + w.custom("wasmcloud_jwt", w.token(payload, ISSUER, **more).encode("ascii"))

    def raw(token, name="wasmcloud_jwt"):
        return CODE + w.custom(name, token.encode("ascii"))

    yield "good", good, "ok"
    yield "old_section", w.sign(CODE, ISSUER, MODULE, name="jwt", wascap_revision=None), "ok"
    yield "padded_lengths", w.sign(w.module(least=5), ISSUER, MODULE, least=5), "ok"
    middle = w.PREAMBLE + w.custom("wasmcloud_jwt", text.encode("ascii")) + CODE[8:]
    yield "section_first", middle, "ok"
    yield "alias_and_times", w.sign(CODE, ISSUER, MODULE, exp=1700000001, nbf=1700000000, wascap={"call_alias": "echo_1"}), "ok"
    yield "unknown_inside", w.sign(CODE, ISSUER, MODULE, wascap={"colour": "red", "ver": None}), "ok"
    yield "unsigned", CODE, "unsigned"
    yield "other_custom_names", CODE + w.custom("JWT", b"x") + w.custom("jwt ", b"x") + w.custom("", b""), "unsigned"
    yield "empty", b"", "bad_file"
    yield "component", b"\0asm\x0d\0\1\0" + good[8:], "bad_file"
    yield "trailing_byte", good + b"\0", "bad_file"
    yield "trailing_section_cut", good + b"\0\5\1", "bad_file"
    yield "cut", good[:-1], "bad_file"
    yield "unknown_section", good + w.section(13, b"\0"), "bad_file"
    yield "length_of_six_bytes", CODE + b"\0" + w.leb(0, 6) + b"", "bad_file"
    yield "length_over_32_bits", CODE + b"\0\xff\xff\xff\xff\x7f", "bad_file"
    yield "name_past_section", CODE + b"\0\2\x20jwt", "bad_file"
    yield "two_sections", good + w.custom("jwt", text.encode("ascii")), "two_tokens"
    yield "two_sections_one_empty", w.PREAMBLE + w.custom("jwt", b"") + good[8:], "two_tokens"
    yield "code_changed", flip(good, len(CODE) - 1), "bad_hash"
    yield "code_changed_old_form", flip(w.sign(CODE, ISSUER, MODULE, name="jwt", wascap_revision=None), 12), "bad_hash"
    yield "moved_to_other_code", w.module(w.PLAIN[:-1] + [(10, b"\1\3\0\1\x0b")]) + good[len(CODE) :], "bad_hash"
    yield "section_added", good + w.custom("producers", b"x"), "bad_hash"
    yield "signed_by_stranger", raw(w.resigned(text, STRANGER)), "bad_signature"
    yield "claims_changed", raw(text[:40] + ("A" if text[40] != "A" else "B") + text[41:]), "*"
    yield "stranger", w.sign(CODE, STRANGER, MODULE), "issuer"
    yield "expired", w.sign(CODE, ISSUER, MODULE, exp=1700000000), "expired"
    yield "not_yet", w.sign(CODE, ISSUER, MODULE, nbf=1700000001), "not_yet"
    yield "issued_in_the_future", w.sign(CODE, ISSUER, MODULE, iat=1700000061), "not_yet"
    yield "no_hash", w.sign(CODE, ISSUER, MODULE, wascap={"hash": None}), "bad_token"
    yield "empty_hash", w.sign(CODE, ISSUER, MODULE, wascap={"hash": ""}), "bad_token"
    yield "lower_case_hash", w.sign(CODE, ISSUER, MODULE, wascap={"hash": w.sha(CODE).lower()}), "bad_token"
    yield "no_wascap", by_hand({k: v for k, v in claims.items() if k != "wascap"}), "bad_token"
    yield "no_iat", w.sign(CODE, ISSUER, MODULE, iat=None), "bad_token"
    yield "zero_exp", w.sign(CODE, ISSUER, MODULE, exp=0), "bad_token"
    yield "exp_text", w.sign(CODE, ISSUER, MODULE, exp="never"), "bad_token"
    yield "unknown_at_top", w.sign(CODE, ISSUER, MODULE, aud="x"), "bad_token"
    yield "other_case", w.sign(CODE, ISSUER, MODULE, wascap={"Hash": w.sha(CODE)}), "bad_token"
    yield "caps_no_list", w.sign(CODE, ISSUER, MODULE, wascap={"caps": "wasmcloud:httpserver"}), "bad_token"
    yield "rev_too_large", w.sign(CODE, ISSUER, MODULE, wascap={"rev": 1 << 31}), "bad_token"
    doubled = w.json.dumps(claims)[:-1] + ',"iss":"' + STRANGER.public + '"}'
    yield "member_twice", by_hand(doubled), "bad_token"
    yield "subject_is_account", w.sign(CODE, ISSUER, STRANGER), "bad_token"
    yield "issuer_is_module", w.sign(CODE, MODULE, MODULE), "bad_token"
    yield "alg_none", by_hand(claims, header={"typ": "jwt", "alg": "none"}), "bad_token"
    yield "nats_header", by_hand(claims, header={"typ": "JWT", "alg": "ed25519-nkey"}), "bad_token"
    yield "header_of_three", by_hand(claims, header={"typ": "jwt", "alg": "Ed25519", "kid": "1"}), "bad_token"
    yield "line_end_after_token", raw(text + "\n"), "bad_token"
    yield "four_parts", raw(text + ".x"), "bad_token"
    yield "no_token_text", raw(""), "bad_token"
    yield "provider_in_module", by_hand(w.provider(ISSUER, SERVICE, LIBRARIES)), "bad_token"


def archives():
    good = w.archive(ISSUER, SERVICE, LIBRARIES)
    text = w.token(w.provider(ISSUER, SERVICE, LIBRARIES), ISSUER).encode("ascii")
    first, rest = ("claims.jwt", text), [(f"{t}.bin", b) for t, b in LIBRARIES.items()]
    at = good.index(b"ELF two")
    yield "good", good, "ok"
    yield "pax_header_format", w.tar([first] + rest, tarfile.USTAR_FORMAT), "ok"
    yield "library_changed", flip(good, at), "bad_hash"
    yield "library_missing", w.tar([first] + rest[:1]), "bad_hash"
    yield "library_added", w.tar([first] + rest + [("riscv64-linux.bin", b"x")]), "bad_hash"
    yield "new_hashes_old_signature", w.tar([("claims.jwt", w.resigned(text.decode("ascii"), STRANGER).encode("ascii"))] + rest), "bad_signature"
    yield "stranger", w.archive(STRANGER, SERVICE, LIBRARIES), "issuer"
    yield "expired", w.archive(ISSUER, SERVICE, LIBRARIES, exp=1), "expired"
    yield "no_targets", w.archive(ISSUER, SERVICE, LIBRARIES, wascap={"target_hashes": {}}), "bad_token"
    yield "no_vendor", w.archive(ISSUER, SERVICE, LIBRARIES, wascap={"vendor": None}), "bad_token"
    yield "actor_in_archive", w.tar([("claims.jwt", w.token(w.actor(ISSUER, MODULE, w.sha(CODE)), ISSUER).encode("ascii"))] + rest), "bad_token"
    yield "claims_last", w.tar(rest + [first]), "unsigned"
    yield "no_claims", w.tar(rest), "unsigned"
    yield "empty", w.tar([]), "unsigned"
    yield "claims_twice", w.tar([first] + rest + [first]), "two_tokens"
    yield "claims_bin", w.tar([first] + rest + [("claims.bin", text)]), "bad_file"
    yield "target_twice", w.tar([first] + rest + rest[:1]), "bad_file"
    yield "path", w.tar([first] + rest + [("../../etc/cron.d/x.bin", b"x")]), "bad_file"
    yield "absolute_path", w.tar([first] + rest + [("/x.bin", b"x")]), "bad_file"
    yield "link", w.tar([first] + rest + [(link("x86.bin", "/etc/shadow"), b"")]), "bad_file"
    yield "long_name", w.tar([first] + rest + [("a" * 120 + ".bin", b"x")]), "bad_file"
    yield "other_name", w.tar([first] + rest + [("README", b"x")]), "bad_file"
    yield "no_libraries", w.tar([first]), "bad_file"
    yield "header_changed", flip(good, 100), "bad_file"
    yield "cut", good[:1536], "bad_file"
    yield "no_end", good[: good.index(b"ELF two") - 1 + 512], "bad_file"
    yield "something_behind", good + b"x" * 512, "bad_file"
    yield "compressed", b"\x1f\x8b\x08" + b"\0" * 60, "bad_file"


def main():
    out = sys.argv[1] if len(sys.argv) > 1 else HERE
    lines = ["# FILE ANSWER: what wascap_code() calls the answer; * any refusal\n"]
    for form, made in (("wasm", modules()), ("par", archives())):
        for name, data, answer in made:
            if form == "par":  # tar files are mostly zeros: kept short, the test fills them up again
                full, data = data, data.rstrip(b"\0")
                lines.append(f"{name}.par {answer} {len(full)}\n")
            else:
                lines.append(f"{name}.wasm {answer}\n")
            with open(os.path.join(out, f"{name}.{form}"), "wb") as f:
                f.write(data)
    with open(os.path.join(out, "expect"), "w", encoding="ascii") as f:
        f.writelines(lines)


if __name__ == "__main__":
    main()
