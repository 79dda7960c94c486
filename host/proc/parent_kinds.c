/*
 * parent_kinds - a reference builtin:KIND is one of ours. Their keys are those the contract's own
 * providers had in 2021 where these are known, so that links written then are good here; the others
 * are made of their names.
 */
#include "host/proc/parent_kinds.h"

#include <sodium.h>
#include <stdio.h>

static const struct kind kinds[] = {
	{ "httpserver", "wasmcloud:httpserver",
	    "VAG3QITQQ2ODAOWB5TTQSDJ53XK3SHBEIFNK4AYJ5RKAX2UNSCAPHA5M", true },
	{ "keyvalue", "wasmcloud:keyvalue", NULL, false },
	{ "logging", "wasmcloud:builtin:logging", NULL, false },
	{ "messaging", "wasmcloud:messaging", NULL, true },
};

static const struct bytes prefixes[] = { BYTES_LIT("builtin:"), BYTES_LIT("wasmcloud+builtin://") };

bool
kind_named(struct bytes ref)
{
	return bytes_starts(ref, prefixes[0]) || bytes_starts(ref, prefixes[1]);
}

const struct kind *
kind_of(struct bytes ref)
{
	for (size_t p = 0; p < sizeof(prefixes) / sizeof(prefixes[0]); p++) {
		if (!bytes_starts(ref, prefixes[p]))
			continue;
		for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
			if (bytes_is(bytes_from(ref, prefixes[p].len), kinds[i].name))
				return &kinds[i];
	}
	return NULL;
}

void
kind_key(const struct kind *k, char out[NKEY_TEXT_LEN + 1])
{
	struct nkey key = { .type = NKEY_SERVICE };
	char text[64];

	if (k->key != NULL) {
		snprintf(out, NKEY_TEXT_LEN + 1, "%s", k->key);
		return;
	}
	snprintf(text, sizeof(text), "portcullis builtin provider %s", k->name);
	crypto_hash_sha256(key.pub, (const uint8_t *)text, strlen(text));
	nkey_format(&key, out);
}

int
kind_claims(const struct kind *k, const char *key, struct model_claims *out)
{
	char name[64];

	*out = (struct model_claims){ 0 };
	snprintf(name, sizeof(name), "Portcullis %s", k->name);
	snprintf(out->sub, sizeof(out->sub), "%s", key);
	out->name = strdup(name);
	out->alias = strdup("");
	out->caps = strdup("");
	out->tags = strdup("");
	out->ver = strdup(PORTCULLIS_VERSION);
	out->contract = strdup(k->contract);
	out->vendor = strdup("Portcullis");
	return out->name != NULL && out->alias != NULL && out->caps != NULL && out->tags != NULL &&
		       out->ver != NULL && out->contract != NULL && out->vendor != NULL
		   ? 0
		   : err_raise(-ENOMEM);
}
