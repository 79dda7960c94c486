#!/usr/bin/python3
"""wasi PORTCULLIS - every function of WASI that may be imported, and what it is: inert.

Each is called through `portcullis actor run`: what it returns and what it writes, with places at the end of memory and one
beyond, and imported with another signature; and every other name of preview 1 is refused before anything runs.
"""
import os
import shutil
import subprocess
import sys
import tempfile
import time

PORTCULLIS = sys.argv[1]
SUCCESS, BADF, INVAL = 0, 8, 28
END = 65536  # of a memory of one page
failures = rows = 0

MODULE = """(module
  (import "wasi_snapshot_preview1" "%(name)s" (func $f %(type)s))
  (import "wapc" "__guest_response" (func $response (param i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "%(data)s")
  (func (export "__guest_call") (param i32 i32) (result i32)
    %(body)s
    (call $response (i32.const 1024) (i32.const 64))
    (i32.const 1)))"""


def types(params, result="i"):
    names = {"i": "i32", "I": "i64"}
    text = "".join(f"(param {names[c]})" for c in params)
    return text + (f"(result {names[result]})" if result else "")


def module(folder, name, signature, args, result="i", data="", more="", times=1):
    """A module that calls the function and answers 64 bytes at 1024: what it returned, and what it wrote from 1028 on."""
    call = f"(call $f {' '.join(f'({t}.const {v})' for t, v in zip(map({'i': 'i32', 'I': 'i64'}.get, signature), args))})"
    body = (f"(i32.store (i32.const 1024) {call})" if result else call) * times + more
    path = os.path.join(folder, "m.wat")
    with open(path, "w", encoding="utf-8") as f:
        f.write(MODULE % {"name": name, "type": types(signature, result), "data": data, "body": body})
    out = os.path.join(folder, "m.wasm")
    subprocess.run(["wat2wasm", "-o", out, path], check=True, timeout=300)
    return out


def run(path):
    done = subprocess.run([PORTCULLIS, "actor", "run", path, "x", "--unsigned", "--raw"], stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=300)
    return done.returncode, done.stdout, done.stderr.decode("ascii")


def check(what, good, got):
    global failures, rows
    rows += 1
    print(f"{'ok    ' if good else 'NOT OK'} {what}: {got[0]} {got[1][:24]!r} {got[2].strip()[-100:]!r}")
    failures += not good


def returns(folder, name, signature, args, errno, wrote=None, data=""):
    got = run(module(folder, name, signature, args, data=data))
    good = got[0] == 0 and int.from_bytes(got[1][:4], "little") == errno
    check(f"{name}{args} returns {errno}", good and (wrote is None or got[1][4 : 4 + len(wrote)] == wrote), got)


def ends(folder, name, signature, args, why="out of bounds", result="i", data=""):
    got = run(module(folder, name, signature, args, result, data))
    check(f"{name}{args} ends", got[0] == 1 and got[1] == b"" and why in got[2], got)


def iov(*pairs):
    return "".join("".join(f"\\{b:02x}" for b in n.to_bytes(4, "little")) for pair in pairs for n in pair)


def nothing_is_there(folder):
    """No arguments, no environment, no files."""
    zeros = b"\0" * 4 + b"\xee" * 4  # two sizes that are written as zero; the second lies in what was there
    for name in ("args_sizes_get", "environ_sizes_get"):
        returns(folder, name, "ii", (1028, 1032), SUCCESS, b"\0" * 8)
        returns(folder, name, "ii", (END - 4, 1028), SUCCESS, zeros[:4])
        ends(folder, name, "ii", (END - 3, 1028))
        ends(folder, name, "ii", (1028, END))
        ends(folder, name, "ii", (-1, -1))
    for name in ("args_get", "environ_get"):
        returns(folder, name, "ii", (0, 0), SUCCESS, b"\0" * 60)
        returns(folder, name, "ii", (-1, -1), SUCCESS)  # nothing is written: no place is looked at
    for name, signature, args in (("fd_close", "i", (0,)), ("fd_close", "i", (3,)), ("fd_fdstat_get", "ii", (0, 1028)),
                                  ("fd_fdstat_get", "ii", (3, -1)), ("fd_prestat_get", "ii", (3, 1028)),
                                  ("fd_prestat_dir_name", "iii", (3, 1028, 8)), ("fd_read", "iiii", (0, 0, 1, 1028)),
                                  ("fd_read", "iiii", (3, -1, -1, -1)), ("fd_seek", "iIii", (0, 0, 0, 1028)),
                                  ("fd_seek", "iIii", (4, -1, 2, -1))):
        returns(folder, name, signature, args, BADF, b"\0" * 60)


def what_is_written_is_counted_and_gone(folder):
    two = iov((64, 5), (128, 7))
    for fd in (1, 2):
        returns(folder, "fd_write", "iiii", (fd, 0, 2, 1028), SUCCESS, (12).to_bytes(4, "little"), two)
    for fd in (0, 3, -1):
        returns(folder, "fd_write", "iiii", (fd, 0, 2, 1028), BADF, b"\0" * 4, two)
    returns(folder, "fd_write", "iiii", (1, 0, 0, 1028), SUCCESS, b"\0" * 4)
    returns(folder, "fd_write", "iiii", (1, 0, 1, 1028), SUCCESS, b"\0\0\1\0", iov((0, END)))
    returns(folder, "fd_write", "iiii", (1, 0, 1025, 1028), INVAL)
    ends(folder, "fd_write", "iiii", (1, 0, 1, 1028), data=iov((0, END + 1)))
    ends(folder, "fd_write", "iiii", (1, 0, 1, 1028), data=iov((END, 1)))
    ends(folder, "fd_write", "iiii", (1, 0, 1, 1028), data=iov((0xFFFFFFFF, 0xFFFFFFFF)))
    ends(folder, "fd_write", "iiii", (1, END - 7, 1, 1028))
    ends(folder, "fd_write", "iiii", (1, 0, 1, END - 3), data=iov((0, 4)))
    got = run(module(folder, "fd_write", "iiii", (1, 0, 1, 1028), data=iov((32, 5)) + "\\00" * 24 + "hello"))
    check("fd_write goes nowhere", got[0] == 0 and b"hello" not in got[1] and "hello" not in got[2], got)


def time_and_chance_are_the_hosts(folder):
    before = time.time_ns()
    for clock in (0, 1, 7):
        got = run(module(folder, "clock_time_get", "iIi", (clock, 1, 1028)))
        now = int.from_bytes(got[1][4:12], "little")
        check(f"clock {clock}", got[0] == 0 and got[1][:4] == b"\0" * 4 and before <= now <= time.time_ns(), got)
    still = """(drop (call $f (i32.const 0) (i64.const 1) (i32.const 1036)))"""
    got = run(module(folder, "clock_time_get", "iIi", (0, 1, 1028), more=still))
    check("the clock stands still", got[0] == 0 and got[1][4:12] == got[1][12:20] != b"\0" * 8, got)
    ends(folder, "clock_time_get", "iIi", (0, 1, END - 7))
    returns(folder, "clock_time_get", "iIi", (0, 1, END - 8), SUCCESS)
    again = "(drop (call $f (i32.const 1044) (i32.const 16)))"
    drawn = [run(module(folder, "random_get", "ii", (1028, 16), more=again)) for _ in range(2)]
    parts = [got[1][at : at + 16] for got in drawn for at in (4, 20)]
    check("each draw is another", len(set(parts)) == 4 and b"\0" * 16 not in parts, drawn[0])
    returns(folder, "random_get", "ii", (END, 0), SUCCESS)
    returns(folder, "random_get", "ii", (END - 16, 16), SUCCESS)
    returns(folder, "random_get", "ii", (0, END), SUCCESS)
    ends(folder, "random_get", "ii", (END - 15, 16))
    ends(folder, "random_get", "ii", (-1, -1))


def the_end_is_the_guests(folder):
    returns(folder, "sched_yield", "", (), SUCCESS, b"\0" * 60)
    for code in (0, 1, -1):
        ends(folder, "proc_exit", "i", (code,), "exited", result="")


ALLOWED = {"args_get": "ii", "args_sizes_get": "ii", "environ_get": "ii", "environ_sizes_get": "ii", "clock_time_get": "iIi",
           "fd_close": "i", "fd_fdstat_get": "ii", "fd_prestat_get": "ii", "fd_prestat_dir_name": "iii", "fd_read": "iiii",
           "fd_seek": "iIii", "fd_write": "iiii", "proc_exit": "i", "random_get": "ii", "sched_yield": ""}
OTHERS = {"clock_res_get": "ii", "fd_advise": "iIIi", "fd_allocate": "iII", "fd_datasync": "i", "fd_fdstat_set_flags": "ii",
          "fd_fdstat_set_rights": "iII", "fd_filestat_get": "ii", "fd_filestat_set_size": "iI", "fd_filestat_set_times": "iIIi",
          "fd_pread": "iiiIi", "fd_pwrite": "iiiIi", "fd_readdir": "iiiIi", "fd_renumber": "ii", "fd_sync": "i", "fd_tell": "ii",
          "path_create_directory": "iii", "path_filestat_get": "iiiii", "path_filestat_set_times": "iiiiIIi",
          "path_link": "iiiiiii", "path_open": "iiiiiIIii", "path_readlink": "iiiiii", "path_remove_directory": "iii",
          "path_rename": "iiiiii", "path_symlink": "iiiii", "path_unlink_file": "iii", "poll_oneoff": "iiii", "proc_raise": "i",
          "sock_accept": "iii", "sock_recv": "iiiiii", "sock_send": "iiiii", "sock_shutdown": "ii"}


def names_are_these_and_no_others(folder):
    for name, signature in OTHERS.items():
        ends(folder, name, signature, (0,) * len(signature), f'gives: "wasi_snapshot_preview1"."{name}"')
    for name, signature in ALLOWED.items():
        result = "" if name == "proc_exit" else "i"
        for other, gives in ((signature + "i", result), (signature, "" if result else "i"), ("I" + signature[1:], result)):
            if (other, gives) != (signature, result):
                ends(folder, name, other, (0,) * len(other), "another type", gives)
        near = run(module(folder, name + " ", signature, (0,) * len(signature), result))
        check(f"{name} with a blank", near[0] == 1 and "no host gives" in near[2], near)


def main():
    if not shutil.which("wat2wasm"):
        print("skipped: wat2wasm is needed")
        return 77
    with tempfile.TemporaryDirectory() as folder:
        for part in (nothing_is_there, what_is_written_is_counted_and_gone, time_and_chance_are_the_hosts, the_end_is_the_guests,
                     names_are_these_and_no_others):
            part(folder)
    print(f"{rows} rows, {failures} not as they must be")
    return 1 if failures else 0


sys.exit(main())
