#include "tests/unit/policy/commands/said.h"

#include <check.h>
#include <stdarg.h>
#include <stdio.h>

static uint64_t memory[BODY_ARENA / 8];

static void __attribute__((format(printf, 2, 3))) put(struct said *s, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(s->text + s->len, sizeof(s->text) - s->len, format, args);
	va_end(args);
	ck_assert(n >= 0 && (size_t)n < sizeof(s->text) - s->len);
	s->len += (size_t)n;
}

static void
put_bytes(struct said *s, const char *name, struct bytes b)
{
	if (b.len != 0)
		put(s, " %s=%.*s", name, (int)b.len, (const char *)b.ptr);
}

static void
put_list(struct said *s, const char *name, const struct body_list *l)
{
	size_t n = 0;

	for (const struct body_pair *p = l->first; p != NULL; p = p->next, n++) {
		put(s, "%s%.*s", n == 0 ? " " : ",", n == 0 ? (int)strlen(name) : 0, name);
		put(s, "%s%.*s", n == 0 ? "=" : "", (int)p->key.len, (const char *)p->key.ptr);
		if (p->value.len != 0)
			put(s, ":%.*s", (int)p->value.len, (const char *)p->value.ptr);
	}
	ck_assert_uint_eq(n, l->n);
}

static void
put_fault(struct said *s, const struct body_fault *f)
{
	put(s, "refused %.*s: %s", (int)f->field.len, (const char *)f->field.ptr, f->why);
}

static void
put_image(struct said *s, const struct image *i)
{
	static const char *const schemes[] = { "none", "oci", "file", "bindle", "builtin", "url" };

	if (i->scheme == IMAGE_NONE)
		return;
	put(s, " %s", schemes[i->scheme]);
	put_bytes(s, "registry", i->registry);
	put_bytes(s, "repository", i->repository);
	put_bytes(s, "tag", i->tag);
	put_bytes(s, "digest", i->digest);
}

static void
put_part(struct said *s, const struct body_part *p)
{
	static const char *const roles[] = { "none", "actor", "provider", "service",
		"precompiled" };

	put(s, " [%s", roles[p->role]);
	put_bytes(s, "name", p->name);
	put_bytes(s, "id", p->id);
	put_image(s, &p->image);
	if (p->has_count)
		put(s, " x%ju%s", (uintmax_t)p->count, p->every_host ? "/host" : "");
	put(s, "]");
}

static void
put_link(struct said *s, const struct body_link *l)
{
	put(s, " {");
	put_bytes(s, "source", l->source);
	put_bytes(s, "target", l->target);
	put_bytes(s, "name", l->name);
	put_bytes(s, "contract", l->contract);
	put_bytes(s, "ns", l->wit_namespace);
	put_bytes(s, "pkg", l->wit_package);
	put_list(s, "if", &l->interfaces);
	put_list(s, "values", &l->values);
	put_list(s, "sc", &l->source_config);
	put_list(s, "tc", &l->target_config);
	put(s, " }");
}

static void
put_secrets(struct said *s, const struct message *m, const struct body_secret *secret)
{
	for (; secret != NULL; secret = secret->next)
		put(s, " secret<%.*s>", (int)secret->where.len, m->payload + secret->where.at);
}

static struct body_input
input_of(const struct message *m)
{
	size_t len = m->payload_len != 0  ? m->payload_len
		     : m->payload != NULL ? strlen(m->payload)
					  : 0;

	return (struct body_input){ .subject = bytes_str(m->subject),
		.header = bytes_str(m->header),
		.payload = bytes_of(m->payload, len) };
}

const char *
said_body(struct said *s, const struct message *m)
{
	struct body_arena arena = { .mem = (uint8_t *)memory, .cap = sizeof(memory) };
	struct body_input in = input_of(m);
	struct command c;
	struct body b;

	s->len = 0;
	ck_assert_msg(command_classify(in.subject, &c) == 0, "%s", m->subject);
	if (body_decode(&c, &in, &arena, &b) != 0) {
		put_fault(s, &b.fault);
		ck_assert(b.effective == VERB_NONE && b.may_be == 0);
		return s->text;
	}
	ck_assert((b.may_be & VERB_BIT(b.effective)) != 0 && b.fault.why == NULL);
	put(s, "%s", command_verb_name(b.effective));
	put_bytes(s, "id", b.id);
	put_bytes(s, "host", b.host_id);
	put_bytes(s, "app", b.application);
	put_bytes(s, "space", b.space);
	put_bytes(s, "version", b.version);
	for (const struct body_part *p = b.parts; p != NULL; p = p->next)
		put_part(s, p);
	for (const struct body_link *l = b.links; l != NULL; l = l->next)
		put_link(s, l);
	if (b.has_timeout)
		put(s, " timeout=%ju", (uintmax_t)b.timeout);
	put(s, "%s%s%s", b.allow_update ? " update" : "", b.unread ? " unread" : "",
	    b.deletes ? " deletes" : "");
	put_list(s, "config", &b.config);
	put_list(s, "keys", &b.config_keys);
	put_list(s, "labels", &b.labels);
	put_list(s, "annotations", &b.annotations);
	put_list(s, "registries", &b.registries);
	put_list(s, "secrets", &b.secret_refs);
	put_list(s, "policies", &b.policies);
	put_list(s, "paths", &b.paths);
	put_list(s, "outbound", &b.outbound);
	put_list(s, "claims", &b.claims);
	put_list(s, "unknown", &b.unknown);
	put_secrets(s, m, b.secrets);
	return s->text;
}

const char *
said_jetstream(struct said *s, const struct message *m)
{
	struct body_arena arena = { .mem = (uint8_t *)memory, .cap = sizeof(memory) };
	struct body_input in = input_of(m);
	struct jetstream js;
	int x = jetstream_decode(&in, &arena, &js);

	s->len = 0;
	if (x == JETSTREAM_NOT)
		return "not";
	if (x != 0) {
		put_fault(s, &js.fault);
		ck_assert(js.verb == JS_NONE);
		return s->text;
	}
	put(s, "%s%s", jetstream_verb_name(js.verb), js.mutating ? "!" : "");
	put_bytes(s, "domain", js.domain);
	put_bytes(s, "stream", js.stream);
	put_bytes(s, "consumer", js.consumer);
	put_bytes(s, js.is_kv ? "kv" : "object", js.bucket);
	put_bytes(s, "store", js.store);
	for (const struct js_target *t = js.targets; t != NULL; t = t->next) {
		put_bytes(s, jetstream_role_name(t->role), t->subject);
		if (!bytes_eq(t->reach, t->subject))
			put_bytes(s, "reach", t->reach);
		if (t->where.len != 0)
			ck_assert(
			    memcmp(m->payload + t->where.at, t->subject.ptr, t->subject.len) == 0);
	}
	if (js.by_seq)
		put(s, " seq=%ju", (uintmax_t)js.seq);
	if (js.has_replicas)
		put(s, " replicas=%ju", (uintmax_t)js.replicas);
	put(s, "%s%s%s%s%s%s", js.whole_stream ? " whole" : "", js.durable ? " durable" : "",
	    js.push ? " push" : "", js.allow_rollup ? " rollup" : "",
	    js.allow_schedules ? " schedules" : "", js.allow_direct ? " direct" : "");
	put_list(s, "unknown", &js.unknown);
	return s->text;
}
