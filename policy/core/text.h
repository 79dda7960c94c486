/*
 * text - the one small grammar of our files: policies, gateway.conf, host.conf.
 *
 *   file    = { entry }
 *   entry   = key op value            count <= 10     image = ["a.b", "c"]
 *           | kind [ label ] block    rule hosts-serve { ... }     trust { ... }
 *   block   = "{" { entry } "}"
 *   op      = "=" | "<" | "<=" | ">" | ">=" | "!=" | "in"
 *   value   = word | "string" | "[" [ value { [","] value } ] "]"
 *   comment = "#" to the end of the line
 *
 * A word is a run of printable ASCII other than blanks, quotes, braces, brackets, comma, "=" and
 * "#" (but ${name} may be part of a value) that does not begin with an operator; "<" "<=" ">" ">=" are operators only where an operator
 * is expected, so that a subject such as metrics.> may stand bare in a list. A key is a word and
 * ends before an operator; a label is a word or a string. Strings know \" \\ \n \t \xHH and must be
 * valid UTF-8 without NUL. Entries end at a line end or before "}" (several may share a line); only
 * a list and what is between braces may go over several lines. A value is followed by a blank, a
 * line end, a bracket, a brace or a comma: a#b, a=b and "a"b are errors, not two things. The same
 * key (whatever its operator), or the same kind and label, twice in one block is an error. Control
 * bytes, and characters that turn the direction of writing, may not stand in a file, not even in a
 * comment. Blocks nest 8 deep, lists 8 deep. Nothing is taken from the environment.
 */
#ifndef POLICY_CORE_TEXT_H
#define POLICY_CORE_TEXT_H

#include "policy/core/buf.h"
#include "policy/core/bytes.h"
#include "policy/core/err.h"

enum {
	TEXT_MAX_FILE = 4 << 20,
	TEXT_MAX_DEPTH = 8,
	TEXT_MAX_ERRORS = 20, /* of one text_parse(); then it stops reading */
};

enum text_kind {
	TEXT_NONE = 0,
	TEXT_WORD,   /* a bare word or a quoted string: ->text; ->quoted tells which */
	TEXT_LIST,   /* ->child: the elements, linked by ->next */
	TEXT_ENTRY,  /* ->text the key, ->op, ->child the value */
	TEXT_SECTION /* ->text the kind, ->label (may be empty), ->child the entries */
};

enum text_op {
	TEXT_OP_NONE = 0,
	TEXT_EQ,
	TEXT_LT,
	TEXT_LE,
	TEXT_GT,
	TEXT_GE,
	TEXT_NE,
	TEXT_IN,
};

enum text_answer {
	TEXT_BAD = 1, /* the diagnostics say what and where */
};

struct text_node {
	enum text_kind kind;
	enum text_op op;
	bool quoted;
	bool used;          /* set by text_use(); text_unused() finds the rest */
	uint32_t line, col; /* 1-based, of the first byte */
	bool op_used;       /* text_op() was asked: the readers below take any operator */
	struct bytes text;  /* unescaped; owned by the tree */
	struct bytes label; /* a section's */
	struct text_node *child;
	struct text_node *next;
};

/* One tree per file; the file's name is kept for messages. */
struct text {
	char *file;
	struct text_node *root; /* a TEXT_SECTION with an empty kind, of all entries */
	struct text_block *blocks;
	uint8_t *bytes; /* the file's copy, into which words and strings point */
};

/* TEXT_ARG() - a run of bytes for "%.*s", at most 200 of it. */
#define TEXT_ARG(s) (int)((s).len < 200 ? (s).len : 200), (const char *)(s).ptr

/*
 * Messages as people read them: "FILE:LINE:COL: error: ..." one per line. Collected, bounded, so
 * that a check can show several at once; ->errors counts even those that found no room.
 */
struct text_report {
	struct buf out;
	size_t errors;
	size_t warnings;
};

void text_report_init(struct text_report *r);
void text_report_deinit(struct text_report *r);
/* text_error() - add one error at a node (NULL: the whole file); printf-like. */
void text_error(struct text_report *r, const struct text *t, const struct text_node *at,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* text_warn() - add one warning at a node. */
void text_warn(struct text_report *r, const struct text *t, const struct text_node *at,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/*
 * text_parse() - @in (at most 4 MiB) to a tree; @file is copied for messages.
 * Return: 0 and *out given (text_free()), TEXT_BAD with the report filled, -ENOMEM.
 */
int text_parse(
    struct text **out, const char *file, struct bytes in, struct text_report *r) must_check;
void text_free(struct text *t);
void text_freep(struct text **t);
/*
 * text_add() - one more node, owned by the tree, equal to @like but for its place in a list; what
 * it names is not copied. Return: NULL when out of memory.
 */
struct text_node *text_add(struct text *t, const struct text_node *like);
/*
 * text_name_in_braces() - length of the "${name}" at the front of @s, or 0: a name is of letters,
 * digits, '-', '_' and '.'. What it means is up to whoever reads the file.
 */
size_t text_name_in_braces(struct bytes s);
/* text_find() - the first child with this key or section kind (label ignored), marked as used. */
struct text_node *text_find(struct text_node *block, const char *key);
/* text_use() - mark a node as understood; returns it. */
struct text_node *text_use(struct text_node *n);
/* text_op() - an entry's operator, for a caller that knows others than "="; see the readers. */
enum text_op text_op(struct text_node *e);
/* text_op_word() - "=", "<=", "in" ... */
const char *text_op_word(enum text_op op);
/* text_unused() - report every entry below @block that nobody used as an unknown key. */
void text_unused(const struct text *t, const struct text_node *block, struct text_report *r);

/*
 * Readers of an entry's value; they mark the entry used. @e may be NULL (absent): then *out stays
 * as it was and 0 returns. An operator other than "=" is an error unless text_op() was called on
 * the entry before, so that a limit written with "<" is never read as one with "=".
 * Return: 0, or TEXT_BAD after reporting what was expected.
 */
int text_get_string(
    const struct text *t, struct text_node *e, struct bytes *out, struct text_report *r) must_check;
/* yes, no, true, false; without quotes */
int text_get_bool(
    const struct text *t, struct text_node *e, bool *out, struct text_report *r) must_check;
/* plain decimal with min and max; no sign, no leading zeros, no quotes */
int text_get_number(const struct text *t, struct text_node *e, uint64_t min, uint64_t max,
    uint64_t *out, struct text_report *r) must_check;
/* 100, 4KiB, 1MiB, 2GiB, also kB MB GB */
int text_get_size(const struct text *t, struct text_node *e, uint64_t min, uint64_t max,
    uint64_t *out, struct text_report *r) must_check;
/* 250ms, 2s, 5m, 1h, 30d; in milliseconds */
int text_get_duration_ms(const struct text *t, struct text_node *e, uint64_t min, uint64_t max,
    uint64_t *out, struct text_report *r) must_check;

#endif
