/*
 * provider - see provider.h. What happens to a provider is kept as a state with its reason
 * (provider_life.c) and told upward from one place, which runs in the loop (provider_turn.c); the
 * functions here set down what is wanted.
 */
#include "host/proc/provider.h"

#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "host/proc/provider_priv.h"

enum { PATH_ROOM = 4096 };

static void
let_go(uv_handle_t *h)
{
	free(h);
}

uint8_t *
provider_pairs_copy(struct provider_pairs *to, const struct provider_pairs *from)
{
	size_t n = 1;
	uint8_t *text, *at;

	if (from->n > PROVIDER_VALUES)
		return NULL;
	for (size_t i = 0; i < from->n; i++)
		n += from->pair[i].name.len + from->pair[i].value.len;
	text = at = malloc(n);
	if (text == NULL)
		return NULL;
	to->n = from->n;
	for (size_t i = 0; i < from->n; i++) {
		const struct bytes in[] = { from->pair[i].name, from->pair[i].value };
		struct bytes *const out[] = { &to->pair[i].name, &to->pair[i].value };

		for (size_t k = 0; k < 2; k++) {
			if (in[k].len > 0)
				memcpy(at, in[k].ptr, in[k].len);
			*out[k] = bytes_of(at, in[k].len);
			at += in[k].len;
		}
	}
	return text;
}

/* beside() - the folder our own program lies in. */
static char *
beside(void)
{
	char path[PATH_ROOM];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (n <= 0)
		return NULL;
	path[n] = '\0';
	*strrchr(path, '/') = '\0';
	return strdup(path);
}

int
providers_new(struct providers **out, uv_loop_t *loop, const struct providers_options *o)
{
	struct providers *all = calloc(1, sizeof(*all));

	*out = NULL;
	if (all == NULL)
		return err_raise(-ENOMEM);
	all->loop = loop;
	all->options = *o;
	all->programs = o->programs != NULL ? strdup(o->programs) : beside();
	all->state = o->state != NULL ? strdup(o->state) : NULL;
	provider_plain(all->host_id, sizeof(all->host_id), o->host_id);
	provider_plain(all->lattice, sizeof(all->lattice), o->lattice);
	all->tick = calloc(1, sizeof(*all->tick));
	all->turn = calloc(1, sizeof(*all->turn));
	if (all->programs == NULL || (o->state != NULL && all->state == NULL) ||
	    all->tick == NULL || all->turn == NULL) {
		free(all->programs);
		free(all->state);
		free(all->tick);
		free(all->turn);
		free(all);
		return err_raise(-ENOMEM);
	}
	uv_timer_init(loop, all->tick);
	uv_idle_init(loop, all->turn);
	all->tick->data = all->turn->data = all;
	*out = all;
	return 0;
}

void
providers_free(struct providers *all)
{
	if (all == NULL)
		return;
	while (all->first != NULL)
		provider_free(all->first);
	uv_close((uv_handle_t *)all->tick, let_go);
	uv_close((uv_handle_t *)all->turn, let_go);
	free(all->programs);
	free(all->state);
	free(all);
}

static size_t
count(const struct providers *all)
{
	size_t n = 0;

	for (const struct provider *p = all->first; p != NULL; p = p->next)
		n++;
	return n;
}

static bool
kind_ok(const char *kind)
{
	size_t n = strspn(kind, "abcdefghijklmnopqrstuvwxyz0123456789");

	return n > 0 && n < sizeof(((struct provider *)NULL)->name) && kind[n] == '\0';
}

int
provider_start(struct providers *all, const struct provider_spec *spec, struct provider **out)
{
	struct provider *p;

	*out = NULL;
	if (!kind_ok(spec->kind) || !provider_name_ok(spec->key, PROVIDER_KEY) ||
	    bytes_find(spec->key, '/') < spec->key.len ||
	    bytes_find(spec->key, '.') < spec->key.len ||
	    !provider_name_ok(spec->contract, PROVIDER_NAME) ||
	    !provider_name_ok(spec->link_name, PROVIDER_NAME))
		return err_raise(-EINVAL);
	for (p = all->first; p != NULL; p = p->next)
		if (provider_is(p, spec->key, spec->link_name))
			return err_raise(-EEXIST);
	if (count(all) >= PROVIDERS_MAX)
		return err_raise(-E2BIG);
	p = calloc(1, sizeof(*p));
	if (p == NULL)
		return err_raise(-ENOMEM);
	p->text = provider_pairs_copy(&p->config, &spec->config);
	if (p->text == NULL) {
		free(p);
		return err_raise(-ENOMEM);
	}
	p->all = all;
	p->kind = provider_kind_of(spec->kind);
	p->ctx = spec->ctx;
	p->channel.fd = -1;
	p->line_room = PROVIDER_LINES_S;
	snprintf(p->name, sizeof(p->name), "%s", spec->kind);
	provider_plain(p->key, sizeof(p->key), spec->key);
	provider_plain(p->contract, sizeof(p->contract), spec->contract);
	provider_plain(p->link_name, sizeof(p->link_name), spec->link_name);
	provider_asks_init(&p->calls);
	provider_asks_init(&p->invokes);
	p->status.since_s = time(NULL);
	p->changed = true;
	p->next = all->first;
	all->first = p;
	provider_begin(p);
	provider_changed(p);
	*out = p;
	return 0;
}

void
provider_stop(struct provider *p, uint32_t drain_ms)
{
	if (p->status.state == PROVIDER_STOPPING || p->status.state == PROVIDER_STOPPED)
		return;
	p->retry_ms = 0;
	p->status.retry_s = 0;
	provider_links_shut(p);
	if (p->pid == 0) {
		provider_now(p, PROVIDER_STOPPED, "");
		return;
	}
	provider_now(p, PROVIDER_STOPPING, "");
	p->stop_ms = uv_now(p->all->loop) + drain_ms + 1;
	if (p->channel.fd < 0)
		return;
	(void)frame_begin(
	    &p->channel, p->channel.state == PROVIDER_SET ? MSG_PROVIDER_DRAIN : MSG_PROVIDER_STOP);
	if (frame_end(&p->channel, -1) == 0 && p->channel.state == PROVIDER_SET)
		p->channel.state = PROVIDER_DRAINING;
}

void
provider_free(struct provider *p)
{
	struct provider **at;

	if (p == NULL)
		return;
	provider_kill(p, "stopped");
	if (p->exit != NULL) {
		siginfo_t info;

		/* killed: this is short. Not by its handle: the loop made it one that does not wait
		 */
		while (waitid(P_PID, (id_t)p->pid, &info, WEXITED) != 0 && errno == EINTR)
			continue;
		provider_unwatch(p->exit, false);
	}
	while (p->links != NULL)
		provider_link_forget(p->links);
	for (at = &p->all->first; *at != p;)
		at = &(*at)->next;
	*at = p->next;
	if (p->all->options.users != NULL)
		users_give(p->all->options.users, p->user);
	free(p->text);
	free(p);
}

void
provider_retry(struct provider *p)
{
	if (p->status.state == PROVIDER_BROKEN)
		p->retry_ms = 1;
	for (struct provider_link_of *l = p->links; l != NULL; l = l->next)
		if (l->state == PROVIDER_LINK_FAILED)
			l->retry_ms = 1;
	provider_changed(p);
}

int
provider_call(struct provider *p, struct bytes actor, struct bytes operation, struct bytes payload,
    uint32_t timeout_ms, uint64_t *id)
{
	struct msg_provider_ask m = { .actor = actor, .operation = operation, .payload = payload };
	const struct provider_link_of *l = provider_link_find(p, actor);
	uint32_t ms = timeout_ms < PROVIDER_ASK_MAX_MS ? timeout_ms : PROVIDER_ASK_MAX_MS;
	uint64_t peer;

	if (l == NULL || l->going)
		return err_raise(-ENOENT);
	if (p->channel.fd < 0 || p->channel.state != PROVIDER_SET || !l->told)
		return err_raise(-EPIPE);
	if (payload.len > PROVIDER_PAYLOAD || !provider_name_ok(operation, PROVIDER_NAME))
		return err_raise(-EMSGSIZE);
	m.id = provider_asks_add(&p->calls, 0, uv_now(p->all->loop) + ms);
	if (m.id == 0)
		return err_raise(-EBUSY);
	m.timeout_ms = ms;
	msg_provider_ask_put(frame_begin(&p->channel, MSG_PROVIDER_CALL), &m);
	if (frame_end(&p->channel, -1) != 0) {
		(void)provider_asks_take(&p->calls, m.id, &peer);
		return err_raise(-EBUSY);
	}
	*id = m.id;
	provider_timed(p);
	return 0;
}

const struct provider_status *
provider_status(const struct provider *p)
{
	return &p->status;
}

void *
provider_ctx(const struct provider *p)
{
	return p->ctx;
}

bool
provider_is(const struct provider *p, struct bytes key, struct bytes link_name)
{
	return bytes_is(key, p->key) && bytes_is(link_name, p->link_name);
}

struct bytes
provider_key(const struct provider *p)
{
	return bytes_str(p->key);
}

struct bytes
provider_contract(const struct provider *p)
{
	return bytes_str(p->contract);
}

struct bytes
provider_link_name(const struct provider *p)
{
	return bytes_str(p->link_name);
}

const char *
provider_state_name(enum provider_state s)
{
	static const char *const names[PROVIDER_STATES] = { "starting", "running", "degraded",
		"failed", "stopping", "stopped" };

	return (unsigned)s < PROVIDER_STATES ? names[s] : "unknown";
}

const char *
provider_link_state_name(enum provider_link_state s)
{
	static const char *const names[PROVIDER_LINK_STATES] = { "waiting", "running", "failed",
		"gone" };

	return (unsigned)s < PROVIDER_LINK_STATES ? names[s] : "unknown";
}
