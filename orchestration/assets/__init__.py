"""The assets of the pipeline, one module a step: reports, raw, models, gate, ledgers, syncs, site."""
