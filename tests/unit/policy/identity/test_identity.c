#include "policy/identity/identity.h"
#include "tests/unit/policy/identity/suites.h"

static struct bytes pub_items[] = { { (const uint8_t *)"a.>", 3 }, { (const uint8_t *)"b.*", 3 } };
static struct bytes sub_items[] = { { (const uint8_t *)"c q1", 4 } };
static char tag_role[] = "role:host", tag_role2[] = "role:observer", tag_plain[] = "plain",
	    tag_roles[] = "roles:x";
static char *tags[] = { tag_role, tag_plain, tag_roles, tag_role2 };
static char cert_dns[] = "dns:h.example", cert_dn[] = "dn:CN=h h";
static char *certs[] = { cert_dns, cert_dn };
static char name[] = "a name";

/* sample() - one of everything; borrows statics, so never deinit it. */
static struct identity
sample(void)
{
	struct identity id = {
		.user = "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4",
		.account = "AAAA",
		.issuer = "ABBB",
		.jti = "NJAHAHFRGZNE",
		.certificate = "00ff",
		.n_certs = 2,
		.certs = certs,
		.name = name,
		.n_tags = 4,
		.tags = tags,
		.perms = { .pub_allow = { true, 2, pub_items },
		    .pub_deny = { true, 0, NULL },
		    .sub_deny = { true, 1, sub_items },
		    .resp = true,
		    .resp_max = -1,
		    .resp_ttl_ms = 120000 },
		.max_subs = -1,
		.max_payload = 1024,
		.issued_s = 1600000000,
		.expires_s = 1700000000,
		.inbox = "0123456789abcdefghijkl",
		.source = "::1",
	};

	memset(id.token, 0xab, sizeof(id.token));
	memset(id.grant, 0xcd, sizeof(id.grant));
	return id;
}

static void
list_eq(const struct subject_list *a, const struct subject_list *b)
{
	ck_assert(a->present == b->present);
	ck_assert_uint_eq(a->n, b->n);
	for (size_t i = 0; i < a->n; i++)
		ck_assert(bytes_eq(a->item[i], b->item[i]));
}

START_TEST(every_field_survives_put_and_get)
{
	struct identity id = sample(), back;
	struct cursor c;
	struct buf b;

	buf_init(&b, 65536);
	identity_put(&b, &id);
	c = (struct cursor){ buf_bytes(&b), false };
	ck_assert_int_eq(identity_get(&c, &back), 0);
	ck_assert(cursor_done(&c));
	ck_assert_str_eq(back.user, id.user);
	ck_assert_str_eq(back.account, id.account);
	ck_assert_str_eq(back.issuer, id.issuer);
	ck_assert_str_eq(back.jti, id.jti);
	ck_assert_str_eq(back.name, id.name);
	ck_assert_str_eq(back.inbox, id.inbox);
	ck_assert_str_eq(back.source, id.source);
	ck_assert_str_eq(back.certificate, id.certificate);
	ck_assert_uint_eq(back.n_certs, 2);
	ck_assert_str_eq(back.certs[1], cert_dn);
	ck_assert_uint_eq(back.n_tags, 4);
	ck_assert_str_eq(back.tags[3], "role:observer");
	list_eq(&back.perms.pub_allow, &id.perms.pub_allow);
	list_eq(&back.perms.pub_deny, &id.perms.pub_deny);
	list_eq(&back.perms.sub_allow, &id.perms.sub_allow);
	list_eq(&back.perms.sub_deny, &id.perms.sub_deny);
	ck_assert(back.perms.resp);
	ck_assert_int_eq(back.perms.resp_max, -1);
	ck_assert_int_eq(back.perms.resp_ttl_ms, 120000);
	ck_assert_int_eq(back.max_subs, -1);
	ck_assert_int_eq(back.max_payload, 1024);
	ck_assert_int_eq(back.issued_s, id.issued_s);
	ck_assert_int_eq(back.expires_s, id.expires_s);
	ck_assert_mem_eq(back.token, id.token, 32);
	ck_assert_mem_eq(back.grant, id.grant, 32);
	identity_deinit(&back);
	ck_assert_str_eq(back.user, "");
	buf_deinit(&b);
}
END_TEST

START_TEST(a_cut_message_is_refused_wherever_it_is_cut)
{
	struct identity id = sample(), back;
	struct buf b;

	buf_init(&b, 65536);
	identity_put(&b, &id);
	for (size_t n = 0; n < b.len; n++) {
		struct cursor c = { bytes_upto(buf_bytes(&b), n), false };

		ck_assert_int_eq(identity_get(&c, &back), -EBADMSG);
		ck_assert_ptr_null(back.tags);
	}
	buf_deinit(&b);
}
END_TEST

START_TEST(any_flipped_byte_is_refused_or_read_without_harm)
{
	struct identity id = sample(), back;
	struct buf b;

	buf_init(&b, 65536);
	identity_put(&b, &id);
	for (size_t at = 0; at < b.len; at++) {
		struct cursor c = { buf_bytes(&b), false };

		b.ptr[at] ^= 0x80;
		if (identity_get(&c, &back) == 0) {
			ck_assert_uint_lt(strlen(back.user), sizeof(back.user));
			identity_deinit(&back);
		}
		b.ptr[at] ^= 0x80;
	}
	buf_deinit(&b);
}
END_TEST

START_TEST(lists_and_tags_over_their_ceiling_are_refused)
{
	struct identity id = sample(), back;
	struct bytes *many = calloc(4097, sizeof(*many));
	char **many_tags = calloc(257, sizeof(*many_tags));
	struct cursor c;
	struct buf b;

	for (size_t i = 0; i < 4097; i++)
		many[i] = BYTES_LIT("x");
	for (size_t i = 0; i < 257; i++)
		many_tags[i] = tag_plain;
	buf_init(&b, 1 << 20);
	for (size_t n = 4096; n <= 4097; n++) {
		id.perms.pub_allow = (struct subject_list){ true, n, many };
		buf_reset(&b);
		identity_put(&b, &id);
		c = (struct cursor){ buf_bytes(&b), false };
		ck_assert_int_eq(identity_get(&c, &back), n == 4096 ? 0 : -EBADMSG);
		identity_deinit(&back);
	}
	id = sample();
	id.tags = many_tags;
	for (size_t n = 256; n <= 257; n++) {
		id.n_tags = n;
		buf_reset(&b);
		identity_put(&b, &id);
		c = (struct cursor){ buf_bytes(&b), false };
		ck_assert_int_eq(identity_get(&c, &back), n == 256 ? 0 : -EBADMSG);
		identity_deinit(&back);
	}
	buf_deinit(&b);
	free(many);
	free(many_tags);
}
END_TEST

START_TEST(tags_are_compared_whole_and_without_case)
{
	struct identity id = sample();

	ck_assert(identity_tag(&id, "ROLE:Host"));
	ck_assert(!identity_tag(&id, "role:hos"));
	ck_assert(!identity_tag(&id, "role:host2"));
	ck_assert(bytes_is(identity_tag_value(&id, "Role", 0), "host"));
	ck_assert(bytes_is(identity_tag_value(&id, "role", 1), "observer"));
	ck_assert_ptr_null(identity_tag_value(&id, "role", 2).ptr);
	ck_assert_ptr_null(identity_tag_value(&id, "plain", 0).ptr);
	ck_assert_ptr_null(identity_tag_value(&id, "rol", 0).ptr);
}
END_TEST

TCase *
identity_tests(void)
{
	TCase *t = tcase_create("identity");

	tcase_add_test(t, every_field_survives_put_and_get);
	tcase_add_test(t, a_cut_message_is_refused_wherever_it_is_cut);
	tcase_add_test(t, any_flipped_byte_is_refused_or_read_without_harm);
	tcase_add_test(t, lists_and_tags_over_their_ceiling_are_refused);
	tcase_add_test(t, tags_are_compared_whole_and_without_case);
	return t;
}
