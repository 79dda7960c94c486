/*
 * gate_keys - see gate_keys.h. Public keys are no secret, but whoever can change them decides whose
 * commands are believed: the files belong with those of trust { }.
 */
#include "gateway/proc/gate_keys.h"

#include <fcntl.h>

#include "gateway/proc/file.h"

_Static_assert((int)CONFIG_MAX_GATES == (int)STAMP_GATES_MAX, "as many as are verified against");

/* read_one() - Return: 0, > 0 an answer of nkey.h, -errno. */
static int
read_one(const char *what, struct nkey *k)
{
	struct buf text;
	int r;

	if (what[0] != '/')
		return stamp_pub_read(k, bytes_str(what));
	buf_init(&text, 1024);
	r = file_read(AT_FDCWD, what, &text);
	if (r == 0)
		r = stamp_pub_read(k, buf_bytes(&text));
	buf_deinit(&text);
	return r;
}

int
gate_keys_read(const struct config *c, struct nkey keys[STAMP_GATES_MAX], size_t *n,
    void (*wrong)(void *ctx, const char *what, const char *why), void *ctx)
{
	int answer = 0;

	*n = 0;
	for (size_t i = 0; i < c->n_stamp_trust; i++) {
		int r = read_one(c->stamp_trust[i], &keys[i]);

		if (r == 0)
			continue;
		if (wrong != NULL)
			wrong(ctx, c->stamp_trust[i],
			    r < 0		       ? strerror(-r)
			    : r == NKEY_BAD_PREFIX ? "not the public key of a gate (C...)"
						   : nkey_why(r));
		answer = r < 0 ? r : TEXT_BAD;
	}
	*n = answer == 0 ? c->n_stamp_trust : 0;
	return err_pass(answer);
}
