# policy/core: the values every decision is made of. cJSON is a second opinion, linked to the fuzz test alone.
pkg_check_modules(CJSON REQUIRED IMPORTED_TARGET libcjson)
portcullis_unit(policy/core policy_core)
portcullis_fuzz(json policy_core PkgConfig::CJSON)
portcullis_fuzz(text policy_core)
