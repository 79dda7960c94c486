/*
 * dispatcher_priv - the dispatcher in its files: dispatcher.c judges, dispatch_jobs.c keeps the jobs,
 * dispatch_stamp.c has them stamped, dispatch_link.c holds the upstream connections that may command,
 * which dispatch_login.c opens, dispatch_peers.c speaks with the other processes and gets over the
 * death of one.
 */
#ifndef GATEWAY_PROC_DISPATCHER_PRIV_H
#define GATEWAY_PROC_DISPATCHER_PRIV_H

#include "gateway/io/stream.h"
#include "gateway/auth/tally.h"
#include "gateway/nats/parser.h"
#include "gateway/proc/answer.h"
#include "gateway/proc/child.h"
#include "gateway/proc/doors.h"
#include "gateway/proc/limit_log.h"
#include "gateway/proc/msg_auditor.h"
#include "gateway/proc/msg_dispatcher.h"
#include "gateway/proc/msg_signer.h"
#include "gateway/proc/msg_verifier.h"
#include "gateway/proc/roster.h"
#include "gateway/proc/snapshot.h"
#include "gateway/proc/tls_side.h"

enum {
	DISPATCHER_EDGES = DOORS,
	DISPATCHER_ANSWERS = 1000,
	DISPATCHER_ANSWER_MS = 60000,
	DISPATCHER_LOGIN_MS = 10000,
	DISPATCHER_PONG_MS = 10000, /* a command's PING unanswered for so long: the link is of no use */
	DISPATCHER_STAMP_MS = 5000, /* so long a command waits for a signer */
	JOB_SECRETS = 16, /* more: what a host says of it is not kept */
};

enum job_state {
	JOB_RECORDING = 0, /* the auditor speaks next: durable, or not; the signer perhaps before */
	JOB_STAMPING,      /* the signer: the stamp */
	JOB_QUEUED,        /* the link speaks next: open, or failed */
	JOB_PUBLISHED,     /* the upstream speaks next: PONG, or -ERR before it */
	JOB_ANSWERING,     /* hosts speak; until enough, too many, or too late */
	JOB_OVER,          /* nobody: its outcome waits for an auditor */
};

enum stamp_state {
	STAMP_ASKED = 0,
	STAMP_MADE,
	STAMP_REFUSED, /* no signer, no link, or the signer would not */
};

/* A command under way. */
struct job {
	struct conn_node node; /* first; edge 0, conn = our number */
	enum job_state state;
	uint32_t edge;         /* it may have been replaced since; its connections' numbers do not come again */
	uint64_t conn, number; /* as the edge names it */
	uint64_t seq;          /* of its record */
	enum verb verb;
	char account[NKEY_TEXT_LEN + 1];
	struct tally_name *user; /* whose commands are counted */
	size_t size;             /* of memory */
	struct link *link;
	struct job *next;      /* in the link's queue or its list of published ones */
	bool refused;          /* the upstream said no */
	bool forsaken;         /* nobody waits for answers */
	bool nobody;           /* the upstream said that there are no responders */
	bool mutating;         /* then: no record, no command */
	bool one;              /* it is for one host, which answers once */
	bool told;             /* its outcome is recorded */
	const char *untold;    /* or waits for an auditor: the word */
	uint64_t answers;
	struct answer said;    /* by the first of them */
	uint32_t n_secrets;
	struct body_span secret[JOB_SECRETS]; /* of the payload */
	int64_t published_ns, first_ns, last_ns;
	uint64_t deadline_ms;
	struct bytes subject, reply, header, payload, lattice; /* into text */
	enum stamp_state stamp_state;
	uint16_t stamp_len;
	char stamp[STAMP_TEXT_MAX];
	uint8_t text[];
};

enum link_state {
	LINK_CLOSED = 0,
	LINK_DIALLING,   /* the parent speaks */
	LINK_GREETING,   /* the upstream: INFO */
	LINK_SECURING,   /* nobody: TLS begins when what was read is looked through */
	LINK_SIGNING,    /* the signer */
	LINK_LOGGING_IN, /* the upstream: PONG */
	LINK_OPEN,
	LINK_CLOSING,    /* until the stream is gone */
};

/* The connection that may command in one client account's upstream account. */
struct link {
	struct stream stream; /* first */
	struct nats_parser parser;
	struct link *next;
	uint64_t token; /* its name towards parent and signer */
	char account[NKEY_TEXT_LEN + 1];
	char nonce[128]; /* of its INFO */
	bool headers;   /* this upstream carries them */
	int64_t max_payload; /* and no message larger than this */
	char inbox[24]; /* random; answers come to _INBOX.<inbox>.<job> */
	enum link_state state;
	bool greeted; /* INFO has come, and TLS comes next */
	bool stale; /* logged in for other control prefixes than the policy has now */
	uint64_t deadline_ms;
	struct job *queue, **queue_end;         /* durable, waiting for the link */
	struct job *published, **published_end; /* each with a PING behind it */
};

struct dispatcher {
	struct child child; /* first */
	struct channel edge[DISPATCHER_EDGES], verifier, signer, auditor;
	struct stream_room room;
	struct tls_side tls; /* towards the upstream */
	struct snapshot snapshot;
	struct doors doors; /* open: the verifier has said who is there */
	struct roster roster;
	struct conns jobs;
	struct link *links;
	uv_prepare_t prepare; /* what was published in a turn leaves with one write */
	uint64_t last_job, last_link;
	uint64_t commands, refused, forwarded, failed;
	struct tally *users; /* commands under way of each */
	size_t job_memory;
	struct limit_log limit_log;
	uint64_t limit[LIMIT_COUNT];
	uint64_t lost; /* records there was no auditor for */
	uv_timer_t tick;
	struct buf scratch;
	void *arena; /* BODY_ARENA bytes: the body being read */
	uint8_t spans[MSG_RECORD_SPANS]; /* the secrets of the body being recorded */
};

extern struct dispatcher dispatcher;

/* link_for() - the link of a client account, made when new. Return: NULL when out of memory. */
struct link *link_for(const char *account) must_check;
/* link_take() - @j is durable and stamped: publish it as soon as the link is open. */
void link_take(struct link *l, struct job *j);
/* links_stale() - the control prefixes changed: log in anew before the next command. */
void links_stale(void);
/* link_dialled() - the parent's word; @fd is taken, -1: not connected. */
void link_dialled(uint64_t token, int fd);
/* link_signed() - the signer's word; an empty token: refused. */
void link_signed(uint64_t token, struct bytes jwt, struct bytes sig);
/* links_sign_again() - a signer came: who was being asked is asked anew. */
void links_sign_again(void);
/* links_flush() - send what was published in this turn of the loop. */
void links_flush(void);
/* link_tick() - deadlines of logins and of PINGs. */
void link_tick(uint64_t now_ms);
/* link_reply() - where answers to @j come to; empty when it asks for none. */
struct bytes link_reply(const struct link *l, const struct job *j, char room[64]);
/* job_new() - a copy of the command that lives until its outcome. Return: NULL when out of memory. */
struct job *job_new(const struct msg_command *m, struct bytes header, struct bytes lattice, uint32_t edge,
    const char *account) must_check;
/* job_enter() - into the table, if there is room for it. Return: LIMIT_COUNT, or what says no; @j is then the caller's. */
enum limit job_enter(struct job *j, const char *user) must_check;
/* job_free() - out of the table, and away. */
void job_free(struct job *j);
/* job_secrets() - where its payload has secrets: pairs of u32. */
void job_secrets(struct job *j, struct bytes spans);
/* job_decision_id() - as the auditor writes it on the record. */
const char *job_decision_id(char room[64], uint32_t edge, uint64_t conn, uint64_t number);
/* job_forsake() - nobody listens: what is under way goes on, answers are no longer waited for. */
void job_forsake(struct job *j);
/* job_forsake_some() - all jobs of a connection, or (number != 0) one of them. */
void job_forsake_some(uint32_t edge, uint64_t conn, uint64_t number);
/* job_stamp() - ask the signer for the stamp; its record is under way meanwhile. */
void job_stamp(struct job *j);
/* jobs_stamp_again() - a signer came: for every job that has no stamp yet, in their order. */
void jobs_stamp_again(void);
/* jobs_unstamped() - those that have waited too long for a signer are refused. */
void jobs_unstamped(void);
/* job_go() - its record is durable, or need not be: it goes as soon as it is stamped. */
void job_go(struct job *j);
/* job_on_stamped() - the signer's answer. */
int job_on_stamped(struct channel *c, struct cursor *in, int fd);
/* job_header() - the header block it goes upstream with, in dispatcher.scratch. */
struct bytes job_header(const struct job *j);
/* job_done() - tell the edge: forwarded or refused; a refused or unanswerable job is over. */
void job_done(struct job *j, bool forwarded, const char *outcome);
/* job_unrecorded() - it is refused, and who asked is told why its record could not be written. */
void job_unrecorded(struct job *j, int error);
/*
 * jobs_each() - @act on each job that @want says yes to, in the order they came. Acting on one may end
 * others: every one is asked again before it is its turn.
 */
void jobs_each(bool (*want)(const struct job *), void (*act)(struct job *));
/* jobs_unheard() - the auditor died: what waits for its word goes on if it only reads, else is refused. */
void jobs_unheard(void);
/* jobs_introduce() - to an auditor that came: what is under way, and what outcomes it has not heard. */
void jobs_introduce(void);
/* job_end_all() - we stop: each gets the outcome it has now. */
void job_end_all(void);
/* job_answer() - one answer from the upstream; may end the job. */
void job_answer(struct job *j, struct bytes onward, struct bytes header, struct bytes payload);
/* job_over() - the outcome is recorded and the job freed. It must be in no link's list any more. */
void job_over(struct job *j, const char *outcome);

/* dispatcher_edge() - a message of an edge: MSG_COMMAND, MSG_ENOUGH. */
int dispatcher_on_command(struct channel *edge, struct cursor *in, int fd);
int dispatcher_on_enough(struct channel *edge, struct cursor *in, int fd);
/* dispatcher_part() - with those the verifier said have left: what they commanded before is taken, then they are forgotten. */
void dispatcher_part(void);
/* dispatcher_on_peer() - the parent's MSG_PEER. */
int dispatcher_on_peer(struct channel *c, struct cursor *in, int fd);

#endif
