/*
 * body - what a command's body says, as one value, or that it is refused.
 *
 * command_classify() reads the subject; body_decode() reads the rest: dialects A to D, wadm and the
 * key-value side doors. Whatever dialect it came in, the same thing stands in the same field, with
 * the defaults and aliases its receivers use. A body that two of its receivers could read in two
 * ways is refused; on changes so is one with a field nobody knows. Field by field: docs/BODIES.md.
 */
#ifndef POLICY_COMMANDS_BODY_H
#define POLICY_COMMANDS_BODY_H

#include "policy/commands/command.h"
#include "policy/commands/image.h"

/* answers of body_decode() and jetstream_decode() */
enum body_answer {
	BODY_REFUSED = 1, /* ->fault says which field, where and why */
};

enum {
	BODY_MAX = 256 * 1024,   /* longer payloads are refused unread */
	BODY_ARENA = 1024 * 1024 /* an arena of this size holds what real clients write */
};

/* A place in the payload. */
struct body_span {
	uint32_t at, len;
};

struct body_fault {
	struct bytes
	    field; /* innermost field's name: a literal, or a stranger's bytes; may be empty */
	size_t at; /* byte offset in the payload */
	const char *why; /* a constant string */
};

/* A list of names (value empty) or of names with values. */
struct body_pair {
	struct bytes key, value;
	struct body_span
	    where; /* of the value; of the key when it has none. As written, escapes and all */
	const struct body_pair *next;
};

struct body_list {
	const struct body_pair *first;
	struct body_pair *last;
	size_t n;
};

/* Something that is to run, or runs: of a manifest or workload there are many. */
enum part_role {
	PART_NONE = 0,
	PART_ACTOR, /* actor or component */
	PART_PROVIDER,
	PART_SERVICE,     /* D: the long-running component of a workload */
	PART_PRECOMPILED, /* D: precompiled_url, native code fetched by URL */
};

struct body_part {
	enum part_role role;
	struct bytes name; /* its name inside a manifest or workload */
	struct bytes id;   /* actor or provider key, component or provider id */
	struct image image;
	bool has_count;
	uint64_t count;
	bool every_host; /* wadm's daemonscaler: ->count on each host there is */
	const struct body_part *next;
};

struct body_link {
	struct bytes source, target;
	struct bytes name;     /* the link's name, "default" when C leaves it out */
	struct bytes contract; /* A and B */
	struct bytes wit_namespace, wit_package; /* C, D, wadm */
	struct body_list interfaces;
	struct body_list values; /* A, B: keys and secret values; D: an interface's config */
	struct body_list source_config, target_config; /* names */
	const struct body_link *next;
};

struct body_secret {
	struct body_span where; /* bytes of the payload that must not reach a log */
	const struct body_secret *next;
};

struct body {
	enum verb
	    effective;   /* a scale to 0, or without a count, is actor.stop; else command->verb */
	uint64_t may_be; /* every verb it can still turn out to be: a deny of any denies it */
	struct bytes id; /* actor, provider, component or workload commanded; empty when many */
	struct bytes host_id; /* as the body says; agrees with the subject's */
	const struct body_part *parts;
	size_t n_parts;
	const struct body_link *links;
	size_t n_links;
	bool has_count; /* every part has one; ->count is the largest, by part and host */
	uint64_t count;
	bool every_host; /* some part runs on each host */
	bool allow_update;
	bool has_timeout;
	uint64_t timeout;
	struct body_list config;      /* names of configs put, deleted or used */
	struct body_list config_keys; /* keys (and secret values) inside the configs put */
	struct body_list
	    labels; /* put or deleted; an auction's constraints; a spread's requirements */
	struct body_list annotations;
	struct body_list registries;  /* registry, type */
	struct body_list credentials; /* three for each registry, in order: username, password, token; empty
					 ones too. Secret */
	struct bytes configuration;   /* B: of a provider that is started. Secret */
	struct body_list secret_refs; /* wadm, C: secret's name, policy or backend */
	struct body_list policies;    /* wadm: name, type */
	struct body_list paths;       /* D: volume, path on the host */
	struct body_list outbound;    /* D: hosts a component may dial */
	struct body_list claims;      /* key-value: claims written */
	struct body_list unknown;     /* reads only: fields nobody knows */
	struct bytes application; /* name of a manifest or workload; model_name of a wadm command */
	struct bytes space;       /* D: the workload's namespace */
	struct bytes version;     /* of a manifest */
	bool unread;              /* nobody reads this payload; nothing was looked at */
	bool deletes;             /* key-value: a delete or purge marker */
	const struct body_secret *secrets;
	struct body_fault fault;
	/* for the decoders */
	struct body_part one; /* the part of a command that has only one; in ->parts then */
	struct body_link one_link;
	struct body_part *last_part;
	struct body_link *last_link;
};

/* Memory for one decoding at a time; borrowed, aligned as malloc() aligns. */
struct body_arena {
	uint8_t *mem;
	size_t cap;
	size_t used;
};

struct body_input {
	struct bytes subject;
	struct bytes header; /* the NATS/1.0 block with its empty line, or empty */
	struct bytes payload;
};

/*
 * body_decode() - read the body of the command @c, which command_classify() made of in->subject.
 *
 * Fills @out (not to be copied: it points into itself). What it holds are slices of in->payload,
 * of in->subject and of the arena, all of which must outlive it. Nothing is allocated, but for
 * YAML, whose library has its own memory and gives it all back before the return.
 *
 * Return: 0, BODY_REFUSED (also for VERB_UNKNOWN and a full arena; ->effective is VERB_NONE then).
 */
int body_decode(const struct command *c, const struct body_input *in, struct body_arena *arena,
    struct body *out) must_check;

#endif
