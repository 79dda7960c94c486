/* How numbers are written: Prometheus' text format, and what a label may be. */
#include <stdio.h>
#include <string.h>

#include "gateway/proc/exposition.h"
#include "tests/unit/gateway/proc/suites.h"

static const char *
written(const struct metric_sample *s, size_t n)
{
	static char text[8192];
	struct buf b;

	buf_init(&b, sizeof(text) - 1);
	exposition_put(&b, s, n);
	ck_assert(!buf_failed(&b));
	memcpy(text, b.ptr, b.len);
	text[b.len] = '\0';
	buf_deinit(&b);
	return text;
}

START_TEST(samples_come_by_family_with_one_head_each)
{
	const struct metric_sample s[] = {
		{ METRIC_CONNECTIONS, 3, { BYTES_LIT("0") } },
		{ METRIC_READY, 1 },
		{ METRIC_CONNECTIONS, 4, { BYTES_LIT("1") } },
	};

	ck_assert_str_eq(written(s, 3),
	    "# HELP portcullis_ready 1 when /readyz says so.\n"
	    "# TYPE portcullis_ready gauge\n"
	    "portcullis_ready 1\n"
	    "# HELP portcullis_connections Connections that are logged in.\n"
	    "# TYPE portcullis_connections gauge\n"
	    "portcullis_connections{edge=\"0\"} 3\n"
	    "portcullis_connections{edge=\"1\"} 4\n");
}
END_TEST

START_TEST(a_label_cannot_end_its_quotes_nor_its_line)
{
	const struct metric_sample s = { METRIC_BUILD_INFO, 1, { BYTES_LIT("a\"} 1\nx{b=\"\\\xff\x7f") } };
	const char *text = strstr(written(&s, 1), "gauge\n") + strlen("gauge\n");

	ck_assert_str_eq(text, "portcullis_build_info{version=\"a\\\"} 1?x{b=\\\"\\\\??\"} 1\n");
}
END_TEST

START_TEST(a_label_is_cut_where_it_may_not_go_on)
{
	static const uint8_t longer[METRIC_LABEL_MAX + 1] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab";
	const struct metric_sample s = { METRIC_BUILD_INFO, 1, { bytes_of(longer, sizeof(longer)) } };

	ck_assert_ptr_nonnull(strstr(written(&s, 1), "aaaa\"} 1\n"));
}
END_TEST

static const struct {
	uint64_t ns;
	const char *text;
} times[] = {
	{ 0, "0" },
	{ 1, "0.000000001" },
	{ 1500000000, "1.5" },
	{ 1790000000000000000, "1790000000" },
	{ UINT64_MAX, "18446744073.709551615" },
};

START_TEST(times_are_seconds)
{
	const struct metric_sample s = { METRIC_START_TIME, times[_i].ns };
	const char *text = strstr(written(&s, 1), "gauge\n") + strlen("gauge\n");
	char wanted[100];

	snprintf(wanted, sizeof(wanted), "portcullis_start_time_seconds %s\n", times[_i].text);
	ck_assert_str_eq(text, wanted);
}
END_TEST

START_TEST(a_bucket_holds_what_is_not_longer_than_its_bound)
{
	ck_assert_uint_eq(metric_bucket(0), 0);
	for (size_t i = 0; i < METRIC_BUCKETS; i++) {
		ck_assert_uint_eq(metric_bucket(metric_bounds_ns[i]), i);
		ck_assert_uint_eq(metric_bucket(metric_bounds_ns[i] + 1), i + 1);
	}
}
END_TEST

START_TEST(every_metric_has_its_row)
{
	for (int m = 0; m < METRIC_COUNT; m++) {
		const struct metric_sample s = { (enum metric)m, 1, { BYTES_LIT("a"), BYTES_LIT("b") } };

		ck_assert_ptr_nonnull(strstr(written(&s, 1), "portcullis_"));
	}
}
END_TEST

TCase *
exposition_tests(void)
{
	TCase *t = tcase_create("exposition");

	tcase_add_test(t, samples_come_by_family_with_one_head_each);
	tcase_add_test(t, a_label_cannot_end_its_quotes_nor_its_line);
	tcase_add_test(t, a_label_is_cut_where_it_may_not_go_on);
	tcase_add_loop_test(t, times_are_seconds, 0, sizeof(times) / sizeof(times[0]));
	tcase_add_test(t, a_bucket_holds_what_is_not_longer_than_its_bound);
	tcase_add_test(t, every_metric_has_its_row);
	return t;
}
