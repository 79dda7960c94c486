/*
 * audit_check - is this log the one that was written? The files of a folder against public keys and
 * checkpoints that were kept elsewhere.
 */
#ifndef GATEWAY_CLI_AUDIT_CHECK_H
#define GATEWAY_CLI_AUDIT_CHECK_H

#include "gateway/cli/audit_dir.h"

struct audit_check {
	const struct audit_keys *keys;
	size_t n_kept; /* elsewhere */
	struct bytes kept[INSPECT_KEPT];
	bool told; /* the answer is there: */
	struct inspect_result r;
	uint64_t total; /* bytes of all segments when it began */
	size_t segments;
	struct buf beside, roots; /* files `checkpoint`, `roots` */
	struct segment_root *root;
	size_t n_root;
	bool bad_root; /* a line of `roots` is none */
};

/* audit_check_run() - read it all. Return: CLI_OK with the answer, CLI_FAILED after saying why. */
int audit_check_run(struct audit_check *c, struct audit_dir *d) must_check;
void audit_check_deinit(struct audit_check *c);
/*
 * audit_check_good() - was nothing found that breaks it, is something of it signed, and does it agree with
 * one of those that were kept elsewhere, if there are any?
 */
bool audit_check_good(const struct audit_check *c);
/* audit_check_text(), audit_check_json() - the answer for people, for programs. */
void audit_check_text(const struct audit_check *c, struct buf *b, bool colour);
void audit_check_json(const struct audit_check *c, struct buf *b);

#endif
