/* call_name - see call_name.h. The names are libseccomp's. */
#include "seccomp/call_name.h"

#include <linux/audit.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>

enum { X32_BIT = 0x40000000 };

void
call_name(uint32_t machine, uint32_t number, char out[CALL_NAME])
{
	const char *of = machine == AUDIT_ARCH_X86_64 || machine == AUDIT_ARCH_AARCH64 ? ""
			 : machine == AUDIT_ARCH_I386                                  ? "i386:"
						      : "other-machine:";
	char *name;

	if (machine == AUDIT_ARCH_X86_64 && (number & X32_BIT) != 0) {
		of = "x32:";
		number &= ~(uint32_t)X32_BIT;
	}
	name = seccomp_syscall_resolve_num_arch(machine, (int)number);
	if (name != NULL)
		snprintf(out, CALL_NAME, "%s%s", of, name);
	else
		snprintf(out, CALL_NAME, "%s%u", of, number);
	free(name);
}
