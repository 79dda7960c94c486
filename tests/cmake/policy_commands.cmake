# policy/commands: which subjects command something, and what bodies say. cJSON, msgpack-c and
# libyaml's tree are second opinions, linked to the fuzz tests alone.
if(TARGET policy_commands)
  portcullis_unit(policy/commands policy_commands)
  pkg_check_modules(CJSON REQUIRED IMPORTED_TARGET libcjson)
  pkg_check_modules(YAML REQUIRED IMPORTED_TARGET yaml-0.1)
  pkg_check_modules(MSGPACK REQUIRED IMPORTED_TARGET msgpack)
  portcullis_fuzz(body policy_commands PkgConfig::CJSON)
  portcullis_fuzz(jetstream policy_commands PkgConfig::CJSON)
  portcullis_fuzz(manifest policy_commands PkgConfig::YAML)
  portcullis_fuzz(link policy_commands PkgConfig::MSGPACK)
  add_executable(bench_body bench/bench_body.c)
  target_link_libraries(bench_body PRIVATE policy_commands portcullis_flags)
endif()
