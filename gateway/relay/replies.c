/*
 * replies - where a client may want its answers, and telling it there that there will be none.
 *
 * A reply is the client's own when it is its inbox, or a subject it listens on itself that is no
 * command's: then whoever answers reaches nobody but the client.
 */
#include "gateway/nats/writer.h"
#include "gateway/relay/envelope.h"
#include "gateway/relay/inbox.h"
#include "gateway/relay/relay_priv.h"
#include "policy/rules/subject.h"

void
relay_tell(struct relay *r, struct bytes subject, struct bytes reply, const char *text)
{
	struct buf header, payload;
	struct sub *sub;

	if (reply.len == 0 || !relay_own_reply(r, reply) || (sub = relay_sub_for(r, reply)) == NULL)
		return;
	buf_init(&header, 2 * ENVELOPE_TEXT);
	buf_init(&payload, 8 * ENVELOPE_TEXT);
	if (envelope_put(
		*r->rights, subject, text, r->handshake.connect.headers, &header, &payload))
		nats_put_msg(word(r), reply, sub_sid(sub), BYTES_NULL, buf_bytes(&header),
		    buf_bytes(&payload));
	buf_deinit(&header);
	buf_deinit(&payload);
}

struct sub *
relay_sub_for(struct relay *r, struct bytes subject)
{
	struct sub *sub = NULL;

	if (r->reply_sub != NULL && subject_match(sub_subject(r->reply_sub), subject))
		return subs_find_usid(&r->subs, r->reply_sub->usid);
	while ((sub = subs_each(&r->subs, sub)) != NULL) {
		if (!sub->command && subject_match(sub_subject(sub), subject)) {
			r->reply_sub = sub;
			return sub;
		}
	}
	return NULL;
}

bool
relay_own_reply(struct relay *r, struct bytes reply)
{
	struct command c;

	if (!subject_literal(reply))
		return false;
	if (inbox_is(reply))
		return !inbox_is_foreign(reply, r->identity->inbox);
	if (reply.ptr[0] == '$' || reply.ptr[0] == '_' ||
	    rights_classify(*r->rights, reply, &c) != COMMAND_NOT ||
	    rights_obeyed(*r->rights, reply))
		return false;
	return relay_sub_for(r, reply) != NULL;
}
