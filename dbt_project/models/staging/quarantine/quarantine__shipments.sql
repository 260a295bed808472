{{ quarantined_rows('shipments') }}
