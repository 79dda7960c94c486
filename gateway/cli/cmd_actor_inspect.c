/*
 * actor inspect - what is signed into a module or a provider's archive, and does it hold? All four
 * questions are asked even when one does not, so that a person sees everything that is wrong at
 * once; but claims whose signature does not match are nobody's, and not shown.
 */
#include <fcntl.h>
#include <string.h>
#include <time.h>

#include "gateway/cli/actor_show.h"
#include "gateway/cli/actor_trust.h"
#include "gateway/cli/files.h"
#include "gateway/cli/verbs_actor.h"
#include "policy/identity/par_gunzip.h"

enum { FILE_MAX = 512 << 20, OUT_MAX = 4 << 20 };

/* What an inspection works with; too large for the stack. */
struct inspection {
	struct actor_trust trust;
	struct par par;
	struct wascap_place place;
	struct actor_seen seen;
};

static bool
is_tar(struct bytes file)
{
	return bytes_starts(bytes_from(file, 257), BYTES_LIT("ustar"));
}

/* read_claims() - up to a token that is taken apart. */
static int
read_claims(struct inspection *in, struct bytes file)
{
	struct actor_seen *s = &in->seen;
	bool module = bytes_starts(file, BYTES_LIT("\0asm"));
	int r;

	if (!module && !is_tar(file)) {
		snprintf(s->why, sizeof(s->why), "neither a WebAssembly module nor a tar archive");
		return WASCAP_BAD_FILE;
	}
	r = module ? wascap_module_find(&in->place, file, s->why)
		   : par_read(&in->par, file, s->why);
	if (r == 0)
		r = wascap_read(&s->w, module ? in->place.token : in->par.token,
		    module ? WASCAP_ACTOR : WASCAP_PROVIDER, s->why);
	s->old_name = in->place.old_name;
	s->par = &in->par;
	return err_pass(r);
}

/* ask() - the four questions; the first that does not hold is what is said. */
static void
ask(struct inspection *in, int64_t now_s)
{
	struct wascap_trust t = actor_trust_at(&in->trust, now_s);
	struct actor_seen *s = &in->seen;
	char why[CHECKS][WHY_MAX] = { "" };

	s->answer[CHECK_SIGNATURE] = wascap_signed(&s->w, why[CHECK_SIGNATURE]);
	if (s->issuer_asked)
		s->answer[CHECK_ISSUER] = wascap_issued(&s->w, &t, why[CHECK_ISSUER]);
	s->answer[CHECK_TIME] = wascap_timely(&s->w, now_s, why[CHECK_TIME]);
	s->answer[CHECK_HASH] = s->w.kind == WASCAP_ACTOR
				    ? wascap_module_same(&s->w, &in->place, why[CHECK_HASH])
				    : par_same(&s->w, &in->par, why[CHECK_HASH]);
	for (int i = CHECKS - 1; i >= 0; i--) {
		if (s->answer[i] == 0)
			continue;
		s->first = s->answer[i];
		memcpy(s->why, why[i], WHY_MAX);
	}
	if (s->answer[CHECK_SIGNATURE] != 0)
		wascap_deinit(&s->w);
}

static int
say(const struct cli_args *a, const struct actor_seen *s)
{
	struct buf b;
	int r;

	buf_init(&b, OUT_MAX);
	if (cli_flag(a, "json"))
		actor_show_json(&b, s);
	else
		actor_show_text(&b, s);
	r = cli_print(&b);
	buf_deinit(&b);
	if (s->first != 0)
		cli_error("%s: %s", s->file, s->why);
	return r != CLI_OK ? r : s->first != 0 ? CLI_TESTS : CLI_OK;
}

/* read_file() - with what is compressed made plain in @plain. */
static int
read_file(struct inspection *in, struct buf *file, struct buf *plain)
{
	struct actor_seen *s = &in->seen;
	int r = file_read(AT_FDCWD, s->file, file);

	if (r != 0)
		return err_pass(r);
	s->size = file->len;
	if (!par_is_gzip(buf_bytes(file)))
		return read_claims(in, buf_bytes(file));
	r = par_gunzip(plain, buf_bytes(file), s->why);
	return r != 0 ? err_pass(r) : read_claims(in, buf_bytes(plain));
}

static int
inspect(struct inspection *in, const struct cli_args *a)
{
	struct actor_seen *s = &in->seen;
	struct buf file, plain;
	int r;

	s->file = a->args[0];
	s->issuer_asked = actor_trust_given(&in->trust);
	buf_init(&file, FILE_MAX);
	buf_init(&plain, FILE_MAX);
	r = read_file(in, &file, &plain);
	if (r < 0) {
		cli_error("%s: %s", s->file, r == -EFBIG ? "over 512 MiB" : strerror(-r));
		r = CLI_FAILED;
	} else {
		s->first = r;
		if (r == 0)
			ask(in, (int64_t)time(NULL));
		r = say(a, s);
	}
	wascap_deinit(&s->w);
	buf_deinit(&file);
	buf_deinit(&plain);
	return r;
}

int
cmd_actor_inspect(const struct cli_args *a)
{
	struct inspection *in = calloc(1, sizeof(*in));
	int r;

	if (in == NULL) {
		cli_error("out of memory");
		return CLI_FAILED;
	}
	r = actor_trust_load(&in->trust, a);
	if (r == CLI_OK)
		r = inspect(in, a);
	actor_trust_deinit(&in->trust);
	free(in);
	return r;
}
