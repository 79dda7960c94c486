/* host/lattice/plan: what is to be done, and what is only waited for. */
#include <stdio.h>

#include "host/lattice/plan.h"
#include "tests/unit/host/lattice/made.h"
#include "tests/unit/host/lattice/suites.h"

static const char app[] = "actors: [{ref: a.wasm, count: 2}]\n"
			  "capabilities: [{image_ref: builtin:httpserver}]\n"
			  "links: [{actor: a.wasm, provider_id: builtin:httpserver,\n"
			  "  contract_id: wasmcloud:httpserver, values: {PORT: '80', SECRET: hidden}}]\n";

static struct manifest *m;
static struct plan_seen seen;
static struct lock found;
static struct plan p;
static char line[1024];

static const char *
none(void *ctx, const char *name)
{
	(void)ctx;
	(void)name;
	return NULL;
}

static void
begin(void)
{
	static const struct manifest_env env = { NULL, none };
	struct lock_item i = { .kind = LOCK_ACTOR, .ref = "a.wasm", .revision = 3 };
	struct buf report;

	buf_init(&report, 8192);
	ck_assert_int_eq(manifest_read(&m, "app.yaml", bytes_str(app), &env, &report), 0);
	buf_deinit(&report);
	strcpy(i.key, ACTOR_KEY);
	strcpy(i.issuer, ISSUER_KEY);
	ck_assert_int_eq(lock_set(&found, &i), 0);
}

static void
end(void)
{
	manifest_freep(&m);
	plan_seen_deinit(&seen);
	plan_deinit(&p);
	lock_deinit(&found);
}

static struct plan_actor *
actor(const char *host, int32_t revision, uint32_t wanted)
{
	struct plan_actor *a = plan_see_actor(&seen);

	strcpy(a->host, host);
	strcpy(a->key, ACTOR_KEY);
	strcpy(a->ref, "file:///else/where.wasm");
	a->has_revision = true;
	a->revision = revision;
	a->wanted = a->running = wanted;
	a->state = STATE_RUNNING;
	return a;
}

static struct plan_provider *
provider(const char *ref)
{
	struct plan_provider *s = plan_see_provider(&seen);

	strcpy(s->host, "N1");
	strcpy(s->key, PROVIDER_KEY);
	strcpy(s->ref, ref);
	strcpy(s->link_name, "default");
	strcpy(s->contract, "wasmcloud:httpserver");
	s->state = STATE_RUNNING;
	return s;
}

static struct plan_link *
linked(const char *to, const char *port)
{
	struct plan_link *l = plan_see_link(&seen);

	strcpy(l->actor, ACTOR_KEY);
	strcpy(l->provider, to);
	strcpy(l->contract, "wasmcloud:httpserver");
	strcpy(l->name, "default");
	ck_assert_int_eq(pairs_put(&l->values, bytes_str("PORT"), bytes_str(port)), 0);
	ck_assert_int_eq(pairs_put(&l->values, bytes_str("SECRET"), bytes_str("hidden")), 0);
	l->state = STATE_RUNNING;
	return l;
}

static void
make(const char *host)
{
	ck_assert_int_eq(plan_resolve(m, &found, NULL, &seen, NULL, NULL), 0);
	plan_deinit(&p);
	ck_assert_int_eq(plan_make(&p, m, &found, &seen, host), 0);
}

static const char *
words(size_t i)
{
	struct buf b;

	buf_init(&b, sizeof(line) - 1);
	plan_step_put(&b, &p.step[i]);
	snprintf(line, sizeof(line), "%.*s", (int)b.len, (const char *)b.ptr);
	buf_deinit(&b);
	return line;
}

START_TEST(where_nothing_runs_everything_is_started_and_then_linked)
{
	make(NULL);
	ck_assert_uint_eq(p.n, 3);
	ck_assert_int_eq(p.step[0].what, PLAN_START_ACTOR);
	ck_assert_int_eq(p.step[1].what, PLAN_START_PROVIDER);
	ck_assert_int_eq(p.step[2].what, PLAN_PUT_LINK);
	ck_assert_uint_eq(p.cannot, 0);
	ck_assert_ptr_nonnull(strstr(words(0), "+ actor a.wasm x2 (M"));
	ck_assert_str_eq(words(2), "+ link a.wasm -> builtin:httpserver wasmcloud:httpserver with PORT, SECRET");
}
END_TEST

START_TEST(where_all_of_it_runs_there_is_nothing_to_do)
{
	actor("N1", 3, 2);
	provider("wasmcloud+builtin://httpserver");
	linked(PROVIDER_KEY, "80");
	make(NULL);
	ck_assert_uint_eq(p.n, 0);
	make("N1");
	ck_assert_uint_eq(p.n, 0);
}
END_TEST

START_TEST(on_another_host_it_is_not_there)
{
	actor("N1", 3, 2);
	provider("builtin:httpserver");
	linked(PROVIDER_KEY, "80");
	make("N2");
	ck_assert_uint_eq(p.n, 2);
	ck_assert_int_eq(p.step[0].what, PLAN_START_ACTOR);
	ck_assert_str_eq(p.step[0].host, "N2");
}
END_TEST

START_TEST(a_lower_revision_is_updated_and_a_higher_one_is_not_taken_back)
{
	struct plan_actor *a = actor("N1", 2, 2);

	provider("builtin:httpserver");
	linked(PROVIDER_KEY, "80");
	make(NULL);
	ck_assert_uint_eq(p.n, 1);
	ck_assert_int_eq(p.step[0].what, PLAN_UPDATE_ACTOR);
	ck_assert_ptr_nonnull(strstr(words(0), "~ actor a.wasm revision 2 -> 3"));
	a->revision = 4;
	make(NULL);
	ck_assert_uint_eq(p.n, 1);
	ck_assert_int_eq(p.step[0].what, PLAN_CANNOT);
	ck_assert_uint_eq(p.cannot, 1);
}
END_TEST

START_TEST(another_number_is_scaled_on_one_host_and_guessed_on_none)
{
	actor("N1", 3, 1);
	provider("builtin:httpserver");
	linked(PROVIDER_KEY, "80");
	make(NULL);
	ck_assert_uint_eq(p.n, 1);
	ck_assert_int_eq(p.step[0].what, PLAN_SCALE_ACTOR);
	ck_assert_int_eq(p.step[0].to, 2);
	actor("N2", 3, 1);
	make(NULL);
	ck_assert_uint_eq(p.n, 0);
	actor("N3", 3, 1);
	make(NULL);
	ck_assert_uint_eq(p.n, 1);
	ck_assert_int_eq(p.step[0].what, PLAN_CANNOT);
	ck_assert_ptr_nonnull(strstr(words(0), "--host"));
}
END_TEST

START_TEST(a_link_that_leads_elsewhere_or_has_other_values_is_changed_and_no_value_is_shown)
{
	struct plan_link *l;

	actor("N1", 3, 2);
	provider("builtin:httpserver");
	l = linked(PROVIDER_KEY, "81");
	make(NULL);
	ck_assert_uint_eq(p.n, 1);
	ck_assert_int_eq(p.step[0].what, PLAN_CHANGE_LINK);
	ck_assert_ptr_null(strstr(words(0), "hidden"));
	ck_assert_int_eq(pairs_put(&l->values, bytes_str("PORT"), bytes_str("80")), PAIRS_CHANGED);
	strcpy(l->provider, OTHER_PROVIDER);
	make(NULL);
	ck_assert_uint_eq(p.n, 1);
	ck_assert_int_eq(p.step[0].what, PLAN_CHANGE_LINK);
}
END_TEST

START_TEST(what_failed_is_told_and_what_starts_is_waited_for)
{
	struct plan_actor *a = actor("N1", 3, 2);
	struct plan_provider *s = provider("builtin:httpserver");
	struct plan_link *l = linked(PROVIDER_KEY, "80");
	struct buf out;
	size_t n;

	buf_init(&out, 4096);
	make(NULL);
	ck_assert_uint_eq(plan_waits(m, &found, &seen, NULL, &out, &n), 0);
	ck_assert_uint_eq(n, 0);
	a->running = 1;
	s->state = l->state = STATE_STARTING;
	ck_assert_uint_eq(plan_waits(m, &found, &seen, NULL, &out, &n), 3);
	l->state = STATE_FAILED;
	strcpy(l->reason, "address\033 in use");
	ck_assert_uint_eq(plan_waits(m, &found, &seen, NULL, &out, &n), 2);
	ck_assert_uint_eq(n, 1);
	buf_put_u8(&out, '\0');
	ck_assert_ptr_nonnull(strstr((const char *)out.ptr, "link a.wasm -> builtin:httpserver: address"));
	ck_assert_ptr_null(strchr((const char *)out.ptr, '\033'));
	buf_deinit(&out);
}
END_TEST

START_TEST(a_reference_is_what_its_file_says_before_what_runs_before_what_is_pinned)
{
	struct lock pinned = { 0 };
	struct lock_item i = found.item[0];

	strcpy(i.key, OTHER_ACTOR);
	ck_assert_int_eq(lock_set(&pinned, &i), 0);
	ck_assert_int_eq(plan_resolve(m, &found, &pinned, &seen, NULL, NULL), 0);
	ck_assert_str_eq(m->actor[0].key, ACTOR_KEY);
	end();
	begin();
	ck_assert_int_eq(plan_resolve(m, NULL, &pinned, &seen, NULL, NULL), 0);
	ck_assert_str_eq(m->actor[0].key, OTHER_ACTOR);
	end();
	begin();
	strcpy(actor("N1", 1, 1)->ref, "a.wasm");
	ck_assert_int_eq(plan_resolve(m, NULL, &pinned, &seen, NULL, NULL), 0);
	ck_assert_str_eq(m->actor[0].key, ACTOR_KEY);
	lock_deinit(&pinned);
}
END_TEST

START_TEST(only_a_higher_revision_by_the_same_issuer_is_taken_over_what_is_pinned)
{
	ck_assert(lock_accepts(LOCK_AS_PINNED, true));
	ck_assert(!lock_accepts(LOCK_NOT_PINNED, true) && lock_accepts(LOCK_NOT_PINNED, false));
	ck_assert(!lock_accepts(LOCK_NEWER, true) && lock_accepts(LOCK_NEWER, false));
	for (int locked = 0; locked < 2; locked++) {
		ck_assert(!lock_accepts(LOCK_OTHER_KEY, locked) && !lock_accepts(LOCK_OTHER_ISSUER, locked));
		ck_assert(!lock_accepts(LOCK_OLDER, locked) && !lock_accepts(LOCK_OTHER_BYTES, locked));
	}
}
END_TEST

TCase *
plan_tests(void)
{
	TCase *t = tcase_create("plan");

	tcase_add_checked_fixture(t, begin, end);
	tcase_add_test(t, where_nothing_runs_everything_is_started_and_then_linked);
	tcase_add_test(t, where_all_of_it_runs_there_is_nothing_to_do);
	tcase_add_test(t, on_another_host_it_is_not_there);
	tcase_add_test(t, a_lower_revision_is_updated_and_a_higher_one_is_not_taken_back);
	tcase_add_test(t, another_number_is_scaled_on_one_host_and_guessed_on_none);
	tcase_add_test(t, a_link_that_leads_elsewhere_or_has_other_values_is_changed_and_no_value_is_shown);
	tcase_add_test(t, what_failed_is_told_and_what_starts_is_waited_for);
	tcase_add_test(t, a_reference_is_what_its_file_says_before_what_runs_before_what_is_pinned);
	tcase_add_test(t, only_a_higher_revision_by_the_same_issuer_is_taken_over_what_is_pinned);
	return t;
}
