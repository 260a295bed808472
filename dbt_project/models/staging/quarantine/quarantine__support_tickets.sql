{{ quarantined_rows('support_tickets') }}
