{{ quarantined_rows('identities') }}
