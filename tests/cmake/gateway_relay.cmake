# gateway/relay: a connection, without the processes around it
if(TARGET gateway_relay)
  portcullis_unit(gateway/relay gateway_relay)
  target_sources(unit_gateway_relay PRIVATE ${CMAKE_SOURCE_DIR}/tests/unit/policy/rules/world.c)
endif()
# the whole of a connection: what leaves it is read and judged again
if(TARGET gateway_relay)
  portcullis_fuzz(relay gateway_relay)
endif()
# What a message costs in a relay. Not a test by itself: bench_relay, scripts/instructions
if(TARGET gateway_relay)
  add_executable(bench_relay bench/bench_relay.c)
  target_link_libraries(bench_relay PRIVATE gateway_relay portcullis_flags)
endif()
