# One test per conversation, held with our gateway; a talk that says `same: yes` is also held with
# nats-server itself (label interop), which shows that the answers it expects are the server's.
file(GLOB talks CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/talk/*.talk)
set(talk_run /usr/bin/python3 ${CMAKE_SOURCE_DIR}/tests/talk/run.py)
foreach(talk ${talks})
  get_filename_component(name ${talk} NAME_WE)
  # from the day there is a gateway to build, a gateway that is not there is a failure
  if(EXISTS ${CMAKE_SOURCE_DIR}/gateway/main.c)
    add_test(NAME talk/${name} COMMAND ${talk_run} --build ${CMAKE_BINARY_DIR} ${talk})
    set_tests_properties(talk/${name} PROPERTIES LABELS talk TIMEOUT 600
      ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1")
  endif()
  file(STRINGS ${talk} same REGEX "^same: yes")
  if(same)
    add_test(NAME talk_with_server/${name} COMMAND ${talk_run} --server ${talk})
    set_tests_properties(talk_with_server/${name} PROPERTIES LABELS interop TIMEOUT 600
      ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1")
  endif()
endforeach()

add_test(NAME support COMMAND /usr/bin/python3 ${CMAKE_SOURCE_DIR}/tests/support/test_support.py)
set_tests_properties(support PROPERTIES LABELS interop TIMEOUT 600 ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1")
