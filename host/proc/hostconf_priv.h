/*
 * hostconf_priv - what the files that read a host's settings share.
 */
#ifndef HOST_PROC_HOSTCONF_PRIV_H
#define HOST_PROC_HOSTCONF_PRIV_H

#include "host/proc/hostconf.h"

/* One setting that all three places can say. */
struct hostconf_row {
	const char *name;    /* as shown, and as flag unless ->flag says otherwise */
	const char *section; /* in the file; NULL: the root */
	const char *key;     /* in the file; NULL: not there */
	const char *flag;    /* NULL: none */
	const char *env[4];  /* the first that is set counts */
	bool path;           /* of the file: against its folder */
	bool secret;         /* never shown; a variable is wiped */
};

extern const struct hostconf_row hostconf_rows[HC_KEYS];

struct hostconf_reader {
	struct hostconf *c;
	const struct text *t;
	struct text_report *r;
	bool bad, failed;
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* hostconf_note() - what a text_get_*() answered. */
void hostconf_note(struct hostconf_reader *rd, int r);
/* hostconf_section() - a block of the root without a label; NULL when absent or not one. */
struct text_node *hostconf_section(struct hostconf_reader *rd, const char *kind);
/* hostconf_each() - every word of an entry's value, which is one or a list. */
void hostconf_each(struct hostconf_reader *rd, struct text_node *e, const char *what,
    void (*one)(struct hostconf_reader *, const struct text_node *));
/* hostconf_path() - @s against the file's folder; NULL: no memory. */
char *hostconf_path(const struct hostconf *c, struct bytes s);
/* The sections, each in its own file. */
void hostconf_trust(struct hostconf_reader *rd);
void hostconf_limits(struct hostconf_reader *rd);
void hostconf_providers(struct hostconf_reader *rd);
void hostconf_registries(struct hostconf_reader *rd);
void hostconf_registries_free(struct hostconf *c);
/* hostconf_registries_put() - for -t. */
void hostconf_registries_put(struct buf *out, const struct hostconf *c);

#endif
