{{ quarantined_rows('payment_attempts') }}
