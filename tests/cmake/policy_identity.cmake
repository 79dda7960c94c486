portcullis_unit(policy/identity policy_identity)
portcullis_fuzz(nkey policy_identity)
portcullis_fuzz(creds policy_identity)
portcullis_fuzz(jwt policy_identity)
