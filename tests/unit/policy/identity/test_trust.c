/* Logins: every way a token can be wrong, and that each is refused for its own reason. */
#include <sodium.h>
#include <stdio.h>

#include "policy/core/base64url.h"
#include "tests/unit/policy/identity/suites.h"
#include "tests/unit/policy/identity/world.h"

static struct world w;

static void
setup(void)
{
	world_init(&w);
}

static void
teardown(void)
{
	world_deinit(&w);
}

#define FULL "'subs':-1,'data':-1,'payload':-1"
#define IAT "'iat':1650000000"

START_TEST(a_plain_user_is_admitted_with_all_it_says)
{
	struct identity id;

	world_account(&w, "");
	ck_assert_int_eq(
	    world_login(&w,
		world_user(&w, IAT ",'exp':1800000000,'name':'joe','jti':'x','aud':'y'",
		    "'pub':{'allow':['a.>'],'deny':['a.b']},'sub':{'allow':['c','d q']},"
		    "'tags':['Role:Host','plain']," FULL,
		    &w.acc),
		&id),
	    0);
	ck_assert_str_eq(id.user, w.user_text);
	ck_assert_str_eq(id.account, w.acc_text);
	ck_assert_str_eq(id.issuer, w.acc_text);
	ck_assert_str_eq(id.name, "joe");
	ck_assert(identity_tag(&id, "role:host"));
	ck_assert(bytes_is(id.perms.pub_allow.item[0], "a.>"));
	ck_assert(bytes_is(id.perms.pub_deny.item[0], "a.b"));
	ck_assert(bytes_is(id.perms.sub_allow.item[1], "d q"));
	ck_assert(!id.perms.sub_deny.present);
	ck_assert_int_eq(id.max_subs, -1);
	ck_assert_int_eq(id.max_payload, -1);
	ck_assert_int_eq(id.issued_s, 1650000000);
	ck_assert_int_eq(id.expires_s, 1800000000);
	ck_assert_int_eq(trust_recheck(w.t, &id, NOW), 0);
	ck_assert_int_eq(trust_recheck(w.t, &id, 1800000000), TRUST_EXPIRED_USER);
	identity_deinit(&id);
}
END_TEST

/* Whole payloads, signed by the account's key. */
static const struct {
	const char *what, *payload;
	int answer;
} payloads[] = {
#define P(nats) "{'iat':1,'iss':'@A','sub':'@U','nats':{" nats "}}"
#define TV "'type':'user','version':2"
	{ "the least there can be", P(TV), 0 },
	{ "no nats object", "{'iat':1,'iss':'@A','sub':'@U'}", TRUST_BAD_TOKEN },
	{ "nats is null", "{'iat':1,'iss':'@A','sub':'@U','nats':null}", TRUST_BAD_TOKEN },
	{ "nats is a list", "{'iat':1,'iss':'@A','sub':'@U','nats':[]}", TRUST_BAD_TOKEN },
	{ "not an object", "[]", TRUST_BAD_TOKEN },
	{ "nothing", "", TRUST_BAD_TOKEN },
	{ "empty object", "{}", TRUST_BAD_TOKEN },
	{ "version 1 layout: type at the top",
	    "{'iat':1,'iss':'@A','sub':'@U','type':'user','nats':{}}", TRUST_BAD_TOKEN },
	{ "version 1 layout with a good nats too",
	    "{'iat':1,'iss':'@A','sub':'@U','type':'user','nats':{" TV "}}", TRUST_BAD_TOKEN },
	{ "version 0", P("'type':'user','version':0"), TRUST_BAD_TOKEN },
	{ "version 1", P("'type':'user','version':1"), TRUST_BAD_TOKEN },
	{ "version 3", P("'type':'user','version':3"), TRUST_BAD_TOKEN },
	{ "version missing", P("'type':'user'"), TRUST_BAD_TOKEN },
	{ "version a string", P("'type':'user','version':'2'"), TRUST_BAD_TOKEN },
	{ "type missing", P("'version':2"), TRUST_BAD_TOKEN },
	{ "type in another case", P("'type':'User','version':2"), TRUST_BAD_TOKEN },
	{ "an account's token", P("'type':'account','version':2"), TRUST_BAD_TOKEN },
	{ "an operator's token", P("'type':'operator','version':2"), TRUST_BAD_TOKEN },
	{ "an activation", P("'type':'activation','version':2"), TRUST_BAD_TOKEN },
	{ "a generic token", P("'type':'generic','version':2"), TRUST_BAD_TOKEN },
	{ "sub is the account", "{'iat':1,'iss':'@A','sub':'@A','nats':{" TV "}}",
	    TRUST_BAD_TOKEN },
	{ "sub is the operator", "{'iat':1,'iss':'@A','sub':'@O','nats':{" TV "}}",
	    TRUST_BAD_TOKEN },
	{ "sub missing", "{'iat':1,'iss':'@A','nats':{" TV "}}", TRUST_BAD_TOKEN },
	{ "sub cut short",
	    "{'iat':1,'iss':'@A','sub':'UDXU4RCSJNZOIQHZNWXHXORDPRTG','nats':{" TV "}}",
	    TRUST_BAD_TOKEN },
	{ "iss missing", "{'iat':1,'sub':'@U','nats':{" TV "}}", TRUST_BAD_TOKEN },
	{ "iss is no key", "{'iat':1,'iss':'me','sub':'@U','nats':{" TV "}}", TRUST_BAD_TOKEN },
	{ "iss is a user", "{'iat':1,'iss':'@U','sub':'@U','nats':{" TV "}}", TRUST_ISSUER },
	{ "iss is the operator", "{'iat':1,'iss':'@O','sub':'@U','nats':{" TV "}}", TRUST_ISSUER },
	{ "duplicate sub", "{'iat':1,'iss':'@A','sub':'@U','sub':'@U','nats':{" TV "}}",
	    TRUST_BAD_TOKEN },
	{ "sub and SUB", "{'iat':1,'iss':'@A','sub':'@U','SUB':'@U','nats':{" TV "}}",
	    TRUST_BAD_TOKEN },
	{ "two nats objects", "{'iat':1,'iss':'@A','sub':'@U','nats':{" TV "},'nats':{" TV "}}",
	    TRUST_BAD_TOKEN },
	{ "EXP alone", "{'iat':1,'EXP':2,'iss':'@A','sub':'@U','nats':{" TV "}}", TRUST_BAD_TOKEN },
	{ "an unknown claim at the top",
	    "{'iat':1,'crit':[],'iss':'@A','sub':'@U','nats':{" TV "}}", TRUST_BAD_TOKEN },
	{ "an unknown field in nats is left alone", P("'later':{'x':1}," TV), 0 },
	{ "Pub instead of pub", P("'Pub':{'allow':['x']}," TV), TRUST_BAD_TOKEN },
	{ "\\u017fub, which folds to sub", P("'\\u017fub':{'deny':['>']}," TV), TRUST_BAD_TOKEN },
	{ "Allow inside pub", P("'pub':{'Allow':['x']}," TV), TRUST_BAD_TOKEN },
	{ "trailing bytes", P(TV) " x", TRUST_BAD_TOKEN },
	{ "a second value", P(TV) "{}", TRUST_BAD_TOKEN },
	{ "byte-order mark", "\xef\xbb\xbf" P(TV), TRUST_BAD_TOKEN },
	{ "invalid UTF-8", "{'iat':1,'iss':'@A','name':'\xff','sub':'@U','nats':{" TV "}}",
	    TRUST_BAD_TOKEN },
	{ "NUL in the name", "{'iat':1,'iss':'@A','name':'a\\u0000b','sub':'@U','nats':{" TV "}}",
	    TRUST_BAD_TOKEN },
	{ "deep nesting",
	    P("'x':[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"
	      "," TV),
	    TRUST_BAD_TOKEN },
	{ "name a number", "{'iat':1,'iss':'@A','name':1,'sub':'@U','nats':{" TV "}}",
	    TRUST_BAD_TOKEN },
	{ "tags a string", P("'tags':'role:admin'," TV), TRUST_BAD_TOKEN },
	{ "tags null", P("'tags':null," TV), TRUST_BAD_TOKEN },
	{ "a tag with a line end", P("'tags':['a\\nb']," TV), TRUST_BAD_TOKEN },
	{ "pub null", P("'pub':null," TV), TRUST_BAD_TOKEN },
	{ "allow null", P("'pub':{'allow':null}," TV), TRUST_BAD_TOKEN },
	{ "allow a string", P("'pub':{'allow':'>'}," TV), TRUST_BAD_TOKEN },
	{ "allow holds a number", P("'pub':{'allow':[1]}," TV), TRUST_BAD_TOKEN },
	{ "an invalid deny subject", P("'pub':{'deny':['a..b']}," TV), TRUST_BAD_TOKEN },
	{ "an empty deny subject", P("'sub':{'deny':['']}," TV), TRUST_BAD_TOKEN },
	{ "a deny with > in the middle", P("'sub':{'deny':['a.>.b']}," TV), TRUST_BAD_TOKEN },
	{ "a deny ending in a dot", P("'sub':{'deny':['a.']}," TV), TRUST_BAD_TOKEN },
	{ "a blank in a pub entry", P("'pub':{'allow':['a b']}," TV), TRUST_BAD_TOKEN },
	{ "two blanks in a sub entry", P("'sub':{'allow':['a b c']}," TV), TRUST_BAD_TOKEN },
	{ "an empty queue", P("'sub':{'allow':['a ']}," TV), TRUST_BAD_TOKEN },
	{ "a tab in a sub entry", P("'sub':{'allow':['a\\tb']}," TV), TRUST_BAD_TOKEN },
	{ "resp null", P("'resp':null," TV), TRUST_BAD_TOKEN },
	{ "resp max a string", P("'resp':{'max':'1'}," TV), TRUST_BAD_TOKEN },
	{ "subs a fraction", P("'subs':1.5," TV), TRUST_BAD_TOKEN },
	{ "bearer_token a string", P("'bearer_token':'false'," TV), TRUST_BAD_TOKEN },
	{ "bearer_token false", P("'bearer_token':false," TV), 0 },
	{ "a bearer token", P("'bearer_token':true," TV), TRUST_BEARER },
	{ "issuer_account of the same key", P("'issuer_account':'@A'," TV), 0 },
	{ "issuer_account a user", P("'issuer_account':'@U'," TV), TRUST_BAD_TOKEN },
	{ "issuer_account null", P("'issuer_account':null," TV), TRUST_BAD_TOKEN },
	{ "issuer_account unknown", P("'issuer_account':'@a'," TV), TRUST_UNKNOWN_ACCOUNT },
	{ "src contains the peer", P("'src':['10.0.0.0/8','127.0.0.0/8']," TV), 0 },
	{ "src as one string", P("'src':'10.0.0.0/8,127.0.0.1/32'," TV), 0 },
	{ "src elsewhere", P("'src':['10.0.0.0/8']," TV), TRUST_SOURCE },
	{ "src empty", P("'src':[]," TV), TRUST_SOURCE },
	{ "src not a network", P("'src':['127.0.0.1']," TV), TRUST_BAD_TOKEN },
	{ "src with an octal look", P("'src':['0127.0.0.1/8']," TV), TRUST_BAD_TOKEN },
	{ "types with ours", P("'allowed_connection_types':['MQTT','standard']," TV), 0 },
	{ "types without ours", P("'allowed_connection_types':['WEBSOCKET']," TV), TRUST_TYPE },
	{ "only unknown types", P("'allowed_connection_types':['CARRIER_PIGEON']," TV),
	    TRUST_TYPE },
	{ "unknown types beside ours", P("'allowed_connection_types':['X','STANDARD']," TV), 0 },
	{ "no types", P("'allowed_connection_types':[]," TV), TRUST_TYPE },
	/* NOW is 22:13:20 UTC */
	{ "inside the hours", P("'times':[{'start':'22:00:00','end':'23:00:00'}]," TV), 0 },
	{ "inside hours past midnight", P("'times':[{'start':'22:00:00','end':'01:00:00'}]," TV),
	    0 },
	{ "outside the hours", P("'times':[{'start':'08:00:00','end':'22:13:20'}]," TV),
	    TRUST_NOT_YET },
	{ "outside hours past midnight", P("'times':[{'start':'23:00:00','end':'22:00:00'}]," TV),
	    TRUST_NOT_YET },
	{ "an empty window", P("'times':[{'start':'22:13:20','end':'22:13:20'}]," TV),
	    TRUST_NOT_YET },
	{ "no windows", P("'times':[]," TV), TRUST_NOT_YET },
	{ "hours that are none", P("'times':[{'start':'24:00:00','end':'23:00:00'}]," TV),
	    TRUST_BAD_TOKEN },
	{ "hours without seconds", P("'times':[{'start':'20:00','end':'23:00:00'}]," TV),
	    TRUST_BAD_TOKEN },
	{ "hours in UTC by name",
	    P("'times':[{'start':'22:00:00','end':'23:00:00'}],'times_location':'UTC'," TV), 0 },
	{ "hours elsewhere",
	    P("'times':[{'start':'22:00:00','end':'23:00:00'}],'times_location':'Europe/"
	      "Berlin'," TV),
	    TRUST_BAD_TOKEN },
};

enum { N_PAYLOADS = sizeof(payloads) / sizeof(payloads[0]) };

START_TEST(a_payload_is_admitted_or_refused_for_its_reason)
{
	int r;

	world_account(&w, "");
	r = world_try(&w, world_seal(&w, payloads[_i].payload, &w.acc));
	ck_assert_msg(r == payloads[_i].answer, "%s: %d %s, expected %d", payloads[_i].what, r,
	    w.why, payloads[_i].answer);
	ck_assert_msg((r == 0) == (w.why[0] == '\0'), "%s: \"%s\"", payloads[_i].what, w.why);
}
END_TEST

static const struct {
	const char *what, *claims;
	int answer;
} times[] = {
	{ "none but iat", "'iat':1650000000", 0 },
	{ "no iat", "'name':'x'", TRUST_BAD_TOKEN },
	{ "iat now", "'iat':1700000000", 0 },
	{ "iat within the skew", "'iat':1700000060", 0 },
	{ "iat beyond the skew", "'iat':1700000061", TRUST_NOT_YET },
	{ "iat negative", "'iat':-1", TRUST_BAD_TOKEN },
	{ "exp later", "'iat':1,'exp':1700000001", 0 },
	{ "exp now", "'iat':1,'exp':1700000000", TRUST_EXPIRED_USER },
	{ "exp past", "'iat':1,'exp':1699999999", TRUST_EXPIRED_USER },
	{ "exp 0", "'iat':1,'exp':0", TRUST_BAD_TOKEN },
	{ "exp negative", "'iat':1,'exp':-1800000000", TRUST_BAD_TOKEN },
	{ "exp a fraction", "'iat':1,'exp':1800000000.0", TRUST_BAD_TOKEN },
	{ "exp with an exponent", "'iat':1,'exp':18e8", TRUST_BAD_TOKEN },
	{ "exp a string", "'iat':1,'exp':'1800000000'", TRUST_BAD_TOKEN },
	{ "exp null", "'iat':1,'exp':null", TRUST_BAD_TOKEN },
	{ "exp over 2^53", "'iat':1,'exp':9007199254740994", TRUST_BAD_TOKEN },
	{ "exp over int64", "'iat':1,'exp':18446744073709551617", TRUST_BAD_TOKEN },
	{ "exp with a leading zero", "'iat':1,'exp':01800000000", TRUST_BAD_TOKEN },
	{ "exp twice", "'iat':1,'exp':1,'exp':1800000000", TRUST_BAD_TOKEN },
	{ "nbf now", "'iat':1,'nbf':1700000000", 0 },
	{ "nbf later", "'iat':1,'nbf':1700000001", TRUST_NOT_YET },
};

enum { N_TIMES = sizeof(times) / sizeof(times[0]) };

START_TEST(time_claims_are_integers_and_mean_what_they_say)
{
	int r;

	world_account(&w, "");
	r = world_try(&w, world_user(&w, times[_i].claims, FULL, &w.acc));
	ck_assert_msg(r == times[_i].answer, "%s: %d %s", times[_i].what, r, w.why);
}
END_TEST

START_TEST(exp_is_demanded_only_where_the_options_say_so)
{
	struct trust *lenient = w.t;

	w.t = trust_new(&(struct trust_options){ .require_exp = true });
	ck_assert_int_eq(trust_add_operator(w.t, bytes_str(w.op_text), w.why), 0);
	world_account(&w, "");
	ck_assert_int_eq(world_try(&w, world_user(&w, IAT, FULL, &w.acc)), TRUST_REQUIRE_EXP);
	ck_assert_int_eq(world_try(&w, world_user(&w, IAT ",'exp':1800000000", FULL, &w.acc)), 0);
	trust_free(lenient);
}
END_TEST

static const char *const headers[] = {
	"{\"typ\":\"JWT\",\"alg\":\"none\"}",
	"{\"typ\":\"JWT\",\"alg\":\"\"}",
	"{\"typ\":\"JWT\"}",
	"{\"alg\":\"ed25519-nkey\"}",
	"{\"typ\":\"JWT\",\"alg\":\"ed25519\"}",
	"{\"typ\":\"JWT\",\"alg\":\"ED25519-NKEY\"}",
	"{\"typ\":\"jwt\",\"alg\":\"ed25519-nkey\"}",
	"{\"typ\":\"JWT\",\"alg\":\"EdDSA\"}",
	"{\"typ\":\"JWT\",\"alg\":\"HS256\"}",
	"{\"typ\":\"JWT\",\"alg\":\"ed25519-nkey\",\"alg\":\"ed25519-nkey\"}",
	"{\"typ\":\"JWT\",\"alg\":\"none\",\"alg\":\"ed25519-nkey\"}",
	"{\"typ\":\"JWT\",\"alg\":\"ed25519-nkey\",\"crit\":[\"exp\"]}",
	"{\"typ\":\"JWT\",\"alg\":\"ed25519-nkey\",\"ALG\":\"none\"}",
	"{\"typ\":\"JWT\",\"Alg\":\"ed25519-nkey\"}",
	"{\"typ\":\"JWT\",\"alg\":[\"ed25519-nkey\"]}",
	"{\"typ\":\"JWT\",\"alg\":\"ed25519-nkey\"} ,",
	"[]",
	"\"JWT\"",
	"",
};

enum { N_HEADERS = sizeof(headers) / sizeof(headers[0]) };

/* with_header() - a user token whose header is what the test says, properly signed over it. */
static struct bytes
with_header(const char *header)
{
	struct bytes old = world_user(&w, IAT, FULL, &w.acc);
	size_t dot = bytes_find(old, '.');
	struct bytes payload =
	    bytes_upto(bytes_from(old, dot + 1), bytes_find(bytes_from(old, dot + 1), '.'));
	uint8_t sig[NKEY_SIG_LEN];
	struct buf b;

	buf_init(&b, 1 << 16);
	base64url_put(&b, bytes_str(header));
	buf_put_u8(&b, '.');
	buf_put(&b, payload);
	nkey_sign(&w.acc, buf_bytes(&b), sig);
	buf_put_u8(&b, '.');
	base64url_put(&b, bytes_of(sig, sizeof(sig)));
	buf_reset(&w.b);
	buf_put(&w.b, buf_bytes(&b));
	buf_deinit(&b);
	return buf_bytes(&w.b);
}

START_TEST(every_header_but_the_one_is_refused_though_properly_signed)
{
	world_account(&w, "");
	ck_assert_int_eq(world_try(&w, with_header(headers[_i])), TRUST_BAD_TOKEN);
}
END_TEST

START_TEST(the_one_header_may_have_its_members_in_any_order_and_blanks)
{
	world_account(&w, "");
	ck_assert_int_eq(
	    world_try(&w, with_header("{\"alg\":\"ed25519-nkey\",\"typ\":\"JWT\"}")), 0);
	ck_assert_int_eq(
	    world_try(&w, with_header("{ \"typ\": \"JWT\", \"alg\": \"ed25519-nkey\" }")), 0);
}
END_TEST

START_TEST(a_version_1_signature_over_the_payload_alone_is_refused)
{
	struct bytes old, payload;
	uint8_t sig[NKEY_SIG_LEN];
	struct buf b;
	size_t dot;

	world_account(&w, "");
	old = world_user(&w, IAT, FULL, &w.acc);
	dot = bytes_find(old, '.');
	payload = bytes_upto(bytes_from(old, dot + 1), bytes_find(bytes_from(old, dot + 1), '.'));
	nkey_sign(&w.acc, payload, sig);
	buf_init(&b, 1 << 16);
	buf_put(&b, bytes_upto(old, dot + 1 + payload.len + 1));
	base64url_put(&b, bytes_of(sig, sizeof(sig)));
	ck_assert_int_eq(world_try(&w, buf_bytes(&b)), TRUST_BAD_SIGNATURE);
	buf_deinit(&b);
}
END_TEST

START_TEST(no_byte_of_a_token_can_change)
{
	struct bytes jwt;
	struct buf b;

	world_account(&w, "");
	jwt = world_user(&w, IAT ",'name':'n'", FULL, &w.acc);
	buf_init(&b, 1 << 16);
	buf_put(&b, jwt);
	for (size_t i = 0; i < b.len; i++) {
		uint8_t was = b.ptr[i];

		b.ptr[i] = was == 'A' ? 'B' : 'A';
		ck_assert_int_gt(world_try(&w, buf_bytes(&b)), 0);
		b.ptr[i] = was;
	}
	ck_assert_int_eq(world_try(&w, buf_bytes(&b)), 0);
	for (size_t n = 0; n < b.len; n++)
		ck_assert_int_gt(world_try(&w, bytes_upto(buf_bytes(&b), n)), 0);
	buf_deinit(&b);
}
END_TEST

static const char *const tails[] = { "=", "==", "\n", "\r\n", " ", ".", ".e30", "A" };

START_TEST(nothing_may_follow_precede_or_pad_a_token)
{
	struct buf b;

	world_account(&w, "");
	buf_init(&b, 1 << 16);
	buf_put(&b, world_user(&w, IAT, FULL, &w.acc));
	buf_put_str(&b, tails[_i]);
	ck_assert_int_eq(world_try(&w, buf_bytes(&b)), TRUST_BAD_TOKEN);
	buf_reset(&b);
	buf_put_str(&b, tails[_i]);
	buf_put(&b, buf_bytes(&w.b));
	ck_assert_int_eq(world_try(&w, buf_bytes(&b)), TRUST_BAD_TOKEN);
	buf_deinit(&b);
}
END_TEST

START_TEST(spare_bits_of_the_signature_part_must_be_zero)
{
	static const char alphabet[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	struct buf b;
	size_t v;

	world_account(&w, "");
	buf_init(&b, 1 << 16);
	buf_put(&b, world_user(&w, IAT, FULL, &w.acc));
	/* 86 characters carry 516 bits: the last has four spare ones */
	v = (size_t)(strchr(alphabet, b.ptr[b.len - 1]) - alphabet);
	ck_assert_uint_eq(v % 16, 0);
	for (size_t spare = 1; spare < 16; spare++) {
		b.ptr[b.len - 1] = (uint8_t)alphabet[v + spare];
		ck_assert_int_eq(world_try(&w, buf_bytes(&b)), TRUST_BAD_TOKEN);
	}
	buf_deinit(&b);
}
END_TEST

START_TEST(a_huge_token_is_refused_before_it_is_read)
{
	struct buf b;

	world_account(&w, "");
	buf_init(&b, 1 << 20);
	buf_put(&b, world_user(&w, IAT, FULL, &w.acc));
	while (b.len <= 64 * 1024)
		buf_put_str(&b, "AAAAAAAAAAAAAAAA");
	ck_assert_int_eq(world_try(&w, buf_bytes(&b)), TRUST_BAD_TOKEN);
	buf_deinit(&b);
}
END_TEST

/* try_nonce() - a good token with this signature text for this nonce. */
static int
try_nonce(struct bytes jwt, const char *sig, struct bytes nonce)
{
	struct login l = { .jwt = jwt,
		.sig = bytes_str(sig),
		.nonce = nonce,
		.source = "127.0.0.1",
		.type = "STANDARD",
		.now_s = NOW };
	struct identity id;
	int r = trust_login(w.t, &l, &id, w.why);

	identity_deinit(&id);
	return r;
}

START_TEST(the_nonce_must_be_signed_by_the_user_itself_and_be_this_one)
{
	struct bytes nonce = BYTES_LIT("AAAAAAAAAAAAAAAAAAAAAA"), jwt;
	uint8_t sig[NKEY_SIG_LEN], raw[16] = { 0 };
	char text[96];

	world_account(&w, "");
	jwt = world_user(&w, IAT, FULL, &w.acc);
	nkey_sign(&w.user, nonce, sig);
	base64url_encode(bytes_of(sig, 64), text);
	ck_assert_int_eq(try_nonce(jwt, text, nonce), 0);
	ck_assert_int_eq(
	    try_nonce(jwt, text, BYTES_LIT("AAAAAAAAAAAAAAAAAAAAAB")), TRUST_BAD_SIGNATURE);
	ck_assert_int_eq(try_nonce(jwt, "", nonce), TRUST_BAD_SIGNATURE);
	ck_assert_int_eq(try_nonce(jwt, text, BYTES_NULL), TRUST_BAD_SIGNATURE);
	text[85] = '\0';
	ck_assert_int_eq(try_nonce(jwt, text, nonce), TRUST_BAD_SIGNATURE);
	/* another key, the decoded nonce, the empty one */
	nkey_sign(&w.acc, nonce, sig);
	base64url_encode(bytes_of(sig, 64), text);
	ck_assert_int_eq(try_nonce(jwt, text, nonce), TRUST_BAD_SIGNATURE);
	nkey_sign(&w.user, bytes_of(raw, sizeof(raw)), sig);
	base64url_encode(bytes_of(sig, 64), text);
	ck_assert_int_eq(try_nonce(jwt, text, nonce), TRUST_BAD_SIGNATURE);
	nkey_sign(&w.user, BYTES_NULL, sig);
	base64url_encode(bytes_of(sig, 64), text);
	ck_assert_int_eq(try_nonce(jwt, text, BYTES_NULL), TRUST_BAD_SIGNATURE);
}
END_TEST

START_TEST(the_nonce_signature_has_two_spellings_and_no_third)
{
	struct bytes nonce = BYTES_LIT("AAAAAAAAAAAAAAAAAAAAAA"), jwt;
	uint8_t sig[NKEY_SIG_LEN];
	char url[96], std[96];
	bool differ = false;

	world_account(&w, "");
	jwt = world_user(&w, IAT, FULL, &w.acc);
	nkey_sign(&w.user, nonce, sig);
	base64url_encode(bytes_of(sig, 64), url);
	for (size_t i = 0; i <= 86; i++) {
		std[i] = url[i] == '-' ? '+' : url[i] == '_' ? '/' : url[i];
		differ = differ || std[i] != url[i];
	}
	if (differ)
		ck_assert_int_eq(try_nonce(jwt, std, nonce), TRUST_BAD_SIGNATURE); /* unpadded */
	strcpy(std + 86, "==");
	ck_assert_int_eq(try_nonce(jwt, std, nonce), 0);
	std[87] = '\0';
	ck_assert_int_eq(try_nonce(jwt, std, nonce), TRUST_BAD_SIGNATURE);
	strcpy(url + 86, "==");
	if (differ)
		ck_assert_int_eq(try_nonce(jwt, url, nonce), TRUST_BAD_SIGNATURE);
}
END_TEST

START_TEST(a_small_order_user_key_with_the_constant_signature_is_refused)
{
	static const char payload[] =
	    "{'iat':1,'iss':'@A','sub':'%s','nats':{'type':'user','version':2}}";
	struct nkey identity_point = { .type = NKEY_USER, .pub = { 1 } };
	uint8_t sig[NKEY_SIG_LEN] = {
		1
	}; /* R the same point, S zero: verifies naively for every nonce */
	char key[57], text[256], sig_text[96];

	world_account(&w, "");
	nkey_format(&identity_point, key);
	snprintf(text, sizeof(text), payload, key);
	base64url_encode(bytes_of(sig, 64), sig_text);
	ck_assert_int_eq(
	    try_nonce(world_seal(&w, text, &w.acc), sig_text, BYTES_LIT("any nonce at all")),
	    TRUST_BAD_SIGNATURE);
}
END_TEST

START_TEST(revocation_by_key_is_final_and_by_star_goes_by_age)
{
	struct identity id;

	world_account(&w, "");
	ck_assert_int_eq(world_login(&w, world_user(&w, IAT, FULL, &w.acc), &id), 0);
	world_account(&w, "'revocations':{'@U':1640000000}");
	ck_assert_int_eq(trust_recheck(w.t, &id, NOW), TRUST_REVOKED);
	/* newer than the revocation, and refused all the same */
	ck_assert_int_eq(world_try(&w, world_user(&w, IAT, FULL, &w.acc)), TRUST_REVOKED);
	world_account(&w, "'revocations':{'*':1650000000,'@O':5}");
	ck_assert_int_eq(world_try(&w, world_user(&w, IAT, FULL, &w.acc)), TRUST_REVOKED);
	ck_assert_int_eq(trust_recheck(w.t, &id, NOW), TRUST_REVOKED);
	ck_assert_int_eq(world_try(&w, world_user(&w, "'iat':1650000001", FULL, &w.acc)), 0);
	world_account(&w, "'revocations':{'*':1649999999}");
	ck_assert_int_eq(world_try(&w, world_user(&w, IAT, FULL, &w.acc)), 0);
	ck_assert_int_eq(trust_recheck(w.t, &id, NOW), 0);
	world_account(&w, "'revocations':{}");
	ck_assert_int_eq(world_try(&w, world_user(&w, IAT, FULL, &w.acc)), 0);
	identity_deinit(&id);
}
END_TEST

enum { KEYS_MANY = MINT_REVOCATIONS_MAX };

START_TEST(one_key_among_many_revocations_is_found)
{
	static struct mint_revocation v[KEYS_MANY];
	static char text[KEYS_MANY][57];
	struct nkey key = { .type = NKEY_USER };
	struct buf b;

	/* no private key is needed of whom is revoked */
	for (size_t i = 0; i < KEYS_MANY; i++) {
		randombytes_buf(key.pub, sizeof(key.pub));
		nkey_format(&key, text[i]);
		v[i] = (struct mint_revocation){ text[i], 5 };
	}
	buf_init(&b, 1 << 20);
	for (size_t n = KEYS_MANY - 1; n <= KEYS_MANY; n++) {
		if (n == KEYS_MANY)
			v[KEYS_MANY / 2].key = w.user_text;
		buf_reset(&b);
		ck_assert_int_eq(mint_account(&b,
				     &(struct mint_account){ .c = { .iat_s = (int64_t)n },
					 .subject = &w.acc.pub,
					 .n_revocations = n,
					 .revocations = v,
					 .max_conn = -1 },
				     &w.op),
		    0);
		ck_assert_int_eq(trust_add_account(w.t, buf_bytes(&b), w.why), 0);
		ck_assert_int_eq(world_try(&w, world_user(&w, IAT, FULL, &w.acc)),
		    n == KEYS_MANY ? TRUST_REVOKED : 0);
	}
	buf_deinit(&b);
}
END_TEST

START_TEST(signing_keys_sign_only_with_their_account_named)
{
	struct identity id;

	world_account(&w, "'signing_keys':['@a']");
	ck_assert_int_eq(
	    world_login(&w, world_user(&w, IAT, "'issuer_account':'@A'," FULL, &w.acc_sign), &id),
	    0);
	ck_assert_str_eq(id.issuer, w.acc_sign_text);
	ck_assert_str_eq(id.account, w.acc_text);
	ck_assert_int_eq(
	    world_try(&w, world_user(&w, IAT, FULL, &w.acc_sign)), TRUST_UNKNOWN_ACCOUNT);
	/* taken away again: no new login, and the old one ends */
	world_account(&w, "");
	ck_assert_int_eq(
	    world_try(&w, world_user(&w, IAT, "'issuer_account':'@A'," FULL, &w.acc_sign)),
	    TRUST_ISSUER);
	ck_assert_int_eq(trust_recheck(w.t, &id, NOW), TRUST_ISSUER);
	identity_deinit(&id);
}
END_TEST

START_TEST(one_account_cannot_sign_users_of_another)
{
	struct nkey_pair other;
	struct buf b;

	world_account(&w, "");
	ck_assert_int_eq(nkey_pair_new(&other, NKEY_ACCOUNT), 0);
	buf_init(&b, 1 << 16);
	ck_assert_int_eq(mint_account(&b,
			     &(struct mint_account){
				 .c = { .iat_s = 1 }, .subject = &other.pub, .max_conn = -1 },
			     &w.op),
	    0);
	ck_assert_int_eq(trust_add_account(w.t, buf_bytes(&b), w.why), 0);
	ck_assert_int_eq(world_try(&w, world_user(&w, IAT, "'issuer_account':'@A'," FULL, &other)),
	    TRUST_ISSUER);
	ck_assert_int_eq(world_try(&w, world_user(&w, IAT, FULL, &other)), 0);
	/* signed by one key, claiming another */
	ck_assert_int_eq(
	    world_try(
		&w, world_seal(&w, "{'iat':1,'iss':'@A','sub':'@U','nats':{" TV "}}", &other)),
	    TRUST_BAD_SIGNATURE);
	nkey_pair_deinit(&other);
	buf_deinit(&b);
}
END_TEST

START_TEST(accounts_come_only_from_trusted_operators)
{
	static const char by_op[] =
	    "{'iat':1,'iss':'@O','sub':'@A','nats':{'type':'account','version':2}}";
	static const char by_sign[] =
	    "{'iat':1,'iss':'@o','sub':'@A','nats':{'type':'account','version':2}}";
	static const char by_self[] =
	    "{'iat':1,'iss':'@A','sub':'@A','nats':{'type':'account','version':2}}";
	static const char user[] =
	    "{'iat':1,'iss':'@O','sub':'@U','nats':{'type':'user','version':2}}";

	ck_assert_int_eq(trust_add_account(w.t, world_seal(&w, by_op, &w.op), w.why), 0);
	ck_assert_int_eq(
	    trust_add_account(w.t, world_seal(&w, by_sign, &w.op_sign), w.why), TRUST_ISSUER);
	ck_assert_int_eq(
	    trust_add_account(w.t, world_seal(&w, by_self, &w.acc), w.why), TRUST_ISSUER);
	ck_assert_int_eq(
	    trust_add_account(w.t, world_seal(&w, by_op, &w.op_sign), w.why), TRUST_BAD_SIGNATURE);
	ck_assert_int_eq(
	    trust_add_account(w.t, world_seal(&w, user, &w.op), w.why), TRUST_BAD_TOKEN);
	ck_assert_int_eq(trust_add_account(w.t, BYTES_LIT("garbage"), w.why), TRUST_BAD_TOKEN);
	ck_assert_int_eq(trust_add_account(w.t, BYTES_NULL, w.why), TRUST_BAD_TOKEN);
	ck_assert_uint_eq(trust_accounts(w.t), 1);
}
END_TEST

START_TEST(operator_signing_keys_sign_and_strict_operators_only_with_them)
{
	static const char op[] = "{'iat':5,'iss':'@O','sub':'@O','nats':{'signing_keys':['@o'],"
				 "'type':'operator','version':2}}";
	static const char strict[] =
	    "{'iat':6,'iss':'@O','sub':'@O','nats':{'signing_keys':['@o'],"
	    "'strict_signing_key_usage':true,'type':'operator','version':2}}";
	static const char by_op[] =
	    "{'iat':1,'iss':'@O','sub':'@A','nats':{'type':'account','version':2}}";
	static const char by_sign[] =
	    "{'iat':1,'iss':'@o','sub':'@A','nats':{'type':'account','version':2}}";

	ck_assert_int_eq(trust_add_operator(w.t, world_seal(&w, op, &w.op), w.why), 0);
	ck_assert_uint_eq(trust_operators(w.t), 1);
	ck_assert_int_eq(trust_add_account(w.t, world_seal(&w, by_op, &w.op), w.why), 0);
	ck_assert_int_eq(trust_add_account(w.t, world_seal(&w, by_sign, &w.op_sign), w.why), 0);
	ck_assert_int_eq(trust_add_operator(w.t, world_seal(&w, strict, &w.op), w.why), 0);
	ck_assert_int_eq(trust_add_account(w.t, world_seal(&w, by_op, &w.op), w.why), TRUST_ISSUER);
	ck_assert_int_eq(trust_add_account(w.t, world_seal(&w, by_sign, &w.op_sign), w.why), 0);
	/* an older statement changes nothing */
	ck_assert_int_eq(trust_add_operator(w.t, world_seal(&w, op, &w.op), w.why), 0);
	ck_assert_int_eq(trust_add_account(w.t, world_seal(&w, by_op, &w.op), w.why), TRUST_ISSUER);
}
END_TEST

START_TEST(operators_are_self_signed_tokens_or_bare_keys_with_white_space_around)
{
	struct trust *t = trust_new(NULL);
	char text[128];

	snprintf(text, sizeof(text), " \n%s\r\n", w.op_text);
	ck_assert_int_eq(trust_add_operator(t, bytes_str(text), w.why), 0);
	ck_assert_int_eq(trust_add_operator(t, bytes_str(w.acc_text), w.why), TRUST_BAD_TOKEN);
	ck_assert_int_eq(trust_add_operator(t, BYTES_NULL, w.why), TRUST_BAD_TOKEN);
	ck_assert_int_eq(
	    trust_add_operator(t,
		world_seal(&w,
		    "{'iat':1,'iss':'@o','sub':'@O','nats':{'type':'operator','version':2}}",
		    &w.op_sign),
		w.why),
	    TRUST_ISSUER);
	ck_assert_int_eq(
	    trust_add_operator(t,
		world_seal(&w,
		    "{'iat':1,'iss':'@O','sub':'@O','nats':{'type':'operator','version':2}}",
		    &w.op_sign),
		w.why),
	    TRUST_BAD_SIGNATURE);
	ck_assert_uint_eq(trust_operators(t), 1);
	trust_freep(&t);
	ck_assert_ptr_null(t);
}
END_TEST

START_TEST(expired_accounts_and_operators_refuse_their_users)
{
	struct identity id;

	world_account(&w, "");
	ck_assert_int_eq(
	    world_login(&w, world_user(&w, IAT ",'exp':1800000000", FULL, &w.acc), &id), 0);
	ck_assert_int_eq(trust_add_account(w.t,
			     world_seal(&w,
				 "{'exp':1700000000,'iat':1600000001,'iss':'@O','sub':'@A','nats':{"
				 "'type':'account','version':2}}",
				 &w.op),
			     w.why),
	    0);
	ck_assert_int_eq(world_try(&w, world_user(&w, IAT, FULL, &w.acc)), TRUST_EXPIRED_ACCOUNT);
	ck_assert_int_eq(trust_recheck(w.t, &id, NOW), TRUST_EXPIRED_ACCOUNT);
	ck_assert_int_eq(trust_recheck(w.t, &id, NOW - 1), 0);
	identity_deinit(&id);
	world_account(&w, ""); /* older: the newer statement stays */
	ck_assert_int_eq(world_try(&w, world_user(&w, IAT, FULL, &w.acc)), TRUST_EXPIRED_ACCOUNT);
}
END_TEST

START_TEST(an_identity_ends_with_the_first_of_its_ends)
{
	static const char window[] = "'times':[{'start':'22:00:00','end':'22:13:30'},"
				     "{'start':'22:13:00','end':'22:14:20'},"
				     "{'start':'01:00:00','end':'02:00:00'}]," FULL;
	struct identity id;

	ck_assert_int_eq(trust_add_account(w.t,
			     world_seal(&w,
				 "{'exp':1700000100,'iat':1,'iss':'@O','sub':'@A','nats':{"
				 "'type':'account','version':2}}",
				 &w.op),
			     w.why),
	    0);
	ck_assert_int_eq(world_login(&w, world_user(&w, IAT, FULL, &w.acc), &id), 0);
	/* the account's end is asked for anew each time: it may be moved */
	ck_assert_int_eq(id.expires_s, 0);
	ck_assert_int_eq(trust_next_end(w.t, NOW), NOW + 100);
	ck_assert_int_eq(trust_next_end(w.t, NOW + 100), 0);
	ck_assert_int_eq(trust_recheck(w.t, &id, NOW + 99), 0);
	ck_assert_int_eq(trust_recheck(w.t, &id, NOW + 100), TRUST_EXPIRED_ACCOUNT);
	identity_deinit(&id);
	ck_assert_int_eq(
	    world_login(&w, world_user(&w, IAT ",'exp':1700000090", FULL, &w.acc), &id), 0);
	ck_assert_int_eq(id.expires_s, NOW + 90);
	identity_deinit(&id);
	/* of overlapping windows the one that lasts longest */
	ck_assert_int_eq(world_login(&w, world_user(&w, IAT, window, &w.acc), &id), 0);
	ck_assert_int_eq(id.expires_s, NOW + 60);
	identity_deinit(&id);
}
END_TEST

START_TEST(limits_are_the_lesser_of_user_and_account_and_absent_is_none)
{
	struct identity id;

	ck_assert_int_eq(
	    trust_add_account(w.t,
		world_seal(&w,
		    "{'iat':1,'iss':'@O','sub':'@A','nats':{'limits':{'subs':10,'payload':-1,"
		    "'conn':7},'type':'account','version':2}}",
		    &w.op),
		w.why),
	    0);
	ck_assert_int_eq(
	    world_login(&w, world_user(&w, IAT, "'subs':-1,'payload':5", &w.acc), &id), 0);
	ck_assert_int_eq(id.max_subs, 10);
	ck_assert_int_eq(id.max_payload, 5);
	identity_deinit(&id);
	ck_assert_int_eq(world_login(&w, world_user(&w, IAT, "", &w.acc), &id), 0);
	ck_assert_int_eq(id.max_subs, 0);
	ck_assert_int_eq(id.max_payload, 0);
	identity_deinit(&id);
	ck_assert_int_eq(trust_account_limit(w.t, w.acc_text), 7);
	ck_assert_int_eq(trust_account_limit(w.t, w.acc_sign_text), 0);
	ck_assert_int_eq(trust_account_limit(w.t, "nonsense"), 0);
}
END_TEST

START_TEST(absent_lists_do_not_narrow_and_empty_ones_allow_nothing)
{
	struct identity id;

	world_account(&w, "");
	ck_assert_int_eq(
	    world_login(&w, world_user(&w, IAT, "'pub':{},'sub':{}," FULL, &w.acc), &id), 0);
	ck_assert(!id.perms.pub_allow.present && !id.perms.sub_allow.present && !id.perms.resp);
	identity_deinit(&id);
	ck_assert_int_eq(
	    world_login(&w,
		world_user(&w, IAT, "'pub':{'allow':[]},'sub':{'allow':[]}," FULL, &w.acc), &id),
	    0);
	ck_assert(id.perms.pub_allow.present && id.perms.pub_allow.n == 0);
	ck_assert(id.perms.sub_allow.present && id.perms.sub_allow.n == 0);
	identity_deinit(&id);
}
END_TEST

START_TEST(who_may_answer_and_has_no_list_may_only_answer)
{
	struct identity id;

	world_account(&w, "");
	ck_assert_int_eq(
	    world_login(&w, world_user(&w, IAT, "'resp':{'max':0,'ttl':0}," FULL, &w.acc), &id), 0);
	ck_assert(id.perms.resp && id.perms.pub_allow.present && id.perms.pub_allow.n == 0);
	ck_assert_int_eq(id.perms.resp_max, 1);
	ck_assert_int_eq(id.perms.resp_ttl_ms, 120000);
	identity_deinit(&id);
	ck_assert_int_eq(
	    world_login(&w,
		world_user(
		    &w, IAT, "'pub':{'allow':['x']},'resp':{'max':-5,'ttl':1500000}," FULL, &w.acc),
		&id),
	    0);
	ck_assert_uint_eq(id.perms.pub_allow.n, 1);
	ck_assert_int_eq(id.perms.resp_max, -1);
	ck_assert_int_eq(id.perms.resp_ttl_ms, 1);
	identity_deinit(&id);
}
END_TEST

START_TEST(defaults_of_the_account_serve_users_without_permissions_and_their_change_ends_them)
{
	struct identity plain, own;

	world_account(&w, "'default_permissions':{'pub':{'allow':['d.>']},'sub':{}}");
	ck_assert_int_eq(
	    world_login(&w, world_user(&w, IAT, "'pub':{'deny':[]}," FULL, &w.acc), &plain), 0);
	ck_assert_uint_eq(plain.perms.pub_allow.n, 1);
	ck_assert_int_eq(
	    world_login(&w, world_user(&w, IAT, "'sub':{'allow':['s']}," FULL, &w.acc), &own), 0);
	ck_assert(!own.perms.pub_allow.present);
	ck_assert_int_eq(trust_recheck(w.t, &plain, NOW), 0);
	world_account(&w, "'default_permissions':{'pub':{'allow':['e.>']},'sub':{}}");
	ck_assert_int_eq(trust_recheck(w.t, &plain, NOW), TRUST_ISSUER);
	ck_assert_int_eq(trust_recheck(w.t, &own, NOW), 0);
	identity_deinit(&plain);
	identity_deinit(&own);
}
END_TEST

static const struct {
	const char *what, *members;
} bad_accounts[] = {
	{ "auth callout", "'authorization':{'auth_users':['@U']}" },
	{ "a revocation of no key", "'revocations':{'joe':5}" },
	{ "a revocation at no time", "'revocations':{'@U':'5'}" },
	{ "a revocation before time", "'revocations':{'*':-5}" },
	{ "revocations null", "'revocations':null" },
	{ "a signing key that is a user's", "'signing_keys':['@U']" },
	{ "a signing key twice",
	    "'signing_keys':['@a',{'kind':'user_scope','key':'@a','template':{}}]" },
	{ "its own key scoped", "'signing_keys':[{'kind':'user_scope','key':'@A','template':{}}]" },
	{ "a scope of another kind", "'signing_keys':[{'kind':'x','key':'@a'}]" },
	{ "a scope without a key", "'signing_keys':[{'kind':'user_scope'}]" },
	{ "a number among signing keys", "'signing_keys':[5]" },
	{ "a bad default", "'default_permissions':{'pub':{'deny':['a..b']}}" },
	{ "Revocations in another case", "'Revocations':{'@U':5}" },
	{ "limits null", "'limits':null" },
};

enum { N_BAD_ACCOUNTS = sizeof(bad_accounts) / sizeof(bad_accounts[0]) };

START_TEST(an_account_that_cannot_be_understood_whole_is_refused_whole)
{
	char payload[512];

	snprintf(payload, sizeof(payload),
	    "{'iat':1,'iss':'@O','sub':'@A','nats':{%s,'type':'account','version':2}}",
	    bad_accounts[_i].members);
	ck_assert_msg(
	    trust_add_account(w.t, world_seal(&w, payload, &w.op), w.why) == TRUST_BAD_TOKEN, "%s",
	    bad_accounts[_i].what);
	ck_assert_uint_gt(strlen(w.why), 0);
	ck_assert_uint_eq(trust_accounts(w.t), 0);
}
END_TEST

START_TEST(every_account_of_a_thousand_is_found_again)
{
	enum { MANY = 1000 };
	static struct nkey keys[MANY];
	struct nkey_pair p;
	char text[57];
	struct buf b;

	buf_init(&b, 1 << 16);
	for (size_t i = 0; i < MANY; i++) {
		ck_assert_int_eq(nkey_pair_new(&p, NKEY_ACCOUNT), 0);
		keys[i] = p.pub;
		nkey_pair_deinit(&p);
		buf_reset(&b);
		ck_assert_int_eq(
		    mint_account(&b,
			&(struct mint_account){
			    .c = { .iat_s = 1 }, .subject = &keys[i], .max_conn = (int64_t)i },
			&w.op),
		    0);
		ck_assert_int_eq(trust_add_account(w.t, buf_bytes(&b), w.why), 0);
	}
	ck_assert_uint_eq(trust_accounts(w.t), MANY);
	for (size_t i = 0; i < MANY; i++) {
		nkey_format(&keys[i], text);
		ck_assert_int_eq(trust_account_limit(w.t, text), (int64_t)i);
	}
	buf_deinit(&b);
}
END_TEST

START_TEST(every_answer_has_a_word)
{
	for (int i = 0; i <= TRUST_REQUIRE_EXP; i++)
		ck_assert_str_ne(trust_code(i), "internal");
	ck_assert_str_eq(trust_code(TRUST_EXPIRED_USER), "expired_user");
	ck_assert_str_eq(trust_code(TRUST_REQUIRE_EXP), "require_exp");
	ck_assert_str_eq(trust_code(-ENOMEM), "internal");
	ck_assert_str_eq(trust_code(99), "internal");
}
END_TEST

TCase *
trust_tests(void)
{
	TCase *t = tcase_create("trust");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_plain_user_is_admitted_with_all_it_says);
	tcase_add_loop_test(t, a_payload_is_admitted_or_refused_for_its_reason, 0, N_PAYLOADS);
	tcase_add_loop_test(t, time_claims_are_integers_and_mean_what_they_say, 0, N_TIMES);
	tcase_add_test(t, exp_is_demanded_only_where_the_options_say_so);
	tcase_add_loop_test(
	    t, every_header_but_the_one_is_refused_though_properly_signed, 0, N_HEADERS);
	tcase_add_test(t, the_one_header_may_have_its_members_in_any_order_and_blanks);
	tcase_add_test(t, a_version_1_signature_over_the_payload_alone_is_refused);
	tcase_add_test(t, no_byte_of_a_token_can_change);
	tcase_add_loop_test(t, nothing_may_follow_precede_or_pad_a_token, 0, 8);
	tcase_add_test(t, spare_bits_of_the_signature_part_must_be_zero);
	tcase_add_test(t, a_huge_token_is_refused_before_it_is_read);
	tcase_add_test(t, the_nonce_must_be_signed_by_the_user_itself_and_be_this_one);
	tcase_add_test(t, the_nonce_signature_has_two_spellings_and_no_third);
	tcase_add_test(t, a_small_order_user_key_with_the_constant_signature_is_refused);
	tcase_add_test(t, revocation_by_key_is_final_and_by_star_goes_by_age);
	tcase_add_test(t, one_key_among_many_revocations_is_found);
	tcase_add_test(t, signing_keys_sign_only_with_their_account_named);
	tcase_add_test(t, one_account_cannot_sign_users_of_another);
	tcase_add_test(t, accounts_come_only_from_trusted_operators);
	tcase_add_test(t, operator_signing_keys_sign_and_strict_operators_only_with_them);
	tcase_add_test(t, operators_are_self_signed_tokens_or_bare_keys_with_white_space_around);
	tcase_add_test(t, expired_accounts_and_operators_refuse_their_users);
	tcase_add_test(t, an_identity_ends_with_the_first_of_its_ends);
	tcase_add_test(t, limits_are_the_lesser_of_user_and_account_and_absent_is_none);
	tcase_add_test(t, absent_lists_do_not_narrow_and_empty_ones_allow_nothing);
	tcase_add_test(t, who_may_answer_and_has_no_list_may_only_answer);
	tcase_add_test(
	    t, defaults_of_the_account_serve_users_without_permissions_and_their_change_ends_them);
	tcase_add_loop_test(
	    t, an_account_that_cannot_be_understood_whole_is_refused_whole, 0, N_BAD_ACCOUNTS);
	tcase_add_test(t, every_account_of_a_thousand_is_found_again);
	tcase_add_test(t, every_answer_has_a_word);
	return t;
}
