/*
 * parent_control_priv - the control interface in its files: parent_control.c hears and answers,
 * parent_commands.c does what a verb asks, parent_held.c keeps commands that wait for a registry.
 */
#ifndef HOST_PROC_PARENT_CONTROL_PRIV_H
#define HOST_PROC_PARENT_CONTROL_PRIV_H

#include "host/proc/parent_priv.h"

/* control_hear() - do and answer. @pulled: the artifact it names has just been fetched. */
void control_hear(const struct link_msg *m, bool pulled);
/* control_again() - a command that was heard before, read again; *out is for its answer. Return:
 * NULL: it cannot be read; else valid until the next is heard. */
const struct request *control_again(const struct link_msg *m, struct buf **out);
/* control_answer() - what was written goes to the one who asked, if he said where; a command
 * without an inbox is done all the same. */
void control_answer(const struct link_msg *m);

struct command_row {
	enum verb verb;
	bool changes; /* something of this host: not while it ends */
	/* @out: the answer; empty: none */
	void (*on)(const struct request *q, struct buf *out);
};

void commands_begin(void);
/* commands_row() - NULL: nothing that a host does. */
const struct command_row *commands_row(enum verb verb);
/* commands_ack() - done, or why not: a line in the log, and the answer. */
void commands_ack(const struct request *q, struct buf *out, const char *error);

/* held_wants() - does it name an artifact of a registry that is needed for it? */
bool held_wants(const struct request *q);
/* held_put() - it is heard again when that is there, or answered with why it is not. Return: NULL,
 * or why it is not held. */
const char *held_put(const struct request *q, const struct link_msg *m);

#endif
