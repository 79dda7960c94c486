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
