/*
 * manifest_priv - an application manifest in its files: manifest.c reads the whole and its
 * components, manifest_trait.c what is said of how one runs and what it is linked to,
 * manifest_names.c the configs and secrets any of them names.
 */
#ifndef POLICY_COMMANDS_MANIFEST_PRIV_H
#define POLICY_COMMANDS_MANIFEST_PRIV_H

#include "policy/commands/body_priv.h"

/* A component while it is read. */
struct m_component {
	struct body *out;
	struct body_part *part;
	struct bytes type;
	size_t properties, traits; /* tokens; 0 when absent */
	bool has_image, has_application;
};

/* Where the names of configs and secrets go. */
struct m_lists {
	struct body *out;
	struct body_list *names; /* of configs: as well into this list; NULL: nowhere else */
	struct bytes name;       /* target only */
};

/* M() - a field whose taker finds the whole struct. */
#define M(type, text, fn, fl) FIELD(text, type, out, fn, fl)

/* Takers into a struct m_lists: arrays of configs, of secrets. */
field_take manifest_take_configs;
field_take manifest_take_secrets;
/* manifest_take_token() - size_t: where it is, for later. */
field_take manifest_take_token;
/* manifest_take_trait() - one trait of a struct m_component. */
field_take manifest_take_trait;

#endif
