/*
 * apply - a manifest brought to a lattice: read, resolved, compared with what runs, done, waited for.
 * What is to be done is host/lattice/plan.h's to say; here are the files and the lattice.
 */
#ifndef GATEWAY_CLI_APPLY_H
#define GATEWAY_CLI_APPLY_H

#include "gateway/cli/ctl.h"
#include "host/lattice/plan.h"

struct apply {
	const struct cli_args *args;
	struct ctl ctl;
	char *file, *lock_file; /* absolute */
	bool locked, dry;
	char host[CTL_KEY]; /* "" : any */
	struct manifest *manifest;
	struct lock pinned; /* as the lock file says, and as it is to say */
	struct lock found;  /* what the references are now, as far as that is known */
	size_t new_pins;    /* lines of the lock file that are new or changed */
	struct plan_seen seen;
	struct buf said; /* with --output json: the steps */
};

/* apply_files() - manifest, lock file and the modules it names, each looked at in full. Return:
 * CLI_OK, else after saying what is wrong and where: CLI_USAGE, CLI_CONFIG (manifest or lock
 * file), CLI_TESTS (a signature or pin does not hold), CLI_FAILED. apply_deinit() in any case. */
int apply_files(struct apply *a) must_check;
void apply_deinit(struct apply *a);
/* apply_pin() - @item is what its reference turned out to be. Return: CLI_OK and, where that is new,
 * pinned; CLI_TESTS after saying how it differs from what was pinned; CLI_FAILED. */
int apply_pin(struct apply *a, const struct manifest_at *at, const struct lock_item *item) must_check;
/* apply_save() - the lock file, when anything in it changed. Return: CLI_OK, CLI_FAILED. */
int apply_save(const struct apply *a) must_check;
/* apply_env() - ${NAME} is a variable of the environment. */
extern const struct manifest_env apply_env;

/* apply_look() - what runs now, into ->seen; keys of the manifest as far as they are known, and
 * claims of what a registry had. Return: CLI_OK, an enum cli_exit after saying why. */
int apply_look(struct apply *a) must_check;
/* apply_there() - what a reference to a file is called in a lattice: file:///PATH. */
bool apply_there(void *ctx, const char *ref, struct buf *out);

/* apply_step() - do one, and say so. Return: CLI_OK, an enum cli_exit after saying why not. */
int apply_step(struct apply *a, const struct plan_step *s) must_check;
/* apply_say() - one step, as it is planned or done. */
void apply_say(struct apply *a, const struct plan_step *s, const char *result);
/* apply_settle() - until all of the manifest is there or failed. Return: CLI_OK, CLI_FAILED after
 * saying what is not. */
int apply_settle(struct apply *a) must_check;

#endif
