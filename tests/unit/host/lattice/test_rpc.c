/* host/lattice/rpc: invocations, their claims, and what was seen. */
#include <stdio.h>

#include "host/lattice/rpc.h"
#include "host/pack/pack.h"
#include "tests/unit/host/lattice/made.h"
#include "tests/unit/host/lattice/suites.h"

enum { NOW = 1700000000, LINE = 65536 };

static struct nkey believed[2];
static struct rpc_seen *seen;

static void
fresh_window(void)
{
	struct nkey_pair p;
	uint8_t seed[32];

	memset(seed, 'c', sizeof(seed));
	ck_assert_int_eq(nkey_pair_raw(&p, NKEY_CLUSTER, bytes_of(seed, 32)), 0);
	believed[0] = p.pub;
	nkey_pair_deinit(&p);
	memset(seed, 'h', sizeof(seed));
	ck_assert_int_eq(nkey_pair_raw(&p, NKEY_SERVER, bytes_of(seed, 32)), 0);
	believed[1] = p.pub;
	nkey_pair_deinit(&p);
	rpc_seen_free(seen);
	ck_assert_int_eq(rpc_seen_new(&seen, 64, RPC_WINDOW_S, NOW - 100), 0);
}

static struct rpc_trust
trust(enum rpc_form form)
{
	return (struct rpc_trust){
		.form = form, .issuer = believed, .n = 2, .now_s = NOW, .seen = seen
	};
}

static size_t
from_hex(const char *hex, uint8_t *out)
{
	size_t n = 0;
	unsigned byte;

	for (; sscanf(hex, "%2x", &byte) == 1; hex += 2)
		out[n++] = (uint8_t)byte;
	return n;
}

/* Another implementation wrote them: tests/vectors/lattice/make.py. */
START_TEST(invocations_of_another_implementation_are_judged_right)
{
	static char line[LINE], name[128], answer[64], hex[LINE];
	static uint8_t raw[LINE / 2];
	char path[512];
	size_t rows = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/lattice/rpc.txt", getenv("VECTORS"));
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		struct rpc_invocation inv;
		const char *why = NULL;
		struct rpc_trust t;
		struct buf room;
		size_t n;
		int r;

		if (sscanf(line, "%127s %63s %65535s", name, answer, hex) != 3 || name[0] == '#')
			continue;
		n = from_hex(hex, raw);
		fresh_window();
		t = trust(strncmp(name, "first", 5) == 0 ? RPC_R18 : RPC_OTP);
		buf_init(&room, 4096);
		r = rpc_invocation_read(&inv, bytes_of(raw, n), &room, &why);
		if (r == 0)
			r = rpc_judge(&inv, &t, &why);
		ck_assert_msg(strcmp(rpc_word(r), answer) == 0, "%s: %s (%s), not %s", name,
		    rpc_word(r), why, answer);
		if (r == 0) {
			ck_assert_int_eq(rpc_judge(&inv, &t, &why), RPC_REPLAYED);
			t.n = 0;
			ck_assert_int_eq(rpc_judge(&inv, &t, &why), RPC_ISSUER);
		} else {
			ck_assert_ptr_nonnull(why);
		}
		buf_deinit(&room);
		rows++;
	}
	fclose(f);
	ck_assert_uint_gt(rows, 30);
	rpc_seen_freep(&seen);
}
END_TEST

static const struct rpc_entity *
actor(void)
{
	static struct rpc_entity e;

	e = (struct rpc_entity){ .key = bytes_str(ACTOR_KEY) };
	return &e;
}

static const struct rpc_entity *
provider(void)
{
	static struct rpc_entity e;

	e = (struct rpc_entity){ .key = bytes_str(PROVIDER_KEY),
		.contract = BYTES_LIT("wasmcloud:HttpServer"),
		.link = BYTES_LIT("default") };
	return &e;
}

START_TEST(what_is_written_is_read_back)
{
	struct buf b, room;

	buf_init(&b, 8192);
	buf_init(&room, 8192);
	for (int form = RPC_OTP; form <= RPC_R18; form++) {
		struct rpc_invocation inv = { .form = (enum rpc_form)form,
			.origin = *provider(),
			.target = *actor(),
			.operation = BYTES_LIT("HttpServer.HandleRequest"),
			.msg = BYTES_LIT("\0\x7f\x80\xff"),
			.id = BYTES_LIT("abc"),
			.claims = BYTES_LIT("x.y.z"),
			.host = bytes_str(HOST_KEY) };
		struct rpc_invocation got;
		const char *why = NULL;

		buf_reset(&b);
		rpc_invocation_put(&b, &inv);
		ck_assert_msg(
		    rpc_invocation_read(&got, buf_bytes(&b), &room, &why) == 0, "%s", why);
		ck_assert_int_eq(got.form, form);
		ck_assert(bytes_eq(got.origin.key, inv.origin.key) &&
			  bytes_eq(got.origin.contract, inv.origin.contract) &&
			  bytes_eq(got.origin.link, inv.origin.link) &&
			  bytes_eq(got.target.key, inv.target.key));
		ck_assert_uint_eq(got.target.contract.len, 0);
		ck_assert(bytes_eq(got.msg, inv.msg) && bytes_eq(got.operation, inv.operation) &&
			  bytes_eq(got.id, inv.id) && bytes_eq(got.claims, inv.claims) &&
			  bytes_eq(got.host, inv.host));
		ck_assert_int_eq(got.has_length, form == RPC_OTP);
	}
	buf_deinit(&room);
	buf_deinit(&b);
}
END_TEST

START_TEST(responses_come_back_as_they_went)
{
	struct buf b, room;

	buf_init(&b, 8192);
	buf_init(&room, 8192);
	for (int form = RPC_OTP; form <= RPC_R18; form++) {
		for (int failed = 0; failed < 2; failed++) {
			struct rpc_response res = { .form = (enum rpc_form)form,
				.msg = failed ? BYTES_NULL : BYTES_LIT("\xff!"),
				.id = BYTES_LIT("abc"),
				.failed = failed,
				.error = BYTES_LIT("no") };
			struct rpc_response got;
			const char *why = NULL;

			buf_reset(&b);
			rpc_response_put(&b, &res);
			ck_assert_msg(
			    rpc_response_read(&got, buf_bytes(&b), &room, &why) == 0, "%s", why);
			ck_assert_int_eq(got.failed, failed);
			ck_assert(bytes_eq(got.msg, res.msg) && bytes_is(got.id, "abc"));
			if (failed)
				ck_assert(bytes_is(got.error, "no"));
		}
	}
	buf_deinit(&room);
	buf_deinit(&b);
}
END_TEST

START_TEST(an_error_is_text_whatever_an_actor_said)
{
	static uint8_t many[100000];
	struct rpc_response res = { .id = BYTES_LIT("abc"),
		.failed = true,
		.error = BYTES_LIT("a\xff\0\x1b[2J") },
			    got;
	const char *why = NULL;
	struct buf b, room;

	buf_init(&b, 65536);
	buf_init(&room, 64);
	rpc_response_put(&b, &res);
	ck_assert_msg(rpc_response_read(&got, buf_bytes(&b), &room, &why) == 0, "%s", why);
	ck_assert(bytes_starts(got.error, BYTES_LIT("a\\u")));
	memset(many, 0x1b, sizeof(many));
	res.error = bytes_of(many, sizeof(many));
	buf_reset(&b);
	rpc_response_put(&b, &res);
	ck_assert(!buf_failed(&b));
	ck_assert_msg(rpc_response_read(&got, buf_bytes(&b), &room, &why) == 0, "%s", why);
	buf_deinit(&room);
	buf_deinit(&b);
}
END_TEST

START_TEST(a_chunked_response_is_refused_clearly)
{
	struct rpc_response got;
	const char *why = NULL;
	struct buf b, room;

	buf_init(&b, 256);
	buf_init(&room, 256);
	pack_put_map(&b, 3);
	pack_put_str(&b, "invocation_id");
	pack_put_str(&b, "abc");
	pack_put_str(&b, "msg");
	pack_put_bin(&b, BYTES_NULL);
	pack_put_str(&b, "content_length");
	pack_put_uint(&b, 2000000);
	ck_assert_int_eq(rpc_response_read(&got, buf_bytes(&b), &room, &why), RPC_CHUNKED);
	ck_assert_str_eq(
	    why, "its body is in the lattice's object store, which this host does not read");
	ck_assert(bytes_is(got.id, "abc"));
	ck_assert_int_eq(rpc_response_read(&got, BYTES_LIT("\x80"), &room, &why), RPC_BAD);
	ck_assert_int_eq(rpc_response_read(&got, BYTES_LIT(""), &room, &why), RPC_BAD);
	buf_deinit(&room);
	buf_deinit(&b);
}
END_TEST

START_TEST(addresses_are_spelt_as_the_hosts_spell_them)
{
	struct rpc_invocation inv = { .target = *provider() };
	struct buf b;
	char want[256];

	buf_init(&b, 512);
	rpc_url(&b, provider());
	snprintf(want, sizeof(want), "wasmbus://wasmcloud/httpserver/default/%s", PROVIDER_KEY);
	ck_assert(bytes_is(buf_bytes(&b), want));
	buf_reset(&b);
	rpc_url(&b, actor());
	snprintf(want, sizeof(want), "wasmbus://%s", ACTOR_KEY);
	ck_assert(bytes_is(buf_bytes(&b), want));
	buf_reset(&b);
	rpc_subject(&b, BYTES_LIT("l"), actor());
	snprintf(want, sizeof(want), "wasmbus.rpc.l.%s", ACTOR_KEY);
	ck_assert(bytes_is(buf_bytes(&b), want));
	buf_reset(&b);
	rpc_queue(&b, RPC_OTP, BYTES_LIT("l"), provider());
	ck_assert(bytes_is(buf_bytes(&b), "rpc"));
	buf_reset(&b);
	rpc_queue(&b, RPC_R18, BYTES_LIT("l"), provider());
	snprintf(want, sizeof(want), "wasmbus.rpc.l.%s.default", PROVIDER_KEY);
	ck_assert(bytes_is(buf_bytes(&b), want));
	ck_assert(rpc_addressed(&inv, BYTES_LIT("l"), bytes_str(want)));
	ck_assert(!rpc_addressed(&inv, BYTES_LIT("m"), bytes_str(want)));
	inv.target = *actor();
	ck_assert(!rpc_addressed(&inv, BYTES_LIT("l"), bytes_str(want)));
	buf_deinit(&b);
}
END_TEST

TCase *
rpc_tests(void)
{
	TCase *t = tcase_create("rpc");

	tcase_add_test(t, invocations_of_another_implementation_are_judged_right);
	tcase_add_test(t, what_is_written_is_read_back);
	tcase_add_test(t, responses_come_back_as_they_went);
	tcase_add_test(t, an_error_is_text_whatever_an_actor_said);
	tcase_add_test(t, a_chunked_response_is_refused_clearly);
	tcase_add_test(t, addresses_are_spelt_as_the_hosts_spell_them);
	return t;
}

START_TEST(our_claims_are_believed_and_bind_every_byte)
{
	struct buf claims, b, room;
	struct nkey_pair by;

	buf_init(&claims, RPC_CLAIMS);
	buf_init(&b, 8192);
	buf_init(&room, 8192);
	made_pair(&by, NKEY_CLUSTER, 'c');
	for (int form = RPC_OTP; form <= RPC_R18; form++) {
		struct rpc_invocation inv = { .form = (enum rpc_form)form,
			.origin = *provider(),
			.target = *actor(),
			.operation = BYTES_LIT("Do"),
			.msg = BYTES_LIT("body"),
			.id = BYTES_LIT("abc"),
			.host = bytes_str(HOST_KEY) };
		struct rpc_invocation got;
		const char *why = NULL;
		struct rpc_trust t;
		size_t accepted = 0;

		fresh_window();
		t = trust((enum rpc_form)form);
		buf_reset(&claims);
		rpc_claims_put(&claims, &inv, NOW, "jti-1", &by);
		ck_assert(!buf_failed(&claims));
		inv.claims = buf_bytes(&claims);
		ck_assert_int_eq(rpc_judge(&inv, &t, &why), 0);
		buf_reset(&b);
		rpc_invocation_put(&b, &inv);
		/* whatever byte of it is changed, it is not believed, or it is the same call */
		for (size_t i = 0; i < b.len; i++) {
			fresh_window();
			t = trust((enum rpc_form)form);
			b.ptr[i] ^= 1;
			buf_reset(&room);
			if (rpc_invocation_read(&got, buf_bytes(&b), &room, &why) == 0 &&
			    rpc_judge(&got, &t, &why) == 0) {
				accepted++;
				ck_assert(bytes_is(got.msg, "body") &&
					  bytes_is(got.operation, "Do") &&
					  bytes_eq(got.origin.key, inv.origin.key) &&
					  bytes_eq(got.target.key, inv.target.key));
			}
			b.ptr[i] ^= 1;
		}
		/* upper case of a contract is not told apart by its address; a host id is not
		 * signed */
		ck_assert_uint_lt(accepted, 120);
	}
	nkey_pair_deinit(&by);
	rpc_seen_freep(&seen);
	buf_deinit(&room);
	buf_deinit(&b);
	buf_deinit(&claims);
}
END_TEST

START_TEST(a_zeroed_trust_believes_nobody)
{
	struct rpc_trust none = { 0 };
	struct rpc_invocation inv = { .origin = *actor(),
		.target = *provider(),
		.operation = BYTES_LIT("Do"),
		.id = BYTES_LIT("abc"),
		.host = bytes_str(HOST_KEY) };
	const char *why = NULL;
	struct nkey_pair by;
	struct buf claims;

	made_pair(&by, NKEY_CLUSTER, 'c');
	buf_init(&claims, RPC_CLAIMS);
	rpc_claims_put(&claims, &inv, 0, "j", &by);
	inv.claims = buf_bytes(&claims);
	ck_assert_int_eq(rpc_judge(&inv, &none, &why), RPC_UNSIGNED);
	fresh_window();
	none.seen = seen;
	ck_assert_int_eq(rpc_judge(&inv, &none, &why), RPC_ISSUER);
	rpc_seen_freep(&seen);
	nkey_pair_deinit(&by);
	buf_deinit(&claims);
}
END_TEST

TCase *
rpc_claims_tests(void)
{
	TCase *t = tcase_create("rpc_claims");

	tcase_add_test(t, our_claims_are_believed_and_bind_every_byte);
	tcase_add_test(t, a_zeroed_trust_believes_nobody);
	return t;
}

static const uint8_t *
id_of(unsigned n)
{
	static uint8_t id[RPC_SEEN_ID];

	memset(id, 0xa5, sizeof(id));
	id[0] = (uint8_t)n;
	id[1] = (uint8_t)(n >> 8);
	id[8] = (uint8_t)(n >> 16);
	return id;
}

START_TEST(a_copy_is_known_as_long_as_it_is_fresh)
{
	struct rpc_seen *s = NULL;

	ck_assert_int_eq(rpc_seen_new(&s, 100, 10, 0), 0);
	ck_assert_int_eq(rpc_seen_take(s, id_of(1), 100, 100), 0);
	for (int64_t t = 100; t <= 110; t++)
		ck_assert_int_eq(rpc_seen_take(s, id_of(1), 100, t), RPC_SEEN_BEFORE);
	/* two windows on it is forgotten; by then it is stale to who asks */
	ck_assert_int_eq(rpc_seen_take(s, id_of(1), 125, 125), 0);
	rpc_seen_free(s);
}
END_TEST

START_TEST(nothing_from_before_its_birth_is_believed)
{
	struct rpc_seen *s = NULL;
	uint8_t zero[RPC_SEEN_ID] = { 0 };

	ck_assert_int_eq(rpc_seen_new(&s, 100, 10, 50), 0);
	ck_assert_int_eq(rpc_seen_take(s, id_of(1), 49, 50), RPC_SEEN_TOO_OLD);
	ck_assert_int_eq(rpc_seen_take(s, id_of(1), 50, 50), 0);
	ck_assert_int_eq(rpc_seen_take(s, zero, 60, 60), RPC_SEEN_TOO_OLD);
	rpc_seen_free(s);
}
END_TEST

START_TEST(what_is_forgotten_early_is_stale)
{
	struct rpc_seen *s = NULL;
	unsigned n = 0, took[2000], refused = 0;

	ck_assert_int_eq(rpc_seen_new(&s, 64, 1000, 0), 0);
	for (; n < 2000; n++)
		took[n] = rpc_seen_take(s, id_of(n), 100 + n / 10, 100 + n / 10) == 0;
	ck_assert(took[0] && took[1999]);
	for (n = 0; n < 2000; n++) {
		int r = rpc_seen_take(s, id_of(n), 100 + n / 10, 300);

		ck_assert_msg(!took[n] || r != 0, "%u is taken twice", n);
		refused += r == RPC_SEEN_TOO_OLD;
	}
	ck_assert_uint_gt(refused, 1000);
	rpc_seen_free(s);
}
END_TEST

START_TEST(a_clock_that_leaps_forgets_nothing_that_is_fresh)
{
	struct rpc_seen *s = NULL;

	ck_assert_int_eq(rpc_seen_new(&s, 64, 10, 0), 0);
	ck_assert_int_eq(rpc_seen_take(s, id_of(1), 100, 100), 0);
	ck_assert_int_eq(rpc_seen_take(s, id_of(2), 90, 90), 0);
	ck_assert_int_eq(rpc_seen_take(s, id_of(1), 100, 90), RPC_SEEN_BEFORE);
	ck_assert_int_eq(rpc_seen_take(s, id_of(1), 100, 109), RPC_SEEN_BEFORE);
	rpc_seen_free(s);
}
END_TEST

START_TEST(a_clock_that_leaps_far_and_back_lets_no_copy_in)
{
	struct rpc_seen *s = NULL;

	ck_assert_int_eq(rpc_seen_new(&s, 64, 10, 0), 0);
	ck_assert_int_eq(rpc_seen_take(s, id_of(1), 100, 100), 0);
	ck_assert_int_eq(rpc_seen_take(s, id_of(2), 700, 700), 0); /* both tables are forgotten */
	ck_assert_int_eq(rpc_seen_take(s, id_of(1), 100, 102), RPC_SEEN_TOO_OLD);
	ck_assert_int_eq(rpc_seen_take(s, id_of(3), 103, 103), 0); /* what is new is heard */
	ck_assert_int_eq(rpc_seen_take(s, id_of(3), 103, 104), RPC_SEEN_BEFORE);
	rpc_seen_free(s);
}
END_TEST

START_TEST(a_turn_in_time_refuses_nobody)
{
	struct rpc_seen *s = NULL;
	unsigned n = 0;

	/* one each second, made as long ago as may be, or as far ahead */
	ck_assert_int_eq(rpc_seen_new(&s, 1000, RPC_WINDOW_S, 0), 0);
	for (int64_t t = 1000; t < 2000; t++) {
		ck_assert_int_eq(rpc_seen_take(s, id_of(n++), t + RPC_AHEAD_S, t), 0);
		ck_assert_int_eq(rpc_seen_take(s, id_of(n++), t - RPC_AGE_S, t), 0);
	}
	rpc_seen_free(s);
}
END_TEST

TCase *
rpc_seen_tests(void)
{
	TCase *t = tcase_create("rpc_seen");

	tcase_add_test(t, a_copy_is_known_as_long_as_it_is_fresh);
	tcase_add_test(t, nothing_from_before_its_birth_is_believed);
	tcase_add_test(t, what_is_forgotten_early_is_stale);
	tcase_add_test(t, a_clock_that_leaps_forgets_nothing_that_is_fresh);
	tcase_add_test(t, a_clock_that_leaps_far_and_back_lets_no_copy_in);
	tcase_add_test(t, a_turn_in_time_refuses_nobody);
	return t;
}
