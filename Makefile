# The two commands:  make demo  (set up and run the main job)  and  make test  (set up and pass the tests).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
export OMP_NUM_THREADS := 1

.PHONY: demo test test-real lint benchmark benchmark-live results train-default clean

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
	$(BIN)/python benchmarks/reading.py
	$(BIN)/python benchmarks/training.py
	$(BIN)/python benchmarks/heatmaps.py
	$(BIN)/python benchmarks/carried_state.py
	$(BIN)/python benchmarks/onnx_latency.py
	$(BIN)/python benchmarks/shipped_models.py

# Live use: latency and memory over minutes, actions found in time, identities, repetitions; about an hour.
benchmark-live: $(VENV)/.dev
	$(BIN)/python benchmarks/live.py
	$(BIN)/python benchmarks/timelines.py
	$(BIN)/python benchmarks/tracking.py
	$(BIN)/python benchmarks/repetitions.py

# docs/results.md: every model of the grid by official protocols, with three seeds; hours on two cores, resumes.
results: $(VENV)/.dev
	$(BIN)/python benchmarks/accuracy.py --data ../shared/data

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "poseact needs Python 3.11 or newer; found $$($(PYTHON) --version): run  make PYTHON=python3.11 ..."; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.base: $(VENV)/bin/python pyproject.toml constraints.txt
	$(PIP) install -c constraints.txt -e .
	@touch $@

$(VENV)/.dev: $(VENV)/bin/python pyproject.toml constraints.txt
	$(PIP) install -c constraints.txt -e ".[dev,train,interchange,web,mqtt]"
	-$(BIN)/poseact weights  # once, so that the tests themselves run offline; without them some are skipped
	@touch $(VENV)/.base $@

# The shipped model from ../shared/data: poses of all clips once (some twenty minutes), then minutes of training.
DATA ?= ../shared/data
CACHE ?= runs/everyday-poses
train-default: $(VENV)/.dev
	$(BIN)/python training/everyday/extract.py $(DATA)/videos/*.mp4 $(DATA)/videos/*.avi --out $(CACHE)
	$(BIN)/python training/everyday/extract.py $(DATA)/up-fall-videos/*.mp4 --max-seconds 46 --out $(CACHE)
	$(BIN)/python training/everyday/actor.py --out $(CACHE)/actor
	$(BIN)/python training/everyday/train.py --data $(DATA) --cache $(CACHE)
	$(BIN)/python training/everyday/train.py --data $(DATA) --cache $(CACHE) --network everyday-small

clean:
	rm -rf $(VENV) demo build dist .mypy_cache .ruff_cache .pytest_cache
