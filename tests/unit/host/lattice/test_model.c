/* host/lattice/model: the tables of what runs. */
#include <stdio.h>

#include "tests/unit/host/lattice/made.h"
#include "tests/unit/host/lattice/suites.h"

static const char id_1[] = "aaaaaaaa-0000-4000-8000-000000000001",
		  id_2[] = "aaaaaaaa-0000-4000-8000-000000000002";

/* says() - the diagnosis, as a string. */
static const char *
says(struct model *m, const char *actor, const char *contract, const char *name)
{
	static char text[2048];
	struct buf b;

	buf_init(&b, sizeof(text) - 1);
	model_diagnose(m, bytes_str(actor), bytes_str(contract), bytes_str(name), &b);
	ck_assert(!buf_failed(&b));
	snprintf(text, sizeof(text), "%.*s", (int)b.len, (const char *)b.ptr);
	buf_deinit(&b);
	return text;
}

static struct model_actor *
add_actor(struct model *m, const char *key, int32_t rev, const char *ref)
{
	struct model_claims c;
	struct model_actor *a = NULL;

	made_claims(&c, key, rev, "wasmcloud:keyvalue,wasmcloud:logging", NULL);
	ck_assert_int_eq(model_actor_add(m, &c, bytes_str(ref), ERA_LATER, MADE_NOW, &a), 0);
	return a;
}

START_TEST(a_host_is_a_key_of_a_host)
{
	struct model_limits none = { 0 };
	struct model *m = NULL;

	ck_assert_int_eq(model_new(&m, &none, ACTOR_KEY, "", "x"), MODEL_BAD);
	ck_assert_int_eq(model_new(&m, &none, "N", "", "x"), MODEL_BAD);
	ck_assert_int_eq(model_new(&m, &none, HOST_KEY, "", ""), MODEL_BAD);
	ck_assert_ptr_null(m);
}
END_TEST

START_TEST(zeroed_limits_allow_nothing)
{
	struct model_limits none = { 0 };
	struct model *m = NULL;
	struct model_claims c;
	struct model_actor *a = NULL;
	struct model_provider *p = NULL;
	struct model_link *l = NULL;
	struct body_link link = made_link(ACTOR_KEY, PROVIDER_KEY, "a:b", "default");

	ck_assert_int_eq(model_new(&m, &none, HOST_KEY, "", "x"), 0);
	made_claims(&c, ACTOR_KEY, 1, "", NULL);
	ck_assert_int_eq(model_actor_add(m, &c, BYTES_LIT("r"), ERA_LATER, 1, &a), MODEL_FULL);
	ck_assert_int_eq(model_heard(m, &c), MODEL_FULL);
	model_claims_deinit(&c);
	made_claims(&c, PROVIDER_KEY, 1, "", "a:b");
	ck_assert_int_eq(
	    model_provider_add(m, &c, BYTES_LIT("r"), BYTES_LIT("default"), id_1, 1, &p),
	    MODEL_FULL);
	model_claims_deinit(&c);
	ck_assert_int_eq(model_link_put(m, &link, id_1, 1, &l), MODEL_FULL);
	ck_assert_int_eq(model_label_put(m, BYTES_LIT("a"), BYTES_LIT("b")), MODEL_FULL);
	ck_assert(!model_bids_actor(m, BYTES_LIT("r"), made_list(NULL)));
	ck_assert(!model_bids_provider(m, BYTES_LIT("r"), BYTES_NULL, made_list(NULL)));
	model_free(m);
}
END_TEST

START_TEST(labels_of_the_host_are_not_for_others)
{
	struct model *m = made_model();

	ck_assert_int_eq(
	    model_label_put(m, BYTES_LIT("hostcore.os"), BYTES_LIT("plan9")), MODEL_RESERVED);
	ck_assert_int_eq(
	    model_label_put(m, BYTES_LIT("hostcore.new"), BYTES_LIT("x")), MODEL_RESERVED);
	ck_assert_int_eq(model_label_del(m, BYTES_LIT("hostcore.os")), MODEL_RESERVED);
	ck_assert_int_eq(model_label_core(m, "zone", "b"), MODEL_RESERVED);
	ck_assert_str_eq(pairs_get(model_labels(m), BYTES_LIT("hostcore.os")), "linux");
	ck_assert_int_eq(model_label_put(m, BYTES_LIT("zone"), BYTES_LIT("a")), MODEL_SAME);
	ck_assert_int_eq(model_label_put(m, BYTES_LIT("zone"), BYTES_LIT("b")), MODEL_CHANGED);
	ck_assert_int_eq(model_label_del(m, BYTES_LIT("zone")), 0);
	ck_assert_int_eq(model_label_del(m, BYTES_LIT("zone")), MODEL_NOT_THERE);
	model_free(m);
}
END_TEST

START_TEST(a_bid_is_made_when_every_constraint_is_a_label)
{
	struct model *m = made_busy();

	ck_assert(model_bids_actor(m, BYTES_LIT("new:1"), made_list(NULL)));
	ck_assert(model_bids_actor(
	    m, BYTES_LIT("new:1"), made_list("zone", "a", "hostcore.os", "linux", NULL)));
	ck_assert(
	    !model_bids_actor(m, BYTES_LIT("new:1"), made_list("zone", "a", "gpu", "yes", NULL)));
	ck_assert(!model_bids_actor(m, BYTES_LIT("new:1"), made_list("zone", "A", NULL)));
	ck_assert(!model_bids_actor(m, BYTES_LIT("new:1"), made_list("zone", "", NULL)));
	ck_assert(!model_bids_actor(m, BYTES_LIT("ghcr.io/acme/counter:0.3.0"), made_list(NULL)));
	ck_assert(!model_bids_actor(m, bytes_str(ACTOR_KEY), made_list(NULL)));
	/* providers too: 0.82 bid for them without a look at the labels */
	ck_assert(
	    model_bids_provider(m, BYTES_LIT("new:1"), BYTES_NULL, made_list("zone", "a", NULL)));
	ck_assert(
	    !model_bids_provider(m, BYTES_LIT("new:1"), BYTES_NULL, made_list("zone", "b", NULL)));
	ck_assert(!model_bids_provider(m, bytes_str(PROVIDER_KEY), BYTES_NULL, made_list(NULL)));
	ck_assert(!model_bids_provider(
	    m, BYTES_LIT("wasmcloud+builtin://httpserver"), BYTES_LIT("default"), made_list(NULL)));
	ck_assert(
	    model_bids_provider(m, bytes_str(PROVIDER_KEY), BYTES_LIT("second"), made_list(NULL)));
	model_free(m);
}
END_TEST

START_TEST(an_actor_is_found_by_key_reference_and_alias)
{
	struct model *m = made_busy();
	struct model_actor *a = model_actor(m, bytes_str(ACTOR_KEY));

	ck_assert_ptr_nonnull(a);
	ck_assert_ptr_eq(model_actor_of(m, BYTES_LIT("ghcr.io/acme/counter:0.3.0")), a);
	ck_assert_ptr_eq(model_actor_of(m, BYTES_LIT("acme/counter")), a);
	ck_assert_ptr_null(model_actor_of(m, BYTES_LIT("")));
	ck_assert_ptr_null(model_actor_of(m, bytes_str(OTHER_ACTOR)));
	model_free(m);
}
END_TEST

START_TEST(an_actor_is_there_once)
{
	struct model *m = made_busy();
	struct model_claims c;
	struct model_actor *a = NULL;

	made_claims(&c, ACTOR_KEY, 9, "", NULL);
	ck_assert_int_eq(model_actor_add(m, &c, BYTES_LIT("other"), ERA_LATER, 1, &a), MODEL_THERE);
	strcpy(c.sub, PROVIDER_KEY);
	ck_assert_int_eq(model_actor_add(m, &c, BYTES_LIT("other"), ERA_LATER, 1, &a), MODEL_BAD);
	model_claims_deinit(&c);
	ck_assert_uint_eq(model_n_actors(m), 1);
	model_actor_del(m, model_actor(m, bytes_str(ACTOR_KEY)));
	ck_assert_uint_eq(model_n_actors(m), 0);
	model_free(m);
}
END_TEST

START_TEST(an_actor_is_as_its_instances_are)
{
	struct model *m = made_model();
	struct model_actor *a = add_actor(m, ACTOR_KEY, 1, "r");
	struct model_instance *one = NULL, *two = NULL;

	a->want = 2;
	ck_assert_int_eq(model_actor_sum(a, 10), STATUS_SAME);
	ck_assert_int_eq(a->status.state, STATE_STARTING);
	ck_assert_int_eq(model_instance_add(m, a, id_1, 1, &one), 0);
	ck_assert_int_eq(model_instance_add(m, a, id_2, 1, &two), 0);
	status_move(&one->status, STATE_RUNNING, NULL, 20, 0);
	model_actor_sum(a, 20);
	ck_assert_int_eq(a->status.state, STATE_DEGRADED);
	ck_assert_str_eq(a->status.reason, "1 of 2 run");
	status_move(&two->status, STATE_RUNNING, NULL, 30, 0);
	model_actor_sum(a, 30);
	ck_assert_int_eq(a->status.state, STATE_RUNNING);
	status_move(&one->status, STATE_FAILED, "it trapped", 40, 99);
	model_actor_sum(a, 40);
	ck_assert_int_eq(a->status.state, STATE_DEGRADED);
	ck_assert_str_eq(a->status.reason, "1 of 2 run: it trapped");
	status_move(&two->status, STATE_FAILED, "it trapped", 50, 77);
	model_actor_sum(a, 50);
	ck_assert_int_eq(a->status.state, STATE_FAILED);
	ck_assert_int_eq(a->status.retry_ms, 77);
	model_instance_del(a, one);
	model_instance_del(a, two);
	a->want = 0;
	model_actor_sum(a, 60);
	ck_assert_int_eq(a->status.state, STATE_STOPPED);
	a->want = 1;
	model_actor_sum(a, 70);
	ck_assert_int_eq(a->status.state, STATE_STARTING);
	model_free(m);
}
END_TEST

START_TEST(instances_have_ids_and_a_ceiling)
{
	struct model_limits limits = model_limits_default();
	struct model *m = NULL;
	struct model_actor *a;
	struct model_instance *i = NULL;

	limits.instances = 1;
	ck_assert_int_eq(model_new(&m, &limits, HOST_KEY, "", "x"), 0);
	a = add_actor(m, ACTOR_KEY, 1, "r");
	ck_assert_int_eq(model_instance_add(m, a, "", 1, &i), MODEL_BAD);
	ck_assert_int_eq(model_instance_add(m, a, "a b", 1, &i), MODEL_BAD);
	ck_assert_int_eq(model_instance_add(m, a, id_1, 1, &i), 0);
	ck_assert_int_eq(model_instance_add(m, a, id_1, 1, &i), MODEL_BAD);
	ck_assert_int_eq(model_instance_add(m, a, id_2, 1, &i), MODEL_FULL);
	ck_assert_ptr_eq(model_instance(a, id_1), i);
	model_free(m);
}
END_TEST

START_TEST(an_update_is_of_the_same_actor_by_the_same_issuer_and_newer)
{
	struct model *m = made_model();
	struct model_actor *a = add_actor(m, ACTOR_KEY, 3, "r");
	struct model_claims c;

	made_claims(&c, ACTOR_KEY, 4, "wasmcloud:keyvalue,wasmcloud:logging", NULL);
	ck_assert_int_eq(model_actor_may_update(a, &c, true), 0);
	c.rev = 3;
	ck_assert_int_eq(model_actor_may_update(a, &c, false), MODEL_NOT_NEWER);
	c.rev = 4;
	c.has_rev = false;
	ck_assert_int_eq(model_actor_may_update(a, &c, false), MODEL_NOT_NEWER);
	c.has_rev = true;
	strcpy(c.iss, made_key(NKEY_ACCOUNT, 9));
	ck_assert_int_eq(model_actor_may_update(a, &c, false), MODEL_OTHER_ISSUER);
	strcpy(c.iss, ISSUER_KEY);
	strcpy(c.sub, OTHER_ACTOR);
	ck_assert_int_eq(model_actor_may_update(a, &c, false), MODEL_OTHER_KEY);
	strcpy(c.sub, ACTOR_KEY);
	free(c.caps);
	c.caps = strdup("wasmcloud:keyvalue");
	ck_assert_int_eq(model_actor_may_update(a, &c, false), 0);
	ck_assert_int_eq(model_actor_may_update(a, &c, true), MODEL_OTHER_CAPS);
	ck_assert_int_eq(model_actor_update(a, &c, BYTES_LIT("r:2"), ERA_FIRST), 0);
	ck_assert_int_eq(a->claims.rev, 4);
	ck_assert_str_eq(a->ref, "r:2");
	ck_assert_int_eq(a->era, ERA_FIRST);
	ck_assert_ptr_null(c.name);
	model_free(m);
}
END_TEST

START_TEST(a_provider_runs_once_under_each_link_name)
{
	struct model *m = made_busy();
	struct model_claims c;
	struct model_provider *p = NULL;

	made_claims(&c, PROVIDER_KEY, 0, "", "wasmcloud:httpserver");
	ck_assert_int_eq(
	    model_provider_add(m, &c, BYTES_LIT("x"), BYTES_LIT("default"), id_1, 1, &p),
	    MODEL_THERE);
	ck_assert_int_eq(
	    model_provider_add(m, &c, BYTES_LIT("x"), BYTES_LIT(""), id_1, 1, &p), MODEL_BAD);
	ck_assert_int_eq(
	    model_provider_add(m, &c, BYTES_LIT("x"), BYTES_LIT("second"), id_1, 1, &p), 0);
	ck_assert_ptr_eq(model_provider(m, bytes_str(PROVIDER_KEY), BYTES_LIT("second")), p);
	ck_assert_ptr_eq(model_provider_by_ref(m, BYTES_LIT("x"), BYTES_LIT("second")), p);
	ck_assert_ptr_null(model_provider_by_ref(m, BYTES_LIT("x"), BYTES_LIT("default")));
	model_provider_del(m, p);
	ck_assert_uint_eq(model_n_providers(m), 1);
	model_free(m);
}
END_TEST

START_TEST(a_link_is_one_by_actor_contract_and_name)
{
	struct model *m = made_model();
	struct body_link link = made_link(ACTOR_KEY, PROVIDER_KEY, "wasmcloud:logging", "");
	struct model_link *l = NULL, *again = NULL;

	ck_assert_int_eq(model_link_put(m, &link, id_1, 5, &l), 0);
	ck_assert_str_eq(l->name, "default");
	ck_assert_str_eq(model_link_value(l, "PASSWORD"), "secret-word");
	ck_assert_str_eq(model_link_value(l, "password"), "");
	ck_assert_int_eq(model_link_put(m, &link, id_2, 6, &again), MODEL_SAME);
	ck_assert_ptr_eq(l, again);
	ck_assert_str_eq(l->id, id_1);
	/* its other name is the same contract */
	ck_assert_ptr_eq(
	    model_link(m, bytes_str(ACTOR_KEY), BYTES_LIT("wasmcloud:builtin:logging"), BYTES_NULL),
	    l);
	ck_assert_ptr_null(
	    model_link(m, bytes_str(ACTOR_KEY), BYTES_LIT("wasmcloud:keyvalue"), BYTES_NULL));
	ck_assert_ptr_null(
	    model_link(m, bytes_str(ACTOR_KEY), BYTES_LIT("wasmcloud:logging"), BYTES_LIT("x")));
	status_move(&l->status, STATE_RUNNING, NULL, 7, 0);
	link.target = bytes_str(OTHER_PROVIDER);
	ck_assert_int_eq(model_link_put(m, &link, id_2, 8, &again), MODEL_CHANGED);
	ck_assert_str_eq(l->provider, OTHER_PROVIDER);
	ck_assert_int_eq(l->status.state, STATE_STARTING);
	link.values = *made_list("PASSWORD", "other", NULL);
	ck_assert_int_eq(model_link_put(m, &link, id_2, 9, &again), MODEL_CHANGED);
	ck_assert_str_eq(model_link_value(l, "PORT"), "");
	ck_assert(model_linked(m, bytes_str(ACTOR_KEY), bytes_str(OTHER_PROVIDER), BYTES_NULL));
	ck_assert(!model_linked(m, bytes_str(ACTOR_KEY), bytes_str(PROVIDER_KEY), BYTES_NULL));
	ck_assert(!model_linked(m, bytes_str(OTHER_ACTOR), bytes_str(OTHER_PROVIDER), BYTES_NULL));
	model_link_del(m, l);
	ck_assert_uint_eq(model_n_links(m), 0);
	model_free(m);
}
END_TEST

START_TEST(a_link_joins_an_actor_and_a_provider)
{
	struct model *m = made_model();
	struct model_link *l = NULL;
	const char *const bad[][3] = { { PROVIDER_KEY, PROVIDER_KEY, "a:b" },
		{ ACTOR_KEY, ACTOR_KEY, "a:b" }, { "M", PROVIDER_KEY, "a:b" },
		{ ACTOR_KEY, PROVIDER_KEY, "" }, { ACTOR_KEY, PROVIDER_KEY, "a\nb" } };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct body_link link = made_link(bad[i][0], bad[i][1], bad[i][2], "default");

		ck_assert_int_eq(model_link_put(m, &link, id_1, 1, &l), MODEL_BAD);
	}
	ck_assert_uint_eq(model_n_links(m), 0);
	model_free(m);
}
END_TEST

START_TEST(a_call_without_a_link_names_the_command_that_makes_it)
{
	struct model *m = made_model();
	char want[1024];

	add_actor(m, ACTOR_KEY, 1, "r");
	snprintf(want, sizeof(want),
	    "actor Counter has no link for wasmcloud:logging \"default\"; portcullis ctl link "
	    "%s PROVIDER "
	    "wasmcloud:logging would make it (no provider of that contract runs on this host)",
	    ACTOR_KEY);
	ck_assert_str_eq(says(m, ACTOR_KEY, "wasmcloud:logging", ""), want);
	model_free(m);
}
END_TEST

START_TEST(the_provider_that_is_here_is_named_in_the_command)
{
	struct model *m = made_busy();
	char want[1024];

	model_link_del(
	    m, model_link(m, bytes_str(ACTOR_KEY), BYTES_LIT("wasmcloud:httpserver"), BYTES_NULL));
	snprintf(want, sizeof(want),
	    "actor Counter has no link for wasmcloud:httpserver \"default\"; portcullis ctl "
	    "link %s %s "
	    "wasmcloud:httpserver would make it",
	    ACTOR_KEY, PROVIDER_KEY);
	ck_assert_str_eq(says(m, ACTOR_KEY, "wasmcloud:httpserver", "default"), want);
	ck_assert_ptr_nonnull(strstr(
	    says(m, ACTOR_KEY, "wasmcloud:keyvalue", "cache"), " --link-name cache would make it"));
	model_free(m);
}
END_TEST

START_TEST(a_capability_that_was_not_signed_comes_first)
{
	struct model *m = made_busy();

	ck_assert_ptr_nonnull(strstr(says(m, ACTOR_KEY, "wasmcloud:messaging", "default"),
	    " was not signed for wasmcloud:messaging; portcullis actor sign FILE --cap "
	    "wasmcloud:messaging"));
	model_free(m);
}
END_TEST

START_TEST(a_failed_provider_is_told_with_its_reason)
{
	struct model *m = made_busy();
	const char *said = says(m, ACTOR_KEY, "wasmcloud:httpserver", "default");

	ck_assert_ptr_nonnull(strstr(said, ", which is failed: port 8080 is in use; it is tried "
					   "again at 1970-01-01T00:00:02.900Z"));
	model_provider_del(m, model_provider(m, bytes_str(PROVIDER_KEY), BYTES_LIT("default")));
	said = says(m, ACTOR_KEY, "wasmcloud:httpserver", "default");
	ck_assert_ptr_nonnull(strstr(said, "does not run on this host"));
	model_free(m);
}
END_TEST

START_TEST(a_diagnosis_shows_strangers_bytes_harmlessly)
{
	struct model *m = made_model();
	const char *said = says(m, "x\x1b[2J", "a\nb", "\xe2\x80\xae");

	for (const char *p = said; *p != 0; p++)
		ck_assert(*p >= ' ' && (unsigned char)*p != 0x7f);
	ck_assert_ptr_null(strstr(said, "\xe2\x80\xae"));
	model_free(m);
}
END_TEST

START_TEST(claims_of_other_hosts_are_remembered_once)
{
	struct model *m = made_model();
	struct model_claims c;

	made_claims(&c, OTHER_ACTOR, 1, "", NULL);
	ck_assert_int_eq(model_heard(m, &c), 0);
	made_claims(&c, OTHER_ACTOR, 2, "", NULL);
	ck_assert_int_eq(model_heard(m, &c), MODEL_CHANGED);
	ck_assert_int_eq(model_heard_all(m)->claims.rev, 2);
	ck_assert_ptr_null(model_heard_all(m)->next);
	model_free(m);
}
END_TEST

START_TEST(every_answer_has_words)
{
	for (int i = MODEL_SAME; i <= MODEL_OTHER_CAPS; i++)
		ck_assert_str_ne(model_why(i), "out of memory");
	ck_assert_str_eq(model_why(-ENOMEM), "out of memory");
}
END_TEST

TCase *
model_tests(void)
{
	TCase *t = tcase_create("model");

	tcase_add_test(t, a_host_is_a_key_of_a_host);
	tcase_add_test(t, zeroed_limits_allow_nothing);
	tcase_add_test(t, labels_of_the_host_are_not_for_others);
	tcase_add_test(t, a_bid_is_made_when_every_constraint_is_a_label);
	tcase_add_test(t, an_actor_is_found_by_key_reference_and_alias);
	tcase_add_test(t, an_actor_is_there_once);
	tcase_add_test(t, an_actor_is_as_its_instances_are);
	tcase_add_test(t, instances_have_ids_and_a_ceiling);
	tcase_add_test(t, an_update_is_of_the_same_actor_by_the_same_issuer_and_newer);
	tcase_add_test(t, a_provider_runs_once_under_each_link_name);
	tcase_add_test(t, a_link_is_one_by_actor_contract_and_name);
	tcase_add_test(t, a_link_joins_an_actor_and_a_provider);
	tcase_add_test(t, a_call_without_a_link_names_the_command_that_makes_it);
	tcase_add_test(t, the_provider_that_is_here_is_named_in_the_command);
	tcase_add_test(t, a_capability_that_was_not_signed_comes_first);
	tcase_add_test(t, a_failed_provider_is_told_with_its_reason);
	tcase_add_test(t, a_diagnosis_shows_strangers_bytes_harmlessly);
	tcase_add_test(t, claims_of_other_hosts_are_remembered_once);
	tcase_add_test(t, every_answer_has_words);
	return t;
}
