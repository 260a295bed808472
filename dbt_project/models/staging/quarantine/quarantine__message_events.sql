{{ quarantined_rows('message_events') }}
