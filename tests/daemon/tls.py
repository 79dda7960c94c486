#!/usr/bin/python3
"""TLS as clients, strangers and the upstream meet it, and where its keys are."""
import contextlib
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import time

import stage
from stage import Failed, check, deployment, natsjwt, rawclient, running  # noqa: F401
from portcullis_test import certs


def section(**keys):
    return "tls {\n" + "".join(f"  {k} = {v}\n" for k, v in keys.items()) + "}"


def make_certs(d, kind="ec"):
    d.ca = certs.Authority(d.path("tls"))
    d.ca.sign("server", kind=kind)
    return d.ca


@contextlib.contextmanager
def gate(kind="ec", limits=None, leaf="", **keys):
    """A deployment whose clients speak TLS."""
    with deployment() as d:
        make_certs(d, kind)
        d.sections.append(section(cert="tls/server.crt", key="tls/server.key", **keys))
        d.limits.update(limits or {})
        d.start_leaf(leaf)
        d.start_gateway(stage.BUILD)
        yield d


def trusting(d, **options):
    """What a client believes: this CA."""
    context = ssl.create_default_context(cafile=d.ca.crt)
    for key, value in options.items():
        setattr(context, key, value)
    return context


def works(client, subject="f.tls"):
    client.subscribe(subject)
    for payload in (b"x", b"y" * 100000, os.urandom(900000)):
        client.publish(subject, payload)
        check(client.next().payload == payload, "another payload came")


def s_client(d, *argv, said=b""):
    """(exit code, what openssl s_client printed)."""
    where = f"{d.gateway.host}:{d.gateway.port}"
    argv = ["openssl", "s_client", "-connect", where, "-CAfile", d.ca.crt, *argv]
    done = subprocess.run(argv, input=said, capture_output=True, timeout=30)
    return done.returncode, (done.stdout + done.stderr).decode("utf-8", "replace")


def after_info_every_client_speaks_tls():
    for kind in ("ec", "rsa"):
        with gate(kind) as d:
            for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
                context = trusting(d, minimum_version=version, maximum_version=version)
                client = d.client(d.login("app"), tls=context)
                check(client.info["tls_required"] and "tls_verify" not in client.info, client.info)
                check(client.raw.socket.version() == version.name.replace("_", "."), client.raw.socket.version())
                works(client)


def tls_first_sends_nothing_in_clear():
    with gate(first="yes") as d:
        client = d.client(d.login("app"), tls=trusting(d), tls_first=True)
        works(client)
        raw = rawclient.Raw(d.gateway.host, d.gateway.port)
        raw.send(b"CONNECT {}\r\n")
        raw.expect(b"-ERR 'Secure Connection - TLS Required'\r\n")
        raw.expect_end()


def first_auto_serves_both():
    with gate(first="auto") as d:
        works(d.client(d.login("app"), tls=trusting(d), tls_first=True))
        works(d.client(d.login("app"), tls=trusting(d)))


def what_is_said_in_clear_ends_the_connection():
    with gate() as d:
        for said in (b'CONNECT {"verbose":false}\r\nPING\r\n', b"PING\r\n", b"\x15", b"\r\n", b"GET / HTTP/1.1\r\n\r\n"):
            raw = rawclient.Raw(d.gateway.host, d.gateway.port)
            rawclient.read_info(raw)
            raw.send(said)
            raw.expect(b"-ERR 'Secure Connection - TLS Required'\r\n")
            raw.expect_end()
        # a whole login in clear does not log in, whatever follows it
        raw = rawclient.Raw(d.gateway.host, d.gateway.port)
        info = rawclient.read_info(raw)
        said = rawclient.json.dumps(rawclient.connect_options(info, d.login("app"))).encode()
        raw.send(b"CONNECT " + said + b"\r\nPING\r\n" + client_hello())
        raw.expect(b"-ERR 'Secure Connection - TLS Required'\r\n")
        raw.expect_end()
        d.gateway.wait_line(lambda line: "event=login_failed" in line and 'why="tls_required"' in line)
        check(not [r for r in d.decisions() if r["event"] == "conn_open"], "somebody got in")


def client_hello():
    """The first flight of a handshake."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    talk = ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname="localhost")
    try:
        talk.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


def clear_bytes_behind_a_client_hello_do_not_become_operations():
    with gate() as d:
        for hello in (client_hello(), client_hello()[:50]):
            raw = rawclient.Raw(d.gateway.host, d.gateway.port)
            info = rawclient.read_info(raw)
            said = rawclient.json.dumps(rawclient.connect_options(info, d.login("app"))).encode()
            raw.send(hello + b"CONNECT " + said + b"\r\nPING\r\n" * 100)
            try:
                while True:
                    raw.exactly(1)
            except rawclient.Closed:
                pass
        until = stage.until
        until(lambda: len([r for r in d.decisions() if r["event"] == "login_failed"]) == 2, "both are refused")
        check(not [r for r in d.decisions() if r["event"] == "conn_open"], "somebody got in")


def one_byte_at_a_time_works_too():
    with gate() as d:
        raw = rawclient.Raw(d.gateway.host, d.gateway.port)
        info = rawclient.read_info(raw)
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        talk = trusting(d).wrap_bio(incoming, outgoing, server_hostname="localhost")

        def send():
            for byte in outgoing.read():
                raw.send(bytes([byte]))

        def more(step):
            while True:
                try:
                    return step()
                except ssl.SSLWantReadError:
                    send()
                    incoming.write(raw.exactly(1))

        more(talk.do_handshake)
        said = rawclient.json.dumps(rawclient.connect_options(info, d.login("app"))).encode()
        talk.write(b"CONNECT " + said + b"\r\nPING\r\n")
        send()
        check(more(lambda: talk.read(6)) == b"PONG\r\n")
        raw.close()


def a_handshake_that_stops_is_ended_in_time():
    with gate(limits={"auth_timeout": "300ms"}) as d:
        for said in (b"", client_hello()[:40], client_hello()):
            raw = rawclient.Raw(d.gateway.host, d.gateway.port)
            rawclient.read_info(raw)
            raw.send(said)
            try:
                while True:
                    raw.exactly(1)
            except rawclient.Closed:
                pass
        found = [r for r in d.decisions() if r["event"] == "login_failed" and r["reason"] == "auth_timeout"]
        stage.until(lambda: len([r for r in d.decisions() if r.get("reason") == "auth_timeout"]) == 3, found)


# what a stranger may ask for and not get; the last says what a good one gets, or nothing would be shown
def old_versions_weak_ciphers_tickets_and_renegotiation_are_refused():
    with gate(first="yes", kind="rsa") as d:
        for argv in (
            ["-tls1", "-cipher", "ALL:@SECLEVEL=0"],
            ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"],
            ["-tls1_2", "-cipher", "AES128-GCM-SHA256"],
            ["-tls1_2", "-cipher", "ECDHE-RSA-AES128-SHA256"],
            ["-tls1_2", "-cipher", "DHE-RSA-AES128-GCM-SHA256"],
            ["-tls1_2", "-cipher", "ALL:COMPLEMENTOFALL:!ECDHE:!EECDH:@SECLEVEL=0"],
        ):
            code, said = s_client(d, *argv)
            check(code != 0 and "Cipher is (NONE)" in said, argv, said)
        for argv in (["-tls1_2"], ["-tls1_3"]):
            code, said = s_client(d, *argv, "-servername", "somebody.else.example")
            check("Verify return code: 0 (ok)" in said, said)
            check("New Session Ticket" not in said and "TLS session ticket:" not in said, said)
            check("Compression: NONE" in said and "Reused" not in said, said)
            check("INFO {" in said, said)
        said = renegotiated(d)
        check("RENEGOTIATING" in said and "no renegotiation" in said, said)


def renegotiated(d):
    """What s_client prints when it asks for another handshake, after INFO has come."""
    where = f"{d.gateway.host}:{d.gateway.port}"
    argv = ["openssl", "s_client", "-connect", where, "-CAfile", d.ca.crt, "-tls1_2"]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as child:
        said = b""
        while b"INFO {" not in said:
            line = child.stdout.readline()
            check(line, said)
            said += line
        child.stdin.write(b"R\n")
        child.stdin.flush()
        for line in child.stdout:
            said += line
            if b"error" in line:
                break
        child.kill()
    return said.decode("utf-8", "replace")


def the_key_is_the_signers_alone():
    for kind in ("ec", "rsa"):
        with gate(kind) as d:
            works(d.client(d.login("app"), tls=trusting(d)))
            secret = private_number(d.ca.path("server.key"), kind)
            found = {role: any(holds(pid, secret) for pid in pids) for role, pids in stage.children(d).items()}
            found["parent"] = holds(d.gateway.pid, secret)
            # the control: where it has to be, it is seen
            check(found.pop("signer"), "the search does not find the key in the signer, so it finds nothing")
            check(not any(found.values()), f"the private key is in the memory of {found}")


def private_number(path, kind):
    """Forms in which the private number may lie in memory."""
    text = certs.openssl("pkey", "-in", path, "-text", "-noout", folder="/")
    name = "priv" if kind == "ec" else "prime1"
    digits = re.search(rf"{name}:\s*((?:[0-9a-f]{{2}}[:\s]*)+)", text).group(1)
    number = bytes.fromhex(re.sub(r"[^0-9a-f]", "", digits)).lstrip(b"\0")
    with open(path, "rb") as f:
        pem = f.read().split(b"\n")[1]
    # OpenSSL's numbers are little-endian words; halves, since a page may end anywhere
    return [number[::-1][:16], number[:16], number[-16:], pem[-24:]]


def holds(pid, forms):
    """Is one of @forms in the memory of @pid? Needs the right to look, as root has."""
    with open(f"/proc/{pid}/maps", encoding="ascii", errors="replace") as f:
        spans = [line.split() for line in f]
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for span in spans:
            if "r" not in span[1] or span[-1] in ("[vvar]", "[vsyscall]", "[vvar_vclock]"):
                continue
            low, high = (int(x, 16) for x in span[0].split("-"))
            try:
                memory.seek(low)
                data = memory.read(high - low)
            except (OSError, OverflowError, ValueError):
                continue
            if any(form in data for form in forms):
                return True
    return False


def what_cannot_be_served_does_not_start():
    with deployment() as d:
        ca = make_certs(d)
        ca.sign("other")
        ca.sign("ed", kind="ed25519")
        d.start_leaf()
        for cert, key, why in (
            ("server", "other", "does not sign for this certificate"),
            ("ed", "ed", "Ed25519"),
        ):
            d.sections = [section(cert=f"tls/{cert}.crt", key=f"tls/{key}.key")]
            g = d.start_gateway(stage.BUILD, wait=False)
            g.wait_line(lambda line, why=why: why in line, stage.WAIT_S)
            check(g.child.wait(stage.WAIT_S) != 0, "it started")
            d.gateway = None


def new_certificates_are_used_after_hup_and_old_sessions_stay():
    with gate() as d:
        old = d.client(d.login("app"), tls=trusting(d))
        before = old.raw.socket.getpeercert()["serialNumber"]
        d.ca.sign("server", kind="rsa")
        os.kill(d.gateway.pid, signal.SIGHUP)
        d.gateway.wait_line(lambda line: "event=tls_loaded" in line)
        new = d.client(d.login("app"), tls=trusting(d))
        check(new.raw.socket.getpeercert()["serialNumber"] != before, "the old certificate")
        works(old, "f.old")
        works(new, "f.new")
        # a certificate without its key is not taken up
        d.ca.sign("other")
        os.replace(d.ca.path("other.crt"), d.ca.path("server.crt"))
        os.kill(d.gateway.pid, signal.SIGHUP)
        d.gateway.wait_line(lambda line: "event=tls_refused" in line)
        works(d.client(d.login("app"), tls=trusting(d)), "f.again")


TESTS = [
    after_info_every_client_speaks_tls,
    tls_first_sends_nothing_in_clear,
    first_auto_serves_both,
    what_is_said_in_clear_ends_the_connection,
    clear_bytes_behind_a_client_hello_do_not_become_operations,
    one_byte_at_a_time_works_too,
    a_handshake_that_stops_is_ended_in_time,
    old_versions_weak_ciphers_tickets_and_renegotiation_are_refused,
    the_key_is_the_signers_alone,
    what_cannot_be_served_does_not_start,
    new_certificates_are_used_after_hup_and_old_sessions_stay,
]

if __name__ == "__main__":
    sys.exit(stage.main(TESTS, sys.argv))
