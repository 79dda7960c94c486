/*
 * provider_priv - a provider from within: provider.c (what the host wants), provider_life.c (its
 * states), provider_turn.c (what is due, what is told), provider_says.c (what it says),
 * provider_link.c and provider_socket.c (its links and what is opened for them), provider_asks.c
 * (what is under way), provider_spawn.c (its process), provider_user.c
 * (who it is, and what is its alone).
 */
#ifndef HOST_PROC_PROVIDER_PRIV_H
#define HOST_PROC_PROVIDER_PRIV_H

#include "gateway/io/frame.h"
#include "host/proc/provider.h"
#include "host/proc/provider_need.h"
#include "seccomp/wall.h"

enum {
	PROVIDER_TICK_MS = 100,
	PROVIDER_RETRY_MS = 1000, /* first; doubled each time */
	PROVIDER_RETRY_MAX_MS = 30000,
	PROVIDER_WELL_MS = 60000,  /* who ran that long begins anew */
	PROVIDER_BIRTH_MS = 10000, /* until it is locked in */
	PROVIDER_DIAL_MS = 5000,
	PROVIDER_ASK_MAX_MS = 600000,
	PROVIDER_LINES_S = 1000, /* lines of the log in a second; what is more is dropped */
	PROVIDER_UIDS = 61184, /* first of the users they have where users.h has none for them, and we are root */
	PROVIDER_UIDS_N = 4096,
};

/* A descriptor that the loop watches; its own memory, which the loop lets go of later. */
struct provider_watch {
	uv_poll_t poll;
	int fd;
	void *owner;
};

/* What is under way: ours to end in time. An id is a slot and how often it was used. */
struct provider_asks {
	size_t n; /* under way */
	uint32_t first_free;
	struct {
		bool used, ended; /* ended: on_result is still to be said */
		uint16_t turn;
		uint32_t next_free;
		uint64_t peer_id;
		uint64_t until_ms;
	} at[PROVIDER_INVOKES];
};

struct provider_link_of {
	struct provider_link_of *next;
	struct provider *provider;
	char actor[PROVIDER_KEY + 1];
	struct provider_pairs values; /* into ->text */
	uint8_t *text;
	struct provider_need need;
	const char *wrong; /* the values make no sense: why */
	enum provider_link_state state;
	char why[PROVIDER_WHY];
	char address[64];
	int64_t since_s;
	uint64_t retry_ms; /* loop time; 0: not */
	unsigned fails;
	int listener; /* kept while the link is: another process gets it if this one ends; -1 */
	struct provider_watch *dial;
	uint64_t dial_until_ms;
	bool going;         /* it is to be forgotten */
	bool leaving;       /* ... and the process is told: its GONE follows */
	bool told;          /* the process has it */
	unsigned withdrawn; /* so many LINK_DEL are said of what it was before: their GONE mean
			       nothing */
	bool changed;       /* on_link is to be called */
};

struct provider {
	struct provider *next;
	struct providers *all;
	const struct provider_kind *kind;
	char name[32]; /* of the kind, also of one nobody knows */
	char key[PROVIDER_KEY + 1], contract[PROVIDER_NAME + 1], link_name[PROVIDER_NAME + 1];
	struct provider_pairs config; /* into ->text */
	uint8_t *text;
	void *ctx;
	struct provider_status status;
	bool changed; /* on_state is to be called */
	struct channel channel;
	struct provider_watch *exit; /* its pidfd */
	pid_t pid;
	uid_t user; /* its own, all its life; 0: none yet, or none */
	char last[PROVIDER_WHY]; /* why it will end, or has: the first reason stays */
	bool killed;
	uint64_t born_ms, retry_ms, stop_ms; /* loop time; 0: not */
	unsigned fails;
	struct provider_link_of *links;
	struct provider_asks calls, invokes;
	uint64_t line_ms, line_room, lines_dropped;
};

struct providers {
	uv_loop_t *loop;
	struct providers_options options;
	char *programs, *state;
	char host_id[PROVIDER_KEY + 1], lattice[PROVIDER_NAME + 1];
	struct provider *first;
	uv_timer_t *tick;
	uv_idle_t *turn;
};

/* ---- provider_turn.c ---- */
/* provider_changed() - tell upward in the loop's next turn. */
void provider_changed(struct provider *p);
/* provider_timed() - something is under way that has an end: it is looked at now and then. */
void provider_timed(struct provider *p);

/* ---- provider.c ---- */
/* pairs_copy() - Return: the memory of all, NULL: too much or none left. */
uint8_t *provider_pairs_copy(struct provider_pairs *to, const struct provider_pairs *from);

/* ---- provider_life.c ---- */
/* provider_begin() - a process, now. */
void provider_begin(struct provider *p);
void provider_now(struct provider *p, enum provider_state state, const char *why);
/* provider_judge() - running or degraded, from its links. */
void provider_judge(struct provider *p);
/* provider_kill() - for this reason; the process's end follows. The first reason stays. */
void provider_kill(struct provider *p, const char *why);
/* provider_after() - how long to wait after so many failures. */
uint64_t provider_after(unsigned fails);
/* provider_watching() - @owner's; @fd is taken. Return: NULL when it cannot be, and @fd is closed.
 */
struct provider_watch *provider_watching(
    uv_loop_t *loop, int fd, int events, void *owner, uv_poll_cb on);
/* provider_unwatch() - close; or, with @keep, leave the descriptor to the caller. NULL is fine. */
void provider_unwatch(struct provider_watch *w, bool keep);

/* ---- provider_says.c ---- */
const struct channel_ops *provider_says(void);

/* ---- provider_link.c ---- */
struct provider_link_of *provider_link_find(const struct provider *p, struct bytes actor);
/* links_open() - all anew: the process has begun. */
void provider_links_open(struct provider *p);
/* links_lost() - the process is gone. */
void provider_links_lost(struct provider *p);
/* links_tick() - what is due. Return: is there anything to wait for? */
bool provider_links_tick(struct provider *p, uint64_t now);
void provider_link_now(struct provider_link_of *l, enum provider_link_state state, const char *why);
/* link_failed() - and tried again, if @again. */
void provider_link_failed(struct provider_link_of *l, const char *why, bool again);
/* links_shut() - nobody new gets in. */
void provider_links_shut(struct provider *p);
void provider_link_status(const struct provider_link_of *l, struct provider_link_status *out);
/* link_give() - the process gets it, with @fd (taken; -1: none). */
void provider_link_give(struct provider_link_of *l, int fd);
/* link_forget() - out of the list. */
void provider_link_forget(struct provider_link_of *l);

/* ---- provider_socket.c ---- */
/* socket_bind() - ->listener and ->address. Return: 0, -errno. */
int provider_socket_bind(struct provider_link_of *l) must_check;
/* socket_dial() - begin; provider_link_give() or provider_link_failed() follows. Return: 0, -errno.
 */
int provider_socket_dial(struct provider_link_of *l) must_check;
/* socket_shut() - whoever comes now finds nobody, who waits already may be accepted; ours is
 * closed. */
void provider_socket_shut(int *listener);

/* ---- provider_login.c ---- */
/* login_sign() - as struct provider_ops->sign, with the link's own creds file. */
int provider_login_sign(const struct provider_link_of *l, struct bytes nonce, struct buf *jwt,
    struct buf *sig) must_check;

/* ---- provider_asks.c ---- */
void provider_asks_init(struct provider_asks *a);
/* asks_add() - Return: an id, 0 when there is no room. */
uint64_t provider_asks_add(struct provider_asks *a, uint64_t peer_id, uint64_t until_ms);
/* asks_take() - it ends. Return: was it under way? */
bool provider_asks_take(struct provider_asks *a, uint64_t id, uint64_t *peer_id);
/* asks_due() - the first whose time is up, at or after slot *@from. Return: its id, 0: none. */
uint64_t provider_asks_due(struct provider_asks *a, size_t *from, uint64_t now);
/* asks_end() - all have none any more: they are due at once. */
void provider_asks_end(struct provider_asks *a);

/* ---- provider_spawn.c ---- */
/*
 * provider_spawn() - its process, of which we get the channel and the pidfd
 * @why: filled when it cannot be started
 */
int provider_spawn(struct provider *p, int *channel, int *pidfd, char *why, size_t room) must_check;
/* provider_reap() - Return: what ended it, in words. */
void provider_reap(struct provider *p, int pidfd, char *why, size_t room);

/* ---- provider_user.c ---- */
/* provider_user() - whom its process becomes; the same all its life. Return: 0: nobody, it stays as we are. */
uid_t provider_user(struct provider *p);
/* provider_own() - has no other process of the host this user? */
bool provider_own(const struct provider *p);
/* provider_folder() - what it keeps, with all in it its user's. Return: a descriptor; -ENOENT: nothing is kept;
 * -errno. */
int provider_folder(struct provider *p) must_check;

#endif
