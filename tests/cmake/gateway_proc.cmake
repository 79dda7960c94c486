# gateway/proc: what the processes remember, and what they say to each other
if(TARGET gateway_proc)
  portcullis_unit(gateway/proc gateway_proc)
  target_sources(unit_gateway_proc PRIVATE ${CMAKE_SOURCE_DIR}/tests/unit/policy/rules/world.c)
  portcullis_fuzz(msg gateway_proc)
endif()

# the audit log, interrupted at each step: the calls that change the disk are replaced
if(TARGET gateway_ledger)
  portcullis_unit(gateway/ledger gateway_ledger)
  foreach(call openat write ftruncate renameat unlinkat fdatasync fsync fallocate)
    target_link_options(unit_gateway_ledger PRIVATE -Wl,--wrap=${call})
  endforeach()
endif()
