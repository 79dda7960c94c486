# natsbench: the load generator of scripts/bench. Not a test by itself.
if(TARGET policy_identity)
  add_executable(natsbench
    bench/natsbench.c bench/natsconn.c bench/flow.c bench/talker.c bench/reqrep.c
    bench/crowd.c bench/command.c)
  target_link_libraries(natsbench PRIVATE policy_identity portcullis_flags PkgConfig::SODIUM)
endif()
