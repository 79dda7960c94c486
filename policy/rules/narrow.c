/*
 * narrow - see narrow.h. Lists of a credential are short (a JWT is small) and the answers to
 * publishes and deliveries are cached above, so they are walked from front to back.
 */
#include "policy/rules/narrow.h"

#include "policy/rules/subject.h"

static size_t
text_size(const struct subject_list *l)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++)
		n += l->item[i].len;
	return n;
}

/*
 * One list, copied to *@at. An allow that is no pattern allows nothing and is left out; a deny that
 * is none would have to be ignored, so there the credential is refused.
 */
static int
list_init(struct narrow_list *out, const struct subject_list *in, bool deny, char **at)
{
	out->present = in->present;
	if (in->n == 0)
		return 0;
	out->entry = calloc(in->n, sizeof(*out->entry));
	if (out->entry == NULL)
		return err_raise(-ENOMEM);
	for (size_t i = 0; i < in->n; i++) {
		struct bytes item = bytes_of(*at, in->item[i].len);
		size_t blank;
		struct narrow_entry e;

		if (item.len != 0)
			memcpy(*at, in->item[i].ptr, item.len);
		*at += item.len;
		blank = bytes_find(item, ' ');
		e = (struct narrow_entry){ bytes_upto(item, blank), bytes_from(item, blank + 1) };
		if (subject_ok(e.pattern) && (blank == item.len || subject_ok(e.queue)))
			out->entry[out->n++] = e;
		else if (deny)
			return err_raise(-EINVAL);
	}
	return 0;
}

int
narrow_init(struct narrow *n, const struct permissions *p)
{
	char *at;
	int r;

	*n = (struct narrow){
		.resp = p->resp, .resp_max = p->resp_max, .resp_ttl_ms = p->resp_ttl_ms
	};
	n->text = malloc(text_size(&p->pub_allow) + text_size(&p->pub_deny) +
			 text_size(&p->sub_allow) + text_size(&p->sub_deny) + 1);
	if (n->text == NULL)
		return err_raise(-ENOMEM);
	at = n->text;
	r = list_init(&n->pub_allow, &p->pub_allow, false, &at);
	if (r == 0)
		r = list_init(&n->pub_deny, &p->pub_deny, true, &at);
	if (r == 0)
		r = list_init(&n->sub_allow, &p->sub_allow, false, &at);
	if (r == 0)
		r = list_init(&n->sub_deny, &p->sub_deny, true, &at);
	for (size_t i = 0; i < n->sub_deny.n; i++)
		n->queue_denies = n->queue_denies || n->sub_deny.entry[i].queue.len != 0;
	return err_pass(r);
}

void
narrow_deinit(struct narrow *n)
{
	free(n->pub_allow.entry);
	free(n->pub_deny.entry);
	free(n->sub_allow.entry);
	free(n->sub_deny.entry);
	free(n->text);
	*n = (struct narrow){ 0 };
}

/* Is everything @pattern (or literal) matches inside a deny? `X.>` covers `X` too. */
static bool
denied_by(struct bytes pattern, struct bytes deny)
{
	if (subject_subset(pattern, deny))
		return true;
	return deny.len > 2 && bytes_is(bytes_from(deny, deny.len - 2), ".>") &&
	       subject_subset(pattern, bytes_upto(deny, deny.len - 2));
}

bool
narrow_publish_denied(const struct narrow *n, struct bytes s)
{
	for (size_t i = 0; i < n->pub_deny.n; i++)
		if (denied_by(s, n->pub_deny.entry[i].pattern))
			return true;
	return false;
}

bool
narrow_publish(const struct narrow *n, struct bytes s)
{
	if (narrow_publish_denied(n, s))
		return false;
	if (!n->pub_allow.present)
		return true;
	for (size_t i = 0; i < n->pub_allow.n; i++)
		if (n->pub_allow.entry[i].queue.len == 0 &&
		    subject_match(n->pub_allow.entry[i].pattern, s))
			return true;
	return false;
}

/* touched_by() - could the deny @entry, which also covers the parent of its tail, concern @pattern? */
static bool
touched_by(struct bytes pattern, struct bytes entry)
{
	bool tail = entry.len > 2 && memcmp(entry.ptr + entry.len - 2, ".>", 2) == 0;

	return subject_overlap(entry, pattern) ||
	    (tail && subject_overlap(bytes_upto(entry, entry.len - 2), pattern));
}

bool
narrow_publish_pattern(const struct narrow *n, struct bytes pattern)
{
	for (size_t i = 0; i < n->pub_deny.n; i++)
		if (touched_by(pattern, n->pub_deny.entry[i].pattern))
			return false;
	if (!n->pub_allow.present)
		return true;
	for (size_t i = 0; i < n->pub_allow.n; i++)
		if (n->pub_allow.entry[i].queue.len == 0 &&
		    subject_subset(pattern, n->pub_allow.entry[i].pattern))
			return true;
	return false;
}

bool
narrow_filters(const struct narrow *n, struct bytes pattern)
{
	for (size_t i = 0; i < n->sub_deny.n; i++)
		if (touched_by(pattern, n->sub_deny.entry[i].pattern))
			return true;
	return false;
}

/*
 * The allow list: entries with a queue decide about queue subscriptions of their subjects, alone as
 * soon as one of them speaks of the subject; the others decide about everything else.
 */
static bool
subscribe_allowed(const struct narrow_list *allow, struct bytes pattern, struct bytes queue)
{
	bool plain = false, spoken = false, named = false;

	if (!allow->present)
		return true;
	for (size_t i = 0; i < allow->n; i++) {
		const struct narrow_entry *e = &allow->entry[i];

		if (!subject_subset(pattern, e->pattern))
			continue;
		if (e->queue.len == 0) {
			plain = true;
		} else if (queue.len != 0) {
			spoken = true;
			named = named || subject_subset(queue, e->queue);
		}
	}
	return spoken ? named : plain;
}

bool
narrow_subscribe(const struct narrow *n, struct bytes pattern, struct bytes queue)
{
	for (size_t i = 0; i < n->sub_deny.n; i++) {
		const struct narrow_entry *e = &n->sub_deny.entry[i];

		if (!denied_by(pattern, e->pattern))
			continue;
		if (e->queue.len == 0 || (queue.len != 0 && subject_subset(queue, e->queue)))
			return false;
	}
	return subscribe_allowed(&n->sub_allow, pattern, queue);
}

bool
narrow_deliver(const struct narrow *n, struct bytes s)
{
	for (size_t i = 0; i < n->sub_deny.n; i++)
		if (n->sub_deny.entry[i].queue.len == 0 &&
		    denied_by(s, n->sub_deny.entry[i].pattern))
			return false;
	return true;
}

bool
narrow_deliver_queue(const struct narrow *n, struct bytes s, struct bytes queue)
{
	if (!n->queue_denies || queue.len == 0)
		return true;
	for (size_t i = 0; i < n->sub_deny.n; i++) {
		const struct narrow_entry *e = &n->sub_deny.entry[i];

		if (e->queue.len != 0 && subject_subset(queue, e->queue) &&
		    denied_by(s, e->pattern))
			return false;
	}
	return true;
}
