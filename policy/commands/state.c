/*
 * state - see state.h.
 *
 * A host of 0.60 to 1.x opens its buckets on start, makes them when they are not there, watches
 * them by an ordered consumer into its inbox, reads keys directly and writes them by $KV subjects,
 * or by $JS.DOMAIN.API.$KV when it is told a domain. It needs no more of JetStream's API than the
 * rows here, each for streams of its own lattice; so a grant of these words opens nothing else of
 * it.
 *
 * Sources: wasmCloud v0.82.0 and v1.9.2 crates/host/src/wasmbus/mod.rs (create_bucket),
 * host/src/nats/store.rs; wasmcloud-otp v0.63.2 jetstream/client.ex, v0.50.0 host_core
 * lib/host_core/jetstream; async-nats 0.33 jetstream/kv/mod.rs; nats-server
 * server/jetstream_api.go.
 */
#include "policy/commands/state.h"

struct row {
	const char *call; /* behind API; what follows is the stream */
	bool more;        /* tokens may follow: consumer, filter, key */
	enum verb word;
};

static const struct row rows[] = {
	{ "STREAM.INFO.", false, VERB_STATE_READ },
	{ "STREAM.CREATE.", false, VERB_STATE_MANAGE },
	{ "STREAM.UPDATE.", false, VERB_STATE_MANAGE },
	{ "STREAM.DELETE.", false, VERB_STATE_MANAGE },
	{ "STREAM.PURGE.", false, VERB_STATE_MANAGE },
	{ "STREAM.MSG.GET.", false, VERB_STATE_READ },
	{ "DIRECT.GET.", true, VERB_STATE_READ },
	{ "CONSUMER.CREATE.", true, VERB_STATE_READ },
	{ "CONSUMER.INFO.", true, VERB_STATE_READ },
	{ "CONSUMER.DELETE.", true, VERB_STATE_READ },
	{ "CONSUMER.MSG.NEXT.", true, VERB_STATE_READ },
};

static bool
skip(struct bytes *s, const char *prefix)
{
	struct bytes p = bytes_str(prefix);

	if (!bytes_starts(*s, p))
		return false;
	*s = bytes_from(*s, p.len);
	return true;
}

bool
state_stream(struct bytes stream, struct bytes *lattice)
{
	bool kv = skip(&stream, "KV_");

	*lattice = BYTES_LIT("wadm");
	if (skip(&stream, "wadm_"))
		return true;
	if (kv ? !skip(&stream, "LATTICEDATA_") && !skip(&stream, "CONFIGDATA_")
	       : !skip(&stream, "LATTICECACHE_"))
		return false;
	*lattice = stream;
	return true;
}

bool
state_pattern(struct bytes pattern, struct bytes *lattice)
{
	struct bytes rest = pattern, first;

	if (skip(&rest, "lc.")) {
		*lattice = bytes_upto(rest, bytes_find(rest, '.'));
		return lattice->len < rest.len && command_lattice_ok(*lattice);
	}
	if (!skip(&rest, "$KV."))
		return false;
	first = bytes_upto(rest, bytes_find(rest, '.'));
	if (first.len == rest.len)
		return false;
	*lattice = BYTES_LIT("wadm");
	if (bytes_starts(first, BYTES_LIT("wadm_")))
		return true;
	if (!skip(&first, "LATTICEDATA_") && !skip(&first, "CONFIGDATA_"))
		return false;
	*lattice = first;
	return command_lattice_ok(first);
}

/* row_word() - behind "API.": a call about one stream of state. */
static enum verb
row_word(struct bytes call, struct bytes *lattice)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bytes stream = call;
		size_t dot;

		if (!skip(&stream, rows[i].call))
			continue;
		dot = bytes_find(stream, '.');
		if ((dot != stream.len && !rows[i].more) ||
		    !state_stream(bytes_upto(stream, dot), lattice))
			return VERB_NONE;
		return rows[i].word;
	}
	return VERB_NONE;
}

enum verb
state_request(struct bytes subject, struct bytes *lattice)
{
	struct bytes rest = subject;

	if (!skip(&rest, "$JS."))
		return VERB_NONE;
	/* what a delivered message says where its answer goes */
	if (skip(&rest, "ACK.") || skip(&rest, "FC.")) {
		struct bytes stream = bytes_upto(rest, bytes_find(rest, '.'));

		return stream.len < rest.len && state_stream(stream, lattice) ? VERB_STATE_READ
									      : VERB_NONE;
	}
	if (skip(&rest, "API."))
		return row_word(rest, lattice);
	rest = bytes_from(rest, bytes_find(rest, '.'));
	return skip(&rest, ".API.") ? row_word(rest, lattice) : VERB_NONE;
}

enum verb
state_needs(enum js_verb verb)
{
	switch (verb) {
	case JS_STREAM_CREATE:
	case JS_STREAM_UPDATE:
	case JS_STREAM_DELETE:
	case JS_STREAM_PURGE:
	case JS_STREAM_RESTORE:
	case JS_MSG_DELETE:
		return VERB_STATE_MANAGE;
	default:
		return VERB_STATE_READ;
	}
}

bool
state_header(struct bytes name)
{
	return bytes_is(name, "KV-Operation") || bytes_is(name, "Nats-Rollup") ||
	       bytes_is(name, "Nats-Expected-Last-Subject-Sequence");
}
