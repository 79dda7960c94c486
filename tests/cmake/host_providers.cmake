# host/providers, host/proc/provider*: the real programs, driven by a host without a lattice
add_executable(provider_drive host/provider_drive.c)
target_link_libraries(provider_drive PRIVATE host_provider host_pack portcullis_flags)
add_test(NAME host/providers COMMAND /usr/bin/python3 ${CMAKE_SOURCE_DIR}/tests/host/providers.py
  $<TARGET_FILE:provider_drive> $<TARGET_FILE_DIR:portcullis-provider-keyvalue>)
set_tests_properties(host/providers PROPERTIES LABELS host TIMEOUT 600 ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1")

# Providers that were taken over; without sanitizers, whose profile is wider.
if(NOT PORTCULLIS_SANITIZE)
  foreach(kind httpserver keyvalue logging messaging)
    set(takes_httpserver PROCESS_FD)
    set(takes_keyvalue PROCESS_PUT|PROCESS_FD|PROCESS_FOLDER)
    set(takes_logging PROCESS_PUT)
    set(takes_messaging PROCESS_FD)
    foreach(how hostile liar)
      set(target ${how}_${kind})
      add_executable(${target} sandbox/provider_hostile.c)
      target_compile_definitions(${target} PRIVATE KIND="${kind}" TAKES=${takes_${kind}} FILE_SIZE=1048576
        $<$<STREQUAL:${how},liar>:LIES>)
      target_link_libraries(${target} PRIVATE host_providers_process portcullis_flags)
      seccomp_filters(${target} provider_${kind})
      set_target_properties(${target} PROPERTIES OUTPUT_NAME portcullis-provider-${kind}
        RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests/${how})
    endforeach()
  endforeach()
  foreach(who self nobody)
    add_test(NAME sandbox/hostile_providers_${who} COMMAND /usr/bin/python3 ${CMAKE_SOURCE_DIR}/tests/sandbox/hostile_providers.py ${who}
      $<TARGET_FILE:provider_drive> ${CMAKE_BINARY_DIR}/tests/hostile ${CMAKE_BINARY_DIR}/tests/liar)
    set_tests_properties(sandbox/hostile_providers_${who} PROPERTIES LABELS sandbox TIMEOUT 600 SKIP_RETURN_CODE 77
      ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1")
  endforeach()
endif()

portcullis_unit(host/providers host_provider provider_httpserver provider_keyvalue provider_messaging host_pack)
portcullis_fuzz(msg_provider host_providers_msg)
portcullis_fuzz(provider_payload provider_httpserver provider_keyvalue provider_logging provider_messaging host_pack)
