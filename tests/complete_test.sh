#!/bin/bash
# Guaranteed answers from outside: hrm solve --complete and hrm eval --complete on every size of Sudoku and on mazes, with
# models that have hardly learned; and what a training run would cost.
#   HRM: the program; HRM_SOURCE_DIR: the source tree.
. "$(dirname "$0")/lib/checks.sh"

tiny=(--preset trm-mlp --threads 1 --quiet arch.hidden_size=32 arch.L_layers=1 arch.puzzle_emb_ndim=0
  arch.puzzle_emb_len=0 arch.expansion=1 arch.halt_max_steps=2 max_steps=2 global_batch_size=4 eval_examples=2)


for size in 4 6 9 16; do
  expect 0 "$HRM" data generate sudoku --size "$size" --count 8 --test-count 6 --seed 3 --out "data$size"
  expect 0 "$HRM" train --data "data$size" --out "run$size" "${tiny[@]}"
  expect 0 "$HRM" eval --model "run$size" --data "data$size" --complete --threads 1
  says out "6 puzzles: "
  says out "0 without a solution; 0 with several solutions"
  says out "puzzles with one solution that equals the stored answer: 6 of 6"
  for way in model fixed random plain; do says out "$way"; done
  # The blank grid has many solutions.
  blank=$(printf '%*s' $((size * size)) '' | tr ' ' .)
  expect 0 "$HRM" solve --model "run$size" --complete --threads 1 "$blank"
  says out "several solutions: row"
done

# A puzzle of every kind in one list: one solution, several, none (row 1 needs a 4 in column 4, which has one).
printf '1.3...12..43.3.1\n1...............\n123....4........\n' >kinds
expect 0 "$HRM" solve --model run4 --complete --threads 1 --file kinds
says out "the only solution"
says out "may be"
says out "not completed; no solution"
says out "3 puzzles: "
says out "1 without a solution; 1 with several solutions"
expect 0 "$HRM" solve --model run4 --complete --model-runs 0 --threads 1 --file kinds --json
says out '"solutions": "none"'
says out '"model_runs": 0'
expect 0 "$HRM" solve --model run4 --threads 1 --file kinds
grep -q "solution" out && fail "without --complete nothing is completed"

# Mazes: the shortest path, or that there is none.
expect 0 "$HRM" data generate maze --size 5 --count 8 --test-count 4 --seed 3 --out maze
expect 0 "$HRM" train --data maze --out runmaze "${tiny[@]}"
expect 0 "$HRM" eval --model runmaze --data maze --complete --threads 1
says out "0 without a solution"
printf 'S   #\n ## #\n  #  \n#   #\n#  G \n' >open.txt
expect 0 "$HRM" solve --model runmaze --complete --threads 1 --file open.txt
says out "o"
printf 'S   #\n#####\n     \n     \n   G \n' >shut.txt
expect 0 "$HRM" solve --model runmaze --complete --threads 1 --file shut.txt
says out "walls separate S from G"

# Tables have no rules.
printf 'input,output\naab,bba\nbab,aba\naaa,bbb\nbba,aab\nabb,baa\nbaa,abb\n' >table.csv
printf 'input,output\naba,bab\nbbb,aaa\n' >unseen.csv
expect 0 "$HRM" data table table.csv --test unseen.csv --out table
expect 0 "$HRM" train --data table --out runtable "${tiny[@]}"
refuses "no rules" "$HRM" solve --model runtable --complete --threads 1 aab
refuses "no rules" "$HRM" eval --model runtable --data table --complete --threads 1

refuses "--complete" "$HRM" solve --model run4 --model-runs 3 1...............
refuses "--until-solved" "$HRM" eval --model run4 --data data4 --complete --until-solved

# Depths in one run.
expect 0 "$HRM" eval --model run4 --data data4 --depths 1,2,5 --plot depth.svg --threads 1
for word in "rating all: 6 puzzles" "exact, halting"; do says out "$word"; done
says depth.svg "<svg"
expect 0 "$HRM" eval --model run4 --data data4 --depths 3 --json --threads 1
says out '"exact_halting"'
for list in "" 4,x 4,4 0 "4 16"; do
  refuses "--depths" "$HRM" eval --model run4 --data data4 --depths "$list"
done
refuses "--depths" "$HRM" eval --model run4 --data data4 --depths 4,16 --segments 8

# Pictures: of depths above; else of views, and of what the model knew.
refuses ".svg or .png" "$HRM" eval --model run4 --data data4 --plot plot.txt
refuses "--complete" "$HRM" eval --model run4 --data data4 --complete --plot plot.svg
expect 0 "$HRM" eval --model run4 --data data4 --plot plain.svg --threads 1 --json
says out '"wrong_sure"'
says plain.svg "n = 6"
expect 0 "$HRM" eval --model run4 --data data4 --views 3 --plot views.svg --threads 1 --json
says out '"by_views"'
for word in "Exact answers against views" "rules (verifier)" "vote"; do says views.svg "$word"; done
refuses "--save-q-halt" "$HRM" eval --model run4 --data data4 --complete --save-q-halt q.npy
refuses "for ARC tasks" "$HRM" solve --model run4 1.3...12..43.3.1 --svg x.svg

# What a run would cost; nothing is written.
before=$(ls)
expect 0 "$HRM" train --estimate --data data4 "${tiny[@]}"
for word in "sample-segments" "operations" "GFLOP/s" "memory" "nothing was written"; do says out "$word"; done
after=$(ls)
checks=$((checks + 1))
[ "$before" = "$after" ] || fail "--estimate wrote something"
expect 0 "$HRM" train --estimate --json --data data4 "${tiny[@]}"
says out '"operations_per_sample_segment"'
refuses "--out is required" "$HRM" train --data data4 "${tiny[@]}"
refuses "--estimate" "$HRM" train --estimate --resume --data data4
refuses "nowhere" "$HRM" train --estimate --data nowhere "${tiny[@]}"

# Settings that the engine does not have are refused before anything is written.
refuses "--device aten" "$HRM" train --data data4 --out never "${tiny[@]}" arch.residual=adaptive
refuses "--device aten" "$HRM" train --data data4 --out never "${tiny[@]}" arch.mlp=gated_norm
checks=$((checks + 1))
[ ! -e never ] || fail "a refused run left a folder"
finish
