/* wadm: what each message says, or why it is refused. */
#include "tests/unit/policy/commands/said.h"
#include "tests/unit/policy/commands/suites.h"

static const struct {
	struct message in;
	const char *says;
} rows[] = {
	/* manifests in the shapes of wadm's own fixtures (589e98b, tests/fixtures/manifests, oam)
	 */
	{ { "wadm.api.l.model.put", NULL,
	      "apiVersion: core.oam.dev/v1beta1\n"
	      "kind: Application\n"
	      "metadata:\n"
	      "  name: shop\n"
	      "  annotations:\n"
	      "    version: v1\n"
	      "spec:\n"
	      "  policies:\n"
	      "  - name: vault\n"
	      "    type: policy.secret.wasmcloud.dev/v1alpha1\n"
	      "    properties:\n"
	      "      backend: nats-kv\n"
	      "  components:\n"
	      "  - name: web\n"
	      "    type: component\n"
	      "    properties:\n"
	      "      image: ghcr.io/acme/web:1.0\n"
	      "      id: web-1\n"
	      "      config:\n"
	      "      - name: defaults\n"
	      "        properties:\n"
	      "          greeting: 'Gr\303\274\303\237e'\n"
	      "          http: '404'\n"
	      "          port: 8080\n"
	      "      - name: shared\n"
	      "      secrets:\n"
	      "      - name: token\n"
	      "        properties: {policy: vault, key: web}\n"
	      "    traits:\n"
	      "    - type: spreadscaler\n"
	      "      properties:\n"
	      "        instances: 5\n"
	      "        spread:\n"
	      "        - name: east\n"
	      "          requirements: {zone: east}\n"
	      "          weight: 40\n"
	      "    - type: link\n"
	      "      properties:\n"
	      "        namespace: wasi\n"
	      "        package: blobstore\n"
	      "        interfaces: [blobstore]\n"
	      "        target:\n"
	      "          name: fs\n"
	      "          config:\n"
	      "          - name: root\n"
	      "            properties: {root: /tmp}\n"
	      "  - name: fs\n"
	      "    type: capability\n"
	      "    properties:\n"
	      "      image: ghcr.io/acme/fs:0.6.0\n"
	      "    traits:\n"
	      "    - type: daemonscaler\n"
	      "      properties:\n"
	      "        replicas: 2\n" },
	    "manifest.put app=shop version=v1 [actor name=web id=web-1 oci registry=ghcr.io "
	    "repository=acme/web tag=1.0 x5] [provider name=fs oci registry=ghcr.io "
	    "repository=acme/fs tag=0.6.0 x2/host] { source=web target=fs name=default ns=wasi "
	    "pkg=blobstore if=blobstore tc=root } config=defaults,shared,root "
	    "keys=greeting:Gr\303\274\303\237e,http:404,port:8080,root:/tmp labels=zone:east "
	    "annotations=version:v1 secrets=token:vault "
	    "policies=vault:policy.secret.wasmcloud.dev/v1alpha1 secret</tmp> secret<8080> "
	    "secret<'404'> secret<'Gr\303\274\303\237e'> secret<nats-kv>" },
	{ { "wadm.api.l.model.put", NULL,
	      "apiVersion: core.oam.dev/v1beta1\n"
	      "kind: Application\n"
	      "metadata:\n"
	      "  name: shop\n"
	      "  annotations:\n"
	      "    version: v1\n"
	      "spec:\n"
	      "  components:\n"
	      "  - name: http\n"
	      "    type: actor\n"
	      "    properties:\n"
	      "      application: {name: other, component: http}\n"
	      "    traits:\n"
	      "    - type: link\n"
	      "      properties:\n"
	      "        target: web\n"
	      "        namespace: wasi\n"
	      "        package: http\n"
	      "        interfaces: [incoming-handler]\n"
	      "        name: default\n"
	      "        target_config:\n"
	      "        - name: t\n"
	      "        source_config:\n"
	      "        - name: s\n" },
	    "manifest.put app=shop version=v1 [actor name=http x0] { source=http target=web "
	    "name=default ns=wasi pkg=http if=incoming-handler sc=s tc=t } config=t,s "
	    "annotations=version:v1" },
	{ { "wadm.api.l.model.put",
	      "NATS/1.0\r\n"
	      "Content-Type: application/json\r\n"
	      "\r\n",
	      "{\"apiVersion\":\"core.oam.dev/"
	      "v1beta1\",\"kind\":\"Application\",\"metadata\":{\"name\":\"my-app\","
	      "\"annotations\":{\"description\":\"x\"},\"labels\":{\"team\":\"a\"}},\"spec\":{"
	      "\"components\":[{\"name\":\"userinfo\",\"type\":\"actor\",\"properties\":{\"image\":"
	      "\"wasmcloud.azurecr.io/"
	      "fake:1\"},\"traits\":[{\"type\":\"spreadscaler\",\"properties\":{\"instances\":4,"
	      "\"spread\":[{\"name\":\"eastcoast\",\"requirements\":{\"zone\":\"us-east-1\"},"
	      "\"weight\":80}]}}]}]}}" },
	    "manifest.put app=my-app [actor name=userinfo oci registry=wasmcloud.azurecr.io "
	    "repository=fake tag=1 x4] labels=team:a,zone:us-east-1 annotations=description:x" },
	{ { "wadm.api.l.model.deploy.shop", NULL, "{\"version\":\"v1\"}" },
	    "manifest.deploy app=shop version=v1" },
	{ { "wadm.api.l.model.deploy.shop", NULL, "{\"version\":null}" },
	    "manifest.deploy app=shop" },
	{ { "wadm.api.l.model.deploy.shop", NULL, "" }, "manifest.deploy app=shop" },
	{ { "wadm.api.l.model.undeploy.shop", NULL, "{}" }, "manifest.undeploy app=shop" },
	{ { "wadm.api.l.model.del.shop", NULL, "{\"version\":\"v1\"}" },
	    "manifest.del app=shop version=v1" },
	{ { "wadm.api.l.model.get.shop", NULL, "{\"version\":\"v1\",\"later\":2}" },
	    "manifest.get app=shop version=v1 unknown=later" },
	/* commands that wadm carries out: crates/wadm/src/commands/mod.rs */
	{ { "wadm.cmd.l", NULL,
	      "{\"ScaleComponent\":{\"component_id\":\"shop-web\",\"host_id\":\"NX\",\"count\":3,"
	      "\"reference\":\"ghcr.io/"
	      "a:1\",\"model_name\":\"shop\",\"annotations\":{},\"config\":[\"c\"]}}" },
	    "wadm.command id=shop-web host=NX app=shop [actor id=shop-web oci registry=ghcr.io "
	    "repository=a tag=1 x3] config=c" },
	{ { "wadm.cmd.l", NULL,
	      "{\"ScaleComponent\":{\"component_id\":\"shop-web\",\"host_id\":\"NX\",\"count\":0,"
	      "\"reference\":\"\",\"model_name\":\"shop\",\"annotations\":{}}}" },
	    "wadm.command id=shop-web host=NX app=shop [actor id=shop-web x0]" },
	{ { "wadm.cmd.l", NULL,
	      "{\"StartProvider\":{\"reference\":\"ghcr.io/"
	      "p:1\",\"provider_id\":\"p\",\"host_id\":\"NX\",\"model_name\":\"shop\","
	      "\"annotations\":{}}}" },
	    "wadm.command id=p host=NX app=shop [provider id=p oci registry=ghcr.io repository=p "
	    "tag=1 x1]" },
	{ { "wadm.cmd.l", NULL,
	      "{\"StopProvider\":{\"provider_id\":\"p\",\"host_id\":\"NX\",\"model_name\":\"shop\","
	      "\"annotations\":{}}}" },
	    "wadm.command id=p host=NX app=shop [provider id=p]" },
	{ { "wadm.cmd.l", NULL,
	      "{\"PutLink\":{\"source_id\":\"a\",\"target\":\"b\",\"name\":\"default\",\"wit_"
	      "namespace\":\"wasi\",\"wit_package\":\"http\",\"interfaces\":[\"x\"],\"model_name\":"
	      "\"shop\"}}" },
	    "wadm.command app=shop { source=a target=b name=default ns=wasi pkg=http if=x }" },
	{ { "wadm.cmd.l", NULL,
	      "{\"DeleteLink\":{\"source_id\":\"a\",\"wit_namespace\":\"wasi\",\"wit_package\":"
	      "\"http\",\"link_name\":\"default\",\"model_name\":\"shop\"}}" },
	    "wadm.command app=shop { source=a name=default ns=wasi pkg=http }" },
	{ { "wadm.cmd.l", NULL,
	      "{\"PutConfig\":{\"config_name\":\"c\",\"config\":{\"k\":\"v\"}}}" },
	    "wadm.command config=c keys=k:v secret<v>" },
	{ { "wadm.cmd.l", NULL, "{\"DeleteConfig\":{\"config_name\":\"c\"}}" },
	    "wadm.command config=c" },
	/* 8.17: manifests and commands with a second reading, or too much of one */
	{ { "wadm.api.l.model.put", NULL,
	      "apiVersion: core.oam.dev/v1beta1\n"
	      "kind: Application\n"
	      "metadata:\n"
	      "  name: shop\n"
	      "  annotations:\n"
	      "    version: v1\n"
	      "spec:\n"
	      "  components:\n"
	      "  - name: web\n"
	      "    type: component\n"
	      "    properties:\n"
	      "      image: file:///tmp/evil.wasm\n" },
	    "manifest.put app=shop version=v1 [actor name=web file repository=/tmp/evil.wasm x1] "
	    "annotations=version:v1" },
	{ { "wadm.api.l.model.put", NULL,
	      "apiVersion: core.oam.dev/v1beta1\n"
	      "kind: Application\n"
	      "metadata:\n"
	      "  name: shop\n"
	      "  annotations:\n"
	      "    version: v1\n"
	      "spec:\n"
	      "  components:\n"
	      "  - name: web\n"
	      "    type: component\n"
	      "    properties:\n"
	      "      image: GHCR.io/a/web:1\n" },
	    "refused image: registry is not in lower case" },
	{ { "wadm.api.l.model.put", NULL,
	      "apiVersion: core.oam.dev/v1beta1\n"
	      "kind: Application\n"
	      "metadata:\n"
	      "  name: shop\n"
	      "  annotations:\n"
	      "    version: v1\n"
	      "spec:\n"
	      "  components:\n"
	      "  - name: web\n"
	      "    type: component\n"
	      "    properties:\n"
	      "      image: &a ghcr.io/a/web:1\n" },
	    "refused : anchor" },
	{ { "wadm.api.l.model.put", NULL,
	      "apiVersion: core.oam.dev/v1beta1\n"
	      "kind: Application\n"
	      "metadata:\n"
	      "  name: shop\n"
	      "  annotations:\n"
	      "    version: v1\n"
	      "spec:\n"
	      "  components:\n"
	      "  - name: web\n"
	      "    type: component\n"
	      "    properties:\n"
	      "      image: *a\n" },
	    "refused : alias" },
	{ { "wadm.api.l.model.put", NULL,
	      "apiVersion: core.oam.dev/v1beta1\n"
	      "kind: Application\n"
	      "metadata:\n"
	      "  name: shop\n"
	      "  annotations:\n"
	      "    version: v1\n"
	      "spec:\n"
	      "  components:\n"
	      "  - name: web\n"
	      "    type: component\n"
	      "    properties:\n"
	      "      image: !!str ghcr.io/a/web:1\n" },
	    "refused : tag" },
	{ { "wadm.api.l.model.put", NULL,
	      "apiVersion: core.oam.dev/v1beta1\n"
	      "kind: Application\n"
	      "metadata:\n"
	      "  name: shop\n"
	      "  annotations:\n"
	      "    version: v1\n"
	      "spec:\n"
	      "  components:\n"
	      "  - name: web\n"
	      "    type: component\n"
	      "    properties:\n"
	      "      image: ! ghcr.io/a/web:1\n" },
	    "refused : tag" },
	{ { "wadm.api.l.model.put", NULL,
	      "apiVersion: core.oam.dev/v1beta1\n"
	      "kind: Application\n"
	      "metadata:\n"
	      "  name: shop\n"
	      "  annotations:\n"
	      "    version: v1\n"
	      "spec:\n"
	      "  components:\n"
	      "  - name: web\n"
	      "    type: component\n"
	      "    properties:\n"
	      "      image: ghcr.io/a/web:1\n"
	      "      image: evil.example/web:1\n" },
	    "refused : the same name twice in an object" },
	{ { "wadm.api.l.model.put", NULL,
	      "apiVersion: core.oam.dev/v1beta1\n"
	      "kind: Application\n"
	      "metadata:\n"
	      "  name: shop\n"
	      "  annotations:\n"
	      "    version: v1\n"
	      "spec:\n"
	      "  components:\n"
	      "  - name: web\n"
	      "    type: component\n"
	      "    properties:\n"
	      "      image: ghcr.io/a/web:1\n"
	      "      <<: {image: evil.example/web:1}\n" },
	    "refused : merge key, or a name that is null" },
	{ { "wadm.api.l.model.put", NULL,
	      "apiVersion: core.oam.dev/v1beta1\n"
	      "kind: Application\n"
	      "metadata:\n"
	      "  name: shop\n"
	      "  annotations:\n"
	      "    version: v1\n"
	      "spec:\n"
	      "  components:\n"
	      "  - name: web\n"
	      "    type: component\n"
	      "    properties:\n"
	      "      image: ghcr.io/a/web:1\n"
	      "      ? [a]\n"
	      "      : b\n" },
	    "refused : a name that is not a text" },
	{ { "wadm.api.l.model.put", NULL,
	      "apiVersion: core.oam.dev/v1beta1\n"
	      "kind: Application\n"
	      "metadata:\n"
	      "  name: shop\n"
	      "  annotations:\n"
	      "    version: v1\n"
	      "spec:\n"
	      "  components:\n"
	      "  - name: web\n"
	      "    type: component\n"
	      "    properties:\n"
	      "      image: ghcr.io/a/web:1\n"
	      "      ~: b\n" },
	    "refused : merge key, or a name that is null" },
	{ { "wadm.api.l.model.put", NULL,
	      "apiVersion: core.oam.dev/v1beta1\n"
	      "kind: Application\n"
	      "metadata:\n"
	      "  name: shop\n"
	      "  annotations:\n"
	      "    version: v1\n"
	      "spec:\n"
	      "  components:\n"
	      "  - name: web\n"
	      "    type: component\n"
	      "    properties:\n"
	      "      image: ghcr.io/a/web:1\n"
	      "---\n"
	      "apiVersion: core.oam.dev/v1beta1\n"
	      "kind: Application\n"
	      "metadata:\n"
	      "  name: shop\n"
	      "  annotations:\n"
	      "    version: v1\n"
	      "spec:\n"
	      "  components:\n"
	      "  - name: web\n"
	      "    type: component\n"
	      "    properties:\n"
	      "      image: ghcr.io/a/web:1\n" },
	    "refused : a second document" },
	{ { "wadm.api.l.model.put", NULL,
	      "%YAML 1.1\n"
	      "---\n"
	      "apiVersion: core.oam.dev/v1beta1\n"
	      "kind: Application\n"
	      "metadata:\n"
	      "  name: shop\n"
	      "  annotations:\n"
	      "    version: v1\n"
	      "spec:\n"
	      "  components:\n"
	      "  - name: web\n"
	      "    type: component\n"
	      "    properties:\n"
	      "      image: ghcr.io/a/web:1\n" },
	    "refused : directive" },
	{ { "wadm.api.l.model.put", NULL,
	      "%TAG ! tag:x,2000:\n"
	      "---\n"
	      "apiVersion: core.oam.dev/v1beta1\n"
	      "kind: Application\n"
	      "metadata:\n"
	      "  name: shop\n"
	      "  annotations:\n"
	      "    version: v1\n"
	      "spec:\n"
	      "  components:\n"
	      "  - name: web\n"
	      "    type: component\n"
	      "    properties:\n"
	      "      image: ghcr.io/a/web:1\n" },
	    "refused : directive" },
	{ { "wadm.api.l.model.put", NULL,
	      "\357\273\277apiVersion: core.oam.dev/v1beta1\n"
	      "kind: Application\n"
	      "metadata:\n"
	      "  name: shop\n"
	      "  annotations:\n"
	      "    version: v1\n"
	      "spec:\n"
	      "  components:\n"
	      "  - name: web\n"
	      "    type: component\n"
	      "    properties:\n"
	      "      image: ghcr.io/a/web:1\n" },
	    "refused : byte-order mark" },
	{ { "wadm.api.l.model.put", NULL,
	      "apiVersion: core.oam.dev/v1beta1\n"
	      "kind: Application\n"
	      "metadata:\n"
	      "  name: shop\n"
	      "  annotations:\n"
	      "    version: v1\n"
	      "spec:\n"
	      "  components:\n"
	      "  - name: web\n"
	      "    type: component\n"
	      "    properties:\n"
	      "      image: ghcr.io/a/web:1\n"
	      "      extra: 1\n" },
	    "refused extra: field that nobody knows" },
	{ { "wadm.api.l.model.put", NULL,
	      "apiVersion: core.oam.dev/v1beta1\n"
	      "kind: Application\n"
	      "metadata:\n"
	      "  name: shop\n"
	      "  annotations:\n"
	      "    version: v1\n"
	      "spec:\n"
	      "  components:\n"
	      "  - name: web\n"
	      "    type: component\n"
	      "    properties:\n"
	      "      image: ghcr.io/a/web:1\n"
	      "    traits:\n"
	      "    - type: custom\n"
	      "      properties: {}\n" },
	    "refused type: trait that wadm does not know" },
	{ { "wadm.api.l.model.put", NULL,
	      "apiVersion: core.oam.dev/v1beta1\n"
	      "kind: Application\n"
	      "metadata:\n"
	      "  name: shop\n"
	      "  annotations:\n"
	      "    version: v1\n"
	      "spec:\n"
	      "  components:\n"
	      "  - name: web\n"
	      "    type: component\n"
	      "    properties:\n"
	      "      image: ghcr.io/a/web:1\n"
	      "    traits:\n"
	      "    - type: spreadscaler\n"
	      "      properties: {instances: '5'}\n" },
	    "refused instances: not a number" },
	{ { "wadm.api.l.model.put", NULL,
	      "apiVersion: core.oam.dev/v1beta1\n"
	      "kind: Application\n"
	      "metadata:\n"
	      "  name: shop\n"
	      "  annotations:\n"
	      "    version: v1\n"
	      "spec:\n"
	      "  components:\n"
	      "  - name: web\n"
	      "    type: component\n"
	      "    properties:\n"
	      "      image: ghcr.io/a/web:1\n"
	      "    traits:\n"
	      "    - type: spreadscaler\n"
	      "      properties: {instances: 0x10}\n" },
	    "refused instances: not a number" },
	{ { "wadm.api.l.model.put", NULL,
	      "apiVersion: core.oam.dev/v1beta1\n"
	      "kind: Application\n"
	      "metadata:\n"
	      "  name: shop\n"
	      "  annotations:\n"
	      "    version: v1\n"
	      "spec:\n"
	      "  components:\n"
	      "  - name: web\n"
	      "    type: component\n"
	      "    properties:\n"
	      "      image: ghcr.io/a/web:1\n"
	      "    traits:\n"
	      "    - type: spreadscaler\n"
	      "      properties: {instances: 1, replicas: 9}\n" },
	    "refused replicas: a field in two spellings" },
	{ { "wadm.api.l.model.put", NULL,
	      "apiVersion: core.oam.dev/v1beta1\n"
	      "kind: Application\n"
	      "metadata:\n"
	      "  name: shop\n"
	      "  annotations:\n"
	      "    version: v1\n"
	      "spec:\n"
	      "  components:\n"
	      "  - name: web\n"
	      "    type: component\n"
	      "    properties:\n"
	      "      image: ghcr.io/a/web:1\n"
	      "    traits:\n"
	      "    - type: spreadscaler\n"
	      "      properties: {instances: 99999999999}\n" },
	    "refused instances: number is too large" },
	{ { "wadm.api.l.model.put", NULL,
	      "apiVersion: core.oam.dev/v1beta1\n"
	      "kind: Application\n"
	      "metadata:\n"
	      "  name: shop\n"
	      "  annotations:\n"
	      "    version: v1\n"
	      "spec:\n"
	      "  components:\n"
	      "  - name: web\n"
	      "    type: component\n"
	      "    properties:\n"
	      "      image: ghcr.io/a/web:1\n"
	      "    traits:\n"
	      "    - type: link\n"
	      "      properties: {namespace: a, package: b, interfaces: [], target: {name: x}, "
	      "target_config: []}\n" },
	    "refused target_config: a target's config in two places" },
	{ { "wadm.api.l.model.put", NULL,
	      "apiVersion: core.oam.dev/v1beta1\n"
	      "kind: Application\n"
	      "metadata:\n"
	      "  name: shop\n"
	      "  annotations:\n"
	      "    version: v1\n"
	      "spec:\n"
	      "  components:\n"
	      "  - name: web\n"
	      "    type: component\n"
	      "    properties:\n"
	      "      image: ghcr.io/a/web:1\n"
	      "    traits:\n"
	      "    - type: link\n"
	      "      properties: {namespace: a, package: b, interfaces: [], target: x, source: {}, "
	      "source_config: []}\n" },
	    "refused source_config: a source's config in two places" },
	{ { "wadm.api.l.model.put", NULL,
	      "apiVersion: core.oam.dev/v1beta1\n"
	      "kind: Application\n"
	      "metadata:\n"
	      "  name: shop\n"
	      "  annotations:\n"
	      "    version: v1\n"
	      "spec:\n"
	      "  components:\n"
	      "  - name: web\n"
	      "    type: plugin\n"
	      "    properties:\n"
	      "      image: ghcr.io/a/web:1\n" },
	    "refused type: neither a component nor a capability" },
	{ { "wadm.api.l.model.put", NULL,
	      "apiVersion: core.oam.dev/v1beta1\n"
	      "kind: Application\n"
	      "metadata:\n"
	      "  name: shop.x\n"
	      "  annotations:\n"
	      "    version: v1\n"
	      "spec:\n"
	      "  components:\n"
	      "  - name: web\n"
	      "    type: component\n"
	      "    properties:\n"
	      "      image: ghcr.io/a/web:1\n" },
	    "refused name: manifest names are letters, digits, '-' and '_'" },
	{ { "wadm.api.l.model.put", NULL,
	      "apiVersion: core.oam.dev/v2\n"
	      "kind: Application\n"
	      "metadata:\n"
	      "  name: shop\n"
	      "  annotations:\n"
	      "    version: v1\n"
	      "spec:\n"
	      "  components:\n"
	      "  - name: web\n"
	      "    type: component\n"
	      "    properties:\n"
	      "      image: ghcr.io/a/web:1\n" },
	    "refused apiVersion: not core.oam.dev/v1beta1" },
	{ { "wadm.api.l.model.put", NULL,
	      "apiVersion: core.oam.dev/v1beta1\n"
	      "kind: Application\n"
	      "metadata:\n"
	      "  name: shop\n"
	      "  annotations:\n"
	      "    version: v1\n"
	      "spec:\n"
	      "  components:\n"
	      "  - name: web\n"
	      "    type: component\n"
	      "    properties: {}\n" },
	    "refused image: needs either an image or an application" },
	{ { "wadm.api.l.model.put", NULL, "a: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[" },
	    "refused : nested too deeply" },
	{ { "wadm.api.l.model.put", NULL, "- a\n" }, "refused : not an object" },
	{ { "wadm.api.l.model.put", NULL, "" }, "refused : not an object" },
	{ { "wadm.api.l.model.put", NULL, "\000", 1 },
	    "refused : control characters are not allowed" },
	{ { "wadm.api.l.model.put", NULL,
	      "{\"apiVersion\":\"core.oam.dev/"
	      "v1beta1\",\"kind\":\"Application\",\"metadata\":{\"name\":\"a\342\200\250b\","
	      "\"annotations\":{}},\"spec\":{\"components\":[]}}" },
	    "refused : line end of YAML's own" },
	{ { "wadm.api.l.model.put", NULL, "{\"kind\":\"Application\",\"kind\":\"Application\"}" },
	    "refused : the same name twice in an object" },
	{ { "wadm.api.l.model.put", NULL, "{a: b}" }, "refused : expected a member name" },
	{ { "wadm.api.l.model.put",
	      "NATS/1.0\r\n"
	      "Content-Type: application/toml\r\n"
	      "\r\n",
	      "apiVersion: core.oam.dev/v1beta1\n"
	      "kind: Application\n"
	      "metadata:\n"
	      "  name: shop\n"
	      "  annotations:\n"
	      "    version: v1\n"
	      "spec:\n"
	      "  components:\n"
	      "  - name: web\n"
	      "    type: component\n"
	      "    properties:\n"
	      "      image: ghcr.io/a/web:1\n" },
	    "refused Content-Type: neither application/json nor application/yaml" },
	{ { "wadm.api.l.model.put",
	      "NATS/1.0\r\n"
	      "content-type: application/json\r\n"
	      "\r\n",
	      "apiVersion: core.oam.dev/v1beta1\n"
	      "kind: Application\n"
	      "metadata:\n"
	      "  name: shop\n"
	      "  annotations:\n"
	      "    version: v1\n"
	      "spec:\n"
	      "  components:\n"
	      "  - name: web\n"
	      "    type: component\n"
	      "    properties:\n"
	      "      image: ghcr.io/a/web:1\n" },
	    "refused Content-Type: header that is read in two ways" },
	{ { "wadm.api.l.model.put",
	      "NATS/1.0\r\n"
	      "Content-Type: application/json\r\n"
	      "Content-Type: application/yaml\r\n"
	      "\r\n",
	      "apiVersion: core.oam.dev/v1beta1\n"
	      "kind: Application\n"
	      "metadata:\n"
	      "  name: shop\n"
	      "  annotations:\n"
	      "    version: v1\n"
	      "spec:\n"
	      "  components:\n"
	      "  - name: web\n"
	      "    type: component\n"
	      "    properties:\n"
	      "      image: ghcr.io/a/web:1\n" },
	    "refused Content-Type: header that is read in two ways" },
	{ { "wadm.api.l.model.put",
	      "NATS/1.0\r\n"
	      "Content-Type: application/json\r\n"
	      "\r\n",
	      "apiVersion: core.oam.dev/v1beta1\n"
	      "kind: Application\n"
	      "metadata:\n"
	      "  name: shop\n"
	      "  annotations:\n"
	      "    version: v1\n"
	      "spec:\n"
	      "  components:\n"
	      "  - name: web\n"
	      "    type: component\n"
	      "    properties:\n"
	      "      image: ghcr.io/a/web:1\n" },
	    "refused : not a JSON value" },
	{ { "wadm.cmd.l", NULL,
	      "{\"StartProvider\":{\"reference\":\"file:///"
	      "evil\",\"provider_id\":\"p\",\"host_id\":\"NX\",\"model_name\":\"shop\","
	      "\"annotations\":{}}}" },
	    "wadm.command id=p host=NX app=shop [provider id=p file repository=/evil x1]" },
	{ { "wadm.cmd.l", NULL,
	      "{\"StartProvider\":{\"reference\":\"ghcr.io/"
	      "p:1\",\"provider_id\":\"p\",\"host_id\":\"NX\",\"model_name\":\"shop\","
	      "\"annotations\":{}},\"PutConfig\":{\"config_name\":\"c\",\"config\":{}}}" },
	    "refused : not an object with one command in it" },
	{ { "wadm.cmd.l", NULL, "{\"RunAnything\":{}}" }, "refused : command that nobody knows" },
	{ { "wadm.cmd.l", NULL, "\"StartProvider\"" }, "refused : not an object" },
	{ { "wadm.cmd.l", NULL, "" }, "refused : text ends too early" },
	{ { "wadm.api.l.model.undeploy.shop", NULL, "{\"version\":\"x\"}" },
	    "refused version: field that nobody knows" },
	{ { "wadm.api.l.model.deploy.shop", NULL, "{\"Version\":\"x\"}" },
	    "refused Version: field that nobody knows" },
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
wadm_tests(void)
{
	TCase *t = tcase_create("wadm");

	tcase_add_loop_test(t, a_message_says_this, 0, (int)(sizeof(rows) / sizeof(rows[0])));
	return t;
}
