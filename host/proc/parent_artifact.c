/*
 * parent_artifact - a module from a file, and whether it may run: it lies where host.conf says
 * artifacts lie (a link out of there leads nowhere, nor does one that is put in the way while we
 * look: beneath.h), somebody signed it whom host.conf believes,
 * and it is what was signed. A zeroed trust believes nobody, so a host without `trust { issuers =
 * ... }` runs nothing.
 */
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/proc/beneath.h"
#include "host/proc/parent_kinds.h"
#include "host/proc/parent_priv.h"
#include "host/proc/parent_pull.h"
#include "host/proc/parent_trust.h"
#include "policy/identity/wascap_module.h"

enum { MODULE_MAX = 64 * 1024 * 1024 };

static uint64_t seen[2]; /* refused, accepted */

static int __attribute__((format(printf, 2, 3))) no(char why[REQUEST_ERROR], const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(why, REQUEST_ERROR, fmt, args);
	va_end(args);
	return 1;
}

struct artifact *
artifact_hold(struct artifact *a)
{
	a->users++;
	return a;
}

void
artifact_drop(struct artifact *a)
{
	if (a == NULL || --a->users > 0)
		return;
	wascap_deinit(&a->claims);
	free((void *)(uintptr_t)a->bytes.ptr);
	free(a);
}

/* find() - a file that lies, all links followed, in one of the folders of host.conf. Return: a descriptor, -errno. */
static int
find(const char *path)
{
	char rest[PATH_MAX];
	int fd = -ENOENT;

	for (size_t i = 0; fd < 0 && i < host.conf->n_artifacts; i++) {
		int folder = open(host.conf->artifact[i], O_PATH | O_DIRECTORY | O_CLOEXEC);

		if (folder < 0)
			continue;
		if (beneath_find(folder, path, rest) == 0)
			fd = beneath_open(folder, rest);
		close(folder);
	}
	return fd;
}

static int
open_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);

	return fd >= 0 ? fd : -errno;
}

/* read_file() - @fd is closed; < 0: why it was not opened. Return: 0, 1 with @why. */
static int
read_file(int fd, struct buf *out, char why[REQUEST_ERROR])
{
	struct stat st;
	ssize_t n = 1;

	if (fd < 0)
		return no(why, "the file cannot be opened: %s", strerror(-fd));
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size > MODULE_MAX) {
		close(fd);
		return no(why, "%s",
		    S_ISREG(st.st_mode) ? "the file is larger than a module may be" : "not a file");
	}
	while (n > 0) {
		uint8_t *p = buf_reserve(out, 65536);

		n = p != NULL ? read(fd, p, 65536) : -1;
		out->len += n > 0 ? (size_t)n : 0;
	}
	close(fd);
	return n == 0 ? 0 : no(why, "%s", "the file cannot be read");
}

/* open_ref() - "file:///x" or "/x", where file references may point. Return: 0 and a descriptor, 1 with @why. */
static int
open_ref(struct bytes ref, int *fd, char why[REQUEST_ERROR])
{
	struct bytes scheme = BYTES_LIT("file://"), path = ref;
	char text[PATH_MAX];

	if (bytes_starts(ref, scheme))
		path = bytes_from(ref, scheme.len);
	if (kind_named(ref))
		return no(why, "%s", "wasmcloud+builtin://NAME are this host's providers, not actors");
	if (path.len == 0 || path.ptr[0] != '/')
		return no(why, "%s",
		    "not a reference this host knows: file:///PATH below a folder of `artifacts` in host.conf, or "
		    "REGISTRY/NAME:TAG of a registry in `registries`");
	if (path.len >= sizeof(text) || bytes_find(path, 0) != path.len)
		return no(why, "%s", "not a path");
	memcpy(text, path.ptr, path.len);
	text[path.len] = '\0';
	/* what is not there and what may not be looked at are one answer: nobody is to ask for our
	 * files by name */
	*fd = find(text);
	if (*fd < 0)
		return no(why, "%s", "no such file below a folder of `artifacts` in host.conf");
	return 0;
}

static void
digest(struct artifact *a)
{
	uint8_t hash[crypto_hash_sha256_BYTES];

	crypto_hash_sha256(hash, a->bytes.ptr, a->bytes.len);
	memcpy(a->digest, "sha256:", 7);
	sodium_bin2hex(a->digest + 7, sizeof(a->digest) - 7, hash, sizeof(hash));
}

/* admit() - takes the bytes. Return: 0, 1 with @why, -ENOMEM. */
static int
admit(struct buf *text, struct artifact **out, char why[REQUEST_ERROR])
{
	struct wascap_trust t = trust_now();
	struct artifact *a = calloc(1, sizeof(*a));
	char words[WHY_MAX] = "";
	int r;

	if (a == NULL)
		return err_raise(-ENOMEM);
	a->users = 1;
	a->bytes.len = text->len;
	a->bytes.ptr = (uint8_t *)buf_take(text, NULL);
	if (a->bytes.ptr == NULL) {
		artifact_drop(a);
		return err_raise(-ENOMEM);
	}
	r = wascap_module_admit(&a->claims, a->bytes, &t, words);
	if (r == 0) {
		a->era = era_of(a->bytes);
		digest(a);
		*out = a;
		return 0;
	}
	artifact_drop(a);
	if (r == WASCAP_ISSUER)
		return no(why, "%s; host.conf: trust { issuers = [A...] }", words);
	return r > 0 ? no(why, "%s", words) : err_pass(r);
}

/* is_it() - what was kept under a digest is still what it was. */
static bool
is_it(const struct buf *text, const char *expected)
{
	struct artifact a = { .bytes = buf_bytes(text) };

	digest(&a);
	return strcmp(a.digest, expected) == 0;
}

int
artifact_open(const char *path, struct artifact **out, char why[REQUEST_ERROR])
{
	struct buf text;
	int r;

	buf_init(&text, MODULE_MAX + 65536);
	r = read_file(open_file(path), &text, why);
	if (r == 0)
		r = admit(&text, out, why);
	if (r < 0)
		(void)no(why, "%s", strerror(-r));
	buf_deinit(&text);
	seen[r == 0]++;
	return r;
}

int
artifact_get(struct bytes ref, struct artifact **out, char why[REQUEST_ERROR])
{
	char path[PATH_MAX], expected[OCI_DIGEST + 1] = "";
	struct buf text;
	bool pulled = pull_path(ref, path, expected);
	int fd = pulled ? open_file(path) : -1, r = pulled ? 0 : open_ref(ref, &fd, why);

	buf_init(&text, MODULE_MAX + 65536);
	if (r == 0)
		r = read_file(fd, &text, why);
	if (r == 0 && expected[0] != '\0' && !is_it(&text, expected))
		r = no(why, "%s", "what was kept of it has changed since: delete it from STATE/artifacts");
	if (r == 0)
		r = admit(&text, out, why);
	buf_deinit(&text);
	seen[r == 0]++;
	return r;
}

uint64_t
artifacts_seen(bool accepted)
{
	return seen[accepted];
}
