# LoreChat: `make run` and `make test` are all that a new user needs; `make` lists the rest.
# Works with the make of macOS (3.81) and without a compiler. Variables: SITE, STAGE, IMAGES, ENGINE, DO, IN, PYTHON, TORCH_INDEX.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help run install test test-fast test-slow lint types imports format bench docs pins
.PHONY: synth bootstrap images preflight deploy release smoke task destroy github costs clean

BIN := .venv/bin
SITE ?=
STAGE ?= dev
# What `make images` pushed is what is deployed; without it, the tags in the stage's file.
IMAGES ?= $(wildcard build/images/$(STAGE).json)
WITH_IMAGES := $(if $(IMAGES),--images $(IMAGES))
# The cdk command and aws-cdk-lib run in the Node that came with pip; npm's newest cdk (3) cannot read what 2 writes.
CDK_PROGRAM := .venv/cdk/node_modules/.bin/cdk
CDK := PATH="$(CURDIR)/$(BIN):$$PATH" $(CDK_PROGRAM) --app build/cdk/$(STAGE)
# Each stamp says which extras are installed; a newer pyproject.toml brings the environment up to date.
READY_RUN := .venv/.ready-run
READY_TEST := .venv/.ready-test
READY_INFRA := .venv/.ready-infra
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

lint: $(READY_TEST) ## ruff: style, imports, formatting; shell scripts; GitHub's workflows
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/shellcheck infra/setup/*.sh .ci/run
	$(BIN)/zizmor --offline --no-progress --min-severity medium --quiet .github

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

synth: $(READY_INFRA) ## check a stage and write its AWS templates into build/cdk: make synth [STAGE=dev]
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m infra.app $(STAGE) --output build/cdk/$(STAGE) $(WITH_IMAGES)
	@echo "build/cdk/$(STAGE)$(if $(IMAGES), with the images of $(IMAGES))"

bootstrap: synth $(CDK_PROGRAM) ## prepare an AWS account for deployments, once
	@$(CDK) bootstrap

images: $(READY_INFRA) ## build the images of a stage and push them, with docker, finch or podman
	@$(BIN)/python -m infra.images $(STAGE) --output build/images/$(STAGE).json $(if $(ENGINE),--engine $(ENGINE))

preflight: $(READY_INFRA) ## say what the AWS account lacks for a stage
	@$(BIN)/python -m infra.preflight $(STAGE) $(WITH_IMAGES)

deploy: preflight synth $(CDK_PROGRAM) ## bring a stage to AWS, after asking about rights: make deploy [STAGE=dev]
	@$(CDK) deploy --all --require-approval broadening --outputs-file build/cdk/$(STAGE).outputs.json

release: synth $(CDK_PROGRAM) ## deploy without asking, as workflows do after an approval
	@$(CDK) deploy --all --require-approval never --outputs-file build/cdk/$(STAGE).outputs.json

smoke: $(READY_INFRA) ## test a deployed stage: drop a page, see its chunks, ask the chat: make smoke [STAGE=dev] [WITH=--before-crawl]
	@$(BIN)/python -m infra.smoke $(STAGE) $(WITH)

task: $(READY_INFRA) ## run a command inside a stage: make task STAGE=prod DO="lorechat releases list" [IN=chat]
	@$(BIN)/python -m infra.operation.task $(STAGE) $(if $(IN),--in $(IN)) -- $(DO)

destroy: synth $(CDK_PROGRAM) ## take a stage out of AWS, after asking: make destroy [STAGE=dev]
	@$(BIN)/python -m infra.removal $(STAGE) -- env $(CDK) destroy --all --force

github: $(READY_INFRA) $(CDK_PROGRAM) ## let GitHub's workflows plan and deploy: the roles of infra/stages/github.yaml
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m infra.github --output build/cdk/github
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(CDK_PROGRAM) --app build/cdk/github deploy --require-approval broadening

costs: $(READY_INFRA) ## estimate what a month of each stage costs
	@$(BIN)/python -m infra.cost

pins: $(READY_TEST) ## renew the versions that container images are made of
	@sh infra/containers/pin.sh

clean: ## remove .venv, caches and builds; what LoreChat knows (.lorechat) stays
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY_RUN): pyproject.toml
	@sh infra/setup/environment.sh local,docs
	@touch $@

$(READY_TEST): pyproject.toml
	@sh infra/setup/environment.sh local,docs,dev,infra,aws
	@touch $(READY_RUN) $(READY_INFRA) $@

$(READY_INFRA): pyproject.toml
	@sh infra/setup/environment.sh local,docs,infra
	@touch $(READY_RUN) $@

$(CDK_PROGRAM): | $(READY_INFRA)
	@PATH="$(CURDIR)/$(BIN):$$PATH" npm install --silent --no-audit --no-fund --prefix .venv/cdk 'aws-cdk@^2.1147'

$(READY_BENCH): pyproject.toml
	@sh infra/setup/environment.sh local,docs,dev,infra,aws,bench
	@touch $(READY_RUN) $(READY_TEST) $(READY_INFRA) $@
