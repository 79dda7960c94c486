/*
 * expect - what a policy promises, one decision a line, and whether it keeps it.
 *
 *	OP [who] args -> allow|deny|pass|strip|refuse [rule=NAME|none] [reason=WORD] [field=WORD]
 *	    [would_deny]
 *
 *	PUB subject [reply] [@file]    SUB pattern [queue]    DELIVER pattern subject [queue]
 *	ANSWER reply                   HEADER name
 *
 * who: role= host= tag= account= name= user= issuer= source= certificate=, and the credential's own lists pub_allow= pub_deny=
 * sub_allow= sub_deny= (commas between, `+` for the blank before a queue). Beside it at=MOMENT, when
 * it is asked (without: before anybody said what time it is), and times=N, how often, at once: `allow`
 * promises all N, `deny` that the last is the first to be refused. @file holds the payload; a command
 * without one is judged by its subject alone.
 * A line that begins with # is a comment, and so is what follows a word that begins with # behind
 * the verdict. `SET NAME=VALUE` says what @NAME@ stands for in a template and its policy; whoever
 * reads templates fills it in before (expect_set()), for the others it is a comment.
 *
 * Pure: bytes in, values out. The lines come from the operator, but through a process that is told
 * nothing it must believe: every word is bounded.
 */
#ifndef POLICY_RULES_EXPECT_H
#define POLICY_RULES_EXPECT_H

#include "policy/rules/rights.h"

enum { EXPECT_MAX_TIMES = 10000, EXPECT_MAX_TAGS = 8, EXPECT_MAX_ARGS = 3, EXPECT_LISTS = 4, EXPECT_MAX_CERTS = 4, EXPECT_MAX_BODY = 256 * 1024 };

enum expect_op {
	EXPECT_NONE = 0,
	EXPECT_PUB,
	EXPECT_SUB,
	EXPECT_DELIVER,
	EXPECT_ANSWER,
	EXPECT_HEADER,
};

enum expect_verdict {
	EXPECT_DENY = 0,
	EXPECT_ALLOW,
	EXPECT_REFUSE, /* of a header */
	EXPECT_STRIP,
	EXPECT_PASS,
};

/* One line. Slices of the text it was read from. */
struct expect_case {
	uint32_t line;
	struct bytes text; /* the whole line */
	enum expect_op op;
	struct bytes role, account, name, user, issuer, source; /* ptr NULL: not said */
	struct bytes certificate[EXPECT_MAX_CERTS];
	size_t n_certificates;
	size_t n_tags;
	struct bytes tag[EXPECT_MAX_TAGS]; /* of tag= and host=, see ->host */
	bool host[EXPECT_MAX_TAGS];        /* the tag is "host:" and this */
	struct bytes
	    list[EXPECT_LISTS]; /* pub_allow, pub_deny, sub_allow, sub_deny; ptr NULL: absent */
	bool at; /* said: */
	int64_t at_s;
	uint32_t times; /* 0 in no line: 1 */
	size_t n_args;
	struct bytes arg[EXPECT_MAX_ARGS];
	struct bytes body; /* the file's name without its @; ptr NULL: none */
	enum expect_verdict want;
	struct bytes want_rule, want_reason, want_field; /* ptr NULL: anything will do */
	bool would_deny;
};

struct expect_reader {
	struct bytes rest;
	uint32_t line; /* lines read so far */
	uint32_t col;  /* of a fault, 1-based */
	const char *why;
};

enum expect_answer {
	EXPECT_END = 1, /* no more lines */
	EXPECT_BAD, /* not a line of this kind; ->why and ->col say what and where. Go on reading.
		     */
	EXPECT_FAILED, /* some line does not hold; the report says which */
};

/* expect_begin() - read @text from its first line; borrows it. */
void expect_begin(struct expect_reader *r, struct bytes text);
/* expect_next() - the next line that holds a decision. Return: 0, EXPECT_END, EXPECT_BAD. */
int expect_next(struct expect_reader *r, struct expect_case *c) must_check;
/*
 * expect_set() - the value of the first `SET @name=VALUE` line, or BYTES_NULL. expect_set_nth() -
 * the n-th such line whatever its name; false past the last.
 */
struct bytes expect_set(struct bytes text, struct bytes name);
bool expect_set_nth(struct bytes text, size_t n, struct bytes *name, struct bytes *value);

/* expect_bodies - where payloads come from. ->read appends the file's bytes. Return: 0, -errno. */
struct expect_bodies {
	int (*read)(void *ctx, const char *expect_file, struct bytes name, struct buf *out);
	void *ctx;
};

/* What came of one line. */
struct expect_got {
	bool held;
	enum expect_verdict verdict;
	struct decision d; /* not of a header */
	uint32_t rule;     /* the rule that decided, also of a header; RULE_NONE */
	uint32_t times;    /* how often it was asked, up to this answer */
	bool stopped;      /* less often than the line says */
};

/*
 * expect_person() - the identity a line speaks of. role=NAME is whoever that role of the policy is
 * meant for (its account, its tags, a name, a user, an issuer and an address it lists); when several files have one, that
 * of the *.policy beside @file. A role nobody declared is its tag role:NAME alone. account=OTHER is
 * an account no policy knows.
 * Return: 0 and *id owned by the caller, -ENOMEM.
 */
int expect_person(struct identity *id, const struct policy *p, const struct expect_case *c,
    const char *file) must_check;
/*
 * expect_judge() - ask what the line asks, as the gate would. @payload: of a PUB with @file.
 * Return: 0, -EINVAL (a deny list that cannot be read), -ENOMEM.
 */
int expect_judge(struct expect_got *got, const struct policy *p, const struct expect_case *c,
    const char *file, struct bytes payload) must_check;
/* expect_say() - "deny rule=x reason=rule field=y would_deny"; of several times also after how many. */
void expect_say(struct buf *out, const struct policy *p, const struct expect_got *got);

struct expect_run {
	const struct policy *policy;
	const struct expect_bodies *bodies; /* NULL: a line with @file fails */
	struct text_report *report; /* FILE:LINE:COL: error: ... for each line that does not hold */
	bool *decided;              /* NULL, or one per rule: set when it decided a line */
	size_t lines, failed;       /* added to */
};

/* expect_run() - every line of one file. Return: 0, EXPECT_FAILED, -ENOMEM. */
int expect_run(struct expect_run *run, const char *file, struct bytes text) must_check;

#endif
