/*
 * provider - capability providers seen from their host: started, linked, asked, watched and ended.
 *
 * A provider is a program of its own beside ours, executed with an empty environment, as a user of
 * its own when we are root, in namespaces where the kernel gives them, and with one channel. What a
 * link lets it reach the host opens and hands over: a listening socket, a connected one. It is told
 * nothing else and believed nothing.
 *
 * Nothing here waits: everything happens in the loop, and what happened is told by callbacks. None
 * of them is called from within a function of this header, but from the loop, so that the caller's
 * own tables may change in them; provider_free() must not be called from one.
 *
 *   struct providers   all of a host; they share the ports that are bound
 *   struct provider    one program under one key and link name, with its links
 */
#ifndef HOST_PROC_PROVIDER_H
#define HOST_PROC_PROVIDER_H

#include <sys/types.h>
#include <uv.h>

#include "host/proc/users.h"
#include "host/providers/msg_provider.h"
#include "policy/core/err.h"

enum { PROVIDERS_MAX = 64 };

enum provider_state {
	PROVIDER_STARTING = 0, /* spawned, not locked in yet */
	PROVIDER_RUNNING,      /* all links that there are run, or are being made */
	PROVIDER_DEGRADED,     /* it runs, and a link does not: ->why names it */
	PROVIDER_BROKEN,   /* failed: not running; ->why, and ->retry_s when it is started again */
	PROVIDER_STOPPING, /* told to end what is under way */
	PROVIDER_STOPPED,  /* gone, as asked; nothing follows but provider_free() */
	PROVIDER_STATES
};

/* What one shows people of a provider or of a link. */
struct provider_status {
	enum provider_state state;
	char why[PROVIDER_WHY]; /* plain ASCII; empty while all is well */
	int64_t since_s;        /* unix time the state began */
	int64_t retry_s;        /* unix time of the next try; 0: none */
	unsigned restarts;      /* since it was asked for */
	unsigned links, links_failed;
	pid_t pid; /* 0: no process */
	uid_t uid;
	uint32_t walls;                /* WALL_BIT()s, as it said; ENCLOSE_OWN_USER's bit */
	bool namespaces;               /* processes and network of its own */
	struct provider_counts counts; /* as it said last */
};

struct provider_link_status {
	struct bytes actor; /* borrowed until the link goes */
	enum provider_link_state state;
	char why[PROVIDER_WHY];
	char
	    address[64]; /* what was bound or dialled, as it came out: "127.0.0.1:8080"; or empty */
	int64_t since_s, retry_s;
};

struct provider;
struct providers;

/* Every function may be NULL. Texts and slices are borrowed until the return. */
struct provider_ops {
	void *ctx;
	/* its status changed: provider_status() */
	void (*on_state)(void *ctx, struct provider *p);
	/* a link's did; with ->state PROVIDER_LINK_GONE it is forgotten after this */
	void (*on_link)(void *ctx, struct provider *p, const struct provider_link_status *link);
	/*
	 * it asks @ask->actor, which is linked to it; say provider_answer() with @ask->id, now or
	 * later, within @ask->timeout_ms. Without an answer it hears PROVIDER_LATE.
	 */
	void (*on_invoke)(void *ctx, struct provider *p, const struct msg_provider_ask *ask);
	/* the answer to provider_call(), exactly once for each, also when the provider ended */
	void (*on_result)(void *ctx, struct provider *p, const struct msg_provider_result *result);
	/* a line, escaped already: printable ASCII; @actor may be empty */
	void (*on_log)(
	    void *ctx, struct provider *p, int level, struct bytes actor, struct bytes text);
	/*
	 * may a link have this? Asked before a socket is bound (@listen) or dialled.
	 * Return: NULL, or the reason why not (a constant). Without this function all may be had.
	 */
	const char *(*may_reach)(
	    void *ctx, struct provider *p, bool listen, const char *host, uint16_t port);
	/*
	 * a messaging server's nonce is to be signed with the login of @actor's link: append the
	 * user JWT and the 64 bytes of the signature. Return: 0, or anything else: there is no
	 * login. Without this function it is the creds file that the link's value CREDS names,
	 * STATE/creds/NAME.creds.
	 */
	int (*sign)(void *ctx, struct provider *p, struct bytes actor, struct bytes nonce,
	    struct buf *jwt, struct buf *sig);
};

struct providers_options {
	const char
	    *programs; /* folder of portcullis-provider-*; NULL: where our own program lies */
	const char
	    *state; /* folder for what they keep; made when missing; NULL: none may keep anything */
	struct bytes host_id, lattice;
	uint32_t minimum; /* WALL_BIT()s, ENCLOSE_OWN_USER's bit: without which none runs, besides WALLS_FLOOR */
	struct users *users; /* borrowed, for all their life; NULL, or none to be had: see provider_user.c */
	int stderr_fd;    /* what they have as 2; -1: the null device */
	struct provider_ops ops;
};

/* What to start. */
struct provider_spec {
	const char *kind; /* "httpserver": the program portcullis-provider-KIND; provider_kind() */
	struct bytes key, contract, link_name;
	struct provider_pairs config; /* borrowed until the return */
	void *ctx;                    /* yours: provider_ctx() */
};

/* provider_kind() - the program we have for a contract: "wasmcloud:httpserver" -> "httpserver"; or
 * NULL. */
const char *provider_kind(struct bytes contract);

/* providers_new() - Return: 0 and *out given, -errno. */
int providers_new(
    struct providers **out, uv_loop_t *loop, const struct providers_options *o) must_check;
/*
 * providers_free() - kills what is left, at once, and lets go; the loop must turn once more before
 * it is closed. NULL is fine.
 */
void providers_free(struct providers *all);

/*
 * provider_start() - begin; what becomes of it is told by on_state. A program that is not there, or
 * may be written by others, is a PROVIDER_BROKEN one, not an error here.
 * Return: 0 and *out given; -EEXIST: there is one with this key and link name; -E2BIG; -EINVAL a
 * name that cannot be one; -ENOMEM.
 */
int provider_start(
    struct providers *all, const struct provider_spec *spec, struct provider **out) must_check;
/*
 * provider_stop() - no new work; after @drain_ms, or as soon as all is answered, its end: of the
 * process, and of whatever it may have started. Then on_state says PROVIDER_STOPPED.
 */
void provider_stop(struct provider *p, uint32_t drain_ms);
/* provider_free() - forget one that is PROVIDER_STOPPED or, killing it, any other. NULL is fine. */
void provider_free(struct provider *p);
/* provider_retry() - do not wait for ->retry_s: of itself and of all its links. */
void provider_retry(struct provider *p);

/*
 * provider_link_put() - link an actor, or change its values. Values that make no sense, a port in
 * use and a server that is not there are the link's state, told by on_link, and tried again.
 * Return: 0; -E2BIG too many links; -EINVAL; -ENOMEM.
 */
int provider_link_put(
    struct provider *p, struct bytes actor, const struct provider_pairs *values) must_check;
/* provider_link_del() - what is under way for it ends first; on_link then says GONE. Return: 0,
 * -ENOENT. */
int provider_link_del(struct provider *p, struct bytes actor) must_check;
/* provider_link() - of an actor. Return: 0, -ENOENT. */
int provider_link(
    const struct provider *p, struct bytes actor, struct provider_link_status *out) must_check;
/* provider_link_at() - the @i-th of ->links. Return: 0, -ENOENT. */
int provider_link_at(
    const struct provider *p, size_t i, struct provider_link_status *out) must_check;

/*
 * provider_call() - @actor, which must be linked, asks; on_result follows with *id.
 * Return: 0; -ENOENT not linked; -EPIPE it or the link does not run; -EBUSY too many under way;
 * -EMSGSIZE.
 */
int provider_call(struct provider *p, struct bytes actor, struct bytes operation,
    struct bytes payload, uint32_t timeout_ms, uint64_t *id) must_check;
/*
 * provider_answer() - to on_invoke's @id; one that is not waited for any more is ignored. @payload:
 * the answer, or for others than PROVIDER_OK what happened in words, which strangers may get to
 * read.
 */
void provider_answer(
    struct provider *p, uint64_t id, enum provider_answer answer, struct bytes payload);

const struct provider_status *provider_status(const struct provider *p);
void *provider_ctx(const struct provider *p);
/* provider_is() - has it this key and link name? */
bool provider_is(const struct provider *p, struct bytes key, struct bytes link_name);
struct bytes provider_key(const struct provider *p);
struct bytes provider_contract(const struct provider *p);
struct bytes provider_link_name(const struct provider *p);
/* provider_state_name() - "running"; "failed" for PROVIDER_BROKEN; never NULL. */
const char *provider_state_name(enum provider_state s);
/* provider_link_state_name() - "waiting", "running", "failed", "gone". */
const char *provider_link_state_name(enum provider_link_state s);

#endif
