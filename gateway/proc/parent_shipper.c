/*
 * parent_shipper - the process that carries records elsewhere: its folders and logins, and its
 * replacement when it dies, which nobody else notices. What it owns are descriptors opened here:
 * the log's folder, one for the places it keeps, and of each sink a login or a folder.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/io/log.h"
#include "gateway/proc/msg_shipper.h"
#include "gateway/proc/parent_priv.h"
#include "gateway/proc/ship_login.h"

enum { SPAWN_AGAIN_MS = 10000 };

/* give_folder() - Return: 0, -errno after a log line. */
static int
give_folder(struct kid *k, const char *name, const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct log_line l;

	if (fd >= 0)
		return msg_file_put(&k->channel, name, fd);
	log_begin(&l, LOG_ERR, "cannot_open");
	log_str(&l, "file", path);
	log_errno(&l, errno);
	log_end(&l);
	return err_raise(-errno);
}

/* give_login() - @suffix: after the names, of a sink that works already. Return: 0, -errno. */
static int
give_login(struct kid *k, size_t i, const char *suffix)
{
	const struct config *c = parent.config;
	const char *const path[SHIP_PARTS] = { c->sink_creds[i], c->sink_ca[i], c->sink_cert[i], c->sink_key[i] };
	char name[32];
	int r = 0, e;

	for (unsigned p = 0; p < SHIP_PARTS; p++) {
		snprintf(name, sizeof(name), "%s%s", ship_part_name((enum ship_part)p), suffix);
		/* these two need not be kept from others; who could write them could choose whom to trust */
		e = p == PART_CA || p == PART_CERT ? children_public(k, name, path[p]) : children_secret(k, name, path[p]);
		r = r != 0 ? r : e;
	}
	return err_pass(r);
}

void
shipper_logins(void)
{
	struct kid *k = kid_of(ROLE_SHIPPER, 0);
	char suffix[24];

	parent.sink_logins_due = k != NULL && k->alive && !k->ready;
	for (size_t i = 0; k != NULL && k->alive && k->ready && k->channel.fd >= 0 && i < parent.config->n_sinks; i++) {
		snprintf(suffix, sizeof(suffix), "_%zu", i);
		(void)!give_login(k, i, suffix); /* what went wrong has been logged; the sink keeps what it has */
		channel_flush(&k->channel);
	}
}

/* give_sink() - what it is, then what it needs. Return: 0, -errno. */
static int
give_sink(struct kid *k, size_t i)
{
	const struct config *c = parent.config;
	struct sink s = c->sink[i];
	int r;

	sink_resolve(&s);
	r = msg_sink_put(&k->channel, &s);

	if (r == 0)
		r = give_login(k, i, "");
	/* a folder on another machine may be away for a while: the sink says so itself */
	if (r == 0 && c->sink_dir[i] != NULL)
		(void)!give_folder(k, "sink_dir", c->sink_dir[i]);
	/* a channel holds few descriptors (FRAME_FDS) */
	channel_flush(&k->channel);
	return err_pass(r);
}

static int
give_all(struct kid *k)
{
	const struct config *c = parent.config;
	int r = owner_mkdir(c->sink_state, c->audit);

	r = r == -EACCES || r == -EEXIST ? 0 : r;
	if (r == 0)
		r = owner_check(c->sink_state);
	if (r == 0)
		r = owner_reads(c->sink_state, c->audit);
	/* one that is not there, or not for us, is what opening it says */
	if (r == 0 || r == -ENOENT)
		r = give_folder(k, "sink_state", c->sink_state);
	if (r == 0)
		r = give_folder(k, "audit_dir", c->audit);
	for (size_t i = 0; r == 0 && i < c->n_sinks; i++)
		r = give_sink(k, i);
	return r == 0 ? wires_connect(k) : err_pass(r);
}

int
shipper_start(struct kid *k)
{
	int r = children_spawn(k, ROLE_SHIPPER, 0);

	if (r != 0)
		return err_pass(r);
	parent.n_kids++;
	sinks_watch();
	return give_all(k);
}

static void
again(uv_timer_t *t)
{
	struct kid *k = kid_of(ROLE_SHIPPER, 0);

	if (k == NULL || k->alive || parent.state == PARENT_LEAVING)
		return;
	k->restarts++;
	if (children_spawn(k, ROLE_SHIPPER, 0) != 0) {
		log_event(LOG_ERR, "shipper_not_started");
		uv_timer_start(t, again, SPAWN_AGAIN_MS, 0);
		return;
	}
	if (give_all(k) != 0)
		uv_process_kill(&k->process, 9);
	else if (parent.policy >= 0)
		children_begin(k);
}

int
shipper_on_state(struct channel *c, struct cursor *in, int fd)
{
	struct msg_sink_state m;
	struct sink_status *s;

	(void)fd;
	if (((struct kid *)c)->role != ROLE_SHIPPER || msg_sink_state_get(in, &m) != 0)
		return -EBADMSG;
	s = &parent.sink[m.sink];
	s->up = m.up;
	s->after = m.after;
	s->waiting = m.waiting;
	snprintf(s->why, sizeof(s->why), "%.*s", (int)m.why.len,
	    m.why.len > 0 ? (const char *)m.why.ptr : "");
	return 0;
}

void
shipper_gone(struct kid *k)
{
	for (size_t i = 0; i < SINK_MAX; i++)
		parent.sink[i].up = false;
	uv_timer_start(&parent.shipper_timer, again, respawn_backoff(k), 0);
}
