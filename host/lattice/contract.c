/*
 * contract - see contract.h. What passes untranslated is what the table does not know: operations
 * that actors of one era share among themselves, contracts of other people. An operation that the
 * hosts of 2021 obeyed when it came from the network (__halt, BindActor ...) is refused in both
 * directions: nobody here obeys it, and an actor of that time must not be asked to.
 *
 * Source of the reserved names: wasmCloud v0.18.2
 * crates/wasmcloud-host/src/{dispatch,hlreg,capability}.
 */
#include "host/lattice/contract_priv.h"

static bool
is_reserved(struct bytes operation)
{
	static const char *const names[] = { "BindActor", "RemoveActor",
		"GetCapabilityDescriptor" };

	if (bytes_starts(operation, BYTES_LIT("__")))
		return true;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (bytes_is(operation, names[i]))
			return true;
	return false;
}

/* An operation of the table, said by an actor of the later era: only what wraps its answer goes. */
static const struct contract_row as_it_is = { .to_actor = true };

static int
say(struct contract_said *out, int answer, const char *why)
{
	out->why = why;
	return answer;
}

/* start() - as it was given, which is how it stays unless the table says otherwise. */
static void
start(
    struct contract_said *out, struct bytes contract, struct bytes operation, struct bytes payload)
{
	*out = (struct contract_said){
		.contract = contract_canonical(contract),
		.operation = operation,
		.payload = payload,
	};
}

/* convert() - by a form, into @room; a form that is NULL is the same in both eras. */
static int
convert(const struct form *f, bool to_later, struct bytes asked, struct buf *room,
    struct contract_said *out)
{
	size_t from = room->len;
	int r;

	if (f == NULL)
		return 0;
	r = form_convert(f, to_later, asked, out->payload, room, &out->why);
	if (r == 0)
		out->payload = f->n != 0 ? bytes_from(buf_bytes(room), from) : BYTES_NULL;
	return err_pass(r);
}

/*
 * unwrap() - later kits put a byte in front of message-pack (0xc1, which nothing begins with) or
 * CBOR (0x7f, which is a whole number and has nothing behind it). Source: weld codec-rs.
 */
static int
unwrap(struct contract_said *out)
{
	if (out->payload.len > 0 && out->payload.ptr[0] == 0xc1)
		out->payload = bytes_from(out->payload, 1);
	else if (out->payload.len > 1 && out->payload.ptr[0] == 0x7f)
		return say(out, CONTRACT_BAD, "CBOR, which this host does not read");
	return 0;
}

int
contract_to_actor(enum era era, struct bytes operation, struct bytes payload, struct buf *room,
    struct contract_said *out)
{
	start(out, BYTES_NULL, operation, payload);
	if (is_reserved(operation))
		return say(out, CONTRACT_REFUSED, "an operation that only its own host may ask");
	out->row = contract_row_to_actor(operation);
	if (out->row == NULL)
		return 0;
	if (era != ERA_FIRST) {
		out->row = &as_it_is;
		return 0;
	}
	out->contract = bytes_str(out->row->contract);
	out->operation = bytes_str(out->row->first);
	return convert(out->row->ask, false, BYTES_NULL, room, out);
}

int
contract_actor_answered(const struct contract_row *row, struct bytes payload, struct buf *room,
    struct contract_said *out)
{
	start(out, BYTES_NULL, BYTES_NULL, payload);
	out->row = row;
	if (row == &as_it_is)
		return unwrap(out);
	return row != NULL ? convert(row->answer, true, BYTES_NULL, room, out) : 0;
}

int
contract_from_actor(enum era era, struct bytes contract, struct bytes operation,
    struct bytes payload, struct buf *room, struct contract_said *out)
{
	start(out, contract, operation, payload);
	if (is_reserved(operation))
		return say(out, CONTRACT_REFUSED, "an operation that only a host may ask");
	if (era != ERA_FIRST)
		return contract_has(contract) ? unwrap(out) : 0;
	/* no operation of the first era has a dot: an actor that says one knows the later form */
	if (bytes_find(operation, '.') < operation.len)
		return contract_has(contract) ? unwrap(out) : 0;
	out->row = contract_row_first(contract, operation);
	if (out->row == NULL)
		return contract_has(contract)
			   ? say(out, CONTRACT_NONE, "the contract has no such operation any more")
			   : 0;
	out->operation = bytes_str(out->row->later);
	return convert(out->row->ask, true, BYTES_NULL, room, out);
}

int
contract_answer_actor(const struct contract_row *row, struct bytes asked, struct bytes payload,
    struct buf *room, struct contract_said *out)
{
	start(out, BYTES_NULL, BYTES_NULL, payload);
	out->row = row;
	return row != NULL ? convert(row->answer, false, asked, room, out) : 0;
}
