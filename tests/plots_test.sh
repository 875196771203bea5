#!/bin/bash
# Pictures from outside: what hrm select, hrm inspect and hrm tree draw, as SVG and PNG, and what is refused before any work.
#   HRM: the program; HRM_SOURCE_DIR: the source tree.
. "$(dirname "$0")/lib/checks.sh"

# has FILE N TEXT: the picture is well-formed and TEXT stands N times in it.
has() {
  checks=$((checks + 1))
  python3 -c 'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])' "$1" 2>err || fail "$1 is not XML"
  [ "$(grep -oF -e "$3" "$1" | wc -l)" = "$2" ] || fail "'$3' is not $2 times in $1"
}

expect 0 "$HRM" world make --count 30 --seed 3 --out problems.jsonl
expect 0 "$HRM" world solve problems.jsonl --n 8 --rollouts 4 --seed 5 --out solved.jsonl
expect 0 "$HRM" world solve problems.jsonl --n 8 --rollouts 4 --seed 6 --out other.jsonl

# --- accuracy against N: one line per method, each with its band ---
expect 0 "$HRM" select bon solved.jsonl --n 1,2,8 --aggregate min --pick best --plot bon.svg
cp out without
has bon.svg 1 "N, solutions per problem"
grep -o 'fill-opacity' bon.svg | wc -l >bands
lines=$(grep -o 'stroke-linejoin' bon.svg | wc -l)
checks=$((checks + 1))
[ "$(cat bands)" = "$lines" ] && [ "$lines" -ge 3 ] || fail "$lines lines, $(cat bands) bands"
expect 0 "$HRM" select bon solved.jsonl --n 1,2,8 --aggregate min --pick best
checks=$((checks + 1))
cmp -s out without || fail "--plot changed what is printed"
expect 0 "$HRM" select bon solved.jsonl --out report --plot all.svg --json  # several panels in one picture
for name in report/accuracy-*.svg; do
  title=${name#report/accuracy-}
  has all.svg 1 ": ${title%.svg}</title>"
done

# --- differences and measures, with their intervals ---
expect 0 "$HRM" select compare solved.jsonl --n 8 --aggregate min,last --plot differences.svg
has differences.svg 1 "stroke-dasharray"
has differences.svg 1 "difference in accuracy"
expect 0 "$HRM" select compare solved.jsonl --with other.jsonl --n 8 --plot two.svg
expect 0 "$HRM" select steps solved.jsonl --out one --plot steps.svg
for measure in AUC Brier; do grep -qi "$measure" steps.svg || fail "no $measure in steps.svg"; done
expect 0 "$HRM" select steps other.jsonl --out two
expect 0 "$HRM" select pool one two --plot pool.svg
has pool.svg 0 "nan"

# --- curves of a run ---
expect 0 "$HRM" data generate sudoku --size 4 --count 8 --test-count 6 --seed 3 --out data
expect 0 "$HRM" train --preset trm-mlp --data data --out runs/a --threads 1 --quiet arch.hidden_size=32 arch.L_layers=1 \
  arch.puzzle_emb_ndim=0 arch.puzzle_emb_len=0 arch.expansion=1 arch.halt_max_steps=2 max_steps=6 global_batch_size=4 \
  eval_interval=2 log_steps=1
expect 0 "$HRM" inspect runs/a/ --plot curves.svg
has curves.svg 1 "<title>a: losses</title>"
has curves.svg 1 "<title>a: held-out data</title>"
says curves.svg "exact_accuracy"
refuses "log.jsonl" "$HRM" inspect data --plot none.svg

# --- trees ---
expect 0 "$HRM" tree grow problems.jsonl --store a.tree --policy arithmetic --method mcts --depth 4 --limit 2
expect 0 "$HRM" tree show a.tree --problem 1 --plot tree.svg
says tree.svg "<circle"

# --- PNG is the same picture, where rsvg-convert is installed; without it the way out is named ---
if command -v rsvg-convert >/dev/null; then
  expect 0 "$HRM" select bon solved.jsonl --n 1,2,8 --plot bon.png
  expect 0 "$HRM" inspect runs/a --plot curves.PNG
  expect 0 "$HRM" tree show a.tree --problem 1 --plot tree.png
  for picture in bon.png curves.PNG tree.png; do
    checks=$((checks + 1))
    [ "$(head -c 4 "$picture" | tail -c 3)" = PNG ] || fail "$picture is not a PNG"
  done
fi
mkdir nothing
refuses "librsvg2-bin" env PATH="$PWD/nothing" "$HRM" select bon solved.jsonl --plot none.png
for name in none none.pdf none.svgz; do
  refuses ".svg or .png" "$HRM" select bon solved.jsonl --plot "$name"
  refuses ".svg or .png" "$HRM" select steps solved.jsonl --plot "$name"
  refuses ".svg or .png" "$HRM" inspect runs/a --plot "$name"
  refuses ".svg or .png" "$HRM" tree show a.tree --plot "$name"
done
checks=$((checks + 1))
[ -z "$(ls none* 2>/dev/null)" ] || fail "a refused command left a file"

finish
