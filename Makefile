# Two commands do everything on a fresh machine: `make demo` shows the main job, `make test` proves it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: test demo lint messages bench bench-parts soak lock clean

$(READY): requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Rogatory needs Python 3.11 or newer: make PYTHON=python3.12 test")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(READY)

test: $(READY) lint
	$(BIN)/python -m pytest -q -n auto --dist loadfile

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# NEW="pt_BR": begin catalogues of further languages.
messages: $(READY)
	$(BIN)/python -m tests.languages.catalogues $(NEW)

demo: $(READY)
	$(BIN)/python -m deploy.demo $(if $(KEEP),--keep)

bench: $(READY)
	$(BIN)/python -m tests.benchmarks.peers $(if $(FULL),--full) $(if $(INSTALL),--install) $(PARTS)

bench-parts: $(READY)
	$(BIN)/python -m tests.benchmarks

soak: $(READY)
	$(BIN)/python -m tests.soak --minutes $(or $(MINUTES),10)

lock:
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --extra dev --extra bench -o requirements/dev.txt pyproject.toml
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -o requirements/run.txt pyproject.toml

clean:
	rm -rf $(VENV)
