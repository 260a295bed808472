{{ quarantined_rows('campaign_assignments') }}
