/*
 * bpf - see bpf.h. Only the instructions that the kernel lets into such filters.
 */
#include "tests/support/bpf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
bad(const char *what)
{
	fprintf(stderr, "bpf: the kernel would not take this filter: %s\n", what);
	abort();
}

static uint32_t
load(const struct seccomp_data *d, uint32_t at)
{
	uint32_t v;

	if (at % 4 != 0 || at > sizeof(*d) - 4)
		bad("a load outside of the call");
	memcpy(&v, (const char *)d + at, sizeof(v));
	return v;
}

static uint32_t
calculate(uint16_t code, uint32_t a, uint32_t b)
{
	switch (BPF_OP(code)) {
	case BPF_AND:
		return a & b;
	case BPF_OR:
		return a | b;
	case BPF_ADD:
		return a + b;
	case BPF_SUB:
		return a - b;
	case BPF_RSH:
		return a >> (b & 31);
	case BPF_LSH:
		return a << (b & 31);
	default:
		bad("arithmetic");
		return 0;
	}
}

static bool
holds(uint16_t code, uint32_t a, uint32_t b)
{
	switch (BPF_OP(code)) {
	case BPF_JEQ:
		return a == b;
	case BPF_JGT:
		return a > b;
	case BPF_JGE:
		return a >= b;
	case BPF_JSET:
		return (a & b) != 0;
	default:
		bad("a jump");
		return false;
	}
}

uint32_t
bpf_run(const struct sock_filter *f, size_t n, const struct seccomp_data *d)
{
	uint32_t a = 0, x = 0, mem[BPF_MEMWORDS] = { 0 };

	for (size_t pc = 0; pc < n; pc++) {
		const struct sock_filter *i = &f[pc];
		uint32_t operand = BPF_SRC(i->code) == BPF_X ? x : i->k;

		switch (BPF_CLASS(i->code)) {
		case BPF_LD:
			a = BPF_MODE(i->code) == BPF_ABS ? load(d, i->k) :
			    BPF_MODE(i->code) == BPF_MEM ? mem[i->k % BPF_MEMWORDS] :
							   i->k;
			break;
		case BPF_ST:
			mem[i->k % BPF_MEMWORDS] = a;
			break;
		case BPF_ALU:
			a = calculate(i->code, a, operand);
			break;
		case BPF_JMP:
			if (BPF_OP(i->code) == BPF_JA)
				pc += i->k;
			else
				pc += holds(i->code, a, operand) ? i->jt : i->jf;
			break;
		case BPF_RET:
			return BPF_RVAL(i->code) == BPF_A ? a : i->k;
		case BPF_MISC:
			if (BPF_MISCOP(i->code) == BPF_TAX)
				x = a;
			else
				a = x;
			break;
		default:
			bad("an instruction");
		}
	}
	bad("it does not end");
	return 0;
}
