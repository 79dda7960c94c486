/*
 * audit prove - one record for somebody who has nothing of the log but its public key.
 *
 * The path is made of the leaf hashes of the record's own segment and all later ones up to the
 * checkpoint; what stands before is in the peaks the segment begins with. Those are believed for
 * nothing: the finished proof is checked before it is given out.
 */
#include <fcntl.h>
#include <string.h>

#include "gateway/cli/audit_find.h"
#include "gateway/cli/audit_progress.h"
#include "gateway/cli/files.h"
#include "policy/audit/proof.h"

struct proving {
	struct audit_dir dir;
	struct audit_keys keys;
	struct hasher h;
	uint64_t seq, size; /* the record, and what the checkpoint covers */
	struct buf record, note, out;
	struct merkle_path path;
};

static int
failed(const struct proving *p, int r)
{
	cli_error("%s: %s", p->dir.path, strerror(-r));
	return CLI_FAILED;
}

/* several() - ids begin anew with each run: which of them is meant, only a number says. */
static int
several(const char *word, const struct audit_found *f)
{
	struct buf b;

	buf_init(&b, 512);
	for (size_t i = 0; i < f->n && i < AUDIT_FOUND_MAX; i++) {
		buf_put_str(&b, i > 0 ? ", " : "");
		buf_put_dec(&b, f->seq[i]);
	}
	buf_put_str(&b, f->n > AUDIT_FOUND_MAX ? ", ..." : "");
	buf_put_u8(&b, '\0');
	cli_error("`%s' is the id of %llu records: %s. A gateway that starts gives ids anew", word,
	    (unsigned long long)f->n, buf_failed(&b) ? "" : (const char *)b.ptr);
	cli_try("portcullis audit query --id %s, and then the record's number", word);
	buf_deinit(&b);
	return CLI_FAILED;
}

/* find_record() - by number when the word is one, else by the decision's id. */
static int
find_record(struct proving *p, const char *word)
{
	size_t digits = strspn(word, "0123456789");
	struct audit_found found = { .n = 0 };
	int r;

	if (word[digits] == '\0' && digits > 0 && digits <= 16) {
		for (const char *c = word; *c != '\0'; c++)
			p->seq = p->seq * 10 + (uint64_t)(*c - '0');
		r = audit_find_seq(&p->dir, p->seq, &p->record);
	} else {
		r = audit_find_id(&p->dir, bytes_str(word), &p->record, &found);
		p->seq = found.seq[0];
	}
	if (r < 0)
		return failed(p, r);
	if (found.n > 1)
		return several(word, &found);
	if (r == 1)
		return CLI_OK;
	cli_error("there is no record `%s' in %s", word, p->dir.path);
	cli_try("portcullis audit query: a record's number, or a decision's id");
	return CLI_FAILED;
}

static int
find_checkpoint(struct proving *p)
{
	int r = audit_find_checkpoint(&p->dir, UINT64_MAX, &p->note, &p->size);

	if (r < 0)
		return failed(p, r);
	if (r == 1 && p->size >= p->seq)
		return CLI_OK;
	cli_error("no checkpoint covers record %llu yet; the newest one covers %llu",
	    (unsigned long long)p->seq, (unsigned long long)(r == 1 ? p->size : 0));
	cli_try("again after the gateway's next checkpoint");
	return CLI_FAILED;
}

/* begin() - with the tree before the segment the record is in. Return: 0, MERKLE_BAD, -errno. */
static int
begin(struct proving *p, struct merkle_prover *prover, struct audit_lines *l, uint64_t segment)
{
	struct record_shape s;
	struct merkle before;
	struct digest leaf;
	struct bytes line = BYTES_NULL;
	int r = audit_lines_open(l, &p->dir, segment, 0);

	if (r == 0)
		r = audit_lines_next(l, &line);
	if (r != 1)
		return r < 0 ? err_pass(r) : MERKLE_BAD;
	if (record_shape(line, &s) != 0 || s.head.kind != RECORD_SEGMENT ||
	    merkle_from_peaks(&before, segment - 1, s.peaks) != 0)
		return MERKLE_BAD;
	r = merkle_prove_inclusion(prover, &p->h, p->seq - 1, p->size, &before);
	if (r != 0)
		return err_pass(r);
	leaf = digest_leaf(&p->h, line);
	merkle_prover_leaf(prover, &p->h, &leaf);
	return 0;
}

/* not_whole() - the log as it is here and its checkpoint do not agree. */
static int
not_whole(const struct proving *p)
{
	cli_error("the log does not lead to its checkpoint: record %llu cannot be proved",
	    (unsigned long long)p->seq);
	cli_try("portcullis audit verify");
	return CLI_TESTS;
}

/* find_path() - Return: CLI_OK; CLI_FAILED, CLI_TESTS (the log is not whole) after saying why. */
static int
find_path(struct proving *p)
{
	uint64_t segment = audit_find_segment(&p->dir, p->seq);
	struct audit_lines l = { .fd = -1 };
	struct merkle_prover prover;
	struct progress progress;
	struct bytes line;
	int r = begin(p, &prover, &l, segment);

	progress_begin(&progress, "proving", 0);
	for (uint64_t next = segment; r == 0 && next < p->size; next++) {
		struct digest leaf;
		int got = audit_lines_next(&l, &line);

		if (got != 1) {
			r = got < 0 ? got : MERKLE_BAD;
			break;
		}
		leaf = digest_leaf(&p->h, line);
		merkle_prover_leaf(&prover, &p->h, &leaf);
		if (next % 1024 == 0)
			progress_tell(&progress, l.done);
	}
	progress_end(&progress);
	audit_lines_close(&l);
	if (r == 0)
		r = merkle_prover_end(&prover, &p->path);
	if (r < 0)
		return failed(p, r);
	return r == 0 ? CLI_OK : not_whole(p);
}

/* make() - the text, checked as whoever gets it will. */
static int
make(struct proving *p)
{
	struct proof proof = { .record = buf_bytes(&p->record),
		.index = p->seq - 1,
		.path = p->path,
		.checkpoint = buf_bytes(&p->note) };
	struct checkpoint c;
	int r = proof_put(&p->out, &proof);

	if (r == 0)
		r = proof_check(&proof, &p->h, BYTES_NULL, p->keys.key, p->keys.n, &c);
	if (r < 0)
		return failed(p, r);
	if (r == PROOF_STRANGER) {
		cli_error("the newest checkpoint is not signed by this key");
		cli_try("--key FILE: the public key the log is signed with now");
		return CLI_TESTS;
	}
	return r == 0 ? CLI_OK : not_whole(p);
}

static int
give(const struct proving *p, const char *file)
{
	int r;

	if (file == NULL)
		return cli_print(&p->out);
	r = file_new(AT_FDCWD, file, 0644, buf_bytes(&p->out));
	if (r != 0) {
		cli_error("%s: %s", file,
		    r == -EEXIST ? "is there already; nothing is overwritten" : strerror(-r));
		return CLI_FAILED;
	}
	printf("record %llu, in the log of %llu records that the checkpoint signs: %s\n",
	    (unsigned long long)p->seq, (unsigned long long)p->size, file);
	return CLI_OK;
}

static int
prove(struct proving *p, const char *word)
{
	int r = find_record(p, word);

	if (r == CLI_OK)
		r = find_checkpoint(p);
	if (r != CLI_OK)
		return r;
	r = find_path(p);
	return r == CLI_OK ? make(p) : r;
}

int
cmd_audit_prove(const struct cli_args *a)
{
	struct proving p = { .dir = { .fd = -1 } };
	int r = audit_dir_open(&p.dir, a);

	buf_init(&p.record, RECORD_LINE_MAX);
	buf_init(&p.note, RECORD_LINE_MAX);
	buf_init(&p.out, PROOF_MAX);
	if (r == CLI_OK)
		r = audit_dir_some(&p.dir);
	if (r == CLI_OK)
		r = audit_keys_read(&p.keys, a, &p.dir);
	if (r == CLI_OK && hasher_init(&p.h) != 0) {
		cli_error("out of memory");
		r = CLI_FAILED;
	}
	if (r == CLI_OK)
		r = prove(&p, a->args[0]);
	if (r == CLI_OK)
		r = give(&p, cli_value(a, "out"));
	hasher_deinit(&p.h);
	buf_deinit(&p.record);
	buf_deinit(&p.note);
	buf_deinit(&p.out);
	audit_dir_close(&p.dir);
	return r;
}
