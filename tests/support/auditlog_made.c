/*
 * auditlog_made - a log as the gateway's auditor writes it, in a deployment: see auditlog.h.
 *
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
#include "tests/support/audit_writer.h"
#include "tests/support/auditlog.h"

#define ORIGIN "portcullis-audit"

struct maker {
	struct audit_writer log;
	struct secret seed;
	struct note_signer signer;
	struct buf note;
	const char *dir;
	char folder[4096];
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
checkpoint(struct maker *m)
{
	struct checkpoint c = { .origin = BYTES_LIT(ORIGIN) };
	struct record r = { .kind = RECORD_CHECKPOINT };

	audit_writer_room(&m->log);
	c.size = m->log.chain.tree.size;
	c.root = merkle_root(&m->log.chain.tree, &m->log.hasher);
	buf_reset(&m->note);
	must(checkpoint_sign(&m->note, &c, &m->signer, 1) == 0, "checkpoint");
	r.note = buf_bytes(&m->note);
	audit_writer_add(&m->log, &r);
}

static void
kinds(struct audit_writer *w)
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
		audit_writer_add(w, &all[i]);
}

static void
command(struct audit_writer *w, uint64_t i)
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
	audit_writer_add(w, &r);
	if (deny)
		return;
	out.of = r.seq;
	out.id = r.id;
	audit_writer_add(w, &out);
}

static void
begin(struct maker *m, char letter)
{
	uint8_t raw[NOTE_SEED_LEN];
	char path[4096];
	struct buf key;

	memset(raw, letter, sizeof(raw));
	snprintf(m->folder, sizeof(m->folder), "%s/audit", m->dir);
	must(mkdir(m->dir, 0755) == 0 && mkdir(m->folder, 0700) == 0, m->folder);
	snprintf(path, sizeof(path), "%s/keys", m->dir);
	must(mkdir(path, 0755) == 0, path);
	m->log.folder = m->folder;
	memset(m->log.run, 'a', RECORD_RUN_LEN);
	audit_writer_init(&m->log);
	must(secret_new(&m->seed, bytes_of(raw, sizeof(raw))) == 0, "seed");
	must(note_signer_make(&m->signer, &m->log.hasher, BYTES_LIT(ORIGIN), &m->seed) == 0,
	    "signer");
	buf_init(&m->note, NOTE_MAX);
	buf_init(&key, NOTE_MAX);
	note_key_put(&key, &m->signer.key);
	buf_put_u8(&key, '\n');
	put_file(m->dir, "keys/audit.pub", buf_bytes(&key));
	/* what makes the folder a deployment; its log is in `audit' */
	put_file(m->dir, "gateway.conf", BYTES_LIT("audit = audit\n"));
	buf_deinit(&key);
}

int
auditlog_made(char **arg)
{
	static struct maker m;
	uint64_t n = strtoull(arg[1], NULL, 10), every = strtoull(arg[3], NULL, 10);

	m.dir = arg[0];
	m.log.per = strtoull(arg[2], NULL, 10);
	m.log.time_ns = INT64_C(1795348800000000000);
	m.log.step_ns = 1000000;
	m.log.boot_ns = m.log.time_ns - 5000000000;
	begin(&m, arg[4][0]);
	kinds(&m.log);
	for (uint64_t i = 0, next = every; m.log.chain.tree.size < n; i++) {
		command(&m.log, i);
		if (every != 0 && m.log.chain.tree.size >= next) {
			checkpoint(&m);
			next = m.log.chain.tree.size + every;
		}
	}
	audit_writer_end(&m.log);
	if (m.note.len > 0)
		put_file(m.dir, "audit/checkpoint", buf_bytes(&m.note));
	secret_deinit(&m.seed);
	hasher_deinit(&m.log.hasher);
	buf_deinit(&m.log.out);
	buf_deinit(&m.note);
	return 0;
}
