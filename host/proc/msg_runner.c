/*
 * msg_runner - see msg_runner.h. Slices point into the frame they were read from.
 */
#include "host/proc/msg_runner.h"

void
msg_runner_header(uint8_t out[MSG_RUNNER_HEADER], enum msg_runner type, size_t len)
{
	uint32_t n = (uint32_t)len;

	memset(out, 0, MSG_RUNNER_HEADER);
	memcpy(out, &n, sizeof(n));
	out[4] = (uint8_t)type;
}

bool
msg_runner_header_get(const uint8_t in[MSG_RUNNER_HEADER], uint8_t *type, uint32_t *len)
{
	memcpy(len, in, sizeof(*len));
	*type = in[4];
	return in[5] == 0 && in[6] == 0 && in[7] == 0;
}

static void
world_put(struct buf *b, const struct actor_world *w)
{
	buf_put_u64(b, w->now_ns);
	buf_put(b, bytes_of(w->seed, sizeof(w->seed)));
}

static void
world_get(struct cursor *c, struct actor_world *w)
{
	struct bytes seed;

	w->now_ns = cursor_u64(c);
	seed = cursor_take(c, sizeof(w->seed));
	if (!c->failed)
		memcpy(w->seed, seed.ptr, sizeof(w->seed));
}

void
msg_birth_put(struct buf *b, const struct msg_birth *m)
{
	const struct actor_limits *l = &m->limits;
	const uint32_t small[] = { l->request, l->response, l->error, l->ask_payload, l->ask_answer,
		l->asks, l->log_lines, l->log_bytes, l->memory_pages };

	for (size_t i = 0; i < sizeof(small) / sizeof(small[0]); i++)
		buf_put_u32(b, small[i]);
	buf_put_u64(b, (uint64_t)l->init_fuel);
	buf_put_u64(b, (uint64_t)l->call_fuel);
	buf_put_u64(b, (uint64_t)l->ask_fuel);
	buf_put_u8(b, l->wasi ? 1 : 0);
	world_put(b, &m->world);
}

bool
msg_birth_get(struct bytes in, struct msg_birth *m)
{
	struct actor_limits *l = &m->limits;
	uint32_t *const small[] = { &l->request, &l->response, &l->error, &l->ask_payload,
		&l->ask_answer, &l->asks, &l->log_lines, &l->log_bytes, &l->memory_pages };
	struct cursor c = { in, false };

	for (size_t i = 0; i < sizeof(small) / sizeof(small[0]); i++)
		*small[i] = cursor_u32(&c);
	l->init_fuel = (int64_t)cursor_u64(&c);
	l->call_fuel = (int64_t)cursor_u64(&c);
	l->ask_fuel = (int64_t)cursor_u64(&c);
	l->wasi = cursor_u8(&c) == 1;
	world_get(&c, &m->world);
	return cursor_done(&c) && actor_limits_sane(l);
}

void
msg_call_put(struct buf *b, const struct msg_call *m)
{
	buf_put_u64(b, (uint64_t)m->fuel);
	buf_put_u8(b, m->fresh ? 1 : 0);
	world_put(b, &m->world);
	buf_put_sized(b, m->operation);
	buf_put(b, m->payload);
}

bool
msg_call_get(struct bytes in, struct msg_call *m)
{
	struct cursor c = { in, false };

	m->fuel = (int64_t)cursor_u64(&c);
	m->fresh = cursor_u8(&c) == 1;
	world_get(&c, &m->world);
	m->operation = cursor_sized(&c, ACTOR_MAX_AREA);
	m->payload = cursor_take(&c, c.in.len);
	return cursor_done(&c);
}

void
msg_fork_put(struct buf *b, const struct msg_fork *m)
{
	world_put(b, &m->world);
}

bool
msg_fork_get(struct bytes in, struct msg_fork *m)
{
	struct cursor c = { in, false };

	world_get(&c, &m->world);
	return cursor_done(&c);
}

void
msg_forked_put(struct buf *b, uint32_t error)
{
	buf_put_u32(b, error);
}

bool
msg_forked_get(struct bytes in, uint32_t *error)
{
	struct cursor c = { in, false };

	*error = cursor_u32(&c);
	return cursor_done(&c);
}

void
msg_locked_put(struct buf *b, const struct msg_locked *m)
{
	buf_put_u32(b, MSG_RUNNER_VERSION);
	buf_put_u32(b, (uint32_t)m->error);
	buf_put_u32(b, m->walls);
	buf_put_u32(b, m->landlock_abi);
	buf_put_u32(b, m->uid);
	buf_put_u8(b, m->listener ? 1 : 0);
	for (int i = 0; i < ENCLOSE_N; i++)
		buf_put_u16(b, m->enclose_error[i]);
	buf_put(b, m->why);
}

bool
msg_locked_get(struct bytes in, struct msg_locked *m)
{
	struct cursor c = { in, false };
	uint32_t version = cursor_u32(&c);

	m->error = (int)cursor_u32(&c);
	m->walls = cursor_u32(&c);
	m->landlock_abi = cursor_u32(&c);
	m->uid = cursor_u32(&c);
	m->listener = cursor_u8(&c) == 1;
	for (int i = 0; i < ENCLOSE_N; i++)
		m->enclose_error[i] = cursor_u16(&c);
	m->why = cursor_take(&c, c.in.len);
	return cursor_done(&c) && version == MSG_RUNNER_VERSION;
}

void
msg_ask_put_head(struct buf *b, const struct actor_ask *m)
{
	buf_put_u32(b, m->function);
	buf_put_sized(b, m->binding);
	buf_put_sized(b, m->space);
	buf_put_sized(b, m->operation);
}

bool
msg_ask_get(struct bytes in, struct actor_ask *m)
{
	struct cursor c = { in, false };

	m->function = cursor_u32(&c);
	m->binding = cursor_sized(&c, ACTOR_MAX_NAME);
	m->space = cursor_sized(&c, ACTOR_MAX_NAME);
	m->operation = cursor_sized(&c, ACTOR_MAX_NAME);
	m->payload = cursor_take(&c, c.in.len);
	return cursor_done(&c);
}

void
msg_done_put_head(struct buf *b, const struct msg_done *m)
{
	const struct actor_outcome *o = &m->outcome;

	buf_put_u8(b, (uint8_t)o->answer);
	buf_put_u8(b, (uint8_t)o->trap.code);
	buf_put_u32(b, o->trap.function);
	buf_put_u64(b, (uint64_t)o->fuel);
	buf_put_u64(b, o->memory);
	buf_put_u64(b, m->cost);
	buf_put_u64(b, m->place.at);
	buf_put_u64(b, m->place.base);
	buf_put_u32(b, m->place.size);
	buf_put_u32(b, m->place.first);
	buf_put_u32(b, m->place.count);
	buf_put_u32(b, o->asks);
	buf_put_u32(b, o->lines);
	buf_put_u32(b, o->lines_dropped);
	buf_put_sized_str(b, o->why);
}

bool
msg_done_get(struct bytes in, struct msg_done *m)
{
	struct actor_outcome *o = &m->outcome;
	struct cursor c = { in, false };
	struct bytes why;

	memset(m, 0, sizeof(*m));
	o->answer = (enum actor_answer)cursor_u8(&c);
	o->trap.code = (enum wasm_trap_code)cursor_u8(&c);
	o->trap.function = cursor_u32(&c);
	o->fuel = (int64_t)cursor_u64(&c);
	o->memory = cursor_u64(&c);
	m->cost = cursor_u64(&c);
	m->place.at = cursor_u64(&c);
	m->place.base = cursor_u64(&c);
	m->place.size = cursor_u32(&c);
	m->place.first = cursor_u32(&c);
	m->place.count = cursor_u32(&c);
	o->asks = cursor_u32(&c);
	o->lines = cursor_u32(&c);
	o->lines_dropped = cursor_u32(&c);
	why = cursor_sized(&c, ACTOR_WHY - 1);
	o->out = cursor_take(&c, c.in.len);
	if (!cursor_done(&c) || o->answer >= ACTOR_ANSWERS || o->trap.code > WASM_TRAP_REENTRY ||
	    o->fuel < 0)
		return false;
	for (size_t i = 0; i < why.len;
	     i++) /* shown to people, and said by a process that may be taken over */
		o->why[i] = why.ptr[i] >= 0x20 && why.ptr[i] < 0x7f ? (char)why.ptr[i] : '?';
	return true;
}
