# Two commands for a newcomer: `make run` and `make test`. Everything lands in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: run test lint check install demo docs types format clean

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

demo: install  ## The whole story in about ten seconds: play, kill -9, replay, audit, tamper
	$(BIN)/parlour demo

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
