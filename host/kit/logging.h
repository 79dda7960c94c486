/*
 * logging - an actor that writes to its host's log: wasmcloud:logging in 2021, later
 * wasmcloud:builtin:logging.
 */
#ifndef PORTCULLIS_LOGGING_H
#define PORTCULLIS_LOGGING_H

#include "host/kit/pack.h"

/* log_write() - @level is "error", "warn", "info" or "debug". Return: 1, or 0 without a log. */
static inline int
log_write(struct actor_text level, struct actor_text text)
{
	struct pack_writer w = pack_new(level.n + text.n + 64);
	struct actor_text out;

#ifdef ACTOR_2021
	pack_map(&w, 3);
	pack_member_text(&w, ACTOR_TEXT("target"), ACTOR_TEXT("actor"));
	pack_member_text(&w, ACTOR_TEXT("level"), level);
	pack_member_text(&w, ACTOR_TEXT("text"), text);
	return actor_ask(ACTOR_TEXT("default"), ACTOR_TEXT("wasmcloud:logging"),
	    ACTOR_TEXT("WriteLog"), pack_done(&w), &out);
#else
	pack_map(&w, 2);
	pack_member_text(&w, ACTOR_TEXT("level"), level);
	pack_member_text(&w, ACTOR_TEXT("text"), text);
	return actor_ask(ACTOR_TEXT("default"), ACTOR_TEXT("wasmcloud:builtin:logging"),
	    ACTOR_TEXT("Logging.WriteLog"), pack_done(&w), &out);
#endif
}

#endif
