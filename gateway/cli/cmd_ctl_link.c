/*
 * ctl link, unlink - tell a provider about an actor, or no longer. Values may be secrets: they are
 * sent, and shown nowhere.
 */
#include <string.h>

#include "gateway/cli/ctl_command.h"
#include "gateway/cli/ctl_wait.h"
#include "gateway/cli/verbs_ctl.h"

static int
put_values(struct buf *b, const struct cli_args *a, size_t from)
{
	int r = CLI_OK;

	members_object(b, "values");
	for (size_t i = from; r == CLI_OK && i < a->n_args; i++)
		r = ctl_command_pair(b, "a value", a->args[i]);
	members_end_object(b);
	return r;
}

static const char *
link_name(const struct cli_args *a)
{
	const char *name = cli_value(a, "link-name");

	return name != NULL ? name : "default";
}

/* a link as it is seen afterwards */
struct sight {
	bool found;
	char state[32], reason[CTL_TEXT], retry[64];
};

static void
look(struct ctl *c, const char *actor, const char *contract, const char *name, struct sight *s)
{
	char value[256];
	struct control_reply r;
	size_t n = 0, at = 0;

	*s = (struct sight){ 0 };
	if (ctl_ask(c, "get.links", NULL, &r) == CLI_OK)
		at = ctl_list(&r, 0, "links", &n);
	for (; n > 0; n--, at = r.json.tok[at].next) {
		if (strcmp(control_text(&r, at, "actor_id", value, sizeof(value)), actor) != 0 ||
		    strcmp(control_text(&r, at, "contract_id", value, sizeof(value)), contract) !=
			0 ||
		    strcmp(control_text(&r, at, "link_name", value, sizeof(value)), name) != 0)
			continue;
		s->found = true;
		control_text(&r, at, "state", s->state, sizeof(s->state));
		control_text(&r, at, "reason", s->reason, sizeof(s->reason));
		control_text(&r, at, "next_retry", s->retry, sizeof(s->retry));
	}
	control_reply_deinit(&r);
}

/* outcome() - the link was taken; does it work? */
static int
outcome(struct ctl *c, const char *actor, const char *contract, const char *name)
{
	struct sight s;

	for (int64_t left = c->wait_ms; left > 0; left -= 500) {
		look(c, actor, contract, name, &s);
		if (s.found && strcmp(s.state, "starting") != 0)
			break;
		ctl_next(c, 500);
	}
	if (c->wait_ms > 0 && strcmp(s.state, "failed") == 0) {
		cli_error("the link is kept, but it does not work: %s", s.reason);
		if (s.retry[0] != '\0')
			cli_note("it is tried again at %s", s.retry);
		return CLI_FAILED;
	}
	if (!c->json)
		printf("linked%s%s%s\n", c->wait_ms > 0 && s.state[0] != '\0' ? ", " : "",
		    c->wait_ms > 0 ? s.state : "",
		    c->wait_ms > 0 && strcmp(s.state, "stopped") == 0
			? " (its provider does not run yet)"
			: "");
	return CLI_OK;
}

static int
put(struct ctl *c, const struct cli_args *a)
{
	char actor[CTL_KEY], provider[CTL_KEY];
	struct ctl_command x;
	int r = ctl_key(c, 'M', a->args[0], actor);

	if (r == CLI_OK)
		r = ctl_key(c, 'V', a->args[1], provider);
	if (r != CLI_OK)
		return r;
	ctl_command_begin(&x);
	members_text(&x.body, "actor_id", actor);
	members_text(&x.body, "provider_id", provider);
	members_text(&x.body, "link_name", link_name(a));
	members_text(&x.body, "contract_id", a->args[2]);
	r = put_values(&x.body, a, 3);
	ctl_listen(c);
	if (r == CLI_OK)
		r = ctl_command_send(c, &x, NULL, "linkdefs.put", true);
	else
		ctl_command_end(&x);
	return r == CLI_OK ? outcome(c, actor, a->args[2], link_name(a)) : r;
}

static int
del(struct ctl *c, const struct cli_args *a)
{
	char actor[CTL_KEY];
	struct ctl_command x;
	int r = ctl_key(c, 'M', a->args[0], actor);

	if (r != CLI_OK)
		return r;
	ctl_command_begin(&x);
	members_text(&x.body, "actor_id", actor);
	members_text(&x.body, "contract_id", a->args[1]);
	members_text(&x.body, "link_name", link_name(a));
	r = ctl_command_send(c, &x, NULL, "linkdefs.del", true);
	if (r == CLI_OK && !c->json)
		puts("unlinked");
	return r;
}

int
cmd_ctl_link(const struct cli_args *a)
{
	return ctl_with(a, put);
}

int
cmd_ctl_unlink(const struct cli_args *a)
{
	return ctl_with(a, del);
}
