# Two commands for a newcomer: `make run` and `make test`.
SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	command -v $$p >/dev/null && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
PORT ?= 8000
VNU := 26.9.27
CHROMIUM := $(shell command -v chromium || command -v chromium-browser || command -v google-chrome)

.PHONY: help setup run test test-fast test-thorough test-postgresql lint bench rules mutation wheel browser checker clean

help:
	@echo "make run     打开网站 http://127.0.0.1:$(PORT)/（首次会自动准备环境、装入示例数据）"
	@echo "make test    运行全部测试（含浏览器）"
	@echo "make test-thorough 同上，密码等按真实代价，随机情形和强行终止的次数更多（约一小时）"
	@echo "make test-postgresql 在 PostgreSQL 上运行用到数据库的测试（自动启动临时服务器）"
	@echo "make bench   测量发布、检索、生成和截止前一小时填报的速度和内存"
	@echo "make rules   由规则、制度和情形生成规则表、情形数和制度文件的 Schema"
	@echo "make mutation 逐一改坏规则的判断，核对情形能否发现（约两分钟；有规则低于 85% 时失败）"
	@echo "make wheel   打包 wheel 到 dist/"

setup: $(VENV)/.installed $(VENV)/.assets

$(VENV)/.installed: requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "需要 Python 3.11 或更新版本。Debian/Ubuntu：sudo apt-get install python3 python3-venv；macOS：brew install python@3.12"; exit 1; }
	@if command -v uv >/dev/null; then \
		uv venv -q --allow-existing --python "$(PYTHON)" $(VENV) && \
		uv pip install -q --compile-bytecode -p $(BIN)/python --require-hashes -r requirements.lock && \
		uv pip install -q --compile-bytecode -p $(BIN)/python --no-deps --no-build-isolation -e . ; \
	else \
		$(PYTHON) -m venv $(VENV) || { echo "缺少 venv 模块。Debian/Ubuntu：sudo apt-get install python3-venv；macOS：brew install python@3.12"; rm -rf $(VENV); exit 1; }; \
		$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock && \
		$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e . ; \
	fi
	@touch $@

# Third-party browser assets: copied out of the pinned npm package, by the system's npm or by the one on PyPI.
$(VENV)/.assets: package.json package-lock.json portal/web/vendor.py $(VENV)/.installed
	@if ! command -v npm >/dev/null; then \
		echo "没有 npm，改用 Python 包中的 Node。"; \
		$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip -q; \
		$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r portal/web/node.lock; \
	fi
	@$(BIN)/python -m portal.web.vendor
	@touch $@

run: setup
	@$(BIN)/portal run --port $(PORT)

browser:
	@if [ -z "$(CHROMIUM)" ]; then \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			echo "安装浏览器和中文字体（仅测试需要）……"; \
			apt-get update -q >/dev/null && apt-get install -q -y --no-install-recommends chromium fonts-noto-cjk fonts-noto-cjk-extra >/dev/null; \
		else \
			echo "********************************************************************"; \
			echo "没有 Chromium，浏览器测试将被跳过。安装：sudo apt-get install chromium fonts-noto-cjk（macOS：brew install --cask chromium）"; \
			echo "********************************************************************"; \
		fi; \
	fi

# The Nu HTML checker, for the tests of the pages' HTML only. Where it cannot be had, they are skipped and say so.
checker: setup
	@if ! command -v java >/dev/null || ! command -v npm >/dev/null; then \
		echo "********************************************************************"; \
		echo "没有 Java 或 npm，网页的 HTML 检查将被跳过。安装：sudo apt-get install default-jre-headless npm（macOS：brew install openjdk node）"; \
		echo "********************************************************************"; \
	elif [ ! -f $(VENV)/vnu/$(VNU) ]; then \
		npm install --prefix $(VENV)/vnu --no-save --ignore-scripts --no-audit --no-fund --loglevel=error vnu-jar@$(VNU) >/dev/null \
			&& touch $(VENV)/vnu/$(VNU) || echo "HTML 检查工具没有装上（无法连接 npm），网页的 HTML 检查将被跳过。"; \
	fi

lint: setup
	$(BIN)/ruff check . && $(BIN)/ruff format --check -q .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry portal

# A test that fails is tried once more, and what passed only then is told at the end (ADR 19).
AGAIN := --reruns 1

test: setup browser checker
	@$(MAKE) --no-print-directory lint
	$(BIN)/pytest -n 2 --dist loadgroup -q $(AGAIN)
	@$(MAKE) --no-print-directory test-postgresql SCOPE="tests/store tests/services/board tests/services/supervision tests/services/running tests/services/desk $(AGAIN)"

# Every test that uses a database once more, on a PostgreSQL server of the run's own. About SQLite's file: left out.
# `make test` takes the part in which the two databases could differ.
test-postgresql: setup
	PORTAL_TEST_DATABASE=postgresql $(BIN)/pytest -n 2 --dist loadgroup -q -m "not browser and not kill" $(SCOPE)

# The same tests at the product's own prices, with more made-up examples, kills and combinations of pages.
test-thorough: setup browser checker
	PORTAL_THOROUGH=1 $(BIN)/pytest -n 2 --dist loadgroup -q
	@$(MAKE) --no-print-directory test-postgresql

test-fast: setup
	$(BIN)/pytest -n 2 -q -m "not kill and not browser"

SIZE ?= usual
bench: setup
	$(BIN)/python -m tests.bench --size $(SIZE)

rules: setup
	$(BIN)/python -m tests.regimes.coverage

mutation: setup
	$(BIN)/python -m tests.regimes.mutation

wheel: setup
	$(BIN)/python -m hatchling build -t wheel

clean:
	rm -rf dist .pytest_cache .mypy_cache .ruff_cache
