/*
 * diff_form - see diff_form.h. The forms follow docs/BODIES.md; a test has every one of them read
 * by body_decode().
 */
#include "policy/rules/diff_form.h"

#define V(name) VERB_BIT(VERB_##name)
#define CTL "wasmbus.ctl.<l!%s>."
#define CTL1 "wasmbus.ctl.v1.<l!%s>."
#define NOTES "<a:,\"annotations\":{%m}>"
#define V_SCALE (V(ACTOR_SCALE) | V(ACTOR_STOP) | V(ACTOR_START) | V(ACTOR_UPDATE))
#define V_STATE (V(STATE_WRITE) | V(LINK_PUT) | V(LINK_DEL) | V(ACTOR_UPDATE))
#define V_CONFIG (V(CONFIG_PUT) | V(CONFIG_DEL))
#define KEY "MAAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQC4RY"
/* message-pack: a map of five short texts */
#define PACKED_LINK                                                                                \
	"\x85\xa8"                                                                                 \
	"actor_id\xa1"                                                                             \
	"x\xabprovider_id\xa1"                                                                     \
	"x\xa9link_name\xa1"                                                                       \
	"x\xab"                                                                                    \
	"contract_id\xa1"                                                                          \
	"x\xa6values\x80"
#define COMPONENT(n, i, d, c)                                                                      \
	"{\"name\":\"<" n "!%s>\",\"type\":\"component\",\"properties\":{\"image\":\"<" i          \
	"!%s>\"<d:,\"id\":\"%s\"><e:,\"config\":[{\"name\":\"%s\"}]>}"                             \
	"<" c ":,\"traits\":[{\"type\":\"spreadscaler\",\"properties\":{\"instances\":%s}}]>}"
#define CAPABILITY(n, i)                                                                           \
	"{\"name\":\"<" n "!%s>\",\"type\":\"capability\",\"properties\":{\"image\":\"<" i         \
	"!%s>\"}}"
#define CONFIGURED                                                                                 \
	"{\"name\":\"<m!%s>\",\"type\":\"component\",\"properties\":{\"image\":\"<i!%s>\","        \
	"\"config\":[{\"name\":\"<e!%s>\",\"properties\":{<K:%m>}}],\"secrets\":[{\"name\":"       \
	"\"<S!%s>\",\"properties\":{\"policy\":\"<x!%s>\",\"key\":\"k\"}}]}}"
#define EVERYWHERE                                                                                 \
	"{\"name\":\"<m!%s>\",\"type\":\"component\",\"properties\":{\"image\":\"<i!%s>\"},"       \
	"\"traits\":[{\"type\":\"daemonscaler\",\"properties\":{\"instances\":<n!%s>}}]}"
#define LINKED                                                                                     \
	"{\"name\":\"<m!%s>\",\"type\":\"component\",\"properties\":{\"image\":\"<i!%s>\"},"       \
	"\"traits\":[{\"type\":\"link\",\"properties\":{\"target\":{\"name\":\"<t!%s>\"},"         \
	"\"name\":\"<k!%s>\",<w!\"namespace\":\"%1\",\"package\":\"%2\">,\"interfaces\":"          \
	"[<j:%a>]}}]}"
#define POLICIES ",\"policies\":[{\"name\":\"<f!%s>\",\"type\":\"<g!%s>\",\"properties\":{}}]"
#define MANIFEST_MORE(parts, more)                                                                 \
	"{\"apiVersion\":\"core.oam.dev/"                                                          \
	"v1beta1\",\"kind\":\"Application\",\"metadata\":{\"name\":"                               \
	"\"<p!%s>\"<b:,\"labels\":{%m}>,\"annotations\":{\"version\":\"<V!%s>\"<a:,%m>}},"         \
	"\"spec\":{\"components\":[" parts "]" more "}}"
#define MANIFEST(parts) MANIFEST_MORE(parts, "")
#define WORKLOAD(parts)                                                                            \
	"{\"workload_id\":\"<d!%s>\",\"workload\":{\"namespace\":\"<v!%s>\",\"name\":\"<p!%s>\""   \
	"<a:,\"annotations\":{%m}>,\"wit_world\":{\"components\":[" parts                          \
	"]}<y:,\"volumes\":[{\"name\":\"x\",\"host_path\":{\"local_path\":\"%s\"}}]>}}"
#define PIECE(n, i, c)                                                                             \
	"{\"name\":\"<" n "!%s>\",\"image\":\"<" i "!%s>\"<" c                                     \
	":,\"pool_size\":%s>,\"local_resources\":{\"allowed_hosts\":[<O:%a>],\"config\":{<K:%m>}}" \
	"}"

static const struct diff_form forms[] = {
	/* A and B */
	{ V(HOST_LIST), CTL "get.hosts", "" },
	{ V(HOST_LIST), CTL "ping.hosts", "" },
	{ V(HOST_INVENTORY), CTL "get.<h!%s>.inv", "" },
	{ V(CLAIMS_GET), CTL "get.claims", "" },
	{ V(LINK_GET), CTL "get.links", "" },
	{ V(CONFIG_GET), CTL "get.config.<o!%s>", "" },
	{ V(ACTOR_AUCTION), CTL "auction.actor",
	    "{\"actor_ref\":\"<i!%s>\"<b:,\"constraints\":{%m}>}" },
	{ V(PROVIDER_AUCTION), CTL "auction.provider",
	    "{\"provider_ref\":\"<i!%s>\",\"link_name\":\"<k!%s>\"<b:,\"constraints\":{%m}>}" },
	{ V(ACTOR_START), CTL "cmd.<h!%s>.la",
	    "{\"actor_ref\":\"<i!%s>\"<n:,\"count\":%s>" NOTES "}" },
	{ V(ACTOR_STOP), CTL "cmd.<h!%s>.sa",
	    "{\"actor_ref\":\"<i!%s>\"<n:,\"count\":%s>" NOTES "}" },
	{ V_SCALE, CTL "cmd.<h!%s>.scale",
	    "{\"actor_ref\":\"<i!%s>\"<d:,\"actor_id\":\"%s\">,\"count\":<n!%s>" NOTES "}" },
	{ V(ACTOR_UPDATE), CTL "cmd.<h!%s>.upd",
	    "{\"new_actor_ref\":\"<i!%s>\"<d:,\"actor_id\":\"%s\">" NOTES "}" },
	{ V(PROVIDER_START), CTL "cmd.<h!%s>.lp",
	    "{\"provider_ref\":\"<i!%s>\",\"link_name\":\"<k!%s>\"" NOTES "}" },
	{ V(PROVIDER_STOP), CTL "cmd.<h!%s>.sp",
	    "{\"provider_ref\":\"<i!%s>\",\"link_name\":\"<k!%s>\"<w:,\"contract_id\":\"%s\">" NOTES
	    "}" },
	{ V(HOST_STOP), CTL "cmd.<h!%s>.stop", "{<z:\"timeout\":%s>}" },
	{ V(LINK_PUT), CTL "linkdefs.put",
	    "{\"actor_id\":\"<s!%s>\",\"provider_id\":\"<t!%s>\",\"link_name\":\"<k!%s>\","
	    "\"contract_"
	    "id\":\"<w!%s>\",\"values\":{<q:%m>}}" },
	{ V(LINK_DEL), CTL "linkdefs.del",
	    "{\"actor_id\":\"<s!%s>\",\"link_name\":\"<k!%s>\",\"contract_id\":\"<w!%s>\"}" },
	{ V(LABEL_PUT), CTL "labels.<h!%s>.put", "{\"key\":\"<B!%s>\",\"value\":\"v\"}" },
	{ V(LABEL_DEL), CTL "labels.<h!%s>.del", "{\"key\":\"<B!%s>\"}" },
	{ V(REGISTRY_PUT), CTL "registries.put", "{\"<r!%s>\":{\"username\":\"u\"}}" },
	{ V(CONFIG_PUT), CTL "config.put." KEY ".<Q!%s>", "v" },
	{ V(CONFIG_DEL), CTL "config.del." KEY ".<Q!%s>", "" },
	{ V(LINK_PUT), "wasmbus.rpc.<l!%s>.links", PACKED_LINK },
	{ V(LINK_DEL), "wasmbus.rpc.<l!%s>.remlinks", PACKED_LINK },
	{ V(SERVE) | V(HOST_EVENT), CTL "events", "{\"header\":{\"host_origin\":\"<h!%s>\"}}" },
	/* C */
	{ V(HOST_LIST), CTL1 "host.ping", "" },
	{ V(HOST_INVENTORY), CTL1 "host.get.<h!%s>", "" },
	{ V(HOST_STOP), CTL1 "host.stop.<h!%s>", "{<z:\"timeout\":%s>}" },
	{ V(CLAIMS_GET), CTL1 "claims.get", "" },
	{ V(LINK_GET), CTL1 "link.get", "" },
	{ V(CONFIG_GET), CTL1 "config.get.<o!%s>", "" },
	{ V(CONFIG_PUT), CTL1 "config.put.<o!%s>", "{<K:%m>}" },
	{ V(CONFIG_DEL), CTL1 "config.del.<o!%s>", "" },
	{ V(ACTOR_AUCTION), CTL1 "component.auction",
	    "{\"component_ref\":\"<i!%s>\"<d:,\"component_id\":\"%s\"><b:,\"constraints\":{%m}>}" },
	{ V(PROVIDER_AUCTION), CTL1 "provider.auction",
	    "{\"provider_ref\":\"<i!%s>\"<d:,\"provider_id\":\"%s\"><b:,\"constraints\":{%m}>}" },
	{ V_SCALE, CTL1 "component.scale.<h!%s>",
	    "{\"component_ref\":\"<i!%s>\",\"component_id\":\"<d!%s>\"<n:,\"count\":%s><c:,"
	    "\"config\":[%a]><u:,\"allow_update\":%s>" NOTES "}" },
	{ V(ACTOR_UPDATE), CTL1 "component.update.<h!%s>",
	    "{\"component_id\":\"<d!%s>\",\"new_component_ref\":\"<i!%s>\"" NOTES "}" },
	{ V(PROVIDER_START), CTL1 "provider.start.<h!%s>",
	    "{\"provider_id\":\"<d!%s>\",\"provider_ref\":\"<i!%s>\"<c:,\"config\":[%a]>" NOTES
	    "}" },
	{ V(PROVIDER_STOP), CTL1 "provider.stop.<h!%s>", "{\"provider_id\":\"<d!%s>\"}" },
	{ V(LINK_PUT), CTL1 "link.put",
	    "{\"source_id\":\"<s!%s>\",\"target\":\"<t!%s>\"<k:,\"name\":\"%s\">,<w!\"wit_"
	    "namespace\":"
	    "\"%1\",\"wit_package\":\"%2\">,\"interfaces\":[<j:%a>]<c:,\"source_config\":[%a]>}" },
	{ V(LINK_DEL), CTL1 "link.del",
	    "{\"source_id\":\"<s!%s>\"<k:,\"name\":\"%s\">,<w!\"wit_namespace\":\"%1\",\"wit_"
	    "package\":\"%2\">}" },
	{ V(LABEL_PUT), CTL1 "label.put.<h!%s>", "{\"key\":\"<B!%s>\",\"value\":\"v\"}" },
	{ V(LABEL_DEL), CTL1 "label.del.<h!%s>", "{\"key\":\"<B!%s>\"}" },
	{ V(REGISTRY_PUT), CTL1 "registry.put", "{\"<r!%s>\":{\"username\":\"u\"}}" },
	/* D */
	{ V(HOST_HEARTBEAT_GET), "runtime.host.<h!%s>.heartbeat", "" },
	{ V(WORKLOAD_STOP), "runtime.host.<h!%s>.workload.stop", "{\"workload_id\":\"<d!%s>\"}" },
	{ V(WORKLOAD_STATUS), "runtime.host.<h!%s>.workload.status",
	    "{\"workload_id\":\"<d!%s>\"}" },
	{ V(WORKLOAD_START), "runtime.host.<h!%s>.workload.start", WORKLOAD(PIECE("m", "i", "n")) },
	{ V(WORKLOAD_START), "runtime.host.<h!%s>.workload.start",
	    WORKLOAD(PIECE("m", "i", "n") "," PIECE("M", "I", "N")) },
	/* wadm */
	{ V(MANIFEST_GET), "wadm.api.<l!%s>.model.list", "" },
	{ V(MANIFEST_GET), "wadm.api.<l!%s>.model.get.<p!%s>", "{<V:\"version\":\"%s\">}" },
	{ V(MANIFEST_DEL), "wadm.api.<l!%s>.model.del.<p!%s>", "{<V:\"version\":\"%s\">}" },
	{ V(MANIFEST_DEPLOY), "wadm.api.<l!%s>.model.deploy.<p!%s>", "{<V:\"version\":\"%s\">}" },
	{ V(MANIFEST_UNDEPLOY), "wadm.api.<l!%s>.model.undeploy.<p!%s>", "" },
	{ V(MANIFEST_PUT) | V(ACTOR_START), "wadm.api.<l!%s>.model.put",
	    MANIFEST(COMPONENT("m", "i", "d", "n")) },
	{ V(MANIFEST_PUT) | V(PROVIDER_START), "wadm.api.<l!%s>.model.put",
	    MANIFEST(CAPABILITY("m", "i")) },
	{ V(MANIFEST_PUT) | V(ACTOR_START) | V(PROVIDER_START), "wadm.api.<l!%s>.model.put",
	    MANIFEST(COMPONENT("m", "i", "d", "n") "," CAPABILITY("M", "I")) },
	{ V(MANIFEST_PUT) | V(ACTOR_START), "wadm.api.<l!%s>.model.put",
	    MANIFEST_MORE(CONFIGURED, POLICIES) },
	{ V(MANIFEST_PUT) | V(ACTOR_START), "wadm.api.<l!%s>.model.put", MANIFEST(EVERYWHERE) },
	{ V(MANIFEST_PUT) | V(ACTOR_START), "wadm.api.<l!%s>.model.put", MANIFEST(LINKED) },
	{ V(SERVE_WADM) | V(WADM_COMMAND) | V_SCALE, "wadm.cmd.<l!%s>",
	    "{\"ScaleComponent\":{\"component_id\":\"<d!%s>\",\"host_id\":\"<h!%s>\",\"count\":<n!%"
	    "s>,"
	    "\"reference\":\"<i!%s>\",\"model_name\":\"<p!%s>\",\"annotations\":{<A:%m>}<c:,"
	    "\"config\":[%a]>}}" },
	{ V(SERVE_WADM) | V(WADM_COMMAND) | V(PROVIDER_START), "wadm.cmd.<l!%s>",
	    "{\"StartProvider\":{\"reference\":\"<i!%s>\",\"provider_id\":\"<d!%s>\",\"host_id\":"
	    "\"<h!%s>\",\"model_name\":\"<p!%s>\",\"annotations\":{<A:%m>}}}" },
	{ V(SERVE_WADM) | V(WADM_COMMAND) | V(PROVIDER_STOP), "wadm.cmd.<l!%s>",
	    "{\"StopProvider\":{\"provider_id\":\"<d!%s>\",\"host_id\":\"<h!%s>\",\"model_name\":"
	    "\"<p!%s>\",\"annotations\":{<A:%m>}}}" },
	{ V(SERVE_WADM) | V(WADM_COMMAND) | V(LINK_PUT), "wadm.cmd.<l!%s>",
	    "{\"PutLink\":{\"source_id\":\"<s!%s>\",\"target\":\"<t!%s>\",\"name\":\"<k!%s>\",<w!"
	    "\"wit_"
	    "namespace\":\"%1\",\"wit_package\":\"%2\">,\"interfaces\":[<j:%a>],\"model_name\":"
	    "\"<p!%s>\"}}" },
	{ V(SERVE_WADM) | V(WADM_COMMAND) | V(LINK_DEL), "wadm.cmd.<l!%s>",
	    "{\"DeleteLink\":{\"source_id\":\"<s!%s>\",\"link_name\":\"<k!%s>\",<w!\"wit_"
	    "namespace\":"
	    "\"%1\",\"wit_package\":\"%2\">,\"model_name\":\"<p!%s>\"}}" },
	{ V(SERVE_WADM) | V(WADM_COMMAND) | V(CONFIG_PUT), "wadm.cmd.<l!%s>",
	    "{\"PutConfig\":{\"config_name\":\"<o!%s>\",\"config\":{<K:%m>}}}" },
	{ V(SERVE_WADM) | V(WADM_COMMAND) | V(CONFIG_DEL), "wadm.cmd.<l!%s>",
	    "{\"DeleteConfig\":{\"config_name\":\"<o!%s>\"}}" },
	/* what hosts and wadm remember */
	{ V(STATE_WRITE) | V_CONFIG, "$KV.CONFIGDATA_<l!%s>.<o!%s>", "{<K:%m>}" },
	{ V(STATE_WRITE) | V_CONFIG, "$KV.CONFIGDATA_<l!%s>.SECRET_<S!%s>",
	    "{\"name\":\"<S!%s>\",\"backend\":\"<x!%s>\",\"key\":\"k\"}" },
	{ V_STATE, "$KV.LATTICEDATA_<l!%s>.COMPONENT_<d!%s>", "{\"url\":\"<i!%s>\",\"links\":[]}" },
	{ V_STATE, "$KV.LATTICEDATA_<l!%s>.COMPONENT_<d!%s>",
	    "{\"url\":\"<i!%s>\",\"links\":[{\"source_id\":\"<d!%s>\",\"target\":\"<t!%s>\","
	    "\"name\":"
	    "\"<k!%s>\",<w!\"wit_namespace\":\"%1\",\"wit_package\":\"%2\">,\"interfaces\":[<j:%a>]"
	    "}]}" },
	{ V(STATE_WRITE), "$KV.LATTICEDATA_<l!%s>.CLAIMS_<d!%s>", "{\"sub\":\"<d!%s>\"}" },
	{ V_STATE, "lc.<l!%s>.linkdefs.x",
	    "{\"actor_id\":\"<s!%s>\",\"provider_id\":\"<t!%s>\",\"link_name\":\"<k!%s>\","
	    "\"contract_"
	    "id\":\"<w!%s>\",\"values\":{<q:%m>}}" },
	{ V(SERVE_WADM) | V(STATE_WRITE), "$KV.wadm_state.x", "{}" },
};

#define LOWER "xyzwvutsrqponmlkjihgfedcba0123456789"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define WORD LOWER UPPER "-_"

static const struct diff_place places[] = {
	{ 'l', PLACE_LATTICE, POLICY_FIELD_LATTICE, "default", NULL },
	{ 'h', PLACE_HOST, POLICY_FIELD_HOST, "x", NULL },
	{ 'i', PLACE_IMAGE, POLICY_FIELD_IMAGE, "ghcr.io/x/x:1", NULL },
	{ 'n', PLACE_COUNT, POLICY_FIELD_COUNT_OF, "1", NULL },
	{ 'z', PLACE_COUNT, POLICY_FIELD_TIMEOUT, "1", NULL },
	{ 'u', PLACE_FLAG, POLICY_FIELD_ALLOW_UPDATE, "true", NULL },
	{ 'd', PLACE_TEXT, POLICY_FIELD_ID, "xid", WORD },
	{ 'c', PLACE_LIST, POLICY_FIELD_CONFIG, "xconfig", WORD "." },
	{ 'o', PLACE_TEXT, POLICY_FIELD_CONFIG, "xconfig", WORD },
	{ 'e', PLACE_TEXT, POLICY_FIELD_CONFIG, "xconfig", WORD },
	{ 'b', PLACE_LIST, POLICY_FIELD_LABEL, "xlabel", WORD "./" },
	{ 'a', PLACE_LIST, POLICY_FIELD_ANNOTATION, "xnote", WORD "./" },
	{ 's', PLACE_TEXT, POLICY_FIELD_LINK_SOURCE, "xsource", WORD },
	{ 't', PLACE_TEXT, POLICY_FIELD_LINK_TARGET, "xtarget", WORD },
	{ 'k', PLACE_TEXT, POLICY_FIELD_LINK_NAME, "default", WORD },
	{ 'w', PLACE_TEXT, POLICY_FIELD_CONTRACT, "wasi:x", WORD ":" },
	{ 'p', PLACE_TEXT, POLICY_FIELD_APPLICATION, "xapp", LOWER "-" },
	{ 'm', PLACE_TEXT, POLICY_FIELD_NAME, "xpart", LOWER "-" },
	{ 'v', PLACE_TEXT, POLICY_FIELD_NAMESPACE, "xspace", LOWER "-" },
	{ 'y', PLACE_TEXT, POLICY_FIELD_HOST_PATH, "/x", WORD "/." },
	{ 'r', PLACE_TEXT, POLICY_FIELD_REGISTRY, "x.example", LOWER ".-:" },
	{ 'O', PLACE_LIST, POLICY_FIELD_OUTBOUND, "x.example", LOWER ".-:/" },
	{ 'K', PLACE_LIST, POLICY_FIELD_CONFIG_KEY, "xkey", WORD "." },
	{ 'Q', PLACE_TEXT, POLICY_FIELD_CONFIG_KEY, "xkey", WORD },
	{ 'j', PLACE_LIST, POLICY_FIELD_LINK_INTERFACE, "xinterface", WORD },
	{ 'q', PLACE_LIST, POLICY_FIELD_LINK_KEY, "xkey", WORD "." },
	{ 'V', PLACE_TEXT, POLICY_FIELD_VERSION, "1", LOWER UPPER "-_." },
	{ 'S', PLACE_TEXT, POLICY_FIELD_SECRET, "xsecret", WORD },
	{ 'x', PLACE_TEXT, POLICY_FIELD_SECRET_POLICY, "xpolicy", WORD },
	{ 'f', PLACE_TEXT, POLICY_FIELD_POLICY, "xpolicy", WORD "." },
	{ 'g', PLACE_TEXT, POLICY_FIELD_POLICY_TYPE, "xtype", WORD "./" },
	{ 'B', PLACE_TEXT, POLICY_FIELD_LABEL, "xlabel", WORD "./" },
	{ 'A', PLACE_LIST, POLICY_FIELD_ANNOTATION, "xnote", WORD "./" },
	{ 'I', PLACE_IMAGE, POLICY_FIELD_IMAGE, "ghcr.io/x/x:1", NULL },
	{ 'N', PLACE_COUNT, POLICY_FIELD_COUNT_OF, "1", NULL },
	{ 'M', PLACE_TEXT, POLICY_FIELD_NAME, "xother", LOWER "-" },
};

const struct diff_form *
diff_form_nth(size_t i)
{
	return i < sizeof(forms) / sizeof(forms[0]) ? &forms[i] : NULL;
}

const struct diff_place *
diff_place_of(char letter)
{
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (places[i].letter == letter)
			return &places[i];
	return NULL;
}

static void
add_places(const char *text, char letter[32], bool needed[32], size_t *n)
{
	for (; *text != '\0'; text++) {
		size_t i = 0;

		if (*text != '<')
			continue;
		while (i < *n && letter[i] != text[1])
			i++;
		if (i == *n && *n < 32) {
			letter[i] = text[1];
			needed[i] = false;
			++*n;
		}
		if (i < 32)
			needed[i] |= text[2] == '!';
	}
}

size_t
diff_form_places(const struct diff_form *f, char letter[32], bool needed[32])
{
	size_t n = 0;

	add_places(f->subject, letter, needed, &n);
	add_places(f->body, letter, needed, &n);
	return n;
}

/* What stands for %s, %a ... Values are made of letters that JSON takes as they are. */
static void
put_value(struct buf *b, char how, const struct diff_value *v)
{
	size_t colon = bytes_find(v->text[0], ':');

	switch (how) {
	case '1':
		buf_put(b, bytes_upto(v->text[0], colon));
		return;
	case '2':
		buf_put(b, bytes_from(v->text[0], colon + 1));
		return;
	case 's':
		buf_put(b, v->text[0]);
		return;
	default:
		break;
	}
	for (size_t i = 0; i < v->n; i++) {
		buf_put_str(b, i > 0 ? ",\"" : "\"");
		buf_put(b, v->text[i]);
		buf_put_str(b, how == 'm' ? "\":\"v\"" : "\"");
	}
}

void
diff_form_put(
    struct buf *b, const char *text, const char *letter, size_t n, const struct diff_value *value)
{
	const struct diff_value *v = NULL;
	bool skip = false;

	for (; *text != '\0'; text++) {
		if (*text == '<') {
			size_t i = 0;

			while (i + 1 < n && letter[i] != text[1])
				i++;
			v = &value[i];
			skip = v->n == 0;
			text += 2;
		} else if (*text == '>') {
			skip = false;
		} else if (skip) {
			continue;
		} else if (*text == '%' && v != NULL) {
			put_value(b, *++text, v);
		} else {
			buf_put_u8(b, (uint8_t)*text);
		}
	}
}
