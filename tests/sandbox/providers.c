/*
 * providers [container] - what layers.c does for runners, for providers: started by the real host's
 * side (host/proc/provider.h) with all it puts around them, locked in by the real process
 * (host/providers/process.h), under the profiles of the real ones. Only what comes then is hostile:
 * each attempt of layers_provider.c is made where the provider's own code hears of its first link.
 *
 * This program is the host, and, by the name it is started under, the provider. A wall that is left
 * out is left out on both sides.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/proc/provider.h"
#include "host/providers/process.h"
#include "tests/sandbox/container.h"
#include "tests/sandbox/layers.h"

#define PROGRAM "portcullis-provider-"

enum { MODES_MAX = 64, DEEDS_MAX = 64, PATIENCE_MS = 120000 };

bool __real_msg_provider_setup_get(struct bytes in, struct msg_provider_setup *m);
bool __wrap_msg_provider_setup_get(struct bytes in, struct msg_provider_setup *m);

/* --- as provider --- */

static const struct deed *ordered;
static struct target at;

static void
word_of(const struct provider_pairs *config, const char *name, char *out, size_t room)
{
	out[0] = '\0';
	for (size_t i = 0; i < config->n; i++)
		if (bytes_is(config->pair[i].name, name))
			snprintf(out, room, "%.*s", (int)config->pair[i].value.len,
			    (const char *)config->pair[i].value.ptr);
}

/* what it is told last before it locks itself in */
bool
__wrap_msg_provider_setup_get(struct bytes in, struct msg_provider_setup *m)
{
	char word[256];
	uint32_t which;

	if (!__real_msg_provider_setup_get(in, m))
		return false;
	word_of(&m->config, "mode", word, sizeof(word));
	if (!layers_of(word, &which))
		return false;
	word_of(&m->config, "deed", word, sizeof(word));
	ordered = atoi(word) < provider_deeds_n ? &provider_deeds[atoi(word)] : NULL;
	word_of(&m->config, "target", word, sizeof(word));
	if (!layers_target_get(word, &at))
		return false;
	layers_keep(which);
	return true;
}

static const char *
begin(struct process *p, const struct msg_provider_setup *m)
{
	(void)p;
	(void)m;
	return NULL;
}

static void
on_linked(struct process *p, const struct msg_provider_link *m, int fd)
{
	char said[64];
	long v;

	(void)m;
	if (ordered == NULL)
		return;
	provider_served = fd;
	v = ordered->run(&at);
	snprintf(said, sizeof(said), "answer=%s", v < 0 ? strerrorname_np((int)-v) : "done");
	process_log(p, LOG_ERR, BYTES_NULL, bytes_str(said));
}

static void
on_unlinked(struct process *p, struct bytes actor)
{
	process_link(p, actor, PROVIDER_LINK_GONE, "");
}

static int
provider(const char *kind)
{
	static struct process_ops ops = { .takes = PROCESS_FD,
		.memory = (rlim_t)1 << 30,
		.file = 1 << 20,
		.begin = begin,
		.link = on_linked,
		.unlink = on_unlinked,
		.drain = process_end };

	ops.name = kind;
	if (strcmp(kind, "keyvalue") == 0)
		ops.takes = PROCESS_PUT | PROCESS_FOLDER;
	process_main(&ops);
}

/* --- as host --- */

static uv_loop_t loop;
static char answer[64];
static bool ran, late;

static void
on_state(void *ctx, struct provider *p)
{
	const struct provider_status *s = provider_status(p);

	(void)ctx;
	ran |= s->state == PROVIDER_RUNNING || s->state == PROVIDER_DEGRADED;
	if (s->state != PROVIDER_BROKEN || answer[0] != '\0')
		return;
	if (strstr(s->why, "system call") != NULL)
		snprintf(answer, sizeof(answer), "killed");
	else if (!ran)
		snprintf(answer, sizeof(answer), "no start");
	else
		snprintf(answer, sizeof(answer), "%.60s", s->why);
}

static void
on_log(void *ctx, struct provider *p, int level, struct bytes actor, struct bytes text)
{
	(void)ctx;
	(void)p;
	(void)level;
	(void)actor;
	if (bytes_starts(text, BYTES_LIT("answer=")) && answer[0] == '\0')
		snprintf(answer, sizeof(answer), "%.*s", (int)(text.len - 7),
		    (const char *)text.ptr + 7);
}

static void
on_late(uv_timer_t *t)
{
	(void)t;
	late = true;
}

/* until() - it is what was waited for, or nothing will come. */
static void
until(bool (*is)(const struct provider *p), const struct provider *p)
{
	uv_timer_t timer;

	late = false;
	uv_timer_init(&loop, &timer);
	uv_timer_start(&timer, on_late, PATIENCE_MS, 0);
	while (!late && !is(p))
		uv_run(&loop, UV_RUN_ONCE);
	uv_close((uv_handle_t *)&timer, NULL);
	uv_run(&loop, UV_RUN_NOWAIT);
}

static bool
answered(const struct provider *p)
{
	(void)p;
	return answer[0] != '\0';
}

static bool
lives(const struct provider *p)
{
	return ran || answer[0] != '\0' || provider_status(p)->state == PROVIDER_BROKEN;
}

static struct provider *
start(struct providers *all, const char *key, const char *kind, const char *mode, int n,
    const struct target *t)
{
	char number[16], target[256];
	struct provider_spec spec = { .kind = kind,
		.key = bytes_str(key),
		.contract = BYTES_LIT("wasmcloud:test"),
		.link_name = BYTES_LIT("default"),
		.config = {
		    3, { { BYTES_LIT("mode"), bytes_str(mode) }, { BYTES_LIT("deed"), BYTES_NULL },
			   { BYTES_LIT("target"), BYTES_NULL } } } };
	struct provider_pairs values = { 1, { { BYTES_LIT("PORT"), BYTES_LIT("0") } } };
	struct provider *p = NULL;

	snprintf(number, sizeof(number), "%d", n);
	layers_target_put(t, target, sizeof(target));
	spec.config.pair[1].value = bytes_str(number);
	spec.config.pair[2].value = bytes_str(target);
	if (provider_start(all, &spec, &p) != 0 ||
	    provider_link_put(p, BYTES_LIT("MACTOR"), &values) != 0) {
		fprintf(stderr, "providers: %s cannot be started\n", kind);
		exit(2);
	}
	return p;
}

/* keep() - the other provider has a file, as it would have made it. */
static void
keep(const char *state, struct target *t)
{
	char path[256];
	struct stat st;
	FILE *f;

	snprintf(t->abstract, sizeof(t->abstract), "VOTHER-default");
	snprintf(path, sizeof(path), "%s/%s", state, t->abstract);
	if (stat(path, &st) != 0)
		return;
	snprintf(path, sizeof(path), "%s/%s/kept", state, t->abstract);
	f = fopen(path, "we");
	if (f == NULL || fputs("secret", f) == EOF || fclose(f) != 0 || chmod(path, 0600) != 0 ||
	    (geteuid() == 0 && chown(path, st.st_uid, st.st_gid) != 0))
		exit(2);
}

/* column() - all attempts under one mode, each beside another provider under the same. */
static void
column(const char *dir, const char *mode, const struct target *outside, char (*words)[64])
{
	char programs[64], state[96], abstract[64];
	struct target t = *outside;
	struct providers_options o = { .programs = programs,
		.state = state,
		.host_id = BYTES_LIT("NHOST"),
		.lattice = BYTES_LIT("default"),
		.stderr_fd = -1,
		.ops = { .on_state = on_state, .on_log = on_log } };
	struct providers *all = NULL;
	struct provider *other, *p;
	uint32_t which = 0;

	snprintf(programs, sizeof(programs), "%s/bin", dir);
	/* one for each mode: users of theirs differ */
	snprintf(state, sizeof(state), "%s/%s", dir, mode);
	snprintf(abstract, sizeof(abstract), "%s", t.abstract);
	if (!layers_of(mode, &which) || providers_new(&all, &loop, &o) != 0)
		exit(2);
	layers_keep(which);
	answer[0] = '\0';
	ran = false;
	other = start(all, "VOTHER", "keyvalue", mode, provider_deeds_n, &t);
	until(lives, other);
	t.victim = provider_status(other)->pid != 0 ? provider_status(other)->pid : t.host;
	for (int i = 0; i < provider_deeds_n; i++) {
		bool files = strncmp(provider_deeds[i].name, "key-value", 9) == 0;

		if (files)
			keep(state, &t);
		else
			snprintf(t.abstract, sizeof(t.abstract), "%s", abstract);
		answer[0] = '\0';
		ran = false;
		p = start(all, "VHOSTILE", files ? "keyvalue" : "httpserver", mode, i, &t);
		until(answered, p);
		snprintf(words[i], sizeof(words[i]), "%s", answered(p) ? answer : "silent");
		provider_free(p);
		uv_run(&loop, UV_RUN_NOWAIT);
	}
	providers_free(all);
	uv_run(&loop, UV_RUN_NOWAIT);
	layers_keep(LAYERS_ALL);
}

/* programs() - this one, under the names a host looks for. */
static void
programs(const char *dir)
{
	static const char *const kinds[] = { "keyvalue", "httpserver" };
	char self[4096] = { 0 }, command[8400];

	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		exit(2);
	for (size_t i = 0; i < 2; i++) {
		snprintf(command, sizeof(command),
		    "mkdir -p '%s/bin' && cp '%s' '%s/bin/" PROGRAM
		    "%s' && chmod 755 '%s/bin/" PROGRAM "%s'",
		    dir, self, dir, kinds[i], dir, kinds[i]);
		if (system(command) != 0)
			exit(2);
	}
}

int
main(int argc, char **argv)
{
	static char words[MODES_MAX][DEEDS_MAX][64];
	char dir[] = "/tmp/providers-XXXXXX", command[64], mode[64];
	struct target t;

	if (strncmp(argv[0], PROGRAM, sizeof(PROGRAM) - 1) == 0)
		return provider(argv[0] + sizeof(PROGRAM) - 1);
	if (argc == 2 && strcmp(argv[1], "container") == 0)
		container_enter();
	if (mkdtemp(dir) == NULL || uv_loop_init(&loop) != 0)
		return 2;
	layers_outside(dir, &t);
	if (chmod(dir, 0755) != 0)
		return 2;
	programs(dir);
	for (int i = 0; layers_mode(i, mode); i++)
		column(dir, mode, &t, words[i]);
	for (int k = 0; k < provider_deeds_n; k++) {
		printf("%d\t%s", provider_deeds[k].n, provider_deeds[k].name);
		for (int i = 0; layers_mode(i, mode); i++)
			printf("\t%s=%s", mode, words[i][k]);
		putchar('\n');
	}
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command) == 0 ? 0 : 2;
}
