# host/actor, host/proc: what an actor may say; and what native code in its process may do, which is nothing.
portcullis_unit(host/actor host_actor)
target_link_libraries(unit_host_actor PRIVATE host_proc)
portcullis_fuzz(msg_runner host_proc)
pkg_check_modules(MSGPACK REQUIRED IMPORTED_TARGET msgpack)
portcullis_fuzz(pack_json host_pack PkgConfig::MSGPACK)

# Without sanitizers: their profile is wider. As who runs the tests, as nobody, as in a container.
if(NOT PORTCULLIS_SANITIZE)
  add_executable(escape sandbox/escape.c sandbox/escape_rows.c sandbox/escape_acts.c sandbox/taken.c sandbox/container.c)
  target_link_libraries(escape PRIVATE host_proc portcullis_flags)
  foreach(how self nobody container)
    add_test(NAME sandbox/escape_${how} COMMAND ${CMAKE_SOURCE_DIR}/tests/sandbox/probe ${how} $<TARGET_FILE:escape>)
    set_tests_properties(sandbox/escape_${how} PROPERTIES LABELS sandbox TIMEOUT 600 SKIP_RETURN_CODE 77)
  endforeach()
endif()

# A zygote that was taken over.
if(NOT PORTCULLIS_SANITIZE)
  add_executable(zygote sandbox/zygote.c sandbox/taken.c)
  target_link_libraries(zygote PRIVATE host_proc portcullis_flags)
  foreach(how self nobody)
    add_test(NAME sandbox/zygote_${how} COMMAND ${CMAKE_SOURCE_DIR}/tests/sandbox/probe ${how} $<TARGET_FILE:zygote>)
    set_tests_properties(sandbox/zygote_${how} PROPERTIES LABELS sandbox TIMEOUT 600 SKIP_RETURN_CODE 77)
  endforeach()
endif()

# A runner that says at random what it likes. Without walls, so with sanitizers on its host too.
add_executable(walk sandbox/walk.c sandbox/taken.c)
target_link_libraries(walk PRIVATE host_proc portcullis_flags)
add_test(NAME fuzz/cell_walk COMMAND walk)
set_tests_properties(fuzz/cell_walk PROPERTIES LABELS fuzz TIMEOUT 600)
# The same of a provider.
add_executable(walk_provider sandbox/walk_provider.c)
target_link_libraries(walk_provider PRIVATE host_provider portcullis_flags)
add_test(NAME fuzz/provider_walk COMMAND walk_provider)
set_tests_properties(fuzz/provider_walk PROPERTIES LABELS fuzz TIMEOUT 600)

# Who ends with whom; how loud neighbours are. Its table of filters stands before the library's.
if(NOT PORTCULLIS_SANITIZE)
  add_executable(outlive sandbox/outlive.c)
  target_link_libraries(outlive PRIVATE host_proc host_provider host_providers_process portcullis_flags)
  seccomp_filters(outlive runner runner_birth link provider_httpserver)
  foreach(how self nobody)
    add_test(NAME sandbox/outlive_${how} COMMAND ${CMAKE_SOURCE_DIR}/tests/sandbox/probe ${how} $<TARGET_FILE:outlive>)
    set_tests_properties(sandbox/outlive_${how} PROPERTIES LABELS sandbox TIMEOUT 600 SKIP_RETURN_CODE 77)
  endforeach()
endif()

# A kernel that gives less, and accidents while a cell starts.
if(NOT PORTCULLIS_SANITIZE)
  add_executable(lacking sandbox/lacking.c sandbox/container.c)
  target_link_libraries(lacking PRIVATE host_proc portcullis_flags)
  foreach(how self nobody container)
    add_test(NAME sandbox/lacking_${how} COMMAND ${CMAKE_SOURCE_DIR}/tests/sandbox/probe ${how} $<TARGET_FILE:lacking>)
    set_tests_properties(sandbox/lacking_${how} PROPERTIES LABELS sandbox TIMEOUT 600 SKIP_RETURN_CODE 77)
  endforeach()
endif()

# The same runner with walls left out one by one. What leaves them out is linked to this program alone.
if(NOT PORTCULLIS_SANITIZE)
  function(layers_program name)
    add_executable(${name} sandbox/layers_wrap.c sandbox/layers_outside.c sandbox/layers_deeds.c sandbox/layers_kernel.c sandbox/container.c ${ARGN})
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/probe)
    foreach(function census_take fchown fchownat setrlimit privilege_user privilege_drop privilege_bound prctl syscall)
      target_link_options(${name} PRIVATE -Wl,--wrap=${function})
    endforeach()
  endfunction()
  layers_program(layers sandbox/layers.c sandbox/taken.c)
  target_link_libraries(layers PRIVATE host_proc portcullis_flags)
  # providers, started and locked in as they are
  layers_program(providers sandbox/providers.c sandbox/layers_provider.c)
  target_link_libraries(providers PRIVATE host_provider host_providers_process portcullis_flags)
  target_link_options(providers PRIVATE -Wl,--wrap=msg_provider_setup_get)
  seccomp_filters(providers provider_keyvalue provider_httpserver)
  set(matrix ${CMAKE_SOURCE_DIR}/tests/sandbox/matrix.py ${CMAKE_SOURCE_DIR}/tests/sandbox/matrix.txt)
  foreach(program layers providers)
    foreach(how self nobody container)
      add_test(NAME sandbox/${program}_${how}
        COMMAND ${CMAKE_SOURCE_DIR}/tests/sandbox/probe ${how} $<TARGET_FILE:${program}> ${matrix})
      set_tests_properties(sandbox/${program}_${how} PROPERTIES LABELS sandbox TIMEOUT 600 SKIP_RETURN_CODE 77
        ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1")
    endforeach()
  endforeach()
endif()

# What a user has in common with himself: one runner uses it up, and whether another one can still begin.
if(NOT PORTCULLIS_SANITIZE)
  add_executable(users sandbox/users.c sandbox/taken.c)
  target_link_libraries(users PRIVATE host_proc portcullis_flags)
  add_test(NAME sandbox/users COMMAND users)
  set_tests_properties(sandbox/users PROPERTIES LABELS sandbox TIMEOUT 600 SKIP_RETURN_CODE 77)
endif()

if(TARGET layers AND TARGET portcullis)
  add_test(NAME sandbox/no_switch COMMAND /usr/bin/python3 ${CMAKE_SOURCE_DIR}/tests/sandbox/no_switch.py ${CMAKE_BINARY_DIR})
  set_tests_properties(sandbox/no_switch PROPERTIES LABELS sandbox TIMEOUT 600 ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1")
endif()

# Actors in C, and hostile modules, through `portcullis actor run`.
if(TARGET portcullis)
  add_test(NAME sandbox/actors COMMAND /usr/bin/python3 ${CMAKE_SOURCE_DIR}/tests/sandbox/actors.py
    $<TARGET_FILE:portcullis> ${CMAKE_BINARY_DIR}/actors)
  set_tests_properties(sandbox/actors PROPERTIES LABELS sandbox TIMEOUT 600 SKIP_RETURN_CODE 77
    ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1")
  # Several calls to one actor.
  if(NOT PORTCULLIS_SANITIZE)
    add_executable(drive sandbox/drive.c)
    target_link_libraries(drive PRIVATE host_proc portcullis_flags)
    add_test(NAME sandbox/guests COMMAND /usr/bin/python3 ${CMAKE_SOURCE_DIR}/tests/sandbox/guests.py
      $<TARGET_FILE:drive> $<TARGET_FILE:portcullis>)
    set_tests_properties(sandbox/guests PROPERTIES LABELS sandbox TIMEOUT 600 SKIP_RETURN_CODE 77
      ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1")
  endif()
endif()

# The kit's actors as a person tries them, linked to stand-ins.
if(TARGET portcullis)
  add_test(NAME sandbox/kit COMMAND /usr/bin/python3 ${CMAKE_SOURCE_DIR}/tests/sandbox/kit.py
    $<TARGET_FILE:portcullis> ${CMAKE_BINARY_DIR}/actors)
  set_tests_properties(sandbox/kit PROPERTIES LABELS sandbox TIMEOUT 600 SKIP_RETURN_CODE 77
    ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1")
endif()

# Cells in one loop, with real runners.
portcullis_unit(host/cell host_proc)

# Every function of WASI that may be imported, and every one that may not.
if(TARGET portcullis)
  add_test(NAME sandbox/wasi COMMAND /usr/bin/python3 ${CMAKE_SOURCE_DIR}/tests/sandbox/wasi.py $<TARGET_FILE:portcullis>)
  set_tests_properties(sandbox/wasi PROPERTIES LABELS sandbox TIMEOUT 600 SKIP_RETURN_CODE 77
    ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1")
endif()

# For tests/bench/cell.py. The second is what the walls are measured against; in a folder of its own, never installed.
if(NOT PORTCULLIS_SANITIZE)
  add_executable(bench_cell bench/bench_cell.c)
  target_link_libraries(bench_cell PRIVATE host_proc portcullis_flags)
  add_executable(bench_cell_open bench/bench_cell.c bench/cell_open.c)
  target_link_libraries(bench_cell_open PRIVATE host_proc portcullis_flags)
  set_target_properties(bench_cell_open PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/probe)
  # the linker puts these names in after link-time optimisation would have dropped them
  set_source_files_properties(bench/cell_open.c PROPERTIES COMPILE_OPTIONS -fno-lto)
  foreach(function confine narrow_to narrow_kill)
    target_link_options(bench_cell_open PRIVATE -Wl,--wrap=${function})
  endforeach()
endif()
