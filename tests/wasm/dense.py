"""dense.py - random modules full of what a compiler writes in a loop: integers, locals, counters, memory.

wasm-opt's random modules are broad and shallow: few of their instructions stand next to one that takes their
value. Here every function is expressions over locals and small, large and odd constants, inside counted loops
with every compare, and ends in a mix of all locals, so that one wrong bit shows.
"""
import random

OPS = ["add", "sub", "mul", "and", "or", "xor", "shl", "shr_s", "shr_u", "rotl", "rotr"]
COMPARES = ["eq", "ne", "lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s", "ge_u"]
LOADS = {"i32": ["load", "load8_s", "load8_u", "load16_s", "load16_u"],
         "i64": ["load", "load8_s", "load8_u", "load16_s", "load16_u", "load32_s", "load32_u"]}
STORES = {"i32": ["store", "store8", "store16"], "i64": ["store", "store8", "store16", "store32"]}
LOCALS = 4  # of each type


class Function:
    def __init__(self, rng):
        self.rng = rng
        self.loops = 0

    def constant(self, kind):
        bits = 32 if kind == "i32" else 64
        value = self.rng.choice([self.rng.randrange(-4, 40), self.rng.randrange(-32768, 32768),
                                 self.rng.getrandbits(bits) - (1 << (bits - 1)), -1, 255, 65535])
        return f"({kind}.const {value})"

    def local(self, kind):
        return f"${kind}{self.rng.randrange(LOCALS)}"

    def address(self):
        return f"(i32.and {self.value('i32', 1)} (i32.const 65527))"

    def value(self, kind, depth):
        r = self.rng.random()
        if depth == 0 or r < 0.15:
            return self.constant(kind) if self.rng.random() < 0.3 else f"(local.get {self.local(kind)})"
        if r < 0.80:
            return f"({kind}.{self.rng.choice(OPS)} {self.value(kind, depth - 1)} {self.value(kind, depth - 1)})"
        if r < 0.86:
            return f"(local.tee {self.local(kind)} {self.value(kind, depth - 1)})"
        if r < 0.90:
            return f"({kind}.{self.rng.choice(LOADS[kind])} offset={self.rng.choice([0, 1, 70000])} {self.address()})"
        if r < 0.94:
            return f"(select {self.value(kind, depth - 1)} {self.value(kind, depth - 1)} {self.test(depth - 1)})"
        if kind == "i32":
            return f"(i32.wrap_i64 {self.value('i64', depth - 1)})" if r < 0.97 else self.test(depth - 1)
        return f"(i64.extend_i32_{self.rng.choice('su')} {self.value('i32', depth - 1)})"

    def test(self, depth):
        kind = self.rng.choice(["i32", "i64"])
        if self.rng.random() < 0.2:
            return f"({kind}.eqz {self.value(kind, depth)})"
        if self.rng.random() < 0.1:
            return self.value("i32", depth)
        return f"({kind}.{self.rng.choice(COMPARES)} {self.value(kind, depth)} {self.value(kind, depth)})"

    def statement(self, depth):
        kind = self.rng.choice(["i32", "i64"])
        r = self.rng.random()
        if r < 0.55 or depth == 0:
            return f"(local.set {self.local(kind)} {self.value(kind, 3)})"
        if r < 0.70:
            return (f"({kind}.{self.rng.choice(STORES[kind])} offset={self.rng.choice([0, 3, 70000])} "
                    f"{self.address()} {self.value(kind, 1)})")
        if r < 0.80:
            return f"(if {self.test(2)} (then {self.block(depth - 1)}) (else {self.block(depth - 1)}))"
        return self.loop(depth)

    def loop(self, depth):
        """Ends by its own counter; leaves early, or goes on, as some compare says."""
        kind, name = self.rng.choice(["i32", "i64"]), self.loops
        self.loops += 1
        step = self.rng.choice(["1", "3", "-1"])
        turn = f"(local.set $n{kind}{depth} ({kind}.add (local.get $n{kind}{depth}) ({kind}.const {step})))"
        bound = f"({kind}.{self.rng.choice(['ge_s', 'gt_s', 'eq'])} (local.get $n{kind}{depth}) ({kind}.const 9))"
        if step == "-1":
            bound = f"({kind}.eqz (local.get $n{kind}{depth}))"
        start = f"(local.set $n{kind}{depth} ({kind}.const {'9' if step == '-1' else '0'}))"
        if self.rng.random() < 0.5:  # tested at the end, or at the beginning with a jump back
            body = f"{self.block(depth - 1)} {turn} (br_if $out{name} {bound}) (br_if $in{name} {self.test(1)})"
        else:
            body = f"(br_if $out{name} {bound}) {self.block(depth - 1)} {turn} (br $in{name})"
        return f"{start} (block $out{name} (loop $in{name} {body}))"

    def block(self, depth):
        return " ".join(self.statement(depth) for _ in range(self.rng.randrange(1, 5)))

    def text(self, name):
        names = [(f"{k}{n}", k) for k in ("i32", "i64") for n in range(LOCALS)]
        names += [(f"n{k}{d}", k) for k in ("i32", "i64") for d in range(4)]
        begin = " ".join(f"(local.set ${n} {self.constant(k)})" for n, k in names[:2 * LOCALS])
        end = "(i64.const 0)"
        for n, k in names[:2 * LOCALS]:
            part = f"(local.get ${n})" if k == "i64" else f"(i64.extend_i32_u (local.get ${n}))"
            end = f"(i64.add (i64.rotl {end} (i64.const 7)) {part})"
        body = " ".join(self.block(3) for _ in range(3))
        return (f'(func (export "{name}") (result i64) ' + " ".join(f"(local ${n} {k})" for n, k in names) +
                f" {begin} {body} {end})")


def module(seed):
    """The text of a module; the same for the same seed."""
    rng = random.Random(seed)
    return "(module (memory 3)\n" + "\n".join(Function(rng).text(f"f{n}") for n in range(6)) + ")"
