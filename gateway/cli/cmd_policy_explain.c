/*
 * policy explain - one message under a policy: what each rule says of it, which one decides, and
 * what would let it through. Or one that the gate has decided, by the id in its log. Asks the same
 * code as the gate; see policy/rules/explain.h.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/cli/decided.h"
#include "gateway/cli/explain_show.h"
#include "gateway/cli/person_file.h"
#include "gateway/cli/policy_set.h"
#include "gateway/io/clock.h"
#include "gateway/proc/file.h"
#include "policy/rules/explain.h"
#include "policy/rules/window.h"

enum { OUT_MAX = 16 << 20 };

/* ---- all of it ---- */

static int
say(const struct policy_set *set, const struct identity *id, const struct explain_question *q,
    const struct decided *was, bool json)
{
	struct explanation e;
	struct shown s = { set->policy, id, q, &e, was };
	struct buf b;
	int r = explain(&e, set->policy, id, q);

	buf_init(&b, OUT_MAX);
	if (r != 0) {
		cli_error("%s",
		    r == -EINVAL ? "the credential's lists hold what is no subject" : strerror(-r));
		r = CLI_FAILED;
	} else {
		if (json)
			explain_put_json(&s, &b);
		else
			explain_put_text(&s, &b);
		r = cli_print(&b);
	}
	buf_deinit(&b);
	explanation_deinit(&e);
	return r;
}

/* explain_to() - @q with the payload of the command line. */
static int
explain_to(const struct cli_args *a, const struct policy_set *set, const struct identity *id,
    struct explain_question q, const struct decided *was)
{
	const char *file = cli_value(a, "body");
	struct bytes payload;
	struct buf body;
	int r = 0;

	buf_init(&body, EXPECT_MAX_BODY);
	if (file != NULL) {
		r = file_read(AT_FDCWD, file, &body);
		payload = buf_bytes(&body);
		q.payload = &payload;
	}
	if (r != 0) {
		cli_error("%s: %s", file, strerror(-r));
		r = CLI_FAILED;
	} else {
		r = say(set, id, &q, was, cli_flag(a, "json"));
	}
	buf_deinit(&body);
	return r;
}

/* tell_time() - the moment of --at, or when it was decided, or now. */
static int
tell_time(const struct cli_args *a, const struct policy_set *set, const struct decided *was)
{
	const char *at = cli_value(a, "at"), *why = NULL;
	int64_t now = was != NULL && was->at_s != 0 ? was->at_s : clock_wall_s();
	int r;

	if (at != NULL)
		why = window_instant(bytes_str(at), &now);
	if (why != NULL) {
		cli_error("--at %s: %s", at, why);
		return CLI_USAGE;
	}
	r = policy_time(set->policy, now);
	if (r < 0) {
		cli_error("%s", strerror(-r));
		return CLI_FAILED;
	}
	return CLI_OK;
}

/* who() - from a creds file, or a role of the policy. */
static int
who(const struct cli_args *a, const struct policy_set *set, struct identity *id)
{
	const char *creds = cli_value(a, "creds"), *host = cli_value(a, "host-id");
	struct expect_case c = { .role = bytes_str(cli_value(a, "role")) };

	if ((creds != NULL) == (c.role.ptr != NULL) || (creds != NULL && host != NULL)) {
		cli_error(
		    "say who: either --creds FILE, or --role ROLE with an optional --host-id N...");
		return CLI_USAGE;
	}
	if (creds != NULL)
		return person_from_creds(creds, id);
	if (host != NULL) {
		c.host[0] = true;
		c.tag[c.n_tags++] = bytes_str(host);
	}
	if (expect_person(id, set->policy, &c, set->policies.file[0].path) != 0) {
		cli_error("out of memory");
		return CLI_FAILED;
	}
	return CLI_OK;
}

/* read_policies() - those named, or those of the folder. */
static int
read_policies(const struct cli_args *a, struct policy_set *set)
{
	const char *named = cli_value(a, "policy"), *dir = cli_value(a, "dir");
	char path[PATH_MAX];
	int r;

	if (named == NULL && dir != NULL) {
		snprintf(path, sizeof(path), "%s/policies", dir);
		named = path;
	}
	r = policy_set_read(set, a, &named, named != NULL ? 1 : 0);
	if (r == CLI_OK)
		r = policy_set_compile(set);
	if (r == CLI_CONFIG) {
		fwrite(set->report.out.ptr, 1, set->report.out.len, stderr);
		policy_set_advise(set);
	}
	return r;
}

/* explain_message() - of the command line. */
static int
explain_message(const struct cli_args *a, const struct policy_set *set)
{
	struct explain_question q = { .op = strcmp(a->args[0], "SUB") == 0 ? EXPLAIN_SUB
									   : EXPLAIN_PUB,
		.subject = bytes_str(a->args[1]),
		.other = bytes_str(a->n_args > 2 ? a->args[2] : "") };
	struct identity id = { 0 };
	int r = tell_time(a, set, NULL);

	if (r == CLI_OK)
		r = who(a, set, &id);
	if (r == CLI_OK)
		r = explain_to(a, set, &id, q, NULL);
	identity_deinit(&id);
	return r;
}

/* explain_decided() - what a log holds under an id. */
static int
explain_decided(const struct cli_args *a, const struct policy_set *set)
{
	struct explain_question q = { .op = EXPLAIN_PUB };
	struct decided was;
	int r;

	if (cli_value(a, "creds") != NULL || cli_value(a, "role") != NULL) {
		cli_error("who it was is in the log: neither --creds nor --role");
		return CLI_USAGE;
	}
	r = decided_find(&was, a, a->args[0]);
	if (r == CLI_OK && !was.explains) {
		cli_error("%s is %.*s, which no rule decides: %.*s", a->args[0], (int)was.event.len,
		    (const char *)was.event.ptr, (int)was.reason.len,
		    was.reason.len != 0 ? (const char *)was.reason.ptr : "");
		r = CLI_FAILED;
	}
	if (r == CLI_OK)
		r = tell_time(a, set, &was);
	if (r == CLI_OK) {
		q.op = was.subscribes ? EXPLAIN_SUB : EXPLAIN_PUB;
		q.subject = was.subject;
		q.other = was.subscribes ? was.queue : was.reply;
		r = explain_to(a, set, &was.who, q, &was);
	}
	decided_deinit(&was);
	return r;
}

int
cmd_policy_explain(const struct cli_args *a)
{
	bool message = strcmp(a->args[0], "PUB") == 0 || strcmp(a->args[0], "SUB") == 0;
	struct policy_set set;
	int r;

	if (!message && !decided_is_id(a->args[0])) {
		cli_error("%s: expected PUB or SUB, or the id of a decision", a->args[0]);
		return CLI_USAGE;
	}
	if (message != (a->n_args > 1)) {
		cli_error(
		    message ? "%s: expected a subject" : "%s: an id stands alone", a->args[0]);
		return CLI_USAGE;
	}
	r = read_policies(a, &set);
	if (r == CLI_OK)
		r = message ? explain_message(a, &set) : explain_decided(a, &set);
	policy_set_deinit(&set);
	return r;
}
