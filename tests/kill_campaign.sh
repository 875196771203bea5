#!/bin/bash
# Kills commands (SIGKILL) at random moments and runs them again, over and over; in the end what they made must equal
# that of a command left alone, and no half-made file may be left. A command that reaches its end is compared, and the
# next one starts anew.
#   HRM    the program
#   KILLS  how many times to kill each (default 20; a campaign: KILLS=200)
#   KINDS  which commands (default: train tree data lm reward)
#   SEED   of the moments (default 1)
. "$(dirname "$0")/lib/checks.sh"
KILLS=${KILLS:-20}
KINDS=${KINDS:-train tree data lm reward}
RANDOM=${SEED:-1}
export HRM_THREADS=1

broken() {
  echo "$kind: $1 after $kills kills"
  cat "$kind-killed.err" 2>/dev/null
  exit 1
}
same() { cmp "$1" "$2" || broken "$3 differs"; }

# Of each kind: KIND_prepare, once; KIND_run NAME, which becomes the program (it runs in a subshell whose process id is
# the program's) and goes on where NAME stopped; KIND_compare A B; after each kill KIND_check NAME, where there is one.

# --- training runs: saved after every step, so that many kills hit a checkpoint in the making ---
# Everything behind the header, whose length stands in the first eight bytes.
tensors() { tail -c +$(($(od -An -t u8 -N 8 "$1/last.safetensors") + 9)) "$1/last.safetensors"; }
# Records of measurements without the clock.
records() { grep -v '"kind":"event"' "$1/log.jsonl" | sed 's/"seconds":[^,]*,//; s/,"tokens_per_second":[^,}]*//'; }
compare_runs() {
  cmp <(tensors "$1") <(tensors "$2") || broken "the state differs"
  cmp <(records "$1") <(records "$2") || broken "the log differs"
  same "$1/config.json" "$2/config.json" "config.json"
  [ -z "$(find "$2" -name '*.tmp.*' -o -name '*.new' -o -name '*.old' -o -name 'next.*')" ] || broken "something half-made is left"
}

train_prepare() { "$HRM" -q data generate sudoku --size 4 --count 60 --test-count 20 --out train-data; }
train_run() {
  exec "$HRM" train --resume --preset trm-mlp --data train-data --out "$1" arch.hidden_size=32 arch.num_heads=2 \
    arch.L_layers=1 arch.H_cycles=1 arch.L_cycles=1 arch.puzzle_emb_ndim=0 arch.puzzle_emb_len=0 arch.halt_max_steps=3 \
    arch.forward_dtype=float32 global_batch_size=16 max_steps=60 eval_steps=20 eval_examples=20 eval_interval=10 \
    checkpoint_steps=1 log_steps=7 lr_warmup_steps=5
}
train_compare() {
  compare_runs "$1" "$2"
  same "$1/model.safetensors" "$2/model.safetensors" "the best model"
}

language=(tiny.hidden=32 tiny.layers=1 tiny.heads=2 batch_size=8 checkpoint_minutes=0.000001 eval_steps=8 log_steps=5)
lm_prepare() {
  "$HRM" -q world make --count 20 --seed 1 --out lm-problems.jsonl operations=2 largest=5 operators=+ &&
    "$HRM" -q world solve lm-problems.jsonl --n 2 --seed 1 --out lm-solved.jsonl >/dev/null
}
lm_run() {
  exec "$HRM" lm train lm-solved.jsonl --resume --held-out lm-solved.jsonl --init tiny --out "$1" "${language[@]}" \
    tiny.context=96 max_steps=24
}
lm_compare() {
  compare_runs "$1" "$2"
  same "$1/model/model.safetensors" "$2/model/model.safetensors" "the best model"
}

reward_prepare() {
  lm_prepare && "$HRM" -q world judge lm-solved.jsonl --stepwise reward-steps.jsonl >/dev/null &&
    "$HRM" -q rows build reward-steps.jsonl --kind prm --out reward-rows.jsonl
}
reward_run() {
  exec "$HRM" reward train reward-rows.jsonl --resume --init tiny --out "$1" --loss soft_labels "${language[@]}" tiny.context=512 \
    max_steps=24
}
reward_compare() { lm_compare "$1" "$2"; }

# --- growth, by another method each time ---
methods=(breadth mcts first-error rollouts adaptive)
tree_prepare() { "$HRM" -q world make --count 150 --out tree-problems.jsonl; }
tree_run() {
  exec "$HRM" tree grow tree-problems.jsonl --store "$1" --policy arithmetic:slip=0.2 --steps line --answer gsm8k \
    --depth 6 --method "$method" --children 4 --rollouts 8 --simulations 12 --in-flight 4
}
tree_check() { "$HRM" -q tree export "$1" >/dev/null || broken "a killed store cannot be read"; }
tree_compare() {
  "$HRM" -q tree export "$1" --out tree-a.jsonl && "$HRM" -q tree export "$2" --out tree-b.jsonl
  same tree-a.jsonl tree-b.jsonl "$method: the trees"
  "$HRM" tree check "$2" >check.out || { cat check.out; broken "$method: the store is not sound"; }
}

# --- data sets: there as a whole or not at all; --force replaces one that is there as a whole ---
data_prepare() { :; }
data_run() { exec "$HRM" data generate sudoku --size 4 --count 200 --test-count 50 --seed 1 --force --out "$1"; }
data_check() {
  [ ! -e "$1" ] || "$HRM" data verify "$1" >/dev/null || broken "a half-made data set"
}
data_compare() {
  diff -r "$1" "$2" || broken "the data differ"
  [ -z "$(find . -maxdepth 1 -name ".$2.tmp-*")" ] || broken "a hidden folder is left"
}

# The method of growth of this round.
turn() { method=${methods[$1 % ${#methods[@]}]}; }

campaign() {
  local runs=0 kills=0 round=0 pid code begin whole killed
  local -A milliseconds=()
  "${kind}_prepare" || exit 1
  while [ "$kills" -lt "$KILLS" ]; do
    turn $round
    round=$((round + 1))
    [ "$kind" = tree ] || method=
    whole=$kind-whole$method killed=$kind-killed$method
    if [ ! -e "$whole" ]; then
      begin=$(date +%s%N)
      ("${kind}_run" "$whole") >/dev/null 2>"$kind-killed.err" || broken "the run that is left alone failed"
      milliseconds[$whole]=$((($(date +%s%N) - begin) / 1000000))
    fi
    "${kind}_run" "$killed" >/dev/null 2>"$kind-killed.err" &
    pid=$!
    sleep "$(awk -v r=$RANDOM -v ms="${milliseconds[$whole]}" 'BEGIN { print r / 32767 * ms * 0.9 / 1000 }')"
    kill -KILL "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
    code=$?
    case $code in
      137) kills=$((kills + 1)) ;;
      0) ;;
      *) broken "ended with $code" ;;
    esac
    [ -z "$(type -t "${kind}_check")" ] || [ ! -e "$killed" ] || "${kind}_check" "$killed"
    # To the end where it is not there yet: now and then, and after the last kill.
    [ "$code" = 0 ] || [ "$kills" -ge "$KILLS" ] || [ $((RANDOM % 5)) = 0 ] || continue
    ("${kind}_run" "$killed") >/dev/null 2>"$kind-killed.err" || broken "it cannot go on"
    "${kind}_compare" "$whole" "$killed"
    runs=$((runs + 1))
    rm -rf "$killed"
  done
  echo "$kind: $kills kills, $runs runs: all ended with the same bits"
}

ran=0
for kind in $KINDS; do
  case $kind in
    lm | reward) "$HRM" --version | grep -q "without libtorch" && continue ;;
  esac
  campaign
  ran=$((ran + 1))
done
[ "$ran" -gt 0 ] || { echo "skipped: this build has no libtorch"; exit 77; }
