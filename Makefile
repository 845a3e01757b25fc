# Every target works on a machine that has Python 3.11 or later, make and a C compiler: what else it needs is
# set up in .venv, once, and again only when pyproject.toml or constraints.txt change.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
DEMO   := results/checkout

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help setup demo test check format stat bench reference clean distclean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "callsim needs Python 3.11 or later, this is %s: say make PYTHON=python3.12 ..." % sys.version.split()[0])'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

setup: $(READY)  ## set up .venv (every other target does so by itself)

demo: $(READY)  ## play the checkout in five styles (5 replications) and say where the page is
	$(BIN)/callsim run catalog:checkout --replications 5 --out $(DEMO) --overwrite
	@echo
	@echo "The page: $(CURDIR)/$(DEMO)/report.html"

test: $(READY)  ## run the tests on two processes, without the long statistical ones
	$(BIN)/python -m pytest -n 2

check: $(READY)  ## lint, formatting, types (strict), import layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/architecture

format: $(READY)  ## put the code in its standard form and mend what ruff can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

stat: $(READY)  ## run the long statistical verification; writes docs/validation.md
	$(BIN)/python -m tests.truth docs/validation.md --jobs 2
	$(BIN)/python -m pytest -n 2 -m stat

bench: $(READY)  ## measure against textbook SimPy and Ciw, as ratios (BENCH='--repeats 1 --quick' for a look)
	$(BIN)/python -m benchmarks $(BENCH)

reference: $(READY)  ## write docs/reference.md and the JSON Schema anew, from the models
	$(BIN)/python -m experiments.language.reference docs/reference.md
	$(BIN)/callsim schema --out experiments/language/callsim.schema.json

clean:  ## remove caches and build products (results stay)
	rm -rf build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis benchmarks/results
	find simulator experiments reports tests benchmarks -type d -name __pycache__ -prune -exec rm -rf {} +

distclean: clean  ## remove .venv as well
	rm -rf $(VENV)
