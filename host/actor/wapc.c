/*
 * wapc - the functions of the import modules `wapc` and `wasmbus`.
 *
 * Each takes its numbers as 32-bit places and lengths and widens them before it adds. The order is
 * always the same: where is it (outside: stop), how long is it (above the ceiling: stop), what does
 * it cost, and only then is it copied. A guest that overlaps its own places gets what copying the
 * operation first and the payload second gives.
 */
#include "host/actor/call_priv.h"

static uint32_t
u32(const struct wasm_host_call *c, unsigned i)
{
	return (uint32_t)c->slots[i];
}

static void
copy(uint8_t *to, const uint8_t *from, size_t n)
{
	if (n != 0)
		memcpy(to, from, n);
}

/* give() - an area of ours into the guest's memory. */
static int
give(struct wasm_host_call *c, uint32_t at, const uint8_t *from, size_t len)
{
	uint8_t *to = guest_view(c, at, len);

	if (to == NULL)
		return STOP_BOUNDS;
	guest_pay(c, len);
	copy(to, from, len);
	return 0;
}

static int
guest_request(struct actor *a, struct wasm_host_call *c)
{
	size_t payload_len = a->request.len - a->op_len;

	if (!a->in_call)
		return STOP_ORDER;
	if (guest_view(c, u32(c, 0), a->op_len) == NULL ||
	    guest_view(c, u32(c, 1), payload_len) == NULL)
		return STOP_BOUNDS;
	if (give(c, u32(c, 0), a->request.p, a->op_len) != 0)
		return STOP_BOUNDS;
	return give(c, u32(c, 1), a->request.p + a->op_len, payload_len);
}

/* accept() - what the guest gives, into an area. */
static int
accept(struct actor *a, struct wasm_host_call *c, struct area *into, const char *ceiling)
{
	const uint8_t *from = guest_view(c, u32(c, 0), u32(c, 1));

	if (!a->in_call)
		return STOP_ORDER;
	if (from == NULL)
		return STOP_BOUNDS;
	if (u32(c, 1) > into->max)
		return stop_ceiling(a, ceiling);
	guest_pay(c, u32(c, 1));
	copy(into->p, from, u32(c, 1));
	into->len = u32(c, 1);
	return 0;
}

static int
guest_response(struct actor *a, struct wasm_host_call *c)
{
	int r = accept(a, c, &a->response, "response");

	a->has_response = a->has_response || r == 0;
	return r;
}

static int
guest_error(struct actor *a, struct wasm_host_call *c)
{
	int r = accept(a, c, &a->error, "error");

	a->has_error = a->has_error || r == 0;
	return r;
}

/* named() - a pair of place and length as a slice, at most @max long. */
static int
named(struct actor *a, struct wasm_host_call *c, unsigned i, size_t max, const char *what,
    struct bytes *out)
{
	const uint8_t *p = guest_view(c, u32(c, i), u32(c, i + 1));

	if (p == NULL)
		return STOP_BOUNDS;
	if (u32(c, i + 1) > max)
		return stop_ceiling(a, what);
	*out = bytes_of(p, u32(c, i + 1));
	return 0;
}

static int
host_call(struct actor *a, struct wasm_host_call *c)
{
	struct actor_ask ask = { .function = wasm_running(a->store) };
	size_t used = 0;
	bool ok = false;
	int r;

	if (!a->in_call)
		return STOP_ORDER; /* initialisers set themselves up and ask nobody */
	if (a->asks >= a->limits.asks)
		return STOP_ASKS;
	a->asks++;
	*c->fuel -= a->limits.ask_fuel;
	r = named(a, c, 0, ACTOR_MAX_NAME, "name", &ask.binding);
	if (r == 0)
		r = named(a, c, 2, ACTOR_MAX_NAME, "name", &ask.space);
	if (r == 0)
		r = named(a, c, 4, ACTOR_MAX_NAME, "name", &ask.operation);
	if (r == 0)
		r = named(a, c, 6, a->limits.ask_payload, "ask_payload", &ask.payload);
	if (r != 0)
		return r;
	guest_pay(c, ask.payload.len);
	if (*c->fuel < 0)
		return 0; /* the engine ends it: nobody is asked for what was not paid */
	a->answer.len = a->answer_error.len = 0;
	if (a->ops.ask == NULL ||
	    a->ops.ask(a->ops.ctx, &ask, a->answer.p, a->answer.max, &used, &ok) != 0)
		return STOP_CUT;
	if (used > a->answer.max)
		return STOP_CUT;
	if (ok) {
		a->answer.len = used;
	} else {
		a->answer_error.len = used < a->answer_error.max ? used : a->answer_error.max;
		copy(a->answer_error.p, a->answer.p, a->answer_error.len);
	}
	c->slots[0] = ok ? 1 : 0;
	return 0;
}

static int
host_response_len(struct actor *a, struct wasm_host_call *c)
{
	c->slots[0] = a->answer.len;
	return 0;
}

static int
host_response(struct actor *a, struct wasm_host_call *c)
{
	return give(c, u32(c, 0), a->answer.p, a->answer.len);
}

static int
host_error_len(struct actor *a, struct wasm_host_call *c)
{
	c->slots[0] = a->answer_error.len;
	return 0;
}

static int
host_error(struct actor *a, struct wasm_host_call *c)
{
	return give(c, u32(c, 0), a->answer_error.p, a->answer_error.len);
}

/* console_log() - a line above the number of lines is counted and dropped, a long one is cut. */
static int
console_log(struct actor *a, struct wasm_host_call *c)
{
	const uint8_t *p = guest_view(c, u32(c, 0), u32(c, 1));
	size_t len = u32(c, 1);

	if (p == NULL)
		return STOP_BOUNDS;
	*c->fuel -= a->limits.ask_fuel;
	if (*c->fuel < 0)
		return 0;
	if (a->lines >= a->limits.log_lines) {
		if (a->lines_dropped < UINT32_MAX)
			a->lines_dropped++;
		return 0;
	}
	a->lines++;
	len = len < a->limits.log_bytes ? len : a->limits.log_bytes;
	guest_pay(c, len);
	return a->ops.log == NULL || a->ops.log(a->ops.ctx, bytes_of(p, len)) == 0 ? 0 : STOP_CUT;
}

const struct import_fn wapc_functions[] = {
	{ "__guest_request", "ii", "", guest_request },
	{ "__guest_response", "ii", "", guest_response },
	{ "__guest_error", "ii", "", guest_error },
	{ "__host_call", "iiiiiiii", "i", host_call },
	{ "__host_response_len", "", "i", host_response_len },
	{ "__host_response", "i", "", host_response },
	{ "__host_error_len", "", "i", host_error_len },
	{ "__host_error", "i", "", host_error },
	{ "__console_log", "ii", "", console_log },
	{ 0 },
};
