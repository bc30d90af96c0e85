# LoreChat: `make run` and `make test` are all that a new user needs; `make` lists the rest.
# Works with the make of macOS (3.81) and without a compiler. Variables: SITE, PYTHON, TORCH_INDEX.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help run install test test-fast test-slow lint types imports format bench docs clean

BIN := .venv/bin
SITE ?=
# Each stamp says which extras are installed; a newer pyproject.toml brings the environment up to date.
READY_RUN := .venv/.ready-run
READY_TEST := .venv/.ready-test
READY_BENCH := .venv/.ready-bench

help: ## list what can be made
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -e 's/:.*## /|/' | awk -F'|' '{ printf "make %-10s %s\n", $$1, $$2 }'

run: $(READY_RUN) ## start everything and answer questions: make run [SITE=https://docs.example.com]
	@$(BIN)/lorechat up $(SITE)

install: $(READY_RUN) ## only set up .venv

test: $(READY_TEST) ## install what the tests need and run every check and test
	@sh infra/setup/test_programs.sh
	@$(MAKE) lint types imports
	@$(MAKE) test-fast
	@$(MAKE) test-slow

test-fast: $(READY_TEST) ## the tests that take seconds in all
	$(BIN)/pytest -m 'not slow' -n 2 -q

test-slow: $(READY_TEST) ## servers, browsers and whole pipelines
	$(BIN)/pytest -m slow -n 2 --dist loadfile -q --durations 25

lint: $(READY_TEST) ## ruff: style, imports, formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY_TEST) ## mypy, strict
	$(BIN)/mypy

imports: $(READY_TEST) ## who may import whom
	$(BIN)/lint-imports

format: $(READY_TEST) ## let ruff format and sort
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY_BENCH) ## measure speed and quality next to peers
	$(BIN)/python -m benches

docs: $(READY_RUN) ## build the handbook into build/handbook
	$(BIN)/sphinx-build -W --keep-going -q -b html docs build/handbook
	@echo "build/handbook/index.html"

clean: ## remove .venv, caches and builds; what LoreChat knows (.lorechat) stays
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY_RUN): pyproject.toml
	@sh infra/setup/environment.sh local,docs
	@touch $@

$(READY_TEST): pyproject.toml
	@sh infra/setup/environment.sh local,docs,dev,infra
	@touch $(READY_RUN) $@

$(READY_BENCH): pyproject.toml
	@sh infra/setup/environment.sh local,docs,dev,infra,bench
	@touch $(READY_RUN) $(READY_TEST) $@
