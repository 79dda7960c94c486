/*
 * control - asking the running gateway over its control socket.
 */
#ifndef GATEWAY_CLI_CONTROL_H
#define GATEWAY_CLI_CONTROL_H

#include "policy/core/buf.h"
#include "policy/core/json.h"

/* An answer of the gateway's, read. */
struct control_reply {
	struct buf text;
	struct json json;
};

/*
 * control_ask() - one request to the gateway of @where: a gateway.conf or its folder, NULL: here. An
 * error, and what to try, is printed; so is an answer that is an error.
 * Return: CLI_OK and @out filled (control_reply_deinit() in any case), CLI_UNREACHABLE, CLI_CONFIG,
 * CLI_FAILED.
 */
int control_ask(const char *where, const char *request, struct control_reply *out) must_check;
/*
 * control_reply_read() - the same form of an answer that came another way; @text is copied, read strictly
 * (fractions stand as text). Return: 0, -EBADMSG (no JSON object), -ENOMEM; control_reply_deinit() in any case.
 */
int control_reply_read(struct control_reply *r, struct bytes text) must_check;
void control_reply_deinit(struct control_reply *r);
/* control_plain() - @s without what a terminal would act on, at a character's end when it is cut. */
void control_plain(struct bytes s, char *out, size_t cap);
/* control_text() - member @name of object @at, as text for a terminal, in @room; "" when absent. */
const char *control_text(const struct control_reply *r, size_t at, const char *name, char *room, size_t cap);
/* control_number() - member @name of object @at; 0 when absent. */
int64_t control_number(const struct control_reply *r, size_t at, const char *name);
/*
 * control_note_read() - tell the gateway of @conf_or_dir that its audit was read: @what (tail, query,
 * ...) and the question. The gateway adds who it was and records it. Prints nothing.
 * Return: CLI_OK, CLI_UNREACHABLE (no gateway runs there), CLI_CONFIG, CLI_FAILED.
 */
int control_note_read(const char *conf_or_dir, const char *what, const char *detail);

#endif
