/*
 * event - what a host tells of itself, unasked: CloudEvents 1.0 (B), or the tagged values of 2021
 * (A).
 *
 * Values of links are never told, only their names. Whoever publishes puts B's on both subjects:
 * wasmbus.evt.L and wasmbus.evt.L.NAME. Id and time are the caller's.
 */
#ifndef HOST_LATTICE_EVENT_H
#define HOST_LATTICE_EVENT_H

#include "host/lattice/model.h"
#include "host/lattice/reply.h"

enum event_kind {
	EVENT_NONE = 0,
	EVENT_HOST_STARTED,          /* ->host */
	EVENT_HOST_STOPPED,          /* ->reason */
	EVENT_HOST_HEARTBEAT,        /* ->host */
	EVENT_ACTOR_STARTED,         /* ->actor, ->instance; one each, and once: */
	EVENT_ACTORS_STARTED,        /* ->actor, ->count */
	EVENT_ACTOR_STOPPED,         /* ->actor, ->instance */
	EVENT_ACTORS_STOPPED,        /* ->actor, ->count, ->remaining */
	EVENT_ACTOR_START_FAILED,    /* ->ref, ->reason */
	EVENT_ACTORS_START_FAILED,   /* ->ref, ->reason, ->actor or NULL */
	EVENT_ACTOR_UPDATED,         /* ->actor, ->instance or NULL, ->old_revision */
	EVENT_ACTOR_UPDATE_FAILED,   /* ->actor, ->reason */
	EVENT_PROVIDER_STARTED,      /* ->provider */
	EVENT_PROVIDER_START_FAILED, /* ->ref, ->link_name, ->reason */
	EVENT_PROVIDER_STOPPED,      /* ->provider, ->reason */
	EVENT_LINKDEF_SET,           /* ->link */
	EVENT_LINKDEF_DELETED,       /* ->link */
	EVENT_HEALTH_PASSED,         /* ->provider or ->actor */
	EVENT_HEALTH_FAILED,
	EVENT_HEALTH_STATUS,
	/* ours */
	EVENT_ACTOR_DENIED,    /* ->actor, ->reason: a call it may not make; ->contract */
	EVENT_ACTOR_FAILED,    /* ->actor, ->instance or NULL, ->status */
	EVENT_PROVIDER_FAILED, /* ->provider, its status */
	EVENT_LINK_FAILED,     /* ->link, its status */
	EVENTS
};

struct event {
	enum event_kind kind;
	char id[MODEL_ID + 1];
	int64_t time_ms;
	const struct reply_host *host;
	const struct model_actor *actor;
	const struct model_instance *instance;
	const struct model_provider *provider;
	const struct model_link *link;
	const char *ref, *link_name, *contract, *reason; /* NULL is "" */
	uint32_t count, remaining;
	int32_t old_revision;
};

/* event_name() - "actors_started"; never NULL. */
const char *event_name(enum event_kind k);
/*
 * event_put() - append the body. Return: false when the dialect has no such event (A has few), then
 * nothing is written.
 */
bool event_put(struct buf *b, enum dialect dialect, const struct model *m, const struct event *e);
/* event_subject() - append the subject; @named: B's second one, with the event's name at its end.
 */
void event_subject(
    struct buf *b, enum dialect dialect, struct bytes lattice, enum event_kind k, bool named);
/* uuid_put() - 36 characters of a random (version 4) uuid made of 16 bytes, and a NUL. */
void uuid_put(char out[MODEL_ID + 1], const uint8_t random[16]);

#endif
