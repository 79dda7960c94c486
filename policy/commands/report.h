/*
 * report - which host a host says it is: in what it publishes of itself, and in its answers to what
 * it was asked.
 *
 * Nothing of this is signed, so whoever reads it (wadm, operators, tools that send their next
 * command to the first bidder) takes the id at its word. It is read here as those readers read it;
 * a body that names two hosts, or can be read in two ways, is refused. Field by field:
 * docs/BODIES.md.
 */
#ifndef POLICY_COMMANDS_REPORT_H
#define POLICY_COMMANDS_REPORT_H

#include "policy/commands/body.h"

enum report_answer {
	REPORT_NOT = 2, /* no report: nobody reads a host's id out of it */
};

/* What kind of report: each has its own place for the id. */
enum report_kind {
	REPORT_NONE = 0,
	REPORT_EVENT, /* B, C: CloudEvents on wasmbus.evt.L, wasmbus.evt.L.NAME, wasmbus.rpcevt.L */
	REPORT_HOST_EVENT, /* A: wasmbus.ctl.L.events */
	REPORT_HEARTBEAT,  /* D: runtime.operator.heartbeat.H, and the answer to
			      runtime.host.H.heartbeat */
	REPORT_PING,       /* A, B: answer to get.hosts, ping.hosts */
	REPORT_INVENTORY,  /* A, B: answer to get.H.inv */
	REPORT_BID,        /* A, B: answer to an auction */
	REPORT_ACK,        /* A, B: answer to a start; A's says who */
	REPORT_PING_V1,    /* C: the same in its envelope */
	REPORT_INVENTORY_V1,
	REPORT_BID_V1,
	REPORT_KINDS
};

_Static_assert(REPORT_KINDS <= 16, "a set of kinds is one uint16_t");
#define REPORT_BIT(kind) ((uint16_t)(1U << (kind)))

enum {
	REPORT_MAX = 1024 * 1024, /* bytes of a payload; longer ones are refused unread */
	REPORT_ID_MAX = 128,
};

struct report {
	enum report_kind kind;
	struct bytes lattice; /* or "runtime" */
	struct bytes host;    /* as the subject says: of a heartbeat; else empty */
	struct bytes id;      /* report_decode(): who it says it is; empty: it names nobody */
	struct body_fault fault;
};

/* report_space() - could it be the subject of a report? For a glance at every publish. */
static inline bool
report_space(struct bytes subject)
{
	return subject.len > 12 &&
	       (memcmp(subject.ptr, "wasmbus.", 8) == 0 || memcmp(subject.ptr, "runtime.", 8) == 0);
}

/* report_classify() - is a literal subject one that hosts report on? Return: 0, REPORT_NOT. */
int report_classify(struct bytes subject, struct report *out) must_check;
/*
 * report_asked() - what kind of report answers this command? REPORT_NONE when its answers
 * name no host (acks of 1.x, links, claims, configuration).
 */
enum report_kind report_asked(const struct command *c);
/*
 * report_decode() - read who it says it is. @r->kind (and ->host) are the caller's; slices of the
 * payload and the arena. Return: 0, BODY_REFUSED (->fault).
 */
int report_decode(struct report *r, struct bytes payload, struct body_arena *arena) must_check;
/* report_name() - "event", "bid", ...; never NULL. */
const char *report_name(enum report_kind kind);

#endif
