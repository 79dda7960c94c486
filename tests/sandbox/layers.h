/*
 * layers - the runner's walls with some of them left out, for tests: what each one is for.
 *
 * Linked into tests alone, by wrapping at link time the functions that raise a wall (confine.c has
 * no switch, and gets none): the runner goes its own way, and where a wall is left out the step says
 * that it is done and does nothing. Nothing of this is in a program that is installed.
 */
#ifndef TESTS_SANDBOX_LAYERS_H
#define TESTS_SANDBOX_LAYERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum layer {
	LAYER_CENSUS = 0,
	LAYER_LIMITS,
	LAYER_USER, /* somebody who is not root; without LAYER_OWN_USER one that all share */
	LAYER_OWN_USER,
	LAYER_CAPABILITIES,
	LAYER_NO_DUMP,
	LAYER_NO_NEW_PRIVS,
	LAYER_MDWE,
	LAYER_LANDLOCK,
	LAYER_LANDLOCK_NET,
	LAYER_LANDLOCK_SCOPE,
	LAYER_FILTER, /* the one before the module is read */
	LAYER_NARROW, /* the one before the guest runs; providers have none */
	LAYER_NAMESPACES,
	LAYERS
};

#define LAYERS_ALL ((UINT32_C(1) << LAYERS) - 1)
#define LAYERS_SECCOMP (UINT32_C(1) << LAYER_FILTER | UINT32_C(1) << LAYER_NARROW)

/* layers_keep() - raise these only, from here on; at first all are. */
void layers_keep(uint32_t which);
const char *layer_name(enum layer l);
/* layers_of() - "all", "none", "only NAME", "without NAME"; NAME may be "seccomp". */
bool layers_of(const char *mode, uint32_t *which);

/* What there is to reach outside, as the host of an attempt has it. */
struct target {
	pid_t host, victim; /* the victim: another runner under the same walls */
	int tcp, udp;       /* ports of the host's */
	int fd;             /* a descriptor of the host's */
	char path[64], abstract[64]; /* sockets of the host's */
};

/* layers_outside() - make these, in @dir, which is this user's, and read them back from words. */
void layers_outside(const char *dir, struct target *t);
void layers_outside_end(const char *dir, const struct target *t);
void layers_target_put(const struct target *t, char *out, size_t room);
bool layers_target_get(const char *text, struct target *t);
/* layers_modes() - each mode there is, by number; false behind the last. */
bool layers_mode(int i, char out[64]);

/* One attempt, carried through: its effect would be there. */
struct deed {
	int n; /* of the list of attacks */
	const char *name;
	long (*run)(const struct target *t); /* 0: it has it; -errno */
	void (*before)(const struct target *t); /* what happens before the walls go up; or NULL */
};

extern const struct deed deeds[];
extern const int deeds_n;
/* layers_kernel.c: more of them */
extern const struct deed kernel_deeds[];
extern const int kernel_deeds_n;
/* layers_provider.c: the same in a provider */
extern const struct deed provider_deeds[];
extern const int provider_deeds_n;
extern int provider_served;

/* Deeds that both attempt. */
long layers_tcp(const struct target *t);
long layers_udp(const struct target *t);
long layers_bind(const struct target *t);
long layers_fork(const struct target *t);
long layers_outlive(const struct target *t);
long layers_vm_victim(const struct target *t);
long layers_kill_victim(const struct target *t);
long layers_abstract(const struct target *t);

#endif
