/*
 * docs/POLICY.md: every example of a policy in it compiles, and its tables name every key, field
 * and verb there is. A block is a policy when one of its lines begins like one; one without roles
 * gets those of the first, and one whose first line is "# NAME.policy" may be included by later
 * ones.
 */
#include <stdio.h>

#include "policy/commands/command.h"
#include "policy/rules/where.h"
#include "tests/unit/policy/rules/suites.h"

#define PRELUDE                                                                                    \
	"lattices = [\"acme-*\"]\n"                                                                \
	"role host { account = " ACME " tags = [\"role:host\"] }\n"                                \
	"role deployer { account = " ACME " tags = [\"role:deployer\"] }\n"

enum { MAX_DOC = 1 << 20, MAX_BLOCKS = 64 };

static char *doc;

static void
setup(void)
{
	const char *vectors = getenv("VECTORS");
	char path[4096];
	FILE *f;

	ck_assert_ptr_nonnull(vectors);
	snprintf(path, sizeof(path), "%s/../../docs/POLICY.md", vectors);
	f = fopen(path, "r");
	doc = calloc(1, MAX_DOC);
	ck_assert_msg(f != NULL && doc != NULL, "%s", path);
	ck_assert_uint_gt(fread(doc, 1, MAX_DOC - 1, f), 0);
	fclose(f);
}

static void
teardown(void)
{
	free(doc);
}

/* line_begins() - does a line of the block begin so? */
static bool
line_begins(struct bytes block, const char *word)
{
	while (block.len != 0) {
		if (bytes_starts(block, bytes_str(word)))
			return true;
		block = bytes_from(block, bytes_find(block, '\n') + 1);
	}
	return false;
}

static bool
is_policy(struct bytes block)
{
	static const char *const words[] = { "rule ", "role ", "lattices ", "accounts ", "set ",
		"hosts ", "include ", "zone " };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (line_begins(block, words[i]))
			return true;
	return false;
}

/* next_block() - what stands between the next two fences, whatever is written behind the first. */
static bool
next_block(const char **at, struct bytes *block)
{
	const char *open = strstr(*at, "\n```"), *from, *to;

	if (open == NULL)
		return false;
	from = strchr(open + 4, '\n');
	to = from != NULL ? strstr(from, "\n```") : NULL;
	ck_assert_ptr_nonnull(to);
	*block = bytes_of(from + 1, to > from ? (size_t)(to - from) : 0);
	*at = to + 4;
	return true;
}

/* name_of() - "common.policy" of a block that begins with "# common.policy". */
static const char *
name_of(struct bytes block, char room[64])
{
	struct bytes line = bytes_upto(block, bytes_find(block, '\n'));

	if (!bytes_starts(line, BYTES_LIT("# ")) || line.len > 60 ||
	    !bytes_is(bytes_from(line, line.len - 7), ".policy"))
		return NULL;
	snprintf(room, 64, "%.*s", (int)line.len - 2, (const char *)line.ptr + 2);
	return room;
}

/* compiles() - the last of these, with those it includes. */
static void
compiles(struct policy_source *src, size_t n)
{
	struct text_report report;
	struct buf out;
	int r;

	text_report_init(&report);
	buf_init(&out, 1 << 20);
	r = policy_compile(&out, src, n, &report);
	ck_assert_msg(r == 0, "%.*s\n%.*s", (int)src[n - 1].text.len,
	    (const char *)src[n - 1].text.ptr, (int)report.out.len,
	    report.out.len != 0 ? (const char *)report.out.ptr : "");
	buf_deinit(&out);
	text_report_deinit(&report);
}

START_TEST(every_example_compiles)
{
	struct policy_source named[MAX_BLOCKS + 1];
	char names[MAX_BLOCKS][64];
	size_t n = 0, seen = 0;
	const char *at = doc;
	struct bytes block;

	while (next_block(&at, &block)) {
		struct buf whole;

		if (!is_policy(block))
			continue;
		seen++;
		ck_assert_uint_lt(n, MAX_BLOCKS);
		if (name_of(block, names[n]) != NULL) {
			named[n] = (struct policy_source){ names[n], block };
			n++;
			compiles(named, n);
			continue;
		}
		buf_init(&whole, MAX_DOC);
		if (!line_begins(block, "role "))
			buf_put_str(&whole, PRELUDE);
		buf_put(&whole, block);
		ck_assert(!buf_failed(&whole));
		compiles(&(struct policy_source){ "block.policy", buf_bytes(&whole) }, 1);
		buf_deinit(&whole);
	}
	ck_assert_uint_ge(seen, 5);
}
END_TEST

/* documented() - somewhere between back-ticks, alone or with what follows a blank or bracket. */
static void
documented(const char *word)
{
	size_t n = strlen(word);

	for (const char *s = strstr(doc, word); s != NULL; s = strstr(s + 1, word))
		if ((s[-1] == '`' || s[-1] == ' ' || s[-1] == '|') &&
		    strchr("` ={,)", s[n]) != NULL)
			return;
	ck_abort_msg("docs/POLICY.md does not name %s", word);
}

START_TEST(every_field_and_key_is_named)
{
	static const char *const keys[] = { "lattices", "include", "zone", "set", "accounts", "hosts",
		"role", "rule", "account", "tags", "names", "users", "issuers", "sources", "allow",
		"deny", "publish", "subscribe", "deny_publish", "deny_subscribe", "reply",
		"respond", "respond_within", "headers", "strip_headers", "streams", "unstamped",
		"host_id", "rpc", "rate", "burst", "during", "from", "until", "to", "because", "mode", "where" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		documented(keys[i]);
	for (int f = POLICY_FIELD_NONE + 1; f < POLICY_FIELD_COUNT; f++)
		documented(policy_field_name((enum policy_field)f));
}
END_TEST

/* A verb is named itself, or as one of a group: "actor.*". */
START_TEST(every_verb_is_named)
{
	for (int v = VERB_NONE + 1; v < VERB_COUNT; v++) {
		const char *name = command_verb_name((enum verb)v), *dot = strchr(name, '.');
		char group[64];

		if (v == VERB_HOST_EVENT || v == VERB_UNKNOWN || v == VERB_SERVE)
			continue;
		snprintf(group, sizeof(group), "%.*s.*", dot != NULL ? (int)(dot - name) : 0, name);
		if (strstr(doc, group) == NULL)
			documented(name);
	}
}
END_TEST

TCase *
docs_tests(void)
{
	TCase *t = tcase_create("docs");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, every_example_compiles);
	tcase_add_test(t, every_field_and_key_is_named);
	tcase_add_test(t, every_verb_is_named);
	return t;
}
