# Every recipe installs what it needs: a virtual environment with uv, and on Debian or Ubuntu as root the system packages.
.DEFAULT_GOAL := help
.PHONY: help setup demo test chaos parity check coverage mutants format lab-up lab-down docs image bench soak clean

# Where the environment forbids it, each of the many processes would compile all its modules anew.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= python3
UV_VERSION := 0.13.9
UV := .uv/bin/uv
RUN := .venv/bin/
N ?= 3
KEEP ?=
JOBS ?= 5
ORDER ?= 1
IMAGE ?= waggle:latest
BASE ?= python:3.11-slim
ARGS ?=
CHAOS ?= 1000
PARITY ?= 500
SEED ?=

# Who may do what, and whose yes counts: every branch of it is tested, by the tests that are of it.
DECIDING := bot.domain.policy bot.domain.approval bot.usecases.gate bot.usecases.mandate bot.usecases.vote \
  bot.usecases.last_check
DECIDED_BY := tests/unit/domain/policy tests/unit/domain/approval tests/unit/domain/test_events.py \
  $(addprefix tests/unit/usecases/test_,approval_desk.py approvals.py approvals_void.py gate.py locks.py votes.py)
HISTORIES := tests/unit/domain/approval/test_histories.py

help: ## List the recipes
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/.ready ## Virtual environment with the locked dependencies

.venv/.ready: pyproject.toml uv.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Waggle needs Python 3.11 or newer")'
	@echo "making .venv with the locked dependencies …"
	@[ -x $(UV) ] || $(PYTHON) -m venv .uv >/dev/null 2>&1 || { \
	  rm -rf .uv; \
	  [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
	    || { echo "Waggle needs Python's venv (Debian, Ubuntu: apt-get install python3-venv)"; exit 1; }; \
	  echo "installing python3-venv"; \
	  export DEBIAN_FRONTEND=noninteractive; \
	  apt-get update -qq && apt-get install -y -qq --no-install-recommends python3-venv >/dev/null \
	    && $(PYTHON) -m venv .uv; }
	@[ -x $(UV) ] || .uv/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@$(UV) sync --frozen --quiet --system-certs --python $(PYTHON)
	@touch $@

demo: setup ## The walk-through on a swarm on this machine (KEEP=1 stays up and lets you type, ARGS=--simulated)
	@$(RUN)python -m playground $(if $(KEEP),--keep) $(ARGS)

test: setup ## Everything that can run here: unit, contract, integration, scenario (ARGS="-k name", JOBS=5, ORDER=…)
	@$(RUN)python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder --randomly-seed=$(ORDER) $(ARGS)

chaos: setup ## 1,000 interruptions while people type, and the long outages (forty minutes; CHAOS=100, SEED=…)
	@CHAOS=$(CHAOS) SEED=$(SEED) $(RUN)python -m pytest -n 2 --dist loadgroup -rP tests/chaos $(ARGS)

parity: setup ## The docker CLI and Waggle side by side: writes the table (minutes; PARITY=500, SEED=…)
	@status=0; PARITY=$(PARITY) SEED=$(SEED) $(RUN)python -m pytest -n 0 tests/parity $(ARGS) || status=$$?; \
	$(RUN)python -m tests.generated_pages --write && exit $$status

check: setup ## Lint, types, architecture, dead code, generated pages (no tests)
	@$(RUN)ruff format --check --quiet .
	@$(RUN)ruff check --quiet .
	@$(RUN)mypy
	@$(RUN)lint-imports
	@$(RUN)vulture
	@$(RUN)python -m tests.generated_pages

coverage: setup ## Every branch of policy and approvals is tested (ten seconds; fails under 100 %)
	@$(RUN)python -m pytest -q $(DECIDED_BY) --deselect $(HISTORIES) $(addprefix --cov=,$(DECIDING)) --cov-branch \
	  --cov-report=term-missing:skip-covered --cov-fail-under=100

mutants: setup ## Do the tests notice when policy and approvals are changed? (minutes; fails under 85 %)
	@rm -rf mutants
	@$(RUN)mutmut run
	@$(RUN)mutmut results
	@$(RUN)mutmut export-cicd-stats
	@$(RUN)python -m tests.mutation_score

bench: setup ## Figures, beside the floor that each is measured against (25 minutes; ARGS=ack for one)
	@$(RUN)python -m bench --write $(ARGS)

soak: setup ## An hour of rollouts, reads and kills: does anything grow? (ARGS="10 --no-kills": ten minutes, none killed)
	@$(RUN)python -m bench.soak --write $(ARGS)

format: setup ## Format, and fix what can be fixed safely
	@$(RUN)ruff check --fix --quiet . || true
	@$(RUN)ruff format --quiet .

docs: setup ## Write the generated pages anew
	@$(RUN)python -m tests.generated_pages --write

lab-up: setup ## A real swarm of N=3 engines on this machine
	@$(RUN)python -m playground.lab up --nodes $(N)

lab-down: setup ## Take it down, leaving nothing behind
	@$(RUN)python -m playground.lab down

image: setup ## Build Waggle's image, wheels from uv.lock (IMAGE=registry/waggle:1.0, BASE=python:3.11-slim)
	@deploy/wheels dist/wheels
	@docker build --build-arg BASE=$(BASE) --tag $(IMAGE) .

clean: ## Remove what the recipes made in this directory
	@rm -rf .venv .uv dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage mutants
