{{ quarantined_rows('ad_spend') }}
