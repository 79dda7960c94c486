/*
 * hostconf - what a host was told, by flags, environment and host.conf, as a value. A flag goes
 * before a variable, a variable before the file; each value remembers where it came from, and
 * `portcullis-host -t` shows it. Grammar of the file: policy/core/text.h; keys: docs/HOST.md.
 */
#ifndef HOST_PROC_HOSTCONF_H
#define HOST_PROC_HOSTCONF_H

#include "host/proc/msg_link.h"
#include "host/proc/provider_reach.h"
#include "host/proc/users.h"
#include "policy/core/text.h"
#include "policy/identity/nkey.h"

enum {
	HOSTCONF_LABELS = 64,
	HOSTCONF_LABEL_MAX = 255,
	HOSTCONF_DIRS = 16,
	HOSTCONF_NAMES = 32,
	HOSTCONF_ISSUERS = 64,
};

enum hostconf_from {
	HOSTCONF_PRESET = 0,
	HOSTCONF_FILE,
	HOSTCONF_ENV,
	HOSTCONF_FLAG,
};

/* What may be said in each of the three places. */
enum hostconf_key {
	HC_LATTICE = 0,
	HC_DIALECT,
	HC_NAME,
	HC_STATE,
	HC_KEY,     /* the host's: a file, or the seed itself */
	HC_CLUSTER, /* what invocations are signed with: the same */
	HC_ANONYMOUS,
	HC_HEARTBEAT,
	HC_LOG,
	HC_METRICS, /* a file */
	HC_MANIFEST,
	HC_LOCKED,
	HC_WATCH,
	HC_CONTROL_HOST,
	HC_CONTROL_PORT,
	HC_CONTROL_CREDS,
	HC_CONTROL_CA,
	HC_CONTROL_JWT, /* with ..._SEED: a login without a file */
	HC_CONTROL_SEED,
	HC_RPC_HOST,
	HC_RPC_PORT,
	HC_RPC_CREDS,
	HC_RPC_CA,
	HC_RPC_JWT,
	HC_RPC_SEED,
	HC_KEYS
};

struct hostconf_value {
	char *text; /* NULL: not said */
	enum hostconf_from from;
	const char *by; /* the flag or variable; NULL: the file, or nobody */
};

struct hostconf_label {
	char *key, *value;
	enum hostconf_from from;
};

struct hostconf_wire {
	char host[LINK_NAME_MAX + 1];
	uint16_t port;
	bool tls;
	char *creds, *ca; /* paths; NULL: none */
};

/* Names of servers, with or without a port. */
struct hostconf_names {
	char *name[HOSTCONF_NAMES];
	size_t n;
};

struct hostconf {
	char *file; /* absolute; NULL: none was given */
	char *dir;  /* what relative paths of the file are resolved against */
	struct hostconf_value value[HC_KEYS];
	struct hostconf_label label[HOSTCONF_LABELS];
	size_t n_labels;
	/* artifacts = [DIR ...]: where file: references may point; absolute, links resolved */
	char *artifact[HOSTCONF_DIRS];
	size_t n_artifacts;
	/* trust { issuers = [A...]  fork = [A...]  cluster = [C...] } */
	struct nkey issuer[HOSTCONF_ISSUERS];
	size_t n_issuers;
	struct nkey fork[HOSTCONF_ISSUERS]; /* of those: whose instances are forked from a zygote */
	size_t n_forks;
	struct nkey cluster[HOSTCONF_ISSUERS];
	size_t n_clusters;
	char *trust_list;        /* trust { list = FILE }: policy/identity/issuers.h; NULL: none */
	uint32_t trust_again_ms; /* trust { recheck = TIME } */
	/* providers { listen = [HOST:PORT ...]  connect = [HOST:PORT ...] } */
	struct provider_reaches listen, connect;
	/* registries { hosts = [..]  plain = [..]  ca = FILE }: who is asked for artifacts, and who
	 * without TLS */
	struct hostconf_names registries, registries_plain;
	char *registry_ca; /* NULL: the system's */
	/* limits { } */
	uint32_t max_instances; /* of all actors together */
	uint32_t queue;         /* calls that wait for an idle instance, of one actor */
	uint32_t max_calls;     /* under way in the host */
	uint32_t max_depth;     /* a call within a call within ... */
	uint32_t call_ms, cpu_ms;
	uint32_t crashes, crash_window_ms; /* so many deaths of an actor's instances within ... */
	uint32_t quarantine_ms;            /* ... and none is born for so long */
	uint64_t fuel, memory;
	uint32_t walls_minimum; /* WALL_BIT()s that cells must have; ENCLOSE_OWN_USER's bit */
	struct users_range users; /* walls { users = FIRST-LAST } */

	/* what the values above come to, after hostconf_settle() */
	char *lattice, *name, *state, *log;
	char dialect; /* 'a', 'b' */
	bool anonymous;
	bool locked, watch; /* of the manifest */
	uint32_t heartbeat_ms;
	struct hostconf_wire wire[WIRES];
	char **env; /* of the start, for ${VAR:preset} in manifests; borrowed */
};

struct hostconf *hostconf_new(void);
void hostconf_free(struct hostconf *c);
void hostconf_freep(struct hostconf **c);
/*
 * hostconf_set() - one value from a flag or variable (@by names it), unless a nearer place said it.
 * Return: 0, -ENOMEM.
 */
int hostconf_set(struct hostconf *c, enum hostconf_key key, const char *text,
    enum hostconf_from from, const char *by) must_check;
/* hostconf_label() - "key=value". Return: 0, TEXT_BAD, -ENOMEM, -E2BIG. */
int hostconf_label(struct hostconf *c, const char *text, enum hostconf_from from) must_check;
/* hostconf_env() - what variables say; those with seeds are wiped. Return: 0, TEXT_BAD with the
 * report, -ENOMEM. */
int hostconf_env(struct hostconf *c, char **env, struct text_report *r) must_check;
/* hostconf_read() - the file. Return: 0, TEXT_BAD with the report, -errno: it cannot be read. */
int hostconf_read(struct hostconf *c, const char *file, struct text_report *r) must_check;
/* hostconf_parse() - the same for a text; pure. @file is absolute. */
int hostconf_parse(
    struct hostconf *c, const char *file, struct bytes text, struct text_report *r) must_check;
/* hostconf_settle() - all is said: presets, and is it good? Return: 0, TEXT_BAD with the report,
 * -ENOMEM. */
int hostconf_settle(struct hostconf *c, struct text_report *r) must_check;
/* hostconf_check_files() - are what it names there, and secrets private? Return: 0, TEXT_BAD. */
int hostconf_check_files(const struct hostconf *c, struct text_report *r) must_check;
/* hostconf_is_seed() - a key's value may be the seed itself. */
bool hostconf_is_seed(const char *s);
/* hostconf_show() - each value and where it came from; never a seed. */
void hostconf_show(const struct hostconf *c, struct buf *out);

/* hostconf_key_name() - "control.host"; hostconf_flag() - "control-host", NULL: no flag. */
const char *hostconf_key_name(enum hostconf_key key);
const char *hostconf_flag(enum hostconf_key key);

#endif
