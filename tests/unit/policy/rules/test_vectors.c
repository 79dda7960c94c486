/*
 * Tables of decisions: <case>.policy beside <case>.expect, in tests/vectors/policy and in policies/
 * (where @LATTICE@ stands for "default" and @ACCOUNT@ for the account of the tests).
 *
 *	OP [role=R] [host=N] [tag=T] [account=A|OTHER] [pub_allow=p,p pub_deny= sub_allow=
 *sub_deny=] args -> allow|deny|pass|strip|refuse [rule=NAME] [reason=WORD] [would_deny] OP: PUB
 *subject [reply]   SUB pattern [queue]   DELIVER pattern subject   ANSWER reply   HEADER name
 *
 * A queue inside a list is written p+queue. Adding a case is adding a line, or two files.
 */
#include <dirent.h>
#include <stdio.h>

#include "tests/unit/policy/rules/suites.h"

enum { MAX_WORDS = 16, MAX_TEXT = 1 << 16 };

struct line {
	const char *file;
	int number;
	char *word[MAX_WORDS];
	size_t n;
};

static char *
read_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	char *text = calloc(1, MAX_TEXT);

	ck_assert_msg(f != NULL && text != NULL, "%s", path);
	ck_assert_uint_lt(fread(text, 1, MAX_TEXT - 1, f), MAX_TEXT - 1);
	fclose(f);
	return text;
}

/* @LATTICE@ and @ACCOUNT@ filled in, in a new string. */
static char *
filled(const char *text)
{
	static const char *const from[] = { "@LATTICE@", "@ACCOUNT@" }, *const to[] = { "default",
		ACME };
	struct buf b;
	size_t len;

	buf_init(&b, 1 << 20);
	while (*text != '\0') {
		bool found = false;

		for (size_t i = 0; i < 2 && !found; i++) {
			found = strncmp(text, from[i], strlen(from[i])) == 0;
			if (found) {
				buf_put_str(&b, to[i]);
				text += strlen(from[i]);
			}
		}
		if (!found)
			buf_put_u8(&b, (uint8_t)*text++);
	}
	buf_put_u8(&b, 0);
	return buf_take(&b, &len);
}

static void
list_from(struct subject_list *l, char *items)
{
	char *save = NULL;

	world_list(l, NULL);
	for (char *p = strtok_r(items, ",", &save); p != NULL; p = strtok_r(NULL, ",", &save)) {
		for (char *c = p; *c != '\0'; c++)
			*c = *c == '+' ? ' ' : *c;
		world_list(l, p);
	}
}

/* key=value words that say who asks; the number of words used. */
static size_t
person(struct world *w, struct line *line)
{
	const char *account = ACME;
	char tags[3][128] = { "", "", "" };
	size_t i;

	for (i = 1; i < line->n; i++) {
		char *v = line->word[i];

		if (strncmp(v, "role=", 5) == 0)
			snprintf(tags[0], sizeof(tags[0]), "role:%s", v + 5);
		else if (strncmp(v, "host=", 5) == 0)
			snprintf(tags[1], sizeof(tags[1]), "host:%s", v + 5);
		else if (strncmp(v, "tag=", 4) == 0)
			snprintf(tags[2], sizeof(tags[2]), "%s", v + 4);
		else if (strncmp(v, "account=", 8) == 0)
			account = strcmp(v + 8, "OTHER") == 0 ? OTHER : v + 8;
		else if (strchr(v, '=') == NULL || strstr(v, "_allow=") == strstr(v, "_deny="))
			break;
	}
	world_person(w, account, tags[0], tags[1], tags[2], NULL);
	for (size_t k = 1; k < i; k++) {
		char *v = line->word[k];

		if (strncmp(v, "pub_allow=", 10) == 0)
			list_from(&w->id.perms.pub_allow, v + 10);
		else if (strncmp(v, "pub_deny=", 9) == 0)
			list_from(&w->id.perms.pub_deny, v + 9);
		else if (strncmp(v, "sub_allow=", 10) == 0)
			list_from(&w->id.perms.sub_allow, v + 10);
		else if (strncmp(v, "sub_deny=", 9) == 0)
			list_from(&w->id.perms.sub_deny, v + 9);
	}
	return i;
}

/* As the gate asks: a command or data, and then where the answer shall go. */
static struct decision
publish(struct world *w, struct bytes s, struct bytes reply)
{
	struct command c;
	struct decision d;

	if (command_classify(s, &c) == 0)
		d = rights_command(w->rights, s, &c);
	else
		d = rights_publish(w->rights, s);
	if (d.verdict == VERDICT_ALLOW && reply.len != 0 &&
	    !bytes_starts(reply, BYTES_LIT("_INBOX.")))
		d = rights_reply(w->rights, reply);
	return d;
}

static struct decision
ask(struct world *w, const struct line *line, struct bytes a, struct bytes b)
{
	const char *op = line->word[0];

	if (strcmp(op, "PUB") == 0)
		return publish(w, a, b);
	if (strcmp(op, "SUB") == 0)
		return rights_subscribe(w->rights, a, b);
	if (strcmp(op, "DELIVER") == 0)
		return rights_deliver(w->rights, a, BYTES_NULL, b);
	if (strcmp(op, "ANSWER") == 0)
		return rights_answer(w->rights, a);
	ck_abort_msg("%s:%d: no operation %s", line->file, line->number, op);
}

static void
check_words(const struct world *w, const struct line *line, size_t from, struct decision d)
{
	const char *verdict = d.verdict == VERDICT_ALLOW ? "allow" : "deny";
	bool would_deny = false;

	for (size_t i = from; i < line->n; i++) {
		const char *word = line->word[i];
		bool ok;

		if (strncmp(word, "rule=", 5) == 0)
			ok = strcmp(word + 5, RULE(w, d)) == 0;
		else if (strncmp(word, "reason=", 7) == 0)
			ok = strcmp(word + 7, reason_word(d.reason)) == 0;
		else if (strcmp(word, "would_deny") == 0)
			ok = would_deny = d.would_deny;
		else
			ok = strcmp(word, verdict) == 0;
		ck_assert_msg(ok, "%s:%d: expected %s, got %s rule=%s reason=%s%s", line->file,
		    line->number, word, verdict, RULE(w, d), reason_word(d.reason),
		    d.would_deny ? " would_deny" : "");
	}
	ck_assert_msg(would_deny == d.would_deny, "%s:%d: would_deny", line->file, line->number);
}

static void
run_line(struct world *w, struct line *line)
{
	static const char *const headers[] = { "refuse", "strip", "pass" };
	size_t at = person(w, line), arrow = at;
	struct bytes arg[2] = { BYTES_NULL, BYTES_NULL };

	while (arrow < line->n && strcmp(line->word[arrow], "->") != 0) {
		if (arrow - at < 2)
			arg[arrow - at] = bytes_str(line->word[arrow]);
		arrow++;
	}
	ck_assert_msg(arrow > at && arrow - at <= 2 && arrow + 1 < line->n, "%s:%d: no '->'",
	    line->file, line->number);
	world_login(w);
	if (strcmp(line->word[0], "HEADER") == 0)
		ck_assert_msg(
		    strcmp(headers[rights_header(w->rights, arg[0])], line->word[arrow + 1]) == 0,
		    "%s:%d", line->file, line->number);
	else
		check_words(w, line, arrow + 1, ask(w, line, arg[0], arg[1]));
	world_logout(w);
}

static int
run_lines(struct world *w, const char *file, char *text)
{
	char *rest = NULL;
	int count = 0, number = 0;

	for (char *p = text, *end; p != NULL; p = end) {
		struct line line = { .file = file, .number = ++number };

		end = strchr(p, '\n');
		if (end != NULL)
			*end++ = '\0';
		rest = NULL;
		for (char *word = strtok_r(p, " \t", &rest); word != NULL && line.n < MAX_WORDS;
		     word = strtok_r(NULL, " \t", &rest))
			line.word[line.n++] = word;
		if (line.n == 0 || line.word[0][0] == '#')
			continue;
		run_line(w, &line);
		count++;
	}
	return count;
}

static int
run_folder(const char *folder)
{
	DIR *d = opendir(folder);
	struct dirent *e;
	int count = 0;

	ck_assert_msg(d != NULL, "%s", folder);
	while ((e = readdir(d)) != NULL) {
		char *dot = strrchr(e->d_name, '.'), path[4096];
		char *policy, *expect, *raw;
		struct world w;

		if (dot == NULL || strcmp(dot, ".expect") != 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		raw = read_file(path);
		expect = filled(raw);
		free(raw);
		snprintf(path, sizeof(path), "%s/%.*s.policy", folder, (int)(dot - e->d_name),
		    e->d_name);
		raw = read_file(path);
		policy = filled(raw);
		free(raw);
		world_policy(&w, path, bytes_str(policy));
		count += run_lines(&w, e->d_name, expect);
		world_end(&w);
		free(policy);
		free(expect);
	}
	closedir(d);
	return count;
}

START_TEST(the_tables_of_decisions_hold)
{
	const char *vectors = getenv("VECTORS");
	char path[4096];

	ck_assert_ptr_nonnull(vectors);
	snprintf(path, sizeof(path), "%s/policy", vectors);
	ck_assert_int_gt(run_folder(path), 0);
}
END_TEST

START_TEST(the_shipped_policies_do_what_they_promise)
{
	const char *vectors = getenv("VECTORS");
	char path[4096];

	ck_assert_ptr_nonnull(vectors);
	snprintf(path, sizeof(path), "%s/../../policies", vectors);
	ck_assert_int_gt(run_folder(path), 0);
}
END_TEST

TCase *
vector_tests(void)
{
	TCase *t = tcase_create("vectors");

	tcase_add_test(t, the_tables_of_decisions_hold);
	tcase_add_test(t, the_shipped_policies_do_what_they_promise);
	return t;
}
