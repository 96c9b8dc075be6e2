# Two commands are enough: `make run` and `make test`. Both need Python >= 3.11 and make, nothing else.
SHELL := /bin/sh
.DEFAULT_GOAL := help
BIN := .venv/bin
STAMP := .venv/.complete
COMPILE := uv pip compile --quiet --upgrade --generate-hashes --universal --python-version 3.11 --no-header --no-annotate

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
	$(BIN)/deptry .

test: env lint  ## Check everything: format, lint, types, import contracts, tests
	$(BIN)/pytest -n 2 --dist loadgroup

bench: env  ## Measure what is promised about speed, in 6 minutes; BENCH=--quick for a look in one
	$(BIN)/python -m benchmarks $(BENCH)

contract: env  ## Schemathesis at length, some hours; CONTRACT="--examples 50 --seeds 0" for less
	$(BIN)/python -m tests.contract.fuzz $(CONTRACT)

fresh: env  ## What is offered can be booked, and no answer is stale: 300 clinics, 10,000 rounds; half an hour
	MERIDIAN_TESTS_CLINICS=300 MERIDIAN_TESTS_ROUNDS=10000 $(BIN)/pytest -n 2 tests/availability/test_offered_is_bookable.py tests/races/test_fresh.py

plans: env  ## Courses are planned as by going through every combination: three times 50,000 small worlds, 7 minutes; WORLDS=5000 for less
	MERIDIAN_TESTS_WORLDS=$(or $(WORLDS),50000) $(BIN)/pytest -n 2 --dist load tests/scheduling/test_planning.py tests/scheduling/test_rest.py tests/courses/test_alternatives.py

race: env  ## Clients race for the same times on three processes, an hour; RACE="b1 --attempts 2000" for a part, or less
	$(BIN)/python -m tests.races $(RACE)

chaos: env  ## The same under kill -9, frozen processes, cut connections and a PostgreSQL that goes away; CHAOS="--chaos 60" for less
	$(BIN)/python -m tests.races b2 $(CHAOS)

model: env  ## The API against a model of 300 lines, at length: 2,000 examples of up to 50 steps, a quarter of an hour; MODEL=100 for less
	MERIDIAN_TESTS_MODEL_EXAMPLES=$(or $(MODEL),2000) $(BIN)/pytest -n 2 --dist load tests/appointments/test_model.py

coverage: env  ## Branches of the booking core that its tests take, at least 95 in 100; 10 minutes
	$(BIN)/coverage run -m pytest -q tests/appointments tests/courses tests/scheduling tests/diary tests/races
	$(BIN)/coverage report --show-missing --fail-under 95 --include "app/diary/*,app/appointments/*,app/courses/*,app/scheduling/*"

mutants: env  ## Change small pieces of the booking core; 80 in 100 are noticed. Hours; MUTANTS="--sample 100 --seed 1" for less
	$(BIN)/python -m tests.mutants $(MUTANTS)

planted: env  ## Plant faults into copies of the sources, and see that the tests notice each, in 5 minutes
	$(BIN)/python -m tests.races.planted

lock: env  ## Resolve the dependencies again (needs uv) into requirements/
	$(COMPILE) pyproject.toml --output-file requirements/prod.txt
	$(COMPILE) pyproject.toml --extra dev --extra embedded --output-file requirements/dev.txt
	echo "hatchling>=1.27" | $(COMPILE) - --output-file requirements/build.txt

.PHONY: help env run format lint test bench contract fresh plans race chaos model coverage mutants planted lock
