/*
 * config_audit - `audit_log { }` in gateway.conf: the keys of the audit, and when segments and
 * checkpoints are made. Some of its numbers are larger than 32 bits.
 */
#include "gateway/proc/config_priv.h"

#define AT(field) offsetof(struct config, field)

static const struct config_path audit_paths[] = {
	{ "key", AT(audit_key), "keys/audit.key", NULL },
	{ "redact_key", AT(redact_key), "keys/redact.key", NULL },
};

#define YEARS_100 (UINT64_C(36500) * 24 * HOUR)
#define PIB (UINT64_C(1) << 50)

static const struct config_number numbers[] = {
	{ "checkpoint_records", AT(checkpoint_records), UNIT_COUNT, 1, 1000000, 1000, true },
	{ "checkpoint_every", AT(checkpoint_every_ms), UNIT_TIME, 1 * SEC, 24 * HOUR, 1 * MINUTE,
	    true },
	{ "segment_size", AT(segment_size), UNIT_SIZE, 64 * KIB, 1024 * MIB, 64 * MIB, true },
	{ "segment_age", AT(segment_age_ms), UNIT_TIME, 1 * SEC, YEARS_100, 24 * HOUR, true },
	{ "keep_size", AT(keep_size), UNIT_SIZE, 0, PIB, 0, true },
	{ "keep_age", AT(keep_age_ms), UNIT_TIME, 0, YEARS_100, 0, true },
};

void
config_audit(struct config_reader *rd)
{
	struct text_node *s = config_section(rd, "audit_log"), none = { .kind = TEXT_SECTION };

	config_paths(rd, s != NULL ? s : &none, audit_paths, COUNT(audit_paths));
	config_numbers(rd, s, numbers, COUNT(numbers));
}
