# The two commands:  make demo  (set up and run the main job)  and  make test  (set up and pass the tests).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
export OMP_NUM_THREADS := 1

.PHONY: demo test test-real lint benchmark train-default clean

demo: $(VENV)/.base
	$(BIN)/poseact demo --out demo

test: $(VENV)/.dev lint
	$(BIN)/python -m pytest -m "not real_data"

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Checks against ../shared/data where it exists; skipped one by one where it does not.
test-real: $(VENV)/.dev
	$(BIN)/python -m pytest -m real_data

benchmark: $(VENV)/.dev
	$(BIN)/python benchmarks/pipeline.py

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "poseact needs Python 3.11 or newer; found $$($(PYTHON) --version): run  make PYTHON=python3.11 ..."; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.base: $(VENV)/bin/python pyproject.toml constraints.txt
	$(PIP) install -c constraints.txt -e .
	@touch $@

$(VENV)/.dev: $(VENV)/bin/python pyproject.toml constraints.txt
	$(PIP) install -c constraints.txt -e ".[dev,train]"
	@touch $(VENV)/.base $@

clean:
	rm -rf $(VENV) demo build dist .mypy_cache .ruff_cache .pytest_cache
