/*
 * json_out - JSON that an actor writes. All room from the beginning; what does not fit is cut off
 * whole, and json_done() gives nothing.
 */
#ifndef PORTCULLIS_JSON_OUT_H
#define PORTCULLIS_JSON_OUT_H

#include "host/kit/pack.h"

struct json_out {
	struct pack_writer w;
};

static inline struct json_out
json_new(actor_size room)
{
	return (struct json_out){ pack_new(room) };
}

static inline struct actor_text
json_done(const struct json_out *j)
{
	return pack_done(&j->w);
}

/* json_put() - as it is: braces, names, commas. */
static inline void
json_put(struct json_out *j, const char *s)
{
	actor_size n = 0;

	while (s[n] != 0)
		n++;
	pack_raw(&j->w, (const actor_byte *)s, n);
}

static inline void
json_put_byte(struct json_out *j, unsigned c)
{
	actor_byte b = (actor_byte)c;

	pack_raw(&j->w, &b, 1);
}

/* json_put_text() - in quotes; control bytes, quotes and backslashes written so that they stay
 * text. */
static inline void
json_put_text(struct json_out *j, struct actor_text s)
{
	static const char hex[] = "0123456789abcdef";

	json_put(j, "\"");
	for (actor_size i = 0; i < s.n; i++) {
		if (s.p[i] >= 0x20 && s.p[i] != '"' && s.p[i] != '\\' && s.p[i] != 0x7f) {
			json_put_byte(j, s.p[i]);
			continue;
		}
		json_put(j, "\\u00");
		json_put_byte(j, (unsigned)hex[s.p[i] >> 4]);
		json_put_byte(j, (unsigned)hex[s.p[i] & 15]);
	}
	json_put(j, "\"");
}

static inline void
json_put_int(struct json_out *j, long long v)
{
	unsigned long long u = v < 0 ? 0 - (unsigned long long)v : (unsigned long long)v;
	actor_byte digit[20];
	actor_size n = 0;

	do
		digit[sizeof(digit) - ++n] = (actor_byte)('0' + u % 10);
	while ((u /= 10) != 0);
	if (v < 0)
		json_put(j, "-");
	pack_raw(&j->w, digit + sizeof(digit) - n, n);
}

#endif
