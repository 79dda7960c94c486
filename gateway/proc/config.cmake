# gateway_config - gateway.conf as a value; used by the parent process and by the command line.
# Include it guarded: if(NOT TARGET gateway_config).
add_library(gateway_config STATIC
  ${CMAKE_SOURCE_DIR}/gateway/proc/ceilings.c
  ${CMAKE_SOURCE_DIR}/gateway/proc/config.c
  ${CMAKE_SOURCE_DIR}/gateway/proc/config_address.c
  ${CMAKE_SOURCE_DIR}/gateway/proc/config_audit.c
  ${CMAKE_SOURCE_DIR}/gateway/proc/config_files.c
  ${CMAKE_SOURCE_DIR}/gateway/proc/config_limits.c
  ${CMAKE_SOURCE_DIR}/gateway/proc/config_load.c
  ${CMAKE_SOURCE_DIR}/gateway/proc/config_metrics.c
  ${CMAKE_SOURCE_DIR}/gateway/proc/config_read.c
  ${CMAKE_SOURCE_DIR}/gateway/proc/config_sink.c
  ${CMAKE_SOURCE_DIR}/gateway/proc/config_tls.c
  ${CMAKE_SOURCE_DIR}/gateway/proc/config_upstream.c
  ${CMAKE_SOURCE_DIR}/gateway/proc/config_walls.c
  ${CMAKE_SOURCE_DIR}/gateway/proc/sink.c)
target_link_libraries(gateway_config PUBLIC policy_audit policy_identity policy_core seccomp_confine portcullis_flags)
