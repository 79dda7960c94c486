/*
 * parent_keys - every key a host has, in the one process that has no network: its own (N, which
 * names it), the cluster's (C, which signs what actors say to each other over the network), and
 * those of both logins. Keys that were not given are made at the first start and kept in the state
 * folder, which no other host may use at the same time.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/io/log.h"
#include "host/proc/parent_priv.h"
#include "policy/identity/creds.h"

enum { KEY_FILE_MAX = 4096, CREDS_FILE_MAX = 64 * 1024 };

struct login {
	bool has;
	char *jwt;
	struct nkey_pair key;
	char *ca;
	size_t ca_len;
};

static struct login login[WIRES];

static int
refuse(const char *event, const char *file, const char *why)
{
	struct log_line l;

	log_begin(&l, host.announced ? LOG_ERR : LOG_FTL, event);
	log_str(&l, "file", file);
	log_str(&l, "why", why);
	log_end(&l);
	return -1;
}

/* read_at() - a whole file; @secret: that only its owner may read. Return: 0, -EPERM: others may, -errno. */
static int
read_at(int dir, const char *path, struct buf *out, bool secret)
{
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), r = 0;
	struct stat st;

	if (fd < 0)
		return err_raise(-errno);
	/* a moment ago it was looked at by name: it may be another now, after HUP it mostly is */
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || (secret && (st.st_mode & 077) != 0)) {
		close(fd);
		return err_raise(S_ISREG(st.st_mode) ? -EPERM : -EINVAL);
	}
	for (;;) {
		uint8_t *p = buf_reserve(out, 2048);
		ssize_t n = p != NULL ? read(fd, p, 2048) : -1;

		if (n < 0)
			r = p == NULL ? -EFBIG : -errno;
		if (n <= 0)
			break;
		out->len += (size_t)n;
	}
	close(fd);
	return r;
}

static void
wipe_buf(struct buf *b)
{
	if (b->ptr != NULL)
		wipe(b->ptr, b->cap);
	buf_deinit(b);
}

/* ---- the state folder ---- */

/* make_folders() - and those above it. */
static int
make_folders(const char *path)
{
	char part[PATH_MAX];
	size_t n = strlen(path);

	if (n >= sizeof(part))
		return err_raise(-ENAMETOOLONG);
	for (size_t i = 1; i <= n; i++) {
		if (path[i] != '/' && path[i] != '\0')
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		if (mkdir(part, 0700) != 0 && errno != EEXIST)
			return err_raise(-errno);
	}
	return 0;
}

static int
open_state(void)
{
	const char *path = host.conf->state;
	struct stat st;
	int r = make_folders(path), fd;

	if (r != 0)
		return refuse("state_not_opened", path, strerror(-r));
	host.state_dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (host.state_dir < 0 || fstat(host.state_dir, &st) != 0)
		return refuse("state_not_opened", path, strerror(errno));
	if ((st.st_mode & 077) != 0 && fchmod(host.state_dir, 0700) != 0)
		return refuse("state_not_opened", path,
		    "others can look into it, and that cannot be changed");
	fd = openat(host.state_dir, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return refuse("state_not_opened", path, strerror(errno));
	/* held as long as we live */
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		close(fd);
		return refuse("state_in_use", path,
		    "another host works in this folder; give each its own with --state");
	}
	return 0;
}

/* ---- seeds ---- */

static int
parse_seed(struct nkey_pair *p, struct bytes text, enum nkey_type type)
{
	int r;

	while (text.len > 0 && (text.ptr[text.len - 1] == '\n' || text.ptr[text.len - 1] == '\r' ||
				   text.ptr[text.len - 1] == ' '))
		text.len--;
	r = nkey_pair_parse(p, text);
	if (r == 0 && p->pub.type != type) {
		nkey_pair_deinit(p);
		return NKEY_BAD_PREFIX;
	}
	return r;
}

static int
read_seed(struct nkey_pair *p, int dir, const char *path, enum nkey_type type)
{
	struct buf text;
	int r;

	buf_init(&text, KEY_FILE_MAX);
	r = read_at(dir, path, &text, true);
	if (r == 0)
		r = parse_seed(p, buf_bytes(&text), type);
	wipe_buf(&text);
	return r;
}

/* make_seed() - a new key, kept in the state folder. */
static int
make_seed(struct nkey_pair *p, const char *file, enum nkey_type type)
{
	char seed[NKEY_SEED_LEN + 2];
	int fd, r = nkey_pair_new(p, type);
	bool good;

	if (r != 0)
		return err_pass(r);
	/* whole, or not there: one cut short by a full disk or a kill would be refused for ever */
	fd = openat(host.state_dir, "key.new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_raise(-errno);
	nkey_pair_seed(p, seed);
	seed[NKEY_SEED_LEN] = '\n';
	good = write(fd, seed, NKEY_SEED_LEN + 1) == NKEY_SEED_LEN + 1 && fsync(fd) == 0;
	wipe(seed, sizeof(seed));
	close(fd);
	if (!good)
		return err_raise(-EIO);
	/* the folder is locked, so nobody makes another meanwhile */
	if (renameat(host.state_dir, "key.new", host.state_dir, file) != 0 ||
	    fsync(host.state_dir) != 0)
		return err_raise(-errno);
	return 0;
}

/* load_key() - given as text, as a file, or kept in the state folder, where it is made once. */
static int
load_key(struct nkey_pair *p, enum hostconf_key key, const char *file, enum nkey_type type)
{
	const char *v = host.conf->value[key].text;
	bool text = v != NULL && hostconf_is_seed(v);
	int r;

	if (text)
		r = parse_seed(p, bytes_str(v), type);
	else if (v != NULL)
		r = read_seed(p, AT_FDCWD, v, type);
	else
		r = read_seed(p, host.state_dir, file, type);
	if (v == NULL && r == -ENOENT)
		r = make_seed(p, file, type);
	if (r == 0)
		return 0;
	return refuse("key_refused",
	    text        ? hostconf_key_name(key)
	    : v != NULL ? v
			: file,
	    r < 0 ? strerror(-r) : nkey_why(r));
}

void
keys_name(const char *id, char out[PARENT_NAME_MAX + 1])
{
	static const char *const front[] = { "amber", "brisk", "calm", "dusty", "early", "fair",
		"gentle", "hazel", "icy", "jolly", "keen", "late", "mild", "noble", "old", "pale",
		"quiet", "rapid", "silver", "tall", "upper", "vivid", "warm", "young", "bold",
		"clear", "deep", "eager", "fresh", "grand", "high", "iron" };
	static const char *const back[] = { "arch", "bridge", "castle", "door", "ember", "field",
		"gate", "harbour", "island", "jetty", "keep", "lane", "moat", "north", "oak",
		"path", "quarry", "river", "stone", "tower", "vale", "wall", "yard", "brook",
		"cliff", "dune", "elm", "ford", "grove", "hill", "lake", "mill" };
	uint32_t h = 2166136261U;

	for (; *id != '\0'; id++)
		h = (h ^ (uint8_t)*id) * 16777619U;
	snprintf(out, PARENT_NAME_MAX + 1, "%s-%s-%04u", front[h & 31], back[(h >> 5) & 31],
	    (h >> 10) % 10000);
}

int
keys_begin(void)
{
	if (open_state() != 0 || load_key(&host.key, HC_KEY, "host.nk", NKEY_SERVER) != 0 ||
	    load_key(&host.cluster, HC_CLUSTER, "cluster.nk", NKEY_CLUSTER) != 0)
		return -1;
	nkey_format(&host.key.pub, host.id);
	nkey_format(&host.cluster.pub, host.cluster_id);
	if (host.conf->name != NULL)
		snprintf(host.name, sizeof(host.name), "%s", host.conf->name);
	else
		keys_name(host.id, host.name);
	return 0;
}

/* ---- logins ---- */

static void
drop(struct login *l)
{
	free(l->jwt);
	nkey_pair_deinit(&l->key);
	l->jwt = NULL;
	l->has = false;
}

static int
from_text(struct login *l, const char *jwt, const char *seed)
{
	int r = parse_seed(&l->key, bytes_str(seed), NKEY_USER);

	if (r != 0)
		return r;
	l->jwt = strdup(jwt);
	return l->jwt != NULL ? 0 : err_raise(-ENOMEM);
}

static int
from_file(struct login *l, const char *path, const char **why)
{
	struct bytes jwt = BYTES_NULL;
	struct buf text;
	int r;

	buf_init(&text, CREDS_FILE_MAX);
	r = read_at(AT_FDCWD, path, &text, true);
	*why = r == -EPERM ? "others can read it: run chmod 600" : r != 0 ? strerror(-r) : NULL;
	if (r == 0)
		r = creds_read(buf_bytes(&text), &jwt, &l->key);
	if (r == 0)
		l->jwt = strndup((const char *)jwt.ptr, jwt.len);
	else if (*why == NULL)
		*why = r > 0 ? creds_why(r) : strerror(-r);
	wipe_buf(&text);
	return r;
}

int
keys_login(enum wire wire, struct bytes *jwt)
{
	static const enum hostconf_key text[WIRES][2] = { { HC_CONTROL_JWT, HC_CONTROL_SEED },
		{ HC_RPC_JWT, HC_RPC_SEED } };
	const struct hostconf_value *v = host.conf->value;
	const struct hostconf_wire *w = &host.conf->wire[wire];
	struct login fresh = { 0 }, *l = &login[wire];
	const char *why = NULL;
	int r = 0;

	*jwt = BYTES_NULL;
	if (w->creds == NULL && v[text[wire][0]].text == NULL)
		return 0; /* anonymous, as was asked */
	if (w->creds != NULL)
		r = from_file(&fresh, w->creds, &why);
	else
		r = from_text(&fresh, v[text[wire][0]].text, v[text[wire][1]].text);
	if (r != 0 || fresh.jwt == NULL || strlen(fresh.jwt) > LINK_JWT_MAX) {
		drop(&fresh);
		return refuse("creds_refused",
		    w->creds != NULL ? w->creds : hostconf_key_name(text[wire][1]),
		    why != NULL ? why
		    : r > 0     ? nkey_why(r)
				: "no token of a sensible length");
	}
	drop(l);
	l->jwt = fresh.jwt;
	l->key = fresh.key;
	l->has = true;
	*jwt = bytes_str(l->jwt);
	return 0;
}

int
keys_sign(enum wire wire, struct bytes nonce, uint8_t sig[LINK_SIG])
{
	if (!login[wire].has)
		return err_raise(-ENOENT);
	nkey_sign(&login[wire].key, nonce, sig);
	return 0;
}

int
keys_ca(enum wire wire, struct bytes *pem)
{
	const char *path = host.conf->wire[wire].ca;
	struct login *l = &login[wire];
	struct buf text;
	char *fresh;
	size_t len;
	int r;

	*pem = BYTES_NULL;
	if (path == NULL)
		return 0;
	buf_init(&text, LINK_CA_MAX);
	r = read_at(AT_FDCWD, path, &text, false);
	if (r != 0 || !bytes_starts(buf_bytes(&text), BYTES_LIT("-----BEGIN ")) ||
	    bytes_find(buf_bytes(&text), 0) != text.len) {
		buf_deinit(&text);
		return refuse("ca_refused", path, r != 0 ? strerror(-r) : "not in PEM");
	}
	fresh = buf_take(&text, &len);
	if (fresh == NULL)
		return refuse("ca_refused", path, "out of memory");
	free(l->ca);
	l->ca = fresh;
	l->ca_len = len;
	*pem = bytes_of(l->ca, l->ca_len);
	return 0;
}
