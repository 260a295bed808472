{{ quarantined_rows('subscriptions') }}
