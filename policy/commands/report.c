/*
 * report - see report.h. A table of subjects, and one reader: a payload is one JSON object, and the
 * id stands in a member of it, or of an object inside it.
 *
 * Names are compared byte for byte, as serde, Jason and protojson do; two members whose names
 * differ in case alone are refused by the reader of JSON already. Fractions are let through: they
 * stand in measurements, and nothing here is a number. Claims of 0.18 (wasmbus.rpc.L.claims) name
 * an actor and its issuer and no host, so there is nothing in them to compare.
 *
 * Sources: wasmcloud-otp v0.63.2 cloud_event.ex, vhost/heartbeats.ex, linkdefs/manager.ex,
 * wasmcloud/rpc_invocations.ex, control_interface/host_server.ex; wasmCloud v0.18.2
 * wasmcloud-control-interface/src/{events,inv}.rs, generated/ctliface.rs; wasmCloud v0.82.0 and
 * v1.9.2 host/src/wasmbus/{mod,event,ctl}.rs, host/src/nats/{ctl,event}.rs; wasmCloud v2.7.0
 * wash-runtime/src/washlet/mod.rs, runtime-operator/internal/controller/runtime/host_controller.go.
 */
#include "policy/commands/report.h"

#include "policy/commands/body_priv.h"

enum { REPORT_SLOTS = 8192 };

static bool
cut(struct bytes *s, struct bytes *token)
{
	size_t dot = bytes_find(*s, '.');

	if (s->len == 0)
		return false;
	*token = bytes_upto(*s, dot);
	*s = dot < s->len ? bytes_from(*s, dot + 1) : BYTES_NULL;
	return token->len != 0;
}

static bool
skip(struct bytes *s, const char *prefix)
{
	size_t n = strlen(prefix);

	if (!bytes_starts(*s, bytes_of(prefix, n)))
		return false;
	*s = bytes_from(*s, n);
	return true;
}

/* classify_event() - behind the prefix: a lattice, and perhaps the event's name. */
static int
classify_event(struct bytes rest, bool named, struct report *out)
{
	if (!cut(&rest, &out->lattice) || !command_lattice_ok(out->lattice) ||
	    (!named && rest.len != 0))
		return REPORT_NOT;
	out->kind = REPORT_EVENT;
	return 0;
}

int
report_classify(struct bytes subject, struct report *out)
{
	struct bytes rest = subject;

	*out = (struct report){ 0 };
	if (!report_space(subject))
		return REPORT_NOT;
	if (skip(&rest, "wasmbus.evt."))
		return classify_event(rest, true, out);
	if (skip(&rest, "wasmbus.rpcevt."))
		return classify_event(rest, false, out);
	if (skip(&rest, "runtime.operator.heartbeat.")) {
		if (rest.len == 0 || bytes_find(rest, '.') != rest.len)
			return REPORT_NOT;
		*out = (struct report){
			.kind = REPORT_HEARTBEAT, .lattice = BYTES_LIT("runtime"), .host = rest
		};
		return 0;
	}
	if (skip(&rest, "wasmbus.ctl.") && cut(&rest, &out->lattice) && bytes_is(rest, "events") &&
	    command_lattice_ok(out->lattice)) {
		out->kind = REPORT_HOST_EVENT;
		return 0;
	}
	return REPORT_NOT;
}

enum report_kind
report_asked(const struct command *c)
{
	bool v1 = c->dialect == DIALECT_C;

	switch (c->verb) {
	case VERB_HOST_LIST:
		return v1 ? REPORT_PING_V1 : REPORT_PING;
	case VERB_HOST_INVENTORY:
		return v1 ? REPORT_INVENTORY_V1 : REPORT_INVENTORY;
	case VERB_ACTOR_AUCTION:
	case VERB_PROVIDER_AUCTION:
		return v1 ? REPORT_BID_V1 : REPORT_BID;
	case VERB_HOST_HEARTBEAT_GET:
		return REPORT_HEARTBEAT;
	case VERB_ACTOR_START:
	case VERB_PROVIDER_START:
		return c->dialect == DIALECT_AB ? REPORT_ACK : REPORT_NONE;
	default:
		return REPORT_NONE;
	}
}

/* Bodies. */

struct reading {
	struct body_read r;
	struct report *out;
};

/*
 * take_id() - the host named by member @name of the object at @at, if there is such a member. All
 * that a report names must be one.
 */
static int
take_id(struct reading *x, size_t at, const char *name)
{
	struct body_read *r = &x->r;
	size_t m = json_member(&r->j, at, name);
	struct bytes id = BYTES_NULL;

	r->field = bytes_str(name);
	if (m == 0)
		return 0;
	if (r->j.tok[m].kind != JSON_STRING)
		return body_refuse(r, m, "not a text");
	if (r->j.tok[m].escaped)
		return body_refuse(r, m, "a host's id needs no escapes");
	id = json_raw(&r->j, m);
	if (id.len > REPORT_ID_MAX || !body_id_ok(id) || bytes_is(id, "n/a"))
		return body_refuse(r, m, "not a host's id");
	if (x->out->id.len != 0 && !bytes_eq(x->out->id, id))
		return body_refuse(r, m, "names another host than the rest");
	x->out->id = id;
	return 0;
}

/* need_id() - as take_id(), and it must be there. */
static int
need_id(struct reading *x, size_t at, const char *name)
{
	int a = take_id(x, at, name);

	if (a == 0 && json_member(&x->r.j, at, name) == 0)
		return body_refuse(&x->r, at, "field is missing");
	return err_pass(a);
}

/* object_in() - the object that is member @name of the one at @at. 0: there is none. */
static size_t
object_in(const struct reading *x, size_t at, const char *name)
{
	size_t m = json_member(&x->r.j, at, name);

	return m != 0 && x->r.j.tok[m].kind == JSON_OBJECT ? m : 0;
}

/* take_known() - as take_id(); one that is null is none. */
static int
take_known(struct reading *x, size_t at, const char *name)
{
	size_t m = json_member(&x->r.j, at, name);

	return m != 0 && x->r.j.tok[m].kind == JSON_NULL ? 0 : take_id(x, at, name);
}

/*
 * take_all() - every id that an answer of any kind has: whoever asked two things on one reply may
 * read the answer to one as that to the other.
 */
static int
take_all(struct reading *x)
{
	size_t in = object_in(x, 0, "response");
	int a = take_known(x, 0, "id");

	if (a == 0)
		a = take_known(x, 0, "host_id");
	if (a == 0 && in != 0)
		a = take_known(x, in, "id");
	if (a == 0 && in != 0)
		a = take_known(x, in, "host_id");
	return err_pass(a);
}

static bool
is_false(const struct reading *x, size_t at, const char *name)
{
	size_t m = json_member(&x->r.j, at, name);

	return m != 0 && x->r.j.tok[m].kind == JSON_FALSE;
}

/* names_nobody() - OTP hosts publish what happens to links and references for no host: "n/a". */
static bool
names_nobody(const struct reading *x)
{
	static const char *const types[] = { "com.wasmcloud.lattice.linkdef_set",
		"com.wasmcloud.lattice.linkdef_deleted", "com.wasmcloud.lattice.refmap_set" };
	size_t source = json_member(&x->r.j, 0, "source"), type = json_member(&x->r.j, 0, "type");

	if (source == 0 || type == 0 || !json_is(&x->r.j, source, "n/a"))
		return false;
	for (size_t i = 0; i < N_FIELDS(types); i++)
		if (json_is(&x->r.j, type, types[i]))
			return true;
	return false;
}

/* read_event() - a CloudEvent: who sent it, and whom its data are about. */
static int
read_event(struct reading *x)
{
	size_t data = json_member(&x->r.j, 0, "data");
	int a;

	/* a reader takes JSON out of a text as well */
	x->r.field = BYTES_LIT("data");
	if (data != 0 && x->r.j.tok[data].kind != JSON_OBJECT && x->r.j.tok[data].kind != JSON_NULL)
		return body_refuse(&x->r, data, "data that nobody looks into");
	data = object_in(x, 0, "data");
	x->r.field = BYTES_LIT("data_base64");
	if (json_member(&x->r.j, 0, "data_base64") != 0)
		return body_refuse(&x->r, 0, "data that nobody looks into");
	a = names_nobody(x) ? 0 : need_id(x, 0, "source");
	if (a == 0 && data != 0)
		a = take_id(x, data, "host_id");
	return err_pass(a);
}

static int
read_host_event(struct reading *x)
{
	size_t header = object_in(x, 0, "header");

	x->r.field = BYTES_LIT("header");
	if (header == 0)
		return body_refuse(&x->r, 0, "field is missing");
	return need_id(x, header, "host_origin");
}

/* read_heartbeat() - protobuf JSON: the id is the subject's. */
static int
read_heartbeat(struct reading *x)
{
	int a;

	x->out->id = x->out->host;
	a = need_id(x, 0, "id");
	if (a == 0)
		a = take_id(x, 0, "host_id");
	if (a == 0)
		a = take_id(x, 0, "hostId");
	return err_pass(a);
}

/* read_plain() - an answer of A or B; a refusal need not say who refuses. */
static int
read_plain(struct reading *x, const char *name)
{
	int a = is_false(x, 0, "accepted") ? take_id(x, 0, name) : need_id(x, 0, name);

	return a != 0 ? err_pass(a) : take_all(x);
}

/* read_enveloped() - an answer of C. */
static int
read_enveloped(struct reading *x, const char *name)
{
	size_t m = json_member(&x->r.j, 0, "response");
	int a = take_all(x);

	if (a != 0)
		return err_pass(a);
	x->r.field = BYTES_LIT("response");
	if (m != 0 && x->r.j.tok[m].kind == JSON_OBJECT)
		return need_id(x, m, name);
	if (m != 0 && x->r.j.tok[m].kind != JSON_NULL)
		return body_refuse(&x->r, m, "not an object");
	return is_false(x, 0, "success") ? 0 : body_refuse(&x->r, 0, "field is missing");
}

static int
read_kind(struct reading *x)
{
	switch (x->out->kind) {
	case REPORT_EVENT:
		return read_event(x);
	case REPORT_HOST_EVENT:
		return read_host_event(x);
	case REPORT_HEARTBEAT:
		return read_heartbeat(x);
	case REPORT_PING:
		return read_plain(x, "id");
	case REPORT_INVENTORY:
	case REPORT_BID:
		return read_plain(x, "host_id");
	case REPORT_ACK:
		return take_all(x);
	case REPORT_PING_V1:
		return read_enveloped(x, "id");
	case REPORT_INVENTORY_V1:
	case REPORT_BID_V1:
		return read_enveloped(x, "host_id");
	case REPORT_NONE:
	case REPORT_KINDS:
		break;
	}
	return body_refuse(&x->r, 0, "no report");
}

int
report_decode(struct report *r, struct bytes payload, struct body_arena *arena)
{
	struct reading x = { .r = { .arena = arena, .fault = &r->fault }, .out = r };
	int a;

	arena->used = 0;
	r->id = BYTES_NULL;
	r->fault = (struct body_fault){ 0 };
	if (payload.len > REPORT_MAX)
		return body_refuse_at(&r->fault, BYTES_NULL, REPORT_MAX, "body is too long");
	x.r.j.allow_fraction = true;
	x.r.j.slot = body_arena_take(arena, REPORT_SLOTS * sizeof(uint32_t));
	x.r.j.n_slots = x.r.j.slot != NULL ? REPORT_SLOTS : 0;
	a = body_read_json(&x.r, payload);
	if (a == 0)
		a = read_kind(&x);
	if (a != 0)
		r->id = BYTES_NULL;
	return err_pass(a);
}

const char *
report_name(enum report_kind kind)
{
	static const char *const names[REPORT_KINDS] = { "none", "event", "host event", "heartbeat",
		"ping", "inventory", "bid", "ack", "ping", "inventory", "bid" };

	return (unsigned)kind < REPORT_KINDS ? names[kind] : "none";
}
