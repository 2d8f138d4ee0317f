# Two commands: `make run` opens the dashboard, `make test` runs every check and test.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMPS := .stamps
PORT ?= 8501

.PHONY: run test check browser embedding screenshots bench clean

run: $(STAMPS)/run
	$(BIN)/python -m analytics demo --if-empty
	@echo '看板地址：http://127.0.0.1:$(PORT)（按 Ctrl+C 停止）'
	$(BIN)/python dashboard.py --server.port $(PORT)

test: check browser
	$(BIN)/python -m pytest -q

check: $(STAMPS)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

browser: $(STAMPS)/dev
	$(BIN)/python tests/browser/chromium.py --install

embedding: $(STAMPS)/dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r .ci/requirements-embedding.txt

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

$(STAMPS)/run: requirements.txt .ci/constraints.txt | $(STAMPS)/venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(STAMPS)/dev: .ci/requirements-dev.txt $(STAMPS)/run
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r .ci/requirements-dev.txt
	@touch $@
