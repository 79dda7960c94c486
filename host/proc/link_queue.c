/*
 * link_queue - from the threads of nats.c to the loop. Bounded in items and bytes: what a flood
 * brings beyond is dropped here and counted, as a message that nobody hears; the parent is told how
 * many. States and what is to be signed always find room: there are few of them. A server's errors are as many as
 * it likes, and wait with the messages.
 */
#include "host/proc/link_priv.h"

enum { QUEUE_ITEMS = 8192, QUEUE_BYTES = 32 * 1024 * 1024 };

static struct {
	pthread_mutex_t lock;
	uv_async_t wake;
	struct item *first, **last;
	size_t n, bytes;
	uint64_t dropped;
} self = { .lock = PTHREAD_MUTEX_INITIALIZER };

int
queue_begin(uv_loop_t *loop, uv_async_cb wake)
{
	self.last = &self.first;
	return uv_async_init(loop, &self.wake, wake);
}

static size_t
weight(const struct item *it)
{
	return sizeof(*it) + (it->msg != NULL ? (size_t)natsMsg_GetDataLength(it->msg) : 0);
}

void
queue_put(const struct item *it)
{
	struct item *own = malloc(sizeof(*own));
	size_t size = weight(it);
	bool room;

	pthread_mutex_lock(&self.lock);
	room = own != NULL && ((it->msg == NULL && it->kind != ITEM_ERROR) ||
				  (self.n < QUEUE_ITEMS && self.bytes + size <= QUEUE_BYTES));
	if (room) {
		*own = *it;
		own->next = NULL;
		*self.last = own;
		self.last = &own->next;
		self.n++;
		self.bytes += size;
	} else if (it->msg != NULL) {
		self.dropped++;
	}
	pthread_mutex_unlock(&self.lock);
	if (!room) {
		free(own);
		natsMsg_Destroy(it->msg);
	}
	uv_async_send(&self.wake);
}

struct item *
queue_take(void)
{
	struct item *it;

	pthread_mutex_lock(&self.lock);
	it = self.first;
	if (it != NULL) {
		self.first = it->next;
		if (self.first == NULL)
			self.last = &self.first;
		self.n--;
		self.bytes -= weight(it);
	}
	pthread_mutex_unlock(&self.lock);
	return it;
}

void
item_free(struct item *it)
{
	if (it == NULL)
		return;
	natsMsg_Destroy(it->msg);
	free(it);
}

uint64_t
queue_dropped(void)
{
	uint64_t n;

	pthread_mutex_lock(&self.lock);
	n = self.dropped;
	self.dropped = 0;
	pthread_mutex_unlock(&self.lock);
	return n;
}
