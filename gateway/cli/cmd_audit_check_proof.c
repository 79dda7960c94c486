/*
 * audit check-proof - what `audit prove` wrote, seen by somebody who has the file and the public
 * key. The record is shown only when the proof holds.
 */
#include <string.h>

#include "gateway/cli/audit_dir.h"
#include "gateway/cli/audit_say.h"
#include "gateway/cli/input.h"
#include "policy/audit/proof.h"

enum { OUT_MAX = 4 << 20 };

static const char *
why_not(int r)
{
	switch (r) {
	case PROOF_FORGED:
		return "forged: the key did not make the signature that bears its name";
	case PROOF_STRANGER:
		return "its checkpoint is not signed by this key";
	case PROOF_WRONG:
		return "the path does not lead from this record to what was signed";
	default:
		return "not a proof";
	}
}

static void
put_json(struct buf *b, const struct proof *p, const struct checkpoint *c)
{
	buf_put_str(b, "{\"ok\":true,\"seq\":");
	buf_put_dec(b, p->index + 1);
	buf_put_str(b, ",\"size\":");
	buf_put_dec(b, c->size);
	buf_put_str(b, ",\"origin\":");
	buf_put_json(b, c->origin);
	buf_put_str(b, ",\"record\":");
	buf_put(b, p->record); /* printable ASCII, one object: proof_check() saw its shape */
	buf_put_str(b, "}\n");
}

static void
put_text(struct buf *b, const struct proof *p, const struct checkpoint *c)
{
	buf_put_str(b, "proved: record ");
	buf_put_dec(b, p->index + 1);
	buf_put_str(b, " is in the log `");
	say_text(b, c->origin);
	buf_put_str(b, "', in the first ");
	buf_put_dec(b, c->size);
	buf_put_str(b, " records, which its key signed\n\n");
	say_fields(b, p->record);
}

static int
say(const struct proof *p, const struct checkpoint *c, bool json)
{
	struct buf b;
	int r;

	buf_init(&b, OUT_MAX);
	if (json)
		put_json(&b, p, c);
	else
		put_text(&b, p, c);
	r = cli_print(&b);
	buf_deinit(&b);
	return r;
}

/* check() - Return: 0, an enum proof_answer, -errno. */
static int
check(const struct audit_keys *keys, struct bytes text, uint8_t *room, struct proof *p,
    struct checkpoint *c)
{
	struct hasher h;
	int r = proof_parse(text, room, p);

	if (r != 0)
		return err_pass(r);
	r = hasher_init(&h);
	if (r == 0)
		r = proof_check(p, &h, BYTES_NULL, keys->key, keys->n, c);
	hasher_deinit(&h);
	return err_pass(r);
}

int
cmd_audit_check_proof(const struct cli_args *a)
{
	const char *file = a->args[0];
	autofree(mem_freep) uint8_t *room = malloc(PROOF_MAX);
	bool json = cli_flag(a, "json");
	struct audit_keys keys;
	struct checkpoint c = { 0 };
	struct proof p = { 0 };
	struct buf text;
	int r = audit_keys_read(&keys, a, NULL), err;

	buf_init(&text, PROOF_MAX);
	err = room == NULL ? -ENOMEM : r == CLI_OK ? input_read(file, &text) : 0;
	if (err == 0 && r == CLI_OK)
		err = check(&keys, buf_bytes(&text), room, &p, &c);
	if (r == CLI_OK && (err == -EFBIG || err > 0)) {
		if (json)
			printf("{\"ok\":false,\"why\":\"%s\"}\n", why_not(err));
		cli_error("%s: %s", input_name(file), why_not(err));
		r = CLI_TESTS;
	} else if (r == CLI_OK && err < 0) {
		cli_error("%s: %s", input_name(file), strerror(-err));
		r = CLI_FAILED;
	} else if (r == CLI_OK) {
		r = say(&p, &c, json);
	}
	buf_deinit(&text);
	return r;
}
