/*
 * learn - the least policy that allows what an audit log says was allowed.
 *
 * A fact is what one role did with one verb on one lattice: what was seen in each field a condition
 * can be put to. Nothing else is learned from than commands that were allowed. Everything is
 * bounded; the same records in the same order give the same policy, byte for byte.
 */
#ifndef GATEWAY_CLI_LEARN_H
#define GATEWAY_CLI_LEARN_H

#include "gateway/cli/learn_values.h"
#include "gateway/cli/recall.h"

enum {
	LEARN_ROLES = 1024,
	LEARN_FACTS = 4096,
	LEARN_SEQS = 3,
	LEARN_EXAMPLES = 8,
	LEARN_NAME = 64,
	LEARN_BUDGET = 64 << 20, /* bytes of examples */
};

/* Whoever has a tag in an account; without a tag, one user. */
struct learn_role {
	char account[NKEY_TEXT_LEN + 1], user[NKEY_TEXT_LEN + 1];
	char *tag; /* "role:deployer"; NULL: by user */
	char name[LEARN_NAME];
	char shown[LEARN_NAME]; /* the name of the first credential, printable */
	uint64_t n;
	bool used;
};

/* A command as a test can send it again. */
struct learn_example {
	uint64_t seq;
	char *subject;
	uint8_t *body; /* NULL: an empty one */
	size_t len;
};

struct learn_fact {
	size_t role;
	char *lattice;
	enum verb verb;
	char name[3 * LEARN_NAME];
	uint64_t n, first_seq, last_seq, seq[LEARN_SEQS];
	int64_t first_ns, last_ns;
	struct learn_values field[POLICY_FIELD_COUNT];
	size_t n_examples;
	struct learn_example example[LEARN_EXAMPLES];
	struct learn_example most;     /* the one with the greatest count */
	uint64_t refused, refused_seq; /* held something no condition can say: */
	enum policy_field refused_field;
};

enum learn_skip {
	LEARN_OBSERVED = 0, /* allowed only because a rule observes */
	LEARN_NO_BODY,
	LEARN_NO_VERB, /* no verb grants it, or no command without the log's policy */
	LEARN_NO_WHO,
	LEARN_TOO_MANY,
	LEARN_SKIPS
};

struct learn {
	size_t min; /* distinct values from which on they become a prefix */
	bool observed;
	struct prefixes *prefixes;
	void *arena;
	struct recall recall;
	struct buf scratch;
	size_t n_roles, n_facts, budget;
	struct learn_role *role;
	struct learn_fact **fact;
	uint64_t allowed, learned, denied, skipped[LEARN_SKIPS], refused;
	uint64_t replies; /* asked to answer elsewhere than in an own inbox */
	uint64_t first_seq, last_seq;
	int64_t first_ns, last_ns;
};

/* learn_init() - Return: 0, -ENOMEM; learn_deinit() after each. */
int learn_init(struct learn *l) must_check;
void learn_deinit(struct learn *l);
/* learn_record() - one more command. Return: 0, -ENOMEM. */
int learn_record(struct learn *l, const struct record *r) must_check;
/* learn_end() - that was all: names, prefixes, order. Return: 0, -ENOMEM. */
int learn_end(struct learn *l) must_check;
/* learn_field_kind() - how a field's values are kept; false: nothing is learned of it for this
 * verb. */
bool learn_field_kind(
    const struct learn *l, enum verb verb, enum policy_field f, struct learn_kind *k);
/* learn_put_policy() - the text of the policy. */
void learn_put_policy(const struct learn *l, struct buf *out);
/* learn_skip_text() - why something was not learned. */
const char *learn_skip_text(enum learn_skip why);

#endif
