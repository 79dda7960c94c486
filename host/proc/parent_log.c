/*
 * parent_log - where the log goes: standard error, or a file that USR1 opens anew; and how much of
 * it is for those who are not us, so that nobody fills a disk by talking.
 */
#include <fcntl.h>
#include <unistd.h>

#include "host/proc/parent_priv.h"

static const char *
file_of(void)
{
	return host.options->log != NULL ? host.options->log : host.conf->log;
}

int
log_open(void)
{
	const char *file = file_of();
	struct log_line l;
	int fd;

	if (file == NULL)
		return 0;
	fd = open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0640);
	if (fd < 0) {
		int e = errno;

		log_begin(&l, LOG_FTL, "cannot_open");
		log_str(&l, "file", file);
		log_errno(&l, e);
		log_end(&l);
		return err_raise(-e);
	}
	if (host.announce < 0 && !host.announced)
		host.announce = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	dup2(fd, STDERR_FILENO);
	close(fd);
	return 0;
}

void
log_reopen(void)
{
	if (file_of() == NULL)
		return;
	if (log_open() != 0)
		return;
	link_log();
	log_event(LOG_INF, "log_reopened");
}

bool
log_may(struct log_room *r, uint32_t most, const char *of)
{
	int64_t second = (int64_t)(uv_now(&host.loop) / 1000);
	struct log_line l;

	if (second != r->second || r->lines == 0) {
		r->second = second;
		r->lines = 0;
	}
	if (r->lines < most) {
		r->lines++;
		return true;
	}
	if (r->lines++ == most) {
		log_begin(&l, LOG_WRN, "lines_dropped");
		log_str(&l, "of", of);
		log_num(&l, "before", (int64_t)r->dropped);
		log_end(&l);
	}
	r->dropped++;
	r->lines = most + 1;
	return false;
}
