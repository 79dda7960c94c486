/*
 * record_field - the table of members (docs/AUDIT.md has the same one in words).
 *
 * One order for all kinds. A member with a budget of n takes at most n characters between its
 * quotes or brackets; the sum of all that a kind can have stays below RECORD_LINE_MAX (a test adds
 * it up).
 */
#include "policy/audit/record_priv.h"

#define K(k) (UINT32_C(1) << RECORD_##k)

#define JUDGED (K(COMMAND) | K(DENIAL))
#define PEOPLE (JUDGED | K(OPEN) | K(CLOSE) | K(SUMMARY) | K(ADMIN) | K(READ))
#define SAID (PEOPLE | K(RELOAD) | K(CLOCK) | K(START) | K(STOP))
#define ANY UINT32_MAX

#define ENTRY(name, t, n, k, h, p)                                                                 \
	{                                                                                          \
		.key = ",\"" #name "\":", .key_len = sizeof(",\"" #name "\":") - 1,                \
		.at = offsetof(struct record, name), .has = (h), .max = (n), .kinds = (k),         \
		.type = (t), .pair = (p)                                                           \
	}
#define TEXT(name, n, k) ENTRY(name, FIELD_TEXT, n, k, 0, FIELD_SINGLE)
#define LIST(name, n, k) ENTRY(name, FIELD_LIST, n, k, 0, FIELD_SINGLE)
#define NUM(name, k) ENTRY(name, FIELD_NUM, 16, k, 0, FIELD_SINGLE)
#define FLAG(name, k) ENTRY(name, FIELD_FLAG, 4, k, 0, FIELD_SINGLE)
#define WITH(name, t, h, p, k) ENTRY(name, t, DIGEST_HEX, k, offsetof(struct record, h), p)

const struct record_field record_field[] = {
	TEXT(id, 256, JUDGED | K(OUTCOME) | K(ADMIN)),
	NUM(of, K(OUTCOME)),
	TEXT(what, 64, SAID),
	TEXT(decision, 16, JUDGED | K(ADMIN) | K(READ)),
	TEXT(mode, 16, JUDGED | K(RELOAD) | K(START)),
	FLAG(would_deny, JUDGED),
	TEXT(rule, 512, JUDGED | K(SUMMARY)),
	TEXT(reason, 256, SAID | K(GAP) | K(REMOVED)),
	TEXT(field, 512, JUDGED),
	TEXT(why, 512, SAID | K(GAP)),
	TEXT(policy, 64, JUDGED | K(SUMMARY) | K(RELOAD) | K(START)),
	TEXT(verb, 64, JUDGED | K(OUTCOME) | K(SUMMARY)),
	TEXT(dialect, 16, JUDGED),
	FLAG(mutating, JUDGED),
	NUM(sample, K(COMMAND)),
	TEXT(lattice, 256, JUDGED | K(OUTCOME) | K(SUMMARY)),
	TEXT(host, 512, JUDGED),
	TEXT(object, 2048, JUDGED),
	TEXT(target, 1024, JUDGED),
	TEXT(application, 1024, JUDGED),
	TEXT(image, 2048, JUDGED),
	TEXT(registry, 512, JUDGED),
	TEXT(repository, 1024, JUDGED),
	TEXT(tag, 256, JUDGED),
	TEXT(digest, 256, JUDGED),
	NUM(parts, JUDGED),
	WITH(count, FIELD_NUM, has_count, FIELD_SINGLE, JUDGED),
	FLAG(every_host, JUDGED),
	TEXT(link_source, 1024, JUDGED),
	TEXT(link_target, 1024, JUDGED),
	TEXT(link_name, 512, JUDGED),
	TEXT(link_contract, 512, JUDGED),
	LIST(config, 2048, JUDGED),
	LIST(labels, 2048, JUDGED),
	TEXT(outcome, 64, K(OUTCOME)),
	TEXT(success, 8, K(OUTCOME)),
	TEXT(error, 2048, K(OUTCOME)),
	NUM(answers, K(OUTCOME)),
	NUM(first_us, K(OUTCOME)),
	NUM(last_us, K(OUTCOME)),
	TEXT(subject, 4096, JUDGED | K(SUMMARY)),
	TEXT(reply, 2048, JUDGED),
	TEXT(queue, 1024, JUDGED),
	TEXT(header, 1024, JUDGED),
	TEXT(detail, 4096, SAID),
	WITH(edge, FIELD_NUM, has_conn, FIELD_FIRST, PEOPLE | K(OUTCOME)),
	WITH(client, FIELD_NUM, has_conn, FIELD_SECOND, PEOPLE | K(OUTCOME)),
	TEXT(listener, 256, PEOPLE),
	TEXT(source, 128, PEOPLE),
	TEXT(user, 64, PEOPLE),
	TEXT(account, 64, PEOPLE),
	TEXT(issuer, 64, PEOPLE),
	TEXT(name, 1024, PEOPLE),
	LIST(tags, 4096, PEOPLE),
	TEXT(jti, 256, PEOPLE),
	TEXT(certificate, 64, PEOPLE),
	LIST(certificate_names, 4096, PEOPLE),
	WITH(size, FIELD_NUM, has_payload, FIELD_FIRST, JUDGED | K(GAP)),
	WITH(sha256, FIELD_HASH, has_payload, FIELD_SECOND, JUDGED | K(GAP)),
	NUM(secrets, JUDGED),
	TEXT(body, 16384, JUDGED),
	NUM(in_msgs, K(CLOSE)),
	NUM(out_msgs, K(CLOSE)),
	NUM(in_bytes, K(CLOSE)),
	NUM(out_bytes, K(CLOSE)),
	NUM(denied, K(CLOSE)),
	NUM(duration_us, K(CLOSE)),
	NUM(summed, K(SUMMARY) | K(DENIAL) | K(GAP)),
	NUM(from, K(GAP) | K(REMOVED)),
	NUM(to, K(GAP) | K(REMOVED)),
	NUM(bytes, K(GAP) | K(REMOVED)),
	TEXT(segment, 64, K(GAP) | K(REMOVED) | K(SEGMENT)),
	WITH(root, FIELD_HASH, has_root, FIELD_SINGLE, K(REMOVED)),
	TEXT(peaks, 4096, K(SEGMENT)),
	TEXT(note, 16384, K(CHECKPOINT) | K(KEY)),
	TEXT(version, 64, K(START)),
	LIST(cut, 1024, ANY),
};

const size_t record_fields = sizeof(record_field) / sizeof(record_field[0]);

_Static_assert(sizeof(record_field) / sizeof(record_field[0]) <= RECORD_FIELDS_MAX, "room for all");
_Static_assert(RECORD_KINDS <= 32, "a set of kinds is one uint32_t");

static const char *const kind_name[RECORD_KINDS] = {
	[RECORD_NONE] = "",
	[RECORD_COMMAND] = "command",
	[RECORD_OUTCOME] = "outcome",
	[RECORD_DENIAL] = "denial",
	[RECORD_OPEN] = "open",
	[RECORD_CLOSE] = "close",
	[RECORD_RELOAD] = "reload",
	[RECORD_ADMIN] = "admin",
	[RECORD_READ] = "read",
	[RECORD_GAP] = "gap",
	[RECORD_START] = "start",
	[RECORD_STOP] = "stop",
	[RECORD_SUMMARY] = "summary",
	[RECORD_SEGMENT] = "segment",
	[RECORD_CHECKPOINT] = "checkpoint",
	[RECORD_KEY] = "key",
	[RECORD_REMOVED] = "removed",
	[RECORD_CLOCK] = "clock",
};

const char *
record_kind_name(enum record_kind k)
{
	return k < RECORD_KINDS ? kind_name[k] : "";
}

enum record_kind
record_kind_of(struct bytes name)
{
	for (size_t k = 1; k < RECORD_KINDS; k++)
		if (bytes_is(name, kind_name[k]))
			return (enum record_kind)k;
	return RECORD_NONE;
}

size_t
record_field_of(struct bytes name)
{
	for (size_t i = 0; i < record_fields; i++)
		if (bytes_eq(name, record_field_name(&record_field[i])))
			return i;
	return record_fields;
}
