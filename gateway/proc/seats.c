/*
 * seats - see seats.h. A server has no words for a user's own limit, so who runs into it hears
 * those for too many connections.
 */
#include "gateway/proc/seats.h"

#include <sodium.h>

static const struct {
	const char *code, *error, *why;
} words[] = {
	{ "account_connections", "maximum account active connections exceeded",
	    "the account's connection limit is reached" },
	{ "user_connections", "maximum connections exceeded",
	    "the user's connection limit is reached" },
	{ "out_of_memory", NULL, "the verifier is out of memory" },
};

int
seats_init(struct seats *s)
{
	uint8_t key[TALLY_KEY];

	randombytes_buf(key, sizeof(key));
	s->accounts = tally_new(key, 0);
	s->users = tally_new(key, 0);
	return s->accounts != NULL && s->users != NULL ? 0 : err_raise(-ENOMEM);
}

static bool
one_more(struct tally_name *x, int64_t most)
{
	return most != 0 && tally_take(x, most < 0 ? 0 : (uint64_t)most);
}

static void
let_go(struct seats *s, struct seat *x)
{
	tally_drop(s->accounts, x->account);
	tally_drop(s->users, x->user);
	*x = (struct seat){ 0 };
}

const char *
seats_take(
    struct seats *s, struct seat *x, const struct identity *id, const struct seats_most *most)
{
	const char *no = NULL;

	x->account = tally_hold(s->accounts, id->account);
	x->user = tally_hold(s->users, id->user);
	if (x->account == NULL || x->user == NULL) {
		no = "out_of_memory";
	} else if (!one_more(x->account, most->account)) {
		no = "account_connections";
	} else if (!one_more(x->user, most->user)) {
		tally_give(x->account, 1);
		no = "user_connections";
	}
	if (no != NULL)
		let_go(s, x);
	return no;
}

void
seats_give(struct seats *s, struct seat *x)
{
	if (x->account == NULL)
		return;
	tally_give(x->account, 1);
	tally_give(x->user, 1);
	let_go(s, x);
}

const char *
seats_words(const char *code, const char **why)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(code, words[i].code) != 0)
			continue;
		*why = words[i].why;
		return words[i].error;
	}
	*why = code;
	return NULL;
}
