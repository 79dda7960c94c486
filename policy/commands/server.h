/*
 * server - which subjects the servers of a control plane need that are no hosts: wadm's own and
 * those of the operator of 2.x. Bundles beside `serve`, because no pattern may name a command
 * space.
 *
 * Pure tables, as serve.h: which lattices are governed is the caller's to say.
 * Source of each row: docs/COMMANDS.md, Servers.
 */
#ifndef POLICY_COMMANDS_SERVER_H
#define POLICY_COMMANDS_SERVER_H

#include "policy/commands/command.h"

/*
 * server_subscribe() - the bundle a server subscribes to (a subset of) this with, or VERB_NONE.
 * @lattice is set to the one the pattern names, or to "*" where it asks for all of them: what
 * arrives then has to be judged lattice by lattice.
 */
enum verb server_subscribe(struct bytes pattern, struct bytes queue, struct bytes *lattice);
/* server_publish() - the same for a literal subject it publishes to. */
enum verb server_publish(struct bytes subject, struct bytes *lattice);
/*
 * server_commands() - the bundles that have this command in them, as a set: wadm's own queue and
 * buckets are wadm's to write, a host's event is a host's.
 */
uint64_t server_commands(const struct command *c);

#endif
