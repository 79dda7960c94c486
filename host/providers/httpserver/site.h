/*
 * site - one listening socket of one actor, with everybody who is connected to it.
 *
 * HTTP/1.1 is read by libmicrohttpd in our loop: no thread, nothing opened by name. Everything that
 * can grow has its ceiling here: connections, time for a request, head, body, and time for an
 * answer.
 */
#ifndef HOST_PROVIDERS_HTTPSERVER_SITE_H
#define HOST_PROVIDERS_HTTPSERVER_SITE_H

#include <microhttpd.h>

#include "host/providers/httpserver/source.h"
#include "host/providers/process.h"

enum {
	SITE_PEERS = 512,             /* connections of one site */
	SITE_HEAD = 32 * 1024,        /* request line and headers */
	SITE_FROM_ONE = 128,          /* of them from one address, where the link says nothing else */
	SITE_REQUEST_MS = 30 * 1000,  /* for a request to come, and between two on one connection; the same */
	SITE_REQUEST_MAX_MS = 10 * 60 * 1000,
	SITE_RESPONSE_MS = 60 * 1000, /* for an answer to be taken */
	SITE_LAST_IDLE_MS = 300,      /* while the site ends: of connections that had an answer */
	SITE_LAST_NEW_MS = 3000,      /* and of those that said nothing yet */
	SITE_TIMEOUT_MS =
	    15 * 1000, /* an actor's time for an answer, where the link says nothing else */
	SITE_TIMEOUT_MAX_MS = 10 * 60 * 1000,
};

struct site;
struct peer;

enum visit_state {
	VISIT_READING = 0, /* the peer says its request */
	VISIT_ASKED,       /* the actor is asked; the connection is suspended */
	VISIT_ANSWERED,    /* what it said is there: ->answer, ->payload */
	VISIT_ANSWERING,   /* the response is queued */
};

/* One request. */
struct visit {
	struct site *site;
	struct peer *peer;
	struct MHD_Connection *connection;
	enum visit_state state;
	bool begun; /* the head was seen */
	char *target;
	struct buf body;
	uint64_t id; /* of the invocation */
	enum provider_answer answer;
	struct bytes payload; /* owned */
};

struct peer {
	struct peer *next, **at;
	int fd;
	struct source *source;          /* NULL: not known */
	uint64_t since_ms;              /* of what it does now */
	bool reading, asked, answering; /* it says a request; an actor has it; it takes an answer */
	bool old;                       /* it had an answer already */
};

struct site_limits {
	uint32_t timeout_ms, request_ms;
	unsigned from_one;
	size_t body;
};

struct site {
	struct site *next;
	struct process *process;
	char actor[PROVIDER_KEY + 1];
	struct site_limits limits;
	struct MHD_Daemon *server;
	int fd; /* the listening socket; -1: let go */
	uv_poll_t poll;
	uv_timer_t timer, sweep;
	unsigned open_handles;
	bool ending, quiet; /* takes no more connections, once those that wait are taken; says
			       nothing at its end */
	struct peer *peers;
	size_t n_peers;
	struct source *sources;
	struct {
		unsigned long n; /* not told yet */
		uint64_t told_ms;
		char from[SOURCE_TEXT]; /* the last of them */
	} turned_away;
	void (*on_end)(struct site *s);
};

/* site_limits_of() - what a link says. Return: NULL, or what is wrong with it. */
const char *site_limits_of(const struct provider_pairs *values, struct site_limits *out) must_check;
/* site_open() - serve @fd (taken). Return: 0, -errno. */
int site_open(struct site *s, struct process *p, struct bytes actor, int fd,
    const struct site_limits *l) must_check;
/* site_end() - take who already waits, answer who is there, then on_end(); the site may be freed in
 * it. */
void site_end(struct site *s);
/* site_run() - the library's turn, after something was answered. */
void site_run(struct site *s);

/* visit_of() - who waits for this invocation; NULL. It does not any more. */
struct visit *visit_of(uint64_t id);
/* visit_answered() - go on with it. Borrows the payload. */
void visit_answered(struct visit *v, enum provider_answer answer, struct bytes payload);
/* visits' side of the server library */
void *visit_new(void *site, const char *target, struct MHD_Connection *c);
enum MHD_Result visit_on_request(void *site, struct MHD_Connection *c, const char *url,
    const char *method, const char *version, const char *upload, size_t *n_upload, void **state);
void visit_on_completed(
    void *site, struct MHD_Connection *c, void **state, enum MHD_RequestTerminationCode code);

#endif
