/*
 * users - see users.h. Whether a number can be become is asked of the kernel's own table for this
 * process, once: in a container it may know few, and becoming one that it does not know fails late,
 * in the child. Then all share one, as they did before each had its own, and ->why says so.
 */
#include "host/proc/users.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { MAP_MAX = 16384, FIELDS = 3 };

/* number() - the next of a line; false at its end. */
static bool
number(struct bytes *in, uint64_t *out)
{
	size_t i = 0;

	while (i < in->len && in->ptr[i] == ' ')
		i++;
	*out = 0;
	if (i == in->len || in->ptr[i] < '0' || in->ptr[i] > '9')
		return false;
	for (; i < in->len && in->ptr[i] >= '0' && in->ptr[i] <= '9' && *out < UINT64_C(1) << 40;
	     i++)
		*out = *out * 10 + (uint64_t)(in->ptr[i] - '0');
	*in = bytes_from(*in, i);
	return *out <= UINT32_MAX;
}

/* reach() - the first number behind the piece of the map that knows @at; @at: none does. */
static uint64_t
reach(struct bytes map, uint64_t at)
{
	while (map.len > 0) {
		const uint8_t *end = memchr(map.ptr, '\n', map.len);
		size_t len = end != NULL ? (size_t)(end - map.ptr) : map.len;
		struct bytes line = bytes_upto(map, len);
		uint64_t field[FIELDS];
		int n = 0;

		while (n < FIELDS && number(&line, &field[n]))
			n++;
		if (n == FIELDS && field[0] <= at && at < field[0] + field[2])
			return field[0] + field[2];
		map = bytes_from(map, end != NULL ? len + 1 : len);
	}
	return at;
}

bool
users_covered(struct bytes map, struct users_range range)
{
	uint64_t at = range.first, end = at + range.n;

	while (at < end) {
		uint64_t next = reach(map, at);

		if (next == at)
			return false;
		at = next;
	}
	return true;
}

void
users_judge(
    struct users *u, struct users_range range, bool root, struct bytes uids, struct bytes gids)
{
	memset(u, 0, sizeof(*u));
	u->range = range;
	if (!root)
		u->why = "not started by root, its processes have its own user";
	else if (range.first == 0 || range.n < USERS_LEAST || range.n > USERS_MAX)
		u->why = "the range is none";
	else if (!users_covered(uids, range) || !users_covered(gids, range))
		u->why =
		    "users or groups of the range are not known here (/proc/self/uid_map, gid_map)";
	else
		u->own = true;
}

/* text() - a file of the kernel's, whole; empty: it cannot be read. */
static struct bytes
text(const char *path, uint8_t room[MAP_MAX])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t have = 0;
	ssize_t n = 1;

	while (fd >= 0 && n > 0 && have < MAP_MAX) {
		n = read(fd, room + have, MAP_MAX - have);
		have += n > 0 ? (size_t)n : 0;
	}
	if (fd >= 0)
		close(fd);
	return bytes_of(room, have);
}

void
users_begin(struct users *u, struct users_range range)
{
	uint8_t uids[MAP_MAX], gids[MAP_MAX];

	users_judge(u, range, geteuid() == 0, text("/proc/self/uid_map", uids),
	    text("/proc/self/gid_map", gids));
}

struct users_range
users_part_of(struct users_range range, enum users_part part)
{
	uint32_t runners = range.n / 4 * 3;

	return part == USERS_RUNNERS
		   ? (struct users_range){ range.first, runners }
		   : (struct users_range){ range.first + runners, range.n - runners };
}

static uint64_t *
word_of(struct users *u, uid_t uid, uint64_t *bit)
{
	uint32_t i = uid - u->range.first;

	*bit = UINT64_C(1) << (i % 64);
	return &u->taken[i / 64];
}

bool
users_take_this(struct users *u, enum users_part part, uid_t uid)
{
	struct users_range of = users_part_of(u->range, part);
	uint64_t bit, *word;

	if (!u->own || uid < of.first || uid - of.first >= of.n)
		return false;
	word = word_of(u, uid, &bit);
	if ((*word & bit) != 0)
		return false;
	*word |= bit;
	return true;
}

uid_t
users_take(struct users *u, enum users_part part, uint32_t random)
{
	struct users_range of = users_part_of(u->range, part);

	for (uint32_t i = 0; u->own && i < of.n; i++) {
		uid_t uid = of.first + (random % of.n + i) % of.n;

		if (users_take_this(u, part, uid))
			return uid;
	}
	return 0;
}

void
users_give(struct users *u, uid_t uid)
{
	uint64_t bit, *word;

	if (uid < u->range.first || uid - u->range.first >= u->range.n)
		return;
	word = word_of(u, uid, &bit);
	*word &= ~bit;
}
