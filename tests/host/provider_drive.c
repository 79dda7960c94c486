/*
 * provider_drive [--programs DIR] [--state DIR] [--stderr] - a host of providers without a lattice,
 * for tests: it is told what to do on standard input, one line each, and says what happens on
 * standard output, one line each. Words are parted by blanks; bytes are in hexadecimal, "-" for
 * none.
 *
 *   start KIND KEY CONTRACT LINK [NAME=VALUE...]      link KEY ACTOR [NAME=VALUE...]      unlink
 * KEY ACTOR call KEY ACTOR OPERATION TIMEOUT_MS BYTES         answer KEY ID HOW BYTES auto on|off
 *   stop KEY DRAIN_MS     free KEY     retry KEY      deny HOST:PORT                       status
 * KEY        quit
 *
 * With `auto on` requests over HTTP are answered here: 200, and the request's bytes as they came.
 */
#include <ctype.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "host/pack/pack.h"
#include "host/proc/provider.h"
#include "seccomp/wall.h"

enum { LINE = 3 * 1024 * 1024, WORDS = 80 };

static struct {
	uv_loop_t loop;
	struct providers *all;
	struct provider *one[16];
	uv_pipe_t in;
	struct buf line;
	bool automatic;
	char denied[64];
	char jwt[64];
} self;

static struct bytes
unhex(char *s)
{
	size_t n = 0;

	if (strcmp(s, "-") == 0)
		return BYTES_NULL;
	for (char *at = s; at[0] != '\0' && at[1] != '\0'; at += 2) {
		char two[3] = { at[0], at[1], 0 };

		s[n++] = (char)strtoul(two, NULL, 16);
	}
	return bytes_of(s, n);
}

static void
say_hex(struct bytes s)
{
	if (s.len == 0)
		putchar('-');
	for (size_t i = 0; i < s.len; i++)
		printf("%02x", s.ptr[i]);
}

static struct provider *
of(const char *key)
{
	for (size_t i = 0; i < 16; i++)
		if (self.one[i] != NULL && bytes_is(provider_key(self.one[i]), key))
			return self.one[i];
	return NULL;
}

static void
say_state(const struct provider *p)
{
	const struct provider_status *s = provider_status(p);

	printf("state %.*s %s pid=%d uid=%u restarts=%u links=%u failed=%u retry=%d namespaces=%d "
	       "walls=",
	    (int)provider_key(p).len, (const char *)provider_key(p).ptr,
	    provider_state_name(s->state), (int)s->pid, (unsigned)s->uid, s->restarts, s->links,
	    s->links_failed, s->retry_s != 0, s->namespaces);
	for (unsigned i = 0; i < WALL_COUNT; i++)
		if ((s->walls & WALL_BIT(i)) != 0)
			printf("%s,", wall_name((enum wall)i));
	printf(" counts=%llu/%llu/%llu/%llu/%llu/%llu why=%s\n",
	    (unsigned long long)s->counts.calls, (unsigned long long)s->counts.invokes,
	    (unsigned long long)s->counts.failed, (unsigned long long)s->counts.refused,
	    (unsigned long long)s->counts.dropped, (unsigned long long)s->counts.open, s->why);
	fflush(stdout);
}

static void
on_state(void *ctx, struct provider *p)
{
	(void)ctx;
	say_state(p);
}

static void
on_link(void *ctx, struct provider *p, const struct provider_link_status *l)
{
	(void)ctx;
	printf("link %.*s %.*s %s address=%s retry=%d why=%s\n", (int)provider_key(p).len,
	    (const char *)provider_key(p).ptr, (int)l->actor.len, (const char *)l->actor.ptr,
	    provider_link_state_name(l->state), l->address[0] != '\0' ? l->address : "-",
	    l->retry_s != 0, l->why);
	fflush(stdout);
}

/* echo() - 200, with the request as the body. */
static void
echo(struct provider *p, const struct msg_provider_ask *m)
{
	struct buf b;

	buf_init(&b, PROVIDER_PAYLOAD);
	pack_put_map(&b, 3);
	pack_put_str(&b, "statusCode");
	pack_put_uint(&b, 200);
	pack_put_str(&b, "header");
	pack_put_map(&b, 0);
	pack_put_str(&b, "body");
	pack_put_bin(&b, m->payload);
	provider_answer(p, m->id, PROVIDER_OK, buf_bytes(&b));
	buf_deinit(&b);
}

static void
on_invoke(void *ctx, struct provider *p, const struct msg_provider_ask *m)
{
	(void)ctx;
	if (self.automatic) {
		echo(p, m);
		return;
	}
	printf("invoke %.*s %llu %.*s %.*s ", (int)provider_key(p).len,
	    (const char *)provider_key(p).ptr, (unsigned long long)m->id, (int)m->actor.len,
	    (const char *)m->actor.ptr, (int)m->operation.len, (const char *)m->operation.ptr);
	say_hex(m->payload);
	printf("\n");
	fflush(stdout);
}

static void
on_result(void *ctx, struct provider *p, const struct msg_provider_result *m)
{
	(void)ctx;
	printf("result %.*s %llu %d ", (int)provider_key(p).len, (const char *)provider_key(p).ptr,
	    (unsigned long long)m->id, (int)m->answer);
	say_hex(m->payload);
	printf("\n");
	fflush(stdout);
}

static void
on_log(void *ctx, struct provider *p, int level, struct bytes actor, struct bytes text)
{
	(void)ctx;
	printf("log %.*s %d %.*s %.*s\n", (int)provider_key(p).len,
	    (const char *)provider_key(p).ptr, level, actor.len > 0 ? (int)actor.len : 1,
	    actor.len > 0 ? (const char *)actor.ptr : "-", (int)text.len, (const char *)text.ptr);
	fflush(stdout);
}

static const char *
may_reach(void *ctx, struct provider *p, bool listen, const char *host, uint16_t port)
{
	char at[64];

	(void)ctx;
	(void)p;
	(void)listen;
	snprintf(at, sizeof(at), "%s:%u", host, port);
	return strcmp(at, self.denied) == 0 ? "this host's settings do not let it" : NULL;
}

static size_t
words(char *line, char **word)
{
	size_t n = 0;

	for (char *s = strtok(line, " "); s != NULL && n < WORDS; s = strtok(NULL, " "))
		word[n++] = s;
	return n;
}

static void
pairs(struct provider_pairs *to, char **word, size_t n)
{
	to->n = 0;
	for (size_t i = 0; i < n && to->n < PROVIDER_VALUES; i++) {
		char *eq = strchr(word[i], '=');

		if (eq == NULL)
			continue;
		to->pair[to->n].name = bytes_of(word[i], (size_t)(eq - word[i]));
		to->pair[to->n++].value = bytes_str(eq + 1);
	}
}

static void
start(char **w, size_t n)
{
	static int marks[16];
	struct provider_spec spec = { .kind = w[1],
		.key = bytes_str(w[2]),
		.contract = bytes_str(w[3]),
		.link_name = bytes_str(w[4]) };
	size_t i = 0;
	int r;

	while (i < 15 && self.one[i] != NULL)
		i++;
	spec.ctx = &marks[i];
	pairs(&spec.config, w + 5, n - 5);
	r = provider_start(self.all, &spec, &self.one[i]);
	if (r != 0)
		printf("error start %d\n", r);
}

static void
forget(struct provider *p)
{
	for (size_t i = 0; i < 16; i++)
		if (self.one[i] == p)
			self.one[i] = NULL;
	provider_free(p);
	printf("freed\n");
}

static void
quit(void)
{
	providers_free(self.all);
	uv_close((uv_handle_t *)&self.in, NULL);
	uv_run(&self.loop, UV_RUN_DEFAULT);
	if (uv_loop_close(&self.loop) != 0)
		abort();
	buf_deinit(&self.line);
	printf("bye\n");
	exit(0);
}

static int
on_provider(struct provider *p, char **w, size_t n)
{
	struct provider_pairs values;
	uint64_t id = 0;
	int r = 0;

	if (strcmp(w[0], "link") == 0 && n >= 3) {
		pairs(&values, w + 3, n - 3);
		r = provider_link_put(p, bytes_str(w[2]), &values);
	} else if (strcmp(w[0], "unlink") == 0 && n == 3) {
		r = provider_link_del(p, bytes_str(w[2]));
	} else if (strcmp(w[0], "call") == 0 && n == 6) {
		r = provider_call(
		    p, bytes_str(w[2]), bytes_str(w[3]), unhex(w[5]), (uint32_t)atoi(w[4]), &id);
		if (r == 0)
			printf("called %s %llu\n", w[1], (unsigned long long)id);
	} else if (strcmp(w[0], "answer") == 0 && n == 5) {
		provider_answer(
		    p, strtoull(w[2], NULL, 10), (enum provider_answer)atoi(w[3]), unhex(w[4]));
	} else if (strcmp(w[0], "stop") == 0 && n == 3) {
		provider_stop(p, (uint32_t)atoi(w[2]));
	} else if (strcmp(w[0], "free") == 0) {
		forget(p);
	} else if (strcmp(w[0], "retry") == 0) {
		provider_retry(p);
	} else if (strcmp(w[0], "status") == 0) {
		say_state(p);
	} else {
		r = -EINVAL;
	}
	return r;
}

static void
on_line(char *line)
{
	char *w[WORDS];
	size_t n = words(line, w);
	struct provider *p;
	int r = -EINVAL;

	if (n == 0)
		return;
	p = n > 1 ? of(w[1]) : NULL;
	if (strcmp(w[0], "quit") == 0) {
		quit();
	} else if (strcmp(w[0], "start") == 0 && n >= 5) {
		start(w, n);
		r = 0;
	} else if (strcmp(w[0], "auto") == 0 && n == 2) {
		self.automatic = strcmp(w[1], "on") == 0;
		r = 0;
	} else if (strcmp(w[0], "deny") == 0 && n == 2) {
		snprintf(self.denied, sizeof(self.denied), "%s", w[1]);
		r = 0;
	} else if (p != NULL) {
		r = on_provider(p, w, n);
	}
	if (r != 0)
		printf("error %s %d\n", w[0], r);
	fflush(stdout);
}

static void
on_alloc(uv_handle_t *h, size_t n, uv_buf_t *b)
{
	(void)h;
	*b = uv_buf_init(malloc(n), (unsigned)n);
}

static void
on_read(uv_stream_t *s, ssize_t n, const uv_buf_t *b)
{
	(void)s;
	for (ssize_t i = 0; i < n; i++) {
		if (b->base[i] != '\n') {
			buf_put_u8(&self.line, (uint8_t)b->base[i]);
			continue;
		}
		buf_put_u8(&self.line, 0);
		if (!buf_failed(&self.line))
			on_line((char *)self.line.ptr);
		buf_reset(&self.line);
	}
	free(b->base);
	if (n < 0)
		quit();
}

int
main(int argc, char **argv)
{
	struct providers_options o = { .host_id = BYTES_LIT("NHOST"),
		.lattice = BYTES_LIT("default"),
		.stderr_fd = -1,
		.ops = { .on_state = on_state,
		    .on_link = on_link,
		    .on_invoke = on_invoke,
		    .on_result = on_result,
		    .on_log = on_log,
		    .may_reach = may_reach } };

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--stderr") == 0)
			o.stderr_fd = 2;
		else if (strcmp(argv[i], "--programs") == 0 && i + 1 < argc)
			o.programs = argv[++i];
		else if (strcmp(argv[i], "--state") == 0 && i + 1 < argc)
			o.state = argv[++i];
	}
	buf_init(&self.line, LINE);
	if (sodium_init() < 0 || uv_loop_init(&self.loop) != 0 ||
	    providers_new(&self.all, &self.loop, &o) != 0 ||
	    uv_pipe_init(&self.loop, &self.in, 0) != 0 || uv_pipe_open(&self.in, 0) != 0 ||
	    uv_read_start((uv_stream_t *)&self.in, on_alloc, on_read) != 0)
		return 1;
	printf("ready\n");
	fflush(stdout);
	uv_run(&self.loop, UV_RUN_DEFAULT);
	return 0;
}
