/*
 * compiler - policy text in, snapshot out, and gone. Owns nothing else: a fault in the reader of
 * policies costs a reload, not the gate.
 */
#include <stdio.h>
#include <unistd.h>

#include "gateway/proc/child.h"
#include "gateway/proc/file.h"
#include "gateway/proc/snapshot.h"

enum { COMPILER_SNAPSHOT_MAX = 64 * 1024 * 1024 };

static struct compiler {
	struct child child;
	struct policy_source source[FILE_MAX_POLICIES];
	char *owned[FILE_MAX_POLICIES][2];
	size_t n;
} self;

static int
on_source(struct channel *c, struct cursor *in, int fd)
{
	struct msg_text t;
	size_t at = self.n;

	(void)c;
	(void)fd;
	if (msg_text_get(in, &t) != 0 || self.n == FILE_MAX_POLICIES)
		return -EBADMSG;
	self.owned[at][0] = strndup((const char *)t.name.ptr, t.name.len);
	self.owned[at][1] = malloc(t.text.len + 1);
	if (self.owned[at][0] == NULL || self.owned[at][1] == NULL)
		return -ENOMEM;
	memcpy(self.owned[at][1], t.text.ptr, t.text.len);
	self.source[at] = (struct policy_source){ .file = self.owned[at][0],
		.text = bytes_of(self.owned[at][1], t.text.len) };
	self.n++;
	return 0;
}

static int
on_compile(struct channel *c, struct cursor *in, int fd)
{
	struct text_report report;
	struct buf out;
	int r, sealed = -1;

	(void)in;
	(void)fd;
	text_report_init(&report);
	buf_init(&out, COMPILER_SNAPSHOT_MAX);
	r = policy_compile(&out, self.source, self.n, &report);
	if (r == 0)
		sealed = snapshot_seal(buf_bytes(&out));
	if (sealed >= 0)
		(void)msg_text_put(c, MSG_SNAPSHOT, "warnings", buf_bytes(&report.out), sealed);
	else
		(void)msg_text_put(c, MSG_NO_SNAPSHOT, "errors",
		    report.out.len != 0 ? buf_bytes(&report.out) : BYTES_LIT("out of memory\n"), -1);
	child_exit(&self.child, 0);
}

int
compiler_main(void)
{
	static const struct frame_rule rules[] = {
		CHILD_ROWS,
		{ MSG_SOURCE, CHILD_IN(CHILD_SET), false, false, FRAME_MAX, on_source, "source" },
		{ MSG_COMPILE, CHILD_IN(CHILD_SET), true, false, 0, on_compile, "compile" },
		{ MSG_STOP, CHILD_ALIVE, false, false, 0, child_on_stop, "stop" },
	};
	static const struct channel_ops ops = { rules, sizeof(rules) / sizeof(rules[0]), child_parent_gone };

	child_begin(&self.child, ROLE_COMPILER, &ops);
	child_run(&self.child);
}
