#!/usr/bin/python3
"""The rules excuse what they name and nothing else: a gateway that fails must not be explained."""

import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import generate  # noqa: E402
import subjects  # noqa: E402
import world  # noqa: E402,F401 (puts tests/support on the path)
import play  # noqa: E402
import rules  # noqa: E402

DENIED = ("err", 'Permissions Violation for Publish to "a.b"')


def message(subject="a.b", reply="", payload=b"x"):
    return ("msg", subject, reply, b"", payload)


def arrived(subject="a.b", sid="1", reply="", payload=b"x"):
    return ("msg", subject, sid, reply, b"", payload)


def explain(op, a, b, subs=None, replies=(), withheld=(), **lists):
    claims = {"pub": {}, "sub": {}}
    for name, value in lists.items():
        side, _, word = name.partition("_")
        if word:
            claims[side][word] = value
        else:
            claims[name] = value
    session = generate.Session(0, claims, {}, [])
    return rules.explain(rules.Case(session, op, play.Outcome(*a), play.Outcome(*b), subs or {},
                                    set(replies), set(withheld)))


class Rules(unittest.TestCase):
    pub = generate.Op("pub", subject="a.b", payload=b"x")

    def test_same_outcome_needs_no_rule(self):
        self.assertEqual(explain(self.pub, ([], [message()]), ([], [message()])), ([], None))

    def test_refusing_a_plain_publish_is_a_bug(self):
        self.assertIsNotNone(explain(self.pub, ([], [message()]), ([DENIED], []))[1])

    def test_letting_through_what_the_server_refuses_is_a_bug(self):
        for lists in ({"pub_deny": ["a.>"]}, {"pub_allow": []}, {"resp": {}, "pub_deny": ["a.b"]}):
            self.assertIsNotNone(explain(self.pub, ([DENIED], []), ([], [message()]), **lists)[1])

    def test_an_error_while_letting_through_is_a_bug(self):
        self.assertIsNotNone(
            explain(self.pub, ([], [message()]), ([DENIED], [message()]), pub_allow=[])[1])

    def test_other_words_than_the_servers_are_a_bug(self):
        said = ("err", "No")
        self.assertIsNotNone(explain(self.pub, ([], [message()]), ([said], []), pub_allow=[])[1])

    def test_an_empty_list_denies(self):
        self.assertEqual(explain(self.pub, ([], [message()]), ([DENIED], []), pub_allow=[]),
                         (["explicit_empty_allow_denies_publish"], None))

    def test_a_grant_does_not_beat_a_deny(self):
        self.assertEqual(
            explain(self.pub, ([], [message()]), ([DENIED], []), pub_deny=["a.*"], resp={}),
            (["deny_beats_a_response_grant"], None))

    def test_a_lost_delivery_needs_a_deny(self):
        op = generate.Op("deliver", subject="a.b", payload=b"x")
        subs = {"1": (">", "")}
        self.assertIsNotNone(explain(op, ([arrived()], []), ([], []), subs)[1])
        self.assertEqual(explain(op, ([arrived()], []), ([], []), subs, sub_deny=["a.b"])[0],
                         ["overlapping_deny_filters_delivery"])

    def test_an_extra_delivery_is_a_bug(self):
        op = generate.Op("deliver", subject="a.b", payload=b"x")
        self.assertIsNotNone(explain(op, ([], []), ([arrived()], []), {"1": (">", "")})[1])

    def test_an_answer_must_reach_who_asked(self):
        peer = generate.PEER_INBOX + ".1"
        op = generate.Op("pub", subject=peer, payload=b"x")
        astray = ([], [message("own:" + peer)])
        right = ([], [message(peer)])
        self.assertIsNotNone(explain(op, right, astray, replies=[peer])[1])
        self.assertEqual(explain(op, right, astray)[0], ["inbox_of_another_is_out_of_reach"])

    def test_a_wider_subscription_is_a_bug(self):
        op = generate.Op("sub", subject="a.>", sid="1")
        refused = ("err", 'Permissions Violation for Subscription to "a.>"')
        self.assertIsNotNone(explain(op, ([refused], []), ([], []), sub_allow=["a.b"])[1])
        self.assertEqual(explain(op, ([], []), ([refused], []), sub_allow=["a.*"])[0],
                         ["subscription_is_not_a_true_subset"])


class Subjects(unittest.TestCase):
    def test_match(self):
        for pattern, literal, yes in (("a.*", "a.b", True), ("a.>", "a", False), (">", "a", True),
                                      ("*.b", "a.b.c", False), ("a*", "ab", False)):
            self.assertEqual(subjects.matches(pattern, literal), yes, (pattern, literal))

    def test_subset_agrees_with_match_on_literals(self):
        literals = ["a", "b", "a.a", "a.b", "b.a", "a.a.a", "a.b.a"]
        patterns = literals + ["*", ">", "a.*", "*.a", "a.>", "*.>", "a.*.a", "*.*", "*.*.>"]
        for inner in patterns:
            for outer in patterns:
                within = all(subjects.matches(outer, s) for s in literals if subjects.matches(inner, s))
                if subjects.subset(inner, outer):
                    self.assertTrue(within, (inner, outer))
                if not subjects.has_wildcard(inner):
                    self.assertEqual(subjects.subset(inner, outer), subjects.matches(outer, inner))


if __name__ == "__main__":
    unittest.main()
