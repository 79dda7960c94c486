/*
 * msg_dispatcher - commands from an edge, and what became of them.
 */
#ifndef GATEWAY_PROC_MSG_DISPATCHER_H
#define GATEWAY_PROC_MSG_DISPATCHER_H

#include "gateway/io/frame.h"

enum {
	COMMAND_TEXT_MAX = 1024 * 1024,             /* header and body together */
	COMMAND_FRAME_MAX = COMMAND_TEXT_MAX + 32 * 1024, /* with subject, reply and numbers */
};

enum msg_dispatcher {
	MSG_COMMAND = 1,       /* edge: a command, whole */
	MSG_ENOUGH,            /* edge: nobody listens for its answers */
	MSG_COMMAND_DONE = 32, /* dispatcher: forwarded, or refused */
	MSG_ANSWER,            /* dispatcher: one answer */
};

struct msg_command {
	uint64_t conn, number;
	struct bytes subject, reply, header, payload;
};

struct msg_done {
	uint64_t conn, number;
	bool forwarded;
	struct bytes subject, reply; /* of the command: for the words of a refusal */
	struct bytes why;            /* of a refusal: the text for the asker */
};

struct msg_answer {
	uint64_t conn, number;
	struct bytes reply;  /* as the client named it */
	struct bytes onward; /* the answer's own reply subject, or empty */
	struct bytes header, payload;
};

int msg_command_put(struct channel *c, const struct msg_command *m);
int msg_command_get(struct cursor *in, struct msg_command *m) must_check;
int msg_enough_put(struct channel *c, uint64_t conn, uint64_t number);
int msg_enough_get(struct cursor *in, uint64_t *conn, uint64_t *number) must_check;
int msg_done_put(struct channel *c, const struct msg_done *m);
int msg_done_get(struct cursor *in, struct msg_done *m) must_check;
int msg_answer_put(struct channel *c, const struct msg_answer *m);
int msg_answer_get(struct cursor *in, struct msg_answer *m) must_check;

#endif
