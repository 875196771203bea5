# What a contributor and .ci/run call. `make help` lists the targets. Every target first installs what it needs and is
# missing (scripts/setup); the builds themselves are CMake presets (CMakePresets.json).
#
#   CMAKE_FLAGS   for the configuration, for instance CMAKE_FLAGS=-DHRM_WERROR=ON
#   LIBTORCH      a libtorch to use in place of the one in .venv
#   JOBS          processors for the build (default: all)
#   PREFIX, DESTDIR   for install and uninstall
#   FUZZ_SECONDS, FUZZ_SEED   for each fuzz target of `make asan`
#   PAGE_PORT     of `make page` (default 8080; 0: a free one)
#   WEB_MODELS    model files and run folders for `make web` (default models/sudoku9)
#   HRM_SHARED    folder of golden values and data for the tests (default ../shared)

PREFIX ?= /usr/local
FUZZ_SECONDS ?= 20
FUZZ_SEED ?= 0
PAGE_PORT ?= 8080
WEB_MODELS ?= models/sudoku9
HRM_SHARED ?= $(abspath ../shared)
export HRM_SHARED
ifdef DESTDIR
  export DESTDIR
endif

build = cmake --build build/$(1) $(if $(JOBS),--parallel $(JOBS)) --target
# build.ninja appears when a configuration has succeeded; from then on ninja repeats it by itself where needed.
configure = $(if $(CMAKE_FLAGS)$(filter-out 0,$(shell test -f build/$(1)/build.ninja; echo $$?)),\
  cmake --preset $(1) $(2) $(CMAKE_FLAGS))
python = $(if $(wildcard .venv/bin/python),.venv/bin/python,python3)
clang = -DCMAKE_CXX_COMPILER=$$(scripts/newest_tool clang++ 16)

.PHONY: all demo demo-reward page page-test web web-test test real-server-test aarch64-test parity bench bench-reward asan tsan layers format format-fix tidy lite lite-test package package-test library library-test library-install wheel wheel-test install uninstall clean help
.DEFAULT_GOAL := all

all: ## Build everything (build/release): hrm is build/release/bin/hrm
	@scripts/setup
	@$(call configure,release)
	@$(call build,release) all

demo: ## The main job: make puzzles, train, interrupt, resume, evaluate, solve, and show the result
	@scripts/setup
	@$(call configure,release)
	@$(call build,release) hrm
	@scripts/demo

demo-reward: ## The reward model from end to end: worlds, labels, trees, rows; a policy and reward models of every kind, in about five minutes
	@scripts/setup
	@$(call configure,release)
	@$(call build,release) hrm
	@scripts/demo_reward

page: ## The page in a browser: starts hrm serve with the trained models and prints the address; Ctrl-C ends it
	@scripts/setup
	@$(call configure,release)
	@$(call build,release) hrm
	@build/release/bin/hrm serve --model models/sudoku_planes --model models/sudoku9 --model models/maze --runs models --port $(PAGE_PORT)

page-test: ## The page in a real Chromium (installed first): every view used, screenshots in build/page
	@scripts/setup --browser
	@$(call configure,release)
	@$(call build,release) hrm
	@HRM=$(CURDIR)/build/release/bin/hrm python3 tests/page_test.py --screenshots build/page

web: ## The page without a server: a folder for any static host, with a WebAssembly module (build/web/site)
	@scripts/setup --lite --web
	@scripts/build_web $(if $(JOBS),--jobs $(JOBS)) $(WEB_MODELS)

web-test: web ## That page and its module, in node and in a real Chromium, beside hrm solve
	@scripts/setup --browser --web
	@$(call configure,release)
	@$(call build,release) hrm
	@HRM=$(CURDIR)/build/release/bin/hrm python3 tests/web_test.py --screenshots build/page

test: all ## All tests; the last line counts them
	@scripts/run_tests build/release

parity: all ## Only the golden cases: equal to the authors' programs
	@scripts/run_tests --filter '*Parity*:*Golden*' build/release

real-server-test: ## A llama.cpp server with a small model: installed into .venv-server, then asked
	@scripts/setup
	@$(call configure,release)
	@$(call build,release) hrm
	@scripts/real_server --install-only
	@HRM=$(CURDIR)/build/release/bin/hrm python3 tests/real_server_test.py

aarch64-test: ## The CPU engine compiled for AArch64, and its tests under emulation
	@scripts/setup --lite --aarch64
	@scripts/aarch64_test $(if $(JOBS),--jobs $(JOBS))

bench: all ## Speed and memory, beside PyTorch where it is installed
	@benchmarks/run_bench

bench-reward: ## Trees, training rows, grading and requests of the reward model against their targets
	@scripts/setup
	@$(call configure,release)
	@$(call build,release) hrm tree_bench grading_bench load_server load_generator
	@benchmarks/run_reward_bench

lite: ## The program without libtorch, in one file that needs only the C library (build/lite/bin/hrm)
	@scripts/setup --lite
	@$(call configure,lite)
	@$(call build,lite) hrm
	@strip -o build/lite/hrm.stripped build/lite/bin/hrm && \
	  echo "build/lite/bin/hrm: $$(($$(stat -c %s build/lite/hrm.stripped) / 1024)) KiB when installed, needs" \
	    $$(ldd build/lite/bin/hrm | sed 's/^[[:space:]]*//; s/ .*//; s,.*/,,')

lite-test: lite ## The whole-program tests on it (its units are tested by `make test` and `make asan`)
	@scripts/run_tests build/lite

library: ## libhrm for programs in C, C++ and Python, and hrm, in build/library (CMAKE_FLAGS=-DHRM_TORCH=ON adds libtorch)
	@scripts/setup --lite
	@$(call configure,library)
	@$(call build,library) hrm hrm_shared

library-install: library ## Install it with headers, CMake package and pkg-config file to PREFIX under DESTDIR
	@cmake --install build/library --strip --prefix $(PREFIX)

library-test: library ## Programs outside the tree against the installed library; the Python package on it
	@HRM=$(CURDIR)/build/library/bin/hrm HRM_LIBRARY_BUILD=$(CURDIR)/build/library bash tests/library_test.sh
	@HRM=$(CURDIR)/build/library/bin/hrm HRM_LIBRARY=$(CURDIR)/build/library/lib/libhrm.so PYTHONPATH=$(CURDIR)/python \
	  $(python) tests/python_test.py

wheel: ## The Python wheel, in build/wheels: one for all versions of Python, needs only the C library and NumPy
	@scripts/setup --lite
	@$(python) -m pip wheel --quiet --no-deps --wheel-dir build/wheels .
	@ls -l build/wheels/*.whl

wheel-test: wheel library ## Install it into a new virtual environment and run the Python tests
	@rm -rf build/wheel-venv && python3 -m venv build/wheel-venv
	@build/wheel-venv/bin/pip install --quiet build/wheels/*.whl mypy
	@HRM=$(CURDIR)/build/library/bin/hrm build/wheel-venv/bin/python tests/python_test.py --installed

package: ## A Debian package and an archive for any Linux with glibc, into build/packages
	@scripts/setup --lite --package
	@$(call configure,package)
	@$(call build,package) hrm
	@$(call configure,lite)
	@$(call build,lite) hrm
	@scripts/package

package-test: package ## Packages again with the same bytes? lintian, bill of materials, installed and used
	@scripts/package_test

asan: ## The rooms without libtorch under address and undefined-behavior sanitizers: tests, then fuzzers
	@scripts/setup --lite --asan
	@$(call configure,asan,$(clang))
	@$(call build,asan) all
	@scripts/run_tests build/asan
	@scripts/run_fuzzers --seconds $(FUZZ_SECONDS) --seed $(FUZZ_SEED) build/asan

tsan: ## The same rooms' tests under the thread sanitizer
	@scripts/setup --lite --asan
	@$(call configure,tsan,$(clang))
	@$(call build,tsan) all
	@scripts/run_tests build/tsan

layers: ## Check that includes follow the table of rooms, that pages name what exists, and the parameters of functions
	@scripts/check_layers --self-test
	@scripts/check_layers
	@scripts/check_where
	@scripts/count_parameters

format: ## Check the formatting
	@scripts/setup --lite --format
	@scripts/format

format-fix: ## Reformat
	@scripts/setup --lite --format
	@scripts/format --fix

tidy: ## clang-tidy over the rooms without libtorch (advisory, slow)
	@scripts/setup --lite --asan --tidy
	@$(call configure,tidy,$(clang))
	@python3 -c 'import json, sys; print(*sorted({e["file"] for e in json.load(sys.stdin)}), sep="\n")' \
	  <build/tidy/compile_commands.json | grep '^$(CURDIR)/src/' | xargs -P $$(nproc) -n 4 $$(scripts/newest_tool clang-tidy 14) --quiet -p build/tidy

install: all ## Install to PREFIX (default /usr/local) under DESTDIR
	@cmake --install build/release --strip --prefix $(PREFIX)
	@cp build/release/install_manifest.txt build/release/installed.txt

uninstall: ## Remove what the last install wrote
	@test -f build/release/installed.txt || { echo "nothing was installed from this folder"; exit 2; }
	@while read -r file; do rm -fv "$(DESTDIR)$$file"; done < build/release/installed.txt
	@rm build/release/installed.txt

clean: ## Remove all builds; .venv stays
	@rm -rf build

help: ## This list
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/\1\t\2/p' Makefile | while IFS="$$(printf '\t')" read -r target text; do \
	  printf '  make %-17s %s\n' "$$target" "$$text"; done
