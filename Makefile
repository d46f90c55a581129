# `make help` lists the targets. Everything runs in .venv, which is made on first use.
#
# The first Python that is new enough; another one: make demo PYTHON=/path/to/python3.12
PYTHON ?= $(firstword $(foreach p,python3 python3.13 python3.12 python3.11,$(shell \
	$(p) -c $(NEW_ENOUGH) 2>/dev/null && echo $(p))))
NEW_ENOUGH := 'import sys; sys.exit(sys.version_info < (3, 11))'
ARGS ?=

BIN := .venv/bin
# The lists name every package with its hash, so nothing is left to resolve (--no-deps),
# and modules are compiled when they are first imported: both make the first run shorter.
INSTALL := $(BIN)/pip install -qq --disable-pip-version-check --no-compile --no-deps --require-hashes

.DEFAULT_GOAL := help
.PHONY: help demo run test lint bench chaos capacity fuzz reset audit sbom

help: ## list the targets
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1\t\2/p' Makefile | expand -t 16

demo: .venv/.runtime ## a simulated call from the first word to the ticket, then the admin (ARGS="--once --json")
	@$(BIN)/python manage.py demo $(ARGS)

run: .venv/.runtime ## for development: the web site with reload, the AudioSocket worker and the vendors' emulators
	@$(BIN)/python manage.py migrate --verbosity 0
	@$(BIN)/python manage.py seed_demo
	@$(BIN)/python manage.py sandbox & sandbox=$$!; \
	$(BIN)/python manage.py runaudiosocket & calls=$$!; \
	trap "kill $$sandbox $$calls" EXIT; \
	$(BIN)/python manage.py runserver

test: .venv/.dev ## the linters and every part of the suite that this machine can run
	@$(BIN)/python tests/run.py $(ARGS)

lint: .venv/.dev ## the linters alone
	@$(BIN)/python tests/run.py lint

bench: .venv/.dev ## what a call costs: CPU and frame lateness at 100 calls, beside a bare echo
	@$(BIN)/python tests/bench.py $(ARGS)

chaos: .venv/.dev ## attacks on the AudioSocket port of a real worker, and how late its calls are meanwhile (ARGS=outages, deploy, hosts, fairness or soak: what else may go wrong)
	@$(BIN)/python -m tests.chaos $(ARGS)

capacity: .venv/.dev ## what a call takes of each resource (ARGS=resources, ARGS=size), and the plan beside a real worker (ARGS=comparison)
	@$(BIN)/python -m tests.capacity $(ARGS)

fuzz: .venv/.fuzz ## inputs for the AudioSocket port that coverage leads to, a million for the codec and for connections (ten minutes)
	@$(BIN)/python tests/chaos/fuzz.py $(ARGS)

reset: .venv/.runtime ## forget all that was tried out here: the embedded database and its files, and begin with the demo data
	@[ -z "$$DATABASE_URL$$DATA_DIR" ] && ! grep -qsE '^(DATABASE_URL|DATA_DIR)(_FILE)?=.' .env || { \
		echo "DATABASE_URL or DATA_DIR is set: this is for the embedded data in data/ only" >&2; exit 1; }
	@rm -rf data
	@$(BIN)/python manage.py migrate --verbosity 0
	@$(BIN)/python manage.py seed_demo

audit: .venv/.dev ## known weaknesses of what we install; asks the advisory service over the network, fails where it does not know
	@$(BIN)/python tests/audit.py $(ARGS)

sbom: .venv/.dev ## what the larger image has in it, as CycloneDX: sbom.json
	@$(BIN)/cyclonedx-py requirements requirements/extras.txt --pyproject pyproject.toml --output-reproducible -o sbom.json
	@echo "Written: sbom.json"

.venv/bin/python:
	@$(or $(PYTHON),false) -c $(NEW_ENOUGH) 2>/dev/null || { echo "Python 3.11 or newer is needed, and" \
		"$(if $(PYTHON),$(PYTHON) is not,none is on the PATH): install one, or name it:" \
		"make $(MAKECMDGOALS) PYTHON=/path/to/python3.12" >&2; exit 1; }
	@echo "Making .venv with $$($(PYTHON) --version) ..."
	@$(PYTHON) -m venv .venv || { rm -rf .venv; echo "$(PYTHON) cannot make a virtual environment;" \
		"on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }

.venv/.runtime: requirements/runtime.txt | .venv/bin/python
	@echo "Installing requirements/runtime.txt ..."
	@$(INSTALL) -r requirements/runtime.txt
	@touch $@

.venv/.dev: requirements/dev.txt | .venv/bin/python
	@echo "Installing requirements/dev.txt ..."
	@$(INSTALL) -r requirements/dev.txt
	@touch $@

.venv/.fuzz: requirements/fuzz.txt | .venv/.dev
	@echo "Installing requirements/fuzz.txt ..."
	@$(INSTALL) -r requirements/fuzz.txt
	@touch $@
