/*
 * Any bytes as host.conf. A refusal comes with a message; what is accepted is within the bounds its
 * header promises, has a login for each connection unless it says that it wants none, and shows
 * itself.
 */
#include "host/proc/hostconf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(what)                                                                                 \
	do {                                                                                       \
		if (!(what))                                                                       \
			abort();                                                                   \
	} while (0)

static void
check(const struct hostconf *c)
{
	struct buf shown;

	MUST(c->lattice != NULL && c->state != NULL && (c->dialect == 'a' || c->dialect == 'b'));
	MUST(c->n_labels <= HOSTCONF_LABELS && c->n_artifacts <= HOSTCONF_DIRS &&
	     c->n_issuers <= HOSTCONF_ISSUERS);
	MUST(c->max_depth >= 1 && c->queue >= 1 && c->max_calls >= 1 && c->max_instances >= 1 &&
	     c->heartbeat_ms >= 100);
	for (int i = 0; i < WIRES; i++) {
		MUST(c->wire[i].port != 0 && c->wire[i].host[0] != '\0');
		MUST(c->anonymous || c->wire[i].creds != NULL);
		MUST(!c->wire[i].tls || c->wire[i].ca != NULL);
	}
	buf_init(&shown, 1 << 20);
	hostconf_show(c, &shown);
	MUST(!buf_failed(&shown) && shown.len > 0);
	buf_deinit(&shown);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hostconf *c = hostconf_new();
	struct text_report r;
	int got;

	if (c == NULL)
		return 0;
	text_report_init(&r);
	got = hostconf_parse(c, "/d/host.conf", bytes_of(data, size), &r);
	if (got == 0)
		got = hostconf_settle(c, &r);
	if (got == 0)
		check(c);
	else
		MUST(got < 0 || r.errors > 0);
	text_report_deinit(&r);
	hostconf_free(c);
	return 0;
}
