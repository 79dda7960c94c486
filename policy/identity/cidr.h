/*
 * cidr - source networks: "10.0.0.0/8", "2001:db8::/32". Strict where other readers guess: no
 * leading zeros, no bare addresses, and IPv4 written as IPv6 is refused in a network but read as
 * IPv4 in an address, so that a peer of a dual-stack socket is judged as what it is.
 */
#ifndef POLICY_IDENTITY_CIDR_H
#define POLICY_IDENTITY_CIDR_H

#include "policy/core/bytes.h"
#include "policy/core/err.h"

struct cidr {
	uint8_t addr[16];
	uint8_t len;  /* of the address: 4 or 16; 0 contains nothing */
	uint8_t bits; /* of the prefix */
};

/* cidr_parse() - network text. Return: true and *c, or false. */
bool cidr_parse(struct cidr *c, struct bytes text);
/* cidr_contains() - is the address @text (NUL-terminated, maybe with a zone) inside? */
bool cidr_contains(const struct cidr *c, const char *text);

#endif
