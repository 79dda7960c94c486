/*
 * explain_show - an explanation as text and as JSON.
 */
#ifndef GATEWAY_CLI_EXPLAIN_SHOW_H
#define GATEWAY_CLI_EXPLAIN_SHOW_H

#include "gateway/cli/decided.h"
#include "policy/rules/explain.h"

/* What is explained, and to whom it happens. */
struct shown {
	const struct policy *p;
	const struct identity *id;
	const struct explain_question *q;
	const struct explanation *e;
	const struct decided *was; /* NULL: it did not happen */
};

void explain_put_text(const struct shown *s, struct buf *b);
void explain_put_json(const struct shown *s, struct buf *b);

#endif
