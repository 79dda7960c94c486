/*
 * portcullis-provider-httpserver - contract wasmcloud:httpserver: what comes over HTTP is asked of
 * the actor whose link has that address, and its answer goes back.
 *
 * It has the listening sockets the host bound for its links, those who connect to them, and nothing
 * else. Each link is a site of its own; a link with new values is a new site, while the old one
 * answers who is still there.
 */
#include <stdlib.h>
#include <unistd.h>

#include "host/providers/httpserver/site.h"

static struct {
	struct process *process;
	struct site *sites;
} self;

static struct site *
site_of(struct bytes actor)
{
	for (struct site *s = self.sites; s != NULL; s = s->next)
		if (!s->ending && bytes_is(actor, s->actor))
			return s;
	return NULL;
}

static void
on_site_end(struct site *s)
{
	struct site **at = &self.sites;

	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	if (!s->quiet)
		process_link(self.process, bytes_str(s->actor), PROVIDER_LINK_GONE, "");
	free(s);
	if (self.process->draining && self.sites == NULL)
		process_end(self.process);
}

static const char *
on_begin(struct process *p, const struct msg_provider_setup *m)
{
	(void)m;
	self.process = p;
	return NULL;
}

static void
on_link(struct process *p, const struct msg_provider_link *m, int fd)
{
	struct site *old = site_of(m->actor), *s;
	struct site_limits l;
	const char *why = site_limits_of(&m->values, &l);

	if (why != NULL) {
		close(fd);
		process_link(p, m->actor, PROVIDER_LINK_FAILED, why);
		return;
	}
	s = calloc(1, sizeof(*s));
	if (s == NULL) {
		close(fd);
		process_link(p, m->actor, PROVIDER_LINK_FAILED, "out of memory");
		return;
	}
	s->on_end = on_site_end;
	if (site_open(s, p, m->actor, fd, &l) != 0) {
		free(s);
		process_link(
		    p, m->actor, PROVIDER_LINK_FAILED, "the HTTP server cannot be started");
		return;
	}
	s->next = self.sites;
	self.sites = s;
	if (old != NULL) {
		old->quiet = true;
		site_end(old);
	}
	process_link(p, m->actor, PROVIDER_LINK_RUNNING, "");
}

static void
on_unlink(struct process *p, struct bytes actor)
{
	struct site *s = site_of(actor);

	if (s == NULL)
		process_link(p, actor, PROVIDER_LINK_GONE, "");
	else
		site_end(s);
}

static void
on_answer(struct process *p, const struct msg_provider_result *m)
{
	struct visit *v = visit_of(m->id);

	(void)p;
	if (v != NULL)
		visit_answered(v, m->answer, m->payload);
}

static void
on_drain(struct process *p)
{
	struct site *next;

	if (self.sites == NULL)
		process_end(p);
	for (struct site *s = self.sites; s != NULL; s = next) {
		next = s->next;
		site_end(s);
	}
}

int
main(void)
{
	static const struct process_ops ops = { .name = "httpserver",
		.takes = PROCESS_FD,
		.memory = UINT64_C(1) << 30,
		.file = 0,
		.begin = on_begin,
		.link = on_link,
		.unlink = on_unlink,
		.answer = on_answer,
		.drain = on_drain };

	process_main(&ops);
}
