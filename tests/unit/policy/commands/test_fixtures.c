/*
 * Bodies as real clients and schemas write them, in tests/vectors/commands/<dialect>, each
 * with a line saying where it comes from:
 *
 *	> SUBJECT          a message
 *	h NAME: VALUE      a header field of it
 *	p TEXT, x HEX      its payload
 *	= WHAT IT SAYS     what the decoders make of it
 */
#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>

#include "tests/unit/policy/commands/said.h"
#include "tests/unit/policy/commands/suites.h"

enum { LINE = 16384 };

struct fixture {
	char subject[512], header[1024], payload[LINE];
	size_t payload_len;
	bool has;
};

static size_t
from_hex(const char *hex, char *out)
{
	size_t n = 0;
	unsigned byte;

	for (; sscanf(hex, "%2x", &byte) == 1; hex += 2)
		out[n++] = (char)byte;
	return n;
}

static void
hold(const struct fixture *f, const char *want, const char *path)
{
	struct message m = { f->subject, f->header, f->payload, f->payload_len };
	struct said s;

	said_body(&s, &m);
	ck_assert_msg(strcmp(s.text, want) == 0, "%s: %s\nwant: %s\n got: %s", path, f->subject,
	    want, s.text);
}

static void
take_line(struct fixture *f, char *line, const char *path, size_t *n)
{
	const char *text = line[0] != '\0' && line[1] == ' ' ? line + 2 : "";
	size_t at = strlen(f->header);

	switch (line[0]) {
	case '>':
		*f = (struct fixture){ .has = true };
		snprintf(f->subject, sizeof(f->subject), "%s", text);
		break;
	case 'h':
		snprintf(f->header + at, sizeof(f->header) - at, "%s%s\r\n",
		    at == 0 ? "NATS/1.0\r\n" : "", text);
		break;
	case 'p':
		f->payload_len = (size_t)snprintf(f->payload, sizeof(f->payload), "%s", text);
		break;
	case 'x':
		f->payload_len = from_hex(text, f->payload);
		break;
	case '=':
		ck_assert_msg(f->has, "%s: %s", path, line);
		if (f->header[0] != '\0')
			strcat(f->header, "\r\n");
		hold(f, text, path);
		f->has = false;
		++*n;
		break;
	default:
		ck_assert_msg(line[0] == '#' || line[0] == '\0', "%s: %s", path, line);
	}
}

static size_t
hold_file(const char *path)
{
	static struct fixture f;
	static char line[LINE];
	FILE *file = fopen(path, "rb");
	size_t n = 0;

	ck_assert_msg(file != NULL, "%s", path);
	f = (struct fixture){ .has = false };
	while (fgets(line, sizeof(line), file) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		take_line(&f, line, path, &n);
	}
	fclose(file);
	ck_assert_msg(!f.has, "%s: a message without its line =", path);
	return n;
}

static const char *const dialects[] = { "A", "B", "C", "D", "wadm" };

START_TEST(what_real_clients_send_is_understood)
{
	const char *vectors = getenv("VECTORS");
	char folder[1024], path[2048];
	struct dirent *e;
	size_t n = 0;
	DIR *d;

	ck_assert_ptr_nonnull(vectors);
	snprintf(folder, sizeof(folder), "%s/commands/%s", vectors, dialects[_i]);
	d = opendir(folder);
	ck_assert_msg(d != NULL, "%s", folder);
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		n += hold_file(path);
	}
	closedir(d);
	ck_assert_uint_gt(n, 2);
}
END_TEST

TCase *
fixture_tests(void)
{
	TCase *t = tcase_create("fixtures");

	tcase_add_loop_test(t, what_real_clients_send_is_understood, 0,
	    (int)(sizeof(dialects) / sizeof(dialects[0])));
	return t;
}
