/*
 * sink - where records, or checkpoints, go besides the audit folder: as gateway.conf says it, and
 * as the parent tells the shipper.
 */
#ifndef GATEWAY_PROC_SINK_H
#define GATEWAY_PROC_SINK_H

#include <stdbool.h>
#include <stdint.h>

enum {
	SINK_MAX = 8,
	SINK_NAME_MAX = 24,
	SINK_ADDRESSES = 4,
	SINK_ADDRESS_MAX = 46, /* INET6_ADDRSTRLEN */
	SINK_TEXT_MAX = 255, /* of a subject, a host, a path of a socket */
	SINK_LATTICES = 16,
};

enum sink_type {
	SINK_NONE = 0,
	SINK_JETSTREAM, /* each record is acknowledged by the stream */
	SINK_NATS,      /* a subject: the server has read it, nobody need have heard it */
	SINK_SYSLOG,    /* a datagram: nobody says whether it arrived */
	SINK_FILE,      /* the newest checkpoint in a folder */
	SINK_TYPES
};

enum sink_format {
	SINK_RFC5424 = 0,
	SINK_CEF,
};

/* What a filter lets through: of each list that is not empty, a record must have one. */
struct sink_filter {
	uint32_t kinds;    /* bits of enum record_kind; 0: all */
	uint8_t decisions; /* SINK_ALLOW, SINK_DENY; 0: all */
	uint8_t n_lattices;
	char lattice[SINK_LATTICES][SINK_TEXT_MAX + 1]; /* globs */
};

enum { SINK_ALLOW = 1, SINK_DENY = 2 };

struct sink {
	char name[SINK_NAME_MAX + 1];
	enum sink_type type;
	bool checkpoints;             /* notes only; else records */
	char host[SINK_TEXT_MAX + 1]; /* of a server; of syslog: empty when ->path is its socket */
	uint16_t port;
	bool tls;    /* and nothing without it */
	bool creds;  /* a file with a login follows */
	bool create; /* make the stream when it is not there */
	char stream[SINK_TEXT_MAX + 1];
	char subject[SINK_TEXT_MAX + 1];
	char path[SINK_TEXT_MAX + 1]; /* a Unix datagram socket */
	enum sink_format format;
	struct sink_filter filter;
	uint8_t n_addresses; /* of host, as the parent found them: who ships asks no resolver */
	char address[SINK_ADDRESSES][SINK_ADDRESS_MAX];
};

/* sink_resolve() - fill in the addresses; none when the name is not known now. May wait for a resolver. */
void sink_resolve(struct sink *s);
struct addrinfo;
/* sink_found() - what a look-up found becomes its addresses. */
void sink_found(struct sink *s, const struct addrinfo *list);
/* sink_type_name() - "jetstream"; sink_type_of(): SINK_NONE when unknown. */
const char *sink_type_name(enum sink_type type);
enum sink_type sink_type_of(const char *name);

#endif
