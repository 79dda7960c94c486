# host/wasm: the engine behind a line protocol, for the specification tests and the comparisons.
portcullis_unit(host/wasm host_wasm)
portcullis_fuzz(wasm_load host_wasm)

add_executable(wasm_shell wasm/shell.c)
target_link_libraries(wasm_shell PRIVATE host_wasm)

# The specification's own tests lie outside the repository; PORTCULLIS_WASM_SPEC names their folder.
foreach(part 1 2)
  add_test(NAME host/wasm_spec_${part}
    COMMAND /usr/bin/python3 ${CMAKE_SOURCE_DIR}/tests/wasm/spec.py $<TARGET_FILE:wasm_shell> ${part}/2)
  set_tests_properties(host/wasm_spec_${part} PROPERTIES LABELS host TIMEOUT 600 COST 30 SKIP_RETURN_CODE 77
    ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1")
endforeach()

# Random modules, here and in wabt's interpreter (and node, where it is): a few in each run, always the same.
add_test(NAME interop/host_wasm_compare
  COMMAND /usr/bin/python3 ${CMAKE_SOURCE_DIR}/tests/wasm/compare.py $<TARGET_FILE:wasm_shell> 20)
set_tests_properties(interop/host_wasm_compare PROPERTIES LABELS interop TIMEOUT 600
  ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1")

# For tests/bench/wasm.py, which compares with native code, wasm-interp and node. Not a test by itself.
add_executable(bench_wasm bench/bench_wasm.c)
target_link_libraries(bench_wasm PRIVATE host_wasm)
