/*
 * control - the socket the tool `portcullis` asks: one request, one answer, closed.
 *
 * Its peers are processes of our own user and of root, by the kernel's word (SO_PEERCRED); everybody
 * else is closed before a byte is read. At most CONTROL_PEERS at once, others wait in the backlog. A
 * request is a line of at most CONTROL_LINE_MAX bytes and must be there in CONTROL_ASK_MS; an answer
 * must be taken in as long.
 */
#ifndef GATEWAY_PROC_CONTROL_H
#define GATEWAY_PROC_CONTROL_H

#include <uv.h>

#include "gateway/proc/control_request.h"
#include "gateway/proc/unix_listener.h"
#include "policy/core/buf.h"

enum { CONTROL_PEERS = 8, CONTROL_ASK_MS = 2000, CONTROL_BY_MAX = 96 };

struct control_peer {
	uv_poll_t poll; /* first */
	uv_timer_t timer;
	struct control *control;
	struct control_peer *next;
	int fd;
	unsigned open; /* handles not yet closed */
	bool asked;    /* the request is whole: an answer is owed */
	char by[CONTROL_BY_MAX]; /* "root, uid 0, pid 4711" */
	uint8_t in[CONTROL_LINE_MAX + 2];
	size_t n_in;
	struct buf out;
	size_t sent;
	uint64_t ticket; /* the owner's: what it waits for */
};

struct control {
	uv_loop_t *loop;
	uv_poll_t poll;
	struct unix_listener socket; /* fd -1: none */
	bool full;
	struct control_peer *peers;
	size_t n_peers;
	uint64_t told_ms;
	/* a request: control_answer() answers, now or later */
	void (*on_request)(struct control_peer *p, const struct control_request *r);
};

/*
 * control_open() - listen at @path, for ourselves and root. Return: 0, -errno of unix_listen().
 */
int control_open(struct control *c, uv_loop_t *loop, const char *path) must_check;
/* control_why() - control_open()'s answer in words. */
const char *control_why(int r);
/* control_close() - listen no more and take the name away, if it is still ours. */
void control_close(struct control *c);
/* control_answer() - JSON, sent with a line feed; then the peer is closed. */
void control_answer(struct control_peer *p, struct bytes json);
/* control_no() - {"error":...} */
void control_no(struct control_peer *p, const char *why);

#endif
