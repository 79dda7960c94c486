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

/* One path: where it is written, where it goes, and what stands when it is absent. */
struct config_path {
	const char *key;
	size_t at;            /* offsetof(struct config, ...) of a char * */
	const char *fallback; /* relative to the file; NULL: stays NULL */
	const char *missing;  /* not NULL: required, and this is what the message says to write */
};

enum config_unit { UNIT_COUNT, UNIT_SIZE, UNIT_TIME };
enum { KIB = 1024, MIB = 1024 * 1024, SEC = 1000, MINUTE = 60 * 1000, HOUR = 3600 * 1000 };

/* One number: its bounds and what stands when it is absent; times are in milliseconds. */
struct config_number {
	const char *key;
	size_t at; /* offsetof(struct config, ...) of a uint32_t, or of a uint64_t when wide */
	enum config_unit unit;
	uint64_t min, max, preset;
	bool wide;
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* config_note() - what a text_get_*() answered: a mistake in the file, or no memory. */
void config_note(struct config_reader *rd, int r);
/* config_section() - a block of the root, which must be one and carry no label; NULL when absent or not. */
struct text_node *config_section(struct config_reader *rd, const char *kind);
/* config_paths() - the paths of a block. */
void config_paths(struct config_reader *rd, struct text_node *block, const struct config_path *p, size_t n);
/* config_numbers() - the numbers of a block; @s NULL: absent, so all are as preset. */
void config_numbers(struct config_reader *rd, struct text_node *s, const struct config_number *l, size_t n);
/* The sections, each in its own file. */
void config_trust(struct config_reader *rd);
void config_upstream(struct config_reader *rd);
void config_stamp(struct config_reader *rd);
void config_audit(struct config_reader *rd);
void config_limits(struct config_reader *rd);
void config_metrics(struct config_reader *rd);
void config_tls(struct config_reader *rd);
/* config_upstream_tls() - the section in `upstream { }`; @wanted: its url asks for it. */
void config_upstream_tls(struct config_reader *rd, struct text_node *upstream, bool wanted);
void config_tls_free(struct config_tls *t);
/* config_path_set() - @s against the file's folder into *field, owned. */
void config_path_set(struct config_reader *rd, const struct text_node *e, char **field, struct bytes s);
/* config_sinks() - every `sink NAME { }`. */
void config_sinks(struct config_reader *rd);
/* config_walls() - `walls { }`. */
void config_walls(struct config_reader *rd);

#endif
