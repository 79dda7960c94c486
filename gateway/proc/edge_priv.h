/*
 * edge_priv - the edge in its files: edge.c conducts relays, edge_accept.c lets strangers in, edge_limits.c
 * sheds what is too much, edge_notes.c writes down what they decide, edge_drain.c lets them go, edge_status.c
 * says how it goes, edge_channels.c and edge_verifier.c speak with the other processes, edge_commands.c keeps
 * what the dispatcher owes an answer to. One process is one edge, so its state is
 * one struct.
 */
#ifndef GATEWAY_PROC_EDGE_PRIV_H
#define GATEWAY_PROC_EDGE_PRIV_H

#include <sys/queue.h>

#include "gateway/auth/sources.h"
#include "gateway/auth/tally.h"
#include "gateway/proc/child.h"
#include "gateway/proc/limit_log.h"
#include "gateway/proc/log_few.h"
#include "gateway/proc/msg_auditor.h"
#include "gateway/proc/msg_dispatcher.h"
#include "gateway/proc/msg_signer.h"
#include "gateway/proc/msg_verifier.h"
#include "gateway/proc/newcomer.h"
#include "gateway/proc/people.h"
#include "gateway/proc/probe.h"
#include "gateway/proc/snapshot.h"
#include "gateway/proc/tls_side.h"
#include "gateway/relay/relay.h"

enum {
	EDGE_LISTENERS = 8,
	EDGE_BUCKETS = 16384,
	EDGE_NONCES = 4 * NONCE_BATCH,
	EDGE_NOTES_MAX = 8 * 1024 * 1024,
	EDGE_TAGS_MAX = 4096,
	EDGE_DUE = 4,
};

/* A connection of this edge: the relay first. */
struct client {
	struct relay relay;
	struct relay *chain;
	struct person *person;
	bool asked;   /* the verifier knows of it */
	bool refused; /* by the verifier, which has reported it */
	bool early;   /* it has not logged in */
	bool dropped; /* given up; it goes at the loop's next turn */
	TAILQ_ENTRY(client) early_link;
	struct source *source;
	struct edge_listener *listener;
	struct tally_name *account, *user; /* once admitted */
	uint8_t n_due;
	uint32_t due[EDGE_DUE]; /* its latest commands that want an answer and have none; the low half of their numbers */
	struct asked_command *commands; /* oldest first */
	unsigned n_commands;
};

/* A command the dispatcher has: what to tell who asked, if it dies with it. */
struct asked_command {
	struct asked_command *next;
	uint64_t number;
	uint64_t until_ms; /* once it is forwarded: so long an answer may come */
	bool forwarded;
	bool answered; /* one came, more may */
	bool unheard;  /* nobody listens for answers any more, and the dispatcher knows */
	uint64_t of; /* which dispatcher has it */
	struct bytes subject, reply; /* into text */
	uint8_t text[];
};

struct edge_listener {
	uv_poll_t poll;
	int fd;
	bool ready; /* somebody waits */
	uint64_t n; /* connections that came here */
};

struct edge {
	struct child child; /* first */
	struct channel verifier, signer, dispatcher, auditor;
	struct stream_room room;
	struct tls_side tls;
	struct relay_env env;
	struct stamped stamped;
	struct snapshot snapshot;
	struct people people;
	struct edge_listener listener[EDGE_LISTENERS];
	size_t n_listeners;
	char nonces[EDGE_NONCES][NONCE_LEN];
	size_t n_nonces;
	bool nonces_wanted;
	struct relay *bucket[EDGE_BUCKETS];
	struct relay *relays;  /* all, newest first */
	struct relay *rejudge; /* the next to be judged anew */
	struct relay *tick_at; /* the next to be ticked */
	size_t n_relays;
	size_t most_relays; /* there are descriptors for */
	TAILQ_HEAD(, client) early; /* who has not logged in, in the order of coming */
	size_t n_early;
	struct sources *sources;
	struct tally *accounts; /* subscriptions of each */
	struct tally *users;    /* struct pace of each */
	struct limit_log limit_log;
	struct log_few failed_lines, penalty_lines, accept_lines;
	int reserve; /* a descriptor to spend when there are none */
	size_t turn; /* the listener that is next */
	uint64_t last_id;
	uint64_t notes_lost;
	struct msg_stats past; /* counts; of messages only those of connections that are over */
	uint64_t dispatchers; /* how many are gone */
	uv_timer_t tick, probe_timer, greet_timer, lost_timer;
	uv_idle_t idle;
	uv_check_t accepts;
	uv_prepare_t looks;
	struct probe probe;
	char host[256], version[32], domain[64];
	bool running, draining, stopping, told_to_stop;
	uint64_t drain_from_ms; /* lame duck: when closing begins */
	uint64_t drain_until_ms, drain_ms; /* and how long a command under way may still take then */
	size_t drain_total;
};

extern struct edge edge;

/* Commands: to the dispatcher, and its word on them. */
int edge_command(struct relay *r, const struct relay_command *c);
void edge_enough(struct relay *r, struct bytes subject);
int edge_on_command_done(struct channel *c, struct cursor *in, int fd);
int edge_on_answer(struct channel *c, struct cursor *in, int fd);
/* edge_commands_free() - of a connection that is gone. */
void edge_commands_free(struct client *c);
/* edge_commands_lost() - the dispatcher died: everybody who waits for its word is told. */
void edge_commands_lost(void);
/* edge_sign() - ask the signer; when there is none the next one is asked. */
void edge_sign(struct relay *r, const char *nonce);
/* edge_listener_of() - which one accepted it. */
static inline uint8_t
edge_listener_of(const struct relay *r)
{
	return (uint8_t)(((const struct client *)r)->listener - edge.listener);
}
/* edge_open_verifier() - a verifier came; edge_verifier.c. Return: 0, -errno. */
int edge_open_verifier(const struct newcomer *p) must_check;
/* edge_channels_begin() - the channel to the parent; the others come through it. */
void edge_channels_begin(void);
/* edge_start() - everything has arrived: look at the upstream, then listen. */
void edge_start(void);
/* edge_now_ms() - the loop's. */
static inline uint64_t
edge_now_ms(void)
{
	return uv_now(&edge.child.loop);
}
/* edge_link() - into the list of all, and the table by number. */
void edge_link(struct relay *r);
/* edge_accept_begin() - before the first message of the parent; edge_accept_start() - before listening. */
void edge_accept_begin(void);
void edge_accept_start(void);
/* edge_limits_start() - the tables, and a look at memory in each turn of the loop. */
void edge_limits_start(void);
/* edge_limit() - a ceiling was run into: count and log it. */
void edge_limit(enum limit l, const struct limit_who *who);
void edge_on_limit(struct relay *r, enum limit l);
/* edge_overloaded() - is memory so short that nobody new is let in? */
bool edge_overloaded(void);
/* edge_shed_early() - give up one connection that has not logged in. Return: false when there is none to give. */
bool edge_shed_early(void);
/* edge_proved() - a connection has logged in. */
void edge_proved(struct client *c);
/* edge_fault() - something went wrong at a source; edge_fault_of() - by the word a connection ended with. */
void edge_fault(const char *source, enum source_fault fault);
void edge_fault_of(const struct relay *r, const char *why);
/* edge_find() - a connection by its number, or NULL. */
struct relay *edge_find(uint64_t id);
/* edge_note() - one line for the decision log. */
void edge_note(struct relay *r, struct msg_note *m);
/* What a relay reports: edge_notes.c. */
void edge_on_event(struct relay *r, const struct relay_event *e);
const char *edge_rule_name(uint32_t rule);
void edge_on_opened(struct relay *r);
void edge_on_ended(struct relay *r, const char *why);
/* edge_count_closed() - of a connection that ends. */
void edge_count_closed(const struct relay *r);
/* MSG_STATS_WANTED, MSG_LIVE_WANTED */
int edge_on_stats_wanted(struct channel *c, struct cursor *in, int fd);
int edge_on_live_wanted(struct channel *c, struct cursor *in, int fd);
/* edge_listen() - accept, or leave the backlog to wait. */
void edge_listen(bool on);
/* edge_secure() - how TLS is spoken has changed: what new connections meet. */
void edge_secure(void);
/* edge_rejudge_all() - the policy was swapped. */
void edge_rejudge_all(void);
/* edge_on_probe_fd() - the parent dialled for the probe, or could not (-1). */
void edge_on_probe_fd(int fd);
/* edge_due() - a command that wants an answer went on; edge_due_over() - its answer came, or none will. @r may be NULL. */
void edge_due(struct relay *r, uint64_t number);
void edge_due_over(struct relay *r, uint64_t number);
/* MSG_LAME_DUCK, MSG_STOP */
int edge_on_lame_duck(struct channel *c, struct cursor *in, int fd);
int edge_on_stop(struct channel *c, struct cursor *in, int fd);
/* edge_tick_drain() - lame duck and stopping: close some more. */
void edge_tick_drain(uint64_t now_ms);
/* edge_exit_if_empty() - when stopping and nobody is left. */
void edge_exit_if_empty(void);

#endif
