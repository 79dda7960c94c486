/*
 * parent_changes - what a reload changed, in the log: said after the word that the policy is in
 * force, whichever of the two comes first.
 */
#include <stdlib.h>
#include <string.h>

#include "gateway/io/log.h"
#include "gateway/proc/msg_changed.h"
#include "gateway/proc/parent_priv.h"

static void
tell_line(const struct changed_line *c)
{
	static const char *const words[DIFF_KINDS] = { "allows", "no_longer_allows", "otherwise" };
	struct log_line l;

	log_begin(&l, LOG_INF, "policy_changed");
	log_word(&l, "change", words[c->kind]);
	log_bytes(&l, "who", c->who);
	log_bytes(&l, "what", c->what);
	if (c->example.len != 0)
		log_bytes(&l, "example", c->example);
	log_end(&l);
	reload_changed(words[c->kind], c->who, c->what, c->example);
}

static void
tell(const struct changed *c)
{
	size_t all = 0;
	struct log_line l;

	log_begin(&l, LOG_INF, "policy_compared");
	log_num(&l, "allows", c->count[DIFF_MORE]);
	log_num(&l, "no_longer_allows", c->count[DIFF_LESS]);
	log_num(&l, "otherwise", c->count[DIFF_OTHER]);
	log_num(&l, "not_decided", c->open);
	for (int i = 0; i < DIFF_KINDS; i++)
		all += c->count[i];
	if (all > c->n || c->open != 0)
		log_str(&l, "fix", "portcullis policy diff OLD NEW says all of it");
	log_end(&l);
	for (size_t i = 0; i < c->n; i++)
		tell_line(&c->line[i]);
}

void
changes_tell(void)
{
	struct cursor in = { .in = parent.changed };
	struct changed c;

	if (parent.unapplied > 0 || parent.changed.ptr == NULL)
		return;
	if (msg_changed_get(&in, &c) == 0)
		tell(&c);
	free((void *)(uintptr_t)parent.changed.ptr); /* copied by changes_take() */
	parent.changed = BYTES_NULL;
}

int
changes_take(struct channel *from, struct cursor *in, int fd)
{
	struct cursor whole = *in;
	struct changed c;
	uint8_t *copy;

	(void)from;
	(void)fd;
	if (msg_changed_get(in, &c) != 0)
		return err_raise(-EBADMSG);
	copy = malloc(whole.in.len + 1);
	if (copy == NULL)
		return 0; /* a log without it is no reason to end */
	memcpy(copy, whole.in.ptr, whole.in.len);
	free((void *)(uintptr_t)parent.changed.ptr);
	parent.changed = bytes_of(copy, whole.in.len);
	changes_tell();
	return 0;
}
