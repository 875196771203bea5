#!/usr/bin/env bash
# peft: merging a LoRA of a tied output head changes the model.
#
# peft 0.21.2, transformers 5.24.0, torch 2.13.0. A Llama with tie_word_embeddings has one matrix for input embedding and
# output head. A LoRA on `lm_head` acts on the head alone while it is applied. merge_and_unload() adds it to the shared
# matrix, so the input embedding moves too and the logits differ. Whoever merges before export ships another model than
# the one that was trained and measured.
#
# Seen: still tied after merging; input embedding moved by 0.5; logits differ by 4.2.
# Exit code 1 if that is no longer so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 transformers==5.24.0 peft==0.21.2
cd "$folder"
"$folder/venv/bin/python" - <<'END'
import sys
import warnings

warnings.filterwarnings("ignore")
import peft
import torch
import transformers

torch.manual_seed(0)
config = transformers.LlamaConfig(vocab_size=32, hidden_size=16, intermediate_size=32, num_hidden_layers=1,
                                  num_attention_heads=2, tie_word_embeddings=True)
model = transformers.LlamaForCausalLM(config).eval()
wrapped = peft.get_peft_model(model, peft.LoraConfig(r=4, target_modules=["lm_head"], init_lora_weights=False)).eval()
ids = torch.arange(8).unsqueeze(0)
with torch.no_grad():
    applied = wrapped(ids).logits
    embedding = wrapped.get_input_embeddings().weight.clone()
    merged = wrapped.merge_and_unload().eval()
    moved = (merged.get_input_embeddings().weight - embedding).abs().max().item()
    differ = (applied - merged(ids).logits).abs().max().item()
tied = merged.get_input_embeddings().weight is merged.lm_head.weight
print(f"peft {peft.__version__}, transformers {transformers.__version__}, torch {torch.__version__}")
print(f"tied after merging: {tied}; input embedding moved by {moved:.2f}; logits differ by {differ:.2f}")
sys.exit(0 if tied and moved > 0.1 and differ > 0.1 else 1)
END
