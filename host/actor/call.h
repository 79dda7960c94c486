/*
 * call - one actor in an engine, and the waPC words between it and the host.
 *
 * The guest names places in its memory by 32-bit numbers; each is checked in 64 bits against the
 * memory as it is now before a byte is copied, and nothing is allocated while the guest runs: every
 * area has its ceiling from birth. What crosses a ceiling ends the call with a reason.
 *
 * Sources: waPC protocol (wapc.io/docs/spec), wasmCloud host 0.57 (import module `wasmbus`).
 */
#ifndef HOST_ACTOR_CALL_H
#define HOST_ACTOR_CALL_H

#include "host/wasm/engine.h"

enum {
	ACTOR_MAX_NAME = 256,              /* of a binding, a namespace, an operation */
	ACTOR_MAX_AREA = 16 * 1024 * 1024, /* no ceiling below may be above this */
	ACTOR_WHY = 200,
	ACTOR_SEED = 32,
};

/* What one call may use; zero allows nothing. */
struct actor_limits {
	uint32_t request, response, error; /* bytes: of operation and payload; of what comes back */
	uint32_t ask_payload,
	    ask_answer;                /* bytes: of what the guest asks the host; of its answer */
	uint32_t asks;                 /* host calls in one call */
	uint32_t log_lines, log_bytes; /* console lines in one call; bytes of one, cut there */
	uint32_t memory_pages;
	int64_t init_fuel; /* for the start function and the initialisers together */
	int64_t call_fuel;
	int64_t ask_fuel; /* what a host call costs besides its bytes; also a console line */
	bool wasi;        /* the inert WASI functions may be imported */
};

/* actor_limits_default() - what docs/CELL.md lists. */
struct actor_limits actor_limits_default(void);
/* actor_limits_sane() - is every number within what areas and the engine can hold? */
bool actor_limits_sane(const struct actor_limits *l);

enum actor_answer {
	ACTOR_DONE = 0,
	ACTOR_REFUSED,   /* the module: not taken, or an import or export is not as it must be */
	ACTOR_ERROR,     /* the guest said so itself; its text is the answer */
	ACTOR_TRAPPED,   /* the engine stopped it */
	ACTOR_LIMIT,     /* a ceiling of struct actor_limits */
	ACTOR_NO_ANSWER, /* it said it was done and gave nothing, or failed without a word */
	ACTOR_EXITED,    /* WASI proc_exit */
	ACTOR_CUT,       /* the host ended it during a host call */
	ACTOR_TOO_LARGE, /* the request is above its ceiling: the guest was not asked */
	ACTOR_ANSWERS
};

/* actor_answer_name() - "trapped"; never NULL. */
const char *actor_answer_name(enum actor_answer a);

/* A host call of the guest; the slices lie in its memory until it goes on. */
struct actor_ask {
	struct bytes binding, space, operation, payload;
	uint32_t function; /* of the guest, that asked */
};

/*
 * What the guest's words lead to. ->ask fills @into, at most @room bytes, and sets *used and *ok
 * (an answer, or the text of an error). Return: 0; not 0 ends the call with ACTOR_CUT.
 */
struct actor_ops {
	void *ctx;
	int (*ask)(void *ctx, const struct actor_ask *ask, uint8_t *into, size_t room, size_t *used,
	    bool *ok);
	int (*log)(void *ctx, struct bytes line);
};

/* What a call was like. */
struct actor_outcome {
	enum actor_answer answer;
	struct bytes out;      /* the response, or the guest's error, also before it trapped; valid
				  until the next call */
	struct wasm_trap trap; /* ACTOR_TRAPPED */
	char why[ACTOR_WHY];   /* plain ASCII */
	int64_t fuel;          /* used */
	uint64_t memory;       /* bytes of guest memory after it */
	uint32_t asks, lines, lines_dropped;
};

/* Time and randomness, only as the host gives them: they stand still and repeat within a call. */
struct actor_world {
	uint64_t now_ns; /* since 1970 */
	uint8_t seed[ACTOR_SEED];
};

struct actor;

/*
 * actor_new() - load a module, give it the imports it asks for, reserve all it may need
 * @ops:  copied
 * @got:  ->answer and ->why when it is refused
 * Nothing of the guest runs here.
 *
 * Return: 0; an actor_answer > 0; -errno.
 */
int actor_new(struct bytes module, const struct actor_limits *limits, const struct actor_ops *ops,
    const struct actor_world *world, struct actor **out, struct actor_outcome *got) must_check;
void actor_free(struct actor *a);
void actor_freep(struct actor **a);
/* actor_set_world() - before actor_init(): another than actor_new() was given. */
void actor_set_world(struct actor *a, const struct actor_world *world);
/*
 * actor_init() - the module's start function, then `_initialize`, `_start`, `wapc_init`, those
 * there are, all under init_fuel; once, before the first call. Allocates nothing. Return: an
 * actor_answer.
 */
int actor_init(struct actor *a, struct actor_outcome *got) must_check;
/*
 * actor_fresh() - memory, tables and globals as the module has them, then as actor_init(), again
 * under all of init_fuel: nothing of an earlier call is left. When it fails the actor is not to be
 * called any more. Allocates nothing. Return: an actor_answer.
 */
int actor_fresh(struct actor *a, struct actor_outcome *got) must_check;
/*
 * actor_call() - one operation
 * @fuel: at most this, and at most limits->call_fuel
 * Allocates nothing. Return: an actor_answer, also in @got.
 */
int actor_call(struct actor *a, struct bytes operation, struct bytes payload,
    const struct actor_world *world, int64_t fuel, struct actor_outcome *got) must_check;
/* actor_running_place() - where the function that runs is kept. */
struct wasm_place actor_running_place(const struct actor *a);
/* actor_cost() - bytes the loaded module holds. */
size_t actor_cost(const struct actor *a);

/* actor_token_ok() - may this stand in a subject? Letters, digits and - _ . : / =, no empty part.
 */
bool actor_token_ok(struct bytes name);

#endif
