/*
 * role - which of our processes this is. The parent starts the others by executing itself.
 */
#ifndef GATEWAY_PROC_ROLE_H
#define GATEWAY_PROC_ROLE_H

#include <stdint.h>

enum role {
	ROLE_PARENT = 0,
	ROLE_EDGE,
	ROLE_VERIFIER,
	ROLE_SIGNER,
	ROLE_DISPATCHER,
	ROLE_AUDITOR,
	ROLE_COMPILER,
	ROLE_SHIPPER,
	ROLE_METRICS,
	ROLE_COUNT
};

enum { ROLE_CHANNEL_FD = 3 };

/* role_name() - "edge"; never NULL. */
const char *role_name(enum role role);
/* role_of() - by name; ROLE_COUNT when unknown. */
enum role role_of(const char *name);

/* Each role's main: takes over descriptor 3, never returns but to exit with its value. */
int edge_main(void);
int verifier_main(void);
int signer_main(void);
int dispatcher_main(void);
int auditor_main(void);
int compiler_main(void);
int shipper_main(void);
int metrics_main(void);

#endif
