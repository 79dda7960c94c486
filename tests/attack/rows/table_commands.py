"""Rows 1-7, 16 and 17: what commands a lattice, in each dialect, on the control subjects."""
import json

from bodies import (ACTOR, EVIL, IMAGE, MANIFEST, PROVIDER, WADM_START, link_v0, link_v1, packed, scale_v1,
                    start_provider_v0, start_provider_v1, workload, workload_with_host_files)
from kinds import Pub, Sub
from place import HOST

V0 = f"wasmbus.ctl.default.cmd.{HOST}."
V1 = "wasmbus.ctl.v1.default."
V2 = f"runtime.host.{HOST}."
# nobody of these commands this lattice, whatever else they may
ALL = ("tenant", "wild", "neighbour", "stranger", "reader", "host2")


def never(what, body):
    """A workload nobody may start; its operator is refused with the rule that says so."""
    return Pub("D", what, V2 + "workload.start", body, ALL + ("operator", "admin"), ())


def command(dialect, what, subject, body, allowed=("deployer",), **options):
    return Pub(dialect, what, subject, body, ALL, allowed, **options)


def both(what, tail, body, **options):
    """Dialects A and B spell the subject the same; B's bodies say more."""
    a, b = body if isinstance(body, tuple) else (body, body)
    return [command("A", what, V0 + tail, a, **options), command("B", what, V0 + tail, b, **options)]


def upd(**more):
    return {"host_id": HOST, "actor_id": ACTOR, "new_actor_ref": EVIL, **more}


ROWS = {
    "01_start_provider": [
        *both("lp", "lp", (start_provider_v0(), start_provider_v0(configuration="{}", annotations={"a": "b"}))),
        command("B", "lp behind an account token", "<ACME>." + V0 + "lp", start_provider_v0()),
        command("C", "provider.start", f"{V1}provider.start.{HOST}", start_provider_v1()),
        command("C", "provider.start of a host's file", f"{V1}provider.start.{HOST}",
                {**start_provider_v1(), "provider_ref": "file:///tmp/rootkit.par"}),
        never("workload with machine code", workload(precompiledUrl="https://evil.example/web.cwasm")),
        never("workload with the host's files", workload_with_host_files()),
        command("D", "workload of ours", V2 + "workload.start", workload(), ("operator",)),
        command("wadm", "StartProvider", "wadm.cmd.default", WADM_START, ("wadm",)),
    ],
    "02_update": [
        *both("upd", "upd", (upd(), upd(annotations={}))),
        command("C", "component.update", f"{V1}component.update.{HOST}",
                {"component_id": "echo", "new_component_ref": EVIL, "host_id": HOST, "annotations": {}}),
        command("C", "scale with allow_update", f"{V1}component.scale.{HOST}", scale_v1(count=1, allow_update=True)),
        Pub("D", "workload.start of another's image", V2 + "workload.start", workload(image=EVIL), ALL + ("operator",),
            ("admin",)),
        command("D", "workload.start of the next version", V2 + "workload.start", workload(image=IMAGE + ".1"),
                ("operator",)),
    ],
    "03_start_scale": [
        *both("la", "la", ({"host_id": HOST, "actor_ref": EVIL}, {"host_id": HOST, "actor_ref": EVIL, "count": 2})),
        command("B", "la without end", V0 + "la", {"host_id": HOST, "actor_ref": EVIL, "count": 4294967295}),
        command("B", "scale", V0 + "scale", {"host_id": HOST, "actor_id": ACTOR, "actor_ref": EVIL, "count": 3}),
        command("B", "scale to 0", V0 + "scale", {"host_id": HOST, "actor_ref": IMAGE, "count": 0}),
        # a stop to some hosts, no limit to others: nobody may say it
        Pub("B", "scale without count", V0 + "scale", {"host_id": HOST, "actor_ref": IMAGE}, ALL + ("deployer", "admin"), ()),
        command("C", "scale", f"{V1}component.scale.{HOST}", scale_v1(count=1)),
        command("C", "scale without end", f"{V1}component.scale.{HOST}", scale_v1(count=4294967295)),
        command("C", "scale to 0", f"{V1}component.scale.{HOST}", scale_v1(count=0)),
        command("C", "scale without count", f"{V1}component.scale.{HOST}", scale_v1()),
        command("D", "workload.start", V2 + "workload.start", workload(), ("operator",)),
    ],
    "04_links": [
        command("A", "links on the RPC side", "wasmbus.rpc.default.links", packed(link_v0())),
        command("A", "remlinks on the RPC side", "wasmbus.rpc.default.remlinks", packed(link_v0())),
        command("B", "linkdefs.put", "wasmbus.ctl.default.linkdefs.put", link_v0()),
        command("B", "linkdefs.del", "wasmbus.ctl.default.linkdefs.del",
                {k: v for k, v in link_v0().items() if k in ("actor_id", "contract_id", "link_name")}),
        command("C", "link.put", V1 + "link.put", link_v1()),
        command("C", "link.del", V1 + "link.del",
                {"source_id": "echo", "name": "default", "wit_namespace": "wasi", "wit_package": "keyvalue"}),
    ],
    "05_registry_credentials": [
        command("B", "registries.put", "wasmbus.ctl.default.registries.put",
                {"registry.example": {"registryType": "oci", "username": "u", "password": "p"}}),
        command("C", "registry.put", V1 + "registry.put",
                {"registry.example": {"registryType": "oci", "username": "u", "password": "p"}}),
    ],
    "06_config": [
        command("B", "config.put", f"wasmbus.ctl.default.config.put.{ACTOR}.url", b"redis://evil.example"),
        command("B", "config.del", f"wasmbus.ctl.default.config.del.{ACTOR}.url", b""),
        command("B", "config.clear", f"wasmbus.ctl.default.config.clear.{ACTOR}", b""),
        command("C", "config.put", V1 + "config.put.shop-db", {"url": "redis://evil.example"}),
        command("C", "config.del", V1 + "config.del.shop-db", b""),
        # reading is the reader's; values are plain text
        Pub("B", "get.config", f"wasmbus.ctl.default.get.config.{ACTOR}", b"",
            ("tenant", "wild", "neighbour", "stranger", "host2"), ("reader", "deployer")),
        Pub("C", "config.get", V1 + "config.get.shop-db", b"",
            ("tenant", "wild", "neighbour", "stranger", "host2"), ("reader", "deployer")),
    ],
    "07_stops": [
        *both("sa", "sa", ({"host_id": HOST, "actor_ref": ACTOR}, {"host_id": HOST, "actor_ref": IMAGE, "count": 1})),
        *both("sp", "sp", {"host_id": HOST, "provider_ref": PROVIDER, "link_name": "default",
                           "contract_id": "wasmcloud:keyvalue"}),
        command("B", "stop a host", V0 + "stop", {"host_id": HOST, "timeout": 1}),
        command("C", "stop a component", f"{V1}component.scale.{HOST}", scale_v1(count=0)),
        command("C", "provider.stop", f"{V1}provider.stop.{HOST}", {"provider_id": "httpserver", "host_id": HOST}),
        command("C", "host.stop", f"{V1}host.stop.{HOST}", {"host_id": HOST, "timeout": 1}),
        command("D", "workload.stop", V2 + "workload.stop", {"workloadId": "w1"}, ("operator",)),
    ],
    "16_labels": [
        command("B", "labels.put", f"wasmbus.ctl.default.labels.{HOST}.put", {"key": "zone", "value": "trusted"}),
        command("B", "labels.del", f"wasmbus.ctl.default.labels.{HOST}.del", {"key": "zone"}),
        command("C", "label.put", f"{V1}label.put.{HOST}", {"key": "zone", "value": "trusted"}),
        command("C", "label.del", f"{V1}label.del.{HOST}", {"key": "hostcore.os"}),
    ],
    "17_wadm": [
        command("wadm", "model.put", "wadm.api.default.model.put", MANIFEST),
        command("wadm", "model.deploy", "wadm.api.default.model.deploy.shop", b""),
        command("wadm", "model.undeploy", "wadm.api.default.model.undeploy.shop", b""),
        command("wadm", "model.del", "wadm.api.default.model.del.shop", b"{}"),
        command("wadm", "model.put behind an account token", "<ACME>.wadm.api.default.model.put", MANIFEST),
        command("wadm", "wadm.cmd", "wadm.cmd.default", WADM_START, ("wadm",)),
        command("wadm", "wadm.cmd puts a link", "wadm.cmd.default",
                json.dumps({"PutLink": {**link_v1(), "model_name": "shop"}}).encode(), ("wadm",)),
        Pub("wadm", "forged wadm.evt", "wadm.evt.default.manifest_published", b'{"manifest":{}}',
            ("tenant", "wild", "neighbour", "stranger", "reader", "deployer", "host2"), ("wadm",)),
        Pub("wadm", "forged state", "$KV.wadm_state.provider_default", b"{}", ALL, ("wadm", "admin")),
        Pub("wadm", "forged manifests", "$KV.wadm_manifests.default-shop", b"{}", ALL, ("wadm", "admin")),
        Sub("wadm", "takes requests from wadm", "wadm.api.default.>", "wadm_server",
            ("deployer", "wadm.api.default.model.deploy.shop", b""),
            ("tenant", "wild", "neighbour", "stranger", "reader", "deployer", "host2"), ("wadm",)),
        Sub("wadm", "reads requests to wadm", "wadm.api.default.model.>", "",
            ("deployer", "wadm.api.default.model.deploy.shop", b""),
            ("tenant", "wild", "neighbour", "stranger", "reader", "deployer", "host2"), ("watcher",)),
    ],
}
