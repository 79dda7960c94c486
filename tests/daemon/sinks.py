#!/usr/bin/python3
"""Records elsewhere: the shipper against a real nats-server, datagram sockets and folders. The log is written
here, and shipdrive plays parent and auditor, so that every moment can be had; the last tests are of a
whole gateway."""
import base64
import contextlib
import hashlib
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest.mock

import stage
from stage import check, natsjwt, process, rawclient, server, until
from portcullis_test import stream

sys.path.insert(0, os.path.join(stage.HERE, "..", "differential"))
import audit_log  # noqa: E402

VECTORS = os.path.join(stage.HERE, "..", "vectors", "audit")
RUN = "00112233445566778899aabbccddeeff"


# ---- a log, a server, a shipper ----


class Log:
    """Lines of version 2, chained, in segments; what is durable is said with at()."""

    def __init__(self, folder, run=RUN):
        self.folder, self.run = folder, run
        self.lines, self.head, self.first, self.size = [], "0" * 64, 0, 0
        os.makedirs(folder, exist_ok=True)

    def add(self, kind, **members):
        if not self.first:
            self.segment()
        return self._put(kind, members)

    def segment(self):
        self.first, self.size = len(self.lines) + 1, 0
        self._put("segment", {"segment": f"{self.first:020}.jsonl"})

    def _put(self, kind, members):
        seq = len(self.lines) + 1
        said = {"v": 2, "seq": seq, "prev": self.head, "time": f"2026-11-22T19:30:{seq % 60:02}.000000000Z"}
        said.update({"mono": f"{seq}.000000000", "run": self.run, "kind": kind, **members})
        line = json.dumps(said, separators=(",", ":")).encode().replace(b"\\n", b"\\u000a")
        with open(os.path.join(self.folder, f"{self.first:020}.jsonl"), "ab") as f:
            f.write(line + b"\n")
        self.size += len(line) + 1
        self.head = hashlib.sha256(b"\0" + line).hexdigest()
        self.lines.append(line)
        return line

    def commands(self, count, **members):
        for _ in range(count):
            n = len(self.lines)
            said = {"id": f"0.1.c{n}", "decision": "allow", "rule": "deploy", "verb": "actor.start"}
            said.update({"lattice": "default", "subject": f"wasmbus.ctl.default.{n}"})
            self.add("command", **{k: v for k, v in {**said, **members}.items() if v})

    def at(self):
        return self.first, self.size, len(self.lines)

    def id(self, seq):
        return f"{self.run}.{seq}.{hashlib.sha256(bytes(1) + self.lines[seq - 1]).hexdigest()[:16]}"


class Shipper(process.Process):
    """The real process, driven by shipdrive."""

    def __init__(self, folder, sinks, binary="shipdrive"):
        conf = ['listen = "127.0.0.1:0"', "policies = policies", "audit = audit", "trust { operator = o accounts = a }",
                'upstream { url = "nats://127.0.0.1:1" mint = m }', *sinks]
        path = server.write(folder, "gateway.conf", "\n".join(conf) + "\n")
        # its standard input, as a file system name, since process.Process gives it none
        fifo = os.path.join(folder, "orders")
        if not os.path.exists(fifo):
            os.mkfifo(fifo)
        self.pipe = os.open(fifo, os.O_RDWR)
        super().__init__(["/bin/sh", "-c", 'exec "$0" "$1" "$2" <"$3"', os.path.join(stage.BUILD, "bin", binary),
                          os.path.join(stage.BUILD, "bin", "portcullis-gateway"), path, fifo])

    def say(self, text):
        os.write(self.pipe, text.encode() + b"\n")

    def at(self, log):
        self.say("at %d %d %d" % log.at())

    def event(self, name, since=0, **keys):
        """Wait for a line of the log with this event."""
        def is_it(line):
            return f"event={name} " in line + " " and all(f"{k}={v}" in line for k, v in keys.items())
        return self.wait_line(is_it, stage.WAIT_S, since)

    def lost(self, why):
        """Wait until it says that it lost its sink for this reason. A slow machine may give it others before."""
        return self.wait_line(lambda line: "event=sink_lost" in line and why in line)

    def end(self):
        self.say("stop")
        code = self.wait_end()
        self._reader.join(process.PATIENCE_S)
        os.close(self.pipe)
        check(code == 0, f"the shipper ended with {code}:\n{self.tail()}")
        check(not self.sanitizer_reports(), self.tail(80))

    def crash(self):
        self.kill()
        os.close(self.pipe)


@contextlib.contextmanager
def shipping(folder, *sinks):
    s = start(folder, *sinks)
    try:
        yield s
    except BaseException:
        print(s.tail(60))
        s.kill()
        raise
    if s.running():
        s.end()


def start(folder, *sinks):
    return Shipper(folder, sinks)


@contextlib.contextmanager
def place(jetstream=True, extra=""):
    """(folder, Log, StreamServer)"""
    with tempfile.TemporaryDirectory(prefix="portcullis-sinks-") as folder:
        nats = stream.StreamServer(folder, extra) if jetstream else None
        try:
            yield folder, Log(os.path.join(folder, "audit")), nats
        finally:
            if nats is not None:
                nats.process.kill()


def stream_sink(nats, name="far", subject="audit.one", **more):
    keys = {"url": f'"nats://127.0.0.1:{nats.port}"', "stream": "AUDIT", "subject": f'"{subject}"', **more}
    return f"sink {name} {{ type = jetstream " + " ".join(
        f"{k} {v}" if k == "filter" else f"{k} = {v}" for k, v in keys.items()) + " }"


def same(nats, log, first=1):
    """The stream holds the log's lines from @first on, each once, in order, with their ids."""
    found = nats.messages()
    check([m[2] for m in found] == log.lines[first - 1:], "other bytes, or another order")
    check([m[1] for m in found] == [log.id(n) for n in range(first, len(log.lines) + 1)], "other ids")


# ---- streams ----


def records_arrive_byte_for_byte_in_their_order():
    with place() as (folder, log, nats):
        nats.stream(["audit.>"])
        log.commands(700)
        log.segment()
        log.commands(3)
        with shipping(folder, stream_sink(nats)) as s:
            s.at(log)
            nats.has(705)
            s.event("sink_connected", type="jetstream")
            log.commands(1)
            s.at(log)
            nats.has(706)
            log.segment()
            log.commands(1, subject="a" * 4000)
            s.at(log)
            nats.has(708)
        same(nats, log)


def nothing_is_sent_that_is_not_durable():
    with place() as (folder, log, nats):
        nats.stream(["audit.>"])
        log.commands(10)
        durable = log.at()
        log.commands(5)
        with shipping(folder, stream_sink(nats)) as s:
            s.say("at %d %d %d" % durable)
            nats.has(11)
            s.end()
        nats.has(11)
        with shipping(folder, stream_sink(nats)) as s:
            s.at(log)
            nats.has(16)
        same(nats, log)


def one_that_is_stopped_before_it_connects_tries_once():
    with place() as (folder, log, nats):
        nats.stream(["audit.>"])
        log.commands(10)
        with shipping(folder, stream_sink(nats)) as s:
            s.at(log)
            s.end()
        nats.has(11)
        log.commands(10)
        nats.process.kill()
        with shipping(folder, stream_sink(nats)) as s:
            s.at(log)
            s.end()
        nats.start()
        nats.has(11)
        with shipping(folder, stream_sink(nats)) as s:
            s.at(log)
            s.end()
        same(nats, log)


def what_was_written_while_the_server_was_down_follows():
    with place() as (folder, log, nats):
        nats.stream(["audit.>"])
        log.commands(5)
        with shipping(folder, stream_sink(nats)) as s:
            s.at(log)
            nats.has(6)
            mark = s.mark()
            nats.process.kill()
            s.event("sink_lost", mark)
            for _ in range(10):
                log.commands(50)
                s.at(log)
            s.event("sink_behind", mark)
            nats.start()
            s.event("sink_connected", mark)
            s.event("sink_caught_up", mark, upto=506)
            nats.has(506)
        same(nats, log)


def a_restart_goes_on_where_it_was():
    with place() as (folder, log, nats):
        nats.stream(["audit.>"], duplicate_window=100_000_000)
        log.commands(20)
        with shipping(folder, stream_sink(nats)) as s:
            s.at(log)
            nats.has(21)
        log.commands(20)
        with shipping(folder, stream_sink(nats)) as s:
            s.at(log)
            s.event("sink_connected", after=41)
            nats.has(41)
        same(nats, log)


def a_crash_before_the_place_was_kept_sends_nothing_twice():
    with place() as (folder, log, nats):
        # a window so short that the stream itself would take them again
        nats.stream(["audit.>"], duplicate_window=100_000_000)
        log.commands(300)
        s = start(folder, stream_sink(nats))
        s.at(log)
        nats.has(301)
        s.crash()
        with contextlib.suppress(FileNotFoundError):
            os.unlink(os.path.join(folder, "sinks", "far.position"))
        before = nats.api("STREAM.INFO.AUDIT")["state"]["last_ts"]
        until(lambda: nats.api("STREAM.INFO.AUDIT")["state"]["last_ts"] == before, "silence")
        threading.Event().wait(0.3)  # the window is over
        log.commands(1)
        with shipping(folder, stream_sink(nats)) as again:
            again.at(log)
            nats.has(302)
        same(nats, log)


def two_gates_share_a_stream():
    with place() as (folder, log, nats), tempfile.TemporaryDirectory() as second:
        nats.stream(["audit.>"])
        other = Log(os.path.join(second, "audit"), run="f" * 32)
        log.commands(400)
        other.commands(400)
        with shipping(folder, stream_sink(nats)) as a, shipping(second, stream_sink(nats, subject="audit.two")) as b:
            a.at(log)
            b.at(other)
            nats.has(802)
        found = nats.messages()
        check([m[2] for m in found if m[0] == "audit.one"] == log.lines)
        check([m[2] for m in found if m[0] == "audit.two"] == other.lines)
        check(len({m[1] for m in found}) == 802, "ids are one per record")


def a_filter_lets_through_what_it_names():
    with place() as (folder, log, nats):
        nats.stream(["audit.>"])
        log.commands(2)
        log.commands(1, lattice="acme-1", decision="deny", rule="none")
        log.commands(1, lattice="acme-1")
        log.add("outcome", of=2, lattice="acme-1", outcome="answered")
        log.commands(1, lattice="other", decision="deny")
        sinks = [
            stream_sink(nats, filter='{ kinds = [command] decisions = deny lattices = ["acme-*"] }'),
            'sink all { type = nats url = "nats://127.0.0.1:%d" subject = "plain" filter { kinds = [outcome, segment] } }'
            % nats.port,
        ]
        heard = nats.client()
        heard.subscribe("plain")
        heard.barrier()
        with shipping(folder, *sinks) as s:
            s.at(log)
            nats.has(1)
            check([heard.next().payload, heard.next().payload] == [log.lines[0], log.lines[5]])
            s.event("sink_connected", sink='"far"', after=7)
        check(nats.messages()[0][2] == log.lines[3])
        heard.close()


def a_stream_is_made_where_it_is_told():
    with place() as (folder, log, nats):
        log.commands(3)
        with shipping(folder, stream_sink(nats)) as s:
            s.at(log)
            s.lost("no stream has the subject")
        with shipping(folder, stream_sink(nats, create="yes")) as s:
            s.at(log)
            nats.has(4)
        same(nats, log)


def a_stream_that_is_full_is_told_and_waited_for():
    with place() as (folder, log, nats):
        nats.stream(["audit.>"], max_msgs=5, discard="new")
        log.commands(9)
        with shipping(folder, stream_sink(nats)) as s:
            s.at(log)
            s.lost("maximum messages")
            nats.api("STREAM.UPDATE.AUDIT", {"name": "AUDIT", "subjects": ["audit.>"], "storage": "file",
                                             "num_replicas": 1, "max_consumers": -1, "max_msgs": -1})
            nats.has(10)
        same(nats, log)


class Talkative:
    """In a server's place, because no real one does it: takes no message, and goes on answering the first one of each
    connection until that ends. .times: how often that has been."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.times = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                peer, _ = self.socket.accept()
                threading.Thread(target=self._speak, args=(peer,), daemon=True).start()

    def _speak(self, peer):
        said = {"server_id": "NA", "version": "2.9.10", "proto": 1, "headers": True, "max_payload": 1048576, "jetstream": True}
        listens = {}
        with contextlib.suppress(OSError):
            peer.sendall(b"INFO " + json.dumps(said).encode() + b"\r\n")
            lines = peer.makefile("rb")
            for line in lines:
                words = line.split()
                if words[0] == b"PING":
                    peer.sendall(b"PONG\r\n")
                elif words[0] == b"SUB":
                    listens[words[1].rstrip(b"*")] = words[-1]
                elif words[0] in (b"PUB", b"HPUB"):
                    lines.read(int(words[-1]) + 2)
                    sid = next(v for k, v in listens.items() if words[2].startswith(k))
                    no = json.dumps({"error": {"code": 404, "err_code": 10037, "description": "no message found"}}).encode()
                    answer = b"MSG %s %s %d\r\n%s\r\n" % (words[2], sid, len(no), no)
                    peer.sendall(answer)
                    while words[0] == b"HPUB":
                        peer.sendall(answer * 5000)
        self.times += bool(listens)


def answers_that_never_end_harm_nobody():
    with place(jetstream=False) as (folder, log, _):
        log.commands(20)
        server_ = Talkative()
        with shipping(folder, stream_sink(server_)) as s:
            s.at(log)
            until(lambda: server_.times >= 5 or not s.running(), "it has come again and again")
            check(s.running(), s.tail(80))
        server_.socket.close()


def a_login_is_shown_and_one_that_is_refused_is_told():
    operator, account, user = (natsjwt.KeyPair(k) for k in ("operator", "account", "user"))
    tokens = {account.public: natsjwt.mint_account(operator, account.public, "A", jetstream=True)}
    system = natsjwt.KeyPair("account")
    tokens[system.public] = natsjwt.mint_account(operator, system.public, "SYS")
    token = natsjwt.mint_operator(operator, "O", system_account=system.public)
    extra = f"operator: {token}\nresolver: MEMORY\nsystem_account: {system.public}\nresolver_preload: {{\n" + "".join(
        f"  {k}: {v}\n" for k, v in tokens.items()) + "}"
    with place(extra=extra) as (folder, log, nats):
        perms = natsjwt.permissions(pub=["audit.one", "$JS.API.STREAM.MSG.GET.AUDIT"], sub=["_INBOX.>"])
        jwt = natsjwt.mint_user(account, user.public, "shipper", perms=perms)
        natsjwt.write_creds(os.path.join(folder, "sink.creds"), jwt, user.seed)
        admin = natsjwt.KeyPair("user")
        login = (natsjwt.mint_user(account, admin.public, "admin"), admin)
        nats.client = lambda creds=None: rawclient.Client("127.0.0.1", nats.port, creds or login)
        nats.stream(["audit.>"])
        log.commands(4)
        with shipping(folder, stream_sink(nats)) as s:
            s.at(log)
            s.lost("Violation")
        with shipping(folder, stream_sink(nats, creds="sink.creds")) as s:
            s.at(log)
            nats.has(5)
            check(not any("sink.creds" in line or user.seed in line for line in s.lines))
        same(nats, log)
        refused = 'sink c { type = nats url = "nats://127.0.0.1:%d" creds = sink.creds subject = "elsewhere" }' % nats.port
        with shipping(folder, refused) as s:
            s.at(log)
            s.lost("ermissions")


# ---- what the log does meanwhile ----


def certificates(folder, name, *names):
    """An authority, and a certificate of it for @names: the paths of ca, cert, key."""
    at = os.path.join(folder, name)

    def openssl(*args):
        subprocess.run(["openssl", *args], check=True, capture_output=True, timeout=stage.WAIT_S)
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", at + "-ca.key",
            "-out", at + "-ca.pem", "-days", "2", "-subj", f"/CN={name} authority")
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", at + ".key",
            "-out", at + ".csr", "-subj", f"/CN={name}")
    server.write(folder, name + ".ext", "subjectAltName=" + ",".join(names) + "\n")
    openssl("x509", "-req", "-in", at + ".csr", "-CA", at + "-ca.pem", "-CAkey", at + "-ca.key", "-CAcreateserial",
            "-out", at + ".pem", "-days", "2", "-extfile", at + ".ext")
    os.chmod(at + ".key", 0o600)
    return at + "-ca.pem", at + ".pem", at + ".key"


def a_server_is_reached_over_tls_and_only_one_that_is_trusted():
    real = rawclient.read_info

    def upgraded(raw):
        info = real(raw)
        if info.get("tls_required"):
            context = ssl.create_default_context(cafile=ca)
            context.load_cert_chain(cert, key)
            raw.socket = context.wrap_socket(raw.socket, server_hostname="localhost")
        return info
    with tempfile.TemporaryDirectory(prefix="portcullis-certs-") as certs, \
            unittest.mock.patch.object(rawclient, "read_info", upgraded):
        ca, cert, key = certificates(certs, "here", "DNS:localhost,IP:127.0.0.1")
        other_ca, other_cert, other_key = certificates(certs, "other", "DNS:elsewhere.example")
        tls = f'tls {{ cert_file: "{cert}", key_file: "{key}", ca_file: "{ca}", verify: true, timeout: 60 }}'
        with place(extra=tls) as (folder, log, nats):
            nats.stream(["audit.>"])
            log.commands(3)
            good = {"url": f'"tls://localhost:{nats.port}"', "ca": f'"{ca}"', "cert": f'"{cert}"', "key": f'"{key}"'}
            with shipping(folder, stream_sink(nats, **good)) as s:
                s.at(log)
                nats.has(4)
                s.event("sink_connected", type="jetstream")
            same(nats, log)
            log.commands(1)
            # whom nobody trusts, a name that is not the certificate's, no certificate of ours
            for wrong in ({**good, "ca": f'"{other_ca}"'}, {**good, "url": f'"tls://127.0.0.2:{nats.port}"'},
                          {k: v for k, v in good.items() if k not in ("cert", "key")}):
                with shipping(folder, stream_sink(nats, name="wrong", **wrong)) as s:
                    s.at(log)
                    s.event("sink_lost")
                check(nats.count() == 4, wrong)
            # what was wrong is put right while it works: its files are read anew
            for source, copy in ((other_ca, "ca.pem"), (cert, "cert.pem"), (key, "key.pem")):
                shutil.copyfile(source, os.path.join(folder, copy))
            os.chmod(os.path.join(folder, "key.pem"), 0o600)
            mine = {"url": good["url"], "ca": "ca.pem", "cert": "cert.pem", "key": "key.pem"}
            with shipping(folder, stream_sink(nats, **mine)) as s:
                s.at(log)
                s.event("sink_lost")
                shutil.copyfile(ca, os.path.join(folder, "ca.pem"))
                s.say("login")
                nats.has(5)
            same(nats, log)
    # a server that does not speak it is not spoken to
    with tempfile.TemporaryDirectory(prefix="portcullis-certs-") as certs, place() as (folder, log, nats):
        ca, _, _ = certificates(certs, "here", "DNS:localhost")
        nats.stream(["audit.>"])
        log.commands(1)
        with shipping(folder, stream_sink(nats, url=f'"tls://localhost:{nats.port}"', ca=f'"{ca}"')) as s:
            s.at(log)
            s.event("sink_lost")
        check(nats.count() == 0)


def segments_that_retention_took_are_said_to_be_missed():
    with place() as (folder, log, nats):
        nats.stream(["audit.>"])
        log.commands(4)
        with shipping(folder, stream_sink(nats)) as s:
            s.at(log)
            nats.has(5)
        log.segment()
        log.commands(4)
        log.segment()
        log.commands(1)
        os.unlink(os.path.join(log.folder, "00000000000000000001.jsonl"))
        os.unlink(os.path.join(log.folder, "00000000000000000006.jsonl"))
        with shipping(folder, stream_sink(nats)) as s:
            s.at(log)
            s.event("sink_missed", **{"from": 6, "to": 10})
            nats.has(7)
        check([m[2] for m in nats.messages()] == log.lines[:5] + log.lines[10:])


def what_retention_takes_from_a_sink_that_is_away_is_said_at_once():
    with place() as (folder, log, nats):
        nats.stream(["audit.>"])
        nats.process.kill()
        log.commands(4)
        log.segment()
        log.commands(2)
        with shipping(folder, stream_sink(nats)) as s:
            s.at(log)
            until(lambda: os.path.exists(os.path.join(folder, "sinks", "far.position")), "a place to be kept")
            os.unlink(os.path.join(log.folder, "00000000000000000001.jsonl"))
            s.event("sink_missed", **{"from": 1, "to": 5})
            nats.start()
            nats.has(3)
            check(sum("event=sink_missed" in line for line in s.lines) == 1, "said more than once")
        check([m[2] for m in nats.messages()] == log.lines[5:])


def a_place_in_another_log_is_refused():
    with place() as (folder, log, nats):
        nats.stream(["audit.>"])
        log.commands(4)
        with shipping(folder, stream_sink(nats)) as s:
            s.at(log)
            nats.has(5)
        shutil.rmtree(log.folder)
        log = Log(log.folder, run="e" * 32)
        log.commands(8)
        with shipping(folder, stream_sink(nats)) as s:
            s.at(log)
            s.event("sink_position_refused")
            nats.has(14)
        check([m[2] for m in nats.messages()][5:] == log.lines)
        with open(os.path.join(folder, "sinks", "far.position"), "w", encoding="ascii") as f:
            f.write("v1 1 2\n")
        log.commands(1)
        with shipping(folder, stream_sink(nats)) as s:
            s.at(log)
            s.event("sink_position_refused")
            nats.has(15)  # what is there was found by asking


# ---- checkpoints ----


def vector_log(folder):
    """The log of tests/vectors/audit in place of ours; what to say of its end, its notes, its keys."""
    audit = os.path.join(folder, "audit")
    for name in os.listdir(VECTORS):
        if name.endswith(".jsonl"):
            shutil.copy(os.path.join(VECTORS, name), audit)
    names = sorted(os.listdir(audit))
    lines = [line for n in names for line in open(os.path.join(audit, n), encoding="ascii").read().splitlines()]
    notes = [r["note"].encode() for r in map(json.loads, lines) if r["kind"] == "checkpoint"]
    with open(os.path.join(VECTORS, "keys"), encoding="ascii") as f:
        keys = f.read().splitlines()
    return f"at {int(names[-1][:20])} {os.path.getsize(os.path.join(audit, names[-1]))} {len(lines)}", notes, keys


def checkpoints_on_a_subject_verify_with_the_public_key():
    with place() as (folder, log, nats):
        at, notes, keys = vector_log(folder)
        witness = nats.client()
        witness.subscribe("audit.one.checkpoint")
        witness.barrier()
        sink = ('sink witness { type = nats what = checkpoints url = "nats://127.0.0.1:%d" subject = "audit.one.checkpoint" }'
                % nats.port)
        with shipping(folder, sink) as s:
            s.say(at)
            for note in notes:
                got = witness.next().payload
                check(got == note, got)
                check(audit_log.signers(got.decode(), keys)[1], "not signed by a key of the log")
        witness.nothing()
        witness.close()


def a_checkpoint_in_a_folder_never_goes_back():
    with place(jetstream=False) as (folder, log, _):
        at, notes, keys = vector_log(folder)
        kept = os.path.join(folder, "elsewhere", "keep.checkpoint")
        sink = "sink keep { type = file dir = elsewhere }"
        with shipping(folder, sink) as s:
            s.say(at)
            until(lambda: os.path.exists(kept) and open(kept, "rb").read() == notes[-1], "the newest checkpoint")
            check(audit_log.signers(open(kept, encoding="utf-8").read(), keys)[1])
        # the same log, cut behind its first checkpoint, and the position forgotten
        os.unlink(os.path.join(folder, "sinks", "keep.position"))
        audit = os.path.join(folder, "audit")
        first = sorted(os.listdir(audit))[0]
        lines = open(os.path.join(audit, first), "rb").read().splitlines(True)
        n = next(i for i, line in enumerate(lines) if b'"kind":"checkpoint"' in line) + 1
        for name in os.listdir(audit):
            os.unlink(os.path.join(audit, name))
        with open(os.path.join(audit, first), "wb") as f:
            f.write(b"".join(lines[:n]))
        with shipping(folder, sink) as s:
            s.say(f"at 1 {sum(map(len, lines[:n]))} {n}")
            s.lost("verify it against that file")
        check(open(kept, "rb").read() == notes[-1])


# ---- syslog ----

SYSLOG = re.compile(rb"<(\d+)>1 (\S+) (\S+) portcullis - (\S+) - (.*)", re.S)


def records_go_to_syslog():
    with place(jetstream=False) as (folder, log, _), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, \
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as un:
        udp.bind(("127.0.0.1", 0))
        un.bind(os.path.join(folder, "log"))
        udp.settimeout(stage.WAIT_S)
        un.settimeout(stage.WAIT_S)
        log.commands(1)
        log.commands(1, decision="deny", subject="a|b=c\\d\nx", error="")
        sinks = [f'sink plain {{ type = syslog address = "udp://127.0.0.1:{udp.getsockname()[1]}" }}',
                 f'sink cef {{ type = syslog address = "unix:{folder}/log" format = cef filter {{ kinds = command }} }}']
        with shipping(folder, *sinks) as s:
            s.at(log)
            for n, line in enumerate(log.lines):
                raw = udp.recv(100000)
                got = SYSLOG.fullmatch(raw)
                check(got and got.group(5) == line, raw)
                check(got.group(1) == (b"108" if n == 2 else b"110"), got.group(1))
                check(got.group(2) == f"2026-11-22T19:30:{n + 1:02}.000000Z".encode(), got.group(2))
                check(got.group(4) == json.loads(line)["kind"].encode())
            first, second = (SYSLOG.fullmatch(un.recv(100000)).group(5).decode() for _ in range(2))
            check(first.startswith("CEF:0|Portcullis|portcullis-gateway|"), first)
            check(f"|command|command actor.start|3|rt={1795375802000} externalId=2 act=allow " in first, first)
            check("|6|" in second and "cs3=a|b\\=c\\\\d\\nx cs3Label=subject" in second and "\n" not in second, second)


# ---- a whole gateway ----

COMMAND = "wasmbus.ctl.default.cmd.NHOST.la"


@contextlib.contextmanager
def gate(*more):
    """(Deployment, StreamServer): a gate with a sink for its records, and more sinks, each made of it."""
    with place() as (_, _log, nats):
        nats.stream(["audit.>"])
        sections = [stream_sink(nats)] + [make(nats) for make in more]
        with stage.running(sections=sections) as d:
            yield d, nats


def command(client, count=1):
    for _ in range(count):
        client.publish(COMMAND, stage.bodies.start_actor())
    client.barrier()


def written(d):
    """The lines of the audit's files."""
    folder = d.path("audit")
    names = sorted(n for n in os.listdir(folder) if re.fullmatch(r"[0-9]{20}\.jsonl", n))
    return [line for n in names for line in open(os.path.join(folder, n), "rb").read().splitlines()]


def equal(d, nats):
    lines = written(d)
    nats.has(len(lines))
    check([m[2] for m in nats.messages()] == lines, "the stream is not the files")


def status(d):
    """`portcullis status --json`"""
    tool = os.path.join(stage.BUILD, "bin", "portcullis")
    said = subprocess.run([tool, "status", "--json", "-c", d.path("gateway.conf")], capture_output=True, timeout=stage.WAIT_S, check=False)
    return json.loads(said.stdout)


def what_a_gate_records_is_in_the_stream_when_it_has_stopped():
    with gate() as (d, nats):
        dora = d.client(d.login("deployer", "dora"))
        command(dora, 30)
        check(not d.stop())
        equal(d, nats)
        check(b'"kind":"stop"' in written(d)[-2], written(d)[-2])
        d.start_leaf()
        d.start_gateway(stage.BUILD)
        command(d.client(d.login("deployer", "dora")), 3)
        check(not d.stop())
        equal(d, nats)


def a_sink_that_hangs_or_is_away_delays_no_command():
    away = "sink away { type = nats url = \"nats://127.0.0.1:1\" subject = x }"
    with gate(lambda nats: away) as (d, nats):
        dora = d.client(d.login("deployer", "dora"))
        command(dora)
        process.halt(nats.process.pid)
        began = time.monotonic()
        for _ in range(100):
            command(dora)
        # one that waited for the sink would wait for seconds, each
        stage.within(100, began, "a hundred commands beside a server that is held")
        mark = d.gateway.mark()
        d.gateway.wait_line(lambda line: "event=sink_lost" in line and '"far"' in line, stage.WAIT_S)
        until(lambda: [(s["name"], s["state"]) for s in status(d)["sinks"]] == [("far", "lost"), ("away", "lost")], "status")
        check(any("sink far takes no records" in p["what"] for p in status(d)["problems"]))
        nats.process.send_signal(signal.SIGCONT)
        d.gateway.wait_line(lambda line: "event=sink_connected" in line and '"far"' in line, stage.WAIT_S, mark)
        check(not d.stop())
        equal(d, nats)


def a_shipper_that_dies_is_replaced_and_nobody_notices():
    with gate() as (d, nats):
        dora = d.client(d.login("deployer", "dora"))
        for _ in range(3):
            command(dora, 20)
            (pid,) = until(lambda: stage.children(d).get("shipper"), "a shipper")
            os.kill(pid, signal.SIGKILL)
            command(dora, 20)
            until(lambda: stage.children(d).get("shipper") not in (None, [pid]), "another shipper")
        d.gateway.wait_line(lambda line: "event=child_ended" in line and "child=shipper" in line)
        # from where it begins to work on, its end is in order
        until(lambda: [p["state"] for p in status(d)["processes"] if p["role"] == "shipper"] == ["ready"], "it works")
        check(not d.stop())
        equal(d, nats)


def logins_are_read_anew_with_a_reload():
    def broken(nats):
        creds = server.write(nats.folder, "sink.creds", "no creds\n")
        os.chmod(creds, 0o600)
        return f'sink other {{ type = nats url = "nats://127.0.0.1:{nats.port}" subject = "other.x" creds = "{creds}" }}'
    with gate(broken) as (d, nats):
        d.gateway.wait_line(lambda line: "event=sink_creds_refused" in line)
        since = len(d.gateway.lines)
        os.kill(d.gateway.pid, signal.SIGHUP)
        d.gateway.wait_line(lambda line: "event=sink_creds_refused" in line, since=since)
        since = len(d.gateway.lines)
        account, user = natsjwt.KeyPair("account"), natsjwt.KeyPair("user")
        natsjwt.write_creds(os.path.join(nats.folder, "sink.creds"), natsjwt.mint_user(account, user.public, "s"), user.seed)
        os.kill(d.gateway.pid, signal.SIGHUP)
        d.gateway.wait_line(lambda line: "event=sink_connected" in line, since=since)
        check(not any("sink_creds_refused" in line for line in d.gateway.lines[since:]))


def signed_by(note, pair):
    """Is @note signed by this key, under whatever name?"""
    name = note.rsplit("\n\n", 1)[1].split(" ")[1]
    raw = b"\1" + pair.raw_public
    key_id = hashlib.sha256(name.encode() + b"\n" + raw).hexdigest()[:8]
    return bool(audit_log.signers(note, [f"{name}+{key_id}+{base64.b64encode(raw).decode()}"])[1])


def a_gates_checkpoints_are_outside_and_verify():
    def witness(nats):
        return ('sink witness { type = nats what = checkpoints url = "nats://127.0.0.1:%d" subject = "w.checkpoint" }'
                % nats.port)

    with place() as (_, _log, nats):
        heard = nats.client()
        heard.subscribe("w.>")
        heard.barrier()
        with stage.deployment(sections=[witness(nats), "sink keep { type = file dir = elsewhere }"]) as d:
            os.mkdir(d.path("elsewhere"), 0o700)
            d.start_leaf()
            d.start_gateway(stage.BUILD)
            command(d.client(d.login("deployer", "dora")), 3)
            check(not d.stop())
            notes = [json.loads(x)["note"] for x in written(d) if b'"kind":"checkpoint"' in x]
            check(notes, "no checkpoint")
            with open(d.path("keys", "audit.key"), encoding="ascii") as f:
                pair = natsjwt.KeyPair("user", bytes.fromhex(f.read().strip()))
            for note in notes:
                got = heard.next().payload.decode()
                check(got == note, got)
                check(signed_by(got, pair), "not by keys/audit.key")
            with open(d.path("elsewhere", "keep.checkpoint"), encoding="utf-8") as f:
                check(f.read() == notes[-1])
        heard.close()


TESTS = [
    records_arrive_byte_for_byte_in_their_order,
    nothing_is_sent_that_is_not_durable,
    one_that_is_stopped_before_it_connects_tries_once,
    what_was_written_while_the_server_was_down_follows,
    a_restart_goes_on_where_it_was,
    a_crash_before_the_place_was_kept_sends_nothing_twice,
    two_gates_share_a_stream,
    a_filter_lets_through_what_it_names,
    a_stream_is_made_where_it_is_told,
    a_stream_that_is_full_is_told_and_waited_for,
    answers_that_never_end_harm_nobody,
    a_login_is_shown_and_one_that_is_refused_is_told,
    a_server_is_reached_over_tls_and_only_one_that_is_trusted,
    segments_that_retention_took_are_said_to_be_missed,
    what_retention_takes_from_a_sink_that_is_away_is_said_at_once,
    a_place_in_another_log_is_refused,
    checkpoints_on_a_subject_verify_with_the_public_key,
    a_checkpoint_in_a_folder_never_goes_back,
    records_go_to_syslog,
    what_a_gate_records_is_in_the_stream_when_it_has_stopped,
    a_sink_that_hangs_or_is_away_delays_no_command,
    a_shipper_that_dies_is_replaced_and_nobody_notices,
    logins_are_read_anew_with_a_reload,
    a_gates_checkpoints_are_outside_and_verify,
]

if __name__ == "__main__":
    sys.exit(stage.main(TESTS, sys.argv))
