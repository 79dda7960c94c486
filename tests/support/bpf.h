/*
 * bpf - runs a filter of system calls over one call, as the kernel would (linux Documentation/
 * networking/filter.rst, kernel/seccomp.c): so that a filter for any machine is tried on any machine.
 */
#ifndef TESTS_SUPPORT_BPF_H
#define TESTS_SUPPORT_BPF_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* bpf_run() - what the filter answers (SECCOMP_RET_...); ends the test when the kernel would refuse it. */
uint32_t bpf_run(const struct sock_filter *f, size_t n, const struct seccomp_data *d);

#endif
