/*
 * audit_form - a record, and what came of it, as a row for other programs: CSV, CEF; or of a table.
 */
#ifndef GATEWAY_CLI_AUDIT_FORM_H
#define GATEWAY_CLI_AUDIT_FORM_H

#include "gateway/cli/audit_say.h"

enum audit_form {
	FORM_TABLE = 0,
	FORM_JSON, /* the lines as they stand in the log */
	FORM_CSV,
	FORM_CEF,
};

/* What a table is written for. */
struct form_look {
	bool colour;
	size_t
	    columns; /* a row is no longer than this, and its number whole; 0: as long as it is */
};

/* form_head() - what stands before the first row; or nothing. */
void form_head(struct buf *b, enum audit_form form, struct form_look look);
/* form_row() - one row; @outcome may be NULL. Not for FORM_JSON. */
void form_row(struct buf *b, enum audit_form form, const struct record *r,
    const struct record *outcome, struct form_look look);

#endif
