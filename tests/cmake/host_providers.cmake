# host/providers, host/proc/provider*: the real programs, driven by a host without a lattice
add_executable(provider_drive host/provider_drive.c)
target_link_libraries(provider_drive PRIVATE host_provider host_pack portcullis_flags)
