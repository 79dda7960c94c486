#!/usr/bin/python3
"""Clients that leave while others come, and a dispatcher that hears of all of it late: what was commanded before
leaving goes on, and who is new is known, in whatever order it looks."""
import os
import signal
import threading

import stage
from portcullis_test.process import halt
from stage import COMMAND, Failed, bodies, until

VISITORS, VISITS = 6, 40


class Asleep:
    """The dispatcher, for as long as this lasts; then all it was told meanwhile lies in front of it."""

    def __init__(self, s):
        self.s = s
        self.pid = s.roles()["dispatcher"][0]

    def __enter__(self):
        halt(self.pid)
        return self

    def __exit__(self, *exc):
        os.kill(self.pid, signal.SIGCONT)

    def handed_over(self):
        """What clients sent so far has left their edge: it reads them all in each turn, and this takes two."""
        self.s.bystander.barrier()
        self.s.bystander.barrier()

    def left(self, client):
        """@client goes, and the verifier has said so: it has let in another since."""
        client.close()
        self.s.deployment.gateway.wait_event("conn_close", f"client={client.info['client_id']} ")
        self.s.client("app").close()


def command(client, n):
    client.publish(COMMAND, bodies.start_provider(n=n))


def go_on(s, count, *clients):
    """So many commands reach the leaf, each once, and none of @clients was refused."""
    for c in clients:
        c.barrier()
        if c.errors:
            raise Failed(f"refused: {c.errors}")

    def heard():
        return [m.payload for m in s.heard_all() if m.subject == COMMAND]

    until(lambda: len(heard()) >= count, f"{count} commands")
    if len(heard()) != count or len(set(heard())) != count:
        raise Failed(f"heard {heard()}")


def leaver_before_newcomer(s):
    """One leaves, another comes and commands at once: it is known, though the leave is what is read first."""
    s.start()
    s.allowed.add(COMMAND)
    first = s.client("deployer")
    with Asleep(s) as dispatcher:
        dispatcher.left(first)
        second = s.client("deployer")
        command(second, "new")
        dispatcher.handed_over()
    go_on(s, 1, second)


def last_words_of_a_leaver(s):
    """What was commanded before leaving goes on, though the leave is read while another's command is looked at."""
    s.start()
    s.allowed.add(COMMAND)
    leaver, stays = s.client("deployer"), s.client("deployer")
    with Asleep(s) as dispatcher:
        # so that commands are what it looks at first
        command(stays, "first")
        dispatcher.handed_over()
        new = s.client("deployer")
        command(new, "of one whom the verifier has to be asked about")
        dispatcher.handed_over()
        command(leaver, "last words")
        dispatcher.handed_over()
        dispatcher.left(leaver)
    go_on(s, 3, stays, new)


def visits(s, who, count, refused):
    """Come, command, be answered, leave: as a script does that calls the tool again and again."""
    try:
        for n in range(count):
            c = s.deployment.client(s.deployment.login("deployer"))
            command(c, f"visit {who} {n}")
            c.barrier()
            refused += c.errors
            c.close()
    except (Failed, OSError) as e:
        refused.append(repr(e))


def many_short_visits(s):
    """Nobody is refused because somebody else comes or goes."""
    s.start()
    s.allowed.add(COMMAND)
    refused = []
    visitors = [threading.Thread(target=visits, args=(s, who, VISITS, refused)) for who in range(VISITORS)]
    for v in visitors:
        v.start()
    for v in visitors:
        v.join()
    if refused:
        raise Failed(f"refused: {refused[:5]}")
    go_on(s, VISITORS * VISITS)
    s.alone()


if __name__ == "__main__":
    stage.run([leaver_before_newcomer, last_words_of_a_leaver, many_short_visits])
