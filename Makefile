# make train      set up, then learn "press the red button" in simulation; ARGS="--help" for options
# make test       set up, lint, all tests; ARGS goes to pytest, which then runs once and alone
# make setup      the environment alone: .venv with pinned dependencies and the ROS interfaces
# make lint       ruff and mypy
# make format     let ruff reformat the sources
# make clean      remove everything that make setup made

ARGS ?=
# Processes that share the tests; those of the graph and its arms keep real time and run alone.
WORKERS ?= 2
# A python3.11 that starts (a pyenv shim may not), else any python3: the set-up finds the rest.
PYTHON ?= $(shell for p in python3.11 python3; do $$p -c "" 2>/dev/null && command -v $$p && break; done)
BIN := .venv/bin
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest
SOURCES := fmac_ros launch test tools setup.py

.PHONY: train test setup lint format clean

train: setup
	@$(BIN)/fmac train $(ARGS)

test: lint
ifeq ($(strip $(ARGS)),)
	@failed=0; \
	$(PYTEST) -m "not slow and not ros" -n $(WORKERS) --dist loadgroup || failed=1; \
	$(PYTEST) -m "not slow and ros" || [ $$? -eq 5 ] || failed=1; \
	exit $$failed  # 5: no ROS here, so no such tests
else
	@$(PYTEST) $(ARGS)
endif

setup:
	@test -n "$(PYTHON)" || { echo "error: no Python on the PATH: install Python 3.11, or say" \
	  "make setup PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) tools/set_up.py

lint: setup
	@$(BIN)/ruff check $(SOURCES)
	@$(BIN)/ruff format --check $(SOURCES)
	@$(BIN)/mypy

format: setup
	@$(BIN)/ruff check --fix $(SOURCES)
	@$(BIN)/ruff format $(SOURCES)

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache build install log fmac_ros.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
