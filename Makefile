# "make" alone lists the commands. Another interpreter: make demo PYTHON=python3.12

PYTHON ?= python3
ARGS ?=
WORKERS ?= 6
VENV := .venv
BIN := $(VENV)/bin
DEVELOPMENT := $(VENV)/installed
# What "make demo", "make test" and "make check" install is enough for "make run" too.
RUNTIME := $(if $(wildcard $(DEVELOPMENT)),$(DEVELOPMENT),$(VENV)/installed-to-run)
# Where its Python is gone, as after an upgrade of the system, the environment is made anew.
BROKEN := $(shell test -x $(BIN)/python || echo broken)

.DEFAULT_GOAL := help
BENCHES := bench-clicks bench-faults bench-poll bench-idle bench-resume bench-pipelines
.PHONY: help demo test crash mutate check run manifest pins $(BENCHES)

help: ## lists the commands
	@awk -F ': .*## ' '/^[a-z-]+: .*## / { printf "make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(DEVELOPMENT) ## a Slack workspace, Privilege Manager and the gate on this machine, with the bot in it; Ctrl-C ends it
	@exec $(BIN)/python -m sandbox

test: $(DEVELOPMENT) $(COMPILED) ## runs the tests; some of them only: make test ARGS=tests/slack_bot; one by one: WORKERS=0
	@$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist worksteal $(ARGS)

# In CI the tests are compiled once, and not by each of the processes that run them; what is wrong with them they tell.
.PHONY: compiled
compiled: $(DEVELOPMENT)
	@$(BIN)/python -m pytest --collect-only --quiet >/dev/null 2>&1 || true

crash: $(DEVELOPMENT) ## kills the bot at every step, in two hundred runs, and checks that nothing is lost or doubled
	@exec $(BIN)/python -m tests.crash $(ARGS)

mutate: $(DEVELOPMENT) ## puts small faults into policy, approvals and audit, and names those that no test notices
	@exec $(BIN)/python -m tests.mutation $(ARGS)

check: $(DEVELOPMENT) ## lints, checks formatting, types and who may import whom
	@$(BIN)/python -m ruff check --quiet
	@$(BIN)/python -m ruff format --quiet --check
	@$(BIN)/python -m mypy
	@$(BIN)/lint-imports --no-logo

run: $(RUNTIME) ## starts the bot with the settings of .env and of the environment
	@exec $(BIN)/python -m slack_bot.app

manifest: $(RUNTIME) ## prints the app's manifest for Slack over HTTP: make manifest URL=https://bot.example.com
	@exec $(BIN)/python -m slack_bot.manifest "$(URL)"

pins: $(DEVELOPMENT) ## pins what pyproject.toml asks for in requirements.txt and requirements-dev.txt
	@$(call compile,requirements.txt,--extra bot --extra gate --extra postgres)
	@$(call compile,requirements-dev.txt,--all-extras -c requirements.txt)

compile = $(BIN)/uv pip compile --quiet pyproject.toml --universal --python-version 3.11 $(2) \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make pins" -o $(1) $(ARGS)

bench-clicks: $(DEVELOPMENT) ## measures how soon a click is acknowledged and its card settled, beside plain Bolt
	@exec $(BIN)/python -m bench.clicks $(ARGS)

bench-faults: $(DEVELOPMENT) ## measures what each fault of the connection costs, beside Bolt's clients; ten minutes
	@exec $(BIN)/python -m bench.faults $(ARGS)

bench-poll: $(DEVELOPMENT) ## measures one poll with nothing new, beside the bare reading of the same list
	@exec $(BIN)/python -m bench.poll $(ARGS)

bench-idle: $(DEVELOPMENT) ## measures start, memory and CPU at rest, also at a quarter of a CPU; twelve minutes
	@exec $(BIN)/python -m bench.idle $(ARGS)

bench-resume: $(DEVELOPMENT) ## measures how soon a program goes on after its approval, and 10,000 that wait; four minutes
	@exec $(BIN)/python -m bench.resume $(ARGS)

bench-pipelines: $(DEVELOPMENT) ## counts what an idle hour of GitHub Actions costs: calls, bytes, units of the rate limit
	@exec $(BIN)/python -m bench.pipelines $(ARGS)

.PHONY: broken
$(DEVELOPMENT): requirements-dev.txt $(BROKEN)
	@PYTHON="$(PYTHON)" sh scripts/install $(VENV) requirements-dev.txt $@

$(VENV)/installed-to-run: requirements.txt $(BROKEN)
	@PYTHON="$(PYTHON)" sh scripts/install $(VENV) requirements.txt $@
