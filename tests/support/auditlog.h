/* auditlog - writes audit logs for tests; what its two halves share. */
#ifndef TESTS_SUPPORT_AUDITLOG_H
#define TESTS_SUPPORT_AUDITLOG_H

/* auditlog_made() - `auditlog --made DIR RECORDS PER EVERY KEY`: @arg from DIR on. Return: the exit
 * code. */
int auditlog_made(char **arg);

#endif
