/*
 * process - what every provider's process is: one channel to its host, a loop, the walls, and a
 * table of what the host may say. A provider fills struct process_ops and calls process_main().
 *
 * The walls stand before the first link or call is heard. From then on the process has what the
 * host hands it and opens nothing by name but files in the one folder it may have been given.
 */
#ifndef HOST_PROVIDERS_PROCESS_H
#define HOST_PROVIDERS_PROCESS_H

#include "gateway/io/frame.h"
#include "gateway/io/log.h"
#include "host/providers/msg_provider.h"
#include "seccomp/confine.h"

enum process_takes {
	PROCESS_PUT = 1,    /* links without a descriptor */
	PROCESS_FD = 2,     /* links with one */
	PROCESS_FOLDER = 4, /* a folder to keep things in; it is the working directory */
};

struct process;

/* Texts and slices are borrowed until the return; a descriptor is given. */
struct process_ops {
	const char
	    *name;      /* of the profile: "httpserver" for policies/provider_httpserver.seccomp */
	unsigned takes; /* enum process_takes */
	rlim_t memory, file; /* bytes of address space, and of one file */
	/* locked in. Return: NULL, or why it cannot work: it ends */
	const char *(*begin)(struct process *p, const struct msg_provider_setup *m);
	/* a link, new or changed; say process_link() about it, now or later */
	void (*link)(struct process *p, const struct msg_provider_link *m, int fd);
	/* it goes: end what is under way for it, then say process_link(GONE) */
	void (*unlink)(struct process *p, struct bytes actor);
	/* an actor asks: say process_result(), once. NULL: nothing can be asked of this provider */
	void (*call)(struct process *p, const struct msg_provider_ask *m);
	/* the answer to process_invoke(). NULL: this provider invokes nobody */
	void (*answer)(struct process *p, const struct msg_provider_result *m);
	/* the answer to process_sign(). NULL: it has no logins */
	void (*signed_in)(struct process *p, const struct msg_provider_signed *m);
	/* nothing new comes; say process_end() when nothing is under way any more */
	void (*drain)(struct process *p);
};

struct process {
	uv_loop_t loop;
	struct channel host;
	const struct process_ops *ops;
	struct provider_counts counts;
	bool draining;
	/* its own */
	struct census expected;
	int folder; /* -1: none */
	uv_timer_t told;
	struct provider_counts told_counts;
	uint64_t next_id;
	uint64_t line_ms,
	    line_room; /* when the room for lines was counted last, and what is left */
};

/* process_main() - never returns but by _exit(). */
void process_main(const struct process_ops *ops) __attribute__((noreturn));

void process_link(
    struct process *p, struct bytes actor, enum provider_link_state state, const char *why);
/* process_result() - the answer to a call. @payload of others than PROVIDER_OK: words. */
void process_result(
    struct process *p, uint64_t id, enum provider_answer answer, struct bytes payload);
/* process_invoke() - ask an actor. Return: the id ->answer will have; 0: it could not be asked. */
uint64_t process_invoke(struct process *p, struct bytes actor, const char *operation,
    struct bytes payload, uint32_t timeout_ms);
void process_sign(struct process *p, struct bytes actor, struct bytes nonce);
/* process_log() - a line; too many in a second are counted and not sent. @actor may be empty. */
void process_log(struct process *p, enum log_level level, struct bytes actor, struct bytes text);
/* process_end() - all said is sent, then the end. */
void process_end(struct process *p) __attribute__((noreturn));
/* process_fatal() - the same after an accident, which is logged. */
void process_fatal(struct process *p, const char *why) __attribute__((noreturn));

#endif
