/*
 * stamped - see stamped.h. Everything but the signature is a stranger's word. The header block is
 * written anew without its stamp, as the gate that signed it had it, and what the host is about to
 * see (subject, reply, headers, body) is held against the signature. Of several stamps on one
 * message none counts.
 */
#include "gateway/relay/stamped.h"

#include "gateway/io/clock.h"
#include "gateway/nats/header.h"
#include "gateway/relay/relay_priv.h"

/* whom() - a queue group by number; a window is asked about one member's or all groups' messages.
 */
static uint64_t
whom(struct bytes queue)
{
	uint64_t h = 1469598103934665603ULL;

	for (size_t i = 0; i < queue.len; i++)
		h = (h ^ queue.ptr[i]) * 1099511628211ULL;
	return h;
}

void
stamped_begin(struct sub *sub)
{
	if (sub->seen_stamps != NULL || sub->queue_len != 0)
		return;
	/* without memory for it nothing is believed: once() */
	sub->seen_stamps = calloc(1, sizeof(*sub->seen_stamps));
	if (sub->seen_stamps != NULL)
		stamp_window_init(sub->seen_stamps, STAMPED_PER_SUB, clock_wall_ns() / 1000000);
}

/* take_off() - the stamp, and in @out the block without it. Return: 0, STAMP_MISSING,
 * STAMP_MALFORMED. */
static int
take_off(struct bytes block, struct bytes *stamp, struct buf *out, struct bytes *rest)
{
	struct header_reader h;
	struct bytes name, value;
	size_t n = 0, stamps = 0;

	*rest = *stamp = BYTES_NULL;
	if (block.len == 0)
		return STAMP_MISSING;
	if (header_open(&h, block) != 0)
		return STAMP_MALFORMED;
	buf_reset(out);
	header_begin(out, h.status);
	while (header_next(&h, &name, &value) == 0) {
		if (header_is(name, STAMP_HEADER)) {
			*stamp = value;
			stamps++;
			continue;
		}
		header_field(out, name, value);
		n++;
	}
	header_end(out);
	if (n > 0 || h.status.len > 0)
		*rest = buf_bytes(out);
	if (stamps == 0)
		return STAMP_MISSING;
	return stamps == 1 && !buf_failed(out) ? 0 : STAMP_MALFORMED;
}

/* once() - a good stamp: the first time that it comes here? */
static int
once(struct relay *r, struct sub *sub, const struct stamp *s, size_t which, int64_t now_ms)
{
	struct bytes queue = sub_queue(sub);
	/* our own clock made ours; another's may be behind */
	int64_t slack_ms = which == 0 ? 0 : STAMP_AHEAD_MS;
	int answer;

	if (queue.len != 0) {
		answer =
		    stamp_window_take(&r->env->stamped->groups, s, whom(queue), slack_ms, now_ms);
		return err_pass(answer);
	}
	if (sub->seen_stamps == NULL)
		return err_raise(-ENOMEM);
	return stamp_window_take(sub->seen_stamps, s, 0, slack_ms, now_ms);
}

/* look() - at all of it. Return: 0, an answer of stamp.h, -ENOMEM. @s is filled as far as it could
 * be read. */
static int
look(struct relay *r, struct sub *sub, const struct nats_op *op, struct stamp *s)
{
	int64_t now_ms = clock_wall_ns() / 1000000;
	struct stamp_what what = { .subject = op->subject, .reply = op->reply };
	struct bytes text, rest;
	size_t which = 0;
	int answer;

	*s = (struct stamp){ 0 };
	answer = take_off(op->header, &text, &r->env->scratch, &rest);
	if (answer == 0)
		answer = stamp_parse(s, text);
	if (answer != 0)
		return answer;
	stamp_digest(rest, op->payload, what.digest);
	answer = stamp_verify(s, &what, r->env->stamped->key, r->env->stamped->n, now_ms,
	    &r->env->stamped->roots, &which);
	return answer != 0 ? answer : once(r, sub, s, which, now_ms);
}

bool
stamped_admit(struct relay *r, struct sub *sub, const struct nats_op *op)
{
	struct relay_event e = { .kind = RELAY_UNSTAMPED,
		.subject = op->subject,
		.reply = op->reply,
		.queue = sub_queue(sub),
		.payload = op->payload,
		.decision.rule = RULE_NONE };
	struct command c;
	struct stamp s;
	int answer;

	if (!sub->serving || rights_classify(*r->rights, op->subject, &c) != 0)
		return true;
	answer = look(r, sub, op, &s);
	if (answer == 0)
		return true;
	e.verb = c.verb;
	e.reason = stamp_word(answer);
	e.detail = bytes_str(s.key);
	e.decision.reason = REASON_COMMAND;
	if (rights_unstamped(*r->rights, sub_subject(sub), sub_queue(sub)))
		e.decision.verdict = VERDICT_ALLOW;
	/* what gets through is written down one by one; a flood of what does not is summed */
	if (e.decision.verdict == VERDICT_ALLOW)
		r->env->ops->event(r, &e);
	else
		relay_report(r, &e);
	return e.decision.verdict == VERDICT_ALLOW;
}
