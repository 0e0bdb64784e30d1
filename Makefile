# Everything works from a fresh clone with Python 3.11 or newer, make and pip.

PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3)
BIN := .venv/bin
NODE := tests/flows/node
SUITE := .venv/json-schema-test-suite
JAVA := tests/flows/java
GO := tests/flows/go
KAFKA := tests/streams/kafka
MYSQL := tests/pulls/mysql
PYTEST_ARGS ?= -n auto --maxprocesses 4 --dist loadfile
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: run demo test bench lint docs tracker clean

run: .venv/.installed  ## start Headwater and say how to send a first event
	@exec $(BIN)/headwater serve --welcome

demo: .venv/.installed  ## start it and live weeks of a small shop (DATA=FOLDER replays real data)
	@exec $(BIN)/headwater demo --serve $(if $(DATA),--data "$(DATA)")

test: lint $(NODE)/node_modules/.installed $(JAVA)/lib/.installed $(GO)/.installed $(KAFKA)/lib/.installed $(MYSQL)/node_modules/.installed $(SUITE)/.installed  ## install what the tests need and run them all
	@.ci/need chromium go postgres mariadbd
	$(BIN)/pytest $(PYTEST_ARGS)

lint: .venv/.installed-test  ## format, rules, types and layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/.installed-test  ## measure this machine, each figure as a ratio
	$(BIN)/python -m bench

docs: .venv/.installed  ## make the reference pages of docs/ anew
	$(BIN)/headwater settings --markdown > docs/settings.md
	$(BIN)/headwater commands > docs/cli.md
	$(BIN)/headwater rule kinds --format markdown > docs/cleaning-kinds.md

tracker: $(NODE)/node_modules/.installed  ## put the browser tracker's files together anew
	node .ci/tracker.mjs

clean:  ## remove what was installed; data folders stay
	rm -rf .venv $(NODE)/node_modules $(JAVA)/lib $(KAFKA)/lib

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	  || { echo 'Headwater needs Python 3.11 or newer. Name one with: make PYTHON=/path/to/python3.11' >&2; exit 1; }
	$(PYTHON) -m venv .venv \
	  || { rm -rf .venv; echo 'python3 -m venv failed: on Debian, apt install python3-venv.' >&2; exit 1; }

.venv/.installed: pyproject.toml | .venv/bin/python
	@echo 'Installing Headwater into .venv (once) ...'
	@$(BIN)/python -m pip install --quiet --editable . \
	  || { echo 'The Python packages of Headwater could not be installed.' >&2; exit 1; }
	@touch $@

.venv/.installed-test: pyproject.toml .venv/.installed
	@echo 'Installing what the tests need into .venv (once) ...'
	@$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1' \
	  && $(BIN)/python -m pip install --quiet --editable . --group test \
	  || { echo 'The Python packages of the tests could not be installed.' >&2; exit 1; }
	@touch $@

# JSON Schema's own test suite is in the source distribution of the package jsonschema (MIT).
$(SUITE)/.installed: .venv/.installed-test
	@rm -rf $(SUITE) && mkdir -p $(SUITE)
	@$(BIN)/python -m pip download --quiet --no-deps --no-binary jsonschema --dest $(SUITE) jsonschema==4.26.0 \
	  && tar -xzf $(SUITE)/jsonschema-4.26.0.tar.gz -C $(SUITE) --strip-components=2 jsonschema-4.26.0/json \
	  || { echo 'The JSON Schema test suite could not be fetched.' >&2; exit 1; }
	@touch $@

$(NODE)/node_modules/.installed $(MYSQL)/node_modules/.installed: %/node_modules/.installed: %/package-lock.json
	@.ci/need node npm curl
	cd $* && npm ci --no-audit --no-fund \
	  || { echo 'The npm packages of the tests could not be installed.' >&2; exit 1; }
	@touch $@

$(GO)/.installed: $(GO)/go.sum
	@.ci/need go
	cd $(GO) && go mod download \
	  || { echo 'The Go modules of the tests could not be installed.' >&2; exit 1; }
	@touch $@

$(JAVA)/lib/.installed $(KAFKA)/lib/.installed: %/lib/.installed: %/pom.xml
	@.ci/need java mvn
	cd $* && mvn -q -B dependency:copy-dependencies -DoutputDirectory=lib \
	  || { echo 'The Java packages of the tests could not be installed.' >&2; exit 1; }
	@touch $@
