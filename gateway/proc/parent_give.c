/*
 * parent_give - the files a child owns: opened here, since children open nothing, and handed on unread.
 * A secret is looked at once more as the file that was really opened: kind, owner, mode.
 */
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/io/log.h"
#include "gateway/proc/parent_priv.h"
#include "policy/core/wipe.h"

enum { LOCK_TRIES = 20, LOCK_PAUSE_MS = 100 };

/* not_given() - a file a child should have had. Before the gate is up, that ends it. */
static int
not_given(const char *path, const char *why, int r)
{
	struct log_line l;

	log_begin(&l, parent.announced ? LOG_ERR : LOG_FTL, "cannot_open");
	log_str(&l, "file", path);
	if (why != NULL)
		log_str(&l, "why", why);
	else
		log_errno(&l, r);
	log_end(&l);
	return err_raise(r);
}

/* give_file() - open a file for a child to write; the parent does not. Return: 0, -errno. */
static int
give_file(struct kid *k, const char *name, const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return not_given(path, NULL, -errno);
	return msg_file_put(&k->channel, name, fd);
}

/* file_wrong() - what config_check_files() asks of a secret, of the file that was really opened. */
static const char *
file_wrong(int fd, mode_t others)
{
	struct stat st;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return "not a file";
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return "it belongs to another user";
	if ((st.st_mode & others) != 0)
		return others == 077 ? "others can read it: run chmod 600" : "others can write it: run chmod go-w";
	return NULL;
}

/* give_checked() - the parent does not read it. @others: what they may not do. */
static int
give_checked(struct kid *k, const char *name, const char *path, mode_t others)
{
	const char *why;
	int fd;

	if (path == NULL)
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return not_given(path, NULL, -errno);
	why = file_wrong(fd, others);
	if (why != NULL) {
		close(fd);
		return not_given(path, why, -EACCES);
	}
	return msg_file_put(&k->channel, name, fd);
}

int
children_secret(struct kid *k, const char *name, const char *path)
{
	return err_pass(give_checked(k, name, path, 077));
}

int
children_public(struct kid *k, const char *name, const char *path)
{
	return err_pass(give_checked(k, name, path, 022));
}

/* give_keys() - the signer's; one that cannot be had keeps no other back. Return: 0, -errno. */
static int
give_keys(struct kid *k)
{
	const struct config *c = parent.config;
	int mint = children_secret(k, "mint", c->upstream_mint);
	int creds = children_secret(k, "creds", c->upstream_creds);
	int command = children_secret(k, "command_creds", c->upstream_command_creds);

	return mint != 0 ? err_pass(mint) : creds != 0 ? err_pass(creds) : err_pass(command);
}

/* give_if_there() - the same of a file that need not be there. */
static int
give_if_there(struct kid *k, const char *name, const char *path)
{
	return access(path, F_OK) != 0 && errno == ENOENT ? 0 : children_secret(k, name, path);
}

/* make_key() - 64 random digits, where a deployment is older than the key. Return: 0, -errno. */
static int
make_key(const char *path)
{
	uint8_t raw[32];
	char text[sizeof(raw) * 2 + 2];
	struct log_line l;
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600), r = 0;

	if (fd < 0)
		return not_given(path, NULL, -errno);
	randombytes_buf(raw, sizeof(raw));
	sodium_bin2hex(text, sizeof(text), raw, sizeof(raw));
	text[sizeof(raw) * 2] = '\n';
	if (write(fd, text, sizeof(raw) * 2 + 1) != (ssize_t)sizeof(raw) * 2 + 1 || fsync(fd) != 0)
		r = errno != 0 ? -errno : -EIO;
	wipe(raw, sizeof(raw));
	wipe(text, sizeof(text));
	close(fd);
	if (r != 0) {
		unlink(path);
		return not_given(path, NULL, r);
	}
	log_begin(&l, LOG_WRN, "audit_key_made");
	log_str(&l, "file", path);
	log_end(&l);
	return 0;
}

/* give_audit_keys() - the one that signs, the one before it while they are changed, that for secrets. */
static int
give_audit_keys(struct kid *k)
{
	const struct config *c = parent.config;
	char old[4200];
	int r = access(c->audit_key, F_OK) != 0 && errno == ENOENT ? make_key(c->audit_key) : 0;

	if (r == 0)
		r = children_secret(k, "audit_key", c->audit_key);
	snprintf(old, sizeof(old), "%s.old", c->audit_key);
	if (r == 0)
		r = give_if_there(k, "audit_key_old", old);
	if (r == 0)
		r = give_if_there(k, "redact_key", c->redact_key);
	return err_pass(r);
}

/*
 * lock_folder() - the auditor of a gate that was killed may still be in its last write: at the start it is
 * waited for. One of our own has ended when another takes its place.
 */
static bool
lock_folder(int fd)
{
	int tries = parent.announced ? 1 : LOCK_TRIES;

	while (tries-- > 0) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return true;
		if (tries > 0)
			uv_sleep(LOCK_PAUSE_MS);
	}
	return false;
}

/* give_audit() - the audit's folder, ours alone: two gateways would mix their records. Return: 0, -errno. */
static int
give_audit(struct kid *k)
{
	const char *path = parent.config->audit;
	struct log_line l;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0 && lock_folder(fd)) {
		int r = owner_check(path);

		if (r == 0)
			return msg_file_put(&k->channel, "audit", fd);
		close(fd);
		return err_pass(r);
	}
	log_begin(&l, LOG_FTL, "cannot_open");
	log_str(&l, "file", path);
	log_str(&l, "error", fd >= 0 ? "another gateway is using this audit folder" : strerror(errno));
	log_end(&l);
	if (fd >= 0)
		close(fd);
	return err_raise(-EBUSY);
}

int
children_files(struct kid *k)
{
	const struct config *c = parent.config;
	int r = 0;

	switch (k->role) {
	case ROLE_VERIFIER:
		return children_secret(k, "inbox_key", c->inbox_key);
	case ROLE_SIGNER:
		r = children_secret(k, "stamp", c->stamp_key);
		if (r == 0)
			r = tls_keys(k);
		return r != 0 ? err_pass(r) : give_keys(k);
	case ROLE_AUDITOR:
		r = give_audit(k);
		if (r == 0)
			r = give_audit_keys(k);
		if (r == 0)
			r = give_file(k, "decisions", c->decisions, O_WRONLY | O_APPEND | O_CREAT);
		return err_pass(r);
	default:
		return 0;
	}
}

void
children_keys(void)
{
	struct kid *k = kid_of(ROLE_SIGNER, 0);

	/* what went wrong has been logged; the signer keeps what it has */
	if (k != NULL && k->alive && k->channel.fd >= 0)
		(void)!give_keys(k);
}
