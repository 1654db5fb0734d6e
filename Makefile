# Garabato's two commands are `make demo` and `make test`; `make help` lists the others.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:  # both environments and apt-get want the network and the same two cores
MAKEFLAGS += --no-builtin-rules

ARGS ?=
TFJS_CHECK := export/tfjs_check
WEB := demo/web
FIREFOX := tests/browser/firefox

.PHONY: help demo studio web check test release lint format lock clean browser firefox node arm64 gpu

help:  ## show this
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: .venv-demo/installed $(WEB)/dist/index.html  ## open the sketchpad (ARGS="--port 8000 my-bundle" goes to it)
	@.venv-demo/bin/python -m demo $(ARGS)

studio: .venv/installed $(WEB)/dist/index.html  ## open the studio, where photos become a sketchpad (ARGS="--port 8000 FOLDER" goes to it)
	@.venv/bin/python -m demo studio --open $(ARGS)

web: .venv/installed  ## write the page that needs no server to build/web (ARGS="my-bundle ..." takes other bundles)
	rm -rf build/web
	.venv/bin/python -m export page build/web $(or $(ARGS),$(wildcard demo/models/flowers demo/models/objects))
	@echo "to look at it: python3 -m http.server --bind 127.0.0.1 --directory build/web"

# Two at a time, as most tests spend their time on one core; who is done early takes over from the other.
PYTEST := .venv/bin/python -m pytest --numprocesses 2 --dist worksteal

check: lint  ## the inner loop: lint, types, and the tests that need no process and no browser
	$(PYTEST) -m "not slow and not release" $(ARGS)

test: .venv/installed browser node lint $(WEB)/dist/index.html  ## all that proves the product on this machine (ARGS="-k canvas" goes to pytest)
	$(PYTEST) -m "not release" $(ARGS)

release: .venv/installed browser firefox node arm64 lint $(WEB)/dist/index.html  ## test in a random order, and what wants other platforms, fresh environments or long waits
	$(PYTEST) --random-order $(ARGS)

lint: .venv/installed  ## ruff and mypy
	.venv/bin/python -m ruff check
	.venv/bin/python -m ruff format --check
	.venv/bin/python -m mypy

format: .venv/installed  ## let ruff put imports and layout right
	.venv/bin/python -m ruff check --fix --select I
	.venv/bin/python -m ruff format

clean:  ## remove the environments and caches (data, runs and bundles stay)
	rm -rf .venv .venv-demo .pytest_cache .ruff_cache .mypy_cache .hypothesis build $(addsuffix /node_modules,$(TFJS_CHECK) $(WEB) $(FIREFOX)) $(WEB)/dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- environments ------------------------------------------------------------------------------

CANDIDATES = $(or $(PYTHON),python3.12 python3.11 python3)

# Only a Python that can make an environment counts: Debian splits venv off into a package of its
# own, and version managers leave names on the path with nothing behind them.
# An environment that is there already is kept, whoever made it.
define install
python=; \
for candidate in $(1)/bin/python $(CANDIDATES); do \
    if "$$candidate" -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 13))' 2> /dev/null; \
    then python=$$candidate; break; fi; \
done; \
if [ -z "$$python" ]; then \
    echo "error: expected Python 3.11 or 3.12 with venv, found none as $(CANDIDATES)" \
        "($$(python3 --version 2>&1)); try 'apt-get install python3-venv'," \
        "or name one: make PYTHON=/path/to/python3.12" >&2; \
    exit 2; \
fi; \
if [ "$$python" != $(1)/bin/python ]; then "$$python" -m venv --clear $(1); fi; \
$(1)/bin/python -m pip --version > /dev/null 2>&1 || $(1)/bin/python -m ensurepip > /dev/null; \
echo "Installing into $(1) with $$($(1)/bin/python --version): $(2) (once; a minute or several)"; \
$(1)/bin/python -m pip install --quiet --disable-pip-version-check $(addprefix --requirement ,$(2)); \
touch $(1)/installed
endef

.venv/installed: requirements.txt tests/requirements.txt
	@$(call install,.venv,$^)

.venv-demo/installed: demo/requirements.txt
	@$(call install,.venv-demo,$^)

BACKEND = tensorflow
gpu: .venv/installed training/gpu/$(BACKEND).txt  ## let .venv train on an NVIDIA card with TensorFlow, or with JAX (BACKEND=jax)
	@echo "Installing CUDA's libraries for $(BACKEND) into .venv (3 GB, once)"
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --requirement training/gpu/$(BACKEND).txt
	KERAS_BACKEND=$(BACKEND) .venv/bin/python -m training devices

# What only some tests need. Where it cannot be had those tests skip, and say so.
browser:
	@$(call debian,chromium,the browser tests)

firefox:
	@$(call debian,firefox-esr,the test in Firefox)

define debian
if command -v $(1) > /dev/null; then exit 0; fi; \
if [ "$$(id -u)" = 0 ]; then sudo=; else sudo=$$(command -v sudo) || sudo=missing; fi; \
if ! command -v apt-get > /dev/null || [ "$$sudo" = missing ]; then \
    echo "No right to install $(1): without it $(2) will skip."; \
    exit 0; \
fi; \
echo "Installing $(1) for $(2)"; \
$$sudo apt-get update -qq; \
$$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $(1) > /dev/null || \
    echo "No $(1): $(2) will skip."
endef

arm64: .venv/installed
	@tests/arm64/install.sh

node: $(addsuffix /node_modules/installed,$(TFJS_CHECK) $(WEB))

firefox: $(FIREFOX)/node_modules/installed

%/node_modules/installed: %/package-lock.json
	@if command -v npm > /dev/null; then \
	    cd $* && npm ci --no-audit --no-fund --loglevel=error && touch node_modules/installed; \
	else \
	    echo "No npm: what needs the packages of $* will skip (install 'nodejs' and 'npm' for it)."; \
	fi

# What runs a model in a visitor's browser; without npm the sketchpad's server does it alone.
$(WEB)/dist/index.html: $(WEB)/node_modules/installed $(wildcard $(WEB)/*.js $(WEB)/src/* $(WEB)/static/* demo/pad/*) demo/texts.json
	@if command -v npm > /dev/null; then cd $(WEB) && npm run --silent build; fi

# --- versions ----------------------------------------------------------------------------------

define HEADER
# Made by `make lock` from the dependencies in pyproject.toml, which say why TensorFlow is 2.19.0
# and what else is held back. One set of versions for Python 3.11 and 3.12, on Linux and macOS.
endef
export HEADER

# A version stays as it is until pyproject.toml asks for another: `make lock ARGS=--upgrade` renews.
define compile
uv pip compile pyproject.toml $(2) --output-file $(1) --quiet --no-header --annotation-style line \
    --universal --python-version 3.11 --fork-strategy fewest $(ARGS); \
{ echo "$$HEADER"; grep -v '^#' $(1); } > $(1).new; mv $(1).new $(1)
endef

lock:  ## write the requirements files anew from pyproject.toml (needs uv)
	@command -v uv > /dev/null || { echo "error: make lock needs uv: pip install uv" >&2; exit 2; }
	@$(call compile,requirements.txt,--extra train --extra export --extra demo)
	@$(call compile,training/gpu/tensorflow.txt,--extra gpu-tensorflow --constraint requirements.txt)
	@$(call compile,training/gpu/jax.txt,--extra gpu-jax --constraint requirements.txt)
	@$(call compile,demo/requirements.txt,--extra demo --constraint requirements.txt)
	@$(call compile,tests/requirements.txt,--extra test --constraint requirements.txt)
