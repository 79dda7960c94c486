/*
 * doors - channels to edges that are there and not listened to yet: until a process knows who is who, it
 * hears nothing that is said in anybody's name.
 */
#ifndef GATEWAY_PROC_DOORS_H
#define GATEWAY_PROC_DOORS_H

#include <stdbool.h>
#include <stddef.h>

enum { DOORS = 64 };

struct doors {
	int fd[DOORS]; /* -1: none */
	bool open;
};

/* doors_init() - shut. */
void doors_init(struct doors *d);
/* doors_keep() - @fd (taken) waits; one that waited in its place is closed. */
void doors_keep(struct doors *d, unsigned index, int fd);
/* doors_take() - the next one that waits, given with its number; -1: none. */
int doors_take(struct doors *d, unsigned *index);

#endif
