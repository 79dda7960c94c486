/*
 * hostconf_env - what variables say: wasmCloud's names of 2021 and those that came later. Variables
 * that hold a seed are overwritten once they are read, so that neither our children nor
 * /proc/PID/environ show them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/proc/hostconf_priv.h"

static char *
find(char **env, const char *name)
{
	size_t len = strlen(name);

	for (; *env != NULL; env++)
		if (strncmp(*env, name, len) == 0 && (*env)[len] == '=')
			return *env + len + 1;
	return NULL;
}

/* take() - the first variable of a row that says something. */
static int
from_env(struct hostconf *c, char **env, enum hostconf_key key)
{
	const struct hostconf_row *row = &hostconf_rows[key];
	int r = 0;

	for (size_t i = 0; i < COUNT(row->env) && row->env[i] != NULL; i++) {
		char *v = find(env, row->env[i]);

		if (v == NULL || v[0] == '\0')
			continue;
		if (c->value[key].from != HOSTCONF_ENV)
			r = hostconf_set(c, key, v, HOSTCONF_ENV, row->env[i]);
		if (row->secret)
			explicit_bzero(v, strlen(v));
		if (r != 0)
			return err_pass(r);
	}
	return 0;
}

/* labels() - HOST_NAME=VALUE, as hosts of 0.5x and 0.6x read them. */
static int
labels(struct hostconf *c, char **env, struct text_report *r)
{
	static const char prefix[] = "HOST_";
	struct text nowhere = { .file = (char *)(uintptr_t) "environment" };

	for (; *env != NULL; env++) {
		int err;

		if (strncmp(*env, prefix, sizeof(prefix) - 1) != 0 ||
		    strncmp(*env, "HOST_SEED=", 10) == 0)
			continue;
		err = hostconf_label(c, *env + sizeof(prefix) - 1, HOSTCONF_ENV);
		if (err == TEXT_BAD)
			text_error(
			    r, &nowhere, NULL, "%.*s: not a label", (int)strcspn(*env, "="), *env);
		if (err != 0)
			return err == -E2BIG ? TEXT_BAD : err_pass(err);
	}
	return 0;
}

int
hostconf_env(struct hostconf *c, char **env, struct text_report *r)
{
	int err = 0;

	c->env = env;
	for (int i = 0; err == 0 && i < HC_KEYS; i++)
		err = from_env(c, env, (enum hostconf_key)i);
	return err != 0 ? err_pass(err) : labels(c, env, r);
}
