# policy/rules: subjects, policies and rights.
if(TARGET policy_rules)
  portcullis_unit(policy/rules policy_rules)
endif()
