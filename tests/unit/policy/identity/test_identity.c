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

/* put() - what is said of an identity to another process. */
static struct bytes
put(struct buf *b, const struct identity *id)
{
	buf_reset(b);
	identity_put(b, id);
	ck_assert(!buf_failed(b));
	return buf_bytes(b);
}

/* change() - the @i-th thing about an identity made another. Return: false when there is no such thing. */
static bool
change(struct identity *id, int i)
{
	static struct bytes other[] = { { (const uint8_t *)"a.>", 3 }, { (const uint8_t *)"b.c", 3 } };
	static char tag[] = "role:hosts", *other_tags[] = { tag_role, tag_plain, tag_roles, tag };
	static char dn[] = "dn:CN=h i", *other_certs[] = { cert_dns, dn };
	static char renamed[] = "another name";

	switch (i) {
	case 0: id->user[5] = 'x'; return true;
	case 1: id->account[3] = 'B'; return true;
	case 2: id->issuer[4] = 'B'; return true;
	case 3: id->jti[0] = 'O'; return true;
	case 4: id->certificate[0] = '1'; return true;
	case 5: id->n_certs = 1; return true;
	case 6: id->certs = other_certs; return true;
	case 7: id->name = renamed; return true;
	case 8: id->name = NULL; return true;
	case 9: id->n_tags = 3; return true;
	case 10: id->tags = other_tags; return true;
	case 11: id->perms.pub_allow.item = other; return true;
	case 12: id->perms.pub_allow.n = 1; return true;
	case 13: id->perms.pub_deny.present = false; return true;
	case 14: id->perms.sub_allow.present = true; return true;
	case 15: id->perms.sub_deny.item = other; return true;
	case 16: id->perms.resp = false; return true;
	case 17: id->perms.resp_max = 1; return true;
	case 18: id->perms.resp_ttl_ms = 1; return true;
	case 19: id->max_subs = 1; return true;
	case 20: id->max_payload = -1; return true;
	case 21: id->issued_s++; return true;
	case 22: id->expires_s++; return true;
	case 23: id->inbox[0] = '1'; return true;
	case 24: id->source[2] = '2'; return true;
	case 25: id->token[31] ^= 1; return true;
	case 26: id->grant[31] ^= 1; return true;
	default: return false;
	}
}

START_TEST(identities_are_equal_when_what_is_said_of_them_is)
{
	struct identity a = sample(), b = sample();
	struct buf x, y;

	buf_init(&x, 1 << 16);
	buf_init(&y, 1 << 16);
	ck_assert(identity_eq(&a, &b));
	for (int i = 0; b = sample(), change(&b, i); i++) {
		ck_assert(!bytes_eq(put(&x, &a), put(&y, &b)));
		ck_assert_msg(!identity_eq(&a, &b) && !identity_eq(&b, &a), "change %d", i);
	}
	/* no name and an empty one are told in the same way */
	a.name = (char[]){ "" };
	b.name = NULL;
	ck_assert(bytes_eq(put(&x, &a), put(&y, &b)));
	ck_assert(identity_eq(&a, &b));
	buf_deinit(&x);
	buf_deinit(&y);
}
END_TEST

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

	tcase_add_test(t, identities_are_equal_when_what_is_said_of_them_is);
	tcase_add_test(t, every_field_survives_put_and_get);
	tcase_add_test(t, a_cut_message_is_refused_wherever_it_is_cut);
	tcase_add_test(t, any_flipped_byte_is_refused_or_read_without_harm);
	tcase_add_test(t, lists_and_tags_over_their_ceiling_are_refused);
	tcase_add_test(t, tags_are_compared_whole_and_without_case);
	return t;
}
