/*
 * answer - see answer.h. The bytes are a host's, who may lie; they are put down as what it said, and
 * nothing is decided by them. Read strictly and in bounds: an inventory of thousands of tokens is not an
 * envelope, and says nothing here.
 *
 *	A      {"accepted":bool,"error":..} or {"failure":..}
 *	B, C   {"success":bool,"message":..}, {"accepted":bool,"error":..}
 *	wadm   {"result":"error",...,"message":..}
 *	D, JetStream {"error":{"message"|"description":..}}
 */
#include "gateway/proc/answer.h"

#include "policy/core/json.h"

enum { ANSWER_TOKENS = 256 };

static void
set_error(struct answer *a, const struct json *j, size_t at)
{
	uint8_t room[ANSWER_ERROR * 6];
	struct bytes s;

	if (at == 0 || a->error_len != 0 || json_text(j, at, room, sizeof(room), &s) != 0)
		return;
	a->error_len = s.len < sizeof(a->error) ? s.len : sizeof(a->error);
	memcpy(a->error, s.ptr, a->error_len);
}

/* flag() - a bool of this name. Return: was there one? */
static bool
flag(struct answer *a, const struct json *j, const char *name)
{
	size_t at = json_member(j, 0, name);

	if (at == 0 || (j->tok[at].kind != JSON_TRUE && j->tok[at].kind != JSON_FALSE))
		return false;
	a->success = j->tok[at].kind == JSON_TRUE ? "yes" : "no";
	return true;
}

/* failed() - a member that is there only when something went wrong. */
static void
failed(struct answer *a, const struct json *j, const char *name, bool said)
{
	size_t at = json_member(j, 0, name);

	if (at == 0)
		return;
	if (j->tok[at].kind == JSON_STRING && j->tok[at].len > 0) {
		a->success = said ? a->success : "no";
		set_error(a, j, at);
	} else if (j->tok[at].kind == JSON_OBJECT) {
		a->success = said ? a->success : "no";
		set_error(a, j, json_member(j, at, "message"));
		set_error(a, j, json_member(j, at, "description"));
	}
}

void
answer_read(struct answer *a, struct bytes payload)
{
	struct json_tok tok[ANSWER_TOKENS];
	struct json j = { .text = payload, .tok = tok, .cap = ANSWER_TOKENS, .allow_fraction = true };
	size_t result;
	bool said;

	*a = (struct answer){ .success = "" };
	if (payload.len == 0 || payload.len > ANSWER_READ || payload.ptr[0] != '{' || json_read(&j) != 0)
		return;
	said = flag(a, &j, "accepted") || flag(a, &j, "success");
	result = json_member(&j, 0, "result");
	if (!said && result != 0 && j.tok[result].kind == JSON_STRING) {
		said = true;
		a->success = json_is(&j, result, "error") || json_is(&j, result, "notfound") ? "no" : "yes";
	}
	failed(a, &j, "error", said);
	failed(a, &j, "failure", said);
	if (strcmp(a->success, "no") == 0)
		set_error(a, &j, json_member(&j, 0, "message"));
}

/* hide() - one text; at the end of an error that was cut also the beginning of it. */
static void
hide(struct answer *a, struct bytes s)
{
	if (s.len < ANSWER_ECHO)
		return;
	for (size_t at = 0; at + ANSWER_ECHO <= a->error_len; at++) {
		size_t left = a->error_len - at, n = s.len < left ? s.len : left;

		if ((n == s.len || a->error_len == sizeof(a->error)) && memcmp(a->error + at, s.ptr, n) == 0)
			memset(a->error + at, '*', n);
	}
}

void
answer_hide(struct answer *a, struct bytes secret)
{
	bool whole = secret.len == 0 || memchr("{[\"", secret.ptr[0], 3) == NULL;

	if (whole) {
		hide(a, secret);
		return;
	}
	/* of an object or a list each string */
	while (secret.len > 0) {
		size_t n = bytes_find(secret, '"');

		hide(a, bytes_upto(secret, n));
		secret = bytes_from(secret, n + 1);
	}
}
