#!/bin/bash
# The whole program from outside: usage, bad input, exit codes, pipes.
#   HRM: the program; HRM_SOURCE_DIR: the source tree.
. "$(dirname "$0")/lib/checks.sh"

# --- usage ---
expect 0 "$HRM" --help
silent err
for command in data train eval solve serve convert inspect bench policy tree world select search rows grade reward lm; do
  says out "  $command "
done
says out "Examples:"
for command in data train eval solve serve convert inspect bench policy tree world select search rows grade reward lm; do
  expect 0 "$HRM" "$command" --help
  silent err
  says out "Examples:"
done
expect 0 "$HRM" --version
says out "hrm "
says out "libtorch"
grep -q "with libtorch" out && torch=1 || torch=0

expect 2 "$HRM"
silent out
says err "Subcommands:"

# --- this machine ---
expect 0 "$HRM" inspect --machine
for word in "--device cpu" "--device aten" "instruction set" "HRM_ISA" "HRM_THREADS"; do says out "$word"; done
silent err
expect 0 env HRM_THREADS=3 "$HRM" inspect --machine --json
says out '"default": 3'
says out '"HRM_ISA": null'
expect 0 env HRM_ISA=baseline "$HRM" inspect --machine --json
says out '"chosen": "baseline"'
refuses "HRM_ISA" env HRM_ISA=abacus "$HRM" inspect --machine
refuses "--machine" "$HRM" inspect
refuses "path" "$HRM" inspect --machine authors

# --- language models' files ---
expect 0 "$HRM" inspect "$SOURCE/testdata/gguf/golden.gguf" --tensors
for word in "kind: GGUF" 'value.text: "Grüße"' "Q4_K"; do says out "$word"; done
expect 0 "$HRM" inspect "$SOURCE/testdata/fuzz/tokenizer_json_fuzz/gpt2.json" --json
for word in '"size": 259' '"<s>": 258' '"NFC"'; do says out "$word"; done

# --- speed ---
tiny=(--hidden 32 --batch 2 --seq 16 --vocab 6 --rounds 1 --repeats 1 --threads 1)
expect 0 "$HRM" bench --model hrm,trm-mlp "${tiny[@]}"
for word in "GFLOP/s" "trm-mlp" "infer" "share"; do says out "$word"; done
expect 0 "$HRM" bench --model hrm --mode train --profile --json "${tiny[@]}"
for word in '"ms_per_sample_segment"' '"share"' '"peak_mib"' '"products"' '"other"'; do says out "$word"; done
refuses "gpt" "$HRM" bench --model gpt
refuses "bfloat16" "$HRM" bench --precision float8
refuses "at least 1" "$HRM" bench --rounds 0
refuses "device" "$HRM" bench --device abacus "${tiny[@]}"

refuses "did you mean 'solve'?" "$HRM" slove
refuses "hrm --help lists all" "$HRM" xyzzy
refuses "subcommand is required" "$HRM" --quiet
refuses "--nonsense" "$HRM" solve --model m --nonsense
refuses "--data is required (see hrm eval --help)" "$HRM" eval
refuses "--model is required" "$HRM" eval --data d
refuses "--model is required" "$HRM" solve 1.3...12..43.3.1
refuses "--segments" "$HRM" solve --model m --segments many 1.3...12..43.3.1
refuses "--halting" "$HRM" eval --model m --data d --halting perhaps
refuses "blue" "$HRM" solve --model m --color blue 1.3...12..43.3.1

# --- files that are not models ---
mkdir empty
printf 'not a model' >text
head -c 3000 /dev/urandom >noise
: >nothing
for model in missing empty text noise nothing; do
  refuses "$model" "$HRM" solve --model "$model" 1.3...12..43.3.1
  refuses "$model" "$HRM" eval --model "$model" --data empty
done

# --- a model in the form in which the authors publish theirs: 16 cells, 7 token ids ---
mkdir authors
cp "$SOURCE/testdata/golden/mini_hrm.step_12.pt" authors/step_12 || exit 1
cat >authors/all_config.yaml <<'YAML'
arch:
  name: hrm.hrm_act_v1@HierarchicalReasoningModel_ACTV1
  H_cycles: 2
  L_cycles: 2
  H_layers: 1
  L_layers: 1
  hidden_size: 32
  num_heads: 2
  expansion: 4
  pos_encodings: rope
  puzzle_emb_ndim: 32
  halt_max_steps: 4
  halt_exploration_prob: 0.0
  forward_dtype: float32
  loss:
    name: losses@ACTLossHead
    loss_type: stablemax_cross_entropy
YAML
sudoku='{"family": "sudoku", "box_rows": 2, "box_columns": 2}'
solve=("$HRM" solve --model authors --family "$sudoku" data.seq_len=16)
puzzle=1.3...12..43.3.1

# Refused before any arithmetic, so with every backend.
refuses "no puzzle" "${solve[@]}"
refuses "17 cells" "${solve[@]}" 1.3...12..43.3.1.
refuses "row 1 column 2" "${solve[@]}" 1x3...12..43.3.1
refuses "both hold 1" "${solve[@]}" 11..............
refuses "--file puzzles" bash -c 'echo "$0" >puzzles && "$@" puzzles' "$puzzle" "${solve[@]}"
refuses "missing.txt" "${solve[@]}" --file missing.txt
refuses "the input contains no puzzle" bash -c '"$@" - </dev/null' - "${solve[@]}"
refuses "standard input" bash -c 'printf "1 2\n" | "$@" -' - "${solve[@]}"
refuses "chess" "$HRM" solve --model authors --family chess data.seq_len=16 "$puzzle"
refuses "36" "$HRM" solve --model authors --family '{"family": "sudoku", "box_rows": 2, "box_columns": 3}' \
  data.seq_len=16 "$puzzle"
refuses "data.seq_lem" "$HRM" solve --model authors data.seq_lem=16 "$puzzle"

# --- a data set of two puzzles, written byte by byte ---
npy() {  # npy FILE DTYPE SHAPE BYTES (as printf escapes)
  printf '\x93NUMPY\x01\x00\x76\x00%-117s\n' "{'descr': '$2', 'fortran_order': False, 'shape': $3, }" >"$1"
  printf "$4" >>"$1"
}
mkdir -p data/test
question='\2\1\4\1\1\1\2\3\1\1\5\4\1\4\1\2' answer='\2\3\4\5\4\5\2\3\3\2\5\4\5\4\3\2'
npy data/test/all__inputs.npy '|u1' '(2, 16)' "$question$question"
npy data/test/all__labels.npy '|u1' '(2, 16)' "$answer$answer"
npy data/test/all__puzzle_identifiers.npy '<i4' '(2,)' '\0\0\0\0\0\0\0\0'
npy data/test/all__puzzle_indices.npy '<i4' '(3,)' '\0\0\0\0\1\0\0\0\2\0\0\0'
npy data/test/all__group_indices.npy '<i4' '(3,)' '\0\0\0\0\1\0\0\0\2\0\0\0'
printf '["<blank>"]' >data/identifiers.json
printf '{"pad_id": 0, "ignore_label_id": 0, "blank_identifier_id": 0, "vocab_size": 6, "seq_len": 16,
 "num_puzzle_identifiers": 1, "total_groups": 2, "mean_puzzle_examples": 1.0, "sets": ["all"]}' >data/test/dataset.json
evaluate=("$HRM" eval --model authors data.seq_len=16)

refuses "train" "${evaluate[@]}" --data data --split train
refuses "nowhere" "${evaluate[@]}" --data nowhere
cp -r data cut && head -c 150 data/test/all__inputs.npy >cut/test/all__inputs.npy
refuses "all__inputs.npy" "${evaluate[@]}" --data cut
refuses "int7" "${evaluate[@]}" --data data --precision int7
refuses "AVX512_VNNI" env HRM_ISA=baseline "${evaluate[@]}" --data data --precision int8
grep -q avx512_vnni /proc/cpuinfo 2>err && expect 0 "${evaluate[@]}" --data data --precision int8 --segments 2

if [ $torch = 0 ]; then  # what is missing, and the switch that adds it
  refuses "-DHRM_TORCH=ON" "${solve[@]}" "$puzzle" --device aten
  refuses "-DHRM_TORCH=ON" "${evaluate[@]}" --data data --device cuda
else
  expect 0 "${solve[@]}" "$puzzle" --device aten
  says out "argument 1: "
fi

expect 0 "${solve[@]}" "$puzzle"
says out "argument 1: "
says out "│"
expect 0 "${solve[@]}" "$puzzle" --steps --segments 3 --halting off
[ "$(grep -c '^segment ' out)" = 3 ] || fail "expected three steps"
expect 0 "${solve[@]}" "$puzzle" --color always
says out $'\033['
expect 0 "${solve[@]}" "$puzzle" --color auto  # not a terminal
checks=$((checks + 1))
grep -q $'\033' out && fail "colors on a file"

# Standard input and JSON; the same puzzle twice gives the same answer, alone or side by side.
expect 0 bash -c 'printf "%s\n%s\n" "$0" "$0" | "$@" - --json' "$puzzle" "${solve[@]}"
[ "$(grep -c '"question": "1.3...12..43.3.1"' out)" = 2 ] || fail "expected two solutions"
[ "$(grep '^   "answer"' out | sort -u | wc -l)" = 1 ] || fail "the same puzzle has two answers"
answer_of() { grep '^   "answer"' out; }
together=$(answer_of | head -1)
expect 0 "${solve[@]}" "$puzzle" --json
[ "$(answer_of)" = "$together" ] || fail "the batch changed the answer"

# One bad puzzle among good ones.
printf '%s\n1x..............\n%s\n' "$puzzle" "$puzzle" >mixed
refuses "line 2" "${solve[@]}" --file mixed
expect 2 "${solve[@]}" --file mixed --keep-going
says out "mixed, line 3"
says err "skipped mixed, line 2"

expect 0 "${solve[@]}" "$puzzle" --trace trace
for file in index.npy questions.npy answers.npy measures.npy trace.json residuals.svg participation.svg; do
  [ -s "trace/$file" ] || fail "trace/$file is missing"
done
expect 1 "${solve[@]}" "$puzzle" --trace /proc/none
says out "argument 1: "  # the answer is not lost

expect 0 "${evaluate[@]}" --data data
for line in exact cells rules_accepted q_halt_accuracy segments "2 of 2 puzzles"; do says out "$line"; done
expect 0 "${evaluate[@]}" --data data --segments 2 --halting off --json --predictions p.npy
says out '"protocol": "smaller_depth"'
[ "$(stat -c %s p.npy)" = $((128 + 2 * 16 * 4)) ] || fail "p.npy has another size"
refuses "no random numbers" "${evaluate[@]}" --data data --views 2 --symmetries off
expect 0 "${evaluate[@]}" --data data --views 3 arch.inference_noise=0.5
says out "vote"

# Ctrl-C: what is done is reported as partial.
"${evaluate[@]}" --data data --segments 65536 --halting off >out 2>err &
evaluation=$!
sleep 3
kill -INT $evaluation
wait $evaluation
[ $? = 130 ] || fail "an interrupted evaluation did not end with 130"
says out "interrupted, partial"
# --- grade ---
expect 0 "$HRM" grade "1/2" "0.5" --explain
says out "correct"
expect 0 "$HRM" grade "(x+1)^2" "5" --json
expect 0 "$HRM" grade '[2,9]' '[2, 9]'
says out "correct"
expect 0 "$HRM" grade -- '[2,9]' '(2,9)'
says out "wrong"
expect 0 "$HRM" grade '-\frac{3}{4}' '-0.75' --explain
says out "correct (algebra)"
expect 0 "$HRM" grade '-x' '[1,2]'
for pair in "-.5 -1/2" "-1/2 -.5" "-.5 -0.50" "-q^2 -q^2"; do
  expect 0 "$HRM" -q grade $pair
  says out "correct"
  expect 0 "$HRM" grade --explain -- $pair
  says out "correct"
done
expect 0 "$HRM" grade -.5 .5
says out "wrong"
for words in "1 -- --1" "-- --1 1" "--explain -- 1 --1" "-.5 -- --5"; do expect 0 "$HRM" grade $words; done
refuses "--limit-ms" "$HRM" grade --limit-ms -.5 1 2
refuses "not an option" "$HRM" grade -.5
refuses "not an option" "$HRM" grade -x
refuses "not an option" "$HRM" grade -x /dev/null
printf '%s\n' '{"id": 7, "given": "# Answer\n\n5 # END!", "gold": "\\frac{10}{2}"}' '{"given": "4", "gold": "5"}' >pairs.jsonl
expect 0 "$HRM" grade pairs.jsonl --extract auto
says out '"verdict":"wrong"'
says out '{"id":7,'
expect 0 bash -c '"$0" grade - --extract auto --threads 1 <pairs.jsonl' "$HRM"
says out '"verdict":"wrong"'
expect 0 "$HRM" grade pairs.jsonl --json --out verdicts.jsonl
says out '"pairs": 2'
printf 'no json\n{"given": 5}\n{"given": "4", "gold": "5"}\n' >broken.jsonl
refuses "line 1" "$HRM" grade broken.jsonl --json
expect 0 "$HRM" grade broken.jsonl --skip-bad
says out '"verdict":"wrong"'
says err "line 2"
# --- trees ---
refuses "did you mean 'show'" "$HRM" tree shwo a.tree
refuses "did you mean 'build'" "$HRM" rows biuld x.jsonl
expect 0 "$HRM" world make --count 4 --out world.jsonl
grow=("$HRM" tree grow world.jsonl --policy arithmetic:slip=0.2 --steps line --answer gsm8k --children 4)
refuses "--endpoint" "$HRM" tree grow world.jsonl --store none.tree
refuses "--policy magic" "$HRM" tree grow world.jsonl --store none.tree --policy magic
refuses "depth = 0" "${grow[@]}" --store none.tree --depth 0
refuses "{steps}" "${grow[@]}" --store none.tree --prompt "only {question}"
[ ! -e none.tree ] || fail "a refused command left a store"
expect 0 "${grow[@]}" --store a.tree --depth 5
says out "4 of 4 trees are finished"
refuses "depth = 5, not 6" "${grow[@]}" --store a.tree --depth 6
expect 0 "${grow[@]}" --store a.tree --depth 5 --json
says out '"requests": 0'
expect 0 "$HRM" tree show a.tree
[ "$(wc -l <out)" = 4 ] || fail "expected four trees"
expect 0 "$HRM" tree show a.tree --problem 1 --nodes 9 --svg tree.svg --labels policy
says out "├─ "
says tree.svg "<circle"
refuses "--problem nothing" "$HRM" tree show a.tree --problem nothing
expect 0 "$HRM" tree label a.tree --problem 0
says out "right/of"
expect 0 "$HRM" tree label a.tree --labels beta --profile prm800k --json
says out '"profile":"prm800k"'
says out '"high":'
expect 0 "$HRM" tree compress a.tree --seed 2 --out views.jsonl
[ "$(wc -l <views.jsonl)" = 4 ] || fail "expected four views"
expect 0 "$HRM" tree export a.tree --out trees.jsonl
expect 0 "$HRM" tree import trees.jsonl --store b.tree
expect 0 "$HRM" tree export b.tree
cmp -s out trees.jsonl || fail "imported trees differ"
expect 0 "$HRM" tree merge a.tree b.tree --out ab.tree
expect 0 "$HRM" tree merge b.tree a.tree --out ba.tree
cmp -s ab.tree ba.tree || fail "merging depends on the order"
refuses "exists" "$HRM" tree merge a.tree --out ab.tree
expect 0 "$HRM" tree check a.tree
says out "sound"
printf 'XXXX' | dd of=a.tree bs=1 seek=1500 conv=notrunc 2>err
expect 1 "$HRM" -q tree check a.tree
says out "damaged"
expect 1 "$HRM" -q tree check a.tree --json
says out '"damaged_places": 1'
expect 0 "${grow[@]}" --store a.tree --depth 5
expect 0 "$HRM" -q tree export a.tree
cmp -s out trees.jsonl || fail "what damage had cost did not grow again"
refuses "another kind" "$HRM" tree show world.jsonl

# --- other programs' checkpoints ---
small=(arch.hidden_size=8 arch.num_heads=2 arch.L_layers=1 arch.H_cycles=1 arch.L_cycles=1 arch.halt_max_steps=2
  arch.puzzle_emb_ndim=8 arch.puzzle_emb_len=1 max_steps=1 global_batch_size=2 eval_examples=2)
expect 0 "$HRM" -q data generate sudoku --size 4 --count 4 --test-count 2 --out four
expect 0 "$HRM" -q data generate sudoku --size 6 --count 4 --test-count 2 --out six
expect 0 "$HRM" -q train --preset trm-attention --data four --out run4 "${small[@]}"
expect 0 "$HRM" -q convert run4 theirs --to authors --step 3
mv four elsewhere # the configuration's data folder no longer tells the length
expect 0 "$HRM" convert theirs back.safetensors
expect 0 "$HRM" inspect back.safetensors
says out "seq_len: 16"
grep -v '^seq_len' theirs/all_config.yaml >bare.yaml && mv bare.yaml theirs/all_config.yaml
refuses "add data.seq_len=N" "$HRM" convert theirs back.safetensors
sed 's/ACTV1/ACTV5/' theirs/all_config.yaml >bare.yaml && mv theirs/all_config.yaml kept.yaml && mv bare.yaml theirs/all_config.yaml
refuses "ACTV5" "$HRM" convert theirs back.safetensors data.seq_len=16
mv kept.yaml theirs/all_config.yaml
mv theirs/step_3 theirs/checkpoint
expect 0 "$HRM" convert theirs back.safetensors data.seq_len=16
expect 0 "$HRM" train --config theirs/all_config.yaml --data elsewhere --out recipe max_steps=1 global_batch_size=2
says err "the authors' configuration"
expect 0 "$HRM" train --init theirs --data elsewhere --out again max_steps=1 global_batch_size=2 eval_examples=2
says err "puzzle table of 1 rows kept"
refuses "for 6 token ids, but the data set has 8" "$HRM" train --init run4 --data six --out other max_steps=1
refuses "--init" "$HRM" train --init run4 --resume --out run4
refuses "contains no run to resume" "$HRM" train --resume --data data --out mistyped
checks=$((checks + 1))
[ ! -e mistyped ] || fail "a refused resume made its folder"
printf 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 4\n' >theirs/checkpoint
refuses "git lfs pull" "$HRM" convert theirs back.safetensors data.seq_len=16
refuses "git lfs pull" "$HRM" inspect theirs/checkpoint

# --- pipes ---
expect 1 bash -c '"$0" --help >/dev/full' "$HRM"
says err "standard output"
expect 0 bash -c '"$0" --help | head -n 1' "$HRM"
silent err

# --- puzzles as people hold them: the same two in many kinds of file ---
second=1234341221434321
printf '%s\n%s\n' "$puzzle" "$puzzle" >list.sdm
printf 'id;puzzle;solution\n1;%s;%s\n' 12.4...2....4..1 "$second" >table.csv
printf '{"question": "%s"}\n' "$puzzle" "$puzzle" >rows.jsonl
gzip -c list.sdm >list.gz
printf '.-----.-----.\n| 1 . | 3 . |\n| . . | 1 2 |\n:-----+-----:\n| . . | 4 3 |\n| . 3 | . 1 |\n%s\n' "'-----'-----'" >frame.ss
for file in list.sdm list.gz rows.jsonl frame.ss; do
  expect 0 "${solve[@]}" --file "$file" --json
  says out '"question": "1.3...12..43.3.1"'
done
expect 0 "$HRM" data sudoku table.csv --out from_table
says out "1 training puzzles"
expect 0 bash -c '"$0" data sudoku - --out from_pipe <list.gz' "$HRM"
says err "1 rows repeat an earlier one"
printf 'A##\n##B\n' >maze.txt
expect 2 "$HRM" data maze maze.txt --out mazes  # walls part A from B
says err "walls separate S from G"
printf 'input,output\n12,21\n12,99\n' >rows.csv
expect 0 "$HRM" data table rows.csv --out table
says err "more than one output"
expect 1 "$HRM" data verify table
nested='[[1,0,3,0],[0,0,1,2],[0,0,4,3],[0,3,0,1]]'
for argument in "$nested" "[1, 0, 3, 0], [0, 0, 1, 2], [0, 0, 4, 3], [0, 3, 0, 1]" 1-3---12--43-3-1 -3---12--43-3-1-; do
  expect 0 "${solve[@]}" "$argument" --json
  [ "$argument" = -3---12--43-3-1- ] || says out '"question": "1.3...12..43.3.1"'
  expect 0 "${solve[@]}" --json -- "$argument"
done
expect 0 "$HRM" -q "${solve[@]:1}" "$nested" "$nested" --json
[ "$(grep -c '"question": "1.3...12..43.3.1"' out)" = 2 ] || fail "expected two puzzles"
printf '%s\n' "$nested" >'[1,2].txt'
expect 0 "${solve[@]}" --file '[1,2].txt' --json
refuses "line 1: 3 cells; expected 4" "${solve[@]}" $'0 3 0\n0 0 1 2\n0 0 4 3\n0 3 0 1'
refuses "80 cells" "$HRM" data sudoku <(printf '%080d\n' 7) --out none
refuses "neither text nor an .npy array" "$HRM" data sudoku /dev/zero --out none
head -c 100000000 /dev/zero | tr '\0' 1 | gzip -1 >bomb.gz
refuses "100-fold" "$HRM" data sudoku bomb.gz --out none

finish
