/*
 * command - natsbench command: control commands, one or many under way, from the write of a command
 * to its arrival at somebody who listens on the leaf. So through the gate the time holds judging,
 * the record made durable, and the way; on the direct way only the server's.
 *
 * Each command carries its number in the link's name, so that whatever order they arrive in each is
 * timed for itself, and one that arrives twice or never is a failure.
 */
#include "tests/bench/talker.h"

#include <stdio.h>

enum {
	MAX_SAMPLES = 1 << 20,
	RING = 1 << 16,
	NUMBER = 10,
	MAX_SHARE = 256 /* fits a talker's buffer */
};

#define BEFORE                                                                                     \
	"{\"host_id\":\"NBENCH\",\"provider_ref\":\"registry.example/shop/"                        \
	"store:1.4.2\",\"link_name\":\"n"
#define BEHIND "\",\"annotations\":{\"team\":\"orders\",\"stage\":\"production\"}}"

static const char subject[] = "wasmbus.ctl.default.cmd.NBENCH.lp";

struct field {
	struct talker ear;
	struct talker *mouth;
	size_t n;
	uint64_t *sent_ns; /* by number, a ring; 0: arrived */
	uint64_t said, heard;
	struct samples lat;
};

/* say_some() - @count commands on one connection with one write. */
static void
say_some(struct field *f, struct talker *t, size_t count)
{
	size_t at = 0;
	int r;

	for (size_t i = 0; i < count; i++, f->said++) {
		uint64_t *slot = &f->sent_ns[f->said % RING];

		if (*slot != 0)
			die(0, "command %llu never arrived", (unsigned long long)(f->said - RING));
		*slot = clock_ns();
		at += (size_t)snprintf((char *)t->out + at, MAX_MSG - at,
		    "PUB %s %zu\r\n" BEFORE "%0*llu" BEHIND "\r\n", subject, t->size, NUMBER,
		    (unsigned long long)f->said);
	}
	r = natsconn_send(&t->conn, bytes_of(t->out, at));
	if (r != 0)
		die(r, "publishing");
}

/* say() - fill the window once half of it is free, every connection its share. */
static void
say(struct field *f, size_t window)
{
	size_t room = window - (size_t)(f->said - f->heard), share = room / f->n;

	if (room < (window + 1) / 2)
		return;
	for (size_t i = 0; i < f->n; i++)
		say_some(f, &f->mouth[i], i == 0 ? room - share * (f->n - 1) : share);
}

static void
hear_one(struct field *f)
{
	uint64_t number = 0, *slot;
	struct message m;
	struct bytes digits;

	talker_hear(&f->ear, &m);
	digits = bytes_upto(bytes_from(m.payload, sizeof(BEFORE) - 1), NUMBER);
	for (size_t i = 0; i < digits.len; i++)
		number = number * 10 + (digits.ptr[i] - (uint64_t)'0');
	slot = &f->sent_ns[number % RING];
	if (number >= f->said || *slot == 0)
		die(0, "command %llu came twice, or was never sent", (unsigned long long)number);
	samples_add(&f->lat, clock_ns() - *slot);
	*slot = 0;
	f->heard++;
	talker_done(&f->ear, &m);
}

void
run_command(const struct order *o)
{
	struct order listener = *o, speaker = *o;
	struct field f = { .n = o->conns };
	uint64_t start, end, took;

	if (o->hear.sin_port == 0 || o->window > RING / 2 || o->window < f.n ||
	    o->window / f.n > MAX_SHARE)
		die(0, "--hear is needed, and a --window of 1 to %d for each connection",
		    MAX_SHARE);
	speaker.size = listener.size = sizeof(BEFORE) - 1 + NUMBER + sizeof(BEHIND) - 1;
	listener.server = o->hear;
	listener.login = o->hear_login;
	f.sent_ns = xalloc(RING * sizeof *f.sent_ns);
	f.mouth = xalloc(f.n * sizeof *f.mouth);
	samples_init(&f.lat, MAX_SAMPLES);
	talker_init(&f.ear, &listener, "wasmbus.ctl.default.cmd.NBENCH.*");
	for (size_t i = 0; i < f.n; i++)
		talker_init(&f.mouth[i], &speaker, NULL);
	start = clock_ns();
	end = order_deadline(o, start);
	while (clock_ns() < end) {
		say(&f, o->window);
		hear_one(&f);
	}
	took = clock_ns() - start;
	printf("{\"mode\":\"command\",\"messages\":%llu,\"rate\":%.1f,",
	    (unsigned long long)f.heard, (double)f.heard * 1e9 / (double)took);
	while (f.heard < f.said)
		hear_one(&f);
	samples_print(&f.lat);
	puts("}");
	for (size_t i = 0; i < f.n; i++)
		talker_deinit(&f.mouth[i]);
	talker_deinit(&f.ear);
	samples_deinit(&f.lat);
	free(f.mouth);
	free(f.sent_ns);
}
