/*
 * jetstream_priv - between the subjects (jetstream.c) and the bodies (jetstream_body.c).
 */
#ifndef POLICY_COMMANDS_JETSTREAM_PRIV_H
#define POLICY_COMMANDS_JETSTREAM_PRIV_H

#include "policy/commands/body_priv.h"
#include "policy/commands/jetstream.h"

/* What kind of payload a call has. */
enum js_body {
	JS_BODY_NONE,    /* nothing, or an empty object */
	JS_BODY_IGNORED, /* nobody reads it */
	JS_BODY_STREAM,
	JS_BODY_RESTORE,
	JS_BODY_CONSUMER,
	JS_BODY_PAGE, /* offset, subject filters */
	JS_BODY_PURGE,
	JS_BODY_SNAPSHOT,
	JS_BODY_GET,
	JS_BODY_DELETE_MSG,
	JS_BODY_NEXT,
	JS_BODY_PAUSE,
	JS_BODY_UNPIN,
	JS_BODY_RESET,
};

/* jetstream_add() - one more target. */
int jetstream_add(struct body_read *r, struct jetstream *js, enum js_role role,
    struct bytes subject, struct body_span where) must_check;
/* jetstream_body() - read the payload of a call whose subject is understood. */
int jetstream_body(
    struct body_read *r, enum js_body kind, struct bytes payload, struct jetstream *js) must_check;

#endif
