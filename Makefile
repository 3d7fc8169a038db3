# What can be done here; plain `make` lists it. Paths are relative, so that the folder may be named anything.
# The environment in .venv is made from requirements.lock once, and again when the lock changes.

PYTHON ?= python3
VENV := .venv
IN_VENV := $(VENV)/bin/python -I
INSTALLED := $(VENV)/.installed
ROUNDUP := .roundup/.installed
WINDOWS := .windows/.installed
IN_WINDOWS := $(IN_VENV) tests/windows/python_on_wine.py run .windows
PIP := $(IN_VENV) -m pip --disable-pip-version-check --no-input --quiet install
# Tests that Windows is held to, with those marked posix skipped. How text is matched and what a tracker is told is the same on
# every system, and half of all tests.
WINDOWS_TESTS := tests/agent tests/collectors tests/config tests/contracts tests/system/test_cli.py tests/system/test_help.py \
	--ignore tests/contracts/test_redaction_rules.py --ignore tests/agent/redact/picking/test_dialect.py \
	-k "not (freshdesk or github or jira or redmine or request_tracker or roundup or \
	salesforce or servicenow or zammad or zendesk)"
# One worker per core of a small machine; `make test WORKERS=0` runs everything in one process.
WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help demo demo-stop test test-chaos test-servers test-systemd test-windows lint types bench bench-redaction bench-speed bench-bundle bench-memory bench-limits bench-upload fuzz-redaction kill-agent kill-bundle lock bench-service bench-devices

help: ## list these targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1|\2/p' Makefile | while IFS='|' read -r target text; do \
		printf '  %-20s %s\n' "$$target" "$$text"; done

demo: $(INSTALLED) ## start the desk, send it a bundle of this computer, print the ticket (TICKET=N: add to that one)
	@$(IN_VENV) packaging/demo.py start --folder .demo $(if $(TICKET),--ticket "$(TICKET)")

demo-stop: ## end the desk that `make demo` left running
	@$(PYTHON) -I packaging/demo.py stop --folder .demo

test: $(INSTALLED) ## run every check, and every test but those of make test-servers and test-windows
	@$(IN_VENV) -m pytest -q -n $(WORKERS) --dist worksteal -m "not peer and not long and not wine"

test-servers: $(INSTALLED) $(ROUNDUP) ## meet real trackers, tus programs, an S3 store, the service at work (TEST_TUS_PEERS=DIR, see tests/README.md; minutes)
	@TEST_TUS_PEERS="$(TEST_TUS_PEERS)" $(IN_VENV) -m pytest -q -m "peer or long" --durations=5

test-chaos: $(INSTALLED) ## deliver through a line that loses, cuts and lies, to the desk and Request Tracker (DELIVERIES=500; up to two hours)
	@TEST_DELIVERIES=$(or $(DELIVERIES),500) $(IN_VENV) -m pytest -q -s -m "" tests/servers/test_chaos.py

test-systemd: $(INSTALLED) ## run the service's unit under a real systemd (root on Debian; apt install systemd-container debootstrap; minutes)
	@TEST_SYSTEMD=1 $(IN_VENV) -m pytest -q -m "" tests/servers/test_service_under_systemd.py

test-windows: $(INSTALLED) $(WINDOWS) ## run the agent's tests in Python for Windows, then the agent as a person there, under Wine (minutes)
	@$(IN_WINDOWS) pytest -q -n $(WORKERS) -p no:cacheprovider -m "not peer and not long" $(WINDOWS_TESTS)
	@$(IN_VENV) -m pytest -q -m wine tests/windows

lint: $(INSTALLED) ## style, format and floors alone
	@$(IN_VENV) -m ruff check .
	@$(IN_VENV) -m ruff format --check .
	@$(VENV)/bin/lint-imports

types: $(INSTALLED) ## static types alone
	@$(IN_VENV) -m mypy
	@$(IN_VENV) -m mypy --platform win32

bench: bench-speed bench-bundle ## how fast we are, beside other programs in the same sitting (minutes)

bench-bundle: $(INSTALLED) ## a whole bundle beside 7-Zip packing the same logs, and where its time goes (MB=40)
	@$(IN_VENV) tests/bench/bundle_speed.py --mb $(or $(MB),40)

bench-memory: $(INSTALLED) ## peak memory of whole bundles: large logs, one endless line, many files, many addresses (MB=1000; an hour)
	@$(IN_VENV) tests/bench/bundle_memory.py --mb 200 --mb $(or $(MB),1000)

bench-redaction: $(INSTALLED) ## redaction beside other programs: recall, speed, memory (minutes; installs them)
	@$(IN_VENV) tests/bench/redaction_peers.py

bench-speed: $(INSTALLED) ## how fast redaction is, by engine, beside other programs and on hostile input (minutes)
	@$(IN_VENV) tests/bench/redaction_speed.py

bench-limits: $(INSTALLED) ## pack logs with planted bursts of errors within 1, 5, 20 and 50 MB (MB=60 of logs; minutes)
	@$(IN_VENV) tests/bench/size_limits.py --mb $(or $(MB),60)

bench-upload: $(INSTALLED) ## a large bundle through the desk, beside curl to nginx: speed and memory (MB=1000)
	@$(IN_VENV) tests/bench/large_upload.py --mb $(or $(MB),1000)

bench-service: $(INSTALLED) ## what the background service costs while nothing happens, and after a bundle (MINUTES=30)
	@$(IN_VENV) tests/bench/idle_service.py --minutes $(or $(MINUTES),30)

bench-devices: $(INSTALLED) ## devices that wait at a desk: seconds from press to device, memory, CPU (DEVICES=1000, MORE="--postgres --uploads 50 --store --kill")
	@$(IN_VENV) tests/bench/waiting_devices.py --devices $(or $(DEVICES),1000) $(MORE)

fuzz-redaction: $(INSTALLED) ## hold the engines against one another (MB=20 of text, then MINUTES=2 of mutations)
	@$(IN_VENV) tests/bench/engines.py --mb $(or $(MB),20) --minutes $(or $(MINUTES),2)

kill-agent: $(INSTALLED) ## kill -9 the agent at 200 random moments; each report must arrive once (KILLS=200; up to an hour)
	@KILLS=$(or $(KILLS),200) $(IN_VENV) -m pytest -q -n $(WORKERS) tests/contracts/test_delivery_killed.py tests/system/test_agent_killed.py

kill-bundle: $(INSTALLED) ## kill -9, and fill the disk of, bundles in the making; nothing may be left (KILLS=50, DISKS=20; ten minutes)
	@KILLS=$(or $(KILLS),50) DISKS=$(or $(DISKS),20) $(IN_VENV) -m pytest -q -s tests/system/test_bundle_cut_short.py

lock: $(INSTALLED) ## bring requirements.lock up to pyproject.toml (UPGRADE=--upgrade: to the newest versions)
	@$(VENV)/bin/uv pip compile pyproject.toml --group pyproject.toml:build --extra desk --extra test \
		--universal --fork-strategy fewest --python-version 3.11 --generate-hashes --no-emit-index-url \
		--custom-compile-command "make lock" --quiet $(UPGRADE) --output-file requirements.lock

# The stamp is written last: an installation that was cut short is made anew.
$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -I -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null || { \
		echo "sendlogs needs Python 3.11, 3.12 or 3.13, and '$(PYTHON)' is not one: make PYTHON=python3.11" >&2; exit 1; }
	@echo "Making the environment in $(VENV) (once, about a minute)"
	@$(PYTHON) -I -m venv $(VENV)
	@$(PIP) --require-hashes --only-binary :all: --requirement requirements.lock
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $(INSTALLED)

# A tracker that tests drive. It has no wheel, so it cannot be in the lock, and lives in an environment of its own.
$(ROUNDUP): tests/servers/roundup.lock
	@$(PYTHON) -I -m venv .roundup
	@.roundup/bin/python -I -m pip --disable-pip-version-check --no-input --quiet install \
		--require-hashes --no-deps --requirement tests/servers/roundup.lock
	@touch $(ROUNDUP)

# Python for Windows, with what the lock has for it, in a Windows made by Wine.
$(WINDOWS): requirements.lock $(wildcard tests/windows/*.c) tests/windows/cpython.lock tests/windows/python_on_wine.py | $(INSTALLED)
	@$(IN_VENV) tests/windows/python_on_wine.py make .windows
	@touch $(WINDOWS)
