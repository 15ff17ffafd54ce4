# Everything installs into .venv on first use; a machine needs Python >= 3.11 and make, nothing else.
#   make demo         the main job on the sample: a credit table, out/report.html, out/credit.parquet
#   make test         format, lint, types, layers and the tests, on the newest versions of the libraries
#   make due          the long runs whose files changed since they last passed, in the size that CI has time for
#   make test-floors  the tests on the oldest versions that pyproject.toml allows
#   make fmt          format and apply the safe fixes
#   make lint types layers unit    the parts of `make test`
#   make coverage     do intervals cover: the simulations with few draws (a minute)
#   make notebooks    run the notebooks (minutes)
#   make thorough     the tests whose size in `make test` is a small one, at their full size (minutes)
#   make validate     every simulation at its full size (long): before a release, and when a formula changed
#   make fuzz         50,000 odd tables, damaged files and broken jobs a door (long); `make test` tries 2,000
#   make bench        the benchmarks (minutes)
#   make pictures     draw the pictures of README and docs again
#   make tree         write the tree of modules into docs/architecture.md again
#   make clean        remove environments, caches and outputs

# The first Python on the path that is new enough; `make PYTHON=/some/python3` to choose.
PYTHON ?= $(shell for p in python3 python python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
WORKERS ?= 2

VENV := .venv
FLOORS := .venv-floors
BIN := $(VENV)/bin
APP := $(VENV)/.stamp-app
DEV := $(VENV)/.stamp-dev
LOWEST := $(FLOORS)/.stamp
NOTEBOOKS := $(wildcard notebooks/*.ipynb)

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export MPLBACKEND := Agg
# A thread a worker: where there are more they wait for each other, and that costs as much as the work.
unit coverage thorough validate fuzz notebooks test-floors: export OPENBLAS_NUM_THREADS := 1
unit coverage thorough validate fuzz notebooks test-floors: export OMP_NUM_THREADS := 1
# Hundreds of tests start a Python of their own; each would compile the library again.
unexport PYTHONDONTWRITEBYTECODE

.DELETE_ON_ERROR:
.PHONY: demo test due test-floors fmt lint types layers unit coverage thorough validate fuzz notebooks bench pictures tree clean

demo: $(APP)
	$(BIN)/attribution run data/samples/retailer/demo.toml

test: lint types layers unit

# A long run is due when what it guards is not what it last passed with; tests/long_runs.py says what that is.
FRESH = $(BIN)/python -m tests.long_runs fresh
due: $(DEV)
	$(FRESH) thorough || $(MAKE) thorough
	$(FRESH) notebooks || $(MAKE) notebooks
	$(FRESH) fuzz || FUZZ_CASES=$${FUZZ_CASES:-5000} $(MAKE) fuzz
	$(FRESH) validate || $(MAKE) coverage

lint: $(DEV)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

fmt: $(DEV)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(DEV)
	$(BIN)/mypy

layers: $(DEV)
	$(BIN)/lint-imports --no-cache

unit: $(DEV)
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

# Do intervals cover, and do tests of nothing stay silent: fails when a row leaves its band.
coverage: $(DEV)
	$(BIN)/python -m benchmarks.coverage --quick

thorough: $(DEV)
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "full or spark" tests
	$(BIN)/python -m tests.long_runs passed thorough

# The same rows and more, with all of their draws; a line for each script of simulations.
validate: $(DEV)
	$(BIN)/python -m benchmarks.coverage_few
	$(BIN)/python -m benchmarks.coverage
	$(BIN)/python -m benchmarks.geo_zoo
	$(BIN)/python -m benchmarks.calibration
	$(BIN)/python -m benchmarks.synergy
	$(BIN)/python -m benchmarks.together
	$(BIN)/python -m benchmarks.coverage_credit --models every --logs 400
	$(BIN)/python -m benchmarks.coverage_cells
	$(BIN)/python -m tests.long_runs passed validate

# Odd types, damaged bytes and broken configuration at every door; FUZZ_CASES says how many of them.
fuzz: $(DEV)
	FUZZ_CASES=$${FUZZ_CASES:-50000} $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal tests/fuzz
	@[ -n "$$FUZZ_CASES" ] || $(BIN)/python -m tests.long_runs passed fuzz

notebooks: $(DEV)
ifneq ($(NOTEBOOKS),)
	$(BIN)/python -m pytest --nbmake --nbmake-timeout=600 -n $(WORKERS) $(NOTEBOOKS)
	$(BIN)/python -m tests.long_runs passed notebooks
endif

test-floors: $(LOWEST)
	$(FLOORS)/bin/python -m pytest -n $(WORKERS) --dist worksteal tests

bench: $(DEV)
	$(BIN)/python benchmarks/import_time.py
	$(BIN)/python benchmarks/journeys.py

pictures: $(DEV)
	$(BIN)/python docs/images/draw.py

tree: $(DEV)
	$(BIN)/python docs/tree.py

clean:
	rm -rf $(VENV) $(FLOORS) out build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/pyvenv.cfg $(FLOORS)/pyvenv.cfg:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; none was found on the path." >&2; exit 1; }
	$(PYTHON) -m venv $(@D) || { rm -rf $(@D); \
		echo "python -m venv failed; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }

$(APP): pyproject.toml constraints/dev.txt constraints/tools.txt | $(VENV)/pyvenv.cfg
	$(BIN)/python -m pip install --quiet --constraint constraints/dev.txt --editable .
	@touch $@

# --group needs a newer pip than some Pythons bring along.
$(DEV): $(APP)
	$(BIN)/python -m pip install --quiet --constraint constraints/dev.txt --upgrade pip
	$(BIN)/python -m pip install --quiet --constraint constraints/dev.txt --group dev
	@touch $@

$(LOWEST): pyproject.toml constraints/floors.txt constraints/tools.txt | $(FLOORS)/pyvenv.cfg
	$(FLOORS)/bin/python -m pip install --quiet --constraint constraints/floors.txt --upgrade pip
	$(FLOORS)/bin/python -m pip install --quiet --constraint constraints/floors.txt --editable . --group test
	@touch $@
