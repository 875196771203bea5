# What a contributor and .ci/run call. `make help` lists the targets. Every target first installs what it needs and is
# missing (scripts/setup); the builds themselves are CMake presets (CMakePresets.json).
#
#   CMAKE_FLAGS   for the configuration, for instance CMAKE_FLAGS=-DHRM_WERROR=ON
#   LIBTORCH      a libtorch to use in place of the one in .venv
#   JOBS          processors for the build (default: all)
#   PREFIX, DESTDIR   for install and uninstall
#   FUZZ_SECONDS, FUZZ_SEED   for each fuzz target of `make asan`
#   HRM_SHARED    folder of golden values and data for the tests (default ../shared)

PREFIX ?= /usr/local
FUZZ_SECONDS ?= 20
FUZZ_SEED ?= 0
HRM_SHARED ?= $(abspath ../shared)
export HRM_SHARED
ifdef DESTDIR
  export DESTDIR
endif

build = cmake --build build/$(1) $(if $(JOBS),--parallel $(JOBS)) --target
# build.ninja appears when a configuration has succeeded; from then on ninja repeats it by itself where needed.
configure = $(if $(CMAKE_FLAGS)$(filter-out 0,$(shell test -f build/$(1)/build.ninja; echo $$?)),\
  cmake --preset $(1) $(2) $(CMAKE_FLAGS))
clang = -DCMAKE_CXX_COMPILER=$$(scripts/newest_tool clang++ 16)

.PHONY: all demo demo-reward test real-server-test parity bench bench-reward asan tsan layers format format-fix tidy lite lite-test install uninstall clean help
.DEFAULT_GOAL := all

all: ## Build everything (build/release): hrm is build/release/bin/hrm
	@scripts/setup
	@$(call configure,release)
	@$(call build,release) all

demo: ## Show the program at work: make puzzles, train, interrupt, resume, evaluate, solve
	@scripts/setup
	@$(call configure,release)
	@$(call build,release) hrm
	@scripts/demo

demo-reward: ## Run the whole reward chain offline: problems, trees, labels, rows, a policy and reward models of every kind
	@scripts/setup
	@$(call configure,release)
	@$(call build,release) hrm
	@scripts/demo_reward

test: all ## Run all tests; the last line counts them
	@scripts/run_tests build/release

parity: all ## Run only the golden cases, which compare with the authors' programs
	@scripts/run_tests --filter '*Parity*:*Golden*' build/release

real-server-test: ## Install a llama.cpp server with a small model into .venv-server and test hrm against it
	@scripts/setup
	@$(call configure,release)
	@$(call build,release) hrm
	@scripts/real_server --install-only
	@HRM=$(CURDIR)/build/release/bin/hrm python3 tests/real_server_test.py

bench: all ## Measure speed and memory, compared with PyTorch if it is installed
	@benchmarks/run_bench

bench-reward: ## Measure trees, training rows, grading and requests of the reward chain against their targets
	@scripts/setup
	@$(call configure,release)
	@$(call build,release) hrm tree_bench grading_bench load_server load_generator
	@benchmarks/run_reward_bench

lite: ## Build the program without libtorch: one file that needs only the C library (build/lite/bin/hrm)
	@scripts/setup --lite
	@$(call configure,lite)
	@$(call build,lite) hrm
	@strip -o build/lite/hrm.stripped build/lite/bin/hrm && \
	  echo "build/lite/bin/hrm: $$(($$(stat -c %s build/lite/hrm.stripped) / 1024)) KiB when installed, needs" \
	    $$(ldd build/lite/bin/hrm | sed 's/^[[:space:]]*//; s/ .*//; s,.*/,,')

lite-test: lite ## Run the whole-program tests on the lite build (`make test` and `make asan` run its unit tests)
	@scripts/run_tests build/lite

asan: ## Test the rooms without libtorch under the address and undefined-behavior sanitizers, then run the fuzzers
	@scripts/setup --lite --asan
	@$(call configure,asan,$(clang))
	@$(call build,asan) all
	@scripts/run_tests build/asan
	@scripts/run_fuzzers --seconds $(FUZZ_SECONDS) --seed $(FUZZ_SEED) build/asan

tsan: ## Test the same rooms under the thread sanitizer
	@scripts/setup --lite --asan
	@$(call configure,tsan,$(clang))
	@$(call build,tsan) all
	@scripts/run_tests build/tsan

layers: ## Check includes against the table of rooms, and that pages name existing files and symbols
	@scripts/check_layers --self-test
	@scripts/check_layers
	@scripts/check_where

format: ## Check the formatting
	@scripts/setup --lite --format
	@scripts/format

format-fix: ## Reformat the source
	@scripts/setup --lite --format
	@scripts/format --fix

tidy: ## Run clang-tidy on the rooms without libtorch (advisory, slow)
	@scripts/setup --lite --asan --tidy
	@$(call configure,tidy,$(clang))
	@find src -name '*.cc' ! -path 'src/reasoning/aten/*' | xargs -P $$(nproc) -n 4 \
	  $$(scripts/newest_tool clang-tidy 14) --quiet -p build/tidy

install: all ## Install to PREFIX (default /usr/local) under DESTDIR
	@cmake --install build/release --strip --prefix $(PREFIX)
	@cp build/release/install_manifest.txt build/release/installed.txt

uninstall: ## Remove the files of the last install
	@test -f build/release/installed.txt || { echo "nothing was installed from this folder"; exit 2; }
	@while read -r file; do rm -fv "$(DESTDIR)$$file"; done < build/release/installed.txt
	@rm build/release/installed.txt

clean: ## Remove all builds but not .venv
	@rm -rf build

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/\1\t\2/p' Makefile | while IFS="$$(printf '\t')" read -r target text; do \
	  printf '  make %-17s %s\n' "$$target" "$$text"; done
