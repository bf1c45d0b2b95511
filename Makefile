# One command for each thing a person does here; `make` alone lists them.
#
# From nothing to a filled .venv: an empty venv, uv put into it by whatever pip the machine has,
# then everything else by uv. Where only pip knows the package index (a private one), uv finds
# nothing and pip installs the same hashed lock. A stamp remembers the lock it was made from.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMPS := $(VENV)/stamps
UV     := $(BIN)/uv

# pip of the venv where it has one, else the pip of the Python that made it.
PIP     = $(if $(wildcard $(BIN)/pip),$(BIN)/python -m pip,$(PYTHON) -m pip --python $(BIN)/python)
QUIET  := --quiet --disable-pip-version-check --no-input
COMPILE = $(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url \
          --custom-compile-command "make lock" $(if $(UPGRADE),--upgrade)

export PYTHONUTF8 := 1
# Compiled modules are kept, whatever the caller's environment says: without them a start takes seconds.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo run test check format format-check lint types imports tests bench soak fuzz mutants lock \
        changelog docs install install-dev wheel clean

help: ## list what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

# ---------------------------------------------------------------- using it

AT = $(if $(LISTEN),--listen "$(LISTEN)")

demo: $(STAMPS)/runtime ## simulated PBXs, a site with 90 days of calls, and the server
	@$(BIN)/tollbook demo $(AT)

run: $(STAMPS)/runtime ## serve a real site: make run SITE=/srv/tollbook LISTEN=HOST:PORT
	@test -n "$(SITE)" || { \
	  echo "error: no site given"; \
	  echo " help: make run SITE=/srv/tollbook   (the first start makes the folder)"; \
	  exit 2; } >&2
	@$(BIN)/tollbook --site "$(SITE)" serve $(AT)

# ---------------------------------------------------------------- checking it

test: format-check lint types imports tests ## everything CI runs

check: format-check lint types imports ## the fast part, for every day
	$(BIN)/python -m pytest -n 5 --dist worksteal -q -m "not slow and not browser" --hypothesis-profile=everyday

# More processes than a small machine has cores: many tests wait for a line, a timer or a server.
tests: $(STAMPS)/dev
	$(BIN)/python -m pytest -n 4 --dist worksteal

format: $(STAMPS)/dev ## lay the code out
	$(BIN)/ruff check --quiet --fix --select I,COM,UP
	$(BIN)/ruff format

format-check: $(STAMPS)/dev
	$(BIN)/ruff format --check

lint: $(STAMPS)/dev ## all of ruff's rules
	$(BIN)/ruff check

types: $(STAMPS)/dev ## mypy, strict
	$(BIN)/mypy

imports: $(STAMPS)/dev ## the layers hold
	$(BIN)/lint-imports

bench: $(STAMPS)/dev ## measure against peers in the same run, print a table
	$(BIN)/python -m bench $(ARGS)

MINUTES ?= 30

soak: $(STAMPS)/dev ## trouble a real server for MINUTES (30), compare all that was sent with all that is there
	$(BIN)/python -m bench.soak --minutes $(MINUTES) $(ARGS)

LINES ?= 10000000
SEED  ?= 1

fuzz: $(STAMPS)/dev ## read LINES (10,000,000) hostile lines by all dialects: nothing raises, time and memory are bounded
	$(BIN)/python -m bench.fuzz --lines $(LINES) --seed $(SEED) $(ARGS)

N ?= 40

mutants: $(STAMPS)/dev ## change PKG in N (40) places, one at a time, and list what its unit tests let pass
	@test -n "$(PKG)" || { echo "error: no package given"; echo " help: make mutants PKG=framing"; exit 2; } >&2
	$(BIN)/python -m bench.mutants $(PKG) --n $(N) --seed $(SEED)

# ---------------------------------------------------------------- keeping it

docs: $(STAMPS)/dev ## write the manual's reference again from the program
	$(BIN)/python -m docs.generate

changelog: $(STAMPS)/dev ## gather changes/ into CHANGELOG.md: make changelog VERSION=0.2.0
	$(BIN)/towncrier build --yes $(if $(VERSION),--version $(VERSION))

wheel: $(STAMPS)/runtime ## build dist/*.whl, which pipx and uv install anywhere
	$(UV) build --quiet --wheel --out-dir dist
	@ls dist/*.whl

lock: $(UV) ## resolve the dependencies again; UPGRADE=1 takes the newest
	$(COMPILE) --group pyproject.toml:installer --output-file requirements-uv.lock
	$(COMPILE) pyproject.toml --output-file requirements.lock
	$(COMPILE) pyproject.toml --group dev --constraints requirements.lock \
	  --constraints requirements-uv.lock --output-file requirements-dev.lock
	@! grep -nE 'https?:|--(extra-)?index-url|--find-links' requirements*.lock

clean: ## remove what make made: .venv, caches
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	rm -rf build dist .coverage .coverage.* htmlcov
	find src tests bench docs -name __pycache__ -type d -prune -exec rm -rf {} +

# ---------------------------------------------------------------- installing it

install: $(STAMPS)/runtime ## .venv with what the program needs
install-dev: $(STAMPS)/dev ## .venv with everything

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "error: Tollbook needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V 2>&1)"; \
	  echo " help: make PYTHON=/path/to/python3.12 ..."; exit 2; } >&2
	@# A venv without its own pip is made in a fraction of the time.
	@if $(PYTHON) -m pip --version >/dev/null 2>&1; \
	 then $(PYTHON) -m venv --without-pip $(VENV); \
	 else $(PYTHON) -m venv $(VENV); fi || { rm -rf $(VENV); exit 2; }

$(UV): requirements-uv.lock | $(BIN)/python
	@echo "installing uv"
	@$(PIP) install $(QUIET) --require-hashes -r $<
	@touch $@

$(STAMPS)/runtime: requirements.lock pyproject.toml | $(UV)
	$(call install,requirements.lock)

$(STAMPS)/dev: requirements-dev.lock pyproject.toml | $(UV)
	$(call install,requirements-dev.lock)
	@touch $(STAMPS)/runtime

# A lock names everything that is needed, so nothing is looked for beside it.
define install
@echo "installing $(1) into $(VENV)"
@VIRTUAL_ENV=$(VENV) $(UV) pip install --quiet --no-deps --require-hashes -r $(1) \
  || { echo "uv could not; pip tries the same lock" >&2; \
       $(PIP) install $(QUIET) --no-deps --require-hashes -r $(1); }
@VIRTUAL_ENV=$(VENV) $(UV) pip install --quiet --no-deps --editable . \
  || $(PIP) install $(QUIET) --no-deps --editable .
@mkdir -p $(STAMPS) && touch $@
endef
