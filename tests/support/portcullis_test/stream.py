"""A nats-server with JetStream, on a port that it comes back to."""
import json
import re
import secrets

from . import process, rawclient, server

AT_ONCE = 1000


class StreamServer:
    """.process is the server; .kill() and .start() it as often as wanted: what it has stored stays."""

    def __init__(self, folder, extra=""):
        self.folder, self.extra, self.port = folder, extra, server.free_port()
        self.start()

    def start(self):
        text = (f'host: 127.0.0.1\nport: {self.port}\n{server.PATIENT}\n'
                f'jetstream {{ store_dir: "{self.folder}/js" }}\n{self.extra}\n')
        self.process = server.NatsServer(server.write(self.folder, "nats.conf", text))

    def client(self, creds=None):
        return rawclient.Client("127.0.0.1", self.port, creds)

    def stream(self, subjects, name="AUDIT", creds=None, **more):
        said = {"name": name, "subjects": subjects, "storage": "file", "num_replicas": 1, "max_consumers": -1}
        answer = self.api(f"STREAM.CREATE.{name}", {**said, **more}, creds)
        if "error" in answer:
            raise process.Failed(answer)

    def api(self, what, said=None, creds=None):
        """One request to the API of JetStream."""
        c = self.client(creds)
        answer = json.loads(c.request(f"$JS.API.{what}", json.dumps(said).encode() if said else b"").payload)
        c.close()
        return answer

    def count(self, name="AUDIT"):
        return self.api(f"STREAM.INFO.{name}").get("state", {}).get("messages", 0)

    def messages(self, name="AUDIT"):
        """[(subject, id, payload)] of all of the stream, as a consumer gets them: some at a time, or the server takes it
        for one that does not keep up."""
        inbox, count = f"_INBOX.{secrets.token_hex(8)}.all", self.count(name)
        c = self.client()
        c.subscribe(inbox)
        c.barrier()
        told = {"deliver_policy": "all", "ack_policy": "none", "replay_policy": "instant"}
        consumer = self.api(f"CONSUMER.CREATE.{name}", {"stream_name": name, "config": told})["name"]
        found = []
        while len(found) < count:
            batch = min(count - len(found), AT_ONCE)
            c.publish(f"$JS.API.CONSUMER.MSG.NEXT.{name}.{consumer}", json.dumps({"batch": batch}).encode(), inbox)
            for m in (c.next() for _ in range(batch)):
                found.append((m.subject, re.search(rb"Nats-Msg-Id: *(\S+)", m.header).group(1).decode(), m.payload))
        c.close()
        return found

    def has(self, count, name="AUDIT"):
        process.until(lambda: self.count(name) >= count, f"{count} messages in {name}")
        if self.count(name) != count:
            raise process.Failed(f"{self.count(name)} messages, not {count}")
