# Two commands do everything: `make up` (run it) and `make test` (test it). Python 3.11 and make are all they need.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3.11
ifeq (,$(shell command -v $(PYTHON)))
PYTHON := python3
endif
VENV := .venv
BIN := $(VENV)/bin

help: ## what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

$(VENV)/.installed: deploy/locks/dev.txt pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r deploy/locks/dev.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --no-index -e .
	@touch $@

setup: $(VENV)/.installed ## the Python environment (every other target makes it when it is missing)

up: setup console ## run the whole system here: Kafka, control plane, worker, partner simulator
	$(BIN)/patchbay up $(ARGS)

test: setup console ## every suite but the Docker one
	$(BIN)/python -m pytest $(ARGS)

lint: setup ## what CI checks before the tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup ## let ruff put the code in shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: setup ## resolve the requirements anew (hashes only, no addresses)
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --upgrade pyproject.toml -o deploy/locks/runtime.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --upgrade --extra dev pyproject.toml -o deploy/locks/dev.txt

bench: setup ## speed and memory, as ratios within one run
	$(BIN)/python -m tests.bench $(ARGS)

clean: ## remove what was built and the local stack's data
	rm -rf $(VENV) .patchbay .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache control_plane/console/dist control_plane/console/node_modules

console: ## the web console, when Node is here

.PHONY: help setup up test lint format lock bench clean console
