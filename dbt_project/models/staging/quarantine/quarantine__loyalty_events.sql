{{ quarantined_rows('loyalty_events') }}
