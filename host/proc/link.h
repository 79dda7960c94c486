/*
 * link - the process that speaks NATS: both connections of a host, and no key. Started by the
 * parent with `--role link` and the channel of msg_link.h as descriptor 3.
 */
#ifndef HOST_PROC_LINK_H
#define HOST_PROC_LINK_H

#include <sys/types.h>

enum { LINK_CHANNEL_FD = 3 };

/* link_main() - never returns but to exit with its value. @user: to become, when root; 0: nobody in particular. */
int link_main(uid_t user);

#endif
