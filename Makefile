# Wardmote: `make run` shows it, `make test` proves it, `make help` lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000
RATE ?= 20
# The tests run in so many processes.
WORKERS ?= 2

BIN := .venv/bin
RUNTIME := .venv/.installed
TOOLS := .venv/.installed-tools
GOVUK := static/vendor/govuk-frontend-6.3.0

# One lock for every Python from 3.11 on and every system; it names no registry.
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

.PHONY: help venv run test fuzz faults containers rehearsal bench check fmt migrate replay css lock tools programs browser clean

help: ## list what can be asked for
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: venv ## start Wardmote with a demonstration council (HOST, PORT)
	HOST=$(HOST) PORT=$(PORT) $(BIN)/python wsgi.py --demo

# Files are handed out in the order of tests/conftest.py.
test: check browser ## run every check and every test
	$(BIN)/pytest -n $(WORKERS) --dist=loadfile --no-loadscope-reorder $(TESTS)

fuzz: tools ## look for papers, elections and files that break a rule, other ones each time
	FUZZ=1 $(BIN)/pytest -n $(WORKERS) --dist=loadfile $(or $(TESTS),tests/ballots)

# Clocks are stepped with libfaketime, and nothing else needs it.
faults: ALSO = libfaketime
faults: browser ## stop, kill and hang servers in the middle of a vote: docs/faults.md
	$(BIN)/pytest -m faults -s tests/faults

containers: tools ## build the images, start compose.yaml on this machine's engine, and try it: docs/deploy.md
	$(BIN)/pytest -m containers -s tests/containers

rehearsal: browser ## watch a whole meeting: console, screen, phones, papers, reveal
	WATCH=1 $(BIN)/pytest -q -s tests/journey/test_assembly.py

bench: programs ## measure what a city needs, ten minutes alone: benchmarks/results.json (LINE=ballots for one)
	$(BIN)/python -m benchmarks.city $(if $(LINE),--line $(LINE)) $(if $(SHARE),--share $(SHARE))

check: tools ## style, types and the three floors, without tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fmt: tools ## put the code in house style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

migrate: venv ## bring the database to the newest schema
	$(BIN)/flask --app wsgi migrate

replay: venv ## cast a real election's ballots again: FILE=election.pb RATE=20
	@test -n "$(FILE)" || { echo "Say which election: make replay FILE=election.pb RATE=20"; exit 2; }
	$(BIN)/flask --app wsgi replay "$(FILE)" --rate $(RATE)

css: ## compile the GOV.UK stylesheet again (needs Node 20; see static/README.md)
	@command -v npm >/dev/null || { echo "This needs Node: apt-get install npm"; exit 1; }
	work=$$(mktemp -d); trap 'rm -rf "$$work"' EXIT; \
	npm install --prefix "$$work" --no-audit --no-fund --silent govuk-frontend@6.3.0 sass@1.108.2; \
	"$$work/node_modules/.bin/sass" --load-path="$$work/node_modules" --style=compressed \
		--no-source-map --quiet-deps static/scss/govuk-frontend.scss $(GOVUK)/govuk-frontend.min.css; \
	cd $(GOVUK) && sha256sum LICENSE.txt govuk-frontend.min.css govuk-frontend.min.js > SHA256SUMS

strings: venv ## collect every sentence for translators: app/translations/messages.pot
	mkdir -p app/translations
	$(BIN)/pybabel -q extract -F pyproject.toml -k _l -o app/translations/messages.pot .

lock: tools ## choose and pin the newest allowed versions of everything
	$(COMPILE) --upgrade --extra gevent --extra test -o requirements-dev.txt pyproject.toml
	$(COMPILE) --upgrade -c requirements-dev.txt -o requirements.txt pyproject.toml

venv: $(RUNTIME) ## create .venv with what Wardmote needs to run

tools: $(TOOLS)

clean: ## remove what was made here, except the database
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis htmlcov .coverage test-artefacts
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +

.venv/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Wardmote needs Python 3.11 or newer: apt-get install python3 python3-venv"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
		|| { echo "This Python cannot make virtual environments: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv .venv

# The lock is complete, and older pips refuse to look up what it does not name (coverage[toml]).
$(RUNTIME): requirements.txt | .venv/bin/pip
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.txt
	@touch $@

$(TOOLS): requirements-dev.txt $(RUNTIME) | .venv/bin/pip
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-dev.txt
	@touch $@

# What tests drive, from the system's packages: those receive its security fixes. nginx is not
# started by its installation (RUNLEVEL=1); on a desk without it the tests behind it are skipped.
programs: tools
	@missing=; \
	command -v chromium chromium-browser google-chrome >/dev/null || missing=chromium; \
	PATH=$$PATH:/usr/sbin command -v nginx >/dev/null || missing="$$missing nginx"; \
	if [ -n "$(ALSO)" ] && ! ls /usr/lib/*/faketime/libfaketimeMT.so.1 >/dev/null 2>&1; then missing="$$missing $(ALSO)"; fi; \
	if [ -z "$$missing" ]; then exit 0; fi; \
	install="RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends $$missing"; \
	if ! command -v apt-get >/dev/null; then \
		echo "Install with your system's packages what the tests drive: $$missing"; \
	elif [ "$$(id -u)" = 0 ]; then \
		apt-get update -qq && env $$install; exit; \
	elif sudo -n true 2>/dev/null; then \
		sudo -n apt-get update -qq && sudo -n env $$install; exit; \
	else \
		echo "The tests drive programs that are missing here: sudo apt-get install $$missing"; \
	fi; \
	case "$$missing" in *chromium*) exit 1;; esac

browser: programs
