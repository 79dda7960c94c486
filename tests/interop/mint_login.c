/*
 * mint_login - what policy/identity mints, nats-server accepts: a server with our operator and
 * accounts is started on a free port, and nats.c logs in with our creds files.
 *
 * Exits 77 when there is no nats-server. The server is ours: told to stop, then waited for.
 */
#include <nats/nats.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "policy/identity/creds.h"
#include "policy/identity/mint.h"

enum { IAT = 1700000000, SKIPPED = 77, WAIT_MS = 60000, LOGINS = 5 };

static struct {
	struct nkey_pair op, sys, app, app_sign, plain, user;
	char sys_text[57], app_text[57], app_sign_text[57], plain_text[57], user_text[57];
	char dir[64], url[64];
	pid_t server;
	FILE *log; /* the server's; open until it ends, its later lines fit into the pipe */
	int failures;
} w;

static void
check(bool ok, const char *what)
{
	printf("%s %s\n", ok ? "ok  " : "FAIL", what);
	w.failures += !ok;
}

static void
must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "cannot %s\n", what);
	if (w.server > 0)
		kill(w.server, SIGTERM);
	exit(1);
}

static void
key(struct nkey_pair *p, enum nkey_type type, char text[57])
{
	must(nkey_pair_new(p, type) == 0, "make a key");
	nkey_format(&p->pub, text);
}

static void
make_keys(void)
{
	char op_text[57];

	key(&w.op, NKEY_OPERATOR, op_text);
	key(&w.sys, NKEY_ACCOUNT, w.sys_text);
	key(&w.app, NKEY_ACCOUNT, w.app_text);
	key(&w.app_sign, NKEY_ACCOUNT, w.app_sign_text);
	key(&w.plain, NKEY_ACCOUNT, w.plain_text);
	key(&w.user, NKEY_USER, w.user_text);
}

/* save() - a file in our folder; returns its path, static. */
static const char *
save(const char *name, struct bytes content)
{
	static char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", w.dir, name);
	f = fopen(path, "w");
	must(f != NULL && fwrite(content.ptr, 1, content.len, f) == content.len && fclose(f) == 0,
	    "write a file");
	return path;
}

static void
put_account(struct buf *conf, const struct mint_account *m, const char *text)
{
	buf_put_str(conf, text);
	buf_put_str(conf, ": ");
	must(mint_account(conf, m, &w.op) == 0, "mint an account");
	buf_put_str(conf, "\n");
}

/* put_accounts() - the system's, one with JetStream and a signing key, one without. */
static void
put_accounts(struct buf *conf)
{
	const char *const keys[] = { w.app_sign_text };
	static char revoked[57];
	struct nkey_pair p;

	key(&p, NKEY_USER, revoked);
	nkey_pair_deinit(&p);
	put_account(conf,
	    &(struct mint_account){ .c = { .name = "SYS", .iat_s = IAT },
		.subject = &w.sys.pub,
		.system = true,
		.jetstream = true,
		.max_conn = -1 },
	    w.sys_text);
	put_account(conf,
	    &(struct mint_account){ .c = { .name = "A \"name\" <\xc3\xa9>", .iat_s = IAT },
		.subject = &w.app.pub,
		.n_signing_keys = 1,
		.signing_keys = keys,
		.jetstream = true,
		/* more than there are logins: the server may not have seen yet that one is gone */
		.max_conn = 20 },
	    w.app_text);
	put_account(conf,
	    &(struct mint_account){ .c = { .name = "PLAIN", .iat_s = IAT },
		.subject = &w.plain.pub,
		.n_revocations = 2,
		.revocations = (struct mint_revocation[]){ { revoked, IAT }, { "*", IAT } },
		.max_conn = -1 },
	    w.plain_text);
}

static const char *
write_conf(void)
{
	struct buf conf;
	const char *path;

	buf_init(&conf, 1 << 20);
	buf_put_str(&conf, "listen: 127.0.0.1:-1\nauthorization { timeout: 60 }\noperator: ");
	must(mint_operator(&conf,
		 &(struct mint_operator){
		     .c = { .name = "OP", .iat_s = IAT }, .system_account = w.sys_text },
		 &w.op) == 0,
	    "mint an operator");
	buf_put_str(&conf, "\njetstream { store_dir: \"");
	buf_put_str(&conf, w.dir);
	buf_put_str(&conf, "/js\" }\nresolver: MEMORY\nresolver_preload {\n");
	put_accounts(&conf);
	buf_put_str(&conf, "}\n");
	must(!buf_failed(&conf), "write the configuration");
	path = save("leaf.conf", buf_bytes(&conf));
	buf_deinit(&conf);
	return path;
}

/* start() - run the server and read its log until it says where it listens and that it is ready. */
static void
start(const char *conf)
{
	char line[4096];
	int fd[2], port = 0;

	must(pipe(fd) == 0, "make a pipe");
	w.server = fork();
	must(w.server >= 0, "fork");
	if (w.server == 0) {
		dup2(fd[1], STDERR_FILENO);
		close(fd[0]);
		close(fd[1]);
		execlp("nats-server", "nats-server", "-D", "-c", conf, (char *)NULL);
		dprintf(STDERR_FILENO, "no nats-server\n");
		_exit(SKIPPED);
	}
	close(fd[1]);
	w.log = fdopen(fd[0], "r");
	must(w.log != NULL, "read the server's log");
	while (fgets(line, sizeof(line), w.log) != NULL) {
		const char *at = strstr(line, "connections on 127.0.0.1:");

		if (at != NULL)
			port = (int)strtol(strrchr(at, ':') + 1, NULL, 10);
		if (strstr(line, "Server is ready") != NULL)
			break;
		if (strncmp(line, "no nats-server", 14) == 0) {
			printf("skipped: no nats-server\n");
			exit(SKIPPED);
		}
		if (strstr(line, "[FTL]") != NULL || strncmp(line, "nats-server: ", 13) == 0)
			fputs(line, stderr);
	}
	must(port > 0, "start nats-server");
	snprintf(w.url, sizeof(w.url), "nats://127.0.0.1:%d", port);
}

/*
 * unsigned_login() - why the last login was refused, from the server's log: nats.c 3.4.1 sends no
 * signature when it begins with a zero byte, which is one login in 256.
 */
static bool
unsigned_login(void)
{
	char line[4096];
	bool found = false;

	while (fgets(line, sizeof(line), w.log) != NULL) {
		found = found || strstr(line, "Signature missing") != NULL;
		if (strstr(line, "authentication error") != NULL) {
			printf("%s", found ? "a login without a signature, again\n" : "");
			return found;
		}
	}
	must(false, "read why a login was refused");
	return false;
}

static natsStatus
connect_with(natsConnection **c, const char *creds)
{
	natsOptions *o = NULL;
	natsStatus s;

	must(natsOptions_Create(&o) == NATS_OK, "make options");
	natsOptions_SetURL(o, w.url);
	natsOptions_SetTimeout(o, WAIT_MS);
	natsOptions_SetAllowReconnect(o, false);
	natsOptions_SetUserCredentialsFromFiles(o, creds, NULL);
	s = natsConnection_Connect(c, o);
	natsOptions_Destroy(o);
	return s;
}

/* connect_as() - log in with a freshly minted user; once more where it was not signed. */
static natsStatus
connect_as(natsConnection **c, const struct mint_user *m, const struct nkey_pair *by)
{
	struct buf jwt, creds;
	const char *path;
	natsStatus s;

	buf_init(&jwt, 1 << 16);
	buf_init(&creds, 1 << 16);
	must(mint_user(&jwt, m, by) == 0, "mint a user");
	creds_write(&creds, buf_bytes(&jwt), &w.user);
	path = save("user.creds", buf_bytes(&creds));
	wipe(creds.ptr, creds.len);
	buf_deinit(&creds);
	buf_deinit(&jwt);
	s = connect_with(c, path);
	for (int i = 1; i < LOGINS && s == NATS_CONNECTION_AUTH_FAILED && unsigned_login(); i++)
		s = connect_with(c, path);
	return s;
}

/* can() - publish on a subject and receive it on another connection's subscription. */
static bool
can(natsConnection *c, const char *subject)
{
	natsSubscription *sub = NULL;
	natsMsg *msg = NULL;
	bool ok;

	ok = natsConnection_SubscribeSync(&sub, c, subject) == NATS_OK &&
	     natsConnection_PublishString(c, subject, "x") == NATS_OK &&
	     natsConnection_FlushTimeout(c, WAIT_MS) == NATS_OK;
	/* after the flush the message is here or was refused: no waiting for what never comes */
	ok = ok && natsSubscription_NextMsg(&msg, sub, 100) == NATS_OK;
	natsMsg_Destroy(msg);
	natsSubscription_Destroy(sub);
	return ok;
}

static bool
has_jetstream(natsConnection *c)
{
	jsAccountInfo *info = NULL;
	jsCtx *js = NULL;
	jsOptions o;
	bool ok;

	jsOptions_Init(&o);
	o.Wait = WAIT_MS;
	ok = natsConnection_JetStream(&js, c, &o) == NATS_OK &&
	     js_GetAccountInfo(&info, js, NULL, NULL) == NATS_OK;
	jsAccountInfo_Destroy(info);
	jsCtx_Destroy(js);
	return ok;
}

static void
log_in(void)
{
	struct bytes app[] = { BYTES_LIT("app.>"), BYTES_LIT("$JS.API.>") };
	struct bytes app_sub[] = { BYTES_LIT("app.>"), BYTES_LIT("_INBOX.>"), BYTES_LIT("work q") };
	struct permissions p = { .pub_allow = { true, 2, app }, .sub_allow = { true, 3, app_sub } };
	struct permissions none = { .pub_allow.present = true };
	const char *const types[] = { "STANDARD", NULL }, *const wrong[] = { "MQTT", NULL };
	struct mint_user m = { .c = { .name = "u", .iat_s = IAT + 1 },
		.subject = &w.user.pub,
		.max_subs = -1,
		.max_payload = -1 };
	natsConnection *c = NULL;

	check(connect_as(&c, &m, &w.app) == NATS_OK && can(c, "any.thing"),
	    "a user without permissions may all");
	check(c != NULL && has_jetstream(c), "its account has JetStream");
	natsConnection_Destroy(c);
	c = NULL;
	m.perms = &p;
	m.types = types;
	check(connect_as(&c, &m, &w.app) == NATS_OK && can(c, "app.x"),
	    "a user with permissions may what they say");
	check(c != NULL && !can(c, "other"), "and not what they do not say");
	natsConnection_Destroy(c);
	c = NULL;
	m.types = wrong;
	check(connect_as(&c, &m, &w.app) != NATS_OK, "another connection type is refused");
	m.types = NULL;
	m.perms = &none;
	check(connect_as(&c, &m, &w.app) == NATS_OK && !can(c, "app.x"),
	    "an empty allow list allows nothing");
	natsConnection_Destroy(c);
	c = NULL;
	m.perms = &p;
	m.issuer_account = w.app_text;
	check(connect_as(&c, &m, &w.app_sign) == NATS_OK && can(c, "app.x"),
	    "a signing key signs for its account");
	natsConnection_Destroy(c);
	c = NULL;
	check(connect_as(&c, &m, &w.plain) != NATS_OK, "another account's key does not");
	m.issuer_account = NULL;
	m.c.exp_s = IAT + 2;
	check(connect_as(&c, &m, &w.app) != NATS_OK, "an expired user is refused");
	m.c.exp_s = 0;
	m.perms = NULL;
	check(connect_as(&c, &m, &w.plain) == NATS_OK && !has_jetstream(c),
	    "a plain account has no JetStream");
	natsConnection_Destroy(c);
	c = NULL;
	m.c.iat_s = IAT;
	check(connect_as(&c, &m, &w.plain) != NATS_OK, "a revoked user is refused");
	check(connect_as(&c, &m, &w.sys) == NATS_OK, "the system account has users too");
	natsConnection_Destroy(c);
}

static void
clean_up(void)
{
	char path[128];

	kill(w.server, SIGTERM);
	waitpid(w.server, NULL, 0);
	fclose(w.log);
	nkey_pair_deinit(&w.op);
	nkey_pair_deinit(&w.sys);
	nkey_pair_deinit(&w.app);
	nkey_pair_deinit(&w.app_sign);
	nkey_pair_deinit(&w.plain);
	nkey_pair_deinit(&w.user);
	snprintf(path, sizeof(path), "rm -rf '%s'", w.dir);
	if (system(path) != 0)
		fprintf(stderr, "left behind: %s\n", w.dir);
	nats_Close();
}

int
main(void)
{
	const char *tmp = getenv("TMPDIR"), *path = getenv("PATH");
	char full[4096];

	if (sodium_init() < 0)
		return 1;
	snprintf(
	    full, sizeof(full), "%s:/usr/sbin:/usr/local/sbin", path != NULL ? path : "/usr/bin");
	setenv("PATH", full, 1);
	snprintf(w.dir, sizeof(w.dir), "%.40s/mint_login.XXXXXX", tmp != NULL ? tmp : "/tmp");
	must(mkdtemp(w.dir) != NULL, "make a folder");
	make_keys();
	start(write_conf());
	log_in();
	clean_up();
	printf("%d failed\n", w.failures);
	return w.failures != 0;
}
