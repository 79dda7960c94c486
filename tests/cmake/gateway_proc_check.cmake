# What the gateway reads from a deployment, and what `check` says about it.
if(TARGET gateway_check)
  portcullis_unit(gateway/proc_check gateway_check)
  portcullis_fuzz(upstream_keys gateway_check)
  portcullis_fuzz(control_request gateway_check)
endif()
