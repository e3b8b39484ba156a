# Everything a developer or a curious stranger needs, each as one word. A stamp lives inside the thing it vouches for
# (.venv, node_modules, web/), so deleting the thing deletes the stamp, and nothing is installed twice.

SHELL := /bin/sh
.DEFAULT_GOAL := help
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export npm_config_update_notifier := false
# Each worker of pytest would compile every test anew where an image forbids it to keep what it compiled (half a minute).
unexport PYTHONDONTWRITEBYTECODE

BIN    := .venv/bin
HOST   ?= 127.0.0.1
PORT   ?= 8000
ARGS   ?=
KILLS  ?= 200
OUTAGES ?= 40
GAMES  ?= 30
WEB    := backend/pressrun/web
# Two `make` calls in one fresh clone would both install into .venv; with the lock the second waits, then finds all done.
LOCKED := $(shell command -v flock >/dev/null 2>&1 && echo flock .make.lock)
# The output of things that run side by side, each in one piece, where this make can do it.
SYNC   := $(if $(findstring output-sync,$(.FEATURES)),--output-sync=target)
# Tests wait more than they compute: two workers for each core. Quick ones compute, and each worker reads all modules anew
# (6 s of CPU): one for each core.
CORES  := $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)
WORKERS ?= $(shell echo $$((2 * $(CORES))))
PARALLEL := -n $(WORKERS) --dist worksteal
UI_SOURCES := examples/first.md $(shell find frontend -path frontend/node_modules -prune -o -type f -print 2>/dev/null)

.PHONY: help setup installed system-packages demo test check lint serve dev bench screenshots chaos conformance golden lock pin-images dist dist-check site clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-11s %s\n", $$1, $$2}' Makefile

setup: ## install everything into this folder: .venv, front end, a Chromium
	@$(LOCKED) $(MAKE) --no-print-directory installed

demo: setup ## run the real thing once: server, example lesson, batch folder
	@$(BIN)/python examples/demo.py

test: system-packages setup ## the static checks, then every test; root gets what the tests want installed
	@$(MAKE) --no-print-directory -j2 $(SYNC) lint-py lint-web test-web
	$(BIN)/python -m tests.support.once_more $(PARALLEL) $(ARGS)

check: setup ## static checks and quick tests, under a minute
	@$(MAKE) --no-print-directory -j2 $(SYNC) lint-py lint-web test-web test-quick

serve: setup ## server and UI on http://127.0.0.1:8000 (HOST=, PORT=)
	@$(BIN)/pressrun serve --host $(HOST) --port $(PORT)

dev: setup ## the same, with the front end rebuilt as you type on http://127.0.0.1:5173
	@$(BIN)/pressrun serve --host $(HOST) --port $(PORT) & server=$$!; \
	trap 'kill $$server 2>/dev/null; wait $$server' EXIT INT TERM; \
	cd frontend && npm run dev

bench: setup ## the figures of benchmarks/README.md, measured here
	$(BIN)/python -m benchmarks $(ARGS)

screenshots: setup ## pictures of each view of the UI into build/screenshots (ARGS: parts of their names)
	$(BIN)/python -m tests.support.screenshots $(ARGS)

chaos: setup ## kill the server at every named place and 200 random instants, and judge; new games for the guard, all documents made up at random (KILLS=, OUTAGES=, GAMES=)
	$(BIN)/python -m tests.support.chaos $(KILLS) $(OUTAGES)
	PRESSRUN_GUARD_EXAMPLES=$(GAMES) $(BIN)/pytest -q tests/unit/test_guard_machine.py
	PRESSRUN_TRIALS=1 $(BIN)/pytest -q tests/browser/test_coverage_properties.py

conformance: setup ## the wire contract against any server: URL=http://host:port [TOKEN=… ORIGIN=…]; our own without
	@CONFORMANCE_URL=$(URL) CONFORMANCE_TOKEN=$(TOKEN) CONFORMANCE_ORIGIN=$(ORIGIN) $(BIN)/pytest tests/conformance $(ARGS)

lock: setup ## write both lock files anew from pyproject.toml
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile $(UV_FLAGS) -o requirements.lock pyproject.toml
	$(BIN)/uv pip compile $(UV_FLAGS) --extra dev -c requirements.lock -o requirements-dev.lock pyproject.toml

UV_FLAGS := --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
            --custom-compile-command "make lock" $(if $(UPGRADE),--upgrade)

pin-images: # the base images of the Dockerfile by their newest digests; needs docker
	@.ci/pin-images Dockerfile

golden: setup ## the golden decks of tests/data/golden anew, with sheets to look at in build/golden
	$(BIN)/python -m tests.support.golden

dist: setup ## wheels and sdists in dist/: all of it, with the UI, and the client alone
	rm -rf dist build
	$(BIN)/python .ci/build_dist.py dist

dist-check: setup ## the same twice, each from a copy of the last commit, in two folders: identical bytes
	@.ci/check-dist

site: setup ## the documents as a site in build/site
	$(BIN)/mkdocs build --strict --quiet --config-file .ci/mkdocs.yml

clean: ## remove what `make` built; data/ stays
	rm -rf .venv build dist $(WEB) backend/pressrun/browser/chromium/in_page/built frontend/node_modules .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .make.lock
	find backend tests benchmarks -name __pycache__ -prune -exec rm -rf {} +

lint: lint-py lint-web

lint-py:
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

lint-web:
	cd frontend && npx tsc --noEmit && npm run --silent lint && npm run --silent format:check

test-web:
	cd frontend && npm run --silent test

test-quick:
	$(BIN)/pytest -q -n $(CORES) --dist worksteal -m "not slow and not chromium" $(ARGS)

system-packages:
	@.ci/system-packages

installed: .venv/.installed .venv/.browser $(WEB)/index.html
	@:

.venv/bin/python:
	@echo "· virtual environment in .venv"
	@.ci/make-venv .venv

.venv/.installed: requirements-dev.lock pyproject.toml | .venv/bin/python
	@echo "· Python packages from requirements-dev.lock"
	@$(BIN)/pip install --quiet --require-hashes -r requirements-dev.lock
	@$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q backend/pressrun # else each start does (0.3 s), where Python may not write what it made
	@touch $@

.venv/.browser: | .venv/.installed
	@$(BIN)/pressrun install-browser
	@touch $@

frontend/node_modules/.installed: frontend/package.json frontend/package-lock.json
	@echo "· front-end packages from package-lock.json"
	@cd frontend && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(WEB)/index.html: frontend/node_modules/.installed $(UI_SOURCES)
	@echo "· front end into $(WEB)"
	@cd frontend && npm run --silent build -- --logLevel warn
	@touch $@
