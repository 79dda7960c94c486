/*
 * contract_priv - forms of payloads: what is where in each era. Between contract.c,
 * contract_table.c and contract_form.c.
 */
#ifndef HOST_LATTICE_CONTRACT_PRIV_H
#define HOST_LATTICE_CONTRACT_PRIV_H

#include "host/lattice/contract.h"

enum { CONTRACT_PARTS = 6, CONTRACT_LIST = 65536, CONTRACT_HEADERS = 512 };

enum part_kind {
	PART_TEXT = 0,
	PART_OPT_TEXT, /* first: "" when absent; later: absent when "" */
	PART_DATA,
	PART_BOOL,
	PART_I32,
	PART_U32, /* below zero becomes 0 */
	PART_TEXTS,
	PART_HEADERS, /* first: one text each; later: a list */
	/* without a counterpart in the later era */
	PART_TRUE,
	PART_EMPTY,
	PART_ASKED,    /* the part of this name in what was asked */
	PART_STATUS,   /* an HTTP status in words, of the part before it */
	PART_TARGET,   /* a log line's: it goes in front of the text behind it */
	PART_LINE,     /* a log line's text */
	PART_HOW_MANY, /* a truth that was a number: 1 or 0 */
};

struct part {
	const char *first, *later; /* names; later NULL: it has none; "": the bare value */
	enum part_kind kind;
};

/* A payload. Zero parts: there is none, whatever stands there. */
struct form {
	size_t n;
	struct part part[CONTRACT_PARTS];
	bool bare; /* in the later era it is the value of the part named "", not a map */
};

struct contract_row {
	const char *contract;
	const char *first, *later;       /* operations */
	bool to_actor;                   /* asked of an actor; else by one */
	const struct form *ask, *answer; /* NULL: it is the same in both */
};

/* contract_row_first/later() - by operation; NULL when the table has none. */
const struct contract_row *contract_row_first(struct bytes contract, struct bytes operation);
const struct contract_row *contract_row_to_actor(struct bytes operation);
/* contract_has() - does the table know the contract as one that actors ask? */
bool contract_has(struct bytes contract);

/*
 * form_convert() - @in, a payload of @f, from one era into the other; @asked: what it answers.
 * Return: 0, CONTRACT_BAD with *why, -ENOMEM.
 */
int form_convert(const struct form *f, bool to_later, struct bytes asked, struct bytes in,
    struct buf *out, const char **why) must_check;

#endif
