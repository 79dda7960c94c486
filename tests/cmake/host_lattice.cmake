# host/pack, host/lattice: what a host says to its lattice and hears from it. cJSON is a second reader of
# what the first writes, msgpack-c of what the other writes; neither is linked to the libraries.
pkg_check_modules(CJSON REQUIRED IMPORTED_TARGET libcjson)
portcullis_unit(host/pack host_pack)
portcullis_unit(host/lattice host_lattice PkgConfig::CJSON PkgConfig::SODIUM)
pkg_check_modules(MSGPACK REQUIRED IMPORTED_TARGET msgpack)
portcullis_fuzz(rpc host_lattice PkgConfig::MSGPACK)
portcullis_fuzz(contract host_lattice PkgConfig::MSGPACK)
portcullis_fuzz(request host_lattice)
portcullis_fuzz(oci host_lattice host_fetch_msg)
portcullis_fuzz(host_manifest host_lattice)
