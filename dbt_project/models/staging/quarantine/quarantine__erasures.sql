{{ quarantined_rows('erasures') }}
