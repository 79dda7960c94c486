/*
 * parent_reload - what came of a reload: kept for `status`, told to who waits for it and to the auditor.
 *
 * Reloads are numbered as they are asked for; a compilation answers for all that were asked before it
 * began. Its outcome is the compiler's refusal, or the word of the last process that judges by the new
 * policy.
 */
#include <stdio.h>
#include <stdlib.h>

#include "gateway/io/clock.h"
#include "gateway/io/log.h"
#include "gateway/proc/parent_priv.h"

enum { REPORT_MAX = 16 * 1024, CHANGE_MAX = 4096, CHANGES_MAX = 128 * 1024, OUTCOME_MAX = 512 * 1024 };

void
parent_reload(const char *by)
{
	log_event(LOG_INF, "reload");
	notify_reloading();
	snprintf(parent.reload.by, sizeof(parent.reload.by), "%s", by);
	/* keys before trust: who is let in next has a key upstream */
	children_keys();
	tls_reload();
	shipper_logins();
	(void)rotate_key(); /* what went wrong has been logged */
	children_compile();
	files_watch();
	files_trust();
}

/* keep() - the compiler's words, as many as are shown. */
static void
keep(struct bytes report)
{
	buf_deinit(&parent.reload.report);
	buf_init(&parent.reload.report, REPORT_MAX + 1);
	buf_put(&parent.reload.report, bytes_upto(report, REPORT_MAX));
}

void
reload_put_report(struct buf *b)
{
	struct bytes rest = buf_bytes(&parent.reload.report);
	bool first = true;

	buf_put_u8(b, '[');
	while (rest.len > 0) {
		struct bytes line = bytes_upto(rest, bytes_find(rest, '\n'));

		rest = bytes_from(rest, line.len + 1);
		if (!first)
			buf_put_u8(b, ',');
		first = false;
		buf_put_json(b, line);
	}
	buf_put_u8(b, ']');
}

/* tell() - the outcome, to who waits. */
static void
tell(bool loaded)
{
	const struct reload *r = &parent.reload;
	struct buf b;

	buf_init(&b, OUTCOME_MAX);
	buf_put_str(&b, loaded ? "{\"ok\":true,\"policy\":" : "{\"ok\":false,\"policy\":");
	buf_put_json(&b, bytes_str(r->id));
	buf_put_str(&b, ",\"before\":");
	buf_put_json(&b, bytes_str(r->before));
	buf_put_str(&b, ",\"rules\":");
	buf_put_dec(&b, r->rules);
	buf_put_str(&b, ",\"trust\":");
	buf_put_json(&b, bytes_str(r->trust));
	buf_put_str(&b, ",\"trust_kept\":");
	buf_put_str(&b, r->trust_kept ? "true" : "false");
	buf_put_str(&b, ",\"messages\":");
	reload_put_report(&b);
	buf_put_str(&b, ",\"changes\":[");
	if (loaded)
		buf_put(&b, buf_bytes(&r->changes));
	buf_put_str(&b, "]}");
	control_reloaded(loaded ? r->applying : r->compiling, buf_bytes(&b));
	buf_deinit(&b);
	notify_reloaded();
}

/* tell_if_over() - when the policy is in force and nothing more will be said of it. */
static void
tell_if_over(void)
{
	if (!parent.reload.applied || parent.reload.comparing)
		return;
	parent.reload.applied = false;
	tell(true);
}

void
reload_changed(const char *change, struct bytes who, struct bytes what, struct bytes example)
{
	struct buf *to = &parent.reload.changes, line;

	buf_init(&line, CHANGE_MAX);
	buf_put_str(&line, change);
	for (size_t i = 0; i < line.len; i++) {
		if (line.ptr[i] == '_')
			line.ptr[i] = ' ';
	}
	buf_put_str(&line, ": ");
	buf_put(&line, who);
	buf_put_u8(&line, ' ');
	buf_put(&line, what);
	if (example.len > 0) {
		buf_put_str(&line, ", e.g. ");
		buf_put(&line, example);
	}
	if (!buf_failed(&line) && to->len + 6 * line.len + 3 < CHANGES_MAX) {
		if (to->len > 0)
			buf_put_u8(to, ',');
		buf_put_json(to, buf_bytes(&line));
	}
	buf_deinit(&line);
}

void
reload_begun(void)
{
	parent.reload.comparing = true;
	parent.reload.compiling = parent.reload.wanted;
	parent.reload.outcome = false;
}

void
reload_refused(struct bytes report)
{
	struct reload *r = &parent.reload;
	struct bytes line = bytes_upto(report, bytes_find(report, '\n'));

	r->outcome = true;
	r->refused_s = clock_wall_s();
	r->n_refused++;
	keep(report);
	act_tell(ACT_RELOAD, "policy refused", bytes_upto(line, 400), r->by[0] != '\0' ? r->by : "start");
	tell(false);
}

void
reload_compiled(struct bytes name, struct bytes report)
{
	struct reload *r = &parent.reload;
	struct bytes id = bytes_upto(name, bytes_find(name, ' ')), n = bytes_from(name, id.len + 1);

	r->outcome = true;
	r->applying = r->compiling;
	r->applied = false;
	buf_deinit(&r->changes);
	buf_init(&r->changes, CHANGES_MAX);
	snprintf(r->before, sizeof(r->before), "%s", r->id);
	snprintf(r->id, sizeof(r->id), "%.*s", (int)id.len, (const char *)id.ptr);
	r->rules = 0;
	for (size_t i = 0; i < n.len && i < 9 && n.ptr[i] >= '0' && n.ptr[i] <= '9'; i++)
		r->rules = r->rules * 10 + (uint64_t)(n.ptr[i] - '0');
	keep(report);
	upgrade_compiled();
}

void
reload_applied(void)
{
	struct reload *r = &parent.reload;
	char detail[96];
	int n = snprintf(detail, sizeof(detail), "%s, %llu rules", r->id, (unsigned long long)r->rules);

	r->loaded_s = clock_wall_s();
	r->n_loaded++;
	r->refused_s = 0;
	act_tell(ACT_RELOAD, "policy", bytes_of(detail, (size_t)n), r->by[0] != '\0' ? r->by : "start");
	r->applied = true;
	tell_if_over();
}

void
reload_compiler_gone(void)
{
	parent.reload.comparing = false;
	tell_if_over();
	if (!parent.reload.outcome)
		reload_refused(BYTES_LIT("the compiler ended without an answer\n"));
}

void
reload_trusted(struct bytes kind, struct bytes text)
{
	parent.reload.trust_kept = !bytes_is(kind, "trusted");
	snprintf(parent.reload.trust, sizeof(parent.reload.trust), "%.*s", (int)text.len, (const char *)text.ptr);
	act_tell(ACT_RELOAD, parent.reload.trust_kept ? "trust refused" : "trust", bytes_upto(text, 400), "files");
}
