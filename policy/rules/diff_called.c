/*
 * diff_called - how an identity of a diff is called, for people and in *.expect lines: by its role
 * where that is all there is to it, else by everything it carries.
 */
#include "policy/rules/diff_people.h"

const char *
diff_label(struct people *x, const struct made *m, const struct identity *id, struct bytes own)
{
	bool named = false, user = false;
	struct buf b;

	buf_init(&b, 4096);
	buf_put_str(&b, m->n == 0 ? "anybody" : "");
	for (size_t i = 0; i < m->n; i++) {
		buf_put_str(&b, i > 0 ? " + " : "");
		buf_put(&b, pol_bytes(m->role[i]->p, m->role[i]->role->name));
		named |= m->role[i]->role->names.n != 0;
		user |= m->role[i]->role->users.n != 0;
	}
	if (x->accounts && m->n > 0) {
		buf_put_str(&b, " of ");
		buf_put(&b, bytes_of(id->account, 8));
		buf_put_str(&b, "...");
	}
	if (named) {
		buf_put_str(&b, " called ");
		buf_put_str(&b, id->name);
	}
	if (user) {
		buf_put_str(&b, " with key ");
		buf_put(&b, bytes_of(id->user, 8));
		buf_put_str(&b, "...");
	}
	if (m->address.len != 0) {
		buf_put_str(&b, " from ");
		buf_put(&b, m->address);
	}
	for (size_t i = 0; i < id->n_certs; i++) {
		buf_put_str(&b, i == 0 ? " with a certificate of " : ", ");
		buf_put_str(&b, id->certs[i]);
	}
	if (x->issuers.n != 0 && m->n > 0) {
		buf_put_str(&b, " signed by ");
		buf_put(&b, bytes_of(id->issuer, 8));
		buf_put_str(&b, "...");
	}
	if (own.len != 0) {
		buf_put_str(&b, " as host ");
		buf_put(&b, own);
	}
	if (x->d->moment[0] != '\0') {
		buf_put_str(&b, " at ");
		buf_put_str(&b, x->d->moment);
	}
	return diff_keep_buf(x->d, &b);
}

static void
put_moment(const struct people *x, struct buf *b)
{
	buf_put_str(b, x->d->moment[0] != '\0' ? " at=" : "");
	buf_put_str(b, x->d->moment);
}

/* A blank would end the word. */
static void
put_certificate(struct buf *b, const char *name)
{
	buf_put_str(b, " certificate=");
	for (; *name != '\0'; name++)
		buf_put(b, *name == ' ' ? BYTES_LIT("\\20") : bytes_of(name, 1));
}

/* In the words of an *.expect line: by role, and by all it carries. */
void
diff_expect_words(struct people *x, const struct made *m, struct diff_person *who)
{
	bool named = x->named, user = false;
	struct buf b;

	buf_init(&b, 4096);
	if (m->n == 1) {
		buf_put_str(&b, "role=");
		buf_put(&b, pol_bytes(m->role[0]->p, m->role[0]->role->name));
		if (who->own.len != 0) {
			buf_put_str(&b, " host=");
			buf_put(&b, who->own);
		}
		put_moment(x, &b);
	}
	who->expect[0] = bytes_str(diff_keep_buf(x->d, &b));
	buf_init(&b, 4096);
	buf_put_str(&b, "account=");
	buf_put_str(&b, m->n > 0 ? who->id.account : "OTHER");
	for (size_t i = 0; i < who->id.n_tags; i++) {
		buf_put_str(&b, " tag=");
		buf_put_str(&b, who->id.tags[i]);
	}
	for (size_t i = 0; i < m->n; i++)
		user |= m->role[i]->role->users.n != 0;
	buf_put_str(&b, named ? " name=" : "");
	buf_put_str(&b, named ? who->id.name : "");
	buf_put_str(&b, user ? " user=" : "");
	buf_put_str(&b, user ? who->id.user : "");
	if (m->n > 0) {
		buf_put_str(&b, x->issuers.n != 0 ? " issuer=" : "");
		buf_put_str(&b, x->issuers.n != 0 ? who->id.issuer : "");
		buf_put_str(&b, m->address.len != 0 ? " source=" : "");
		buf_put(&b, m->address);
	}
	for (size_t i = 0; i < who->id.n_certs; i++)
		put_certificate(&b, who->id.certs[i]);
	put_moment(x, &b);
	who->expect[1] = bytes_str(diff_keep_buf(x->d, &b));
}
