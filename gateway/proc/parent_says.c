/*
 * parent_says - what children say to the parent, and who may say what: one table per kind of child. What
 * is not in it, or is said out of turn, ends the channel, and with it the child.
 */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "gateway/io/log.h"
#include "gateway/proc/msg_changed.h"
#include "gateway/proc/parent_priv.h"

static struct kid *
of_channel(struct channel *c)
{
	return (struct kid *)c;
}

static int
on_ready(struct channel *c, struct cursor *in, int fd)
{
	(void)in;
	(void)fd;
	of_channel(c)->ready = true;
	respawn_ready(of_channel(c));
	if (of_channel(c)->role == ROLE_AUDITOR)
		acts_tell_kept();
	if (of_channel(c)->role == ROLE_SHIPPER && parent.sink_logins_due)
		shipper_logins();
	parent_on_ready();
	return 0;
}

static int
on_done(struct channel *c, struct cursor *in, int fd)
{
	(void)in;
	(void)fd;
	of_channel(c)->done = true;
	return 0;
}

static int
on_dial(struct channel *c, struct cursor *in, int fd)
{
	uint64_t token;

	(void)fd;
	if (msg_token_get(in, &token) != 0)
		return -EBADMSG;
	dial_for(of_channel(c), token);
	return 0;
}

static int
on_fatal(struct channel *c, struct cursor *in, int fd)
{
	(void)c;
	(void)in;
	(void)fd;
	return 0; /* it has logged its reason; its end follows */
}

static int
on_trusted(struct channel *c, struct cursor *in, int fd)
{
	struct msg_text t;
	struct log_line l;

	(void)c;
	(void)fd;
	if (msg_text_get(in, &t) != 0)
		return -EBADMSG;
	log_begin(&l, LOG_INF, "trust_loaded");
	log_bytes(&l, "what", t.text);
	log_end(&l);
	reload_trusted(t.name, t.text);
	return 0;
}

/* print_report() - a compiler's words, line by line as they are. */
static void
print_report(struct bytes text)
{
	if (text.len > 0)
		dprintf(STDERR_FILENO, "%.*s", (int)text.len, (const char *)text.ptr);
}

static int
on_snapshot(struct channel *c, struct cursor *in, int fd)
{
	struct msg_text t;

	(void)c;
	if (msg_text_get(in, &t) != 0) {
		close(fd);
		return -EBADMSG;
	}
	print_report(t.text);
	if (parent.policy >= 0)
		close(parent.policy);
	parent.policy = fd;
	reload_compiled(t.name, t.text);
	children_policy();
	return 0;
}

/* on_applied() - said when the last one judges by it, so that who waits for the word can rely on it. */
static int
on_applied(struct channel *c, struct cursor *in, int fd)
{
	(void)in;
	(void)fd;
	children_applied(of_channel(c));
	return 0;
}

static int
on_bad_peer(struct channel *c, struct cursor *in, int fd)
{
	enum role role;
	unsigned index;

	(void)fd;
	if (msg_child_get(in, &role, &index) != 0)
		return -EBADMSG;
	respawn_expel(of_channel(c), role, index);
	return 0;
}

static int
on_no_snapshot(struct channel *c, struct cursor *in, int fd)
{
	struct msg_text t;
	struct log_line l;

	(void)c;
	(void)fd;
	if (msg_text_get(in, &t) != 0)
		return -EBADMSG;
	print_report(t.text);
	log_begin(&l, LOG_ERR, "policy_refused");
	log_str(&l, "effect", parent.policy >= 0 ? "the policy in force stays" : "the gate does not start");
	log_end(&l);
	reload_refused(t.text);
	if (parent.policy < 0)
		parent_stop(3);
	return 0;
}

/* kid_ended() - its exit status follows; nothing more is said to it. What speaks out of turn is not waited for. */
static void
kid_ended(struct channel *c, const char *why)
{
	struct kid *k = of_channel(c);

	(void)why;
	if (c->refused && k->alive)
		uv_process_kill(&k->process, SIGKILL);
	channel_close(c);
}

/* Before MSG_START, after it, or both. */
#define FRESH (1U << 0)
#define STARTED (1U << 1)
#define ANY (FRESH | STARTED)

#define ROW_READY { MSG_READY, STARTED, true, false, 0, on_ready, "ready" }
#define ROW_FATAL { MSG_FATAL, ANY, true, false, 4096, on_fatal, "fatal" }
#define ROW_BAD_PEER { MSG_BAD_PEER, ANY, false, false, 8, on_bad_peer, "bad_peer" }
#define ROW_APPLIED { MSG_APPLIED, ANY, false, false, 0, on_applied, "applied" }
#define ROW_DIAL { MSG_DIAL, STARTED, false, false, 8, on_dial, "dial" }
#define ROW_WALLS { MSG_WALLS, ANY, true, false, 16, walls_on_said, "walls" }
#define ROW_STATS { MSG_STATS, ANY, false, false, 1024, control_on_stats, "stats" }

static const struct frame_rule edge_rules[] = {
	ROW_READY,
	ROW_FATAL,
	ROW_WALLS,
	ROW_APPLIED,
	ROW_DIAL,
	ROW_STATS,
	{ MSG_DONE, ANY, true, false, 0, on_done, "done" },
	{ MSG_LIVE, ANY, false, false, 8192, control_on_live, "live" },
	{ MSG_LIVE_END, ANY, false, false, 16, control_on_live_end, "live_end" },
};
static const struct frame_rule verifier_rules[] = {
	ROW_READY,
	ROW_FATAL,
	ROW_WALLS,
	ROW_STATS,
	ROW_BAD_PEER,
	ROW_APPLIED,
	{ MSG_TRUSTED, ANY, false, false, 4096, on_trusted, "trusted" },
};
static const struct frame_rule signer_rules[] = {
	ROW_READY,
	ROW_FATAL,
	ROW_WALLS,
	ROW_STATS,
	ROW_BAD_PEER,
	{ MSG_TLS_KEY_TAKEN, ANY, false, false, 0, tls_on_key_taken, "tls_key_taken" },
};
static const struct frame_rule dispatcher_rules[] = { ROW_READY, ROW_FATAL, ROW_WALLS, ROW_BAD_PEER, ROW_APPLIED, ROW_DIAL,
	ROW_STATS };
static const struct frame_rule auditor_rules[] = {
	ROW_READY,
	ROW_FATAL,
	ROW_WALLS,
	ROW_BAD_PEER,
	{ MSG_AUDIT_STATE, ANY, false, false, 2048, control_on_audit_state, "audit_state" },
	{ MSG_KEY_CHANGED, STARTED, false, false, 1024, rotate_on_changed, "key_changed" },
};
static const struct frame_rule compiler_rules[] = {
	ROW_FATAL,
	ROW_WALLS,
	{ MSG_SNAPSHOT, ANY, true, true, FRAME_MAX, on_snapshot, "snapshot" },
	{ MSG_NO_SNAPSHOT, ANY, true, false, FRAME_MAX, on_no_snapshot, "no_snapshot" },
	{ MSG_CHANGED, ANY, true, false, CHANGED_MAX, changes_take, "changed" },
};
static const struct frame_rule shipper_rules[] = {
	ROW_READY,
	ROW_FATAL,
	ROW_WALLS,
	{ MSG_DONE, ANY, true, false, 0, on_done, "done" },
	{ MSG_SINK_STATE, ANY, false, false, 256, shipper_on_state, "sink_state" },
};

static const struct frame_rule metrics_rules[] = {
	ROW_READY,
	ROW_FATAL,
	ROW_WALLS,
	{ MSG_DONE, ANY, true, false, 0, on_done, "done" },
	{ MSG_METRICS_WANTED, ANY, false, false, 0, metrics_on_wanted, "metrics_wanted" },
};

#define OPS(r) { r, sizeof(r) / sizeof((r)[0]), kid_ended }

static const struct channel_ops ops[ROLE_COUNT] = {
	[ROLE_EDGE] = OPS(edge_rules),
	[ROLE_VERIFIER] = OPS(verifier_rules),
	[ROLE_SIGNER] = OPS(signer_rules),
	[ROLE_DISPATCHER] = OPS(dispatcher_rules),
	[ROLE_AUDITOR] = OPS(auditor_rules),
	[ROLE_COMPILER] = OPS(compiler_rules),
	[ROLE_SHIPPER] = OPS(shipper_rules),
	[ROLE_METRICS] = OPS(metrics_rules),
};

const struct channel_ops *
says_ops(enum role role)
{
	return &ops[role];
}
