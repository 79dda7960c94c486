/*
 * image - what a reference to an image names, read as the hosts that fetch it read it.
 *
 * Hosts choose by URL scheme (any case, white space dropped, "file:x" as good as "file:///x"), then
 * by the grammar of distribution references, where "a/b" is on Docker Hub and "a.b/c" is not. Only
 * texts for which all of that has one answer are accepted: lower case but for tags, no white space,
 * no userinfo, no "..", no percent signs, no registry that is also a scheme.
 */
#ifndef POLICY_COMMANDS_IMAGE_H
#define POLICY_COMMANDS_IMAGE_H

#include "policy/core/bytes.h"
#include "policy/core/err.h"

enum image_scheme {
	IMAGE_NONE = 0,
	IMAGE_OCI,     /* a reference without a scheme, or behind oci:// http:// https:// */
	IMAGE_FILE,    /* file:///path: a file of the host's */
	IMAGE_BINDLE,  /* bindle://name/version (until 0.78) */
	IMAGE_BUILTIN, /* wasmcloud+builtin://name */
	IMAGE_URL,     /* https://host/path of something fetched as it is (2.x precompiled_url) */
};

struct image {
	enum image_scheme scheme;
	struct bytes raw; /* as it was written */
	struct bytes
	    registry; /* OCI: "ghcr.io", "localhost:5000"; "docker.io" when none is named */
	struct bytes repository; /* OCI: "wasmcloud/http-server"; others: path or name */
	struct bytes tag;        /* OCI: "latest" when there is neither tag nor digest */
	struct bytes digest;     /* OCI: "sha256:..."; then it decides, not the tag */
	bool tag_default;
	bool official; /* Docker Hub's "name" without a slash: ->repository lacks its "library/" */
};

enum image_answer {
	IMAGE_BAD = 1,
};

/*
 * image_parse() - read a reference. @why is set with IMAGE_BAD: a constant string.
 * Slices point into @raw or at literals. Return: 0, IMAGE_BAD.
 */
int image_parse(struct bytes raw, struct image *img, const char **why) must_check;
/* image_parse_url() - an https:// (or http://) URL with a lower-case host and no userinfo. */
int image_parse_url(struct bytes raw, struct image *img, const char **why) must_check;

#endif
