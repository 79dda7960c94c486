/*
 * todo - a list of things to do, over http, kept in a key-value store.
 *
 *   GET    /todos      the list, as JSON: [{"id":1,"title":"...","completed":false}, ...]
 *   POST   /todos      one more; the body is its title, as text. Answered with it, 201
 *   PATCH  /todos/ID   done, or not done any more
 *   DELETE /todos/ID   gone
 *
 * Keys: `todos` is the list of ids, `todos:next` the last id given, `todos:ID` a thing: `-` or `x`
 * and its title. Each change is told to the host's log; without one it works as well.
 */
#include "host/kit/http.h"
#include "host/kit/json_out.h"
#include "host/kit/keyvalue.h"
#include "host/kit/logging.h"

enum { TITLE_MAX = 200, LIST_MAX = 100, ID_MAX = 10 };

#define PLAIN ACTOR_TEXT("text/plain")
#define JSON ACTOR_TEXT("application/json")
#define LIST ACTOR_TEXT("todos")

/* What a request is answered with: an http answer in *out, or the store's error. */
struct todo {
	struct http_request q;
	struct actor_text id, *out;
};

static struct actor_text
joined(struct actor_text a, struct actor_text b)
{
	actor_byte *p = actor_alloc(a.n + b.n);

	memcpy(p, a.p, a.n);
	memcpy(p + a.n, b.p, b.n);
	return (struct actor_text){ p, a.n + b.n };
}

static struct actor_text
key_of(struct actor_text id)
{
	return joined(ACTOR_TEXT("todos:"), id);
}

static void
put_one(struct json_out *j, struct actor_text id, struct actor_text value)
{
	json_put(j, "{\"id\":");
	pack_raw(&j->w, id.p, id.n);
	json_put(j, ",\"title\":");
	json_put_text(j, (struct actor_text){ value.p + 1, value.n - 1 });
	json_put(j, value.p[0] == 'x' ? ",\"completed\":true}" : ",\"completed\":false}");
}

static int
reply_one(struct todo *t, int code, struct actor_text value)
{
	struct json_out j = json_new(TITLE_MAX * 6 + 128);

	put_one(&j, t->id, value);
	return http_answer(t->out, code, JSON, json_done(&j));
}

static int
list_all(struct todo *t)
{
	struct json_out j = json_new(LIST_MAX * (TITLE_MAX * 6 + 128));
	struct pack_reader ids;
	actor_size n, shown = 0;

	if (!kv_list(LIST, &ids, &n, t->out))
		return 0;
	json_put(&j, "[");
	for (n = n < LIST_MAX ? n : LIST_MAX; n > 0 && !ids.failed; n--) {
		struct actor_text id = read_text(&ids), value;
		actor_size mark = actor_mark();
		int there;

		if (!kv_get(key_of(id), &value, &there, t->out))
			return 0;
		if (!there || value.n == 0)
			continue; /* somebody deletes it right now */
		json_put(&j, shown++ > 0 ? "," : "");
		put_one(&j, id, value);
		actor_back(mark); /* the value is written: nothing points to it any more */
	}
	json_put(&j, "]\n");
	return http_answer(t->out, 200, JSON, json_done(&j));
}

static int
add(struct todo *t)
{
	struct json_out id = json_new(ID_MAX + 10);
	struct actor_text value;
	long long n = 0;

	if (t->q.body.n == 0 || t->q.body.n > TITLE_MAX)
		return http_answer(
		    t->out, 400, PLAIN, ACTOR_TEXT("a title of 1 to 200 bytes, please\n"));
	if (!kv_add(ACTOR_TEXT("todos:next"), 1, &n, t->out))
		return 0;
	json_put_int(&id, n);
	t->id = json_done(&id);
	value = joined(ACTOR_TEXT("-"), t->q.body);
	if (!kv_set(key_of(t->id), value, t->out) || !kv_list_add(LIST, t->id, t->out))
		return 0;
	log_write(ACTOR_TEXT("info"), joined(ACTOR_TEXT("added "), t->q.body));
	return reply_one(t, 201, value);
}

static int
toggle(struct todo *t, struct actor_text value)
{
	struct actor_text rest = { value.p + 1, value.n - 1 };

	value = joined(value.p[0] == 'x' ? ACTOR_TEXT("-") : ACTOR_TEXT("x"), rest);
	if (!kv_set(key_of(t->id), value, t->out))
		return 0;
	log_write(ACTOR_TEXT("info"), joined(ACTOR_TEXT("changed "), t->id));
	return reply_one(t, 200, value);
}

static int
forget(struct todo *t)
{
	if (!kv_list_del(LIST, t->id, t->out) || !kv_del(key_of(t->id), t->out))
		return 0;
	log_write(ACTOR_TEXT("info"), joined(ACTOR_TEXT("deleted "), t->id));
	return http_answer(t->out, 204, PLAIN, ACTOR_TEXT(""));
}

/* id_of() - the digits behind /todos/. */
static int
id_of(struct actor_text path, struct actor_text *id)
{
	struct actor_text front = { path.p, 7 };

	if (path.n <= 7 || path.n > 7 + ID_MAX || !actor_is(front, ACTOR_TEXT("/todos/")))
		return 0;
	*id = (struct actor_text){ path.p + 7, path.n - 7 };
	for (actor_size i = 0; i < id->n; i++)
		if (id->p[i] < '0' || id->p[i] > '9')
			return 0;
	return 1;
}

static int
one(struct todo *t)
{
	struct actor_text value;
	int there;

	if (!kv_get(key_of(t->id), &value, &there, t->out))
		return 0;
	if (!there || value.n == 0)
		return http_answer(t->out, 404, PLAIN, ACTOR_TEXT("no such thing to do\n"));
	if (actor_is(t->q.method, ACTOR_TEXT("GET")))
		return reply_one(t, 200, value);
	if (actor_is(t->q.method, ACTOR_TEXT("PATCH")))
		return toggle(t, value);
	if (actor_is(t->q.method, ACTOR_TEXT("DELETE")))
		return forget(t);
	return http_answer(t->out, 405, PLAIN, ACTOR_TEXT("GET, PATCH or DELETE\n"));
}

static int
actor_handle(struct actor_text operation, struct actor_text payload, struct actor_text *out)
{
	struct todo t = { .out = out };

	if (actor_is(operation, ACTOR_HEALTH))
		return http_healthy(out);
	if (!actor_is(operation, HTTP_HANDLE) || !http_read(payload, &t.q))
		return actor_fail(out, "I know HandleRequest of an http server and HealthRequest");
	if (id_of(t.q.path, &t.id))
		return one(&t);
	if (!actor_is(t.q.path, ACTOR_TEXT("/todos")))
		return http_answer(out, 404, PLAIN, ACTOR_TEXT("there is only /todos\n"));
	if (actor_is(t.q.method, ACTOR_TEXT("GET")))
		return list_all(&t);
	if (actor_is(t.q.method, ACTOR_TEXT("POST")))
		return add(&t);
	return http_answer(out, 405, PLAIN, ACTOR_TEXT("GET or POST\n"));
}
