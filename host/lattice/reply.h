/*
 * reply - every answer a host gives on its control subjects, in the words of its dialect.
 *
 * Standard fields are as the hosts of the dialect write them; where an answer can say how something
 * is, ours has `state`, `reason`, `since`, `next_retry` besides, which their clients skip;
 * `walls` names those that hold for a provider, or for each instance of an actor that runs.
 * Lists leave off what does not fit in the buffer or a message, and say so.
 * Tables: docs/LATTICE.md. Values of links are secrets: reply_links() writes them only when told
 * to.
 */
#ifndef HOST_LATTICE_REPLY_H
#define HOST_LATTICE_REPLY_H

#include "host/lattice/model.h"
#include "host/lattice/request.h"

enum {
	REPLY_MAX = 1024 * 1024 - 4096, /* of one answer: below a NATS server's max_payload */
	REPLY_TAIL = 256,               /* of that, for what stands behind the last element */
};

/* What a ping says besides the model. All may be NULL or 0. */
struct reply_host {
	int64_t uptime_s;
	const char *version;
	const char *cluster_issuers; /* comma separated C... */
	const char *js_domain, *ctl_host, *rpc_host;
	const char *lattice;
	const char *(*wall)(int bit); /* the name of a wall; NULL: there is none of this number */
};

/*
 * reply_ack() - accepted (@error NULL) or not, in the dialect's and verb's form: B
 * {accepted,error}, A {host_id,actor_ref,failure?} and its kin. @q tells verb and dialect.
 */
void reply_ack(struct buf *b, const struct model *m, const struct request *q, const char *error);
/* reply_refused() - the answer to REQUEST_REFUSED. Return: false: hosts of this dialect say nothing
 * here. */
bool reply_refused(struct buf *b, const struct model *m, const struct request *q);
/* reply_bid() - to an auction. */
void reply_bid(struct buf *b, const struct model *m, const struct request *q);
void reply_ping(
    struct buf *b, const struct model *m, const struct request *q, const struct reply_host *h);
void reply_inventory(
    struct buf *b, const struct model *m, const struct request *q, const struct reply_host *h);
void reply_claims(struct buf *b, const struct model *m, const struct request *q);
/* reply_links() - @values: write the values of links, as hosts do; else their names with "" */
void reply_links(struct buf *b, const struct model *m, const struct request *q, bool values);
/* reply_config() - B get.config: {found,data}; @value NULL: not found. */
void reply_config(struct buf *b, const struct bytes *value);
#endif
