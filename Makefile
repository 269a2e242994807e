# Every target stands alone: it makes .venv and installs what it needs.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: help demo test check bench fuzz kill mutate conformance clean
help:            ## List the targets.
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

# One stamp per set of extras, remade when the dependencies change.
$(VENV)/.train: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(PIP) --editable '.[train]'
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(PIP) --editable '.[dev]'
	@touch $@ $(VENV)/.train

demo: $(VENV)/.train  ## Render phantoms, train, evaluate and predict: the README's commands.
	PATH="$(CURDIR)/$(BIN):$$PATH" bash docs/demo.sh

test: $(VENV)/.dev    ## Run the test suite.
	$(BIN)/python -m pytest -q $(PYTEST)

check: $(VENV)/.dev   ## Lint, format, types and import layers.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

bench: $(VENV)/.dev   ## Print the benchmarks' ratios.
	$(BIN)/python -m pytest -q -s tests/benchmarks $(PYTEST)

fuzz: $(VENV)/.dev    ## Read 20,000 mutated DICOM files.
	$(BIN)/python -m tests.fuzz.fuzz 20000

kill: $(VENV)/.dev    ## Kill preparation at 20 random moments and training at 10; compare what the next run makes.
	$(BIN)/python -m tests.data_prep.kill 20
	$(BIN)/python -m tests.training.kill 10

mutate: $(VENV)/.dev  ## Put faults into the code; list those that no test notices.
	$(BIN)/python -m tests.mutation.mutate

conformance: $(VENV)/.dev  ## Hold the reader against DCMTK and the standard, file by file.
	$(BIN)/python -m tests.dicom.conformance

clean:           ## Remove what the targets made, but not datasets and runs.
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
