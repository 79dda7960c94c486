/*
 * jetstream - what a request to the JetStream API asks the server to do.
 *
 * The server publishes, reads and deletes on behalf of whoever may speak to $JS.API, by its own
 * rights. So a request is taken apart: which call, on which stream and consumer, and every subject
 * it would make the server listen on, read from or write to. Names in subject and body must agree.
 * Rows and fields: docs/BODIES.md.
 */
#ifndef POLICY_COMMANDS_JETSTREAM_H
#define POLICY_COMMANDS_JETSTREAM_H

#include "policy/commands/body.h"

/* answers of jetstream_decode() besides BODY_REFUSED */
enum jetstream_answer {
	JETSTREAM_NOT = 2, /* neither $JS.API.>, $JS.DOMAIN.API.>, nor another $JS subject */
};

enum js_verb {
	JS_NONE = 0,
	JS_ACCOUNT_INFO,
	JS_STREAM_CREATE,
	JS_STREAM_UPDATE,
	JS_STREAM_NAMES,
	JS_STREAM_LIST,
	JS_STREAM_INFO,
	JS_STREAM_DELETE,
	JS_STREAM_PURGE,
	JS_STREAM_SNAPSHOT,
	JS_STREAM_RESTORE,
	JS_MSG_GET,
	JS_MSG_DELETE,
	JS_DIRECT_GET,
	JS_CONSUMER_CREATE,
	JS_CONSUMER_NAMES,
	JS_CONSUMER_LIST,
	JS_CONSUMER_INFO,
	JS_CONSUMER_DELETE,
	JS_CONSUMER_PAUSE,
	JS_CONSUMER_UNPIN,
	JS_CONSUMER_RESET,
	JS_CONSUMER_NEXT,
	JS_ADMIN,   /* leaders, peers, servers, templates, accounts: operators' work */
	JS_STORE,   /* $JS.D.API.$KV.>, .$O.>: a write to ->store, whose own subject is to be judged
		     */
	JS_ACK,     /* $JS.ACK.S.C..., $JS.ACK.DOMAIN.ACCOUNT.S.C...: by stream and consumer */
	JS_FLOW,    /* $JS.FC.S.C.x, $JS.SNAPSHOT.ACK.S.x, $JS.SNAPSHOT.RESTORE.S.x */
	JS_UNKNOWN, /* $JS and in no row, events included: for nobody to publish */
};

/* What the server would do with a subject a request names. */
enum js_role {
	JS_LISTEN,         /* stream captures what is published there */
	JS_REPUBLISH_FROM, /* filter of what is republished; empty: all */
	JS_REPUBLISH_TO,   /* the server publishes there */
	JS_TRANSFORM_FROM,
	JS_TRANSFORM_TO, /* messages are stored under it */
	JS_MIRROR,       /* ->subject is a stream's name it reads */
	JS_SOURCE,       /* likewise */
	JS_SOURCE_FILTER,
	JS_EXTERNAL_API,     /* prefix the server sends API requests to */
	JS_EXTERNAL_DELIVER, /* prefix messages are delivered under */
	JS_FILTER,           /* consumer reads what matches */
	JS_DELIVER,          /* push consumer, snapshot: the server publishes there */
	JS_DELIVER_GROUP,    /* queue group it publishes to */
	JS_SELECT,           /* messages by subject: purged, got, listed */
};

struct js_target {
	enum js_role role;
	struct bytes subject;
	struct bytes reach; /* a pattern for all it can become: {{..}} and $1 are ">" */
	struct body_span
	    where; /* in the payload, without quotes; len 0: from the request's subject */
	const struct js_target *next;
};

struct jetstream {
	enum js_verb verb;
	bool mutating;
	struct bytes domain;   /* of $JS.DOMAIN.API */
	struct bytes stream;   /* empty: none, or all there are */
	struct bytes consumer; /* empty: ephemeral with a name of the server's, or none */
	struct bytes bucket;   /* stream KV_x or OBJ_x: x */
	bool is_kv, is_object;
	struct bytes store; /* JS_STORE: "$KV.bucket.key" */
	const struct js_target *targets;
	size_t n_targets;
	bool
	    whole_stream; /* consumer without a filter, get or purge or delete by sequence or all */
	bool by_seq;
	uint64_t seq;
	bool durable, push;
	bool has_replicas;
	uint64_t replicas;
	bool allow_rollup, allow_schedules, allow_direct, mirror_direct, allow_ttl;
	bool sealed, deny_delete, deny_purge, no_ack;
	struct body_list unknown; /* reads only */
	struct body_fault fault;
	struct js_target *last; /* for the decoder */
};

/*
 * jetstream_decode() - read a request to the JetStream API, or another publish under $JS.
 *
 * Slices point into the input and the arena. The reply subject, to which the server answers with
 * whatever it has, is not looked at: judge it as any other.
 * Return: 0, BODY_REFUSED (->fault), JETSTREAM_NOT.
 */
int jetstream_decode(
    const struct body_input *in, struct body_arena *arena, struct jetstream *out) must_check;
/* jetstream_verb_name() - "stream.create"; never NULL. */
const char *jetstream_verb_name(enum js_verb v);
/* jetstream_role_name() - "deliver"; never NULL. */
const char *jetstream_role_name(enum js_role r);

#endif
