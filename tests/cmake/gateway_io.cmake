# gateway/io: sockets and channels
if(TARGET gateway_io)
  portcullis_unit(gateway/io gateway_io)
endif()
