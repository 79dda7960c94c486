#!/usr/bin/python3
"""Is the second implementation right? Its tokens are put to a real nats-server, its keys to known ones."""
import os
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from portcullis_test import gateway, natsjwt, rawclient, server, upstream  # noqa: E402

# The example of `nk -gen user -pubout` in NATS' documentation (nats.docs, authentication by NKeys)
KNOWN_SEED = "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY"
KNOWN_PUBLIC = "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4"


def keys_are_read_and_written():
    assert natsjwt.KeyPair.from_seed(KNOWN_SEED).public == KNOWN_PUBLIC
    assert natsjwt.KeyPair.from_seed(KNOWN_SEED).seed == KNOWN_SEED
    pair = natsjwt.KeyPair.from_seed(natsjwt.KeyPair("user").seed)
    assert natsjwt.KeyPair.from_seed(pair.seed).public == pair.public
    for kind, letter in zip(natsjwt.PREFIX, "OAUNCMV"):
        assert natsjwt.KeyPair(kind).public[0] == letter
        assert natsjwt.KeyPair(kind).seed[:2] == "S" + letter
    natsjwt.verify(pair.public, b"nonce", pair.sign(b"nonce"))


def creds_files_are_read_back(folder):
    pair = natsjwt.KeyPair("user")
    token = natsjwt.mint_user(natsjwt.KeyPair("account"), pair.public, "a<b&c")
    path = os.path.join(folder, "x.creds")
    natsjwt.write_creds(path, token, pair.seed)
    back = natsjwt.read_creds(path)
    assert back[0] == token and back[1].public == pair.public
    assert os.stat(path).st_mode & 0o777 == 0o600
    assert natsjwt.decode(token)["name"] == "a<b&c"


def a_real_server_admits_our_tokens(folder):
    d = gateway.Deployment(folder)
    s = d.start_client_server()
    owner = d.accounts["ACME"]
    alice = rawclient.Client(s.host, s.port, d.login(perms=natsjwt.permissions(pub=["a.>"], sub=["a.>", "_INBOX.>"])))
    pair = natsjwt.KeyPair("user")
    token = natsjwt.mint_user(owner.signing, pair.public, "bob", issuer_account=owner.key.public)
    bob = rawclient.Client(s.host, s.port, (token, pair))
    alice.subscribe("a.x")
    alice.barrier()
    bob.publish("a.x", b"hello")
    assert alice.next().payload == b"hello"
    alice.publish("b", b"")
    assert alice.next_error() == 'Permissions Violation for Publish to "b"'
    stranger = natsjwt.KeyPair("account")
    for wrong in (None, (natsjwt.mint_user(stranger, pair.public, "eve"), pair), (token, natsjwt.KeyPair("user"))):
        try:
            rawclient.Client(s.host, s.port, wrong)
            raise AssertionError(f"admitted {wrong}")
        except rawclient.Failed as e:
            assert "Authorization Violation" in str(e), e
    bob.nothing()
    assert d.stop() == []


def an_open_server_admits_anybody(folder):
    s = server.NatsServer(server.open_conf(folder))
    try:
        a = rawclient.Client(s.host, s.port)
        a.subscribe("x", "q")
        a.barrier()
        b = rawclient.Client(s.host, s.port)
        b.publish("x", b"1", header=b"NATS/1.0\r\nA: b\r\n\r\n")
        assert a.next().header == b"NATS/1.0\r\nA: b\r\n\r\n"
        assert b"503" in b.request("nobody.there").header
    finally:
        s.stop()


def a_scripted_upstream_admits_the_gate_alone(folder):
    d = gateway.Deployment(folder)
    s = upstream.Scripted(d.upstream_tokens(), {"max_payload": 7})
    pair = natsjwt.KeyPair("user")
    token = natsjwt.mint_user(d.accounts["ACME"].upstream, pair.public, "gate")
    gate = rawclient.Client("127.0.0.1", s.port, (token, pair))
    assert gate.info["max_payload"] == 7
    link = s.wait_links(1, 5)[0]
    gate.publish("f.a", b"hi")
    assert link.next_op(5) == b"PUB f.a 2\r\nhi"
    gate.barrier()
    link.send(b"MSG f.a 1 2\r\nho\r\n")
    assert gate.next().payload == b"ho"
    for wrong in (None, d.login("app")):
        try:
            rawclient.Client("127.0.0.1", s.port, wrong)
            raise AssertionError("admitted")
        except rawclient.Failed as e:
            assert "Authorization Violation" in str(e), e
    gate.close()
    link.wait_end(5)
    s.close()


def main():
    with tempfile.TemporaryDirectory() as folder:
        keys_are_read_and_written()
        creds_files_are_read_back(folder)
        a_real_server_admits_our_tokens(folder)
        an_open_server_admits_anybody(folder)
        a_scripted_upstream_admits_the_gate_alone(folder)
    print("100%: Checks: 5, Failures: 0, Errors: 0")
    return 0


if __name__ == "__main__":
    sys.exit(main())
