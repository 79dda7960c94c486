/*
 * attacker_socket - the other half of the attack: an actor that asks its host for a socket by the
 * name WASI has for it. It can only be linked where a host has sockets to give; here it is refused
 * before anything of it runs.
 */
#include "host/kit/portcullis_actor.h"

__attribute__((import_module("wasi_snapshot_preview1"), import_name("sock_accept"))) int
wasi_sock_accept(int fd, int flags, int *connection);
__attribute__((import_module("wasi_snapshot_preview1"), import_name("sock_send"))) int
wasi_sock_send(int fd, const void *data, actor_size n, int flags, actor_size *sent);

static int
actor_handle(struct actor_text operation, struct actor_text payload, struct actor_text *out)
{
	const struct actor_text line[1] = { payload };
	actor_size sent = 0;
	int fd = 0;

	(void)operation;
	if (wasi_sock_accept(3, 0, &fd) == 0 && wasi_sock_send(fd, line, 1, 0, &sent) == 0)
		*out = ACTOR_TEXT("out");
	return 1;
}
