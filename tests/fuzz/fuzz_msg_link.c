/*
 * Any bytes as the body of a message between parent and link: the first names which. What is read
 * is within the bounds of the header, and borrowed from the input.
 */
#include "host/proc/msg_link.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(what)                                                                                 \
	do {                                                                                       \
		if (!(what))                                                                       \
			abort();                                                                   \
	} while (0)

static struct bytes input;

static void
within(struct bytes s, size_t max)
{
	MUST(s.len <= max);
	MUST(s.len == 0 || (s.ptr >= input.ptr && s.ptr + s.len <= input.ptr + input.len));
}

static void
try_msg(struct cursor in)
{
	struct link_msg m;

	if (link_msg_get(&in, &m) != 0)
		return;
	MUST(m.wire < WIRES);
	within(m.subject, LINK_SUBJECT_MAX);
	within(m.reply, LINK_SUBJECT_MAX);
	within(m.body, LINK_BODY_MAX);
}

static void
try_wire(struct cursor in)
{
	struct link_wire m;

	if (link_wire_get(&in, &m) != 0)
		return;
	MUST(m.n_addresses <= LINK_ADDRESSES && m.wire < WIRES);
	for (size_t i = 0; i < m.n_addresses; i++)
		MUST(strlen(m.address[i]) < LINK_ADDRESS_MAX);
	MUST(strlen(m.host) <= LINK_NAME_MAX && strlen(m.name) <= LINK_NAME_MAX);
	within(m.jwt, LINK_JWT_MAX);
	within(m.ca, LINK_CA_MAX);
}

static void
try_rest(uint8_t which, struct cursor in)
{
	struct link_answer answer;
	struct link_news news;
	struct link_sign sign;
	struct link_sub sub;

	if (which == 2 && link_answer_get(&in, &answer) == 0) {
		MUST(answer.outcome < LINK_OUTCOMES);
		within(answer.body, LINK_BODY_MAX);
	} else if (which == 3 && link_news_get(&in, &news) == 0) {
		MUST(news.state < LINK_STATES);
		within(news.why, LINK_WHY_MAX);
	} else if (which == 4 && link_sign_get(&in, &sign) == 0) {
		within(sign.text, LINK_NONCE_MAX);
	} else if (which == 5 && link_sub_get(&in, &sub) == 0) {
		MUST(sub.id != 0 && sub.subject.len > 0);
		within(sub.subject, LINK_SUBJECT_MAX);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor in;

	if (size == 0)
		return 0;
	input = bytes_of(data + 1, size - 1);
	in = (struct cursor){ input, false };
	if (data[0] == 0)
		try_msg(in);
	else if (data[0] == 1)
		try_wire(in);
	else
		try_rest(data[0], in);
	return 0;
}
