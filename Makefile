# The words of this Makefile are the whole workflow; `make help` lists them.

PYTHON ?= python3

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-builtin-rules
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
NOTEBOOK ?=

# Beside the package and its [demo]: what makes it, and what checks it. Versions are in constraints.txt.
BUILD_TOOLS := build hatchling hatch-jupyter-builder
CHECK_TOOLS := ruff mypy pytest pytest-xdist hypothesis playwright nbclient nbformat pandas polars pyarrow pyjwt nats-py redis trustme \
	jupyter-server-proxy prometheus-client pyyaml
# Beside what users have today.
BENCH_TOOLS := bokeh jupyter_bokeh panel tqdm

# $(call quietly,NAME,COMMAND): the output goes to build/NAME.log, and is shown when the command fails.
quietly = mkdir -p build && ( $(2) ) > build/$(1).log 2>&1 || { cat build/$(1).log >&2; exit 1; }

# $(call fingerprint,PATHS): names and contents of all files below, without what is built or cached.
fingerprint = find $(1) -type f -not -path '*/__pycache__/*' -not -path '*/.ipynb_checkpoints/*' \
	-not -path '*/static/*' -not -path '*/node_modules/*' -print0 | LC_ALL=C sort -z | xargs -0 cksum

# $(call if-changed,FILE,COMMAND): writes what the command prints, and leaves the file alone when it says that already.
if-changed = mkdir -p build && { $(2); } > $(1).new && { cmp -s $(1).new $(1) && rm $(1).new || mv $(1).new $(1); }

# Two processes, each of which takes the next test when it has done one; PYTEST_ARGS="-n0 ..." has one only.
PYTEST := env -u PYTHONPATH PYTHONSAFEPATH=1 $(BIN)/pytest -n 2 --maxschedchunk 1

# $(call tests,WHICH): vitest, and beside it pytest, which shows what vitest has said before its own summary.
tests = echo "vitest and pytest"; rm -f build/vitest.log; \
	( cd js && npm run --silent test > ../build/vitest.new 2>&1 && status=0 || status=$$?; \
		mv ../build/vitest.new ../build/vitest.log; exit $$status ) & beside=$$!; \
	RW_BESIDE=build/vitest.log RW_WHEEL="$$(echo dist/*.whl)" $(PYTEST) $(1) $(PYTEST_ARGS) && status=0 || status=$$?; \
	wait $$beside && exit $$status

FRONT_END := js/src js/package.json js/package-lock.json js/build.mjs js/globals.d.ts js/tsconfig.json
PACKAGE := realtime_widgets js notebooks tests pyproject.toml README.md CHANGELOG.md CONTRIBUTING.md LICENSE \
	Makefile constraints.txt

.PHONY: help demo test quick models lint format build bench soak matrix looks clean tools FORCE
.DEFAULT_GOAL := help

help: ## list these words
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile
	@echo "  PYTHON=python3.12 chooses another interpreter (now: $(PYTHON))."

demo: .venv/installed ## build everything, show the live dashboard in JupyterLab (Ctrl-C ends it)
	@echo "Starting the demo."
	@exec $(BIN)/realtime-widgets demo $(NOTEBOOK)

test: .venv/checks .venv/installed ## check everything, before you push; against the installed wheel (7 minutes)
	@.ci/system
	@$(MAKE) --no-print-directory lint
	@$(call tests,)

quick: .venv/checks .venv/installed ## lint, and all tests that need no browser: while you work (2 minutes)
	@.ci/system servers
	@$(MAKE) --no-print-directory lint
	@$(call tests,-m "not browser")

models: .venv/checks .venv/installed ## all schedules of the random models, of which make test runs a share (10 minutes)
	@.ci/system servers
	@RW_MODELS=full $(PYTEST) tests/models $(PYTEST_ARGS)

lint: .venv/checks .venv/installed ## ruff, mypy, tsc and biome, without changing anything
	@echo "ruff"
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@echo "mypy"
	@$(BIN)/mypy
	@echo "tsc and biome"
	@cd js && npm run --silent check

format: .venv/checks js/node_modules/.made ## format every file
	@$(BIN)/ruff check --fix --exit-zero
	@$(BIN)/ruff format
	@cd js && npm run --silent format

build: build/wheel ## sdist and wheel into dist/
	@ls -1 dist/*

bench: .venv/checks .venv/installed ## run the benchmarks, beside what users have today (45 minutes)
	@.ci/system
	@$(call quietly,bench,$(BIN)/pip install -c constraints.txt $(BENCH_TOOLS))
	@$(BIN)/python benchmarks/streams.py
	@$(BIN)/python benchmarks/network.py
	@PATH="$$PWD/$(BIN):$$PATH" $(BIN)/python benchmarks/charts.py --rounds 2
	@PATH="$$PWD/$(BIN):$$PATH" $(BIN)/python benchmarks/charts.py --rate 10000
	@PATH="$$PWD/$(BIN):$$PATH" $(BIN)/python benchmarks/screen.py
	@PATH="$$PWD/$(BIN):$$PATH" $(BIN)/python benchmarks/ready.py
	@PATH="$$PWD/$(BIN):$$PATH" $(BIN)/python benchmarks/demo.py
	@PATH="$$PWD/$(BIN):$$PATH" $(BIN)/python benchmarks/progress.py
	@PATH="$$PWD/$(BIN):$$PATH" $(BIN)/python benchmarks/chat.py
	@$(BIN)/python benchmarks/publishing.py
	@$(BIN)/python benchmarks/hub.py
	@$(BIN)/python benchmarks/reconnects.py
	@$(BIN)/python benchmarks/bystander.py

soak: .venv/checks .venv/installed ## run at full rate for twelve minutes and see whether anything grows
	@.ci/system
	@PATH="$$PWD/$(BIN):$$PATH" $(BIN)/python benchmarks/soak.py

matrix: .venv/checks .venv/installed ## the last hop in other kernels and front ends (25 minutes)
	@.ci/system
	@$(BIN)/python tests/matrix/run.py --json build/matrix.json

looks: .venv/checks .venv/installed ## pictures of every widget in every state, in artifacts/looks (5 minutes)
	@.ci/system
	@$(BIN)/python tests/looks/sheet.py

clean: ## remove all that was built, .venv and node_modules too
	rm -rf .venv build dist artifacts realtime_widgets/static js/node_modules
	rm -rf .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# What must be there to begin with ------------------------------------------------------------------------------

tools:
	@command -v $(PYTHON) > /dev/null || { echo "$(PYTHON) is missing: install Python 3.11 or newer." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "$(PYTHON) does not run, or is older than 3.11: choose another (make PYTHON=python3.12 ...)." >&2; exit 1; }
	@command -v npm > /dev/null && node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' || \
		{ echo "Node 20 or newer with npm is missing: it builds the front end (not needed by users of a wheel)." >&2; exit 1; }

# Stamps: a second run does only what has changed ---------------------------------------------------------------

build/python: FORCE | tools
	@$(call if-changed,$@,$(PYTHON) -c 'import sys; print(sys.version, sys.base_prefix)')

build/front-end.sum: FORCE
	@$(call if-changed,$@,$(call fingerprint,$(FRONT_END)))

build/package.sum: FORCE
	@$(call if-changed,$@,$(call fingerprint,$(PACKAGE)))

.venv/made: build/python constraints.txt
	@echo "Making a Python environment in .venv."
	@$(call quietly,venv,rm -rf .venv && $(PYTHON) -m venv .venv || \
		{ echo 'No environment could be made: Debian has what is missing in python3-venv.'; false; })
	@$(call quietly,pip,$(BIN)/python -m pip install -c constraints.txt --upgrade pip $(BUILD_TOOLS))
	@touch $@

js/node_modules/.made: js/package.json js/package-lock.json js/.npmrc | tools
	@echo "Fetching what builds the front end."
	@$(call quietly,npm,cd js && npm ci --no-audit --no-fund)
	@touch $@

realtime_widgets/static/page.js: build/front-end.sum js/node_modules/.made
	@echo "Building the front end."
	@$(call quietly,front-end,cd js && npm run --silent build)
	@touch $@

build/wheel: build/package.sum realtime_widgets/static/page.js .venv/made
	@echo "Building the wheel."
	@rm -rf dist
	@# The front end is there already; an sdist, and from the sdist the wheel.
	@$(call quietly,wheel,HATCH_JUPYTER_BUILDER_SKIP_NPM=1 $(BIN)/python -m build --no-isolation)
	@touch $@

.venv/installed: build/wheel .venv/made
	@echo "Installing the wheel into .venv."
	@$(call quietly,install,$(BIN)/pip install -c constraints.txt "$$(echo dist/*.whl)[demo]" && \
		$(BIN)/pip install --force-reinstall --no-deps dist/*.whl)
	@touch $@

.venv/checks: .venv/made
	@echo "Installing what checks it into .venv."
	@$(call quietly,checks,$(BIN)/pip install -c constraints.txt $(CHECK_TOOLS))
	@touch $@

FORCE:
