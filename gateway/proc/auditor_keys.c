/*
 * auditor_keys - another key for the checkpoints, while the log is written. The old one signs over to it, in
 * the log; it is in memory until that is durable, and then it is wiped.
 *
 * The parent is told what came of it, because whoever asked destroys the old key's file then.
 */
#include <unistd.h>

#include "gateway/io/log.h"
#include "gateway/proc/auditor_priv.h"
#include "gateway/proc/file.h"

enum { AUDITOR_KEY_FILE = 4096 };

static void
tell(const char *what, struct bytes text)
{
	(void)msg_text_put(&auditor.child.parent, MSG_KEY_CHANGED, what, text, -1);
}

/* refuse() - the key that signs stays. */
static int
refuse(const char *why)
{
	struct log_line l;

	log_begin(&l, LOG_ERR, "audit_key_refused");
	log_str(&l, "why", why);
	log_end(&l);
	tell("refused", bytes_str(why));
	return 0;
}

static void
tell_key(const char *what)
{
	buf_reset(&auditor.body);
	note_key_put(&auditor.body, &auditor.key.signer.key);
	tell(what, buf_bytes(&auditor.body));
}

static int
read_key(int fd, struct audit_key *k)
{
	struct buf text;
	int r;

	secret_buf_init(&text, AUDITOR_KEY_FILE);
	r = file_read_fd(fd, &text);
	close(fd);
	if (r == 0)
		r = audit_key_read(k, buf_bytes(&text));
	secret_buf_deinit(&text);
	return err_pass(r);
}

void
auditor_key_settle(void)
{
	struct log_line l;

	if (auditor.former.seed.ptr == NULL || !auditor.open || auditor.ledger.handover)
		return;
	audit_key_deinit(&auditor.former);
	tell_key("changed");
	log_begin(&l, LOG_INF, "audit_key_changed");
	log_bytes(&l, "key", buf_bytes(&auditor.body));
	log_num(&l, "records", (int64_t)auditor.ledger.chain.tree.size);
	log_end(&l);
}

int
auditor_on_key(int fd)
{
	struct audit_key next;
	int r = read_key(fd, &next);

	if (r != 0)
		return refuse(r == AUDIT_KEY_BAD ? "the file holds no key" : strerror(-r));
	if (note_key_eq(&next.signer.key, &auditor.key.signer.key)) {
		audit_key_deinit(&next);
		if (!auditor.ledger.handover) /* else it is told once that is durable */
			tell_key("same");
		return 0;
	}
	if (auditor.ledger.handover || strcmp(next.signer.key.name, auditor.key.signer.key.name) != 0) {
		audit_key_deinit(&next);
		return refuse(auditor.ledger.handover ? "the handover to another key is not durable yet"
						      : "the key has another name than the one that signs");
	}
	audit_key_deinit(&auditor.former);
	audit_key_move(&auditor.former, &auditor.key);
	audit_key_move(&auditor.key, &next);
	auditor.ledger.setup.signer = &auditor.former.signer;
	(void)!ledger_rotate(&auditor.ledger, &auditor.key.signer, auditor_now());
	auditor_key_settle();
	return 0;
}
