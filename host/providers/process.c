/*
 * process - see process.h.
 *
 * It trusts its host, which started it and can do anything to it; it reads what the host says
 * strictly all the same, since the host hands on what strangers wrote. It lives exactly as long as
 * the channel. The host has changed its user and given it namespaces where it could
 * (host/proc/provider_spawn.c); the walls here come on top, and where the process still is root it
 * becomes nobody.
 */
#include "host/providers/process.h"

#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "seccomp/filters.h"

enum {
	PROCESS_NOBODY = 65534,
	PROCESS_FILES = 2048,
	PROCESS_TELL_MS = 1000,
	PROCESS_LINES = 500, /* in a second, and at once */
	PROCESS_LAST_MS = 1000,
};

static struct process *
process_of(struct channel *host)
{
	return (struct process *)((char *)host - offsetof(struct process, host));
}

/* ---- saying ---- */

/* sent() - what cannot be queued for the host cannot be said otherwise either. */
static void
sent(struct process *p)
{
	if (frame_end(&p->host, -1) != 0)
		_exit(1);
}

void
process_link(struct process *p, struct bytes actor, enum provider_link_state state, const char *why)
{
	struct msg_provider_link_state m = {
		.actor = actor, .state = state, .why = bytes_str(why)
	};

	msg_provider_link_state_put(frame_begin(&p->host, MSG_PROVIDER_LINK_STATE), &m);
	sent(p);
}

void
process_result(struct process *p, uint64_t id, enum provider_answer answer, struct bytes payload)
{
	struct msg_provider_result m = { .id = id, .answer = answer, .payload = payload };

	if (payload.len > PROVIDER_PAYLOAD) {
		m.answer = PROVIDER_FAILED;
		m.payload = BYTES_LIT("the answer is too long");
	}
	if (m.answer != PROVIDER_OK)
		p->counts.failed++;
	msg_provider_result_put(frame_begin(&p->host, MSG_PROVIDER_RESULT), &m);
	sent(p);
}

uint64_t
process_invoke(struct process *p, struct bytes actor, const char *operation, struct bytes payload,
    uint32_t timeout_ms)
{
	struct msg_provider_ask m = { .id = ++p->next_id,
		.timeout_ms = timeout_ms,
		.actor = actor,
		.operation = bytes_str(operation),
		.payload = payload };

	if (payload.len > PROVIDER_PAYLOAD)
		return 0;
	p->counts.invokes++;
	msg_provider_ask_put(frame_begin(&p->host, MSG_PROVIDER_INVOKE), &m);
	sent(p);
	return m.id;
}

void
process_sign(struct process *p, struct bytes actor, struct bytes nonce)
{
	struct msg_provider_sign m = { .actor = actor, .nonce = nonce };

	msg_provider_sign_put(frame_begin(&p->host, MSG_PROVIDER_SIGN), &m);
	sent(p);
}

void
process_log(struct process *p, enum log_level level, struct bytes actor, struct bytes text)
{
	struct msg_provider_log m = { .level = (uint8_t)level, .actor = actor, .text = text };
	uint64_t now = uv_now(&p->loop), gained = (now - p->line_ms) * PROCESS_LINES / 1000;

	if (gained > 0) {
		p->line_ms = now;
		p->line_room =
		    p->line_room + gained < PROCESS_LINES ? p->line_room + gained : PROCESS_LINES;
	}
	if (p->line_room == 0) {
		p->counts.dropped++;
		return;
	}
	p->line_room--;
	msg_provider_log_put(frame_begin(&p->host, MSG_PROVIDER_LOG), &m);
	sent(p);
}

static void
on_tell(uv_timer_t *t)
{
	struct process *p = t->data;

	if (memcmp(&p->told_counts, &p->counts, sizeof(p->counts)) == 0)
		return;
	p->told_counts = p->counts;
	msg_provider_counts_put(frame_begin(&p->host, MSG_PROVIDER_COUNTS), &p->counts);
	sent(p);
}

static void __attribute__((noreturn)) leave(struct process *p, int status)
{
	if (p->host.fd >= 0) {
		on_tell(&p->told);
		(void)!channel_flush_all(&p->host, PROCESS_LAST_MS);
	}
	_exit(status);
}

void
process_end(struct process *p)
{
	leave(p, 0);
}

void
process_fatal(struct process *p, const char *why)
{
	process_log(p, LOG_ERR, BYTES_NULL, bytes_str(why));
	leave(p, 1);
}

/* ---- the walls ---- */

static const struct confine_filter *
filter_of(const char *name)
{
	static const char prefix[] = "provider_";
	size_t len = strlen(name);

	for (size_t i = 0; i < confine_filters_n; i++) {
		const char *of = confine_filters[i].name;

		if (strncmp(of, prefix, sizeof(prefix) - 1) != 0)
			continue;
		of += sizeof(prefix) - 1;
		if (strncmp(of, name, len) == 0 && (of[len] == '\0' || of[len] == '+'))
			return &confine_filters[i];
	}
	return NULL;
}

static void
tell_ready(struct process *p, const struct confine_report *got)
{
	struct msg_provider_ready m = { .error = got->error,
		.walls = got->walls,
		.landlock_abi = got->landlock_abi,
		.uid = got->uid,
		.why = bytes_str(got->why) };

	msg_provider_ready_put(frame_begin(&p->host, MSG_PROVIDER_READY), &m);
	sent(p);
}

static void
lock_in(struct process *p)
{
	struct landlock_folder folder = { .fd = p->folder, .write = true };
	struct confine want = {
		.expected = &p->expected,
		.limit = { { RLIMIT_CORE, 0 }, { RLIMIT_MSGQUEUE, 0 }, { RLIMIT_NPROC, 0 },
		    { RLIMIT_MEMLOCK, 0 }, { RLIMIT_NOFILE, PROCESS_FILES },
		    { RLIMIT_FSIZE, p->ops->file }, { RLIMIT_AS, p->ops->memory } },
		.n_limits = 7,
		.change_user = true,
		.uid = PROCESS_NOBODY,
		.gid = PROCESS_NOBODY,
		.landlock = { .folder = &folder, .n_folders = p->folder >= 0 ? 1 : 0 },
		.filter = filter_of(p->ops->name),
	};
	struct confine_report got;
	int r;

#if defined(__SANITIZE_ADDRESS__)
	want.n_limits--; /* its shadow is larger than any address space one would grant */
#endif
	r = confine(&want, &got);
	if (r != 0 && got.error == 0)
		got.error = EPERM;
	tell_ready(p, &got);
	channel_flush(&p->host);
	if (r != 0)
		leave(p, 1);
}

/* ---- hearing ---- */

static int
on_folder(struct channel *c, struct cursor *in, int fd)
{
	struct process *p = process_of(c);

	if (in->in.len != 0 || (p->ops->takes & PROCESS_FOLDER) == 0 || fchdir(fd) != 0) {
		close(fd);
		return -EBADMSG;
	}
	p->folder = fd;
	return err_pass(census_add(&p->expected, fd));
}

static int
on_setup(struct channel *c, struct cursor *in, int fd)
{
	struct process *p = process_of(c);
	struct msg_provider_setup m;
	const char *why;

	(void)fd;
	if (!msg_provider_setup_get(in->in, &m) ||
	    ((p->ops->takes & PROCESS_FOLDER) != 0 && p->folder < 0))
		return -EBADMSG;
	lock_in(p);
	c->state = PROVIDER_SET;
	why = p->ops->begin(p, &m);
	if (why != NULL)
		process_fatal(p, why);
	return 0;
}

static int
on_link(struct channel *c, struct cursor *in, int fd)
{
	struct process *p = process_of(c);
	struct msg_provider_link m;

	if ((p->ops->takes & (fd >= 0 ? PROCESS_FD : PROCESS_PUT)) == 0 ||
	    !msg_provider_link_get(in->in, &m)) {
		if (fd >= 0)
			close(fd);
		return -EBADMSG;
	}
	p->ops->link(p, &m, fd);
	return 0;
}

static int
on_unlink(struct channel *c, struct cursor *in, int fd)
{
	struct process *p = process_of(c);
	struct bytes actor;

	(void)fd;
	if (!msg_provider_actor_get(in->in, &actor))
		return -EBADMSG;
	p->ops->unlink(p, actor);
	return 0;
}

static int
on_call(struct channel *c, struct cursor *in, int fd)
{
	struct process *p = process_of(c);
	struct msg_provider_ask m;

	(void)fd;
	if (!msg_provider_ask_get(in->in, &m))
		return -EBADMSG;
	p->counts.calls++;
	if (p->ops->call == NULL)
		process_result(
		    p, m.id, PROVIDER_FAILED, BYTES_LIT("nothing can be asked of this provider"));
	else
		p->ops->call(p, &m);
	return 0;
}

static int
on_answer(struct channel *c, struct cursor *in, int fd)
{
	struct process *p = process_of(c);
	struct msg_provider_result m;

	(void)fd;
	if (!msg_provider_result_get(in->in, &m) || p->ops->answer == NULL)
		return -EBADMSG;
	p->ops->answer(p, &m);
	return 0;
}

static int
on_signed(struct channel *c, struct cursor *in, int fd)
{
	struct process *p = process_of(c);
	struct msg_provider_signed m;

	(void)fd;
	if (!msg_provider_signed_get(in->in, &m) || p->ops->signed_in == NULL)
		return -EBADMSG;
	p->ops->signed_in(p, &m);
	return 0;
}

static int
on_drain(struct channel *c, struct cursor *in, int fd)
{
	struct process *p = process_of(c);

	(void)in;
	(void)fd;
	c->state = PROVIDER_DRAINING;
	p->draining = true;
	p->ops->drain(p);
	return 0;
}

static int
on_stop(struct channel *c, struct cursor *in, int fd)
{
	(void)in;
	(void)fd;
	leave(process_of(c), 0);
}

static void
on_gone(struct channel *c, const char *why)
{
	(void)c;
	(void)why;
	_exit(0);
}

#define IN(state) (1U << (state))
#define WORKING (IN(PROVIDER_SET) | IN(PROVIDER_DRAINING))

static const struct frame_rule rules[] = {
	{ MSG_PROVIDER_FOLDER, IN(PROVIDER_BORN), true, true, 0, on_folder, "folder" },
	{ MSG_PROVIDER_SETUP, IN(PROVIDER_BORN), true, false, PROVIDER_SETUP_MAX, on_setup,
	    "setup" },
	{ MSG_PROVIDER_LINK_PUT, IN(PROVIDER_SET), false, false, PROVIDER_SETUP_MAX, on_link,
	    "link_put" },
	{ MSG_PROVIDER_LINK_FD, IN(PROVIDER_SET), false, true, PROVIDER_SETUP_MAX, on_link,
	    "link_fd" },
	{ MSG_PROVIDER_LINK_DEL, WORKING, false, false, PROVIDER_KEY, on_unlink, "link_del" },
	{ MSG_PROVIDER_CALL, IN(PROVIDER_SET), false, false, PROVIDER_PAYLOAD + PROVIDER_HEAD,
	    on_call, "call" },
	{ MSG_PROVIDER_ANSWER, WORKING, false, false, PROVIDER_PAYLOAD + PROVIDER_HEAD, on_answer,
	    "answer" },
	{ MSG_PROVIDER_SIGNED, WORKING, false, false, PROVIDER_SETUP_MAX, on_signed, "signed" },
	{ MSG_PROVIDER_DRAIN, IN(PROVIDER_SET), true, false, 0, on_drain, "drain" },
	{ MSG_PROVIDER_STOP, IN(PROVIDER_BORN) | WORKING, true, false, 0, on_stop, "stop" },
};

/* ---- the beginning ---- */

static void
no_host(void)
{
	static const char text[] = "this program is started by portcullis-host, never by hand\n";

	(void)!write(2, text, sizeof(text) - 1);
	_exit(2);
}

/* birth() - exactly the null device three times and the channel. */
static void
birth(void)
{
	static const int given[] = { 0, 1, 2, PROVIDER_CHANNEL };
	struct census found, ours = { 0 };

	for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++)
		if (census_add(&ours, given[i]) != 0)
			no_host();
	if (census_take(&found) != 0 || census_stranger(&ours, &found) >= 0 ||
	    census_stranger(&found, &ours) >= 0)
		no_host();
}

void
process_main(const struct process_ops *ops)
{
	static const int ours_not[] = { SIGINT, SIGHUP, SIGTERM, SIGUSR1, SIGUSR2, SIGPIPE,
		SIGXFSZ };
	static const struct channel_ops host_ops = { rules, sizeof(rules) / sizeof(rules[0]),
		on_gone };
	static struct process self;

	for (size_t i = 0; i < sizeof(ours_not) / sizeof(ours_not[0]); i++)
		signal(ours_not[i], SIG_IGN);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	birth();
	/* what libraries would read from files at their first use, when there are none any more */
	tzset();
	log_setup(LOG_INF, ops->name);
	self.ops = ops;
	self.folder = -1;
	self.host.fd = -1;
	self.line_room = PROCESS_LINES;
	if (uv_loop_init(&self.loop) != 0 ||
	    channel_open(&self.host, &self.loop, PROVIDER_CHANNEL, "host", 0, &host_ops) != 0 ||
	    uv_timer_init(&self.loop, &self.told) != 0 || census_take(&self.expected) != 0)
		no_host();
	self.told.data = &self;
	uv_timer_start(&self.told, on_tell, PROCESS_TELL_MS, PROCESS_TELL_MS);
	uv_run(&self.loop, UV_RUN_DEFAULT);
	_exit(0);
}
