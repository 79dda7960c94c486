# host/providers, host/proc/provider*: the real programs, driven by a host without a lattice
add_executable(provider_drive host/provider_drive.c)
target_link_libraries(provider_drive PRIVATE host_provider host_pack portcullis_flags)
add_test(NAME host/providers COMMAND /usr/bin/python3 ${CMAKE_SOURCE_DIR}/tests/host/providers.py
  $<TARGET_FILE:provider_drive> $<TARGET_FILE_DIR:portcullis-provider-keyvalue>)
set_tests_properties(host/providers PROPERTIES LABELS host TIMEOUT 180 ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1")
