/*
 * state - where lattices keep what their hosts believe, and which requests to JetStream reach it.
 *
 * The streams KV_LATTICEDATA_L and KV_CONFIGDATA_L (0.60 and later), LATTICECACHE_L (0.50 to 0.59) and
 * wadm's own (wadm_*, KV_wadm_*). Writing a key is a command (state.write); what is here are the words
 * for the rest: state.read sees what is in them, state.manage makes, changes and empties them.
 */
#ifndef POLICY_COMMANDS_STATE_H
#define POLICY_COMMANDS_STATE_H

#include "policy/commands/jetstream.h"

/* state_stream() - does a stream of this name hold state? @lattice: whose, or "wadm". */
bool state_stream(struct bytes stream, struct bytes *lattice);
/* state_pattern() - is all of a pattern what such a stream holds, of one lattice? */
bool state_pattern(struct bytes pattern, struct bytes *lattice);
/*
 * state_request() - the word that lets publish on a subject of JetStream's because it asks about such
 * a stream and nothing else: VERB_STATE_READ, VERB_STATE_MANAGE; VERB_NONE for all other subjects. The
 * subject may end in a filter with wildcards. What its body asks for is not known here.
 */
enum verb state_request(struct bytes subject, struct bytes *lattice);
/* state_needs() - the word a request that was read needs for its stream: one of the two. */
enum verb state_needs(enum js_verb verb);
/* state_header() - a header that is part of writing a key: it deletes, rolls up, or sets a condition. */
bool state_header(struct bytes name);

#endif
