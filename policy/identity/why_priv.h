/* why - an answer together with its reason in words, as one expression. */
#ifndef POLICY_IDENTITY_WHY_PRIV_H
#define POLICY_IDENTITY_WHY_PRIV_H

/* why_say() - write the reason (room WHY_MAX, printf-like). Return: @answer. */
int why_say(char *why, int answer, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
