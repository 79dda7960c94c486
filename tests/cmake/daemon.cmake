# The daemon as its administrator meets it: set-ups, signals, reloads, pressure, and an upstream that comes
# and goes. One test per file of tests/daemon; each names what it checks.
if(EXISTS ${CMAKE_SOURCE_DIR}/gateway/main.c)
  foreach(name setups signals service metrics drain upgrade two_gates reload bounds pressure upstream command_line control keys tls tables certificates every_field)
    if(EXISTS ${CMAKE_SOURCE_DIR}/tests/daemon/${name}.py)
      add_test(NAME daemon/${name}
        COMMAND /usr/bin/python3 ${CMAKE_SOURCE_DIR}/tests/daemon/${name}.py --build ${CMAKE_BINARY_DIR})
      set_tests_properties(daemon/${name} PROPERTIES LABELS daemon TIMEOUT 600
        ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1")
    endif()
  endforeach()
endif()

# In a box no process may look at another, so the check for leaks at a process' end cannot work there.
if(PORTCULLIS_SANITIZE)
  set(portcullis_boxed "ASAN_OPTIONS=abort_on_error=1:detect_leaks=0")
endif()

# the walls of each process: as who runs the tests, as an ordinary user, as in a container
foreach(who self user box)
  add_test(NAME daemon/walls_${who}
    COMMAND /usr/bin/python3 ${CMAKE_SOURCE_DIR}/tests/daemon/walls.py --build ${CMAKE_BINARY_DIR} --as ${who})
  set_tests_properties(daemon/walls_${who} PROPERTIES LABELS daemon TIMEOUT 600 SKIP_RETURN_CODE 77
    ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1;${portcullis_boxed}")
endforeach()

# what scripts/learn-profile proposes; a sanitizer's calls are in no profile it reads
if(NOT PORTCULLIS_SANITIZE)
  add_test(NAME daemon/learn_profile
    COMMAND /usr/bin/python3 ${CMAKE_SOURCE_DIR}/tests/daemon/learn_profile.py --build ${CMAKE_BINARY_DIR})
  set_tests_properties(daemon/learn_profile PROPERTIES LABELS daemon TIMEOUT 600 SKIP_RETURN_CODE 77
    ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1")
endif()

# records elsewhere, with a stand-in for parent and auditor
if(TARGET gateway_proc)
  add_executable(shipdrive ${CMAKE_SOURCE_DIR}/tests/support/shipdrive.c)
  target_link_libraries(shipdrive PRIVATE gateway_proc portcullis_flags)
  add_test(NAME daemon/sinks
    COMMAND /usr/bin/python3 ${CMAKE_SOURCE_DIR}/tests/daemon/sinks.py --build ${CMAKE_BINARY_DIR})
  set_tests_properties(daemon/sinks PROPERTIES LABELS daemon TIMEOUT 600 ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1")
endif()

# a foreign client that goes from one gate to another
add_executable(natsmoves ${CMAKE_SOURCE_DIR}/tests/support/natsmoves.c)
target_link_libraries(natsmoves PRIVATE portcullis_flags PkgConfig::NATS)

# the longest first
foreach(name metrics sinks walls_self tls tables)
  set_tests_properties(daemon/${name} PROPERTIES COST 25)
endforeach()
