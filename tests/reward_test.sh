#!/bin/bash
# The data side of the reward model from outside: problems, solutions, truth, rows, selection, studies.
#   HRM: the program; HRM_SOURCE_DIR: the source tree.
. "$(dirname "$0")/lib/checks.sh"

# --- problems ---
expect 0 "$HRM" world make --count 40 --seed 3 --out train.jsonl
silent out
expect 0 "$HRM" world make --count 40 --seed 3
silent err
cmp -s out train.jsonl || fail "the file and standard output differ"
expect 0 "$HRM" world make --split test --count 40 --seed 3 --out test.jsonl operations=3 largest=9 operators=+-
refuses "validation" "$HRM" world make --split validation
refuses "operations" "$HRM" world make operations=0
refuses "operators" "$HRM" world make operators=/
refuses "did you mean 'largest'" "$HRM" world make largset=3
refuses "allow more" "$HRM" world make --count 100000 operations=1 largest=2
refuses "--count" "$HRM" world make --count 0

# --- solutions and their truth ---
policy=arithmetic:slip=0.2,repair=0.3
expect 0 "$HRM" world solve train.jsonl --n 8 --policy $policy --rollouts 1,4 --seed 5 --out solved.jsonl
expect 0 "$HRM" world solve - --n 8 --policy $policy --rollouts 1,4 --seed 5 --threads 1 <train.jsonl
cmp -s out solved.jsonl || fail "the number of threads changes the solutions"
expect 0 "$HRM" world judge solved.jsonl --show 1 --out judged.jsonl --stepwise steps.jsonl
for word in "320 solutions" "valid steps" "repairs" "on track"; do says out "$word"; done
silent err
expect 0 "$HRM" world judge solved.jsonl --json
says out '"correct"'
echo '{"question": "(7+12)*3-15=?", "solution": "7+12=18;18*3-15\n!7+12=19;19*3-15\nhm\n#### 42", "answer": "42"}' >one
expect 0 "$HRM" world judge one --show 1
for word in "7+12 is 19, not 18" "(repairs)" "'hm' is not a step" "the answer is right"; do says out "$word"; done
refuses "missing" "$HRM" world judge missing
refuses "question" "$HRM" world judge - < <(echo '{"solution": "x"}')
refuses "line 2" "$HRM" world judge - < <(cat one && echo '{"question": "1+1=?"')
refuses "answer '7'" "$HRM" world solve - < <(echo '{"question": "2*3=?", "answer": "7"}')
refuses "slop" "$HRM" world solve train.jsonl --policy arithmetic:slop=1
refuses "expected local:MODEL or arithmetic" "$HRM" world solve train.jsonl --policy gpt
refuses "contains no problem" "$HRM" world solve - </dev/null

# --- rows ---
expect 0 "$HRM" rows build steps.jsonl --kind hierarchical --out rows.jsonl
expect 0 "$HRM" rows check rows.jsonl
expect 0 "$HRM" rows convert steps.jsonl --to math-shepherd --out shepherd.jsonl
for file in rows.jsonl shepherd.jsonl; do
  checks=$((checks + 1))
  [ -s $file ] || fail "$file is empty"
done

# --- rows of trees ---
grow=("$HRM" tree grow test.jsonl --policy $policy --steps line --answer gsm8k --depth 9 --children 4 --merge off --limit 6)
expect 0 "${grow[@]}" --store a.tree
expect 0 "$HRM" rows build a.tree --kind hierarchical --labels policy --out plain.jsonl
expect 0 "$HRM" rows check plain.jsonl
expect 0 "$HRM" rows build a.tree steps.jsonl --kind hierarchical --compress --compress-seed 3 --test-fraction 0.3 \
  --test-out part.jsonl --out hnc.jsonl
says hnc.jsonl.meta.json '"p": 0.5'
says hnc.jsonl.meta.json '"labels": "mc"'
expect 0 "$HRM" rows build a.tree --kind orm --out orm.jsonl
expect 0 "$HRM" rows check orm.jsonl
for format in trl math-shepherd openr; do
  expect 0 "$HRM" rows convert a.tree --to $format --out paths.jsonl
  expect 0 "$HRM" rows check paths.jsonl --json
  says out "\"format\": \"$format\""
done
# The same trees by way of JSON give the same rows; a solution is a path to a leaf.
expect 0 "$HRM" tree show a.tree --json
leaves=$(grep -o '"leaves": [0-9]*' out | awk '{ sum += $2 } END { print sum }')
expect 0 "$HRM" tree grow test.jsonl --policy $policy --faithful --depth 4 --limit 4 --store authors.tree
for store in a authors; do
  expect 0 "$HRM" tree export $store.tree --out trees.jsonl
  expect 0 "$HRM" tree import trees.jsonl --store again-$store.tree
done
expect 0 "$HRM" rows build a.tree --kind prm --counts --out counted.jsonl
says counted.jsonl '"trials":'
refuses "labels mc" "$HRM" rows build a.tree --kind prm --counts --labels policy --out none.jsonl
refuses "--counts" "$HRM" rows build steps.jsonl --kind prm --counts --out none.jsonl
same_rows() {
  for store in $1 again-$1; do
    expect 0 "$HRM" rows build $store.tree "${@:2}" --seed 4 --out rows-$store.jsonl --json
    [ "$1" != a ] || says out "\"solutions\": $leaves,"
  done
  checks=$((checks + 1))
  [ -s rows-$1.jsonl ] && cmp -s rows-$1.jsonl rows-again-$1.jsonl || fail "rows of $*: JSON and store differ"
}
for compress in "" "--compress --compress-seed 3"; do
  for kind in orm prm hierarchical; do
    same_rows a --kind $kind $compress
    [ $kind = orm ] || same_rows authors --kind $kind --mode faithful $compress
  done
done
refuses "separate files" "$HRM" rows build a.tree steps.jsonl --mode faithful --out none.jsonl
refuses "orm rows from trees" "$HRM" rows build a.tree --mode faithful --kind orm --out none.jsonl
refuses "--compress" "$HRM" rows build a.tree -p 0.2 --out none.jsonl
: >empty.jsonl
refuses "no record and no tree" "$HRM" rows build empty.jsonl --out none.jsonl
refuses "no record and no tree" "$HRM" rows convert empty.jsonl --to trl --out none.jsonl
[ ! -e none.jsonl ] || fail "a refused command left rows"

# --- rows: other people's files ---
plain='{"question": "3 + 4?", "steps": ["3 + 4 = 7", "So 8."], "labels": [1, 0]}'
echo "$plain" | gzip >plain.jsonl.gz
expect 0 "$HRM" rows convert plain.jsonl.gz --to trl --out trl.jsonl
says trl.jsonl '"labels":[true,false]'
refuses 'fields found: "q", "steps"' "$HRM" rows build - --kind prm --out none.jsonl < <(echo '{"q": "x", "steps": ["a"]}')
refuses "plain or processbench" "$HRM" rows build - --kind prm --out none.jsonl < <(echo "${plain%\}}, \"label\": 1}")
refuses "nothing was written" "$HRM" rows build - --kind prm --out none.jsonl < <(echo '{"problem": "x", "answer": "5"}')
refuses "Parquet" "$HRM" rows convert - --to trl --out none.jsonl < <(printf 'PAR1\0\0\0\0PAR1')
refuses "git lfs pull" "$HRM" rows convert - --to trl --out none.jsonl < <(echo 'version https://git-lfs.github.com/spec/v1')
refuses "more than 67108864 bytes" "$HRM" rows convert /dev/zero --to trl --out none.jsonl
[ ! -e none.jsonl ] || fail "a refused command left rows"
expect 0 "$HRM" rows convert - --to trl --out trl.jsonl < <(echo '{"prompt": "x \ud835", "completions": ["a"], "labels": [true]}')
says err "half of a surrogate pair"
# A store whose end is missing is read, and every reader says so.
head -c -7 a.tree >cut.tree
for command in "tree export cut.tree" "tree label cut.tree" "tree show cut.tree" "tree merge cut.tree --out merged.tree" \
  "rows build cut.tree --kind prm --out cut.jsonl"; do
  expect 0 "$HRM" $command
  says err "cut.tree: ends within a record, at byte"
done

# --- selection ---
echo '{"problem": "3+4?", "answer": "7", "completions": ["So $\\boxed{7}$.", "So $\\boxed{8}$."], "scores": [[0.9], [0.2]]}' >learn.jsonl
expect 0 "$HRM" select bon learn.jsonl
says out "best scores/last"
printf '%s\n' '{"problem": "p", "answer": "7", "prm_score": 0.9, "is_correct": true}' \
  '{"problem": "p", "answer": "8", "prm_score": 0.2, "is_correct": false}' >samples-by-line.jsonl
expect 0 "$HRM" select bon samples-by-line.jsonl
says out "best prm_score/last"
printf '%s\n' '{"id":"a","steps":["s","t"],"label":1,"scores":{"m":[0.9,0.2]}}' \
  '{"id":"b","steps":["s"],"label":-1,"scores":{"m":[0.8]}}' > first_errors.jsonl
expect 0 "$HRM" select processbench first_errors.jsonl --out first_errors
says out "| m |"
expect 0 "$HRM" select processbench first_errors.jsonl --calibrate first_errors.jsonl --oracle-threshold --json
refuses "excludes" "$HRM" select processbench first_errors.jsonl --calibrate first_errors.jsonl --threshold 0.5
printf '%s\n' '{"classification":"circular","idx":"1","modified_process":["s","t"],"error_steps":[2],"scores":[0.9,0.2]}' \
  > planted.jsonl
expect 0 "$HRM" select prmbench planted.jsonl --json
expect 0 "$HRM" select steps solved.jsonl --scorer value --out steps-report
cat >benchmark.jsonl <<'END'
{"id": 1, "topic": "law", "question": "q", "steps": ["a", "b", "c"], "first_error": 2, "scores": {"m": [0.9, 0.2, 0.1]}}
{"id": 2, "topic": "art", "question": "r", "steps": ["a", "b"], "first_error": null, "scores": {"m": [0.4, 0.8]}}
{"id": 3, "question": "s", "steps": ["a", "b"], "first_error": 1, "scores": {"m": [0.3, 0.7]}}
END
expect 0 "$HRM" select steps benchmark.jsonl --from first-error-1 --by topic
for word in "| m | (all) | 1.000" "| m | art | - | 0.500" "| m | law | 1.000" "| m | (none) | - | 1.000"; do says out "$word"; done
expect 0 "$HRM" select steps benchmark.jsonl --from first-error-1
says out "| m | 1.000"
expect 0 "$HRM" select steps benchmark.jsonl --from first-error-0 --by topic --skip-bad --json
says out '"(all)"'
refuses "does 'first_error' count steps from 0 or from 1?" "$HRM" select steps benchmark.jsonl
refuses "no record has a field 'subject'" "$HRM" select steps benchmark.jsonl --from first-error-1 --by subject
refuses "excludes" "$HRM" select steps benchmark.jsonl --from first-error-1 --truth labels
expect 0 "$HRM" rows convert benchmark.jsonl --from first-error-1 --to trl --out benchmark-trl.jsonl
cat >marked.jsonl <<'END'
{"id": 1, "domain": "law", "question": "q", "chain_of_thoughts": ["a", "b"], "labels": [1, -1], "scores": {"m": [0.9, 0.2]}}
{"id": 2, "domain": "art", "question": "r", "chain_of_thoughts": ["a"], "labels": "[-1]", "scores": {"m": [0.4]}}
END
expect 0 "$HRM" select steps marked.jsonl
for word in "| m | (all) | 1.000" "| m | art | - | 1.000" "| m | law | 1.000"; do says out "$word"; done
cat >sure.jsonl <<'END'
{"id": 1, "gold": "1", "candidates": [{"answer": "1", "logprobs": [-0.1, -0.3]}, {"answer": "2", "mean_logprob": -0.6}, {"answer": "2", "cumulative_logprob": -6, "tokens": 10}]}
END
expect 0 "$HRM" select bon sure.jsonl --n 3
for word in "| best mean_logprob | 1.000" "| weighted mean_logprob | 0.000" "| majority | 0.000"; do says out "$word"; done
refuses "at most 0" "$HRM" select bon <(sed 's/-0.3/0.3/' sure.jsonl)
expect 0 "$HRM" select repair solved.jsonl --scorer value
expect 0 "$HRM" world probe train.jsonl --seed 1 --out probe.jsonl
expect 0 "$HRM" select repair probe.jsonl --scorer value --out probe-1
expect 0 "$HRM" select repair probe.jsonl --scorer value --seed 2 --out probe-2
expect 0 "$HRM" select pool probe-1/report.json probe-2/report.json
refuses "two" "$HRM" select pool probe-1/report.json
expect 0 "$HRM" select bon solved.jsonl --scorer value --n 1,8 --out bon
says out "value"
checks=$((checks + 1))
[ -s bon/report.md ] || fail "bon/report.md is missing"

# --- studies ---
expect 0 "$HRM" world study train.jsonl --policy $policy --rollouts 1,4 --out study
for word in "| soft | 4 |" "| hard | 1 |" "RMSE"; do says out "$word"; done
for file in README.md study.json rmse.svg hard.svg; do
  checks=$((checks + 1))
  [ -s study/$file ] || fail "study/$file is missing"
done
expect 0 "$HRM" world trees test.jsonl --policy $policy --depth 4 --json
says out '"merged_repairs"'
refuses "--depth" "$HRM" world trees test.jsonl --depth 9
expect 0 "$HRM" tree grow test.jsonl --policy $policy --method adaptive --steps line --answer gsm8k --depth 12 --store b.tree
expect 0 "$HRM" world labels a.tree b.tree --out labels
for word in "| a.tree | breadth | children 4, depth 9" "| b.tree | adaptive |" "| a.tree | policy |" "| b.tree | through |"; do
  says out "$word"
done
for file in report.md report.json; do
  checks=$((checks + 1))
  [ -s labels/$file ] || fail "labels/$file is missing"
done
refuses "missing.tree" "$HRM" world labels a.tree missing.tree
refuses "--rollouts" "$HRM" world study train.jsonl --rollouts 0

finish
