/*
 * redact - see redact.h. All places that have to go are collected first - those the schemas named,
 * then those that look like a credential wherever they stand - and sorted; where two overlap, what
 * either covers is one secret. Then the payload is copied around them.
 *
 * What a schema does not name and what does not look like a credential stays: a password in a free
 * text cannot be known for one. A credential whose letters are written as JSON escapes is not
 * recognised either; the schemas' spans do not depend on spelling.
 */
#include "policy/audit/redact.h"

#include <sodium.h>

#include "policy/audit/redact_priv.h"

enum {
	COMMIT_LEN = 16,
	SEED_LEN = 58,
	USERINFO_MAX = 512,
	MARKS_MAX = 2 * REDACT_SPANS_MAX,
};

#define OPEN_MARK "\xe2\x80\xb9"  /* U+2039 */
#define CLOSE_MARK "\xe2\x80\xba" /* U+203A */

struct mark {
	size_t at, end;
	bool jwt;
};

struct marks {
	struct mark *mark;
	size_t n;
	bool full;
};

static void
add(struct marks *m, size_t at, size_t len, bool jwt)
{
	if (len == 0)
		return;
	m->full = m->full || m->n == MARKS_MAX;
	if (!m->full)
		m->mark[m->n++] = (struct mark){ at, at + len, jwt };
}

static bool
is_base64url(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '_';
}

static size_t
base64url_run(struct bytes s)
{
	size_t n = 0;

	while (n < s.len && is_base64url(s.ptr[n]))
		n++;
	return n;
}

/* token_len() - a JWT at the front of @s: three parts, the first an object's beginning? */
static size_t
token_len(struct bytes s)
{
	size_t len = 0;

	if (!bytes_starts(s, BYTES_LIT("eyJ")))
		return 0;
	for (int part = 0; part < 3; part++) {
		size_t n = base64url_run(bytes_from(s, len));

		len += n;
		if (n == 0)
			return 0;
		if (part == 2)
			break;
		if (len == s.len || s.ptr[len] != '.')
			return 0;
		len++;
	}
	return len;
}

/* seed_len() - an NKey seed at the front of @s? */
static size_t
seed_len(struct bytes s)
{
	if (s.len < SEED_LEN || s.ptr[0] != 'S' || memchr("OAUNCXMV", s.ptr[1], 8) == NULL)
		return 0;
	for (size_t i = 2; i < SEED_LEN; i++)
		if (!(s.ptr[i] >= 'A' && s.ptr[i] <= 'Z') && !(s.ptr[i] >= '2' && s.ptr[i] <= '7'))
			return 0;
	return SEED_LEN;
}

/* userinfo_len() - behind "://": what stands before an '@' in the authority. */
static size_t
userinfo_len(struct bytes s)
{
	size_t at = 0;

	s = bytes_upto(s, USERINFO_MAX);
	for (size_t i = 0; i < s.len && s.ptr[i] > ' ' && memchr("/?#\"\\<>", s.ptr[i], 7) == NULL;
	     i++)
		if (s.ptr[i] == '@')
			at = i;
	return at;
}

/* dull() - how many bytes from the front begin nothing that recognise() looks for. */
static size_t
dull(struct bytes s)
{
	size_t n = 0;

	while (n < s.len && s.ptr[n] != 'e' && s.ptr[n] != 'S' && s.ptr[n] != ':')
		n++;
	return n;
}

/*
 * recognise() - credentials by their looks. Where a token might begin and is none, none begins in
 * the same run of letters: so much is not looked at again.
 */
static void
recognise(struct marks *m, struct bytes s)
{
	size_t i = 0, none = 0;

	while ((i += dull(bytes_from(s, i))) < s.len) {
		struct bytes rest = bytes_from(s, i);
		bool may = i >= none && bytes_starts(rest, BYTES_LIT("eyJ"));
		size_t token = may ? token_len(rest) : 0;
		size_t seed = s.ptr[i] == 'S' ? seed_len(rest) : 0;

		if (may && token == 0)
			none = i + base64url_run(rest);
		add(m, i, token, true);
		add(m, i, seed, false);
		if (s.ptr[i] == ':' && bytes_starts(rest, BYTES_LIT("://")))
			add(m, i + 3, userinfo_len(bytes_from(rest, 3)), false);
		i += token + seed > 0 ? token + seed : 1;
	}
}

static int
by_place(const void *a, const void *b)
{
	const struct mark *x = a, *y = b;

	return (x->at > y->at) - (x->at < y->at);
}

/* merge() - sorted, and none overlaps the next. */
static void
merge(struct marks *m)
{
	size_t kept = 0;

	qsort(m->mark, m->n, sizeof(m->mark[0]), by_place);
	for (size_t i = 0; i < m->n; i++) {
		struct mark *last = kept > 0 ? &m->mark[kept - 1] : NULL;

		if (last != NULL && m->mark[i].at < last->end) {
			last->jwt = false;
			if (m->mark[i].end > last->end)
				last->end = m->mark[i].end;
		} else {
			m->mark[kept++] = m->mark[i];
		}
	}
	m->n = kept;
}

int
redact_commit(struct bytes key, struct bytes secret, char hex[33])
{
	crypto_auth_hmacsha256_state st;
	uint8_t mac[crypto_auth_hmacsha256_BYTES];

	if (key.len != REDACT_KEY_LEN)
		return REDACT_REFUSED;
	crypto_auth_hmacsha256_init(&st, key.ptr, key.len);
	crypto_auth_hmacsha256_update(&st, (const uint8_t *)"portcullis audit secret v1",
	    sizeof("portcullis audit secret v1"));
	crypto_auth_hmacsha256_update(&st, secret.ptr, secret.len);
	crypto_auth_hmacsha256_final(&st, mac);
	sodium_bin2hex(hex, 33, mac, COMMIT_LEN);
	return 0;
}

struct writer {
	struct buf *out;
	size_t left;
	bool cut;
};

/* put_plain() - what may stay, up to a character's end; a mark that is none of ours is broken. */
static void
put_plain(struct writer *w, struct bytes s)
{
	while (s.len != 0 && !w->cut) {
		bool mark = bytes_starts(s, BYTES_LIT(OPEN_MARK "secret:")) ||
			    bytes_starts(s, BYTES_LIT(OPEN_MARK "jwt:"));
		size_t n = bytes_find(bytes_from(s, 1), 0xe2) + 1, fits;

		if (mark) {
			w->cut = w->left == 0;
			if (!w->cut)
				buf_put_u8(w->out, '<');
			w->left -= !w->cut;
			s = bytes_from(s, 3);
			continue;
		}
		fits = n < w->left ? n : w->left;
		w->cut = fits < n;
		while (w->cut && fits > 0 && fits < s.len && (s.ptr[fits] & 0xc0) == 0x80)
			fits--;
		buf_put(w->out, bytes_upto(s, fits));
		w->left -= fits;
		s = bytes_from(s, n);
	}
}

/* put_mark() - whole, or nothing more at all. Return: was it written? */
static bool
put_mark(struct writer *w, struct bytes s)
{
	if (w->cut || s.len > w->left) {
		w->cut = true;
		return false;
	}
	buf_put(w->out, s);
	w->left -= s.len;
	return true;
}

static int
put_all(struct writer *w, const struct redact_input *in, const struct marks *m, uint64_t *secrets)
{
	size_t at = 0;

	for (size_t i = 0; i < m->n && !w->cut; i++) {
		struct bytes what = bytes_upto(
		    bytes_from(in->payload, m->mark[i].at), m->mark[i].end - m->mark[i].at);
		uint8_t room[REDACT_TOKEN_MAX];
		struct buf mark = { .ptr = room, .cap = sizeof(room), .max = sizeof(room) };
		char hex[33];

		put_plain(w, bytes_upto(bytes_from(in->payload, at), m->mark[i].at - at));
		if (redact_commit(in->key, what, hex) != 0)
			return REDACT_REFUSED;
		buf_put_str(&mark, OPEN_MARK);
		if (m->mark[i].jwt) {
			redact_token(&mark, what);
		} else {
			buf_put_str(&mark, "secret:");
			buf_put_str(&mark, hex);
		}
		buf_put_str(&mark, CLOSE_MARK);
		if (put_mark(w, buf_bytes(&mark)) && !m->mark[i].jwt)
			(*secrets)++;
		at = m->mark[i].end;
	}
	put_plain(w, bytes_from(in->payload, at));
	return buf_failed(w->out) ? err_raise(-ENOMEM) : 0;
}

int
redact(const struct redact_input *in, struct buf *out, uint64_t *secrets, bool *cut)
{
	struct writer w = { .out = out, .left = in->max != 0 ? in->max : REDACT_BODY_MAX };
	autofree(mem_freep) struct mark *mark = NULL;
	struct marks m = { 0 };
	int err;

	*secrets = 0;
	*cut = false;
	if (in->key.len != REDACT_KEY_LEN || in->n_spans > REDACT_SPANS_MAX)
		return REDACT_REFUSED;
	mark = malloc(MARKS_MAX * sizeof(*mark)); /* room for the worst: nothing to clear for the usual */
	if (mark == NULL)
		return err_raise(-ENOMEM);
	m.mark = mark;
	for (size_t i = 0; i < in->n_spans; i++) {
		if (in->span[i].at > in->payload.len ||
		    in->span[i].len > in->payload.len - in->span[i].at)
			return REDACT_REFUSED;
		add(&m, in->span[i].at, in->span[i].len, false);
	}
	recognise(&m, in->payload);
	if (m.full)
		return REDACT_REFUSED;
	merge(&m);
	err = put_all(&w, in, &m, secrets);
	*cut = w.cut;
	return err_pass(err);
}
