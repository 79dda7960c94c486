/*
 * provider_need: what links ask to be opened, as a table; and the table of what is under way.
 */
#include <stdio.h>

#include "host/proc/provider_priv.h"
#include "host/proc/provider_reach.h"
#include "tests/unit/host/providers/suites.h"

struct row {
	const char *kind, *name, *value, *name2, *value2;
	const char
	    *want; /* "listen 127.0.0.1:80", "dial ...", "nothing", or a part of the reason */
};

static const struct row rows[] = {
	{ "httpserver", "PORT", "8080", NULL, NULL, "listen 127.0.0.1:8080" },
	{ "httpserver", "port", "0", NULL, NULL, "listen 127.0.0.1:0" },
	{ "httpserver", "Address", "0.0.0.0:80", NULL, NULL, "listen 0.0.0.0:80" },
	{ "httpserver", "ADDRESS", "0.0.0.0", "PORT", "80", "listen 0.0.0.0:80" },
	{ "httpserver", "ADDRESS", "[::1]:80", NULL, NULL, "listen [::1]:80" },
	{ "httpserver", "ADDRESS", "localhost:80", NULL, NULL, "listen 127.0.0.1:80" },
	{ "httpserver", "ADDRESS", "127.0.0.1:80", "PORT", "80", "listen 127.0.0.1:80" },
	{ "httpserver", "ADDRESS", "127.0.0.1:80", "PORT", "81", "two ports" },
	{ "httpserver", "ADDRESS", "127.0.0.1", NULL, NULL, "no port" },
	{ "httpserver", "ADDRESS", "::1:80", NULL, NULL, "in numbers" },
	{ "httpserver", "ADDRESS", "[127.0.0.1]:80", NULL, NULL, "in numbers" },
	{ "httpserver", "ADDRESS", "[::1", NULL, NULL, "in numbers" },
	{ "httpserver", "ADDRESS", "example.org:80", NULL, NULL, "in numbers" },
	{ "httpserver", "ADDRESS", "127.1:80", NULL, NULL, "in numbers" },
	{ "httpserver", "PORT", "", NULL, NULL, "PORT" },
	{ "httpserver", "PORT", "+80", NULL, NULL, "PORT" },
	{ "httpserver", "PORT", "65536", NULL, NULL, "PORT" },
	{ "httpserver", "PORT", "80 ", NULL, NULL, "PORT" },
	{ "httpserver", "OTHER", "x", NULL, NULL, "neither" },
	{ "keyvalue", "OTHER", "x", NULL, NULL, "nothing" },
	{ "keyvalue", "URL", "redis://127.0.0.1/0", NULL, NULL, "dial 127.0.0.1:6379" },
	{ "keyvalue", "URL", "redis://u:p@127.0.0.1:1/0", NULL, NULL, "dial 127.0.0.1:1" },
	{ "keyvalue", "URL", "redis://127.0.0.1:0", NULL, NULL, "port 0" },
	{ "keyvalue", "URL", "redis://", NULL, NULL, "in numbers" },
	{ "keyvalue", "URL", "http://127.0.0.1", NULL, NULL, "nobody here speaks" },
	{ "messaging", "URI", "nats://127.0.0.1", NULL, NULL, "dial 127.0.0.1:4222" },
	{ "messaging", "OTHER", "x", NULL, NULL, "no server" },
	{ "logging", "OTHER", "x", NULL, NULL, "nothing" },
};

START_TEST(a_link_is_opened_what_its_values_say)
{
	const struct row *r = &rows[_i];
	struct provider_pairs v = { 1, { { bytes_str(r->name), bytes_str(r->value) } } };
	struct provider_need need;
	const char *why;
	char at[64], got[96];

	if (r->name2 != NULL) {
		v.pair[1] = (struct provider_pair){ bytes_str(r->name2), bytes_str(r->value2) };
		v.n = 2;
	}
	why = provider_kind_of(r->kind)->need(&v, &need);
	if (why != NULL) {
		ck_assert_msg(strstr(why, r->want) != NULL, "%s", why);
		return;
	}
	provider_need_text(&need, at, sizeof(at));
	snprintf(got, sizeof(got), "%s%s%s",
	    need.reach == PROVIDER_REACH_LISTEN ? "listen "
	    : need.reach == PROVIDER_REACH_DIAL ? "dial "
						: "nothing",
	    "", need.reach == PROVIDER_REACH_NOTHING ? "" : at);
	ck_assert_str_eq(got, r->want);
}
END_TEST

START_TEST(each_contract_has_its_program)
{
	ck_assert_str_eq(provider_kind(BYTES_LIT("wasmcloud:httpserver")), "httpserver");
	ck_assert_str_eq(provider_kind(BYTES_LIT("wasmcloud:logging")), "logging");
	ck_assert_str_eq(provider_kind(BYTES_LIT("wasmcloud:builtin:logging")), "logging");
	ck_assert_ptr_null(provider_kind(BYTES_LIT("wasmcloud:httpserve")));
	ck_assert_ptr_null(provider_kind_of("../x"));
}
END_TEST

static const struct {
	const char *entry, *host;
	uint16_t port;
	int want; /* -1: no entry */
} reaches[] = {
	{ "127.0.0.1:80", "127.0.0.1", 80, 1 },
	{ "127.0.0.1:80", "127.0.0.1", 81, 0 },
	{ "127.0.0.1:80", "127.0.0.2", 80, 0 },
	{ "127.0.0.1:80-82", "127.0.0.1", 82, 1 },
	{ "127.0.0.1:80-82", "127.0.0.1", 83, 0 },
	{ "127.0.0.1:*", "127.0.0.1", 65535, 1 },
	{ "*:80", "0.0.0.0", 80, 1 },
	{ "*:80", "::1", 81, 0 },
	{ "[::1]:80", "0:0::1", 80, 1 },
	{ "::1:80", "::1", 80, 1 },
	{ "80", "127.0.0.1", 80, -1 },
	{ "127.0.0.1:", "127.0.0.1", 80, -1 },
	{ "127.0.0.1:82-80", "127.0.0.1", 80, -1 },
	{ "127.0.0.1:65536", "127.0.0.1", 80, -1 },
	{ "example.org:80", "127.0.0.1", 80, -1 },
	{ ":80", "127.0.0.1", 80, -1 },
};

START_TEST(links_have_what_the_lists_have)
{
	struct provider_reaches r = { .given = false };
	const char *why;

	/* zeroed: nothing */
	ck_assert(!provider_reaches(&r, "127.0.0.1", 1));
	r.given = true;
	ck_assert(!provider_reaches(&r, "127.0.0.1", 1));
	why = provider_reaches_add(&r, bytes_str(reaches[_i].entry));
	ck_assert((why != NULL) == (reaches[_i].want < 0));
	ck_assert(provider_reaches(&r, reaches[_i].host, reaches[_i].port) == (reaches[_i].want == 1));
}
END_TEST

START_TEST(what_only_this_machine_reaches_is_known)
{
	static const struct {
		const char *host;
		bool here;
	} rows_of[] = { { "127.0.0.1", true }, { "127.9.9.9", true }, { "::1", true }, { "0:0::1", true },
		{ "0.0.0.0", false }, { "::", false }, { "10.0.0.1", false }, { "::ffff:127.0.0.1", false },
		{ "localhost", false }, { "", false } };

	for (size_t i = 0; i < sizeof(rows_of) / sizeof(rows_of[0]); i++)
		ck_assert_msg(provider_reaches_here(rows_of[i].host) == rows_of[i].here, "%s", rows_of[i].host);
}
END_TEST

TCase *
provider_need_tests(void)
{
	TCase *t = tcase_create("provider_need");

	tcase_add_loop_test(
	    t, a_link_is_opened_what_its_values_say, 0, (int)(sizeof(rows) / sizeof(rows[0])));
	tcase_add_test(t, each_contract_has_its_program);
	tcase_add_test(t, what_only_this_machine_reaches_is_known);
	tcase_add_loop_test(t, links_have_what_the_lists_have, 0, (int)(sizeof(reaches) / sizeof(reaches[0])));
	return t;
}

START_TEST(an_answer_meets_its_own_question_only)
{
	static struct provider_asks a;
	uint64_t first, second, peer = 0;

	provider_asks_init(&a);
	first = provider_asks_add(&a, 11, 100);
	ck_assert(provider_asks_take(&a, first, &peer) && peer == 11);
	ck_assert(!provider_asks_take(&a, first, &peer));
	second = provider_asks_add(&a, 12, 100);
	ck_assert(second != first && !provider_asks_take(&a, first, &peer));
	ck_assert(provider_asks_take(&a, second, &peer) && peer == 12);
	ck_assert(!provider_asks_take(&a, 0, &peer) && !provider_asks_take(&a, UINT64_MAX, &peer));
}
END_TEST

START_TEST(the_table_has_an_end_and_room_again)
{
	static struct provider_asks a;
	uint64_t id = 0, peer;
	size_t from = 0;

	provider_asks_init(&a);
	for (uint64_t i = 0; i < PROVIDER_INVOKES; i++)
		ck_assert((id = provider_asks_add(&a, i, i)) != 0);
	ck_assert(provider_asks_add(&a, 0, 0) == 0);
	ck_assert(provider_asks_take(&a, id, &peer) && peer == PROVIDER_INVOKES - 1);
	ck_assert(provider_asks_add(&a, 0, 0) != 0);
	/* due: those of time 0 to 9, and the last */
	for (size_t n = 0; n < 11; n++) {
		id = provider_asks_due(&a, &from, 9);
		ck_assert(id != 0 && provider_asks_take(&a, id, &peer));
	}
	ck_assert(provider_asks_due(&a, &from, 9) == 0);
	provider_asks_end(&a);
	from = 0;
	ck_assert(provider_asks_due(&a, &from, 0) != 0);
}
END_TEST

TCase *
provider_asks_tests(void)
{
	TCase *t = tcase_create("provider_asks");

	tcase_add_test(t, an_answer_meets_its_own_question_only);
	tcase_add_test(t, the_table_has_an_end_and_room_again);
	return t;
}
