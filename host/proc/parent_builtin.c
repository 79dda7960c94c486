/*
 * parent_builtin - the two contracts a host answers itself when no provider is linked: lines of a
 * log, and numbers. Both need the capability in the signed claims, as any other.
 */
#include <sodium.h>

#include "host/lattice/contract.h"
#include "host/pack/pack.h"
#include "host/proc/parent_priv.h"

struct line {
	struct bytes level, text, target;
};

struct range {
	uint64_t min, max;
};

/* write_log() - Return: what is wrong with it, or NULL. */
static const char *
write_log(const struct model_actor *a, struct bytes payload)
{
	static const struct pack_field fields[] = {
		PACK_FIELD("level", struct line, level, PACK_T_TEXT, 0),
		PACK_FIELD("text", struct line, text, PACK_T_TEXT, PACK_NEEDED),
		PACK_FIELD("target", struct line, target, PACK_T_TEXT, PACK_NILS),
	};
	struct pack p = pack_of(payload);
	struct line line = { 0 };
	struct log_line l;
	bool loud;

	(void)pack_object(&p, fields, sizeof(fields) / sizeof(fields[0]), &line);
	if (!pack_ok(&p))
		return p.why;
	if (!actors_may_say(a))
		return NULL;
	loud = bytes_is(line.level, "error") || bytes_is(line.level, "warn");
	log_begin(&l, loud ? LOG_WRN : LOG_INF, "actor_log");
	log_word(&l, "actor", a->claims.sub);
	log_bytes(&l, "level", line.level);
	log_bytes(&l, "text", line.text);
	log_end(&l);
	return NULL;
}

static const char *
number(struct bytes operation, struct bytes payload, struct buf *out)
{
	static const struct pack_field fields[] = {
		PACK_FIELD("min", struct range, min, PACK_T_U64, PACK_NEEDED),
		PACK_FIELD("max", struct range, max, PACK_T_U64, PACK_NEEDED),
	};
	struct pack p = pack_of(payload);
	struct range r = { 0 };
	char id[MODEL_ID + 1];

	if (bytes_is(operation, "NumberGen.GenerateGuid")) {
		id_new(id);
		pack_put_str(out, id);
		return NULL;
	}
	if (bytes_is(operation, "NumberGen.Random32")) {
		pack_put_uint(out, randombytes_random());
		return NULL;
	}
	if (!bytes_is(operation, "NumberGen.RandomInRange"))
		return "numbergen has no such operation";
	(void)pack_object(&p, fields, 2, &r);
	if (!pack_ok(&p) || r.min > r.max || r.max > UINT32_MAX)
		return "expected min and max, min not above max";
	pack_put_uint(out, r.max - r.min == UINT32_MAX
			       ? randombytes_random()
			       : r.min + randombytes_uniform((uint32_t)(r.max - r.min + 1)));
	return NULL;
}

void
builtin_answer(const struct model_actor *a, uint64_t cell, const struct contract_said *asked,
    struct bytes payload)
{
	struct contract_said said = { 0 };
	const char *why;
	struct buf out, room;
	int r = 0;

	buf_init(&out, 4096);
	buf_init(&room, 4096);
	if (bytes_is(asked->operation, "Logging.WriteLog"))
		why = write_log(a, asked->payload);
	else
		why = number(asked->operation, asked->payload, &out);
	said.payload = buf_bytes(&out);
	if (why == NULL && asked->row != NULL)
		r = contract_answer_actor(asked->row, payload, buf_bytes(&out), &room, &said);
	if (why == NULL && r == 0)
		cells_answer(cell, true, said.payload);
	else
		cells_answer(
		    cell, false, bytes_str(why != NULL ? why : "the answer cannot be read"));
	buf_deinit(&out);
	buf_deinit(&room);
}
