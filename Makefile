# Perennial. `make demo` and `make test` need Python >= 3.11 and make, nothing else.
PYTHON ?= python3
BIN := .venv/bin
RUNTIME := .venv/.runtime
DEV := .venv/.dev
BENCH := .venv/.bench
PYTEST := $(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadgroup

.PHONY: demo test test-slow test-long test-pipeline lint anchors bench fix check clean

# The whole pipeline once, on a generated shop
demo: $(RUNTIME)
	$(BIN)/python -m orchestration.demo

# The test suite without the slow parts
test: $(DEV)
	$(PYTEST)

# The slow parts
test-slow: $(DEV)
	$(PYTEST) -m "slow and not pipeline and not long"

# The longest of the slow parts: months and fuzz of audiences (about ten minutes)
test-long: $(DEV)
	$(PYTEST) -m "slow and long"

# Whole pipelines on generated shops, one after the other (about an hour)
test-pipeline: $(DEV)
	$(PYTEST) -m "slow and pipeline"

# Style and types of Python and SQL; compiled audiences up to date
lint: $(DEV)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/sqlfluff lint --disable-progress-bar --processes 0 dbt_project/models
	$(BIN)/perennial audiences compile --check

# Published statistics beside ours; fails when a printed digit differs
anchors: $(DEV)
	$(BIN)/python -m tests.statistics.anchors

# Speed at 1,000,000 customers: fits and scores beside `lifetimes`, 200 audiences beside one query for each,
# deliveries beside drt-core and dlt, `dbt build` beside the same SQL by DuckDB alone (about 30 minutes, 30 GB of disk)
bench: $(BENCH)
	$(BIN)/python -m benchmarks.forecasts
	$(BIN)/python -m benchmarks.audiences
	$(BIN)/python -m benchmarks.delivery
	$(BIN)/python -m benchmarks.build

# Rewrite what can be mended by machine
fix: $(DEV)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/sqlfluff fix --disable-progress-bar dbt_project/models

# Everything CI runs
check:
	.ci/run

# Generated data and caches; the virtual environment stays
clean:
	rm -rf data dbt_project/target dbt_project/logs

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("Perennial needs Python 3.11 or newer, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else 0'
	$(PYTHON) -m venv .venv

$(RUNTIME): .venv/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable .
	@touch $@

$(DEV): $(RUNTIME)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

$(BENCH): $(DEV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev,bench]'
	@touch $@
