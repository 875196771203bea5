#!/bin/bash
# Language models from outside: a tiny policy is trained, stopped, resumed, asked, scored, exported.
#   HRM: the program; HRM_SOURCE_DIR: the source tree.
. "$(dirname "$0")/lib/checks.sh"
"$HRM" --version | grep -q "without libtorch" && { echo "skipped: this build has no libtorch"; exit 77; }

"$HRM" world make --count 60 --seed 1 --out problems.jsonl operations=2 largest=5 operators=+
"$HRM" world solve problems.jsonl --n 2 --seed 1 --out solved.jsonl
small=(tiny.hidden=32 tiny.layers=1 tiny.heads=2 tiny.context=96 batch_size=16)

# --- train, stop, resume ---
expect 0 "$HRM" lm train solved.jsonl --held-out solved.jsonl --init tiny --out run "${small[@]}" max_steps=30
says out "finished after 30 steps"
says out "held-out loss"
for file in model/model.safetensors model/tokenizer.json model/config.json log.jsonl loss.svg report.json; do
  checks=$((checks + 1))
  [ -s run/$file ] || fail "run/$file is missing"
done
refuses "already contains a run" "$HRM" lm train solved.jsonl --init tiny --out run
expect 0 "$HRM" lm train solved.jsonl --init tiny --out part "${small[@]}" max_steps=30 --minutes 0.00001 --json
says out '"out_of_time"'
refuses "lr" "$HRM" lm train --resume --out part lr=0.5
expect 0 "$HRM" lm train --resume --out part
refuses "contains no run to resume" "$HRM" lm train --resume --out mistyped
refuses "contains no run to resume" "$HRM" reward train --resume --out mistyped
expect 0 "$HRM" lm train solved.jsonl --init tiny --out whole "${small[@]}" max_steps=30
checks=$((checks + 1))
cmp -s part/model/model.safetensors whole/model/model.safetensors || fail "stopping and resuming changes the weights"
"$HRM" lm train solved.jsonl --init tiny --out long "${small[@]}" max_steps=1000000 >out 2>err &
child=$!
for _ in $(seq 100); do [ -s long/log.jsonl ] && break; sleep 0.1; done
kill -INT $child
wait $child
code=$?
checks=$((checks + 1))
[ $code = 130 ] || fail "Ctrl-C ended with $code"
says err "hrm lm train --resume --out long"
expect 0 "$HRM" lm train --resume --out long --minutes 0.00001
# --init tiny is a kind of model, --from tiny a folder.
expect 0 "$HRM" lm train solved.jsonl --init tiny --out tiny "${small[@]}" max_steps=1
expect 0 "$HRM" lm train solved.jsonl --init tiny --out tiny --overwrite "${small[@]}" max_steps=2
refuses "tiny" "$HRM" lm train solved.jsonl --from tiny --out tiny --overwrite
expect 0 "$HRM" lm train solved.jsonl --from tiny --out adapted max_steps=3 lora.rank=2 lr=0.01 warmup_ratio=0
# An adapter merged from outside is the model that training merged.
expect 0 "$HRM" lm export tiny --adapter adapted/adapter --out merged
checks=$((checks + 1))
cmp -s merged/model.safetensors adapted/model/model.safetensors || fail "a merged adapter is another model"
cmp -s merged/model.safetensors tiny/model/model.safetensors && fail "the adapter changes nothing"
sed -i 's/"lora_dropout"/"alora_invocation_tokens": [5], "lora_dropout"/' adapted/adapter/adapter_config.json
refuses "alora_invocation_tokens" "$HRM" lm export tiny --adapter adapted/adapter --out merged
refuses "is an adapter" "$HRM" lm export adapted/adapter --out merged
rm -r tiny adapted merged
refuses "--init tiny" "$HRM" lm train solved.jsonl --out other
refuses "no such file" "$HRM" lm train missing.jsonl --init tiny --out other
refuses "line 1" "$HRM" lm train problems.jsonl --init tiny --out other
refuses "did you mean" "$HRM" lm train solved.jsonl --init tiny --out other batchsize=3
checks=$((checks + 1))
[ ! -e other/model ] || fail "a refused run left a model"
expect 0 "$HRM" lm train --help
says out 'text.prompt="{question}\n"'
says out "cpu, cuda or cuda:N"

# --- generate ---
expect 0 "$HRM" lm generate run --prompt $'1+2+3=?\n' --n 3 --max-tokens 12 --seed 4
cp out first
says out "--- 3"
expect 0 "$HRM" lm generate run --prompt $'1+2+3=?\n' --n 3 --max-tokens 12 --seed 4
checks=$((checks + 1))
cmp -s out first || fail "the same seed gives another text"
echo '{"prompt": "1+1=?\n", "id": 7}' >prompts.jsonl
echo '{"prompt": "2+1=?\n"}' >>prompts.jsonl
expect 0 "$HRM" lm generate run --file prompts.jsonl --n 2 --max-tokens 8 --temperature 0 --logprobs --out made.jsonl
silent out
says made.jsonl '"id":7'
says made.jsonl '"logprobs"'
checks=$((checks + 1))
[ "$(wc -l <made.jsonl)" = 2 ] || fail "a line per prompt was expected"
refuses "chat template" "$HRM" lm generate run --chat --prompt hi
refuses "no prompt: give" "$HRM" lm generate run
refuses "no room" "$HRM" lm generate run --prompt "$(printf 'x%.0s' $(seq 200))"
refuses "temperature" "$HRM" lm generate run --prompt a --temperature -1
refuses "line 1" "$HRM" lm generate run --file problems.jsonl
refuses "missing" "$HRM" lm generate missing --prompt a

# --- score ---
echo '{"text": "1+2+3=?"}' >texts.jsonl
echo '{"prompt": "1+2=?\n", "completion": "#### 3"}' >>texts.jsonl
expect 0 "$HRM" lm score run texts.jsonl --tokens
says out '"token_logprobs"'
says out '"token_ids"'
says err "nats per token"
expect 0 "$HRM" lm score run texts.jsonl --json --out scored.jsonl
says out '"perplexity"'
says out '"tokens": 12'
says scored.jsonl '"logprob"'
refuses "line 1" "$HRM" lm score run problems.jsonl
refuses "empty" "$HRM" lm score run - < <(echo '{"text": ""}')

# --- a policy in this process, and a reward model that begins with it ---
expect 0 "$HRM" tree grow problems.jsonl --limit 3 --policy local:run --steps line --answer gsm8k --depth 3 --children 2 \
  --max-tokens 12 --store local.tree
says out "3 of 3 trees are finished"
"$HRM" world judge solved.jsonl --stepwise steps.jsonl >out 2>err
expect 0 "$HRM" rows build steps.jsonl --kind prm --out prm.jsonl
expect 0 "$HRM" reward train prm.jsonl --from run/model --loss soft_labels --out prm max_steps=3 batch_size=8
# The rate follows from the model that training begins with, in whatever way it is named.
says err "steps, lr 1e-05"
expect 0 "$HRM" reward train prm.jsonl from=run --loss soft_labels --out prm --overwrite max_steps=3 batch_size=8
says err "steps, lr 1e-05"
expect 0 "$HRM" reward train prm.jsonl --out tiny --loss soft_labels "${small[@]}" tiny.context=512 max_steps=1
says err "steps, lr 0.002"
refuses "line 1" "$HRM" reward train problems.jsonl --out prm --overwrite
refuses "names none" "$HRM" reward train prm.jsonl --head language --loss cross_entropy --layout trl --out prm --overwrite
refuses "is part of the run" "$HRM" reward train prm.jsonl --from prm --out prm --overwrite
checks=$((checks + 1))
[ -s prm/model/reward.json ] || fail "a refused run removed the one before"
expect 0 "$HRM" search problems.jsonl --limit 2 --policy local:run --scorer prm --steps line --answer gsm8k --depth 3 \
  --max-tokens 12 --method bon,beam --n 4 --out found.jsonl
says out "2 of 2 problems are finished"
expect 0 "$HRM" tree grow problems.jsonl --limit 3 --policy arithmetic:slip=0.2 --steps line --answer gsm8k --depth 9 \
  --children 4 --store scripted.tree
expect 0 "$HRM" rows build scripted.tree --kind prm --counts --out counted.jsonl
expect 0 "$HRM" reward train counted.jsonl --loss beta_binomial --out beta "${small[@]}" tiny.context=512 max_steps=1
expect 0 "$HRM" world solve problems.jsonl --policy local:run --n 4 --greedy --max-tokens 24 --seed 3 --out sampled.jsonl
says err "4 solutions of each of 60 problems"
checks=$((checks + 1))
[ "$(grep -c '"greedy":{' sampled.jsonl)" = 60 ] || fail "one greedy solution each was expected"
expect 0 "$HRM" reward score sampled.jsonl --model prm --out scored-samples.jsonl
refuses "--out" "$HRM" reward score sampled.jsonl --model prm --json
expect 0 "$HRM" select bon scored-samples.jsonl --n 1,4
says out "greedy"
expect 0 "$HRM" lm confidence run sampled.jsonl --out sure.jsonl
says out "per token: log-probability"
expect 0 "$HRM" select bon sure.jsonl --n 4
for word in "best mean_logprob" "weighted entropy" "best self_certainty" "majority"; do says out "$word"; done
expect 0 "$HRM" lm confidence run scored-samples.jsonl --steps --out both.jsonl --json
says out '"self_certainty"'
expect 0 "$HRM" select steps both.jsonl
for word in "| prm |" "| mean_logprob |" "| entropy |"; do says out "$word"; done
refuses "has no {question}" "$HRM" lm confidence run sampled.jsonl --prompt 'Solve:'
refuses "line 1" "$HRM" lm confidence run problems.jsonl
expect 0 "$HRM" search problems.jsonl --limit 2 --policy local:run --scorer prm --steps line --answer gsm8k --depth 3 \
  --max-tokens 12 --method particles --n 4 --logprobs --out particles.jsonl
for word in "| particles prm/last |" "| best mean_logprob |"; do says out "$word"; done
expect 0 "$HRM" reward eval sampled.jsonl --model prm --out measured
says out "Best of N"
says out "of 240 solutions"
for file in scored.jsonl bon/report.md steps/report.json steps/reliability.svg; do
  checks=$((checks + 1))
  [ -s measured/$file ] || fail "measured/$file is missing"
done
expect 0 "$HRM" reward eval prm.jsonl --model prm --out measured --json
says out '"auc"'
refuses "its candidates have neither correct" "$HRM" reward eval - --model prm --out bad < <(echo '{"question": "1", "candidates": [{"steps": ["a"]}]}')
refuses "no most likely solution" "$HRM" world solve problems.jsonl --greedy
refuses "missing" "$HRM" tree grow problems.jsonl --policy local:missing --store other.tree

# --- export and go on from it ---
expect 0 "$HRM" lm export run --out half --dtype bfloat16
expect 0 "$HRM" lm export prm --out published
checks=$((checks + 1))
cmp -s prm/model/reward.json published/reward.json || fail "an exported reward model lost its reward.json"
expect 0 "$HRM" lm generate half --prompt $'1+2+3=?\n' --max-tokens 4 --temperature 0 --dtype bfloat16
expect 0 "$HRM" lm train solved.jsonl --from half --teacher run/model --min-label 0.5 --out self max_steps=4 kl_weight=0.1 lora.rank=2
checks=$((checks + 1))
[ -s self/adapter/adapter_model.safetensors ] || fail "no adapter was written"
truncate -s 1000 half/model.safetensors
refuses "model.safetensors" "$HRM" lm generate half --prompt a
finish
