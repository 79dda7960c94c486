/*
 * parent_priv - the parent in its files: parent.c starts and ends; parent_keys.c has the keys;
 * parent_link.c the link process, and what is said and heard through it; parent_notify.c speaks to
 * the service manager; parent_log.c opens the log.
 */
#ifndef HOST_PROC_PARENT_PRIV_H
#define HOST_PROC_PARENT_PRIV_H

#include <uv.h>

#include "gateway/io/log.h"
#include "host/proc/parent.h"
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
/* link_pub() - lost while the connection is down. @reply NULL: none. Return: 0, -errno: it did not
 * go. */
int link_pub(enum wire wire, struct bytes subject, struct bytes reply, struct bytes body);
/* link_ask() - Return: 0; -errno: it did not go, and nothing will be heard. */
int link_ask(enum wire wire, struct bytes subject, struct bytes body, uint32_t timeout_ms,
    link_answered *answered, void *ctx) must_check;
/* link_forget() - the one who asked with @ctx does not hear any more. */
void link_forget(const void *ctx);
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
/* link_on_up() - whom to tell that a connection is up: again after each time it was down. */
void link_on_up(void (*up)(enum wire wire));

/* ---- the rest ---- */

/* log_open() - as descriptor 2. Return: 0, -errno after a log line. */
int log_open(void) must_check;
void log_reopen(void);

void notify_begin(void);
void notify_ready(void);
void notify_status(const char *text);
void notify_stopping(void);
void notify_reloading(void);
void notify_reloaded(void);

#endif
