/*
 * hostconf_sections - `trust { }`, `limits { }` and `walls` of host.conf: whom a host believes, and
 * how much those it runs may take.
 */
#include <stdio.h>

#include "host/actor/restart.h"
#include "host/proc/enclose.h"
#include "host/proc/hostconf_priv.h"
#include "seccomp/wall.h"

enum { TRUST_AGAIN_MS = 60000 };

static void
bad(struct hostconf_reader *rd, const struct text_node *at, const char *what)
{
	text_error(rd->r, rd->t, at, "%s", what);
	rd->bad = true;
}

static void
read_key(struct hostconf_reader *rd, const struct text_node *v, enum nkey_type type,
    struct nkey *list, size_t *n, const char *what)
{
	struct nkey k;

	if (v->kind != TEXT_WORD || nkey_parse(&k, v->text) != 0 || k.type != type)
		bad(rd, v, what);
	else if (*n == HOSTCONF_ISSUERS)
		bad(rd, v, "too many keys");
	else
		list[(*n)++] = k;
}

static void
read_issuer(struct hostconf_reader *rd, const struct text_node *v)
{
	read_key(rd, v, NKEY_ACCOUNT, rd->c->issuer, &rd->c->n_issuers,
	    "not an issuer of actors: expected an account's public key (A and 55 more letters)");
}

static void
read_fork(struct hostconf_reader *rd, const struct text_node *v)
{
	struct hostconf *c = rd->c;
	size_t n = c->n_forks, i = 0;

	read_key(rd, v, NKEY_ACCOUNT, c->fork, &c->n_forks,
	    "not an issuer of actors: expected an account's public key (A and 55 more letters)");
	while (n < c->n_forks && i < c->n_issuers && !nkey_eq(&c->fork[n], &c->issuer[i]))
		i++;
	if (n < c->n_forks && i == c->n_issuers)
		bad(rd, v, "not one of `issuers`");
}

static void
read_cluster(struct hostconf_reader *rd, const struct text_node *v)
{
	read_key(rd, v, NKEY_CLUSTER, rd->c->cluster, &rd->c->n_clusters,
	    "not a signer of invocations: expected a cluster's public key (C and 55 more letters)");
}

void
hostconf_trust(struct hostconf_reader *rd)
{
	struct text_node *s = rd->t != NULL ? hostconf_section(rd, "trust") : NULL;
	struct bytes list = BYTES_NULL;
	uint64_t again = TRUST_AGAIN_MS;

	rd->c->trust_again_ms = TRUST_AGAIN_MS;
	if (s == NULL)
		return;
	hostconf_note(rd, text_get_string(rd->t, text_find(s, "list"), &list, rd->r));
	hostconf_note(rd,
	    text_get_duration_ms(rd->t, text_find(s, "recheck"), 100, 3600000, &again, rd->r));
	rd->c->trust_again_ms = (uint32_t)again;
	if (list.len > 0) {
		rd->c->trust_list = hostconf_path(rd->c, list);
		rd->failed = rd->failed || rd->c->trust_list == NULL;
	}
	hostconf_each(rd, text_find(s, "issuers"), "a key (A...)", read_issuer);
	hostconf_each(rd, text_find(s, "fork"), "a key (A...)", read_fork);
	hostconf_each(rd, text_find(s, "cluster"), "a key (C...)", read_cluster);
}

static void
read_wall(struct hostconf_reader *rd, const struct text_node *v)
{
	enum wall w = v->kind == TEXT_WORD ? wall_of(v->text) : WALL_COUNT;

	if (v->kind == TEXT_WORD && bytes_is(v->text, "own-user"))
		rd->c->walls_minimum |= UINT32_C(1) << ENCLOSE_OWN_USER;
	else if (w == WALL_COUNT)
		bad(rd, v,
		    "not a wall: write one of census limits user capabilities no-dump no-new-privs "
		    "mdwe "
		    "landlock landlock-net landlock-scope seccomp own-user");
	else
		rd->c->walls_minimum |= WALL_BIT(w);
}

/* digits() - a number that is all of @s. Return: it, 0: none. */
static uint32_t
digits(struct bytes s)
{
	uint32_t n = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] < '0' || s.ptr[i] > '9' || i == 9)
			return 0;
		n = n * 10 + (uint32_t)(s.ptr[i] - '0');
	}
	return n;
}

static void
read_users(struct hostconf_reader *rd, const struct text_node *v)
{
	struct bytes s = v->kind == TEXT_WORD ? v->text : BYTES_NULL;
	size_t dash = bytes_find(s, '-');
	uint32_t first = digits(bytes_upto(s, dash)), last = digits(bytes_from(s, dash + 1));

	if (first == 0 || last < first || last - first < USERS_LEAST - 1 || last - first >= USERS_MAX ||
	    (first <= USERS_SHARED && last >= USERS_SHARED))
		bad(rd, v,
		    "not a range of users: write FIRST-LAST, such as 81920-98303, with 256 to 65536 of them, and "
		    "without 65534, who is nobody");
	else
		rd->c->users = (struct users_range){ first, last - first + 1 };
}

enum unit { UNIT_COUNT, UNIT_SIZE, UNIT_TIME };

struct number {
	const char *key;
	size_t at;
	enum unit unit;
	bool wide;
	uint64_t min, max, preset;
};

#define AT(field) offsetof(struct hostconf, field)

static const struct number numbers[] = {
	{ "max_instances", AT(max_instances), UNIT_COUNT, false, 1, 65536, 1000 },
	{ "queue", AT(queue), UNIT_COUNT, false, 1, 65536, 1000 },
	{ "max_calls", AT(max_calls), UNIT_COUNT, false, 1, 65536, 4096 },
	{ "max_depth", AT(max_depth), UNIT_COUNT, false, 1, 64, 8 },
	{ "call_time", AT(call_ms), UNIT_TIME, false, 10, 600000, 5000 },
	{ "call_cpu", AT(cpu_ms), UNIT_TIME, false, 10, 600000, 2000 },
	{ "call_fuel", AT(fuel), UNIT_COUNT, true, 1000, UINT64_C(1) << 52, UINT64_C(4000000000) },
	{ "crashes", AT(crashes), UNIT_COUNT, false, 1, RESTART_MAX_DEATHS, 10 },
	{ "crash_window", AT(crash_window_ms), UNIT_TIME, false, 1000, 86400000, 600000 },
	{ "quarantine", AT(quarantine_ms), UNIT_TIME, false, 1000, 86400000, 600000 },
	{ "memory", AT(memory), UNIT_SIZE, true, 1 << 16, UINT64_C(4) << 30, 64 << 20 },
};

static void
read_number(struct hostconf_reader *rd, struct text_node *s, const struct number *n)
{
	struct text_node *e = s != NULL ? text_find(s, n->key) : NULL;
	uint64_t v = n->preset;
	char *at = (char *)rd->c + n->at;
	int r = n->unit == UNIT_TIME   ? text_get_duration_ms(rd->t, e, n->min, n->max, &v, rd->r)
		: n->unit == UNIT_SIZE ? text_get_size(rd->t, e, n->min, n->max, &v, rd->r)
				       : text_get_number(rd->t, e, n->min, n->max, &v, rd->r);
	uint32_t narrow = (uint32_t)v;

	hostconf_note(rd, r);
	if (n->wide)
		memcpy(at, &v, sizeof(v));
	else
		memcpy(at, &narrow, sizeof(narrow));
}

void
hostconf_limits(struct hostconf_reader *rd)
{
	struct text_node *s = rd->t != NULL ? hostconf_section(rd, "limits") : NULL;
	struct text_node *w = rd->t != NULL ? hostconf_section(rd, "walls") : NULL;

	for (size_t i = 0; i < COUNT(numbers); i++)
		read_number(rd, s, &numbers[i]);
	if (w != NULL)
		hostconf_each(rd, text_find(w, "minimum"), "a wall", read_wall);
	rd->c->users = (struct users_range){ USERS_FIRST, USERS_N };
	if (w != NULL)
		hostconf_each(rd, text_find(w, "users"), "a range of users", read_users);
}
