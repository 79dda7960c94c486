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

/* form_head() - what stands before the first row; or nothing. */
void form_head(struct buf *b, enum audit_form form, bool colour);
/* form_row() - one row; @outcome may be NULL. Not for FORM_JSON. */
void form_row(struct buf *b, enum audit_form form, const struct record *r,
    const struct record *outcome, bool colour);

#endif
