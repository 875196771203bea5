#!/bin/bash
# What happens to a program in the field: streams that are closed or full, signals, leftovers of a kill, settings that
# were edited, names that are not UTF-8, absurd counts, and text that would steer a terminal.
#   HRM: the program; HRM_SOURCE_DIR: the source tree.
. "$(dirname "$0")/lib/checks.sh"
ulimit -c 0
export HRM_THREADS=1
"$HRM" --version | grep -q "with libtorch" && torch=1 || torch=0

# check WHY COMMAND...: it succeeds.
check() {
  checks=$((checks + 1))
  local why=$1
  shift
  "$@" || fail "$why"
}
# ends CODE WHY COMMAND...: the exit code, with the streams as they are.
ends() {
  checks=$((checks + 1))
  local wanted=$1 why=$2 code
  shift 2
  "$@"
  code=$?
  [ "$code" = "$wanted" ] || fail "$why: ended with $code, expected $wanted"
}
# until_true SECONDS COMMAND...
until_true() {
  local tries=$(($1 * 20))
  shift
  while ! "$@"; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || return 1
    sleep 0.05
  done
}
gone() { ! kill -0 "$1" 2>/dev/null; }
: >out
: >err

expect 0 "$HRM" -q data generate sudoku --size 4 --count 60 --test-count 8 --out data
tiny=(arch.hidden_size=32 arch.num_heads=2 arch.L_layers=1 arch.H_cycles=1 arch.L_cycles=1 arch.puzzle_emb_ndim=0
  arch.puzzle_emb_len=0 arch.halt_max_steps=2 arch.forward_dtype=float32 global_batch_size=8 eval_steps=1000000)
train() { # --data DIR first where it is another
  local data=data
  if [ "$1" = --data ]; then data=$2; shift 2; fi
  "$HRM" train --preset trm-mlp --data "$data" "${tiny[@]}" "$@"
}

# --- standard error: closed, full, its reader gone; before and in the middle of a run ---
for stream in "2>&-" "2>/dev/full" "2>pipe_without_reader"; do
  [ "$stream" = "2>pipe_without_reader" ] && stream='2> >(exec true)'
  ends 2 "bad input, $stream" bash -c "sleep 0.1; \"\$0\" inspect /nonexistent $stream" "$HRM"
  ends 2 "usage, $stream" bash -c "\"\$0\" solve --nonsense $stream" "$HRM"
  ends 0 "training, $stream" bash -c "\"\$0\" train --preset trm-mlp --data data --out closed ${tiny[*]} max_steps=9 \
    eval_steps=3 --overwrite >out $stream" "$HRM"
  check "the run left no checkpoint" test -s closed/last.safetensors
done
# With descriptor 2 free, the first file opened would be taken for it.
ends 0 "all streams closed" bash -c "\"\$0\" -v data generate sudoku --size 4 --count 3 --test-count 1 --out none \
  <&- 2>&- >out" "$HRM"
expect 0 "$HRM" data verify none

# --- standard output: closed, full, its reader gone ---
for command in "--version" "--help" "inspect data" "inspect --machine --json"; do
  ends 1 "closed standard output, $command" bash -c "\"\$0\" $command >&- 2>err" "$HRM"
  says err "standard output"
  ends 1 "full standard output, $command" bash -c "\"\$0\" $command >/dev/full 2>err" "$HRM"
  check "one line on standard error" test "$(wc -l <err)" = 1
done
ends 0 "head" bash -c "\"\$0\" world make --count 20000 2>err | head -n 1 >out" "$HRM"
silent err

# --- a checkpoint's settings decide, not config.json ---
expect 0 train --out good max_steps=6
cp -r good edited
cp -r good lost
cp -r good cut
expect 0 "$HRM" train --resume --out good max_steps=9
sed -i 's/"lr": [0-9.e-]*/"lr": 0.5/' edited/config.json
rm lost/config.json
head -c 40 good/config.json >cut/config.json
expect 0 "$HRM" train --resume --out edited max_steps=9
says err "lr: 0.5 -> "
expect 0 "$HRM" train --resume --out lost max_steps=9
says err "config.json: is missing"
expect 0 "$HRM" train --resume --out cut max_steps=9
says err "not valid JSON"
tensors() { tail -c +$(($(od -An -t u8 -N 8 "$1/last.safetensors") + 9)) "$1/last.safetensors"; }
for run in edited lost cut; do
  check "$run: not the bits of the run that was left alone" cmp -s <(tensors good) <(tensors $run)
  check "$run: config.json is not mended" cmp -s good/config.json $run/config.json
done
refuses "lr: " "$HRM" train --resume --out good max_steps=12 lr=0.5

# --- signals ---
for signal in INT TERM HUP; do
  rm -rf signaled
  train --out signaled max_steps=1000000 2>err >out &
  pid=$!
  until_true 10 test -s signaled/log.jsonl || fail "the run did not begin"
  sleep 0.2
  program=$(pgrep -P $pid || echo $pid)
  kill -$signal $program
  until_true 10 gone $program || kill -KILL $program
  wait $pid
  ends 0 "SIG$signal ends training with its own exit code and a checkpoint" test $? = 130 -a -s signaled/last.safetensors
done
(trap '' HUP; exec "$HRM" train --preset trm-mlp --data data "${tiny[@]}" --out nohup max_steps=200 2>err >out) &
pid=$!
until_true 10 test -s nohup/log.jsonl
kill -HUP $pid
wait $pid
ends 0 "SIGHUP stays ignored under nohup" test $? = 0

mkfifo pipe
for command in "data sudoku pipe --out piped" "grade pipe" "train --config pipe --data data --out piped"; do
  "$HRM" $command >out 2>err &
  pid=$!
  sleep 0.3
  kill -TERM $pid
  until_true 3 gone $pid || { kill -KILL $pid; fail "$command awaits its pipe after SIGTERM"; }
  wait $pid
  code=$?
  ends 0 "$command: ended with $code" test $code = 130 -o $code = 143
done
(sleep 3 >pipe) & writer=$!
"$HRM" data sudoku pipe --out piped >out 2>err &
pid=$!
sleep 0.5
kill -INT $pid
kill -TERM $pid
until_true 2 gone $pid || { kill -KILL $pid; fail "a pipe that stays empty is awaited after SIGTERM"; }
wait $pid 2>/dev/null
kill $writer 2>/dev/null
check "nothing half-made is left" test -z "$(ls -A | grep '^\.piped\|^piped')"

# --- what a killed process left is swept at the next start ---
sleep 0 & dead=$!
wait $dead
mkdir -p ".swept.tmp-$dead/train" ".swept.tmp-$$" ".other.tmp-$dead"
echo half >"swept.jsonl.tmp.$dead"
expect 0 "$HRM" -q data generate sudoku --size 4 --count 4 --test-count 1 --out swept
expect 0 "$HRM" -q world make --count 2 --out swept.jsonl
for name in ".swept.tmp-$dead" "swept.jsonl.tmp.$dead"; do check "$name is left" test ! -e "$name"; done
for name in ".swept.tmp-$$" ".other.tmp-$dead"; do check "$name is not ours to sweep" test -e "$name"; done

# --- names that are not UTF-8 ---
name=$(printf 'd\xff')
cp -r data "$name"
expect 0 train --data "$name" --out bytes max_steps=4 checkpoint_steps=2
says err 'is not UTF-8'
expect 0 "$HRM" train --resume --out bytes --data "$name" max_steps=6
expect 0 "$HRM" inspect bytes --json
expect 0 "$HRM" eval --model bytes --data "$name" --json
expect 0 "$HRM" data show "$name"
expect 0 train --out "run$name" max_steps=2 --json

# --- counts ---
for count in 9223372036854775808 18446744073709551616 "1$(printf '0%.0s' {1..400})" 99999999999 2.5 1e3 0x10 many; do
  for option in "data generate sudoku --out x --count" "solve --model good --segments" "eval --model good --data data --segments" \
    "world make --count" "solve --model good --batch" "bench --repeats"; do
    refuses "--${option##*--}" "$HRM" $option $count
  done
done
refuses "65536" "$HRM" eval --model good --data data --segments 65537
refuses "eval_segments" train --out x eval_segments=1000000000
refuses "halt_max_steps" train --out x arch.halt_max_steps=1000000000
expect 0 "$HRM" world make --count 1 --seed 18446744073709551615
refuses "--seed" "$HRM" world make --count 1 --seed 18446744073709551616
for threads in abc -1 1.5 99999999999999999999 "2 3"; do refuses "HRM_THREADS" env HRM_THREADS="$threads" "$HRM" inspect data; done
expect 0 env HRM_THREADS= "$HRM" inspect data

# --- micro-batches: the same run but for rounding ---
expect 0 train --out micro max_steps=6 micro_batch=3
check "micro_batch=3 has the bits of the default: is it read?" bash -c '! cmp -s micro/model.safetensors good/model.safetensors'

# --- text that would steer a terminal ---
escape=$(printf '\033')
printf 'que\033[31mstion,answer\n1,2\n' >esc.csv
printf 'l\033[2Jr: 1\n' >esc.yaml
for command in "data sudoku esc.csv --out x" "train --config esc.yaml --data data --out x" "inspect $(printf 'p\xff\033[31mq')" \
  "solve --model good $(printf '\033[31m')" "$(printf '\033[5m')" "inspect $(printf 'a\rb')"; do
  expect 2 "$HRM" $command
  check "an escape reached standard error: $command" bash -c '! grep -q "$1" err' - "$escape\|$(printf '\r')"
done
refuses '\n' "$HRM" inspect $'two\nlines'
refuses '\xff' "$HRM" inspect $'p\xff'
if command -v script >/dev/null; then
  expect 0 "$HRM" world make --count 1 --out problem.jsonl
  python3 - <<'P' 2>/dev/null || sed -i 's/"question": *"/&\\u001b[31m/' problem.jsonl
import json
row = json.loads(open("problem.jsonl").readline())
row["question"] = "\x1b]0;title\x07\x1b[31m" + row["question"]
open("problem.jsonl", "w").write(json.dumps(row) + "\n")
P
  "$HRM" -q tree grow problem.jsonl --store esc.store --policy arithmetic:slip=0.2 --steps line --answer gsm8k --depth 2 \
    --children 2 >out 2>err
  printf '{"prediction": "\\u001b[2J1", "answer": "2"}\n' >grade.jsonl
  for command in "tree show esc.store" "tree export esc.store" "grade grade.jsonl" "world make --count 1"; do
    script -qec "'$HRM' $command" /dev/null >typed 2>/dev/null </dev/null
    check "an escape reached the terminal: $command" bash -c '! sed "s/\x1b\[38;5;[0-9]*m//g; s/\x1b\[0m//g" typed | grep -q "$1"' - "$escape"
  done
fi

finish
