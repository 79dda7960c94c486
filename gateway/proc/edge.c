/*
 * edge - the process that reads the network.
 *
 * Owns client sockets, their upstream sockets and a read-only policy snapshot. Holds no key and no
 * file, opens no connection (the parent dials), vouches for nobody (the verifier does), and its
 * upstream logins have no right to command: commands go to the dispatcher.
 */
#include "gateway/proc/edge_priv.h"

#include <stdio.h>
#include <unistd.h>

#include "gateway/io/clock.h"
#include "gateway/io/log.h"
#include "gateway/proc/lock.h"
#include "gateway/relay/broker.h"

enum { EDGE_TICK_MS = 250, EDGE_PROBE_AGAIN_MS = 500, EDGE_REJUDGE = 64, EDGE_SCRATCH = 4 << 20 };

struct edge edge;

/* ---- relays ---- */

struct relay *
edge_find(uint64_t id)
{
	struct relay *r = edge.bucket[id % EDGE_BUCKETS];

	while (r != NULL && r->id != id)
		r = ((struct client *)r)->chain;
	return r;
}

void
edge_link(struct relay *r)
{
	struct relay **b = &edge.bucket[r->id % EDGE_BUCKETS];

	((struct client *)r)->chain = *b;
	*b = r;
	r->next = edge.relays;
	if (edge.relays != NULL)
		edge.relays->prev = r;
	edge.relays = r;
	edge.n_relays++;
}

static void
unlink_relay(struct relay *r)
{
	struct relay **b = &edge.bucket[r->id % EDGE_BUCKETS];

	while (*b != r)
		b = &((struct client *)*b)->chain;
	*b = ((struct client *)r)->chain;
	if (r->prev != NULL)
		r->prev->next = r->next;
	else
		edge.relays = r->next;
	if (r->next != NULL)
		r->next->prev = r->prev;
	if (edge.rejudge == r)
		edge.rejudge = r->next;
	if (edge.tick_at == r)
		edge.tick_at = r->next;
	edge.n_relays--;
}

/* ---- what a relay asks ---- */

static void
verify(struct relay *r, const struct nats_connect *c, const char *nonce)
{
	struct msg_login m = { .conn = r->id, .nonce = bytes_str(nonce), .jwt = bytes_str(c->jwt),
		.sig = bytes_str(c->sig), .listener = edge_listener_of(r) };
	struct buf chain;

	snprintf(m.source, sizeof(m.source), "%s", r->source);
	((struct client *)r)->asked = true;
	buf_init(&chain, PEER_CHAIN_MAX);
	if (edge.tls.verify && r->client.stream.layer != NULL)
		tls_peer_chain(r->client.stream.layer, &chain);
	m.chain = buf_bytes(&chain);
	if (buf_failed(&chain))
		relay_verdict(r, NULL, NULL, NULL, "certificates_too_long");
	else if (edge.verifier.fd < 0 || msg_login_put(&edge.verifier, &m) != 0)
		relay_verdict(r, NULL, NULL, NULL, "verifier_unavailable");
	buf_deinit(&chain);
}

static void
dial(struct relay *r)
{
	if (msg_token_put(&edge.child.parent, MSG_DIAL, r->id, -1) != 0)
		relay_dialled(r, -1);
}

/* layer() - TLS for one side of a connection. */
static struct layer *
layer(struct relay *r, bool upstream)
{
	(void)r;
	return tls_side_layer(&edge.tls, upstream);
}

/* pin() - the connection is that host from now on, unless another user is. */
static bool
pin(struct relay *r, struct bytes host)
{
	struct client *c = (struct client *)r;
	struct person *y;

	if (people_pin(&edge.people, c->person, host, &y) != 0)
		return false;
	c->person = y;
	relay_pinned(r, &y->identity, &y->rights);
	return true;
}

static void
gone(struct relay *r)
{
	struct client *c = (struct client *)r;

	unlink_relay(r);
	people_leave(&edge.people, c->person);
	if (c->early) {
		TAILQ_REMOVE(&edge.early, c, early_link);
		edge.n_early--;
	}
	sources_leave(edge.sources, c->source, c->early, edge_now_ms());
	tally_drop(edge.accounts, c->account);
	tally_drop(edge.users, c->user);
	c->listener->n--;
	edge_commands_free(c);
	free(c);
	edge_exit_if_empty();
}

/* ---- time ---- */

/* rejudge_some() - a slice of the relays under the new policy, so that nobody waits long. */
static void
rejudge_some(uv_idle_t *idle)
{
	for (int i = 0; i < EDGE_REJUDGE && edge.rejudge != NULL; i++) {
		struct relay *r = edge.rejudge;

		edge.rejudge = r->next;
		relay_rejudge(r);
	}
	if (edge.rejudge == NULL)
		uv_idle_stop(idle);
}

void
edge_rejudge_all(void)
{
	edge.env.generation++;
	edge.rejudge = edge.relays;
	uv_idle_start(&edge.idle, rejudge_some);
}

/* tick_policy() - what the time opens and shuts: as after a reload, only what became illegal ends. */
static void
tick_policy(uint64_t now)
{
	int accident;

	if (snapshot_tick(&edge.snapshot, &accident))
		edge_rejudge_all();
	if (accident != 0)
		child_fatal(&edge.child, "policy cannot be used", accident);
	meters_tick(edge.people.meters, now);
	sources_tick(edge.sources, now);
}

static void
on_tick(uv_timer_t *t)
{
	uint64_t now = uv_now(&edge.child.loop);

	(void)t;
	tick_policy(now);
	for (struct relay *r = edge.relays; r != NULL; r = edge.tick_at) {
		edge.tick_at = r->next;
		relay_tick(r, now);
	}
	if (edge.running)
		edge_listen(true);
	edge_tick_drain(now);
	log_few_tick(&edge.failed_lines, "login_failed", now);
	log_few_tick(&edge.penalty_lines, "source_penalised", now);
	log_few_tick(&edge.accept_lines, "accept_failed", now);
}

/* ---- beginning ---- */

static void probed(struct probe *p, enum probe_result result);

static void
probe_again(uv_timer_t *t)
{
	(void)t;
	(void)msg_token_put(&edge.child.parent, MSG_DIAL, 0, -1);
}

void
edge_on_probe_fd(int fd)
{
	if (fd >= 0) {
		probe_start(&edge.probe, &edge.room, fd, &edge.tls, probed);
		return;
	}
	uv_timer_start(&edge.probe_timer, probe_again, EDGE_PROBE_AGAIN_MS, 0);
}

/* begin_service() - the upstream is known: tell clients what it can, and listen. */
static void
begin_service(const struct nats_info *i)
{
	struct nats_hello *h = &edge.env.hello;

	snprintf(edge.version, sizeof(edge.version), "%s", i->version);
	snprintf(edge.domain, sizeof(edge.domain), "%s", i->domain);
	h->version = edge.version;
	h->domain = edge.domain;
	h->headers = i->headers;
	h->jetstream = i->jetstream;
	h->api_lvl = i->api_lvl;
	h->max_payload = i->max_payload < (int64_t)edge.child.setup.max_payload ? i->max_payload :
										 edge.child.setup.max_payload;
	if (edge.running)
		return;
	edge.running = true;
	edge_listen(true);
	(void)msg_bare_put(&edge.child.parent, MSG_READY, -1);
}

static void
probed(struct probe *p, enum probe_result result)
{
	struct log_line l;

	if (result == PROBE_FAILED) {
		log_begin(&l, LOG_WRN, "upstream_probe_failed");
		log_str(&l, "why", p->why);
		log_end(&l);
		uv_timer_start(&edge.probe_timer, probe_again, EDGE_PROBE_AGAIN_MS, 0);
		return;
	}
	if (result == PROBE_OPEN_TO_STRANGERS && !edge.child.setup.allow_open)
		child_fatal(&edge.child,
		    "the upstream lets anybody in without credentials, so anybody can go round the gate: use the "
		    "leaf.conf that init wrote, or set upstream { allow_open = yes }",
		    0);
	log_begin(&l, result == PROBE_OPEN_TO_STRANGERS ? LOG_WRN : LOG_INF,
	    result == PROBE_OPEN_TO_STRANGERS ? "upstream_open" : "upstream_probed");
	log_str(&l, "version", p->info.version);
	log_end(&l);
	begin_service(&p->info);
}

/* trust_gates() - whose stamps are believed besides our own, which the signer names. */
static void
trust_gates(const struct setup *s)
{
	for (size_t i = 0; i < s->n_gates; i++) {
		edge.stamped.key[1 + i].type = NKEY_CLUSTER;
		memcpy(edge.stamped.key[1 + i].pub, s->gate[i], sizeof(s->gate[i]));
	}
	edge.stamped.n = 1U + s->n_gates;
	stamp_window_init(&edge.stamped.groups, STAMPED_IN_GROUPS, clock_wall_ns() / 1000000);
}

void
edge_secure(void)
{
	static const enum secure_when when[] = { SECURE_AFTER_INFO, SECURE_FIRST, SECURE_AUTO };
	const struct tls_side *t = &edge.tls;
	struct relay_env *e = &edge.env;

	e->secure_clients = t->clients == NULL ? SECURE_NEVER : when[t->clients_first];
	e->secure_upstream = t->upstream == NULL ? SECURE_NEVER : when[t->upstream_first];
	e->hello.tls_required = t->clients != NULL;
	e->certified = t->clients != NULL && t->identity;
	e->hello.tls_verify = t->clients != NULL && t->verify;
}

void
edge_start(void)
{
	static const struct relay_ops ops = { verify, dial, edge_sign, edge_command, edge_enough, edge_on_event,
		edge_rule_name, edge_on_opened, edge_on_ended, gone, pin, edge_on_limit, layer };
	const struct setup *s = &edge.child.setup;

	edge.env.ops = &ops;
	edge.last_id = s->last_id;
	trust_gates(s);
	edge.env.room = &edge.room;
	edge.env.index = s->index;
	edge.env.limits = (struct limits){
		.max_line = s->max_control_line,
		.max_connect = s->max_connect,
		.max_payload = s->max_payload,
		.max_command = s->max_command,
		.max_pending = s->max_pending,
		.max_subs = s->max_subscriptions,
		.auth_timeout_ms = s->auth_timeout_ms,
		.login_timeout_ms = s->auth_timeout_ms + 10000,
		.ping_interval_ms = s->ping_interval_ms,
		.ping_max = s->ping_max,
		.write_deadline_ms = s->write_deadline_ms,
		.publish = { s->ceilings.max_publish_rate, s->ceilings.max_publish_bytes },
		.user_publish = { s->ceilings.max_user_publish_rate, s->ceilings.max_user_publish_bytes },
		.max_account_subs = s->ceilings.max_account_subscriptions,
	};
	edge_limits_start();
	edge_accept_start();
	edge.env.stamped = &edge.stamped;
	edge.env.hello.server_id = s->server_id;
	edge.env.hello.server_name = s->server_name;
	edge.people.meters = meters_new(s->edges);
	if (edge.people.meters == NULL)
		child_fatal(&edge.child, "out of memory", 0);
	uv_timer_start(&edge.tick, on_tick, EDGE_TICK_MS, EDGE_TICK_MS);
	probe_again(NULL);
}

int
edge_main(void)
{
	tls_begin();
	tls_hop_init(&edge.tls.hop, &edge.child.loop);
	edge_channels_begin();
	edge_accept_begin();
	lock_own(&edge.child, edge.reserve);
	if (stream_room_init(&edge.room, &edge.child.loop) != 0)
		child_fatal(&edge.child, "out of memory", 0);
	buf_init(&edge.env.scratch, EDGE_SCRATCH);
	edge.env.arena = malloc(BROKER_ARENA);
	if (edge.env.arena == NULL)
		child_fatal(&edge.child, "out of memory", 0);
	uv_timer_init(&edge.child.loop, &edge.tick);
	uv_timer_init(&edge.child.loop, &edge.probe_timer);
	uv_timer_init(&edge.child.loop, &edge.greet_timer);
	uv_timer_init(&edge.child.loop, &edge.lost_timer);
	uv_idle_init(&edge.child.loop, &edge.idle);
	child_run(&edge.child);
}
