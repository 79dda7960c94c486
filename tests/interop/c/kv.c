/* The key-value store, which is JetStream with conventions: put, get, create, update, keys, watch.
 */
#include "tests/interop/c/check.h"

#include <stdio.h>
#include <string.h>

#define BUCKET "interop_c"

struct store {
	natsConnection *nc;
	jsCtx *js;
	kvStore *kv;
};

static natsStatus
store_open(struct run *r, struct store *t)
{
	kvConfig cfg;
	natsStatus s;

	s = run_open(r, &t->nc, r->admin);
	if (s == NATS_OK)
		s = run_jetstream(&t->js, t->nc);
	if (s == NATS_OK)
		s = kvConfig_Init(&cfg);
	if (s == NATS_OK) {
		cfg.Bucket = BUCKET;
		cfg.History = 5;
		cfg.StorageType = js_MemoryStorage;
		js_DeleteKeyValue(t->js, BUCKET);
		s = js_CreateKeyValue(&t->kv, t->js, &cfg);
	}
	return s;
}

static void
store_close(struct store *t)
{
	kvStore_Destroy(t->kv);
	if (t->js != NULL)
		js_DeleteKeyValue(t->js, BUCKET);
	jsCtx_Destroy(t->js);
	natsConnection_Destroy(t->nc);
}

static natsStatus
expect_value(struct run *r, kvStore *kv, const char *key, const char *value)
{
	kvEntry *e = NULL;
	natsStatus s;

	s = kvStore_Get(&e, kv, key);
	if (s == NATS_OK && strcmp(kvEntry_ValueString(e), value) != 0)
		s = run_wrong(r, "another value than was put");
	kvEntry_Destroy(e);
	return s;
}

static natsStatus
put_get_update_delete(struct run *r)
{
	struct store t = { NULL, NULL, NULL };
	kvEntry *e = NULL;
	uint64_t rev = 0;
	natsStatus s;

	s = store_open(r, &t);
	if (s == NATS_OK)
		s = kvStore_PutString(&rev, t.kv, "door.state", "open");
	if (s == NATS_OK)
		s = expect_value(r, t.kv, "door.state", "open");
	if (s == NATS_OK)
		s = kvStore_UpdateString(&rev, t.kv, "door.state", "closed", rev);
	if (s == NATS_OK &&
	    kvStore_UpdateString(NULL, t.kv, "door.state", "ajar", rev - 1) == NATS_OK)
		s = run_wrong(r, "an update of an old revision passed");
	if (s == NATS_OK && kvStore_CreateString(NULL, t.kv, "door.state", "new") == NATS_OK)
		s = run_wrong(r, "a key was created twice");
	if (s == NATS_OK)
		s = expect_value(r, t.kv, "door.state", "closed");
	if (s == NATS_OK)
		s = kvStore_Delete(t.kv, "door.state");
	if (s == NATS_OK && kvStore_Get(&e, t.kv, "door.state") != NATS_NOT_FOUND)
		s = run_wrong(r, "a deleted key is still there");
	kvEntry_Destroy(e);
	store_close(&t);
	return s;
}

static natsStatus
keys_and_history(struct run *r)
{
	struct store t = { NULL, NULL, NULL };
	kvKeysList keys = { NULL, 0 };
	kvEntryList past = { NULL, 0 };
	natsStatus s;

	s = store_open(r, &t);
	if (s == NATS_OK)
		s = kvStore_PutString(NULL, t.kv, "a", "1");
	if (s == NATS_OK)
		s = kvStore_PutString(NULL, t.kv, "b", "1");
	if (s == NATS_OK)
		s = kvStore_PutString(NULL, t.kv, "a", "2");
	if (s == NATS_OK)
		s = kvStore_Keys(&keys, t.kv, NULL);
	if (s == NATS_OK && keys.Count != 2)
		s = run_wrong(r, "there are not two keys");
	if (s == NATS_OK)
		s = kvStore_History(&past, t.kv, "a", NULL);
	if (s == NATS_OK && past.Count != 2)
		s = run_wrong(r, "the key has not two values in its history");
	kvKeysList_Destroy(&keys);
	kvEntryList_Destroy(&past);
	store_close(&t);
	return s;
}

/* The next entry of a watcher; @value NULL: the mark after the initial values. */
static natsStatus
expect_watched(struct run *r, kvWatcher *w, const char *value)
{
	kvEntry *e = NULL;
	natsStatus s;

	s = kvWatcher_Next(&e, w, WAIT_MS);
	if (s == NATS_OK && (e == NULL) != (value == NULL))
		s = run_wrong(r, "the end of the initial values is at the wrong place");
	if (s == NATS_OK && value != NULL && strcmp(kvEntry_ValueString(e), value) != 0)
		s = run_wrong(r, "the watcher saw another value");
	kvEntry_Destroy(e);
	return s;
}

static natsStatus
a_watcher_sees_what_is_and_what_comes(struct run *r)
{
	struct store t = { NULL, NULL, NULL };
	kvWatcher *w = NULL;
	natsStatus s;

	s = store_open(r, &t);
	if (s == NATS_OK)
		s = kvStore_PutString(NULL, t.kv, "watched.a", "before");
	if (s == NATS_OK)
		s = kvStore_PutString(NULL, t.kv, "other", "unseen");
	if (s == NATS_OK)
		s = kvStore_Watch(&w, t.kv, "watched.*", NULL);
	if (s == NATS_OK)
		s = expect_watched(r, w, "before");
	if (s == NATS_OK)
		s = expect_watched(r, w, NULL);
	for (int i = 0; s == NATS_OK && i < 20; i++) {
		char text[16];

		snprintf(text, sizeof(text), "%d", i);
		s = kvStore_PutString(NULL, t.kv, "watched.b", text);
		if (s == NATS_OK)
			s = expect_watched(r, w, text);
	}
	kvWatcher_Destroy(w);
	store_close(&t);
	return s;
}

const struct check checks_kv[] = {
	{ "put_get_update_delete", put_get_update_delete },
	{ "keys_and_history", keys_and_history },
	{ "a_watcher_sees_what_is_and_what_comes", a_watcher_sees_what_is_and_what_comes },
	{ NULL, NULL },
};
