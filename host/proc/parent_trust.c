/*
 * parent_trust - whom this host believes, while actors run and not only when they start. Claims end, issuers
 * end, and both are taken back: all of it is looked at again every minute and on HUP, and what does not hold
 * is stopped and stays visible as failed, with the reason.
 *
 * A list that is broken while the host runs leaves the former one in force: with none, whom it revoked would
 * be believed again. A host that starts with a broken one does not start.
 */
#include "host/proc/parent_trust.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "host/proc/parent_cells.h"
#include "policy/identity/issuers.h"

static struct {
	uv_timer_t again;
	struct issuers list;
	bool has_list, told_broken;
} self;

struct wascap_trust
trust_now(void)
{
	return (struct wascap_trust){ host.conf->issuer, host.conf->n_issuers, now_ms() / 1000,
		self.has_list ? &self.list : NULL };
}

const char *
trust_refuses(const struct wascap *w, char why[WHY_MAX])
{
	struct wascap_trust t = trust_now();

	return wascap_judge(w, &t, why) == 0 ? NULL : why;
}

/* ---- the file ---- */

static int
read_text(struct buf *out)
{
	int fd = open(host.conf->trust_list, O_RDONLY | O_CLOEXEC | O_NONBLOCK), r = 0;
	ssize_t n = 1;

	if (fd < 0)
		return err_raise(-errno);
	while (n > 0) {
		uint8_t *p = buf_reserve(out, 4096);

		n = p != NULL ? read(fd, p, 4096) : 0;
		r = p == NULL ? -EFBIG : n < 0 ? -errno : 0;
		out->len += n > 0 ? (size_t)n : 0;
	}
	close(fd);
	return r != 0 ? err_raise(r) : 0;
}

static void
say_broken(int r, const struct text_report *report)
{
	struct log_line l;

	log_begin(&l, LOG_ERR, "trust_list_not_read");
	log_str(&l, "file", host.conf->trust_list);
	if (r > 0)
		log_bytes(&l, "why", bytes_upto(buf_bytes(&report->out), bytes_find(buf_bytes(&report->out), '\n')));
	else
		log_str(&l, "why", strerror(-r));
	log_end(&l);
}

/* load() - the list, in the place of the former. Return: 0, TEXT_BAD, -errno; said once. */
static int
load(void)
{
	struct text_report report;
	struct issuers fresh;
	struct buf text;
	int r;

	if (host.conf->trust_list == NULL)
		return 0;
	buf_init(&text, TEXT_MAX_FILE);
	text_report_init(&report);
	r = read_text(&text);
	if (r == 0)
		r = issuers_read(&fresh, host.conf->trust_list, buf_bytes(&text), &report);
	if (r != 0 && !self.told_broken)
		say_broken(r, &report);
	self.told_broken = r != 0;
	if (r == 0) {
		issuers_deinit(&self.list);
		self.list = fresh;
		self.has_list = true;
	}
	text_report_deinit(&report);
	buf_deinit(&text);
	return r;
}

/* ---- what runs ---- */

static void
look(void)
{
	char why[WHY_MAX];

	for (struct actor_run *a = actors_first(), *next; a != NULL; a = next) {
		const char *no;

		next = a->next;
		no = a->revoked ? NULL : trust_refuses(&a->artifact->claims, why);
		if (no != NULL)
			actors_revoke(a, no);
	}
}

void
trust_reload(void)
{
	self.told_broken = false;
	(void)load();
	look();
}

static void
on_again(uv_timer_t *t)
{
	(void)t;
	(void)load();
	look();
}

int
trust_begin(void)
{
	uv_timer_init(&host.loop, &self.again);
	if (load() != 0)
		return -1;
	uv_timer_start(&self.again, on_again, host.conf->trust_again_ms, host.conf->trust_again_ms);
	return 0;
}
