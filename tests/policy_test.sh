#!/bin/bash
# hrm policy against a server that misbehaves: messages, exit codes, retries, the cache, Ctrl-C.
#   HRM: the program; fault_server lies beside it.
. "$(dirname "$0")/lib/checks.sh"
SERVER=$(dirname "$HRM")/fault_server
[ -x "$SERVER" ] || { echo "skipped: $SERVER is not built"; exit 77; }
servers=()
trap 'exec 7>&-; for pid in "${servers[@]}"; do kill "$pid" 2>/dev/null; done; rm -rf "$WORK"' EXIT
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
ask() { "$HRM" policy ask --endpoint "$URL" --prompt q "$@"; }
# counts N PATTERN: so many lines of standard output match.
counts() {
  checks=$((checks + 1))
  [ "$(grep -c -e "$2" out)" = "$1" ] || fail "not $1 lines of '$2'"
}

start
expect 0 ask -n 3 --stop x --stop y
counts 3 '^--- choice'
expect 0 ask --json
counts 1 '"text": "\(one\|two\|three\)"'
expect 0 "$HRM" policy bench --endpoint "$URL" --prompt q --requests 40 --in-flight 8 --json
says out '"requests": 40'
expect 2 "$HRM" policy ask --endpoint "$URL"
expect 2 "$HRM" policy ask --endpoint localhost --prompt q
expect 2 ask --api-key-variable NO_SUCH_VARIABLE
expect 0 ask --cache replies
expect 0 ask --cache replies --json
says out '"cached": true'

# A kept connection that is closed is opened again without a pause, so the refusal is not a retry.
start --schedule error,refuse,busy,none
expect 0 ask --json
says out '"retries": 2'

start --fault error=1
expect 1 ask --attempts 2
says err "$URL/completions: status 500"
checks=$((checks + 1))
[ "$(wc -l <err)" = 1 ] || fail "a server that always fails takes more than one line"

start --fault reject=1
expect 1 ask  # a refusal is not repeated
says err "the prompt is too long"

# What is sent, and where to.
start
expect 0 ask --extra-fields '{"top_k": 5, "temperature": null}' --rename-fields seed=random_seed
expect 2 ask --extra-fields '{"n": 3}'
says err "is set by"
expect 2 ask --extra-fields 'top_k=5'
expect 0 "$HRM" policy ask --endpoint "$URL/completions" --prompt q
expect 2 "$HRM" policy ask --endpoint "$URL/chat/completions" --prompt q  # without --kind chat
expect 2 ask --continuation flags                                         # without a chat
echo '{"question": "q", "answer": "1"}' >problem.jsonl
expect 2 "$HRM" tree grow problem.jsonl --store t --kind chat --continuation flags \
  --endpoint "$URL" --prompt '{question} {steps} Go on!'
says err "ends with {steps}"

start --fault stall=1 --stall 60
"$HRM" policy ask --endpoint "$URL" --prompt q >out 2>err &
asking=$!
for _ in $(seq 200); do  # until it handles SIGINT, which shells ignore for what runs in the background
  grep -q '^SigCgt:.*[2367abef]$' /proc/$asking/status && break
  sleep 0.05
done
sleep 0.7
kill -INT $asking
wait $asking
code=$?
checks=$((checks + 1))
[ $code = 130 ] || fail "Ctrl-C ended a request under way with $code"

finish
