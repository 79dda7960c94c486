/*
 * config_priv - what the files that read gateway.conf share.
 */
#ifndef GATEWAY_PROC_CONFIG_PRIV_H
#define GATEWAY_PROC_CONFIG_PRIV_H

#include "gateway/proc/config.h"

/* What the readers need in hand at every step. */
struct config_reader {
	struct config *c;
	const struct text *t;
	struct text_report *r;
	bool bad;
	bool failed; /* out of memory */
};

/* config_path_set() - @s against the file's folder into *field, owned. */
void config_path_set(struct config_reader *rd, const struct text_node *e, char **field, struct bytes s);
/* config_sinks() - every `sink NAME { }`. */
void config_sinks(struct config_reader *rd);

#endif
