# Needs Python 3.11 or newer and make, nothing else; `make` alone lists the targets.
# Arguments for demo, run and bench:      make demo ARGS="--episode ftx-2022"
# A storm with a seed and a size:         make chaos SEED=7 ARGS="--deliveries 50000 --worker-kills 20 --redis-kills 5"
# A question, without a chat:             make ask Q="/reserves binance"
# Tests that record what they cover take nearly twice as long: make test COVERAGE=1
# Another interpreter than python3:       make PYTHON=python3.13 test

PYTHON ?= python3
ARGS   ?=
SEED   ?=
Q      ?=

BIN     := .venv/bin
RUNTIME := .venv/runtime.stamp
DEV     := .venv/dev.stamp
LOCK    := uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
           --no-header --no-annotate --no-emit-index-url --no-strip-extras
CODE    := $(wildcard bot handlers tests benchmarks)
CORE    := bot/domain/*,bot/detection/*,bot/alerting/*,bot/messages/*,bot/ports/*,bot/backtest/simulation.py,bot/backtest/rule_comparison.py,bot/backtest/naive_rules.py,bot/backtest/reading_rounds.py,bot/backtest/scores.py,handlers/*

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export Q
# Tests start the program a hundred times: without its compiled files each would compile every module again.
unexport PYTHONDONTWRITEBYTECODE

# install LOCKFILE, WHAT: its packages, hashes checked, into .venv
define install
@echo 'Installing $(2) into .venv: less than a minute, once …' >&2
@if command -v uv >/dev/null; then uv pip install --quiet --python $(BIN)/python --require-hashes -r $(1); \
else $(BIN)/python -m pip install --quiet --no-compile --require-hashes -r $(1); fi || { \
echo 'The packages could not be installed; the lines above say why. They come from the internet:' \
'behind a proxy set HTTPS_PROXY, then run make again.' >&2; exit 1; }
endef

.DEFAULT_GOAL := help
.PHONY: help demo run check-settings ask test check lint types floors bench chaos catalogues lock clean

help:  ## list the targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' Makefile | expand -t 24

demo: $(RUNTIME)  ## replay a real run on an exchange, with this terminal as the chat
	@$(BIN)/python -m bot demo $(ARGS)

run: $(RUNTIME)  ## run the service with the settings in .env
	@$(BIN)/python -m bot run $(ARGS)

check-settings: $(RUNTIME)  ## show the settings in force, try every connection, and name every problem
	@$(BIN)/python -m bot check

ask: $(RUNTIME)  ## ask one question: make ask Q="/reserves binance"
	@test -n "$$Q" || { echo 'Ask something: make ask Q="/reserves binance"; make ask Q=/help lists what there is.' >&2; exit 1; }
	@$(BIN)/python -m bot ask $(ARGS) "$$Q"

test: $(DEV)  ## run every test, the ones on a real Redis server included; COVERAGE=1 also checks the coverage
	@$(BIN)/python -m pytest --numprocesses=auto --dist=loadfile --no-loadscope-reorder $(if $(COVERAGE),--cov --cov-report=)
	$(if $(COVERAGE),@$(BIN)/python -m coverage report --fail-under=90)
	$(if $(COVERAGE),@$(BIN)/python -m coverage report --include='$(CORE)' --fail-under=100)

check: COVERAGE = 1
check: lint types floors test  ## everything CI checks, and the coverage

lint: $(DEV)  ## style, format and spelling
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/codespell

types: $(DEV)  ## static types, tests and benchmarks included
	@$(BIN)/mypy --explicit-package-bases $(CODE)

floors: $(DEV)  ## who may import whom
	@$(BIN)/lint-imports --no-logo

bench: $(DEV)  ## measure what the documents promise
	@$(BIN)/python -m benchmarks $(ARGS)

chaos: $(DEV)  ## break what deliveries, then the whole service stand on, at random; SEED=7 repeats what seed 7 did
	@$(BIN)/python -m tests.chaos $(if $(SEED),--seed $(SEED)) $(ARGS)

catalogues: $(DEV)  ## take the texts of the code into the catalogues of all languages, and compile them
	@$(BIN)/python -m tests.language

lock:  ## rewrite the lock files from pyproject.toml; ARGS=--upgrade moves every version
	@command -v uv >/dev/null || { echo 'make lock needs uv: pipx install uv' >&2; exit 1; }
	@$(LOCK) $(ARGS) --output-file requirements.lock
	@$(LOCK) $(ARGS) --group dev --extra backtest --constraint requirements.lock --output-file requirements-dev.lock

clean:  ## remove .venv and every cache
	@rm -rf .venv .coverage* .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .grimp_cache .hypothesis dist
	@find bot handlers tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

.venv/bin/python:
	@command -v $(PYTHON) >/dev/null || { echo 'Runwatch needs Python 3.11 or newer: $(PYTHON) was not found.' >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	echo "Runwatch needs Python 3.11 or newer, and $(PYTHON) is only $$($(PYTHON) --version 2>&1)." \
	'Name a newer one: make PYTHON=python3.13 $(MAKECMDGOALS)' >&2; exit 1; }
	@if command -v uv >/dev/null; then uv venv --quiet --clear --python "$$(command -v $(PYTHON))" .venv; \
	else $(PYTHON) -m venv --clear .venv; fi || { rm -rf .venv; \
	echo 'No virtual environment could be made; the lines above say why. On Debian and Ubuntu: apt install python3-venv.' >&2; \
	exit 1; }

$(RUNTIME): requirements.lock | .venv/bin/python
	$(call install,$<,Runwatch)
	@printf '#!/bin/sh\nPYTHONPATH="%s" exec "%s" -P -m bot "$$@"\n' '$(CURDIR)' '$(CURDIR)/$(BIN)/python' > $(BIN)/runwatch
	@chmod +x $(BIN)/runwatch
	@touch $@

$(DEV): requirements-dev.lock $(RUNTIME)
	$(call install,$<,what tests and checks need)
	@touch $@
