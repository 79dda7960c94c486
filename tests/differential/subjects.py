"""Subjects, the slow way: lists of tokens and recursion, so that a reader can check it by eye.

The gateway's matcher is fast and clever; this one is what it is held against.
Source: nats-server server/sublist.go (matchLiteral, isSubsetMatch), NATS docs, "Subject-Based Messaging".
"""


def tokens(subject):
    return subject.split(".")


def valid(subject, wildcards):
    """A well-formed subject; with @wildcards a pattern, else a literal."""
    parts = tokens(subject)
    for i, part in enumerate(parts):
        if part == "":
            return False
        if part == ">" and (not wildcards or i != len(parts) - 1):
            return False
        if part == "*" and not wildcards:
            return False
    return True



def has_wildcard(subject):
    return any(t in ("*", ">") for t in tokens(subject))


def matches(pattern, literal):
    """Does @pattern match @literal, whose own "*" and ">" are plain text here?"""
    p, s = tokens(pattern), tokens(literal)
    while p:
        if p[0] == ">" and len(p) == 1:
            return len(s) >= 1
        if not s or (p[0] != "*" and p[0] != s[0]):
            return False
        p, s = p[1:], s[1:]
    return not s


def subset(inner, outer):
    """Is everything @inner can match also matched by @outer?"""
    i, o = tokens(inner), tokens(outer)
    while o:
        if o == [">"]:
            return len(i) >= 1
        if not i or i[0] == ">":
            return False
        if o[0] != "*" and (i[0] == "*" or i[0] != o[0]):
            return False
        i, o = i[1:], o[1:]
    return not i


def overlap(a, b):
    """Is there a literal both match?"""
    x, y = tokens(a), tokens(b)
    while x and y:
        if x == [">"] or y == [">"]:
            return True
        if "*" not in (x[0], y[0]) and x[0] != y[0]:
            return False
        x, y = x[1:], y[1:]
    return not x and not y


def split_queue(entry):
    """A sub permission entry "subject queue" as (subject, queue); queue is None for a plain one."""
    subject, _, queue = entry.partition(" ")
    return subject, queue or None
