"""Bodies of commands as real clients write them: the gateway reads them and refuses what it cannot read."""
import json


def start_actor(**annotations):
    return _body({"actor_ref": "r.dev/a:1"}, annotations)


def start_provider(**annotations):
    return _body({"provider_ref": "r.dev/p:1", "link_name": "default"}, annotations)


def _body(fields, annotations):
    if annotations:
        fields["annotations"] = {k: str(v) for k, v in annotations.items()}
    return json.dumps(fields, separators=(",", ":")).encode()
