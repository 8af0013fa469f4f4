# make demo · make test · make bench · make lint: each sets up what it needs.
PYTHON ?= python3.11
BIN := .venv/bin
RUN_DIR ?= runs/demo
TEST_ARGS ?=

.PHONY: demo test bench lint clean

demo: .venv/demo
	$(BIN)/melodyvae_train --run_dir=$(RUN_DIR) --config.training.epochs=20

test: .venv/dev tfjs_export/node_modules/.package-lock.json
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest $(TEST_ARGS)

bench: .venv/dev
	$(BIN)/python -m benchmarks.speed

lint: .venv/dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/mypy

clean:
	rm -rf .venv tfjs_export/node_modules *.egg-info build .pytest_cache .mypy_cache .ruff_cache .hypothesis

# One stamp a set of extras; setup.py is what decides that they are out of date.
.venv/demo .venv/dev: .venv/%: setup.py | .venv/bin/pip
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[demo$(if $(filter dev,$*),$(comma)dev)]'
	touch $@

.venv/bin/pip:
	@$(PYTHON) -c 'import ensurepip, venv' || { \
	  echo "This needs $(PYTHON) with venv: apt install python3.11 python3.11-venv, or make PYTHON=..."; \
	  exit 1; }
	$(PYTHON) -m venv .venv

tfjs_export/node_modules/.package-lock.json: tfjs_export/package-lock.json
	@command -v npm >/dev/null || { echo "The tests need Node 20 with npm: install nodejs."; exit 1; }
	cd tfjs_export && npm ci --no-audit --no-fund
	touch $@

comma := ,
