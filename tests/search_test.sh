#!/bin/bash
# hrm search from outside: methods, files, resuming, faults.
#   HRM: the program; HRM_SOURCE_DIR: the source tree.
. "$(dirname "$0")/lib/checks.sh"

# timeless FILE: its lines without what depends on the clock.
timeless() { sed -E 's/"seconds":[-+.e0-9]+/"seconds":0/g' "$1"; }

expect 0 "$HRM" world make --split test --count 30 --seed 3 --out problems.jsonl
world=(--policy arithmetic:slip=0.3 --steps line --answer gsm8k)
search=("$HRM" search problems.jsonl "${world[@]}" --scorer truth:noise=1 --method bon,step-greedy,beam,dvts,particles --n 1,8)

expect 0 "${search[@]}" --out one.jsonl --in-flight 1 --report report
for word in "| beam truth:noise=1/last |" "| particles truth:noise=1/last |" "| majority |" "pass@N" "30 of 30 problems are finished"; do says out "$word"; done
silent err
for file in report.md report.json accuracy-search-last.svg tokens-search-last.svg; do
  checks=$((checks + 1))
  [ -s report/$file ] || fail "report/$file is missing"
done
expect 0 "${search[@]}" --out many.jsonl --in-flight 8
checks=$((checks + 1))
cmp -s <(timeless one.jsonl) <(timeless many.jsonl) || fail "--in-flight changes what is found"

# --- what select reads ---
expect 0 "$HRM" select bon one.jsonl --aggregate last --pick best --n 1,8
for word in "| dvts truth:noise=1/last |" "| best truth:noise=1/last |"; do says out "$word"; done
expect 0 "$HRM" select compare one.jsonl --aggregate last --against 'beam truth:noise=1/last'
says out "| dvts truth:noise=1/last | beam truth:noise=1/last | 8 |"
expect 0 "$HRM" select compare one.jsonl --with many.jsonl

# --- going on ---
head -c 9000 one.jsonl >torn.jsonl
cp one.jsonl.meta.json torn.jsonl.meta.json
expect 0 "${search[@]}" --out torn.jsonl --json
says err "ended within a line"
says out '"finished": 30'
checks=$((checks + 1))
cmp -s <(timeless one.jsonl) <(timeless torn.jsonl) || fail "a search that goes on finds something else"
expect 0 "${search[@]}" --out one.jsonl --json
says out '"requests": 0'
long=("$HRM" search problems.jsonl "${world[@]}" --scorer truth:noise=1 --method bon,beam --n 512 --out stopped.jsonl)
"${long[@]}" --in-flight 1 >out 2>err &
for _ in {1..500}; do [[ -s stopped.jsonl ]] && break || sleep 0.02; done  # an earlier signal ends a program unasked
kill -INT $!
wait $!
code=$?
checks=$((checks + 1))
case $code in
  130) says err "run the same command again to continue" ;;
  0) ;;  # it was faster
  *) fail "an interrupted search ended with $code" ;;
esac
expect 0 "${long[@]}"
says out "30 of 30 problems are finished"

# --- other scorers, other policies ---
expect 0 "$HRM" search problems.jsonl "${world[@]}" --scorer truth:of=value,slip=0.3 --method beam --samples off \
  --n 4 --limit 5 --out value.jsonl
says out "| beam truth:of=value,slip=0.3/last |"
says out "no majority vote"
expect 0 "$HRM" search problems.jsonl --policy arithmetic --scorer truth --depth 9 --method step-greedy --n 4 \
  --limit 5 --out authors.jsonl
says out "| step-greedy truth/last |"
echo '{"": ["#### 1"]}' >table.json
expect 0 "$HRM" search problems.jsonl --endpoint script:table.json --scorer truth --steps line --n 2 --limit 3 \
  --out script.jsonl
echo '{"question": "How many?", "answer": "3"}' >other.jsonl
expect 1 "$HRM" search other.jsonl --endpoint script:table.json --scorer truth --steps line --out other_out.jsonl
says err "1 problems failed"
says err "arithmetic world"
silent other_out.jsonl

# --- refusals ---
refuses "width = 4, not 2" "${search[@]}" --width 2 --out one.jsonl
refuses "particle_weights = \"odds\", not \"exp\"" "${search[@]}" --particle-weights exp --out one.jsonl
refuses "logprobs = nothing, not true" "${search[@]}" --logprobs --out one.jsonl
refuses "no policy: give --endpoint" "$HRM" search problems.jsonl --scorer truth --out none.jsonl
refuses "not both" "${search[@]}" --endpoint http://127.0.0.1:1/v1 --out none.jsonl
refuses "expected local:MODEL or arithmetic" "$HRM" search problems.jsonl --scorer truth --policy gpt --out none.jsonl
refuses "--scorer" "$HRM" search problems.jsonl --policy arithmetic --out none.jsonl
refuses "noise" "$HRM" search problems.jsonl --policy arithmetic --scorer truth:noise=-1 --out none.jsonl
refuses "no-such-folder" "$HRM" search problems.jsonl --policy arithmetic --scorer no-such-folder --out none.jsonl
refuses "'astar' is not one of" "$HRM" search problems.jsonl --policy arithmetic --scorer truth --method astar --out none.jsonl
refuses "n = 0" "$HRM" search problems.jsonl --policy arithmetic --scorer truth --n 0 --out none.jsonl
refuses "--in-flight" "${search[@]}" --in-flight 0 --out none.jsonl
refuses "contains no problem" "$HRM" search /dev/null --policy arithmetic --scorer truth --out none.jsonl
checks=$((checks + 1))
[ ! -e none.jsonl ] || fail "a refused search left a file"

finish
