/*
 * audit_maker - a log as the gateway's auditor writes it, for tests of the command line.
 *
 *	audit_maker DIR RECORDS PER EVERY KEY
 *
 * DIR/keys/audit.pub, DIR/audit/NUMBER.jsonl with about PER records each, a checkpoint each EVERY
 * records, DIR/audit/checkpoint the last of them. KEY is a letter the signing key is made of.
 * Commands and their outcomes, and in the beginning one record of each other kind, with texts in
 * them that want to harm whoever prints them. A millisecond apart, from 2026-11-22T12:00:00Z.
 */
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy/audit/checkpoint.h"
#include "policy/audit/segment.h"

#define ORIGIN "portcullis-audit"

struct writer {
	struct hasher h;
	struct chain chain;
	struct secret seed;
	struct note_signer signer;
	struct buf out, note;
	const char *dir;
	int fd;
	uint64_t per, in_segment;
	int64_t at_ns;
};

static void
must(bool ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	exit(1);
}

static void
put_file(const char *dir, const char *name, struct bytes s)
{
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	must(fd >= 0 && write(fd, s.ptr, s.len) == (ssize_t)s.len && close(fd) == 0, path);
}

static void
flush(struct writer *w)
{
	must(!buf_failed(&w->out), "buffer");
	must(w->out.len == 0 || write(w->fd, w->out.ptr, w->out.len) == (ssize_t)w->out.len,
	    "write");
	buf_reset(&w->out);
}

static void
stamp(struct writer *w, struct record *r)
{
	r->time_ns = INT64_C(1795348800000000000) + w->at_ns;
	r->mono_ns = 5000000000 + w->at_ns;
	memset(r->run, 'a', RECORD_RUN_LEN);
	w->at_ns += 1000000;
}

static void
segment(struct writer *w)
{
	char name[SEGMENT_NAME_LEN + 8];
	struct record r = { 0 };
	char path[4096];

	if (w->fd >= 0) {
		flush(w);
		close(w->fd);
	}
	segment_name(chain_next(&w->chain), name);
	snprintf(path, sizeof(path), "%s/audit/%s", w->dir, name);
	w->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	must(w->fd >= 0, path);
	stamp(w, &r);
	must(chain_open_segment(&w->chain, &w->h, &r, &w->out) == 0, "segment");
	w->in_segment = 1;
}

static void
add(struct writer *w, struct record *r)
{
	if (w->in_segment >= w->per)
		segment(w);
	stamp(w, r);
	must(chain_append(&w->chain, &w->h, r, &w->out) == 0, "record");
	w->in_segment++;
	if (w->out.len > 1 << 20)
		flush(w);
}

static void
checkpoint(struct writer *w)
{
	struct checkpoint c = { .origin = BYTES_LIT(ORIGIN),
		.size = w->chain.tree.size,
		.root = merkle_root(&w->chain.tree, &w->h) };
	struct record r = { .kind = RECORD_CHECKPOINT };

	if (w->in_segment >= w->per) {
		segment(w);
		c.size = w->chain.tree.size;
		c.root = merkle_root(&w->chain.tree, &w->h);
	}
	buf_reset(&w->note);
	must(checkpoint_sign(&w->note, &c, &w->signer, 1) == 0, "checkpoint");
	r.note = buf_bytes(&w->note);
	add(w, &r);
}

static void
kinds(struct writer *w)
{
	struct record all[] = {
		{ .kind = RECORD_START, .version = BYTES_LIT("0.1.0") },
		{ .kind = RECORD_OPEN,
		    .has_conn = true,
		    .client = 3,
		    .source = BYTES_LIT("[::1]:50001"),
		    .name = BYTES_LIT("\033[2J\033]0;owned\a\xe2\x80\xaegnp.exe") },
		{ .kind = RECORD_DENIAL,
		    .what = BYTES_LIT("publish"),
		    .decision = BYTES_LIT("deny"),
		    .rule = BYTES_LIT("none"),
		    .reason = BYTES_LIT("no_rule"),
		    .subject = BYTES_LIT("secret.a|b=c\\d"),
		    .name = BYTES_LIT("=HYPERLINK(\"x\"),1") },
		{ .kind = RECORD_ADMIN,
		    .what = BYTES_LIT("drain"),
		    .detail = BYTES_LIT("host"),
		    .name = BYTES_LIT("Ada") },
		{ .kind = RECORD_GAP, .reason = BYTES_LIT("torn"), .bytes = 12 },
		{ .kind = RECORD_SUMMARY, .what = BYTES_LIT("publish"), .summed = 50 },
		{ .kind = RECORD_CLOSE, .has_conn = true, .client = 3, .in_msgs = 4 },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		add(w, &all[i]);
}

static void
command(struct writer *w, uint64_t i)
{
	static const char *const who[] = { "Dora", "Otto", "Mia" }, *const verb[] = { "actor.start",
		"actor.scale", "provider.start" };
	bool deny = i % 7 == 3;
	char id[32], host[32];
	struct record out = { .kind = RECORD_OUTCOME,
		.outcome = i % 5 == 2 ? BYTES_LIT("no_answer") : BYTES_LIT("answered"),
		.success = i % 5 == 2 ? BYTES_NULL : BYTES_LIT("yes"),
		.answers = i % 5 != 2,
		.first_us = i % 5 == 2 ? 0 : 3200 };
	struct record r = { .kind = RECORD_COMMAND,
		.decision = deny ? BYTES_LIT("deny") : BYTES_LIT("allow"),
		.rule = deny ? BYTES_LIT("none") : BYTES_LIT("deployers-deploy"),
		.reason = deny ? BYTES_LIT("no_rule") : BYTES_LIT("rule"),
		.policy = BYTES_LIT("0123456789abcdef"),
		.verb = bytes_str(verb[i % 3]),
		.dialect = BYTES_LIT("B"),
		.mutating = true,
		.lattice = i % 2 == 0 ? BYTES_LIT("default") : BYTES_LIT("other"),
		.image = BYTES_LIT("registry.example/ours/echo:1.2.3"),
		.subject = BYTES_LIT("wasmbus.ctl.default.cmd.NHOST.la"),
		.has_conn = true,
		.client = 17,
		.source = BYTES_LIT("127.0.0.1:51234"),
		.user = BYTES_LIT("UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4"),
		.name = bytes_str(who[i % 3]),
		.tags = { 1, { BYTES_LIT("role:deployer") } },
		.has_payload = true,
		.size = 57,
		.body = BYTES_LIT("{\"actor_ref\":\"registry.example/ours/echo:1.2.3\"}") };

	snprintf(id, sizeof(id), "0.17.c%llu", (unsigned long long)i);
	snprintf(host, sizeof(host), "NHOST%llu", (unsigned long long)(i % 10));
	r.id = bytes_str(id);
	r.host = bytes_str(host);
	add(w, &r);
	if (deny)
		return;
	out.of = r.seq;
	out.id = r.id;
	add(w, &out);
}

static void
begin(struct writer *w, char letter)
{
	uint8_t raw[NOTE_SEED_LEN];
	char path[4096];

	memset(raw, letter, sizeof(raw));
	snprintf(path, sizeof(path), "%s/audit", w->dir);
	must(mkdir(w->dir, 0755) == 0 && mkdir(path, 0700) == 0, path);
	snprintf(path, sizeof(path), "%s/keys", w->dir);
	must(mkdir(path, 0755) == 0, path);
	must(sodium_init() >= 0 && hasher_init(&w->h) == 0, "crypto");
	must(secret_new(&w->seed, bytes_of(raw, sizeof(raw))) == 0, "seed");
	must(note_signer_make(&w->signer, &w->h, BYTES_LIT(ORIGIN), &w->seed) == 0, "signer");
	buf_init(&w->out, 8 << 20);
	buf_init(&w->note, NOTE_MAX);
	chain_init(&w->chain);
	note_key_put(&w->out, &w->signer.key);
	buf_put_u8(&w->out, '\n');
	put_file(w->dir, "keys/audit.pub", buf_bytes(&w->out));
	/* what makes the folder a deployment; its log is in `audit' */
	put_file(w->dir, "gateway.conf", BYTES_LIT("audit = audit\n"));
	buf_reset(&w->out);
}

int
main(int argc, char **argv)
{
	struct writer w = { .fd = -1 };
	uint64_t n, every;

	if (argc != 6) {
		fputs("audit_maker DIR RECORDS PER EVERY KEY\n", stderr);
		return 2;
	}
	w.dir = argv[1];
	n = strtoull(argv[2], NULL, 10);
	w.per = strtoull(argv[3], NULL, 10);
	every = strtoull(argv[4], NULL, 10);
	begin(&w, argv[5][0]);
	segment(&w);
	kinds(&w);
	for (uint64_t i = 0, next = every; w.chain.tree.size < n; i++) {
		command(&w, i);
		if (every != 0 && w.chain.tree.size >= next) {
			checkpoint(&w);
			next = w.chain.tree.size + every;
		}
	}
	flush(&w);
	if (w.note.len > 0)
		put_file(w.dir, "audit/checkpoint", buf_bytes(&w.note));
	close(w.fd);
	secret_deinit(&w.seed);
	hasher_deinit(&w.h);
	buf_deinit(&w.out);
	buf_deinit(&w.note);
	return 0;
}
