/*
 * version - which build this is, for people: the version, and the commit where it was built from a
 * git checkout. Made at each build by version.cmake, in a library of its own: a new commit links
 * three programs anew and compiles nothing else.
 */
#ifndef POLICY_CORE_VERSION_H
#define POLICY_CORE_VERSION_H

/* twelve hexadecimal digits, with a + behind them where the checkout had changes; empty: unknown */
extern const char version_commit[];
/* " (COMMIT)", or empty: what goes behind the version */
extern const char version_behind[];

#endif
