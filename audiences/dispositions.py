"""What becomes of a candidate: the names, in the order the gates are asked."""

DISPOSITIONS = (
    "excluded",
    "suppressed",
    "no_consent",
    "unreachable",
    "pending_entry",
    "cooling_down",
    "global_holdout",
    "holdout",
    "lower_priority",
    "over_capacity",
    "frequency_capped",
    "eligible",
)
NOT_MATCHED = "not_matched"
"""Who is no candidate."""
