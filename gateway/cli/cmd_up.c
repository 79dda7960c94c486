/*
 * up - leaf, gateway and host of a deployment in one terminal.
 *
 * Each is started when the one before has announced itself, and all are ended in the opposite order, so that none
 * misses the one it stands on. What they say is passed on by lines; it may hold what strangers sent, so it is escaped.
 * There is one place where this tool waits: turn(), for what a child says, for the end of one, and for signals, which
 * arrive as bytes of a descriptor and interrupt nothing.
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "gateway/cli/up_child.h"
#include "gateway/cli/up_find.h"
#include "gateway/cli/verbs_up.h"
#include "gateway/cli/when.h"
#include "policy/core/shown.h"

enum { LEAF, GATEWAY, HOST, CHILDREN };
enum { END_MS = 10000, WAIT_S = 20, ADDRESS_MAX = 128, OUT_MAX = 1 << 20 };

static const struct {
	const char *name, *colour, *conf, *program, *ready;
} about[CHILDREN] = {
	[LEAF] = { "leaf", "\033[36m", "leaf.conf", "nats-server", "Server is ready" },
	[GATEWAY] = { "gateway", "\033[32m", "gateway.conf", "portcullis-gateway", "portcullis-gateway ready " },
	[HOST] = { "host", "\033[35m", "host.conf", "portcullis-host", "portcullis-host ready " },
};

struct up {
	char dir[PATH_MAX]; /* whole */
	size_t wanted, n;   /* to be started, and started */
	struct up_child child[CHILDREN];
	bool ready[CHILDREN];
	char program[CHILDREN][PATH_MAX];
	char address[ADDRESS_MAX]; /* the gateway's first */
	int64_t wait_ms;
	int signals;
	sigset_t before; /* the mask we were started with */
	unsigned int asked; /* how often we were told to end */
	bool mute;          /* nobody reads what we say any more */
	bool colour;
	struct buf out;
};

static int64_t
now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- what is said ---- */

static void
flush(struct up *u)
{
	if (buf_failed(&u->out) || fwrite(u->out.ptr, 1, u->out.len, stdout) != u->out.len || fflush(stdout) != 0)
		u->mute = true;
	buf_reset(&u->out);
}

/* announces() - a leaf's line has a time before it; ours begin with the words, as no line of a log does. */
static bool
announces(size_t i, struct bytes line)
{
	struct bytes words = bytes_str(about[i].ready);

	if (i != LEAF)
		return bytes_starts(line, words);
	return line.len >= words.len && bytes_eq(bytes_from(line, line.len - words.len), words);
}

static void
on_line(struct up_child *c, struct bytes line, void *arg)
{
	struct up *u = arg;
	size_t i = (size_t)(c - u->child);
	char name[32];

	if (!u->ready[i] && announces(i, line)) {
		u->ready[i] = true;
		if (i == GATEWAY)
			snprintf(u->address, sizeof(u->address), "%.*s",
			    (int)(line.len - strlen(about[i].ready)),
			    (const char *)line.ptr + strlen(about[i].ready));
	}
	snprintf(name, sizeof(name), "%s%-7s |%s ", u->colour ? about[i].colour : "", c->name,
	    u->colour ? "\033[0m" : "");
	buf_put_str(&u->out, name);
	buf_put_shown(&u->out, line);
	buf_put_u8(&u->out, '\n');
	flush(u);
}

/* put_word() - as a shell takes it for one word. */
static void
put_word(struct buf *b, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+:,@%[]";

	if (word[strspn(word, plain)] == '\0' && strpbrk(word, "[]") == NULL) {
		buf_put_str(b, word);
		return;
	}
	buf_put_u8(b, '\'');
	for (const char *quote; (quote = strchr(word, '\'')) != NULL; word = quote + 1) {
		buf_put_shown(b, bytes_of(word, (size_t)(quote - word)));
		buf_put_str(b, "'\\''");
	}
	buf_put_shown(b, bytes_str(word));
	buf_put_u8(b, '\'');
}

/* say_ready() - what a newcomer does next. */
static void
say_ready(struct up *u)
{
	char creds[PATH_MAX + 32], url[ADDRESS_MAX + 16];

	snprintf(url, sizeof(url), "nats://%s", u->address);
	snprintf(creds, sizeof(creds), "%s/creds/deployer.creds", u->dir);
	buf_put_str(&u->out, "\nReady. In another terminal:\n  export NATS_URL=");
	put_word(&u->out, url);
	if (access(creds, F_OK) == 0) {
		buf_put_str(&u->out, " NATS_CREDS=");
		put_word(&u->out, creds);
	}
	buf_put_str(&u->out, "\n  portcullis ctl get hosts\n  portcullis audit tail -d ");
	put_word(&u->out, u->dir);
	buf_put_str(&u->out, "\nCtrl-C here ends all of it.\n\n");
	flush(u);
}

/* say_last() - the last lines of one, on stderr. Return: is it that somebody else has its port? */
static bool
say_last(const struct up_child *c)
{
	bool in_use = false;
	struct buf b;

	buf_init(&b, OUT_MAX);
	for (size_t back = UP_LAST; back-- > 0;) {
		struct bytes line = up_child_said(c, back);

		if (line.len == 0)
			continue;
		buf_put_str(&b, "  ");
		buf_put_shown(&b, line);
		buf_put_u8(&b, '\n');
	}
	buf_put_u8(&b, '\0');
	if (!buf_failed(&b)) {
		in_use = strcasestr((const char *)b.ptr, "address already in use") != NULL;
		fputs((const char *)b.ptr, stderr);
	}
	buf_deinit(&b);
	return in_use;
}

static void
say_try(const struct up *u, size_t i, bool in_use)
{
	if (in_use)
		cli_try("`portcullis status %s': does it run already? else `ss -ltnp' shows who has the port",
		    u->dir);
	else if (i == HOST)
		cli_try("portcullis-host -c %s/host.conf -t, or without a host: --no-host", u->dir);
	else
		cli_try("portcullis check -c %s", u->dir);
}

static void
say_ended(const struct up *u, size_t i)
{
	const struct up_child *c = &u->child[i];
	char how[64];

	up_child_end(c, how, sizeof(how));
	cli_error("the %s ended by itself%s: %s%s", c->name, u->ready[i] ? "" : " before it was ready", how,
	    c->n_last > 0 ? "; it said last:" : "");
	say_try(u, i, say_last(c));
}

/* ---- what happens ---- */

/* turn() - wait for something to happen, until then (-1: for ever), and take it in. */
static void
turn(struct up *u, int64_t until_ms)
{
	struct pollfd p[CHILDREN + 1] = { [CHILDREN] = { .fd = u->signals, .events = POLLIN } };
	int64_t left = until_ms < 0 ? -1 : until_ms - now_ms();
	struct signalfd_siginfo s;

	for (size_t i = 0; i < CHILDREN; i++)
		p[i] = (struct pollfd){ .fd = u->child[i].fd, .events = POLLIN };
	if (until_ms >= 0 && left < 0)
		left = 0;
	(void)poll(p, CHILDREN + 1, (int)left);
	while (read(u->signals, &s, sizeof(s)) == sizeof(s))
		u->asked += s.ssi_signo != SIGCHLD;
	for (size_t i = 0; i < u->n; i++) {
		up_child_read(&u->child[i], on_line, u);
		up_child_reap(&u->child[i], on_line, u);
	}
}

/* ended() - the first that ended, or CHILDREN. */
static size_t
ended(const struct up *u)
{
	for (size_t i = 0; i < u->n; i++)
		if (u->child[i].ended)
			return i;
	return CHILDREN;
}

static bool
over(const struct up *u)
{
	return u->asked > 0 || u->mute || ended(u) != CHILDREN;
}

static int
start_one(struct up *u, size_t i)
{
	char conf[PATH_MAX + 32], flag[] = "-c", *argv[] = { u->program[i], flag, conf, NULL };
	int64_t until_ms = now_ms() + u->wait_ms;
	int r;

	snprintf(conf, sizeof(conf), "%s/%s", u->dir, about[i].conf);
	r = up_child_start(&u->child[i], argv, &u->before);
	u->n = i + 1;
	if (r != 0) {
		cli_error("%s: %s", u->program[i], strerror(-r));
		return CLI_FAILED;
	}
	while (!u->ready[i] && !over(u) && now_ms() < until_ms)
		turn(u, until_ms);
	if (u->ready[i] || over(u))
		return CLI_OK;
	cli_error("the %s was not ready in %lld s%s", u->child[i].name, (long long)(u->wait_ms / 1000),
	    u->child[i].n_last > 0 ? "; it said last:" : ", and said nothing");
	say_try(u, i, say_last(&u->child[i]));
	return CLI_FAILED;
}

static int
run(struct up *u)
{
	int r = CLI_OK;

	for (size_t i = 0; r == CLI_OK && i < u->wanted && !over(u); i++)
		r = start_one(u, i);
	if (r == CLI_OK && !over(u))
		say_ready(u);
	while (r == CLI_OK && !over(u))
		turn(u, -1);
	if (r == CLI_OK && u->asked == 0) {
		if (ended(u) != CHILDREN)
			say_ended(u, ended(u));
		r = CLI_FAILED;
	}
	return r;
}

/* end_one() - @enough: asked so often, we wait for nothing. */
static void
end_one(struct up *u, struct up_child *c, unsigned int enough)
{
	int64_t until_ms = now_ms() + END_MS;

	if (c->pid == 0)
		return;
	(void)kill(c->pid, SIGTERM);
	while (c->pid != 0 && u->asked < enough && now_ms() < until_ms)
		turn(u, until_ms);
	if (c->pid == 0)
		return;
	cli_note("the %s has not ended; it is killed", c->name);
	(void)kill(c->pid, SIGKILL);
	for (until_ms = now_ms() + END_MS; c->pid != 0 && now_ms() < until_ms;)
		turn(u, until_ms);
}

static void
end_all(struct up *u)
{
	unsigned int enough = u->asked > 0 ? 2 : 1;

	for (size_t i = u->n; i-- > 0;)
		end_one(u, &u->child[i], enough);
	for (size_t i = 0; i < u->n; i++)
		up_child_close(&u->child[i]);
}

/* ---- what is needed first ---- */

static bool
has(const struct up *u, size_t i)
{
	char path[PATH_MAX + 32];

	snprintf(path, sizeof(path), "%s/%s", u->dir, about[i].conf);
	return access(path, F_OK) == 0;
}

static int
look(struct up *u, const struct cli_args *a)
{
	const char *dir = a->n_args > 0 ? a->args[0] : ".";
	int r = realpath(dir, u->dir) != NULL ? 0 : -errno;

	if (r != 0)
		cli_error("%s: %s", dir, strerror(-r));
	else if (!has(u, GATEWAY) || !has(u, LEAF))
		cli_error("%s is no deployment: there is no %s in it", dir,
		    about[has(u, GATEWAY) ? LEAF : GATEWAY].conf);
	else {
		u->wanted = has(u, HOST) && !cli_flag(a, "no-host") ? CHILDREN : HOST;
		return CLI_OK;
	}
	cli_try("portcullis init %s", a->n_args > 0 ? dir : "DIR");
	return CLI_CONFIG;
}

static int
find(struct up *u, const char *nats)
{
	for (size_t i = 0; i < u->wanted; i++) {
		int r = 0;

		if (i != LEAF)
			r = up_find_ours(about[i].program, u->program[i]);
		else if (nats == NULL)
			r = up_find_nats(u->program[i]);
		else if (access(nats, X_OK) != 0 || realpath(nats, u->program[i]) == NULL)
			r = -errno;
		if (r == 0)
			continue;
		cli_error("%s: %s", i == LEAF && nats != NULL ? nats : about[i].program, strerror(-r));
		cli_try(i == LEAF ? "install the package nats-server, or say where it is: --nats-server FILE"
				  : "install it beside this tool, or in PATH");
		return CLI_FAILED;
	}
	return CLI_OK;
}

static int
read_wait(struct up *u, const char *text)
{
	int64_t s = WAIT_S;

	if (text != NULL && (when_span(text, &s) != 0 || s > 3600)) {
		cli_error("--wait %s: not a time such as 20s or 2m, up to 1h", text);
		return CLI_USAGE;
	}
	u->wait_ms = s * 1000;
	return CLI_OK;
}

/* take_signals() - from now on they wait until turn() reads them. HUP stays ignored for whom nohup(1) started. */
static int
take_signals(struct up *u)
{
	struct sigaction hup;
	sigset_t ours;

	sigemptyset(&ours);
	sigaddset(&ours, SIGINT);
	sigaddset(&ours, SIGTERM);
	sigaddset(&ours, SIGCHLD);
	if (sigaction(SIGHUP, NULL, &hup) == 0 && hup.sa_handler != SIG_IGN)
		sigaddset(&ours, SIGHUP);
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR || signal(SIGCHLD, SIG_DFL) == SIG_ERR ||
	    sigprocmask(SIG_BLOCK, &ours, &u->before) != 0)
		return err_raise(-errno);
	u->signals = signalfd(-1, &ours, SFD_CLOEXEC | SFD_NONBLOCK);
	return u->signals >= 0 ? 0 : err_raise(-errno);
}

static int
up(struct up *u)
{
	int r = take_signals(u);

	if (r != 0) {
		cli_error("signals: %s", strerror(-r));
		return CLI_FAILED;
	}
	r = run(u);
	end_all(u);
	close(u->signals);
	return r;
}

int
cmd_up(const struct cli_args *a)
{
	struct up *u = calloc(1, sizeof(*u));
	int r;

	if (u == NULL) {
		cli_error("out of memory");
		return CLI_FAILED;
	}
	u->colour = cli_colour(stdout);
	buf_init(&u->out, OUT_MAX);
	for (size_t i = 0; i < CHILDREN; i++)
		u->child[i] = (struct up_child){ .name = about[i].name, .fd = -1 };
	r = read_wait(u, cli_value(a, "wait"));
	if (r == CLI_OK)
		r = look(u, a);
	if (r == CLI_OK)
		r = find(u, cli_value(a, "nats-server"));
	if (r == CLI_OK)
		r = up(u);
	buf_deinit(&u->out);
	free(u);
	return r;
}
