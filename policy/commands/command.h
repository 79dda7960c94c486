/*
 * command - which subjects command something, and what, as far as the subject alone can say.
 *
 * One table (command.c) covers dialects A (wasmCloud 0.18), B (0.50-0.82), C (1.x), D (2.x), wadm
 * and the key-value side doors. The deny list of minted upstream logins is generated from it.
 * Source of each row: docs/COMMANDS.md.
 */
#ifndef POLICY_COMMANDS_COMMAND_H
#define POLICY_COMMANDS_COMMAND_H

#include "policy/core/buf.h"
#include "policy/core/bytes.h"
#include "policy/core/err.h"

enum dialect {
	DIALECT_NONE = 0,
	DIALECT_A,
	DIALECT_B,
	DIALECT_AB, /* the subject is spelt the same in A and B */
	DIALECT_C,
	DIALECT_D,
	DIALECT_WADM,
	DIALECT_KV, /* side doors: $KV.LATTICEDATA_*, $KV.CONFIGDATA_*, lc.* */
};

/* Verbs by bit, so that a rule holds a set. Names: command_verb_name(), docs/COMMANDS.md. */
enum verb {
	VERB_NONE = 0,
	VERB_HOST_LIST,
	VERB_HOST_INVENTORY,
	VERB_CLAIMS_GET,
	VERB_LINK_GET,
	VERB_CONFIG_GET,
	VERB_ACTOR_AUCTION,
	VERB_PROVIDER_AUCTION,
	VERB_ACTOR_START,
	VERB_ACTOR_STOP,
	VERB_ACTOR_SCALE,
	VERB_ACTOR_UPDATE,
	VERB_PROVIDER_START,
	VERB_PROVIDER_STOP,
	VERB_HOST_STOP,
	VERB_LINK_PUT,
	VERB_LINK_DEL,
	VERB_LABEL_PUT,
	VERB_LABEL_DEL,
	VERB_REGISTRY_PUT,
	VERB_CONFIG_PUT,
	VERB_CONFIG_DEL,
	VERB_WORKLOAD_START,
	VERB_WORKLOAD_STOP,
	VERB_WORKLOAD_STATUS,
	VERB_HOST_HEARTBEAT_GET, /* D: runtime.host.H.heartbeat */
	VERB_MANIFEST_GET,       /* wadm get, list, versions, status */
	VERB_MANIFEST_PUT,
	VERB_MANIFEST_DEL,
	VERB_MANIFEST_DEPLOY,
	VERB_MANIFEST_UNDEPLOY,
	VERB_WADM_COMMAND, /* wadm.cmd.*: wadm executes it */
	VERB_STATE_WRITE,  /* the key-value side doors */
	VERB_STATE_READ,   /* not a command: see what is stored, by JetStream; see state.h */
	VERB_STATE_MANAGE, /* not a command: make, change and empty what stores it */
	/* not commands: what a provider obeys inside RPC, judged on the edge; see guarded.h */
	VERB_RPC_LINK,
	VERB_RPC_SHUTDOWN,
	VERB_RPC_HEALTH,
	VERB_RPC_CONFIG,
	/* not commands: what servers of the control plane need, see server.h */
	VERB_SERVE_WADM,
	VERB_SERVE_OPERATOR,
	VERB_SERVE,        /* not a command: the bundle a host has, see rights */
	VERB_CONTROL_WATCH,/* not a command: subscribe to command subjects */
	VERB_HOST_EVENT,   /* A: a host's own event, wasmbus.ctl.L.events; part of serve, granted by no name */
	VERB_UNKNOWN,      /* under a control prefix, in no table: always denied, flagged */
	VERB_COUNT
};

_Static_assert(VERB_COUNT <= 64, "a set of verbs is one uint64_t");
#define VERB_BIT(v) (UINT64_C(1) << (v))
/* Words that are granted like verbs and are no commands: no condition can be put to them. */
#define VERBS_NO_COMMAND                                                                           \
	(VERB_BIT(VERB_SERVE) | VERB_BIT(VERB_CONTROL_WATCH) | VERB_BIT(VERB_STATE_READ) |         \
	    VERB_BIT(VERB_STATE_MANAGE) | VERB_BIT(VERB_SERVE_WADM) | VERB_BIT(VERB_SERVE_OPERATOR) |  \
	    VERB_BIT(VERB_RPC_LINK) | VERB_BIT(VERB_RPC_SHUTDOWN) | VERB_BIT(VERB_RPC_HEALTH) |        \
	    VERB_BIT(VERB_RPC_CONFIG))

struct command {
	enum verb verb;
	enum dialect dialect;
	struct bytes account; /* slices into the subject: the account token of X.wasmbus.ctl..., X.wadm... */
	struct bytes lattice; /* empty when the dialect has none; see command_lattice() */
	struct bytes host;    /* target host id, empty: none or all */
	struct bytes object;  /* config name, manifest name, key; empty: in the body */
	bool mutating;
};

/* answers of command_classify() */
enum command_answer {
	COMMAND_NOT = 1, /* not a command subject: data */
};

/*
 * command_classify() - what a literal subject commands. Return: 0 with *c filled (verb VERB_UNKNOWN
 * for a control prefix without a known tail), COMMAND_NOT.
 */
int command_classify(struct bytes subject, struct command *c) must_check;
struct prefixes;
/*
 * command_classify_under() - as command_classify(), where a policy has control prefixes of its own
 * (prefix.h). The slices of *c lie in @subject as it was written.
 */
int command_classify_under(const struct prefixes *set, struct bytes subject, struct command *c) must_check;
/*
 * command_lattice() - the lattice a rule has to govern: ->lattice, or for commands that name none the
 * stand-in "runtime" (dialect D) or "wadm" (wadm's own buckets).
 */
struct bytes command_lattice(const struct command *c);
/*
 * command_lattice_ok() - may a lattice be called so? One token of letters, digits, '-' and '_' that is
 * no word of another dialect's grammar ("v1", "get", "wadm", ...) and no reserved space.
 */
bool command_lattice_ok(struct bytes name);
/* command_lattice_stand_in() - is it "runtime" or "wadm", which name no lattice but may be governed? */
bool command_lattice_stand_in(struct bytes name);
/*
 * command_may_be() - every verb the command can turn out to be once its body is read, as a set; it
 * contains ->verb. A scale may start or stop. A deny of any of them denies it, an allow needs ->verb.
 */
uint64_t command_may_be(const struct command *c);
/* command_covers() - is every subject that matches this pattern a command subject? */
bool command_covers(struct bytes pattern);
/* command_overlaps() - could a message on a command subject match this subscription pattern? */
bool command_overlaps(struct bytes pattern);
/* command_covers_under(), command_overlaps_under() - where a policy has control prefixes of its own. */
bool command_covers_under(const struct prefixes *set, struct bytes pattern);
bool command_overlaps_under(const struct prefixes *set, struct bytes pattern);
/* command_verb_mutates() - does it change anything? True for what nobody knows. */
bool command_verb_mutates(enum verb v);
/* command_verbs_mutate() - does one of a set? */
bool command_verbs_mutate(uint64_t set);
/* command_verb_name() - "provider.start"; never NULL. */
const char *command_verb_name(enum verb v);
/* command_dialect_name() - "A", "B", "AB", "C", "D", "wadm", "kv", or "" for none. */
const char *command_dialect_name(enum dialect d);
/*
 * command_verbs_of() - set of verbs for a verb, a group ("actor.*") or a bundle (serve read operate
 * deploy, "*" for all); 0 unknown. VERB_UNKNOWN and VERB_HOST_EVENT are in no set.
 */
uint64_t command_verbs_of(struct bytes name);
/*
 * command_deny_list() - patterns that cover every command subject, one call of @add each; for the
 * minted logins. NATS cannot say "begins with" inside a token, so all of $KV is covered.
 */
void command_deny_list(void (*add)(void *ctx, struct bytes pattern), void *ctx);
/* command_deny_under() - the same and the spaces of a policy's own prefixes, those only for the call. */
void command_deny_under(const struct prefixes *set, void (*add)(void *ctx, struct bytes pattern), void *ctx);

#endif
