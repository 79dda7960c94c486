/*
 * parent_cell_calls - a call and the cell that has it: what an actor is asked is written in the
 * words of its era, under the ceilings of the host, and its answer read back. A cell whose call was
 * cut short begins the next one with an untouched memory.
 */
#include "host/lattice/contract.h"
#include "host/proc/parent_cells_priv.h"
#include "host/proc/parent_wake.h"

static struct {
	struct buf room;
} self;

struct cell_run *
cells_idle(struct actor_run *a)
{
	for (struct cell_run *k = a->cells; k != NULL; k = k->next)
		if (k->state == CELL_RUN_IDLE && !k->leaving)
			return k;
	return NULL;
}

static void
finish(struct cell_run *k, enum provider_answer end, struct bytes out)
{
	struct call *c = k->call;

	k->call = NULL;
	k->state = CELL_RUN_IDLE;
	calls_end(c, end, out);
}

/* answered() - in the later era's words, whatever the actor's is. */
static void
answered(struct cell_run *k, struct bytes out)
{
	struct contract_said said = { .payload = out };
	int r = 0;

	buf_reset(&self.room);
	if (k->row != NULL)
		r = contract_actor_answered(k->row, out, &self.room, &said);
	if (r == 0)
		finish(k, PROVIDER_OK, said.payload);
	else
		finish(k, PROVIDER_FAILED,
		    r > 0 && said.why != NULL ? bytes_str(said.why)
					      : BYTES_LIT("its answer cannot be read"));
}

void
cells_on_answered(struct cell_run *k)
{
	const struct cell_result *got = cell_got(k->cell);
	char why[STATUS_REASON];

	if (got->outcome.answer == ACTOR_DONE) {
		answered(k, got->outcome.out);
	} else if (got->outcome.answer == ACTOR_ERROR) {
		finish(k, PROVIDER_FAILED, got->outcome.out);
	} else {
		/* what a call that was cut short left in its memory is nobody's */
		k->fresh = true;
		cells_words(got, why);
		finish(k, PROVIDER_FAILED, bytes_str(why));
	}
}

void
cells_give(struct cell_run *k, struct call *c)
{
	uint64_t now = uv_now(&host.loop);
	struct contract_said said = { .operation = c->operation, .payload = c->payload };
	struct cell_budget budget = {
		.fuel = (int64_t)host.conf->fuel, .cpu_ms = host.conf->cpu_ms, .fresh = k->fresh
	};
	struct actor_world world;
	int r;

	if (self.room.max == 0)
		buf_init(&self.room, PROVIDER_PAYLOAD);
	buf_reset(&self.room);
	budget.wall_ms = c->due_ms > now ? (uint32_t)(c->due_ms - now) : 1;
	if (budget.wall_ms > host.conf->call_ms)
		budget.wall_ms = host.conf->call_ms;
	k->call = c;
	r = contract_to_actor(k->artifact->era, c->operation, c->payload, &self.room, &said);
	if (r != 0) {
		finish(k, PROVIDER_FAILED,
		    r > 0 && said.why != NULL ? bytes_str(said.why)
					      : BYTES_LIT("the request cannot be read"));
		return;
	}
	k->row = said.row;
	k->state = CELL_RUN_BUSY;
	k->fresh = false;
	cells_world(&world);
	r = cell_begin(k->cell, said.operation, said.payload, &world, &budget, uv_hrtime());
	if (r == 0) {
		/* it has just been asked: what it says shows at its descriptor */
		cells_arm(k);
		return;
	}
	cells_on_answered(k);
	/* one that is dying says so when the loop turns */
	if (!cell_idle(k->cell))
		k->state = CELL_RUN_BUSY;
}

static struct cell_run *
cell_of(uint64_t id)
{
	for (struct actor_run *a = actors_first(); a != NULL; a = a->next)
		for (struct cell_run *k = a->cells; k != NULL; k = k->next)
			if (k->id == id)
				return k;
	return NULL;
}

void
cells_answer(uint64_t id, bool ok, struct bytes answer)
{
	struct cell_run *k = cell_of(id);

	if (k == NULL || k->cell == NULL)
		return;
	cell_answer(k->cell, ok, answer);
	/* stepped by the loop, when the cell has something to say: this may be called from within a step */
	cells_arm(k);
}
