#!/bin/bash
# What readers do with inputs that do not end or are larger than memory should hold: one line, exit code 2, memory that
# stays level, and Ctrl-C at once.
#   HRM: the program; HRM_SOURCE_DIR: the source tree.
. "$(dirname "$0")/lib/checks.sh"
ulimit -c 0
export HRM_THREADS=1

# with_limit CODE SECONDS MIB COMMAND...: ends with the code in that time, and never held more than so much.
with_limit() {
  checks=$((checks + 1))
  local wanted=$1 seconds=$2 mib=$3 peak=0 now tries code
  shift 3
  "$@" >out 2>err &
  local pid=$!
  tries=$((seconds * 20))
  while kill -0 $pid 2>/dev/null; do
    now=$(sed -n 's/^VmHWM: *\([0-9]*\) kB/\1/p' /proc/$pid/status 2>/dev/null)
    [ "${now:-0}" -gt $peak ] && peak=$now
    tries=$((tries - 1))
    if [ $tries = 0 ] || [ $peak -gt $((2 * mib * 1024)) ]; then
      kill -KILL $pid
      break
    fi
    sleep 0.05
  done
  wait $pid
  code=$?
  [ $code = "$wanted" ] || fail "$*: ended with $code, expected $wanted"
  [ $peak -le $((mib * 1024)) ] || fail "$*: held $((peak / 1024)) MiB, expected $mib at most"
}

pair='{"given": "1", "gold": "1"}'
problem='{"question": "What is 1 + 1?", "answer": "2"}'
sample='{"problem": "p", "answer": "1", "is_correct": true, "prm_score": 0.5}'

# --- a device, which has no line at all ---
for command in "grade" "rows check" "select bon" "select steps" "world judge" "world solve"; do
  with_limit 2 60 400 "$HRM" $command /dev/zero
  says err "contains more than 67108864 bytes"
done
with_limit 2 60 400 "$HRM" data sudoku /dev/zero --out x

# --- one line of very many values ---
python3 -c 'print("{\"given\": \"1\", \"gold\": \"1\", \"x\": [" + ",".join(["[]"] * 4000000) + "]}")' >lists.jsonl
cat lists.jsonl lists.jsonl >twice.jsonl
with_limit 0 120 640 "$HRM" grade twice.jsonl --out verdicts.jsonl
rm -f verdicts.jsonl
python3 -c 'print("[" + ",".join(["[]"] * 5000000) + "]")' >lists.jsonl
with_limit 2 120 640 "$HRM" grade lists.jsonl
says err "line 1"
rm -f lists.jsonl twice.jsonl

# --- lines without an end: what must be held is counted, --skip-bad or not ---
with_limit 2 300 1024 "$HRM" tree grow <(yes "$problem") --store x.tree --policy arithmetic --skip-bad
says err "MiB of problems up to here"
with_limit 2 300 1024 "$HRM" select bon <(yes "$sample") --skip-bad
says err "MiB of solutions and scores up to here"

# --- what need not be held is not: memory of 300,000 solutions is that of one ---
python3 - <<'P'
with open("judged.jsonl", "w") as file:
    for i in range(300000):
        file.write('{"id": "w%d", "question": "(3+2)*3=?", "steps": ["3+2=5", "5*3=15"]}\n' % i)
P
with_limit 0 300 300 "$HRM" world judge judged.jsonl --out truth.jsonl --stepwise rows.jsonl
[ "$(wc -l <truth.jsonl)" = 300000 ] && [ "$(wc -l <rows.jsonl)" = 300000 ] || fail "lines are missing"
rm -f judged.jsonl truth.jsonl rows.jsonl

# --- Ctrl-C while data keeps coming ---
# Run in the foreground of a separate shell: a shell without job control has background programs ignore SIGINT.
# HEADER: a first line.
stops() {
  checks=$((checks + 1))
  python3 - "$@" <<'P' || fail "$*: does not end at SIGINT with 130"
import signal, subprocess, sys, time
line, command = sys.argv[1], sys.argv[2:]
script = """[ -z "${HEADER-}" ] || echo "$HEADER"; exec yes "$1" """
source = subprocess.Popen(["bash", "-c", script, "-", line], stdout=subprocess.PIPE)
program = subprocess.Popen(command, stdin=source.stdout, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
time.sleep(1.5)
program.send_signal(signal.SIGINT)
try:
    code = program.wait(10)
except subprocess.TimeoutExpired:
    program.kill()
    code = None
source.kill()
sys.exit(code not in (130, -signal.SIGINT))
P
}
stops "$pair" "$HRM" grade -
stops "$sample" "$HRM" select bon -
stops '{"prompt": "a", "completions": ["b"], "labels": [true]}' "$HRM" rows build - --kind prm --out interrupted.jsonl
stops '{"question": "(3+2)*3=?", "steps": ["3+2=5"]}' "$HRM" world judge - --out interrupted.jsonl
HEADER=input,output stops '1,2' "$HRM" data table - --out interrupted
for left in interrupted interrupted.jsonl; do [ ! -e $left ] || fail "$left is left"; done
[ -z "$(ls | grep interrupted)" ] || fail "something is left: $(ls | grep interrupted)"

finish
