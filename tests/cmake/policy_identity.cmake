portcullis_unit(policy/identity policy_identity)
portcullis_fuzz(nkey policy_identity)
portcullis_fuzz(creds policy_identity)
portcullis_fuzz(jwt policy_identity)
portcullis_fuzz(identity policy_identity)
portcullis_fuzz(stamp policy_identity)
portcullis_fuzz(wascap policy_identity)

# What we mint, judged by the real server and nats.c.
pkg_check_modules(NATS REQUIRED IMPORTED_TARGET libnats)
add_executable(interop_mint_login interop/mint_login.c)
target_link_libraries(interop_mint_login PRIVATE policy_identity portcullis_flags PkgConfig::NATS)
add_test(NAME interop/mint_login COMMAND interop_mint_login)
set_tests_properties(interop/mint_login PROPERTIES LABELS interop TIMEOUT 60 SKIP_RETURN_CODE 77)
