/*
 * trie - see trie.h. Nodes are numbers; `*` is a field of a node, and so is its child along a word
 * as long as there is one; more of them are edges in one open-addressed table. A question cuts and
 * hashes its tokens once, then walks: along words in a loop, into a recursion only where a `*`
 * branches off. Every node is visited at most once per question, because a trie is a tree.
 *
 * Ten thousand rules do not fit into the near caches, so what counts is how many far lines a
 * question touches. A node is one line: it holds the word that leads to it and what ends there, and
 * the table holds nothing to compare but a hash. The text of a rule is looked at only for words of
 * more than sixteen bytes.
 */
#include "policy/rules/trie.h"

#include <stdlib.h>

#include "policy/rules/subject.h"

enum { FIRST = 8, NONE = UINT32_MAX };

/* Where patterns end: the rules that do, without a queue and with. */
struct terminal {
	struct hit hit;
	uint32_t queues; /* head of a list in trie->queue, NONE: empty */
};

#define TERMINAL_NONE ((struct terminal){ HIT_NONE, NONE })

struct queue_entry {
	struct bytes name;
	struct hit hit;
	uint32_t next;
};

struct node {
	const uint8_t *text; /* of the word that leads here from ->parent */
	uint64_t head, tail; /* its first and, of one of more than eight, last eight bytes */
	uint16_t len;
	bool crowded;        /* several children along words: all of them are in the table */
	uint32_t only;       /* the one child along a word, or the first; 0: none */
	uint32_t parent;     /* NONE: the root, and where a `*` leads */
	uint32_t star;       /* child along `*` */
	struct terminal end; /* of patterns that end here */
	struct terminal gt;  /* of patterns that go on with `>` */
};

_Static_assert(sizeof(struct node) == 64, "one line of the cache");
_Static_assert(SUBJECT_MAX_LEN <= UINT16_MAX, "a word's length fits");

struct edge {
	uint32_t key;   /* of parent and word */
	uint32_t child; /* 0: a free slot; nothing leads to the root */
};

struct trie {
	struct node *node;
	struct queue_entry *queue;
	struct edge *edge;
	uint32_t n_node, cap_node;
	uint32_t n_queue, cap_queue;
	uint32_t n_edge, cap_edge; /* cap is a power of two, at least twice n */
	bool any;                  /* pattern */
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
edge_key(uint32_t parent, uint32_t hash)
{
	return (uint32_t)(hash_fold((uint64_t)parent << 32 | hash, UINT64_C(0x9e3779b97f4a7c15)));
}

static inline uint64_t
tail_of(const struct word *word)
{
	return word->len > 8 ? hash_read(word->ptr + word->len - 8, 8) : 0;
}

/* leads_to() - is it this word, from this parent, that leads to @node? */
static inline bool
leads_to(const struct node *node, uint32_t parent, const struct word *word)
{
	if (node->parent != parent || node->head != word->head || node->len != word->len)
		return false;
	if (node->len <= 8)
		return true;
	return node->tail == tail_of(word) &&
	       (node->len <= 16 || memcmp(node->text + 8, word->ptr + 8, node->len - 16) == 0);
}

/* find_crowded() - the child along @word of a node with several. */
static uint32_t
find_crowded(const struct trie *t, uint32_t parent, const struct word *word)
{
	uint32_t key = edge_key(parent, word->hash);

	for (uint32_t i = key;; i++) {
		const struct edge *e = &t->edge[i & (t->cap_edge - 1)];

		if (e->child == 0)
			return NONE;
		if (e->key == key && leads_to(&t->node[e->child], parent, word))
			return e->child;
	}
}

static inline uint32_t
find_child(const struct trie *t, uint32_t parent, const struct word *word)
{
	const struct node *node = &t->node[parent];

	if (node->crowded)
		return find_crowded(t, parent, word);
	if (node->only == 0 || !leads_to(&t->node[node->only], parent, word))
		return NONE;
	return node->only;
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

/* grow_nodes() - the same for nodes, which keep to their lines. */
static bool
grow_nodes(struct trie *t)
{
	size_t more = t->cap_node != 0 ? (size_t)t->cap_node * 2 : FIRST;
	void *p;

	if (t->n_node < t->cap_node)
		return true;
	if (more > UINT32_MAX)
		return false;
	p = aligned_alloc(sizeof(struct node), more * sizeof(struct node));
	if (p == NULL)
		return false;
	if (t->n_node != 0)
		memcpy(p, t->node, t->n_node * sizeof(struct node));
	free(t->node);
	t->node = p;
	t->cap_node = (uint32_t)more;
	return true;
}

/*
 * new_node() - to which @word leads from @parent; NULL: a `*`, or nothing. Return: NONE when out of
 * memory.
 */
static uint32_t
new_node(struct trie *t, uint32_t parent, const struct word *word)
{
	struct node *node;

	if (!grow_nodes(t))
		return NONE;
	node = &t->node[t->n_node];
	*node = (struct node){
		.parent = NONE, .star = NONE, .end = TERMINAL_NONE, .gt = TERMINAL_NONE
	};
	if (word != NULL) {
		node->parent = parent;
		node->text = word->ptr;
		node->len = (uint16_t)word->len;
		node->head = word->head;
		node->tail = tail_of(word);
	}
	return t->n_node++;
}

static void
put_edge(struct trie *t, struct edge e)
{
	uint32_t i = e.key;

	while (t->edge[i & (t->cap_edge - 1)].child != 0)
		i++;
	t->edge[i & (t->cap_edge - 1)] = e;
	t->n_edge++;
}

/* grow_edges() - room for two more. Return: false when out of memory. */
static bool
grow_edges(struct trie *t)
{
	struct edge *old = t->edge;
	uint32_t n = t->cap_edge;

	if (t->n_edge + 2 <= n / 2)
		return true;
	t->edge = calloc((size_t)n * 2, sizeof(*t->edge));
	if (t->edge == NULL) {
		t->edge = old;
		return false;
	}
	t->cap_edge = n * 2;
	t->n_edge = 0;
	for (uint32_t i = 0; i < n; i++)
		if (old[i].child != 0)
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
	if (t->edge == NULL || new_node(t, NONE, NULL) == NONE) {
		trie_free(t);
		return NULL;
	}
	return t;
}

void
trie_free(struct trie *t)
{
	if (t == NULL)
		return;
	free(t->node);
	free(t->queue);
	free(t->edge);
	free(t);
}

bool
trie_empty(const struct trie *t)
{
	return !t->any;
}

/* add_child() - along a word with this hash. Return: false when out of memory. */
static bool
add_child(struct trie *t, uint32_t parent, uint32_t hash, uint32_t child)
{
	struct node *node = &t->node[parent];
	struct edge e = { edge_key(parent, hash), child };

	if (!node->crowded && node->only == 0) {
		node->only = child;
		return true;
	}
	if (!grow_edges(t))
		return false;
	if (!node->crowded) {
		const struct node *first = &t->node[node->only];
		struct word word = words_token(bytes_of(first->text, first->len));

		put_edge(t, (struct edge){ edge_key(parent, word.hash), node->only });
		node->crowded = true;
	}
	put_edge(t, e);
	return true;
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
			child = new_node(t, NONE, NULL);
			if (child != NONE)
				t->node[parent].star = child;
		}
		return child;
	}
	child = find_child(t, parent, &token);
	if (child != NONE)
		return child;
	child = new_node(t, parent, &token);
	if (child == NONE || !add_child(t, parent, token.hash, child))
		return NONE;
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
terminal_add(struct trie *t, struct terminal *end, struct bytes queue, uint32_t rule, bool observe)
{
	struct queue_entry entry = { .name = queue, .hit = HIT_NONE };

	t->any = true;
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

static inline void
take_terminal(struct question *q, const struct terminal *end)
{
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
			take_terminal(q, &node->gt);
		if (!q->words->literal && word_is_gt(word))
			return;
		if (!q->words->literal && word_is_star(word)) {
			at = wild ? node->star : NONE;
		} else {
			at = find_child(q->t, at, word);
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
	take_terminal(q, &q->t->node[at].end);
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

	if (t->any)
		walk(&q, 0, 0);
	return q.hit;
}

static bool
ends_here(const struct terminal *end)
{
	return end->hit.enforced != UINT32_MAX || end->hit.observed != UINT32_MAX ||
	       end->queues != NONE;
}

/* overlaps() - the words of a pattern from @i on against everything below node @at. */
static bool
overlaps(const struct trie *t, const struct words *w, uint32_t at, size_t i)
{
	const struct node *node = &t->node[at];
	const struct word *word = &w->word[i];
	uint32_t child;

	if (i == w->n)
		return ends_here(&node->end);
	if (ends_here(&node->gt))
		return true;
	/* children are not listed by node: where any of them might fit, one is taken to */
	if (word_is_gt(word) || (word_is_star(word) && node->only != 0))
		return node->only != 0 || node->star != NONE;
	if (node->star != NONE && overlaps(t, w, node->star, i + 1))
		return true;
	child = find_child(t, at, word);
	return child != NONE && overlaps(t, w, child, i + 1);
}

bool
trie_overlaps(const struct trie *t, const struct words *pattern)
{
	return t->any && overlaps(t, pattern, 0, 0);
}
