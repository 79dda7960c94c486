/*
 * Any bytes as a message-pack link of wasmCloud 0.18. What is accepted, msgpack-c reads in full and
 * to the same five values.
 */
#include <msgpack.h>
#include <stdlib.h>

#include "policy/commands/body.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t memory[BODY_ARENA / 8];

static void
check(bool ok)
{
	if (!ok)
		abort();
}

static struct bytes
text_of(const msgpack_object *o)
{
	check(o->type == MSGPACK_OBJECT_STR);
	return bytes_of(o->via.str.ptr, o->via.str.size);
}

static void
check_values(const msgpack_object *o, const struct body_list *values)
{
	const struct body_pair *p = values->first;

	check(o->type == MSGPACK_OBJECT_MAP && o->via.map.size == values->n);
	for (uint32_t i = 0; i < o->via.map.size; i++, p = p->next) {
		check(bytes_eq(text_of(&o->via.map.ptr[i].key), p->key));
		check(bytes_eq(text_of(&o->via.map.ptr[i].val), p->value));
	}
}

static void
check_member(struct bytes name, const msgpack_object *value, const struct body_link *link)
{
	if (bytes_is(name, "actor_id"))
		check(bytes_eq(text_of(value), link->source));
	else if (bytes_is(name, "provider_id"))
		check(bytes_eq(text_of(value), link->target));
	else if (bytes_is(name, "link_name"))
		check(bytes_eq(text_of(value), link->name));
	else if (bytes_is(name, "contract_id"))
		check(bytes_eq(text_of(value), link->contract));
	else if (bytes_is(name, "values"))
		check_values(value, &link->values);
	else
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct body_input in = { .subject = BYTES_LIT("wasmbus.rpc.l.links"),
		.payload = bytes_of(data, size) };
	struct body_arena arena = { .mem = (uint8_t *)memory, .cap = sizeof(memory) };
	static struct body b;
	msgpack_unpacked u;
	struct command c;
	size_t at = 0;

	check(command_classify(in.subject, &c) == 0);
	if (size == 0 || body_decode(&c, &in, &arena, &b) != 0) {
		check(size == 0 || (b.fault.why != NULL && b.fault.at <= size));
		return 0;
	}
	msgpack_unpacked_init(&u);
	check(msgpack_unpack_next(&u, (const char *)data, size, &at) == MSGPACK_UNPACK_SUCCESS);
	check(at == size && u.data.type == MSGPACK_OBJECT_MAP && u.data.via.map.size == 5);
	for (uint32_t i = 0; i < 5; i++)
		check_member(
		    text_of(&u.data.via.map.ptr[i].key), &u.data.via.map.ptr[i].val, b.links);
	msgpack_unpacked_destroy(&u);
	return 0;
}
