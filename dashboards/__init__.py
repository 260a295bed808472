"""Static pages from published aggregates. Reads nothing but what `publish` wrote."""
