#!/usr/bin/python3
"""kit PORTCULLIS ACTORS - the kit's actors in their cells, linked to stand-ins, as a person tries them.

ACTORS is the folder the build puts the kit's actors into. Each actor of two eras does the same in both.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile

PORTCULLIS, ACTORS = sys.argv[1:3]
ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
ERAS = {"": "HttpServer.HandleRequest", "_2021": "HandleRequest"}


def run(module, operation, *more, code=0, trust="--unsigned"):
    done = subprocess.run([PORTCULLIS, "actor", "run", module, operation, *([trust] if trust else []), *more],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)
    assert done.returncode == code, f"{module} {operation} {more}: exit {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout, done.stderr


def built(name, signed=False):
    return os.path.join(ACTORS, name + ("_s.wasm" if signed else ".wasm"))


def issuer():
    listed = subprocess.run([PORTCULLIS, "actor", "keys", "list", "-d", os.path.join(ACTORS, "keys")],
                            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True, timeout=300).stdout
    return next(line.split()[0] for line in listed.splitlines() if "kit_account.nk" in line)


def expect(text, *parts):
    for part in parts:
        assert part in text, f"{part!r} is not in {text!r}"


def request(method, path, body="", era=""):
    host = "example.com" if era else ["example.com"]
    return json.dumps({"method": method, "path": path, "queryString": "", "header": {"Host": host}, "body": {"$bytes": body}})


def answers(text):
    """(status, body) of each answer."""
    found = [json.loads(line) for line in text.splitlines()]
    return [(a["statusCode"], a["body"]["$bytes"]) for a in found]


def put(folder, name, value):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as f:
        f.write(value if isinstance(value, str) else json.dumps(value))
    return path


def assemble(folder, text):
    path = put(folder, "module.wat", text)
    out = os.path.join(folder, "module.wasm")
    subprocess.run(["wat2wasm", "-o", out, path], check=True, timeout=300)
    return out


def a_counter_counts_in_both_eras(_):
    for era, operation in ERAS.items():
        calls = [x for path in ("/a/b", "/", "/a/b") for x in ("--data", request("GET", path, era=era))]
        out, err = run(built("counter" + era, True), operation, "--trust", issuer(), "--link", "keyvalue", *calls, trust=None)
        assert [json.loads(body) for _, body in answers(out)] == [
            {"path": "a:b", "count": 1}, {"path": "root", "count": 1}, {"path": "a:b", "count": 2}], out
        assert err == ""
        out = run(built("counter" + era), operation, "--data", request("POST", "/", era=era))[0]
        assert answers(out)[0][0] == 405
        out = run(built("counter" + era), operation, "--data", request("GET", "/" + "x" * 200, era=era))[0]
        assert answers(out)[0][0] == 414
        health = "HealthRequest" if era else "Actor.HealthRequest"
        assert json.loads(run(built("counter" + era), health)[0])["healthy"] is True


def an_actor_refuses_what_is_no_request(_):
    for payload in ("1", "{}", '{"method":1}', '{"method":"GET","path":[1]}', '[]', '{"method":"GET","body":{"a":1}}'):
        err = run(built("counter"), "HttpServer.HandleRequest", "--data", payload, code=1)[1]
        expect(err, "that is no http request")
    expect(run(built("counter"), "HandleRequest", code=1)[1], "I know HandleRequest")
    cut = "--raw", "--data", "\x84"
    expect(run(built("counter"), "HttpServer.HandleRequest", *cut, code=1)[1], "that is no http request")


def things_to_do_are_listed_added_changed_and_deleted(_):
    for era, operation in ERAS.items():
        steps = [("GET", "/todos", ""), ("POST", "/todos", "buy \"milk\"\n"), ("POST", "/todos", "sleep \u00e9"),
                 ("PATCH", "/todos/1", ""), ("GET", "/todos/1", ""), ("GET", "/todos", ""), ("PATCH", "/todos/1", ""),
                 ("DELETE", "/todos/2", ""), ("GET", "/todos", ""), ("GET", "/todos/2", ""), ("POST", "/todos", ""),
                 ("PUT", "/todos", ""), ("GET", "/elsewhere", ""), ("GET", "/todos/x", ""), ("POST", "/todos", "t" * 201)]
        calls = [x for step in steps for x in ("--data", request(*step, era=era))]
        out, err = run(built("todo" + era), operation, "--link", "keyvalue", "--link", "logging", *calls)
        got = answers(out)
        assert [code for code, _ in got] == [200, 201, 201, 200, 200, 200, 200, 204, 200, 404, 400, 405, 404, 404, 400], got
        milk = {"id": 1, "title": "buy \"milk\"\n", "completed": True}
        assert json.loads(got[0][1]) == [] and json.loads(got[3][1]) == milk and json.loads(got[4][1]) == milk
        assert json.loads(got[5][1]) == [milk, {"id": 2, "title": "sleep \u00e9", "completed": False}]
        assert json.loads(got[8][1]) == [{**milk, "completed": False}]
        expect(err, "log       info added buy \"milk\"\\n", "log       info changed 1", "log       info deleted 2")


def without_a_link_the_diagnosis_names_it_and_the_way(folder):
    err = run(built("counter"), "HttpServer.HandleRequest", "--data", request("GET", "/"), code=1)[1]
    expect(err, "not linked: wasmcloud:keyvalue as `default' (KeyValue.Increment)", "--link default=keyvalue",
           "portcullis ctl link MODULE PROVIDER wasmcloud:keyvalue", "nothing is linked")
    err = run(built("counter", True), "HttpServer.HandleRequest", "--data", request("GET", "/"), "--trust", issuer(),
              code=1, trust=None)[1]
    expect(err, "portcullis ctl link M", "--link default=keyvalue")
    err = run(built("counter"), "HttpServer.HandleRequest", "--data", request("GET", "/"), "--link", "other=keyvalue", code=1)[1]
    expect(err, "not linked: wasmcloud:keyvalue as `default'")
    # its claims name no contract: a link does not help
    plain = put_signed(folder, built("counter"))
    err = run(*plain, "--data", request("GET", "/"), "--link", "keyvalue", code=1, trust=None)[1]
    expect(err, "claims do not name", "actor sign ... --cap wasmcloud:keyvalue")


def put_signed(folder, module, *caps):
    """A module signed for this test: the words of a run that trusts who signed it."""
    keys, out = os.path.join(folder, "keys"), os.path.join(folder, "signed.wasm")
    os.mkdir(keys)
    for kind in ("account", "module"):
        subprocess.run([PORTCULLIS, "actor", "keys", "gen", kind, "k", "-d", keys], check=True, capture_output=True, timeout=300)
    subprocess.run([PORTCULLIS, "actor", "sign", module, "--name", "n", "--issuer", os.path.join(keys, "k_account.nk"),
                    "--subject", os.path.join(keys, "k_module.nk"), "-o", out, *caps], check=True, capture_output=True, timeout=300)
    listed = subprocess.run([PORTCULLIS, "actor", "keys", "list", "-d", keys], check=True, capture_output=True, text=True,
                            timeout=300).stdout
    account = next(line.split()[0] for line in listed.splitlines() if "k_account" in line)
    return out, "HttpServer.HandleRequest", "--trust", account


def a_document_answers(folder):
    document = {"contract": "wasmcloud:keyvalue", "answers": {"KeyValue.Increment": 41}}
    args = built("counter"), "HttpServer.HandleRequest", "--data", request("GET", "/x")
    out = run(*args, "--link", put(folder, "d.json", document))[0]
    assert json.loads(answers(out)[0][1])["count"] == 41
    document["answers"] = {"KeyValue.Increment": {"$error": "closed today"}}
    expect(run(*args, "--link", "default=" + put(folder, "d.json", document), code=1)[1], "closed today")
    document["answers"] = {"KeyValue.Increment": None}
    expect(run(*args, "--link", put(folder, "d.json", document), code=1)[1], "the store gave another answer")
    document["answers"] = {"Add": 1}
    expect(run(*args, "--link", put(folder, "d.json", document), code=1)[1], "no answer to this operation")
    for wrong, why in (("{", "at byte"), ("{}", "not of the form"), ({"contract": "c", "answers": {}}, "1 to 256"),
                       ({"contract": 1, "answers": {"a": 1}}, "not a text"), ({"contract": "c", "answers": {"": 1}}, "a name of no"),
                       ({"contract": "c", "answers": {"a": {"$bytes": 1}}}, "not a text"), ('{"contract":"c","contract":"d"}', "at byte")):
        expect(run(*args, "--link", put(folder, "w.json", wrong), code=2)[1], "--link", why)
    expect(run(*args, "--link", os.path.join(folder, "nowhere"), code=1)[1], "No such file", "--link keyvalue")
    expect(run(*args, "--link", "a b=keyvalue", code=2)[1], "no subject can hold")


def json_stands_for_message_pack_and_raw_for_bytes(folder):
    echo = built("echo"), "any"
    for text in ('"hello"', '{"a":[1,-5,null,true,1.5,{"$base64":"AP8="}]}', '{"b":{"$bytes":"x\\u000ay"}}', "9007199254740992"):
        assert run(*echo, "--data", text)[0] == text + "\n"
    expect(run(*echo, "--data", "hello", code=2)[1], "--data: not JSON", "a text has quotes")
    for wrong in ('{"a":1,"a":2}', "9007199254740993", "[" * 17 + "]" * 17, '{"$bytes":1}', '{"$base64":"!"}', '1 2', '"\\u0000"'):
        run(*echo, "--data", wrong, code=2)
    assert run(*echo)[0] == "" and run(*echo, "--raw", "--data", "hello")[0] == "hello"
    assert run(*echo, "--data", "@" + put(folder, "p.json", '{"x":1}'))[0] == '{"x":1}\n'
    noise = os.path.join(folder, "noise")
    for data in (b"\xc1", b"\xff\xff", b"\x81\x01\x01", b"\xdd\xff\xff\xff\xff", b"\xa1\xff"):
        with open(noise, "wb") as f:
            f.write(data)
        as_bytes = "@" + noise
        assert subprocess.run([PORTCULLIS, "actor", "run", *echo, "--unsigned", "--raw", "--data", as_bytes],
                              capture_output=True, stdin=subprocess.DEVNULL, timeout=300).stdout == data
    answer = assemble(folder, MEMORY % {"first": "\\c1"})
    expect(run(answer, "x", code=1)[1], "the answer is not message-pack", "--raw")


def what_the_pages_show_is_what_comes(folder):
    """The actor that README.md and docs/WRITING-ACTORS.md begin with."""
    for page in ("README.md", os.path.join("docs", "WRITING-ACTORS.md")):
        with open(os.path.join(ROOT, page), encoding="utf-8") as f:
            source = f.read().split("```c\n", 1)[1].split("```", 1)[0]
        path, out = put(folder, "path.c", source), os.path.join(folder, "path.wasm")
        subprocess.run(["clang", "--target=wasm32", "-nostdlib", "-O2", f"-I{ROOT}", "-Wl,--no-entry", "-o", out, path], check=True,
                       timeout=300)
        assert answers(run(out, "HttpServer.HandleRequest", "--data", '{"method":"GET","path":"/a"}')[0]) == [(200, "/a")]


# Each call answers with a byte that it counts up: a small number of message-pack.
MEMORY = """(module
  (import "wapc" "__guest_response" (func $response (param i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "%(first)s")
  (func (export "__guest_call") (param i32 i32) (result i32)
    (call $response (i32.const 8) (i32.const 1))
    (i32.store8 (i32.const 8) (i32.add (i32.load8_u (i32.const 8)) (i32.const 1)))
    (i32.const 1)))"""


def memory_lasts_between_calls_unless_each_is_fresh(folder):
    module = assemble(folder, MEMORY % {"first": "\\05"})
    assert run(module, "x", "--times", "3")[0] == "5\n6\n7\n"
    assert run(module, "x", "--times", "3", "--fresh")[0] == "5\n5\n5\n"
    for wrong in ("0", "x", "1x", "1000001", ""):
        expect(run(module, "x", "--times=" + wrong, code=2)[1], "--times")


def what_an_actor_logs_cannot_speak_to_a_terminal(folder):
    text = '\\82\\a5level\\a4\\1b[2J\\a4text\\ac\\1b[31mevil\\0ax\\7f'
    module = assemble(folder, f"""(module
  (import "wasmbus" "__host_call" (func $ask (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wasmbus" "__guest_response" (func $response (param i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "default") (data (i32.const 16) "wasmcloud:builtin:logging") (data (i32.const 48) "Logging.WriteLog")
  (data (i32.const 80) "{text}")
  (func (export "__guest_call") (param i32 i32) (result i32)
    (drop (call $ask (i32.const 0) (i32.const 7) (i32.const 16) (i32.const 25) (i32.const 48) (i32.const 16)
      (i32.const 80) (i32.const 30)))
    (call $response (i32.const 0) (i32.const 0))
    (i32.const 1)))""")
    err = run(module, "x", "--link", "logging")[1]
    assert "\x1b" not in err and "\x7f" not in err, repr(err)
    expect(err, "log       \\u001b[2J \\u001b[31mevil\\nx\\u007f")


def the_store_answers_every_operation_of_both_eras(folder):
    """Through an actor that hands its own operation and payload on: what the store says is what is printed."""
    module = assemble(folder, FORWARD)

    def steps(*rows):
        for operation, payload, wanted in rows:
            yield operation, payload, wanted

    later = steps(
        ("KeyValue.Set", {"key": "k", "value": "v", "expires": 0}, None), ("KeyValue.Get", "k", {"value": "v", "exists": True}),
        ("KeyValue.Contains", "k", True), ("KeyValue.Contains", "no", False), ("KeyValue.Get", "no", {"value": "", "exists": False}),
        ("KeyValue.Increment", {"key": "n", "value": 5}, 5), ("KeyValue.Increment", {"key": "n", "value": -7}, -2),
        ("KeyValue.Del", "k", True), ("KeyValue.Del", "k", False),
        ("KeyValue.ListAdd", {"listName": "l", "value": "a"}, 1), ("KeyValue.ListAdd", {"listName": "l", "value": "b"}, 2),
        ("KeyValue.ListRange", {"listName": "l", "start": 0, "stop": 10}, ["a", "b"]),
        ("KeyValue.ListRange", {"listName": "l", "start": -1, "stop": -1}, ["b"]),
        ("KeyValue.ListDel", {"listName": "l", "value": "a"}, True), ("KeyValue.ListDel", {"listName": "l", "value": "a"}, False),
        ("KeyValue.ListClear", "l", True), ("KeyValue.ListRange", {"listName": "l", "start": 0, "stop": 1}, []),
        ("KeyValue.SetAdd", {"setName": "s", "value": "x"}, 1), ("KeyValue.SetAdd", {"setName": "s", "value": "x"}, 0),
        ("KeyValue.SetAdd", {"setName": "t", "value": "x"}, 1), ("KeyValue.SetAdd", {"setName": "t", "value": "y"}, 1),
        ("KeyValue.SetUnion", ["s", "t"], ["x", "y"]), ("KeyValue.SetIntersection", ["s", "t"], ["x"]),
        ("KeyValue.SetQuery", "t", ["x", "y"]), ("KeyValue.SetDel", {"setName": "t", "value": "y"}, 1),
        ("KeyValue.SetClear", "t", True), ("KeyValue.SetQuery", "t", []))
    then = steps(
        ("Set", {"key": "k", "value": "v", "expires": 0}, {"value": "v"}), ("Get", {"key": "k"}, {"value": "v", "exists": True}),
        ("KeyExists", {"key": "k"}, {"value": "", "exists": True}), ("Add", {"key": "n", "value": 5}, {"value": 5}),
        ("Push", {"key": "l", "value": "a"}, {"newCount": 1}), ("Push", {"key": "l", "value": "b"}, {"newCount": 2}),
        ("Range", {"key": "l", "start": 0, "stop": 0}, {"values": ["a"]}), ("ListItemDelete", {"key": "l", "value": "a"}, {"newCount": 1}),
        ("Clear", {"key": "l"}, {"key": "l"}), ("Del", {"key": "k"}, {"key": "k"}),
        ("SetAdd", {"key": "s", "value": "x"}, {"newCount": 1}), ("SetAdd", {"key": "t", "value": "x"}, {"newCount": 1}),
        ("SetUnion", {"keys": ["s", "t"]}, {"values": ["x"]}), ("SetIntersection", {"keys": ["s", "no"]}, {"values": []}),
        ("SetQuery", {"key": "s"}, {"values": ["x"]}), ("SetRemove", {"key": "s", "value": "x"}, {"newCount": 1}))
    for rows in (list(later), list(then)):
        calls = [x for operation, payload, _ in rows for x in ("--data", json.dumps([operation, payload]))]
        out = run(module, "x", "--link", "keyvalue", *calls)[0]
        assert [json.loads(line) for line in out.splitlines()] == [w for _, _, w in rows if w is not None], out
    refused = (["KeyValue.Set", {"key": "k", "value": 1}], ["KeyValue.Increment", {"key": "k", "value": "x"}], ["KeyValue.Get", 1],
               ["Nothing", {}], ["KeyValue.Set", {"key": "k", "value": "v", "value2": 1}, 3], ["SetUnion", {"keys": ["a"] * 17}])
    for wrong in refused:
        run(module, "x", "--link", "keyvalue", "--data", json.dumps(wrong), code=1)
    for first, second, why in ((["Push", {"key": "k", "value": "v"}], ["Get", {"key": "k"}], "another kind"),
                               (["Set", {"key": "k", "value": "v"}], ["Add", {"key": "k", "value": 1}], "not a number"),
                               (["Set", {"key": "k", "value": "v"}], ["Push", {"key": "k", "value": "1"}], "another kind"),
                               (["Add", {"key": "k", "value": 2147483647}], ["Add", {"key": "k", "value": 1}], "32 bits")):
        err = run(module, "x", "--link", "keyvalue", "--data", json.dumps(first), "--data", json.dumps(second), code=1)[1]
        expect(err, why)


# Takes [OPERATION, PAYLOAD] (a list of two, a text below 32 bytes first), asks the store that, and answers what it answered.
FORWARD = """(module
  (import "wapc" "__guest_request" (func $request (param i32 i32)))
  (import "wapc" "__guest_response" (func $response (param i32 i32)))
  (import "wapc" "__guest_error" (func $error (param i32 i32)))
  (import "wapc" "__host_call" (func $ask (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wapc" "__host_response_len" (func $len (result i32)))
  (import "wapc" "__host_response" (func $take (param i32)))
  (import "wapc" "__host_error_len" (func $elen (result i32)))
  (import "wapc" "__host_error" (func $etake (param i32)))
  (memory (export "memory") 4)
  (data (i32.const 0) "default") (data (i32.const 16) "wasmcloud:keyvalue")
  (func (export "__guest_call") (param $op i32) (param $n i32) (result i32)
    (local $k i32)
    (call $request (i32.const 64) (i32.const 1024))
    (local.set $k (i32.and (i32.load8_u (i32.const 1025)) (i32.const 31)))
    (if (call $ask (i32.const 0) (i32.const 7) (i32.const 16) (i32.const 18) (i32.const 1026) (local.get $k)
          (i32.add (i32.const 1026) (local.get $k)) (i32.sub (local.get $n) (i32.add (i32.const 2) (local.get $k))))
      (then (call $take (i32.const 65536)) (call $response (i32.const 65536) (call $len)) (return (i32.const 1))))
    (call $etake (i32.const 65536))
    (call $error (i32.const 65536) (call $elen))
    (i32.const 0)))"""


TESTS = [
    a_counter_counts_in_both_eras,
    an_actor_refuses_what_is_no_request,
    things_to_do_are_listed_added_changed_and_deleted,
    without_a_link_the_diagnosis_names_it_and_the_way,
    a_document_answers,
    json_stands_for_message_pack_and_raw_for_bytes,
    memory_lasts_between_calls_unless_each_is_fresh,
    what_an_actor_logs_cannot_speak_to_a_terminal,
    the_store_answers_every_operation_of_both_eras,
    what_the_pages_show_is_what_comes,
]


def main():
    if not shutil.which("wat2wasm") or not os.path.exists(built("echo")):
        print("skipped: wat2wasm is needed, and actors, which are built where clang and wasm-ld are")
        return 77
    failed = 0
    for test in TESTS:
        with tempfile.TemporaryDirectory() as folder:
            try:
                test(folder)
            except Exception as e:  # noqa: BLE001 - one failing test must not hide the others
                failed += 1
                print(f"tests/sandbox/kit.py:{test.__name__}: {type(e).__name__}: {e}")
    print(f"{len(TESTS)} tests, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
