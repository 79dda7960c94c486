/*
 * reqrep - natsbench reqrep: one question at a time, asked and answered on two connections that
 * both take the way under test. The time runs from the write of the request to the read of its
 * answer, so it holds four passages through a proxy. Each answer must carry the number of its
 * question; the same thread asks and answers, so no wake-up of ours is counted but the two that
 * any pair of clients has.
 */
#include "tests/bench/talker.h"

#include <sodium.h>
#include <stdio.h>

enum { MAX_SAMPLES = 1024 * 1024 };

/* ask_once() - Return: nanoseconds from question to answer. */
static uint64_t
ask_once(struct talker *asker, struct talker *answerer, const char *subject, const char *inbox)
{
	struct message m;
	uint64_t start = clock_ns();

	talker_say(asker, bytes_str(subject), inbox, BYTES_NULL);
	talker_hear(answerer, &m);
	if (m.reply.len == 0)
		die(0, "a request without a reply subject");
	talker_say(answerer, m.reply, "", BYTES_NULL);
	talker_done(answerer, &m);
	talker_hear(asker, &m);
	start = clock_ns() - start;
	if (!bytes_is(m.subject, inbox))
		die(0, "the answer to another question: %.*s", (int)m.subject.len,
		    (const char *)m.subject.ptr);
	talker_done(asker, &m);
	return start;
}

void
run_reqrep(const struct order *o)
{
	struct talker asker, answerer;
	struct samples lat;
	char box[64], inbox[96];
	uint64_t start, end;

	if (o->size > MAX_MSG / 2)
		die(0, "requests of at most %d bytes", MAX_MSG / 2);
	snprintf(box, sizeof box, "_INBOX.%08x%08x%06x", randombytes_random(), randombytes_random(),
	    randombytes_random() >> 8);
	snprintf(inbox, sizeof inbox, "%s.*", box);
	talker_init(&asker, o, inbox);
	talker_init(&answerer, o, o->subject);
	samples_init(&lat, MAX_SAMPLES);
	start = clock_ns();
	end = order_deadline(o, start);
	for (unsigned n = 0; clock_ns() < end; n++) {
		snprintf(inbox, sizeof inbox, "%s.%u", box, n);
		samples_add(&lat, ask_once(&asker, &answerer, o->subject, inbox));
	}
	printf("{\"mode\":\"reqrep\",\"size\":%zu,\"messages\":%zu,", o->size, lat.n);
	samples_print(&lat);
	puts("}");
	samples_deinit(&lat);
	talker_deinit(&asker);
	talker_deinit(&answerer);
}
