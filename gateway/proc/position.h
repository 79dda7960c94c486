/*
 * position - up to where a sink was given the log, kept over restarts: NAME.position, one line.
 */
#ifndef GATEWAY_PROC_POSITION_H
#define GATEWAY_PROC_POSITION_H

#include "gateway/proc/follow.h"

enum position_answer {
	POSITION_NONE = 1, /* there is none yet */
	POSITION_BAD,      /* not one of ours */
};

/* position_load() - of the sink @name, in the folder @dir. Return: 0, an answer, -errno. */
int position_load(int dir, const char *name, struct follow_at *at) must_check;
/* position_save() - durable when it returns; the old one stays when it fails. Return: 0, -errno. */
int position_save(int dir, const char *name, const struct follow_at *at) must_check;
/* position_put(), position_parse() - the line, with its line feed. Return: 0, POSITION_BAD. */
void position_put(struct buf *b, const struct follow_at *at);
int position_parse(struct bytes text, struct follow_at *at) must_check;

#endif
