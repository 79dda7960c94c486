/*
 * status - how does the running gateway do? What is wrong, and what helps, is the gateway's own word;
 * here is the form.
 */
#include <string.h>

#include "gateway/cli/cli.h"
#include "gateway/cli/control.h"
#include "gateway/cli/walls_show.h"

enum { LABEL = 12 };

#define RED "\033[1;31m"
#define GREEN "\033[32m"

static void
label(const char *name)
{
	printf("%-*s ", LABEL, name);
}

/* state() - a word, green when it is @good. */
static void
state(const char *word, const char *good)
{
	bool colour = cli_colour(stdout);

	printf("%s%s%s", !colour ? "" : strcmp(word, good) == 0 ? GREEN : RED, word, colour ? "\033[0m" : "");
}

static void
say_age(int64_t s)
{
	if (s < 120)
		printf("%lld s", (long long)s);
	else if (s < 2 * 3600)
		printf("%lld min", (long long)s / 60);
	else if (s < 48 * 3600)
		printf("%lld h", (long long)s / 3600);
	else
		printf("%lld days", (long long)s / 86400);
}

static void
say_head(const struct control_reply *r)
{
	size_t list = json_member(&r->json, 0, "listen"), at = list != 0 ? json_first(&r->json, list) : 0;
	char text[512];

	label("gateway");
	state(control_text(r, 0, "state", text, sizeof(text)), "running");
	printf(", version %s", control_text(r, 0, "version", text, sizeof(text)));
	printf(", pid %lld, for ", (long long)control_number(r, 0, "pid"));
	say_age(control_number(r, 0, "up_s"));
	printf("\n");
	label("listens on");
	for (size_t i = 0; at != 0 && i < r->json.tok[list].n; i++, at = r->json.tok[at].next)
		printf("%s%s", i > 0 ? ", " : "", control_text(r, at, NULL, text, sizeof(text)));
	printf("\n");
}

/* say_why() - ": why, since TIME", as far as they are there. */
static void
say_why(const struct control_reply *r, size_t at)
{
	char text[512];

	if (json_member(&r->json, at, "why") != 0)
		printf(": %s", control_text(r, at, "why", text, sizeof(text)));
	if (json_member(&r->json, at, "since") != 0)
		printf(", since %s", control_text(r, at, "since", text, sizeof(text)));
	printf("\n");
}

static void
say_upstream(const struct control_reply *r)
{
	size_t at = json_member(&r->json, 0, "upstream");
	char text[512];

	label("upstream");
	printf("%s ", control_text(r, at, "url", text, sizeof(text)));
	state(control_text(r, at, "state", text, sizeof(text)), "reached");
	say_why(r, at);
}

static void
say_policy(const struct control_reply *r)
{
	size_t at = json_member(&r->json, 0, "policy"), refused = json_member(&r->json, at, "refused");
	char text[512];

	label("policy");
	printf("%s, %lld rules", control_text(r, at, "id", text, sizeof(text)), (long long)control_number(r, at, "rules"));
	printf(", loaded %s\n", control_text(r, at, "loaded", text, sizeof(text)));
	if (refused != 0) {
		label("");
		state("refused", "");
		printf(" a newer one at %s\n", control_text(r, refused, "time", text, sizeof(text)));
	}
	label("trust");
	printf("%s\n", control_text(r, at, "trust", text, sizeof(text)));
}

static void
say_processes(const struct control_reply *r)
{
	size_t list = json_member(&r->json, 0, "processes"), at = list != 0 ? json_first(&r->json, list) : 0;
	char role[32], word[32];

	for (size_t i = 0; at != 0 && i < r->json.tok[list].n; i++, at = r->json.tok[at].next) {
		label(i == 0 ? "processes" : "");
		printf("%-12s %2lld  ", control_text(r, at, "role", role, sizeof(role)),
		    (long long)control_number(r, at, "index"));
		state(control_text(r, at, "state", word, sizeof(word)), "ready");
		printf("  pid %lld", (long long)control_number(r, at, "pid"));
		if (control_number(r, at, "restarts") > 0)
			printf(", replaced %lld times", (long long)control_number(r, at, "restarts"));
		printf("\n");
	}
}

static void
say_counts(const struct control_reply *r)
{
	size_t conns = json_member(&r->json, 0, "connections"), commands = json_member(&r->json, 0, "commands");

	label("connections");
	printf("%lld now, %lld in all; %lld messages in, %lld out; %lld denied\n",
	    (long long)control_number(r, conns, "now"), (long long)control_number(r, conns, "total"),
	    (long long)control_number(r, conns, "in_msgs"), (long long)control_number(r, conns, "out_msgs"),
	    (long long)control_number(r, conns, "denied"));
	label("commands");
	printf("%lld, %lld refused, %lld under way\n", (long long)control_number(r, commands, "total"),
	    (long long)control_number(r, commands, "refused"), (long long)control_number(r, commands, "waiting"));
}

/* say_tls() - where it is spoken. */
static void
say_tls(const struct control_reply *r)
{
	size_t tls = json_member(&r->json, 0, "tls");

	if (tls == 0)
		return;
	label("tls");
	printf("%lld handshakes of clients, %lld failed; %lld signatures refused\n",
	    (long long)control_number(r, tls, "handshakes"), (long long)control_number(r, tls, "failed"),
	    (long long)control_number(r, tls, "signatures_refused"));
}

/* say_limits() - those that were run into, if any. */
static void
say_limits(const struct control_reply *r)
{
	size_t limits = json_member(&r->json, 0, "limits"), reached = json_member(&r->json, limits, "reached");
	size_t at = reached != 0 ? json_first(&r->json, reached) : 0, n = reached != 0 ? r->json.tok[reached].n : 0;
	bool first = true;

	label("limits");
	printf("%lld not logged in, %lld sources penalised, %lld KiB held",
	    (long long)control_number(r, limits, "preauth"), (long long)control_number(r, limits, "penalised"),
	    (long long)control_number(r, limits, "held_bytes") / 1024);
	for (size_t i = 0; at != 0 && i < n; i++, at = r->json.tok[at + 1].next) {
		char name[64];
		long long times;

		control_text(r, at, NULL, name, sizeof(name));
		times = control_number(r, reached, name);
		if (times == 0)
			continue;
		printf("%s %s %lld", first ? "; reached:" : ",", name, times);
		first = false;
	}
	printf("\n");
}

static void
say_files(const struct control_reply *r)
{
	size_t audit = json_member(&r->json, 0, "audit"), notes = json_member(&r->json, 0, "decisions");
	char text[512];

	label("audit");
	state(control_text(r, audit, "state", text, sizeof(text)), "ok");
	printf(", record %lld, on disk up to %lld", (long long)control_number(r, audit, "seq"),
	    (long long)control_number(r, audit, "durable"));
	say_why(r, audit);
	label("decisions");
	state(control_text(r, notes, "state", text, sizeof(text)), "ok");
	if (control_number(r, notes, "lost") > 0)
		printf(", %lld lines lost", (long long)control_number(r, notes, "lost"));
	say_why(r, notes);
}

static void
say_sinks(const struct control_reply *r)
{
	size_t list = json_member(&r->json, 0, "sinks"), at = list != 0 ? json_first(&r->json, list) : 0;
	size_t n = list != 0 ? r->json.tok[list].n : 0;
	char name[64], type[32], text[512];

	for (size_t i = 0; i < n; i++, at = r->json.tok[at].next) {
		label("sink");
		control_text(r, at, "name", name, sizeof(name));
		control_text(r, at, "type", type, sizeof(type));
		printf("%s, %s, ", name, type);
		state(control_text(r, at, "state", text, sizeof(text)), "connected");
		printf(", has record %lld, %lld waiting", (long long)control_number(r, at, "after"),
		    (long long)control_number(r, at, "waiting"));
		say_why(r, at);
	}
}

/* say_problems() - what is wrong, and what helps. Return: how many. */
static size_t
say_problems(const struct control_reply *r)
{
	size_t list = json_member(&r->json, 0, "problems"), at = list != 0 ? json_first(&r->json, list) : 0;
	size_t n = list != 0 ? r->json.tok[list].n : 0;
	char what[512], why[512], fix[1024];

	fflush(stdout);
	for (size_t i = 0; i < n; i++, at = r->json.tok[at].next) {
		control_text(r, at, "what", what, sizeof(what));
		control_text(r, at, "why", why, sizeof(why));
		control_text(r, at, "try", fix, sizeof(fix));
		cli_error("%s%s%s", what, why[0] != '\0' ? ": " : "", why);
		if (fix[0] != '\0')
			cli_try("%s", fix);
	}
	return n;
}

int
cmd_status(const struct cli_args *a)
{
	const char *where = cli_value(a, "config");
	struct control_reply r;
	int exit;

	if (where == NULL && a->n_args > 0)
		where = a->args[0];
	exit = control_ask(where, "status", &r);
	if (exit == CLI_OK && cli_flag(a, "json")) {
		exit = cli_print(&r.text);
		if (exit == CLI_OK && r.json.tok[json_member(&r.json, 0, "ok")].kind != JSON_TRUE)
			exit = CLI_FAILED;
	} else if (exit == CLI_OK && cli_flag(a, "walls")) {
		walls_show(&r);
	} else if (exit == CLI_OK) {
		say_head(&r);
		say_upstream(&r);
		say_policy(&r);
		say_processes(&r);
		say_counts(&r);
		say_tls(&r);
	say_limits(&r);
		say_files(&r);
		say_sinks(&r);
		exit = say_problems(&r) > 0 ? CLI_FAILED : CLI_OK;
	}
	control_reply_deinit(&r);
	return exit;
}
