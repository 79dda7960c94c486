"""Samples in, tables out: medians with their spread, ratios, and the targets met and missed."""
import statistics

WAYS = ("direct", "haproxy", "gateway")
STORM = ("cpu_s", "timed_out", "again", "seconds", "longest_s")
STORM_WANTED = 10000  # clients


class Results:
    """samples[(measure, figure)][way]: a list of numbers."""

    def __init__(self):
        self.samples = {}

    def add(self, measure, figure, way, value):
        self.samples.setdefault((measure, figure), {}).setdefault(way, []).append(value)

    def median(self, measure, figure, way):
        values = self.samples.get((measure, figure), {}).get(way)
        return statistics.median(values) if values else None

    def cell(self, measure, figure, way, form):
        values = self.samples.get((measure, figure), {}).get(way)
        if not values:
            return "-"
        text = form(statistics.median(values))
        return f"{text} ({form(min(values))} - {form(max(values))})" if len(values) > 1 else text

    def pairs(self, measure, figure, way, other):
        """The samples of two ways that were taken one after the other."""
        ways = self.samples.get((measure, figure), {})
        return list(zip(ways.get(way, []), ways.get(other, [])))

    def ratios(self, measure, figure, way, other):
        return [a / b for a, b in self.pairs(measure, figure, way, other) if b]

    def ratio(self, measure, figure, way, other):
        """The median of the ratios of neighbours in time: a slow minute of the machine cancels out."""
        found = self.ratios(measure, figure, way, other)
        return statistics.median(found) if found else None

    def ratio_cell(self, measure, figure, way, other):
        found = self.ratios(measure, figure, way, other)
        if len(found) < 4:
            return optional(self.ratio(measure, figure, way, other))
        low, middle, high = statistics.quantiles(found, n=4)
        return f"{middle:.2f} ({low:.2f} - {high:.2f})"

    def added(self, measure, figure, way):
        found = [a - b for a, b in self.pairs(measure, figure, way, "direct")]
        return statistics.median(found) if found else None


def rate(value):
    for unit, factor in (("M", 1e6), ("k", 1e3)):
        if value >= factor:
            return f"{value / factor:.3g} {unit}"
    return f"{value:.3g}"


def plain(value):
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def optional(value, form="{:.2f}"):
    return "-" if value is None else form.format(value)


def size_name(size):
    return f"{size // 1024} KiB" if size >= 1024 else f"{size} B"


def table(header, rows):
    """Markdown, padded so that it reads well in a terminal too."""
    rows = [[str(cell) for cell in row] for row in [header] + rows]
    widths = [max(len(row[i]) for row in rows) for i in range(len(header))]
    lines = ["| " + " | ".join(cell.ljust(w) for cell, w in zip(row, widths)) + " |" for row in rows]
    lines.insert(1, "| " + " | ".join("-" * w for w in widths) + " |")
    return "\n".join(lines)


def throughput(results, flows):
    rows = []
    for mode, size in flows:
        m = (mode, size)
        rows.append(
            [{"pub": "publish", "pubsub": "publish-subscribe"}[mode], size_name(size)]
            + [results.cell(m, "rate", way, rate) for way in WAYS]
            + [optional(results.ratio(m, "rate", "haproxy", "direct"))]
            + [optional(results.ratio(m, "rate", "gateway", "direct"))]
            + [results.ratio_cell(m, "rate", "gateway", "haproxy")]
        )
    head = ["messages per second", "payload", "direct", "haproxy", "gateway"]
    return table(head + ["haproxy / direct", "gateway / direct", "gateway / haproxy"], rows)


def latency(results, reqrep):
    rows = []
    for figure in ("p50", "p90", "p99", "p999"):
        added = [results.added(reqrep, figure, way) for way in ("haproxy", "gateway")]
        # of the thousandth-worst there are too few to divide
        share = added[1] / added[0] if None not in added and added[0] > 0 and figure != "p999" else None
        rows.append(
            [figure.replace("p999", "p99.9")]
            + [results.cell(reqrep, figure, way, plain) for way in WAYS]
            + [optional(a, "{:+.1f}") for a in added]
            + [optional(share)]
        )
    head = [f"request/reply {size_name(reqrep[1])}, us", "direct", "haproxy", "gateway"]
    return table(head + ["haproxy adds", "gateway adds", "gateway / haproxy"], rows)


def commands(results, measures, disk, chain):
    """
    Control commands from the writer to a listener on the server: through the gate each is recorded first. And what
    that consists of without a gate: the disk, and processes that do nothing but wake each other.
    """
    ways = ("direct", "gateway")
    rows = []
    for m in measures:
        for figure, name, form in (
            ("rate", "per second", rate),
            ("p50", "p50, us", plain),
            ("p99", "p99, us", plain),
            ("cpu_ns", "CPU each, us", lambda v: plain(v / 1000)),
        ):
            added = results.added(m, figure, "gateway") if figure in ("p50", "p99") else None
            cells = [results.cell(m, figure, way, form) for way in ways]
            rows.append([f"{m[1]} under way: {name}"] + cells + [optional(added, "{:+.1f}")])
    for figure in ("p50", "p99"):
        rows.append([f"fdatasync of one record: {figure}, us", "-", results.cell(disk, figure, "disk", plain), "-"])
    rows.append(["the same with a rest before each: p50, us", "-", results.cell(disk, "p50", "rested", plain), "-"])
    for way, name in (("chain", "as many processes that do nothing: p50, us"), ("durable", "the same and one fdatasync: p50, us")):
        cells = [results.cell(chain, "p50", w, plain) for w in ("direct", way)]
        rows.append([name] + cells + [optional(results.added(chain, "p50", way), "{:+.1f}")])
    adds = [results.added(m, "p50", way) for m, way in ((measures[0], "gateway"), (chain, "durable"))]
    beyond = None if None in adds else adds[0] - adds[1]
    rows.append(["one command, beyond these: p50, us", "-", "-", optional(beyond, "{:+.1f}")])
    return table(["commands, durable before forwarded", *ways, "gateway adds"], rows)


def logins(results, connect):
    rows = []
    for figure, name, form in (
        ("rate", "connections per second", rate),
        ("p50", "login p50, us", plain),
        ("p99", "login p99, us", plain),
        ("cpu_ns", "CPU of the proxy per login, us", lambda v: plain(v / 1000)),
    ):
        rows.append(
            [name]
            + [results.cell(connect, figure, way, form) for way in WAYS]
            + [results.ratio_cell(connect, figure, "gateway", "haproxy")]
        )
    return table(["login", "direct", "haproxy", "gateway", "gateway / haproxy"], rows)


def storm(results, measure):
    """Everybody at once, behind an edge that was killed."""
    if not results.median(measure, "seconds", "gateway"):
        return "Reconnecting clients: not measured."
    names = (
        "CPU of all processes of the gateway, s",
        "logins without an answer in 10 s",
        "logins that ended otherwise and were tried again",
        "until the last was in again, s",
        "the longest login, s",
    )
    rows = [[name, results.cell(measure, figure, "gateway", "{:.3g}".format)] for figure, name in zip(STORM, names)]
    less = "" if measure[1] == STORM_WANTED else f"\n\n{measure[1]} and not {STORM_WANTED}: --quick, or no more open files allowed (`ulimit -Hn`)."
    return table([f"{measure[1]} clients reconnect at once", "gateway"], rows) + less


def cpu(results, measures):
    rows = []
    for mode, size in measures:
        m = (mode, size)
        rows.append(
            [{"pub": "publish", "pubsub": "publish-subscribe", "reqrep": "request/reply"}[mode], size_name(size)]
            + [results.cell(m, "cpu_ns", way, plain) for way in WAYS[1:]]
            + [results.ratio_cell(m, "cpu_ns", "gateway", "haproxy")]
            + [optional(results.median(m, "server_ns", way), "{:.0f}") for way in WAYS]
        )
    head = ["CPU ns per message", "payload", "haproxy", "gateway", "gateway / haproxy"]
    return table(head + [f"server behind {way}" for way in WAYS], rows)


def instructions(results, measures):
    rows = [
        [f"{mode} {size_name(size)}"] + [results.cell((mode, size), "instructions", way, plain) for way in WAYS[1:]]
        for mode, size in measures
        if any(results.median((mode, size), "instructions", way) for way in WAYS)
    ]
    if not rows:
        return "Instructions per message: not measured (`perf stat` has no hardware counters on this machine)."
    return table(["instructions per message", "haproxy", "gateway"], rows)


def memory(results, idle):
    kib = lambda v: f"{v / 1024:.2f}"
    rows = [
        ["per idle connection"] + [results.cell(idle, "each", way, kib) for way in WAYS],
        ["all processes, no client"] + [results.cell(idle, "base", way, kib) for way in WAYS],
    ]
    return table([f"PSS, KiB ({idle[1]} connections)", "nats-server, direct", "haproxy", "gateway"], rows)


def targets(results, reqrep, idle, commands_measures, disk, storm_measure):
    """(what, reached, wanted, met); None where the gateway was not measured."""
    found = []

    def want(what, value, limit, below):
        met = "-" if value is None else "met" if (value <= limit if below else value >= limit) else "MISSED"
        found.append([what, optional(value), f"{'<=' if below else '>='} {limit:g}", met])

    share = lambda size: results.ratio(("pubsub", size), "rate", "gateway", "haproxy")
    added = [results.added(reqrep, "p50", way) for way in ("haproxy", "gateway")]
    each = results.median(idle, "each", "gateway")
    want("publish-subscribe 16 B, gateway / haproxy: first target", share(16), 0.8, False)
    want("publish-subscribe 512 B, gateway / haproxy: first target", share(512), 0.8, False)
    want("publish-subscribe 16 B, gateway / haproxy: to reach", share(16), 0.85, False)
    want("publish-subscribe 512 B, gateway / haproxy: to reach", share(512), 1.0, False)
    ratio = None if None in added or added[0] <= 0 else added[1] / added[0]
    want("added request/reply p50, gateway / haproxy: first target", ratio, 1.3, True)
    want("added request/reply p50, gateway / haproxy: to reach", ratio, 1.0, True)
    want("CPU ns per message, publish-subscribe 16 B", results.median(("pubsub", 16), "cpu_ns", "gateway"), 150, True)
    want("PSS KiB per idle connection", None if each is None else each / 1024, 3.5, True)
    one, many = commands_measures
    added, sync = results.added(one, "p50", "gateway"), results.median(disk, "p50", "disk")
    want("durable command, added p50 beyond one fdatasync's, us", None if None in (added, sync) else added - sync, 45, True)
    want("durable commands per second", results.median(many, "rate", "gateway"), 20000, False)
    spent = results.median(storm_measure, "cpu_s", "gateway")
    what = "10,000 reconnecting clients, CPU s"
    if storm_measure[1] != STORM_WANTED:
        what += f" (from {storm_measure[1]})"
    want(what, None if spent is None else spent * STORM_WANTED / storm_measure[1], 3, True)
    late = results.samples.get((storm_measure, "timed_out"), {}).get("gateway")
    want("of them timed out, in the worst run", None if late is None else max(late), 0, True)
    return table(["target", "measured", "wanted", ""], found)
