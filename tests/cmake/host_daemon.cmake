# portcullis-host as its lattice and its administrator meet it: real nats-server, a gate in front, real actors.
if(TARGET portcullis-host AND TARGET portcullis-gateway AND TARGET actors)
  foreach(name
      apply
      broken
      command_line
      control
      ctl
      demo
      dialect_a
      hostile
      link
      lives
      metrics
      move
      paper_cuts
      registry
      rpc
      trust
      users)
    add_test(NAME host/${name}
      COMMAND /usr/bin/python3 ${CMAKE_SOURCE_DIR}/tests/host/${name}.py --build ${CMAKE_BINARY_DIR})
    set_tests_properties(host/${name} PROPERTIES LABELS host TIMEOUT 600 SKIP_RETURN_CODE 77
      ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1")
  endforeach()
  # twelve lattices, one after the other
  set_tests_properties(host/apply PROPERTIES TIMEOUT 360)
endif()

# its settings, and what parent and link say to each other
portcullis_unit(host/daemon host_daemon)
portcullis_fuzz(hostconf host_conf)
portcullis_fuzz(msg_link host_conf)
# the link's connections, between a server and a parent that say anything
portcullis_fuzz(link_talk host_daemon)
set_source_files_properties(fuzz/fuzz_link_talk.c PROPERTIES COMPILE_OPTIONS -fno-lto)
foreach(function dial dial_secure dial_trust uv_now)
  target_link_options(fuzz_link_talk PRIVATE -Wl,--wrap=${function})
endforeach()
