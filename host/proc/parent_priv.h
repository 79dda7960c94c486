/*
 * parent_priv - the parent in its files: parent.c starts and ends; parent_keys.c has the keys;
 * parent_link.c the link process, and what is said and heard through it; parent_notify.c speaks to
 * the service manager; parent_log.c opens the log.
 */
#ifndef HOST_PROC_PARENT_PRIV_H
#define HOST_PROC_PARENT_PRIV_H

#include <uv.h>

#include "gateway/io/log.h"
#include "host/lattice/event.h"
#include "host/lattice/model.h"
#include "host/lattice/request.h"
#include "host/lattice/rpc.h"
#include "host/proc/parent.h"
#include "host/providers/msg_provider.h"
#include "policy/core/buf.h"
#include "policy/identity/nkey.h"

enum { PARENT_NAME_MAX = 64 };

enum host_state {
	HOST_STARTING = 0, /* until both connections were up once */
	HOST_RUNNING,
	HOST_LEAVING,
};

struct host {
	const struct parent_options *options;
	struct hostconf *conf;
	uv_loop_t loop;
	enum host_state state;
	int status; /* for the exit */
	char id[NKEY_TEXT_LEN + 1];
	char name[PARENT_NAME_MAX + 1];
	struct nkey_pair key, cluster;
	char cluster_id[NKEY_TEXT_LEN + 1];
	uint64_t born_ms;
	int announce; /* standard error as it was before the log went elsewhere, or -1 */
	int state_dir;
	bool announced, hurried;
	struct model *model;
	enum dialect dialect;
};

extern struct host host;

/* parent_stop() - end everything; @status for the exit. */
void parent_stop(int status);
/* parent_ready() - both connections are up, for the first time. */
void parent_ready(void);

/* ---- keys ---- */

/* keys_begin() - the state folder, the host's key and the cluster's. Return: 0, -1 after a log
 * line. */
int keys_begin(void) must_check;
/* keys_login() - what a connection logs in with: @jwt is borrowed until the next. Return: 0, -1
 * after a log line. */
int keys_login(enum wire wire, struct bytes *jwt) must_check;
/* keys_sign() - a server's nonce, with the key of that login. Return: 0, -ENOENT: it has none. */
int keys_sign(enum wire wire, struct bytes nonce, uint8_t sig[LINK_SIG]) must_check;
/* keys_ca() - PEM of a connection's authority; borrowed. Return: 0, -1 after a log line. */
int keys_ca(enum wire wire, struct bytes *pem) must_check;
/* keys_name() - a name for a host that was given none, from its id. */
void keys_name(const char *id, char out[PARENT_NAME_MAX + 1]);

/* ---- the link ---- */

/* What is heard through it. @reply and the body are borrowed until the return. */
typedef void link_heard(void *ctx, const struct link_msg *m);
/* The answer to link_ask(); called once, never from within link_ask(). */
typedef void link_answered(void *ctx, enum link_outcome outcome, struct bytes body);

/* link_begin() - start it. Return: 0, -errno after a log line. */
int link_begin(void) must_check;
/* link_relogin() - logins and authorities anew, where they changed: HUP. */
void link_relogin(void);
/*
 * link_sub() - from now on, over every reconnection and every new link process. @queue NULL: plain.
 * Return: its number, 0: too many or no memory.
 */
uint32_t link_sub(
    enum wire wire, const char *subject, const char *queue, link_heard *heard, void *ctx);
void link_unsub(uint32_t id);
/* link_leave() - nothing new comes; what is on its way is heard until link_unsub(). */
void link_leave(uint32_t id);
/* link_pub() - lost while the connection is down. @reply NULL: none. Return: 0, -errno: it did not
 * go. */
int link_pub(enum wire wire, struct bytes subject, struct bytes reply, struct bytes body);
/* link_ask() - an empty subject: our own inbox, to know that what was said before has come there.
 * Return: 0; -errno: it did not go, and nothing will be heard. */
int link_ask(enum wire wire, struct bytes subject, struct bytes body, uint32_t timeout_ms,
    link_answered *answered, void *ctx) must_check;
/* link_up() - is this connection up? */
bool link_up(enum wire wire);
/* link_state() - in words, and why it is not up. */
enum link_state link_state(enum wire wire, const char **why);
/* link_pid() - 0: none. */
int link_pid(void);
/* link_end() - what was published goes out; link_gone is called when the process is gone. */
void link_end(void (*gone)(void));
void link_kill(void);
/* link_log() - the log was opened anew. */
void link_log(void);

/* ---- what the lattice asks and hears ---- */

/* control_begin() - the model and its labels; what is listened to. Return: 0, -1 after a log line.
 */
int control_begin(void) must_check;
/* control_up() - the control connection is: the first time, learn and then join those who answer.
 */
void control_up(void);
/* control_ready() - the lattice is answered. */
bool control_ready(void);
/* control_end() - no command is taken any more. */
void control_end(void);
/* control_about() - what pings and heartbeats say besides the model. */
void control_about(struct reply_host *h);

/* registries_put(), configs_put(), configs_del() - kept in memory. Return: NULL, or why not. */
const char *registries_put(const struct request *q);
/* registries_of() - what to log in with at a registry; NULL: nothing was given. */
struct registry {
	char name[257];
	struct secret username, password, token; /* each may be none */
};
const struct registry *registries_of(struct bytes registry);
const char *configs_put(struct bytes entity, struct bytes key, struct bytes value);
/* configs_del() - an empty key: all of the entity. */
const char *configs_del(struct bytes entity, struct bytes key);
bool configs_get(struct bytes entity, struct bytes key, struct bytes *value);

/* events_begin() - heartbeats. events_end() - no more. */
void events_begin(void);
void events_end(void);
/* events_tell() - ->id and ->time_ms are filled in. */
void events_tell(struct event *e);
/* now_ms() - unix. id_new() - a random uuid. */
int64_t now_ms(void);
void id_new(char out[MODEL_ID + 1]);

/* ---- links ---- */

/* links_begin() - those kept in the state folder. */
void links_begin(void);
/* links_end() - what is not kept yet is. */
void links_end(void);
/* links_put(), links_del() - @tell: the lattice hears of it from us. Return: NULL, or why not, for
 * the one who asked. */
const char *links_put(const struct body_link *l, bool tell);
const char *links_del(const struct body_link *l, bool tell);
/* links_learn() - another host's answer to get.links. */
void links_learn(struct bytes answer);
/* links_state() - how one is at its provider, here. */
void links_state(struct bytes actor, struct bytes provider, struct bytes name, enum state to,
    const char *why, int64_t retry_s);

/* ---- artifacts ---- */

struct artifact {
	unsigned users;
	struct bytes bytes; /* owned */
	struct wascap claims;
	enum era era;
	char digest[7 + 64 + 1];
};

/*
 * artifact_get() - a module, looked at in full: where it may come from, who signed it, whether it
 * is unchanged. Return: 0 and *out given to the caller (artifact_drop()); 1 with @why; -ENOMEM.
 */
int artifact_get(struct bytes ref, struct artifact **out, char why[REQUEST_ERROR]) must_check;
/* artifacts_seen() - how often artifact_get() gave one, or did not, since the start. */
uint64_t artifacts_seen(bool accepted);
/* artifact_open() - the same of a file that need not lie in `artifacts`: for who started the host. */
int artifact_open(const char *path, struct artifact **out, char why[REQUEST_ERROR]) must_check;
struct artifact *artifact_hold(struct artifact *a);
void artifact_drop(struct artifact *a);

/* ---- calls ---- */

/* How a call ended is enum provider_answer. @out: the answer, or what happened in words; borrowed.
 */
typedef void call_done(void *ctx, enum provider_answer end, struct bytes out);

struct call {
	struct call *next;
	struct rpc_entity from, to;      /* slices of ->text */
	struct bytes operation, payload; /* the same */
	uint32_t depth;                  /* how many calls it is within */
	uint64_t due_ms;                 /* of the loop's clock */
	bool remote;                     /* it came over the network: to those who are here alone */
	call_done *done;
	void *ctx;
	uint8_t *text;
	/* how it ended, until that is told */
	enum provider_answer end;
	struct buf out;
	/* of who has it under way */
	uint64_t asked; /* of a provider */
	const void *by;
};

void calls_begin(void);
/*
 * calls_make() - to whom it is for: here if it is here, else over the network. @done is called
 * once, later, from the loop. @from, @to and the texts are copied.
 */
void calls_make(const struct call *like);
/* calls_end() - it has ended; takes it. Told when the loop next turns. */
void calls_end(struct call *c, enum provider_answer end, struct bytes out);
size_t calls_under_way(void);
/* calls_ended() - how many, since the start. */
uint64_t calls_ended(enum provider_answer end);

/* ---- actors ---- */

struct actor_run;

/* Commands. Return: NULL, or why not, for the one who asked; valid until the next. */
const char *actors_start(const struct request *q);
/* actors_run() - ->count of them, from an artifact that was looked at. */
const char *actors_run(const struct request *q, struct artifact *artifact);
/* actors_renew() - an update that takes the same revision too. @again: not now, but soon. */
const char *actors_renew(struct bytes ref, struct artifact *artifact, bool *again);
const char *actors_stop(const struct request *q);
const char *actors_scale(const struct request *q);
const char *actors_update(const struct request *q);
/* actors_not_started() - the lattice hears why one did not. */
void actors_not_started(const struct request *q, const char *error);
/* actors_find() - by key; NULL: not here. */
struct actor_run *actors_find(struct bytes key);
/* actors_call() - takes @c; answers it itself when there is no room. */
void actors_call(struct actor_run *a, struct call *c);
/* actors_leaving() - is it being stopped? */
bool actors_leaving(const struct actor_run *a);
/* actors_quiet() - no calls from the network any more; actors_busy() tells when those that came are
 * done. */
void actors_quiet(void);
/* actors_end() - stop all, at once. */
void actors_end(void);
/* actors_busy() - calls under way or waiting. */
size_t actors_busy(void);

/* ---- what an actor asks ---- */

struct actor_ask;
/* asks_take() - the guest of @cell, an instance of @a, asks; @id says who it is when the answer
 * comes. */
void asks_take(const struct model_actor *a, const char *instance, uint64_t id, uint32_t depth,
    uint64_t due_ms, const struct actor_ask *ask);
/* cells_answer() - to the cell with that number, if it still waits. */
void cells_answer(uint64_t id, bool ok, struct bytes answer);

struct contract_said;
/* actors_may_say() - a line of this actor in the log, or about what it asks? */
bool actors_may_say(const struct model_actor *m);
/* builtin_answer() - logging and numbers; @payload: as the guest gave it. */
void builtin_answer(const struct model_actor *a, uint64_t cell, const struct contract_said *asked,
    struct bytes payload);

/* ---- over the network ---- */

/* rpc_begin() - Return: 0, -1 after a log line. */
int rpc_begin(void) must_check;
/* rpc_send() - takes @c. */
void rpc_send(struct call *c);
/* rpc_listen() - for an entity that is here. Return: its number for rpc_deaf(), 0: none. */
struct rpc_ear;
struct rpc_ear *rpc_listen(const struct rpc_entity *e);
void rpc_deaf(struct rpc_ear *ear);
/*
 * rpc_leave() - calls go to other hosts from now on; those on their way to us are heard still.
 * @left is called once, later, when there are none; then rpc_deaf().
 */
void rpc_leave(struct rpc_ear *ear, void (*left)(void *ctx), void *ctx);
/* rpc_left() - nobody waits for that. */
bool rpc_left(void);

/* ---- providers ---- */

/* providers_begin() - Return: 0, -1 after a log line. */
int providers_begin(void) must_check;
const char *providers_start(const struct request *q);
const char *providers_stop(const struct request *q);
/* providers_call() - takes @c when it is here. Return: was it? */
bool providers_call(struct call *c);
/* providers_link(), providers_unlink() - a link was put or taken back. */
void providers_link(const struct model_link *l);
void providers_unlink(const struct model_link *l);
/* providers_end() - those that begin calls, or all, are told to stop; @gone when they have, or at once. */
void providers_end(bool askers, void (*gone)(void));
void providers_kill(void);

/* ---- the rest ---- */

/* log_open() - as descriptor 2. Return: 0, -errno after a log line. */
int log_open(void) must_check;
void log_reopen(void);

/* metrics_begin() - the numbers, in a file, if one is configured. Return: 0, -ENOMEM. */
int metrics_begin(void) must_check;
/* metrics_end() - the file is gone. */
void metrics_end(void);

/* How much somebody else's words may add to our log. A zeroed one begins. */
struct log_room {
	int64_t second;
	uint32_t lines;
	uint64_t dropped;
};

enum { LOG_LINES_S = 200, LOG_STRANGERS_S = 20 };

/* log_may() - one more line in this second, of @most? The first that may not is told: of whom. */
bool log_may(struct log_room *r, uint32_t most, const char *of);

/* random_take() - at most 4 KiB that nobody else was given; not for keys. */
void random_take(uint8_t *out, size_t n);

void notify_begin(void);
void notify_ready(void);
void notify_status(const char *text);
void notify_stopping(void);
void notify_reloading(void);
void notify_reloaded(void);

#endif
