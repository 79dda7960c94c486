/*
 * fuzz_provider_payload - any bytes as what an actor says to a provider: a response, a question to
 * a store, a line, a message. A response that is read has headers that cannot begin another; a
 * question stays within its ceilings; a message has a subject that stays one word of a line.
 */
#include <assert.h>

#include "host/providers/httpserver/http_message.h"
#include "host/providers/keyvalue/kv_message.h"
#include "host/providers/logging/log_message.h"
#include "host/providers/messaging/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
response(struct bytes in)
{
	static struct http_response r;
	static struct http_request again;
	struct buf b;

	if (http_response_get(in, &r) != NULL)
		return;
	assert(r.status >= 200 && r.status <= 599 && r.headers.n <= HTTP_HEADERS &&
	       r.body.len <= HTTP_BODY);
	for (size_t i = 0; i < r.headers.n; i++) {
		const struct http_header *h = &r.headers.at[i];

		assert(h->name.len > 0 && bytes_find(h->name, ':') == h->name.len);
		assert(bytes_find(h->value, '\n') == h->value.len &&
		       bytes_find(h->value, '\r') == h->value.len);
	}
	/* as headers of a request they can be written too */
	again.headers = r.headers;
	again.body = r.body;
	buf_init(&b, 4 * in.len + 4096);
	http_request_put(&b, &again);
	assert(!buf_failed(&b));
	buf_deinit(&b);
}

static void
question(struct bytes in)
{
	static const char *const operations[] = { "KeyValue.Get", "KeyValue.Set",
		"KeyValue.Increment", "KeyValue.ListAdd", "KeyValue.ListRange", "KeyValue.SetAdd",
		"KeyValue.SetUnion", "Nothing" };
	static struct kv_op op;

	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
		if (kv_op_get(bytes_str(operations[i]), in, &op) != NULL)
			continue;
		assert(op.verb < KV_VERBS && op.key.len <= KV_KEY && op.value.len <= KV_VALUE &&
		       op.n_names <= KV_NAMES);
		assert(op.verb != KV_SET_UNION || op.n_names > 0);
	}
}

static void
subject(struct bytes s)
{
	assert(s.len > 0 && s.len <= MESSAGE_SUBJECT && s.ptr[0] != '$' &&
	       !bytes_starts(s, BYTES_LIT("wasmbus.")));
	for (size_t i = 0; i < s.len; i++)
		assert(s.ptr[i] > 0x20 && s.ptr[i] < 0x7f && s.ptr[i] != '*' && s.ptr[i] != '>');
}

static void
message(struct bytes in)
{
	struct message m;

	if (message_pub_get(in, &m) == NULL) {
		subject(m.subject);
		if (m.reply.len > 0)
			subject(m.reply);
	}
	if (message_request_get(in, &m) == NULL) {
		subject(m.subject);
		assert(m.timeout_ms > 0 && m.timeout_ms <= MESSAGE_TIMEOUT_MAX_MS);
	}
	if (message_subject_ok(in, true))
		assert(in.len <= MESSAGE_SUBJECT && in.ptr[0] != '>' && in.ptr[0] != '*');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size);
	struct log_message line;

	response(in);
	question(in);
	message(in);
	if (log_message_get(in, &line) == NULL)
		assert(line.level <= LOG_MESSAGE_DEBUG && line.text.len <= size);
	return 0;
}
