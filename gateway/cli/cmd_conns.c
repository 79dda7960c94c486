/*
 * conns - who is connected to the running gateway.
 */
#include <string.h>
#include <time.h>

#include "gateway/cli/cli.h"
#include "gateway/cli/control.h"

/* put_age() - 12s, 5m, 3h, 12d */
static void
put_age(int64_t since_s, char out[24])
{
	int64_t s = (int64_t)time(NULL) - since_s;

	if (s < 0)
		s = 0;
	if (s < 120)
		snprintf(out, 24, "%llds", (long long)s);
	else if (s < 2 * 3600)
		snprintf(out, 24, "%lldm", (long long)s / 60);
	else if (s < 48 * 3600)
		snprintf(out, 24, "%lldh", (long long)s / 3600);
	else
		snprintf(out, 24, "%lldd", (long long)s / 86400);
}

enum { WIDE = 130, ID = 8, AGE = 5, DENIED = 6 };

/* put_cut() - @s in @width columns, its end cut where it is longer. */
static void
put_cut(const char *s, size_t width)
{
	bool longer = strlen(s) > width;

	printf("%-*.*s%s ", (int)(longer ? width - 1 : width), (int)(longer ? width - 1 : width), s,
	    longer ? "~" : "");
}

/* put_narrow() - the row of a terminal that has no room for all columns: the id is whole. */
static void
put_narrow(size_t columns, const char *const cell[5], const char *denied)
{
	size_t id = strlen(cell[0]) > ID ? strlen(cell[0]) : ID, fixed = id + AGE + DENIED + 5;
	size_t left = columns > fixed + 15 ? columns - fixed : 15;

	put_cut(cell[0], id);
	put_cut(cell[1], AGE);
	put_cut(cell[2], left * 34 / 100);
	put_cut(cell[3], left * 30 / 100);
	put_cut(cell[4], left * 36 / 100);
	printf("%*s\n", DENIED, denied);
}

static void
print_one(const struct control_reply *r, size_t at, size_t columns)
{
	char id[32], age[24], source[80], name[64], tags[256], account[64], denied[24];

	snprintf(id, sizeof(id), "%lld.%lld", (long long)control_number(r, at, "edge"),
	    (long long)control_number(r, at, "client"));
	put_age(control_number(r, at, "since"), age);
	control_text(r, at, "source", source, sizeof(source));
	control_text(r, at, "name", name, sizeof(name));
	control_text(r, at, "tags", tags, sizeof(tags));
	control_text(r, at, "account", account, sizeof(account));
	snprintf(denied, sizeof(denied), "%lld", (long long)control_number(r, at, "denied"));
	if (columns > 0 && columns < WIDE) {
		put_narrow(columns,
		    (const char *const[]){ id, age, source, name[0] != '\0' ? name : "-",
			tags[0] != '\0' ? tags : "-" },
		    denied);
		return;
	}
	printf("%-8s %-6s %-22s %-20s %-24s %.8s.. %5lld %9lld %9lld %6s\n", id, age, source,
	    name[0] != '\0' ? name : "-", tags[0] != '\0' ? tags : "-", account,
	    (long long)control_number(r, at, "subs"), (long long)control_number(r, at, "in_msgs"),
	    (long long)control_number(r, at, "out_msgs"), denied);
}

static int
say(const struct control_reply *r)
{
	size_t list = json_member(&r->json, 0, "connections"), n, at, columns = cli_columns(stdout);
	int64_t shown = control_number(r, 0, "shown"), all = control_number(r, 0, "all");

	if (list == 0 || r->json.tok[list].kind != JSON_ARRAY) {
		cli_error("the gateway's answer cannot be read");
		return CLI_FAILED;
	}
	n = r->json.tok[list].n;
	at = json_first(&r->json, list);
	if (n > 0 && columns > 0 && columns < WIDE)
		put_narrow(columns, (const char *const[]){ "ID", "AGE", "FROM", "NAME", "TAGS" },
		    "DENIED");
	else if (n > 0)
		printf("%-8s %-6s %-22s %-20s %-24s %-10s %5s %9s %9s %6s\n", "ID", "AGE", "FROM",
		    "NAME", "TAGS", "ACCOUNT", "SUBS", "IN", "OUT", "DENIED");
	for (size_t i = 0; i < n; i++, at = r->json.tok[at].next)
		print_one(r, at, columns);
	printf("%lld connected\n", (long long)all);
	if (shown < all)
		cli_note("%lld of %lld are shown", (long long)shown, (long long)all);
	return CLI_OK;
}

int
cmd_conns(const struct cli_args *a)
{
	const char *where = cli_value(a, "config");
	struct control_reply reply;
	int r;

	if (where == NULL && a->n_args > 0)
		where = a->args[0];
	r = control_ask(where, "conns", &reply);
	if (r == CLI_OK)
		r = cli_flag(a, "json") ? cli_print(&reply.text) : say(&reply);
	control_reply_deinit(&reply);
	return r;
}
