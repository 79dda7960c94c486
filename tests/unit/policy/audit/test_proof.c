#include "policy/audit/proof.h"
#include "tests/unit/policy/audit/log.h"
#include "tests/unit/policy/audit/suites.h"

static struct log l;
static struct buf text;
static uint8_t mem[PROOF_MAX];

static void
setup(void)
{
	log_new(&l, 9);
	buf_init(&text, PROOF_MAX);
}

static void
teardown(void)
{
	log_free(&l);
	buf_deinit(&text);
}

/* prove() - record @seq of the only segment against the newest checkpoint. */
static void
prove(uint64_t seq)
{
	struct bytes all = buf_bytes(&l.segment[0]);
	struct proof p = { .index = seq - 1, .checkpoint = buf_bytes(&l.note) };
	struct note_parts parts;
	struct merkle_prover prover;
	struct checkpoint c;

	ck_assert_int_eq(note_split(p.checkpoint, &parts), 0);
	ck_assert_int_eq(checkpoint_parse(parts.text, &c), 0);
	ck_assert_int_eq(merkle_prove_inclusion(&prover, &l.h, p.index, c.size, NULL), 0);
	for (uint64_t i = 0; all.len != 0; i++) {
		struct bytes line = bytes_upto(all, bytes_find(all, '\n'));
		struct digest leaf = digest_leaf(&l.h, line);

		if (i == p.index)
			p.record = line;
		merkle_prover_leaf(&prover, &l.h, &leaf);
		all = bytes_from(all, line.len + 1);
	}
	ck_assert_int_eq(merkle_prover_end(&prover, &p.path), 0);
	buf_reset(&text);
	ck_assert_int_eq(proof_put(&text, &p), 0);
}

static int
check(const struct note_key *key)
{
	struct checkpoint c;
	struct proof p;
	int answer = proof_parse(buf_bytes(&text), mem, &p);

	return answer != 0 ? answer : proof_check(&p, &l.h, BYTES_LIT(LOG_ORIGIN), key, 1, &c);
}

START_TEST(every_record_under_a_checkpoint_can_be_proved)
{
	uint64_t n;

	log_fill(&l, 50, 0, 25);
	n = l.chain.tree.size - 1;
	for (uint64_t seq = 1; seq <= n; seq++) {
		prove(seq);
		ck_assert_int_eq(check(&l.signer[0].key), 0);
	}
	ck_assert_int_eq(check(&l.signer[1].key), PROOF_STRANGER);
}
END_TEST

START_TEST(no_character_of_a_proof_can_be_changed)
{
	log_fill(&l, 20, 0, 20);
	prove(7);
	for (size_t i = 0; i < text.len; i++) {
		uint8_t was = text.ptr[i];

		text.ptr[i] = was == 'A' ? 'B' : 'A';
		ck_assert_msg(check(&l.signer[0].key) != 0, "at %zu", i);
		text.ptr[i] = was;
	}
	for (size_t n = 0; n < text.len; n++) {
		struct proof p;

		ck_assert_int_eq(proof_parse(bytes_upto(buf_bytes(&text), n), mem, &p), PROOF_BAD);
	}
	ck_assert_int_eq(check(&l.signer[0].key), 0);
}
END_TEST

START_TEST(a_record_is_proved_as_itself_only)
{
	struct proof p;

	log_fill(&l, 20, 0, 20);
	prove(7);
	ck_assert_int_eq(proof_parse(buf_bytes(&text), mem, &p), 0);
	p.index++;
	buf_reset(&text);
	ck_assert_int_eq(proof_put(&text, &p), PROOF_BAD);
	ck_assert_uint_eq(text.len, 0);
}
END_TEST

TCase *
proof_tests(void)
{
	TCase *t = tcase_create("proof");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, every_record_under_a_checkpoint_can_be_proved);
	tcase_add_test(t, no_character_of_a_proof_can_be_changed);
	tcase_add_test(t, a_record_is_proved_as_itself_only);
	return t;
}
