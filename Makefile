# make demo      simulate a surface, analyse it, write the report
# make test      the suite without the tests marked slow
# make test-all  the whole suite
# make test-hard damaged copies of files of every format; takes most of an hour
# make lint      style, spelling and types
# make bench     every benchmark
# make docs      the documentation; warnings are errors
# make clean     remove what the others wrote, the environment stays

PYTHON ?= python3
# a worker for every core, each with one thread of BLAS
PYTEST_ARGS ?= --numprocesses=auto --dist=loadfile
BENCH_ARGS ?=
HARD_ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --constraint constraints.txt
PYTEST := OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 $(BIN)/python -m pytest
REQUIREMENTS := pyproject.toml constraints.txt
BENCHMARKS := $(filter-out benchmarks/_%,$(sort $(wildcard benchmarks/*.py)))

.PHONY: demo test test-all test-hard lint bench docs clean
.DELETE_ON_ERROR:

demo: $(VENV)/.installed
	$(BIN)/didymos demo --out demo
	@echo "The report: $(CURDIR)/demo/report.html"

test: $(VENV)/.installed-dev
	$(PYTEST) -m "not slow" $(PYTEST_ARGS)

test-all: $(VENV)/.installed-dev
	$(PYTEST) $(PYTEST_ARGS)

test-hard: $(VENV)/.installed-dev
	OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 $(BIN)/python -W ignore tests/hard/mutations.py $(HARD_ARGS)

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell
	$(BIN)/mypy

bench: $(VENV)/.installed-dev
	@test -n "$(BENCHMARKS)" || echo "benchmarks/ holds no benchmark"
	@failed=""; for file in $(BENCHMARKS); do \
		echo "$$file"; $(BIN)/python "$$file" $(BENCH_ARGS) || failed="$$failed $$file"; \
	done; test -z "$$failed" || { echo "failed:$$failed" >&2; exit 1; }

docs: $(VENV)/.installed-docs
	$(BIN)/mkdocs build --quiet --strict --site-dir build/docs
	@echo "The documentation: $(CURDIR)/build/docs/index.html"

clean:
	rm -rf build dist demo .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.installed: $(REQUIREMENTS) | $(BIN)/python
	$(PIP) --editable .
	@touch $@

$(VENV)/.installed-dev: $(REQUIREMENTS) | $(BIN)/python
	$(PIP) --editable ".[dev]"
	@touch $@ $(VENV)/.installed

$(VENV)/.installed-docs: $(REQUIREMENTS) | $(BIN)/python
	$(PIP) --editable ".[docs]"
	@touch $@ $(VENV)/.installed

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "didymos needs Python 3.11 or later, $(PYTHON) is '$$($(PYTHON) --version 2>&1)': say make PYTHON=python3.12" >&2; \
		exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) cannot make environments: install its venv module (Debian: apt install python3-venv)" >&2; \
		exit 1; }
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }
