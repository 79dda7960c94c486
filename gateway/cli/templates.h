/*
 * templates - the files `init` starts from, as they are in the repository (gateway/cli/templates/,
 * policies/lattice.{policy,expect}), and how their @NAMES@ are filled in.
 */
#ifndef GATEWAY_CLI_TEMPLATES_H
#define GATEWAY_CLI_TEMPLATES_H

#include "policy/core/buf.h"
#include "policy/core/bytes.h"
#include "policy/core/err.h"

extern const struct bytes template_gateway_conf;
extern const struct bytes template_leaf_conf;
extern const struct bytes template_leaf_hub_conf;
extern const struct bytes template_host_conf;
extern const struct bytes template_policy;
extern const struct bytes template_expect;

/* One @NAME@ and what stands for it; a list ends with a NULL name. */
struct template_value {
	const char *name;
	struct bytes value;
};

/*
 * template_fill() - append @text with every @NAME@ (capitals and underscores) replaced. Values are
 * written as they are: quoting is the caller's.
 * Return: 0, -ENOENT (a name nobody gave a value for), -ENOMEM.
 */
int template_fill(
    struct buf *out, struct bytes text, const struct template_value *values) must_check;
/* template_quote() - append @s as a quoted string of nats-server's configuration. */
void template_quote(struct buf *out, struct bytes s);

#endif
