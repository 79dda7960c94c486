/*
 * limit_log - see limit_log.h. A flood must not become a flood of lines.
 */
#include "gateway/proc/limit_log.h"

#include "gateway/io/log.h"

void
limit_met(struct limit_log *g, uint64_t counts[LIMIT_COUNT], enum limit l,
    const struct limit_who *who, uint64_t now)
{
	struct log_line line;

	counts[l]++;
	g->unsaid[l]++;
	if (g->said_ms[l] != 0 && now - g->said_ms[l] < LIMIT_LOG_MS)
		return;
	g->said_ms[l] = now != 0 ? now : 1;
	log_begin(&line, LOG_WRN, "limit_reached");
	log_word(&line, "limit", limit_name(l));
	log_num(&line, "times", (int64_t)g->unsaid[l]);
	if (who->client != 0)
		log_num(&line, "client", (int64_t)who->client);
	if (who->source != NULL)
		log_str(&line, "source", who->source);
	if (who->account != NULL)
		log_word(&line, "account", who->account);
	if (who->user != NULL)
		log_word(&line, "user", who->user);
	log_end(&line);
	g->unsaid[l] = 0;
}
