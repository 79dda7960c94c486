# natsbench: the load generator of scripts/bench. Not a test by itself.
if(TARGET policy_identity)
  add_executable(natsbench
    bench/natsbench.c bench/natsconn.c bench/flow.c bench/talker.c bench/reqrep.c
    bench/crowd.c bench/command.c bench/chain.c)
  target_link_libraries(natsbench PRIVATE policy_identity portcullis_flags PkgConfig::SODIUM)
endif()
# plain_http: what scripts/bench --only host compares an actor behind the HTTP provider with.
if(TARGET provider_keyvalue AND TARGET provider_httpserver)
  pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3)
  add_executable(plain_http bench/plain_http.c)
  target_link_libraries(plain_http PRIVATE PkgConfig::MICROHTTPD PkgConfig::SQLITE portcullis_flags)
endif()
