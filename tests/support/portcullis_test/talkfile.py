"""The text of a .talk file: escapes, patterns, steps. What the steps do is tests/talk/run.py's affair.

tests/talk/README.md describes the language for people who write talks.
"""
import re

ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|.)", re.DOTALL)
SIMPLE = {"r": "\r", "n": "\n", "t": "\t", "0": "\0", "\\": "\\"}
REPEAT = re.compile(rb"<([^<>*]+)\*(\d+)>")
NAME = re.compile(rb"<([A-Za-z_][A-Za-z0-9_.]*)>")
TOKEN = re.compile(rb"<(\*\*|\*|[A-Za-z_][A-Za-z0-9_.]*)>")


class Mistake(Exception):
    """The talk itself is wrong."""


class Step:
    """One line: kind is what to do, who is a client's name (or upstream, log, ...), text the rest."""

    def __init__(self, number, kind, who, text):
        self.number = number
        self.kind = kind
        self.who = who
        self.text = text

    def __str__(self):
        mark = {"send": ">", "expect": "<", "state": ":"}.get(self.kind)
        return f"{self.who}{mark} {self.text}" if mark else f"{self.kind} {self.who} {self.text}"


class Case:
    """A sentence and its steps."""

    def __init__(self, title, number):
        self.title = title
        self.number = number
        self.steps = []


class Talk:
    """A parsed file: .about, .options (the `key: value` lines), .logins {name: options}, .cases."""

    def __init__(self, path):
        self.path = path
        self.options = {}
        self.logins = {}
        self.cases = []
        with open(path, encoding="utf-8") as f:
            for number, line in enumerate(f, 1):
                line = line.rstrip("\n")
                if line.strip() and not line.lstrip().startswith("#"):
                    self._line(number, line)
        if not self.cases:
            raise Mistake(f"{path}: no case")
        if self.options.get("upstream", "real") not in ("real", "scripted"):
            raise Mistake(f"{path}: upstream is real or scripted")

    def _line(self, number, line):
        if line.startswith("case: "):
            self.cases.append(Case(line[6:].strip(), number))
            return
        login = re.match(r"login (\w+)(?: (.*))?$", line)
        if login:
            if login.group(1) in self.logins:
                raise Mistake(f"{self.path}:{number}: login {login.group(1)} twice")
            self.logins[login.group(1)] = options_of(login.group(2) or "")
            return
        if not self.cases:
            option = re.match(r"(\w+): *(.*)$", line)
            if not option:
                raise Mistake(f"{self.path}:{number}: before the first case stand options and logins")
            self.options[option.group(1)] = option.group(2)
            return
        self.cases[-1].steps.append(self._step(number, line))

    def _step(self, number, line):
        line = line.lstrip()
        for kind, pattern in (
            ("send", r"([\w.()]+)> (.*)$"),
            ("expect", r"([\w.()]+)< (.*)$"),
            ("state", r"([\w.()]+): (.*)$"),
        ):
            m = re.match(pattern, line)
            if m:
                return Step(number, kind, m.group(1), m.group(2))
        m = re.match(r"(connect|open|refused|stamp) (\w+)(?: (.*))?$", line)
        if not m:
            raise Mistake(f"{self.path}:{number}: cannot read: {line}")
        return Step(number, m.group(1), m.group(2), m.group(3) or "")


def options_of(text):
    """{"role": "app", "direct": True} of "role=app direct"; values end at a blank."""
    out = {}
    for word in text.split():
        key, equals, value = word.partition("=")
        out[key] = value if equals else True
    return out


def unescape(text):
    """The bytes a talk means: \\r \\n \\t \\0 \\\\ \\xHH; everything else is UTF-8."""

    def one(m):
        what = m.group(1)
        if what[0] == "x" and len(what) == 3:
            return chr(0xDC00 + int(what[1:], 16)) if int(what[1:], 16) > 127 else chr(int(what[1:], 16))
        if what not in SIMPLE:
            raise Mistake(f"unknown escape \\{what}")
        return SIMPLE[what]

    return ESCAPE.sub(one, text).encode("utf-8", "surrogateescape")


def fill(data, values):
    """What is sent: <A*5> becomes AAAAA, <name> what was captured or is known under that name."""

    def known(m):
        name = m.group(1).decode()
        if name not in values:
            raise Mistake(f"nothing is known as <{name}>")
        return values[name]

    return REPEAT.sub(lambda m: m.group(1) * int(m.group(2)), NAME.sub(known, data))


def match(expected, got, values):
    """Does the line @got fit? <*> is any token, <**> anything, <name> a token that is captured at its
    first use and must be the same afterwards. Captures go into @values only when the whole line fits."""
    expected = REPEAT.sub(lambda m: m.group(1) * int(m.group(2)), expected)
    pattern, at, new = b"", 0, {}
    for m in TOKEN.finditer(expected):
        pattern += re.escape(expected[at : m.start()])
        at = m.end()
        name = m.group(1)
        if name == b"**":
            pattern += b".*"
        elif name == b"*":
            pattern += rb"[^ \r\n]+"
        elif name.decode() in values:
            pattern += re.escape(values[name.decode()])
        elif name in new:
            pattern += b"(?P=" + name + b")"
        else:
            new[name] = True
            pattern += b"(?P<" + name + rb">[^ \r\n]+?)"
    pattern += re.escape(expected[at:])
    found = re.fullmatch(pattern, got, re.DOTALL)
    if not found:
        return False
    values.update({k: v for k, v in found.groupdict().items() if v is not None})
    return True
