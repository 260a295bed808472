{{ quarantined_rows('consents') }}
