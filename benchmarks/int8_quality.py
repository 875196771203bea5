#!/usr/bin/env python3
"""What int8 products cost a language model in quality: nats per token over texts, with all its products quantized.

    benchmarks/int8_quality.py MODEL PROMPTS

MODEL is a Hugging Face folder (hrm lm import), PROMPTS JSON lines with "prompt", of which the first 16 are read. Needs
Python with torch and transformers.
"""
import json
import sys
import warnings

import torch
import transformers


def rounded(weight):
    plain = weight.bfloat16().float()
    return lambda x: torch.nn.functional.linear(x, plain)


def packed(weight):
    scale = (weight.abs().amax(1) / 127).double()
    zeros = torch.zeros(len(weight), dtype=torch.long)
    return torch.ops.quantized.linear_prepack(torch.quantize_per_channel(weight, scale, zeros, 0, torch.qint8), None)


def one_scale(weight):
    w = packed(weight)
    return lambda x: torch.ops.quantized.linear_dynamic(x, w, True)


def scale_per_row(weight):
    w = packed(weight)

    def product(x):
        rows = x.reshape(-1, x.shape[-1])
        largest = rows.abs().amax(1, True)
        ends = torch.zeros(1, x.shape[-1])
        ends[0, 0], ends[0, 1] = 1, -1  # the scale of the call is that of [-1, 1]
        y = torch.ops.quantized.linear_dynamic(torch.cat([rows / largest, ends]), w, True)[:-1] * largest
        return y.view(*x.shape[:-1], -1)

    return product


def main():
    warnings.simplefilter("ignore")
    torch.set_grad_enabled(False)
    folder, file = sys.argv[1:]
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    with open(file, encoding="utf-8") as lines:
        texts = [json.loads(line)["prompt"] for line in lines][:16]

    def nats_per_token():
        total, count = 0, 0
        for text in texts:
            ids = torch.tensor([tokenizer(text)["input_ids"]])
            logprobs = model(ids).logits[0, :-1].log_softmax(-1).gather(1, ids[0, 1:, None])
            total, count = total - logprobs.sum().item(), count + len(logprobs)
        return total / count

    linears = [module for module in model.modules() if isinstance(module, torch.nn.Linear)]
    print("| products | nats per token |\n|---|---:|")
    print(f"| float32 | {nats_per_token():.3f} |")
    for name, form in (("bfloat16 weights", rounded), ("int8, one scale for the inputs of a call", one_scale),
                       ("int8, a scale per row", scale_per_row)):
        for module in linears:
            module.forward = form(module.weight)
        print(f"| {name} | {nats_per_token():.3f} |", flush=True)


if __name__ == "__main__":
    main()
