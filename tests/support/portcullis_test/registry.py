"""The real registry of Debian (docker-registry), on a free port of 127.0.0.1, and what pushes to it."""
import base64
import crypt
import hashlib
import json
import os
import re
import ssl
import urllib.request

from . import process, server

LISTENING = re.compile(r"listening on 127\.0\.0\.1:(\d+)")
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
ACTOR = "application/vnd.module.wasm.content.layer.v1+wasm"
START_S = process.PATIENCE_S


def found():
    return os.path.exists("/usr/bin/docker-registry")


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


class Registry(process.Process):
    """docker-registry; .name is what references begin with. @login: (user, password) it then asks for."""

    def __init__(self, folder, login=None, tls=None):
        self.login = login
        self.tls = tls  # (certificate, key, the authority's certificate)
        lines = ["version: 0.1", "log: {level: info}", "storage:", "  filesystem:",
                 f"    rootdirectory: {folder}/store", "http:", "  addr: 127.0.0.1:0"]
        if tls:
            lines += [f"  tls: {{certificate: {tls[0]}, key: {tls[1]}}}"]
        if login:
            word = crypt.crypt(login[1], crypt.mksalt(crypt.METHOD_BLOWFISH, rounds=16))
            server.write(folder, "htpasswd", f"{login[0]}:{word}\n")
            lines += ["auth:", "  htpasswd:", "    realm: here", f"    path: {folder}/htpasswd"]
        conf = server.write(folder, "registry.yml", "\n".join(lines) + "\n")
        super().__init__(["/usr/bin/docker-registry", "serve", conf], cwd=folder)
        line = self.wait_line(LISTENING.search, START_S)
        self.name = "127.0.0.1:" + LISTENING.search(line).group(1)

    def _ask(self, method, url, body=b"", **headers):
        if url.startswith("/"):
            url = f"{'https' if self.tls else 'http'}://{self.name}{url}"
        if self.login:
            word = base64.b64encode(":".join(self.login).encode()).decode()
            headers["Authorization"] = "Basic " + word
        asked = urllib.request.Request(url, data=body, method=method,
                                       headers={k.replace("_", "-"): v for k, v in headers.items()})
        trust = ssl.create_default_context(cafile=self.tls[2]) if self.tls else None
        with urllib.request.urlopen(asked, timeout=process.PATIENCE_S, context=trust) as r:
            return r

    def _blob(self, name, data):
        where = self._ask("POST", f"/v2/{name}/blobs/uploads/").headers["Location"]
        mark = "&" if "?" in where else "?"
        self._ask("PUT", f"{where}{mark}digest={digest(data)}", data, Content_Type="application/octet-stream")

    def push(self, name, tag, data, media=ACTOR, layers=None):
        """Push a module; returns its manifest's digest."""
        config = b"{}"
        self._blob(name, config)
        self._blob(name, data)
        one = {"mediaType": media, "digest": digest(data), "size": len(data)}
        manifest = json.dumps({
            "schemaVersion": 2, "mediaType": MANIFEST,
            "config": {"mediaType": "application/vnd.wasmcloud.actor.archive.config", "digest": digest(config), "size": 2},
            "layers": layers or [one]}).encode()
        self._ask("PUT", f"/v2/{name}/manifests/{tag}", manifest, Content_Type=MANIFEST)
        return digest(manifest)
