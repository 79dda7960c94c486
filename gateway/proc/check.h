/*
 * check - is a deployment in order? Everything the gateway would stumble over, found before it
 * does: `portcullis check` and `portcullis-gateway -t` both ask here, so they cannot disagree.
 */
#ifndef GATEWAY_PROC_CHECK_H
#define GATEWAY_PROC_CHECK_H

#include "gateway/proc/config.h"

struct check_result {
	struct text_report report; /* every problem: FILE:LINE:COLUMN, what is wrong, what to do */
	struct config *config; /* NULL when it could not be read: then nothing else was checked */
	size_t operators, accounts; /* whom the gateway would believe */
	size_t policies, rules;     /* files and rules; 0 when they do not compile */
	char policy_id[32];
	char stamp_pub[57]; /* the gate's public key, for others that shall believe its stamps */
};

/*
 * check_run() - read @file and everything it names; changes nothing. A file that cannot be read is
 * a problem in the report like any other.
 * Return: 0, TEXT_BAD (errors in the report), -ENOMEM; *c is owned by the caller after each.
 */
int check_run(struct check_result *c, const char *file) must_check;
void check_deinit(struct check_result *c);
/*
 * check_say() - what a person is told at the end, the report not included: how many errors, or that
 * all is well and what was found.
 */
void check_say(const struct check_result *c, struct buf *out);

#endif
