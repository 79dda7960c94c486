;; What bench_wasm runs: an integer loop in the manner of a hash, calls, memory. bench_wasm.c has the same in C.
(module
 (memory (export "memory") 32)
 (func (export "mix") (param $n i32) (result i32)
  (local $i i32) (local $a i32) (local $b i32) (local $c i32) (local $t i32)
  (local.set $a (i32.const 0x6a09e667)) (local.set $b (i32.const 0xbb67ae85)) (local.set $c (i32.const 0x3c6ef372))
  (loop $l
   (local.set $t (i32.add (i32.add (local.get $a) (i32.xor (i32.rotr (local.get $b) (i32.const 6)) (i32.rotr (local.get $b) (i32.const 11))))
       (i32.xor (i32.and (local.get $b) (local.get $c)) (i32.and (i32.xor (local.get $b) (i32.const -1)) (local.get $a)))))
   (local.set $a (local.get $b)) (local.set $b (local.get $c))
   (local.set $c (i32.add (local.get $t) (i32.mul (local.get $i) (i32.const 0x9e3779b1))))
   (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
  (i32.add (local.get $a) (i32.add (local.get $b) (local.get $c))))
 (func $fib (export "fib") (param i32) (result i32)
  (if (result i32) (i32.lt_u (local.get 0) (i32.const 2)) (then (local.get 0))
   (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1))) (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
 (func (export "sieve") (param $n i32) (result i32)
  (local $i i32) (local $j i32) (local $k i32)
  (memory.fill (i32.const 0) (i32.const 0) (local.get $n))
  (local.set $i (i32.const 2))
  (loop $o
   (if (i32.eqz (i32.load8_u (local.get $i))) (then
     (local.set $k (i32.add (local.get $k) (i32.const 1)))
     (local.set $j (i32.add (local.get $i) (local.get $i)))
     (block $x (loop $in
       (br_if $x (i32.ge_u (local.get $j) (local.get $n)))
       (i32.store8 (local.get $j) (i32.const 1))
       (local.set $j (i32.add (local.get $j) (local.get $i)))
       (br $in)))))
   (br_if $o (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
  (local.get $k))
 (func (export "poke") (param $at i32) (result i32) (i32.store (local.get $at) (i32.const 1)) (local.get $at))
 (func (export "echo") (param i32) (result i32) (local.get 0)))
