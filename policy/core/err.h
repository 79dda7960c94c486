/*
 * err - how functions report: 0 done, > 0 an answer, < 0 an accident (-errno).
 *
 * An answer is a value of the function's own enum, which the caller handles; bad input from a
 * stranger is an answer. An accident is a negated errno, passed up unchanged. err_raise() marks
 * where an accident starts, err_pass() where it travels through; both leave the value alone, so
 * that a debugger can be told to stop at one place.
 */
#ifndef POLICY_CORE_ERR_H
#define POLICY_CORE_ERR_H

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#define must_check __attribute__((warn_unused_result))
#define autofree(fn) __attribute__((cleanup(fn)))

/* err_raise() - an accident begins here. Return: @r unchanged. */
static inline int
err_raise(int r)
{
	return r;
}

/* err_pass() - an answer or an accident of a callee travels on. Return: @r unchanged. */
static inline int
err_pass(int r)
{
	return r;
}

/* take() - move an owning pointer out of a variable that cleans itself; the variable is NULL after. */
#define take(p)                                                                                    \
	__extension__({                                                                            \
		__typeof__(p) taken_ = (p);                                                        \
		(p) = NULL;                                                                        \
		taken_;                                                                            \
	})

/* mem_freep() - cleanup for heap memory: `autofree(mem_freep) char *s`. */
static inline void
mem_freep(void *p)
{
	void **pp = p;

	free(*pp);
	*pp = NULL;
}

#endif
