/*
 * answer - did it work? What the envelope of a host's answer says, in any dialect.
 */
#ifndef GATEWAY_PROC_ANSWER_H
#define GATEWAY_PROC_ANSWER_H

#include "policy/core/bytes.h"

enum { ANSWER_READ = 64 * 1024, ANSWER_ERROR = 512, ANSWER_ECHO = 4 };

struct answer {
	const char *success; /* "yes", "no"; "" when it does not say */
	char error[ANSWER_ERROR];
	size_t error_len;
};

/* answer_read() - of a stranger's bytes. What is longer or not in one way JSON says nothing. */
void answer_read(struct answer *a, struct bytes payload);
/*
 * answer_hide() - a host may repeat what it was told: where the error repeats @secret, as it stands in the
 * command's body, there are stars. What is shorter than ANSWER_ECHO bytes is not looked for.
 */
void answer_hide(struct answer *a, struct bytes secret);

#endif
