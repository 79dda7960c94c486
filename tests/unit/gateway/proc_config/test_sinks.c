/* sink NAME { } in gateway.conf. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "gateway/proc/config.h"
#include "policy/audit/record.h"

TCase *sinks_tests(void);

#define MINIMAL                                                                                    \
	"listen = \"h:1\"\ntrust { operator = o accounts = a }\n"                                  \
	"upstream { url = \"nats://h:1\" mint = m }\npolicies = p\naudit = au\n"

/* read_one() - Return: as config_parse(); *said: what was reported, owned. */
static int
read_one(const char *text, struct config **c, char **said)
{
	struct text_report r;
	char whole[4096];
	int rc;

	text_report_init(&r);
	snprintf(whole, sizeof(whole), MINIMAL "%s", text);
	rc = config_parse(c, "/etc/gate/g.conf", bytes_str(whole), &r);
	*said = strndup(r.out.ptr != NULL ? (const char *)r.out.ptr : "", r.out.len);
	text_report_deinit(&r);
	return rc;
}

START_TEST(each_type_is_read_with_its_own_keys)
{
	autofree(config_freep) struct config *c = NULL;
	autofree(mem_freep) char *said = NULL;
	int r = read_one(
	    "sink far { type = jetstream url = \"nats://h:4222\" creds = c.creds stream = AUDIT\n"
	    "  subject = \"audit.gate\" create = yes\n"
	    "  filter { kinds = [command, outcome] decisions = deny lattices = [a, \"b-*\"] } }\n"
	    "sink witness { type = nats what = checkpoints url = \"[::1]:4222\" subject = w }\n"
	    "sink log { type = syslog address = \"udp://h:514\" }\n"
	    "sink siem { type = syslog address = \"unix:/dev/log\" format = cef }\n"
	    "sink disk { type = file dir = ../far }\nsink_state = st\n",
	    &c, &said);

	ck_assert_msg(r == 0, "%s", said);
	ck_assert_uint_eq(c->n_sinks, 5);
	ck_assert_str_eq(c->sink_state, "/etc/gate/st");
	ck_assert_int_eq(c->sink[0].type, SINK_JETSTREAM);
	ck_assert(c->sink[0].create && c->sink[0].creds && !c->sink[0].checkpoints);
	ck_assert_str_eq(c->sink_creds[0], "/etc/gate/c.creds");
	ck_assert_str_eq(c->sink[0].subject, "audit.gate");
	ck_assert_uint_eq(c->sink[0].filter.kinds, 1U << RECORD_COMMAND | 1U << RECORD_OUTCOME);
	ck_assert_uint_eq(c->sink[0].filter.decisions, SINK_DENY);
	ck_assert_uint_eq(c->sink[0].filter.n_lattices, 2);
	ck_assert_str_eq(c->sink[0].filter.lattice[1], "b-*");
	ck_assert(c->sink[1].checkpoints && !c->sink[1].creds);
	ck_assert_str_eq(c->sink[1].host, "::1");
	ck_assert_uint_eq(c->sink[2].port, 514);
	ck_assert_int_eq(c->sink[2].format, SINK_RFC5424);
	ck_assert_str_eq(c->sink[3].path, "/dev/log");
	ck_assert_int_eq(c->sink[3].format, SINK_CEF);
	ck_assert(c->sink[4].checkpoints);
	ck_assert_str_eq(c->sink_dir[4], "/etc/gate/../far");
}
END_TEST

START_TEST(without_sinks_there_are_none)
{
	autofree(config_freep) struct config *c = NULL;
	autofree(mem_freep) char *said = NULL;

	ck_assert_int_eq(read_one("", &c, &said), 0);
	ck_assert_uint_eq(c->n_sinks, 0);
	ck_assert_str_eq(c->sink_state, "/etc/gate/sinks");
}
END_TEST

#define JS "type = jetstream url = \"h:1\" stream = S subject = s"

static const struct {
	const char *text, *place, *words;
} refused[] = {
	{ "sink { " JS " }\n", "6:1", "has a name" },
	{ "sink \"a b\" { " JS " }\n", "6:1", "has a name" },
	{ "sink a-name-that-is-far-too-long { " JS " }\n", "6:1", "1 to 24" },
	{ "sink = x\n", "6:1", "has a name" },
	{ "sink a { " JS " }\nsink a { " JS " }\n", "7:1", "" },
	{ "sink a { url = \"h:1\" }\n", "6:1", "type is missing" },
	{ "sink a { type = kafka }\n", "6:10", "jetstream, nats, syslog" },
	{ "sink a { type = jetstream url = \"h:1\" subject = s }\n", "6:1", "stream is missing" },
	{ "sink a { type = jetstream url = \"h:1\" stream = S }\n", "6:1", "subject is missing" },
	{ "sink a { type = nats subject = s }\n", "6:1", "url is missing" },
	{ "sink a { type = nats url = \"tls://h:1\" subject = s }\n", "6:1", "ca is missing" },
	{ "sink a { type = nats url = \"tls://:1\" subject = s ca = c }\n", "6:22", "can dial" },
	{ "sink a { type = nats url = \"tls://nats://h:1\" subject = s ca = c }\n", "6:22", "can dial" },
	{ "sink a { type = nats url = \"h:1\" subject = s ca = c }\n", "6:", "goes with url" },
	{ "sink a { type = nats url = \"tls://h:1\" subject = s ca = c cert = d }\n", "6:1", "go together" },
	{ "sink a { type = syslog address = \"udp://h:1\" ca = c }\n", "6:", "does not go with" },
	{ "sink a { type = nats url = \"h:0\" subject = s }\n", "6:22", "can dial" },
	{ "sink a { type = nats url = \"h:1\" subject = \"s.*\" }\n", "6:34", "no wildcards" },
	{ "sink a { type = nats url = \"h:1\" subject = \"s..t\" }\n", "6:34", "no wildcards" },
	{ "sink a { type = nats url = \"h:1\" subject = \"$JS.x\" }\n", "6:34", "in front" },
	{ "sink a { type = nats url = \"h:1\" subject = s stream = S }\n", "6:46",
	    "does not go with" },
	{ "sink a { " JS " dir = d }\n", "6:", "dir does not go with type = jetstream" },
	{ "sink a { " JS " what = checkpoints }\n", "6:1", "type = nats" },
	{ "sink a { " JS " what = all }\n", "6:", "records or checkpoints" },
	{ "sink a { " JS " stream2 = S }\n", "6:", "stream2" },
	{ "sink a { " JS " create = perhaps }\n", "6:", "" },
	{ "sink a { type = syslog }\n", "6:1", "address is missing" },
	{ "sink a { type = syslog address = \"tcp://h:1\" }\n", "6:24", "datagrams only" },
	{ "sink a { type = syslog address = \"unix:log\" }\n", "6:24", "absolute" },
	{ "sink a { type = syslog address = \"udp://h:1\" format = leef }\n",
	    "6:", "rfc5424 or cef" },
	{ "sink a { type = syslog address = \"udp://h:1\" what = checkpoints }\n",
	    "6:", "takes records" },
	{ "sink a { type = file }\n", "6:1", "dir is missing" },
	{ "sink a { type = file dir = d what = records }\n", "6:", "takes checkpoints" },
	{ "sink a { type = file dir = d filter { kinds = command } }\n", "6:", "not filtered" },
	{ "sink a { " JS " filter { kinds = [] } }\n", "6:", "nothing through" },
	{ "sink a { " JS " filter { kinds = [comand] } }\n", "6:", "kinds takes" },
	{ "sink a { " JS " filter { kinds < 3 } }\n", "6:", "a list" },
	{ "sink a { " JS " filter { decisions = maybe } }\n", "6:", "allow and deny" },
	{ "sink a { " JS " filter { lattices = [[a]] } }\n", "6:", "lattices takes" },
	{ "sink a { " JS " filter { hosts = a } }\n", "6:", "hosts" },
	{ "sink a { " JS " filter = x }\n", "6:", "a section" },
};

START_TEST(mistakes_in_sinks_are_named_with_their_place)
{
	autofree(mem_freep) char *said = NULL;
	struct config *c = NULL;
	char want[64];

	ck_assert_int_eq(read_one(refused[_i].text, &c, &said), TEXT_BAD);
	snprintf(want, sizeof(want), "/g.conf:%s", refused[_i].place);
	ck_assert_msg(strstr(said, want) != NULL, "no `%s' in: %s", want, said);
	ck_assert_msg(
	    strstr(said, refused[_i].words) != NULL, "no `%s' in: %s", refused[_i].words, said);
}
END_TEST

START_TEST(more_than_eight_are_too_many)
{
	autofree(mem_freep) char *said = NULL;
	struct config *c = NULL;
	char text[2048] = "";

	for (int i = 0; i < 9; i++)
		snprintf(
		    text + strlen(text), sizeof(text) - strlen(text), "sink s%d { " JS " }\n", i);
	ck_assert_int_eq(read_one(text, &c, &said), TEXT_BAD);
	ck_assert_ptr_nonnull(strstr(said, "more than 8 sinks"));
}
END_TEST

TCase *
sinks_tests(void)
{
	TCase *t = tcase_create("sinks");

	tcase_add_test(t, each_type_is_read_with_its_own_keys);
	tcase_add_test(t, without_sinks_there_are_none);
	tcase_add_loop_test(t, mistakes_in_sinks_are_named_with_their_place, 0,
	    sizeof(refused) / sizeof(refused[0]));
	tcase_add_test(t, more_than_eight_are_too_many);
	return t;
}
