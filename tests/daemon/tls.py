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
import threading

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
    done = subprocess.run(argv, input=said, capture_output=True, timeout=stage.WAIT_S)
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


def eager(d):
    """A client that speaks TLS at once. Where both are served, one that a busy machine held up is greeted in clear."""

    def comes():
        try:
            return d.client(d.login("app"), tls=trusting(d), tls_first=True)
        except (ssl.SSLError, OSError, rawclient.Failed):
            return None

    return stage.until(comes, "it was heard in time")


def first_auto_serves_both():
    with gate(first="auto") as d:
        works(eager(d))
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
            said = greeted(d, *argv, "-servername", "somebody.else.example")
            check("Verify return code: 0 (ok)" in said, said)
            check("New Session Ticket" not in said and "TLS session ticket:" not in said, said)
            check("Compression: NONE" in said and "Reused" not in said, said)
            check("INFO {" in said, said)
        said = greeted(d, "-tls1_2", then=b"R\n")
        check("RENEGOTIATING" in said and "no renegotiation" in said, said)


def greeted(d, *argv, then=b"", until=b"error"):
    """What s_client prints until INFO has come, and, if it is given something to say, until its error."""
    where = f"{d.gateway.host}:{d.gateway.port}"
    argv = ["openssl", "s_client", "-connect", where, "-CAfile", d.ca.crt, *argv]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as child:
        said = b""
        while b"INFO {" not in said:
            line = child.stdout.readline()
            check(line, said)
            said += line
        child.stdin.write(then)
        child.stdin.flush()
        for line in child.stdout if then else ():
            said += line
            if until in line:
                break
        child.kill()
    return said.decode("utf-8", "replace")


def the_key_is_the_signers_alone():
    if stage.sanitized():
        return "skipped: the shadow memory of a sanitizer is too large to be searched"
    for kind in ("ec", "rsa"):
        with gate(kind) as d:
            works(d.client(d.login("app"), tls=trusting(d)))
            secret = private_number(d.ca.path("server.key"), kind)
            found = {role: any(holds(pid, secret) for pid in pids) for role, pids in stage.children(d).items()}
            found["parent"] = holds(d.gateway.pid, secret)
            # the control: where it has to be, it is seen
            check(found.pop("signer"), "the search does not find the key in the signer, so it finds nothing")
            check(not any(found.values()), f"the private key is in the memory of {found}")
    return None


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
        mark = d.gateway.mark()
        os.kill(d.gateway.pid, signal.SIGHUP)
        # each process that needs them says so by itself; it is the edge that shows one
        d.gateway.wait_event("tls_loaded", "role=edge", since=mark)

        def fresh():
            """They are watched as well: what was loaded first may be of a moment before all were there."""
            client = d.client(d.login("app"), tls=trusting(d))
            return client if client.raw.socket.getpeercert()["serialNumber"] != before else None

        new = stage.until(fresh, "the new certificate is shown")
        works(old, "f.old")
        works(new, "f.new")
        # a certificate without its key is not taken up
        d.ca.sign("other")
        mark = d.gateway.mark()
        os.replace(d.ca.path("other.crt"), d.ca.path("server.crt"))
        os.kill(d.gateway.pid, signal.SIGHUP)
        d.gateway.wait_event("tls_refused", "role=edge", since=mark)
        works(d.client(d.login("app"), tls=trusting(d)), "f.again")


def upstream(d, **keys):
    """The gate speaks TLS to the leaf."""
    keys = {"ca": "tls/ca.crt", **keys}
    d.upstream["tls"] = "{ " + "  ".join(f"{k} = {v}" for k, v in keys.items()) + " }"


def leaf_tls(d, more=""):
    cert, key = d.ca.path("leaf.crt"), d.ca.path("leaf.key")
    return f'tls {{ cert_file: "{cert}", key_file: "{key}", ca_file: "{d.ca.crt}", timeout: 60{more} }}'


@contextlib.contextmanager
def behind_tls(names="IP:127.0.0.1", more="", start=True, **keys):
    """A leaf that demands TLS."""
    with deployment() as d:
        make_certs(d).sign("leaf", names=names)
        d.ca.sign("gate", kind=keys.pop("kind", "ec"))
        upstream(d, **keys)
        d.start_leaf(leaf_tls(d, more))
        if start:
            d.start_gateway(stage.BUILD)
        yield d


def data_and_commands_reach_a_leaf_under_tls():
    for kind, keys in (("ec", {}), ("rsa", {"min_version": "1.3"})):
        keys.update(cert="tls/gate.crt", key="tls/gate.key", kind=kind)
        with behind_tls(more=", verify: true", **keys) as d:
            works(d.client(d.login("app")))
            # who looks on at the leaf itself sees the command arrive
            context = trusting(d, check_hostname=False)
            context.load_cert_chain(d.ca.path("gate.crt"), d.ca.path("gate.key"))
            seen = d.direct(tls=context)
            seen.subscribe("wasmbus.ctl.>")
            seen.barrier()
            dora = d.client(d.login("deployer", "dora"))
            dora.publish("wasmbus.ctl.default.cmd.NHOST.la", stage.bodies.start_actor())
            dora.barrier()
            check(not dora.errors, dora.errors)
            arrived = seen.next()
            check(arrived.subject == "wasmbus.ctl.default.cmd.NHOST.la", arrived)
            seen.close()
            records = stage.until(lambda: [r for r in d.audit_records() if r.get("kind") == "outcome"], "an outcome")
            check(records[0]["outcome"] in ("forwarded", "unknown", "no_answer", "success"), records)


def a_leaf_is_known_by_the_name_that_is_asked_for():
    with behind_tls(names="DNS:leaf.example", server_name="leaf.example") as d:
        works(d.client(d.login("app")))


def probe_fails(g, why):
    """The probe of the upstream says @why; where the machine is slow, another reason may have been said before."""
    g.wait_line(lambda line: "event=upstream_probe_failed" in line and why.lower() in line.lower(), stage.WAIT_S)


# the gate does not get ready: the probe says why
def a_leaf_that_is_not_who_it_should_be_is_refused():
    for names, keys, why in (
        ("DNS:leaf.example", {}, "IP address mismatch"),
        ("DNS:other.example", {"server_name": "leaf.example"}, "hostname mismatch"),
        ("DNS:*.example", {"server_name": "a.b.example"}, "hostname mismatch"),
        ("IP:127.0.0.1", {"ca": "tls/stranger.crt"}, "certificate"),
    ):
        with behind_tls(names, start=False, **keys) as d:
            certs.Authority(d.path("tls"), "stranger")
            g = d.start_gateway(stage.BUILD, wait=False)
            probe_fails(g, why)
            check(not any("portcullis-gateway ready" in line for line in g.lines))


def an_expired_leaf_is_refused():
    with behind_tls(start=False) as d:
        d.leaf.kill()
        d.ca.sign("leaf", expired=True)
        d.start_leaf(leaf_tls(d))
        g = d.start_gateway(stage.BUILD, wait=False)
        probe_fails(g, "expired")


def a_leaf_without_tls_is_refused_where_tls_is_asked_for():
    with deployment() as d:
        make_certs(d)
        upstream(d)
        d.start_leaf()
        g = d.start_gateway(stage.BUILD, wait=False)
        probe_fails(g, "offers no TLS")


def a_leaf_that_demands_tls_is_refused_where_none_is_asked_for():
    with behind_tls(start=False) as d:
        del d.upstream["tls"]
        g = d.start_gateway(stage.BUILD, wait=False)
        probe_fails(g, "demands TLS")


def what_a_leaf_says_in_clear_after_info_is_not_believed():
    info = b'INFO {"server_id":"N","version":"2.9.10","nonce":"abcdefghijk","tls_required":true,"max_payload":1000}\r\n'
    with deployment() as d, socket.create_server(("127.0.0.1", 0)) as leaf:
        make_certs(d)
        upstream(d)
        g = d.start_gateway(stage.BUILD, leaf.getsockname()[1], wait=False)

        def answer():
            """Each probe: the first may have given up before it was answered."""
            with contextlib.suppress(OSError):
                while True:
                    sock, _ = leaf.accept()
                    sock.sendall(info + b"-ERR 'Authorization Violation'\r\n")
                    answered.append(sock)

        answered = []
        threading.Thread(target=answer, daemon=True).start()
        probe_fails(g, "more than INFO")
        leaf.shutdown(socket.SHUT_RDWR)
        for sock in answered:
            sock.close()


def a_client_shows_a_certificate_where_one_is_asked_for():
    with gate(verify="yes", ca="tls/ca.crt") as d:
        other = certs.Authority(d.path("other"), "other")
        good, bad = d.ca.sign("client", names="DNS:app.example"), other.sign("client")
        late = d.ca.sign("late", expired=True)
        context = trusting(d)
        context.load_cert_chain(*good)
        client = d.client(d.login("app"), tls=context)
        check(client.info["tls_required"] and client.info["tls_verify"], client.info)
        works(client)
        # it does not take the place of a login
        raw = rawclient.Raw(d.gateway.host, d.gateway.port)
        rawclient.read_info(raw)
        raw.secure(context)
        raw.send(b"CONNECT {}\r\n")
        raw.expect(b"-ERR 'Authorization Violation'\r\n")
        for shown in (None, bad, late):
            for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
                context = trusting(d, minimum_version=version, maximum_version=version)
                if shown is not None:
                    context.load_cert_chain(*shown)
                try:
                    d.client(d.login("app"), tls=context)
                except (ssl.SSLError, OSError, rawclient.Closed):
                    continue
                raise Failed(f"{shown} got in")
        tool = os.path.join(stage.BUILD, "bin", "portcullis")
        said = subprocess.run([tool, "status", d.folder, "--json"], capture_output=True, text=True, timeout=300)
        counted = rawclient.json.loads(said.stdout)["tls"]
        check(counted["handshakes"] >= 2 and counted["failed"] == 6 and counted["signatures_refused"] == 0, counted)
        wanted = [b["detail"] for b in d.decisions() if b.get("reason") == "tls_failed"]
        stage.until(lambda: len([r for r in d.decisions() if r.get("reason") == "tls_failed"]) == 6, wanted)


def check_finds_what_would_not_start():
    with deployment() as d:
        ca = make_certs(d)
        ca.sign("other")
        ca.sign("old", expired=True)
        ca.sign("ed", kind="ed25519")
        d.start_leaf()
        binary = os.path.join(stage.BUILD, "bin", "portcullis-gateway")
        for cert, key, code, why in (
            ("server", "server", 0, "is in order"),
            ("server", "other", 3, "not the key of the certificate"),
            ("ed", "ed", 3, "Ed25519"),
            ("old", "old", 0, "has expired"),
            ("server", "server.crt", 3, "not a private key"),
        ):
            key = key if "." in key else f"{key}.key"
            os.chmod(ca.path(key), 0o600)
            d.sections = [section(cert=f"tls/{cert}.crt", key=f"tls/{key}")]
            done = subprocess.run([binary, "-t", "-c", d.gateway_conf(d.leaf.port)], capture_output=True, text=True, timeout=300)
            said = done.stdout + done.stderr
            check(done.returncode == code and why in said, cert, key, done.returncode, said)
        os.chmod(ca.path("server.key"), 0o644)
        d.sections = [section(cert="tls/server.crt", key="tls/server.key")]
        done = subprocess.run([binary, "-t", "-c", d.gateway_conf(d.leaf.port)], capture_output=True, text=True, timeout=300)
        check(done.returncode == 3 and "run chmod 600" in done.stderr, done.stderr)


def certificates_that_change_are_used_without_a_word():
    with gate() as d:
        before = d.client(d.login("app"), tls=trusting(d)).raw.socket.getpeercert()["serialNumber"]
        mark = d.gateway.mark()
        # one after the other, as somebody copies them: what does not belong together is not taken up
        d.ca.sign("next")
        os.replace(d.ca.path("next.crt"), d.ca.path("server.crt"))
        d.gateway.wait_event("tls_refused", "role=edge", since=mark)
        works(d.client(d.login("app"), tls=trusting(d)))
        mark = d.gateway.mark()
        os.replace(d.ca.path("next.key"), d.ca.path("server.key"))
        d.gateway.wait_event("tls_loaded", "role=edge", since=mark)
        new = d.client(d.login("app"), tls=trusting(d))
        check(new.raw.socket.getpeercert()["serialNumber"] != before, "the old certificate")
        works(new)


def a_signer_that_dies_is_replaced_and_signs():
    with gate() as d:
        works(d.client(d.login("app"), tls=trusting(d)))
        old = stage.children(d)["signer"]
        os.kill(old[0], signal.SIGKILL)
        d.gateway.wait_line(lambda line: "event=child_ended" in line and "child=signer" in line)

        def served():
            try:
                client = d.client(d.login("app"), tls=trusting(d))
            except (rawclient.Failed, OSError):
                return None
            return client

        works(stage.until(served, "a client is served again"))
        check(stage.children(d)["signer"] != old)


def logged_in(d, context):
    """A TLS connection by hand: the socket, the two ends of the session, logged in."""
    raw = rawclient.Raw(d.gateway.host, d.gateway.port)
    info = rawclient.read_info(raw)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    talk = context.wrap_bio(incoming, outgoing, server_hostname="localhost")

    def more(step):
        while True:
            try:
                return step()
            except ssl.SSLWantReadError:
                raw.send(outgoing.read())
                incoming.write(raw.exactly(1))

    more(talk.do_handshake)
    said = rawclient.json.dumps(rawclient.connect_options(info, d.login("app"))).encode()
    talk.write(b"CONNECT " + said + b"\r\nPING\r\n")
    raw.send(outgoing.read())
    check(more(lambda: talk.read(6)) == b"PONG\r\n")
    return raw, talk, outgoing


def ends(raw):
    """The other side closes; until then it may say what it wants."""
    try:
        while True:
            raw.exactly(1)
    except rawclient.Closed:
        pass


def a_record_that_is_none_ends_the_connection_at_once():
    with gate() as d:
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            for before in (b"", b"PUB f.x 1\r\nx\r\n"):
                raw, talk, outgoing = logged_in(d, trusting(d, minimum_version=version, maximum_version=version))
                if before:
                    talk.write(before)
                # in one piece with what is fine, so that no later byte wakes anybody
                raw.send(outgoing.read() + b"\x17\x03\x03\x00\x20" + bytes(32))
                ends(raw)


def a_goodbye_behind_data_is_heard():
    with gate() as d:
        seen = d.direct()
        seen.subscribe("f.>")
        seen.barrier()
        raw, talk, outgoing = logged_in(d, trusting(d))
        talk.write(b"PUB f.last 4\r\nword\r\n")
        try:
            talk.unwrap()
        except ssl.SSLWantReadError:
            pass
        raw.send(outgoing.read())
        ends(raw)
        check(seen.next().payload == b"word")


def who_asks_for_new_keys_all_the_time_is_ended():
    with gate(first="yes") as d:
        # the control: a few are nobody's business
        greeted(d, "-tls1_3", then=b"K\n" * 8, until=b"KEYUPDATE")
        check(not [line for line in d.gateway.lines if "too many new keys" in line])
        mark = d.gateway.mark()
        where = f"{d.gateway.host}:{d.gateway.port}"
        argv = ["openssl", "s_client", "-connect", where, "-CAfile", d.ca.crt, "-tls1_3"]
        with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, bufsize=0) as child:

            def ended():
                # one command is one read of its terminal: what comes at once is one
                with contextlib.suppress(BrokenPipeError):
                    child.stdin.write(b"K\n")
                return [line for line in d.gateway.lines[mark:] if "too many new keys" in line]

            stage.until(ended, "who asks all the time is ended")
            child.kill()


def who_is_turned_away_hears_nothing_in_clear():
    for first, silent in (("yes", True), ("auto", True), ("no", False)):
        with gate(first=first, limits={"max_connections": "1"}) as d:
            one = eager(d) if first != "no" else d.client(d.login("app"), tls=trusting(d))
            raw = rawclient.Raw(d.gateway.host, d.gateway.port)
            if silent:
                raw.expect_end()
            else:
                check("tls_required" in rawclient.read_info(raw))
            one.barrier()


TESTS = [
    a_record_that_is_none_ends_the_connection_at_once,
    a_goodbye_behind_data_is_heard,
    who_asks_for_new_keys_all_the_time_is_ended,
    who_is_turned_away_hears_nothing_in_clear,
    a_signer_that_dies_is_replaced_and_signs,
    certificates_that_change_are_used_without_a_word,
    check_finds_what_would_not_start,
    data_and_commands_reach_a_leaf_under_tls,
    a_leaf_is_known_by_the_name_that_is_asked_for,
    a_leaf_that_is_not_who_it_should_be_is_refused,
    an_expired_leaf_is_refused,
    a_leaf_without_tls_is_refused_where_tls_is_asked_for,
    a_leaf_that_demands_tls_is_refused_where_none_is_asked_for,
    what_a_leaf_says_in_clear_after_info_is_not_believed,
    a_client_shows_a_certificate_where_one_is_asked_for,
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
