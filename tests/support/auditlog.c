/*
 * auditlog - write an audit log for a test.
 *
 *	auditlog FOLDER [RECORDS-PER-SEGMENT] < LINES
 *	auditlog --made DIR RECORDS PER EVERY KEY
 *
 * --made: of nobody's records, RECORDS of them, in DIR/audit/NUMBER.jsonl with about PER each and a
 * checkpoint each EVERY, DIR/audit/checkpoint the last of them, DIR/keys/audit.pub. KEY is a letter
 *the signing key is made of.
 *
 * Each line is a JSON object with the members of a record as docs/AUDIT.md names them, without v,
 * seq, prev, mono and run, which are made here; kind is "command" when absent, and time one second
 * after the record before. `payload` (text) or `payload_hex` becomes size, sha256, secrets and
 * body, as the auditor makes them: read by its subject, its secrets redacted. Chained and in
 * segments; without checkpoints.
 */
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy/audit/record_priv.h"
#include "policy/audit/redact.h"
#include "policy/commands/body.h"
#include "policy/core/json.h"
#include "tests/support/audit_writer.h"
#include "tests/support/auditlog.h"

enum { TOKENS = 512, LINE_ROOM = 1 << 20, STRINGS = 2 << 20 };

struct writer {
	struct audit_writer log;
	uint8_t *strings; /* of one record */
	size_t used;
	struct buf body;
};

static struct bytes
text_at(struct writer *w, const struct json *j, size_t at)
{
	struct bytes s;

	if (json_text(j, at, w->strings + w->used, STRINGS - w->used, &s) != 0)
		audit_die("no text", json_raw(j, at));
	if (s.ptr == w->strings + w->used)
		w->used += s.len;
	return s;
}

static uint64_t
number_at(const struct json *j, size_t at)
{
	int64_t v;

	if (json_int(j, at, &v) != 0 || v < 0)
		audit_die("no number", json_raw(j, at));
	return (uint64_t)v;
}

static void
put_list(struct writer *w, const struct json *j, size_t at, struct record_list *l)
{
	for (size_t i = json_first(j, at), n = 0; n < j->tok[at].n && n < RECORD_LIST_MAX; n++) {
		l->item[l->n++] = text_at(w, j, i);
		i = j->tok[i].next;
	}
}

/* put_member() - by the table of the format itself. */
static void
put_member(struct writer *w, struct record *r, const struct json *j, struct bytes name, size_t at)
{
	size_t i = record_field_of(name);
	const struct record_field *f = &record_field[i];
	uint8_t *to = (uint8_t *)r;

	if (i == record_fields)
		audit_die("no member of a record", name);
	to += f->at;
	if (f->has != 0)
		*(bool *)((uint8_t *)r + f->has) = true;
	switch (f->type) {
	case FIELD_TEXT:
		*(struct bytes *)(void *)to = text_at(w, j, at);
		break;
	case FIELD_NUM:
		*(uint64_t *)(void *)to = number_at(j, at);
		break;
	case FIELD_FLAG:
		*(bool *)to = j->tok[at].kind == JSON_TRUE;
		break;
	case FIELD_LIST:
		put_list(w, j, at, (struct record_list *)(void *)to);
		break;
	case FIELD_HASH:
		if (!digest_from_hex(text_at(w, j, at), (struct digest *)(void *)to))
			audit_die("no digest", json_raw(j, at));
		break;
	}
}

/* redacted() - what the auditor would keep of a payload. */
static void
redacted(struct writer *w, struct record *r, struct bytes payload)
{
	static const uint8_t key[REDACT_KEY_LEN] = { 7 };
	struct redact_input in = { .payload = payload, .key = bytes_of(key, sizeof(key)) };
	static struct redact_span span[REDACT_SPANS_MAX];
	struct body_arena arena = { .mem = malloc(BODY_ARENA), .cap = BODY_ARENA };
	struct body_input bi = { .subject = r->subject, .payload = payload };
	struct command c;
	struct body b;
	bool cut = false;

	if (arena.mem == NULL)
		audit_die("out of memory", BYTES_NULL);
	if (command_classify(r->subject, &c) == 0 && body_decode(&c, &bi, &arena, &b) == 0)
		for (const struct body_secret *s = b.secrets;
		     s != NULL && in.n_spans < REDACT_SPANS_MAX; s = s->next)
			span[in.n_spans++] = (struct redact_span){ s->where.at, s->where.len };
	in.span = span;
	buf_reset(&w->body);
	if (redact(&in, &w->body, &r->secrets, &cut) != 0)
		audit_die("not redacted", payload);
	r->has_payload = true;
	r->size = payload.len;
	crypto_hash_sha256(r->sha256.b, payload.ptr, payload.len);
	r->body = buf_bytes(&w->body);
	free(arena.mem);
}

static struct bytes
unhex(struct writer *w, struct bytes s)
{
	uint8_t *to = w->strings + w->used;
	size_t n = 0;

	if (sodium_hex2bin(to, STRINGS - w->used, (const char *)s.ptr, s.len, NULL, &n, NULL) != 0)
		audit_die("no hexadecimal", s);
	w->used += n;
	return bytes_of(to, n);
}

static void
take_line(struct writer *w, struct bytes line)
{
	static struct json_tok tok[TOKENS];
	static struct record r;
	struct json j = { .text = line, .tok = tok, .cap = TOKENS };
	struct bytes payload = BYTES_NULL, name;

	if (json_read(&j) != 0)
		audit_die("no JSON", line);
	r = (struct record){ .kind = RECORD_COMMAND };
	w->used = 0;
	for (size_t i = json_first(&j, 0); i != 0 && i < j.n; i = j.tok[i + 1].next) {
		name = json_raw(&j, i);
		if (bytes_is(name, "kind"))
			r.kind = record_kind_of(text_at(w, &j, i + 1));
		else if (bytes_is(name, "time") &&
			 !record_time(text_at(w, &j, i + 1), &w->log.time_ns))
			audit_die("no time", line);
		else if (bytes_is(name, "payload"))
			payload = text_at(w, &j, i + 1);
		else if (bytes_is(name, "payload_hex"))
			payload = unhex(w, text_at(w, &j, i + 1));
		else if (!bytes_is(name, "time"))
			put_member(w, &r, &j, name, i + 1);
	}
	if (payload.ptr != NULL)
		redacted(w, &r, payload);
	audit_writer_add(&w->log, &r);
}

static void
take_lines(struct writer *w)
{
	static char line[LINE_ROOM];

	audit_writer_init(&w->log);
	buf_init(&w->body, REDACT_BODY_MAX);
	w->strings = malloc(STRINGS);
	if (w->strings == NULL)
		audit_die("out of memory", BYTES_NULL);
	(void)mkdir(w->log.folder, 0700);
	while (fgets(line, sizeof(line), stdin) != NULL)
		take_line(w, bytes_of(line, strcspn(line, "\n")));
	audit_writer_end(&w->log);
	hasher_deinit(&w->log.hasher);
	buf_deinit(&w->log.out);
	buf_deinit(&w->body);
	free(w->strings);
}

int
main(int argc, char **argv)
{
	struct writer w = { .log = { .per = 1000000,
				.time_ns = INT64_C(1795341600) * 1000000000,
				.step_ns = 1000000000,
				.boot_ns = INT64_C(1700000000) * 1000000000,
				.run = "00112233445566778899aabbccddeeff" } };
	bool made = argc > 1 && strcmp(argv[1], "--made") == 0;

	if (argc < 2 || argc > (made ? 7 : 3) || (made && argc < 7) || sodium_init() < 0) {
		fputs("usage: auditlog FOLDER [PER], auditlog --made DIR RECORDS PER EVERY KEY\n",
		    stderr);
		return 2;
	}
	if (made)
		return auditlog_made(argv + 2);
	w.log.folder = argv[1];
	/* the record a segment begins with is not one of the lines */
	if (argc > 2)
		w.log.per = strtoull(argv[2], NULL, 10) + 1;
	take_lines(&w);
	return 0;
}
