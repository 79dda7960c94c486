#include "tests/unit/policy/audit/log.h"

#include <check.h>
#include <stdio.h>

uint32_t
log_random(struct log *l, uint32_t below)
{
	l->random = l->random * 1664525U + 1013904223U;
	return below == 0 ? 0 : (uint32_t)(((uint64_t)(l->random >> 4) * below) >> 28);
}

static void
new_run(struct log *l)
{
	for (size_t i = 0; i < RECORD_RUN_LEN; i++)
		l->run[i] = "0123456789abcdef"[log_random(l, 16)];
	l->mono_ns = 1000;
}

void
log_add(struct log *l, struct record *r)
{
	r->time_ns = l->now_ns;
	r->mono_ns = l->mono_ns;
	memcpy(r->run, l->run, sizeof(r->run));
	l->now_ns += 1000000;
	l->mono_ns += 1000000;
	ck_assert_int_eq(chain_append(&l->chain, &l->h, r, &l->segment[l->n_segments - 1]), 0);
}

void
log_segment(struct log *l)
{
	struct record r = { .kind = RECORD_SEGMENT, .time_ns = l->now_ns, .mono_ns = l->mono_ns };
	size_t i = l->n_segments++;

	ck_assert_uint_lt(i, LOG_SEGMENTS);
	if (i > 0)
		l->root[i - 1] = (struct segment_root){ .first = l->first[i - 1],
			.last = l->chain.tree.size,
			.bytes = l->segment[i - 1].len,
			.head = l->chain.head,
			.root = merkle_root(&l->chain.tree, &l->h) };
	l->first[i] = chain_next(&l->chain);
	buf_init(&l->segment[i], SIZE_MAX / 2);
	memcpy(r.run, l->run, sizeof(r.run));
	ck_assert_int_eq(chain_open_segment(&l->chain, &l->h, &r, &l->segment[i]), 0);
}

void
log_start(struct log *l)
{
	struct record r = { .kind = RECORD_START, .version = BYTES_LIT("0.1.0") };

	new_run(l);
	log_add(l, &r);
}

void
log_new(struct log *l, uint32_t seed)
{
	*l = (struct log){ .random = seed, .now_ns = INT64_C(1795376000000000000) };
	ck_assert_int_eq(hasher_init(&l->h), 0);
	chain_init(&l->chain);
	buf_init(&l->note, NOTE_MAX);
	for (uint8_t i = 0; i < 2; i++) {
		uint8_t raw[NOTE_SEED_LEN];

		memset(raw, 'a' + i, sizeof(raw));
		ck_assert_int_eq(secret_new(&l->seed[i], bytes_of(raw, sizeof(raw))), 0);
		ck_assert_int_eq(
		    note_signer_make(&l->signer[i], &l->h, BYTES_LIT(LOG_ORIGIN), &l->seed[i]), 0);
	}
	new_run(l);
	log_segment(l);
	log_start(l);
}

void
log_free(struct log *l)
{
	for (size_t i = 0; i < l->n_segments; i++)
		buf_deinit(&l->segment[i]);
	buf_deinit(&l->note);
	secret_deinit(&l->seed[0]);
	secret_deinit(&l->seed[1]);
	hasher_deinit(&l->h);
}

void
log_command(struct log *l)
{
	char id[32], host[32];
	struct record r = { .kind = RECORD_COMMAND,
		.decision = BYTES_LIT("allow"),
		.mode = BYTES_LIT("enforce"),
		.rule = BYTES_LIT("deployers-deploy"),
		.reason = BYTES_LIT("rule"),
		.policy = BYTES_LIT("0123456789abcdef"),
		.verb = BYTES_LIT("actor.start"),
		.dialect = BYTES_LIT("B"),
		.mutating = true,
		.sample = 100,
		.lattice = BYTES_LIT("default"),
		.image = BYTES_LIT("registry.example/ours/echo:1.2.3"),
		.subject = BYTES_LIT("wasmbus.ctl.default.cmd.NHOST.la"),
		.reply = BYTES_LIT("_INBOX.abc.1"),
		.has_conn = true,
		.client = 17,
		.source = BYTES_LIT("127.0.0.1:51234"),
		.user = BYTES_LIT("UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4"),
		.name = BYTES_LIT("Dora"),
		.tags = { 1, { BYTES_LIT("role:deployer") } },
		.has_payload = true,
		.size = 57,
		.body = BYTES_LIT("{\"actor_ref\":\"registry.example/ours/echo:1.2.3\"}") };

	snprintf(id, sizeof(id), "0.17.c%u", log_random(l, 100000));
	snprintf(host, sizeof(host), "NHOST%u", log_random(l, 10));
	r.id = bytes_str(id);
	r.host = bytes_str(host);
	log_add(l, &r);
}

void
log_checkpoint(struct log *l, size_t signer)
{
	struct checkpoint c = { .origin = BYTES_LIT(LOG_ORIGIN),
		.size = l->chain.tree.size,
		.root = merkle_root(&l->chain.tree, &l->h) };
	struct record r = { .kind = RECORD_CHECKPOINT };

	buf_reset(&l->note);
	ck_assert_int_eq(checkpoint_sign(&l->note, &c, &l->signer[signer], 1), 0);
	r.note = buf_bytes(&l->note);
	log_add(l, &r);
}

void
log_rotate(struct log *l, size_t from, size_t to)
{
	struct record r = { .kind = RECORD_KEY };
	struct buf note;

	buf_init(&note, NOTE_MAX);
	ck_assert_int_eq(rotation_sign(&note, &l->h, BYTES_LIT(LOG_ORIGIN), l->chain.tree.size,
			     &l->signer[from], &l->signer[to]),
	    0);
	r.note = buf_bytes(&note);
	log_add(l, &r);
	buf_deinit(&note);
}

void
log_fill(struct log *l, size_t n, size_t per, size_t every)
{
	for (size_t i = 1; i <= n; i++) {
		log_command(l);
		if (every != 0 && i % every == 0)
			log_checkpoint(l, 0);
		if (per != 0 && i % per == 0)
			log_segment(l);
	}
}

void
log_verify(const struct log *l, const struct inspect_setup *s, size_t from, size_t piece,
    struct inspect_result *r)
{
	struct inspect *in = inspect_new(s);

	ck_assert_ptr_nonnull(in);
	for (size_t i = from; i < l->n_segments; i++) {
		struct bytes all = buf_bytes(&l->segment[i]);

		inspect_segment(in, l->first[i]);
		while (all.len != 0) {
			size_t n = piece != 0 ? piece : all.len;

			inspect_feed(in, bytes_upto(all, n));
			all = bytes_from(all, n);
		}
	}
	ck_assert_int_eq(inspect_end(in, r), 0);
	inspect_free(in);
}

struct inspect_setup
log_setup(const struct log *l)
{
	return (struct inspect_setup){
		.origin = BYTES_LIT(LOG_ORIGIN), .key = &l->signer[0].key, .n_keys = 1
	};
}
