/*
 * Commands that strangers were allowed, and the policy learned from them. It compiles; it has one
 * rule for each fact and no other, whatever was written in them; everything that was learned from
 * is allowed by it; its promises hold as they are written; and the same commands give the same
 * text.
 */
#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/cli/learn_test.h"
#include "gateway/cli/resim.h"
#include "policy/rules/expect.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ACME "AAAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQDPYC"
#define USER "UBIE25CNLLF4MMPOOWTRU7HMKYMEISN2FC4YH56GPYQWO57J7ZD7IXZO"

enum { COMMANDS = 24, TEXT = 8 << 20 };

/* '%' is where the stranger's words stand, as a JSON string, '$' as they are. */
static const struct {
	const char *subject, *body;
} shapes[] = {
	{ "wasmbus.ctl.v1.acme.component.scale.NX",
	    "{\"component_ref\":\"r.b/o/x:1\",\"component_id\":%,\"host_id\":\"NX\",\"count\":3}" },
	{ "wasmbus.ctl.v1.acme.component.scale.NX",
	    "{\"component_ref\":%,\"component_id\":\"x\",\"host_id\":\"NX\",\"count\":3}" },
	{ "wasmbus.ctl.v1.acme.component.scale.NX",
	    "{\"component_ref\":\"r.b/o/"
	    "x:1\",\"component_id\":\"x\",\"host_id\":\"NX\",\"count\":1,"
	    "\"annotations\":{%:\"v\"}}" },
	{ "wasmbus.ctl.v1.acme.component.scale.NX",
	    "{\"component_ref\":\"r.b/o/"
	    "x:1\",\"component_id\":\"x\",\"host_id\":\"NX\",\"count\":1,"
	    "\"config\":[%]}" },
	{ "wasmbus.ctl.v1.acme.link.put",
	    "{\"source_id\":%,\"target\":\"kv\",\"name\":\"default\",\"wit_namespace\":\"wasi\","
	    "\"wit_package\":\"http\",\"interfaces\":[%],\"source_config\":[],\"target_config\":[]"
	    "}" },
	{ "wasmbus.ctl.shop.cmd.NX.la", "{\"actor_ref\":%,\"host_id\":\"NX\",\"count\":2}" },
	{ "wasmbus.ctl.v1.acme.config.put.$", "{\"k\":%}" },
	{ "wasmbus.ctl.v1.$.host.ping", "" },
	{ "wasmbus.ctl.v1.acme.label.put.NX", "{\"key\":%,\"value\":\"v\"}" },
	{ "wadm.api.acme.model.put", "$" },
	{ "$KV.LATTICEDATA_acme.COMPONENT_x", "$" },
	{ "$", "$" },
};

struct commands {
	size_t n;
	struct record r[COMMANDS];
	struct buf text[COMMANDS][4]; /* subject, body, name, tag */
	bool learned[COMMANDS];
};

static void
fill(struct buf *b, const char *shape, struct bytes words, bool json)
{
	for (; *shape != '\0'; shape++) {
		if (*shape == '%' && json)
			buf_put_json(b, words);
		else if (*shape == '$')
			buf_put(b, words);
		else
			buf_put_u8(b, (uint8_t)*shape);
	}
}

/* make() - a line's first byte chooses what it is, its second who says it. */
static void
make(struct commands *c, struct bytes line)
{
	size_t shape = line.ptr[0] % (sizeof(shapes) / sizeof(shapes[0]));
	const char *subject = shapes[shape].subject;
	struct bytes words = bytes_from(line, 2);
	struct buf *text = c->text[c->n];
	struct record *r = &c->r[c->n];

	for (size_t i = 0; i < 4; i++)
		buf_init(&text[i], 65536);
	if (bytes_starts(bytes_str(subject), BYTES_LIT("$KV")))
		buf_put_str(&text[0], subject);
	else
		fill(&text[0], subject, words, false);
	fill(&text[1], shapes[shape].body, words, true);
	buf_put(&text[2], words);
	buf_put_str(&text[3], "role:");
	buf_put(&text[3], line.ptr[1] & 4 ? words : BYTES_LIT("app"));
	*r = (struct record){ .kind = RECORD_COMMAND,
		.seq = c->n + 1,
		.time_ns = INT64_C(1795341600000000000),
		.decision = BYTES_LIT("allow"),
		.subject = buf_bytes(&text[0]),
		.body = buf_bytes(&text[1]),
		.has_payload = true,
		.size = text[1].len,
		.user = BYTES_LIT(USER),
		.account = BYTES_LIT(ACME),
		.name = buf_bytes(&text[2]) };
	r->tags.n = line.ptr[1] & 1;
	r->tags.item[0] = buf_bytes(&text[3]);
	crypto_hash_sha256(r->sha256.b, r->body.ptr, r->body.len);
	c->n++;
}

static void
learn_all(struct learn *l, struct commands *c, struct buf *out)
{
	memset(l, 0, sizeof(*l));
	buf_init(out, TEXT);
	if (learn_init(l) != 0)
		abort();
	for (size_t i = 0; i < c->n; i++) {
		uint64_t before = l->learned;

		if (learn_record(l, &c->r[i]) != 0)
			abort();
		c->learned[i] = l->learned != before;
	}
	if (learn_end(l) != 0)
		abort();
	learn_put_policy(l, out);
	assert(!buf_failed(out));
}

static void
check_allowed(const struct policy *p, const struct commands *c)
{
	struct resim_answer a;
	struct resim *s;

	if (resim_new(&s, p) != 0)
		abort();
	for (size_t i = 0; i < c->n; i++) {
		if (resim_judge(s, &c->r[i], &a) != 0)
			abort();
		assert(!c->learned[i] || (a.state == RESIM_DECIDED &&
					     a.d.verdict == VERDICT_ALLOW && !a.d.would_deny));
	}
	resim_free(s);
}

static int
payload(void *ctx, const char *file, struct bytes name, struct buf *out)
{
	const struct learn_tests *t = ctx;

	(void)file;
	for (size_t i = 0; i < t->n; i++) {
		if (bytes_is(name, t->payload[i].name)) {
			buf_put(out, buf_bytes(&t->payload[i].text));
			return 0;
		}
	}
	return -ENOENT;
}

static void
check_promises(const struct policy *p, const struct learn *l)
{
	struct text_report report;
	struct learn_tests t;
	struct expect_bodies bodies = { payload, &t };
	struct expect_run run = { .policy = p, .bodies = &bodies, .report = &report };

	text_report_init(&report);
	if (learn_tests_make(&t, l, p, "learned") != 0)
		abort();
	assert(t.wrong_seq == 0);
	if (expect_run(&run, "learned.expect", buf_bytes(&t.text)) != 0) {
		fwrite(report.out.ptr, 1, report.out.len, stderr);
		abort();
	}
	assert(run.lines == t.allowed + t.denied);
	learn_tests_deinit(&t);
	text_report_deinit(&report);
}

static void
check_policy(const struct learn *l, struct bytes text, const struct commands *c)
{
	struct policy_source src = { "learned.policy", text };
	struct text_report report;
	struct policy *p = NULL;
	struct buf out;
	size_t facts = 0;

	for (size_t i = 0; i < l->n_facts; i++)
		facts += l->fact[i]->n != 0;
	buf_init(&out, TEXT);
	text_report_init(&report);
	if (policy_compile(&out, &src, 1, &report) != 0) {
		fprintf(stderr, "%.*s\n%.*s", (int)report.out.len, (const char *)report.out.ptr,
		    (int)text.len, (const char *)text.ptr);
		abort();
	}
	if (policy_open(&p, buf_bytes(&out)) != 0)
		abort();
	assert(policy_rules(p) == facts);
	check_allowed(p, c);
	check_promises(p, l);
	policy_close(p);
	text_report_deinit(&report);
	buf_deinit(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct commands c;
	struct bytes rest = bytes_of(data, size);
	struct buf text, again;
	struct learn l, same;

	c.n = 0;
	while (rest.len != 0 && c.n < COMMANDS) {
		struct bytes line = bytes_upto(rest, bytes_find(rest, 0));

		rest = bytes_from(rest, line.len + 1);
		if (line.len >= 2)
			make(&c, line);
	}
	learn_all(&l, &c, &text);
	learn_all(&same, &c, &again);
	assert(bytes_eq(buf_bytes(&text), buf_bytes(&again)));
	if (l.learned != 0)
		check_policy(&l, buf_bytes(&text), &c);
	learn_deinit(&l);
	learn_deinit(&same);
	buf_deinit(&text);
	buf_deinit(&again);
	for (size_t i = 0; i < c.n; i++)
		for (size_t k = 0; k < 4; k++)
			buf_deinit(&c.text[i][k]);
	return 0;
}
