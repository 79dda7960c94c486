# policy/rules: subjects, policies and rights.
if(TARGET policy_rules)
  portcullis_unit(policy/rules policy_rules)
  portcullis_fuzz(subject policy_rules)
  portcullis_fuzz(policy policy_rules)
  portcullis_fuzz(expect policy_rules)
  # what a decision costs; run by hand, on a release build
  add_executable(bench_policy bench/bench_policy.c)
  target_link_libraries(bench_policy PRIVATE policy_rules portcullis_flags)
endif()
