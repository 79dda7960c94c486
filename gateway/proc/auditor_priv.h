/*
 * auditor_priv - the auditor in its files: auditor.c takes messages, waits for the disk and answers;
 * auditor_peers.c who is who, and who speaks; auditor_files.c what it is given;
 * auditor_keys.c another key while it runs;
 * auditor_records.c makes records of them; auditor_notes.c the lines of the decision log;
 * auditor_shipper.c tells how far the log is durable.
 */
#ifndef GATEWAY_PROC_AUDITOR_PRIV_H
#define GATEWAY_PROC_AUDITOR_PRIV_H

#include "gateway/proc/audit_keys.h"
#include "gateway/proc/child.h"
#include "gateway/proc/doors.h"
#include "gateway/proc/flood.h"
#include "gateway/proc/ledger.h"
#include "gateway/proc/msg_auditor.h"
#include "gateway/proc/msg_verifier.h"
#include "gateway/proc/roster.h"

enum {
	AUDITOR_EDGES = DOORS,
	AUDITOR_NOTES = 16 * 1024 * 1024,
	AUDITOR_OUTCOMES = 8 * 1024 * 1024, /* kept until they are written */
	AUDITOR_WAITING = 65536,
	AUDITOR_FULL = LEDGER_BATCH / 2,       /* a batch is written before it is larger than this */
	AUDITOR_ALMOST = LEDGER_BATCH / 4 * 3, /* with outcomes */
};

struct named {
	struct roster_entry entry; /* first */
	char source[64];
	uint64_t left_ms; /* 0: still there */
	int64_t came_ns;  /* mono */
	bool opened, closed; /* its edge has said so */
};

struct auditor {
	struct child child; /* first */
	struct channel edge[AUDITOR_EDGES], dispatcher, verifier;
	uint64_t since[AUDITOR_EDGES]; /* where its connections begin: those before were another edge's */
	struct roster roster;
	struct doors doors;   /* open: the verifier has said who is there */
	int dispatcher_fd, verifier_fd; /* that wait for the start, or -1 */
	bool greeted;         /* the dispatcher has said what is under way */
	bool settled;         /* what the run before left open is known */
	uint64_t dispatchers; /* how many there have been */
	struct conns under_way; /* commands that went on and have no outcome yet, by record number */
	int dir, decisions; /* descriptors; the folder is the ledger's once that is open */
	struct audit_key key, former;
	struct secret redact;
	struct ledger ledger;
	bool open;       /* the ledger is */
	struct buf notes; /* decision log lines of this turn */
	struct {
		uint64_t token, seq;
		uint64_t of; /* which dispatcher */
	} waiting[AUDITOR_WAITING];
	size_t n_waiting;
	struct buf outcomes; /* messages whose records are not durable yet; each behind its length */
	struct flood flood;
	struct buf body, error; /* redacted */
	struct redact_span span[REDACT_SPANS_MAX];
	struct {
		int error, notes_error;         /* of the last attempt */
		int64_t since_s, notes_since_s; /* 0: not failing */
	} told;                                 /* to the parent */
	int said_note, said_retire; /* of the folder, to the log: what ->ledger had the last time */
	uv_prepare_t prepare;
	struct {
		uint64_t batch[STATS_BUCKETS], batch_ns, checkpoint_ns, checkpointed;
	} measured; /* for who watches; nothing is decided by it */
	uv_timer_t tick, linger;
	bool pressing; /* what was read is to be written before the loop sleeps */
};

extern struct auditor auditor;

/* What senders say; the tables are in auditor_peers.c. */
int auditor_on_note(struct channel *c, struct cursor *in, int fd);
int auditor_on_login_refused(struct channel *c, struct cursor *in, int fd);
int auditor_on_record(struct channel *c, struct cursor *in, int fd);
int auditor_on_spared(struct channel *c, struct cursor *in, int fd);
int auditor_on_outcome(struct channel *c, struct cursor *in, int fd);
/*
 * note_is_own() - is it about a connection of the edge that says it, in every word of it that names one?
 * @edge: as the channel says; @who: the verifier's word on the connection, or NULL. A connection opens once
 * and closes once.
 */
bool note_is_own(const struct msg_note *m, uint32_t edge, struct named *who);
/* auditor_on_peer() - the parent's MSG_PEER. */
int auditor_on_peer(struct channel *c, struct cursor *in, int fd);
/* peers_begin() - the log is open: hear what is under way, and who is who. */
void peers_begin(void);
/* peers_pull() - what was sent to us so far. */
void peers_pull(void);
/* peers_forget() - those who left a while ago: their last notes have arrived. */
void peers_forget(uint64_t now_ms);
/* named_of() - the verifier's word on a connection, or NULL. */
struct named *named_of(uint32_t edge, uint64_t conn);
/* under_way_add() - command @seq is durable. under_way_over() - Return: was it under way? */
void under_way_add(uint64_t seq, uint64_t of);
bool under_way_over(uint64_t seq);
/* auditor_on_file() - the parent's MSG_FILE. */
int auditor_on_file(struct channel *c, struct cursor *in, int fd);
/* auditor_on_key() - another key, or the same one, while the log is written; @fd is taken. The parent is told. */
int auditor_on_key(int fd);
/* auditor_key_settle() - once a handover is durable: the old key is wiped, and the parent told. */
void auditor_key_settle(void);
/* auditor_open_log() - read what is there; the process ends when it cannot be gone on with. */
void auditor_open_log(void);
/* auditor_now() - both clocks. */
struct ledger_time auditor_now(void);
/* auditor_id() - edge, connection, number: what the client is told when it is refused. */
struct bytes auditor_id(uint32_t edge, uint64_t conn, uint64_t number, char room[64]);

/* record_counted() - is @m a refusal as many were before it? Then a summary stands for it, not a record. */
bool record_counted(const struct msg_record *m, const struct named *who);
/* record_command() - into the batch. Return: 0 with its number, or an errno: it is not. */
int record_command(const struct msg_record *m, const struct named *who, uint64_t *seq) must_check;
/* record_listener() - what the listener a connection came by is called, by its edge's word. */
struct bytes record_listener(uint8_t listener);
/* record_note() - what an edge said; what nobody waits for is counted where it comes too often. */
void record_note(const struct msg_note *m, uint32_t edge, const struct named *who);
void record_refused(const struct msg_refused *m);
/*
 * record_outcomes() - those that are kept, into the batch, as many as fit. Return: bytes of ->outcomes;
 * *dropped of them can be no record, which counts once the rest is durable.
 */
size_t record_outcomes(uint64_t *dropped);
void record_act(const struct msg_act *m);
/* record_flood() - at the end of a window: what was counted. record_flood_end() - so far, whenever that is. */
void record_flood(uint64_t now_ms);
void record_flood_end(uint64_t now_ms);

/* auditor_shipper_peer() - a channel to the shipper came (taken). Return: 0, -errno. */
int auditor_shipper_peer(int fd) must_check;
/* auditor_shipper_fd() - its channel; -1: nobody is there. */
int auditor_shipper_fd(void);
/* auditor_shipper_tell() - after each commit: how far the log is durable, if somebody is there to be told. */
void auditor_shipper_tell(void);

void note_command(struct buf *b, const struct msg_record *m, const struct named *who, uint64_t seq);
void note_edge(struct buf *b, const struct msg_note *m, uint32_t edge, const struct named *who);
void note_refused(struct buf *b, const struct msg_refused *m);
void note_act(struct buf *b, const struct msg_act *m);
void note_outcome(struct buf *b, const struct msg_outcome *m);

#endif
