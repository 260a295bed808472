{{ quarantined_rows('accounts') }}
