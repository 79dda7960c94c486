/*
 * oci - what a registry says when one asks it for an artifact: the manifest, which of its layers is the
 * module, where to get a token, and the token. Pure. Everything in it is a stranger's: read strictly,
 * bounded, and worth nothing until a digest says that it is what was asked for.
 *
 * Sources: opencontainers/image-spec manifest.md, opencontainers/distribution-spec spec.md,
 * distribution/distribution docs/spec/auth/token.md; media types: wasmCloud wash reg, oci-distribution.
 */
#ifndef HOST_LATTICE_OCI_H
#define HOST_LATTICE_OCI_H

#include "policy/core/buf.h"
#include "policy/core/err.h"

enum { OCI_MANIFEST_MAX = 1024 * 1024, OCI_DIGEST = 71, OCI_TEXT = 1024, OCI_TOKEN = 16 * 1024 };

enum oci_kind { OCI_ACTOR = 0, OCI_PROVIDER };

enum oci_answer {
	OCI_BAD = 1, /* @why says what is wrong with it */
};

struct oci_layer {
	char digest[OCI_DIGEST + 1]; /* "sha256:" and 64 small hex digits */
	uint64_t size;
};

/* Where a token is to be had. */
struct oci_challenge {
	bool bearer; /* else Basic: the login itself is the authorization */
	char realm[OCI_TEXT], service[OCI_TEXT], scope[OCI_TEXT];
};

/* What is asked for, and of whom: https unless ->plain. */
struct oci_url {
	bool tls;
	uint16_t port;
	char host[256], path[OCI_TEXT * 4];
};

/* oci_accept() - the media types of manifests that are read here, for a request's header. */
const char *oci_accept(void);
/* oci_digest_ok() - "sha256:" and 64 small hex digits. */
bool oci_digest_ok(struct bytes s);
/*
 * oci_manifest() - the layer that is a module (or a provider's archive): the one of its media type, else the only
 * one. An index (one manifest for each machine) is not taken. Return: 0, OCI_BAD.
 */
int oci_manifest(struct bytes json, enum oci_kind kind, struct oci_layer *out, const char **why) must_check;
/* oci_challenge() - the value of WWW-Authenticate. Return: 0, OCI_BAD. */
int oci_challenge(struct bytes header, struct oci_challenge *out, const char **why) must_check;
/* oci_token() - the token in the answer of a realm; appended to @out. Return: 0, OCI_BAD. */
int oci_token(struct bytes json, struct buf *out, const char **why) must_check;
/*
 * oci_url() - an absolute http or https URL without login, or, with @base, a path on its server. No fragment,
 * no white space. Return: 0, OCI_BAD.
 */
int oci_url(struct bytes text, const struct oci_url *base, struct oci_url *out, const char **why) must_check;
/* oci_query() - append "&name=value" (or ?) to ->path, written as a URL wants it. Return: 0, OCI_BAD: too long. */
int oci_query(struct oci_url *u, const char *name, struct bytes value) must_check;

#endif
