/*
 * serve - which subjects a host needs to do its work: its own commands, the broadcast ones, RPC of
 * its lattice, and the events it publishes. And which ones show commands to a watcher.
 *
 * Pure tables, as command.h: who the host is and which lattices are governed is the caller's to say.
 * Source of each row: docs/COMMANDS.md, what a host subscribes to.
 */
#ifndef POLICY_COMMANDS_SERVE_H
#define POLICY_COMMANDS_SERVE_H

#include "policy/commands/command.h"

enum serve_answer {
	SERVE_NOT = 0,        /* nothing a host does */
	SERVE_OWN,            /* broadcast, or bound to one of the host's own ids */
	SERVE_ANOTHER_HOST,   /* would be fine for another host id */
};

/* Who asks: the host ids of its credential (compared without case: tags are lower-cased). */
struct serve_host {
	size_t n;
	const struct bytes *ids;
};

/*
 * serve_subscribe() - does a host subscribe to (a subset of) this? @lattice is then set to the lattice
 * of the pattern (or command.h's stand-in), which the caller has to check; @command tells whether the
 * pattern is one for commands rather than RPC.
 */
enum serve_answer serve_subscribe(struct bytes pattern, struct bytes queue, const struct serve_host *who,
    struct bytes *lattice, bool *command);
/* serve_is_own() - is it one of the ids? A host key (N...) in small letters is nobody's. */
bool serve_is_own(const struct serve_host *who, struct bytes id);
/* serve_host_in() - the host a pattern of its own commands is for; empty when it is for none. */
struct bytes serve_host_in(struct bytes pattern);
/* serve_publish() - the same for a literal subject it publishes: events, heartbeats, RPC. */
enum serve_answer serve_publish(struct bytes subject, const struct serve_host *who, struct bytes *lattice);
enum serve_list {
	SERVE_SUBSCRIBES = 0,
	SERVE_PUBLISHES,
	SERVE_WATCHES,
	SERVE_LISTS
};

/*
 * serve_pattern() - the rows of the tables, for whoever has to look at all of them: "%l" stands for the
 * lattice, "%h" for the host. @queue: NULL plain, "*" any group. Return: NULL past the last.
 */
const char *serve_pattern(enum serve_list list, size_t i, const char **queue);
/* serve_watch() - is it a pattern of one lattice's commands? @lattice is set; "*" for all. */
bool serve_watch(struct bytes pattern, struct bytes *lattice);

#endif
