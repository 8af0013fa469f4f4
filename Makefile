# make demo, test, test-fast, test-install, torture, bench, api, lint: each sets up what it needs.
PYTHON ?= python3.11
BIN := .venv/bin
RUN_DIR ?= runs/demo
TEST_ARGS ?=
BENCH_ARGS ?=
TORTURE_ARGS ?=
INSTALL_ARGS ?=

.PHONY: demo test test-fast test-install torture bench api lint clean chromium
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)

demo: .venv/demo
	$(BIN)/melodyvae_train --run_dir=$(RUN_DIR)

NODE_MODULES := $(addsuffix /node_modules/.package-lock.json, tfjs_export tests/browser web)

# Some hundred processes import the same modules. Where a machine keeps Python from writing compiled
# modules, each process compiles them again.
test test-fast: export PYTHONDONTWRITEBYTECODE =
# The workers share the cores: threads of a matrix product would wait for each other.
test test-fast: export OPENBLAS_NUM_THREADS = 1
test test-fast: export TF_NUM_INTRAOP_THREADS = 1
# One more than the cores of a small machine: browsers and servers often wait for the clock.
WORKERS ?= 3
PYTEST := $(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

test: .venv/dev $(NODE_MODULES) chromium
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-logo
	$(PYTEST) $(TEST_ARGS)

# Without the tests that train, open a browser or start many processes.
test-fast: .venv/dev $(NODE_MODULES)
	$(PYTEST) -m 'not slow' $(TEST_ARGS)

# The wheel in clean environments, such as INSTALL_ARGS='3.13:newest 3.11:lowest'; all by default.
test-install:
	$(PYTHON) tests/install $(INSTALL_ARGS)

# Mangled files, flipped bits, killed programs: half an hour, with counts.
torture: .venv/dev
	PYTHONPATH=.:tests $(BIN)/python tests/torture $(TORTURE_ARGS)

bench: .venv/dev
	$(BIN)/python -m benchmarks.speed $(BENCH_ARGS)

# The reference of the public names, as web pages in build/api.
api: .venv/dev
	$(BIN)/pdoc --docformat=google --output-directory=build/api melodyvae '!melodyvae\.'

lint: .venv/dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

clean:
	rm -rf .venv tfjs_export/node_modules tests/browser/node_modules web/node_modules *.egg-info build .pytest_cache .mypy_cache .ruff_cache .hypothesis

# One stamp a set of extras; setup.py is what decides that they are out of date.
.venv/demo .venv/dev: .venv/%: setup.py | .venv/bin/pip
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[demo$(if $(filter dev,$*),$(comma)dev)]'
	touch $@

.venv/bin/pip:
	@$(PYTHON) -c 'import ensurepip, venv' || { \
	  echo "This needs $(PYTHON) with venv: apt install python3.11 python3.11-venv, or make PYTHON=..."; \
	  exit 1; }
	$(PYTHON) -m venv .venv

%/node_modules/.package-lock.json: %/package-lock.json
	@command -v npm >/dev/null || { echo "The tests need Node 20 with npm: install nodejs."; exit 1; }
	cd $* && npm ci --no-audit --no-fund
	touch $@

# The pages are tested in a real browser.
chromium:
	@command -v chromium >/dev/null || \
	  { $(SUDO) apt-get update -qq && $(SUDO) apt-get install -y -qq chromium >/dev/null; } || \
	  { echo "The tests need Chromium: apt-get install chromium."; exit 1; }

comma := ,
