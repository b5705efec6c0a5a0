# Every target works on a fresh clone. Tools are pinned and go into .tools.

TOOLS       := $(CURDIR)/.tools
STATICCHECK := $(TOOLS)/staticcheck-v0.8.2
FUZZ_TIME   ?= 60s

.PHONY: demo test lint bench deep ui pictures compiler postgres node chromium curl

## demo: the example application on real requests, the trail it leaves, and the page to look at it; until interrupted
demo:
	go run ./cmd/daybook demo --keep

## test: everything, with the race detector
test: compiler postgres chromium curl viewer/web/node_modules clients/typescript/node_modules
	go test -race -timeout 20m ./...

## deep: the long form of the fault, random and fuzz tests
deep: compiler postgres chromium curl viewer/web/node_modules clients/typescript/node_modules
	DAYBOOK_DEEP=1 go test -race -timeout 4h ./...
	@for package in $$(go list ./...); do \
		for target in $$(go test -list '^Fuzz' $$package | grep '^Fuzz'); do \
			echo "fuzz $$package $$target"; \
			go test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZ_TIME) $$package || exit 1; \
		done; \
	done

## ui: build the page and the element from viewer/web into viewer/dist, which is committed
ui: viewer/web/node_modules
	cd viewer/web && npm run --silent build

## pictures: the screenshots of docs/viewer.md
pictures: ui chromium
	DAYBOOK_PICTURES=$(CURDIR)/docs/viewer DAYBOOK_SCRIPT=test/pictures.mjs go test -count=1 -run TestThePageInABrowser ./viewer

## lint: form, vet, staticcheck, the import table, and that viewer/dist is what viewer/web builds
lint: $(STATICCHECK) ui
	@changed=$$(git status --porcelain viewer/dist); \
		if [ -n "$$changed" ]; then echo "viewer/dist is not what viewer/web builds (commit what make ui made):"; echo "$$changed"; exit 1; fi
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); \
		if [ -n "$$unformatted" ]; then echo "not formatted (run gofmt -w):"; echo "$$unformatted"; exit 1; fi
	go mod tidy -diff
	go vet ./...
	$(STATICCHECK) ./...
	go test -count=1 -run 'Imports|Init|Statement|Decisions' .

## bench: the figures of docs/performance.md, measured here
bench:
	go run ./bench -write docs/performance.md

$(STATICCHECK):
	GOBIN=$(TOOLS) go install honnef.co/go/tools/cmd/staticcheck@v0.8.2
	mv $(TOOLS)/staticcheck $@

# The page is built and its tests are run by Node; versions are those of package-lock.json.
viewer/web/node_modules: viewer/web/package-lock.json | node
	cd viewer/web && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

# The client that is generated from the OpenAPI document is compiled by its tests.
clients/typescript/node_modules: clients/typescript/package-lock.json | node
	cd clients/typescript && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

node:
	@command -v npm >/dev/null && node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || a == 20 && b >= 19 ? 0 : 1)' || { \
		echo "the page and the client in TypeScript are built with Node: install Node.js 20.19 or newer, with npm"; exit 1; }

# The examples of docs/api.md are run.
curl:
	@command -v curl >/dev/null || { \
		echo "installing curl for the examples of docs/api.md"; \
		if command -v apt-get >/dev/null; then \
			$$(command -v sudo) apt-get update -qq && $$(command -v sudo) apt-get install -y -qq --no-install-recommends curl ca-certificates; \
		else \
			echo "the examples of docs/api.md need curl on the PATH: install it"; exit 1; \
		fi; }

# The page is tested in a real browser.
chromium:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || { \
		echo "installing Chromium for the tests of the page"; \
		if command -v apt-get >/dev/null; then \
			$$(command -v sudo) apt-get update -qq && $$(command -v sudo) apt-get install -y -qq --no-install-recommends chromium; \
		else \
			echo "the tests of the page need Chromium on the PATH: install it"; exit 1; \
		fi; }

# The race detector needs a C compiler; nothing else of Daybook does.
compiler:
	@command -v cc >/dev/null || { \
		echo "installing a C compiler for the race detector"; \
		if command -v apt-get >/dev/null; then \
			$$(command -v sudo) apt-get update -qq && $$(command -v sudo) apt-get install -y -qq gcc libc6-dev; \
		else \
			echo "the tests need a C compiler on the PATH for the race detector: install gcc or clang"; exit 1; \
		fi; }

# The tests start a private PostgreSQL and PgBouncer of their own from these programs; no service is used.
postgres:
	@missing=; \
	command -v postgres >/dev/null || ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || missing="postgresql"; \
	command -v pgbouncer >/dev/null || [ -x /usr/sbin/pgbouncer ] || missing="$$missing pgbouncer"; \
	if [ -n "$$missing" ]; then \
		echo "installing for the tests: $$missing"; \
		if command -v apt-get >/dev/null; then \
			$$(command -v sudo) apt-get update -qq && $$(command -v sudo) apt-get install -y -qq --no-install-recommends $$missing; \
		else \
			echo "the tests need PostgreSQL 15 or newer, the server's programs, and PgBouncer: install $$missing"; exit 1; \
		fi; \
	fi
