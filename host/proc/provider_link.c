/*
 * provider_link - an actor at a provider: what its values ask for is opened, handed over, and
 * opened again when it breaks. A link is never silently without effect: it runs, is being made, or
 * has failed with a reason and the time of the next try.
 *
 * A listening socket stays ours as long as the link is there. When the provider's process ends,
 * those who connect meanwhile wait in its queue for the next process.
 */
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "host/proc/provider_priv.h"

struct provider_link_of *
provider_link_find(const struct provider *p, struct bytes actor)
{
	for (struct provider_link_of *l = p->links; l != NULL; l = l->next)
		if (bytes_is(actor, l->actor))
			return l;
	return NULL;
}

void
provider_link_now(struct provider_link_of *l, enum provider_link_state state, const char *why)
{
	struct bytes text = bytes_str(why);

	if (l->state == state && strcmp(l->why, why) == 0 && l->changed)
		return;
	l->state = state;
	provider_plain(l->why, sizeof(l->why), text);
	l->since_s = time(NULL);
	l->changed = true;
	provider_judge(l->provider);
	provider_changed(l->provider);
}

void
provider_link_failed(struct provider_link_of *l, const char *why, bool again)
{
	l->retry_ms = again ? uv_now(l->provider->all->loop) + provider_after(l->fails++) : 0;
	l->told = false;
	provider_link_now(l, PROVIDER_LINK_FAILED, why);
}

/* taken() - by another actor of this host: two of them behind one port would each get half of what
 * comes. */
static bool
taken(const struct provider_link_of *l)
{
	for (const struct provider *p = l->provider->all->first; p != NULL; p = p->next)
		for (const struct provider_link_of *o = p->links; o != NULL; o = o->next)
			if (o != l && o->listener >= 0 && l->need.port != 0 &&
			    o->need.port == l->need.port && strcmp(o->actor, l->actor) != 0)
				return true;
	return false;
}

void
provider_link_give(struct provider_link_of *l, int fd)
{
	struct provider *p = l->provider;
	struct msg_provider_link m = {
		.actor = bytes_str(l->actor), .about = bytes_str(l->address), .values = l->values
	};
	bool with = fd >= 0;

	if (p->channel.fd < 0 || p->channel.state != PROVIDER_SET) {
		if (with)
			close(fd);
		return;
	}
	msg_provider_link_put(
	    frame_begin(&p->channel, with ? MSG_PROVIDER_LINK_FD : MSG_PROVIDER_LINK_PUT), &m);
	if (frame_end(&p->channel, fd) != 0) {
		provider_link_failed(l, "it could not be handed over", true);
		return;
	}
	l->told = true;
	provider_link_now(l, PROVIDER_LINK_WAITING, "");
}

static void
listen_for(struct provider_link_of *l)
{
	char why[PROVIDER_WHY], at[64];
	int r = 0;

	provider_need_text(&l->need, at, sizeof(at));
	if (l->listener < 0 && taken(l)) {
		snprintf(
		    why, sizeof(why), "%s: another actor of this host is linked to this port", at);
		provider_link_failed(l, why, true);
		return;
	}
	if (l->listener < 0)
		r = provider_socket_bind(l);
	if (r != 0) {
		snprintf(why, sizeof(why), "%s: %s", at,
		    r == -EADDRINUSE ? "the port is in use by another program" : strerror(-r));
		provider_link_failed(l, why, true);
		return;
	}
	provider_link_give(l, fcntl(l->listener, F_DUPFD_CLOEXEC, 3));
}

/* link_open() - what it needs, and hand it over. */
static void
link_open(struct provider_link_of *l)
{
	struct provider *p = l->provider;
	const struct provider_ops *ops = &p->all->options.ops;
	const char *no = l->wrong;
	int r;

	l->retry_ms = 0;
	if (p->channel.fd < 0 || p->channel.state != PROVIDER_SET)
		return;
	if (no == NULL && l->need.reach != PROVIDER_REACH_NOTHING && ops->may_reach != NULL)
		no = ops->may_reach(ops->ctx, p, l->need.reach == PROVIDER_REACH_LISTEN,
		    l->need.host, l->need.port);
	if (no != NULL) {
		provider_link_failed(l, no, false);
		return;
	}
	switch (l->need.reach) {
	case PROVIDER_REACH_LISTEN:
		listen_for(l);
		return;
	case PROVIDER_REACH_DIAL:
		provider_unwatch(take(l->dial), false);
		provider_link_now(l, PROVIDER_LINK_WAITING, "");
		r = provider_socket_dial(l);
		if (r != 0) {
			char why[PROVIDER_WHY];

			snprintf(why, sizeof(why), "%s: %s", l->address, strerror(-r));
			provider_link_failed(l, why, true);
		}
		return;
	default:
		provider_link_give(l, -1);
	}
}

void
provider_links_open(struct provider *p)
{
	struct provider_link_of *next;

	for (struct provider_link_of *l = p->links; l != NULL; l = next) {
		next = l->next;
		if (!l->going)
			link_open(l);
	}
}

void
provider_links_lost(struct provider *p)
{
	for (struct provider_link_of *l = p->links; l != NULL; l = l->next) {
		provider_unwatch(take(l->dial), false);
		l->told = l->leaving = false;
		l->withdrawn = 0;
		l->retry_ms = 0;
		if (l->going)
			provider_link_now(l, PROVIDER_LINK_GONE, "");
		else if (l->wrong == NULL)
			provider_link_now(l, PROVIDER_LINK_WAITING, "its provider is not there");
	}
}

bool
provider_links_tick(struct provider *p, uint64_t now)
{
	bool more = false;

	for (struct provider_link_of *l = p->links; l != NULL; l = l->next) {
		if (l->dial != NULL && l->dial_until_ms <= now) {
			char why[PROVIDER_WHY];

			provider_unwatch(take(l->dial), false);
			snprintf(why, sizeof(why), "%s: no answer", l->address);
			provider_link_failed(l, why, true);
		}
		if (l->retry_ms != 0 && l->retry_ms <= now)
			link_open(l);
		more = more || l->dial != NULL || l->retry_ms != 0;
	}
	return more;
}

void
provider_links_shut(struct provider *p)
{
	for (struct provider_link_of *l = p->links; l != NULL; l = l->next)
		provider_socket_shut(&l->listener);
}

void
provider_link_forget(struct provider_link_of *l)
{
	struct provider_link_of **at = &l->provider->links;

	while (*at != l)
		at = &(*at)->next;
	*at = l->next;
	provider_unwatch(l->dial, false);
	if (l->listener >= 0)
		close(l->listener);
	free(l->text);
	free(l);
}

void
provider_link_status(const struct provider_link_of *l, struct provider_link_status *out)
{
	uint64_t now = uv_now(l->provider->all->loop);

	memset(out, 0, sizeof(*out));
	out->actor = bytes_str(l->actor);
	out->state = l->state;
	memcpy(out->why, l->why, sizeof(out->why));
	memcpy(out->address, l->address, sizeof(out->address));
	out->since_s = l->since_s;
	if (l->retry_ms != 0)
		out->retry_s = time(NULL) +
			       (int64_t)(l->retry_ms > now ? (l->retry_ms - now + 999) / 1000 : 0);
}

/* ---- what the host says ---- */

/* twice() - the same name in two spellings: nobody can say which one counts. */
static bool
twice(const struct provider_pairs *v)
{
	for (size_t i = 0; i < v->n; i++) {
		char name[PROVIDER_NAME + 1];

		provider_plain(name, sizeof(name), v->pair[i].name);
		if (provider_value(v, name) != &v->pair[i])
			return true;
	}
	return false;
}

static struct provider_link_of *
link_new(struct provider *p, struct bytes actor)
{
	struct provider_link_of *l = calloc(1, sizeof(*l)), **at = &p->links;

	if (l == NULL)
		return NULL;
	l->provider = p;
	l->listener = -1;
	provider_plain(l->actor, sizeof(l->actor), actor);
	while (*at != NULL)
		at = &(*at)->next;
	*at = l;
	return l;
}

/* settle() - these are its values from now on. */
static int
settle(struct provider_link_of *l, const struct provider_pairs *values)
{
	struct provider_need need = { .reach = PROVIDER_REACH_NOTHING };
	struct provider_pairs copy;
	uint8_t *text = provider_pairs_copy(&copy, values);

	if (text == NULL)
		return err_raise(-ENOMEM);
	free(l->text);
	l->text = text;
	l->values = copy;
	l->wrong = twice(&copy)                ? "a value is said twice"
		   : l->provider->kind != NULL ? l->provider->kind->need(&copy, &need)
					       : NULL;
	/* another address: the old socket goes when the provider has let go of it */
	if (l->listener >= 0 &&
	    (l->wrong != NULL || need.v6 != l->need.v6 || need.port != l->need.port ||
		strcmp(need.host, l->need.host) != 0))
		provider_socket_shut(&l->listener);
	l->need = need;
	l->address[0] = '\0';
	if (l->listener >= 0)
		provider_need_text(&need, l->address, sizeof(l->address));
	l->fails = 0;
	return 0;
}

static bool
names_ok(const struct provider_pairs *v)
{
	for (size_t i = 0; i < v->n; i++)
		if (!provider_name_ok(v->pair[i].name, PROVIDER_NAME) ||
		    v->pair[i].value.len > PROVIDER_VALUE)
			return false;
	return v->n <= PROVIDER_VALUES;
}

/* withdraw() - the process lets go of what the link was. Return: was it told? */
static bool
withdraw(struct provider_link_of *l)
{
	struct provider *p = l->provider;

	if (!l->told || p->channel.fd < 0)
		return false;
	l->told = false;
	buf_put_str(frame_begin(&p->channel, MSG_PROVIDER_LINK_DEL), l->actor);
	return frame_end(&p->channel, -1) == 0;
}

int
provider_link_put(struct provider *p, struct bytes actor, const struct provider_pairs *values)
{
	struct provider_link_of *l = provider_link_find(p, actor);
	int r;

	if (!provider_name_ok(actor, PROVIDER_KEY) || !names_ok(values))
		return err_raise(-EINVAL);
	if (l == NULL && p->status.links >= PROVIDER_LINKS)
		return err_raise(-E2BIG);
	if (l == NULL)
		l = link_new(p, actor);
	if (l == NULL)
		return err_raise(-ENOMEM);
	r = settle(l, values);
	if (r != 0)
		return err_pass(r);
	if (l->going || l->wrong != NULL)
		l->withdrawn += l->going ? l->leaving : withdraw(l);
	l->going = l->leaving = false;
	provider_link_now(
	    l, PROVIDER_LINK_WAITING, p->status.pid == 0 ? "its provider is not there" : "");
	l->retry_ms = 1; /* in the next tick: callbacks come from the loop alone */
	return 0;
}

int
provider_link_del(struct provider *p, struct bytes actor)
{
	struct provider_link_of *l = provider_link_find(p, actor);

	if (l == NULL || l->going)
		return err_raise(-ENOENT);
	l->going = true;
	l->retry_ms = 0;
	provider_socket_shut(&l->listener);
	l->leaving = withdraw(l);
	if (!l->leaving)
		provider_link_now(l, PROVIDER_LINK_GONE, "");
	return 0;
}

int
provider_link(const struct provider *p, struct bytes actor, struct provider_link_status *out)
{
	const struct provider_link_of *l = provider_link_find(p, actor);

	if (l == NULL)
		return err_raise(-ENOENT);
	provider_link_status(l, out);
	return 0;
}

int
provider_link_at(const struct provider *p, size_t i, struct provider_link_status *out)
{
	for (const struct provider_link_of *l = p->links; l != NULL; l = l->next) {
		if (i-- > 0)
			continue;
		provider_link_status(l, out);
		return 0;
	}
	return err_raise(-ENOENT);
}
