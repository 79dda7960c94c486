/*
 * explain_rule - the smallest rule that lets a refused message through: one verb or one literal
 * subject, for one role. Where no rule can do that, the reason in words.
 */
#include "policy/rules/explain_priv.h"

#include "policy/rules/glob.h"

enum { REMEDY_MAX = 64 * 1024 };

/* What the rule has to say: a key and its one element. */
struct wish {
	const char *key;  /* "allow", "publish" ... NULL: no rule can */
	const char *verb; /* the element of an allow */
	struct bytes subject, queue;
	struct bytes lattice; /* that has to be governed; empty: none */
	const char *advice;
};

static struct wish
never(const char *advice)
{
	return (struct wish){ .advice = advice };
}

/* wish_word() - a word that is no command. */
static struct wish
wish_word(const struct rights *r, enum verb word, struct bytes lattice)
{
	struct hit allows, denies;

	rights_word(r, word, lattice, &allows, &denies);
	if (denies.enforced != RULE_NONE)
		return never("a rule denies the word that would allow it: a deny beats every allow");
	return (struct wish){ .key = "allow", .verb = command_verb_name(word), .lattice = lattice };
}

static struct wish
wish_command(const struct rights *r, const struct command *c, enum verb verb)
{
	if (c->account.len != 0 && !bytes_is(c->account, r->account))
		return never(
		    "it is a command under another account's prefix: nobody else may give it");
	return (struct wish){ .key = "allow",
		.verb = verb == VERB_HOST_EVENT ? command_verb_name(VERB_SERVE)
						: command_verb_name(verb),
		.lattice = command_lattice(c) };
}

/* wish_control() - a subscription to commands: as a host, or to watch. */
static struct wish
wish_control(const struct rights *r, const struct explain_question *q)
{
	struct serve_host who = rights_host(r);
	uint8_t room[2][PREFIX_ROOM];
	struct bytes lattice, usual = prefix_usual(&r->p->prefixes, q->subject, room[0]);
	enum verb bundle;
	bool command;

	if (serve_subscribe(usual, prefix_usual(&r->p->prefixes, q->other, room[1]), &who, &lattice,
		&command) == SERVE_OWN)
		return wish_word(r, VERB_SERVE, lattice);
	bundle = server_subscribe(q->subject, q->other, &lattice);
	if (bundle != VERB_NONE && !bytes_is(lattice, "*"))
		return wish_word(r, bundle, lattice);
	if (q->other.len != 0)
		return never("commands in a queue group are taken away from hosts: only hosts may "
			     "have them, in the groups their version uses");
	if (serve_watch(usual, &lattice) && !bytes_is(lattice, "*"))
		return wish_word(r, VERB_CONTROL_WATCH, lattice);
	return never("it asks for commands of more than one lattice: subscribe to each by name");
}

static struct wish
wish_data(const struct rights *r, const struct explain_question *q, bool reply)
{
	struct guarded g;

	if (q->op == EXPLAIN_PUB && guarded_classify(reply ? q->other : q->subject, &g) == 0) {
		if (reply)
			return never("whoever answers there would be obeyed: no reply goes to it");
		if (g.publish != VERB_NONE)
			return wish_word(r, g.publish, g.lattice);
	}
	return (struct wish){
		.key = reply                  ? "reply"
		       : q->op == EXPLAIN_SUB ? "subscribe"
					      : "publish",
		.subject = reply ? q->other : q->subject,
		.queue = q->op == EXPLAIN_SUB ? q->other : BYTES_NULL,
	};
}

/* wish_for() - by why the last step was denied. */
static struct wish
wish_for(const struct explanation *e, const struct rights *r, const struct explain_question *q)
{
	bool reply = e->n_steps == 2;

	if (e->d.reason == REASON_NO_RULE || e->d.reason == REASON_RESERVED)
		for (size_t i = 0; i < e->step[e->n_steps - 1].n; i++)
			if (e->step[e->n_steps - 1].rule[i].shut &&
			    e->step[e->n_steps - 1].rule[i].says == EXPLAIN_ALLOWS)
				return never("a rule allows it at other times: wait, or change its hours");
	if (e->refused && e->d.reason == REASON_NO_RULE)
		return never("nobody can say for sure what its payload commands: see what is wrong with it");
	switch (e->d.reason) {
	case REASON_JWT:
		return never("the credential's own lists do not allow it: its issuer has to");
	case REASON_INVALID:
		return never("it is no valid subject for this: nothing allows it");
	case REASON_UNKNOWN_VERB:
		return never("it lies under a control prefix, and nobody knows the command: it is "
			     "denied whatever the rules say");
	case REASON_HOST:
		return never("it is another host's: the credential needs that host's id, as a tag "
			     "host:N...");
	case REASON_BODY:
		return never("nobody can say for sure what its payload commands: see what is wrong "
			     "with it");
	case REASON_SOURCE:
		return never("it says of a host what only that host may say");
	case REASON_WHERE:
		return never(
		    "a rule names it, and its condition does not hold: change what is asked "
		    "for, or the condition");
	case REASON_RATE:
		return never("a rule allows it, but only so often: wait, or change its rate");
	case REASON_RULE:
		return never("a deny beats every allow: the rule that denies it has to change");
	case REASON_COMMAND:
		return reply || q->op == EXPLAIN_PUB ? never("a reply never goes to a command's "
							     "subject, whatever the rules say")
						     : wish_control(r, q);
	case REASON_LATTICE:
	case REASON_NO_RULE:
	case REASON_RESERVED:
	case REASON_OWN_INBOX:
		break;
	}
	if (reply || !e->is_command)
		return wish_data(r, q, reply);
	return q->op == EXPLAIN_SUB ? wish_control(r, q) : wish_command(r, &e->command, e->verb);
}

/* ---- as text ---- */

static bool
governs(const struct policy *p, uint32_t file, struct bytes lattice)
{
	struct pol_list l = p->files[file].lattices;

	for (uint32_t i = 0; i < l.n; i++)
		if (glob_match(pol_bytes(p, p->items[l.first + i].text), lattice))
			return true;
	return lattice.len == 0;
}

/* choose_role() - one of the identity's, in a file that governs the lattice when there is one. */
static uint32_t
choose_role(const struct explanation *e, const struct policy *p, struct bytes lattice)
{
	for (size_t i = 0; i < e->n_roles; i++)
		if (governs(p, p->roles[e->role[i]].file, lattice))
			return e->role[i];
	return e->n_roles > 0 ? e->role[0] : UINT32_MAX;
}

/* choose_file() - for somebody without a role: a file that governs the lattice, or the first. */
static uint32_t
choose_file(const struct policy *p, struct bytes lattice)
{
	for (uint32_t i = 0; i < p->n_files; i++)
		if (governs(p, i, lattice))
			return i;
	return 0;
}

static bool
name_taken(const struct policy *p, struct bytes name)
{
	for (size_t i = 0; i < p->n_rules; i++)
		if (bytes_eq(pol_bytes(p, p->rules[i].name), name))
			return true;
	for (size_t i = 0; i < p->n_roles; i++)
		if (bytes_eq(pol_bytes(p, p->roles[i].name), name))
			return true;
	return false;
}

/* put_name() - "role-allow-verb" or "role-publish", with a number when there is one already. */
static void
put_name(struct buf *b, const struct policy *p, const char *role, const struct wish *w)
{
	size_t at = b->len, end;

	buf_put(b, bytes_upto(bytes_str(role), 24));
	buf_put_u8(b, '-');
	buf_put_str(b, w->verb != NULL ? w->verb : w->key);
	end = b->len;
	for (uint64_t n = 2; !buf_failed(b) && name_taken(p, bytes_from(buf_bytes(b), at)); n++) {
		b->len = end;
		buf_put_u8(b, '-');
		buf_put_dec(b, n);
	}
}

static void
put_quoted(struct buf *b, struct bytes s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '"' || s.ptr[i] == '\\')
			buf_put_u8(b, '\\');
		buf_put_u8(b, s.ptr[i]);
	}
}

/* put_role() - a role for exactly this identity: its tags, or else its key. */
static void
put_role(struct buf *b, const struct identity *id, const char *name)
{
	buf_put_str(b, "role ");
	buf_put_str(b, name);
	buf_put_str(b, " { account = ");
	buf_put_str(b, id->account);
	buf_put_str(b, id->n_tags > 0 ? "  tags = [" : "  users = [\"");
	for (size_t i = 0; i < id->n_tags; i++) {
		buf_put_str(b, i > 0 ? ", \"" : "\"");
		put_quoted(b, bytes_str(id->tags[i]));
		buf_put_u8(b, '"');
	}
	if (id->n_tags == 0) {
		buf_put_str(b, id->user);
		buf_put_u8(b, '"');
	}
	buf_put_str(b, "] }\n");
}

static void
put_rule(struct buf *b, const struct policy *p, const char *role, const struct wish *w)
{
	size_t width = strlen(w->key);

	buf_put_str(b, "rule ");
	put_name(b, p, role, w);
	buf_put_str(b, " {\n\t");
	buf_put_str(b, w->key);
	if (w->verb != NULL) {
		buf_put_str(b, " = [");
		buf_put_str(b, w->verb);
		buf_put_str(b, "]\n\tto");
	} else {
		buf_put_str(b, " = [\"");
		put_quoted(b, w->subject);
		buf_put_str(b, w->queue.len != 0 ? " " : "");
		put_quoted(b, w->queue);
		buf_put_str(b, "\"]\n\tto");
	}
	for (size_t i = 2; i < width; i++)
		buf_put_u8(b, ' ');
	buf_put_str(b, " = [");
	buf_put_str(b, role);
	buf_put_str(b, "]\n}\n");
}

int
explain_remedy(struct explanation *e, const struct rights *r, const struct identity *id,
    const struct explain_question *q)
{
	struct wish w = wish_for(e, r, q);
	uint32_t role, file;
	const char *name;
	struct buf b;
	size_t len;

	e->advice = w.advice;
	if (w.key == NULL || r->p->n_files == 0)
		return 0;
	role = choose_role(e, r->p, w.lattice);
	file = role != UINT32_MAX ? r->p->roles[role].file : choose_file(r->p, w.lattice);
	name = role != UINT32_MAX                        ? explain_role_name(r->p, role)
	       : name_taken(r->p, BYTES_LIT("newcomer")) ? "another-newcomer"
							 : "newcomer";
	buf_init(&b, REMEDY_MAX);
	if (role == UINT32_MAX)
		put_role(&b, id, name);
	put_rule(&b, r->p, name, &w);
	e->remedy = buf_take(&b, &len);
	e->remedy_file = r->p->strings + r->p->files[file].name.off;
	e->lattice = w.lattice;
	e->govern = !governs(r->p, file, w.lattice);
	return e->remedy != NULL ? 0 : err_raise(-ENOMEM);
}

/* ---- what no message shows ---- */

static void
put_extra(struct buf *b, size_t begin, const char *text)
{
	buf_put_str(b, b->len != begin ? ", " : "");
	buf_put_str(b, text);
}

void
explain_extras(const struct policy *p, uint32_t number, struct buf *b)
{
	const struct pol_rule *rule = number < p->n_rules ? &p->rules[number] : NULL;
	size_t begin = b->len;

	if (rule == NULL)
		return;
	if ((rule->flags & POL_UNSTAMPED) != 0)
		put_extra(b, begin, "lets commands without a stamp through");
	if ((rule->flags & POL_PIN_HOST) != 0)
		put_extra(b, begin, "takes the host id that is used first");
	if ((rule->flags & POL_RPC) != 0)
		put_extra(b, begin, "answers below the reply too");
	if (rule->respond != 0) {
		put_extra(b, begin, "answers up to ");
		buf_put_dec(b, rule->respond);
	}
	for (uint32_t i = 0; i < rule->streams.n; i++) {
		put_extra(b, begin, "reads whole streams ");
		buf_put(b, pol_bytes(p, p->items[rule->streams.first + i].text));
	}
}
