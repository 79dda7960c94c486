/*
 * deliver - see deliver.h. The body is read strictly, so that the server cannot read it otherwise:
 * its reader takes the last of two members and folds case (Go's encoding/json). Ours refuses both,
 * and a name that could only be read by folding ("Config") is refused rather than overlooked.
 */
#include "gateway/relay/deliver.h"

#include "gateway/relay/inbox.h"
#include "policy/core/json.h"
#include "policy/rules/subject.h"

enum { DELIVER_TOKENS = 1024 };

bool
deliver_is_for(struct bytes subject)
{
	struct bytes rest;

	if (subject.len < 4 || memcmp(subject.ptr, "$JS.", 4) != 0)
		return false;
	rest = bytes_from(subject, 4);
	if (!bytes_starts(rest, BYTES_LIT("API."))) /* $JS.DOMAIN.API. */
		rest = bytes_from(rest, bytes_find(rest, '.') + 1);
	if (!bytes_starts(rest, BYTES_LIT("API.CONSUMER.")))
		return false;
	rest = bytes_from(rest, 13);
	return bytes_starts(rest, BYTES_LIT("CREATE.")) || bytes_starts(rest, BYTES_LIT("DURABLE.CREATE."));
}

static int
refuse(struct relay_event *e, const char *detail, struct decision d)
{
	e->detail = bytes_str(detail);
	e->decision = d;
	return DELIVER_REFUSED;
}

/* plain_names() - are all names of object @obj written as the API writes them: a-z 0-9 _, no escapes? */
static bool
plain_names(const struct json *j, size_t obj)
{
	size_t at = json_first(j, obj);

	if (j->tok[obj].kind != JSON_OBJECT)
		return true;
	for (uint32_t i = 0; i < j->tok[obj].n; i++, at = j->tok[at + 1].next) {
		struct bytes name = json_raw(j, at);

		for (size_t k = 0; k < name.len; k++) {
			uint8_t c = name.ptr[k];

			if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'))
				return false;
		}
	}
	return true;
}

int
deliver_rewrite(struct rights *rights, const char *token, struct bytes body, struct buf *out,
    struct relay_event *e)
{
	static const struct decision invalid = { .reason = REASON_INVALID, .rule = RULE_NONE };
	autofree(mem_freep) struct json_tok *tok = calloc(DELIVER_TOKENS, sizeof(*tok));
	struct json j = { .text = body, .tok = tok, .cap = DELIVER_TOKENS, .allow_fraction = true };
	uint8_t room[SUBJECT_MAX_LEN];
	char up[INBOX_NAME_MAX];
	struct bytes subject;
	struct decision d;
	size_t at, config;

	if (tok == NULL)
		return err_raise(-ENOMEM);
	if (json_read(&j) != 0)
		return refuse(e, j.why != NULL ? j.why : "body too large", invalid);
	config = json_member(&j, 0, "config");
	if (!plain_names(&j, 0) || !plain_names(&j, config))
		return refuse(e, "a member name that is not written as the API writes it", invalid);
	at = json_member(&j, config, "deliver_subject");
	if (at == 0 || j.tok[at].kind == JSON_NULL) {
		buf_put(out, body);
		return buf_failed(out) ? err_raise(-ENOMEM) : 0;
	}
	if (json_text(&j, at, room, sizeof(room), &subject) != 0 || !subject_literal(subject) ||
	    inbox_is_foreign(subject, token))
		return refuse(e, "deliver_subject", invalid);
	d = rights_publish(rights, subject);
	if (d.verdict != VERDICT_ALLOW)
		return refuse(e, "deliver_subject", d);
	if (inbox_is(subject))
		subject = inbox_up(subject, token, up);
	/* everything before the value's opening quote, the new value, everything after its closing one */
	buf_put(out, bytes_upto(body, j.tok[at].start - 1));
	buf_put_json(out, subject);
	buf_put(out, bytes_from(body, j.tok[at].start + j.tok[at].len + 1));
	return buf_failed(out) ? err_raise(-ENOMEM) : 0;
}
