/*
 * promises - the *.expect files of a policy folder, read from the disk: for those who check a
 * deployment. The compiler process is sent the same files (parent_files.c).
 */
#ifndef GATEWAY_PROC_PROMISES_H
#define GATEWAY_PROC_PROMISES_H

#include "policy/rules/expect.h"

/*
 * promises_payload - an expect_bodies' reader: a file in the folder of the *.expect file, and in no
 * other. ->ctx is not used.
 */
int promises_payload(
    void *ctx, const char *expect_file, struct bytes name, struct buf *out) must_check;
/*
 * promises_check() - every *.expect file of @folder against @p; what does not hold is an error in
 * the report, as is a file that cannot be read. Return: 0, EXPECT_FAILED, -ENOMEM.
 */
int promises_check(
    const struct policy *p, const char *folder, struct text_report *report) must_check;

#endif
