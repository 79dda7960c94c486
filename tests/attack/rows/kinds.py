"""The kinds of attack, each held three ways: control (it works on an open server), refused, allowed."""
import json
import re

from place import Failed, check_answer, same

QUEUE = re.compile(r'Permissions Violation for Subscription to "([^"]*)"(?: using queue "([^"]*)")?')


def envelope_of(subject):
    """Which envelope a refused request on this subject is answered in."""
    words = subject.split(".")
    if words[1:3] == ["wasmbus", "ctl"] or words[1:3] in (["wadm", "api"], ["wadm", "cmd"]):
        words = words[1:]
    if words[:3] == ["wasmbus", "ctl", "v1"]:
        return "v1"
    if words[:2] == ["wasmbus", "ctl"] or words[:2] == ["wasmbus", "rpc"] and words[3] in ("links", "remlinks"):
        return "v0"
    if words[:2] == ["runtime", "host"]:
        return "v2"
    if words[0] == "wadm" and words[1] in ("api", "cmd"):
        return "wadm"
    return "js" if words[0] == "$JS" else "status"


def check_err(what, subject, errors):
    """One -ERR about this subject; a long one is quoted as far as nats-server's words go."""
    said = re.fullmatch(f'Permissions Violation for {what} "([^"]*)"', errors[0]) if len(errors) == 1 else None
    quoted = said.group(1) if said else ""
    if not said or not (quoted == subject or len(quoted) > 100 and subject.startswith(quoted)):
        raise Failed(f"expected one -ERR for {what} {subject}, got {errors}")


class Case:
    """What all have: which column of the table, what it is, who is refused and who is allowed."""

    def __init__(self, dialect, what, refused, allowed, control=True):
        self.dialect = dialect
        self.what = what
        self.refused_for = refused
        self.allowed_for = allowed
        self.with_control = control

    def runs(self):
        """(name, function of a place) for each way it is held."""
        name = f"{self.dialect}/{self.what}"
        if self.with_control:
            yield f"{name}/control arrives", self.control
        for who in self.refused_for:
            yield f"{name}/{who} refused", lambda place, who=who: self.refused(place, who)
        for who in self.allowed_for:
            yield f"{name}/{who} allowed", lambda place, who=who: self.allowed(place, who)


class Pub(Case):
    """A message on a subject. Refused: -ERR, the answer, and nothing behind. Allowed: byte for byte."""

    def __init__(self, dialect, what, subject, body, refused, allowed, header=b"", envelope=None, **options):
        super().__init__(dialect, what, refused, allowed, **options)
        self.subject = subject
        self.body = body if isinstance(body, bytes) else json.dumps(body, separators=(",", ":")).encode()
        self.header = header
        self.envelope = envelope or envelope_of(subject)

    def fill(self, place):
        return self.subject.replace("<ACME>", place.key())

    def control(self, place):
        subject = self.fill(place)
        place.open_attacker.client.publish(subject, self.body, header=self.header)
        place.open_attacker.said()
        heard = [m for m in place.open_ear.heard() if m.subject == subject]
        same("heard on the open server", [self.body], [m.payload for m in heard])

    def ask(self, place, who):
        """Publish with a reply; returns (messages, errors) and forgets the inbox."""
        person = place.person(who)
        inbox, sid = person.inbox()
        person.client.publish(self.fill(place), self.body, inbox, self.header)
        said = person.said()
        person.forget(sid)
        return said

    def refused(self, place, who):
        place.ear.heard()
        messages, errors = self.ask(place, who)
        heard = place.ear.heard()
        if heard:
            raise Failed(f"reached the leaf: {heard}")
        check_err("Publish to", self.fill(place), errors)
        same("answers", 1, len(messages))
        check_answer(self.envelope, messages[0])
        # without a reply there is nobody to tell but the client itself
        person = place.person(who)
        person.client.publish(self.fill(place), self.body, header=self.header)
        messages, errors = person.said()
        check_err("Publish to", self.fill(place), errors)
        same("heard on the leaf", [], place.ear.heard())

    def allowed(self, place, who):
        place.ear.heard()
        messages, errors = self.ask(place, who)
        heard = place.ear.heard()
        same("-ERR", [], errors)
        same("heard on the leaf", [(self.fill(place), self.body)], [(m.subject, m.payload) for m in heard])


class Sub(Case):
    """Listening, or joining a queue group. @probe is (who, subject, body): what is said meanwhile."""

    def __init__(self, dialect, what, pattern, queue, probe, refused, allowed, **options):
        super().__init__(dialect, what, refused, allowed, **options)
        self.pattern = pattern
        self.queue = queue
        self.sender, self.subject, self.body = probe

    def control(self, place):
        attacker = place.open_attacker
        sid = attacker.client.subscribe(self.pattern, self.queue)
        attacker.said()
        victim = place.stranger()
        victim.publish(self.subject, self.body)
        victim.barrier()
        victim.close()
        place.open_ear.heard()
        messages, _ = attacker.said()
        attacker.forget(sid)
        same("overheard on the open server", [self.body], [m.payload for m in messages])

    def listen(self, place, who):
        """Returns what @who heard of the probe, and the errors."""
        person = place.person(who)
        place.ear.heard()
        sid = person.client.subscribe(self.pattern, self.queue)
        first = person.said()
        sender = place.leaf if self.sender == "leaf" else place.person(self.sender)
        sender.client.publish(self.subject, self.body)
        same("the probe's own errors", [], sender.said()[1])
        same("the probe on the leaf", [self.body], [m.payload for m in place.ear.heard()])
        messages, errors = person.said()
        person.forget(sid)
        place.ear.heard()
        # streams acknowledge earlier cases when they are ready
        heard = [m for m in first[0] + messages if not m.subject.startswith("_INBOX.")]
        return heard, first[1] + errors

    def refused(self, place, who):
        messages, errors = self.listen(place, who)
        same("overheard", [], messages)
        found = QUEUE.fullmatch(errors[0]) if len(errors) == 1 else None
        same("-ERR", (self.pattern, self.queue or None), found.groups() if found else errors)

    def allowed(self, place, who):
        messages, errors = self.listen(place, who)
        same("errors", [], errors)
        same("heard", [(self.subject, self.body)], [(m.subject, m.payload) for m in messages])


class Reply(Case):
    """A message that may be sent, with a reply subject that may not be named."""

    def __init__(self, dialect, what, subject, body, reply, refused, allowed, **options):
        super().__init__(dialect, what, refused, allowed, **options)
        self.subject = subject
        self.body = json.dumps(body).encode()
        self.reply = reply

    def control(self, place):
        """A host that answers as hosts do: on the reply subject, with the fields of the question."""
        host = place.stranger()
        host.subscribe(self.subject)
        host.barrier()
        place.open_attacker.client.publish(self.subject, self.body, self.reply)
        place.open_attacker.said()
        asked = host.next()
        host.publish(asked.reply, asked.payload)
        host.barrier()
        host.close()
        aimed = [m.payload for m in place.open_ear.heard() if m.subject == self.reply]
        same("what the host was made to say", [self.body], aimed)

    def refused(self, place, who):
        person = place.person(who)
        place.ear.heard()
        person.client.publish(self.subject, self.body, self.reply)
        messages, errors = person.said()
        same("heard on the leaf", [], place.ear.heard())
        check_err("Publish with Reply of", self.reply, errors)
        same("answers", [], messages)

    def allowed(self, place, who):
        """The same question with an inbox of its own."""
        person = place.person(who)
        place.ear.heard()
        inbox, sid = person.inbox()
        person.client.publish(self.subject, self.body, inbox)
        messages, errors = person.said()
        person.forget(sid)
        same("errors", [], errors)
        same("heard on the leaf", [self.body], [m.payload for m in place.ear.heard()])


class Answer(Case):
    """An answer to a question: @listen is where hosts hear it, @asker asks, @body is what is answered."""

    def __init__(self, dialect, what, listen, question, body, refused, allowed, asker="reader", queue="", **options):
        super().__init__(dialect, what, refused, allowed, **options)
        self.pattern = listen
        self.queue = queue
        self.subject, self.asked = question
        self.body = json.dumps(body).encode()
        self.asker = asker

    def control(self, place):
        forger = place.stranger()
        forger.subscribe(self.pattern)
        forger.barrier()
        asker = place.open_attacker
        inbox, sid = asker.inbox()
        asker.client.publish(self.subject, self.asked, inbox)
        asker.said()
        forger.publish(forger.next().reply, self.body)
        forger.barrier()
        forger.close()
        messages, _ = asker.said()
        asker.forget(sid)
        same("what the asker believes on the open server", [self.body], [m.payload for m in messages])

    def answer(self, place, who):
        """@who hears the question if it may, and answers it. Returns its errors and what the asker heard.

        An answer that must not come is waited for by one that comes behind it: the leaf's own.
        """
        asker, host = place.person(self.asker), place.person(who)
        place.ear.heard()
        heard = host.client.subscribe(self.pattern, self.queue)
        _, refused = host.said()
        inbox, sid = asker.inbox()
        asker.client.publish(self.subject, self.asked, inbox)
        same("the asker's errors", [], asker.said()[1])
        upstream = [m.reply for m in place.ear.heard() if m.subject == self.subject]
        same("questions on the leaf", 1, len(upstream))
        questions, errors = host.said()
        # who may not hear the question has learnt elsewhere where the answer goes
        for reply in {m.reply for m in questions} or {inbox, *upstream}:
            host.client.publish(reply, self.body)
        _, more = host.said()
        place.leaf.client.publish(upstream[0], b"the last answer")
        place.leaf.said()
        answers = []
        while not answers or answers[-1].payload != b"the last answer":
            answers.append(asker.client.next())
        host.forget(heard)
        asker.forget(sid)
        return refused + errors + more, answers[:-1]

    def refused(self, place, who):
        errors, answers = self.answer(place, who)
        same("what the asker heard", [], [m for m in answers if m.payload == self.body])
        if not errors:
            raise Failed("nobody told the forger")

    def allowed(self, place, who):
        errors, answers = self.answer(place, who)
        same("errors", [], errors)
        same("what the asker heard", [self.body], [m.payload for m in answers])


class Api(Pub):
    """A request of the JetStream API. @prepare(client) makes what it is about, on either server."""

    def __init__(self, dialect, what, subject, body, refused, allowed, prepare=None, **options):
        super().__init__(dialect, what, subject, body, refused, allowed, **options)
        self.prepare = prepare

    def control(self, place):
        if self.prepare:
            self.prepare(place.open_attacker.client)
        said = json.loads(place.open_attacker.client.request(self.subject, self.body).payload)
        if "error" in said:
            raise Failed(f"the open server says {said}")
        place.open_ear.heard()

    def refused(self, place, who):
        if self.prepare:
            self.prepare(place.leaf.client)
        super().refused(place, who)

    def allowed(self, place, who):
        if self.prepare:
            self.prepare(place.leaf.client)
        place.ear.heard()
        person = place.person(who)
        said = json.loads(person.client.request(self.subject, self.body).payload)
        same("errors", [], person.said()[1])
        if "error" in said:
            raise Failed(f"answered {said}")
        if self.subject not in [m.subject for m in place.ear.heard()]:
            raise Failed("it was not heard on the leaf")
