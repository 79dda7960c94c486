/*
 * apply_do - the steps of a plan as commands. Where a key is known it goes with the command, so
 * that a host refuses a reference that has become another actor meanwhile. Of values only names are
 * shown.
 */
#include <string.h>

#include "gateway/cli/apply.h"
#include "gateway/cli/ctl_auction.h"
#include "gateway/cli/ctl_command.h"
#include "gateway/cli/files.h"
#include "gateway/io/clock.h"
#include "policy/core/members.h"

enum {
	BODY_ROOM = 1024 * 1024,
	LINE_ROOM = 64 * 1024,
	LOOK_MS = 1000,
	SAID_MAX = 16 * 1024 * 1024
};

/* ---- one step ---- */

/* ref_there() - what a host is to be told. */
static void
ref_there(struct apply *a, const char *ref, struct buf *out)
{
	if (!apply_there(a, ref, out))
		buf_put_str(out, ref);
	buf_put_u8(out, '\0');
}

/* bid_of() - who takes it, of the hosts with the manifest's labels. */
static int
bid_of(struct apply *a, const char *kind, const char *ref, const char *link_name, char out[CTL_KEY])
{
	char name[32];
	struct buf b;
	int r;

	buf_init(&b, BODY_ROOM);
	buf_put_u8(&b, '{');
	snprintf(name, sizeof(name), "%s_ref", kind);
	members_text(&b, name, ref);
	if (link_name != NULL)
		members_text(&b, "link_name", link_name);
	members_name(&b, "constraints");
	pairs_put_json(&b, &a->manifest->labels, true);
	members_end_object(&b);
	r = ctl_auction(&a->ctl, kind, ref, &b, out);
	buf_deinit(&b);
	return r;
}

static void
put_annotations(struct buf *b, const struct pairs *p)
{
	if (p->n == 0)
		return;
	members_name(b, "annotations");
	pairs_put_json(b, p, true);
}

/* run_actor() - start or scale: with its key, a scale does both. */
static int
run_actor(struct apply *a, const struct plan_step *s, const char *ref)
{
	char host[CTL_KEY];
	bool keyed = s->actor->key[0] != '\0';
	struct ctl_command x;
	int r = CLI_OK;

	snprintf(host, sizeof(host), "%s", s->host);
	if (host[0] == '\0')
		r = bid_of(a, "actor", ref, NULL, host);
	if (r != CLI_OK)
		return r;
	ctl_command_begin(&x);
	members_text(&x.body, "actor_ref", ref);
	if (keyed)
		members_text(&x.body, "actor_id", s->actor->key);
	members_int(&x.body, "count", s->to);
	members_text(&x.body, "host_id", host);
	put_annotations(&x.body, &s->actor->annotations);
	return ctl_command_send(&a->ctl, &x, host, keyed ? "scale" : "la", false);
}

static int
update_actor(struct apply *a, const struct plan_step *s, const char *ref)
{
	struct ctl_command x;

	ctl_command_begin(&x);
	members_text(&x.body, "new_actor_ref", ref);
	members_text(&x.body, "actor_id", s->actor->key);
	members_text(&x.body, "host_id", s->host);
	return ctl_command_send(&a->ctl, &x, s->host, "upd", false);
}

/* where_it_runs() - a scale names the reference that runs there, which may be another than ours. */
static const char *
where_it_runs(const struct apply *a, const struct plan_step *s, const char *preset)
{
	for (size_t i = 0; i < a->seen.n_actors; i++)
		if (strcmp(a->seen.actor[i].host, s->host) == 0 &&
		    strcmp(a->seen.actor[i].key, s->actor->key) == 0)
			return a->seen.actor[i].ref;
	return preset;
}

static int
on_actor(struct apply *a, const struct plan_step *s)
{
	struct buf ref;
	int r = CLI_FAILED;

	buf_init(&ref, MODEL_REF + 1);
	ref_there(a, s->actor->ref, &ref);
	if (buf_failed(&ref))
		cli_error("%s: the reference is too long", s->actor->ref);
	else if (s->what == PLAN_UPDATE_ACTOR)
		r = update_actor(a, s, (const char *)ref.ptr);
	else if (s->what == PLAN_SCALE_ACTOR)
		r = run_actor(a, s, where_it_runs(a, s, (const char *)ref.ptr));
	else
		r = run_actor(a, s, (const char *)ref.ptr);
	buf_deinit(&ref);
	return r;
}

static int
on_provider(struct apply *a, const struct plan_step *s)
{
	const struct manifest_provider *p = s->provider;
	char host[CTL_KEY];
	struct ctl_command x;
	int r = CLI_OK;

	snprintf(host, sizeof(host), "%s", s->host);
	if (host[0] == '\0')
		r = bid_of(a, "provider", p->ref, p->link_name, host);
	if (r != CLI_OK)
		return r;
	ctl_command_begin(&x);
	members_text(&x.body, "provider_ref", p->ref);
	members_text(&x.body, "link_name", p->link_name);
	members_text(&x.body, "host_id", host);
	if (p->configuration != NULL)
		members_text(&x.body, "configuration", p->configuration);
	put_annotations(&x.body, &p->annotations);
	return ctl_command_send(&a->ctl, &x, host, "lp", false);
}

/* contract_of() - the provider's, where the manifest leaves it out. */
static const char *
contract_of(const struct apply *a, const struct manifest_link *l)
{
	for (size_t i = 0; l->contract[0] == '\0' && i < a->seen.n_providers; i++)
		if (strcmp(a->seen.provider[i].key, manifest_link_provider(l)) == 0)
			return a->seen.provider[i].contract;
	return l->contract;
}

static int
on_link(struct apply *a, const struct manifest_link *l)
{
	const char *actor = manifest_link_actor(l), *provider = manifest_link_provider(l);
	struct ctl_command x;

	if (actor[0] == '\0' || provider[0] == '\0') {
		cli_error("%s:%u:%u: %s is not seen to run, and its id is known from nowhere else",
		    a->file, l->at.line, l->at.col, actor[0] == '\0' ? l->actor : l->provider);
		return CLI_FAILED;
	}
	ctl_command_begin(&x);
	members_text(&x.body, "actor_id", actor);
	members_text(&x.body, "provider_id", provider);
	members_text(&x.body, "link_name", l->name);
	members_text(&x.body, "contract_id", contract_of(a, l));
	members_name(&x.body, "values");
	pairs_put_json(&x.body, &l->values, true);
	return ctl_command_send(&a->ctl, &x, NULL, "linkdefs.put", false);
}

int
apply_step(struct apply *a, const struct plan_step *s)
{
	int r = CLI_FAILED;

	if (s->actor != NULL)
		r = on_actor(a, s);
	else if (s->provider != NULL)
		r = on_provider(a, s);
	else
		r = on_link(a, s->link);
	apply_say(a, s, r == CLI_OK ? "sent" : "failed");
	return r;
}

/* ---- said ---- */

static void
say_json(struct apply *a, const struct plan_step *s, const char *result)
{
	struct buf *b = &a->said;

	members_object(b, NULL);
	members_text(b, "do", plan_do_name(s->what));
	members_text(b, "kind", plan_kind_name(s));
	if (s->link != NULL) {
		members_text(b, "actor", s->link->actor);
		members_text(b, "provider", s->link->provider);
		members_text(b, "contract", contract_of(a, s->link));
		members_text(b, "link_name", s->link->name);
	} else {
		members_text(b, "ref", s->actor != NULL ? s->actor->ref : s->provider->ref);
		members_text(b, "id", s->actor != NULL ? s->actor->key : s->provider->key);
	}
	if (s->actor != NULL) {
		members_int(b, "from", s->from);
		members_int(b, "to", s->to);
	}
	members_text(b, "host", s->host);
	members_text(b, "result", result);
	if (s->why != NULL)
		members_text(b, "why", s->why);
	members_end_object(b);
}

void
apply_say(struct apply *a, const struct plan_step *s, const char *result)
{
	struct buf line;

	if (a->said.max == 0)
		buf_init(&a->said, SAID_MAX);
	if (a->ctl.json) {
		say_json(a, s, result);
		return;
	}
	buf_init(&line, LINE_ROOM);
	plan_step_put(&line, s);
	buf_put_str(&line, strcmp(result, "failed") == 0 ? "   failed\n" : "\n");
	if (!buf_failed(&line))
		(void)cli_print(&line);
	buf_deinit(&line);
}

/* ---- what came of it ---- */

int
apply_settle(struct apply *a)
{
	int64_t until = clock_mono_ns() / 1000000 + a->ctl.wait_ms;
	size_t waits = 0, n_failed = 0;
	struct buf failed;
	int r;

	if (a->ctl.wait_ms == 0)
		return CLI_OK;
	buf_init(&failed, LINE_ROOM);
	for (;;) {
		r = apply_look(a);
		buf_reset(&failed);
		if (r == CLI_OK)
			waits = plan_waits(a->manifest, &a->found, &a->seen,
			    a->host[0] != '\0' ? a->host : NULL, &failed, &n_failed);
		if (r != CLI_OK || waits == 0 || clock_mono_ns() / 1000000 >= until)
			break;
		ctl_next(&a->ctl, LOOK_MS);
	}
	for (struct bytes rest = buf_bytes(&failed); r == CLI_OK && rest.len > 0;) {
		struct bytes line = bytes_upto(rest, bytes_find(rest, '\n'));

		cli_error("%.*s", (int)line.len, (const char *)line.ptr);
		rest = bytes_from(rest, line.len + 1);
	}
	buf_deinit(&failed);
	if (r == CLI_OK && waits > 0) {
		cli_error("after %lld s %zu of it %s not there", (long long)a->ctl.wait_ms / 1000,
		    waits, waits == 1 ? "is" : "are");
		cli_try("portcullis ctl get inventory");
	}
	return r != CLI_OK ? r : waits > 0 || n_failed > 0 ? CLI_FAILED : CLI_OK;
}
