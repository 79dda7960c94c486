/*
 * rpc - invocations and responses as they travel on wasmbus.rpc.L: message-pack, in the two
 * encodings of 2021 (RPC_R18) and after (RPC_OTP), and the claims that say who made them.
 *
 * Reading takes both encodings; writing is asked for one. Nothing an invocation says counts before
 * rpc_judge() has said yes: issuer, signature, both addresses, the digest of what is asked, its
 * age, and that it was not seen before. Sources: wasmCloud v0.18.2
 * crates/wasmcloud-host/src/{messagebus,dispatch.rs}; wasmcloud-otp v0.63.2
 * host_core/native/hostcore_wasmcloud_native/src/inv.rs; wasmCloud/weld rpc-rs.
 */
#ifndef HOST_LATTICE_RPC_H
#define HOST_LATTICE_RPC_H

#include "host/lattice/rpc_seen.h"
#include "policy/core/buf.h"
#include "policy/identity/nkey.h"

enum {
	RPC_MAX = 1024 * 1024, /* of an invocation or response; longer ones are refused unread */
	RPC_ID = 128,
	RPC_NAME = 256, /* operations, contracts, link names */
	RPC_CLAIMS = 8192,
	RPC_ERROR = 4096, /* of a response's words, cut there when they are written */
	RPC_URL = 1024,
	RPC_ISSUERS = 32,
	RPC_AGE_S = 60,                             /* older invocations are refused */
	RPC_AHEAD_S = 10,                           /* so far may the maker's clock be ahead */
	RPC_WINDOW_S = RPC_AGE_S + RPC_AHEAD_S + 2, /* so long a copy has to be known as one */
};

enum rpc_form {
	RPC_OTP = 0, /* names; msg is `bin` */
	RPC_R18,     /* enums by index; msg is an array of integers */
};

/* An actor (key M...), or a provider (key V..., contract and link name). */
struct rpc_entity {
	struct bytes key;
	struct bytes contract, link; /* empty for an actor */
};

struct rpc_invocation {
	enum rpc_form form; /* as it was read */
	struct rpc_entity origin, target;
	struct bytes operation, msg, id, claims, host;
	bool has_length;
	uint64_t length; /* content_length */
};

struct rpc_response {
	enum rpc_form form; /* to write */
	struct bytes msg, id;
	bool failed; /* ->error counts */
	struct bytes error;
	bool has_length;
	uint64_t length;
};

/* Answers; also of rpc_judge(). */
enum rpc_answer {
	RPC_BAD = 1,       /* not message-pack, or not an invocation */
	RPC_CHUNKED,       /* the body is elsewhere (content_length without msg): not done here */
	RPC_OTHER_FORM,    /* the other dialect's */
	RPC_ISSUER,        /* not among those believed */
	RPC_UNSIGNED,      /* no token, or a bad one, or a bad signature */
	RPC_OTHER_ADDRESS, /* the token speaks of another origin, target or operation */
	RPC_OTHER_BODY,    /* its digest does */
	RPC_STALE,
	RPC_AHEAD,
	RPC_REPLAYED,
	RPC_ANSWERS
};

const char *rpc_word(int answer); /* "replayed": for logs and records; never NULL */

/*
 * rpc_invocation_read() - slices of @in, and of @room where bytes came as an array of integers.
 * Return: 0, RPC_BAD, RPC_CHUNKED (filled but for msg); @why is set.
 */
int rpc_invocation_read(
    struct rpc_invocation *inv, struct bytes in, struct buf *room, const char **why) must_check;
/* rpc_invocation_put() - append it, in inv->form. */
void rpc_invocation_put(struct buf *b, const struct rpc_invocation *inv);
/* rpc_response_read() - Return: 0, RPC_BAD, RPC_CHUNKED. */
int rpc_response_read(
    struct rpc_response *res, struct bytes in, struct buf *room, const char **why) must_check;
void rpc_response_put(struct buf *b, const struct rpc_response *res);

/* rpc_subject() - wasmbus.rpc.L.M or wasmbus.rpc.L.V.LINK. */
void rpc_subject(struct buf *b, struct bytes lattice, const struct rpc_entity *e);
/* rpc_queue() - the queue group hosts listen in: the subject itself (R18), "rpc" (OTP). */
void rpc_queue(struct buf *b, enum rpc_form form, struct bytes lattice, const struct rpc_entity *e);
/*
 * rpc_addressed() - is the target of @inv who listens on @subject? An invocation that came on
 * another subject than its own is not for who hears it.
 */
bool rpc_addressed(const struct rpc_invocation *inv, struct bytes lattice, struct bytes subject);
/*
 * rpc_url() - wasmbus://M or wasmbus://contract/link/V: ':' of a contract is '/', blanks are '_',
 * all in lower case but the key. The same in both forms.
 */
void rpc_url(struct buf *b, const struct rpc_entity *e);

/*
 * rpc_claims_put() - append the token over @inv (but for ->claims), in the manner of inv->form,
 * signed by @by (C..., N...), made at @iat_s; @jti is a name of its own.
 */
void rpc_claims_put(struct buf *b, const struct rpc_invocation *inv, int64_t iat_s, const char *jti,
    const struct nkey_pair *by);

/* Whom to believe; zeroed it believes nobody. */
struct rpc_trust {
	enum rpc_form
	    form; /* of this lattice: the other one is refused, its digest is of other bytes */
	const struct nkey *issuer; /* C... and N..., borrowed */
	size_t n;
	int64_t now_s;
	struct rpc_seen *seen; /* made with RPC_WINDOW_S; NULL refuses everything */
};

/*
 * rpc_judge() - may what @inv says be believed? Remembers that it was seen, when all else is right.
 * An invocation without a body is held to its digest as well.
 * Return: 0 or an answer; @why is set.
 */
int rpc_judge(const struct rpc_invocation *inv, struct rpc_trust *t, const char **why) must_check;

#endif
