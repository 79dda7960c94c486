/*
 * signer_tls - see signer_tls.h. Of an asker it believes that it wants a signature, and nothing
 * about what it is for: sizes and schemes are checked where the key is used (gateway/tls/sign.c),
 * and how many there may be in a second here. Who owns an edge can have things signed in the gate's
 * name as long as he owns it, and at this rate; the key he does not get.
 */
#include "gateway/proc/signer_tls.h"

#include <unistd.h>

#include "gateway/io/clock.h"
#include "gateway/io/log.h"
#include "gateway/proc/tls_keys.h"
#include "gateway/tls/context.h"

enum { ASKERS = 64 + 1, DISPATCHER = ASKERS - 1, TELL_MS = 1000 };

struct asker {
	struct channel channel; /* first */
	struct tls_bucket bucket;
};

static struct {
	struct child *child;
	struct tls_keys keys;
	struct asker asker[ASKERS];
} self;

void
signer_tls_begin(struct child *child)
{
	self.child = child;
	for (size_t i = 0; i < ASKERS; i++)
		self.asker[i].channel.fd = -1;
	tls_begin();
}

int
signer_tls_file(const char *name, struct bytes pem, const char **why)
{
	int r = tls_keys_take(&self.keys, strcmp(name, "tls_key") == 0 ? 0 : 1, pem, why);

	if (r == 0)
		(void)msg_bare_put(&self.child->parent, MSG_TLS_KEY_TAKEN, -1);
	return err_pass(r);
}

/* too_many() - say so now and then, with how many it were. */
static void
too_many(struct asker *a, int64_t now_ms)
{
	struct log_line l;

	if (now_ms - a->bucket.told_ms < TELL_MS)
		return;
	log_begin(&l, LOG_WRN, "tls_sign_limited");
	log_word(&l, "asker", a->channel.peer);
	log_num(&l, "index", a->channel.index);
	log_num(&l, "refused", (int64_t)(a->bucket.refused - a->bucket.told));
	log_num(&l, "per_second", TLS_SIGN_PER_S);
	log_end(&l);
	a->bucket.told = a->bucket.refused;
	a->bucket.told_ms = now_ms;
}

static int
on_sign(struct channel *c, struct cursor *in, int fd)
{
	struct asker *a = (struct asker *)c;
	int64_t now_ms = clock_mono_ns() / 1000000;
	uint8_t sig[TLS_SIGNED_MAX];
	struct msg_tls_signed answer;
	struct msg_tls_sign m;
	struct tls_private *k;
	size_t len = 0;

	(void)fd;
	if (msg_tls_sign_get(in, &m) != 0)
		return -EBADMSG;
	if (!tls_bucket_take(&a->bucket, now_ms)) {
		too_many(a, now_ms);
	} else {
		k = tls_keys_find(&self.keys, m.what.key);
		if (k == NULL || tls_private_sign(k, &m.what, sig, &len) != 0)
			len = 0;
	}
	answer = (struct msg_tls_signed){ .number = m.number, .sig = bytes_of(sig, len) };
	(void)msg_tls_signed_put(c, &answer);
	channel_flush(c);
	return 0;
}

static void
asker_gone(struct channel *c, const char *why)
{
	child_peer_lost(self.child, c,
	    c == &self.asker[DISPATCHER].channel ? ROLE_DISPATCHER : ROLE_EDGE, why);
}

int
signer_tls_on_peer(struct channel *c, struct cursor *in, int fd)
{
	static const struct frame_rule rules[] = {
		{ MSG_TLS_SIGN, CHILD_IN(0), false, false, TLS_SIGN_INPUT_MAX + 64, on_sign,
		    "tls_sign" },
	};
	static const struct channel_ops ops = { rules, sizeof(rules) / sizeof(rules[0]),
		asker_gone };
	enum role role;
	struct asker *a;
	unsigned index;

	(void)c;
	if (msg_child_get(in, &role, &index) != 0 ||
	    (role == ROLE_EDGE ? index >= DISPATCHER : role != ROLE_DISPATCHER)) {
		close(fd);
		return -EBADMSG;
	}
	a = &self.asker[role == ROLE_EDGE ? index : DISPATCHER];
	channel_end(&a->channel, "replaced");
	tls_bucket_init(&a->bucket, clock_mono_ns() / 1000000);
	return channel_open(&a->channel, &self.child->loop, fd, role_name(role), index, &ops);
}
