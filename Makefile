# Spanwise. `make run` shows it, `make test` proves it; each target stands alone, set-up included.

.DEFAULT_GOAL := help
.NOTPARALLEL:
SHELL := /bin/bash
PORT ?= 8421
comma := ,

STEP := @tools/step.sh
WEB := @tools/step.sh --web
WASM := --target wasm32-unknown-unknown

# What the page is built from. Directories count too: they change when a file goes.
SOURCES := Cargo.toml Cargo.lock Trunk.toml index.html .cargo/config.toml tools/postbuild.mjs tools/offline.mjs tools/split.mjs tools/cut.mjs tools/versions.env \
	$(shell find src style public 2>/dev/null)

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-16s %s\n", $$1, $$2}' Makefile

## Everyday

.PHONY: run
run: dist/index.html ## set up, build, serve on localhost and open the page with a sample (PORT=8421)
	@node tools/serve.mjs --port $(PORT) --open '?sample=shop'

.PHONY: dev
dev: setup-build ## serve on localhost and build again at each change (PORT=8421)
	@. tools/env.sh && web trunk serve --offline --port $(PORT) --dist "$$SPANWISE_CACHE/dev"

.PHONY: test
test: setup lint test-native doc test-web check-dist test-browser ## set up, then check everything

.PHONY: build
build: dist/index.html ## the page, ready to publish, in dist/

.PHONY: bench
bench: setup dist/index.html ## measure natively and in a browser, print README's tables ([SPANS=10000,100000,1000000] [ROUNDS=3] [PART=native,start,page])
	$(STEP) bench node tools/bench.mjs $(if $(SPANS),--spans $(SPANS)) $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(PART),--part $(PART))

.PHONY: fuzz
fuzz: setup ## look for inputs that break a reader, guided by coverage ([SECONDS=60] [TARGET=import,wire])
	$(STEP) fuzz tools/fuzz.sh $(if $(filter command line,$(origin SECONDS)),$(SECONDS),60) $(subst $(comma), ,$(TARGET))

## Parts of `make test`

.PHONY: lint
lint: fmt clippy clippy-web ## formatting and lints, native and web

.PHONY: fmt
fmt: setup ## check the formatting
	$(STEP) fmt cargo fmt --check

.PHONY: clippy
clippy: setup ## lints, native
	$(STEP) clippy cargo clippy --all-targets --locked -- -D warnings

.PHONY: clippy-web
clippy-web: setup ## lints, for the web
	$(WEB) clippy-web cargo clippy $(WASM) --lib --bins --locked -- -D warnings

.PHONY: test-native
test-native: setup ## unit and integration tests, native
	$(STEP) test-native cargo test --locked

.PHONY: doc
doc: setup ## the documentation, whose links must hold
	$(STEP) doc env RUSTDOCFLAGS='-D warnings' cargo doc --no-deps --locked

.PHONY: test-web
test-web: setup ## unit tests that need a browser
	$(WEB) test-web cargo test $(WASM) --no-default-features --test web --locked

.PHONY: check-dist
check-dist: dist/index.html ## the built page's size, policy and addresses
	$(STEP) check-dist node tools/check-dist.mjs

.PHONY: test-browser
test-browser: setup dist/index.html ## the built page in a browser
	$(STEP) test-browser node --test tests/e2e/*.test.mjs

## Against a server of yours

# By the environment, so that neither the list of processes nor a report of a failure shows the password.
test-openobserve: export SPANWISE_OPENOBSERVE_URL := $(URL)
test-openobserve: export SPANWISE_OPENOBSERVE_USER := $(USER)
test-openobserve: export SPANWISE_OPENOBSERVE_PASSWORD := $(or $(PASSWORD),$(SPANWISE_OPENOBSERVE_PASSWORD))
test-openobserve: export SPANWISE_OPENOBSERVE_ORG := $(ORG)
test-openobserve: export SPANWISE_OPENOBSERVE_STREAM := $(STREAM)
test-openobserve: export SPANWISE_OPENOBSERVE_LAST := $(LAST)
test-openobserve: export SPANWISE_PORT := $(PORT)
.PHONY: test-openobserve
test-openobserve: setup dist/index.html ## browser tests against an OpenObserve (URL=… USER=… PASSWORD=… [ORG=] [STREAM=] [LAST=])
	@test -n "$(URL)" || { echo 'test-openobserve needs URL=https://… USER=… PASSWORD=…, and that server must let in http://localhost:$(PORT)'; exit 2; }
	$(STEP) test-openobserve node --test tests/e2e/openobserve.test.mjs

## Upkeep

.PHONY: setup
setup: ## install what is missing, the browser for tests included
	$(STEP) setup tools/setup.sh test

.PHONY: setup-build
setup-build:
	$(STEP) setup tools/setup.sh build

.PHONY: clean
clean: ## remove what was built from this tree; tools and caches stay
	rm -rf dist node_modules
	$(STEP) clean cargo clean --package spanwise
	$(WEB) clean-page cargo clean --package spanwise $(WASM) --profile page
	$(WEB) clean-engine cargo clean --package spanwise $(WASM) --profile engine

dist/index.html: $(SOURCES) | setup-build
	$(WEB) --alone build trunk build --release --offline
