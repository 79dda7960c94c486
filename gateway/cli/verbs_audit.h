/*
 * verbs_audit - the options of `portcullis audit`, and the longer of its texts, for the table of
 * verbs (verbs.c).
 */
#ifndef GATEWAY_CLI_VERBS_AUDIT_H
#define GATEWAY_CLI_VERBS_AUDIT_H

#include "gateway/cli/cli.h"

extern const struct cli_opt audit_tail_opts[], audit_query_opts[], audit_verify_opts[],
    audit_prove_opts[], audit_check_proof_opts[], audit_export_opts[],
    audit_rotate_opts[];
/* what stands above a noun's verbs in help */
extern const char audit_noun_about[];
extern const char audit_tail_about[], audit_query_about[], audit_verify_about[],
    audit_prove_about[], audit_check_proof_about[], audit_export_about[],
    audit_rotate_about[];

#endif
