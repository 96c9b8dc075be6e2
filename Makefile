# Two commands are enough: `make run` and `make test`. Both need Python >= 3.11 and make, nothing else.
SHELL := /bin/sh
.DEFAULT_GOAL := help
BIN := .venv/bin
STAMP := .venv/.complete

help:  ## Say what each target does
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

$(STAMP): requirements/dev.txt pyproject.toml
	@for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	  if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then found=$$python; break; fi; \
	done; \
	if [ -z "$$found" ]; then echo "Meridian needs Python 3.11 or newer; none was found on PATH." >&2; exit 1; fi; \
	$$found -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

env: $(STAMP)  ## Make the environment in .venv

run: env  ## Serve the demo clinic; PORT=8000 HOST=127.0.0.1
	@exec $(BIN)/meridian serve --demo --host $(or $(HOST),127.0.0.1) --port $(or $(PORT),8000)

format: env  ## Rewrite the sources in the project's form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: env
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry app

test: env lint  ## Check everything: format, lint, types, import contracts, tests
	$(BIN)/pytest -n 2 --dist loadgroup

lock: env  ## Resolve the dependencies again (needs uv) into requirements/
	for set in "prod:" "dev:--extra dev --extra embedded"; do \
	  uv pip compile --quiet --generate-hashes --universal --python-version 3.11 --no-header --no-annotate \
	    --no-emit-index-url --upgrade pyproject.toml $${set#*:} --output-file requirements/$${set%%:*}.txt; \
	done

.PHONY: help env run format lint test lock
