"""What one Dagster run is told: its as-of day and whether it may deliver."""

import dagster as dg

from orchestration.settings import Settings, load_settings


class RunSettings(dg.ConfigurableResource[Settings]):
    """Settings of a run; what is unset comes from the environment.

    Attributes:
        as_of: The as-of day as YYYY-MM-DD. Without one it is PERENNIAL_AS_OF, else the day before the run was
            started, so that a run which passes midnight keeps its day.
        deliver: Whether syncs to destinations other than `file` may send.
        full_refresh: Whether dbt rebuilds incremental models from nothing.
    """

    as_of: str = ""
    deliver: bool = False
    full_refresh: bool = False

    def load(self, context: dg.AssetExecutionContext) -> Settings:
        """Paths, target and as-of day of this run."""
        return self.load_run(context.instance, context.run.run_id)

    def load_run(self, instance: dg.DagsterInstance, run_id: str) -> Settings:
        """Paths, target and as-of day of a run."""
        record = instance.get_run_record_by_id(run_id)
        return load_settings(self.as_of or None, record.create_timestamp if record else None)
