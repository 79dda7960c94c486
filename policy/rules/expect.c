/*
 * expect - see expect.h: who a line speaks of, what the gate would answer, and whether that is what
 * was promised.
 *
 * Whoever asks is made from the policy itself: a line that says role=deployer means a credential
 * that has that role, whatever tags and account the policy asks of it, so that a test does not
 * repeat the policy. The answers come from rights.h; nothing is decided here.
 */
#include "policy/rules/expect.h"

#include <stdio.h>

#include "policy/rules/expect_priv.h"
#include "policy/rules/meters.h"
#include "policy/rules/policy_priv.h"
#include "policy/rules/role.h"

/* An account and a user nobody has: keys of two repeated bytes. */
#define OTHER_ACCOUNT "AABAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAE7QF"
#define SOME_USER "UAAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCLL5"

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
}

/* The name of a file without its ending. */
static struct bytes
stem(struct bytes file)
{
	for (size_t i = file.len; i-- > 0 && file.ptr[i] != '/';)
		if (file.ptr[i] == '.')
			return bytes_upto(file, i);
	return file;
}

/* ---- who asks ---- */

/* find_role() - by name (empty: any); the one beside @file when there are several. */
static const struct pol_role *
find_role(const struct policy *p, struct bytes name, const char *file)
{
	struct bytes beside = stem(bytes_str(file));
	const struct pol_role *found = NULL;

	for (size_t i = 0; i < p->n_roles; i++) {
		const struct pol_role *role = &p->roles[i];

		if (name.len != 0 && !bytes_eq(pol_bytes(p, role->name), name))
			continue;
		if (bytes_eq(stem(pol_bytes(p, p->files[role->file].name)), beside))
			return role;
		if (found == NULL)
			found = role;
	}
	return found;
}

static int
add_tag(struct identity *id, const char *key, struct bytes value)
{
	size_t n = strlen(key);
	char **more = reallocarray(id->tags, id->n_tags + 1, sizeof(*more));
	char *tag;

	if (more == NULL)
		return err_raise(-ENOMEM);
	id->tags = more;
	tag = malloc(n + value.len + 1);
	if (tag == NULL)
		return err_raise(-ENOMEM);
	memcpy(tag, key, n);
	for (size_t i = 0; i < value.len; i++)
		tag[n + i] = (char)lower(value.ptr[i]);
	tag[n + value.len] = '\0';
	id->tags[id->n_tags++] = tag;
	return 0;
}

/* add_fitting() - a certificate with this name, without its stars. */
static int
add_fitting(struct identity *id, struct bytes glob)
{
	char name[ROLE_CERTIFICATE_MAX];
	size_t n = 0;

	for (size_t i = 0; i < glob.len && n < sizeof(name); i++)
		if (glob.ptr[i] != '*')
			name[n++] = (char)glob.ptr[i];
	return identity_add_cert(id, bytes_of(name, n));
}

/* add_role() - what a role asks of a credential. A name that fits a glob is the glob without stars.
 */
static int
add_role(struct identity *id, const struct policy *p, const struct pol_role *role)
{
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < role->tags.n; i++)
		r = add_tag(id, "", pol_bytes(p, p->items[role->tags.first + i].text));
	if (r == 0 && role->users.n != 0)
		snprintf(id->user, sizeof(id->user), "%s",
		    p->strings + p->items[role->users.first].text.off);
	if (r == 0 && role->sources.n != 0) { /* a network's own address lies in it */
		struct bytes network = pol_bytes(p, p->items[role->sources.first].text);

		network = bytes_upto(network, bytes_find(network, '/'));
		snprintf(id->source, sizeof(id->source), "%.*s", TEXT_ARG(network));
	}
	if (r == 0 && role->certificates.n != 0)
		r = add_fitting(id, pol_bytes(p, p->items[role->certificates.first].text));
	if (r == 0 && role->names.n != 0) {
		const char *glob = p->strings + p->items[role->names.first].text.off;
		char *to = id->name;

		free(to);
		id->name = to = malloc(strlen(glob) + 1);
		if (to == NULL)
			return err_raise(-ENOMEM);
		for (; *glob != '\0'; glob++)
			if (*glob != '*')
				*to++ = *glob;
		*to = '\0';
	}
	return err_pass(r);
}

/* add_certificate() - a name of the certificate it shows; "\20" is a blank, as in a subject. */
static int
add_certificate(struct identity *id, struct bytes text)
{
	char name[ROLE_CERTIFICATE_MAX];
	size_t n = 0;

	for (size_t i = 0; i < text.len && n < sizeof(name); i++) {
		bool blank = bytes_starts(bytes_from(text, i), BYTES_LIT("\\20"));

		name[n++] = blank ? ' ' : (char)text.ptr[i];
		i += blank ? 2 : 0;
	}
	return identity_add_cert(id, bytes_of(name, n));
}

/* add_list() - "a,b+queue" to the lists of a credential. */
static int
add_list(struct subject_list *l, struct bytes items)
{
	l->present = true;
	while (items.len != 0) {
		struct bytes one = bytes_upto(items, bytes_find(items, ','));
		struct bytes *more = reallocarray(l->item, l->n + 1, sizeof(*more));
		uint8_t *copy;

		items = bytes_from(items, one.len + 1);
		if (more == NULL)
			return err_raise(-ENOMEM);
		l->item = more;
		copy = malloc(one.len + 1);
		if (copy == NULL)
			return err_raise(-ENOMEM);
		for (size_t i = 0; i < one.len; i++)
			copy[i] = one.ptr[i] == '+' ? ' ' : one.ptr[i];
		l->item[l->n++] = bytes_of(copy, one.len);
	}
	return 0;
}

static int
add_said(struct identity *id, const struct expect_case *c)
{
	struct subject_list *lists[EXPECT_LISTS] = { &id->perms.pub_allow, &id->perms.pub_deny,
		&id->perms.sub_allow, &id->perms.sub_deny };
	int r = 0;

	for (size_t i = 0; r == 0 && i < c->n_tags; i++)
		r = add_tag(id, c->host[i] ? "host:" : "", c->tag[i]);
	for (size_t i = 0; r == 0 && i < EXPECT_LISTS; i++)
		if (c->list[i].ptr != NULL)
			r = add_list(lists[i], c->list[i]);
	if (c->user.ptr != NULL)
		snprintf(id->user, sizeof(id->user), "%.*s", TEXT_ARG(c->user));
	if (c->issuer.ptr != NULL)
		snprintf(id->issuer, sizeof(id->issuer), "%.*s", TEXT_ARG(c->issuer));
	if (c->source.ptr != NULL)
		snprintf(id->source, sizeof(id->source), "%.*s", TEXT_ARG(c->source));
	for (size_t i = 0; r == 0 && i < c->n_certificates; i++)
		r = add_certificate(id, c->certificate[i]);
	if (r == 0 && c->name.ptr != NULL) {
		free(id->name);
		id->name = strndup((const char *)c->name.ptr, c->name.len);
		if (id->name == NULL)
			return err_raise(-ENOMEM);
	}
	return err_pass(r);
}

static void
choose_account(
    struct identity *id, const struct policy *p, const struct pol_role *role, struct bytes said)
{
	struct bytes key = BYTES_LIT(OTHER_ACCOUNT);

	if (said.ptr != NULL && !bytes_is(said, "OTHER"))
		key = said;
	else if (said.ptr == NULL && role != NULL)
		key = pol_bytes(p, role->account);
	snprintf(id->account, sizeof(id->account), "%.*s", TEXT_ARG(key));
	if (said.ptr == NULL && role != NULL && role->issuers.n != 0)
		key = pol_bytes(p, p->items[role->issuers.first].text);
	snprintf(id->issuer, sizeof(id->issuer), "%.*s", TEXT_ARG(key));
}

int
expect_person(
    struct identity *id, const struct policy *p, const struct expect_case *c, const char *file)
{
	const struct pol_role *role = NULL;
	int r = 0;

	*id = (struct identity){ .max_subs = -1, .max_payload = -1, .name = strdup("somebody") };
	if (id->name == NULL)
		return err_raise(-ENOMEM);
	snprintf(id->user, sizeof(id->user), "%s", SOME_USER);
	if (c->role.ptr != NULL)
		role = find_role(p, c->role, file);
	if (role != NULL)
		r = add_role(id, p, role);
	else if (c->role.ptr != NULL)
		r = add_tag(id, "role:", c->role);
	choose_account(id, p, role != NULL ? role : find_role(p, BYTES_NULL, file), c->account);
	if (r == 0)
		r = add_said(id, c);
	if (r != 0)
		identity_deinit(id);
	return err_pass(r);
}

/* ---- whether it was promised ---- */

static bool
holds(const struct policy *p, const struct expect_case *c, const struct expect_got *got)
{
	if (got->times != c->times || got->verdict != c->want || got->d.would_deny != c->would_deny)
		return false;
	if (c->want_rule.ptr != NULL && !bytes_is(c->want_rule, policy_rule_name(p, got->rule)))
		return false;
	if (c->want_field.ptr != NULL &&
	    !bytes_is(c->want_field, policy_field_name(got->d.field)))
		return false;
	return c->want_reason.ptr == NULL || bytes_is(c->want_reason, reason_word(got->d.reason));
}

/* meter() - full buckets, for one line. */
static int
meter(struct meters **out, struct rights *r)
{
	*out = meters_new(1);
	if (*out == NULL)
		return err_raise(-ENOMEM);
	rights_meter(r, *out);
	return 0;
}

int
expect_judge(struct expect_got *got, const struct policy *p, const struct expect_case *c,
    const char *file, struct bytes payload)
{
	struct rights *rights = NULL;
	struct meters *meters = NULL;
	struct identity id;
	int r;

	*got = (struct expect_got){ .rule = RULE_NONE, .times = 1 };
	r = expect_person(&id, p, c, file);
	if (r != 0)
		return err_pass(r);
	r = c->at ? policy_time(p, c->at_s) : policy_no_time(p);
	if (r >= 0)
		r = rights_new(&rights, p, &id);
	if (r == 0)
		r = meter(&meters, rights);
	if (r == 0)
		r = expect_ask(got, rights, c, payload);
	if (r == 0)
		got->held = holds(p, c, got);
	rights_free(rights);
	meters_free(meters);
	identity_deinit(&id);
	return err_pass(r);
}

void
expect_say(struct buf *out, const struct policy *p, const struct expect_got *got)
{
	static const char *const words[] = { "deny", "allow", "refuse", "strip", "pass" };

	buf_put_str(out, words[got->verdict]);
	buf_put_str(out, " rule=");
	buf_put_str(out, policy_rule_name(p, got->rule));
	if (got->verdict == EXPECT_ALLOW || got->verdict == EXPECT_DENY) {
		buf_put_str(out, " reason=");
		buf_put_str(out, reason_word(got->d.reason));
	}
	if (got->d.field != POLICY_FIELD_NONE) {
		buf_put_str(out, " field=");
		buf_put_str(out, policy_field_name(got->d.field));
	}
	buf_put_str(out, got->d.would_deny ? " would_deny" : "");
	if (got->times > 1 || got->stopped) {
		buf_put_str(out, " # when asked ");
		buf_put_dec(out, got->times);
		buf_put_str(out, got->times == 1 ? " time" : " times");
	}
}

/* ---- a whole file ---- */

#define COMPLAIN(run, name, ln, cl, ...)                                                           \
	text_error((run)->report, &(const struct text){ .file = (char *)(uintptr_t)(name) },       \
	    &(const struct text_node){ .line = (ln), .col = (cl) }, __VA_ARGS__)

/* question() - a line up to its arrow, and what it promises behind it. */
static struct bytes
question(const struct expect_case *c, struct bytes *promise)
{
	struct bytes text = c->text;
	size_t i = 0;

	while (i + 4 < text.len && memcmp(text.ptr + i, " -> ", 4) != 0)
		i++;
	*promise = bytes_from(text, i + 4);
	return bytes_upto(text, i);
}

static void
not_held(struct expect_run *run, const char *file, const struct expect_case *c,
    const struct expect_got *got)
{
	struct bytes promise, asked = question(c, &promise);
	struct buf b;

	buf_init(&b, 4096);
	expect_say(&b, run->policy, got);
	COMPLAIN(run, file, c->line, 1, "%.*s: expected %.*s, got %.*s", TEXT_ARG(asked),
	    TEXT_ARG(promise), TEXT_ARG(buf_bytes(&b)));
	buf_deinit(&b);
}

/* run_case() - Return: 0, EXPECT_FAILED, -ENOMEM. */
static int
run_case(struct expect_run *run, const char *file, const struct expect_case *c)
{
	struct expect_got got;
	struct buf payload;
	int r = 0;

	buf_init(&payload, EXPECT_MAX_BODY);
	if (c->body.ptr != NULL)
		r = run->bodies == NULL
			? -ENOENT
			: run->bodies->read(run->bodies->ctx, file, c->body, &payload);
	if (r != 0) {
		COMPLAIN(run, file, c->line, 1, "@%.*s: %s", TEXT_ARG(c->body), strerror(-r));
		r = r == -ENOMEM ? r : EXPECT_FAILED;
	} else {
		r = expect_judge(&got, run->policy, c, file, buf_bytes(&payload));
	}
	buf_deinit(&payload);
	if (r == -EINVAL) {
		COMPLAIN(run, file, c->line, 1, "a list of the credential is no list of subjects");
		return EXPECT_FAILED;
	}
	if (r != 0)
		return r;
	if (run->decided != NULL && got.rule < policy_rules(run->policy))
		run->decided[got.rule] = true;
	if (got.held)
		return 0;
	not_held(run, file, c, &got);
	return EXPECT_FAILED;
}

int
expect_run(struct expect_run *run, const char *file, struct bytes text)
{
	struct expect_reader reader;
	struct expect_case c;
	size_t failed = run->failed;
	int r;

	expect_begin(&reader, text);
	while ((r = expect_next(&reader, &c)) != EXPECT_END) {
		run->lines++;
		if (r == EXPECT_BAD)
			COMPLAIN(run, file, reader.line, reader.col, "%s", reader.why);
		else
			r = run_case(run, file, &c);
		if (r < 0)
			return err_pass(r);
		if (r != 0)
			run->failed++;
	}
	return run->failed != failed ? EXPECT_FAILED : 0;
}
