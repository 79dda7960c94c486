"""The two sides: nats-server trusting our operator, and the gateway trusting the same operator in
front of a nats-server of its own, which knows nobody but the gateway."""

import hashlib
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

from portcullis_test import gateway, natsjwt, server  # noqa: E402

import play  # noqa: E402

ACCOUNT = "ACME"
# The policy grants what subjects can say and nothing that must be granted by name, so that what a
# client may do is what its credential says. The last rules let it answer what it is asked, and take
# some powerful header fields off instead of refusing the message.
POLICY = """
role everyone { account = <ACME> }

rule everything {
  publish   = [">"]
  subscribe = [">"]
  to        = [everyone]
}
rule answers {
  respond = 1000
  to      = [everyone]
}
rule untraced {
  strip_headers = ["Nats-Trace-*"]
  to            = [everyone]
}
"""


class World:
    """Everything that runs; a context, so that nothing is left behind. @program: the gateway, or
    None for the control: the same server once more, where nothing may differ."""

    def __init__(self, folder, program):
        self.servers = []
        self.gate = gateway.Deployment(os.path.join(folder, "gate"), (ACCOUNT,))
        os.mkdir(self.gate.folder)
        try:
            self.a = self.direct("nats-server", os.path.join(folder, "a"))
            if program:
                self.b = self.gated(program)
            else:
                self.b = self.direct("nats-server again", os.path.join(folder, "b"))
        except BaseException:
            self.stop()
            raise

    def direct(self, name, folder):
        d = self.gate
        tokens = {a.key.public: d.account_token(a) for a in d.accounts.values()}
        conf = server.operator_conf(folder, natsjwt.mint_operator(d.operator, "clients"), tokens)
        started = server.NatsServer(conf)
        self.servers.append(started)
        address = started.host, started.port
        return play.Side(name, address, address, d.login(name="peer"))

    def gated(self, program):
        d = self.gate
        d.write({"everyone.policy": POLICY})
        d.start_leaf()
        d.start_gateway(program)
        pair = natsjwt.KeyPair("user")
        peer = natsjwt.mint_user(d.accounts[ACCOUNT].upstream, pair.public, "peer"), pair
        return play.Side("gateway", (d.gateway.host, d.gateway.port), (d.leaf.host, d.leaf.port), peer)

    def user(self, word, claims):
        """Creds of a user with these claims. The key comes from a word: a seed repeats a run."""
        pair = natsjwt.KeyPair("user", hashlib.sha256(word.encode()).digest())
        return self.gate.login(name="user", perms=claims, pair=pair)

    def stop(self):
        """Return: complaints about how the gateway and its leaf ended."""
        for started in self.servers:
            started.kill()
        return self.gate.stop()
