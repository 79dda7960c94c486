/*
 * verifier_trust - whom to trust, as the parent hands it over: taken up whole or not at all; and whether
 * everybody who is logged in is still good, when it changed and when time passes.
 */
#include <stdio.h>

#include "gateway/io/clock.h"
#include "gateway/io/log.h"
#include "gateway/proc/verifier_priv.h"

/* end_words() - what a connection is told whose identity is no longer good. */
static const char *
end_words(int answer)
{
	switch (answer) {
	case TRUST_EXPIRED_USER:
		return "User Authentication Expired";
	case TRUST_EXPIRED_ACCOUNT:
		return "Account Authentication Expired";
	case TRUST_REVOKED:
		return "User Authentication Revoked";
	default:
		return ""; /* a signing key that went: the server says nothing either */
	}
}

void
verifier_review(bool all)
{
	int64_t now = clock_wall_s();
	struct conn_node *n = NULL;

	if (verifier.trust == NULL)
		return; /* nobody is let in either */
	while ((n = conns_each(&verifier.conns, n)) != NULL) {
		struct known *k = (struct known *)n;
		const struct identity *id = &k->person->identity;
		int r;

		if (k->ended || (!all && (id->expires_s == 0 || now < id->expires_s)))
			continue;
		r = trust_recheck(verifier.trust, id, now);
		if (r == 0 && all && identity_certified(id))
			r = shown_recheck(id);
		if (r == 0 && id->expires_s != 0 && now >= id->expires_s)
			r = TRUST_EXPIRED_USER; /* the end of a time window */
		if (r == 0)
			continue;
		k->ended = true;
		(void)msg_end_put(&verifier.edge[n->edge], MSG_END, n->conn, end_words(r), trust_code(r));
		/* the edge is asked; these are told: nothing more is signed or commanded in its name */
		(void)msg_who_left_put(&verifier.signer, n->edge, n->conn);
		(void)msg_who_left_put(&verifier.dispatcher, n->edge, n->conn);
	}
	/* not in the loop: an edge that is gone takes its connections out of the table */
	channel_flush(&verifier.signer);
	channel_flush(&verifier.dispatcher);
	for (size_t i = 0; i < VERIFIER_EDGES; i++)
		channel_flush(&verifier.edge[i]);
}

void
verifier_on_tick(uv_timer_t *t)
{
	int64_t now = clock_wall_s();
	bool account_ended = verifier.next_end_s != 0 && now >= verifier.next_end_s;

	(void)t;
	if (account_ended)
		verifier.next_end_s = trust_next_end(verifier.trust, now);
	verifier_review(account_ended);
	log_few_tick(&verifier.refused_lines, "login_refused", uv_now(&verifier.child.loop));
}

static void
trust_problem(const char *what, struct bytes name, const char *why)
{
	struct log_line l;

	log_begin(&l, LOG_ERR, "trust_refused");
	log_word(&l, "what", what);
	log_bytes(&l, "file", name);
	log_str(&l, "why", why);
	log_end(&l);
}

int
verifier_on_trust_begin(struct channel *c, struct cursor *in, int fd)
{
	struct trust_options o = { .require_exp = verifier.child.setup.require_exp, .skew_s = 60 };

	(void)c;
	(void)in;
	(void)fd;
	trust_free(verifier.next_trust);
	verifier.next_trust = trust_new(&o);
	verifier.next_bad = false;
	return verifier.next_trust != NULL ? 0 : -ENOMEM;
}

int
verifier_on_trust_operator(struct channel *c, struct cursor *in, int fd)
{
	struct msg_text t;
	char why[160] = "";

	(void)c;
	(void)fd;
	if (msg_text_get(in, &t) != 0 || verifier.next_trust == NULL)
		return -EBADMSG;
	if (trust_add_operator(verifier.next_trust, t.text, why) != 0) {
		trust_problem("operator", t.name, why);
		verifier.next_bad = true;
	}
	return 0;
}

int
verifier_on_trust_account(struct channel *c, struct cursor *in, int fd)
{
	struct msg_text t;
	char why[160] = "";

	(void)c;
	(void)fd;
	if (msg_text_get(in, &t) != 0 || verifier.next_trust == NULL)
		return -EBADMSG;
	/* one bad account token shuts out that account, not the others */
	if (trust_add_account(verifier.next_trust, t.text, why) != 0)
		trust_problem("account", t.name, why);
	return 0;
}

int
verifier_on_trust_end(struct channel *c, struct cursor *in, int fd)
{
	char text[96];

	(void)in;
	(void)fd;
	if (verifier.next_trust == NULL)
		return -EBADMSG;
	if (verifier.next_bad || trust_operators(verifier.next_trust) == 0) {
		trust_free(verifier.next_trust);
		verifier.next_trust = NULL;
		if (verifier.trust == NULL)
			child_fatal(&verifier.child, "no operator can be trusted: see event=trust_refused", 0);
		return msg_text_put(c, MSG_TRUSTED, "kept", BYTES_LIT("kept what was trusted before"), -1);
	}
	trust_free(verifier.trust);
	verifier.trust = verifier.next_trust;
	verifier.next_trust = NULL;
	verifier.next_end_s = trust_next_end(verifier.trust, clock_wall_s());
	verifier_review(true);
	snprintf(text, sizeof(text), "%zu operator%s, %zu account%s", trust_operators(verifier.trust),
	    trust_operators(verifier.trust) == 1 ? "" : "s", trust_accounts(verifier.trust),
	    trust_accounts(verifier.trust) == 1 ? "" : "s");
	return msg_text_put(c, MSG_TRUSTED, "trusted", bytes_str(text), -1);
}

