/*
 * config_walls - `walls { }` in gateway.conf: who the processes become, and which walls the
 * administrator will not do without. There is no key that takes a wall away.
 */
#include <pwd.h>

#include "gateway/proc/config_priv.h"
#include "seccomp/wall.h"

static void
bad(struct config_reader *rd, const struct text_node *at, const char *what)
{
	text_error(rd->r, rd->t, at, "%s", what);
	rd->bad = true;
}

static void
read_user(struct config_reader *rd, struct text_node *s)
{
	struct text_node *e = text_find(s, "user");
	struct bytes name = BYTES_NULL;

	if (text_get_string(rd->t, e, &name, rd->r) != 0) {
		rd->bad = true;
	} else if (e != NULL && (name.len == 0 || name.len > 32)) {
		bad(rd, e->child, "user is a name of 1 to 32 bytes");
	} else if (e != NULL && bytes_is(name, "root")) {
		bad(rd, e->child, "root is what the processes leave: name another user, or leave it out");
	} else if (e != NULL) {
		rd->c->walls_user = strndup((const char *)name.ptr, name.len);
		rd->failed = rd->failed || rd->c->walls_user == NULL;
	}
}

static void
read_wall(struct config_reader *rd, const struct text_node *v)
{
	enum wall w = v->kind == TEXT_WORD ? wall_of(v->text) : WALL_COUNT;

	if (w == WALL_COUNT)
		bad(rd, v,
		    "not a wall: write one of census limits user capabilities no-dump no-new-privs mdwe "
		    "landlock landlock-net landlock-scope seccomp");
	else
		rd->c->walls_minimum |= WALL_BIT(w);
}

static void
read_minimum(struct config_reader *rd, struct text_node *s)
{
	struct text_node *e = text_find(s, "minimum");

	if (e == NULL)
		return;
	if (e->kind != TEXT_ENTRY || e->op != TEXT_EQ || e->child == NULL) {
		bad(rd, e, "minimum takes `=` and a list of walls");
		return;
	}
	if (e->child->kind != TEXT_LIST) {
		read_wall(rd, e->child);
		return;
	}
	for (const struct text_node *v = e->child->child; v != NULL; v = v->next)
		read_wall(rd, v);
}

void
config_walls(struct config_reader *rd)
{
	struct text_node *s = text_find(rd->t->root, "walls");

	if (s == NULL)
		return;
	if (s->kind != TEXT_SECTION || s->label.len != 0) {
		bad(rd, s, "walls is a section without a name: write `walls { ... }`");
		return;
	}
	read_user(rd, s);
	read_minimum(rd, s);
}

int
config_walls_user(const struct config *c, uint32_t *uid, uint32_t *gid)
{
	const struct passwd *p;

	if (c->walls_user != NULL) {
		p = getpwnam(c->walls_user);
	} else {
		p = getpwnam("portcullis");
		if (p == NULL)
			p = getpwnam("nobody");
	}
	if (p == NULL || p->pw_uid == 0)
		return TEXT_BAD;
	*uid = p->pw_uid;
	*gid = p->pw_gid;
	return 0;
}
