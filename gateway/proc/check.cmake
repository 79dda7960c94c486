# gateway_check - is a deployment in order? Used by the parent process (-t) and by the command line.
# Include it guarded: if(NOT TARGET gateway_check).
if(NOT TARGET gateway_config)
  include(${CMAKE_CURRENT_LIST_DIR}/config.cmake)
endif()
add_library(gateway_check STATIC
  ${CMAKE_SOURCE_DIR}/gateway/proc/check.c
  ${CMAKE_SOURCE_DIR}/gateway/proc/check_leaf.c
  ${CMAKE_SOURCE_DIR}/gateway/proc/check_say.c
  ${CMAKE_SOURCE_DIR}/gateway/proc/check_tls.c
  ${CMAKE_SOURCE_DIR}/gateway/proc/control_request.c
  ${CMAKE_SOURCE_DIR}/gateway/proc/file.c
  ${CMAKE_SOURCE_DIR}/gateway/proc/gate_keys.c
  ${CMAKE_SOURCE_DIR}/gateway/proc/promises.c
  ${CMAKE_SOURCE_DIR}/gateway/proc/upstream_keys.c)
target_link_libraries(gateway_check PUBLIC
  gateway_config gateway_tls policy_identity policy_rules policy_core portcullis_flags)
