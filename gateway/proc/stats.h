/*
 * stats - what each count of denials is called: on the log, in the decision log and among the
 * numbers.
 */
#ifndef GATEWAY_PROC_STATS_H
#define GATEWAY_PROC_STATS_H

/* stats_word() - of a relay_event_kind; NULL when there is none of that number. */
const char *stats_word(unsigned kind);

#endif
