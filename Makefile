# Everything runs in .venv, built from the locked dependencies. `make help` lists the targets.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUNNING := $(VENV)/.running
READY := $(VENV)/.ready
WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help demo run check lint audit test journeys bench format lock clean system node

help:  ## This list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

# To run it, the program's own dependencies are enough; to work on it, the tools come on top.
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check install
$(RUNNING): requirements/main.lock pyproject.toml
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || $(MAKE) --no-print-directory python-venv
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing the locked dependencies into $(VENV), about a minute …"
	@$(PIP) --require-hashes -r requirements/main.lock
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(READY): $(RUNNING) requirements/dev.lock
	@echo "Installing the locked tools into $(VENV) …"
	@$(PIP) --require-hashes -r requirements/dev.lock
	@touch $@

.PHONY: python-venv
python-venv:
	@command -v apt-get >/dev/null || { echo "Python's venv module is missing: install it with your package manager"; exit 1; }
	apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv

demo: $(RUNNING)  ## A working server with a sample show on http://127.0.0.1:8000
	@$(BIN)/podcast-server demo

run: $(RUNNING)  ## Your own server, after `podcast-server init`
	@$(BIN)/podcast-server serve

# The audit waits for the network, the others for the processor: they go side by side.
SIDE_BY_SIDE := --no-print-directory -j2 --output-sync=target lint audit

check: $(READY)  ## Lint, types, import rules, known weaknesses and the fast tests (one to two minutes)
	@$(MAKE) $(SIDE_BY_SIDE)
	@$(BIN)/python -m pytest -q -m "not slow and not thorough" -n $(WORKERS)

lint: $(READY)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

test: $(READY) system node  ## Everything, as continuous integration runs it
	@$(MAKE) $(SIDE_BY_SIDE)
	$(BIN)/python -m pytest -n $(WORKERS) --durations=10

# Needs root, for networks of its own. Some minutes more than the same on one machine.
journeys: $(READY) system node  ## Every journey on several hosts, while one of each kind is away
	$(BIN)/python -m pytest tests/journeys --many-hosts --durations=10

# A found weakness fails; where the list of weaknesses cannot be reached there is no verdict, which
# is said and fails nothing, so that one can work without the network. `VERDICT=required`, as for a
# release or where the network is sure to be there, makes that fail, too.
audit: $(READY)  ## Known weaknesses of the locked dependencies (needs the network)
	@said=$$($(BIN)/pip-audit --strict --require-hashes --disable-pip --progress-spinner off \
		-r requirements/main.lock 2>&1) && echo "$$said" || { echo "$$said" | tail -20; \
		case "$$said" in *"known vulnerabilit"*) exit 1;; \
		*) echo "NO VERDICT on known weaknesses: their list could not be read from here."; \
		test "$(VERDICT)" != required;; esac; }

bench: $(READY) system  ## Measure the hot paths against their baselines
	$(BIN)/python -m benchmarks

format: $(READY)  ## Put the code into its one format
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

# The real servers, browsers and podcast clients that the slow tests drive.
SYSTEM := chromium gpodder newsboat podget ffmpeg nginx-light caddy openssl wrk curl tmux faketime
system:
	@missing=""; for name in $(SYSTEM); do \
	  dpkg -s $$name >/dev/null 2>&1 || missing="$$missing $$name"; done; \
	if [ -n "$$missing" ] || ! { command -v postgres || ls /usr/lib/postgresql/*/bin/postgres; } >/dev/null 2>&1; then \
	  echo "Installing:$$missing postgresql"; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing \
	    $$( { command -v postgres || ls /usr/lib/postgresql/*/bin/postgres; } >/dev/null 2>&1 || echo postgresql ); \
	fi

# Validators and clients from npm, for tests only.
node: tests/node/node_modules/.ready
tests/node/node_modules/.ready: tests/node/package-lock.json
	@command -v npm >/dev/null || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq nodejs npm; }
	cd tests/node && npm install --no-save --no-audit --no-fund --silent
	@touch $@

lock: $(READY)  ## Work out the locked dependencies anew
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --extra dev --extra build --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --upgrade -o requirements/dev.lock
	$(BIN)/uv pip compile pyproject.toml --extra build --generate-hashes --no-emit-index-url --no-header --python-version 3.11 -c requirements/dev.lock -o requirements/main.lock

clean:  ## Remove the environment and the demo
	rm -rf $(VENV) demo-data
