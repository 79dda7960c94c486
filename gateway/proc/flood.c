/*
 * flood - see flood.h. Pure: the clock is a parameter, and the hash need not be secret, because whoever
 * makes two names meet only shortens his own measure and that of the other's denials, which are counted.
 */
#include "gateway/proc/flood.h"

#include <stdio.h>

#include "policy/audit/record.h"

static uint64_t
mix(uint64_t h, struct bytes s)
{
	for (size_t i = 0; i < s.len; i++)
		h = (h ^ s.ptr[i]) * UINT64_C(0x100000001b3);
	return (h ^ 0xff) * UINT64_C(0x100000001b3);
}

static uint64_t
key_of(const struct flood_event *e)
{
	struct bytes port, host = record_address(e->source, &port);
	uint64_t h = mix(UINT64_C(0xcbf29ce484222325), e->what);

	if (e->apart)
		h = mix(mix(mix(h, e->rule), e->reason), e->verb);
	return e->user.len != 0 ? mix(mix(h, e->user), e->account) : mix(h, host);
}

static void
keep(char *out, size_t room, struct bytes s)
{
	size_t n = s.len < room - 1 ? s.len : room - 1;

	if (n > 0)
		memcpy(out, s.ptr, n);
	out[n] = '\0';
}

#define KEEP(s, e, field) keep((s)->field, sizeof((s)->field), (e)->field)

static void
count(struct flood *f, const struct flood_event *e, uint64_t key)
{
	struct flood_sum *s = NULL;

	for (unsigned i = 0; i < f->n_sums && s == NULL; i++)
		s = f->sum[i].key == key && bytes_is(e->what, f->sum[i].what) ? &f->sum[i] : NULL;
	if (s == NULL) {
		bool room = f->n_sums < FLOOD_SUMS;

		s = &f->sum[room ? f->n_sums++ : FLOOD_SUMS - 1];
		if (room)
			*s = (struct flood_sum){ .key = key };
		else
			s->mixed = true;
	}
	if (s->count > 0 && (!bytes_is(e->user, s->user) || !bytes_is(e->account, s->account)))
		s->mixed = true;
	s->count += 1 + e->more;
	KEEP(s, e, what);
	KEEP(s, e, user);
	KEEP(s, e, account);
	KEEP(s, e, issuer);
	KEEP(s, e, source);
	KEEP(s, e, rule);
	KEEP(s, e, reason);
	KEEP(s, e, verb);
	KEEP(s, e, subject);
	KEEP(s, e, policy);
	s->edge = e->edge;
	s->client = e->client;
}

bool
flood_pass(struct flood *f, const struct flood_event *e, uint64_t now_ms)
{
	uint64_t key = key_of(e);
	bool stranger = e->user.len == 0;
	uint32_t *n = &f->place[key % FLOOD_PLACES];

	if (f->window_ms == 0)
		f->window_ms = now_ms + 1;
	if (*n < FLOOD_EACH && (!stranger || f->strangers < FLOOD_STRANGERS)) {
		++*n;
		f->strangers += stranger ? 1 : 0;
		return true;
	}
	count(f, e, key);
	return false;
}

bool
flood_over(const struct flood *f, uint64_t now_ms)
{
	return f->window_ms != 0 && now_ms + 1 >= f->window_ms + FLOOD_WINDOW_MS;
}

void
flood_begin(struct flood *f, uint64_t now_ms)
{
	memset(f->place, 0, sizeof(f->place));
	f->strangers = 0;
	f->n_sums = 0;
	f->window_ms = now_ms + 1;
}
