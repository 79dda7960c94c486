/* actor_budget - see actor_budget.h. */
#include "gateway/cli/actor_budget.h"

#include <stdlib.h>
#include <string.h>

enum { CPU_MS = 5000, WALL_MS = 10000 };

static int
budget_one(struct actor_budget *p, const char *text)
{
	static const char *const names[] = { "fuel", "cpu", "wall", "memory", "response", "calls",
		"lines" };
	const char *eq = strchr(text, '=');
	char *end = NULL;
	long long v = eq != NULL ? strtoll(eq + 1, &end, 10) : -1;
	size_t i = 0, n = sizeof(names) / sizeof(names[0]);

	while (i < n && (eq == NULL || strlen(names[i]) != (size_t)(eq - text) ||
			    strncmp(names[i], text, (size_t)(eq - text)) != 0))
		i++;
	if (i == n || v < 0 || end == eq + 1 || *end != '\0' || (i > 0 && v > UINT32_MAX)) {
		cli_error("--budget: `%s' is not NAME=NUMBER with one of fuel, cpu, wall, memory, "
			  "response, calls, lines",
		    text);
		return CLI_USAGE;
	}
	uint32_t *const small[] = { NULL, &p->budget.cpu_ms, &p->budget.wall_ms,
		&p->limits.memory_pages, &p->limits.response, &p->limits.asks,
		&p->limits.log_lines };

	if (i == 0)
		p->budget.fuel = p->limits.call_fuel = p->limits.init_fuel = v;
	else
		*small[i] = (uint32_t)v;
	return 0;
}

int
actor_budget_load(struct actor_budget *b, const struct cli_args *a)
{
	const char *text;

	b->limits = actor_limits_default();
	b->budget = (struct cell_budget){ b->limits.call_fuel, CPU_MS, WALL_MS };
	for (size_t i = 0; (text = cli_value_nth(a, "budget", i)) != NULL; i++) {
		int r = budget_one(b, text);

		if (r != 0)
			return r;
	}
	if (actor_limits_sane(&b->limits))
		return 0;
	cli_error(
	    "--budget: more than a cell can hold (16 MiB of response, 65535 pages of memory)");
	return CLI_USAGE;
}
