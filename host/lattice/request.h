/*
 * request - what a message on a control subject asks of this host.
 *
 * The subject is read by command_classify(), the body by body_decode(): there is no second reader
 * here. What is left is what a host has to know besides: is it for me, in my dialect, and if it
 * cannot be read, with which words did the hosts of this dialect say so.
 *
 * A lattice speaks one dialect. In a lattice of B a subject that only A has is not heard, and the
 * reverse; `host.ping` and `host.get.H` of 1.x are answered in both, so that later tools see us.
 */
#ifndef HOST_LATTICE_REQUEST_H
#define HOST_LATTICE_REQUEST_H

#include "policy/commands/body.h"

enum { REQUEST_ERROR = 256 };

enum request_answer {
	REQUEST_NOT =
	    1, /* not for this host, not of its dialect, or nothing a host does: silence */
	REQUEST_REFUSED, /* for this host, and cannot be read: ->error, see reply_refused() */
};

/* Who we are; all borrowed. */
struct request_self {
	enum dialect dialect; /* DIALECT_A or DIALECT_B */
	struct bytes lattice;
	struct bytes host;               /* N... */
	const struct prefixes *prefixes; /* NULL: only wasmbus.ctl */
};

/*
 * What is asked. Slices of subject, payload and arena. Which fields count depends on the verb:
 *
 *   auctions          ->ref or ->key, ->link_name (provider), ->labels (constraints)
 *   actor.start       ->ref, ->count, ->annotations
 *   actor.stop        ->ref or ->key, ->has_count, ->count (none: all), ->annotations
 *   actor.scale       ->ref, ->key (may be empty), ->count, ->annotations; a scale to 0 is an
 * actor.stop actor.update      ->ref, ->key (may be empty), ->annotations provider.start    ->ref,
 * ->link_name, ->configuration, ->annotations provider.stop     ->ref or ->key, ->link_name,
 * ->contract link.put, .del    ->link (source, target, name, contract, values) host.stop
 * ->has_timeout, ->timeout_ms label.put, .del   ->labels (one pair) registry.put      ->registries
 * (name, type), ->credentials (username, password, token of each) config.put, .del  ->key,
 * ->config_key, ->config_value host.list, host.inventory, claims.get, link.get, config.get: nothing
 * more
 */
struct request {
	enum verb verb;
	enum dialect dialect; /* how to answer: DIALECT_A, _B or _C */
	struct bytes host;    /* as the subject says; empty: all hosts */
	struct bytes ref;     /* an image reference, as it was written */
	struct image image;   /* the same, read */
	struct bytes key;     /* M... or V... */
	struct bytes link_name, contract;
	bool has_count;
	uint32_t count;
	bool has_timeout;
	uint32_t timeout_ms;
	const struct body_list *labels, *annotations, *registries, *credentials; /* never NULL */
	const struct body_link *link; /* NULL unless there is one */
	struct bytes configuration;   /* secret */
	struct bytes config_key, config_value;
	char error[REQUEST_ERROR]; /* REQUEST_REFUSED: the words of the dialect */
	char why[REQUEST_ERROR]; /* REQUEST_REFUSED: ours, for the log: field, place, reason; ASCII
				  */
	struct command command;
	struct body body;
};

/*
 * request_read() - @q is filled for 0, and its verb, dialect, host and errors for REQUEST_REFUSED;
 * it points into itself and is not to be copied. @header: the NATS/1.0 block or empty.
 * Return: 0, REQUEST_NOT, REQUEST_REFUSED.
 */
int request_read(struct request *q, const struct request_self *self, struct bytes subject,
    struct bytes header, struct bytes payload, struct body_arena *arena) must_check;
/*
 * request_invalid() - the words hosts of a dialect refuse a body of this verb with; never NULL.
 * Source: wasmcloud-otp v0.63.2
 * host_core/lib/host_core/control_interface/{host_server,lattice_server}.ex.
 */
const char *request_invalid(enum dialect dialect, enum verb verb);

/* What a request can run into that clients of the time know a text for. */
enum request_problem {
	REQUEST_OTHER = 0,
	REQUEST_THERE,     /* it runs here already */
	REQUEST_NOT_THERE, /* it does not run here */
};
/* request_words() - the error to answer @q with: the dialect's own words, else @detail. */
void request_words(const struct request *q, enum request_problem problem, const char *detail,
    char out[REQUEST_ERROR]);

/*
 * request_subjects() - what a host listens to on its control connection, one call of @add each;
 * @queue is empty for a plain subscription. Without `wasmbus.rpc.L.links`, which is on the RPC
 * side: request_subjects_rpc().
 */
void request_subjects(const struct request_self *self,
    void (*add)(void *ctx, struct bytes subject, struct bytes queue), void *ctx);
/* request_subjects_rpc() - the same of the RPC connection: A's links and claims; none in B. */
void request_subjects_rpc(const struct request_self *self,
    void (*add)(void *ctx, struct bytes subject, struct bytes queue), void *ctx);

#endif
