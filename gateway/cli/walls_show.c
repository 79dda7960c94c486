/*
 * walls_show - see walls_show.h. A row for each wall, a column for each process: what is missing
 * somewhere is seen at a glance. The parent comes first; it starts, opens and dials for the others,
 * so it has no filter and no Landlock.
 */
#include "gateway/cli/walls_show.h"

#include "gateway/cli/cli.h"
#include "seccomp/wall.h"

enum { WALLS_NAME = 15, WALLS_COLUMN = 11, WALLS_PROCESSES = 96 };

/* Where each process stands in the answer; the parent is the answer itself. */
struct columns {
	size_t at[WALLS_PROCESSES];
	size_t n;
};

static void
columns_of(const struct control_reply *r, struct columns *c)
{
	size_t list = json_member(&r->json, 0, "processes"), at = list != 0 ? json_first(&r->json, list) : 0;

	c->n = 0;
	c->at[c->n++] = 0;
	for (size_t i = 0; at != 0 && i < r->json.tok[list].n && c->n < WALLS_PROCESSES; i++) {
		c->at[c->n++] = at;
		at = r->json.tok[at].next;
	}
}

static bool
has(const struct control_reply *r, size_t process, const char *wall)
{
	size_t list = json_member(&r->json, process, "walls"), at = list != 0 ? json_first(&r->json, list) : 0;
	char name[32];

	for (size_t i = 0; at != 0 && i < r->json.tok[list].n; i++, at = r->json.tok[at].next) {
		if (strcmp(control_text(r, at, NULL, name, sizeof(name)), wall) == 0)
			return true;
	}
	return false;
}

static void
say_names(const struct control_reply *r, const struct columns *c)
{
	char role[32];

	printf("%-*s", WALLS_NAME, "");
	for (size_t i = 0; i < c->n; i++)
		printf("%-*s", WALLS_COLUMN, i == 0 ? "parent" : control_text(r, c->at[i], "role", role, sizeof(role)));
	printf("\n");
}

static void
say_number(const struct control_reply *r, const struct columns *c, const char *what, const char *member)
{
	printf("%-*s", WALLS_NAME, what);
	for (size_t i = 0; i < c->n; i++)
		printf("%-*lld", WALLS_COLUMN, (long long)control_number(r, c->at[i], member));
	printf("\n");
}

void
walls_show(const struct control_reply *r)
{
	struct columns c;

	columns_of(r, &c);
	say_names(r, &c);
	for (int w = 0; w < WALL_COUNT; w++) {
		const char *name = wall_name((enum wall)w);

		printf("%-*s", WALLS_NAME, name);
		for (size_t i = 0; i < c.n; i++)
			printf("%-*s", WALLS_COLUMN, has(r, c.at[i], name) ? "yes" : "-");
		printf("\n");
	}
	say_number(r, &c, "uid", "uid");
	say_number(r, &c, "landlock abi", "landlock_abi");
}
