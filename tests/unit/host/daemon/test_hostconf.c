/*
 * hostconf: what flags, variables and the file come to, and what is refused.
 */
#include <stdio.h>

#include "host/proc/hostconf.h"

#include "tests/unit/host/daemon/suites.h"

#define LOGIN "control { creds = a }\nrpc { creds = b }\n"

static struct text_report report;

/* settled() - NULL when it is refused; the report says why. */
static struct hostconf *
settled(const char *text, char **env)
{
	struct hostconf *c = hostconf_new();
	int r;

	ck_assert_ptr_nonnull(c);
	text_report_init(&report);
	r = text != NULL ? hostconf_parse(c, "/d/host.conf", bytes_str(text), &report) : 0;
	if (r == 0 && env != NULL)
		r = hostconf_env(c, env, &report);
	if (r == 0)
		r = hostconf_settle(c, &report);
	ck_assert_int_ge(r, 0);
	ck_assert_int_eq(r == TEXT_BAD, report.errors > 0);
	if (r == 0)
		return c;
	hostconf_free(c);
	return NULL;
}

static void
done(struct hostconf *c)
{
	hostconf_free(c);
	text_report_deinit(&report);
}

START_TEST(what_is_not_said_has_its_preset)
{
	struct hostconf *c = settled(LOGIN, NULL);

	ck_assert_ptr_nonnull(c);
	ck_assert_str_eq(c->lattice, "default");
	ck_assert_str_eq(c->state, "/d/host");
	ck_assert_int_eq(c->dialect, 'b');
	ck_assert_uint_eq(c->heartbeat_ms, 30000);
	ck_assert_uint_eq(c->max_depth, 8);
	ck_assert_uint_eq(c->wire[WIRE_CONTROL].port, 4222);
	ck_assert_str_eq(c->wire[WIRE_RPC].host, "127.0.0.1");
	ck_assert_str_eq(c->wire[WIRE_CONTROL].creds, "/d/a");
	ck_assert_str_eq(c->wire[WIRE_RPC].creds, "/d/b");
	ck_assert(!c->anonymous && c->n_issuers == 0 && c->n_artifacts == 0 && c->name == NULL);
	done(c);
}
END_TEST

START_TEST(an_address_is_read_wherever_it_stands)
{
	static const struct {
		const char *url, *host;
		uint16_t port;
		bool tls;
	} rows[] = {
		{ "nats://h.example:1", "h.example", 1, false },
		{ "h:2", "h", 2, false },
		{ "nats://[::1]:3", "::1", 3, false },
		{ "tls://h:4", "h", 4, true },
	};
	char text[256];
	struct hostconf *c;

	snprintf(text, sizeof(text), "control { url = \"%s\"  creds = a  %s }\nrpc { creds = b }\n",
	    rows[_i].url, rows[_i].tls ? "ca = ca.pem" : "");
	c = settled(text, NULL);
	ck_assert_msg(c != NULL, "%.*s", (int)report.out.len, (const char *)report.out.ptr);
	ck_assert_str_eq(c->wire[WIRE_CONTROL].host, rows[_i].host);
	ck_assert_uint_eq(c->wire[WIRE_CONTROL].port, rows[_i].port);
	ck_assert_int_eq(c->wire[WIRE_CONTROL].tls, rows[_i].tls);
	done(c);
}
END_TEST

START_TEST(a_nearer_place_wins_whenever_it_is_read)
{
	char host[] = "CONTROL_HOST=near", lattice[] = "LATTICE=", old[] = "WASMCLOUD_CTL_HOST=far";
	char *env[] = { old, host, lattice, NULL };
	struct hostconf *c = hostconf_new();

	text_report_init(&report);
	ck_assert_int_eq(hostconf_set(c, HC_RPC_HOST, "flagged", HOSTCONF_FLAG, "rpc-host"), 0);
	ck_assert_int_eq(hostconf_parse(c, "/d/host.conf",
			     BYTES_LIT("lattice = filed\ncontrol { host = f  creds = a }\nrpc { "
				       "host = f  creds = b }\n"),
			     &report),
	    0);
	ck_assert_int_eq(hostconf_env(c, env, &report), 0);
	ck_assert_int_eq(hostconf_settle(c, &report), 0);
	ck_assert_str_eq(c->wire[WIRE_RPC].host, "flagged");
	ck_assert_str_eq(c->wire[WIRE_CONTROL].host, "near");
	/* an empty variable says nothing */
	ck_assert_str_eq(c->lattice, "filed");
	done(c);
}
END_TEST

START_TEST(a_variable_with_a_seed_is_overwritten)
{
	char seed[] = "HOST_SEED=SNAABCDEFGHIJKLMNOPQRSTUVWXYZ234567ABCDEFGHIJKLMNOPQRSTUVWX";
	char *env[] = { seed, NULL };
	struct hostconf *c = settled(LOGIN, env);

	ck_assert_ptr_nonnull(c);
	ck_assert_str_eq(seed, "HOST_SEED=");
	ck_assert(c->value[HC_KEY].text[0] == 'S' && c->n_labels == 0);
	done(c);
}
END_TEST

static const char *const bad[] = {
	"", /* no login */
	LOGIN "latice = x\n",
	LOGIN "lattice = \"a.b\"\n",
	LOGIN "lattice = cmd\n",
	LOGIN "dialect = c\n",
	LOGIN "name = \"two words\"\n",
	LOGIN "heartbeat = 1ms\n",
	LOGIN "insecure_anonymous = maybe\n",
	LOGIN "trust { issuers = [A] }\n",
	LOGIN "trust { fork = [AAAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQDPYC] }\n",
	LOGIN "trust { issuers = [CAB2CB576PHBBPQ5ODORRZ2LYCMWPZGWGCN2KDK7DXOIMZASKUY3R53J] }\n",
	LOGIN "limits { queue = 0 }\n",
	LOGIN "limits { max_depth = 65 }\n",
	LOGIN "walls { minimum = [moat] }\n",
	LOGIN "walls { users = 81920 }\n",
	LOGIN "walls { users = 81920-82000 }\n",
	LOGIN "walls { users = 0-1000 }\n",
	LOGIN "walls { users = 65000-66000 }\n",
	LOGIN "walls { users = 1000-100000 }\n",
	LOGIN "walls { users = 98303-81920 }\n",
	LOGIN "walls { users = 81920-98303x }\n",
	LOGIN "walls { users = 81920-4294967295 }\n",
	LOGIN "artifacts { }\n",
	LOGIN "labels { a = \"\\x01\" }\n",
	"control { creds = a  url = \"nats://h\" }\nrpc { creds = b }\n",
	"control { creds = a  url = \"nats://h:1\"  port = 2 }\nrpc { creds = b }\n",
	"control { creds = a  port = 0 }\nrpc { creds = b }\n",
	"control { creds = a  port = 65536 }\nrpc { creds = b }\n",
	"control { creds = a  host = \"tls://h\" }\nrpc { creds = b }\n",
	"control { creds = a  host = \"a b\" }\nrpc { creds = b }\n",
	"control { creds = a }\n",
};

START_TEST(what_makes_no_sense_is_refused_with_a_word)
{
	ck_assert_ptr_null(settled(bad[_i], NULL));
	ck_assert_uint_gt(report.out.len, 0);
	text_report_deinit(&report);
}
END_TEST

START_TEST(a_label_of_a_nearer_place_wins)
{
	struct hostconf *c = hostconf_new();

	text_report_init(&report);
	ck_assert_int_eq(hostconf_label(c, "zone=flag", HOSTCONF_FLAG), 0);
	ck_assert_int_eq(hostconf_label(c, "zone=env", HOSTCONF_ENV), 0);
	ck_assert_int_eq(hostconf_label(c, "tier=", HOSTCONF_ENV), 0);
	ck_assert_int_eq(hostconf_label(c, "no", HOSTCONF_FLAG), TEXT_BAD);
	ck_assert_int_eq(hostconf_label(c, "=x", HOSTCONF_FLAG), TEXT_BAD);
	ck_assert_uint_eq(c->n_labels, 2);
	ck_assert_str_eq(c->label[0].value, "flag");
	ck_assert_str_eq(c->label[1].value, "");
	done(c);
}
END_TEST

TCase *
hostconf_tests(void)
{
	TCase *c = tcase_create("hostconf");

	tcase_add_test(c, what_is_not_said_has_its_preset);
	tcase_add_loop_test(c, an_address_is_read_wherever_it_stands, 0, 4);
	tcase_add_test(c, a_nearer_place_wins_whenever_it_is_read);
	tcase_add_test(c, a_variable_with_a_seed_is_overwritten);
	tcase_add_loop_test(
	    c, what_makes_no_sense_is_refused_with_a_word, 0, sizeof(bad) / sizeof(bad[0]));
	tcase_add_test(c, a_label_of_a_nearer_place_wins);
	return c;
}
