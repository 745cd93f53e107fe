# make demo         simulate a surface, analyse it, write the report
# make test         the suite without the tests marked slow
# make test-all     the whole suite
# make test-lowest  as make test, in .venv-lowest, with the lowest versions that pyproject.toml declares
# make test-hard    damaged copies of files of every format, and commands that are killed; takes an hour
# make lint         style, spelling and types
# make bench        every benchmark
# make docs         the documentation; warnings are errors
# make dist         sdist, wheel and bill of materials, into dist; the wheel is tried in a new environment
# make clean        remove what the others wrote and .venv-lowest; the environment .venv stays

PYTHON ?= python3
# a worker for every core, each with one thread of BLAS
PYTEST_ARGS ?= --numprocesses=auto --dist=loadfile
BENCH_ARGS ?=
HARD_ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --constraint constraints.txt
ONE_THREAD := OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1
PYTEST := $(ONE_THREAD) $(BIN)/python -m pytest
LOWEST := .venv-lowest
LOWEST_BIN := $(LOWEST)/bin
# where the wheel is tried
PLAIN := build/plain
REQUIREMENTS := pyproject.toml constraints.txt
BENCHMARKS := $(filter-out benchmarks/_%,$(sort $(wildcard benchmarks/*.py)))

.PHONY: demo test test-all test-lowest test-hard lint bench docs dist clean
.DELETE_ON_ERROR:

demo: $(VENV)/.installed
	$(BIN)/didymos demo --out demo
	@echo "The report: $(CURDIR)/demo/report.html"

test: $(VENV)/.installed-dev
	$(PYTEST) -m "not slow" $(PYTEST_ARGS)

test-all: $(VENV)/.installed-dev
	$(PYTEST) $(PYTEST_ARGS)

test-lowest: $(LOWEST)/.installed
	$(ONE_THREAD) $(LOWEST_BIN)/python -m pytest -m "not slow" $(PYTEST_ARGS)

test-hard: $(VENV)/.installed-dev
	$(ONE_THREAD) $(BIN)/python -W ignore tests/hard/mutations.py $(HARD_ARGS)
	$(ONE_THREAD) $(BIN)/python -W ignore tests/hard/kills.py --count 50
	$(ONE_THREAD) $(BIN)/python -W ignore tests/hard/kills.py --count 20 --signal INT

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

dist: $(VENV)/.installed-dist
	rm -rf dist $(PLAIN)
	$(BIN)/python -m build --outdir dist
	$(PYTHON) -m venv --without-pip $(PLAIN)
	$(BIN)/python -m pip --disable-pip-version-check --python $(PLAIN)/bin/python install --quiet \
		--constraint constraints.txt dist/*.whl
	$(PLAIN)/bin/didymos --version
	$(BIN)/python tools/bill_of_materials.py $(PLAIN)/bin/python dist

clean:
	rm -rf build dist demo $(LOWEST) .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find src tests benchmarks tools -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.installed: $(REQUIREMENTS) | $(BIN)/python
	$(PIP) --editable .
	@touch $@

$(VENV)/.installed-dev: $(REQUIREMENTS) | $(BIN)/python
	$(PIP) --editable ".[dev]"
	@touch $@ $(VENV)/.installed

$(VENV)/.installed-docs: $(REQUIREMENTS) | $(BIN)/python
	$(PIP) --editable ".[docs]"
	@touch $@ $(VENV)/.installed

$(VENV)/.installed-dist: $(REQUIREMENTS) | $(BIN)/python
	$(PIP) --editable ".[dist]"
	@touch $@ $(VENV)/.installed

# an environment of its own; it is made anew where a bound has changed
$(LOWEST)/.installed: pyproject.toml tools/lowest_versions.py | $(BIN)/python
	rm -rf $(LOWEST)
	$(PYTHON) -m venv $(LOWEST)
	$(LOWEST_BIN)/python -m pip --disable-pip-version-check install --quiet packaging
	$(LOWEST_BIN)/python tools/lowest_versions.py build/lowest.txt
	$(LOWEST_BIN)/python -m pip --disable-pip-version-check install --quiet --constraint build/lowest.txt \
		--editable ".[dev]"
	@touch $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "didymos needs Python 3.11 or later, $(PYTHON) is '$$($(PYTHON) --version 2>&1)': say make PYTHON=python3.12" >&2; \
		exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) cannot make environments: install its venv module (Debian: apt install python3-venv)" >&2; \
		exit 1; }
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }
