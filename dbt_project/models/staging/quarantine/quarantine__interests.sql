{{ quarantined_rows('interests') }}
