#!/bin/bash
# The installed library from outside the tree: its files, and programs in C and C++ built against them with CMake and
# pkg-config, on good and bad input. `make library-test` runs it.
#   HRM_LIBRARY_BUILD: a build folder with HRM_LIBRARY=ON; HRM: the program; HRM_SOURCE_DIR: the source tree.
. "$(dirname "$0")/lib/checks.sh"

build=${HRM_LIBRARY_BUILD:-}
if [[ -z "$build" ]]; then
  echo "skipped: no library is built: make library-test builds one and runs this"
  exit 77
fi
model=$SOURCE/models/sudoku9
easy=53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79
answer=534678912672195348198342567859761423426853791713924856961537284287419635345286179
hard=4.....8.5.3..........7......2.....6.....8.4......1.......6.3.7.5..2.....1.4......

# Installed twice: the files, and a tree that was moved afterwards.
expect 0 cmake --install "$build" --prefix "$PWD/first"
mv first moved
for file in include/hrm/hrm.h include/hrm/solver.h include/hrm/evaluator.h include/hrm/reward.h include/hrm/error.h; do
  test -f "moved/$file" || fail "not installed: $file"
done
library=$(find "$PWD/moved" -name libhrm.so)
test -n "$library" || fail "libhrm.so is not installed"
nm -D --defined-only "$library" | awk '$2 ~ /[A-Z]/ {print $3}' | grep -v '^hrm_' >others && fail "foreign symbols: $(head -3 others)"

# Every function of the header is there, and nothing else.
nm -D --defined-only "$library" | awk '{print $3}' | sed 's/@.*//' | sort -u >shown
grep -E '^HRM_API' -A1 "moved/include/hrm/hrm.h" | grep -oE 'hrm_[a-z_]+\(' | tr -d '(' | sort -u >declared
diff declared shown >difference || fail "hrm.h and libhrm.so differ: $(cat difference)"

# CMake.
expect 0 cmake -S "$SOURCE/examples/library" -B built -DCMAKE_PREFIX_PATH="$PWD/moved" \
  -DCMAKE_C_FLAGS="-Wall -Wextra -Wpedantic -Werror" -DCMAKE_CXX_FLAGS="-Wall -Wextra -Wpedantic -Werror"
expect 0 cmake --build built
expect 0 built/watch "$model" "$easy"
says out "segment 1: "
says out "$answer"
says out "solved after"
expect 2 built/watch "$model" 1.3
says err "watch: [puzzles.sudoku.parse] the puzzle"
expect 2 built/watch /nonexistent "$easy"
says err "/nonexistent"
expect 2 built/watch "$model" "55${easy:2}"
says err "the puzzle: contains no puzzle that can be solved"
printf '%s\n%s\n' "$easy" "$hard" >puzzles
expect 0 built/solve "$model" puzzles
says out "puzzles, puzzle 1: $answer by model"
says out "puzzle 2: "
expect 2 built/solve "$model" missing.txt
says err "missing.txt"
expect 2 built/solve "$model" puzzles missing-data
says err "missing-data"

# Another version is refused.
sed 's/hrm 0\.1/hrm 9.0/' "$SOURCE/examples/library/CMakeLists.txt" >CMakeLists.txt
cp "$SOURCE"/examples/library/*.c* .
expect 1 cmake -S . -B refused -DCMAKE_PREFIX_PATH="$PWD/moved"

# pkg-config and a C compiler alone.
if command -v pkg-config >/dev/null; then
  PKG_CONFIG_PATH=$(dirname "$(find "$PWD/moved" -name hrm.pc)")
  export PKG_CONFIG_PATH
  read -ra flags <<<"$(pkg-config --cflags --libs hrm)"
  expect 0 "${CC:-cc}" -std=c99 -D_DEFAULT_SOURCE watch.c -o watch "${flags[@]}" "-Wl,-rpath,$(dirname "$library")"
  expect 0 ./watch "$model" "$easy"
  says out "solved after"
fi

finish
