/*
 * msg_provider - see msg_provider.h. Both sides read with the same functions, and each may be a
 * process that was taken over: nothing is longer than the header says, names hold no blank and no
 * control character, and what people are shown is made plain where it is read.
 */
#include "host/providers/msg_provider.h"

enum { MSG_JWT_MAX = 16 * 1024, MSG_SIG_MAX = 256, MSG_LINE_LEVELS = 6 };

bool
provider_name_ok(struct bytes s, size_t max)
{
	if (s.len == 0 || s.len > max)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] <= 0x20 || s.ptr[i] >= 0x7f)
			return false;
	return true;
}

void
provider_plain(char *out, size_t room, struct bytes s)
{
	size_t n = s.len < room ? s.len : room - 1;

	for (size_t i = 0; i < n; i++)
		out[i] = s.ptr[i] >= 0x20 && s.ptr[i] < 0x7f ? (char)s.ptr[i] : '?';
	out[n] = '\0';
}

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

static bool
same_name(struct bytes a, const char *b)
{
	size_t i = 0;

	while (i < a.len && b[i] != '\0' && lower(a.ptr[i]) == lower((uint8_t)b[i]))
		i++;
	return i == a.len && b[i] == '\0';
}

const struct provider_pair *
provider_value(const struct provider_pairs *p, const char *name)
{
	for (size_t i = 0; i < p->n; i++)
		if (same_name(p->pair[i].name, name))
			return &p->pair[i];
	return NULL;
}

static void
pairs_put(struct buf *b, const struct provider_pairs *p)
{
	buf_put_u16(b, (uint16_t)p->n);
	for (size_t i = 0; i < p->n; i++) {
		buf_put_sized(b, p->pair[i].name);
		buf_put_sized(b, p->pair[i].value);
	}
}

static bool
pairs_get(struct cursor *c, struct provider_pairs *p)
{
	p->n = cursor_u16(c);
	if (p->n > PROVIDER_VALUES)
		return false;
	for (size_t i = 0; i < p->n; i++) {
		p->pair[i].name = cursor_sized(c, PROVIDER_NAME);
		p->pair[i].value = cursor_sized(c, PROVIDER_VALUE);
		if (c->failed || !provider_name_ok(p->pair[i].name, PROVIDER_NAME))
			return false;
	}
	return true;
}

static bool
key_ok(struct bytes key)
{
	return provider_name_ok(key, PROVIDER_KEY);
}

void
msg_provider_setup_put(struct buf *b, const struct msg_provider_setup *m)
{
	buf_put_sized(b, m->key);
	buf_put_sized(b, m->contract);
	buf_put_sized(b, m->link_name);
	buf_put_sized(b, m->host_id);
	buf_put_sized(b, m->lattice);
	pairs_put(b, &m->config);
}

bool
msg_provider_setup_get(struct bytes in, struct msg_provider_setup *m)
{
	struct cursor c = { in, false };

	m->key = cursor_sized(&c, PROVIDER_KEY);
	m->contract = cursor_sized(&c, PROVIDER_NAME);
	m->link_name = cursor_sized(&c, PROVIDER_NAME);
	m->host_id = cursor_sized(&c, PROVIDER_KEY);
	m->lattice = cursor_sized(&c, PROVIDER_NAME);
	return pairs_get(&c, &m->config) && cursor_done(&c) && key_ok(m->key) &&
	       key_ok(m->host_id) && provider_name_ok(m->contract, PROVIDER_NAME) &&
	       provider_name_ok(m->link_name, PROVIDER_NAME) &&
	       provider_name_ok(m->lattice, PROVIDER_NAME);
}

void
msg_provider_link_put(struct buf *b, const struct msg_provider_link *m)
{
	buf_put_sized(b, m->actor);
	buf_put_sized(b, m->about);
	pairs_put(b, &m->values);
}

bool
msg_provider_link_get(struct bytes in, struct msg_provider_link *m)
{
	struct cursor c = { in, false };

	m->actor = cursor_sized(&c, PROVIDER_KEY);
	m->about = cursor_sized(&c, PROVIDER_NAME);
	return pairs_get(&c, &m->values) && cursor_done(&c) && key_ok(m->actor);
}

bool
msg_provider_actor_get(struct bytes in, struct bytes *actor)
{
	*actor = in;
	return key_ok(in);
}

void
msg_provider_ask_put(struct buf *b, const struct msg_provider_ask *m)
{
	buf_put_u64(b, m->id);
	buf_put_u32(b, m->timeout_ms);
	buf_put_sized(b, m->actor);
	buf_put_sized(b, m->operation);
	buf_put(b, m->payload);
}

bool
msg_provider_ask_get(struct bytes in, struct msg_provider_ask *m)
{
	struct cursor c = { in, false };

	m->id = cursor_u64(&c);
	m->timeout_ms = cursor_u32(&c);
	m->actor = cursor_sized(&c, PROVIDER_KEY);
	m->operation = cursor_sized(&c, PROVIDER_NAME);
	m->payload = cursor_take(&c, c.in.len);
	return cursor_done(&c) && m->payload.len <= PROVIDER_PAYLOAD && key_ok(m->actor) &&
	       provider_name_ok(m->operation, PROVIDER_NAME);
}

void
msg_provider_result_put(struct buf *b, const struct msg_provider_result *m)
{
	buf_put_u64(b, m->id);
	buf_put_u8(b, (uint8_t)m->answer);
	buf_put(b, m->payload);
}

bool
msg_provider_result_get(struct bytes in, struct msg_provider_result *m)
{
	struct cursor c = { in, false };
	uint8_t answer;

	m->id = cursor_u64(&c);
	answer = cursor_u8(&c);
	m->answer = answer < PROVIDER_ANSWERS ? (enum provider_answer)answer : PROVIDER_FAILED;
	m->payload = cursor_take(&c, c.in.len);
	return cursor_done(&c) && answer < PROVIDER_ANSWERS && m->payload.len <= PROVIDER_PAYLOAD;
}

void
msg_provider_ready_put(struct buf *b, const struct msg_provider_ready *m)
{
	buf_put_u32(b, (uint32_t)m->error);
	buf_put_u32(b, m->walls);
	buf_put_u32(b, m->landlock_abi);
	buf_put_u32(b, m->uid);
	buf_put_sized(b, m->why);
}

bool
msg_provider_ready_get(struct bytes in, struct msg_provider_ready *m)
{
	struct cursor c = { in, false };

	m->error = (int)cursor_u32(&c);
	m->walls = cursor_u32(&c);
	m->landlock_abi = cursor_u32(&c);
	m->uid = cursor_u32(&c);
	m->why = cursor_sized(&c, PROVIDER_WHY);
	return cursor_done(&c);
}

void
msg_provider_link_state_put(struct buf *b, const struct msg_provider_link_state *m)
{
	buf_put_sized(b, m->actor);
	buf_put_u8(b, (uint8_t)m->state);
	buf_put_sized(b, bytes_upto(m->why, PROVIDER_WHY));
}

bool
msg_provider_link_state_get(struct bytes in, struct msg_provider_link_state *m)
{
	struct cursor c = { in, false };
	uint8_t state;

	m->actor = cursor_sized(&c, PROVIDER_KEY);
	state = cursor_u8(&c);
	m->state =
	    state < PROVIDER_LINK_STATES ? (enum provider_link_state)state : PROVIDER_LINK_FAILED;
	m->why = cursor_sized(&c, PROVIDER_WHY);
	return cursor_done(&c) && state < PROVIDER_LINK_STATES && key_ok(m->actor);
}

void
msg_provider_log_put(struct buf *b, const struct msg_provider_log *m)
{
	buf_put_u8(b, m->level);
	buf_put_sized(b, m->actor);
	buf_put(b, bytes_upto(m->text, PROVIDER_LINE));
}

bool
msg_provider_log_get(struct bytes in, struct msg_provider_log *m)
{
	struct cursor c = { in, false };

	m->level = cursor_u8(&c);
	m->actor = cursor_sized(&c, PROVIDER_KEY);
	m->text = cursor_take(&c, c.in.len);
	return cursor_done(&c) && m->text.len <= PROVIDER_LINE && m->level < MSG_LINE_LEVELS &&
	       (m->actor.len == 0 || key_ok(m->actor));
}

void
msg_provider_counts_put(struct buf *b, const struct provider_counts *m)
{
	const uint64_t v[] = { m->calls, m->invokes, m->failed, m->refused, m->dropped, m->open };

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		buf_put_u64(b, v[i]);
}

bool
msg_provider_counts_get(struct bytes in, struct provider_counts *m)
{
	uint64_t *const v[] = { &m->calls, &m->invokes, &m->failed, &m->refused, &m->dropped,
		&m->open };
	struct cursor c = { in, false };

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		*v[i] = cursor_u64(&c);
	return cursor_done(&c);
}

void
msg_provider_sign_put(struct buf *b, const struct msg_provider_sign *m)
{
	buf_put_sized(b, m->actor);
	buf_put_sized(b, m->nonce);
}

bool
msg_provider_sign_get(struct bytes in, struct msg_provider_sign *m)
{
	struct cursor c = { in, false };

	m->actor = cursor_sized(&c, PROVIDER_KEY);
	m->nonce = cursor_sized(&c, PROVIDER_NONCE);
	return cursor_done(&c) && key_ok(m->actor) && m->nonce.len > 0;
}

void
msg_provider_signed_put(struct buf *b, const struct msg_provider_signed *m)
{
	buf_put_sized(b, m->actor);
	buf_put_sized(b, m->jwt);
	buf_put_sized(b, m->sig);
}

bool
msg_provider_signed_get(struct bytes in, struct msg_provider_signed *m)
{
	struct cursor c = { in, false };

	m->actor = cursor_sized(&c, PROVIDER_KEY);
	m->jwt = cursor_sized(&c, MSG_JWT_MAX);
	m->sig = cursor_sized(&c, MSG_SIG_MAX);
	return cursor_done(&c) && key_ok(m->actor);
}
