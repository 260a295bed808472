"""Runs everything: the Dagster definitions, the command line and the sample shop."""
