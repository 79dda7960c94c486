/*
 * msg_metrics - the numbers, from the parent to the process that shows them: MSG_METRICS answers
 * MSG_METRICS_WANTED. Readiness comes with them: no reason against it is readiness.
 */
#ifndef GATEWAY_PROC_MSG_METRICS_H
#define GATEWAY_PROC_MSG_METRICS_H

#include "gateway/io/frame.h"
#include "gateway/proc/exposition.h"

enum { METRICS_WHY_MAX = 4096, METRICS_MAX = 512 * 1024 };

struct msg_metrics {
	bool ready;
	struct bytes why; /* lines, when it is not ready */
	size_t n;
	struct metric_sample
	    *sample; /* of the sender, or room for METRIC_SAMPLES of the receiver */
};

int msg_metrics_put(struct channel *c, const struct msg_metrics *m);
/* msg_metrics_get() - labels are slices of the message. */
int msg_metrics_get(struct cursor *in, struct msg_metrics *m) must_check;

#endif
