{{ quarantined_rows('reviews') }}
