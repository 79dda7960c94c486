/*
 * gateway.conf: what it means, what is refused and where the message points.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/proc/config.h"

#define MINIMAL                                                                                    \
	"listen = \"127.0.0.1:4222\"\n"                                                            \
	"trust { operator = op.jwt accounts = acc }\n"                                             \
	"upstream { url = \"nats://127.0.0.1:4223\" mint = keys/up }\n"                            \
	"policies = policies\n"                                                                    \
	"audit = audit\n"

static struct config *
good(const char *text)
{
	struct text_report r;
	struct config *c = NULL;
	int rc;

	text_report_init(&r);
	rc = config_parse(&c, "/etc/gate/gateway.conf", bytes_str(text), &r);
	ck_assert_msg(rc == 0, "refused: %.*s", (int)r.out.len, (const char *)r.out.ptr);
	ck_assert_uint_eq(r.errors, 0);
	text_report_deinit(&r);
	return c;
}

/* bad() - is refused with a message at @place ("": the whole file) that holds @words. */
static void
bad(const char *text, const char *place, const char *words)
{
	struct text_report r;
	struct config *c = NULL;
	char want[128], *out;

	text_report_init(&r);
	ck_assert_int_eq(config_parse(&c, "/g.conf", bytes_str(text), &r), TEXT_BAD);
	ck_assert_ptr_null(c);
	ck_assert_uint_gt(r.errors, 0);
	out = strndup((const char *)r.out.ptr, r.out.len);
	snprintf(want, sizeof(want), "/g.conf%s%s: error:", place[0] != '\0' ? ":" : "", place);
	ck_assert_msg(strstr(out, want) != NULL, "no `%s' in: %s", want, out);
	ck_assert_msg(strstr(out, words) != NULL, "no `%s' in: %s", words, out);
	free(out);
	text_report_deinit(&r);
}

START_TEST(paths_are_relative_to_the_file)
{
	autofree(config_freep) struct config *c = good(MINIMAL);

	ck_assert_str_eq(c->dir, "/etc/gate");
	ck_assert_str_eq(c->trust_operator, "/etc/gate/op.jwt");
	ck_assert_str_eq(c->trust_accounts, "/etc/gate/acc");
	ck_assert_str_eq(c->upstream_mint, "/etc/gate/keys/up");
	ck_assert_str_eq(c->policies, "/etc/gate/policies");
	ck_assert_str_eq(c->inbox_key, "/etc/gate/keys/inbox.key");
	ck_assert_str_eq(c->stamp_key, "/etc/gate/keys/stamp.key");
	ck_assert_uint_eq(c->n_stamp_trust, 0);
	ck_assert_str_eq(c->audit_key, "/etc/gate/keys/audit.key");
	ck_assert_str_eq(c->redact_key, "/etc/gate/keys/redact.key");
	ck_assert_uint_eq(c->checkpoint_records, 1000);
	ck_assert_uint_eq(c->checkpoint_every_ms, 60000);
	ck_assert_uint_eq(c->segment_size, 64 << 20);
	ck_assert_uint_eq(c->segment_age_ms, 86400000);
	ck_assert_uint_eq(c->keep_size, 0);
	ck_assert_uint_eq(c->keep_age_ms, 0);
	ck_assert_str_eq(c->decisions, "/etc/gate/log/decisions.jsonl");
	ck_assert_ptr_null(c->log);
}
END_TEST

START_TEST(other_gates_are_files_or_keys)
{
	static const char key[] = "CAB2CB576PHBBPQ5ODORRZ2LYCMWPZGWGCN2KDK7DXOIMZASKUY3R53J";
	autofree(config_freep) struct config *c = good(
	    MINIMAL "stamp { key = k  trust = [CAB2CB576PHBBPQ5ODORRZ2LYCMWPZGWGCN2KDK7DXOIMZASKUY3R53J, b.pub] }\n");
	autofree(config_freep) struct config *one = good(MINIMAL "stamp { trust = /b.pub }\n");

	ck_assert_str_eq(c->stamp_key, "/etc/gate/k");
	ck_assert_uint_eq(c->n_stamp_trust, 2);
	ck_assert_str_eq(c->stamp_trust[0], key);
	ck_assert_str_eq(c->stamp_trust[1], "/etc/gate/b.pub");
	ck_assert_uint_eq(one->n_stamp_trust, 1);
	ck_assert_str_eq(one->stamp_trust[0], "/b.pub");
}
END_TEST

START_TEST(absolute_paths_stay_as_they_are)
{
	autofree(config_freep) struct config *c = good(MINIMAL "log = /var/log/gate.log\n");

	ck_assert_str_eq(c->log, "/var/log/gate.log");
}
END_TEST

START_TEST(what_is_not_said_has_a_default)
{
	autofree(config_freep) struct config *c = good(MINIMAL);

	ck_assert_str_eq(c->server_name, "portcullis");
	ck_assert(!c->require_exp && !c->upstream_allow_open);
	ck_assert_uint_eq(c->edges, 1);
	ck_assert_uint_eq(c->max_connections, 65536);
	ck_assert(!c->connections_asked);
	ck_assert_uint_eq(c->max_subscriptions, 8192);
	ck_assert_uint_eq(c->max_control_line, 4096);
	ck_assert_uint_eq(c->max_connect, 16384);
	ck_assert_uint_eq(c->max_payload, 1048576);
	ck_assert_uint_eq(c->max_command, 262144);
	ck_assert_uint_eq(c->max_pending, 1048576);
	ck_assert_uint_eq(c->auth_timeout_ms, 2000);
	ck_assert_uint_eq(c->ping_interval_ms, 120000);
	ck_assert_uint_eq(c->ping_max, 2);
	ck_assert_uint_eq(c->write_deadline_ms, 10000);
	ck_assert_uint_eq(c->lame_duck_grace_ms, 10000);
	ck_assert_uint_eq(c->lame_duck_duration_ms, 120000);
}
END_TEST

START_TEST(limits_are_taken)
{
	autofree(config_freep) struct config *c = good(MINIMAL
	    "limits { edges = 4 max_payload = 8MiB auth_timeout = 250ms lame_duck_grace = 0s }\n");

	ck_assert_uint_eq(c->edges, 4);
	ck_assert_uint_eq(c->max_payload, 8u << 20);
	ck_assert_uint_eq(c->auth_timeout_ms, 250);
	ck_assert_uint_eq(c->lame_duck_grace_ms, 0);
}
END_TEST

START_TEST(ceilings_have_defaults_and_are_taken)
{
	autofree(config_freep) struct config *c = good(MINIMAL);
	autofree(config_freep) struct config *other = good(MINIMAL
	    "limits { max_preauth = 7 max_memory = 2GiB penalty_max = 0s penalty_min = 1m exempt = [] }\n");
	autofree(config_freep) struct config *one = good(MINIMAL "limits { exempt = \"2001:db8::/32\" }\n");

	ck_assert_uint_eq(c->ceilings.max_preauth, 16384);
	ck_assert_uint_eq(c->ceilings.max_preauth_bytes, 64u << 20);
	ck_assert_uint_eq(c->ceilings.max_source_preauth, 4096);
	ck_assert_uint_eq(c->ceilings.max_memory, 1u << 30);
	ck_assert_uint_eq(c->ceilings.max_account_subscriptions, 1000000);
	ck_assert_uint_eq(c->ceilings.max_commands, 16384);
	ck_assert_uint_eq(c->ceilings.max_user_commands, 4096);
	ck_assert_uint_eq(c->ceilings.max_command_memory, 256u << 20);
	ck_assert_uint_eq(c->ceilings.max_publish_rate + c->ceilings.max_publish_bytes +
			      c->ceilings.max_user_publish_rate + c->ceilings.max_user_publish_bytes +
			      c->ceilings.max_account_connections + c->ceilings.max_user_connections +
			      c->ceilings.max_source_connections + c->ceilings.max_listener_connections,
	    0);
	ck_assert_uint_eq(c->ceilings.penalty_failed, 5000);
	ck_assert_uint_eq(c->ceilings.penalty_garbage, 5000);
	ck_assert_uint_eq(c->ceilings.penalty_timeout, 10000);
	ck_assert_uint_eq(c->ceilings.penalty_silent, 1000);
	ck_assert_uint_eq(c->ceilings.penalty_min, 15000);
	ck_assert_uint_eq(c->ceilings.penalty_max, 600000);
	ck_assert_uint_eq(c->ceilings.n_exempt, 2);
	ck_assert(cidr_contains(&c->ceilings.exempt[0], "127.0.0.1"));
	ck_assert(cidr_contains(&c->ceilings.exempt[1], "::1"));
	ck_assert_uint_eq(other->ceilings.max_preauth, 7);
	ck_assert_uint_eq(other->ceilings.max_memory, UINT64_C(2) << 30);
	ck_assert_uint_eq(other->ceilings.penalty_max, 0);
	ck_assert_uint_eq(other->ceilings.penalty_min, 60000);
	ck_assert_uint_eq(other->ceilings.n_exempt, 0);
	ck_assert_uint_eq(one->ceilings.n_exempt, 1);
	ck_assert(cidr_contains(&one->ceilings.exempt[0], "2001:db8::9"));
}
END_TEST

START_TEST(several_addresses_are_a_list)
{
	autofree(config_freep) struct config *c =
	    good("listen = [\"127.0.0.1:0\" \"[::1]:4222\" \":4333\"]\n"
		 "trust { operator = o accounts = a }\n"
		 "upstream { url = \"nats://leaf.example:4223\" creds = c }\n"
		 "policies = p\naudit = a\n");

	ck_assert_uint_eq(c->n_listen, 3);
	ck_assert_str_eq(c->listen[0].host, "127.0.0.1");
	ck_assert_uint_eq(c->listen[0].port, 0);
	ck_assert_str_eq(c->listen[1].host, "::1");
	ck_assert_str_eq(c->listen[2].host, "0.0.0.0");
	ck_assert_uint_eq(c->listen[2].port, 4333);
	ck_assert_str_eq(c->upstream.host, "leaf.example");
	ck_assert_str_eq(c->upstream_command_creds, c->upstream_creds);
}
END_TEST

#define TRUST "trust { operator = o accounts = a }\n"
#define REST "policies = p\naudit = a\n"
#define UP "upstream { url = \"nats://h:1\" mint = m }\n"

static const struct {
	const char *text, *place, *words;
} refused[] = {
	{ "", "", "listen is missing" },
	{ "", "", "upstream is missing" },
	{ "", "", "trust is missing" },
	{ MINIMAL "walls { minimum = x }\n", "6:19", "not a wall" },
	{ MINIMAL "stamp = x\n", "6:1", "stamp is a section" },
	{ MINIMAL "audit_log = x\n", "6:1", "audit_log is a section" },
	{ MINIMAL "audit_log { checkpoint_records = 0 }\n", "6:", "checkpoint_records" },
	{ MINIMAL "audit_log { segment_size = 1KiB }\n", "6:", "segment_size" },
	{ MINIMAL "audit_log { keep = 1KiB }\n", "6:", "keep" },
	{ MINIMAL "stamp { key = [a, b] }\n", "6:", "key" },
	{ MINIMAL "stamp { trust < a }\n", "6:9", "trust takes" },
	{ MINIMAL "stamp { trust = [[a]] }\n", "6:", "a gate's public key" },
	{ MINIMAL "stamp { trust = [a a a a a a a a a a a a a a a a a] }\n", "6:50", "more than 16" },
	{ MINIMAL "stamp { skew = 1s }\n", "6:9", "skew" },
	{ MINIMAL "lissten = x\n", "6:1", "lissten" },
	{ MINIMAL "limits { edges = 0 }\n", "6:", "" },
	{ MINIMAL "limits { edges = 65 }\n", "6:", "" },
	{ MINIMAL "limits { max_paylod = 1MiB }\n", "6:10", "max_paylod" },
	{ MINIMAL "limits { max_payload = 4GiB }\n", "6:", "" },
	{ MINIMAL "audit = b\n", "6:1", "" },
	{ MINIMAL "server_name = \"two words\"\n", "6:1", "server_name" },
	{ MINIMAL "limits x { edges = 1 }\n", "6:1", "without a name" },
	{ MINIMAL "limits { exempt = \"10.0.0.1\" }\n", "6:", "not a network" },
	{ MINIMAL "limits { exempt = [\"10.0.0.0/8\", \"::1/129\"] }\n", "6:", "not a network" },
	{ MINIMAL "limits { exempt { } }\n", "6:", "takes `=`" },
	{ MINIMAL "limits { max_preauth = 0 }\n", "6:", "" },
	{ MINIMAL "limits { penalty_max = 25h }\n", "6:", "" },
	{ MINIMAL "limits { max_memory = 1MiB }\n", "6:", "" },
	{ "listen = 4222\n" TRUST UP REST, "1:10", "HOST:PORT" },
	{ "listen = \"h:65536\"\n" TRUST UP REST, "1:10", "HOST:PORT" },
	{ "listen = []\n" TRUST UP REST, "1:10", "empty" },
	{ "listen = [\"h:1\" \"::1:2\"]\n" TRUST UP REST, "1:17", "HOST:PORT" },
	{ "listen = \"h:1\"\n" TRUST REST "upstream { url = \"ws://h:1\" mint = m }\n", "5:18",
	    "nats://" },
	{ "listen = \"h:1\"\n" TRUST REST "upstream { url = \"nats://h:0\" mint = m }\n", "5:18",
	    "nats://" },
	{ "listen = \"h:1\"\n" TRUST REST "upstream { url = \"nats://h:1\" }\n", "5:1",
	    "mint = keys" },
	{ "listen = \"h:1\"\n" TRUST REST "upstream { mint = m }\n", "5:1", "url is missing" },
	{ "listen = \"h:1\"\n" TRUST REST "upstream { url = \"h:1\" mint = m creds = c }\n", "5:33",
	    "exclude" },
	{ "listen = \"h:1\"\n" TRUST REST "upstream { url = \"h:1\" mint = m command_creds = c }\n",
	    "5:33", "command_creds" },
	{ "listen = \"h:1\"\ntrust { operator = \"\" accounts = a }\n" UP REST, "2:9", "path" },
	{ "listen = \"h:1\"\ntrust { accounts = a }\n" UP REST, "2:1", "operator is missing" },
	{ "listen = \"h:1\"\ntrust = x\n" UP REST, "2:1", "section" },
	{ "listen = \"h:1\"\ntrust { operator = o accounts = a require_exp = perhaps }\n" UP REST,
	    "2:", "" },
};

START_TEST(mistakes_are_named_with_their_place)
{
	char place[32];
	const char *p = refused[_i].place;

	/* "6:" leaves the column to the reader of values */
	snprintf(place, sizeof(place), "%s", p);
	if (p[0] != '\0' && p[strlen(p) - 1] == ':') {
		struct text_report r;
		struct config *c = NULL;
		char want[64], *out;

		text_report_init(&r);
		ck_assert_int_eq(
		    config_parse(&c, "/g.conf", bytes_str(refused[_i].text), &r), TEXT_BAD);
		out = strndup((const char *)r.out.ptr, r.out.len);
		snprintf(want, sizeof(want), "/g.conf:%s", p);
		ck_assert_msg(strstr(out, want) != NULL, "no `%s' in: %s", want, out);
		free(out);
		text_report_deinit(&r);
		return;
	}
	bad(refused[_i].text, place, refused[_i].words);
}
END_TEST

START_TEST(all_mistakes_are_reported_at_once)
{
	struct text_report r;
	struct config *c = NULL;

	text_report_init(&r);
	ck_assert_int_eq(config_parse(&c, "/g.conf",
			     BYTES_LIT("listen = x\nlimits { edges = 0 ping_max = 0 }\n"), &r),
	    TEXT_BAD);
	/* listen, edges, ping_max, policies, audit, trust, upstream */
	ck_assert_uint_eq(r.errors, 7);
	text_report_deinit(&r);
}
END_TEST

static const struct {
	const char *text, *host; /* host NULL: refused */
	unsigned port;
} addresses[] = {
	{ "127.0.0.1:4222", "127.0.0.1", 4222 },
	{ "nats://127.0.0.1:4222", "127.0.0.1", 4222 },
	{ "leaf-1.example_x:1", "leaf-1.example_x", 1 },
	{ "[::1]:65535", "::1", 65535 },
	{ "[::]:0", "::", 0 },
	{ ":4222", "0.0.0.0", 4222 },
	{ "", NULL, 0 },
	{ "host", NULL, 0 },
	{ "host:", NULL, 0 },
	{ "host:65536", NULL, 0 },
	{ "host:-1", NULL, 0 },
	{ "host:1 ", NULL, 0 },
	{ "host:000001", NULL, 0 },
	{ "::1:4222", NULL, 0 },
	{ "[::1]", NULL, 0 },
	{ "[::1:4222", NULL, 0 },
	{ "[]:4222", NULL, 0 },
	{ "[host]:4222", NULL, 0 },
	{ "user@host:1", NULL, 0 },
	{ "ho st:1", NULL, 0 },
	{ "nats://nats://h:1", NULL, 0 },
	{ "tls://h:1", NULL, 0 },
	{ "h:1/path", NULL, 0 },
};

START_TEST(an_address_is_a_host_and_a_port)
{
	struct config_address a = { .host = "untouched" };
	int r = config_address_parse(bytes_str(addresses[_i].text), &a);

	if (addresses[_i].host == NULL) {
		ck_assert_int_eq(r, TEXT_BAD);
		ck_assert_str_eq(a.host, "untouched");
		return;
	}
	ck_assert_int_eq(r, 0);
	ck_assert_str_eq(a.host, addresses[_i].host);
	ck_assert_uint_eq(a.port, addresses[_i].port);
}
END_TEST

START_TEST(a_host_with_a_nul_is_refused)
{
	struct config_address a;

	ck_assert_int_eq(config_address_parse(BYTES_LIT("ho\0st:1"), &a), TEXT_BAD);
	ck_assert_int_eq(config_address_parse(BYTES_LIT("[::1\0]:1"), &a), TEXT_BAD);
}
END_TEST

/* ---- files ---- */

static char folder[] = "/tmp/portcullis-config-XXXXXX";

static void
put(const char *name, const char *text, mode_t mode)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
	ck_assert_int_eq(chmod(path, mode), 0);
}

static void
make(const char *name, mode_t mode)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_eq(chmod(path, mode), 0);
}

static void
set_up(void)
{
	strcpy(folder + strlen(folder) - 6, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	make("keys", 0700);
	make("acc", 0755);
	make("policies", 0755);
	make("audit", 0700);
	make("log", 0700);
	put("g.conf", MINIMAL, 0644);
	put("op.jwt", "x", 0644);
	put("keys/up", "x", 0600);
	put("keys/inbox.key", "x", 0600);
	put("keys/stamp.key", "x", 0600);
	put("policies/a.policy", "x", 0644);
}

static void
tear_down(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	ck_assert_int_eq(system(command), 0);
}

/* check_files() - load the folder's file and look at what it names. */
static size_t
check_files(char **said, size_t *warnings)
{
	autofree(config_freep) struct config *c = NULL;
	struct text_report r;
	char path[128];
	size_t errors;
	int rc;

	snprintf(path, sizeof(path), "%s/g.conf", folder);
	text_report_init(&r);
	ck_assert_int_eq(config_load(&c, path, &r), 0);
	rc = config_check_files(c, &r);
	ck_assert_int_eq(rc, r.errors > 0 ? TEXT_BAD : 0);
	*said = r.out.len > 0 ? strndup((const char *)r.out.ptr, r.out.len) : strdup("");
	*warnings = r.warnings;
	errors = r.errors;
	text_report_deinit(&r);
	return errors;
}

START_TEST(a_folder_in_order_has_no_complaints)
{
	char *said;
	size_t warnings;

	ck_assert_uint_eq(check_files(&said, &warnings), 0);
	ck_assert_str_eq(said, "");
	ck_assert_uint_eq(warnings, 0);
	free(said);
}
END_TEST

START_TEST(a_key_others_can_read_is_an_error_with_its_line)
{
	char *said;
	size_t warnings;

	put("keys/up", "x", 0640);
	ck_assert_uint_eq(check_files(&said, &warnings), 1);
	ck_assert_ptr_nonnull(strstr(said, "g.conf:3:"));
	ck_assert_ptr_nonnull(strstr(said, "chmod 600"));
	free(said);
}
END_TEST

START_TEST(a_missing_key_for_stamps_comes_with_how_to_make_one)
{
	char *said, path[128];
	size_t warnings;

	snprintf(path, sizeof(path), "%s/keys/stamp.key", folder);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_uint_eq(check_files(&said, &warnings), 1);
	ck_assert_ptr_nonnull(strstr(said, "od -An -v -tx1 -N32 /dev/urandom"));
	free(said);
}
END_TEST

START_TEST(a_missing_file_is_an_error_with_its_line)
{
	char *said, path[128];
	size_t warnings;

	snprintf(path, sizeof(path), "%s/op.jwt", folder);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_uint_eq(check_files(&said, &warnings), 1);
	ck_assert_ptr_nonnull(strstr(said, "g.conf:2:"));
	free(said);
}
END_TEST

START_TEST(loose_folders_are_warnings)
{
	char *said, path[128];
	size_t warnings;

	snprintf(path, sizeof(path), "%s/audit", folder);
	ck_assert_int_eq(chmod(path, 0755), 0);
	snprintf(path, sizeof(path), "%s/acc", folder);
	ck_assert_int_eq(chmod(path, 0777), 0);
	ck_assert_uint_eq(check_files(&said, &warnings), 0);
	ck_assert_uint_eq(warnings, 2);
	free(said);
}
END_TEST

START_TEST(an_empty_policy_folder_is_an_error)
{
	char *said, path[128];
	size_t warnings;

	snprintf(path, sizeof(path), "%s/policies/a.policy", folder);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_uint_eq(check_files(&said, &warnings), 1);
	ck_assert_ptr_nonnull(strstr(said, "does not start without one"));
	free(said);
}
END_TEST

START_TEST(a_file_where_a_folder_belongs_is_an_error)
{
	char *said, path[128];
	size_t warnings;

	snprintf(path, sizeof(path), "%s/audit", folder);
	ck_assert_int_eq(rmdir(path), 0);
	put("audit", "x", 0600);
	ck_assert_uint_eq(check_files(&said, &warnings), 1);
	ck_assert_ptr_nonnull(strstr(said, "not a folder"));
	free(said);
}
END_TEST

START_TEST(tls_is_taken)
{
	struct config *c = good("listen = \"127.0.0.1:4222\"\n"
				"trust { operator = op.jwt accounts = acc }\n"
				"upstream { url = \"tls://leaf.example:4223\" mint = keys/up\n"
				"  tls { ca = tls/up.crt first = yes min_version = 1.3 } }\n"
				"tls { cert = tls/s.crt key = tls/s.key ca = tls/c.crt verify = yes first = auto }\n"
				"policies = policies\naudit = audit\n");

	ck_assert(c->tls.on && c->tls.verify && !c->tls.min_1_3 && c->tls.first == CONFIG_FIRST_AUTO);
	ck_assert_str_eq(c->tls.cert, "/etc/gate/tls/s.crt");
	ck_assert_str_eq(c->tls.key, "/etc/gate/tls/s.key");
	ck_assert_str_eq(c->tls.ca, "/etc/gate/tls/c.crt");
	ck_assert(c->upstream_tls.on && c->upstream_tls.min_1_3 && c->upstream_tls.first == CONFIG_FIRST_YES);
	ck_assert_str_eq(c->upstream_tls.name, "leaf.example");
	ck_assert_str_eq(c->upstream_tls.ca, "/etc/gate/tls/up.crt");
	config_free(c);
	c = good(MINIMAL);
	ck_assert(!c->tls.on && !c->upstream_tls.on);
	config_free(c);
}
END_TEST

static const struct {
	const char *text, *place, *words;
} tls_mistakes[] = {
	{ "tls { cert = a }", "6:1", "key is missing" },
	{ "tls { key = a }", "6:1", "cert is missing" },
	{ "tls { cert = a key = b verify = yes }", "6:24", "ca does not say whose" },
	{ "tls { cert = a key = b ca = c }", "6:24", "none are asked for" },
	{ "tls { cert = a key = b min_version = 1.1 }", "6:38", "min_version is one of: 1.2, 1.3" },
	{ "tls { cert = a key = b first = maybe }", "6:32", "first is one of: no, yes, auto" },
	{ "tls { cert = a key = b tickets = yes }", "6:24", "tickets" },
};

START_TEST(a_mistake_in_tls_is_named)
{
	char text[1024];

	snprintf(text, sizeof(text), "%s%s\n", MINIMAL, tls_mistakes[_i].text);
	bad(text, tls_mistakes[_i].place, tls_mistakes[_i].words);
}
END_TEST

START_TEST(a_tls_upstream_needs_somebody_to_believe)
{
	bad("listen = \"127.0.0.1:4222\"\n"
	    "trust { operator = op.jwt accounts = acc }\n"
	    "upstream { url = \"tls://127.0.0.1:4223\" mint = keys/up }\n"
	    "policies = policies\naudit = audit\n",
	    "3:1", "nothing says whom to believe");
	bad("listen = \"127.0.0.1:4222\"\n"
	    "trust { operator = op.jwt accounts = acc }\n"
	    "upstream { url = \"tls://127.0.0.1:4223\" mint = keys/up tls { ca = a cert = b } }\n"
	    "policies = policies\naudit = audit\n",
	    "3:56", "cert and key go together");
}
END_TEST

START_TEST(a_configuration_that_cannot_be_read_is_an_accident)
{
	struct text_report r;
	struct config *c = NULL;

	text_report_init(&r);
	ck_assert_int_eq(config_load(&c, "/nonexistent/g.conf", &r), -ENOENT);
	ck_assert_int_eq(config_load(&c, folder, &r), -EISDIR);
	text_report_deinit(&r);
}
END_TEST

TCase *sinks_tests(void); /* test_sinks.c */

int
main(void)
{
	Suite *s = suite_create("gateway/proc_config");
	TCase *values = tcase_create("values"), *files = tcase_create("files");
	SRunner *runner;
	int failed;

	tcase_add_test(values, paths_are_relative_to_the_file);
	tcase_add_test(values, absolute_paths_stay_as_they_are);
	tcase_add_test(values, other_gates_are_files_or_keys);
	tcase_add_test(values, what_is_not_said_has_a_default);
	tcase_add_test(values, limits_are_taken);
	tcase_add_test(values, ceilings_have_defaults_and_are_taken);
	tcase_add_test(values, several_addresses_are_a_list);
	tcase_add_loop_test(
	    values, mistakes_are_named_with_their_place, 0, sizeof(refused) / sizeof(refused[0]));
	tcase_add_test(values, all_mistakes_are_reported_at_once);
	tcase_add_loop_test(
	    values, an_address_is_a_host_and_a_port, 0, sizeof(addresses) / sizeof(addresses[0]));
	tcase_add_test(values, a_host_with_a_nul_is_refused);
	tcase_add_test(values, tls_is_taken);
	tcase_add_loop_test(values, a_mistake_in_tls_is_named, 0, sizeof(tls_mistakes) / sizeof(tls_mistakes[0]));
	tcase_add_test(values, a_tls_upstream_needs_somebody_to_believe);
	tcase_add_checked_fixture(files, set_up, tear_down);
	tcase_add_test(files, a_folder_in_order_has_no_complaints);
	tcase_add_test(files, a_key_others_can_read_is_an_error_with_its_line);
	tcase_add_test(files, a_missing_file_is_an_error_with_its_line);
	tcase_add_test(files, a_missing_key_for_stamps_comes_with_how_to_make_one);
	tcase_add_test(files, loose_folders_are_warnings);
	tcase_add_test(files, an_empty_policy_folder_is_an_error);
	tcase_add_test(files, a_file_where_a_folder_belongs_is_an_error);
	tcase_add_test(files, a_configuration_that_cannot_be_read_is_an_accident);
	suite_add_tcase(s, values);
	suite_add_tcase(s, files);
	suite_add_tcase(s, sinks_tests());
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
