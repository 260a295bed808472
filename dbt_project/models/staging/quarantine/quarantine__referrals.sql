{{ quarantined_rows('referrals') }}
