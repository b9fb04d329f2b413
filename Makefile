# One entry point for people and CI. Every target works on a fresh clone with python3 (3.11+) and make.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check -qq
# Test modules are spread over so many processes, one more than there are cores, because many tests
# wait. WORKERS=0 runs them in one, for a debugger.
WORKERS ?= $(shell $(PYTHON) -c 'import os; print(os.cpu_count() + 1)')
PYTEST := pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder
# All tests in a browser are in one folder: to tell them by a marker means to load all tests first.
ALL_BUT_PAGE := --ignore tests/page
PACKAGE := actors transport mcp_bridge scripts skills config/dialects websocket_mock
CODE   := $(PACKAGE) tests
# Tests start the program again and again: to compile it each time would double their time.
unexport PYTHONDONTWRITEBYTECODE
# The package as it is installed, in links: mypy and the import linter cannot follow setup.cfg's map.
TREE   := .tree

.DEFAULT_GOAL := help
.PHONY: help run test browser check format lint types layers tree bandit security coverage docs pictures page bench soak fuzz conformance sbom clean

help:  ## Show what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/installed: setup.cfg pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or later is needed: make PYTHON=python3.11 …"; exit 1; }
	@echo 'Installing into $(VENV); this takes about a minute, once.'
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) install --constraint constraints.txt --editable '.[dev]'
	@touch $@

run: $(VENV)/installed  ## Serve: clients on ws://localhost:9004, MCP on http://localhost:8004/mcp
	@exec $(BIN)/python -m scripts.launch $(ARGS)

test: $(VENV)/installed  ## Run the tests, except those in a browser
	$(BIN)/python -m $(PYTEST) $(ALL_BUT_PAGE) $(ARGS)

browser: $(VENV)/installed  ## Run the tests of the live page in Chromium
	$(BIN)/python -m $(PYTEST) --dist worksteal tests/page $(ARGS)

check: format lint types layers bandit coverage browser  ## Everything CI checks

format: $(VENV)/installed  ## Check the formatting
	$(BIN)/ruff format --check $(CODE)

lint: $(VENV)/installed  ## Lint
	$(BIN)/ruff check $(CODE)

types: $(VENV)/installed tree  ## Type check, strictly
	cd $(TREE) && ../$(BIN)/mypy --config-file ../pyproject.toml --cache-dir ../.mypy_cache

layers: $(VENV)/installed tree  ## Check the import contracts
	cd $(TREE) && ../$(BIN)/lint-imports --config ../setup.cfg --no-cache

tree:
	@$(PYTHON) scripts/dev/package_tree.py $(TREE)

bandit: $(VENV)/installed  ## Look for insecure code
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive $(PACKAGE)

security: bandit  ## The same, and known vulnerabilities of the dependencies (needs the internet)
	$(BIN)/python -m scripts.dev.audit

coverage: $(VENV)/installed  ## Run the tests, except those in a browser, with branch coverage
	$(BIN)/python -m coverage erase
	SOAK_MINUTES=1 $(BIN)/python -m coverage run -m $(PYTEST) $(ALL_BUT_PAGE) --hypothesis-profile thorough
	$(BIN)/python -m coverage combine --quiet
	$(BIN)/python -m coverage report

docs: $(VENV)/installed  ## Write the tables of docs/ anew: from the schema, and measured
	$(BIN)/python -m scripts.dev.mocks_reference
	$(BIN)/python -m tests.helpers.agent_tasks_page
	$(BIN)/python -m tests.helpers.python_page

pictures: $(VENV)/installed  ## Take the screenshots of docs/ anew, as the tutorial is tested (needs Chromium)
	PAGE_SCREENSHOTS=docs/images $(BIN)/python -m pytest tests/page/test_tutorial.py

page:  ## Format the live page and clients/javascript, bundle the page's packages from npm anew
	cd scripts/dev/page && npm ci --ignore-scripts --no-audit --no-fund && node build.mjs
	scripts/dev/page/node_modules/.bin/prettier --write $(addprefix mcp_bridge/page/,js css login.js) clients/javascript

bench: $(VENV)/installed  ## Measure against other servers, write docs/performance.md (15 minutes; ARGS=--quick: 2)
	$(BIN)/python -m scripts.dev.bench $(ARGS)

soak: $(VENV)/installed  ## Put a server under every kind of load for SOAK_MINUTES (10), and look what is lost or left
	$(BIN)/python -m scripts.dev.soak --chart docs/images/soak.svg $(ARGS)

fuzz: $(VENV)/installed  ## Fuzz for FUZZ_MINUTES (5), with atheris if it can be installed
	@$(PIP) install --only-binary :all: --constraint constraints.txt atheris || echo 'There is no atheris for this Python.'
	$(BIN)/python -m scripts.dev.fuzz --minutes $(or $(FUZZ_MINUTES),5) $(ARGS)

conformance: $(VENV)/installed  ## Run the Autobahn fuzzing client (needs Python 2.7; ARGS=--tls: over wss)
	$(BIN)/python -m scripts.dev.conformance $(ARGS)

sbom: $(VENV)/installed  ## Build the wheel in dist/, and beside it the list of what it needs (CycloneDX)
	rm -rf dist
	$(BIN)/python -m build --wheel --no-isolation --outdir dist .
	$(BIN)/python -m scripts.dev.sbom dist

clean:  ## Remove what make made
	rm -rf $(VENV) $(TREE) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .coverage* *.egg-info build dist
