/*
 * contract_name - contracts that go by two names, and those a host answers itself.
 *
 * Source: wasmcloud-otp v0.63.2 host_core/lib/host_core/wasmcloud/native.ex,
 * web_assembly/imports.ex; wasmCloud/interfaces logging.smithy, numbergen.smithy;
 * wasmCloud/actor-interfaces extras.widl.
 */
#include "host/lattice/contract.h"

struct alias {
	const char *name, *is;
};

static const struct alias aliases[] = {
	{ "wasmcloud:logging", "wasmcloud:builtin:logging" },
	{ "wasmcloud:extras", "wasmcloud:builtin:numbergen" },
	{ "wasmcloud:numbergen", "wasmcloud:builtin:numbergen" },
};

struct bytes
contract_canonical(struct bytes contract)
{
	for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++)
		if (bytes_is(contract, aliases[i].name))
			return bytes_str(aliases[i].is);
	return contract;
}

bool
contract_same(struct bytes a, struct bytes b)
{
	return bytes_eq(contract_canonical(a), contract_canonical(b));
}

bool
contract_builtin(struct bytes contract)
{
	return bytes_starts(contract_canonical(contract), BYTES_LIT("wasmcloud:builtin:"));
}
