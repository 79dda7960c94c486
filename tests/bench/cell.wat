;; What bench_cell calls: "echo" gives its payload back, "forever" does not end. waPC's guest interface.
(module
 (import "wapc" "__guest_request" (func $request (param i32 i32)))
 (import "wapc" "__guest_response" (func $response (param i32 i32)))
 (memory (export "memory") 2)
 (func (export "__guest_call") (param $op i32) (param $payload i32) (result i32)
  (call $request (i32.const 0) (i32.const 1024))
  (if (i32.ne (local.get $op) (i32.const 4)) (then (loop $l (br $l))))
  (call $response (i32.const 1024) (local.get $payload))
  (i32.const 1)))
