from pathlib import Path

import duckdb
import pytest
import yaml

from audiences.errors import InputError
from dashboards.publish import publish
from dashboards.registry import METRICS, load_registry
from tests.dashboards.conftest import AS_OF
from tests.dashboards.shop import write_warehouse


def rewritten(folder: Path, change: dict) -> Path:
    document = yaml.safe_load(METRICS.read_text())
    document["metrics"][0].update(change)
    path = folder / "metrics.yml"
    path.write_text(yaml.safe_dump(document))
    return path


def test_metrics_name_both_languages_and_an_owner():
    for metric in load_registry().metrics:
        assert metric.name.en != metric.explanation.en
        assert metric.name.tr != metric.explanation.tr
        assert "@" not in metric.owner


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"mart": "nowhere"}, "unknown marts: nowhere"),
        ({"key": "nps"}, "keys used twice: nps"),
        ({"direction": "sideways"}, "metrics.0.direction"),
        ({"minimum_group": 1}, "metrics.0.minimum_group"),
        ({"name": {"en": "Only English"}}, "metrics.0.name.tr"),
        ({"colour": "red"}, "metrics.0.colour"),
    ],
)
def test_a_wrong_registry_is_refused(tmp_path, change, says):
    with pytest.raises(InputError, match=r"metrics\.yml") as caught:
        load_registry(rewritten(tmp_path, change))
    assert says in caught.value.problem


def test_a_metric_without_its_mart_column_stops_the_publish_step(tmp_path):
    registry = load_registry(rewritten(tmp_path, {"column": "guests"}))
    warehouse = write_warehouse(tmp_path / "warehouse.duckdb")
    with pytest.raises(InputError) as caught:
        publish(warehouse, tmp_path / "site", AS_OF, registry)
    assert "metric customers_in_stage needs column guests" in caught.value.problem
    assert "lifecycle.rpt_stage_mix" in caught.value.problem
    assert not (tmp_path / "site").exists()


def test_the_models_declare_every_registered_column():
    models = Path(__file__).parents[2] / "dbt_project" / "models" / "marts"
    relations = {}
    for path in models.rglob("rpt_*.yml"):
        for model in yaml.safe_load(path.read_text())["models"]:
            columns = {column["name"] for column in model["columns"]}
            relations[f"{path.parent.name}.{model['name']}"] = columns
    load_registry().check_columns(relations)


def test_a_missing_mart_stops_the_publish_step(tmp_path):
    warehouse = write_warehouse(tmp_path / "warehouse.duckdb")
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("drop table feedback.rpt_nps")
    with pytest.raises(InputError, match=r"feedback\.rpt_nps is not in the warehouse"):
        publish(warehouse, tmp_path / "site", AS_OF)
