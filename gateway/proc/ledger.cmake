# gateway_ledger - the audit log as it is written, its keys, its records for other programs: for the auditor, and for the command line
# where no gateway runs. Include it guarded: if(NOT TARGET gateway_ledger).
if(NOT TARGET gateway_check)
  include(${CMAKE_CURRENT_LIST_DIR}/check.cmake)
endif()
add_library(gateway_ledger STATIC
  ${CMAKE_SOURCE_DIR}/gateway/proc/audit_keys.c
  ${CMAKE_SOURCE_DIR}/gateway/proc/cef.c
  ${CMAKE_SOURCE_DIR}/gateway/proc/durable.c
  ${CMAKE_SOURCE_DIR}/gateway/proc/ledger.c
  ${CMAKE_SOURCE_DIR}/gateway/proc/ledger_files.c
  ${CMAKE_SOURCE_DIR}/gateway/proc/ledger_open.c)
target_link_libraries(gateway_ledger PUBLIC
  gateway_check policy_audit policy_core portcullis_flags PkgConfig::SODIUM)
