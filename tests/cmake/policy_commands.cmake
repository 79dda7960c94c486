# policy/commands: which subjects command something.
if(TARGET policy_commands)
  portcullis_unit(policy/commands policy_commands)
endif()
