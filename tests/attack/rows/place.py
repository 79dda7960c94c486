"""Where the rows are held: one gate with a real nats-server behind it, and one open nats-server, all
started once. A silent observer hears everything on each server; each person keeps one connection.

An attack that arrives at the open server shows that it would work; nothing of it may be heard behind
the gate.
"""
import itertools
import json
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "support"))
from portcullis_test import gateway, natsjwt, process, rawclient, server  # noqa: E402

Failed = process.Failed
HOST = "NAAAHOSTTHATISATTACKEDAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
HOST2 = "NBBBHOSTTHATISTAKENOVERBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"
# The lattice `default` is attacked; `other` lies beside it in the same account. Both are governed by the
# shipped tenant.policy, hosts of 2.x by the shipped runtime.policy; rows.policy has the roles beyond them.
# Here: roles, account, host id.
PEOPLE = {
    "tenant": ("tenant", "ACME", None),          # has its own data, may ask JetStream for all, and no more
    "wild": ("wild", "ACME", None),              # all data there is, and no verb
    # everything one can be in the other lattice
    "neighbour": ("other-deployer other-host other-app", "ACME", HOST2),
    "stranger": ("default-deployer", "OTHER", None),  # the right role in the wrong account
    "reader": ("reader", "ACME", None),          # looks and asks for bids
    "deployer": ("default-deployer", "ACME", None),
    "operator": ("runtime-operator", "ACME", None),      # wasmCloud 2.x
    "wadm": ("wadm", "ACME", None),
    "watcher": ("watcher", "ACME", None),        # may see commands
    "admin": ("admin", "ACME", None),
    "service": ("service", "ACME", None),        # answers policy, configuration and secrets questions
    "host": ("default-host runtime-host", "ACME", HOST),
    "host2": ("default-host runtime-host", "ACME", HOST2),    # a host of the lattice, taken over
}
# what the server says by itself: advisories, answers, and one stream copying another
NOISE = re.compile(r"\$JS\.EVENT\.|\$SYS\.|_INBOX\.|\$JS\.FC\.|\$JS\.[MS]\.|\$JSC\.")
ID = re.compile(r"decision \d+\.\d+\.[cd]\d+")


def policies():
    with open(os.path.join(HERE, "rows.policy"), encoding="utf-8") as f:
        out = {"rows.policy": f.read()}
    for name, lattice in (("tenant", "default"), ("tenant", "other"), ("runtime", "")):
        with open(os.path.join(HERE, "..", "..", "..", "policies", name + ".policy"), encoding="utf-8") as f:
            text = f.read().replace("@ACCOUNT@", "<ACME>").replace("@LATTICE@", lattice)
        out[f"{name}{lattice}.policy"] = text
    return out


class Ear:
    """Hears everything that is said in the accounts of its clients, and says nothing."""

    def __init__(self, *clients):
        self.clients = clients
        for client in clients:
            client.subscribe(">")
            client.barrier()

    def heard(self):
        """What came since it was last asked, but for the server's own noise."""
        out = []
        for client in self.clients:
            client.barrier()
            out += [m for m in client.messages if not NOISE.match(m.subject) and not m.reply.startswith("$JSC.")]
            client.messages = []
        return out


class Person:
    """One identity at the gate, or straight at a server."""

    def __init__(self, name, client):
        self.name = name
        self.client = client
        self.numbers = itertools.count(1)

    def inbox(self):
        """A fresh inbox that is heard; give it back with forget()."""
        inbox = f"_INBOX.{self.name}.{next(self.numbers)}"
        return inbox, self.client.subscribe(inbox)

    def forget(self, sid):
        self.client.unsubscribe(sid)

    def said(self):
        """(messages, errors) since it was last asked, after everything before has been dealt with."""
        self.client.barrier()
        got = self.client.messages, self.client.errors
        self.client.messages, self.client.errors = [], []
        return got


class Place:
    def __init__(self, folder, build):
        self.build = build
        self.deployment = gateway.Deployment(os.path.join(folder, "gate"))
        os.mkdir(self.deployment.folder)
        self.people = {}
        self.open = None
        self.open_folder = os.path.join(folder, "open")
        os.mkdir(self.open_folder)
        self.numbers = itertools.count(1)

    def start(self):
        d = self.deployment
        d.accounts["ACME"].jetstream = True
        d.write(policies())
        d.start_leaf()
        d.start_gateway(self.build)
        self.ear = Ear(*[d.direct(name) for name in d.accounts])
        self.leaf = Person("leaf", d.direct())
        store = f'jetstream {{ store_dir: "{self.open_folder}/js" }}'
        self.open = server.NatsServer(server.open_conf(self.open_folder, store))
        self.open_ear = Ear(self.stranger())
        self.open_attacker = Person("open", self.stranger())

    def stranger(self):
        """Somebody who just connects: what the open server lets anybody do."""
        return rawclient.Client(self.open.host, self.open.port)

    def person(self, name):
        if name not in self.people:
            roles, account, host = PEOPLE[name]
            tags = [f"role:{role}" for role in roles.split()] + ([f"host:{host}"] if host else [])
            creds = self.deployment.login(None, name, account, tags)
            self.people[name] = Person(name, self.deployment.client(creds))
        return self.people[name]

    def key(self, account="ACME"):
        return self.deployment.accounts[account].key.public

    def settle(self):
        """After a failure: forget what was said, and let nobody suffer from a connection that ended."""
        for name in list(self.people):
            try:
                self.people[name].said()
            except (Failed, OSError):
                del self.people[name]
        self.ear.heard()
        self.open_ear.heard()
        self.open_attacker.said()

    def stop(self):
        if self.open is not None:
            self.open.stop()
        return self.deployment.stop()


def same(what, expected, got):
    if expected != got:
        raise Failed(f"{what}: expected {expected!r}, got {got!r}")


def check_answer(kind, message, why=None):
    """A refusal in the asker's own envelope, with the id of the decision."""
    if kind == "status":
        if not message.header.startswith(b"NATS/1.0 403"):
            raise Failed(f"not a 403: {message}")
        text = message.header.decode()
    else:
        said = json.loads(message.payload)
        if kind == "v0":
            same("accepted", False, said["accepted"])
            same("failure", said["error"], said["failure"])
            text = said["error"]
        elif kind == "v1":
            same("success", False, said["success"])
            text = said["message"]
        elif kind == "v2":
            same("code", 7, said["error"]["code"])
            text = said["error"]["message"]
        elif kind == "wadm":
            same("result", "error", said["result"])
            text = said["message"]
        else:
            same("code", 403, said["error"]["code"])
            text = said["error"]["description"]
    if not ID.search(text) or (why is not None and why not in text):
        raise Failed(f"the answer says {text!r}")
    return text
