/*
 * parent_links - the links of the lattice, all of them, as every host keeps them: heard on the
 * lattice, asked for at the start, and written to the state folder at each change, so that a
 * lattice whose hosts were all away knows them again. Values are secrets: the file is ours alone,
 * no event shows them.
 */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "host/lattice/links.h"
#include "host/proc/parent_priv.h"

enum { SAVE_AFTER_MS = 50, SAVE_AGAIN_MS = 5000 };

static struct {
	uv_timer_t save;
	bool begun, told_unsaved;
} self;

static void
say(enum log_level level, const char *event, const char *why)
{
	struct log_line l;

	log_begin(&l, level, event);
	log_str(&l, "why", why);
	log_end(&l);
}

/* cut_off() - does this answer to get.links say that it has not all of them? It says so at its end. */
static bool
cut_off(struct bytes answer)
{
	static const char word[] = "],\"left_off\":";
	struct bytes end = answer.len > 48 ? bytes_from(answer, answer.len - 48) : answer;

	for (; end.len >= sizeof(word) - 1; end = bytes_from(end, 1))
		if (bytes_starts(end, bytes_str(word)))
			return true;
	return false;
}

/* ---- the file ---- */

/* save() - as an answer to get.links, beside, then in the place of the former. */
static int
save(void)
{
	struct request q = { .verb = VERB_LINK_GET, .dialect = DIALECT_B };
	struct buf out;
	int fd, r = 0;

	buf_init(&out, REPLY_MAX);
	reply_links(&out, host.model, &q, true);
	if (buf_failed(&out)) {
		buf_deinit(&out);
		return err_raise(-EFBIG);
	}
	fd = openat(host.state_dir, "links.new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		r = -errno;
	else if (write(fd, out.ptr, out.len) != (ssize_t)out.len || fsync(fd) != 0)
		r = errno != 0 ? -errno : -EIO;
	if (fd >= 0)
		close(fd);
	if (r == 0 && renameat(host.state_dir, "links.new", host.state_dir, "links.json") != 0)
		r = -errno;
	if (r == 0 && cut_off(buf_bytes(&out)))
		r = -EFBIG;
	wipe(out.ptr, out.len);
	buf_deinit(&out);
	return r;
}

static void
on_save(uv_timer_t *t)
{
	int r = save();

	if (r != 0 && r != -EFBIG)
		uv_timer_start(t, on_save, SAVE_AGAIN_MS, 0);
	if (r != 0 && !self.told_unsaved)
		say(LOG_ERR, "links_not_kept",
		    r == -EFBIG ? "more than one answer holds: the last ones are left off"
				: strerror(-r));
	self.told_unsaved = r != 0;
}

static void
keep(void)
{
	if (self.begun && (self.told_unsaved || !uv_is_active((uv_handle_t *)&self.save)))
		uv_timer_start(&self.save, on_save, SAVE_AFTER_MS, 0);
}

/* ---- one link ---- */

static void
tell(enum event_kind kind, const struct model_link *l)
{
	struct event e = { .kind = kind, .link = l };

	events_tell(&e);
}

const char *
links_put(const struct body_link *link, bool told)
{
	struct model_link *l = NULL;
	char id[MODEL_ID + 1];
	int r;

	id_new(id);
	r = model_link_put(host.model, link, id, now_ms(), &l);
	if (r != 0 && r != MODEL_SAME && r != MODEL_CHANGED)
		return r > 0 ? model_why(r) : "out of memory";
	if (r != MODEL_SAME) {
		keep();
		providers_link(l);
	}
	if (told)
		tell(EVENT_LINKDEF_SET, l);
	return NULL;
}

const char *
links_del(const struct body_link *link, bool told)
{
	struct model_link *l = model_link(host.model, link->source, link->contract, link->name);

	/* one that is not there is as the asker wants it; and a host that only hears of it has told
	 * nobody */
	if (l == NULL)
		return NULL;
	providers_unlink(l);
	if (told)
		tell(EVENT_LINKDEF_DELETED, l);
	model_link_del(host.model, l);
	keep();
	return NULL;
}

void
links_state(struct bytes actor, struct bytes provider, struct bytes name, enum state to,
    const char *why, int64_t retry_s)
{
	for (const struct model_link *at = model_links(host.model); at != NULL; at = at->next) {
		struct model_link *l = (struct model_link *)(uintptr_t)at;

		if (!bytes_is(actor, l->actor) || !bytes_is(provider, l->provider) ||
		    !bytes_is(name, l->name))
			continue;
		if (to == STATE_RUNNING)
			(void)status_move(&l->status, STATE_STARTING, NULL, now_ms(), 0);
		if (status_move(&l->status, to, why, now_ms(), retry_s * 1000) == 0 &&
		    to == STATE_FAILED)
			tell(EVENT_LINK_FAILED, l);
	}
}

/* ---- many ---- */

static int
learn_one(void *ctx, const struct body_link *link)
{
	size_t *n = ctx;

	/* what was put here meanwhile is newer */
	if (model_link(host.model, link->source, link->contract, link->name) == NULL &&
	    links_put(link, false) == NULL)
		(*n)++;
	return 0;
}

static void
learn(struct bytes text, const char *from)
{
	struct body_arena arena = { malloc(BODY_ARENA), BODY_ARENA, 0 };
	size_t skipped = 0, n = 0;
	const char *why = "";
	struct log_line l;
	bool less = cut_off(text);
	int r =
	    arena.mem != NULL ? links_read(text, &arena, &skipped, &why, learn_one, &n) : -ENOMEM;

	log_begin(&l, r != 0 || skipped > 0 || less ? LOG_WRN : LOG_INF,
	    r == 0 ? "links_learned" : "links_not_learned");
	log_word(&l, "from", from);
	log_num(&l, "links", (int64_t)n);
	if (skipped > 0)
		log_num(&l, "unread", (int64_t)skipped);
	if (r != 0 || less)
		log_str(&l, "why",
		    r == 0  ? "there are more than one answer holds"
		    : r > 0 ? why
			    : strerror(-r));
	log_end(&l);
	free(arena.mem);
}

void
links_learn(struct bytes answer)
{
	learn(answer, "lattice");
}

void
links_begin(void)
{
	int fd = openat(host.state_dir, "links.json", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct buf text;

	uv_timer_init(&host.loop, &self.save);
	self.begun = true;
	if (fd < 0) {
		if (errno != ENOENT)
			say(LOG_ERR, "links_not_read", strerror(errno));
		return;
	}
	buf_init(&text, REPLY_MAX);
	for (uint8_t *p; (p = buf_reserve(&text, 4096)) != NULL;) {
		ssize_t n = read(fd, p, 4096);

		if (n <= 0)
			break;
		text.len += (size_t)n;
	}
	close(fd);
	learn(buf_bytes(&text), "state");
	wipe(text.ptr, text.len);
	buf_deinit(&text);
}

void
links_end(void)
{
	if (!self.begun || !uv_is_active((uv_handle_t *)&self.save))
		return;
	uv_timer_stop(&self.save);
	on_save(&self.save);
	uv_timer_stop(&self.save);
}
