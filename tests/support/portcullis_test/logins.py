"""The logins of a talk: `login NAME key=value ...` to a token and a key, good or bad in one chosen way."""
import json
import re
import time

from . import natsjwt

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
LISTS = {"pub": "pub", "pub-deny": "pub_deny", "sub": "sub", "sub-deny": "sub_deny"}


def moment(text):
    """+1h, -60, -5m from now, as unix seconds."""
    m = re.fullmatch(r"([+-]\d+)([smhd]?)", text)
    return int(time.time()) + int(m.group(1)) * UNITS[m.group(2) or "s"]


def subjects(text):
    return [] if text == "none" else text.split(",")


def permissions_of(options):
    lists = {LISTS[k]: subjects(v) for k, v in options.items() if k in LISTS}
    if "resp" in options:
        count, _, ttl = options["resp"].partition("/")
        lists["resp"] = (int(count), float(ttl or 0))
    return natsjwt.permissions(**lists)


def overrides(options, prefix):
    """{"exp": -1} of {"claim.exp": "-1"}: values are JSON, or text when they are not."""
    out = {}
    for key, value in options.items():
        if key.startswith(prefix + "."):
            try:
                out[key[len(prefix) + 1 :]] = json.loads(value)
            except ValueError:
                out[key[len(prefix) + 1 :]] = value
    return out


class Login:
    """One named login: .options as written, .token, .pair."""

    def __init__(self, deployment, name, options):
        self.name = name
        self.options = options
        self.direct = "direct" in options
        account = deployment.accounts.get(options.get("account", "ACME"))
        if account is None:
            # an account nobody configured
            account = type(next(iter(deployment.accounts.values())))(options["account"])
        self.account = account
        self.pair = natsjwt.KeyPair(options.get("subject", "user"))
        self.token = self._token(deployment)
        self.renew = (lambda: self._token(deployment)) if options.get("exp", "").startswith("+") else None
        if "revoked" in options:
            account.revocations[self.pair.public] = moment(options["revoked"])

    def _signer(self, deployment):
        return {
            "account": self.account.key,
            "signing": self.account.signing,
            "upstream": self.account.upstream,
            "stranger": natsjwt.KeyPair("account"),
            "operator": deployment.operator,
        }[self.options.get("signed-by", "upstream" if self.direct else "account")]

    def _token(self, deployment):
        o = self.options
        signer = self._signer(deployment)
        tags = [f"role:{o['role']}"] if "role" in o else []
        tags += [f"host:{o['host-id']}"] if "host-id" in o else []
        tags += o["tags"].split(",") if "tags" in o else []
        body = {"type": "user", "version": 2, "subs": -1, "data": -1, "payload": -1}
        body.update(permissions_of(o))
        if tags:
            body["tags"] = tags
        if "bearer" in o:
            body["bearer_token"] = True
        if "types" in o:
            body["allowed_connection_types"] = o["types"].split(",")
        if "src" in o:
            body["src"] = o["src"].split(",")
        issuer_account = o.get("issuer-account", "yes" if o.get("signed-by") == "signing" else "none")
        if issuer_account == "yes":
            body["issuer_account"] = self.account.key.public
        elif issuer_account != "none":
            body["issuer_account"] = deployment.accounts[issuer_account].key.public
        body.update(overrides(o, "nats"))
        claims = natsjwt.standard(
            o.get("name", self.name),
            self.pair.public,
            body,
            {k: moment(o[k]) for k in ("exp", "nbf", "iat") if k in o},
        )
        claims.update(overrides(o, "claim"))
        return natsjwt.encode(claims, signer, dict(natsjwt.HEADER, **overrides(o, "header")))

    def connect_fields(self, nonce):
        """What CONNECT says for this login: jwt and sig, as spoilt as the options want them."""
        if self.renew is not None:
            # so many seconds from now, not from when the file was read: the gate may have been slow to start
            self.token = self.renew()
        token, sig = self.token, self.pair.sign_nonce(nonce)
        how = self.options.get("jwt", "good")
        if how == "tampered":
            head, body, rest = token.split(".")
            claims = json.loads(natsjwt.unb64url(body))
            claims["nats"]["tags"] = ["role:admin"]
            token = ".".join((head, natsjwt.b64url(natsjwt.go_json(claims)), rest))
        elif how == "garbage":
            token = "a.b.c"
        how = self.options.get("sig", "good")
        if how == "stranger":
            sig = natsjwt.KeyPair("user").sign_nonce(nonce)
        elif how == "replayed":
            sig = self.pair.sign_nonce("AAAAAAAAAAAAAAA")
        elif how == "zero":
            sig = natsjwt.b64url(bytes(64))
        elif how == "short":
            sig = sig[:-2]
        fields = {"jwt": token, "sig": sig}
        if self.options.get("jwt") == "none":
            del fields["jwt"]
        if self.options.get("sig") == "none":
            del fields["sig"]
        return fields
