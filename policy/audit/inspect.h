/*
 * inspect - the reading end: is this log the one that was written?
 *
 * Fed with the bytes of all segments, in order, it checks every line's shape, number, link, time
 * and run, grows the tree, compares it with every checkpoint in the log and with those kept
 * elsewhere, and says where it stops being believable. One pass, about 150 KiB, whatever the size.
 *
 * What it proves: nobody without the signing key changed a record up to `signed_upto`, and nobody
 * at all one up to `kept_upto`. What lies behind is whole as far as the chain says; that records
 * are missing at the end cannot be seen without a checkpoint kept elsewhere.
 */
#ifndef POLICY_AUDIT_INSPECT_H
#define POLICY_AUDIT_INSPECT_H

#include "policy/audit/checkpoint.h"
#include "policy/audit/segment.h"

enum {
	INSPECT_KEYS = 16,
	INSPECT_EVER = 64, /* keys in one log, by handovers */
	INSPECT_KEPT = 64,     /* checkpoints kept elsewhere */
	INSPECT_FINDINGS = 32, /* told one by one; the rest is counted */
};

enum inspect_what {
	INSPECT_FINE = 0,
	/* the log is not the one that was written; reading ends here */
	INSPECT_CHANGED,    /* a record is not the one its successor was linked to */
	INSPECT_MISSING,    /* records between two are gone */
	INSPECT_REORDERED,  /* a record stands before one that was written earlier */
	INSPECT_DUPLICATED, /* a record stands there twice */
	INSPECT_INSERTED,   /* a line that was not written there */
	INSPECT_SPLICED,    /* the records from here on are those of another run that did not begin
			       here */
	INSPECT_MALFORMED,  /* a line that no writer of ours wrote */
	INSPECT_SEGMENT,    /* a file that does not begin with what it is called */
	INSPECT_REWRITTEN, /* a checkpoint is good and the records before it are not those it signed
			    */
	INSPECT_FORGED,    /* a checkpoint or handover whose signature is wrong */
	INSPECT_SECOND_KEY, /* signed by a key that nobody handed over to */
	INSPECT_TRUNCATED,  /* a checkpoint kept elsewhere covers more records than there are */
	INSPECT_REMOVAL,    /* what is said about removed segments does not fit the log */
	/* the log is, but somebody should look */
	INSPECT_CLOCK, /* the wall clock went otherwise than the monotonic one */
	INSPECT_TORN,  /* the end of the last file is half a line: a crash, or a writer at work */
	INSPECT_UNCOMPARED, /* a checkpoint kept elsewhere ends inside what was removed: it says nothing here */
	INSPECT_WHATS
};

struct inspect_finding {
	enum inspect_what what;
	uint64_t segment; /* number in its file's name */
	uint64_t line;    /* in that file, from 1; 0 when it is about no line */
	uint64_t offset;  /* of that line */
	uint64_t seq;     /* the record; for MISSING the first one gone */
	uint64_t to;      /* MISSING: the last one gone; CHANGED: seq + 1 when it may be that one */
	const char *why;  /* a constant string */
};

struct inspect_setup {
	struct bytes origin;        /* what the checkpoints must name; empty: the first one's */
	const struct note_key *key; /* trusted */
	size_t n_keys;              /* 0: signatures are not checked, nothing is proved */
	const struct bytes
	    *kept; /* checkpoints kept elsewhere, notes; each must be signed by a
		      key that is trusted or was handed over to or from one in the log */
	size_t n_kept;
	struct bytes beside; /* the file `checkpoint` of the log's own folder: worth what one in the log is; or empty */
	const struct segment_root *removed; /* lines of `roots`, oldest first */
	size_t n_removed;
	int64_t tolerance_ns; /* by which the clocks may differ; 0: one second */
};

struct inspect_result {
	enum inspect_what
	    worst;   /* INSPECT_FINE, or of the first thing that breaks the log, or a notice */
	bool broken; /* the log is another one: */
	struct inspect_finding broke; /* this ended the reading */
	struct inspect_finding finding[INSPECT_FINDINGS];
	size_t n_findings;    /* all, told or not */
	uint64_t first, last; /* records there */
	uint64_t sound;       /* every record up to this one is linked to the next and in place */
	uint64_t signed_upto; /* and up to this one signed: unproven after it */
	uint64_t kept_upto;   /* and up to this one as a checkpoint kept elsewhere says */
	uint64_t checkpoints; /* good ones in the log */
	uint64_t rotations;
	uint64_t gaps; /* RECORD_GAPs */
	uint64_t bytes;
	int64_t first_ns, last_ns;
	struct merkle tree; /* of what was read, when not broken */
};

struct inspect;
/* inspect_new() - borrows what @s points to. Return: NULL when out of memory or with too many keys
 * or notes. */
struct inspect *inspect_new(const struct inspect_setup *s);
void inspect_free(struct inspect *in);
static inline void
inspect_freep(struct inspect **in)
{
	inspect_free(*in);
}
/* inspect_segment() - the next file begins; @first is the number in its name. */
void inspect_segment(struct inspect *in, uint64_t first);
/* inspect_feed() - bytes of it, cut anywhere. Return: is there a point in going on? */
bool inspect_feed(struct inspect *in, struct bytes data);
/* inspect_end() - that was all. Return: 0 with *out, -ENOMEM. */
int inspect_end(struct inspect *in, struct inspect_result *out) must_check;
/* inspect_what_name() - "changed", "missing", ...; inspect_breaks(): is the log another one then?
 */
const char *inspect_what_name(enum inspect_what w);
bool inspect_breaks(enum inspect_what w);

#endif
