# make run, make test, make check: each makes .venv if it is missing, and may be run again at any time.

BIN := .venv/bin
TEMPLATES = $(shell find templates -name '*.html')

.PHONY: run test check format bench soak clean

run: .venv/installed
	$(BIN)/python manage.py migrate --verbosity 0
	exec $(BIN)/python manage.py serve

test: .venv/installed-dev .venv/chromium .venv/kubectl
	$(BIN)/python -m pytest

check: .venv/installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/djhtml --check --tabwidth 2 $(TEMPLATES)
	$(BIN)/djade --check --target-version 5.2 $(TEMPLATES)
	$(BIN)/python manage.py makemigrations --check --dry-run

format: .venv/installed-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/djhtml --tabwidth 2 $(TEMPLATES)
	$(BIN)/djade --target-version 5.2 $(TEMPLATES)

bench: .venv/installed-dev .venv/chromium
	$(BIN)/python -m tests.bench

soak: .venv/installed-dev .venv/chromium .venv/kubectl
	SOAK=1 $(BIN)/python -m pytest

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache test-results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/installed: requirements.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements.txt
	touch $@

.venv/installed-dev: requirements-dev.txt requirements.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements-dev.txt
	touch $@

.venv/chromium: .venv/installed-dev tests/install_chromium.py
	$(BIN)/python tests/install_chromium.py
	touch $@

.venv/kubectl: .venv/installed-dev tests/install_kubectl.py
	$(BIN)/python tests/install_kubectl.py
	touch $@

# The first of these that runs and is new enough; `make PYTHON=...` names one.
PYTHON := python3 python3.14 python3.13 python3.12 python3.11
.venv/bin/python:
	@for python in $(PYTHON); do \
		$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
		$$python -m venv .venv && exit; \
		rm -rf .venv; \
		echo "$$python could not make .venv. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; \
	done; \
	echo "Python 3.11 or newer is needed, and none of these is: $(PYTHON)" >&2; exit 1
