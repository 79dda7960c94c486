/*
 * plan - the difference between what a manifest says and what is seen to run, as steps in an order
 * in which they can be done. It only ever adds, scales and changes what the manifest names:
 * what else runs is nobody's business here.
 */
#ifndef HOST_LATTICE_PLAN_H
#define HOST_LATTICE_PLAN_H

#include "host/lattice/lock.h"
#include "host/lattice/manifest.h"

enum { PLAN_HOST = 56, PLAN_SEEN = 4096 /* of each list */ };

/* One actor on one host. */
struct plan_actor {
	char host[PLAN_HOST + 1], key[MODEL_KEY + 1], ref[MODEL_REF + 1];
	bool has_revision;
	int32_t revision;
	uint32_t wanted, running;
	enum state state;
	char reason[STATUS_REASON];
};

struct plan_provider {
	char host[PLAN_HOST + 1], key[MODEL_KEY + 1], ref[MODEL_REF + 1];
	char link_name[MODEL_NAME + 1], contract[MODEL_NAME + 1];
	enum state state;
	char reason[STATUS_REASON];
};

struct plan_link {
	char actor[MODEL_KEY + 1], provider[MODEL_KEY + 1];
	char contract[MODEL_NAME + 1], name[MODEL_NAME + 1];
	struct pairs values; /* secret */
	enum state state;
	char reason[STATUS_REASON];
};

/* What runs. A zeroed one is nothing. */
struct plan_seen {
	size_t n_actors, n_providers, n_links;
	struct plan_actor *actor;
	struct plan_provider *provider;
	struct plan_link *link;
};

/* plan_see_*() - one more, zeroed, to be filled in; NULL: PLAN_SEEN of them, or no memory. */
struct plan_actor *plan_see_actor(struct plan_seen *s);
struct plan_provider *plan_see_provider(struct plan_seen *s);
struct plan_link *plan_see_link(struct plan_seen *s);
void plan_seen_deinit(struct plan_seen *s);

enum plan_do {
	PLAN_NONE = 0,
	PLAN_START_ACTOR,
	PLAN_UPDATE_ACTOR, /* ->host: a lower revision runs there */
	PLAN_SCALE_ACTOR,  /* ->host: another number runs there */
	PLAN_START_PROVIDER,
	PLAN_PUT_LINK,
	PLAN_CHANGE_LINK, /* it leads elsewhere, or has other values */
	PLAN_CANNOT,      /* ->why */
};

struct plan_step {
	enum plan_do what;
	const struct manifest_actor *actor; /* one of these three; they borrow the manifest */
	const struct manifest_provider *provider;
	const struct manifest_link *link;
	char host[PLAN_HOST + 1]; /* "" : whichever takes it */
	int64_t from, to;         /* instances, or revisions */
	const char *why;          /* static */
};

struct plan {
	struct plan_step *step;
	size_t n, cannot; /* how many of them are PLAN_CANNOT */
};

/*
 * plan_resolve() - the keys of the manifest's references: as found in their files, else as they are
 * seen to run, else as pinned. @found, @pinned: actors by reference; NULL: none.
 * @refs: what a file reference is called where it runs; NULL: as it is written.
 * Return: 0, -ENOMEM.
 */
typedef bool plan_ref(void *ctx, const char *ref, struct buf *out);
int plan_resolve(struct manifest *m, const struct lock *found, const struct lock *pinned,
    const struct plan_seen *s, plan_ref *refs, void *ctx) must_check;
/*
 * plan_make() - what is to be done. @host: on this host alone; NULL: anywhere. Return: 0 with *p
 * filled (plan_deinit()), -ENOMEM.
 */
int plan_make(struct plan *p, const struct manifest *m, const struct lock *found,
    const struct plan_seen *s, const char *host) must_check;
void plan_deinit(struct plan *p);
/* plan_step_put() - append one line for people, without its end: what is new has a +, what
 * changes a ~, what cannot be done a !. Of values only the names. */
void plan_step_put(struct buf *b, const struct plan_step *step);
/* plan_do_name() - "start", "update", ...; never NULL. */
const char *plan_do_name(enum plan_do what);
/* plan_kind_name() - "actor", "provider" or "link". */
const char *plan_kind_name(const struct plan_step *step);
/*
 * plan_waits() - of what the manifest names, how much is not there yet; what failed is not waited
 * for: a line for each is appended to @failed, how many in @n_failed.
 */
size_t plan_waits(const struct manifest *m, const struct lock *found, const struct plan_seen *s,
    const char *host, struct buf *failed, size_t *n_failed);

#endif
