/* Scoped signing keys: what their templates become, and what they must never become. */
#include <stdio.h>

#include "policy/identity/cidr.h"
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

#define OPEN "'subs':-1,'data':-1,'payload':-1"

/* lend() - an account whose signing key has this template. */
static void
lend(const char *template)
{
	char members[2048];

	snprintf(members, sizeof(members),
	    "'signing_keys':[{'kind':'user_scope','key':'@a','role':'r','template':{%s" OPEN "}}],"
	    "'tags':['zone:eu','zone:us','odd:a.b']",
	    template);
	world_account(&w, members);
}

/* borrow() - a user of that key with this name and these members. */
static int
borrow(const char *name, const char *members, struct identity *id)
{
	char claims[256], nats[1024];

	snprintf(claims, sizeof(claims), "'iat':1650000000,'name':'%s'", name);
	snprintf(nats, sizeof(nats), "'issuer_account':'@A'%s%s", members[0] != '\0' ? "," : "",
	    members);
	return world_login(&w, world_user(&w, claims, nats, &w.acc_sign), id);
}

static const struct {
	const char *what, *template, *name, *members,
	    *pub; /* pub: expected allow list, blanks between */
} fills[] = {
	{ "no template at all", "'pub':{'allow':['a.>']},", "joe", "", "a.>" },
	{ "name", "'pub':{'allow':['a.{{name()}}.b']},", "joe", "", "a.joe.b" },
	{ "inside a token", "'pub':{'allow':['KV_{{name()}}_x.>']},", "joe", "", "KV_joe_x.>" },
	{ "upper case", "'pub':{'allow':['{{NAME()}}','{{Tag(Team)}}']},", "joe",
	    "'tags':['team:red']", "joe red" },
	{ "blanks inside", "'pub':{'allow':['{{ name() }}']},", "joe", "", "joe" },
	{ "account name", "'pub':{'allow':['{{account-name()}}.x']},", "joe", "", "acc.x" },
	{ "several tags", "'pub':{'allow':['t.{{tag(team)}}']},", "joe",
	    "'tags':['team:a','x:y','team:b']", "t.a t.b" },
	{ "account tags", "'pub':{'allow':['z.{{account-tag(zone)}}']},", "joe", "", "z.eu z.us" },
	{ "a product", "'pub':{'allow':['{{tag(t)}}.{{account-tag(zone)}}']},", "joe",
	    "'tags':['t:1','t:2']", "1.eu 2.eu 1.us 2.us" },
	{ "a missing tag drops the entry", "'pub':{'allow':['x.{{tag(t)}}','y']},", "joe", "",
	    "y" },
	{ "all dropped allows nothing", "'pub':{'allow':['x.{{tag(t)}}']},", "joe", "", "" },
};

enum { N_FILLS = sizeof(fills) / sizeof(fills[0]) };

START_TEST(templates_are_filled_in)
{
	struct identity id;
	char got[512] = "";
	int r;

	lend(fills[_i].template);
	r = borrow(fills[_i].name, fills[_i].members, &id);
	ck_assert_msg(r == 0, "%s: %d %s", fills[_i].what, r, w.why);
	for (size_t i = 0; i < id.perms.pub_allow.n; i++)
		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%.*s", i > 0 ? " " : "",
		    (int)id.perms.pub_allow.item[i].len,
		    (const char *)id.perms.pub_allow.item[i].ptr);
	ck_assert_str_eq(got, fills[_i].pub);
	ck_assert(id.perms.pub_allow.present);
	ck_assert_int_eq(id.max_subs, -1);
	ck_assert_int_eq(trust_recheck(w.t, &id, NOW), 0);
	identity_deinit(&id);
}
END_TEST

START_TEST(keys_fill_in_as_subjects)
{
	struct identity id;

	lend("'sub':{'allow':['{{subject()}}.{{account-subject()}} q_{{name()}}']},");
	ck_assert_int_eq(borrow("joe", "", &id), 0);
	ck_assert(bytes_starts(id.perms.sub_allow.item[0], bytes_str(w.user_text)));
	ck_assert(bytes_starts(bytes_from(id.perms.sub_allow.item[0], 57), bytes_str(w.acc_text)));
	ck_assert(bytes_is(bytes_from(id.perms.sub_allow.item[0], 113), " q_joe"));
	identity_deinit(&id);
}
END_TEST

static const struct {
	const char *what, *template, *name, *members;
} refused[] = {
#define NAME "'pub':{'allow':['app.{{name()}}']},"
	{ "a name that is >", NAME, ">", "" },
	{ "a name that is *", NAME, "*", "" },
	{ "a name with a dot", NAME, "a.b", "" },
	{ "a name ending in a dot", NAME, "a.", "" },
	{ "a name with a blank", NAME, "a b", "" },
	{ "a name with a tab", NAME, "a\\tb", "" },
	{ "an empty name", NAME, "", "" },
	{ "a name outside ASCII", NAME, "\\u00e9", "" },
	{ "a name that is a template", NAME, "{{subject()}}", "" },
	{ "a tag that is >", "'pub':{'allow':['{{tag(t)}}']},", "joe", "'tags':['t:>']" },
	{ "an empty tag", "'pub':{'allow':['{{tag(t)}}']},", "joe", "'tags':['t:']" },
	{ "one bad tag among good ones", "'pub':{'allow':['{{tag(t)}}']},", "joe",
	    "'tags':['t:a','t:*']" },
	{ "an account tag with a dot", "'pub':{'allow':['{{account-tag(odd)}}']},", "joe", "" },
	{ "a missing tag in a deny", "'pub':{'deny':['{{tag(t)}}']},", "joe", "" },
	{ "a missing tag in a sub deny", "'sub':{'deny':['x.{{tag(t)}}']},", "joe", "" },
	{ "an unknown function", "'pub':{'allow':['{{shell(x)}}']},", "joe", "" },
	{ "an argument to name", "'pub':{'allow':['{{name(x)}}']},", "joe", "" },
	{ "tag without a key", "'pub':{'allow':['{{tag()}}','x']},'sub':{'deny':['{{tag()}}']},",
	    "joe", "" },
	{ "braces left open", "'pub':{'allow':['a.{{name()']},", "joe", "" },
	{ "no call inside", "'pub':{'allow':['{{name}}']},", "joe", "" },
	{ "nothing inside", "'pub':{'allow':['{{}}']},", "joe", "" },
	{ "a result that is no subject", "'pub':{'allow':['{{name()}}..x']},", "joe", "" },
	{ "a blank in a pub entry", "'pub':{'allow':['{{name()}} q']},", "joe", "" },
	{ "permissions of its own", NAME, "joe", "'pub':{'allow':['x']}" },
	{ "an empty list of its own", NAME, "joe", "'pub':{'allow':[]}" },
	{ "limits of its own", NAME, "joe", "'subs':-1" },
	{ "data of its own", NAME, "joe", "'data':-1" },
	{ "source networks of its own", NAME, "joe", "'src':['127.0.0.0/8']" },
	{ "types of its own", NAME, "joe", "'allowed_connection_types':['STANDARD']" },
	{ "resp of its own", NAME, "joe", "'resp':{'max':1,'ttl':0}" },
};

enum { N_REFUSED = sizeof(refused) / sizeof(refused[0]) };

START_TEST(a_name_or_tag_cannot_widen_a_template)
{
	struct identity id;
	int r;

	lend(refused[_i].template);
	r = borrow(refused[_i].name, refused[_i].members, &id);
	ck_assert_msg(r == TRUST_SCOPE, "%s: %d %s", refused[_i].what, r, w.why);
	ck_assert_uint_gt(strlen(w.why), 0);
	identity_deinit(&id);
}
END_TEST

START_TEST(a_product_over_its_ceiling_is_refused_before_it_is_built)
{
	char tags[1024] = "'tags':[";
	struct identity id;

	for (int i = 0; i < 16; i++)
		snprintf(tags + strlen(tags), sizeof(tags) - strlen(tags), "%s't:%d'",
		    i > 0 ? "," : "", i);
	strcat(tags, "]");
	lend("'pub':{'allow':['{{tag(t)}}.{{tag(t)}}.{{tag(t)}}']},");
	ck_assert_int_eq(borrow("joe", tags, &id), 0);
	ck_assert_uint_eq(id.perms.pub_allow.n, 4096);
	identity_deinit(&id);
	lend("'pub':{'allow':['{{tag(t)}}.{{tag(t)}}.{{tag(t)}}.{{account-tag(zone)}}']},");
	ck_assert_int_eq(borrow("joe", tags, &id), TRUST_SCOPE);
	/* as a list, too: 4096 and one more */
	lend("'pub':{'allow':['{{tag(t)}}.{{tag(t)}}.{{tag(t)}}','x']},");
	ck_assert_int_eq(borrow("joe", tags, &id), TRUST_SCOPE);
	/* a missing tag after a wide product costs nothing */
	lend("'pub':{'allow':['{{tag(t)}}.{{tag(t)}}.{{tag(t)}}.{{tag(none)}}']},");
	ck_assert_int_eq(borrow("joe", tags, &id), 0);
	ck_assert_uint_eq(id.perms.pub_allow.n, 0);
	identity_deinit(&id);
}
END_TEST

START_TEST(the_templates_own_conditions_hold)
{
	struct identity id;

	lend("'src':['10.0.0.0/8'],");
	ck_assert_int_eq(borrow("joe", "", &id), TRUST_SOURCE);
	lend("'allowed_connection_types':['MQTT'],");
	ck_assert_int_eq(borrow("joe", "", &id), TRUST_TYPE);
	lend("'times':[{'start':'01:00:00','end':'02:00:00'}],");
	ck_assert_int_eq(borrow("joe", "", &id), TRUST_NOT_YET);
	lend("'bearer_token':true,");
	ck_assert_int_eq(borrow("joe", "", &id), TRUST_BEARER);
}
END_TEST

START_TEST(a_changed_template_ends_the_identities_it_made)
{
	struct identity id;

	lend("'pub':{'allow':['a']},");
	ck_assert_int_eq(borrow("joe", "", &id), 0);
	ck_assert_int_eq(trust_recheck(w.t, &id, NOW), 0);
	lend("'pub':{'allow':['b']},");
	ck_assert_int_eq(trust_recheck(w.t, &id, NOW), TRUST_ISSUER);
	world_account(&w, "'signing_keys':['@a']");
	ck_assert_int_eq(trust_recheck(w.t, &id, NOW), TRUST_ISSUER);
	lend("'pub':{'allow':['a']},");
	ck_assert_int_eq(trust_recheck(w.t, &id, NOW), 0);
	identity_deinit(&id);
}
END_TEST

START_TEST(a_template_without_permissions_leaves_the_accounts_defaults)
{
	struct identity id;

	world_account(&w, "'signing_keys':[{'kind':'user_scope','key':'@a','template':{" OPEN "}}],"
			  "'default_permissions':{'pub':{'allow':['d']}}");
	ck_assert_int_eq(borrow("joe", "", &id), 0);
	ck_assert_uint_eq(id.perms.pub_allow.n, 1);
	ck_assert_int_eq(trust_recheck(w.t, &id, NOW), 0);
	world_account(&w, "'signing_keys':[{'kind':'user_scope','key':'@a','template':{" OPEN "}}],"
			  "'default_permissions':{'pub':{'allow':['e']}}");
	ck_assert_int_eq(trust_recheck(w.t, &id, NOW), TRUST_ISSUER);
	identity_deinit(&id);
}
END_TEST

static const struct {
	const char *net, *addr;
	int inside; /* -1: no network */
} nets[] = {
	{ "10.0.0.0/8", "10.255.1.2", 1 },
	{ "10.0.0.0/8", "11.0.0.0", 0 },
	{ "10.1.2.3/8", "10.9.9.9", 1 },
	{ "192.168.1.128/25", "192.168.1.127", 0 },
	{ "192.168.1.128/25", "192.168.1.255", 1 },
	{ "1.2.3.4/32", "1.2.3.4", 1 },
	{ "1.2.3.4/32", "1.2.3.5", 0 },
	{ "0.0.0.0/0", "8.8.8.8", 1 },
	{ "0.0.0.0/0", "::1", 0 },
	{ "10.0.0.0/8", "::ffff:10.1.1.1", 1 },
	{ "::/0", "::ffff:10.1.1.1", 0 },
	{ "::/0", "2001:db8::1", 1 },
	{ "2001:db8::/33", "2001:db8:7fff::1", 1 },
	{ "2001:db8::/33", "2001:db8:8000::1", 0 },
	{ "::1/128", "::1", 1 },
	{ "fe80::/10", "fe80::1%eth0", 1 },
	{ "10.0.0.0/8", "", 0 },
	{ "10.0.0.0/8", "10.0.0.1:4222", 0 },
	{ "10.0.0.0/8", "010.0.0.1", 0 },
	{ "10.0.0.0/33", "", -1 },
	{ "::/129", "", -1 },
	{ "10.0.0.0/08", "", -1 },
	{ "10.0.0.0/", "", -1 },
	{ "10.0.0.0/-1", "", -1 },
	{ "10.0.0.0/256", "", -1 },
	{ "10.0.0.0", "", -1 },
	{ "10.0.0/8", "", -1 },
	{ "::ffff:10.0.0.0/104", "", -1 },
	{ "/8", "", -1 },
	{ "", "", -1 },
	{ "10.0.0.0/8 ", "", -1 },
	{ "10.0.0.0/8/8", "", -1 },
};

enum { N_NETS = sizeof(nets) / sizeof(nets[0]) };

START_TEST(networks_contain_what_their_bits_say)
{
	struct cidr c;
	bool ok = cidr_parse(&c, bytes_str(nets[_i].net));

	ck_assert_msg(ok == (nets[_i].inside >= 0), "%s", nets[_i].net);
	ck_assert_msg(cidr_contains(&c, nets[_i].addr) == (nets[_i].inside == 1), "%s in %s",
	    nets[_i].addr, nets[_i].net);
}
END_TEST

TCase *
scope_tests(void)
{
	TCase *t = tcase_create("scope");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, templates_are_filled_in, 0, N_FILLS);
	tcase_add_test(t, keys_fill_in_as_subjects);
	tcase_add_loop_test(t, a_name_or_tag_cannot_widen_a_template, 0, N_REFUSED);
	tcase_add_test(t, a_product_over_its_ceiling_is_refused_before_it_is_built);
	tcase_add_test(t, the_templates_own_conditions_hold);
	tcase_add_test(t, a_changed_template_ends_the_identities_it_made);
	tcase_add_test(t, a_template_without_permissions_leaves_the_accounts_defaults);
	tcase_add_loop_test(t, networks_contain_what_their_bits_say, 0, N_NETS);
	return t;
}
