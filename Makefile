# SPDX-License-Identifier: Apache-2.0
# The two commands of the README, `make demo` and `make test`, and those of the maintainers.

PYTHON ?= python3
SHELL := /bin/bash
SETUP := $(PYTHON) tools/setup_workspace.py
BIN := .venv/bin
# A file of tests stays in one worker: it starts its servers, graphs and rendered rooms once.
JOBS ?= auto
PYTEST := -m pytest -n $(JOBS) --dist loadscope --no-loadscope-reorder

.DEFAULT_GOAL := help
.PHONY: help demo setup test long coverage test-kilted test-packages lint types chaos soak long-privacy \
        bench-privacy bench-perception bench-scenes docs lock wheel test-pages sbom audit clean

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-18s%s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: setup ## The whole pipeline, into out/demo/report.html; VIDEO=… a file, an address, a device; SERVE=1 shows the pages then
	@$(BIN)/privcv demo $(if $(VIDEO),--video "$(VIDEO)") $(if $(SERVE),--serve) $(DEMO_OPTIONS)

setup: ## Install what is needed and build the workspace; the others do it where it was not done
	@$(SETUP)

test: setup ## Every test but the long ones, on all cores; TESTS=src/privcv_privacy for one package
	@$(BIN)/python $(PYTEST) $(TESTS)

long: setup chaos long-privacy ## The long tests, chaos and attacks on privacy (an hour)
	@$(BIN)/python $(PYTEST) -m long

coverage: setup ## `make test` with the lines that it ran, which may not sink below the floor
	@$(BIN)/python $(PYTEST) --cov --cov-report=term:skip-covered --cov-report=html:out/coverage

test-kilted: ## The tests that start nodes, on ROS 2 Kilted
	@$(SETUP) --wheels kilted
	@.venv-kilted/bin/python $(PYTEST) -m graph

# As in a workspace of ROS 2: each package by itself, with what it depends on.
COLCON := AMENT_PREFIX_PATH=$(CURDIR)/.venv $(BIN)/colcon --log-base log/jazzy
test-packages: setup ## `colcon test`, each package by itself; PACKAGES="privcv_core privcv_site" for some
	@$(COLCON) test --base-paths src --build-base build/jazzy --install-base .venv --merge-install \
	  --executor sequential --event-handlers console_cohesion+ $(if $(PACKAGES),--packages-select $(PACKAGES))
	@$(BIN)/colcon test-result --test-result-base build/jazzy

lint: setup ## Style, and which package may import which
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/lint-imports --no-logo --no-cache

types: setup ## mypy: strict on the code, less so on the tests
	@$(BIN)/mypy src/privcv_*/privcv_* tools conftest.py test
	@for tests in src/*/test; do $(BIN)/mypy $$tests || exit 1; done # conftest is a module of each

chaos: setup ## 1,000 schedules of faults between uplink and collector, and between two collectors
	@$(BIN)/python test/chaos/run.py
	@$(BIN)/python test/chaos/sums.py

soak: setup ## A fleet for 24 hours of windows and one real hour while all under it fails (an hour and a half)
	@$(BIN)/python test/soak/soak.py $(SOAK_OPTIONS)

# Tests whose length grows with these two; `make test` runs them in seconds.
LONG_PRIVACY := budget/test_ledger_crashes budget/test_budget_end_to_end noise/test_empirical_epsilon noise/test_empirical_statistics noise/test_membership noise/test_averaging
long-privacy: setup ## Attacks on privacy and ledger, at length (40 minutes)
	@PRIVCV_LONG=1 PRIVCV_PRIVACY_RUNS=$${PRIVCV_PRIVACY_RUNS:-20000} $(BIN)/python -m pytest \
	  --durations=0 $(LONG_PRIVACY:%=src/privcv_privacy/test/%.py)

bench-privacy: setup ## Accuracy against epsilon, into docs/benchmarks
	@$(BIN)/python test/benchmarks/privacy.py

bench-perception: setup ## Accuracy of detectors and tracker on the recordings
	@$(BIN)/python test/benchmarks/perception_accuracy.py

bench-scenes: setup ## Unique ids over true people in 19 scenes, and constants held out, into docs/benchmarks
	@$(BIN)/python test/benchmarks/scenes.py --constants

test-pages: ## The collector's pages in a real browser (Chromium)
	@$(SETUP) --pages && $(BIN)/python -m pytest -q src/privcv_collector/test/pages

docs: setup ## The site of the documents, into out/docs/html; a warning is an error
	@$(SETUP) --docs && $(BIN)/python tools/build_docs.py --sphinx .venv-docs/bin/sphinx-build

UV ?= uv
LOCK := $(UV) pip compile --universal --python-version 3.10 --generate-hashes --no-strip-extras --no-header -q
lock: ## Lock the dependencies again, with hashes, for Python 3.10 to 3.14 (needs uv and a network)
	@$(LOCK) pyproject.toml requirements/product.in -o requirements/product.txt
	@for name in build collector jazzy kilted; do $(LOCK) -c requirements/product.txt \
	  requirements/$$name.in -o requirements/$$name.txt || exit 1; done
	@for name in pages extras; do $(LOCK) -c requirements/product.txt requirements/$$name.in \
	  -o requirements/$$name.txt || exit 1; done
	@$(LOCK) -c requirements/product.txt -c requirements/extras.txt requirements/tpm.in -o requirements/tpm.txt
	@mkdir -p out && awk '/^[^ #]/ {skip = /^(docutils|markdown-it-py)==/} !skip' requirements/product.txt >out/of-docs.txt
	@$(LOCK) -c out/of-docs.txt requirements/docs.in -o requirements/docs.txt # Sphinx needs older ones of these

wheel: setup ## The packages that need no ROS 2 as one wheel, with its constraints, into out/wheel
	@$(BIN)/python tools/build_wheel.py

sbom: ## What is installed, from the locks: out/sbom.cdx.json (CycloneDX)
	@$(PYTHON) tools/sbom.py

audit: setup ## Locked packages against ADVISORIES=all.zip of OSV; fails where there is none
	@$(BIN)/python tools/audit_dependencies.py $(ADVISORIES)

clean: ## Remove all that was made
	rm -rf .venv .venv-kilted build install log out .mypy_cache .ruff_cache
