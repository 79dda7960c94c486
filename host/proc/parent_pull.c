/*
 * parent_pull - see parent_pull.h.
 *
 * host.conf says which registries are asked at all, and which without TLS. What comes is a stranger's: a
 * manifest named by digest has to have it, a layer has to have the one its manifest says, and whether what
 * it is may run is decided by its claims as for any file. A login goes to the registry it is for and to the realm
 * the registry names, over TLS unless that very place was said to be without; never where a redirect leads.
 */
#include "host/proc/parent_pull.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/io/whole.h"
#include "host/proc/parent_fetch.h"
#include "host/proc/parent_kinds.h"

enum { PULLS = 16, MODULE_MAX = 64 * 1024 * 1024, REDIRECTS = 3, KNOWN = 256, TOKEN_ANSWER_MAX = 4 * OCI_TOKEN };

enum step { STEP_MANIFEST = 0, STEP_TOKEN, STEP_LAYER };

struct pull {
	bool used, asked; /* ->asked: for a token, once */
	enum step step;
	char ref[MODEL_REF + 1], repository[OCI_TEXT], version[OCI_TEXT], digest[OCI_DIGEST + 1];
	struct oci_url registry, url; /* the one it is of; the one that is asked */
	unsigned redirects;
	struct buf authorization; /* a header's value. A secret */
	struct oci_layer layer;
	pull_done *done;
	void *ctx;
};

/* What a reference was the last time it was asked for. */
struct known {
	char ref[MODEL_REF + 1], digest[OCI_DIGEST + 1];
};

static struct {
	struct pull at[PULLS];
	struct known known[KNOWN];
	size_t n_known;
	char why[REQUEST_ERROR];
	uint64_t n_ended[2]; /* failed, pulled */
} self;

static void ask(struct pull *p);

/* ---- what is kept ---- */

static void
hex_of(struct bytes s, char out[OCI_DIGEST + 1])
{
	uint8_t hash[crypto_hash_sha256_BYTES];

	crypto_hash_sha256(hash, s.ptr, s.len);
	memcpy(out, "sha256:", 7);
	sodium_bin2hex(out + 7, OCI_DIGEST + 1 - 7, hash, sizeof(hash));
}

static void
place_of(const char *digest, char out[PATH_MAX])
{
	snprintf(out, PATH_MAX, "artifacts/sha256-%s", digest + 7);
}

/* kept() - is a layer here? What is read later is held to the digest again. */
static bool
kept(const char *digest)
{
	char path[PATH_MAX];
	struct stat st;

	place_of(digest, path);
	return fstatat(host.state_dir, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode);
}

/* keep() - whole or not at all. Return: 0, -errno. */
static int
keep(const char *digest, struct bytes s)
{
	char path[PATH_MAX], fresh[] = "artifacts/new";
	int fd, r;

	if (mkdirat(host.state_dir, "artifacts", 0700) != 0 && errno != EEXIST)
		return err_raise(-errno);
	(void)unlinkat(host.state_dir, fresh, 0);
	fd = openat(host.state_dir, fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_raise(-errno);
	r = whole_write(fd, s);
	if (r == 0 && fsync(fd) != 0)
		r = -errno;
	close(fd);
	place_of(digest, path);
	if (r == 0 && renameat(host.state_dir, fresh, host.state_dir, path) != 0)
		r = -errno;
	return r != 0 ? err_raise(r) : 0;
}

static struct known *
known(const char *ref, size_t len)
{
	for (size_t i = 0; i < self.n_known && i < KNOWN; i++)
		if (strlen(self.known[i].ref) == len && memcmp(self.known[i].ref, ref, len) == 0)
			return &self.known[i];
	return NULL;
}

static void
learn(const char *ref, const char *digest)
{
	struct known *k = known(ref, strlen(ref));

	if (k == NULL)
		k = &self.known[self.n_known++ % KNOWN];
	snprintf(k->ref, sizeof(k->ref), "%s", ref);
	snprintf(k->digest, sizeof(k->digest), "%s", digest);
}

bool
pull_path(struct bytes ref, char path[PATH_MAX], char digest[OCI_DIGEST + 1])
{
	struct known *k = ref.len > 0 ? known((const char *)ref.ptr, ref.len) : NULL;
	char below[PATH_MAX];

	if (k == NULL)
		return false;
	place_of(k->digest, below);
	memcpy(digest, k->digest, sizeof(k->digest));
	return snprintf(path, PATH_MAX, "%s/%s", host.conf->state, below) < PATH_MAX;
}

/* ---- the end of one ---- */

static void
over(struct pull *p, const char *why)
{
	pull_done *done = p->done;
	void *ctx = p->ctx;
	struct log_line l;

	log_begin(&l, why == NULL ? LOG_INF : LOG_WRN, why == NULL ? "pulled" : "pull_failed");
	log_str(&l, "ref", p->ref);
	if (why == NULL)
		log_word(&l, "digest", p->layer.digest);
	else
		log_str(&l, "why", why);
	log_end(&l);
	if (p->authorization.ptr != NULL)
		wipe(p->authorization.ptr, p->authorization.cap);
	buf_deinit(&p->authorization);
	p->used = false;
	self.n_ended[why == NULL]++;
	if (done != NULL)
		done(ctx, why);
}

uint64_t
pulls_ended(bool well)
{
	return self.n_ended[well];
}

static void __attribute__((format(printf, 2, 3)))
fail(struct pull *p, const char *fmt, ...)
{
	char text[REQUEST_ERROR];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	over(p, text);
}

/* ---- who is asked, and how ---- */

static bool
listed(const struct hostconf_names *list, const char *name)
{
	for (size_t i = 0; i < list->n; i++)
		if (strcasecmp(list->name[i], name) == 0)
			return true;
	return false;
}

/* plain_at() - was it said that there is no TLS at this very place? */
static bool
plain_at(const struct oci_url *u)
{
	char name[sizeof(u->host) + 8];

	snprintf(name, sizeof(name), "%s:%u", u->host, u->port);
	return listed(&host.conf->registries_plain, name) || (u->port == 80 && listed(&host.conf->registries_plain, u->host));
}

/* basic() - the login that was given for this registry, if one was. Return: is there one? */
static bool
basic(struct pull *p)
{
	char name[300];
	const struct registry *r;
	struct bytes user, password;
	uint8_t both[1024];
	char text[1400];
	size_t n;

	snprintf(name, sizeof(name), "%s:%u", p->registry.host, p->registry.port);
	r = registries_of(bytes_str(name));
	if (r == NULL)
		r = registries_of(bytes_str(p->registry.host));
	if (r == NULL)
		return false;
	buf_reset(&p->authorization);
	if (r->token.ptr != NULL) {
		buf_put_str(&p->authorization, "Bearer ");
		buf_put(&p->authorization, secret_bytes(&r->token));
		return true;
	}
	user = r->username.ptr != NULL ? secret_bytes(&r->username) : BYTES_NULL;
	password = r->password.ptr != NULL ? secret_bytes(&r->password) : BYTES_NULL;
	n = user.len + password.len + 1;
	if (user.len == 0 || n > sizeof(both))
		return false;
	memcpy(both, user.ptr, user.len);
	both[user.len] = ':';
	if (password.len > 0)
		memcpy(both + user.len + 1, password.ptr, password.len);
	sodium_bin2base64(text, sizeof(text), both, n, sodium_base64_VARIANT_ORIGINAL);
	buf_put_str(&p->authorization, "Basic ");
	buf_put_str(&p->authorization, text);
	wipe(both, sizeof(both));
	wipe(text, sizeof(text));
	return true;
}

/* ---- what came ---- */

static void
go(struct pull *p, enum step step)
{
	p->step = step;
	p->redirects = 0;
	p->url = p->registry;
	snprintf(p->url.path, sizeof(p->url.path), "/v2/%s/%s/%s", p->repository,
	    step == STEP_LAYER ? "blobs" : "manifests", step == STEP_LAYER ? p->layer.digest : p->version);
	ask(p);
}

/* on_challenge() - log in as the registry says: once. */
static void
on_challenge(struct pull *p, struct bytes header)
{
	struct oci_challenge c;
	const char *why;
	bool login = basic(p);

	if (p->asked || p->step == STEP_TOKEN) {
		fail(p, "%s: the registry refuses %s", p->registry.host, login ? "the login that was given" : "who has no login");
		return;
	}
	p->asked = true;
	if (oci_challenge(header, &c, &why) != 0) {
		fail(p, "%s: %s", p->registry.host, why);
		return;
	}
	if (!c.bearer) {
		if (login)
			go(p, p->layer.digest[0] != '\0' ? STEP_LAYER : STEP_MANIFEST);
		else
			fail(p, "%s: the registry wants a login: registries.put, or wash reg", p->registry.host);
		return;
	}
	if (oci_url(bytes_str(c.realm), NULL, &p->url, &why) != 0 || (!p->url.tls && !plain_at(&p->url))) {
		fail(p, "%s: tokens are given at a place without TLS", p->registry.host);
		return;
	}
	if ((c.service[0] != '\0' && oci_query(&p->url, "service", bytes_str(c.service)) != 0) ||
	    (c.scope[0] != '\0' && oci_query(&p->url, "scope", bytes_str(c.scope)) != 0)) {
		fail(p, "%s: the registry's challenge is too long", p->registry.host);
		return;
	}
	p->step = STEP_TOKEN;
	ask(p);
}

static void
on_token(struct pull *p, struct bytes body)
{
	const char *why;

	buf_reset(&p->authorization);
	buf_put_str(&p->authorization, "Bearer ");
	if (oci_token(body, &p->authorization, &why) != 0)
		fail(p, "%s: %s", p->registry.host, why);
	else
		go(p, p->layer.digest[0] != '\0' ? STEP_LAYER : STEP_MANIFEST);
}

static void
on_manifest(struct pull *p, struct bytes body)
{
	char digest[OCI_DIGEST + 1];
	const char *why;

	hex_of(body, digest);
	if (p->digest[0] != '\0' && strcmp(digest, p->digest) != 0) {
		fail(p, "the registry's manifest is not the one the reference names: its digest is %s", digest);
		return;
	}
	if (oci_manifest(body, OCI_ACTOR, &p->layer, &why) != 0) {
		fail(p, "%s", why);
		return;
	}
	if (p->layer.size > MODULE_MAX) {
		fail(p, "it is larger than a module may be");
		return;
	}
	if (kept(p->layer.digest)) {
		learn(p->ref, p->layer.digest);
		over(p, NULL);
		return;
	}
	go(p, STEP_LAYER);
}

static void
on_layer(struct pull *p, struct bytes body)
{
	char digest[OCI_DIGEST + 1];
	int r;

	hex_of(body, digest);
	if (strcmp(digest, p->layer.digest) != 0) {
		fail(p, "the registry's layer is not the one its manifest names");
		return;
	}
	r = keep(digest, body);
	if (r != 0) {
		fail(p, "it cannot be kept: %s", strerror(-r));
		return;
	}
	learn(p->ref, digest);
	over(p, NULL);
}

/* on_redirect() - without the login, and not from TLS to none. */
static void
on_redirect(struct pull *p, struct bytes location)
{
	struct oci_url to;
	const char *why;

	if (p->redirects++ == REDIRECTS || p->step == STEP_TOKEN) {
		fail(p, "%s: it is sent on and on", p->registry.host);
		return;
	}
	if (oci_url(location, &p->url, &to, &why) != 0) {
		fail(p, "%s: sent to %s", p->registry.host, why);
		return;
	}
	if (!to.tls && !plain_at(&to)) {
		fail(p, "%s: sent to a place without TLS", p->registry.host);
		return;
	}
	p->url = to;
	ask(p);
}

static void
on_fetched(void *ctx, const struct fetch_got *got)
{
	struct pull *p = ctx;
	uint32_t status = got->head.status;

	if (!p->used)
		return;
	if (status == 0)
		fail(p, "%s: %.*s", p->url.host, (int)got->head.why.len, (const char *)got->head.why.ptr);
	else if (status == 401)
		on_challenge(p, got->head.challenge);
	else if (status >= 300 && status < 400)
		on_redirect(p, got->head.location);
	else if (status == 404)
		fail(p, "%s has no %s of %s", p->registry.host, p->step == STEP_LAYER ? "layer" : "such version", p->repository);
	else if (status != 200)
		fail(p, "%s answers %u", p->url.host, status);
	else if (p->step == STEP_TOKEN)
		on_token(p, got->body);
	else if (p->step == STEP_MANIFEST)
		on_manifest(p, got->body);
	else
		on_layer(p, got->body);
}

static bool
same_place(const struct oci_url *a, const struct oci_url *b)
{
	return a->tls == b->tls && a->port == b->port && strcasecmp(a->host, b->host) == 0;
}

static void
ask(struct pull *p)
{
	static const uint64_t most[] = { OCI_MANIFEST_MAX, TOKEN_ANSWER_MAX, MODULE_MAX };
	struct fetch_ask f = { .url = &p->url, .max = most[p->step] };
	int r;

	if (p->step == STEP_MANIFEST)
		f.accept = bytes_str(oci_accept());
	if (p->step == STEP_TOKEN || (p->asked && same_place(&p->url, &p->registry)))
		f.authorization = buf_bytes(&p->authorization);
	r = buf_failed(&p->authorization) ? -ENOMEM : fetch_begin(&f, on_fetched, p);
	if (r != 0)
		fail(p, "%s", r == -EAGAIN ? "as many downloads are under way as may be" : strerror(-r));
}

/* ---- the beginning ---- */

static bool
copy(char *out, size_t room, struct bytes s)
{
	if (s.len >= room)
		return false;
	if (s.len > 0) /* what a reference does not have points nowhere */
		memcpy(out, s.ptr, s.len);
	out[s.len] = '\0';
	return true;
}

/* aim() - where it is. Return: NULL, or why not. */
static const char *
aim(struct pull *p, const struct image *i)
{
	char name[300], text[400];
	struct bytes version = i->digest.len > 0 ? i->digest : i->tag;
	const char *why;

	if (!copy(name, sizeof(name), i->registry) || !copy(p->ref, sizeof(p->ref), i->raw) ||
	    !copy(p->version, sizeof(p->version), version) || !copy(p->digest, sizeof(p->digest), i->digest))
		return "the reference is too long";
	if (i->digest.len > 0 && !oci_digest_ok(i->digest))
		return "the reference's digest is not a sha256";
	if (kind_named(i->raw) && !listed(&host.conf->registries, name))
		return "builtin:NAME are this host's providers, not actors";
	if (!listed(&host.conf->registries, name)) {
		snprintf(self.why, sizeof(self.why),
		    "this host does not ask the registry %.100s; host.conf: registries { hosts = [...] }", name);
		return self.why;
	}
	snprintf(p->repository, sizeof(p->repository), "%s%.*s", i->official ? "library/" : "", (int)i->repository.len,
	    (const char *)i->repository.ptr);
	snprintf(text, sizeof(text), "%s://%s/", listed(&host.conf->registries_plain, name) ? "http" : "https",
	    strcmp(name, "docker.io") == 0 ? "registry-1.docker.io" : name);
	return oci_url(bytes_str(text), NULL, &p->registry, &why) == 0 ? NULL : "the reference names no registry";
}

const char *
pull_begin(const struct image *image, pull_done *done, void *ctx)
{
	struct pull *p = self.at;
	const char *why;

	while (p < self.at + PULLS && p->used)
		p++;
	if (p == self.at + PULLS)
		return "as many downloads are under way as may be";
	*p = (struct pull){ 0 };
	why = aim(p, image);
	if (why != NULL)
		return why;
	p->used = true;
	p->done = done;
	p->ctx = ctx;
	buf_init(&p->authorization, FETCH_AUTHORIZATION);
	go(p, STEP_MANIFEST);
	return NULL;
}

void
pull_end(void)
{
	for (int i = 0; i < PULLS; i++)
		self.at[i].done = NULL;
	fetch_end();
}
