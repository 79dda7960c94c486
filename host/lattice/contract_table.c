/*
 * contract_table - the operations of both eras, side by side, and what their payloads hold.
 *
 * Sources: wasmCloud/actor-interfaces keyvalue.widl, messaging.widl, httpserver.widl,
 * httpclient.widl, logging.widl, extras.widl, core.widl; wasmCloud/interfaces keyvalue.smithy,
 * messaging.smithy, httpserver.smithy, httpclient.smithy, logging.smithy, numbergen.smithy,
 * wasmcloud-core.smithy. What a list's deletion counted in 2021 is from the Redis provider of
 * capability-providers.
 */
#include "host/lattice/contract_priv.h"

#define P(first, later, kind)                                                                      \
	{                                                                                          \
		first, later, PART_##kind                                                          \
	}

static const struct form nothing = { .n = 0 };

/* --- key-value --- */
static const struct form kv_key = { 1, { P("key", "", TEXT) }, true };
static const struct form kv_keys = { 1, { P("keys", "", TEXTS) }, true };
static const struct form kv_set = { 3,
	{ P("key", "key", TEXT), P("value", "value", TEXT), P("expires", "expires", U32) }, false };
static const struct form kv_add = { 2, { P("key", "key", TEXT), P("value", "value", I32) }, false };
static const struct form kv_list = { 2, { P("key", "listName", TEXT), P("value", "value", TEXT) },
	false };
static const struct form kv_range = { 3,
	{ P("key", "listName", TEXT), P("start", "start", I32), P("stop", "stop", I32) }, false };
static const struct form kv_member = { 2, { P("key", "setName", TEXT), P("value", "value", TEXT) },
	false };
static const struct form kv_was_set = { 1, { P("value", NULL, ASKED) }, false };
static const struct form kv_was_key = { 1, { P("key", NULL, ASKED) }, false };
static const struct form kv_number = { 1, { P("value", "", I32) }, true };
static const struct form kv_values = { 1, { P("values", "", TEXTS) }, true };
static const struct form kv_count = { 1, { P("newCount", "", U32) }, true };
static const struct form kv_removed = { 1, { P("newCount", "", HOW_MANY) }, true };
/* the one response of 2021 that is spelt with an underscore */
static const struct form kv_members = { 1, { P("new_count", "", U32) }, true };
static const struct form kv_exists = { 2, { P("value", NULL, EMPTY), P("exists", "", BOOL) },
	true };

/* --- messaging --- */
static const struct form message = { 3,
	{ P("subject", "subject", TEXT), P("replyTo", "replyTo", OPT_TEXT),
	    P("body", "body", DATA) },
	false };
static const struct form published = { 1, { P("published", NULL, TRUE) }, false };
static const struct form msg_request = { 3,
	{ P("subject", "subject", TEXT), P("body", "body", DATA), P("timeout", "timeoutMs", U32) },
	false };

/* --- http --- */
static const struct form http_request = { 5,
	{ P("method", "method", TEXT), P("path", "path", TEXT),
	    P("queryString", "queryString", TEXT), P("header", "header", HEADERS),
	    P("body", "body", DATA) },
	false };
static const struct form http_response = { 4,
	{ P("statusCode", "statusCode", U32), P("status", NULL, STATUS),
	    P("header", "header", HEADERS), P("body", "body", DATA) },
	false };
static const struct form http_call = { 4,
	{ P("method", "method", TEXT), P("url", "url", TEXT), P("headers", "headers", HEADERS),
	    P("body", "body", DATA) },
	false };

/* --- others --- */
static const struct form log_line = { 3,
	{ P("target", NULL, TARGET), P("level", "level", TEXT), P("text", "text", LINE) }, false };
static const struct form health = { 1, { P("placeholder", NULL, TRUE) }, false };

static const char kv[] = "wasmcloud:keyvalue", messaging[] = "wasmcloud:messaging",
		  httpclient[] = "wasmcloud:httpclient", httpserver[] = "wasmcloud:httpserver",
		  logging[] = "wasmcloud:builtin:logging",
		  numbers[] = "wasmcloud:builtin:numbergen";

static const struct contract_row rows[] = {
	{ httpserver, "HandleRequest", "HttpServer.HandleRequest", true, &http_request,
	    &http_response },
	{ messaging, "HandleMessage", "MessageSubscriber.HandleMessage", true, &message, &nothing },
	{ "core", "HealthRequest", "Actor.HealthRequest", true, &health, NULL },

	{ kv, "Get", "KeyValue.Get", false, &kv_key, NULL },
	{ kv, "Set", "KeyValue.Set", false, &kv_set, &kv_was_set },
	{ kv, "Add", "KeyValue.Increment", false, &kv_add, &kv_number },
	{ kv, "Del", "KeyValue.Del", false, &kv_key, &kv_was_key },
	{ kv, "Clear", "KeyValue.ListClear", false, &kv_key, &kv_was_key },
	{ kv, "Range", "KeyValue.ListRange", false, &kv_range, &kv_values },
	{ kv, "Push", "KeyValue.ListAdd", false, &kv_list, &kv_count },
	{ kv, "ListItemDelete", "KeyValue.ListDel", false, &kv_list, &kv_removed },
	{ kv, "SetAdd", "KeyValue.SetAdd", false, &kv_member, &kv_members },
	{ kv, "SetRemove", "KeyValue.SetDel", false, &kv_member, &kv_members },
	{ kv, "SetUnion", "KeyValue.SetUnion", false, &kv_keys, &kv_values },
	{ kv, "SetIntersection", "KeyValue.SetIntersection", false, &kv_keys, &kv_values },
	{ kv, "SetQuery", "KeyValue.SetQuery", false, &kv_key, &kv_values },
	{ kv, "KeyExists", "KeyValue.Contains", false, &kv_key, &kv_exists },

	{ messaging, "Publish", "Messaging.Publish", false, &message, &published },
	{ messaging, "Request", "Messaging.Request", false, &msg_request, &message },
	{ httpclient, "Request", "HttpClient.Request", false, &http_call, &http_response },
	{ logging, "WriteLog", "Logging.WriteLog", false, &log_line, &nothing },
	{ numbers, "RequestGuid", "NumberGen.GenerateGuid", false, &nothing, NULL },
	{ numbers, "RequestRandom", "NumberGen.RandomInRange", false, NULL, NULL },
};

enum { N_ROWS = sizeof(rows) / sizeof(rows[0]) };

const struct contract_row *
contract_row_first(struct bytes contract, struct bytes operation)
{
	for (size_t i = 0; i < N_ROWS; i++)
		if (!rows[i].to_actor && contract_same(contract, bytes_str(rows[i].contract)) &&
		    bytes_is(operation, rows[i].first))
			return &rows[i];
	return NULL;
}

const struct contract_row *
contract_row_to_actor(struct bytes operation)
{
	for (size_t i = 0; i < N_ROWS; i++)
		if (rows[i].to_actor && bytes_is(operation, rows[i].later))
			return &rows[i];
	return NULL;
}

bool
contract_has(struct bytes contract)
{
	for (size_t i = 0; i < N_ROWS; i++)
		if (!rows[i].to_actor && contract_same(contract, bytes_str(rows[i].contract)))
			return true;
	return false;
}
