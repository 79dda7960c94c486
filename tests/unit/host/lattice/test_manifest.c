/* host/lattice/manifest, lock: what is to run, and what it turned out to be. */
#include <stdio.h>

#include "host/lattice/lock.h"
#include "host/lattice/manifest.h"
#include "tests/unit/host/lattice/made.h"
#include "tests/unit/host/lattice/suites.h"

static char said[8192];

static const char *
get(void *ctx, const char *name)
{
	(void)ctx;
	if (strcmp(name, "PORT") == 0)
		return "9090";
	if (strcmp(name, "EVIL") == 0)
		return "x\nlinks: []";
	return strcmp(name, "EMPTY") == 0 ? "" : NULL;
}

/* read_text() - NULL when it was refused; the report is in said[]. */
static struct manifest *
read_text(const char *text)
{
	static const struct manifest_env env = { NULL, get };
	struct manifest *m = NULL;
	struct buf report;
	int r;

	buf_init(&report, sizeof(said) - 1);
	r = manifest_read(&m, "app/app.yaml", bytes_str(text), &env, &report);
	snprintf(said, sizeof(said), "%.*s", (int)report.len,
	    report.len != 0 ? (const char *)report.ptr : "");
	buf_deinit(&report);
	ck_assert_int_ge(r, 0);
	ck_assert((r == 0) == (m != NULL) && (r == 0) == (said[0] == 0));
	return m;
}

static const char whole[] = "labels:\n"
			    "  zone: a\n"
			    "  rack: 7\n"
			    "actors:\n"
			    "  - ./counter_s.wasm\n"
			    "  - ref: ghcr.io/acme/echo:0.3.1\n"
			    "    name: echo\n"
			    "    count: 3\n"
			    "    era: first\n"
			    "    annotations: {team: shop}\n"
			    "capabilities:\n"
			    "  - image_ref: wasmcloud+builtin://httpserver\n"
			    "  - image_ref: wasmcloud+builtin://keyvalue\n"
			    "    link_name: cache\n"
			    "    name: kv\n"
			    "links:\n"
			    "  - actor: counter_s.wasm\n"
			    "    provider_id: wasmcloud+builtin://httpserver\n"
			    "    contract_id: wasmcloud:httpserver\n"
			    "    values:\n"
			    "      PORT: ${PORT:8080}\n"
			    "      HOST: \"${NOWHERE:0.0.0.0}\"\n"
			    "  - actor: echo\n"
			    "    provider_id: kv\n"
			    "    link_name: cache\n";

START_TEST(a_manifest_says_what_is_to_run)
{
	struct manifest *m = read_text(whole);

	ck_assert_msg(m != NULL, "%s", said);
	ck_assert_str_eq(pairs_get(&m->labels, BYTES_LIT("rack")), "7");
	ck_assert_uint_eq(m->n_actors, 2);
	ck_assert_str_eq(m->actor[0].ref, "./counter_s.wasm");
	ck_assert(m->actor[0].count == 1 && m->actor[0].era == ERA_UNKNOWN &&
		  m->actor[0].at.line == 5 && m->actor[0].at.col == 5);
	ck_assert(m->actor[1].count == 3 && m->actor[1].era == ERA_FIRST);
	ck_assert_str_eq(pairs_get(&m->actor[1].annotations, BYTES_LIT("team")), "shop");
	ck_assert_str_eq(m->provider[0].link_name, "default");
	ck_assert_ptr_eq(m->link[0].actor_of, &m->actor[0]);
	ck_assert_ptr_eq(m->link[0].provider_of, &m->provider[0]);
	ck_assert_str_eq(pairs_get(&m->link[0].values, BYTES_LIT("PORT")), "9090");
	ck_assert_str_eq(pairs_get(&m->link[0].values, BYTES_LIT("HOST")), "0.0.0.0");
	ck_assert_ptr_eq(m->link[1].actor_of, &m->actor[1]);
	ck_assert_ptr_eq(m->link[1].provider_of, &m->provider[1]);
	ck_assert_str_eq(m->link[1].contract, "");
	manifest_free(m);
}
END_TEST

START_TEST(a_reference_stands_for_the_id_it_turns_out_to_have)
{
	struct manifest *m = read_text(whole);

	ck_assert_ptr_nonnull(m);
	ck_assert_str_eq(manifest_link_actor(&m->link[0]), "");
	ck_assert_int_eq(manifest_actor_is(&m->actor[0], PROVIDER_KEY), MANIFEST_BAD);
	ck_assert_int_eq(manifest_actor_is(&m->actor[0], ACTOR_KEY), 0);
	ck_assert_int_eq(manifest_provider_is(&m->provider[0], PROVIDER_KEY), 0);
	ck_assert_str_eq(manifest_link_actor(&m->link[0]), ACTOR_KEY);
	ck_assert_str_eq(manifest_link_provider(&m->link[0]), PROVIDER_KEY);
	manifest_free(m);
}
END_TEST

START_TEST(keys_are_as_good_as_references)
{
	char text[1024];
	struct manifest *m;

	snprintf(text, sizeof(text),
	    "links:\n- {actor: %s, provider_id: %s, contract_id: 'a:b', values: {k: v}}\n",
	    ACTOR_KEY, PROVIDER_KEY);
	m = read_text(text);
	ck_assert_msg(m != NULL, "%s", said);
	ck_assert_str_eq(manifest_link_actor(&m->link[0]), ACTOR_KEY);
	ck_assert_str_eq(manifest_link_provider(&m->link[0]), PROVIDER_KEY);
	manifest_free(m);
}
END_TEST

START_TEST(the_environment_fills_values_and_nothing_else)
{
	struct manifest *m =
	    read_text("labels: {a: \"${EVIL}\", b: '$${PORT}', c: \"x${EMPTY}y${PORT}z\", d: "
		      "\"${NO:a:b}\", e: \"${NO:}\"}\n");

	ck_assert_msg(m != NULL, "%s", said);
	ck_assert_str_eq(pairs_get(&m->labels, BYTES_LIT("a")), "x\nlinks: []");
	ck_assert_str_eq(pairs_get(&m->labels, BYTES_LIT("b")), "${PORT}");
	ck_assert_str_eq(pairs_get(&m->labels, BYTES_LIT("c")), "xy9090z");
	ck_assert_str_eq(pairs_get(&m->labels, BYTES_LIT("d")), "a:b");
	ck_assert_str_eq(pairs_get(&m->labels, BYTES_LIT("e")), "");
	ck_assert_uint_eq(m->n_links, 0);
	manifest_free(m);
}
END_TEST

static const struct {
	const char *text, *report;
} bad[] = {
	{ "actors:\n- a.wasm\n- ./a.wasm\n",
	    "app/app.yaml:3:3: error: ./a.wasm is here already, in line 2\n" },
	{ "actors:\n- {ref: a.wasm, name: x}\n- {ref: b.wasm, name: x}\n",
	    "app/app.yaml:3:3: error: the name x is taken, in line 2\n" },
	{ "actors:\n- {reff: a.wasm}\n", "app/app.yaml:2:4: error: nobody knows \"reff\" "
					 "here\napp/app.yaml:2:3: error: ref is missing\n" },
	{ "actors:\n- {ref: a.wasm, image_ref: b}\n",
	    "app/app.yaml:2:17: error: ref stands here in two spellings\n" },
	{ "actors:\n- {ref: a.wasm, count: 0}\n",
	    "app/app.yaml:2:24: error: a number from 1 to 1024 is wanted here\n" },
	{ "actors:\n- {ref: a.wasm, count: 4294967297}\n",
	    "app/app.yaml:2:24: error: a number from 1 to 1024 is wanted here\n" },
	{ "actors:\n- {ref: a.wasm, era: 2021}\n",
	    "app/app.yaml:2:22: error: first or later is wanted here\n" },
	{ "actors: x\n", "app/app.yaml:1:9: error: a list of at most 1024 is wanted here\n" },
	{ "labels: [a]\n", "app/app.yaml:1:9: error: names with values are wanted here\n" },
	{ "labels: {a: [b]}\n", "app/app.yaml:1:13: error: a text is wanted here\n" },
	{ "labels: {a: 1, a: 2}\n",
	    "app/app.yaml:1:20: error: the same name twice in an object\n" },
	{ "labels: {a: ${NOWHERE}}\n", NULL },
	{ "labels: {a: \"${NOWHERE}\"}\n",
	    "app/app.yaml:1:13: error: NOWHERE is not set, and ${NOWHERE} has no default\n" },
	{ "labels: {a: \"${NO WAY:x}\"}\n",
	    "app/app.yaml:1:13: error: ${...} wants a name of letters, digits and _\n" },
	{ "labels: {a: \"${PORT\"}\n", "app/app.yaml:1:13: error: ${ without }\n" },
	{ "capabilities:\n- v:1\n- {image_ref: 'v:1'}\n",
	    "app/app.yaml:3:3: error: v:1 is here already under this link name, in line 2\n" },
	{ "links:\n- {actor: nobody, provider_id: noone}\n",
	    "app/app.yaml:2:3: error: nobody is neither an actor of this file nor an actor's key\n"
	    "app/app.yaml:2:3: error: noone is neither a provider of this file nor a provider's "
	    "key\n"
	    "app/app.yaml:2:3: error: contract_id is missing\n" },
	{ "actors: [a.wasm]\ncapabilities: [{image_ref: v, link_name: x}]\nlinks:\n- {actor: "
	  "a.wasm, provider_id: v}\n",
	    "app/app.yaml:4:3: error: v runs under the link name \"x\", this link is named "
	    "\"default\"\n"
	    "app/app.yaml:4:3: error: contract_id is missing\n" },
	{ "actors: [a.wasm]\ncapabilities: [v]\nlinks:\n- {actor: a.wasm, provider_id: v}\n- "
	  "{actor: ./a.wasm, provider_id: v}\n",
	    "app/app.yaml:5:3: error: this actor has a link for this contract and name already, in "
	    "line 4\n" },
	{ "actors: [a.wasm]\ncapabilities: [v, w]\nlinks:\n- {actor: a.wasm, provider_id: v, "
	  "contract_id: 'wasmcloud:logging'}\n"
	  "- {actor: a.wasm, provider_id: w, contract_id: 'wasmcloud:builtin:logging'}\n",
	    "app/app.yaml:5:3: error: this actor has a link for this contract and name already, in "
	    "line 4\n" },
	{ "actors: [&x a.wasm, *x]\n", "app/app.yaml:1:10: error: anchor\n" },
	{ "- a\n", "app/app.yaml:1:1: error: not an object\n" },
	{ "", "app/app.yaml:1:1: error: not an object\n" },
	{ "actors: [a.wasm\n", NULL },
};

START_TEST(what_is_wrong_is_told_with_its_place)
{
	struct manifest *m = read_text(bad[_i].text);

	ck_assert_ptr_null(m);
	if (bad[_i].report != NULL)
		ck_assert_str_eq(said, bad[_i].report);
	ck_assert_int_eq(strncmp(said, "app/app.yaml:", 13), 0);
}
END_TEST

START_TEST(a_report_has_an_end)
{
	static char text[8192];
	size_t lines = 0;

	strcpy(text, "actors:\n");
	for (int i = 0; i < 100; i++)
		strcat(text, "- {x: 1}\n");
	ck_assert_ptr_null(read_text(text));
	for (const char *p = said; *p != 0; p++)
		lines += *p == '\n';
	ck_assert_uint_eq(lines, 20);
}
END_TEST

START_TEST(a_path_is_beside_its_manifest)
{
	static const struct {
		const char *ref, *path;
	} rows[] = { { "./a.wasm", "app/a.wasm" }, { "a.wasm", "app/a.wasm" },
		{ "../a.wasm", "app/../a.wasm" }, { "/x/a.wasm", "/x/a.wasm" },
		{ "file:///x/a.wasm", "/x/a.wasm" }, { "sub/p.par", "app/sub/p.par" },
		{ "ghcr.io/a/b:1", NULL }, { "ghcr.io/a/b.wasm:1", NULL },
		{ "wasmcloud+builtin://httpserver", NULL }, { "a@sha256:00.wasm", NULL },
		{ "acme/echo", NULL } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf b;

		buf_init(&b, 256);
		ck_assert_msg(
		    manifest_path(&b, "app/app.yaml", rows[i].ref) == (rows[i].path != NULL), "%s",
		    rows[i].ref);
		if (rows[i].path != NULL)
			ck_assert_msg(bytes_is(buf_bytes(&b), rows[i].path), "%s", rows[i].ref);
		buf_deinit(&b);
	}
}
END_TEST

TCase *
manifest_tests(void)
{
	TCase *t = tcase_create("manifest");

	tcase_add_test(t, a_manifest_says_what_is_to_run);
	tcase_add_test(t, a_reference_stands_for_the_id_it_turns_out_to_have);
	tcase_add_test(t, keys_are_as_good_as_references);
	tcase_add_test(t, the_environment_fills_values_and_nothing_else);
	tcase_add_loop_test(
	    t, what_is_wrong_is_told_with_its_place, 0, (int)(sizeof(bad) / sizeof(bad[0])));
	tcase_add_test(t, a_report_has_an_end);
	tcase_add_test(t, a_path_is_beside_its_manifest);
	return t;
}

static const char digest[] =
    "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

static struct lock_item
item(enum lock_kind kind, const char *ref, const char *key, int32_t revision)
{
	struct lock_item i = { .kind = kind, .revision = revision };

	snprintf(i.ref, sizeof(i.ref), "%s", ref);
	snprintf(i.key, sizeof(i.key), "%s", key);
	snprintf(i.issuer, sizeof(i.issuer), "%s", ISSUER_KEY);
	snprintf(i.digest, sizeof(i.digest), "%s", digest);
	return i;
}

static int
read_lock(struct lock *l, const char *text)
{
	struct buf report;
	int r;

	buf_init(&report, sizeof(said) - 1);
	r = lock_read(l, "portcullis.lock", bytes_str(text), &report);
	snprintf(said, sizeof(said), "%.*s", (int)report.len,
	    report.len != 0 ? (const char *)report.ptr : "");
	buf_deinit(&report);
	return r;
}

START_TEST(a_lock_is_read_back_as_it_was_written)
{
	struct lock l = { 0 }, again;
	struct lock_item b = item(LOCK_ACTOR, "./b \"quoted\\.wasm", OTHER_ACTOR, 2),
			 a = item(LOCK_ACTOR, "./a.wasm", ACTOR_KEY, 3),
			 v = item(LOCK_PROVIDER, "wasmcloud+builtin://httpserver", PROVIDER_KEY, 0);
	struct buf text, twice;

	v.issuer[0] = 0;
	v.digest[0] = 0;
	ck_assert_int_eq(lock_set(&l, &v), 0);
	ck_assert_int_eq(lock_set(&l, &b), 0);
	ck_assert_int_eq(lock_set(&l, &a), 0);
	ck_assert_str_eq(l.item[0].ref, "./a.wasm");
	buf_init(&text, 65536);
	buf_init(&twice, 65536);
	lock_put(&text, &l);
	buf_put_u8(&text, 0);
	ck_assert_msg(read_lock(&again, (const char *)text.ptr) == 0, "%s", said);
	ck_assert_uint_eq(again.n, 3);
	lock_put(&twice, &again);
	ck_assert(bytes_is(buf_bytes(&twice), (const char *)text.ptr));
	ck_assert_ptr_nonnull(lock_find(&again, LOCK_ACTOR, b.ref));
	ck_assert_ptr_null(lock_find(&again, LOCK_PROVIDER, b.ref));
	buf_deinit(&twice);
	buf_deinit(&text);
	lock_deinit(&again);
	lock_deinit(&l);
}
END_TEST

START_TEST(drift_has_a_name)
{
	struct lock l = { 0 };
	struct lock_item a = item(LOCK_ACTOR, "./a.wasm", ACTOR_KEY, 3), found = a;

	ck_assert_int_eq(lock_drift(&l, &found), LOCK_NOT_PINNED);
	ck_assert_int_eq(lock_set(&l, &a), 0);
	ck_assert_int_eq(lock_drift(&l, &found), LOCK_AS_PINNED);
	found.digest[70] ^= 1;
	ck_assert_int_eq(lock_drift(&l, &found), LOCK_OTHER_BYTES);
	found.revision = 4;
	ck_assert_int_eq(lock_drift(&l, &found), LOCK_NEWER);
	found.revision = 2;
	ck_assert_int_eq(lock_drift(&l, &found), LOCK_OLDER);
	strcpy(found.issuer, made_key(NKEY_ACCOUNT, 9));
	ck_assert_int_eq(lock_drift(&l, &found), LOCK_OTHER_ISSUER);
	strcpy(found.key, OTHER_ACTOR);
	ck_assert_int_eq(lock_drift(&l, &found), LOCK_OTHER_KEY);
	ck_assert_str_eq(lock_drift_words(LOCK_OTHER_KEY), "another id than is pinned");
	lock_deinit(&l);
}
END_TEST

START_TEST(half_a_lock_is_none)
{
	static const char *const texts[] = { "", "version = 2\n", "version = 1\nactor \"a\" { }\n",
		"version = 1\nactor \"a\" { id = M issuer = A revision = 1 }\n",
		"version = 1\nactor { }\n", "version = 1\nnonsense = 2\n",
		"version = 1\nactor \"a\" {\n", "\xff" };
	struct lock l;
	char text[512];

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		ck_assert_msg(read_lock(&l, texts[i]) == LOCK_BAD, "row %zu", i);
		ck_assert_msg(said[0] != 0, "row %zu", i);
		ck_assert_uint_eq(l.n, 0);
	}
	snprintf(
	    text, sizeof(text), "version = 1\nactor \"a\" { id = %s revision = -1 }\n", ACTOR_KEY);
	ck_assert_int_eq(read_lock(&l, text), LOCK_BAD);
	snprintf(text, sizeof(text), "version = 1\nactor \"a\" { id = %s more = 1 }\n", ACTOR_KEY);
	ck_assert_int_eq(read_lock(&l, text), LOCK_BAD);
	snprintf(text, sizeof(text),
	    "version = 1\nactor \"a\" { id = %s }\nactor \"a\" { id = %s }\n", ACTOR_KEY,
	    ACTOR_KEY);
	ck_assert_int_eq(read_lock(&l, text), LOCK_BAD);
	snprintf(text, sizeof(text), "version = 1\nactor \"a\" { id = %s }\n", ACTOR_KEY);
	ck_assert_int_eq(read_lock(&l, text), 0);
	lock_deinit(&l);
}
END_TEST

START_TEST(what_cannot_be_pinned_is_refused)
{
	struct lock l = { 0 };
	struct lock_item bad_key = item(LOCK_ACTOR, "a", PROVIDER_KEY, 1),
			 no_ref = item(LOCK_ACTOR, "", ACTOR_KEY, 1),
			 none = item(LOCK_NONE, "a", ACTOR_KEY, 1),
			 bidi = item(LOCK_ACTOR, "a\xe2\x80\xae", ACTOR_KEY, 1);

	ck_assert_int_eq(lock_set(&l, &bad_key), LOCK_BAD);
	ck_assert_int_eq(lock_set(&l, &no_ref), LOCK_BAD);
	ck_assert_int_eq(lock_set(&l, &none), LOCK_BAD);
	ck_assert_int_eq(lock_set(&l, &bidi), LOCK_BAD);
	ck_assert_uint_eq(l.n, 0);
}
END_TEST

TCase *
lock_tests(void)
{
	TCase *t = tcase_create("lock");

	tcase_add_test(t, a_lock_is_read_back_as_it_was_written);
	tcase_add_test(t, drift_has_a_name);
	tcase_add_test(t, half_a_lock_is_none);
	tcase_add_test(t, what_cannot_be_pinned_is_refused);
	return t;
}
