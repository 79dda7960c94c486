/*
 * log_few - see log_few.h. A disk that strangers can fill is one on which nobody finds the line that matters.
 */
#include "gateway/proc/log_few.h"

#include "gateway/io/log.h"

void
log_few_tick(struct log_few *f, const char *event, uint64_t now_ms)
{
	struct log_line l;

	if (f->began_ms == 0 || now_ms < f->began_ms + LOG_FEW_MS)
		return;
	if (f->left_out > 0) {
		log_begin(&l, LOG_WRN, "lines_left_out");
		log_word(&l, "what", event);
		log_num(&l, "times", (int64_t)f->left_out);
		log_end(&l);
	}
	*f = (struct log_few){ 0 };
}

bool
log_few(struct log_few *f, const char *event, uint64_t now_ms)
{
	log_few_tick(f, event, now_ms);
	if (f->began_ms == 0)
		f->began_ms = now_ms != 0 ? now_ms : 1;
	if (f->said >= LOG_FEW_LINES) {
		f->left_out++;
		return false;
	}
	f->said++;
	return true;
}
