/*
 * identity - see identity.h. The two directions of its message stand next to each other: every
 * put has its get. identity_get() trusts no length: lists, items and tags have ceilings, text has
 * no NUL inside and keys are made of key characters, so that what is read back can be used as a C
 * string without a second look.
 */
#include "policy/identity/identity.h"

#include <strings.h>

#include "policy/identity/list_priv.h"

int
list_add(struct subject_list *l, struct bytes item)
{
	uint8_t *copy;

	if (l->n >= LIST_MAX)
		return err_raise(-E2BIG);
	/* room doubles whenever the count reaches a power of two */
	if ((l->n & (l->n - 1)) == 0) {
		struct bytes *more = realloc(l->item, (l->n == 0 ? 1 : 2 * l->n) * sizeof(*more));

		if (more == NULL)
			return err_raise(-ENOMEM);
		l->item = more;
	}
	copy = malloc(item.len + 1);
	if (copy == NULL)
		return err_raise(-ENOMEM);
	if (item.len > 0)
		memcpy(copy, item.ptr, item.len);
	l->item[l->n++] = (struct bytes){ copy, item.len };
	l->present = true;
	return 0;
}

void
list_deinit(struct subject_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		free((void *)(uintptr_t)l->item[i].ptr); /* owned, const for the readers */
	free(l->item);
	*l = (struct subject_list){ 0 };
}

static int
list_copy(struct subject_list *to, const struct subject_list *from)
{
	to->present = from->present;
	for (size_t i = 0; i < from->n; i++) {
		int r = list_add(to, from->item[i]);

		if (r != 0)
			return err_pass(r);
	}
	return 0;
}

int
permissions_copy(struct permissions *to, const struct permissions *from)
{
	int r;

	*to = (struct permissions){
		.resp = from->resp, .resp_max = from->resp_max, .resp_ttl_ms = from->resp_ttl_ms
	};
	r = list_copy(&to->pub_allow, &from->pub_allow);
	if (r == 0)
		r = list_copy(&to->pub_deny, &from->pub_deny);
	if (r == 0)
		r = list_copy(&to->sub_allow, &from->sub_allow);
	if (r == 0)
		r = list_copy(&to->sub_deny, &from->sub_deny);
	return err_pass(r);
}

void
permissions_deinit(struct permissions *p)
{
	list_deinit(&p->pub_allow);
	list_deinit(&p->pub_deny);
	list_deinit(&p->sub_allow);
	list_deinit(&p->sub_deny);
	*p = (struct permissions){ 0 };
}

static void
list_put(struct buf *b, const struct subject_list *l)
{
	buf_put_u8(b, l->present);
	buf_put_u32(b, (uint32_t)l->n);
	for (size_t i = 0; i < l->n; i++)
		buf_put_sized(b, l->item[i]);
}

static bool
printable(struct bytes s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] < 0x20 || s.ptr[i] == 0x7f)
			return false;
	return true;
}

static int
list_get(struct cursor *c, struct subject_list *l)
{
	uint8_t present = cursor_u8(c);
	uint32_t n = cursor_u32(c);

	if (c->failed || present > 1 || n > LIST_MAX || (n > 0 && present == 0))
		return err_raise(-EBADMSG);
	for (uint32_t i = 0; i < n; i++) {
		struct bytes item = cursor_sized(c, ITEM_MAX);
		int r;

		if (c->failed || item.len == 0 || !printable(item))
			return err_raise(-EBADMSG);
		r = list_add(l, item);
		if (r != 0)
			return err_pass(r);
	}
	l->present = present == 1;
	return 0;
}

static void
perms_put(struct buf *b, const struct permissions *p)
{
	list_put(b, &p->pub_allow);
	list_put(b, &p->pub_deny);
	list_put(b, &p->sub_allow);
	list_put(b, &p->sub_deny);
	buf_put_u8(b, p->resp);
	buf_put_u64(b, (uint64_t)p->resp_max);
	buf_put_u64(b, (uint64_t)p->resp_ttl_ms);
}

static int
perms_get(struct cursor *c, struct permissions *p)
{
	struct subject_list *lists[] = { &p->pub_allow, &p->pub_deny, &p->sub_allow, &p->sub_deny };
	uint8_t resp;

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		int r = list_get(c, lists[i]);

		if (r != 0)
			return err_pass(r);
	}
	resp = cursor_u8(c);
	if (resp > 1)
		return err_raise(-EBADMSG);
	p->resp = resp == 1;
	p->resp_max = (int64_t)cursor_u64(c);
	p->resp_ttl_ms = (int64_t)cursor_u64(c);
	return 0;
}

/* fixed_get() - text into an array of @room bytes with its NUL; printable ASCII without blanks. */
static bool
fixed_get(struct cursor *c, char *out, size_t room)
{
	struct bytes s = cursor_sized(c, room - 1);

	if (c->failed)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] <= 0x20 || s.ptr[i] >= 0x7f)
			return false;
	if (s.len > 0)
		memcpy(out, s.ptr, s.len);
	out[s.len] = '\0';
	return true;
}

/* text_dup() - text of the heap, at most ITEM_MAX bytes without a NUL inside. */
static int
text_dup(struct cursor *c, char **out)
{
	struct bytes s = cursor_sized(c, ITEM_MAX);

	if (c->failed || bytes_find(s, 0) != s.len)
		return err_raise(-EBADMSG);
	*out = strndup(s.len > 0 ? (const char *)s.ptr : "", s.len);
	return *out != NULL ? 0 : err_raise(-ENOMEM);
}

static int
certs_get(struct cursor *c, struct identity *id)
{
	uint32_t n = cursor_u32(c);

	if (c->failed || n > IDENTITY_CERTS_MAX)
		return err_raise(-EBADMSG);
	for (uint32_t i = 0; i < n; i++) {
		struct bytes name = cursor_sized(c, ITEM_MAX);
		int r;

		if (c->failed || name.len == 0 || !printable(name) || bytes_find(name, 0) != name.len)
			return err_raise(-EBADMSG);
		r = identity_add_cert(id, name);
		if (r != 0)
			return err_pass(r);
	}
	return 0;
}

static int
tags_get(struct cursor *c, struct identity *id)
{
	uint32_t n = cursor_u32(c);

	if (c->failed || n > TAGS_MAX)
		return err_raise(-EBADMSG);
	if (n == 0)
		return 0;
	id->tags = calloc(n, sizeof(*id->tags));
	if (id->tags == NULL)
		return err_raise(-ENOMEM);
	for (; id->n_tags < n; id->n_tags++) {
		int r = text_dup(c, &id->tags[id->n_tags]);

		if (r != 0)
			return err_pass(r);
	}
	return 0;
}

void
identity_deinit(struct identity *id)
{
	if (id == NULL)
		return;
	free(id->name);
	for (size_t i = 0; i < id->n_tags; i++)
		free(id->tags[i]);
	free(id->tags);
	for (size_t i = 0; i < id->n_certs; i++)
		free(id->certs[i]);
	free(id->certs);
	permissions_deinit(&id->perms);
	*id = (struct identity){ 0 };
}

void
identity_put(struct buf *b, const struct identity *id)
{
	buf_put_sized_str(b, id->user);
	buf_put_sized_str(b, id->account);
	buf_put_sized_str(b, id->issuer);
	buf_put_sized_str(b, id->inbox);
	buf_put_sized_str(b, id->source);
	buf_put_sized_str(b, id->jti);
	buf_put_sized_str(b, id->name);
	buf_put_u32(b, (uint32_t)id->n_tags);
	for (size_t i = 0; i < id->n_tags; i++)
		buf_put_sized_str(b, id->tags[i]);
	buf_put_sized_str(b, id->certificate);
	buf_put_u32(b, (uint32_t)id->n_certs);
	for (size_t i = 0; i < id->n_certs; i++)
		buf_put_sized_str(b, id->certs[i]);
	perms_put(b, &id->perms);
	buf_put_u64(b, (uint64_t)id->max_subs);
	buf_put_u64(b, (uint64_t)id->max_payload);
	buf_put_u64(b, (uint64_t)id->issued_s);
	buf_put_u64(b, (uint64_t)id->expires_s);
	buf_put(b, bytes_of(id->token, sizeof(id->token)));
	buf_put(b, bytes_of(id->grant, sizeof(id->grant)));
}

/* get() - the reading half; what it built stays in @id also when it fails. */
static int
get(struct cursor *c, struct identity *id)
{
	struct bytes token, grant;
	int r;

	if (!fixed_get(c, id->user, sizeof(id->user)) ||
	    !fixed_get(c, id->account, sizeof(id->account)) ||
	    !fixed_get(c, id->issuer, sizeof(id->issuer)) ||
	    !fixed_get(c, id->inbox, sizeof(id->inbox)) ||
	    !fixed_get(c, id->source, sizeof(id->source)) ||
	    !fixed_get(c, id->jti, sizeof(id->jti)))
		return err_raise(-EBADMSG);
	r = text_dup(c, &id->name);
	if (r == 0)
		r = tags_get(c, id);
	if (r == 0 && !fixed_get(c, id->certificate, sizeof(id->certificate)))
		r = err_raise(-EBADMSG);
	if (r == 0)
		r = certs_get(c, id);
	if (r == 0)
		r = perms_get(c, &id->perms);
	if (r != 0)
		return err_pass(r);
	id->max_subs = (int64_t)cursor_u64(c);
	id->max_payload = (int64_t)cursor_u64(c);
	id->issued_s = (int64_t)cursor_u64(c);
	id->expires_s = (int64_t)cursor_u64(c);
	token = cursor_take(c, sizeof(id->token));
	grant = cursor_take(c, sizeof(id->grant));
	if (c->failed)
		return err_raise(-EBADMSG);
	memcpy(id->token, token.ptr, token.len);
	memcpy(id->grant, grant.ptr, grant.len);
	return 0;
}

int
identity_get(struct cursor *c, struct identity *id)
{
	int r;

	*id = (struct identity){ 0 };
	r = get(c, id);
	if (r != 0)
		identity_deinit(id);
	return r;
}

int
identity_add_cert(struct identity *id, struct bytes name)
{
	char **more;

	if (id->n_certs == IDENTITY_CERTS_MAX)
		return err_raise(-E2BIG);
	more = reallocarray(id->certs, id->n_certs + 1, sizeof(*more));
	if (more == NULL)
		return err_raise(-ENOMEM);
	id->certs = more;
	more[id->n_certs] = strndup((const char *)name.ptr, name.len);
	if (more[id->n_certs] == NULL)
		return err_raise(-ENOMEM);
	id->n_certs++;
	return 0;
}

/* texts_eq() - NULL is as "", which is what a message makes of it. */
static bool
texts_eq(char *const *a, size_t n_a, char *const *b, size_t n_b)
{
	size_t i = 0;

	while (i < n_a && i < n_b && bytes_eq(bytes_str(a[i]), bytes_str(b[i])))
		i++;
	return i == n_a && i == n_b;
}

static bool
list_eq(const struct subject_list *a, const struct subject_list *b)
{
	size_t i = 0;

	if (a->present != b->present || a->n != b->n)
		return false;
	while (i < a->n && bytes_eq(a->item[i], b->item[i]))
		i++;
	return i == a->n;
}

static bool
perms_eq(const struct permissions *a, const struct permissions *b)
{
	return list_eq(&a->pub_allow, &b->pub_allow) && list_eq(&a->pub_deny, &b->pub_deny) &&
	       list_eq(&a->sub_allow, &b->sub_allow) && list_eq(&a->sub_deny, &b->sub_deny) &&
	       a->resp == b->resp && a->resp_max == b->resp_max && a->resp_ttl_ms == b->resp_ttl_ms;
}

bool
identity_eq(const struct identity *a, const struct identity *b)
{
	return memcmp(a->token, b->token, sizeof(a->token)) == 0 &&
	       memcmp(a->grant, b->grant, sizeof(a->grant)) == 0 && strcmp(a->user, b->user) == 0 &&
	       strcmp(a->account, b->account) == 0 && strcmp(a->issuer, b->issuer) == 0 &&
	       strcmp(a->inbox, b->inbox) == 0 && strcmp(a->source, b->source) == 0 &&
	       strcmp(a->jti, b->jti) == 0 && strcmp(a->certificate, b->certificate) == 0 &&
	       texts_eq(&a->name, 1, &b->name, 1) && texts_eq(a->tags, a->n_tags, b->tags, b->n_tags) &&
	       texts_eq(a->certs, a->n_certs, b->certs, b->n_certs) && perms_eq(&a->perms, &b->perms) &&
	       a->max_subs == b->max_subs && a->max_payload == b->max_payload &&
	       a->issued_s == b->issued_s && a->expires_s == b->expires_s;
}

bool
identity_certified(const struct identity *id)
{
	return strncmp(id->user, "cert:", 5) == 0;
}

bool
identity_tag(const struct identity *id, const char *tag)
{
	for (size_t i = 0; i < id->n_tags; i++)
		if (strcasecmp(id->tags[i], tag) == 0)
			return true;
	return false;
}

struct bytes
identity_tag_value(const struct identity *id, const char *key, size_t n)
{
	size_t len = strlen(key);

	for (size_t i = 0; i < id->n_tags; i++) {
		const char *tag = id->tags[i];

		if (strncasecmp(tag, key, len) != 0 || tag[len] != ':')
			continue;
		if (n-- == 0)
			return bytes_str(tag + len + 1);
	}
	return BYTES_NULL;
}
