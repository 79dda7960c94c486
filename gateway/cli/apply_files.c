/*
 * apply_files - what a person has: the manifest, the lock file beside it, and the modules. Paths of
 * the manifest are against its folder, wherever the person is. Of a module signature, hash and time
 * are looked at; whom to believe is the hosts' to say, and what is pinned is ours.
 */
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "gateway/cli/apply.h"
#include "gateway/cli/files.h"
#include "policy/identity/wascap_module.h"

enum { MODULE_MAX = 64 << 20, REPORT_MAX = 64 * 1024 };

static const char *
from_environment(void *ctx, const char *name)
{
	(void)ctx;
	return getenv(name);
}

const struct manifest_env apply_env = { NULL, from_environment };

static int
out_of_memory(void)
{
	cli_error("out of memory");
	return CLI_FAILED;
}

/* names() - where they are. A manifest that is a link is the file it leads to. */
static int
names(struct apply *a)
{
	const char *given = a->args->args[0], *lock = cli_value(a->args, "lock");
	char path[PATH_MAX], folder[PATH_MAX];

	if (realpath(given, path) == NULL) {
		cli_error("%s: %s", given, strerror(errno));
		return CLI_FAILED;
	}
	memcpy(folder, path, sizeof(folder));
	a->file = strdup(path);
	if (lock != NULL)
		a->lock_file = strdup(lock);
	else if (asprintf(&a->lock_file, "%s/portcullis.lock", dirname(folder)) < 0)
		a->lock_file = NULL;
	return a->file != NULL && a->lock_file != NULL ? CLI_OK : out_of_memory();
}

/* take_file() - what a file says, by @parse; what that reports is printed. Return: 0, -errno,
 * @parse's answer. */
static int
take_file(struct apply *a, const char *file, size_t max,
    int (*parse)(struct apply *a, struct bytes text, struct buf *report))
{
	struct buf text, report;
	int r;

	secret_buf_init(&text, max);
	buf_init(&report, REPORT_MAX);
	r = file_read(AT_FDCWD, file, &text);
	if (r == 0)
		r = parse(a, buf_bytes(&text), &report);
	if (report.len > 0)
		fwrite(report.ptr, 1, report.len, stderr);
	secret_buf_deinit(&text);
	buf_deinit(&report);
	return r;
}

static int
parse_manifest(struct apply *a, struct bytes text, struct buf *report)
{
	return manifest_read(&a->manifest, a->file, text, &apply_env, report);
}

static int
read_manifest(struct apply *a)
{
	int r = take_file(a, a->file, MANIFEST_MAX, parse_manifest);

	if (r < 0)
		cli_error("%s: %s", a->file, strerror(-r));
	return r == 0 ? CLI_OK : r > 0 ? CLI_CONFIG : CLI_FAILED;
}

static int
parse_lock(struct apply *a, struct bytes text, struct buf *report)
{
	return lock_read(&a->pinned, a->lock_file, text, report);
}

static int
read_lock(struct apply *a)
{
	int r = take_file(a, a->lock_file, LOCK_MAX, parse_lock);

	if (r == -ENOENT && !a->locked)
		return CLI_OK;
	if (r == -ENOENT) {
		cli_error("%s is not there, and --locked takes only what it pins", a->lock_file);
		cli_try("once without --locked: it writes the file");
	} else if (r < 0) {
		cli_error("%s: %s", a->lock_file, strerror(-r));
	}
	return r == 0 ? CLI_OK : CLI_CONFIG;
}

/* ---- modules ---- */

static void
digest_of(struct bytes module, char out[LOCK_DIGEST + 1])
{
	uint8_t hash[crypto_hash_sha256_BYTES];

	crypto_hash_sha256(hash, module.ptr, module.len);
	memcpy(out, "sha256:", 7);
	sodium_bin2hex(out + 7, LOCK_DIGEST + 1 - 7, hash, sizeof(hash));
}

/* look_at() - its claims, as far as a module can vouch for itself. Return: 0, WASCAP_*, -ENOMEM. */
static int
look_at(struct bytes module, struct lock_item *item, char why[WHY_MAX])
{
	struct wascap_place place;
	struct wascap w = { 0 };
	int r = wascap_module_find(&place, module, why);

	if (r == 0)
		r = wascap_read(&w, place.token, WASCAP_ACTOR, why);
	if (r == 0)
		r = wascap_signed(&w, why);
	if (r == 0)
		r = wascap_module_same(&w, &place, why);
	if (r == 0)
		r = wascap_timely(&w, (int64_t)time(NULL), why);
	if (r == 0) {
		nkey_format(&w.sub, item->key);
		nkey_format(&w.iss, item->issuer);
		item->revision = w.has_rev ? w.rev : 0;
		digest_of(module, item->digest);
	}
	wascap_deinit(&w);
	return err_pass(r);
}

/* read_actor() - a reference to a file, to what is in it. */
static int
read_actor(struct apply *a, struct manifest_actor *m)
{
	struct lock_item item = { .kind = LOCK_ACTOR };
	char why[WHY_MAX] = "";
	struct buf path, module;
	int r;

	buf_init(&path, PATH_MAX);
	buf_init(&module, MODULE_MAX);
	manifest_path(&path, a->file, m->ref);
	buf_put_u8(&path, '\0');
	r = buf_failed(&path) ? -ENAMETOOLONG
			      : file_read(AT_FDCWD, (const char *)path.ptr, &module);
	if (r == 0)
		r = look_at(buf_bytes(&module), &item, why);
	if (r != 0)
		cli_error("%s:%u:%u: %s: %s", a->file, m->at.line, m->at.col,
		    (const char *)path.ptr, r > 0 ? why : strerror(-r));
	if (r == WASCAP_UNSIGNED)
		cli_try("portcullis actor sign   (signs a module)");
	buf_deinit(&path);
	buf_deinit(&module);
	if (r != 0)
		return r > 0 ? CLI_TESTS : CLI_FAILED;
	if (strlen(m->ref) >= sizeof(item.ref)) {
		cli_error("%s:%u:%u: the reference is too long", a->file, m->at.line, m->at.col);
		return CLI_CONFIG;
	}
	strcpy(item.ref, m->ref);
	r = apply_pin(a, &m->at, &item);
	if (r == CLI_OK && manifest_actor_is(m, item.key) != 0)
		r = out_of_memory();
	return r;
}

int
apply_pin(struct apply *a, const struct manifest_at *at, const struct lock_item *item)
{
	enum lock_drift d = lock_drift(&a->pinned, item);

	if (!lock_accepts(d, a->locked)) {
		cli_error("%s:%u:%u: %s is %s", a->file, at->line, at->col, item->ref,
		    lock_drift_words(d));
		cli_note("%s is by %s, revision %d, %s", item->key, item->issuer, item->revision,
		    item->digest[0] != '\0' ? item->digest : "digest not known");
		if (d == LOCK_OTHER_BYTES)
			cli_try("sign what is changed with a higher --rev");
		else if (d == LOCK_NOT_PINNED || d == LOCK_NEWER)
			cli_try("without --locked it is taken, and pinned");
		else
			cli_try("if that is meant, take its lines out of %s", a->lock_file);
		return CLI_TESTS;
	}
	if (lock_set(&a->found, item) != 0)
		return out_of_memory();
	if (d == LOCK_AS_PINNED)
		return CLI_OK;
	a->new_pins++;
	return lock_set(&a->pinned, item) == 0 ? CLI_OK : out_of_memory();
}

int
apply_files(struct apply *a)
{
	int r = names(a), worst;

	if (r == CLI_OK)
		r = read_manifest(a);
	if (r == CLI_OK)
		r = read_lock(a);
	if (r != CLI_OK)
		return r;
	worst = CLI_OK;
	for (size_t i = 0; i < a->manifest->n_actors; i++) {
		struct manifest_actor *m = &a->manifest->actor[i];

		r = manifest_is_path(m->ref) ? read_actor(a, m) : CLI_OK;
		worst = r != CLI_OK ? r : worst;
	}
	return worst;
}

int
apply_save(const struct apply *a)
{
	struct buf b;
	int r;

	if (a->new_pins == 0)
		return CLI_OK;
	buf_init(&b, LOCK_MAX);
	lock_put(&b, &a->pinned);
	r = buf_failed(&b) ? -EFBIG : file_swap(AT_FDCWD, a->lock_file, 0644, buf_bytes(&b));
	buf_deinit(&b);
	if (r == 0)
		return CLI_OK;
	cli_error("%s: %s", a->lock_file, strerror(-r));
	return CLI_FAILED;
}

void
apply_deinit(struct apply *a)
{
	ctl_close(&a->ctl);
	manifest_free(a->manifest);
	lock_deinit(&a->pinned);
	lock_deinit(&a->found);
	plan_seen_deinit(&a->seen);
	buf_deinit(&a->said);
	free(a->file);
	free(a->lock_file);
}
