{{ quarantined_rows('survey_responses') }}
