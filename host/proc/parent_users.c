/*
 * parent_users - see parent_users.h. Where there are none to be had, all become RUNNER_UID
 * (host/proc/runner.h): said once at the start, and with each instance by a wall that is missing.
 * Where there are, nobody is started without: the last one must not share.
 */
#include "host/proc/parent_users.h"

#include "host/proc/hostconf.h"
#include "host/proc/parent_priv.h"

static struct users self;

void
user_begin(void)
{
	struct log_line l;

	users_begin(&self, host.conf->users);
	log_begin(&l, self.own || geteuid() != 0 ? LOG_INF : LOG_WRN,
	    self.own ? "own_users" : "shared_user");
	if (self.own) {
		log_num(&l, "first", self.range.first);
		log_num(&l, "last", (int64_t)self.range.first + self.range.n - 1);
	} else {
		log_str(&l, "why", self.why);
	}
	log_end(&l);
}

int
user_new(uid_t *uid)
{
	uint32_t at;

	*uid = 0;
	if (!self.own)
		return 0;
	random_take((uint8_t *)&at, sizeof(at));
	*uid = users_take(&self, USERS_RUNNERS, at);
	return *uid != 0 ? 0 : err_raise(-EUSERS);
}

void
user_done(uid_t *uid)
{
	users_give(&self, *uid);
	*uid = 0;
}

struct users *
user_all(void)
{
	return &self;
}
