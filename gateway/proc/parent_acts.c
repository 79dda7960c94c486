/*
 * parent_acts - what the administrator did while there was no auditor to write it down: kept, and told to
 * the next one. More than are kept are counted, and told as one.
 */
#include <stdio.h>
#include <stdlib.h>

#include "gateway/proc/parent_priv.h"

enum { ACTS_MAX = 64, ACTS_TEXT = 512 };

struct kept {
	enum act_kind kind;
	char what[CONTROL_WHAT_MAX + 1], detail[ACTS_TEXT], by[CONTROL_BY_MAX];
};

static struct {
	struct kept act[ACTS_MAX];
	size_t n;
	uint64_t more;
} self;

static void
copy(char *out, size_t room, struct bytes s)
{
	snprintf(out, room, "%.*s", (int)(s.len < room ? s.len : room - 1), s.len > 0 ? (const char *)s.ptr : "");
}

void
acts_keep(const struct msg_act *m)
{
	struct kept *k = &self.act[self.n];

	if (self.n == ACTS_MAX) {
		self.more++;
		return;
	}
	self.n++;
	k->kind = m->kind;
	copy(k->what, sizeof(k->what), m->what);
	copy(k->detail, sizeof(k->detail), m->detail);
	copy(k->by, sizeof(k->by), m->by);
}

void
acts_tell_kept(void)
{
	const struct reload *r = &parent.reload;
	size_t n = self.n;
	char text[96];

	self.n = 0;
	for (size_t i = 0; i < n; i++) {
		const struct kept *k = &self.act[i];

		act_tell(k->kind, k->what, bytes_str(k->detail), k->by);
	}
	if (self.more > 0) {
		snprintf(text, sizeof(text), "%llu more acts while there was no auditor",
		    (unsigned long long)self.more);
		self.more = 0;
		act_tell(ACT_ADMIN, "acts not kept", bytes_str(text), "parent");
	}
	/* the records of an auditor that came later are of this policy too */
	if (parent.announced && r->id[0] != '\0') {
		snprintf(text, sizeof(text), "%s, %llu rules", r->id, (unsigned long long)r->rules);
		act_tell(ACT_RELOAD, "policy", bytes_str(text), "auditor replaced");
	}
}
