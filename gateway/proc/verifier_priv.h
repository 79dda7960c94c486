/*
 * verifier_priv - the verifier in four files: verifier.c judges logins, verifier_shown.c the certificates
 * shown with them, verifier_known.c keeps who is logged in and tells the others, verifier_trust.c whom to
 * trust and for how long.
 */
#ifndef GATEWAY_PROC_VERIFIER_PRIV_H
#define GATEWAY_PROC_VERIFIER_PRIV_H

#include "gateway/proc/child.h"
#include "gateway/proc/conns.h"
#include "gateway/proc/doors.h"
#include "gateway/proc/log_few.h"
#include "gateway/proc/msg_verifier.h"
#include "gateway/proc/nonces.h"
#include "gateway/proc/numbers.h"
#include "gateway/proc/people.h"
#include "gateway/proc/seats.h"
#include "gateway/proc/snapshot.h"
#include "gateway/tls/peer.h"
#include "policy/core/wipe.h"
#include "policy/identity/seen.h"
#include "policy/identity/trust.h"

enum { VERIFIER_EDGES = DOORS };

/* A connection that logged in. */
struct known {
	struct conn_node node; /* first */
	struct person *person;
	struct seat seat;
	uint8_t listener;
	bool ended;  /* the edge was told to end it */
	bool told;   /* by the signer: it logged in with the verifier before; its edge has not confirmed it */
};

struct verifier {
	struct child child; /* first */
	struct channel edge[VERIFIER_EDGES];
	struct nonces nonces[VERIFIER_EDGES];
	struct numbers numbers[VERIFIER_EDGES]; /* of connections that logged in: each once */
	struct channel signer, dispatcher, auditor;
	struct doors doors; /* open: the table is whole */
	struct secret inbox_key;
	struct snapshot snapshot;
	uint64_t policies; /* how many there were with this one */
	struct trust *trust, *next_trust;
	struct seen *seen; /* tokens that were rightly signed */
	struct peer_roots *roots; /* of clients' certificates; NULL: none are asked for */
	bool certified;           /* without a token a certificate says who it is */
	struct peer shown;        /* the last one judged */
	bool next_bad;
	bool rebuilt; /* the signer has said who is there */
	struct conns conns;
	struct people people;
	struct seats seats;
	uv_timer_t tick;
	struct log_few refused_lines;
	int64_t next_end_s; /* of an account or operator; 0: none */
	uint64_t lost;      /* refused logins the auditor was not there for */
};

extern struct verifier verifier;

/*
 * known_add() - @id (taken) logged in. @no: the code of a refusal, when there is no room; NULL: whoever it is
 * was let in before. Return: 0 and *out, -EEXIST, -EDQUOT (*no says which), -errno.
 */
int known_add(unsigned edge, uint64_t conn, uint8_t listener, struct identity *id, const char **no,
    struct known **out) must_check;
/* known_edge() - an edge whose connections are numbered on from @since: whom one before it had is gone. */
void known_edge(unsigned index, uint64_t since);
/*
 * known_introduce() - to whoever is there of signer, dispatcher and auditor; it leaves before anything is said to
 * an edge (known_others_first). Return: 0, -errno.
 */
int known_introduce(const struct known *k) must_check;
/*
 * known_others_first() - the edges' channels ask it before they send: what was said to signer, dispatcher and
 * auditor is theirs already, or the edge waits.
 */
bool known_others_first(struct channel *edge);
/* known_forget() - it left; the others are told. */
void known_forget(struct known *k);
/* known_tell_all() - to one that is new, or that heard it from another verifier: who is there, and that this is all. */
void known_tell_all(struct channel *to);
/* MSG_WHO, MSG_WHO_ALL of the signer, who has kept what the verifier before said. */
int known_on_who(struct channel *c, struct cursor *in, int fd);
int known_on_who_all(struct channel *c, struct cursor *in, int fd);
/* MSG_STILL, MSG_STILL_END of an edge. */
int known_on_still(struct channel *c, struct cursor *in, int fd);
int known_on_still_end(struct channel *c, struct cursor *in, int fd);
/* verifier_begin() - once started and rebuilt: the others are told, the edges listened to. */
void verifier_begin(void);

/* verifier_review() - is everybody still good? @all: trust changed; else only the clock moved. */
void verifier_review(bool all);
void verifier_on_tick(uv_timer_t *t);
/*
 * shown_login() - what @m says, judged: token, certificate or both. Return: as trust_login(), *id owned by the
 * caller.
 */
int shown_login(const struct msg_login *m, int64_t now_s, struct identity *id, char why[160]) must_check;
/* shown_recheck() - is an identity by certificate still what root and policy say? Return: 0, a trust_answer. */
int shown_recheck(const struct identity *id) must_check;
/* MSG_TLS: the parent's word on client certificates. */
int shown_on_tls(struct channel *c, struct cursor *in, int fd);
/* The parent's word on whom to trust. */
int verifier_on_trust_begin(struct channel *c, struct cursor *in, int fd);
int verifier_on_trust_operator(struct channel *c, struct cursor *in, int fd);
int verifier_on_trust_account(struct channel *c, struct cursor *in, int fd);
int verifier_on_trust_end(struct channel *c, struct cursor *in, int fd);

#endif
