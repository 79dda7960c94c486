# gateway.conf
if(TARGET gateway_config)
  portcullis_unit(gateway/proc_config gateway_config)
  portcullis_fuzz(config gateway_config)
endif()
