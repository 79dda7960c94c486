#!/usr/bin/python3
"""The process that reads the network: what it holds, what it may do, and what servers that are none do to it."""
import glob
import json
import os
import signal
import socket
import sys
import tempfile
import threading

import stage
from portcullis_test import certs, host, natsjwt, process, server
from stage import check, lattice
from lives import child


SHADOW = 1 << 30  # bytes; what is larger is a sanitizer's shadow, terabytes of marks and no data


def memory_of(pid):
    """All of a process' memory that can be read. We are root, or this test says so."""
    found = []
    with open(f"/proc/{pid}/maps", encoding="ascii", errors="replace") as maps, open(f"/proc/{pid}/mem", "rb", 0) as mem:
        for line in maps:
            span, mode = line.split()[:2]
            if mode[0] != "r" or "[v" in line:
                continue
            low, high = (int(x, 16) for x in span.split("-"))
            if high - low >= SHADOW:
                continue
            try:
                mem.seek(low)
                found.append(mem.read(high - low))
            except (OSError, ValueError, OverflowError):
                continue
    return b"\n".join(found)


def the_link_holds_no_key():
    if os.geteuid() != 0:
        return "skipped: only root may look into a process that is not dumpable"
    with lattice() as l:
        h = l.host()
        folder = os.path.join(l.folder, "host-one")
        pair = natsjwt.read_creds(os.path.join(folder, "control.creds"))[1]
        with open(os.path.join(folder, "host.nk"), encoding="ascii") as f:
            own = natsjwt.KeyPair.from_seed(f.read().strip())
        secrets = [x for k in (pair, own, l.cluster) for x in (k.seed.encode(), k.raw_seed)]
        link = memory_of(child(h, "link"))
        check(len(link) > 1 << 20 and natsjwt.read_creds(os.path.join(folder, "control.creds"))[0].encode() in link,
              "its memory was not read: the token it shows is not in it")
        check(not any(s in link for s in secrets), "a key is in the link's memory")
        # the control run: the parent has them
        parent = memory_of(h.pid)
        check(own.raw_seed in parent and pair.raw_seed in parent, "the parent's memory was not read")


def the_link_is_locked_in():
    with lattice() as l:
        h = l.host()
        with open(f"/proc/{child(h, 'link')}/status", encoding="ascii") as f:
            status = dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)
        check(status["Seccomp"].strip() == "2" and status["NoNewPrivs"].strip() == "1", status)
        check(int(status["CapEff"], 16) == 0 and int(status["CapPrm"], 16) == 0 and int(status["CapBnd"], 16) == 0, status)
        check(status["Uid"].split()[0] != "0", status["Uid"])
        check(len(os.listdir(f"/proc/{child(h, 'link')}/fd")) < 24, "descriptors")


class Stranger:
    """Something that listens where a server should, and says what it is told to say; then it reads on."""

    def __init__(self, *says):
        self.says = says
        self.heard = []
        self.news = threading.Condition()
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                peer, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self._speak, args=(peer,), daemon=True).start()

    def _speak(self, peer):
        with peer:
            try:
                for text in self.says:
                    peer.sendall(text)
                while True:
                    data = peer.recv(65536)
                    if not data:
                        return
                    with self.news:
                        self.heard.append(data)
                        self.news.notify_all()
            except OSError:
                return


def info(**more):
    said = {"server_id": "NA", "version": "2.9.10", "proto": 1, "headers": True, "max_payload": 1048576, "nonce": "abcdefghijk"}
    return b"INFO " + json.dumps(dict(said, **more)).encode() + b"\r\n"


def only_a_nonce_is_signed():
    with lattice() as l:
        # a token's text is no nonce: who may have one signed could log in as anybody elsewhere
        head = natsjwt.b64url(b'{"typ":"JWT","alg":"ed25519-nkey"}') + "." + natsjwt.b64url(b'{"sub":"U"}')
        s = Stranger(info(nonce=head))
        h = l.host("one", wait=False, argv=["--control-host", "127.0.0.1", "--control-port", str(s.port)])
        h.wait_line(lambda x: "event=nonce_refused" in x and "connection=control" in x, 30)
        h.wait_line(lambda x: "event=link_up" in x and "connection=rpc" in x, 30)
        check(not any(b'"sig"' in x for x in s.heard), s.heard)
        check(child(h, "link") is not None)



def servers_that_are_none_cost_nothing_but_their_connection():
    with lattice() as l:
        hosts = []
        for i, says in enumerate(((b"GARBAGE\r\n" * 100,), (b"\0" * 65536,), (info(), b"+OK\r\n-ERR 'x'\r\n" * 1000),
                                  (info(nonce="x" * 4000),), (b"INFO " + b"{" * 100000 + b"\r\n",), (info(),), (info(), b"PONG\r\n"),
                                  (info(), b"MSG a 1 2\r\nhi\r\n"), (info(tls_required=True),))):
            s = Stranger(*says)
            hosts.append(l.host(f"h{i}", wait=False, argv=["--control-host", "127.0.0.1", "--control-port", str(s.port)]))
        for h in hosts:
            # one that says nothing is given up, too, and the other connection is there meanwhile or after
            h.wait_line(lambda x: "event=link_up" in x and "connection=rpc" in x, 50)
            h.wait_line(lambda x: ("event=link_down" in x or "event=link_refused" in x) and "connection=control" in x, 50)
            check(not any("event=child_ended" in x for x in h.lines), h.tail())


def tls_is_spoken_with_who_the_authority_vouches_for():
    with tempfile.TemporaryDirectory(prefix="portcullis-host-") as folder:
        good, other = certs.Authority(os.path.join(folder, "good")), certs.Authority(os.path.join(folder, "other"))
        crt, key = good.sign("server")
        conf = server.write(folder, "tls.conf", f'listen: "127.0.0.1:-1"\ntls {{\n  cert_file: "{crt}"\n  key_file: "{key}"\n}}\n')
        nats = server.NatsServer(conf)
        binary = os.path.join(stage.BUILD, "bin", "portcullis-host")
        at = ["--control-port", str(nats.port), "--rpc-port", str(nats.port), "--insecure-anonymous"]
        try:
            for name, ca in (("trusted", good.crt), ("stranger", other.crt)):
                argv = [*at, "--control-ca", ca, "--rpc-ca", ca, "--state", os.path.join(folder, name)]
                h = host.Host(binary, argv, folder, wait=False)
                try:
                    if name == "trusted":
                        h.wait_ready()
                    else:
                        h.wait_line(lambda x: "event=link_down" in x and "connection=control" in x, 30)
                        check(not any("event=link_up" in x for x in h.lines), h.tail())
                    check(h.stop() == 0)
                finally:
                    h.kill()
        finally:
            nats.kill()


class Deaf(Stranger):
    """A server that takes the login, says @says, and then reads no more."""

    def __init__(self, *says):
        super().__init__(*says)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.over = threading.Event()

    def _speak(self, peer):
        with peer:
            try:
                peer.sendall(info())
                for _ in range(2):  # behind CONNECT, and behind the subscriptions
                    heard = b""
                    while not heard.endswith(b"PING\r\n"):
                        data = peer.recv(4096)
                        if not data:
                            return
                        heard += data
                    peer.sendall(b"PONG\r\n")
                for text in self.says:
                    peer.sendall(text)
                self.over.wait(stage.LIMIT_S)
            except OSError:
                return


def a_server_that_does_not_read_is_given_up():
    with lattice() as l:
        # each is answered, and nobody takes the answers: more than sockets hold, less than the link would keep
        s = Deaf(*[b"PING\r\n" * 10000] * 100)
        h = l.host("one", wait=False, argv=["--control-host", "127.0.0.1", "--control-port", str(s.port)])
        h.wait_line(lambda x: "event=link_up" in x and "connection=control" in x, 30)
        said = h.wait_line(lambda x: "event=link_down" in x and "connection=control" in x, 60)
        check("the server does not take what is said" in said, said)
        h.wait_line(lambda x: "event=link_up" in x and "connection=control" in x, 30)
        s.over.set()


def what_a_parent_does_not_take_is_dropped_and_counted():
    with lattice(gate=False) as l:
        h = l.host()
        client = l.client()
        link, body = child(h, "link"), b"x" * 1000000
        os.kill(h.pid, signal.SIGSTOP)
        try:
            for _ in range(64):
                client.publish("wasmbus.ctl.default.ping.hosts", body)
            client.barrier()
            said = h.wait_line(lambda x: "event=messages_dropped" in x, 60)
        finally:
            os.kill(h.pid, signal.SIGCONT)
        check(child(h, "link") == link)
        # what was kept is less than was said, and it goes on
        dropped = int(said.split("messages=")[1].split()[0])
        check(0 < dropped < 64, said)

        def answers():
            """While what was kept is taken a question may be dropped like the rest: it is asked again."""
            try:
                return host.ask(l.client(timeout_s=5), "ping.hosts")
            except process.Failed:
                return None

        host.until(answers, "an answer", 60)


TESTS = [
    the_link_holds_no_key,
    the_link_is_locked_in,
    only_a_nonce_is_signed,
    servers_that_are_none_cost_nothing_but_their_connection,
    tls_is_spoken_with_who_the_authority_vouches_for,
    a_server_that_does_not_read_is_given_up,
    what_a_parent_does_not_take_is_dropped_and_counted,
]

if __name__ == "__main__":
    sys.exit(stage.main(TESTS, sys.argv))
