/*
 * trie - see trie.h. Nodes are numbers; `*` and `>` are fields of a node, words are edges in one
 * open-addressed table keyed by (node, word). A question cuts and hashes its tokens once, then
 * walks: along words in a loop, into a recursion only where a `*` branches off. Every node is
 * visited at most once per question, because a trie is a tree.
 */
#include "policy/rules/trie.h"

#include "policy/rules/subject.h"

enum { FIRST = 8, NONE = UINT32_MAX };

/* Where patterns end: the rules that do, without a queue and with. */
struct terminal {
	struct hit hit;
	uint32_t queues; /* head of a list in trie->queue, NONE: empty */
};

struct queue_entry {
	struct bytes name;
	struct hit hit;
	uint32_t next;
};

struct node {
	uint32_t star; /* child along `*` */
	uint32_t end;  /* terminal of patterns that end here */
	uint32_t gt;   /* terminal of patterns that go on with `>` */
	bool words;    /* has children along words */
};

struct edge {
	uint64_t head; /* of the word */
	const uint8_t *word;
	uint32_t len;
	uint32_t hash;
	uint32_t parent;
	uint32_t child; /* NONE: a free slot */
};

_Static_assert(sizeof(struct edge) == 32, "two edges to a cache line");

struct trie {
	struct node *node;
	struct terminal *terminal;
	struct queue_entry *queue;
	struct edge *edge;
	uint32_t n_node, cap_node;
	uint32_t n_terminal, cap_terminal;
	uint32_t n_queue, cap_queue;
	uint32_t n_edge, cap_edge; /* cap is a power of two, at least twice n */
};

/* What is asked, and the answer so far. */
struct question {
	const struct trie *t;
	const struct words *words;
	struct bytes queue;
	struct hit hit;
	unsigned named;
};

static uint32_t
edge_slot(uint32_t parent, uint32_t hash)
{
	return (uint32_t)(hash_fold((uint64_t)parent << 32 | hash, UINT64_C(0x9e3779b97f4a7c15)));
}

static uint32_t
find_child(const struct trie *t, uint32_t parent, const struct word *word)
{
	uint32_t i = edge_slot(parent, word->hash);

	for (;; i++) {
		const struct edge *e = &t->edge[i & (t->cap_edge - 1)];

		if (e->child == NONE)
			return NONE;
		if (e->parent != parent || e->head != word->head || e->len != word->len)
			continue;
		if (e->len <= 8 || memcmp(e->word + 8, word->ptr + 8, e->len - 8) == 0)
			return e->child;
	}
}

/* grow() - room for one more record. Return: false when out of memory. */
static bool
grow(void **array, uint32_t n, uint32_t *cap, size_t record)
{
	uint32_t more = *cap != 0 ? *cap * 2 : FIRST;
	void *p;

	if (n < *cap)
		return true;
	if (more <= *cap)
		return false;
	p = reallocarray(*array, more, record);
	if (p == NULL)
		return false;
	*array = p;
	*cap = more;
	return true;
}

static uint32_t
new_node(struct trie *t)
{
	if (!grow((void **)&t->node, t->n_node, &t->cap_node, sizeof(*t->node)))
		return NONE;
	t->node[t->n_node] = (struct node){ NONE, NONE, NONE, false };
	return t->n_node++;
}

static void
put_edge(struct trie *t, struct edge e)
{
	uint32_t i = edge_slot(e.parent, e.hash);

	while (t->edge[i & (t->cap_edge - 1)].child != NONE)
		i++;
	t->edge[i & (t->cap_edge - 1)] = e;
}

static bool
grow_edges(struct trie *t)
{
	struct edge *old = t->edge;
	uint32_t n = t->cap_edge;

	if (t->n_edge + 1 <= n / 2)
		return true;
	t->edge = reallocarray(NULL, n * 2, sizeof(*t->edge));
	if (t->edge == NULL) {
		t->edge = old;
		return false;
	}
	t->cap_edge = n * 2;
	for (uint32_t i = 0; i < t->cap_edge; i++)
		t->edge[i].child = NONE;
	for (uint32_t i = 0; i < n; i++)
		if (old[i].child != NONE)
			put_edge(t, old[i]);
	free(old);
	return true;
}

struct trie *
trie_new(void)
{
	struct trie *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->cap_edge = FIRST;
	t->edge = calloc(FIRST, sizeof(*t->edge));
	if (t->edge == NULL || new_node(t) == NONE) {
		trie_free(t);
		return NULL;
	}
	for (uint32_t i = 0; i < FIRST; i++)
		t->edge[i].child = NONE;
	return t;
}

void
trie_free(struct trie *t)
{
	if (t == NULL)
		return;
	free(t->node);
	free(t->terminal);
	free(t->queue);
	free(t->edge);
	free(t);
}

bool
trie_empty(const struct trie *t)
{
	return t->n_terminal == 0;
}

/* The child of @parent along one token of a pattern, made if need be. */
static uint32_t
step(struct trie *t, uint32_t parent, struct bytes word)
{
	struct word token = words_token(word);
	uint32_t child;

	if (word_is_star(&token)) {
		child = t->node[parent].star;
		if (child == NONE) {
			child = new_node(t);
			if (child != NONE)
				t->node[parent].star = child;
		}
		return child;
	}
	child = find_child(t, parent, &token);
	if (child != NONE || !grow_edges(t))
		return child;
	child = new_node(t);
	if (child == NONE)
		return NONE;
	put_edge(t, (struct edge){ token.head, token.ptr, token.len, token.hash, parent, child });
	t->n_edge++;
	t->node[parent].words = true;
	return child;
}

static void
hit_add(struct hit *h, uint32_t rule, bool observe)
{
	uint32_t *which = observe ? &h->observed : &h->enforced;

	if (rule < *which)
		*which = rule;
}

static void
hit_join(struct hit *h, struct hit more)
{
	hit_add(h, more.enforced, false);
	hit_add(h, more.observed, true);
}

static int
terminal_add(struct trie *t, uint32_t *where, struct bytes queue, uint32_t rule, bool observe)
{
	struct queue_entry entry = { .name = queue, .hit = HIT_NONE };
	struct terminal *end;

	if (*where == NONE) {
		if (!grow((void **)&t->terminal, t->n_terminal, &t->cap_terminal, sizeof(*end)))
			return err_raise(-ENOMEM);
		t->terminal[t->n_terminal] = (struct terminal){ HIT_NONE, NONE };
		*where = t->n_terminal++;
	}
	end = &t->terminal[*where];
	if (queue.len == 0) {
		hit_add(&end->hit, rule, observe);
		return 0;
	}
	if (!grow((void **)&t->queue, t->n_queue, &t->cap_queue, sizeof(entry)))
		return err_raise(-ENOMEM);
	hit_add(&entry.hit, rule, observe);
	entry.next = end->queues;
	end->queues = t->n_queue;
	t->queue[t->n_queue++] = entry;
	return 0;
}

int
trie_add(struct trie *t, struct bytes pattern, struct bytes queue, uint32_t rule, bool observe)
{
	uint32_t at = 0;

	for (;;) {
		size_t dot = bytes_find(pattern, '.');
		struct bytes word = bytes_upto(pattern, dot);

		if (bytes_is(word, ">"))
			return terminal_add(t, &t->node[at].gt, queue, rule, observe);
		at = step(t, at, word);
		if (at == NONE)
			return err_raise(-ENOMEM);
		if (dot == pattern.len)
			return terminal_add(t, &t->node[at].end, queue, rule, observe);
		pattern = bytes_from(pattern, dot + 1);
	}
}

static void
take_terminal(struct question *q, uint32_t which)
{
	const struct terminal *end;

	if (which == NONE)
		return;
	end = &q->t->terminal[which];
	hit_join(&q->hit, end->hit);
	if (q->queue.len == 0)
		return;
	for (uint32_t i = end->queues; i != NONE; i = q->t->queue[i].next)
		if (subject_subset(q->queue, q->t->queue[i].name))
			hit_join(&q->hit, q->t->queue[i].hit);
}

/* Words from @i on, from node @at; of a pattern a wildcard goes only where it fits inside. */
static void
walk(struct question *q, uint32_t at, size_t i)
{
	for (; i < q->words->n; i++) {
		const struct node *node = &q->t->node[at];
		const struct word *word = &q->words->word[i];
		bool wild = i >= q->named;

		if (wild)
			take_terminal(q, node->gt);
		if (!q->words->literal && word_is_gt(word))
			return;
		if (!q->words->literal && word_is_star(word)) {
			at = wild ? node->star : NONE;
		} else {
			at = node->words ? find_child(q->t, at, word) : NONE;
			if (wild && node->star != NONE) {
				if (at == NONE)
					at = node->star;
				else
					walk(q, node->star, i + 1);
			}
		}
		if (at == NONE)
			return;
	}
	take_terminal(q, q->t->node[at].end);
}

struct hit
trie_match(const struct trie *t, const struct words *s, unsigned named)
{
	return trie_covers(t, s, BYTES_NULL, named);
}

struct hit
trie_covers(const struct trie *t, const struct words *inner, struct bytes queue, unsigned named)
{
	struct question q = { t, inner, queue, HIT_NONE, named };

	if (t->n_terminal != 0)
		walk(&q, 0, 0);
	return q.hit;
}

/* overlaps() - the words of a pattern from @i on against everything below node @at. */
static bool
overlaps(const struct trie *t, const struct words *w, uint32_t at, size_t i)
{
	const struct node *node = &t->node[at];
	const struct word *word = &w->word[i];
	uint32_t child;

	if (i == w->n)
		return node->end != NONE;
	if (node->gt != NONE)
		return true;
	/* children are not listed by node: where any of them might fit, one is taken to */
	if (word_is_gt(word) || (word_is_star(word) && node->words))
		return node->words || node->star != NONE;
	if (node->star != NONE && overlaps(t, w, node->star, i + 1))
		return true;
	child = node->words ? find_child(t, at, word) : NONE;
	return child != NONE && overlaps(t, w, child, i + 1);
}

bool
trie_overlaps(const struct trie *t, const struct words *pattern)
{
	return t->n_terminal != 0 && overlaps(t, pattern, 0, 0);
}
