/*
 * ship_filter - which records a sink wants. A line that is no record is wanted by who wants all.
 */
#include "gateway/proc/ship.h"
#include "policy/rules/glob.h"

bool
filter_looks(const struct sink_filter *f)
{
	return f->decisions != 0 || f->n_lattices > 0;
}

static bool
decided(const struct sink_filter *f, struct bytes decision)
{
	return ((f->decisions & SINK_ALLOW) != 0 && bytes_is(decision, "allow")) ||
	       ((f->decisions & SINK_DENY) != 0 && bytes_is(decision, "deny"));
}

static bool
in_lattice(const struct sink_filter *f, struct bytes lattice)
{
	if (lattice.len == 0)
		return false;
	for (size_t i = 0; i < f->n_lattices; i++) {
		if (glob_match(bytes_str(f->lattice[i]), lattice))
			return true;
	}
	return false;
}

bool
filter_wants(const struct sink_filter *f, enum record_kind kind, struct bytes line,
    struct record_reader *reader)
{
	struct record r;

	if (f->kinds != 0 && (kind == RECORD_NONE || (f->kinds & 1U << kind) == 0))
		return false;
	if (!filter_looks(f))
		return true;
	if (record_decode(reader, line, &r) != 0)
		return false;
	return (f->decisions == 0 || decided(f, r.decision)) &&
	       (f->n_lattices == 0 || in_lattice(f, r.lattice));
}
