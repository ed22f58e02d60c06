# "make" alone lists the commands. Another interpreter: make demo PYTHON=python3.12

PYTHON ?= python3
ARGS ?=
WORKERS ?= 2
VENV := .venv
BIN := $(VENV)/bin
DEVELOPMENT := $(VENV)/installed
# What "make demo", "make test" and "make check" install is enough for "make run" too.
RUNTIME := $(if $(wildcard $(DEVELOPMENT)),$(DEVELOPMENT),$(VENV)/installed-to-run)

.DEFAULT_GOAL := help
.PHONY: help demo test check run pins

help: ## lists the commands
	@awk -F ': .*## ' '/^[a-z]+: .*## / { printf "make %-6s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(DEVELOPMENT) ## a Slack workspace and Privilege Manager on this machine, with the bot in it; Ctrl-C ends it
	@exec $(BIN)/python -m sandbox

test: $(DEVELOPMENT) ## runs the tests; some of them only: make test ARGS=tests/slack_bot; one by one: WORKERS=0
	@$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist worksteal $(ARGS)

check: $(DEVELOPMENT) ## lints, checks formatting, types and who may import whom
	@$(BIN)/python -m ruff check --quiet
	@$(BIN)/python -m ruff format --quiet --check
	@$(BIN)/python -m mypy
	@$(BIN)/lint-imports --no-logo

run: $(RUNTIME) ## starts the bot with the settings of .env and of the environment
	@exec $(BIN)/python -m slack_bot.app

pins: $(DEVELOPMENT) ## pins what pyproject.toml asks for in requirements.txt and requirements-dev.txt
	@$(call compile,requirements.txt,--extra postgres)
	@$(call compile,requirements-dev.txt,--all-extras -c requirements.txt)

compile = $(BIN)/uv pip compile --quiet pyproject.toml --universal --python-version 3.11 $(2) \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make pins" -o $(1) $(ARGS)

$(DEVELOPMENT): requirements-dev.txt
	@PYTHON="$(PYTHON)" sh scripts/install $(VENV) requirements-dev.txt $@

$(VENV)/installed-to-run: requirements.txt
	@PYTHON="$(PYTHON)" sh scripts/install $(VENV) requirements.txt $@
