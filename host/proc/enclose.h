/*
 * enclose - the walls of a runner that not every kernel gives: namespaces with nothing in them. What is
 * refused is reported with its errno, and the rest stands without it.
 */
#ifndef HOST_PROC_ENCLOSE_H
#define HOST_PROC_ENCLOSE_H

#include <stdbool.h>
#include <stdint.h>

/* Bits beside those of enum wall (seccomp/wall.h). */
enum enclosure {
	ENCLOSE_USER = 16, /* a user namespace: what it has a right to is nothing of the machine's */
	ENCLOSE_NET,       /* no network but a loopback that is down */
	ENCLOSE_IPC,
	ENCLOSE_UTS,
	ENCLOSE_OWN_USER, /* as root's: a user that no other process of the host has (host/proc/users.h) */
	ENCLOSE_END
};

enum { ENCLOSE_N = ENCLOSE_END - ENCLOSE_USER };

/* enclose_name() - "net-namespace"; never NULL. */
const char *enclose_name(enum enclosure e);
/* enclose_any() - the name of a bit of either, enum wall or enum enclosure; NULL: there is no such wall. */
const char *enclose_any(int bit);
/*
 * enclose() - this process, with one thread, before confine().
 * @net:   the network's too: it takes the kernel longer than all else, and 140 KiB
 * @error: of each, errno; 0 when it stands; ECANCELED: not wanted. Of ENCLOSE_OWN_USER it is not known here
 * before confine(): EPERM.
 * Return: bits of those that stand.
 */
uint32_t enclose(bool net, uint16_t error[ENCLOSE_N]);

#endif
