# `make sandbox` is all a new clone needs. Every target may be run again: what is in place stays.
SHELL := bash
.DEFAULT_GOAL := help
.PHONY: help sandbox install engine pack check style test mutants edits skips permissions contracts schemas reference docs screenshots bench bench-s3 clean distclean

VENV := .venv
BIN := $(VENV)/bin
PACKAGES := $(BIN)/python engine/packages.py
# The first that is new enough makes the virtual environment; to choose: make install PYTHON=...
PYTHONS := $(or $(PYTHON),python3 python3.14 python3.13 python3.12 python3.11)

help:
	@echo 'make sandbox    deploy the whole organization to an emulated AWS on this machine'
	@echo 'make install    the Python packages, in .venv'
	@echo 'make engine     the Pulumi engine, in .engine unless PATH has one that is not older than the SDK'
	@echo 'make pack       what the policy pack needs, for plain pulumi with --policy-pack'
	@echo 'make check      style, types and the quick tests, without an engine: before a push'
	@echo 'make test       style, types and tests: what CI runs'
	@echo 'make mutants    puts known faults into a copy of the code, one at a time: the tests must find each'
	@echo 'make edits      random edits of a deployed organization: the preview must say what each deployment does'
	@echo 'make skips      random programs and random changes: what the run queue skips, pulumi up would not change'
	@echo 'make permissions  what the deploy roles may do, from what each layer asks of the emulated AWS'
	@echo 'make contracts  the outputs that layers promise each other, from shared/stack_outputs.py and its readers'
	@echo 'make schemas    the JSON Schemas of the configuration files, from the models that read them'
	@echo 'make reference  the pages of the documents that are made from the code, and the picture of the stacks'
	@echo 'make docs       the documents as a site, in site/; a dead link is an error'
	@echo 'make screenshots  the access page of the documents, as the browser shows it'
	@echo 'make bench      the run queue beside a shell loop and one big stack, into docs/ (over an hour, Linux)'
	@echo 'make bench-s3   the run queue with its states in a folder and in S3, into docs/ (half an hour, Linux)'
	@echo 'make clean      stop the sandbox and drop its state, logs and caches'
	@echo 'make distclean  clean, and drop .venv and .engine'

sandbox: install
	@$(BIN)/invoke sandbox.start
	@$(BIN)/invoke deploy-all

engine: install
	@$(BIN)/python -m engine

# In a virtual environment of its own: pulumi-policy asks for an older protobuf than the SDK needs.
PACK := policy_pack/venv
pack: install
	@$(PACKAGES) $(PACK) policy_pack/requirements.txt

QUICK := tests/docs tests/policy_pack tests/shared tests/stacks tests/automation/mistakes tests/automation/vending
check: style
	$(BIN)/pytest --numprocesses auto --dist loadfile $(QUICK)

style: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Half as many again as there are cores: a third of the time a test waits, for an engine or a server.
WORKERS := $(BIN)/python -c 'import os; cores = os.cpu_count() or 2; print(cores + cores // 2)'

# The types are checked by one core, and for the half of a build the engine has one.
test: install
	@$(MAKE) --no-print-directory --jobs 2 style engine pack
	$(BIN)/pytest --numprocesses "$$($(WORKERS))" --dist loadfile --no-loadscope-reorder

# Some only: make mutants MUTANTS='boundary*'
MUTANTS :=
mutants: install engine
	$(BIN)/python -m tests.mutants $(MUTANTS)

edits: install engine
	$(BIN)/pytest --hypothesis-profile=closing tests/e2e/test_random_edits.py

skips: install engine
	$(BIN)/pytest --hypothesis-profile=closing tests/automation/skipping/fuzz

# After a change of a program: the commands of each layer's team are recorded, and the documents written from that.
permissions: install engine
	$(BIN)/python -m tests.deploy_roles

# After a change of an output: refused while it breaks a layer that reads it.
contracts: install
	$(BIN)/python -m tests.shared.contracts

schemas: install
	$(BIN)/python -m automation.schemas

reference: install
	$(BIN)/python -m docs_site.reference

# In a virtual environment of its own: nothing else needs the generator.
GENERATOR := docs_site/venv
docs: install
	@$(PACKAGES) $(GENERATOR) docs_site/requirements.lock
	$(BIN)/python -m docs_site

screenshots: install engine
	SCREENSHOTS=docs $(BIN)/pytest tests/automation/page/test_browser.py

# The plot's packages are in a virtual environment of their own: what is measured has the packages that a user has.
# Fewer accounts: make bench BENCH_ARGS='--accounts 1,3' BENCH_OUT=/tmp/bench
PLOT := .bench/venv
BENCH_OUT := docs
BENCH_ARGS :=
bench: install engine
	@$(PACKAGES) $(PLOT) bench/requirements.lock
	$(BIN)/python -m bench --out $(BENCH_OUT) $(BENCH_ARGS)
	$(PLOT)/bin/python -m bench.report $(BENCH_OUT)/benchmark.json

bench-s3: install engine
	$(BIN)/python -m bench.backends --out $(BENCH_OUT) $(BENCH_ARGS)

# What is in place is seen by the Python that is there, in a moment: no other one is looked for.
# By pip alone: make install INSTALLER=pip
install:
	@set -eu; \
	if [ -x $(BIN)/python ] && $(PACKAGES) --current $(VENV) requirements.lock; then exit 0; fi; \
	python=''; \
	for candidate in $(PYTHONS); do \
	    if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; \
	    then python="$$candidate"; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
	    echo 'install: no Python 3.11 or newer among: $(PYTHONS).' >&2; \
	    echo 'install: install one, or name it: make install PYTHON=/path/to/python3' >&2; exit 1; fi; \
	"$$python" engine/packages.py $(VENV) requirements.lock

clean:
	@if [ -x $(BIN)/invoke ] && [ -e .sandbox ]; then $(BIN)/invoke sandbox.stop; fi
	@rm -rf .sandbox .runs .inputs .docs site .import_linter_cache .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -not -path './$(VENV)/*' -not -path './$(PACK)/*' -not -path './$(GENERATOR)/*' -prune -exec rm -rf {} +

distclean: clean
	@rm -rf $(VENV) $(PACK) $(GENERATOR) .engine .bench tests/security/simulator/node_modules tests/automation/page/browser/node_modules
