#!/bin/bash
# Several processes of one job, connected by Gloo: the same results as one, one run folder, faults that end all of them.
#   HRM: the program; HRM_SOURCE_DIR: the source tree. With torchrun (TORCHRUN, or on the path or in .venv) also by it.
#   KILLS: how many times a process of a job is killed at a random moment (default 3; by hand: KILLS=20); SEED: of them
. "$(dirname "$0")/lib/checks.sh"
export HRM_THREADS=1 HRM_JOIN_SECONDS=30
unset RANK WORLD_SIZE MASTER_ADDR MASTER_PORT LOCAL_RANK LOCAL_WORLD_SIZE SLURM_PROCID SLURM_NTASKS

"$HRM" data generate sudoku --size 4 --count 60 --test-count 30 --seed 1 --out data >/dev/null 2>&1
small=(--preset hrm --data data arch.hidden_size=32 arch.num_heads=2 arch.H_layers=1 arch.L_layers=1
       arch.halt_max_steps=3 arch.forward_dtype=float32 global_batch_size=16 lr=1e-4 lr_warmup_steps=1)

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}
# A build that cannot says so in one line.
if WORLD_SIZE=2 RANK=0 MASTER_ADDR=127.0.0.1 MASTER_PORT=$(free_port) HRM_JOIN_SECONDS=1 \
    "$HRM" train "${small[@]}" --out none 2>&1 | grep -E 'was built without' >line; then
  checks=1
  [ "$(wc -l <line)" = 1 ] || fail "the refusal is not one line"
  finish
  exit
fi

# job N COMMAND...: starts N processes; their ids in pids, their output in out.RANK and err.RANK behind the prefix $log.
log=
job() {
  local n=$1 port rank
  shift
  port=$(free_port)
  pids=()
  for rank in $(seq 0 $((n - 1))); do
    RANK=$rank WORLD_SIZE=$n MASTER_ADDR=127.0.0.1 MASTER_PORT=$port "$@" >"${log}out.$rank" 2>"${log}err.$rank" &
    pids+=($!)
  done
}
# ends CODE: all processes of the job end with it within a minute.
ends() {
  local wanted=$1 rank code
  for rank in "${!pids[@]}"; do
    for _ in $(seq 600); do
      kill -0 "${pids[$rank]}" 2>/dev/null || break
      sleep 0.1
    done
    kill -KILL "${pids[$rank]}" 2>/dev/null
    wait "${pids[$rank]}"
    code=$?
    checks=$((checks + 1))
    cp "${log}err.$rank" err; cp "${log}out.$rank" out
    [ "$wanted" = $code ] ||
      fail "process $rank ended with $code, expected $wanted"
  done
}
same() {
  checks=$((checks + 1))
  cmp -s "$1" "$2" || fail "$1 and $2 differ"
}

# --- the same result by 1, 2 and 4 processes ---
expect 0 "$HRM" train "${small[@]}" max_steps=20 --out one
for n in 2 4; do
  job $n "$HRM" train "${small[@]}" max_steps=20 --out of$n
  ends 0
  cp out.0 out; says out "finished after 20 steps"
  cp out.1 out; silent out
done
cat >close.py <<'PY'
import json, struct, sys

def read(path):
    data = open(path, "rb").read()
    size = struct.unpack("<Q", data[:8])[0]
    return json.loads(data[8:8 + size]), data[8 + size:]

(a, a_bytes), (b, b_bytes) = read(sys.argv[1]), read(sys.argv[2])
prefix = sys.argv[3] if len(sys.argv) > 3 else "weights."
differences = []
for name, entry in a.items():
    if not name.startswith(prefix):
        continue
    parts = []
    for header, data in ((a, a_bytes), (b, b_bytes)):
        begin, end = header[name]["data_offsets"]
        parts.append(struct.unpack("<%df" % ((end - begin) // 4), data[begin:end]))
    differences += [abs(x - y) for x, y in zip(*parts)]
mean = sum(differences) / len(differences)
near = sum(d <= 1e-4 for d in differences) / len(differences)
print("mean |difference| %.1e, within 1e-4: %.4f of %d weights" % (mean, near, len(differences)))
sys.exit(not (mean <= 1e-5 and near >= 0.999))
PY
for n in 2 4; do expect 0 python3 close.py one/last.safetensors of$n/last.safetensors; cat out; done
job 2 "$HRM" train "${small[@]}" max_steps=20 --out again
ends 0
same of2/model.safetensors again/model.safetensors

# --- another number of processes takes a run up ---
job 4 "$HRM" train "${small[@]}" max_steps=9 --out part
ends 0
job 2 "$HRM" train --resume --accept-changes --out part max_steps=20
ends 0
cp out.0 out; says out "finished after 20 steps"
expect 0 python3 close.py one/last.safetensors part/last.safetensors

# --- evaluation: the bits of one process ---
expect 0 "$HRM" eval --model one --data data --json --predictions one.npy
sed -E 's/"(seconds|backend)": ?[^,}]*//g' out >one.json
job 3 "$HRM" eval --model one --data data --json --predictions three.npy
ends 0
sed -E 's/"(seconds|backend)": ?[^,}]*//g' out.0 >three.json
same one.json three.json
same one.npy three.npy

# --- refusals: one line of each process ---
job 2 "$HRM" train "${small[@]}" max_steps=20 --out one
ends 2
for rank in 0 1; do
  cp err.$rank err; says err "already contains a run"
  checks=$((checks + 1))
  [ "$(wc -l <err)" = 1 ] || fail "process $rank wrote more than one line"
done
refuses "RANK is not set" env WORLD_SIZE=2 "$HRM" train "${small[@]}" --out none
refuses "MASTER_ADDR is not set" env WORLD_SIZE=2 RANK=0 "$HRM" train "${small[@]}" --out none
python3 -c 'import socket, sys, time
s = socket.socket(socket.AF_INET6); s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
s.bind(("::", 0)); s.listen(); print(s.getsockname()[1], flush=True); time.sleep(60)' >port &
listener=$!
for _ in $(seq 50); do [ -s port ] && break; sleep 0.1; done
refuses "choose another port" env WORLD_SIZE=2 RANK=0 MASTER_ADDR=127.0.0.1 MASTER_PORT="$(cat port)" \
  "$HRM" train "${small[@]}" --out none
kill $listener
expect 1 env WORLD_SIZE=2 RANK=0 MASTER_ADDR=127.0.0.1 MASTER_PORT="$(free_port)" HRM_JOIN_SECONDS=2 \
  "$HRM" train "${small[@]}" --out none
says err "process 1 did not come"
checks=$((checks + 1))
[ ! -e none ] || fail "a refused run left a folder"

# --- a process that is killed, or stopped, ends the others; the run goes on from its checkpoint ---
started() {
  for _ in $(seq 200); do [ -s "$1/last.safetensors" ] && return; sleep 0.1; done
  fail "$1 wrote no checkpoint"
}
for fault in KILL STOP; do
  job 3 "$HRM" train "${small[@]}" max_steps=1000000 checkpoint_steps=5 --out long$fault
  started long$fault
  # Another job is refused the folder.
  if [ $fault = KILL ]; then
    expect 2 "$HRM" train --resume --out longKILL
    says err "another process trains here"
    first=("${pids[@]}") log=second.
    job 2 "$HRM" train --resume --out longKILL
    ends 2
    for rank in 0 1; do
      cp second.err.$rank err; says err "another process trains here"
      checks=$((checks + 1))
      [ "$(wc -l <err)" = 1 ] || fail "process $rank of the second job wrote more than one line"
    done
    pids=("${first[@]}") log=
  fi
  kill -$fault "${pids[1]}"
  victim=${pids[1]}
  unset 'pids[1]'
  ends 1
  kill -KILL "$victim" 2>/dev/null
  for rank in 0 2; do
    cp err.$rank err; says err "process 1 of 3"
    checks=$((checks + 1))
    [ "$(grep -c '^hrm: ' err)" = 1 ] || fail "process $rank says why it ends in more or less than one line"
  done
  expect 0 "$HRM" train --resume --out long$fault --minutes 0.00001
done
wait 2>/dev/null

# --- a process killed at random moments, of which many hit a checkpoint in the making: the bits of a job left alone ---
RANDOM=${SEED:-1}
kills=0
learn=("$HRM" train --resume "${small[@]}" max_steps=60 eval_steps=20 eval_interval=10 checkpoint_steps=1 log_steps=7)
begin=$(date +%s%N)
job 2 "${learn[@]}" --out unkilled
ends 0
milliseconds=$((($(date +%s%N) - begin) / 1000000))
# Everything behind the header, whose length stands in the first eight bytes.
tensors() { tail -c +$(($(od -An -t u8 -N 8 "$1/last.safetensors") + 9)) "$1/last.safetensors"; }
while [ "$kills" -lt "${KILLS:-3}" ]; do
  HRM_JOIN_SECONDS=5 job 2 "${learn[@]}" --out killed
  victim=$((RANDOM % 2))
  sleep "$(awk -v r=$RANDOM -v ms=$milliseconds 'BEGIN { print r / 32767 * ms * 0.9 / 1000 }')"
  kill -KILL "${pids[$victim]}" 2>/dev/null
  wait "${pids[$victim]}" 2>/dev/null
  code=$?
  wait "${pids[1 - victim]}"
  other=$?
  cp err.$((1 - victim)) err
  checks=$((checks + 1))
  if [ $code = 137 ]; then
    kills=$((kills + 1))
    # 0 where the work was done and the other had only to leave.
    { [ $other = 1 ] && [ "$(grep -c '^hrm: ' err)" = 1 ]; } || [ $other = 0 ] ||
      fail "after kill $kills, of process $victim, the other ended with $other"
  else
    [ $code = 0 ] && [ $other = 0 ] || fail "processes that were not killed ended with $code and $other"
    rm -r killed
  fi
done
job 2 "${learn[@]}" --out killed
ends 0
cmp <(tensors unkilled) <(tensors killed) >out || fail "a job killed $kills times ended with another state"
same unkilled/model.safetensors killed/model.safetensors
checks=$((checks + 1))
[ -z "$(find killed -name '*.tmp.*' -o -name 'next.*')" ] || fail "something half-made is left"
echo "killed $kills times: the same bits"

# --- a full disk where process 0 writes; the other writes nothing ---
port=$(free_port)
for rank in 0 1; do
  (
    [ $rank = 1 ] || ulimit -f 100
    RANK=$rank WORLD_SIZE=2 MASTER_ADDR=127.0.0.1 MASTER_PORT=$port exec "$HRM" train "${small[@]}" max_steps=20 --out full
  ) >out.$rank 2>err.$rank &
  pids[$rank]=$!
done
ends 1
cp err.0 err; says err "File too large"
cp err.1 err; says err "File too large"
for rank in 0 1; do
  checks=$((checks + 1))
  [ "$(grep -c '^hrm: ' err.$rank)" = 1 ] || fail "process $rank says why it ends in more or less than one line"
done
job 2 "$HRM" train --resume "${small[@]}" max_steps=20 --out full
ends 0
same of2/model.safetensors full/model.safetensors

# --- torchrun, whose agent keeps the store; Ctrl-C of any process stops all with a checkpoint ---
torchrun=${TORCHRUN:-$(command -v torchrun || echo "$SOURCE/.venv/bin/torchrun")}
if [ -x "$torchrun" ]; then
  expect 0 "$torchrun" --standalone --nproc-per-node 2 --no-python "$HRM" train "${small[@]}" max_steps=20 --out launched
  says out "finished after 20 steps"
  same of2/model.safetensors launched/model.safetensors
else
  echo "torchrun is not here: by the variables alone"
fi
job 2 "$HRM" train "${small[@]}" max_steps=1000000 --out stopped
for _ in $(seq 100); do [ -s stopped/log.jsonl ] && break; sleep 0.1; done
kill -INT "${pids[1]}"
ends 130
cp err.0 err; says err "hrm train --resume --out stopped"

# --- language and reward models ---
python3 - <<'PY'
import json

with open("texts.jsonl", "w") as texts, open("rows.jsonl", "w") as rows:
    for i in range(45):
        texts.write(json.dumps({"prompt": "%d+%d=" % (i, i % 7), "completion": str(i + i % 7)}) + "\n")
        question, step = "What is %d+1?" % i, "It is %d." % (i + i % 2)
        rows.write(json.dumps({"prompt": question, "completions": [step], "labels": [i % 2 == 1]}) + "\n")
PY
little=(--init tiny tiny.hidden=32 tiny.layers=1 tiny.heads=2 tiny.context=64 batch_size=8 lr=1e-3)
for kind in lm reward; do
  if [ $kind = lm ]; then words=(texts.jsonl --held-out texts.jsonl); else words=(rows.jsonl --test rows.jsonl --head token --loss cross_entropy); fi
  learn=("$HRM" $kind train "${words[@]}" "${little[@]}")
  expect 0 "${learn[@]}" max_steps=20 --out $kind-one
  for n in 2 4; do
    job $n "${learn[@]}" max_steps=20 --out $kind-of$n
    ends 0
    cp out.0 out; says out "finished after 20 steps"
    cp out.1 out; silent out
    expect 0 python3 close.py $kind-one/last.safetensors $kind-of$n/last.safetensors parameter.
    cat out
  done
  job 2 "${learn[@]}" max_steps=20 --out $kind-again
  ends 0
  same $kind-of2/model/model.safetensors $kind-again/model/model.safetensors
  job 4 "${learn[@]}" max_steps=9 --out $kind-part
  ends 0
  job 2 "$HRM" $kind train --resume --accept-changes --out $kind-part max_steps=20
  ends 0
  cp out.0 out; says out "finished after 20 steps"
  job 2 "${learn[@]}" max_steps=1000000 --out $kind-stopped
  for _ in $(seq 100); do [ -s $kind-stopped/log.jsonl ] && break; sleep 0.1; done
  kill -INT "${pids[1]}"
  ends 130
  cp err.0 err; says err "hrm $kind train --resume --out $kind-stopped"
  checks=$((checks + 1))
  [ -s $kind-stopped/last.safetensors ] || fail "$kind-stopped has no checkpoint"
done

# --- scores and evaluations by a reward model: the bytes of one process ---
python3 - <<'PY'
import json

with open("solutions.jsonl", "w") as solutions:
    for i in range(1000):  # several groups
        steps = [["%d" % (i * k % 10) for _ in range(4)] for k in (1, 3)]
        solutions.write(json.dumps({"id": str(i), "question": "%d" % (i % 40), "candidates": [{"steps": s} for s in steps]}) + "\n")
PY
score=("$HRM" reward score solutions.jsonl --model reward-one --out)
expect 0 "${score[@]}" one-scored.jsonl --json
grep -v '"seconds"' out >one.json
expect 0 "$HRM" reward eval rows.jsonl --model reward-one --out one-eval --json
grep -v '"seconds"' out >one-eval.json
for n in 2 3; do
  job $n "${score[@]}" scored.jsonl --json
  ends 0
  cp out.1 out; silent out
  grep -v '"seconds"' out.0 >scored.json
  same one.json scored.json
  same one-scored.jsonl scored.jsonl
  job $n "$HRM" reward eval rows.jsonl --model reward-one --out eval --json
  ends 0
  grep -v '"seconds"' out.0 >eval.json
  same one-eval.json eval.json
  same one-eval/scored.jsonl eval/scored.jsonl
  same one-eval/steps/report.json eval/steps/report.json
done

# --- trees: a store of each process, merged into that of one ---
"$HRM" world make --count 9 --seed 1 --out problems.jsonl operations=2 largest=5 operators=+ >/dev/null 2>&1
grow=("$HRM" tree grow problems.jsonl --policy arithmetic --steps line --answer gsm8k --depth 4)
expect 0 "${grow[@]}" --store whole.tree
for rank in 0 1 2; do expect 0 env RANK=$rank WORLD_SIZE=3 "${grow[@]}" --store part.tree; done
expect 0 "$HRM" tree merge whole.tree --out whole.merged
expect 0 "$HRM" tree merge part.tree.2-of-3 part.tree.0-of-3 part.tree.1-of-3 --out part.merged
same whole.merged part.merged
refuses "part.tree.0-of-3" env RANK=0 WORLD_SIZE=2 "${grow[@]}" --store part.tree
refuses "is the store of one process" env RANK=0 WORLD_SIZE=2 "${grow[@]}" --store whole.tree
refuses "too few" env RANK=0 WORLD_SIZE=10 "${grow[@]}" --store few.tree
# The next start takes a share up that a worker left: nothing is asked twice.
rm part.tree.1-of-3
for rank in 0 1; do expect 0 env RANK=$rank WORLD_SIZE=3 "${grow[@]}" --store part.tree --json; done
says out '"new_nodes"'
expect 0 "$HRM" tree merge part.tree.?-of-3 --out again.merged
same whole.merged again.merged
expect 0 "$HRM" tree merge part.tree.?-of-3 part.tree.1-of-3 --out twice.merged
same whole.merged twice.merged

# --- rows: a shard of each process, merged into the file of one ---
build=("$HRM" rows build whole.tree rows-of-records.jsonl --kind prm --skip-bad --leakage problems.jsonl)
python3 - <<'PY'
import json

with open("rows-of-records.jsonl", "w") as records:
    for i in range(50):
        records.write(json.dumps({"question": "What is %d?" % (i % 9), "steps": ["It is %d." % (i % 2)], "labels": [i % 3 == 0]}) + "\n")
        if i % 10 == 4:
            records.write("broken\n")
PY
parts=(--test-fraction 0.4 --test-out)
expect 1 "${build[@]}" --out whole.jsonl "${parts[@]}" whole-test.jsonl --json
cp out whole.json
for rank in 2 0; do expect 0 env RANK=$rank WORLD_SIZE=3 "${build[@]}" --out part.jsonl "${parts[@]}" part-test.jsonl; done
# The disk of one is full: no shard of it, and the merge says whose is missing.
expect 1 env RANK=1 WORLD_SIZE=3 bash -c 'ulimit -f 1; exec "$@"' bash "${build[@]}" --out part.jsonl "${parts[@]}" part-test.jsonl
checks=$((checks + 1))
[ "$(wc -l <err)" = 1 ] && [ "$(ls part.jsonl*)" = "$(printf 'part.jsonl.%s-of-3\n' 0 2)" ] || fail "a full disk left something"
merge=("$HRM" rows merge)
refuses "shard 1 of 3 is missing" "${merge[@]}" part.jsonl.*-of-3 --out part.jsonl --test-out part-test.jsonl
# The next start takes it up; a shard written twice is there once.
for rank in 1 2; do expect 0 env RANK=$rank WORLD_SIZE=3 "${build[@]}" --out part.jsonl "${parts[@]}" part-test.jsonl; done
expect 1 "${merge[@]}" part.jsonl.2-of-3 part.jsonl.0-of-3 part.jsonl.1-of-3 --out part.jsonl --test-out part-test.jsonl --json
sed 's/"part.jsonl"/"whole.jsonl"/' out >part.json
same whole.json part.json
for name in .jsonl -test.jsonl .jsonl.meta.json -test.jsonl.meta.json; do same whole$name part$name; done
refuses "both shard 1 of 3" "${merge[@]}" part.jsonl.*-of-3 part.jsonl.1-of-3 --out again.jsonl --test-out again-test.jsonl
refuses "one of 3 processes" env RANK=0 WORLD_SIZE=2 "${build[@]}" --out part.jsonl "${parts[@]}" part-test.jsonl
refuses "one of 3 processes" "${build[@]}" --out part.jsonl "${parts[@]}" part-test.jsonl
finish
