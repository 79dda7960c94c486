/*
 * sink_file - the newest checkpoint in a folder elsewhere, as the file NAME.checkpoint.
 *
 * Against that file a log is verified that somebody cut or wrote anew. So it never goes back: a
 * checkpoint of another log, or of fewer records, does not take its place.
 */
#include <stdio.h>

#include "gateway/proc/file.h"
#include "gateway/proc/ship.h"
#include "policy/audit/checkpoint.h"

/* size_in() - what a note says it covers. Nobody's signature is checked: what is compared is our
 * own. */
static bool
size_in(struct bytes note, struct checkpoint *c)
{
	struct note_parts parts;

	return note_split(note, &parts) == 0 && checkpoint_parse(parts.text, c) == 0;
}

static int
file_open(struct ship *s)
{
	return s->dir >= 0 ? 0 : ship_why(s, "its folder could not be opened");
}

/* advances() - may @note take the place of what is there? Return: 0 yes, 1 it is there, -1 no. */
static int
advances(struct ship *s, const char *path, struct bytes note)
{
	struct checkpoint fresh, kept;
	struct buf old;
	int r;

	if (!size_in(note, &fresh))
		return ship_why(s, "the log holds a checkpoint that is none");
	buf_init(&old, NOTE_MAX);
	r = file_read(s->dir, path, &old);
	if (r == -ENOENT)
		r = 0;
	else if (r != 0)
		r = ship_why(s, "%s: %s", path, strerror(-r));
	else if (!size_in(buf_bytes(&old), &kept))
		r = ship_why(s, "%s is no checkpoint", path);
	else if (!bytes_eq(kept.origin, fresh.origin))
		r = ship_why(s, "%s is of another log", path);
	else if (fresh.size < kept.size ||
		 (fresh.size == kept.size && !digest_eq(&fresh.root, &kept.root)))
		r = ship_why(
		    s, "%s covers what this log has not: verify it against that file", path);
	else
		r = fresh.size == kept.size ? 1 : 0;
	buf_deinit(&old);
	return r;
}

static int
file_send(struct ship *s, const struct ship_batch *b)
{
	struct bytes note = ship_text(b, &b->item[b->n - 1]);
	char path[SINK_NAME_MAX + 16];
	int r;

	snprintf(path, sizeof(path), "%s.checkpoint", s->conf.name);
	r = advances(s, path, note);
	if (r != 0)
		return r > 0 ? 0 : -1;
	r = file_replace(s->dir, path, note);
	return r == 0 ? 0 : ship_why(s, "%s: %s", path, strerror(-r));
}

static bool
file_alive(struct ship *s)
{
	(void)s;
	return true;
}

static void
file_close(struct ship *s)
{
	(void)s;
}

const struct ship_ops sink_file_ops = { file_open, file_send, file_alive, file_close, NULL };
