/*
 * yaml - a YAML document as tokens like those of policy/core/json.h, each with its place in the text:
 * the subset docs/BODIES.md describes (no anchors, tags, directives, merge keys, names twice).
 */
#ifndef POLICY_COMMANDS_YAML_H
#define POLICY_COMMANDS_YAML_H

#include "policy/commands/body.h"
#include "policy/core/json.h"

struct yaml {
	struct json j; /* texts are unescaped: json_raw() is their value; numbers as they were written */
	const struct body_span *from; /* where each token stands in the text */
	struct body_fault fault;
};

/*
 * yaml_tokens() - read a document whose root is a map. Tokens live in @arena, which has to have about
 * 48 bytes for each byte of @text to take any.
 * Return: 0, BODY_REFUSED (->fault).
 */
int yaml_tokens(struct yaml *y, struct bytes text, struct body_arena *arena) must_check;

#endif
