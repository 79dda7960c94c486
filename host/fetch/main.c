/*
 * portcullis-fetch - one HTTP exchange with a registry, and the end.
 *
 * It reads what a stranger's server says, with libcurl and OpenSSL, so it has nothing: the host has
 * resolved, dialled and handed it the connection, the request, and memory for what comes. Before the
 * first byte goes out or comes in it is locked in: no file, no socket of its own, no process. What it
 * brings is checked by the host against a digest; what it says about it is not believed.
 *
 * A redirect is told, not followed: whether to go there, and where that is, is the host's to decide.
 */
#include <curl/curl.h>
#include <openssl/crypto.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "host/fetch/msg_fetch.h"
#include "seccomp/confine.h"
#include "seccomp/filters.h"

enum { NOBODY = 65534, FILES = 64, SECONDS = 300, SLOW_S = 30, SLOW_BYTES = 1 };

struct exchange {
	struct fetch_request ask;
	struct fetch_result got;
	char why[FETCH_WHY], location[FETCH_HEADER], challenge[FETCH_HEADER], type[FETCH_HEADER];
};

static struct exchange x;

static void __attribute__((noreturn)) finish(void)
{
	struct buf b;

	x.got.why = bytes_str(x.why);
	x.got.location = bytes_str(x.location);
	x.got.challenge = bytes_str(x.challenge);
	x.got.type = bytes_str(x.type);
	buf_init(&b, FETCH_RESULT_MAX);
	fetch_result_put(&b, &x.got);
	if (buf_failed(&b) || write(FETCH_RESULT, b.ptr, b.len) != (ssize_t)b.len)
		_exit(1);
	_exit(0);
}

static void __attribute__((noreturn)) fail(const char *why)
{
	snprintf(x.why, sizeof(x.why), "%s", why);
	x.got.status = 0;
	finish();
}

/* ---- the walls ---- */

/* lock_in() - as @user when started by root; 0: nobody in particular. */
static void
lock_in(unsigned long user)
{
	static const int ours[] = { 0, 1, 2, FETCH_REQUEST, FETCH_SOCKET, FETCH_BODY, FETCH_RESULT };
	struct census expected = { 0 };
	struct confine want = {
		.expected = &expected,
		.limit = { { RLIMIT_CORE, 0 }, { RLIMIT_MSGQUEUE, 0 }, { RLIMIT_NPROC, 0 }, { RLIMIT_MEMLOCK, 0 },
		    { RLIMIT_NOFILE, FILES } },
		.n_limits = 5,
		.change_user = true,
		.uid = user != 0 ? (uid_t)user : NOBODY,
		.gid = user != 0 ? (gid_t)user : NOBODY,
		.filter = confine_filters_n > 0 ? &confine_filters[0] : NULL,
	};
	struct confine_report got;

	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (census_add(&expected, ours[i]) != 0)
			fail("descriptors cannot be counted");
	if (want.filter == NULL || confine(&want, &got) != 0)
		fail(want.filter == NULL || got.why[0] == '\0' ? "it could not be locked in" : got.why);
}

/* ---- what the server says ---- */

/* header_is() - a header's value, when it is @name. One that is told twice is not told. */
static void
header_is(const char *line, size_t len, const char *name, char out[FETCH_HEADER])
{
	size_t n = strlen(name);

	if (len <= n || strncasecmp(line, name, n) != 0 || line[n] != ':')
		return;
	for (n++; n < len && (line[n] == ' ' || line[n] == '\t'); n++)
		;
	while (len > n && (line[len - 1] == '\r' || line[len - 1] == '\n' || line[len - 1] == ' '))
		len--;
	if (out[0] != '\0' || len - n >= FETCH_HEADER || memchr(line + n, 0, len - n) != NULL)
		fail("the server's header cannot be read in one way");
	memcpy(out, line + n, len - n);
	out[len - n] = '\0';
}

static size_t
on_header(char *line, size_t one, size_t len, void *ctx)
{
	(void)ctx;
	header_is(line, one * len, "location", x.location);
	header_is(line, one * len, "www-authenticate", x.challenge);
	header_is(line, one * len, "content-type", x.type);
	return one * len;
}

static size_t
on_body(char *data, size_t one, size_t len, void *ctx)
{
	size_t n = one * len, at = 0;

	(void)ctx;
	if (n > x.ask.max - x.got.size)
		fail("it is larger than it may be");
	while (at < n) {
		ssize_t w = write(FETCH_BODY, data + at, n - at);

		if (w <= 0)
			fail("no memory for it");
		at += (size_t)w;
	}
	x.got.size += n;
	return n;
}

/* ---- the exchange ---- */

static curl_socket_t
on_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *a)
{
	(void)ctx;
	(void)purpose;
	(void)a;
	return FETCH_SOCKET;
}

static int
on_socket_made(void *ctx, curl_socket_t fd, curlsocktype purpose)
{
	(void)ctx;
	(void)fd;
	(void)purpose;
	return CURL_SOCKOPT_ALREADY_CONNECTED;
}

static int
on_socket_close(void *ctx, curl_socket_t fd)
{
	(void)ctx;
	(void)fd;
	return 0;
}

/* text() - "%.*s" as a string of its own, which is never freed: the process ends. */
static char *
text(const char *before, struct bytes s)
{
	char *out = NULL;

	if (memchr(s.len > 0 ? (const void *)s.ptr : "", 0, s.len) != NULL ||
	    memchr(s.len > 0 ? (const void *)s.ptr : "", '\n', s.len) != NULL ||
	    asprintf(&out, "%s%.*s", before, (int)s.len, s.len > 0 ? (const char *)s.ptr : "") < 0)
		fail("the request cannot be written");
	return out;
}

static void
where(CURL *c)
{
	char *host = text("", x.ask.host), *path = text("", x.ask.path), *url = NULL, *known = NULL;
	struct curl_slist *hosts;

	if (asprintf(&url, "%s://%s:%u%s", x.ask.tls ? "https" : "http", host, x.ask.port, path) < 0 ||
	    asprintf(&known, "%s:%u:127.0.0.1", host, x.ask.port) < 0)
		fail("out of memory");
	/* the connection is there: the address is for the library's books alone */
	hosts = curl_slist_append(NULL, known);
	curl_easy_setopt(c, CURLOPT_RESOLVE, hosts);
	curl_easy_setopt(c, CURLOPT_URL, url);
}

static void
what(CURL *c)
{
	struct curl_slist *headers = curl_slist_append(NULL, "User-Agent: portcullis-host/" PORTCULLIS_VERSION);

	if (x.ask.accept.len > 0)
		headers = curl_slist_append(headers, text("Accept: ", x.ask.accept));
	if (x.ask.authorization.len > 0)
		headers = curl_slist_append(headers, text("Authorization: ", x.ask.authorization));
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
}

static void
how(CURL *c)
{
	struct curl_blob ca = { (void *)(uintptr_t)x.ask.ca.ptr, x.ask.ca.len, CURL_BLOB_NOCOPY };

	curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, on_socket);
	curl_easy_setopt(c, CURLOPT_SOCKOPTFUNCTION, on_socket_made);
	curl_easy_setopt(c, CURLOPT_CLOSESOCKETFUNCTION, on_socket_close);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, x.ask.tls ? "https" : "http");
	curl_easy_setopt(c, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(c, CURLOPT_PROXY, "");
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_TIMEOUT, (long)SECONDS);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, (long)SLOW_S);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, (long)SLOW_BYTES);
	curl_easy_setopt(c, CURLOPT_ACCEPT_ENCODING, NULL);
	if (!x.ask.tls)
		return;
	curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(c, CURLOPT_CAPATH, NULL);
	if (curl_easy_setopt(c, CURLOPT_CAINFO_BLOB, &ca) != CURLE_OK)
		fail("the authorities cannot be read");
}

/* ask() - what the host wants, from memory it has sealed. */
static void
take_request(void)
{
	struct stat st;
	void *at;

	if (fstat(FETCH_REQUEST, &st) != 0 || st.st_size <= 0 || st.st_size > FETCH_REQUEST_MAX)
		_exit(2);
	at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, FETCH_REQUEST, 0);
	if (at == MAP_FAILED || !fetch_request_get(bytes_of(at, (size_t)st.st_size), &x.ask))
		_exit(2);
}

int
main(int argc, char **argv)
{
	char words[CURL_ERROR_SIZE] = "";
	long status = 0;
	CURLcode r;
	CURL *c;

	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	/* what libraries would read from files at their first use, when there are none any more */
	tzset();
	if (OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) != 1 || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		_exit(1);
	lock_in(argc == 2 ? strtoul(argv[1], NULL, 10) : 0);
	take_request();
	c = curl_easy_init();
	if (c == NULL)
		fail("out of memory");
	where(c);
	what(c);
	how(c);
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, words);
	r = curl_easy_perform(c);
	if (r != CURLE_OK)
		fail(words[0] != '\0' ? words : curl_easy_strerror(r));
	curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
	x.got.status = (uint32_t)status;
	finish();
}
