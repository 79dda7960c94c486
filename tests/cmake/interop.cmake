# Foreign clients with creds files: nats.c and npm `nats`, straight to nats-server (the control) and
# through the gate. Node's packages are the lock file's, installed into the build folder.
add_executable(interop_c
  interop/c/main.c interop/c/core.c interop/c/jetstream.c interop/c/kv.c interop/c/rpc.c)
target_link_libraries(interop_c PRIVATE portcullis_flags PkgConfig::NATS)

function(portcullis_interop name)
  add_test(NAME interop/${name}
    COMMAND /usr/bin/python3 ${CMAKE_SOURCE_DIR}/tests/interop/run.py ${ARGN})
  set_tests_properties(interop/${name} PROPERTIES LABELS interop TIMEOUT 600 SKIP_RETURN_CODE 77
    ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1")
endfunction()

set(node ${CMAKE_BINARY_DIR}/interop_node)
portcullis_interop(nats_c_direct --direct --c $<TARGET_FILE:interop_c>)
portcullis_interop(npm_nats_direct --direct --node ${node})
if(EXISTS ${CMAKE_SOURCE_DIR}/gateway/main.c)
  portcullis_interop(nats_c_gateway --gateway ${CMAKE_BINARY_DIR} --c $<TARGET_FILE:interop_c>)
  portcullis_interop(nats_c_tls --gateway ${CMAKE_BINARY_DIR} --tls --c $<TARGET_FILE:interop_c>)
  portcullis_interop(nats_c_certificates --gateway ${CMAKE_BINARY_DIR} --certificates --c $<TARGET_FILE:interop_c>)
  portcullis_interop(npm_nats_tls --gateway ${CMAKE_BINARY_DIR} --tls --node ${node})
  portcullis_interop(npm_nats_gateway --gateway ${CMAKE_BINARY_DIR} --node ${node})
  add_test(NAME interop/wadm_policies
    COMMAND /usr/bin/python3 ${CMAKE_SOURCE_DIR}/tests/interop/wadm.py --build ${CMAKE_BINARY_DIR})
  set_tests_properties(interop/wadm_policies PROPERTIES LABELS interop TIMEOUT 600
    ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1")
  set_tests_properties(interop/npm_nats_gateway interop/npm_nats_tls PROPERTIES DEPENDS interop/npm_nats_direct)
endif()

# An actor built with the waPC project's own kit for AssemblyScript, in its cell.
if(TARGET portcullis)
  add_test(NAME interop/as_guest COMMAND /usr/bin/python3 ${CMAKE_SOURCE_DIR}/tests/interop/as/run.py
    $<TARGET_FILE:portcullis> ${CMAKE_BINARY_DIR}/interop_as)
  set_tests_properties(interop/as_guest PROPERTIES LABELS interop TIMEOUT 600 SKIP_RETURN_CODE 77
    ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1")
  # the same in a real host, beside one of ours
  if(TARGET portcullis-host AND TARGET portcullis-gateway AND TARGET actors)
    add_test(NAME interop/as_guest_in_host COMMAND /usr/bin/python3 ${CMAKE_SOURCE_DIR}/tests/interop/as/in_host.py
      $<TARGET_FILE:portcullis> ${CMAKE_BINARY_DIR}/interop_as)
    set_tests_properties(interop/as_guest_in_host PROPERTIES LABELS interop TIMEOUT 600 SKIP_RETURN_CODE 77
      DEPENDS interop/as_guest ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1")
  endif()
endif()
