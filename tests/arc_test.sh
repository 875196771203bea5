#!/bin/bash
# ARC from end to end: task files, data set, training, votes, another data set, a task of one's own.
#   HRM: the program; HRM_SOURCE_DIR: the source tree.
. "$(dirname "$0")/lib/checks.sh"

# Tasks whose output is the input upside down, in every form in which people hold them.
python3 - <<'PY'
import json, os, random
random.seed(7)
def pair():
    h, w = random.randint(2, 4), random.randint(2, 4)
    g = [[random.randint(0, 9) for _ in range(w)] for _ in range(h)]
    return {"input": g, "output": g[::-1]}
def task(): return {"train": [pair() for _ in range(3)], "test": [pair()]}
os.makedirs("data/training"); os.makedirs("data/evaluation"); os.makedirs("other/corpus/AboveBelow")
tasks = {s: {f"{s[0]}{i}": task() for i in range(n)} for s, n in (("training", 4), ("evaluation", 2))}
for split, of in tasks.items():
    for name, t in of.items(): json.dump(t, open(f"data/{split}/{name}.json", "w"))
    solved = {n: [p["output"] for p in t["test"]] for n, t in of.items()}
    asked = {n: {"train": t["train"], "test": [{"input": p["input"]} for p in t["test"]]} for n, t in of.items()}
    os.makedirs("combined", exist_ok=True)
    json.dump(asked, open(f"combined/arc_{split}_challenges.json", "w"))
    json.dump(solved, open(f"combined/arc_{split}_solutions.json", "w"))
for i in range(3): json.dump(task(), open(f"other/corpus/AboveBelow/AboveBelow{i}.json", "w"))
new = task()
json.dump(new, open("new.json", "w"))
del new["test"][0]["output"]
json.dump(new, open("unsolved.json", "w"))
PY

expect 0 "$HRM" data arc data --variants 5 --max-grid 6 --seed 3 --out set --threads 1
says out "4 training tasks, 2 evaluation tasks, 37 identifiers"
expect 0 "$HRM" data arc combined --variants 5 --max-grid 6 --seed 3 --out same --threads 5
for file in train/all__inputs.npy train/all__labels.npy test/all__inputs.npy identifiers.json test_puzzles.json; do
  checks=$((checks + 1))
  cmp -s set/$file same/$file || fail "$file differs between folders of tasks and combined files"
done
expect 0 "$HRM" data verify set
says out "no faults"
expect 0 "$HRM" data show set --index 1 --color always
says out "e0|||t"
says out "$(printf '\033[48;2;')"
expect 0 "$HRM" data show set --count 1 --json
says out '"identifier": "e0"'

# --- leakage and bad input ---
cp data/evaluation/e1.json data/training/renamed.json
expect 0 "$HRM" data arc data --variants 2 --out leaky
says err "evaluation task e1: 1 of 1 test pairs and 3 of 3 demonstrations are in training task renamed"
expect 1 "$HRM" data verify leaky
says out "leakage"
expect 0 "$HRM" data arc data --variants 2 --drop-leaks --out clean
says out "1 training tasks left out because of it, 0 evaluation tasks still leak"
rm data/training/renamed.json
echo '{"train": [{"input": [[1, 2], [3]], "output": [[1]]}], "test": []}' >data/training/zz.json
refuses "task zz, train pair 1, input, row 2: 1 cells, row 1 has 2" "$HRM" data arc data --out bad
[ ! -e bad ] || fail "a refused build left something"
expect 0 "$HRM" data arc data --variants 2 --skip-bad --out good
says err "skipped: data/training/zz.json: task zz"
rm data/training/zz.json
refuses "no such file or folder" "$HRM" data arc nowhere --out bad
refuses "--max-grid 31" "$HRM" data arc data --max-grid 31 --out bad

# --- train, votes, without identifiers, another data set ---
small="arch.hidden_size=32 arch.num_heads=2 arch.expansion=2 arch.H_cycles=1 arch.L_cycles=2 arch.halt_max_steps=2
  arch.puzzle_emb_ndim=32 arch.puzzle_emb_len=1 global_batch_size=8 max_steps=6 lr_warmup_steps=1 puzzle_emb_lr=0.01"
# shellcheck disable=SC2086
expect 0 "$HRM" train --preset trm-attention --data set --out run $small
says err "1184 in the puzzle table of 37 rows"
expect 0 "$HRM" eval --model run --data set --submission sub.json --predictions p.npy --save-q-halt q.npy --json
cp out eval.json
says out '"table_parameters": 1184'
expect 0 "$HRM" eval --data set --answers p.npy --q-halt q.npy --submission again.json --json
checks=$((checks + 1))
python3 - <<'PY' || fail "votes of saved answers differ from those of the model"
import json
assert json.load(open("eval.json"))["votes"] == json.load(open("out"))["votes"]
assert json.load(open("sub.json")) == json.load(open("again.json"))
assert set(json.load(open("sub.json"))) == {"e0", "e1"}
PY
expect 0 "$HRM" eval --data set --answers p.npy --q-halt q.npy --answers p.npy --q-halt q.npy
says out "24 votes"
expect 0 "$HRM" eval --model run --data set --blank-identifiers
says out "without identifiers"
refuses "each evaluation needs both" "$HRM" eval --data set --answers p.npy
refuses "--answers needs none" "$HRM" eval --data set --answers p.npy --q-halt q.npy arch.noise=1
refuses "--limit" "$HRM" eval --data set --answers p.npy --q-halt q.npy --limit 3
refuses "--segments" "$HRM" eval --data set --answers p.npy --q-halt q.npy --segments 3
expect 0 "$HRM" eval --model run --data set --limit 3
lacks out "unvoted"  # the unchanged tasks were not all asked
mkdir -p taken
refuses "taken: exists and is not a regular file" "$HRM" eval --model run --data set --submission taken
lacks out "pass@1"  # refused before the work
lacks run/log.jsonl '"":'
# The same tasks with other variants: every row of the table would belong to another one.
expect 0 "$HRM" data arc data --variants 5 --max-grid 6 --seed 4 --out reseeded
refuses "its identifiers.json is not that of the training data" "$HRM" eval --model run --data reseeded
expect 0 "$HRM" eval --model run --data reseeded --blank-identifiers
refuses "arch.symbol_planes cannot give these answers" "$HRM" train --preset trm-planes --data set --out planes
refuses "--submission" "$HRM" eval --model run --data set --depths 1,2 --submission s.json
refuses "--lines" "$HRM" data show set --lines
refuses "is not one of" "$HRM" data arc data --identifiers both --out bad
refuses "expected integers [12, 36]" "$HRM" eval --data set --answers q.npy --q-halt q.npy
expect 0 "$HRM" data arc other/corpus data/evaluation --variants 2 --max-grid 6 --out set2
expect 0 "$HRM" train --init run --data set2 --out run2 global_batch_size=8 max_steps=3 lr_warmup_steps=1
says err "puzzle table of 37 rows reset to their mean, 16 rows"

# --- a task of one's own ---
solve=("$HRM" solve --model run2 --variants 3 --fit-steps 4 --fit-batch 4 --seconds 0)
expect 0 "${solve[@]}" new.json --svg answer.svg --steps
says out "task new, test input 1 of 1, 4 of 4 variants answered"
says out "attempt 1"
checks=$((checks + 1))
grep -q "<rect" answer.svg || fail "answer.svg holds no grid"
expect 0 "${solve[@]}" unsolved.json --json
cp out one.json
expect 0 "${solve[@]}" unsolved.json --json --batch 1
checks=$((checks + 1))
python3 - <<'PY' || fail "the batch changes an answer"
import json
assert json.load(open("one.json"))["tasks"] == json.load(open("out"))["tasks"]
PY
expect 0 "${solve[@]}" data/evaluation --submission mine.json
says out "pass@2"
says out "unvoted"
cp mine.json before.json
expect 130 timeout --preserve-status -s INT 2 "$HRM" solve --model run2 data/evaluation --seconds 0 --fit-steps 100000000 --submission mine.json
says err "mine.json: not written, since the run was interrupted"
checks=$((checks + 1))
cmp -s mine.json before.json || fail "an interrupted run changed an earlier submission"
refuses "taken: exists and is not a regular file" "${solve[@]}" new.json --submission taken
refuses "--variants" "$HRM" solve --model run2 new.json --variants -1
echo '{"train": [{"input": [[1,1,1,1,1,1,1]], "output": [[1]]}], "test": [{"input": [[1]]}]}' >wide.json
refuses "model's canvas is 6x6" "${solve[@]}" wide.json
finish
