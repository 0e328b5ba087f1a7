# Needs Rust, make and bash; the rest is found or installed, and said.

.DEFAULT_GOAL := help
.PHONY: help run test lint

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## scan the example tenant export on this machine alone, embedded, nothing to set up
	@scripts/need-compiler
	@scripts/build-main
	@cargo run -q -p checkmate -- scan path:examples/tenant-export

test: ## run all tests; finds or installs RabbitMQ and Redis first
	@scripts/need-compiler
	@scripts/need-services
	@scripts/test

lint: ## formatting, clippy, docs, dependencies; every warning is an error
	@scripts/need-compiler
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS=-Dwarnings cargo doc --workspace --no-deps
	@scripts/deny
