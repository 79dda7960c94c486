/*
 * config - gateway.conf as a value. Read by the parent (and by `portcullis check`), never by a
 * process that talks to strangers. Grammar: policy/core/text.h; keys: docs/CONFIG.md.
 */
#ifndef GATEWAY_PROC_CONFIG_H
#define GATEWAY_PROC_CONFIG_H

#include "gateway/proc/ceilings.h"
#include "gateway/proc/sink.h"
#include "policy/core/err.h"
#include "policy/core/text.h"

enum { CONFIG_MAX_LISTEN = 8, CONFIG_MAX_GATES = 16, CONFIG_MAX_SOCKET = 107 };

/* what helps where the key of stamp { } is not there, as in a deployment older than it */
#define STAMP_KEY_HOW "make one with `(umask 077; od -An -v -tx1 -N32 /dev/urandom | tr -d ' \\n' > keys/stamp.key)`"

struct config_address {
	char host[256]; /* address or name; [::1] without its brackets */
	uint16_t port;  /* 0: any free port, announced when ready */
};

enum config_first {
	CONFIG_FIRST_NO = 0, /* INFO, then TLS */
	CONFIG_FIRST_YES,    /* TLS, then INFO */
	CONFIG_FIRST_AUTO,   /* as the client begins */
};

struct config_tls {
	bool on;
	char *cert, *key, *ca; /* NULL: none */
	enum config_first first;
	bool min_1_3;
	bool verify;       /* clients must show a certificate of ca */
	bool identity;     /* and without a token it says who they are */
	char ciphers[512]; /* of TLS 1.2, in OpenSSL's words; empty: ours */
	char name[256];    /* upstream: whom it must prove to be */
};

struct config {
	char *file;
	char *dir; /* absolute folder of the file; every path below is absolute, resolved against it
		    */

	size_t n_listen;
	struct config_address
	    listen[CONFIG_MAX_LISTEN]; /* listen = "HOST:PORT" or a list of them */
	char *server_name;             /* server_name, default: portcullis */

	/* trust { operator = FILE  accounts = DIR  require_exp = no } */
	char *trust_operator;
	char *trust_accounts;
	bool require_exp;

	/* upstream { url = "nats://127.0.0.1:4223"  mint = FILE | creds = FILE  command_creds =
	 * FILE } */
	struct config_address upstream;
	char *upstream_mint;
	char *upstream_creds;
	char *upstream_command_creds; /* default: creds */
	bool upstream_allow_open; /* allow_open = yes: start although the upstream admits strangers
				   */

	/* tls { cert = FILE  key = FILE  ca = FILE  verify = no  first = no  min_version = 1.2 }, the same in upstream */
	struct config_tls tls, upstream_tls;

	/* stamp { key = FILE  trust = [FILE, C..., ...] } */
	char *stamp_key; /* default keys/stamp.key */
	size_t n_stamp_trust;
	char *stamp_trust[CONFIG_MAX_GATES]; /* a path, or a public key: C and 55 more letters */

	char *inbox_key; /* inbox_key = FILE, default keys/inbox.key */
	char *policies;  /* policies = DIR */
	char *audit;     /* audit = DIR */

	/* audit_log { key = FILE  redact_key = FILE  checkpoint_records = 1000 ... } */
	char *audit_key;    /* default keys/audit.key; made at the start when it is not there */
	char *redact_key;   /* default keys/redact.key; need not be there */
	uint64_t checkpoint_records, checkpoint_every_ms;
	uint64_t segment_size, segment_age_ms;
	uint64_t keep_size, keep_age_ms; /* 0: for ever */

	char *decisions; /* decisions = FILE, default log/decisions.jsonl */
	char *log;       /* log = FILE, NULL: stderr */
	char *control;   /* control = FILE, default run/control.sock */
	bool control_asked; /* it is written: without it there is no start */

	/* metrics { listen = "127.0.0.1:9321" | "unix:FILE" }; one of the two, or none */
	bool metrics_on;
	struct config_address metrics;
	char *metrics_path;

	/* sink NAME { }, each in its place of these three */
	size_t n_sinks;
	struct sink sink[SINK_MAX];
	char *sink_creds[SINK_MAX]; /* creds = FILE; NULL: none */
	char *sink_ca[SINK_MAX], *sink_cert[SINK_MAX], *sink_key[SINK_MAX]; /* of tls://; NULL: none */
	char *sink_dir[SINK_MAX];   /* dir = DIR, of type = file */
	char *sink_state; /* sink_state = DIR, default sinks: how far each sink came; made when it is not there */

	/* walls { user = NAME  minimum = [mdwe, ...] } */
	char *walls_user;       /* NULL: portcullis where there is such a user, else nobody */
	uint32_t walls_minimum; /* WALL_BIT()s of seccomp/wall.h */

	/* limits { } */
	uint32_t edges;             /* 1..64, default 1 */
	uint32_t max_connections;   /* per edge, default 65536 */
	bool connections_asked;     /* it was configured */
	uint32_t max_subscriptions; /* per connection, default 8192 */
	uint32_t max_control_line;  /* default 4096 */
	uint32_t max_connect;       /* CONNECT line, default 16 KiB */
	uint32_t max_payload;       /* default 1 MiB */
	uint32_t max_command;       /* default 256 KiB */
	uint32_t
	    max_pending; /* bytes waiting for a slow side before reading stops, default 1 MiB */
	uint32_t auth_timeout_ms;  /* default 2 s */
	uint32_t ping_interval_ms; /* default 2 m */
	uint32_t ping_max;         /* default 2 */
	uint32_t
	    write_deadline_ms; /* a side that takes nothing this long is closed, default 10 s */
	uint32_t drain_ms;              /* default 5 s */
	uint32_t lame_duck_grace_ms;    /* default 10 s */
	uint32_t lame_duck_duration_ms; /* default 2 m */
	struct ceilings ceilings;
};

/*
 * config_load() - read and check @file; every problem of it is in the report.
 * Does not touch the files it names: config_check_files() does.
 * Return: 0 and *out given, TEXT_BAD with the report filled, -errno when the file cannot be read.
 */
int config_load(struct config **out, const char *file, struct text_report *r) must_check;
/*
 * config_parse() - the same for a text already read; pure. @file (absolute) names it in messages,
 * and its folder is what relative paths are resolved against. Return: 0 and *out given, TEXT_BAD
 * with the report filled, -ENOMEM.
 */
int config_parse(
    struct config **out, const char *file, struct bytes text, struct text_report *r) must_check;
void config_free(struct config *c);
void config_freep(struct config **c);
/*
 * config_check_files() - what config_load() left: do the files and folders exist with the right
 * kinds, are secrets private (0600, owned by us or root; loose modes are errors for keys and
 * creds, warnings for the rest)? Return: 0, TEXT_BAD.
 */
int config_check_files(const struct config *c, struct text_report *r) must_check;
/*
 * config_walls_user() - who the processes become when the gateway is started by root.
 * Return: 0, TEXT_BAD: there is no such user, or it is root.
 */
int config_walls_user(const struct config *c, uint32_t *uid, uint32_t *gid) must_check;
/*
 * config_address_parse() - "HOST:PORT", "[::1]:PORT", ":PORT" (every address, host "0.0.0.0"),
 * "nats://HOST:PORT". A host is letters, digits, dots, dashes and underscores, or, in brackets, an
 * IPv6 address. Return: 0, TEXT_BAD.
 */
int config_address_parse(struct bytes s, struct config_address *a) must_check;

#endif
