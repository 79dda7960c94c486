# The gateway with attacker's code in it (tests/probe/probe.h), and in a world that gives less than was asked for
# (tests/probe/starve.c). These programs are built into a folder of their own and never installed; what is installed is
# linked without --wrap and has no trace of either (attack/breach looks).
function(probe_program name)
  cmake_parse_arguments(arg "" "" "SOURCES;WRAP" ${ARGN})
  add_executable(${name} ${CMAKE_SOURCE_DIR}/gateway/main.c probe/hurry.c ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE gateway_proc policy_version portcullis_flags)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/probe)
  foreach(function uv_timer_start ${arg_WRAP})
    target_link_options(${name} PRIVATE -Wl,--wrap=${function})
  endforeach()
endfunction()

if(TARGET gateway_proc AND TARGET seccomp_confine)
  set(probe probe/probe.c probe/calls.c probe/channels.c probe/memory.c)
  probe_program(portcullis-gateway-probed SOURCES ${probe} WRAP recv)
  # the control: nobody locks itself in
  probe_program(portcullis-gateway-open SOURCES ${probe} probe/nowalls.c WRAP recv lock_down walls_begin)
  probe_program(portcullis-gateway-starved SOURCES probe/starve.c
    WRAP child_begin malloc calloc realloc reallocarray strdup strndup recv send recvmsg sendmsg accept4)
  # one that loses patience sooner
  add_executable(portcullis-gateway-hasty ${CMAKE_SOURCE_DIR}/gateway/main.c probe/hasty.c)
  target_link_libraries(portcullis-gateway-hasty PRIVATE gateway_proc policy_version portcullis_flags)
  target_link_options(portcullis-gateway-hasty PRIVATE -Wl,--wrap=uv_timer_start)
  set_target_properties(portcullis-gateway-hasty PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/probe)
  pkg_check_modules(SECCOMP REQUIRED IMPORTED_TARGET libseccomp)
  add_executable(boxed probe/boxed.c)
  target_link_libraries(boxed PRIVATE seccomp_confine portcullis_flags PkgConfig::SECCOMP)
  set_target_properties(boxed PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/probe)

  function(portcullis_breach name file)
    add_test(NAME attack/${name}
      COMMAND /usr/bin/python3 ${CMAKE_SOURCE_DIR}/tests/attack/${file}.py --build ${CMAKE_BINARY_DIR} ${ARGN})
    set_tests_properties(attack/${name} PROPERTIES LABELS attack TIMEOUT 600 SKIP_RETURN_CODE 77
      ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1")
  endfunction()
  portcullis_breach(breach breach)
  portcullis_breach(breach_as_user breach --as user)
  portcullis_breach(breach_in_a_box breach --as box)
  set_property(TEST attack/breach_in_a_box APPEND PROPERTY ENVIRONMENT ${portcullis_boxed})
  portcullis_breach(breach_words breach_words)
  portcullis_breach(faults faults)
  portcullis_breach(hung hung)
  set_tests_properties(attack/faults PROPERTIES COST 45)
  set_tests_properties(attack/breach_words PROPERTIES COST 30)

endif()
