# gateway_nats_login - how a client of nats.c logs in; used by the shipper and by the command line.
# Include it guarded: if(NOT TARGET gateway_nats_login).
add_library(gateway_nats_login STATIC ${CMAKE_CURRENT_LIST_DIR}/nats_login.c)
target_link_libraries(gateway_nats_login PUBLIC policy_identity policy_core portcullis_flags PkgConfig::NATS)
