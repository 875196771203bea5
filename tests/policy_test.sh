#!/bin/bash
# hrm policy against a server that misbehaves: messages, exit codes, retries, the cache, Ctrl-C.
#   HRM: the program; fault_server lies beside it.
set -u
HRM=${HRM:?set HRM to the program}
SERVER=$(dirname "$HRM")/fault_server
WORK=$(mktemp -d)
[ -x "$SERVER" ] || { echo "skipped: $SERVER is not built"; exit 77; }
servers=() checks=0 failures=0
finish() {
  exec 7>&-
  for pid in "${servers[@]}"; do kill "$pid" 2>/dev/null; done
  rm -rf "$WORK"
}
trap finish EXIT
cd "$WORK" || exit 1
mkfifo hold && exec 7<>hold

# start ARGUMENTS...: a server; its address is in $URL.
start() {
  "$SERVER" "$@" <hold >address &
  servers+=($!)
  for _ in $(seq 200); do
    [ -s address ] && break
    sleep 0.05
  done
  URL=$(cat address)
  : >address
}
# check WHAT COMMAND...
check() {
  local what=$1
  shift
  checks=$((checks + 1))
  "$@" || { failures=$((failures + 1)); printf 'FAILED: %s\n  %s\n  %s\n' "$what" "$(head -c 400 out)" "$(head -c 400 err)"; }
}
ask() { "$HRM" policy ask --endpoint "$URL" --prompt q "$@" >out 2>err; }
code_is() { local wanted=$1; shift; "$@"; [ $? = "$wanted" ]; }

start
check "an answer" ask -n 3 --stop x --stop y
check "three choices" [ "$(grep -c '^--- choice' out)" = 3 ]
check "JSON" ask --json
check "JSON has texts" grep -q '"text": "\(one\|two\|three\)"' out
check "a measurement" "$HRM" policy bench --endpoint "$URL" --prompt q --requests 40 --in-flight 8 --json >out 2>err
check "all came" grep -q '"requests": 40' out
check "no prompt" code_is 2 "$HRM" policy ask --endpoint "$URL"
check "no address" code_is 2 "$HRM" policy ask --endpoint localhost --prompt q
check "no key" code_is 2 ask --api-key-variable NO_SUCH_VARIABLE
check "cache" ask --cache replies
check "cached" ask --cache replies --json
check "says so" grep -q '"cached": true' out

# A kept connection that is closed is opened again without a pause, so the refusal is no retry.
start --schedule error,refuse,busy,none
check "failures in a row are mended" ask --json
check "and counted" grep -q '"retries": 2' out

start --fault error=1
check "a server that always fails" code_is 1 ask --attempts 2
check "is named with its status" grep -q "$URL/completions: status 500" err
check "on one line" [ "$(wc -l <err)" = 1 ]

start --fault reject=1
check "a refusal is not repeated" code_is 1 ask
check "and explained" grep -q "the prompt is too long" err

# What is sent, and where to.
start
check "further and renamed fields" ask --extra-fields '{"top_k": 5, "temperature": null}' --rename-fields seed=random_seed
check "fields that contradict" code_is 2 ask --extra-fields '{"n": 3}'
check "say what to do" grep -q "is set by" err
check "fields that are none" code_is 2 ask --extra-fields 'top_k=5'
check "the address of the completions" "$HRM" policy ask --endpoint "$URL/completions" --prompt q >out 2>err
check "the address of chats without their kind" code_is 2 "$HRM" policy ask --endpoint "$URL/chat/completions" --prompt q >out 2>err
check "a continuation without a chat" code_is 2 ask --continuation flags
echo '{"question": "q", "answer": "1"}' >problem.jsonl
check "nothing to continue" code_is 2 "$HRM" tree grow problem.jsonl --store t --kind chat --continuation flags \
  --endpoint "$URL" --prompt '{question} {steps} Go on!' >out 2>err
check "says so" grep -q "ends with {steps}" err

start --fault stall=1 --stall 60
"$HRM" policy ask --endpoint "$URL" --prompt q >out 2>err &
asking=$!
sleep 0.7
kill -INT $asking
wait $asking
check "Ctrl-C ends a request under way" [ $? = 130 ]

if [ "$failures" = 0 ]; then echo "$checks checks passed"; else echo "$failures of $checks checks failed"; fi
exit $((failures > 0))
