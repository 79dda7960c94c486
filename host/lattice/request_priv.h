/*
 * request_priv - between request.c and request_words.c.
 */
#ifndef HOST_LATTICE_REQUEST_PRIV_H
#define HOST_LATTICE_REQUEST_PRIV_H

#include "host/lattice/request.h"

/* request_says_why() - do A's words for this verb go on with what was wrong? */
bool request_says_why(enum verb verb);

#endif
