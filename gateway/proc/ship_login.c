/*
 * ship_login - see ship_login.h. Seeds and keys lie in guarded memory; what they were read through is wiped.
 * nats.c takes a certificate's key as text and copies it: that copy is its own, for as long as it connects.
 */
#include "gateway/proc/ship_login.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/proc/file.h"
#include "gateway/proc/ship_priv.h"
#include "policy/identity/creds.h"

const char *
ship_part_name(enum ship_part p)
{
	static const char *const names[SHIP_PARTS] = { "sink_creds", "sink_ca", "sink_cert", "sink_key" };

	return names[p];
}

static void
drop(struct ship_login *l, enum ship_part p)
{
	char **text = p == PART_CREDS ? &l->jwt : p == PART_CA ? &l->ca : p == PART_CERT ? &l->cert : NULL;

	if (text != NULL) {
		free(*text);
		*text = NULL;
	}
	if (p == PART_CREDS)
		nkey_pair_deinit(&l->key);
	if (p == PART_KEY)
		secret_deinit(&l->pem);
	l->has &= ~(1U << p);
}

/* take_creds() - Return: NULL, or why not. */
static const char *
take_creds(struct ship_login *l, struct bytes text)
{
	struct nkey_pair key;
	struct bytes jwt;
	int r = creds_read(text, &jwt, &key);

	if (r != 0)
		return r < 0 ? strerror(-r) : creds_why(r);
	drop(l, PART_CREDS);
	l->key = key;
	l->jwt = strndup((const char *)jwt.ptr, jwt.len);
	return l->jwt != NULL ? NULL : "out of memory";
}

static const char *
take_pem(struct ship_login *l, enum ship_part p, struct buf *text)
{
	static const struct bytes mark = BYTES_LIT("-----BEGIN ");
	struct bytes s = buf_bytes(text);

	if (!bytes_starts(s, mark) || bytes_find(s, 0) != s.len)
		return "not in PEM";
	drop(l, p);
	buf_put_u8(text, '\0');
	if (buf_failed(text))
		return "out of memory";
	if (p == PART_KEY)
		return secret_new(&l->pem, buf_bytes(text)) == 0 ? NULL : "out of memory";
	*(p == PART_CA ? &l->ca : &l->cert) = strdup((const char *)text->ptr);
	return (p == PART_CA ? l->ca : l->cert) != NULL ? NULL : "out of memory";
}

const char *
ship_login_read(struct ship_login *l, enum ship_part p, int fd)
{
	struct buf text;
	const char *why;
	int r;

	secret_buf_init(&text, SHIP_FILE_MAX);
	r = file_read_fd(fd, &text);
	if (r != 0)
		why = strerror(-r);
	else if (p == PART_CREDS)
		why = take_creds(l, buf_bytes(&text));
	else
		why = take_pem(l, p, &text);
	secret_buf_deinit(&text);
	if (why == NULL)
		l->has |= 1U << p;
	return why;
}

bool
ship_login_same(const struct ship_login *l, const struct ship_login *other, enum ship_part p)
{
	if ((l->has & other->has & 1U << p) == 0)
		return false;
	if (p == PART_CREDS)
		return strcmp(l->jwt, other->jwt) == 0;
	if (p == PART_KEY)
		return l->pem.len == other->pem.len && sodium_memcmp(l->pem.ptr, other->pem.ptr, l->pem.len) == 0;
	return strcmp(p == PART_CA ? l->ca : l->cert, p == PART_CA ? other->ca : other->cert) == 0;
}

void
ship_login_move(struct ship_login *to, struct ship_login *from)
{
	for (enum ship_part p = PART_CREDS; p < SHIP_PARTS; p++)
		if ((from->has & 1U << p) != 0)
			drop(to, p);
	if ((from->has & 1U << PART_CREDS) != 0) {
		to->jwt = from->jwt;
		to->key = from->key;
		from->jwt = NULL;
		from->key = (struct nkey_pair){ 0 };
	}
	if ((from->has & 1U << PART_CA) != 0) {
		to->ca = from->ca;
		from->ca = NULL;
	}
	if ((from->has & 1U << PART_CERT) != 0) {
		to->cert = from->cert;
		from->cert = NULL;
	}
	if ((from->has & 1U << PART_KEY) != 0) {
		to->pem = from->pem;
		from->pem = (struct secret){ 0 };
	}
	to->has |= from->has;
	from->has = 0;
}

void
ship_login_deinit(struct ship_login *l)
{
	for (enum ship_part p = PART_CREDS; p < SHIP_PARTS; p++)
		drop(l, p);
}

bool
ship_login_renew(struct ship *s)
{
	bool came;

	pthread_mutex_lock(&s->feed->lock);
	came = s->renewed.has != 0;
	if (came)
		ship_login_move(&s->login, &s->renewed);
	pthread_mutex_unlock(&s->feed->lock);
	return came;
}
