"""The assets of the pipeline, one module a step: raw, models, gate, ledgers, syncs, site."""
