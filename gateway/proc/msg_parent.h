/*
 * msg_parent - what the parent and its children say to each other.
 *
 * A child starts with one descriptor, 3, the channel to the parent. Everything else it owns comes
 * through it: settings, files already open, channels to its peers, connected sockets.
 */
#ifndef GATEWAY_PROC_MSG_PARENT_H
#define GATEWAY_PROC_MSG_PARENT_H

#include "gateway/proc/ceilings.h"
#include "gateway/proc/role.h"
#include "gateway/relay/limits.h"
#include "policy/identity/stamp.h"

enum msg_parent {
	MSG_SETUP = 1,   /* parent: struct setup; once, first */
	MSG_PEER,        /* parent: a channel to another child, with descriptor */
	MSG_FILE,        /* parent: an open file by name of use, with descriptor */
	MSG_LISTENER,    /* parent to edge: a listening socket, with descriptor */
	MSG_POLICY,      /* parent to edge, verifier, dispatcher: a snapshot, with descriptor; to the compiler: what is in force */
	MSG_TRUST_BEGIN, /* parent to verifier: forget what was begun */
	MSG_TRUST_OPERATOR,
	MSG_TRUST_ACCOUNT,
	MSG_TRUST_END,   /* use what was sent */
	MSG_START,       /* parent: all is there, begin */
	MSG_LAME_DUCK,   /* parent to edge */
	MSG_STOP,        /* parent: finish and exit */
	MSG_REOPEN,      /* parent: new descriptor for the log (2), with descriptor */
	MSG_SOURCE,      /* parent to compiler: one policy file */
	MSG_PROMISE,     /* parent to compiler: one *.expect file, what the policies promise */
	MSG_PAYLOAD,     /* parent to compiler: a payload its lines may name */
	MSG_COMPILE,     /* parent to compiler: that was all */
	MSG_DIALLED,     /* parent to edge, dispatcher: with descriptor */
	MSG_NOT_DIALLED,
	MSG_STATS_WANTED, /* parent to all that stay: MSG_STATS or MSG_AUDIT_STATE answers */
	MSG_LIVE_WANTED,  /* parent to edge: MSG_LIVE for each, then MSG_LIVE_END */
	MSG_ACT,          /* parent to auditor: somebody with the right to did something */
	MSG_METRICS,      /* parent to metrics: the numbers; msg_metrics.h */
	MSG_SINK,        /* parent to shipper: msg_shipper.h; its files follow as MSG_FILE. Later: its addresses anew */
	MSG_TLS,         /* parent to edge, dispatcher: certificates and rules: msg_tls.h */
	MSG_TLS_PEER,    /* parent: a channel for signatures between the signer and those; as MSG_PEER */
	MSG_DIAL = 64,   /* edge, dispatcher to parent: connect to the upstream */
	MSG_READY,       /* child: ready for use */
	MSG_DONE,        /* child: finished, exiting */
	MSG_SNAPSHOT,    /* compiler to parent: with descriptor, and warnings */
	MSG_NO_SNAPSHOT, /* compiler to parent: the errors */
	MSG_TRUSTED,     /* verifier to parent: what is trusted now */
	MSG_FATAL,       /* child: why it cannot go on */
	MSG_CHANGED,     /* compiler to parent: what changes; msg_changed.h */
	MSG_SINK_STATE,  /* shipper to parent: how a sink is doing, when that changes: msg_shipper.h */
	MSG_APPLIED,     /* edge, verifier, dispatcher: judges by the new policy from here on */
	MSG_STATS,       /* counts; from verifier and signer that they turn */
	MSG_AUDIT_STATE, /* auditor to parent: when asked, and when it begins or ceases to fail */
	MSG_LIVE,        /* edge to parent: one live connection */
	MSG_LIVE_END,    /* edge to parent: how many there are */
	MSG_KEY_CHANGED, /* auditor to parent: what came of another "audit_key": "changed" or "same" and the public key, "refused" and why */
	MSG_METRICS_WANTED, /* metrics to parent */
	MSG_TLS_KEY_TAKEN, /* signer to parent: signs with the key it was given last */
	MSG_BAD_PEER,    /* verifier, signer, dispatcher, auditor to parent: it said what may not be said */
	MSG_WALLS,       /* child: what it is locked in with; msg_walls.h */
};

enum { SETUP_LISTENERS = 8 };

/* Settings of all roles; each uses its part. */
struct setup {
	uint32_t index; /* which edge */
	uint64_t last_id; /* of an edge: its connections are numbered from the next one on */
	uint32_t log_level;
	uint32_t max_connections, max_subscriptions, max_control_line, max_connect, max_payload;
	uint32_t max_command, max_pending;
	uint32_t auth_timeout_ms, ping_interval_ms, ping_max, write_deadline_ms;
	uint32_t drain_ms, lame_duck_grace_ms, lame_duck_duration_ms;
	bool connections_asked; /* ->max_connections was configured, not preset */
	bool require_exp, allow_open, mint;
	char server_id[64];
	char server_name[128];
	uint32_t edges; /* how many there are: each gives its part of a rate */
	uint8_t n_gates; /* other gates whose stamps are believed */
	uint8_t gate[STAMP_GATES_MAX][32];
	uint8_t n_listeners; /* what they are called on records: "host:port" */
	char listener[SETUP_LISTENERS][272];
	uint32_t checkpoint_records, checkpoint_every_ms; /* the audit's */
	uint64_t segment_size, segment_age_ms, keep_size, keep_age_ms;
	struct ceilings ceilings;
	bool change_user, user_asked; /* when root: to uid and gid; and whether walls { user } says so */
	uint32_t uid, gid, walls_minimum;
};

struct msg_text {
	struct bytes name, text;
};

/* What is denied, each kind with its own count: what relay_event_kind says. */
enum { STATS_KINDS = 16, STATS_BUCKETS = 11 };

/*
 * Counts since the child started, but for what is so now: conns, waiting, early, closing, penalised, held. Those of
 * commands are the dispatcher's, the others an edge's; limits are of both.
 */
struct msg_stats {
	uint64_t conns, opened, in_msgs, out_msgs, denied, unwritten; /* unwritten: decision log lines lost */
	uint64_t in_bytes, out_bytes, login_failed, would_deny;
	uint64_t kind[STATS_KINDS];
	uint64_t commands, refused, forwarded, failed, waiting; /* waiting: commands held or not answered yet */
	uint64_t early;      /* connections that have not logged in */
	uint64_t closing;    /* that have ended, with what they were still sent under way */
	uint64_t penalised;  /* sources without a connection that have a penalty */
	uint64_t tls_done, tls_failed, tls_unsigned; /* handshakes; signatures that were not given */
	uint64_t held;       /* bytes that wait for a side, or are not whole yet */
	uint64_t limit[LIMIT_COUNT]; /* how often each was run into */
};

/* What the auditor can say of its files. */
struct msg_audit_state {
	uint64_t seq, durable; /* the last record begun, the last one on disk */
	bool failing;          /* records cannot be written: commands are refused */
	int64_t since_s;       /* unix; 0 when not failing */
	struct bytes why;
	bool notes_failing;    /* the decision log cannot be written */
	int64_t notes_since_s;
	struct bytes notes_why;
	uint64_t lost;                  /* records that could not be kept, since the auditor started */
	uint64_t checkpoint_ns;         /* unix; when the last one was made, 0: none yet */
	uint64_t batch[STATS_BUCKETS];  /* batches by the time they took to be durable: metric_bucket() */
	uint64_t batch_ns;              /* all of them together */
};

/* A live connection. Texts are what the edge says; nobody judges by them. */
struct msg_live {
	uint64_t token; /* of the question */
	uint64_t client;
	int64_t since_s; /* unix */
	uint64_t subs, in_msgs, out_msgs, in_bytes, out_bytes, denied;
	struct bytes source, account, user, name, tags; /* tags: with a space between */
};

enum act_kind {
	ACT_NONE = 0,
	ACT_READ,   /* the audit was read */
	ACT_ADMIN,  /* logs opened anew, lame duck */
	ACT_RELOAD, /* asked for; the outcome */
};

/* An act of the administrator; by: user, uid and pid as the kernel named the peer, or "signal". */
struct msg_act {
	enum act_kind kind;
	struct bytes what, detail, by;
};

void msg_setup_put(struct channel *c, const struct setup *s);
int msg_setup_get(struct cursor *in, struct setup *s) must_check;
/*
 * msg_peer: which child is at the other end of @fd (taken); of an edge, that its connections are numbered on
 * from @since: all that an edge of this index had up to there are gone with it
 */
int msg_peer_put(struct channel *c, enum role role, unsigned index, uint64_t since, int fd);
int msg_peer_get(struct cursor *in, enum role *role, unsigned *index, uint64_t *since) must_check;
/* msg_tls_peer: the same without a number */
int msg_tls_peer_put(struct channel *c, enum role role, unsigned index, int fd);
/* msg_child_get() - MSG_TLS_PEER, MSG_BAD_PEER */
int msg_child_get(struct cursor *in, enum role *role, unsigned *index) must_check;
/* msg_bad_peer: a child that is to end */
int msg_bad_peer_put(struct channel *c, enum role role, unsigned index);
/*
 * msg_file: @name is one of "inbox_key" "mint" "creds" "command_creds" "stamp" "tls_key"
 * "upstream_tls_key" "decisions"; to the
 * auditor "audit" (the folder) "audit_key" "audit_key_old" "redact_key"; to the shipper "audit_dir"
 * "sink_state", then after each MSG_SINK its "sink_creds" "sink_ca" "sink_cert" "sink_key" "sink_dir", all but the
 * last again after a reload, with "_" and the number of the sink
 */
int msg_file_put(struct channel *c, const char *name, int fd);
int msg_file_get(struct cursor *in, char name[32]) must_check;
/* msg_listener: the address it listens on */
int msg_listener_put(struct channel *c, const char *host, uint16_t port, int fd);
int msg_listener_get(struct cursor *in, char host[256], uint16_t *port) must_check;
/* msg_text: MSG_TRUST_OPERATOR, MSG_TRUST_ACCOUNT, MSG_SOURCE, MSG_PROMISE, MSG_PAYLOAD, MSG_FATAL, MSG_SNAPSHOT, MSG_NO_SNAPSHOT, MSG_TRUSTED, MSG_KEY_CHANGED */
int msg_text_put(struct channel *c, enum msg_parent type, const char *name, struct bytes text, int fd);
int msg_text_get(struct cursor *in, struct msg_text *t) must_check;
/* msg_token: MSG_DIAL, MSG_DIALLED, MSG_NOT_DIALLED: which connection */
int msg_token_put(struct channel *c, enum msg_parent type, uint64_t token, int fd);
int msg_token_get(struct cursor *in, uint64_t *token) must_check;
/* the answers to the control socket and the acts it reports: msg_control.c */
int msg_stats_put(struct channel *c, const struct msg_stats *m);
int msg_stats_get(struct cursor *in, struct msg_stats *m) must_check;
int msg_audit_state_put(struct channel *c, const struct msg_audit_state *m);
int msg_audit_state_get(struct cursor *in, struct msg_audit_state *m) must_check;
/* msg_live_count: MSG_LIVE_WANTED @n: at most so many; MSG_LIVE_END @n: so many there are */
int msg_live_count_put(struct channel *c, enum msg_parent type, uint64_t token, uint64_t n);
int msg_live_count_get(struct cursor *in, uint64_t *token, uint64_t *n) must_check;
int msg_live_put(struct channel *c, const struct msg_live *m);
int msg_live_get(struct cursor *in, struct msg_live *m) must_check;
int msg_act_put(struct channel *c, const struct msg_act *m);
int msg_act_get(struct cursor *in, struct msg_act *m) must_check;
/* msg_bare: a message without a body */
int msg_bare_put(struct channel *c, enum msg_parent type, int fd);

#endif
