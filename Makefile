# make report   set up .venv and build the note from the embedded sample market
# make test     set up .venv and run every check: lint, format, types, tests
# make lab      the notebooks in JupyterLab
# make bench    measure against other tools and print one table; see docs/benchmarks.md
# make golden   renew the golden images of pages and drawings, after a change that was meant
# make lock     renew the four lock files (needs uv)
# make clean    remove the environment and caches; published editions stay

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
ARGS ?=

.PHONY: report test test-slow check lint lab bench golden lock clean

report: $(VENV)/.report
	$(BIN)/research build $(ARGS)

test: $(VENV)/.dev lint
	$(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS)

test-slow: $(VENV)/.dev
	$(BIN)/python -m pytest -m slow $(ARGS)

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

check: $(VENV)/.report
	$(BIN)/research check $(ARGS)

lab: $(VENV)/.dev
	$(BIN)/research lab $(ARGS)

bench: $(VENV)/.bench
	$(BIN)/python -m tests.benchmarks $(ARGS)

golden: $(VENV)/.dev
	$(BIN)/python -m pytest tests/golden --renew-golden

lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-emit-find-links --custom-compile-command "make lock" --group build \
	  -o requirements.lock pyproject.toml
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-emit-find-links --custom-compile-command "make lock" --extra lab --group dev \
	  -c requirements.lock -o requirements-dev.lock pyproject.toml
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-emit-find-links --custom-compile-command "make lock" --group bench \
	  -c requirements.lock -c requirements-dev.lock -o requirements-bench.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-emit-find-links --custom-compile-command "make lock" --group peers \
	  -c requirements.lock -c requirements-dev.lock -o requirements-peers.lock

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, found " + sys.version.split()[0] + "; name another with PYTHON=…")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.report: $(BIN)/python requirements.lock pyproject.toml
	$(PIP) install -q --require-hashes -r requirements.lock
	$(PIP) install -q --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.report requirements-dev.lock
	$(PIP) install -q --require-hashes --no-build-isolation -r requirements-dev.lock
	@touch $@

# Peers stand apart: papermill imports whatever is installed beside it and calls itself its engine.
$(VENV)/.bench: $(VENV)/.report requirements-bench.lock requirements-peers.lock
	$(PIP) install -q --require-hashes -r requirements-bench.lock
	$(PIP) install -q --require-hashes --upgrade --target $(VENV)/peers -r requirements-peers.lock
	@touch $@

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist
