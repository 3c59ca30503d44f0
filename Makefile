# SPDX-License-Identifier: Apache-2.0
# The two commands of the README, `make demo` and `make test`, and those of the maintainers.

PYTHON ?= python3
SHELL := /bin/bash
SETUP := $(PYTHON) tools/setup_workspace.py
BIN := .venv/bin
# Tests never meet a robot on the same network, nor each other.
ISOLATED := env ROS_DOMAIN_ID=$${ROS_DOMAIN_ID:-$$((RANDOM % 100))}

.PHONY: help demo test setup lint types test-kilted chaos long-privacy bench-privacy bench-perception clean

help:
	@echo "make demo             run the whole pipeline and write out/demo/report.html"
	@echo "make demo VIDEO=...   the same on a file, an RTSP address or a device"
	@echo "make test             build and run every test"
	@echo "make lint types       what CI checks besides"
	@echo "make test-kilted      the graph tests on ROS 2 Kilted"
	@echo "make chaos            1,000 schedules of faults between uplink and collector"
	@echo "make long-privacy     the attacks on privacy and ledger, at length (40 minutes)"
	@echo "make bench-privacy    accuracy against epsilon, into docs/benchmarks"

setup:
	@$(SETUP)

demo: setup
	@$(BIN)/privcv demo $(if $(VIDEO),--video "$(VIDEO)") $(DEMO_OPTIONS)

test: setup
	@$(ISOLATED) $(BIN)/python -m pytest $(TESTS)

lint: setup
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: setup
	@for package in core perception privacy uplink collector site compliance bringup; do \
	  echo "mypy --strict privcv_$$package" && \
	  $(BIN)/mypy src/privcv_$$package/privcv_$$package || exit 1; done

test-kilted:
	@$(SETUP) --wheels kilted
	@$(ISOLATED) .venv-kilted/bin/python -m pytest -m graph

chaos: setup
	@$(BIN)/python test/chaos/run.py

# Tests whose length grows with these two; `make test` runs them in seconds.
LONG_PRIVACY := budget/test_ledger_crashes budget/test_budget_end_to_end noise/test_empirical_epsilon noise/test_membership noise/test_averaging
long-privacy: setup
	@PRIVCV_LONG=1 PRIVCV_PRIVACY_RUNS=$${PRIVCV_PRIVACY_RUNS:-20000} $(BIN)/python -m pytest \
	  --durations=0 $(LONG_PRIVACY:%=src/privcv_privacy/test/%.py)

bench-privacy: setup
	@$(BIN)/python test/benchmarks/privacy.py

bench-perception: setup
	@$(BIN)/python test/benchmarks/perception_accuracy.py

clean:
	rm -rf .venv .venv-kilted build install log out
