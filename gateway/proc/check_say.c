/*
 * check_say - what was found, in words for people: how many errors, or that all is in order and
 * what the configuration amounts to.
 */
#include "gateway/proc/check.h"

/* say_count() - "3 rules", "1 rule". */
static void
say_count(struct buf *out, size_t n, const char *what)
{
	buf_put_dec(out, n);
	buf_put_u8(out, ' ');
	buf_put_str(out, what);
	buf_put_str(out, n == 1 ? "" : "s");
}

static void
say_address(struct buf *out, const struct config_address *a)
{
	bool v6 = strchr(a->host, ':') != NULL;

	buf_put_str(out, v6 ? "[" : "");
	buf_put_str(out, a->host);
	buf_put_str(out, v6 ? "]:" : ":");
	buf_put_dec(out, a->port);
}

static void
say_found(const struct check_result *c, struct buf *out)
{
	buf_put_str(out, "\n  listens on  ");
	for (size_t i = 0; i < c->config->n_listen; i++) {
		buf_put_str(out, i > 0 ? ", " : "");
		say_address(out, &c->config->listen[i]);
	}
	buf_put_str(out, "\n  upstream    ");
	say_address(out, &c->config->upstream);
	buf_put_str(
	    out, c->config->upstream_mint != NULL ? ", logins minted" : ", logins by creds file");
	buf_put_str(out, "\n  believes    ");
	say_count(out, c->operators, "operator");
	buf_put_str(out, ", ");
	say_count(out, c->accounts, "account");
	buf_put_str(out, "\n  stamps as   ");
	buf_put_str(out, c->stamp_pub);
	buf_put_str(out, "\n  policy      ");
	say_count(out, c->rules, "rule");
	buf_put_str(out, " in ");
	say_count(out, c->policies, "file");
	buf_put_str(out, ", id ");
	buf_put_str(out, c->policy_id);
	buf_put_u8(out, '\n');
}

void
check_say(const struct check_result *c, struct buf *out)
{
	if (c->report.errors > 0) {
		say_count(out, c->report.errors, "error");
		buf_put_str(out, ", ");
		say_count(out, c->report.warnings, "warning");
		buf_put_u8(out, '\n');
		return;
	}
	buf_put_str(out, c->config->file);
	buf_put_str(out, " is in order");
	if (c->report.warnings > 0) {
		buf_put_str(out, ", with ");
		say_count(out, c->report.warnings, "warning");
	}
	say_found(c, out);
}
