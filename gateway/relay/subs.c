/*
 * subs - see subs.h. Two chained tables over the same records. Sids are chosen by the client, so
 * its chains could be made long on purpose; the number of subscriptions is limited before we are
 * asked, and the longest harm is to the client itself.
 */
#include "gateway/relay/subs.h"

#include "policy/identity/stamp_window.h"

enum { SUBS_FIRST = 8 };

static size_t
hash_sid(struct bytes sid)
{
	uint64_t h = 1469598103934665603ULL;

	for (size_t i = 0; i < sid.len; i++)
		h = (h ^ sid.ptr[i]) * 1099511628211ULL;
	return (size_t)(h ^ h >> 32);
}

static void
link_sub(struct subs *s, struct sub *sub)
{
	size_t a = hash_sid(sub_sid(sub)) & (s->cap - 1);
	size_t b = sub->usid & (s->cap - 1);

	if (!sub->ended) {
		sub->next_sid = s->by_sid[a];
		s->by_sid[a] = sub;
	}
	sub->next_usid = s->by_usid[b];
	s->by_usid[b] = sub;
}

/* grow() - twice the buckets, everything linked anew. */
static int
grow(struct subs *s)
{
	struct subs wide = { .cap = s->cap != 0 ? s->cap * 2 : SUBS_FIRST };
	struct sub *next;

	wide.by_sid = calloc(wide.cap * 2, sizeof(struct sub *));
	if (wide.by_sid == NULL)
		return err_raise(-ENOMEM);
	wide.by_usid = wide.by_sid + wide.cap;
	for (size_t i = 0; i < s->cap; i++) {
		for (struct sub *sub = s->by_usid[i]; sub != NULL; sub = next) {
			next = sub->next_usid;
			link_sub(&wide, sub);
		}
	}
	free(s->by_sid);
	s->by_sid = wide.by_sid;
	s->by_usid = wide.by_usid;
	s->cap = wide.cap;
	return 0;
}

static void
drop(struct sub *sub)
{
	if (sub->seen_stamps != NULL)
		stamp_window_deinit(sub->seen_stamps);
	free(sub->seen_stamps);
	free(sub);
}

void
subs_deinit(struct subs *s)
{
	struct sub *next;

	for (size_t i = 0; i < s->cap; i++) {
		for (struct sub *sub = s->by_usid[i]; sub != NULL; sub = next) {
			next = sub->next_usid;
			drop(sub);
		}
	}
	free(s->by_sid);
	*s = (struct subs){ 0 };
}

struct sub *
subs_add(struct subs *s, struct bytes sid, struct bytes subject, struct bytes queue)
{
	struct sub *sub;

	if (sid.len > SUB_SID_MAX || subject.len > UINT16_MAX || queue.len > UINT16_MAX)
		return NULL;
	if (s->n + s->n_ended >= s->cap && grow(s) != 0)
		return NULL;
	sub = calloc(1, sizeof(*sub) + subject.len + queue.len);
	if (sub == NULL)
		return NULL;
	sub->usid = ++s->last_usid;
	sub->sid_len = (uint8_t)sid.len;
	memcpy(sub->sid, sid.ptr, sid.len);
	sub->subject_len = (uint16_t)subject.len;
	memcpy(sub->text, subject.ptr, subject.len);
	sub->queue_len = (uint16_t)queue.len;
	if (queue.len > 0)
		memcpy(sub->text + subject.len, queue.ptr, queue.len);
	link_sub(s, sub);
	s->n++;
	return sub;
}

struct sub *
subs_find(const struct subs *s, struct bytes sid)
{
	struct sub *sub = s->cap != 0 ? s->by_sid[hash_sid(sid) & (s->cap - 1)] : NULL;

	while (sub != NULL && !bytes_eq(sub_sid(sub), sid))
		sub = sub->next_sid;
	return sub;
}

struct sub *
subs_find_usid(const struct subs *s, uint32_t usid)
{
	struct sub *sub = s->cap != 0 ? s->by_usid[usid & (s->cap - 1)] : NULL;

	while (sub != NULL && sub->usid != usid)
		sub = sub->next_usid;
	return sub;
}

/* unlink_sid() - out of the table by the client's sid. */
static void
unlink_sid(struct subs *s, struct sub *sub)
{
	struct sub **p = &s->by_sid[hash_sid(sub_sid(sub)) & (s->cap - 1)];

	while (*p != sub)
		p = &(*p)->next_sid;
	*p = sub->next_sid;
	s->n--;
}

void
subs_remove(struct subs *s, struct sub *sub)
{
	struct sub **p = &s->by_usid[sub->usid & (s->cap - 1)];

	while (*p != sub)
		p = &(*p)->next_usid;
	*p = sub->next_usid;
	if (sub->ended)
		s->n_ended--;
	else
		unlink_sid(s, sub);
	drop(sub);
}

void
subs_end(struct subs *s, struct sub *sub, uint64_t ping)
{
	unlink_sid(s, sub);
	sub->ended = true;
	sub->end_ping = ping;
	s->n_ended++;
}

void
subs_reap(struct subs *s, uint64_t ping)
{
	struct sub *next;

	for (size_t i = 0; i < s->cap && s->n_ended > 0; i++) {
		for (struct sub *sub = s->by_usid[i]; sub != NULL; sub = next) {
			next = sub->next_usid;
			if (sub->ended && sub->end_ping <= ping)
				subs_remove(s, sub);
		}
	}
}

/* first_live() - the first one of a chain that has not ended. */
static struct sub *
first_live(struct sub *sub)
{
	while (sub != NULL && sub->ended)
		sub = sub->next_usid;
	return sub;
}

struct sub *
subs_each(const struct subs *s, const struct sub *last)
{
	struct sub *sub = last != NULL ? first_live(last->next_usid) : NULL;
	size_t i = last != NULL ? (last->usid & (s->cap - 1)) + 1 : 0;

	for (; sub == NULL && i < s->cap; i++)
		sub = first_live(s->by_usid[i]);
	return sub;
}
