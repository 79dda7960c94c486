/*
 * filter - a profile as the program the kernel runs at each system call (classic BPF), for a
 * machine of choice: by libseccomp, which both checks the machine first and refuses the x32 calls.
 *
 * What no line grants kills the process with all its threads; so does a call of another machine.
 */
#ifndef SECCOMP_FILTER_H
#define SECCOMP_FILTER_H

#include "seccomp/profile.h"

enum filter_machine {
	FILTER_X86_64 = 1,
	FILTER_AARCH64,
};

/*
 * filter_compile() - to an array of struct sock_filter, appended to @out as bytes. A call that the
 * machine does not have is left out; one that neither has is an error.
 * Return: 0, PROFILE_BAD with the report filled, -errno.
 */
int filter_compile(const struct profile *p, enum filter_machine machine, struct buf *out,
    struct text_report *r) must_check;
/* filter_machine() - that this program runs on. */
enum filter_machine filter_machine(void);

#endif
