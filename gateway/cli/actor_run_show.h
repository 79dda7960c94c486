/* actor_run_show - what `actor run` tells a person, on standard error. */
#ifndef GATEWAY_CLI_ACTOR_RUN_SHOW_H
#define GATEWAY_CLI_ACTOR_RUN_SHOW_H

#include "gateway/cli/cli.h"
#include "host/proc/cell.h"

/* actor_put_shown() - printable ASCII, on standard output also line feeds; all else as \\xNN. */
void actor_put_shown(FILE *to, struct bytes s);
/* actor_on_log() - struct cell_ops' ->log: a line of the guest's console. */
void actor_on_log(void *ctx, struct bytes line);
void actor_say_walls(const struct cell_walls *w);
/* actor_say_costs() - of the start, or of a call. */
void actor_say_costs(const char *of, const struct cell_result *got);
/* actor_say_end() - why there is no answer. Return: CLI_FAILED. */
int actor_say_end(const struct cell_result *got);

#endif
