/*
 * shipdrive GATEWAY CONF - the shipper of a gateway, without the gateway: this program is its
 * parent and its auditor. Lines on standard input: `at FIRST OFFSET SEQ`, how far the log is
 * durable; `login`, what sinks log in with, anew; `stop`. Ends with the shipper's own status.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gateway/proc/config.h"
#include "gateway/proc/msg_parent.h"
#include "gateway/proc/msg_shipper.h"
#include "gateway/proc/ship_login.h"

static const struct channel_ops deaf;

#define MUST(what)                                                                                 \
	do {                                                                                       \
		if (!(what)) {                                                                     \
			fprintf(stderr, "shipdrive: not so: %s\n", #what);                         \
			exit(1);                                                                   \
		}                                                                                  \
	} while (0)

static int
folder(const char *path)
{
	int fd;

	mkdir(path, 0700);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	MUST(fd >= 0);
	return fd;
}

static pid_t
start(const char *gateway, int fd)
{
	pid_t pid = fork();

	MUST(pid >= 0);
	if (pid == 0) {
		char *env[] = { NULL };

		dup2(fd, ROLE_CHANNEL_FD);
		execle(gateway, gateway, "--role", "shipper", (char *)NULL, env);
		_exit(127);
	}
	close(fd);
	return pid;
}

static void
give_login(struct channel *parent, const struct config *c, size_t i, const char *suffix)
{
	const char *const path[SHIP_PARTS] = { c->sink_creds[i], c->sink_ca[i], c->sink_cert[i], c->sink_key[i] };
	char name[32];

	for (unsigned p = 0; p < SHIP_PARTS; p++) {
		snprintf(name, sizeof(name), "%s%s", ship_part_name((enum ship_part)p), suffix);
		if (path[p] != NULL)
			MUST(msg_file_put(parent, name, open(path[p], O_RDONLY | O_CLOEXEC)) == 0);
	}
}

static void
give(struct channel *parent, const struct config *c, int peer)
{
	msg_setup_put(parent, &(struct setup){ .log_level = 3 });
	MUST(msg_file_put(parent, "sink_state", folder(c->sink_state)) == 0);
	MUST(msg_file_put(parent, "audit_dir", folder(c->audit)) == 0);
	for (size_t i = 0; i < c->n_sinks; i++) {
		struct sink s = c->sink[i];

		sink_resolve(&s);
		MUST(msg_sink_put(parent, &s) == 0);
		give_login(parent, c, i, "");
		if (c->sink_dir[i] != NULL)
			MUST(msg_file_put(parent, "sink_dir", folder(c->sink_dir[i])) == 0);
	}
	MUST(msg_peer_put(parent, ROLE_AUDITOR, 0, 0, peer) == 0);
	MUST(msg_bare_put(parent, MSG_START, -1) == 0);
	MUST(channel_flush_all(parent, 5000) == 0);
}

int
main(int argc, char **argv)
{
	struct channel parent, auditor;
	struct text_report report;
	struct config *c = NULL;
	int a[2], b[2], status = 0;
	char line[256];
	uv_loop_t loop;
	pid_t pid;

	MUST(argc == 3);
	text_report_init(&report);
	if (config_load(&c, argv[2], &report) != 0) {
		fprintf(stderr, "%.*s", (int)report.out.len, (const char *)report.out.ptr);
		return 3;
	}
	MUST(uv_loop_init(&loop) == 0);
	MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, a) == 0);
	MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, b) == 0);
	pid = start(argv[1], a[1]);
	MUST(channel_open(&parent, &loop, a[0], "shipper", 0, &deaf) == 0);
	MUST(channel_open(&auditor, &loop, b[0], "shipper", 0, &deaf) == 0);
	give(&parent, c, b[1]);
	while (fgets(line, sizeof(line), stdin) != NULL && strcmp(line, "stop\n") != 0) {
		unsigned long long first, offset, seq;

		if (strcmp(line, "login\n") == 0) {
			for (size_t i = 0; i < c->n_sinks; i++) {
				char suffix[24];

				snprintf(suffix, sizeof(suffix), "_%zu", i);
				give_login(&parent, c, i, suffix);
			}
			MUST(channel_flush_all(&parent, 5000) == 0);
			continue;
		}
		MUST(sscanf(line, "at %llu %llu %llu", &first, &offset, &seq) == 3);
		MUST(msg_audit_at_put(&auditor, &(struct msg_audit_at){ first, offset, seq }) == 0);
		MUST(channel_flush_all(&auditor, 5000) == 0);
	}
	MUST(msg_bare_put(&parent, MSG_STOP, -1) == 0);
	MUST(channel_flush_all(&parent, 5000) == 0);
	MUST(waitpid(pid, &status, 0) == pid);
	channel_close(&parent);
	channel_close(&auditor);
	uv_run(&loop, UV_RUN_DEFAULT);
	MUST(uv_loop_close(&loop) == 0);
	config_free(c);
	text_report_deinit(&report);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}
