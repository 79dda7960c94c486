/*
 * parent_walls - the walls as the parent sees them: its own, those its children say they have, and
 * who the children become when it is root.
 *
 * The parent starts programs, opens files, resolves names and dials, so it keeps the calls for that
 * and has no filter; it reads no byte of a stranger. What it can do without, it gives away: as root
 * all capabilities but those below.
 */
#include <linux/capability.h>
#include <linux/close_range.h>
#include <signal.h>
#include <unistd.h>

#include "gateway/io/log.h"
#include "gateway/proc/parent_priv.h"
#include "seccomp/confine.h"

#define CAP(name) (UINT64_C(1) << (name))

/* what a parent that is root still needs */
#define PARENT_CAPS                                                                                    \
	(CAP(CAP_DAC_OVERRIDE) | CAP(CAP_DAC_READ_SEARCH) | /* keys and policies others own */         \
	    CAP(CAP_KILL) |                                 /* its children have another user */       \
	    CAP(CAP_SETUID) | CAP(CAP_SETGID) | CAP(CAP_SETPCAP) | /* that they can become another */  \
	    CAP(CAP_NET_BIND_SERVICE))                      /* ports below 1024 */

static int
find_user(void)
{
	const struct config *c = parent.config;
	struct log_line l;

	if (geteuid() != 0 || config_walls_user(c, &parent.uid, &parent.gid) == 0) {
		parent.change_user = geteuid() == 0;
		return 0;
	}
	log_begin(&l, LOG_FTL, "no_user");
	log_str(&l, "user", c->walls_user != NULL ? c->walls_user : "nobody");
	log_str(&l, "why", "there is no such user, or it is root");
	log_str(&l, "fix", "name one in walls { user = NAME }; the processes of a gateway that root starts become it");
	log_end(&l);
	return err_raise(-ENOENT);
}

int
walls_begin(void)
{
	struct confine_report got;
	struct log_line l;
	int r = find_user();

	if (r != 0)
		return err_pass(r);
	/* whoever started us may have left some open: they end with us, and with each exec */
	if (close_range(ROLE_CHANNEL_FD, ~0U, CLOSE_RANGE_CLOEXEC) != 0)
		log_event(LOG_WRN, "descriptors_not_marked");
	r = confine_supervisor(PARENT_CAPS, &got);
	if (r != 0) {
		log_begin(&l, LOG_FTL, "not_confined");
		log_word(&l, "child", "parent");
		log_str(&l, "why", got.why);
		log_errno(&l, got.error);
		log_end(&l);
		return err_pass(r);
	}
	parent.walls = (struct msg_walls){ got.walls, 0, got.uid };
	return 0;
}

void
walls_setup(struct setup *s)
{
	s->change_user = parent.change_user;
	s->user_asked = parent.config->walls_user != NULL;
	s->uid = parent.uid;
	s->gid = parent.gid;
	s->walls_minimum = parent.config->walls_minimum;
}

int
walls_on_said(struct channel *c, struct cursor *in, int fd)
{
	(void)fd;
	return msg_walls_get(in, &((struct kid *)c)->walls);
}

void
walls_put(struct buf *b, const struct msg_walls *w)
{
	bool first = true;

	buf_put_str(b, ",\"walls\":[");
	for (unsigned i = 0; i < WALL_COUNT; i++) {
		if ((w->walls & WALL_BIT(i)) == 0)
			continue;
		buf_put_str(b, first ? "\"" : ",\"");
		buf_put_str(b, wall_name((enum wall)i));
		buf_put_str(b, "\"");
		first = false;
	}
	buf_put_str(b, "],\"landlock_abi\":");
	buf_put_dec(b, w->landlock_abi);
	buf_put_str(b, ",\"uid\":");
	buf_put_dec(b, w->uid);
}

const char *
walls_killed(int signal)
{
	return signal == SIGSYS ? "SIGSYS: it made a system call that its profile does not grant, so it was "
				  "taken over or the profile lacks a line; docs/SANDBOX.md" :
				  NULL;
}
