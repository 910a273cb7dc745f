# Two commands do everything: `make up` (run it) and `make test` (test it). Python 3.11 and make are all they need.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3.11
ifeq (,$(shell command -v $(PYTHON)))
PYTHON := python3
endif
VENV := .venv
BIN := $(VENV)/bin
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --upgrade
CONSOLE := control_plane/console
COMPILED := build/compiled
IN_COMPILED := cd $(COMPILED) && $(CURDIR)/$(BIN)/python -m

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

test: setup console $(if $(ARGS),,compile) ## every suite but the Docker one: those of the promises on the compiled delivery path
	$(BIN)/python -m pytest $(or $(ARGS),--ignore=tests/faults)
	$(if $(ARGS),,$(IN_COMPILED) pytest tests/faults tests/stream_workers/core tests/stream_workers/engine tests/stream_workers/http)

compile: $(COMPILED)/.made ## a copy of the source with the delivery path compiled to C, where there is a C compiler

$(COMPILED)/.made: $(VENV)/.installed $(shell find connectors deploy stream_workers tests control_plane \( -name node_modules -o -name __pycache__ -o -name console \) -prune -o -type f -print)
	$(BIN)/python -m deploy.compiling $(COMPILED)
	@if ls $(COMPILED)/*.so >/dev/null 2>&1; then touch $@; fi

lint: setup ## what CI checks before the tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup ## let ruff put the code in shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: setup ## resolve the requirements anew (hashes only, no addresses)
	$(COMPILE) pyproject.toml -o deploy/locks/runtime.txt
	$(COMPILE) --extra dev pyproject.toml -o deploy/locks/dev.txt
	$(COMPILE) --extra build pyproject.toml -o deploy/locks/build.txt
	$(BIN)/python -m deploy.local.jars

wheel: setup console ## what production installs where there is no Docker
	$(BIN)/python -m deploy.compiling $(COMPILED)
	$(IN_COMPILED) hatchling build -t wheel -d $(CURDIR)/dist

bench: compile ## speed and memory, as ratios within one run
	$(IN_COMPILED) tests.bench --results $(CURDIR)/bench-results $(ARGS)

faults: compile ## the proof of reliability at full size, ONLY=T4 for one test (results are kept)
	$(IN_COMPILED) tests.faults --results $(CURDIR)/faults-results $(if $(ONLY),--only $(ONLY)) $(ARGS)

fuzz: setup ## 10,000 made-up requests to every route of the API (CASES=n for another number)
	FUZZ_CASES=$(or $(CASES),10000) $(BIN)/python -m pytest tests/control_plane/test_openapi.py -k test_no_request_breaks_a_route $(ARGS)

clean: ## remove what was built and the local stack's data
	rm -rf $(VENV) build .patchbay .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache $(CONSOLE)/dist $(CONSOLE)/node_modules $(CONSOLE)/generated

console: $(CONSOLE)/dist/index.html ## the web console, when Node is here

$(CONSOLE)/dist/index.html: $(shell find $(CONSOLE) \( -name node_modules -o -name dist -o -name generated -o -name __pycache__ \) -prune -o -type f ! -name '*.py' -print)
	@if node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' 2>/dev/null && command -v npm >/dev/null; \
	then cd $(CONSOLE) && npm ci && npm run build && touch dist/index.html; \
	else echo "Without Node.js 20.19 or newer and npm there is no web console; everything else works."; fi

pictures: setup console ## the pictures of the admins' guide, from the running console
	PYTHONPATH=. $(BIN)/python docs/make_pictures.py

.PHONY: help setup up test compile wheel lint format lock bench faults fuzz clean console pictures
