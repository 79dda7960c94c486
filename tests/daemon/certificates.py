#!/usr/bin/python3
"""Clients that have a certificate and no token: who they are, what they may, and who is nobody."""
import contextlib
import os
import signal
import ssl
import sys

import stage
from stage import Failed, check, deployment, rawclient, running  # noqa: F401
from portcullis_test import certs

POLICY = stage.POLICY + """
role hosts { account = <ACME>  certificates = ["dns:*.hosts.example", "uri:spiffe://mesh.example/host/*"] }
role people { account = <ACME>  certificates = ["email:ann@example.org", "dn:CN=Ann\\\\, the second,O=Acme Ltd"] }
role theirs { account = <OTHER>  certificates = ["dns:*.theirs.example"] }
role strict { account = <ACME>  tags = ["role:app"]  certificates = ["dns:*.apps.example"] }
role called { account = <ACME>  names = ["*"] }
rule hosts-talk {
  publish   = [h.>]
  subscribe = [h.>]
  to        = [hosts, people]
}
rule theirs-talk {
  publish   = [t.>]
  subscribe = [t.>]
  to        = [theirs]
}
rule strictly {
  publish   = [s.>]
  subscribe = [s.>]
  to        = [strict]
}
rule called-talk {
  publish = [named.>]
  to      = [called]
}
"""


@contextlib.contextmanager
def gate(verify="identity", policy=POLICY, start=True, accounts=("ACME", "OTHER")):
    """A gate that asks clients for certificates of ca.crt."""
    with deployment(policy, write=False) as d:
        d.accounts = {name: stage.gateway.Account(name) for name in accounts}
        d.write({"test.policy": policy})
        d.ca = certs.Authority(d.path("tls"))
        d.ca.sign("server")
        d.sections.append(f"tls {{\n  cert = tls/server.crt\n  key = tls/server.key\n  ca = tls/ca.crt\n  verify = {verify}\n}}")
        d.start_leaf()
        if start:
            d.start_gateway(stage.BUILD)
        yield d


def showing(d, shown, **options):
    context = ssl.create_default_context(cafile=d.path("tls", "ca.crt"))
    if shown is not None:
        context.load_cert_chain(*shown)
    for key, value in options.items():
        setattr(context, key, value)
    return context


def client(d, shown, creds=None, **options):
    return d.client(creds, tls=showing(d, shown), **options)


def refused(d, shown, code, creds=None):
    """The connection ends with Authorization Violation, and the log says why."""
    mark = d.gateway.mark()
    try:
        client(d, shown, creds)
    except (rawclient.Failed, ssl.SSLError, OSError) as e:
        said = str(e)
    else:
        raise Failed(f"{shown} got in")
    if code is not None:
        check("Authorization Violation" in said, said)
        d.gateway.wait_line(lambda line: "event=login_refused" in line and f"code={code}" in line, since=mark)


def may(who, subject):
    """May it publish there?"""
    before = len(who.errors)
    who.publish(subject, b"x")
    who.barrier()
    return len(who.errors) == before


def opened(d, n=1):
    found = stage.until(lambda: len(all_opened(d)) >= n and all_opened(d), "a connection is on record")
    return found[n - 1]


def all_opened(d):
    return [r for r in d.audit_records() if r["kind"] == "open"]


def a_certificate_is_an_identity():
    with gate() as d:
        shown = d.ca.sign("h1", names="DNS:H1.hosts.example", subject="/O=Acme/CN=h1")
        one = client(d, shown)
        check(may(one, "h.x") and not may(one, "f.x") and not may(one, "t.x"), one.errors)
        # what asks for the name in a token is not for a certificate's
        check(not may(one, "named.x"), "a role with names")
        record = opened(d)
        check(record["user"].startswith("cert:") and record["issuer"].startswith("ca:"), record)
        check(record["name"] == "dns:h1.hosts.example" and record["account"] == d.accounts["ACME"].key.public, record)
        check(record["certificate_names"] == ["dns:h1.hosts.example", "dn:CN=h1,O=Acme"], record)
        check(record["certificate"] == fingerprint(shown[0]), record)
        # the leaf sees it in the account of its role
        seen = d.direct("ACME")
        seen.subscribe("h.>")
        seen.barrier()
        one.publish("h.y", b"here")
        check(seen.next().payload == b"here")


def fingerprint(path):
    said = certs.openssl("x509", "-in", path, "-noout", "-fingerprint", "-sha256", folder="/")
    return said.strip().partition("=")[2].replace(":", "").lower()


def a_renewed_certificate_is_the_same_and_another_name_is_another():
    with gate() as d:
        shown, clients = [], []
        for name, kind in (("h1", "ec"), ("h1", "rsa"), ("h2", "ec")):
            pair = d.ca.sign(name, names=f"DNS:{name}.hosts.example", kind=kind)
            clients.append(client(d, pair))
            shown.append(fingerprint(pair[0]))
        stage.until(lambda: len(all_opened(d)) == 3, "three on record")
        # by what was shown: edges do not wait for each other with what they tell the auditor
        users = {r["certificate"]: r["user"] for r in all_opened(d)}
        check(len(set(shown)) == 3 and set(users) == set(shown), users)
        check(users[shown[0]] == users[shown[1]] != users[shown[2]], users)


def inboxes_of_certificates_are_their_own():
    with gate() as d:
        a = client(d, d.ca.sign("h1", names="DNS:h1.hosts.example"))
        b = client(d, d.ca.sign("h2", names="DNS:h2.hosts.example"))
        a.subscribe("_INBOX.same.>")
        a.subscribe("h.ask")
        a.barrier()
        b.subscribe("_INBOX.same.>")
        b.barrier()
        b.publish("h.ask", b"?", reply="_INBOX.same.1")
        asked = a.next()
        check(asked.subject == "h.ask" and asked.reply != "_INBOX.same.1", asked)
        b.barrier()
        check(not b.messages and not a.messages, a.messages)


def people_by_address_and_by_subject():
    with gate() as d:
        for name, names, subject in (
            ("mail", "email:ann@example.org", "/CN=whoever"),
            ("dn", "", "/O=Acme Ltd/CN=Ann, the second"),
            ("uri", "URI:spiffe://mesh.example/host/7", "/CN=whoever"),
        ):
            check(may(client(d, d.ca.sign(name, names=names, subject=subject)), "h.x"), name)
        for name, names, subject in (
            ("mail2", "email:Ann@example.org.evil.example", "/CN=whoever"),
            # the kind is part of the name
            ("dns", "DNS:ann@example.org", "/CN=whoever"),
            ("asuri", "URI:dns:x.hosts.example", "/CN=dns:x.hosts.example"),
            # a value that holds what separates values
            ("comma", "", "/CN=Ann, the second,O=Acme Ltd"),
            ("turned", "", "/CN=Ann, the second/O=Acme Ltd"),
            ("multi", "", "/O=Acme Ltd/OU=x/CN=Ann, the second"),
        ):
            refused(d, d.ca.sign(name, names=names, subject=subject), "no_role")


def names_that_can_be_read_in_two_ways_are_refused():
    with gate() as d:
        for i, names in enumerate((
            "DNS:*.hosts.example",
            "DNS:h1.hosts.example,DNS:*.hosts.example",
            "DNS:h 1.hosts.example",
        )):
            refused(d, d.ca.sign(f"n{i}", names=names), "certificate")
        # NUL and line feed, in an alternative name and in the subject: IA5String and UTF8String, by their bytes
        for i, raw in enumerate((b"h1.hosts.example\0.evil.example", b"h1.hosts.example\n", "h\u00e9.hosts.example".encode())):
            refused(d, d.ca.sign(f"r{i}", names=der_dns(raw)), "certificate")
        refused(d, d.ca.sign("subject", names="DNS:h1.hosts.example", subject="/O=Acme/CN=a\nb"), "certificate")
        # the control: without that it is somebody
        client(d, d.ca.sign("fine", names="DNS:h1.hosts.example"))


def der_dns(raw):
    """subjectAltName with one dNSName of these bytes."""
    inner = bytes([0x82, len(raw)]) + raw
    return "DER:" + (bytes([0x30, len(inner)]) + inner).hex(":")


def roles_of_two_accounts_are_nobody():
    with gate() as d:
        check(may(client(d, d.ca.sign("t", names="DNS:a.theirs.example")), "t.x"))
        both = d.ca.sign("both", names="DNS:a.theirs.example,DNS:h.hosts.example")
        refused(d, both, "two_accounts")
        check(not [r for r in all_opened(d) if len(r["certificate_names"]) == 3], "it is on record as somebody")
        check(opened(d)["account"] == d.accounts["OTHER"].key.public, opened(d))


def what_no_ca_of_ours_signed_for_clients_is_nobody():
    with gate() as d:
        names = "DNS:h1.hosts.example"
        stranger = certs.Authority(d.path("stranger"), "ca")
        refused(d, stranger.sign("h1", names=names), None)
        refused(d, d.ca.sign("late", names=names, expired=True), None)
        refused(d, d.ca.sign("server-only", names=names + "\nextendedKeyUsage=serverAuth"), None)
        # a certificate that is no CA signs another
        leaf = d.ca.sign("h1", names=names + "\nbasicConstraints=CA:FALSE")
        sub = certs.Authority(d.path("sub"), "sub")
        for a, b in zip(leaf, (sub.path("sub.crt"), sub.path("sub.key"))):
            os.replace(a, b)
        made = sub.sign("h2", names="DNS:h2.hosts.example")
        with open(made[0], "a", encoding="ascii") as out, open(sub.crt, encoding="ascii") as f:
            out.write(f.read())
        refused(d, made, None)
        refused(d, None, None)
        # the control
        client(d, d.ca.sign("fine", names=names + "\nextendedKeyUsage=clientAuth"))


def an_intermediate_ca_may_sign():
    with gate() as d:
        ca = d.ca.sign("mid", names="DNS:mid\nbasicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign")
        mid = certs.Authority(d.path("mid"), "mid")
        for a, b in zip(ca, (mid.path("mid.crt"), mid.path("mid.key"))):
            os.replace(a, b)
        made = mid.sign("h2", names="DNS:h2.hosts.example")
        refused(d, made, None)
        with open(made[0], "a", encoding="ascii") as out, open(mid.crt, encoding="ascii") as f:
            out.write(f.read())
        check(may(client(d, made), "h.x"))


def other_logins_are_not_replaced():
    with gate() as d:
        shown = d.ca.sign("h1", names="DNS:h1.hosts.example")
        for said in ({"user": "ann", "pass": "x"}, {"auth_token": "x"}, {"nkey": "UX"}, {"sig": "x"}, {"jwt": "x", "sig": "y"}):
            try:
                client(d, shown, **said)
            except rawclient.Failed as e:
                check("Authorization Violation" in str(e), e)
                continue
            raise Failed(f"{said} got in")


def with_a_token_the_token_says_who_it_is():
    with gate() as d:
        app = d.ca.sign("app", names="DNS:a.apps.example")
        host = d.ca.sign("h1", names="DNS:h1.hosts.example")
        both = client(d, app, d.login("app"))
        # a role may ask for both; the certificate alone is nobody, and the token alone is no such role
        check(may(both, "s.x") and may(both, "f.x"), both.errors)
        check(opened(d)["user"].startswith("U") and "dns:a.apps.example" in opened(d)["certificate_names"], opened(d))
        refused(d, app, "no_role")
        other = client(d, host, d.login("app"))
        check(not may(other, "s.x") and may(other, "h.x") and may(other, "f.x"))
        refused(d, None, None, d.login("app"))


def with_yes_a_certificate_alone_is_nobody():
    with gate(verify="yes") as d:
        shown = d.ca.sign("h1", names="DNS:h1.hosts.example")
        try:
            client(d, shown)
        except rawclient.Failed as e:
            check("Authorization Violation" in str(e), e)
        else:
            raise Failed("it got in")
        check(may(client(d, shown, d.login("app")), "h.x"))


def an_identity_ends_with_its_role_and_with_its_root():
    with gate() as d:
        one = client(d, d.ca.sign("h1", names="DNS:h1.hosts.example"))
        two = client(d, d.ca.sign("t", names="DNS:a.theirs.example"))
        d.write_policies({"test.policy": POLICY.replace("*.hosts.example", "*.hosts2.example")})
        os.kill(d.gateway.pid, signal.SIGHUP)
        one.raw.expect_end()
        check(may(two, "t.x"))
        other = certs.Authority(d.path("other"), "ca")
        os.replace(other.crt, d.path("tls", "ca.crt"))
        os.kill(d.gateway.pid, signal.SIGHUP)
        two.raw.expect_end()


def a_new_verifier_and_a_new_signer_know_them():
    with gate() as d:
        shown = d.ca.sign("h1", names="DNS:h1.hosts.example")
        one = client(d, shown)
        for role in ("verifier", "signer"):
            old = stage.children(d)[role]
            os.kill(old[0], signal.SIGKILL)
            stage.until(lambda role=role, old=old: stage.children(d).get(role, old) != old, "another is there")

            def served():
                try:
                    return client(d, shown)
                except (rawclient.Failed, OSError):
                    return None

            check(may(stage.until(served, "a client is served again"), "h.x"))
            check(may(one, "h.x"), "the one before")


TESTS = [
    a_certificate_is_an_identity,
    a_renewed_certificate_is_the_same_and_another_name_is_another,
    inboxes_of_certificates_are_their_own,
    people_by_address_and_by_subject,
    names_that_can_be_read_in_two_ways_are_refused,
    roles_of_two_accounts_are_nobody,
    what_no_ca_of_ours_signed_for_clients_is_nobody,
    an_intermediate_ca_may_sign,
    other_logins_are_not_replaced,
    with_a_token_the_token_says_who_it_is,
    with_yes_a_certificate_alone_is_nobody,
    an_identity_ends_with_its_role_and_with_its_root,
    a_new_verifier_and_a_new_signer_know_them,
]

if __name__ == "__main__":
    sys.exit(stage.main(TESTS, sys.argv))
