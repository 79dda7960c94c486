/*
 * parent_priv - the parent in five files: parent.c starts, supervises and ends; parent_children.c
 * starts processes and wires them to each other; parent_shipper.c is about the one that may come and
 * go; parent_dial.c connects to the upstream;
 * parent_files.c reads policies and trust and watches them.
 */
#ifndef GATEWAY_PROC_PARENT_PRIV_H
#define GATEWAY_PROC_PARENT_PRIV_H

#include <sys/socket.h>

#include "gateway/proc/config.h"
#include "gateway/proc/gate_keys.h"
#include "gateway/proc/msg_parent.h"
#include "gateway/proc/parent.h"

enum { PARENT_EDGES = 64, PARENT_KIDS = PARENT_EDGES + 6, PARENT_LISTENERS = CONFIG_MAX_LISTEN };

/* A child process. */
struct kid {
	struct channel channel; /* first */
	uv_process_t process;
	enum role role;
	unsigned index;
	bool alive, ready, done;
	unsigned deaths;        /* of edges: in the last minute, for backing off */
	uint64_t born_ms;
};

struct parent_listener {
	int fd;
	char host[256];
	uint16_t port;
};

enum parent_state {
	PARENT_STARTING = 0,
	PARENT_RUNNING,
	PARENT_LAME_DUCK, /* no new connections; the edges let theirs go over time */
	PARENT_LEAVING, /* edges finish; then everybody ends */
};

struct parent {
	const struct parent_options *options;
	struct config *config;
	struct nkey gate[STAMP_GATES_MAX]; /* whose stamps are believed */
	size_t n_gates;
	uv_loop_t loop;
	enum parent_state state;
	struct kid kid[PARENT_KIDS];
	size_t n_kids;
	struct kid compiler;
	bool compiling, compile_again;
	int policy; /* the snapshot in force, -1: none yet */
	struct bytes changed; /* MSG_CHANGED, until the policy is said to be in force; ours */
	unsigned unapplied; /* processes that have not said yet that they judge by it */
	struct parent_listener listener[PARENT_LISTENERS];
	size_t n_listeners;
	struct sockaddr_storage upstream[8];
	socklen_t upstream_len[8];
	size_t n_upstream;
	bool upstream_away; /* the last attempt to connect failed, as was told in the log at ... */
	uint64_t upstream_told_ms;
	int announce; /* standard error as it was before the log went elsewhere, or -1 */
	char server_id[64];
	uv_signal_t signals[6];
	uv_fs_event_t watch_accounts, watch_operator;
	uv_timer_t compile_timer, trust_timer, respawn_timer, shipper_timer, stop_timer;
	bool announced;
	int status;
};

extern struct parent parent;

/* children_start() - start every role and wire them. Return: 0, -errno after a log line. */
int children_start(void) must_check;
/* children_respawn() - an edge died: a new one in its place. */
void children_respawn(void);
/* children_say() - the same bare message to every child of a role (ROLE_COUNT: to all). */
void children_say(enum role role, enum msg_parent type);
/* changes_take() - handler of MSG_CHANGED. changes_tell() - log it, once the policy is in force. */
int changes_take(struct channel *from, struct cursor *in, int fd);
void changes_tell(void);
/* children_policy() - the snapshot to everyone who judges. */
void children_policy(void);
/* children_compile() - compile the policy folder in a process of its own; a reload that fails keeps the old one. */
void children_compile(void);
/* children_keys() - the files with keys for the upstream to the signer, anew. */
void children_keys(void);
struct kid *kid_of(enum role role, unsigned index);
/* children_spawn() - our own program in a role, with its settings, but not its files. Return: 0, -errno. */
int children_spawn(struct kid *k, enum role role, unsigned index) must_check;
/* children_wire() - @k with everybody it speaks with who is there already. Return: 0, -errno. */
int children_wire(struct kid *k) must_check;
/* children_begin() - the policy in force, if it judges, and the word to start. */
void children_begin(struct kid *k);
/* children_secret() - a file of keys, opened for a child; NULL: none. Return: 0, -errno after a log line. */
int children_secret(struct kid *k, const char *name, const char *path) must_check;
/* children_backoff() - @k ended: how long to wait before another takes its place. */
uint64_t children_backoff(struct kid *k);

/* shipper_start() - where sinks are configured. Return: 0, -errno after a log line. */
int shipper_start(struct kid *k) must_check;
/* shipper_gone() - another in its place, after a while. */
void shipper_gone(struct kid *k);

/* dial_resolve() - addresses of the upstream. Return: 0, -errno after a log line. */
int dial_resolve(void) must_check;
/* dial_for() - connect for a child; MSG_DIALLED or MSG_NOT_DIALLED answers. */
void dial_for(struct kid *k, uint64_t token);

/* files_trust() - operator and accounts to the verifier. */
void files_trust(void);
/* files_sources() - policy files to the compiler. Return: how many, -errno. */
int files_sources(struct channel *to) must_check;
/* files_watch() - trust files that change are read again. */
void files_watch(void);
/* files_log_open() - open or reopen the log as descriptor 2 and pass it on. Return: 0, -errno. */
int files_log_open(bool tell) must_check;

/* parent_on_ready() - a child is ready; when all are, the world is told. */
void parent_on_ready(void);
/* parent_stop() - end everything; @status for the exit. */
void parent_stop(int status);
/* parent_kid_gone() - a child process ended. */
void parent_kid_gone(struct kid *k, int64_t status, int signal);

#endif
