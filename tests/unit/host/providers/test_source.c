#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>

#include "host/providers/httpserver/source.h"
#include "tests/unit/host/providers/suites.h"

union address {
	struct sockaddr any;
	struct sockaddr_in four;
	struct sockaddr_in6 six;
	struct sockaddr_storage room;
};

static socklen_t
address(const char *text, union address *a)
{
	memset(a, 0, sizeof(*a));
	if (inet_pton(AF_INET, text, &a->four.sin_addr) == 1) {
		a->four.sin_family = AF_INET;
		return sizeof(a->four);
	}
	ck_assert_int_eq(inet_pton(AF_INET6, text, &a->six.sin6_addr), 1);
	a->six.sin6_family = AF_INET6;
	return sizeof(a->six);
}

static struct source *
add(struct source **list, const char *text)
{
	union address a;
	socklen_t len = address(text, &a);

	return source_add(list, &a.any, len);
}

START_TEST(who_comes_from_one_place_is_counted_as_one)
{
	static const struct {
		const char *a, *b;
		bool same;
	} rows[] = {
		{ "127.0.0.1", "127.0.0.1", true },
		{ "127.0.0.1", "127.0.0.2", false },
		{ "127.0.0.1", "::ffff:127.0.0.1", true },
		{ "::ffff:10.0.0.1", "::ffff:10.0.0.2", false },
		{ "2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true },
		{ "2001:db8:1:2::1", "2001:db8:1:3::1", false },
		{ "::1", "0.0.0.1", false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct source *list = NULL, *a = add(&list, rows[i].a), *b = add(&list, rows[i].b);

		ck_assert_ptr_nonnull(a);
		ck_assert_ptr_nonnull(b);
		ck_assert_msg((a == b) == rows[i].same, "%s %s", rows[i].a, rows[i].b);
		ck_assert_uint_eq(a->n, rows[i].same ? 2 : 1);
		source_drop(&list, a);
		source_drop(&list, b);
		ck_assert_ptr_null(list);
	}
}
END_TEST

START_TEST(a_source_is_there_while_somebody_is_connected)
{
	struct source *list = NULL, *a = add(&list, "10.0.0.1"), *b = add(&list, "10.0.0.2"),
		      *c = add(&list, "10.0.0.3");
	union address at;
	socklen_t len = address("10.0.0.2", &at);

	ck_assert_ptr_eq(source_of(list, &at.any, len), b);
	source_drop(&list, b);
	ck_assert_ptr_null(source_of(list, &at.any, len));
	source_drop(&list, NULL);
	source_drop(&list, a);
	source_drop(&list, c);
	ck_assert_ptr_null(list);
}
END_TEST

START_TEST(an_address_of_another_kind_is_nobodys)
{
	union address a = { .room = { .ss_family = AF_UNIX } };
	struct source *list = NULL;
	char text[SOURCE_TEXT];

	ck_assert_ptr_null(source_add(&list, &a.any, sizeof(a)));
	ck_assert_ptr_null(source_of(list, NULL, 0));
	a.any.sa_family = AF_INET6;
	ck_assert_ptr_null(source_add(&list, &a.any, sizeof(a.four)));
	ck_assert_ptr_null(list);
	source_text(&a.any, address("::ffff:192.0.2.1", &a), text);
	ck_assert_str_eq(text, "192.0.2.1");
	source_text(&a.any, address("2001:db8:0:1:2::3", &a), text);
	ck_assert_str_eq(text, "2001:db8:0:1::/64");
}
END_TEST

TCase *
source_tests(void)
{
	TCase *t = tcase_create("source");

	tcase_add_test(t, who_comes_from_one_place_is_counted_as_one);
	tcase_add_test(t, a_source_is_there_while_somebody_is_connected);
	tcase_add_test(t, an_address_of_another_kind_is_nobodys);
	return t;
}
