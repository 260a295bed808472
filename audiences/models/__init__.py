"""The dbt models that definitions compile to, as text."""
