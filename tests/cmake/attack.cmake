# Attacks on the whole gateway, one file per theme; see tests/attack/stage.py for what each must leave behind.
if(EXISTS ${CMAKE_SOURCE_DIR}/gateway/main.c)
  foreach(name advisories soak nemesis audit_crash beyond deputy disk_full disk_gives_up disk_load durable_before_forward floods killed leavers limits limits_used crowds pretenders read_live second_hand secrets_kept slow stored_state)
    add_test(NAME attack/${name}
      COMMAND /usr/bin/python3 ${CMAKE_SOURCE_DIR}/tests/attack/${name}.py --build ${CMAKE_BINARY_DIR})
    set_tests_properties(attack/${name} PROPERTIES LABELS attack TIMEOUT 600 SKIP_RETURN_CODE 77
      ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1")
  endforeach()
  add_executable(syncloop ${CMAKE_SOURCE_DIR}/tests/support/syncloop.c)
  target_link_libraries(syncloop PRIVATE gateway_ledger portcullis_flags)
  # the longest first: what they take on a quiet machine
  foreach(cost audit_crash=45 floods=30 disk_load=35 killed=23 soak=12 nemesis=20 limits_used=13 advisories=16)
    string(REPLACE "=" ";" pair ${cost})
    list(GET pair 0 name)
    list(GET pair 1 seconds)
    set_tests_properties(attack/${name} PROPERTIES COST ${seconds})
  endforeach()
  # one case per way to do harm, person and dialect: docs/ATTACKS.md
  add_test(NAME attack/rows
    COMMAND /usr/bin/python3 ${CMAKE_SOURCE_DIR}/tests/attack/rows/run.py --build ${CMAKE_BINARY_DIR})
  set_tests_properties(attack/rows PROPERTIES LABELS attack TIMEOUT 600
    ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1")
endif()
