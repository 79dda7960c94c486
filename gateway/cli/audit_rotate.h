/*
 * audit_rotate - the files of the audit's key while one follows another: KEY, the one that signs; KEY.old, the
 * one before until the log says that it handed over; KEY with .pub for .key, the public half.
 *
 * At any moment a crash leaves a pair that the gateway starts with, or goes on with when it is asked again.
 */
#ifndef GATEWAY_CLI_AUDIT_ROTATE_H
#define GATEWAY_CLI_AUDIT_ROTATE_H

#include "gateway/proc/audit_keys.h"
#include "gateway/proc/config.h"

enum { ROTATE_PATH = 4200 };

struct audit_rotate {
	const struct config *conf;
	char old[ROTATE_PATH], fresh[ROTATE_PATH], pub[ROTATE_PATH], was[ROTATE_PATH]; /* was: public half of old */
	struct audit_key key, former;                                                  /* what the files hold */
	bool resumed; /* a rotation was begun before, and is gone on with */
};

/*
 * audit_rotate_files() - a new key at KEY, the present one at KEY.old; what was begun before is gone on with.
 * Return: CLI_OK, CLI_CONFIG, CLI_FAILED after saying why; audit_rotate_deinit() in any case.
 */
int audit_rotate_files(struct audit_rotate *r, const struct config *c) must_check;
/*
 * audit_rotate_log() - where no gateway runs: the handover is put into the log here. Return: CLI_OK, CLI_FAILED
 * after saying why.
 */
int audit_rotate_log(struct audit_rotate *r) must_check;
/* audit_rotate_destroy() - KEY.old is overwritten and removed. Return: CLI_OK, CLI_FAILED after saying why. */
int audit_rotate_destroy(struct audit_rotate *r) must_check;
void audit_rotate_deinit(struct audit_rotate *r);

#endif
