/*
 * parent_priv - the parent in its files: parent.c starts, supervises and ends; parent_children.c
 * starts processes, parent_wires.c wires them to each other, parent_says.c hears them, parent_respawn.c
 * replaces those that die; parent_give.c opens their files; parent_shipper.c and
 * parent_metrics.c are about those that may come and go; parent_listen.c listens, parent_activation.c takes the sockets it was started
 * with, parent_notify.c speaks to the service manager; parent_dial.c connects to the upstream; parent_files.c reads
 * policies and trust and watches them; parent_reload.c keeps what came of a reload, parent_changes.c
 * says what it changed; parent_upgrade.c hands all over to another program; parent_control.c answers the control socket; parent_status.c says how all does.
 */
#ifndef GATEWAY_PROC_PARENT_PRIV_H
#define GATEWAY_PROC_PARENT_PRIV_H

#include <sys/socket.h>

#include "gateway/proc/config.h"
#include "gateway/proc/control.h"
#include "gateway/proc/gate_keys.h"
#include "gateway/proc/msg_parent.h"
#include "gateway/proc/msg_shipper.h"
#include "gateway/proc/msg_walls.h"
#include "gateway/proc/parent.h"

/* what a gateway calls a socket that it has opened itself, when another takes its place */
#define LISTENER_OWN "portcullis-own"

enum { PARENT_EDGES = 64, PARENT_KIDS = PARENT_EDGES + 7, PARENT_LISTENERS = CONFIG_MAX_LISTEN };

/* A child process. */
struct kid {
	struct channel channel; /* first */
	uv_process_t process;
	enum role role;
	unsigned index;
	bool alive, ready, done;
	unsigned deaths;        /* in a row, for backing off */
	unsigned restarts;      /* how many had its place before */
	uint64_t born_ms, due_ms; /* due: when another takes its place */
	unsigned applying;      /* policies of reloads it was given and does not judge by yet */
	unsigned uncounted;     /* and those it was given because it is new: before them */
	bool owes_stats, owes_conns; /* it was asked and has not answered */
	bool silent;                 /* not even what was asked before that */
	unsigned unanswered;         /* so many looks in a row */
	struct msg_stats stats;
	struct msg_walls walls; /* zero: not locked in yet */
};

struct parent_listener {
	int fd;
	bool given; /* somebody else holds it too: closed, never shut */
	bool own;   /* it was opened by a gateway before this one, for itself */
	char host[256];
	uint16_t port;
};

/* What came of the reloads. */
struct reload {
	uint64_t wanted;    /* the number of the last one asked for */
	uint64_t compiling; /* the number the running compilation answers for */
	uint64_t applying;  /* and the policy that is being taken up */
	bool outcome;       /* the compilation has said what came of it */
	bool comparing;     /* its process may still say what is changed */
	bool applied;       /* and everybody judges by it: who waits has not been told */
	char by[CONTROL_BY_MAX]; /* who asked; empty: the start */
	char id[24], before[24];
	uint64_t rules;
	uint64_t n_loaded, n_refused;
	int64_t loaded_s, refused_s; /* unix; refused_s 0: the last one was not refused */
	struct buf report;           /* the compiler's words */
	struct buf changes;          /* JSON texts */
	char trust[96];
	bool trust_kept; /* what is trusted could not be taken up */
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
	uint64_t past_limit[LIMIT_COUNT]; /* what edges that are gone had counted */
	struct nkey gate[STAMP_GATES_MAX]; /* whose stamps are believed */
	size_t n_gates;
	uv_loop_t loop;
	enum parent_state state;
	struct kid kid[PARENT_KIDS];
	size_t n_kids;
	struct kid compiler;
	bool compiling, compile_again;
	bool reload_due; /* asked for by a signal before everybody was ready */
	int policy; /* the snapshot in force, -1: none yet */
	struct bytes changed; /* MSG_CHANGED, until the policy is said to be in force; ours */
	unsigned unapplied; /* processes that have not said yet that they judge by it */
	struct parent_listener listener[PARENT_LISTENERS];
	size_t n_listeners;
	struct sockaddr_storage upstream[8];
	socklen_t upstream_len[8];
	size_t n_upstream;
	uv_fs_event_t watch_tls[6]; /* folders with certificates and keys */
	uv_timer_t tls_timer;
	unsigned tls_keys_out; /* of a reload: the signer has not taken them yet */
	bool upstream_away; /* the last attempt to connect failed, as was told in the log at ... */
	uint64_t upstream_told_ms;
	bool upstream_tried;
	int upstream_error; /* of the last attempt; 0: it succeeded */
	int64_t upstream_since_s;
	struct reload reload;
	struct sink_status {
		bool up;
		uint64_t after, waiting;
		char why[SINK_WHY_MAX + 1];
	} sink[SINK_MAX]; /* as the shipper says */
	bool sink_logins_due; /* a reload came while the shipper began: it may have read the files before */
	struct {
		bool known;
		uint64_t seq, durable, lost, checkpoint_ns, batch[STATS_BUCKETS], batch_ns;
		int64_t since_s, notes_since_s;
		bool failing, notes_failing, away; /* away: it has ended */
		char why[256], notes_why[256];
	} audit; /* as the auditor says */
	uint64_t born_ms;
	int announce; /* standard error as it was before the log went elsewhere, or -1 */
	char server_id[64];
	uv_signal_t signals[6];
	uv_fs_event_t watch_accounts, watch_operator;
	uv_timer_t compile_timer, trust_timer, respawn_timer, hung_timer, shipper_timer, sink_timer, stop_timer;
	bool announced, hurried;
	int status;
	struct msg_walls walls; /* the parent's own */
	bool change_user;       /* of the children, when we are root */
	uint32_t uid, gid;
};

extern struct parent parent;

/* children_start() - start every role and wire them. Return: 0, -errno after a log line. */
int children_start(void) must_check;
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
/* children_since() - of an edge: its connections are numbered on from here. */
uint64_t children_since(const struct kid *k);
/* children_spawn() - our own program in a role, with its settings, but not its files. Return: 0, -errno. */
int children_spawn(struct kid *k, enum role role, unsigned index) must_check;
/* children_equip() - its files, its peers, its listeners. Return: 0, -errno after a log line. */
int children_equip(struct kid *k) must_check;
/* wires_connect() - @k with everybody it speaks with who is there already. Return: 0, -errno. */
int wires_connect(struct kid *k) must_check;
/* says_ops() - what a child of @role may say. */
const struct channel_ops *says_ops(enum role role);
/* children_begin() - the policy in force, if it judges, and the word to start. */
void children_begin(struct kid *k);
/* children_files() - what the role owns on disk. Return: 0, -errno. */
int children_files(struct kid *k) must_check;
/* children_secret() - a file of keys, opened for a child; NULL: none. Return: 0, -errno after a log line. */
int children_secret(struct kid *k, const char *name, const char *path) must_check;
/* children_public() - the same of a file that others may read, but not write. */
int children_public(struct kid *k, const char *name, const char *path) must_check;
/* children_applied() - @k judges by what it was given. children_unapplied() - it never will. */
void children_applied(struct kid *k);
void children_unapplied(struct kid *k);

/* respawn_gone() - @k died: another takes its place. respawn_ready() - it has. */
void respawn_gone(struct kid *k);
void respawn_ready(struct kid *k);
/* respawn_backoff() - @k ended: how long to wait before another takes its place. */
uint64_t respawn_backoff(struct kid *k);
/* hung_watch() - from now on who does not answer is replaced. */
void hung_watch(void);
/* respawn_failing() - does it die again and again? */
bool respawn_failing(const struct kid *k);
/* respawn_expel() - @by says that a peer said what may not be said: that one ends, and is replaced. */
void respawn_expel(const struct kid *by, enum role role, unsigned index);

/* notify_begin() - who is to be told ($NOTIFY_SOCKET, $WATCHDOG_USEC); nobody after us sees the variables. */
void notify_begin(void);
/* notify_status() - one line for people. */
void notify_status(const char *text);
void notify_ready(void);
/* notify_reloading() - a reload begins; notify_reloaded() - its outcome is known. */
void notify_reloading(void);
void notify_reloaded(void);
void notify_stopping(const char *why);

/* listeners_open() - every `listen`, given to us or opened. Return: 0, -1 after a log line. */
int listeners_open(void) must_check;
/* listener_open() - one more, of an address in digits: given to us or opened. Return: 0, -errno. */
int listener_open(const struct config_address *a, int *fd, char *name, size_t room) must_check;
/* listeners_close() - from now on strangers are refused, or wait for who has the sockets after us. */
void listeners_close(void);
/* listener_name() - "HOST:PORT" of an address. */
void listener_name(const struct sockaddr *sa, char *out, size_t room);
/* activation_begin() - the sockets we were started with. Return: 0, -1 after a log line. */
int activation_begin(void) must_check;
/* activation_take() - the one bound to @sa (port 0: any of that address), to "listen" or for "metrics". Return:
 * it, -1: none. */
int activation_take(const struct sockaddr *sa, const char *use);
/* activation_own() - was @fd, taken, passed on by a gateway that had opened it itself? */
bool activation_own(int fd);
/* activation_end() - nothing may be left over. Return: 0, -1 after a log line. */
int activation_end(void) must_check;

/* shipper_start() - where sinks are configured. Return: 0, -errno after a log line. */
int shipper_start(struct kid *k) must_check;
/* shipper_logins() - what sinks log in with, anew. */
void shipper_logins(void);
/* sinks_watch() - from here on, servers of sinks that are away are looked up again, now and then. */
void sinks_watch(void);
/* shipper_on_state() - MSG_SINK_STATE. */
int shipper_on_state(struct channel *c, struct cursor *in, int fd);
/* shipper_gone() - another in its place, after a while. */
void shipper_gone(struct kid *k);

/* upgrade_begin() - have the program of our name take our place. Return: NULL, or why not. */
const char *upgrade_begin(const char *by);
/* upgrade_hand_over() - our processes have ended: does another take over? Then the loop goes on until it has. */
bool upgrade_hand_over(void);
/* upgrade_hurry() - asked to stop meanwhile. Return: was that so? */
bool upgrade_hurry(void);
/* upgrade_take() - we are the other: @channel (taken) leads to who is there still. */
void upgrade_take(int channel);
/* upgrade_leaving() - is it to somebody else that we make room? */
bool upgrade_leaving(void);
/* upgrade_compiled(), upgrade_ready() - say so, if somebody waits for it. */
void upgrade_compiled(void);
void upgrade_ready(void);
/* parent_go_on() - the log is ours: start. Return: 0, -1 after a log line. */
int parent_go_on(void) must_check;
/* activation_channel() - where who started us in his place speaks; -1: nobody did. */
int activation_channel(void);
/* metrics_socket() - or -1. */
int metrics_socket(void);
/* control_upgraded() - to who asked for it: @pid takes over, 0: it failed. */
void control_upgraded(int pid, const char *why);
/* notify_variable() - the @i-th variable of the manager's that another process of ours goes on with. */
bool notify_variable(size_t i, char *out, size_t room);
/* notify_successor() - the main process is another. */
void notify_successor(int pid);

/* metrics_open() - its socket, where one is configured; metrics_start() - the process. Return: 0, -1 after a log line. */
int metrics_open(void) must_check;
int metrics_start(void) must_check;
/* metrics_end() - its socket's name is taken away. */
void metrics_end(void);
/* metrics_gone() - another in its place, after a while. */
void metrics_gone(struct kid *k);
/* metrics_on_wanted() - MSG_METRICS_WANTED; metrics_numbers() - the children have answered; metrics_looked()
 * - the attempt to reach the upstream has ended. */
int metrics_on_wanted(struct channel *c, struct cursor *in, int fd);
void metrics_numbers(void);
void metrics_looked(void);
/* tls_wire() - a child and the signer, for TLS signatures; and the certificates. Return: 0, -errno. */
int tls_wire(struct kid *k) must_check;
/* tls_keys() - the private keys to the signer. Return: 0, -errno after a log line. */
int tls_keys(struct kid *signer) must_check;
/* tls_reload() - certificates and keys anew. */
void tls_reload(void);
/* tls_watch() - files of TLS that change are read again; once, at the start. */
void tls_watch(void);
/* tls_on_key_taken() - MSG_TLS_KEY_TAKEN: the certificates may follow. */
int tls_on_key_taken(struct channel *c, struct cursor *in, int fd);

/* dial_resolve() - addresses of the upstream. Return: 0, -errno after a log line. */
int dial_resolve(void) must_check;
/* dial_for() - connect for a child; MSG_DIALLED or MSG_NOT_DIALLED answers. */
void dial_for(struct kid *k, uint64_t token);

/* dial_look() - can the upstream be reached? metrics_looked() when that is known. */
void dial_look(void);

/* files_trust() - operator and accounts to the verifier. */
void files_trust(void);
/* files_sources() - policy files to the compiler. Return: how many, -errno. */
int files_sources(struct channel *to) must_check;
/* files_watch() - trust files that change are read again. */
void files_watch(void);
/* files_log_open() - open or reopen the log as descriptor 2 and pass it on. Return: 0, -errno. */
int files_log_open(bool tell) must_check;

/* parent_reload() - policy, trust and keys anew; @by for the record. */
void parent_reload(const char *by);
/* reload_begun() - a compilation starts. */
void reload_begun(void);
/* reload_refused() - it found errors, or could not be: @report says which. */
void reload_refused(struct bytes report);
/* reload_compiled() - @name: "ID RULES"; reload_applied() - everybody judges by it. */
void reload_compiled(struct bytes name, struct bytes report);
void reload_applied(void);
/* reload_compiler_gone() - its process has ended, with or without a word. */
void reload_compiler_gone(void);
/* reload_trusted() - the verifier's word: "trusted" or "kept". */
void reload_trusted(struct bytes kind, struct bytes text);
/* reload_changed() - one thing the new policy says otherwise. */
void reload_changed(const char *change, struct bytes who, struct bytes what, struct bytes example);
/* reload_put_report() - the compiler's words as a JSON list. */
void reload_put_report(struct buf *b);

/* rotate_key() - the file with the audit's key to the auditor, which takes another one up. Return: 0, -errno. */
int rotate_key(void);
/* rotate_on_changed() - MSG_KEY_CHANGED: to who waits. */
int rotate_on_changed(struct channel *c, struct cursor *in, int fd);
/* control_rotated() - the answer to everybody who asked for another key. */
void control_rotated(struct bytes json);
/* control_begin() - the control socket. Return: 0, -errno after a log line (then: no start). */
int control_begin(void) must_check;
/* control_ask() - the children for their counts; metrics_numbers() when they have answered, or not in time. */
void control_ask(void);
/* control_end() - take it away. */
void control_end(void);
/* control_reloaded() - the outcome of every reload up to number @of. */
void control_reloaded(uint64_t of, struct bytes json);
/* What children say of themselves. */
int control_on_stats(struct channel *c, struct cursor *in, int fd);
int control_on_audit_state(struct channel *c, struct cursor *in, int fd);
int control_on_live(struct channel *c, struct cursor *in, int fd);
int control_on_live_end(struct channel *c, struct cursor *in, int fd);
/* act_tell() - an act of the administrator, to the auditor. */
void act_tell(enum act_kind kind, const char *what, struct bytes detail, const char *by);

/* status_limit() - how often a ceiling was run into, in all processes. */
uint64_t status_limit(enum limit l);
/* acts_keep() - until there is an auditor. acts_tell_kept() - there is. */
void acts_keep(const struct msg_act *m);
void acts_tell_kept(void);

/* status_put() - how the gateway does, as JSON. */
void status_put(struct buf *b);
/* status_audit_gone() - it has ended: until another says otherwise, nothing is written. */
void status_audit_gone(void);
/* status_audit() - the auditor's word on its files. */
void status_audit(const struct msg_audit_state *m);

/* walls_begin() - the parent's own walls, and who its children become. Return: 0, -errno after a log line. */
int walls_begin(void) must_check;
/* walls_setup() - the part of a child's settings that is about them. */
void walls_setup(struct setup *s);
/* owner_check() - may who will work in @path go on with all files there? Return: 0, -errno, EACCES after a log line. */
int owner_check(const char *path) must_check;
/* owner_reads() - may who will work in @work read the folder @path as well? Return: the same. */
int owner_reads(const char *work, const char *path) must_check;
/* owner_mkdir() - a folder, of the owner of the folder @like where he may have one there. Return: 0, -errno. */
int owner_mkdir(const char *path, const char *like) must_check;
/* walls_on_said() - MSG_WALLS. */
int walls_on_said(struct channel *c, struct cursor *in, int fd);
/* walls_put() - a process's, as members of a JSON object. */
void walls_put(struct buf *b, const struct msg_walls *w);
/* walls_killed() - what to say of a process that a signal ended; NULL: nothing. */
const char *walls_killed(int signal);

/* parent_on_ready() - a child is ready; when all are, the world is told. */
void parent_on_ready(void);
/* parent_stop() - end everything; @status for the exit. */
void parent_stop(int status);
/* parent_kid_ended() - how a child process ended, in the log. */
void parent_kid_ended(const struct kid *k, int64_t status, int signal);
/* parent_kid_gone() - a child process ended. */
void parent_kid_gone(struct kid *k, int64_t status, int signal);

#endif
