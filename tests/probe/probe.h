/*
 * probe - attacker's code in a real edge, for tests. It stands for a bug in whatever reads a
 * client's bytes: a run of bytes that begins with PROBE_MAGIC is not protocol but orders, carried
 * out in the process that received it, with everything that process has.
 *
 * Linked into portcullis-gateway-probed alone, by wrapping recv() at link time: no line of the
 * gateway knows of it, and nothing of it is ever in the program that is installed.
 */
#ifndef TESTS_PROBE_PROBE_H
#define TESTS_PROBE_PROBE_H

#include "gateway/proc/edge_priv.h"

#define PROBE_MAGIC "\001intruder "

enum { PROBE_ANSWER = 256 * 1024 };

/* What came of an attempt: the attacker has it, or the kernel's error. A death is no answer at all.
 */
struct attempt {
	bool achieved;
	long result;
	int error;
};

/* probe_call() - attempt system call attack @name with its argument. Return: false when there is
 * none of that name. */
bool probe_call(const char *name, const char *arg, struct attempt *a);
/* probe_memory() - attempts on the policy that is mapped and on making code. */
bool probe_memory(const char *name, struct attempt *a);
/*
 * probe_channel() - orders about the channels of this edge, answer appended to @out:
 *   send PEER TYPE HEX [FD]   one frame, with a descriptor; wait PEER: what comes next, or "ended"
 *   flood PEER N TYPE HEX     the same frame N times, as fast as they are taken
 *   login CONN NONCE JWT SIG, note CONN EVENT   what an edge says of its clients, well formed and
 * untrue
 */
bool probe_channel(const char *order, char *words[], size_t n, struct buf *out);
/* probe_hex() - into @out. Return: bytes, or SIZE_MAX. */
size_t probe_hex(const char *text, uint8_t *out, size_t max);

#endif
