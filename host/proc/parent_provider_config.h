/*
 * parent_provider_config - the configuration a provider is started with: JSON, an object of texts.
 */
#ifndef HOST_PROC_PARENT_PROVIDER_CONFIG_H
#define HOST_PROC_PARENT_PROVIDER_CONFIG_H

#include "host/proc/parent_priv.h"
#include "host/proc/provider.h"
#include "policy/core/json.h"

enum { PROVIDER_CONFIG_TOKENS = 2 * PROVIDER_VALUES + 8, PROVIDER_CONFIG_TEXT = 16 * 1024 };

/* Large, and may hold secrets: wipe() it. */
struct provider_config {
	struct provider_pairs pairs; /* slices of the text that was read, or of ->room */
	struct json_tok tok[PROVIDER_CONFIG_TOKENS];
	uint8_t room[PROVIDER_CONFIG_TEXT];
	size_t used;
};

/* provider_config_read() - an empty text: none. Return: NULL, or why not. */
const char *provider_config_read(struct provider_config *c, struct bytes text);

#endif
