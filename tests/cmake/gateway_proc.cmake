# gateway/proc: what the processes remember, and what they say to each other
if(TARGET gateway_proc)
  portcullis_unit(gateway/proc gateway_proc)
  target_sources(unit_gateway_proc PRIVATE ${CMAKE_SOURCE_DIR}/tests/unit/policy/rules/world.c)
  portcullis_fuzz(msg gateway_proc)
endif()
