/*
 * ship_login - what a sink logs in with: a creds file; for TLS whom it trusts, and perhaps a certificate of its
 * own. Each part may come anew while the sink works; it is used from the next connection on, which is made then.
 */
#ifndef GATEWAY_PROC_SHIP_LOGIN_H
#define GATEWAY_PROC_SHIP_LOGIN_H

#include "policy/core/wipe.h"
#include "policy/identity/nkey.h"

enum ship_part { PART_CREDS, PART_CA, PART_CERT, PART_KEY, SHIP_PARTS };

enum { SHIP_FILE_MAX = 60 * 1024 };

struct ship_login {
	unsigned has; /* bits of enum ship_part */
	char *jwt;
	struct nkey_pair key;
	char *ca, *cert;   /* PEM */
	struct secret pem; /* the certificate's key, with a NUL behind it */
};

/* ship_part_name() - as MSG_FILE calls it: "sink_creds" "sink_ca" "sink_cert" "sink_key". */
const char *ship_part_name(enum ship_part p);
/* ship_login_read() - one part from an open file, in place of what was there. Return: NULL, or why not. */
const char *ship_login_read(struct ship_login *l, enum ship_part p, int fd) must_check;
/* ship_login_same() - does @l have this part of @other already? */
bool ship_login_same(const struct ship_login *l, const struct ship_login *other, enum ship_part p);
/* ship_login_move() - the parts @from has to @to. */
void ship_login_move(struct ship_login *to, struct ship_login *from);
void ship_login_deinit(struct ship_login *l);

#endif
