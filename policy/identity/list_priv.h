/* list - owned lists of subjects and permissions: what identity, claims and scopes hand around. */
#ifndef POLICY_IDENTITY_LIST_PRIV_H
#define POLICY_IDENTITY_LIST_PRIV_H

#include "policy/identity/identity.h"

enum { LIST_MAX = 4096, ITEM_MAX = 1024, TAGS_MAX = 256 };

/* list_add() - append a copy. Return: 0, -E2BIG (already LIST_MAX items), -ENOMEM. */
int list_add(struct subject_list *l, struct bytes item) must_check;
void list_deinit(struct subject_list *l);
/* permissions_copy() - *to is overwritten, and owned by the caller also when this fails. */
int permissions_copy(struct permissions *to, const struct permissions *from) must_check;
void permissions_deinit(struct permissions *p);

#endif
