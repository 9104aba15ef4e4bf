# Two commands for a newcomer: `make run` and `make test`. Everything lands in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: run test lint check install demo docs types format clean simulate crash tamper fuzz soak

run: install  ## Start the engine on loopback with its data in ./data
	$(BIN)/parlour run --data data

test: install types  ## Run every test
	$(BIN)/pytest -q -n 4 --dist worksteal

check: lint test  ## What CI holds: format, lint, layers, types, tests

lint: install types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	PYTHONPATH=build/types $(BIN)/lint-imports --no-cache
	$(BIN)/mypy

demo: install  ## The whole story in about fifteen seconds: play, kill -9, replay, audit, tamper
	$(BIN)/parlour demo

simulate: install types  ## The whole engine on virtual time, with faults: SEEDS=1000, or SEED=7
	$(BIN)/python tests/simulation/run.py $(if $(SEED),--seed $(SEED),--seeds $(or $(SEEDS),100)) $(if $(STEPS),--steps $(STEPS))

crash: install types  ## Crash a game of each kind at every commit; the result must be the same
	$(BIN)/python tests/crash/run.py

tamper: install types  ## Alter logs at random; every alteration must be found and named: TIMES=1000
	$(BIN)/python tests/replay/tamper_run.py --times $(or $(TIMES),1000)

fuzz: install types  ## Look for inputs that break a codec, a reader or a handler: SECONDS=60 (Linux)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[fuzz]"
	PYTHONPATH=build/types $(BIN)/python tests/fuzz/fuzz_codecs.py -max_total_time=$(or $(SECONDS),60)

soak: install  ## Bots of every kind against one engine that is restarted again and again: MINUTES=10
	$(BIN)/python -m parlour.network.bench.soak --minutes $(or $(MINUTES),10)

docs: install  ## Write docs/events.md, and the help texts the pages show, from the code
	$(BIN)/python docs/make_events.py
	$(BIN)/python docs/make_output.py

format: install
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

install: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=24"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	@touch $(STAMP)

types:  ## mypy and import-linter need a real package tree: link the folders into one
	@mkdir -p build/types/parlour
	@for part in actors events network replay; do ln -sfn ../../../$$part build/types/parlour/$$part; done

clean:
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
