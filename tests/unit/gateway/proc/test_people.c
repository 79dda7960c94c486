/* People are kept once each, and only who is the same in everything is the same. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "gateway/proc/people.h"
#include "gateway/proc/snapshot.h"
#include "tests/unit/gateway/proc/suites.h"
#include "tests/unit/policy/rules/suites.h"

#define TEXT                                                                                       \
	"lattices = [\"default\"]\naccounts { ACME = " ACME " }\n"                                 \
	"role app { account = ACME tags = [\"role:app\"] }\nrule data { publish = [\"app.>\"] to " \
	"= [app] }\n"
#define GUESTS                                                                                     \
	"role guest { account = ACME tags = [\"role:guest\"] }\n"                                 \
	"rule serve { allow = [serve] host_id = first_use to = [guest] }\n"

static struct world w;
static struct people people;

static void
setup(void)
{
	world_policy(&w, "t.policy", BYTES_LIT(TEXT GUESTS));
	people = (struct people){ .policy = w.policy };
}

static void
teardown(void)
{
	ck_assert_uint_eq(people.n, 0);
	world_end(&w);
}

/* meet() - somebody with this token byte, deny list and source. */
static struct person *
meet(uint8_t token, const char *deny, const char *source)
{
	struct person *out = NULL;

	world_person(&w, ACME, "role:app", NULL);
	w.id.token[0] = token;
	if (deny != NULL)
		world_list(&w.id.perms.pub_deny, deny);
	snprintf(w.id.source, sizeof(w.id.source), "%s", source);
	ck_assert_int_eq(people_meet(&people, &w.id, &out), 0);
	ck_assert_ptr_null(w.id.name); /* taken */
	return out;
}

START_TEST(the_same_person_twice_is_one)
{
	struct person *a = meet(1, NULL, "1.2.3.4"), *b = meet(1, NULL, "1.2.3.4"),
		      *c = meet(2, NULL, "1.2.3.4");

	ck_assert_ptr_eq(a, b);
	ck_assert_ptr_ne(a, c);
	ck_assert_uint_eq(people.n, 2);
	people_leave(&people, a);
	ck_assert_uint_eq(people.n, 2);
	people_leave(&people, b);
	people_leave(&people, c);
	people_leave(&people, NULL);
}
END_TEST

START_TEST(the_same_person_from_elsewhere_may_have_other_roles)
{
	struct person *a = meet(1, NULL, "1.2.3.4"), *b = meet(1, NULL, "5.6.7.8");

	ck_assert_ptr_ne(a, b);
	ck_assert_str_eq(a->identity.source, "1.2.3.4");
	people_leave(&people, a);
	people_leave(&people, b);
}
END_TEST

START_TEST(the_same_token_with_other_permissions_is_somebody_else)
{
	/* the account was changed between the two logins: a scope's template, or its defaults */
	struct person *a = meet(1, NULL, ""), *b = meet(1, "app.secret", "");

	ck_assert_ptr_ne(a, b);
	ck_assert_int_eq(rights_publish(a->rights, BYTES_LIT("app.secret")).verdict, VERDICT_ALLOW);
	ck_assert_int_eq(rights_publish(b->rights, BYTES_LIT("app.secret")).verdict, VERDICT_DENY);
	people_leave(&people, a);
	people_leave(&people, b);
}
END_TEST

START_TEST(a_swap_gives_everybody_new_rights)
{
	struct person *all[50];
	struct world next;

	for (size_t i = 0; i < 50; i++)
		all[i] = meet((uint8_t)i, NULL, "");
	world_policy(&next, "n.policy",
	    BYTES_LIT("lattices = [\"default\"]\naccounts { ACME = " ACME " }\n"
		      "role app { account = ACME tags = [\"role:app\"] }\nrule data { publish = "
		      "[\"b.>\"] to = [app] }\n"));
	ck_assert_int_eq(people_swap(&people, next.policy), 0);
	for (size_t i = 0; i < 50; i++) {
		ck_assert_int_eq(
		    rights_publish(all[i]->rights, BYTES_LIT("app.x")).verdict, VERDICT_DENY);
		ck_assert_int_eq(
		    rights_publish(all[i]->rights, BYTES_LIT("b.x")).verdict, VERDICT_ALLOW);
		people_leave(&people, all[i]);
	}
	world_end(&next);
}
END_TEST

/* pays() - does the rule let another message through? */
static bool
pays(struct person *x)
{
	struct bytes s = BYTES_LIT("app.x");
	struct decision d = rights_publish(x->rights, s);

	ck_assert_uint_ne(d.rated, 0);
	return rights_pay_publish(x->rights, s, d, 1000).verdict == VERDICT_ALLOW;
}

START_TEST(what_was_spent_is_spent_after_leaving_and_after_a_swap)
{
	static const char *const text = "lattices = [\"default\"]\naccounts { ACME = " ACME " }\n"
					"role app { account = ACME tags = [\"role:app\"] }\n"
					"rule data { publish = [\"app.>\"] to = [app] rate = 3/h }\n";
	struct world first, next;
	struct person *x, *elsewhere;

	world_policy(&first, "a.policy", bytes_str(text));
	world_policy(&next, "b.policy", bytes_str(text));
	people.policy = first.policy;
	people.meters = meters_new(1);
	x = meet(1, NULL, "1.2.3.4");
	ck_assert(pays(x));
	people_leave(&people, x);
	meters_tick(people.meters, 1000);
	x = meet(1, NULL, "1.2.3.4");
	elsewhere = meet(1, NULL, "5.6.7.8");
	ck_assert(pays(elsewhere));
	ck_assert_int_eq(people_swap(&people, next.policy), 0);
	ck_assert(pays(x));
	ck_assert(!pays(x));
	ck_assert(!pays(elsewhere));
	people_leave(&people, x);
	people_leave(&people, elsewhere);
	meters_free(people.meters);
	world_end(&first);
	world_end(&next);
}
END_TEST

START_TEST(a_zeroed_identity_is_nobody)
{
	struct identity id = { 0 };
	struct person *out = NULL;

	ck_assert_int_eq(people_meet(&people, &id, &out), -EINVAL);
	ck_assert_ptr_null(out);
}
END_TEST

/* guest() - a user, as a host with or without an id in its credential. */
static struct person *
guest(uint8_t user, const char *tag)
{
	struct person *out = NULL;

	world_person(&w, ACME, "role:guest", tag, NULL);
	w.id.token[0] = user;
	w.id.user[1] = (char)('A' + user);
	ck_assert_int_eq(people_meet(&people, &w.id, &out), 0);
	return out;
}

static bool
may_hear(struct person *x, const char *subject)
{
	return rights_subscribe(x->rights, bytes_str(subject), BYTES_NULL).verdict == VERDICT_ALLOW;
}

START_TEST(who_is_a_host_by_first_use_is_it_alone)
{
	struct person *a = guest(1, NULL), *twin = guest(1, NULL), *b = guest(2, NULL), *x = NULL;

	ck_assert(!may_hear(a, "wasmbus.ctl.default.cmd.NC.*"));
	ck_assert_int_eq(people_pin(&people, a, BYTES_LIT("NC"), &a), 0);
	ck_assert_uint_eq(people.n_pinned, 1);
	ck_assert(may_hear(a, "wasmbus.ctl.default.cmd.NC.*"));
	ck_assert(!may_hear(a, "wasmbus.ctl.default.cmd.ND.*"));
	/* nobody else, in no spelling */
	ck_assert_int_eq(people_pin(&people, b, BYTES_LIT("NC"), &x), PEOPLE_TAKEN);
	ck_assert_int_eq(people_pin(&people, b, BYTES_LIT("nc"), &x), PEOPLE_TAKEN);
	/* the same user again is; what it met without an id still has none */
	ck_assert(!may_hear(twin, "wasmbus.ctl.default.cmd.NC.*"));
	ck_assert_int_eq(people_pin(&people, twin, BYTES_LIT("NC"), &twin), 0);
	ck_assert_ptr_eq(a, twin);
	people_leave(&people, a);
	people_leave(&people, twin);
	ck_assert_uint_eq(people.n_pinned, 0);
	/* free again */
	ck_assert_int_eq(people_pin(&people, b, BYTES_LIT("NC"), &b), 0);
	people_leave(&people, b);
}
END_TEST

START_TEST(who_has_the_id_in_the_credential_has_the_better_right)
{
	struct person *a = guest(1, NULL), *host = guest(2, "host:NC"), *x = NULL;

	ck_assert_int_eq(people_pin(&people, a, BYTES_LIT("NC"), &x), PEOPLE_TAKEN);
	people_leave(&people, host);
	ck_assert_int_eq(people_pin(&people, a, BYTES_LIT("NC"), &a), 0);
	host = guest(2, "host:NC");
	x = guest(3, "host:ND");
	ck_assert(people_claims(host, a) && !people_claims(x, a) && !people_claims(a, host));
	people_leave(&people, a);
	people_leave(&people, host);
	people_leave(&people, x);
}
END_TEST

START_TEST(a_new_policy_keeps_the_pin_or_takes_it)
{
	struct person *a = guest(1, NULL);
	struct world old = w, other;

	ck_assert_int_eq(people_pin(&people, a, BYTES_LIT("NC"), &a), 0);
	ck_assert_int_eq(people_swap(&people, w.policy), 0);
	ck_assert(may_hear(a, "wasmbus.ctl.default.cmd.NC.*"));
	world_policy(&other, "t.policy", BYTES_LIT(TEXT));
	ck_assert_int_eq(people_swap(&people, other.policy), 0);
	ck_assert(!may_hear(a, "wasmbus.ctl.default.cmd.NC.*"));
	people_leave(&people, a);
	world_end(&other);
	w = old;
}
END_TEST

TCase *
people_tests(void)
{
	TCase *t = tcase_create("people");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, who_is_a_host_by_first_use_is_it_alone);
	tcase_add_test(t, who_has_the_id_in_the_credential_has_the_better_right);
	tcase_add_test(t, a_new_policy_keeps_the_pin_or_takes_it);
	tcase_add_test(t, the_same_person_twice_is_one);
	tcase_add_test(t, the_same_person_from_elsewhere_may_have_other_roles);
	tcase_add_test(t, the_same_token_with_other_permissions_is_somebody_else);
	tcase_add_test(t, a_swap_gives_everybody_new_rights);
	tcase_add_test(t, what_was_spent_is_spent_after_leaving_and_after_a_swap);
	tcase_add_test(t, a_zeroed_identity_is_nobody);
	return t;
}

START_TEST(a_sealed_snapshot_opens_and_cannot_be_changed)
{
	int fd = snapshot_seal(buf_bytes(&w.snapshot)), again = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	struct snapshot s;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(snapshot_open(&s, fd), 0);
	ck_assert_str_eq(policy_id(s.policy), policy_id(w.policy));
	ck_assert_int_lt((int)pwrite(again, "x", 1, 0), 0);
	ck_assert_int_ne(ftruncate(again, 1), 0);
	close(again);
	snapshot_close(&s);
	snapshot_close(&s);
}
END_TEST

/* a snapshot that lacks each of the seals in turn, and one without content */
static const int seals[] = { F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE,
	F_SEAL_SEAL | F_SEAL_GROW | F_SEAL_WRITE, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_WRITE,
	F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW, 0, -1, -2 };

START_TEST(a_snapshot_that_could_still_change_is_refused)
{
	int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	struct snapshot s;

	if (seals[_i] == -2) {
		close(fd);
		fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	} else if (seals[_i] != -1) {
		ck_assert_int_eq(
		    (int)write(fd, w.snapshot.ptr, w.snapshot.len), (int)w.snapshot.len);
		ck_assert_int_eq(fcntl(fd, F_ADD_SEALS, seals[_i]), 0);
	} else {
		fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
	}
	ck_assert_int_lt(snapshot_open(&s, fd), 0);
	ck_assert_int_lt(fcntl(fd, F_GETFD), 0); /* taken in any case */
	ck_assert(s.map == NULL && s.policy == NULL);
}
END_TEST

START_TEST(sealed_nonsense_is_refused)
{
	struct snapshot s;

	for (size_t cut = 1; cut < w.snapshot.len; cut += w.snapshot.len / 37 + 1) {
		ck_assert_int_ne(
		    snapshot_open(&s, snapshot_seal(bytes_of(w.snapshot.ptr, cut))), 0);
		ck_assert_ptr_null(s.policy);
	}
}
END_TEST

TCase *
snapshot_tests(void)
{
	TCase *t = tcase_create("snapshot");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_sealed_snapshot_opens_and_cannot_be_changed);
	tcase_add_loop_test(
	    t, a_snapshot_that_could_still_change_is_refused, 0, sizeof(seals) / sizeof(seals[0]));
	tcase_add_test(t, sealed_nonsense_is_refused);
	return t;
}
