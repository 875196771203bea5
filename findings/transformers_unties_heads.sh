#!/usr/bin/env bash
# transformers: tie_word_embeddings does not tie where both tensors are stored and differ.
#
# transformers 5.24.0, torch 2.13.0. A configuration says tie_word_embeddings: true. If the weights hold an embedding and
# another lm_head, from_pretrained keeps both, so that the head is not the embedding; with lm_head left out of the file it
# is. Which model one gets depends on what was saved, not on the configuration.
#
# Seen: both stored and different: not tied, the head as stored; lm_head left out: tied.
# Exit code 1 if that is no longer so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 transformers==5.24.0 2>/dev/null
cd "$folder"
"$folder/venv/bin/python" - <<'END'
import sys

import safetensors.torch
import torch
import transformers

transformers.logging.set_verbosity_error()
torch.manual_seed(0)
config = transformers.LlamaConfig(vocab_size=32, hidden_size=16, intermediate_size=32, num_hidden_layers=1,
                                  num_attention_heads=2, tie_word_embeddings=False)
model = transformers.LlamaForCausalLM(config)
weights = {name: tensor.clone() for name, tensor in model.state_dict().items()}
seen = []
for stored in ("both", "embedding alone"):
    model.save_pretrained(stored)
    config.tie_word_embeddings = True
    config.architectures = ["LlamaForCausalLM"]
    config.save_pretrained(stored)
    kept = {name: tensor for name, tensor in weights.items() if stored == "both" or name != "lm_head.weight"}
    safetensors.torch.save_file(kept, f"{stored}/model.safetensors", {"format": "pt"})
    loaded = transformers.AutoModelForCausalLM.from_pretrained(stored)
    tied = torch.equal(loaded.lm_head.weight, loaded.get_input_embeddings().weight)
    as_stored = torch.equal(loaded.lm_head.weight, weights["lm_head.weight"])
    print(f"stored: {stored}; tie_word_embeddings {loaded.config.tie_word_embeddings}; tied: {tied}; head as stored: {as_stored}")
    seen.append((tied, as_stored))
sys.exit(0 if seen == [(False, True), (True, False)] else 1)
END
