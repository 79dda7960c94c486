/*
 * jetstream_fields - what the tables of JetStream's bodies share (jetstream_body.c, _stream.c,
 * _consumer.c): where values go while a body is read, and how a table says so.
 */
#ifndef POLICY_COMMANDS_JETSTREAM_FIELDS_H
#define POLICY_COMMANDS_JETSTREAM_FIELDS_H

#include <stddef.h>

#include "policy/commands/jetstream_priv.h"

struct js_config {
	struct jetstream *js;
	struct bytes name;     /* of the stream, as the body says */
	struct bytes consumer; /* the consumer's name, as the body says */
	struct bytes durable;
	struct bytes text;
	struct body_number number, seq, replicas;
	bool flag, direct;
	bool last;           /* last_by_subj is given */
	bool many;           /* filter_subjects has some */
	unsigned selections; /* ways to choose messages */
};

#define J(text, fn, fl) FIELD(text, struct js_config, js, fn, fl)
#define J_BOOL(text) FIELD(text, struct js_config, flag, body_take_bool, 0)
#define J_INT(text) FIELD(text, struct js_config, number, body_take_int, 0)
#define J_TEXT(text_) FIELD(text_, struct js_config, text, body_take_text, 0)

/* Takers: of one text that is a target, of a list of what another takes, of a flag of the call. */
#define TARGET(name, role)                                                                         \
	static int take_##name(struct body_read *r, size_t at, void *into)                         \
	{                                                                                          \
		return jetstream_target(r, at, into, role);                                        \
	}
#define TARGETS(name, one)                                                                         \
	static int take_##name(struct body_read *r, size_t at, void *into)                         \
	{                                                                                          \
		return body_each(r, at, take_##one, into);                                         \
	}
#define FLAG(name)                                                                                 \
	static int take_##name(struct body_read *r, size_t at, void *into)                         \
	{                                                                                          \
		struct js_config *c = into;                                                        \
                                                                                                   \
		return body_take_bool(r, at, &c->js->name);                                        \
	}

/* jetstream_target() - a text, unless it is empty, as one more target. */
int jetstream_target(
    struct body_read *r, size_t at, struct js_config *c, enum js_role role) must_check;
/* jetstream_one_name() - a name in the subject and one in the body are one name. */
int jetstream_one_name(
    struct body_read *r, const char *field, struct bytes subject, struct bytes body) must_check;
/* jetstream_take_enum() - a text; older servers wrote some as numbers. */
int jetstream_take_enum(struct body_read *r, size_t at, void *into) must_check;
/* jetstream_take_texts(), jetstream_take_metadata() - lists and names that decide nothing. */
int jetstream_take_texts(struct body_read *r, size_t at, void *into) must_check;
int jetstream_take_metadata(struct body_read *r, size_t at, void *into) must_check;
/* jetstream_replicas() - how many copies, when the body says. */
void jetstream_replicas(struct js_config *c);

/* jetstream_stream(), jetstream_restore() - a stream's configuration, and one in a backup. */
int jetstream_stream(struct body_read *r, size_t at, struct js_config *c) must_check;
int jetstream_restore(struct body_read *r, size_t at, struct js_config *c) must_check;
/* jetstream_consumer() - a request to make one. */
int jetstream_consumer(struct body_read *r, size_t at, struct js_config *c) must_check;
/* jetstream_stream_end(), jetstream_consumer_end() - what follows from all fields together. */
int jetstream_stream_end(struct body_read *r, struct js_config *c) must_check;
int jetstream_consumer_end(struct body_read *r, struct js_config *c) must_check;

#endif
