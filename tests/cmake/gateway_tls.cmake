# gateway/tls: signatures elsewhere
if(TARGET gateway_tls)
  portcullis_unit(gateway/tls gateway_tls)
endif()
