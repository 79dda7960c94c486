/*
 * compiler - policy text in, snapshot out, and gone. Owns nothing else: a fault in the reader of
 * policies costs a reload, not the gate. A policy that breaks a promise of the *.expect files
 * beside it is refused like one that does not compile.
 *
 * What the new policy allows that the one in force does not is looked for when the snapshot is on
 * its way already: nobody waits for it, and a fault there costs a line in the log.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/proc/child.h"
#include "gateway/proc/file.h"
#include "gateway/proc/msg_changed.h"
#include "gateway/proc/snapshot.h"
#include "policy/rules/expect.h"

enum {
	COMPILER_SNAPSHOT_MAX = 64 * 1024 * 1024,
	COMPARE_STEPS = 2000000, /* a tenth of a second or two */
	COMPARE_LINES = 200,
	SEND_MS = 1000
};

/* Files of one kind; names and texts are ours. */
struct files {
	size_t n;
	struct policy_source file[FILE_MAX_POLICIES];
};

static struct compiler {
	struct child child;
	struct files sources, promises, payloads;
	struct snapshot old; /* what is in force */
} self;

static int
keep(struct files *f, struct cursor *in)
{
	struct msg_text t;
	char *name, *text;

	if (msg_text_get(in, &t) != 0 || f->n == FILE_MAX_POLICIES)
		return -EBADMSG;
	name = strndup((const char *)t.name.ptr, t.name.len);
	text = malloc(t.text.len + 1);
	if (name == NULL || text == NULL) {
		free(name);
		free(text);
		return -ENOMEM;
	}
	if (t.text.len != 0)
		memcpy(text, t.text.ptr, t.text.len);
	f->file[f->n++] =
	    (struct policy_source){ .file = name, .text = bytes_of(text, t.text.len) };
	return 0;
}

static int
on_source(struct channel *c, struct cursor *in, int fd)
{
	(void)c;
	(void)fd;
	return keep(&self.sources, in);
}

static int
on_promise(struct channel *c, struct cursor *in, int fd)
{
	(void)c;
	(void)fd;
	return keep(&self.promises, in);
}

static int
on_payload(struct channel *c, struct cursor *in, int fd)
{
	(void)c;
	(void)fd;
	return keep(&self.payloads, in);
}

/* read_payload() - one of those that were sent, by its name in the folder. */
static int
read_payload(void *ctx, const char *expect_file, struct bytes name, struct buf *out)
{
	(void)ctx;
	(void)expect_file; /* there is one folder */
	for (size_t i = 0; i < self.payloads.n; i++) {
		const char *slash = strrchr(self.payloads.file[i].file, '/');

		if (slash == NULL || !bytes_is(name, slash + 1))
			continue;
		buf_put(out, self.payloads.file[i].text);
		return buf_failed(out) ? -EFBIG : 0;
	}
	return -ENOENT;
}

/* described() - its id and how many rules it has, for people. */
static void
described(struct bytes snapshot, char out[64])
{
	struct policy *p = NULL;

	out[0] = '\0';
	if (policy_open(&p, snapshot) != 0)
		return;
	snprintf(out, 64, "%s %zu", policy_id(p), policy_rules(p));
	policy_close(p);
}

/* keeps_promises() - every line of the *.expect files; those that do not hold are in the report. */
static int
keeps_promises(struct bytes snapshot, struct text_report *report)
{
	static const struct expect_bodies bodies = { read_payload, NULL };
	struct expect_run run = { .bodies = &bodies, .report = report };
	struct policy *p = NULL;
	int r = policy_open(&p, snapshot);

	run.policy = p;
	for (size_t i = 0; r >= 0 && i < self.promises.n; i++)
		r = expect_run(&run, self.promises.file[i].file, self.promises.file[i].text);
	policy_close(p);
	if (r < 0)
		return err_pass(r);
	return run.failed > 0 ? EXPECT_FAILED : 0;
}

/* on_policy() - one that cannot be opened is as good as none: there is nothing to compare with. */
static int
on_policy(struct channel *c, struct cursor *in, int fd)
{
	(void)c;
	(void)in;
	if (snapshot_open(&self.old, fd) != 0)
		self.old = (struct snapshot){ 0 };
	return 0;
}

/* compare() - with what was in force; the snapshot is sent first. */
static void
compare(struct channel *c, struct bytes snapshot)
{
	struct diff_budget budget = { COMPARE_STEPS, COMPARE_LINES };
	struct diff_result d;
	struct policy *p = NULL;

	if (self.old.policy == NULL || channel_flush_all(c, SEND_MS) != 0)
		return;
	if (policy_open(&p, snapshot) != 0)
		return;
	if (policy_diff(&d, self.old.policy, p, budget) == 0)
		(void)msg_changed_put(c, &d);
	diff_deinit(&d);
	policy_close(p);
}

static int
on_compile(struct channel *c, struct cursor *in, int fd)
{
	struct text_report report;
	struct buf out;
	int r, sealed = -1;
	char name[64];

	(void)in;
	(void)fd;
	text_report_init(&report);
	buf_init(&out, COMPILER_SNAPSHOT_MAX);
	r = policy_compile(&out, self.sources.file, self.sources.n, &report);
	if (r == 0)
		r = keeps_promises(buf_bytes(&out), &report);
	if (r == 0)
		sealed = snapshot_seal(buf_bytes(&out));
	if (sealed >= 0) {
		described(buf_bytes(&out), name);
		(void)msg_text_put(c, MSG_SNAPSHOT, name, buf_bytes(&report.out), sealed);
		compare(c, buf_bytes(&out));
	} else {
		(void)msg_text_put(c, MSG_NO_SNAPSHOT, "errors",
		    report.out.len != 0 ? buf_bytes(&report.out) : BYTES_LIT("out of memory\n"),
		    -1);
	}
	child_exit(&self.child, 0);
}

int
compiler_main(void)
{
	static const struct frame_rule rules[] = {
		CHILD_ROWS,
		{ MSG_SOURCE, CHILD_IN(CHILD_SET), false, false, FRAME_MAX, on_source, "source" },
		{ MSG_PROMISE, CHILD_IN(CHILD_SET), false, false, FRAME_MAX, on_promise,
		    "promise" },
		{ MSG_PAYLOAD, CHILD_IN(CHILD_SET), false, false, FRAME_MAX, on_payload,
		    "payload" },
		{ MSG_POLICY, CHILD_IN(CHILD_SET), true, true, 0, on_policy, "policy" },
		{ MSG_COMPILE, CHILD_IN(CHILD_SET), true, false, 0, on_compile, "compile" },
		{ MSG_STOP, CHILD_ALIVE, false, false, 0, child_on_stop, "stop" },
	};
	static const struct channel_ops ops = { rules, sizeof(rules) / sizeof(rules[0]),
		child_parent_gone };

	child_begin(&self.child, ROLE_COMPILER, &ops);
	child_run(&self.child);
}
