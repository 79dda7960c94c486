/*
 * clock - the two clocks: wall time for credentials and records, monotonic time for deadlines.
 */
#ifndef GATEWAY_IO_CLOCK_H
#define GATEWAY_IO_CLOCK_H

#include <stdint.h>
#include <time.h>

/* clock_wall_s() - seconds since 1970. */
static inline int64_t
clock_wall_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec;
}

/* clock_wall_ns() - nanoseconds since 1970. */
static inline int64_t
clock_wall_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* clock_mono_ns() - nanoseconds since some start; never steps. */
static inline int64_t
clock_mono_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* clock_boot_ns() - nanoseconds since the machine started, suspend included; never steps. */
static inline int64_t
clock_boot_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

#endif
