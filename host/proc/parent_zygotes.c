/*
 * parent_zygotes - see parent_zygotes.h.
 *
 * A zygote belongs to one module and so to one actor; it is held by each of the actor's cells, also
 * by one that pauses. One that ended is not found any more: the next cell that is born begins
 * another. Where the kernel lets none stand, cells are started anew, which is the stricter way.
 */
#include "host/proc/parent_zygotes.h"

#include "host/proc/parent_users.h"
#include "host/proc/parent_wake.h"

struct zygote {
	struct zygote *next;
	struct artifact *artifact;
	struct cell *cell;
	struct wake *watch;
	unsigned users;
	uid_t user; /* its own, and of all that are forked from it */
	bool ready, dead, blamed;
};

static struct {
	struct zygote *first;
	bool none; /* the kernel has no listener for them */
} self;

bool
zygotes_may(const struct artifact *a)
{
	const struct hostconf *c = host.conf;

	for (size_t i = 0; i < c->n_forks; i++)
		if (nkey_eq(&c->fork[i], &a->claims.iss))
			return !self.none;
	return false;
}

struct cell *
zygotes_ready(const struct zygote *z)
{
	return z->ready && !z->dead ? z->cell : NULL;
}

const struct cell_result *
zygotes_dead(const struct zygote *z)
{
	return z->dead ? cell_got(z->cell) : NULL;
}

bool
zygotes_blame(struct zygote *z)
{
	bool first = !z->blamed;

	z->blamed = true;
	return first;
}

static void
out_of_list(const struct zygote *z)
{
	for (struct zygote **at = &self.first; *at != NULL; at = &(*at)->next) {
		if (*at == z) {
			*at = z->next;
			return;
		}
	}
}

static void
say_ready(const struct zygote *z)
{
	char key[NKEY_TEXT_LEN + 1];
	struct log_line l;

	nkey_format(&z->artifact->claims.sub, key);
	log_begin(&l, LOG_INF, "actor_zygote");
	log_word(&l, "actor", key);
	log_num(&l, "pid", cell_pid(z->cell));
	log_num(&l, "uid", (int64_t)cell_walls(z->cell)->uid);
	log_end(&l);
}

static void
say_ended(const struct zygote *z)
{
	const struct cell_result *got = cell_got(z->cell);
	char key[NKEY_TEXT_LEN + 1];
	struct log_line l;

	nkey_format(&z->artifact->claims.sub, key);
	log_begin(&l, LOG_WRN, "actor_zygote_ended");
	log_word(&l, "actor", key);
	log_word(&l, "end", cell_end_name(got->end));
	log_str(&l, "why", got->why[0] != '\0' ? got->why : got->outcome.why);
	log_end(&l);
}

/* over() - it is dead; its process is waited for, and with it go those it was making. */
static void
over(struct zygote *z)
{
	say_ended(z);
	if (cell_got(z->cell)->end == CELL_NO_WALLS)
		self.none = true;
	z->dead = true;
	wake_free(z->watch);
	z->watch = NULL;
	out_of_list(z);
}

static void
woke(void *ctx)
{
	struct zygote *z = ctx;
	enum cell_event e;

	while ((e = cell_step(z->cell, uv_hrtime())) == CELL_EVENT_DONE) {
		z->ready = true;
		say_ready(z);
	}
	if (e == CELL_EVENT_DEAD)
		over(z);
	else
		wake_until(z->watch, cell_deadline(z->cell));
	cells_on_zygote(z);
}

static void
end(struct zygote *z)
{
	wake_free(z->watch);
	if (!z->dead)
		out_of_list(z);
	cell_stop(z->cell);
	user_done(&z->user); /* those it made are waited for: each let go of it then */
	artifact_drop(z->artifact);
	free(z);
}

static int
begin(struct zygote *z)
{
	struct cell_options o;
	int r = user_new(&z->user);

	cells_options(&o, z->artifact);
	o.zygote = true;
	o.user = z->user;
	if (r == 0)
		r = cell_new(&o, uv_hrtime(), &z->cell);
	if (r == 0)
		r = wake_new(cell_fd(z->cell), woke, z, &z->watch);
	if (r == 0)
		wake_soon(z->watch, 0);
	return err_pass(r);
}

int
zygotes_hold(struct artifact *a, struct zygote **out)
{
	struct zygote *z = self.first;
	int r;

	while (z != NULL && strcmp(z->artifact->digest, a->digest) != 0)
		z = z->next;
	if (z == NULL) {
		z = calloc(1, sizeof(*z));
		if (z == NULL)
			return err_raise(-ENOMEM);
		z->artifact = artifact_hold(a);
		z->next = self.first;
		self.first = z;
		r = begin(z);
		if (r != 0) {
			end(z);
			return err_pass(r);
		}
	}
	z->users++;
	*out = z;
	return 0;
}

void
zygotes_drop(struct zygote *z)
{
	if (z != NULL && --z->users == 0)
		end(z);
}
