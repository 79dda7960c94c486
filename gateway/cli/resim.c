/*
 * resim - see resim.h.
 *
 * What a credential takes from itself (its own lists) is not recorded. So a refusal for that reason
 * stays one, whatever the policy, and for the rest the credential is taken to narrow nothing. What
 * the edge refused by its subject was never read: when a policy would look at its body, nobody
 * can say what it would have found.
 *
 * Rights are kept for the identities seen last; records come in runs of few.
 */
#include "gateway/cli/resim.h"

#include <stdlib.h>
#include <string.h>

#include "policy/rules/meters.h"

enum { SLOTS = 256, KEY_MAX = 16 << 10, HOUR_MS = 3600 * 1000 };

struct person {
	uint8_t *key; /* all that makes the identity; owned */
	size_t len;
	struct rights *rights;
};

struct resim {
	const struct policy *p;
	struct meters *meters;
	uint64_t now_ms; /* goes on by an hour for each question: one more is always left */
	void *arena;
	struct buf key;
	struct recall recall;
	struct person person[SLOTS];
};

int
resim_new(struct resim **out, const struct policy *p)
{
	struct resim *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return err_raise(-ENOMEM);
	s->p = p;
	buf_init(&s->key, KEY_MAX);
	s->meters = meters_new(1);
	s->arena = malloc(BODY_ARENA);
	if (s->meters == NULL || s->arena == NULL) {
		resim_free(s);
		return err_raise(-ENOMEM);
	}
	*out = s;
	return 0;
}

void
resim_free(struct resim *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < SLOTS; i++) {
		rights_free(s->person[i].rights);
		free(s->person[i].key);
	}
	meters_free(s->meters);
	buf_deinit(&s->key);
	free(s->arena);
	free(s);
}

/* ---- who ---- */

static void
put_person(struct buf *b, const struct record *r)
{
	struct bytes port;

	buf_reset(b);
	buf_put_sized(b, r->user);
	buf_put_sized(b, r->account);
	buf_put_sized(b, r->issuer);
	buf_put_sized(b, r->name);
	buf_put_sized(b, record_address(r->source, &port));
	for (size_t i = 0; i < r->tags.n; i++)
		buf_put_sized(b, r->tags.item[i]);
	for (size_t i = 0; i < r->certificate_names.n; i++)
		buf_put_sized(b, r->certificate_names.item[i]);
}

static size_t
slot_of(struct bytes key)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < key.len; i++)
		h = (h ^ key.ptr[i]) * UINT64_C(0x100000001b3);
	return (size_t)(h >> 32) % SLOTS;
}

/* person_fill() - Return: 0, RECALL_NOT, -ENOMEM. */
static int
person_fill(struct resim *s, struct person *p, const struct record *r)
{
	struct identity id;
	int x;

	rights_free(p->rights);
	free(p->key);
	*p = (struct person){ 0 };
	x = recall_identity(&id, r);
	if (x != 0)
		return x;
	x = rights_new(&p->rights, s->p, &id);
	identity_deinit(&id);
	if (x == -EINVAL)
		return RECALL_NOT;
	if (x != 0)
		return err_pass(x);
	rights_meter(p->rights, s->meters);
	p->key = malloc(s->key.len + 1);
	if (p->key == NULL)
		return err_raise(-ENOMEM);
	memcpy(p->key, s->key.ptr, s->key.len);
	p->len = s->key.len;
	return 0;
}

static int
person_of(struct resim *s, const struct record *r, struct rights **out)
{
	struct person *p;
	int x = 0;

	put_person(&s->key, r);
	if (buf_failed(&s->key) || recall_cut(r, "user") || recall_cut(r, "tags") ||
	    recall_cut(r, "name") || recall_cut(r, "source"))
		return RECALL_NOT;
	p = &s->person[slot_of(buf_bytes(&s->key))];
	if (p->key == NULL || !bytes_eq(bytes_of(p->key, p->len), buf_bytes(&s->key)))
		x = person_fill(s, p, r);
	*out = p->rights;
	return x;
}

/* ---- what ---- */

static void
undecidable(struct resim_answer *out, const char *why)
{
	out->state = RESIM_UNDECIDABLE;
	out->why = why;
}

static void
not_asked(struct resim_answer *out, const char *why)
{
	out->state = RESIM_NOT_ASKED;
	out->why = why;
}

/* first_look() - a command nobody read, or nobody can read any more: only a no is certain. */
static void
first_look(struct rights *rights, const struct record *r, struct resim_answer *out, const char *why)
{
	struct command c;

	if (rights_classify(rights, r->subject, &c) != 0) {
		out->d = rights_publish(rights, r->subject);
		return;
	}
	out->d = rights_command(rights, r->subject, &c);
	if (out->d.verdict == VERDICT_ALLOW || out->d.rated != 0)
		undecidable(out, why);
}

static void
judge_command(
    struct resim *s, struct rights *rights, const struct record *r, struct resim_answer *out)
{
	struct recall *m = &s->recall;

	if (recall_command(m, policy_prefixes(s->p), r, s->arena) != 0) {
		/* no command under this policy's prefixes, so the edge would judge it as data */
		out->d = rights_publish(rights, r->subject);
		if (out->d.rated != 0)
			out->d = rights_pay_publish(rights, r->subject, out->d, s->now_ms);
		return;
	}
	if (m->state == RECALL_LOST) {
		first_look(rights, r, out, recall_why_text(m->why));
		return;
	}
	out->d = rights_command_body(
	    rights, r->subject, &m->command, m->state == RECALL_READ ? &m->body : NULL);
	if (out->d.rated != 0)
		out->d = rights_pay_command(
		    rights, r->subject, &m->command, &m->body, out->d, s->now_ms);
}

static void
judge_denial(
    struct resim *s, struct rights *rights, const struct record *r, struct resim_answer *out)
{
	if (bytes_is(r->what, "publish") || bytes_is(r->what, "command")) {
		first_look(rights, r, out, "refused by its subject, body never read");
		if (out->state == RESIM_DECIDED && out->d.rated != 0)
			out->d = rights_pay_publish(rights, r->subject, out->d, s->now_ms);
	} else if (bytes_is(r->what, "subscribe")) {
		out->d = rights_subscribe(rights, r->subject, r->queue);
		if (out->d.rated != 0)
			out->d =
			    rights_pay_subscribe(rights, r->subject, r->queue, out->d, s->now_ms);
	} else {
		out->d = rights_reply(rights, r->reply);
	}
}

/* ---- whether to ask ---- */

/* Reasons of a denial that hang on a connection, or on what was not recorded. */
static bool
policy_decides(const struct record *r)
{
	static const char *const reasons[] = { "no_rule", "rule", "reserved", "lattice", "command",
		"unknown_verb", "where" };

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (bytes_is(r->reason, reasons[i]))
			return true;
	return false;
}

static bool
asked_denial(struct bytes what)
{
	return bytes_is(what, "publish") || bytes_is(what, "subscribe") ||
	       bytes_is(what, "reply") || bytes_is(what, "command");
}

static bool
askable(const struct record *r, struct resim_answer *out)
{
	bool command = r->kind == RECORD_COMMAND, reply = bytes_is(r->what, "reply");
	bool denied = bytes_is(r->decision, "deny");

	if (denied && bytes_is(r->reason, "jwt"))
		not_asked(out, "refused by the credential's own lists");
	else if (denied && bytes_is(r->reason, "rate"))
		not_asked(out, "refused by a rate");
	else if (command && !denied && !bytes_is(r->decision, "allow"))
		not_asked(out, "not decided");
	else if (!command && !asked_denial(r->what))
		not_asked(out, "another kind of denial");
	else if (!command && !policy_decides(r))
		not_asked(out, "refused for what no policy decides alone");
	else if ((reply ? r->reply.len : r->subject.len) == 0 || recall_cut(r, "subject") ||
		 recall_cut(r, "reply") || recall_cut(r, "queue"))
		undecidable(out, "subject not recorded whole");
	else
		return true;
	return false;
}

int
resim_judge(struct resim *s, const struct record *r, struct resim_answer *out)
{
	struct rights *rights = NULL;
	int x;

	*out = (struct resim_answer){ .state = RESIM_DECIDED, .why = "" };
	if (!askable(r, out))
		return 0;
	x = policy_time(s->p, r->time_ns / 1000000000);
	if (x < 0)
		return err_pass(x);
	x = person_of(s, r, &rights);
	if (x == RECALL_NOT) {
		undecidable(out, "identity not recorded whole");
		return 0;
	}
	if (x != 0)
		return err_pass(x);
	s->now_ms += HOUR_MS;
	if (r->kind == RECORD_COMMAND)
		judge_command(s, rights, r, out);
	else
		judge_denial(s, rights, r, out);
	return 0;
}
