/*
 * record - one line of the audit: a struct, and its one spelling as JSON.
 *
 * A line is an object on one line of printable ASCII, without white space between its parts. Its
 * members stand in one fixed order (docs/AUDIT.md); what is empty, zero or false is left out;
 * numbers are plain integers up to 2^53; times are text. In a string everything but 0x20..0x7e, and
 * the quote and the backslash, is escaped, in lower-case hexadecimal; bytes that are no UTF-8, and
 * NUL, are written as U+FFFD. So a record has one line and a line has one reading:
 *
 *	record_decode(record_encode(r)) gives what r says (with U+FFFD for such bytes, cut texts);
 *	record_encode(record_decode(line)) gives the line, byte for byte.
 *
 * Every text has a budget, so that any record fits into RECORD_LINE_MAX. What is longer is cut at a
 * character, and the member `cut` names it.
 */
#ifndef POLICY_AUDIT_RECORD_H
#define POLICY_AUDIT_RECORD_H

#include "policy/audit/digest.h"

enum {
	RECORD_VERSION = 2,
	RECORD_LINE_MAX = 64 * 1024, /* with its line feed */
	RECORD_LIST_MAX = 64,        /* items of a list */
	RECORD_RUN_LEN = 32,         /* hexadecimal digits */
	RECORD_TIME_LEN = 30,        /* 2026-11-22T19:30:00.000000000Z */
};

#define RECORD_INT_MAX (UINT64_C(1) << 53)

enum record_kind {
	RECORD_NONE = 0, /* a zeroed record is none */
	RECORD_COMMAND,  /* a command reached the dispatcher, allowed or not */
	RECORD_OUTCOME,  /* what came of it: ->of */
	RECORD_DENIAL,   /* ->what: publish subscribe reply header body login unstamped ... */
	RECORD_OPEN,     /* a connection was admitted */
	RECORD_CLOSE,    /* it ended; counts */
	RECORD_RELOAD,   /* ->what: policy, trust, keys, config */
	RECORD_ADMIN,    /* ->what was done, ->detail to what, ->name by whom */
	RECORD_READ,     /* the audit was read: ->what (tail, query, ...), ->detail the question */
	RECORD_GAP,      /* something is missing here: ->why, ->from..->to or ->bytes */
	RECORD_START,    /* the first record of a run */
	RECORD_STOP,     /* the last one of an orderly end */
	RECORD_SUMMARY,  /* ->summed alike were not written one by one */
	RECORD_SEGMENT,  /* the first record of each segment: ->peaks of the tree before it */
	RECORD_CHECKPOINT, /* ->note signs exactly the records before this one */
	RECORD_KEY,        /* ->note hands over from one checkpoint key to the next */
	RECORD_REMOVED,    /* retention took segments away: ->from..->to, ->root */
	RECORD_CLOCK,      /* the wall clock was set: ->detail */
	RECORD_KINDS
};

struct record_list {
	size_t n;
	struct bytes item[RECORD_LIST_MAX];
};

/*
 * All texts are borrowed. Which kind may have which member, and its budget: record_field.c and
 * docs/AUDIT.md; to encode a member a kind does not have is a mistake (RECORD_BAD).
 */
struct record {
	uint64_t seq; /* from 1, without a gap; chain_append() sets it */
	struct digest
	    prev; /* leaf hash of the record before; zeros before the first. chain_append() */
	int64_t time_ns;              /* unix, UTC; 0 .. year 2262 */
	int64_t mono_ns;              /* since boot, suspend included */
	char run[RECORD_RUN_LEN + 1]; /* random for each start of the writer; lower-case hex */
	enum record_kind kind;

	struct bytes id;             /* the decision's id, as the client was told */
	uint64_t of;                 /* outcome: ->seq of the command */
	struct bytes what;           /* the kind of the kind */
	struct bytes decision, mode; /* allow, deny; enforce, observe */
	bool would_deny;
	struct bytes rule, reason, field, why, policy;
	struct bytes verb, dialect;
	bool mutating;
	uint64_t sample; /* of commands alike one in so many is on record; 0: each */
	struct bytes lattice, host, object, target, application;
	struct bytes image, registry, repository, tag, digest; /* image as written, and its parts */
	uint64_t parts;
	bool has_count;
	uint64_t count;
	bool every_host;
	struct bytes link_source, link_target, link_name, link_contract;
	struct record_list config, labels;
	struct bytes outcome, success,
	    error; /* success: yes, no; empty when the answer does not say */
	uint64_t answers, first_us, last_us;
	struct bytes subject, reply, queue, header, detail;
	bool has_conn;
	uint64_t edge, client;
	struct bytes listener, source;
	struct bytes user, account, issuer, name;
	struct record_list tags;
	struct bytes certificate;             /* SHA-256 of the one it showed, hex */
	struct record_list certificate_names; /* its names: "dns:..." */
	struct bytes jti; /* the credential's id; never the credential */
	bool has_payload;
	uint64_t size;
	struct digest sha256; /* of the payload (gap: of the bytes cut off) */
	uint64_t secrets;     /* how many places of ->body are commitments: redact.h */
	struct bytes body;    /* redacted */
	uint64_t in_msgs, out_msgs, in_bytes, out_bytes, denied, duration_us;
	uint64_t summed;
	uint64_t from, to, bytes;
	struct bytes segment; /* a file's name */
	bool has_root;
	struct digest root;
	struct bytes peaks; /* merkle_put_peaks() */
	struct bytes note;  /* a signed note, with its line feeds */
	struct bytes version;
	struct record_list cut; /* decode: members that were cut; encode finds them itself */
};

/* answers */
enum record_answer {
	RECORD_BAD = 1, /* encode: no kind, no seq, or a member this kind has not; decode: not a
			   line of ours */
};

/* record_kind_name() - "command"; "" for none. */
const char *record_kind_name(enum record_kind k);
/* record_kind_of() - RECORD_NONE when unknown. */
enum record_kind record_kind_of(struct bytes name);

/* record_encode() - append the line, without its line feed. Return: 0, RECORD_BAD, -ENOMEM (@out
 * failed). */
int record_encode(const struct record *r, struct buf *out) must_check;

/* Memory for one decoding at a time: about 200 KiB, on the heap. */
struct record_reader;
/* record_reader_new() - NULL: out of memory. */
struct record_reader *record_reader_new(void);
void record_reader_free(struct record_reader *rd);
static inline void
record_reader_freep(struct record_reader **rd)
{
	record_reader_free(*rd);
}
/*
 * record_decode() - read a line (without its line feed). What @r holds points into @line and @rd,
 * valid until either goes or @rd is used again. Return: 0, RECORD_BAD (record_reader_why()),
 * -ENOMEM.
 */
int record_decode(struct record_reader *rd, struct bytes line, struct record *r) must_check;
/* record_reader_why() - after RECORD_BAD: what, a constant string. */
const char *record_reader_why(const struct record_reader *rd);

/* What every line begins with, found without reading the rest. */
struct record_head {
	uint64_t seq;
	struct digest prev;
	int64_t time_ns, mono_ns;
	struct bytes run; /* borrowed from the line */
	enum record_kind kind;
	size_t used; /* bytes up to behind the kind */
};

/* record_head() - Return: 0, RECORD_BAD. */
int record_head(struct bytes line, struct record_head *h) must_check;
/*
 * record_shape() - head and shape of a whole line: true of exactly the lines that record_decode()
 * accepts, ten times faster, and gives the values of the members a verifier needs.
 */
struct record_shape {
	struct record_head head;
	struct bytes note, peaks, segment; /* as in the line, escapes and all */
	uint64_t from, to;
};
int record_shape(struct bytes line, struct record_shape *s) must_check;

/* record_put_time() - 2026-11-22T19:30:00.000000000Z; record_time() reads exactly that. */
void record_put_time(struct buf *b, int64_t ns);
bool record_time(struct bytes s, int64_t *ns);
/* record_address() - of a record's source the address, and its port, which may be empty. */
struct bytes record_address(struct bytes source, struct bytes *port);
/* record_put_value() - append the value of an escaped text of an accepted line. */
void record_put_value(struct buf *b, struct bytes escaped);

#endif
