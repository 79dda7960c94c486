/*
 * actor_payload - what an actor is given and what it gives, as people write and read it: JSON,
 * which is message-pack for the actor (host/pack/pack_json.h); or, with --raw, bytes as they are.
 */
#ifndef GATEWAY_CLI_ACTOR_PAYLOAD_H
#define GATEWAY_CLI_ACTOR_PAYLOAD_H

#include "gateway/cli/cli.h"

/*
 * actor_payload_load() - the @nth --data, or the content of its @FILE, in @out; nothing when there
 * is no such. Return: CLI_OK, CLI_USAGE, CLI_FAILED after saying why.
 */
int actor_payload_load(struct buf *out, const struct cli_args *a, size_t nth) must_check;
/* actor_payload_say() - an answer on standard output. Return: CLI_OK, CLI_FAILED after saying why.
 */
int actor_payload_say(const struct cli_args *a, struct bytes answer) must_check;

#endif
