/*
 * provider_login - the login of a link at a messaging server: a creds file in a folder that is for
 * this alone (STATE/creds), named by the link's value CREDS. The seed stays here: the provider has
 * the server's nonce signed and gets the JWT and 64 bytes. A link can name no other file, and none
 * of the host's logins.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/proc/provider_priv.h"
#include "policy/core/wipe.h"
#include "policy/identity/creds.h"

enum { CREDS_MAX = 64 * 1024, NAME_MAX_BYTES = 64, NONCE_CHARS = 64 };

static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

/* path_of() - false when there is no such name. */
static bool
path_of(const struct provider_link_of *l, char *out, size_t room)
{
	const struct provider_pair *v = provider_value(&l->values, "CREDS");
	char name[NAME_MAX_BYTES + 1];
	int n;

	if (v == NULL || v->value.len == 0 || v->value.len > NAME_MAX_BYTES ||
	    l->provider->all->state == NULL)
		return false;
	provider_plain(name, sizeof(name), v->value);
	if (name[strspn(name, plain)] != '\0')
		return false;
	n = snprintf(out, room, "%s/creds/%s.creds", l->provider->all->state, name);
	return n > 0 && (size_t)n < room;
}

/* is_nonce() - as servers make them. The provider speaks for whoever took it over: no text that means something
 * elsewhere is signed for it, least of all a token's. */
static bool
is_nonce(struct bytes n)
{
	for (size_t i = 0; i < n.len; i++)
		if (n.ptr[i] == '\0' || strchr(plain, n.ptr[i]) == NULL)
			return false;
	return n.len > 0 && n.len <= NONCE_CHARS;
}

/* read_all() - a regular file that nobody else may write. */
static int
read_all(const char *path, uint8_t *out, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK), r = 0;
	struct stat st;
	ssize_t n;

	if (fd < 0)
		return err_raise(-errno);
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || (st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		r = -EPERM;
	*len = 0;
	while (r == 0 && (n = read(fd, out + *len, CREDS_MAX - *len)) != 0) {
		if (n < 0)
			r = -errno;
		else
			*len += (size_t)n;
	}
	close(fd);
	return err_pass(r);
}

int
provider_login_sign(
    const struct provider_link_of *l, struct bytes nonce, struct buf *jwt, struct buf *sig)
{
	uint8_t *text = malloc(CREDS_MAX), raw[NKEY_SIG_LEN];
	char path[4096];
	struct nkey_pair pair;
	struct bytes found;
	size_t len = 0;
	int r = text == NULL                     ? -ENOMEM
		: !is_nonce(nonce)               ? -EINVAL
		: path_of(l, path, sizeof(path)) ? read_all(path, text, &len)
						 : -ENOENT;

	if (r == 0)
		r = creds_read(bytes_of(text, len), &found, &pair);
	if (r == 0) {
		nkey_sign(&pair, nonce, raw);
		nkey_pair_deinit(&pair);
		buf_put(jwt, found);
		buf_put(sig, bytes_of(raw, sizeof(raw)));
	}
	if (text != NULL)
		wipe(text, len);
	free(text);
	return err_pass(r);
}
