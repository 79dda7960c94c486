/*
 * msg_auditor - what edges and the dispatcher have written down.
 *
 * The sender says what happened on which connection; who that is, the auditor knows from the
 * verifier, and sequence and time are its own.
 */
#ifndef GATEWAY_PROC_MSG_AUDITOR_H
#define GATEWAY_PROC_MSG_AUDITOR_H

#include "gateway/io/frame.h"
#include "policy/audit/record.h"

enum {
	MSG_RECORD_BODY = 256 * 1024,  /* longer ones are not read by anybody */
	MSG_RECORD_SPANS = 4096 * 8,   /* bytes: pairs of u32, as struct redact_span */
	MSG_RECORD_MAX = 512 * 1024,   /* a record's frame */
	MSG_OUTCOME_MAX = 8 * 1024,
	UNDER_WAY_MAX = 1024,          /* in one message */
};

enum msg_auditor {
	MSG_NOTE = 1,    /* edge: one line for the decision log, or a record; nothing to wait for */
	MSG_RECORD,      /* dispatcher: a command; MSG_DURABLE or MSG_NOT_WRITTEN answers */
	MSG_OUTCOME,     /* dispatcher: what came of a command */
	MSG_SPARED,      /* dispatcher: a read that is not to be on record; answered in its turn, as MSG_RECORD */
	MSG_UNDER_WAY,   /* dispatcher, first of all: records of commands whose outcome it will still tell */
	MSG_UNDER_WAY_END, /* dispatcher: those were all; and how many records there was no auditor for */
	MSG_DURABLE = 32,
	MSG_NOT_WRITTEN,
};

/* Strings are words of ours (event, reason, verb, rule) or strangers' bytes (the rest). */
struct msg_note {
	uint64_t conn;
	struct bytes event;   /* docs/EVENTS.md */
	struct bytes id;      /* of a denial: as the client was told */
	struct bytes subject, reply, queue, detail;
	struct bytes rule, reason, verb, policy;
	struct bytes decision; /* of what is kept: allow or deny */
	struct bytes source;  /* of a connection the verifier has not named */
	uint64_t in_msgs, out_msgs, in_bytes, out_bytes, denied; /* conn_close */
	uint64_t summed;      /* so many alike were not written */
	uint8_t listener;     /* which one accepted it */
	bool keep;            /* a record, not only a line for the log; then: */
	uint64_t size;        /* of the payload */
	uint8_t digest[32];   /* SHA-256 of it */
};

struct msg_record {
	uint64_t token;  /* the dispatcher's; comes back in MSG_DURABLE */
	uint32_t edge;
	uint64_t conn, number; /* edge, connection and number are the decision's id */
	bool allowed, would_deny, mutating;
	struct bytes subject, reply;
	struct bytes verb, dialect, lattice, host, object;
	struct bytes target, image; /* id commanded; the first image, and how many parts there are */
	struct bytes field, why;    /* what of the body decided, or why it could not be read */
	struct bytes rule, reason, policy;
	uint64_t parts, count;
	bool has_count;
	uint8_t digest[32]; /* SHA-256 of the payload */
	uint64_t size;
	bool every_host;
	struct bytes application, registry, repository, tag, image_digest; /* of the first image */
	struct bytes link_source, link_target, link_name, link_contract;   /* of the first link */
	struct record_list config, labels;                                 /* names */
	struct bytes body;  /* when it could be read: as it came; it goes no further than the auditor */
	struct bytes spans; /* its secrets */
	uint64_t sample;    /* of commands alike one in so many is on record; 0: each */
};

struct msg_outcome {
	uint64_t seq; /* of the command's record */
	struct bytes outcome; /* answered, no_responders, no_answer, forwarded, refused */
	uint64_t answers;
	uint64_t first_us, last_us; /* to the first answer and the last; 0 none */
	uint32_t edge;
	uint64_t conn, number; /* the decision's id, with edge */
	struct bytes verb, lattice;
	struct bytes success, error; /* what the first answer says: yes or no, and why not */
};

int msg_note_put(struct channel *c, const struct msg_note *m);
int msg_note_get(struct cursor *in, struct msg_note *m) must_check;
int msg_record_put(struct channel *c, const struct msg_record *m);
int msg_record_get(struct cursor *in, struct msg_record *m) must_check;
int msg_outcome_put(struct channel *c, const struct msg_outcome *m);
int msg_outcome_get(struct cursor *in, struct msg_outcome *m) must_check;
/* msg_spared: the dispatcher's token; comes back in MSG_DURABLE or MSG_NOT_WRITTEN */
int msg_spared_put(struct channel *c, uint64_t token);
int msg_spared_get(struct cursor *in, uint64_t *token) must_check;
/* msg_under_way_put() - @n <= UNDER_WAY_MAX record numbers */
int msg_under_way_put(struct channel *c, const uint64_t *seq, size_t n);
int msg_under_way_get(struct cursor *in, uint64_t seq[UNDER_WAY_MAX], size_t *n) must_check;
int msg_under_way_end_put(struct channel *c, uint64_t lost);
int msg_under_way_end_get(struct cursor *in, uint64_t *lost) must_check;
/*
 * msg_durable: MSG_DURABLE, MSG_NOT_WRITTEN: the dispatcher's token; the record's sequence number, or of
 * MSG_NOT_WRITTEN why, as an errno
 */
int msg_durable_put(struct channel *c, enum msg_auditor type, uint64_t token, uint64_t seq);
int msg_durable_get(struct cursor *in, uint64_t *token, uint64_t *seq) must_check;

#endif
