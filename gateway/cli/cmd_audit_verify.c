/*
 * audit verify - is this log the one that was written? Needs its files and a public key, and says
 * what they prove.
 */
#include <string.h>

#include "gateway/cli/audit_check.h"
#include "gateway/cli/input.h"

enum { OUT_MAX = 1 << 20 };

/* is_checkpoint() - of whatever log, whoever signed it: another file named by mistake proves
 * nothing. */
static bool
is_checkpoint(struct bytes text)
{
	struct note_parts parts;
	struct checkpoint c;

	return note_split(text, &parts) == 0 && checkpoint_parse(parts.text, &c) == 0;
}

/* read_kept() - the checkpoints somebody kept: a file each. @text holds them all. */
static int
read_kept(struct audit_check *c, const struct cli_args *a, struct buf *text)
{
	const char *file;

	for (size_t i = 0; (file = cli_value_nth(a, "kept", i)) != NULL; i++) {
		int r;

		if (i == INSPECT_KEPT) {
			cli_error("--kept is given more than %d times", INSPECT_KEPT);
			return CLI_USAGE;
		}
		buf_init(&text[i], NOTE_MAX);
		r = input_read(file, &text[i]);
		if (r != 0) {
			cli_error("%s: %s", input_name(file),
			    r == -EFBIG ? "larger than a checkpoint can be" : strerror(-r));
			return CLI_CONFIG;
		}
		if (!is_checkpoint(buf_bytes(&text[i]))) {
			cli_error("%s: not a checkpoint", input_name(file));
			cli_try("--kept FILE: a copy, of some day, of the file `checkpoint' in the "
				"audit folder");
			return CLI_CONFIG;
		}
		c->kept[c->n_kept++] = buf_bytes(&text[i]);
	}
	return CLI_OK;
}

/* advise() - what the answer rests on, that the user may not have meant. */
static void
advise(const struct audit_check *c, const struct audit_keys *keys)
{
	if (keys->from[0] != '\0')
		cli_note("the key is %s, beside the log: who could change the log could change it "
			 "too. --key FILE",
		    keys->from);
	if (c->r.signed_upto == 0 && c->r.broken && c->r.finding[0].what == INSPECT_SECOND_KEY)
		cli_try("is it this log's key? --key FILE: keys/audit.pub of the deployment that "
			"wrote it");
	if (c->n_kept == 0 && !c->r.broken)
		cli_note("no checkpoint kept elsewhere was given: who holds the signing key could "
			 "have rewritten all, anybody could have cut the end off. --kept FILE");
}

static int
say(const struct audit_check *c, bool json)
{
	struct buf b;
	int r;

	buf_init(&b, OUT_MAX);
	if (json)
		audit_check_json(c, &b);
	else
		audit_check_text(c, &b, cli_colour(stdout));
	r = cli_print(&b);
	buf_deinit(&b);
	return r;
}

int
cmd_audit_verify(const struct cli_args *a)
{
	struct buf text[INSPECT_KEPT] = { 0 };
	struct audit_dir d = { .fd = -1 };
	struct audit_check c = { 0 };
	struct audit_keys keys;
	int r = audit_dir_open(&d, a);

	if (r == CLI_OK &&
	    cli_value(a, "kept") == NULL) /* with one, an empty folder is a log that was cut */
		r = audit_dir_some(&d);
	if (r == CLI_OK)
		r = audit_keys_read(&keys, a, &d);
	if (r == CLI_OK)
		r = read_kept(&c, a, text);
	c.keys = &keys;
	if (r == CLI_OK)
		r = audit_check_run(&c, &d);
	if (r == CLI_OK)
		r = say(&c, cli_flag(a, "json"));
	if (c.told)
		advise(&c, &keys);
	if (r == CLI_OK && !audit_check_good(&c))
		r = CLI_TESTS;
	audit_check_deinit(&c);
	for (size_t i = 0; i < INSPECT_KEPT; i++)
		buf_deinit(&text[i]);
	audit_dir_close(&d);
	return r;
}
