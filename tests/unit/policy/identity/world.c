#include "tests/unit/policy/identity/world.h"

#include <check.h>
#include <stdio.h>

#include "policy/core/base64url.h"
#include "policy/identity/jwt.h"

static void
key(struct nkey_pair *p, enum nkey_type type, char text[57])
{
	ck_assert_int_eq(nkey_pair_new(p, type), 0);
	nkey_format(&p->pub, text);
}

void
world_init(struct world *w)
{
	*w = (struct world){ .now_s = NOW };
	key(&w->op, NKEY_OPERATOR, w->op_text);
	key(&w->op_sign, NKEY_OPERATOR, w->op_sign_text);
	key(&w->acc, NKEY_ACCOUNT, w->acc_text);
	key(&w->acc_sign, NKEY_ACCOUNT, w->acc_sign_text);
	key(&w->user, NKEY_USER, w->user_text);
	buf_init(&w->b, 2 << 20);
	w->t = trust_new(&(struct trust_options){ 0 });
	ck_assert_ptr_nonnull(w->t);
	ck_assert_int_eq(trust_add_operator(w->t, bytes_str(w->op_text), w->why), 0);
}

void
world_deinit(struct world *w)
{
	nkey_pair_deinit(&w->op);
	nkey_pair_deinit(&w->op_sign);
	nkey_pair_deinit(&w->acc);
	nkey_pair_deinit(&w->acc_sign);
	nkey_pair_deinit(&w->user);
	trust_free(w->t);
	buf_deinit(&w->b);
}

/* put() - one byte of a payload with its stand-ins replaced. */
static size_t
put(const struct world *w, struct buf *p, const char *s)
{
	const char *text = s[0] != '@'   ? NULL
			   : s[1] == 'O' ? w->op_text
			   : s[1] == 'o' ? w->op_sign_text
			   : s[1] == 'A' ? w->acc_text
			   : s[1] == 'a' ? w->acc_sign_text
			   : s[1] == 'U' ? w->user_text
					 : NULL;

	if (text != NULL) {
		buf_put_str(p, text);
		return 2;
	}
	buf_put_u8(p, (uint8_t)(*s == '\'' ? '"' : *s));
	return 1;
}

struct bytes
world_seal(struct world *w, const char *payload, const struct nkey_pair *by)
{
	struct buf p;

	buf_init(&p, 1 << 20);
	while (*payload != '\0')
		payload += put(w, &p, payload);
	buf_reset(&w->b);
	jwt_seal(&w->b, buf_bytes(&p), by);
	ck_assert(!buf_failed(&p) && !buf_failed(&w->b));
	buf_deinit(&p);
	return buf_bytes(&w->b);
}

/* join() - four texts to one of the heap. */
static char *
join(const char *a, const char *b, const char *c, const char *d)
{
	char *s = NULL;

	ck_assert_int_ge(asprintf(&s, "%s%s%s%s", a, b, c, d), 0);
	return s;
}

void
world_account(struct world *w, const char *members)
{
	char *payload = join("{'iat':1600000000,'iss':'@O','name':'acc','sub':'@A','nats':{"
			     "'limits':{'subs':-1,'payload':-1,'conn':-1},",
	    members, members[0] != '\0' ? "," : "", "'type':'account','version':2}}");
	int r = trust_add_account(w->t, world_seal(w, payload, &w->op), w->why);

	ck_assert_msg(r == 0, "%d %s", r, w->why);
	free(payload);
}

struct bytes
world_user(struct world *w, const char *claims, const char *members, const struct nkey_pair *by)
{
	char *head, *payload;
	char iss[57];

	nkey_format(&by->pub, iss);
	head = join("{'iss':'", iss, "','sub':'@U',", claims);
	payload = join(head, ",'nats':{", members,
	    members[0] != '\0' ? ",'type':'user','version':2}}" : "'type':'user','version':2}}");
	world_seal(w, payload, by);
	free(head);
	free(payload);
	return buf_bytes(&w->b);
}

int
world_login(struct world *w, struct bytes jwt, struct identity *id)
{
	struct bytes nonce = BYTES_LIT("0123456789abcdefghijkl");
	uint8_t sig[NKEY_SIG_LEN];
	char sig_text[96];

	nkey_sign(&w->user, nonce, sig);
	base64url_encode(bytes_of(sig, sizeof(sig)), sig_text);
	return trust_login(w->t,
	    &(struct login){ .jwt = jwt,
		.sig = bytes_str(sig_text),
		.nonce = nonce,
		.source = "127.0.0.1",
		.type = "STANDARD",
		.now_s = w->now_s,
		.seen = w->seen },
	    id, w->why);
}

int
world_try(struct world *w, struct bytes jwt)
{
	struct identity id;
	int r = world_login(w, jwt, &id);

	identity_deinit(&id);
	return r;
}
