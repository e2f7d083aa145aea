# Everything here needs only Python >= 3.11 and make; `.venv` is made and filled on first use.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
READY := .venv/.ready
DEPLOY := .venv/.deploy
# pip and not uv, though uv is quicker: pip knows the mirrors and certificates that a company has set up for it.
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check

# Of `make test`: a number, or as many as there are cores.
WORKERS ?= auto

.DEFAULT_GOAL := help

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(READY): requirements.lock pyproject.toml sdk/pyproject.toml
	@test -n "$(PYTHON)" || { echo "Noshow needs Python 3.11 or later; set PYTHON=/path/to/python3"; exit 2; }
	$(PYTHON) -m venv .venv
	@echo "installing the locked dependencies into .venv …"
	$(PIP) install --require-hashes -r requirements.lock
	$(PIP) install --no-deps --editable sdk --editable .
	@touch $@

$(DEPLOY): $(READY) requirements-deploy.lock
	@echo "installing what deploy/ is checked with …"
	$(PIP) install --require-hashes -r requirements-deploy.lock
	@touch $@

setup: $(READY) ## make .venv with the locked dependencies

demo: $(READY) ## run a simulated shop and open the dashboard
	$(BIN)/noshow demo

test: $(READY) $(DEPLOY) ## run every test, WORKERS at a time
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -rs

lint: $(READY) $(DEPLOY) ## ruff and mypy --strict over source and tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(READY) ## rewrite the source in the house style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

fuzz: $(READY) ## ask the whole interface odd things, for minutes (CASES=200 of each route)
	NOSHOW_FUZZ_CASES=$(or $(CASES),200) $(BIN)/python -m pytest tests/noshow/test_fuzz.py --timeout 3600

golden: $(READY) ## rewrite the golden SQL beside the golden rules
	$(BIN)/python -m tests.rules.golden_pairs

docs: $(READY) ## build the documentation into build/site
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet

shots: $(READY) ## take the pictures of the documentation anew (needs a Chromium)
	$(BIN)/python -m tests.shots

bench: $(READY) ## measure, print a table, write build/bench.json
	$(BIN)/python -m tests.bench

lock: $(READY) ## resolve the dependencies anew (uv)
	$(PIP) install uv
	$(BIN)/uv pip compile --quiet --universal --group dev --generate-hashes --no-emit-index-url --no-emit-package noshow-sdk --no-annotate -o requirements.lock pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --group deploy --constraint requirements.lock --generate-hashes --no-emit-index-url --no-annotate -o requirements-deploy.lock
	$(BIN)/uv pip compile --quiet --universal --constraint requirements.lock --generate-hashes --no-emit-index-url --no-emit-package noshow-sdk --no-annotate -o requirements-server.lock pyproject.toml

.PHONY: help setup demo test fuzz lint format golden docs shots bench lock
