/*
 * reload - have the running gateway read policies, trust and keys anew, and wait for what comes of it.
 */
#include <string.h>

#include "gateway/cli/cli.h"
#include "gateway/cli/control.h"

/* print_lines() - a list of texts, one to a line. */
static void
print_lines(const struct control_reply *r, size_t list, FILE *to)
{
	size_t n = list != 0 ? r->json.tok[list].n : 0, at = list != 0 ? json_first(&r->json, list) : 0;
	char text[2048];

	for (size_t i = 0; i < n; i++, at = r->json.tok[at].next)
		fprintf(to, "%s\n", control_text(r, at, NULL, text, sizeof(text)));
}

static void
say_loaded(const struct control_reply *r)
{
	char id[64], before[64], trust[128];

	control_text(r, 0, "policy", id, sizeof(id));
	control_text(r, 0, "before", before, sizeof(before));
	control_text(r, 0, "trust", trust, sizeof(trust));
	if (strcmp(id, before) == 0)
		printf("policy  %s, as before: %lld rules\n", id, (long long)control_number(r, 0, "rules"));
	else
		printf("policy  %s now, %s before: %lld rules\n", id, before[0] != '\0' ? before : "none",
		    (long long)control_number(r, 0, "rules"));
	printf("trust   %s\n", trust[0] != '\0' ? trust : "not known yet");
	print_lines(r, json_member(&r->json, 0, "changes"), stdout);
}

static int
say(const struct control_reply *r)
{
	bool ok = r->json.tok[json_member(&r->json, 0, "ok")].kind == JSON_TRUE;
	bool kept = r->json.tok[json_member(&r->json, 0, "trust_kept")].kind == JSON_TRUE;

	print_lines(r, json_member(&r->json, 0, "messages"), stderr);
	if (!ok) {
		cli_error("the policy was refused; the one in force stays");
		cli_try("correct it, look with `portcullis policy check`, then reload again");
		return CLI_CONFIG;
	}
	say_loaded(r);
	if (!kept)
		return CLI_OK;
	cli_error("the operator or accounts could not be taken up; what was trusted before stays");
	cli_try("portcullis check");
	return CLI_CONFIG;
}

int
cmd_reload(const struct cli_args *a)
{
	const char *where = cli_value(a, "config");
	struct control_reply reply;
	int r;

	if (where == NULL && a->n_args > 0)
		where = a->args[0];
	r = control_ask(where, "reload", &reply);
	if (r == CLI_OK && cli_flag(a, "json")) {
		bool ok = reply.json.tok[json_member(&reply.json, 0, "ok")].kind == JSON_TRUE;

		r = cli_print(&reply.text);
		if (r == CLI_OK && !ok)
			r = CLI_CONFIG;
	} else if (r == CLI_OK) {
		r = say(&reply);
	}
	control_reply_deinit(&reply);
	return r;
}
