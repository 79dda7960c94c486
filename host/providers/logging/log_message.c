/*
 * log_message - see log_message.h. A level nobody knows is a line of information: it is no reason
 * to lose what was said.
 */
#include "host/providers/logging/log_message.h"

#include <stddef.h>

#include "host/pack/pack.h"

struct entry {
	struct bytes level, text;
};

static enum log_message_level
level_of(struct bytes s)
{
	static const struct {
		const char *name;
		enum log_message_level level;
	} names[] = { { "error", LOG_MESSAGE_ERROR }, { "warn", LOG_MESSAGE_WARN },
		{ "warning", LOG_MESSAGE_WARN }, { "info", LOG_MESSAGE_INFO },
		{ "debug", LOG_MESSAGE_DEBUG }, { "trace", LOG_MESSAGE_DEBUG } };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (bytes_is(s, names[i].name))
			return names[i].level;
	return LOG_MESSAGE_INFO;
}

const char *
log_message_get(struct bytes payload, struct log_message *m)
{
	static const struct pack_field fields[] = {
		PACK_FIELD("level", struct entry, level, PACK_T_TEXT, PACK_NEEDED),
		PACK_FIELD("text", struct entry, text, PACK_T_TEXT, PACK_NEEDED),
	};
	struct pack p = pack_of(payload);
	struct entry e = { .level = BYTES_NULL };

	(void)pack_object(&p, fields, sizeof(fields) / sizeof(fields[0]), &e);
	if (!pack_done(&p))
		return p.why;
	m->level = level_of(e.level);
	m->text = e.text;
	return NULL;
}
