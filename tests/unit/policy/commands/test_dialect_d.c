/* dialect D: what each message says, or why it is refused. */
#include "tests/unit/policy/commands/said.h"
#include "tests/unit/policy/commands/suites.h"

static const struct {
	struct message in;
	const char *says;
} rows[] = {
	/* bodies of 2.x: runtime.v2 protos; lowerCamelCase as Go's protojson writes, snake_case as
	   the protos do */
	{ { "runtime.host.h1.workload.start", NULL,
	      "{\"workloadId\":\"w-1\",\"workload\":{\"namespace\":\"default\",\"name\":\"hello\","
	      "\"annotations\":{\"a\":\"b\"},\"witWorld\":{\"components\":[{\"image\":\"ghcr.io/"
	      "wasmcloud/"
	      "hello:0.1.0\",\"name\":\"hello\",\"localResources\":{\"memoryLimitMb\":64,"
	      "\"cpuLimit\":1,\"config\":{\"k\":\"v\"},\"environment\":{\"TOKEN\":\"s3\"},"
	      "\"allowedHosts\":[\"*.example.com\"],\"volumeMounts\":[{\"name\":\"data\","
	      "\"mountPath\":\"/"
	      "data\",\"readOnly\":true}]},\"poolSize\":4,\"maxInvocations\":100,"
	      "\"imagePullSecret\":{\"username\":\"u\",\"password\":\"pw\"},\"imagePullPolicy\":"
	      "\"IMAGE_PULL_POLICY_ALWAYS\"}],\"hostInterfaces\":[{\"namespace\":\"wasi\","
	      "\"package\":\"http\",\"version\":\"0.2.0\",\"interfaces\":[\"incoming-handler\"],"
	      "\"config\":{\"host\":\"a.example\"}}]},\"volumes\":[{\"name\":\"data\",\"hostPath\":"
	      "{\"localPath\":\"/var/lib\"}},{\"name\":\"tmp\",\"emptyDir\":{}}]}}" },
	    "workload.start id=w-1 app=hello space=default [actor name=hello oci registry=ghcr.io "
	    "repository=wasmcloud/hello tag=0.1.0 x4] { ns=wasi pkg=http if=incoming-handler "
	    "values=host:a.example } keys=k:v,TOKEN:s3 annotations=a:b paths=data:/var/lib "
	    "outbound=*.example.com secret<a.example> secret<pw> secret<u> secret<s3> secret<v>" },
	{ { "runtime.host.h1.workload.start", NULL,
	      "{\"workload_id\":\"w-1\",\"workload\":{\"namespace\":\"default\",\"name\":\"svc\","
	      "\"service\":{\"image\":\"ghcr.io/a/"
	      "svc:1\",\"max_restarts\":\"3\",\"image_pull_policy\":2},\"wit_world\":null}}" },
	    "workload.start id=w-1 app=svc space=default [service oci registry=ghcr.io "
	    "repository=a/svc tag=1 x1]" },
	{ { "runtime.host.h1.workload.start", NULL,
	      "{\"workload_id\":\"w-1\",\"workload\":{\"wit_world\":{\"components\":[{\"image\":"
	      "\"ghcr.io/a:1\",\"pool_size\":-1,\"precompiled_url\":\"https://cdn.example/"
	      "a.cwasm\"}]}}}" },
	    "workload.start id=w-1 [actor oci registry=ghcr.io repository=a tag=1] [precompiled "
	    "url registry=cdn.example repository=a.cwasm]" },
	{ { "runtime.host.h1.workload.stop", NULL, "{\"workloadId\":\"w-1\"}" },
	    "workload.stop id=w-1" },
	{ { "runtime.host.h1.workload.status", NULL, "{\"workload_id\":\"w-1\",\"later\":1}" },
	    "workload.status id=w-1 unknown=later" },
	{ { "runtime.host.h1.heartbeat", NULL, "" }, "host.heartbeat unread" },
	/* two spellings, two kinds, nothing */
	{ { "runtime.host.h1.workload.stop", NULL,
	      "{\"workloadId\":\"w-1\",\"workload_id\":\"w-2\"}" },
	    "refused workload_id: a field in two spellings" },
	{ { "runtime.host.h1.workload.stop", NULL, "{\"WorkloadId\":\"w-1\"}" },
	    "refused WorkloadId: field that nobody knows" },
	{ { "runtime.host.h1.workload.stop", NULL, "{\"workloadId\":\"w.1\"}" },
	    "refused workload_id: not one token of a subject" },
	{ { "runtime.host.h1.workload.stop", NULL, "{}" },
	    "refused workload_id: field is missing" },
	{ { "runtime.host.h1.workload.start", NULL, "{\"workloadId\":\"w\",\"workload\":{}}" },
	    "refused : a workload of nothing" },
	{ { "runtime.host.h1.workload.start", NULL,
	      "{\"workloadId\":\"w\",\"workload\":{\"witWorld\":{\"components\":[{\"image\":\"file:"
	      "///etc/x\",\"poolSize\":\"5\"}]}}}" },
	    "workload.start id=w [actor file repository=/etc/x x5]" },
	{ { "runtime.host.h1.workload.start", NULL,
	      "{\"workloadId\":\"w\",\"workload\":{\"witWorld\":{\"components\":[{\"image\":\"ghcr."
	      "io/a:1\",\"poolSize\":1.5}]}}}" },
	    "refused : number is not an integer" },
	{ { "runtime.host.h1.workload.start", NULL,
	      "{\"workloadId\":\"w\",\"workload\":{\"witWorld\":{\"components\":[{\"image\":\"ghcr."
	      "io/a:1\",\"poolSize\":\"1e3\"}]}}}" },
	    "refused pool_size: not a whole number in plain digits" },
	{ { "runtime.host.h1.workload.start", NULL,
	      "{\"workloadId\":\"w\",\"workload\":{\"witWorld\":{\"components\":[{\"name\":\"x\"}]}"
	      "}}" },
	    "refused image: names no image" },
	{ { "runtime.host.h1.workload.start", NULL,
	      "{\"workloadId\":\"w\",\"workload\":{\"service\":{\"image\":\"ghcr.io/"
	      "a:1\"},\"volumes\":[{\"name\":\"v\",\"hostPath\":{\"localPath\":\"/"
	      "\"},\"emptyDir\":{}}]}}" },
	    "refused volumes: a volume of two kinds" },
	{ { "runtime.host.h1.workload.start", NULL,
	      "{\"workloadId\":\"w\",\"workload\":{\"service\":{\"image\":\"ghcr.io/"
	      "a:1\",\"privileged\":true}}}" },
	    "refused privileged: field that nobody knows" },
	{ { "runtime.host.h1.workload.start", NULL,
	      "{\"workloadId\":\"w\",\"workload\":{\"service\":{\"image\":\"ghcr.io/"
	      "a:1\",\"imagePullPolicy\":\"SOMETIMES\"}}}" },
	    "refused image_pull_policy: not a pull policy" },
	{ { "runtime.host.h1.workload.start", NULL,
	      "{\"workloadId\":\"w\",\"workload\":{\"witWorld\":{\"components\":[{\"image\":\"ghcr."
	      "io/a:1\",\"precompiledUrl\":\"https://u@evil.example/a\"}]}}}" },
	    "refused precompiled_url: URL without a path, or with '@'" },
};

START_TEST(a_message_says_this)
{
	struct said s;
	const char *says = said_body(&s, &rows[_i].in);

	ck_assert_msg(strcmp(says, rows[_i].says) == 0, "%s\n%s\nis:  %s\nnot: %s",
	    rows[_i].in.subject, rows[_i].in.payload, says, rows[_i].says);
}
END_TEST

TCase *
dialect_d_tests(void)
{
	TCase *t = tcase_create("dialect_d");

	tcase_add_loop_test(t, a_message_says_this, 0, (int)(sizeof(rows) / sizeof(rows[0])));
	return t;
}
