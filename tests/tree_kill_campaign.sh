#!/bin/bash
# Kills `hrm tree grow` (SIGKILL) at random moments and runs it again, over and over; in the end its trees must equal
# those of a run left alone, byte for byte.
#   HRM      the program
#   KILLS    how many times to kill (default 20; a campaign: KILLS=500)
#   SEED     of the moments (default 1)
set -u
HRM=${HRM:?set HRM to the program}
KILLS=${KILLS:-20}
RANDOM=${SEED:-1}
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
cd "$WORK" || exit 1

# grow STORE METHOD: becomes the program, so it runs in a subshell whose process id is the program's.
grow() {
  exec "$HRM" tree grow problems.jsonl --store "$1" --policy arithmetic:slip=0.2 --steps line --answer gsm8k --depth 6 \
    --method "$2" --children 4 --rollouts 8 --simulations 12 --in-flight 4 >"$1.out" 2>"$1.err"
}

"$HRM" world make --count 400 --out problems.jsonl >world.out 2>&1 || { cat world.out; exit 1; }
milliseconds=()
methods=(breadth mcts first-error rollouts adaptive)
for method in "${methods[@]}"; do
  begin=$(date +%s%N)
  (grow "whole-$method" "$method") || { cat "whole-$method.err"; exit 1; }
  milliseconds[${#milliseconds[@]}]=$((($(date +%s%N) - begin) / 1000000))
  "$HRM" tree export "whole-$method" --out "whole-$method.jsonl" || exit 1
done

kills=0 runs=0 turn=0
while [ "$kills" -lt "$KILLS" ]; do
  which=$((turn % ${#methods[@]})) method=${methods[turn % ${#methods[@]}]}
  turn=$((turn + 1))
  grow "killed-$method" "$method" &
  pid=$!
  sleep "$(awk -v r=$RANDOM -v ms="${milliseconds[which]}" 'BEGIN { print r / 32767 * ms * 0.6 / 1000 }')"
  kill -KILL "$pid" 2>/dev/null
  wait "$pid" 2>/dev/null
  case $? in
    137) kills=$((kills + 1)) ;;
    0) runs=$((runs + 1)) ;;
    *) cat "killed-$method.err"; exit 1 ;;
  esac
  [ -e "killed-$method" ] || continue
  "$HRM" -q tree export "killed-$method" >/dev/null || { echo "a killed store cannot be read"; exit 1; }
  [ $((RANDOM % 4)) = 0 ] || continue  # now and then to the end, and anew
  (grow "killed-$method" "$method") || { cat "killed-$method.err"; exit 1; }
  "$HRM" tree export "killed-$method" --out killed.jsonl
  cmp killed.jsonl "whole-$method.jsonl" || { echo "$method: the trees differ after $kills kills"; exit 1; }
  "$HRM" tree check "killed-$method" >check.out || { cat check.out; exit 1; }
  rm -f "killed-$method"
  runs=$((runs + 1))
done
for method in "${methods[@]}"; do
  (grow "killed-$method" "$method") || { cat "killed-$method.err"; exit 1; }
  "$HRM" tree export "killed-$method" --out killed.jsonl
  cmp killed.jsonl "whole-$method.jsonl" || { echo "$method: the trees differ after $kills kills"; exit 1; }
done
echo "$kills kills, $runs runs: all ended with the same trees"
