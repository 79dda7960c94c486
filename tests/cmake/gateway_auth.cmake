# gateway/auth: the handshake
if(TARGET gateway_auth)
  portcullis_unit(gateway/auth gateway_auth)
endif()
