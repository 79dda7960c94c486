/*
 * issued - see issued.h. A line that cannot be read is named and ends the reading: revoking by name
 * from half a list would leave somebody in.
 */
#include "gateway/cli/issued.h"

#include <string.h>

#include "gateway/cli/cli.h"
#include "policy/core/json.h"

enum { ISSUED_MAX = 64 << 20, LINE_TOKENS = 512 };

static bool
get_text(const struct json *j, const char *name, char *out, size_t cap)
{
	uint8_t room[1024];
	size_t at = json_member(j, 0, name);
	struct bytes s;

	if (at == 0 || json_text(j, at, room, sizeof(room), &s) != 0 || s.len >= cap)
		return false;
	if (s.len > 0)
		memcpy(out, s.ptr, s.len);
	out[s.len] = '\0';
	return true;
}

static bool
get_int(const struct json *j, const char *name, int64_t *v)
{
	size_t at = json_member(j, 0, name);

	return at != 0 && json_int(j, at, v) == 0;
}

static bool
read_line(struct bytes line, struct issued *i)
{
	struct json_tok tok[LINE_TOKENS];
	struct json j = { .text = line, .tok = tok, .cap = LINE_TOKENS };
	uint8_t room[NKEY_TEXT_LEN + 1];
	struct bytes host = BYTES_NULL;
	size_t hosts;

	*i = (struct issued){ 0 };
	if (json_read(&j) != 0)
		return false;
	hosts = json_member(&j, 0, "hosts");
	if (hosts != 0 && json_first(&j, hosts) != 0 &&
	    json_text(&j, json_first(&j, hosts), room, sizeof(room), &host) == 0 &&
	    host.len == NKEY_TEXT_LEN)
		memcpy(i->host, host.ptr, host.len);
	return get_text(&j, "user", i->user, sizeof(i->user)) &&
	       get_text(&j, "name", i->name, sizeof(i->name)) &&
	       get_text(&j, "role", i->role, sizeof(i->role)) &&
	       get_text(&j, "lattice", i->lattice, sizeof(i->lattice)) &&
	       get_text(&j, "account", i->account, sizeof(i->account)) &&
	       get_int(&j, "iat", &i->iat_s) && get_int(&j, "exp", &i->exp_s);
}

static size_t
count_lines(struct bytes s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += s.ptr[i] == '\n';
	return n + 1;
}

int
issued_read(struct deploy *d, struct issued **out, size_t *n)
{
	struct issued *list = NULL;
	size_t count = 0, line_no = 0;
	struct bytes rest;
	struct buf b;
	int r;

	buf_init(&b, ISSUED_MAX);
	r = deploy_read(d, "jwt/issued.jsonl", &b);
	rest = buf_bytes(&b);
	if (r == CLI_OK) {
		list = calloc(count_lines(rest), sizeof(*list));
		if (list == NULL)
			r = CLI_FAILED;
	}
	while (r == CLI_OK && rest.len > 0) {
		struct bytes line = bytes_upto(rest, bytes_find(rest, '\n'));

		rest = bytes_from(rest, line.len + 1);
		line_no++;
		if (line.len == 0)
			continue;
		if (!read_line(line, &list[count])) {
			cli_error("%s/jwt/issued.jsonl:%zu:1: not a record this tool wrote", d->dir,
			    line_no);
			r = CLI_FAILED;
		}
		count++;
	}
	buf_deinit(&b);
	if (r != CLI_OK) {
		free(list);
		return r;
	}
	*out = list;
	*n = count;
	return CLI_OK;
}
