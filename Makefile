# make run: install, build the demo bundle if there is none, serve.
# make check: format, lint and types. make test: the whole suite. make train: add what training takes.
#
# On Linux, PyPI's torch brings several GB of CUDA. TORCH_SOURCE takes the CPU build instead, from
# PyTorch's own index or from a directory of wheels:
#   make run TORCH_SOURCE=https://download.pytorch.org/whl/cpu
#   make run TORCH_SOURCE=/path/to/wheels
PYTHON ?= python3
TORCH_SOURCE ?=
HOST ?= 127.0.0.1
PORT ?= 8000
# Processes that share the test files; each needs 3 GB and uses one core.
WORKERS ?= 2

BIN := .venv/bin
TORCH_OPTION := $(if $(TORCH_SOURCE),$(if $(filter http%,$(TORCH_SOURCE)),--extra-index-url,--find-links) $(TORCH_SOURCE))
# (the data package asks for torchvision, which its images do not need: without --no-warn-conflicts
# pip would call that an error at every later install)
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-warn-conflicts \
  --constraint requirements.lock $(TORCH_OPTION)
NODE = $$(command -v node || $(BIN)/python -m tests.node)

.PHONY: run train check lint types apitypes test units javascript bench lock clean

run: .venv/installed
	@exec $(BIN)/rgz-explorer serve --demo --host $(HOST) --port $(PORT)

check: lint types

test: units javascript

units: .venv/installed-dev
	@$(BIN)/python -m tests.browser.chromium
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile

javascript: .venv/installed-dev
	$(NODE) --test $$(find tests/static -name "*.test.js")

lint: .venv/installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: .venv/installed-dev node_modules/installed
	$(BIN)/mypy
	npm run --silent types

# The shapes of the API as types for the page, made from the OpenAPI document.
apitypes: .venv/installed-dev node_modules/installed
	$(BIN)/python -m tests.api_types

node_modules/installed: package.json package-lock.json
	@command -v npm >/dev/null || { \
	  echo "The types of the page's scripts are checked by tsc: install Node.js with npm."; exit 1; }
	npm ci --silent --no-audit --no-fund
	@touch $@

bench: .venv/installed-dev
	$(BIN)/rgz-explorer bench
	$(BIN)/python -m tests.browser.speed

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or newer is needed; '$(PYTHON)' is $$($(PYTHON) --version 2>&1). Name another with PYTHON=..."; exit 1; }
	$(PYTHON) -m venv .venv

.venv/installed: .venv/bin/python pyproject.toml requirements.lock
	@echo "Installing the pinned dependencies into .venv (a few minutes the first time) ..."
	$(INSTALL) --editable .
	$(INSTALL) --no-deps firstgalaxydata==0.2.1
	@touch $@

.venv/installed-dev: .venv/installed
	$(INSTALL) --editable '.[dev,train]'
	@touch $@

# What pretrain, probe, finetune and experiment need beyond a server.
train: .venv/installed
	$(INSTALL) --editable '.[train]'

# Resolve the newest versions that pyproject.toml allows and pin them; on the oldest Python that is
# supported, or pip pins what that one cannot install (soupsieve 4.1 wants Python 3.11.5).
lock:
	rm -rf .venv-lock
	$(PYTHON) -m venv .venv-lock
	.venv-lock/bin/python -m pip install --quiet $(TORCH_OPTION) --editable '.[dev,train]' 'soupsieve<4.1'
	{ echo "# Made by 'make lock'; pip reads it as constraints."; \
	  .venv-lock/bin/python -m pip freeze --exclude-editable | sed -E 's/^torch[ =].*/torch==2.13.0/'; } > requirements.lock
	rm -rf .venv-lock

clean:
	rm -rf .venv data
