#!/bin/bash
# Kills `hrm train` (SIGKILL) at random moments and resumes it, again and again; in the end its whole state must equal
# that of a run left alone, bit for bit. A run that reaches its end is compared, and the next one starts anew.
#   HRM      the program
#   KILLS    how many times to kill (default 4; a campaign: KILLS=200)
#   SEED     of the moments (default 1)
#   SETTINGS more settings for both runs
set -u
HRM=${HRM:?set HRM to the program}
KILLS=${KILLS:-4}
RANDOM=${SEED:-1}
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
cd "$WORK" || exit 1

# train FOLDER: goes on where FOLDER stopped. Saves after every step, so that many kills hit a checkpoint in the making.
# Becomes the program, so it runs in a subshell whose process id is the program's.
train() {
  exec "$HRM" train --resume --preset trm-mlp --data data --out "$1" --threads 1 arch.hidden_size=32 arch.num_heads=2 \
    arch.L_layers=1 arch.H_cycles=1 arch.L_cycles=1 arch.puzzle_emb_ndim=0 arch.puzzle_emb_len=0 arch.halt_max_steps=3 \
    arch.forward_dtype=float32 global_batch_size=16 max_steps=60 eval_steps=20 eval_examples=20 eval_interval=10 \
    checkpoint_steps=1 log_steps=7 lr_warmup_steps=5 ${SETTINGS:-} >"$1.out" 2>"$1.err"
}

# The tensors of a checkpoint: everything behind the header, whose length stands in the first eight bytes.
tensors() { tail -c +$(($(od -An -t u8 -N 8 "$1/last.safetensors") + 9)) "$1/last.safetensors"; }

# Records of measurements without the clock.
records() { grep -v '"kind":"event"' "$1/log.jsonl" | sed 's/"seconds":[^,]*,//'; }

compare() {
  cmp <(tensors whole) <(tensors "$1") || { echo "the state differs after $kills kills"; exit 1; }
  cmp <(records whole) <(records "$1") || { echo "the log differs after $kills kills"; exit 1; }
  cmp whole/model.safetensors "$1/model.safetensors" || { echo "the best model differs after $kills kills"; exit 1; }
}

"$HRM" data generate sudoku --size 4 --count 60 --test-count 20 --out data >data.out 2>&1 || { cat data.out; exit 1; }
begin=$(date +%s%N)
(train whole) || { cat whole.err; exit 1; }
milliseconds=$((($(date +%s%N) - begin) / 1000000))

kills=0 runs=0
while [ "$kills" -lt "$KILLS" ]; do
  train killed &
  pid=$!
  sleep "$(awk -v r=$RANDOM -v ms=$milliseconds 'BEGIN { print r / 32767 * ms * 0.6 / 1000 }')"
  kill -KILL "$pid" 2>/dev/null
  wait "$pid" 2>/dev/null
  case $? in
    137) kills=$((kills + 1)) ;;
    0)
      compare killed
      runs=$((runs + 1))
      rm -rf killed
      ;;
    *)
      cat killed.err
      exit 1
      ;;
  esac
done
(train killed) || { cat killed.err; exit 1; }
compare killed
echo "$kills kills, $((runs + 1)) runs: all ended with the same bits"
