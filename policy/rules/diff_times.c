/*
 * diff_times - moments and addresses, one of each class: the ends of what policies name, and what
 * lies just beside them.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "policy/rules/diff_priv.h"

/* A Monday, 00:00 UTC: weeks are alike where no rule begins or ends. */
enum { A_MONDAY = 1796601600 / 604800 * 604800 + 4 * 86400, MOMENTS_MAX = 4096 };

struct moments {
	size_t n, cap;
	int64_t *at;
};

static int
add(struct moments *m, int64_t at)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->at[i] == at)
			return 0;
	if (m->n == m->cap) {
		size_t cap = m->cap != 0 ? m->cap * 2 : 16;
		int64_t *more = reallocarray(m->at, cap, sizeof(*more));

		if (more == NULL || m->n >= MOMENTS_MAX) {
			m->at = more != NULL ? more : m->at;
			return err_raise(-ENOMEM);
		}
		m->at = more;
		m->cap = cap;
	}
	m->at[m->n++] = at;
	return 0;
}

static int
by_time(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* Where rules begin and end for good, and where in the week they open and shut. */
static int
collect(const struct policy *p, struct moments *edges, struct moments *week)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < p->n_rules; i++) {
		const struct pol_rule *rule = &p->rules[i];

		if (pol_u64(rule->from) != 0)
			r = add(edges, (int64_t)pol_u64(rule->from));
		if (r == 0 && pol_u64(rule->until) != 0)
			r = add(edges, (int64_t)pol_u64(rule->until));
		for (uint32_t k = 0; r == 0 && k < rule->during.n; k++) {
			const struct window_span *s = &p->windows[rule->during.first + k];

			r = add(week, s->from_s);
			if (r == 0)
				r = add(week, s->to_s % WINDOW_WEEK_S);
		}
	}
	return err_pass(r);
}

/* The week that begins at @from, as far as the next edge. */
static int
add_week(struct moments *all, const struct moments *week, int64_t from, int64_t until)
{
	int64_t into = (from - A_MONDAY) % WINDOW_WEEK_S;
	int r = add(all, from);

	if (into < 0)
		into += WINDOW_WEEK_S;
	for (size_t i = 0; r == 0 && i < week->n; i++) {
		int64_t wait = (week->at[i] - into + WINDOW_WEEK_S) % WINDOW_WEEK_S;

		if (from + wait < until)
			r = add(all, from + wait);
	}
	return err_pass(r);
}

int
diff_moments(const struct policy *const p[2], int64_t **out, size_t *n)
{
	struct moments edges = { 0 }, week = { 0 }, all = { 0 };
	int r = collect(p[OLD], &edges, &week);

	if (r == 0)
		r = collect(p[NEW], &edges, &week);
	if (edges.n > 1)
		qsort(edges.at, edges.n, sizeof(*edges.at), by_time);
	if (r == 0 && edges.n + week.n != 0) {
		int64_t first = edges.n == 0 ? A_MONDAY : edges.at[0] - 2 * WINDOW_WEEK_S;

		r = add_week(
		    &all, &week, first > 0 ? first : 0, edges.n == 0 ? INT64_MAX : edges.at[0]);
	}
	for (size_t i = 0; r == 0 && i < edges.n; i++)
		r = add_week(
		    &all, &week, edges.at[i], i + 1 < edges.n ? edges.at[i + 1] : INT64_MAX);
	free(edges.at);
	free(week.at);
	*out = all.at;
	*n = all.n;
	return err_pass(r);
}

int
diff_networks(struct diff *d, struct bytes network, struct diff_texts *out)
{
	size_t slash = bytes_find(network, '/');
	uint32_t base, size;
	char text[INET_ADDRSTRLEN];
	struct in_addr a;
	int bits = 32, r;

	r = diff_texts_add(out, bytes_upto(network, slash));
	snprintf(text, sizeof(text), "%.*s", TEXT_ARG(bytes_upto(network, slash)));
	if (r != 0 || inet_pton(AF_INET, text, &a) != 1)
		return err_pass(r); /* of the longer kind its own address stands for it */
	if (slash < network.len)
		bits = atoi((const char *)network.ptr + slash + 1);
	base = ntohl(a.s_addr);
	size = bits <= 0 ? UINT32_MAX : (uint32_t)((UINT64_C(1) << (32 - bits)) - 1);
	for (int i = 0; r == 0 && i < 3; i++) {
		uint32_t beside = i == 0 ? base + size : i == 1 ? base - 1 : base + size + 1;

		a.s_addr = htonl(beside);
		if (inet_ntop(AF_INET, &a, text, sizeof(text)) != NULL)
			r = diff_texts_add(out, diff_keep(d, bytes_str(text)));
	}
	return err_pass(r);
}
