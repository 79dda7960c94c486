/*
 * learn_write - facts to the text of a policy. Nothing of a stranger's stands outside of quotes but
 * for names of credentials in comments, of which only printable characters are kept.
 */
#include "gateway/cli/learn.h"

static void
put_time(struct buf *b, int64_t ns)
{
	record_put_time(b, ns / 1000000000 * 1000000000);
	if (!buf_failed(b))
		b->len -= 11; /* ".000000000Z" */
	buf_put_u8(b, 'Z');
}

static void
put_count(struct buf *b, uint64_t n, const char *one, const char *more)
{
	buf_put_dec(b, n);
	buf_put_str(b, n == 1 ? one : more);
}

static void
put_missing(struct buf *b, uint64_t n, const char *what)
{
	if (n == 0)
		return;
	buf_put_str(b, "#   ");
	buf_put_dec(b, n);
	buf_put_u8(b, ' ');
	buf_put_str(b, what);
	buf_put_u8(b, '\n');
}

static void
put_header(const struct learn *l, struct buf *b)
{
	buf_put_str(b, "# Learned by `portcullis policy learn' from ");
	put_count(b, l->learned, " allowed command, #", " allowed commands, #");
	buf_put_dec(b, l->first_seq);
	buf_put_str(b, " to #");
	buf_put_dec(b, l->last_seq);
	buf_put_str(b, ",\n# ");
	put_time(b, l->first_ns);
	buf_put_str(b, " to ");
	put_time(b, l->last_ns);
	buf_put_str(b, ".\n"
		       "# It allows what was seen and nothing else. Read it before it is put in "
		       "force: what was\n"
		       "# seen may have been wrong, and what is rare may not have been seen.\n"
		       "#\n"
		       "# Not in it:\n"
		       "#   data (publish, subscribe, answers, serve): allowed data is not "
		       "recorded, so nothing\n"
		       "#   of it can be learned. Keep the rules for it that you have.\n");
	for (int i = 0; i < LEARN_SKIPS; i++)
		put_missing(b, l->skipped[i], learn_skip_text((enum learn_skip)i));
	put_missing(
	    b, l->refused, "held something no condition can say without saying more, see the end");
	put_missing(b, l->replies,
	    "asked for answers outside of _INBOX: `reply' grants those beyond own subscriptions");
	buf_put_u8(b, '\n');
}

/* put_lattices() - each once; facts stand sorted by role first. */
static size_t
put_lattices(const struct learn *l, struct buf *b)
{
	size_t n = 0;

	buf_put_str(b, "lattices = [");
	for (size_t i = 0; i < l->n_facts; i++) {
		bool again = l->fact[i]->n == 0;

		for (size_t k = 0; k < i && !again; k++)
			again = l->fact[k]->n != 0 &&
				bytes_is(bytes_str(l->fact[k]->lattice), l->fact[i]->lattice);
		if (again)
			continue;
		buf_put_str(b, n++ == 0 ? "" : ", ");
		learn_put_string(b, bytes_str(l->fact[i]->lattice));
	}
	buf_put_str(b, "]\n\n");
	return n;
}

static void
put_role(const struct learn_role *r, struct buf *b)
{
	buf_put_str(b, "# ");
	put_count(b, r->n, " command, first by ", " commands, first by ");
	learn_put_string(b, bytes_str(r->shown));
	buf_put_str(b, "\nrole ");
	buf_put_str(b, r->name);
	buf_put_str(b, " { account = ");
	learn_put_string(b, bytes_str(r->account));
	buf_put_str(b, r->tag != NULL ? "  tags = [" : "  users = [");
	learn_put_string(b, bytes_str(r->tag != NULL ? r->tag : r->user));
	buf_put_str(b, "] }\n");
}

static void
put_evidence(const struct learn_fact *f, struct buf *b)
{
	buf_put_str(b, "\n# ");
	put_count(b, f->n, " time, ", " times, ");
	put_time(b, f->first_ns);
	if (f->n != 1) {
		buf_put_str(b, " to ");
		put_time(b, f->last_ns);
	}
	buf_put_str(b, f->n == 1 ? ": " : ", such as ");
	for (size_t i = 0; i < LEARN_SEQS && i < f->n; i++) {
		buf_put_str(b, i == 0 ? "#" : " #");
		buf_put_dec(b, f->seq[i]);
	}
	buf_put_u8(b, '\n');
}

static void
put_rule(const struct learn *l, const struct learn_fact *f, bool lattice, struct buf *b)
{
	size_t start, n = lattice;
	struct learn_kind k;

	put_evidence(f, b);
	buf_put_str(b, "rule ");
	buf_put_str(b, f->name);
	buf_put_str(b, " {\n\tallow   = [");
	buf_put_str(b, command_verb_name(f->verb));
	buf_put_str(b, "]\n\tto      = [");
	buf_put_str(b, l->role[f->role].name);
	buf_put_str(b, "]\n");
	start = b->len;
	buf_put_str(b, "\twhere {\n");
	if (lattice) {
		buf_put_str(b, "\t\tlattice = ");
		learn_put_string(b, bytes_str(f->lattice));
		buf_put_u8(b, '\n');
	}
	for (int i = POLICY_FIELD_NONE + 1; i < POLICY_FIELD_COUNT; i++)
		if (learn_field_kind(l, f->verb, (enum policy_field)i, &k))
			n += learn_values_put(
			    b, policy_field_name((enum policy_field)i), &f->field[i]);
	if (n == 0 && !buf_failed(b))
		b->len = start; /* an empty where is an error */
	else
		buf_put_str(b, "\t}\n");
	buf_put_str(b, "\tbecause = \"seen ");
	put_count(b, f->n, " time until ", " times until ");
	put_time(b, f->last_ns);
	buf_put_str(b, "\"\n}\n");
}

static void
put_refused(const struct learn *l, struct buf *b)
{
	for (size_t i = 0; i < l->n_facts; i++) {
		const struct learn_fact *f = l->fact[i];

		if (f->refused == 0)
			continue;
		buf_put_str(b, "\n# Not learned: ");
		put_count(b, f->refused, " time ", " times ");
		buf_put_str(b, command_verb_name(f->verb));
		buf_put_str(b, " by ");
		buf_put_str(b, l->role[f->role].name);
		buf_put_str(b, " with a ");
		buf_put_str(b, policy_field_name(f->refused_field));
		buf_put_str(b, " that holds a '*' or cannot be written, first #");
		buf_put_dec(b, f->refused_seq);
		buf_put_u8(b, '\n');
	}
}

void
learn_put_policy(const struct learn *l, struct buf *out)
{
	bool several;

	put_header(l, out);
	several = put_lattices(l, out) > 1;
	for (size_t i = 0; i < l->n_roles; i++)
		if (l->role[i].used)
			put_role(&l->role[i], out);
	for (size_t i = 0; i < l->n_facts; i++)
		if (l->fact[i]->n != 0)
			put_rule(l, l->fact[i], several, out);
	put_refused(l, out);
}
