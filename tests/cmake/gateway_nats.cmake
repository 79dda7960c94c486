# gateway/nats: the wire.
if(TARGET gateway_nats)
  portcullis_unit(gateway/nats gateway_nats)
  foreach(name parser header connect info row)
    portcullis_fuzz(${name} gateway_nats)
  endforeach()
  # what a message costs in parser and writer; run by hand, on a release build
  add_executable(bench_parser bench/bench_parser.c)
  target_link_libraries(bench_parser PRIVATE gateway_nats portcullis_flags)
endif()
