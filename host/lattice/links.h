/*
 * links - another host's answer to get.links, read to learn the lattice's links at start.
 *
 * It is one host's word (docs/adr/0025-the-host.md names the price), held to the same form as a
 * link that is put: each element is read by body_decode(), as the body of linkdefs.put would be.
 */
#ifndef HOST_LATTICE_LINKS_H
#define HOST_LATTICE_LINKS_H

#include "policy/commands/body.h"

enum { LINKS_MAX = 1024 * 1024, LINKS_TOKENS = 256 * 1024 };

enum links_answer {
	LINKS_BAD = 1, /* not such an answer; @why says so */
};

/*
 * links_read() - @add is called for each link, whose slices live until it returns; what it returns
 * when it is not 0 ends the reading. Links that cannot be read are counted in *skipped, not told.
 * Return: 0, LINKS_BAD, -ENOMEM, or what @add returned.
 */
int links_read(struct bytes payload, struct body_arena *arena, size_t *skipped, const char **why,
    int (*add)(void *ctx, const struct body_link *link), void *ctx) must_check;

#endif
