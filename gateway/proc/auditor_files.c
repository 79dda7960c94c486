/*
 * auditor_files - what the auditor is given: the folder of the log, the decision log, its keys; and the log
 * opened with them. Keys are read into guarded memory, once; the decision log may come anew.
 */
#include <unistd.h>

#include "gateway/io/log.h"
#include "gateway/proc/auditor_priv.h"
#include "gateway/proc/file.h"

enum { AUDITOR_KEY_FILE = 4096 };

/* read_key() - a file with a key. Return: 0, AUDIT_KEY_BAD, -errno. */
static int
read_key(const char *name, int fd)
{
	struct buf text;
	int r;

	secret_buf_init(&text, AUDITOR_KEY_FILE);
	r = file_read_fd(fd, &text);
	if (r == 0 && strcmp(name, "redact_key") == 0)
		r = redact_key_read(&auditor.redact, buf_bytes(&text));
	else if (r == 0)
		r = audit_key_read(strcmp(name, "audit_key") == 0 ? &auditor.key : &auditor.former,
		    buf_bytes(&text));
	secret_buf_deinit(&text);
	return err_pass(r);
}

int
auditor_on_file(struct channel *c, struct cursor *in, int fd)
{
	char name[32];
	bool fresh = c->state == CHILD_SET;

	if (msg_file_get(in, name) != 0) {
		close(fd);
		return -EBADMSG;
	}
	if (strcmp(name, "decisions") == 0) {
		if (auditor.decisions >= 0)
			close(auditor.decisions);
		auditor.decisions = fd;
		return 0;
	}
	if (fresh && strcmp(name, "audit") == 0 && auditor.dir < 0) {
		auditor.dir = fd;
		return 0;
	}
	if (!fresh && strcmp(name, "audit_key") == 0 && auditor.open)
		return auditor_on_key(fd);
	if (fresh && (strcmp(name, "audit_key") == 0 || strcmp(name, "audit_key_old") == 0 ||
			 strcmp(name, "redact_key") == 0)) {
		int r = read_key(name, fd);

		close(fd);
		if (r != 0)
			child_fatal(&auditor.child, "a key of the audit cannot be used", r < 0 ? r : 0);
		return 0;
	}
	close(fd);
	return -EBADMSG;
}

void
auditor_open_log(void)
{
	const struct setup *s = &auditor.child.setup;
	struct ledger_setup l = { .dir = auditor.dir,
		.limits = { s->segment_size, (int64_t)s->segment_age_ms * 1000000, s->keep_size,
		    (int64_t)s->keep_age_ms * 1000000 },
		.checkpoint_records = s->checkpoint_records,
		.checkpoint_ns = (int64_t)s->checkpoint_every_ms * 1000000,
		.signer = &auditor.key.signer,
		.former = auditor.former.seed.ptr != NULL ? &auditor.former.signer : NULL,
		.version = PORTCULLIS_VERSION };
	struct log_line line;
	int r = auditor.redact.ptr == NULL ? redact_key_derive(&auditor.redact, &auditor.key) : 0;

	if (r == 0)
		r = ledger_open(&auditor.ledger, &l, auditor_now());
	auditor.open = true;
	if (r != 0) {
		log_begin(&line, LOG_FTL, "audit_not_opened");
		log_str(&line, "why", auditor.ledger.why);
		log_str(&line, "fix",
		    r == LEDGER_DAMAGED ? "look with `portcullis audit verify`; move the folder away to begin another"
					: "see why");
		log_end(&line);
		child_fatal(&auditor.child, "the audit log cannot be gone on with", r < 0 ? r : 0);
	}
	buf_reset(&auditor.body);
	note_key_put(&auditor.body, &auditor.key.signer.key);
	log_begin(&line, LOG_INF, "audit_opened");
	log_bytes(&line, "key", buf_bytes(&auditor.body));
	log_num(&line, "records", (int64_t)auditor.ledger.chain.tree.size);
	log_num(&line, "unknown", (int64_t)auditor.ledger.n_open);
	log_num(&line, "cut", (int64_t)auditor.ledger.found.cut);
	log_end(&line);
}
