#!/usr/bin/env python3
"""Do reward models score as transformers and peft compute them?

    python tests/reward_in_transformers.py --hrm build/release/bin/hrm

Needs Python with torch and transformers, and with peft for adapters. HRM in the environment is the default. Small random checkpoints are made
anew: classifiers of three and more outputs, in safetensors and in pytorch_model.bin (whole, in shards, as torch's old
container, in bfloat16), adapters that carry a head, answers with <think> blocks in a template that sets them apart; and
a language model, whose log-probabilities, entropy and self-certainty `hrm lm confidence` writes. Every number of hrm must
be within 1e-4 of that of the reference. Prints one line per check; exit code 1 where one fails, 77 where there is
nothing to check.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import warnings

try:
    import torch
    import transformers
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
except ImportError as missing:
    print(f"skipped: {missing.name} for Python is not installed")
    sys.exit(77)

try:
    import peft
except ImportError:
    peft = None

TOLERANCE = 1e-4
# As Qwen3's template treats an assistant's message.
TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{% if m.role == 'assistant' %}{% set content = m.content %}"
    "{% set thought = '' %}{% if '</think>' in content %}"
    "{% set thought = content.split('</think>')[0].rstrip('\n').split('<think>')[-1].lstrip('\n') %}"
    "{% set content = content.split('</think>')[-1].lstrip('\n') %}{% endif %}"
    "<think>\n{{ thought.strip('\n') }}\n</think>\n\n{{ content.lstrip('\n') }}{% else %}{{ m.content }}{% endif %}"
    "<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}")
SOLUTIONS = [
    ("What is 12 + 30?", ["12 + 30 is 42.", "So the answer is 42."]),
    ("Köln hat wie viele Türme?", ["<think>", "Zwei große.", "</think>", "Zwei.", "Also 2."]),
    ("1 + 1", ["<think>easy</think>\n\nIt is 2."]),
    ("A train leaves at 3. When is it there?", ["<think>", "It takes two hours and"]),
]


class Check:
    def __init__(self):
        self.failed = 0

    def __call__(self, what, found, wanted):
        found, wanted = torch.tensor(found, dtype=torch.float64), torch.tensor(wanted, dtype=torch.float64)
        off = (found - wanted).abs().max().item() if found.shape == wanted.shape else float("inf")
        spread = (wanted.max() - wanted.min()).item()
        held = off <= TOLERANCE and spread > 10 * TOLERANCE
        self.failed += not held
        print(f"{'ok  ' if held else 'FAIL'} {what}: {wanted.numel()} numbers over {spread:.3f}, off by at most {off:.1e}")


def make_tokenizer():
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({letter: i for i, letter in enumerate(letters)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(["<|im_start|>", "<|im_end|>"])
    fast = transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|im_end|>")
    fast.chat_template = TEMPLATE
    return fast


def config_of(kind, tokenizer, **more):
    return kind(hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
                vocab_size=len(tokenizer), max_position_embeddings=1024, tie_word_embeddings=False,
                bos_token_id=None, eos_token_id=None, pad_token_id=None, **more)


def randomize(model):
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1:
                torch.nn.init.normal_(parameter, std=0.2)
            elif parameter.abs().max() == 0:
                torch.nn.init.normal_(parameter, std=0.5)
    return model.float().eval()


def save(model, tokenizer, folder, form="safetensors"):
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    if form == "safetensors":
        return
    (folder / "model.safetensors").unlink()
    state = dict(model.state_dict())
    if form == "bin":
        torch.save(state, folder / "pytorch_model.bin")
    elif form == "legacy":
        torch.save(state, folder / "pytorch_model.bin", _use_new_zipfile_serialization=False)
    elif form == "bfloat16":
        torch.save({name: tensor.bfloat16() for name, tensor in state.items()}, folder / "pytorch_model.bin")
    else:  # shards, and views of one storage
        names = list(state)
        index = {"metadata": {}, "weight_map": {}}
        for i, part in enumerate((names[::2], names[1::2])):
            file = f"pytorch_model-0000{i + 1}-of-00002.bin"
            torch.save({name: torch.cat([state[name], state[name]])[:len(state[name])] for name in part}, folder / file)
            index["weight_map"].update({name: file for name in part})
        (folder / "pytorch_model.bin.index.json").write_text(json.dumps(index))


def chat_ids(tokenizer, question, steps):
    messages = [{"role": "user", "content": question}, {"role": "assistant", "content": "\n\n".join(steps)}]
    text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=False)
    return torch.tensor([tokenizer.encode(text, add_special_tokens=False)])


def outcome_scores(model, tokenizer, score):
    """The score of every beginning of every solution, at its last token."""
    with torch.no_grad():
        return [score(model(input_ids=chat_ids(tokenizer, question, steps[:i + 1])).logits[0].float()).item()
                for question, steps in SOLUTIONS for i in range(len(steps))]


def token_scores(model, tokenizer, score):
    """Layout trl: question, each step and a newline, encoded apart; at the newline."""
    scores = []
    for question, steps in SOLUTIONS:
        ids = tokenizer.encode(question, add_special_tokens=False)
        places = []
        for step in steps:
            ids += tokenizer.encode(step, add_special_tokens=False) + tokenizer.encode("\n", add_special_tokens=False)
            places.append(len(ids) - 1)
        with torch.no_grad():
            logits = model(input_ids=torch.tensor([ids])).logits[0].float()
        scores += [score(logits[place]).item() for place in places]
    return scores


class Program:
    def __init__(self, hrm, folder):
        self.hrm, self.folder = hrm, folder
        self.file = folder / "solutions.jsonl"
        self.file.write_text("".join(json.dumps({"id": str(i), "question": question, "steps": steps}) + "\n"
                                     for i, (question, steps) in enumerate(SOLUTIONS)))

    def records(self, *command):
        out = self.folder / "out.jsonl"
        subprocess.run([self.hrm, *map(str, command), "--out", str(out)], check=True, stdout=subprocess.DEVNULL)
        return [json.loads(line) for line in out.read_text().splitlines()]

    def scores(self, model, *options):
        records = self.records("reward", "score", self.file, "--model", model, "--name", "m", *options)
        return [score for record in records for score in record["scores"]["m"]]


def weighted(weights, read):
    weights = torch.tensor(weights)
    return lambda outputs: (read(outputs) * weights).sum()


def softmax(outputs):
    return outputs.softmax(-1)


def check_outputs(check, program, tokenizer):
    chat = ("--layout", "chat")
    for name, config_class, model_class, outputs, problem, weights, read in (
            ("three classes", transformers.Qwen2Config, transformers.Qwen2ForSequenceClassification, 3, None,
             [0, 0.5, 1], softmax),
            ("one of four classes, Llama", transformers.LlamaConfig, transformers.LlamaForSequenceClassification, 4,
             "single_label_classification", [0, 0, 1, 0], softmax),
            ("five ratings, Qwen3", transformers.Qwen3Config, transformers.Qwen3ForSequenceClassification, 5,
             "regression", [0.3, 0.74, -0.46, 0.47, -0.33], lambda outputs: outputs),
            ("several labels, Mistral", transformers.MistralConfig, transformers.MistralForSequenceClassification, 3,
             "multi_label_classification", [1, -1, 2], torch.sigmoid)):
        folder = program.folder / name.replace(" ", "-")
        model = randomize(model_class(config_of(config_class, tokenizer, num_labels=outputs, problem_type=problem)))
        save(model, tokenizer, folder)
        option = ("--weights=" + ",".join(map(str, weights)),)
        check(name, program.scores(folder, *chat, *option), outcome_scores(model, tokenizer, weighted(weights, read)))
    model = randomize(transformers.Qwen2ForTokenClassification(
        config_of(transformers.Qwen2Config, tokenizer, num_labels=3)))
    save(model, tokenizer, program.folder / "tokens")
    check("three classes at each step", program.scores(program.folder / "tokens", "--weights", "0,0,1"),
          token_scores(model, tokenizer, weighted([0, 0, 1.0], softmax)))


def check_torch_files(check, program, tokenizer):
    for form in ("bin", "legacy", "shards", "bfloat16"):
        model = randomize(transformers.Qwen2ForSequenceClassification(
            config_of(transformers.Qwen2Config, tokenizer, num_labels=1)))
        if form == "bfloat16":  # the parameters alone: a buffer of rope in bfloat16 would be another model
            for parameter in model.parameters():
                parameter.data = parameter.data.bfloat16().float()
        folder = program.folder / form
        save(model, tokenizer, folder, form)
        check(f"pytorch_model.bin, {form}", program.scores(folder, "--layout", "chat"),
              outcome_scores(model, tokenizer, lambda outputs: outputs[0]))


def check_adapters(check, program, tokenizer):
    base = randomize(transformers.Qwen2ForCausalLM(config_of(transformers.Qwen2Config, tokenizer)))
    folder = program.folder / "base"
    save(base, tokenizer, folder)
    for name, task, model_class, outputs in (
            ("adapter with one output", "SEQ_CLS", transformers.Qwen2ForSequenceClassification, 1),
            ("adapter with three classes", "SEQ_CLS", transformers.Qwen2ForSequenceClassification, 3),
            ("adapter with a token head", "TOKEN_CLS", transformers.Qwen2ForTokenClassification, 2)):
        model = model_class.from_pretrained(folder, num_labels=outputs)
        model = peft.get_peft_model(model, peft.LoraConfig(task_type=task, r=4, lora_alpha=16,
                                                           target_modules=["q_proj", "down_proj"]))
        with torch.no_grad():
            for parameter_name, parameter in model.named_parameters():
                if "lora_" in parameter_name or "modules_to_save" in parameter_name:
                    torch.nn.init.normal_(parameter, std=0.1)
        model = model.float().eval()
        adapter = program.folder / name.replace(" ", "-")
        model.save_pretrained(adapter)
        options = ["--adapter", adapter]
        if task == "TOKEN_CLS":
            check(name, program.scores(folder, *options), token_scores(model, tokenizer, lambda o: o.softmax(-1)[1]))
            continue
        options += ["--layout", "chat"]
        if outputs > 1:
            options.append("--weights=0,0,1")
        read = (lambda o: o[0]) if outputs == 1 else weighted([0, 0, 1.0], softmax)
        check(name, program.scores(folder, *options), outcome_scores(model, tokenizer, read))


def check_confidence(check, program, tokenizer):
    model = randomize(transformers.LlamaForCausalLM(config_of(transformers.LlamaConfig, tokenizer)))
    folder = program.folder / "language"
    save(model, tokenizer, folder)
    records = program.records("lm", "confidence", folder, program.file)
    wanted = {"mean_logprob": [], "entropy": [], "self_certainty": []}
    steps_wanted = []
    for question, steps in SOLUTIONS:
        ids = tokenizer.encode(question + "\n", add_special_tokens=False)
        first, ends = len(ids), []
        for i, step in enumerate(steps):
            ids += tokenizer.encode(step + ("\n\n" if i + 1 < len(steps) else ""), add_special_tokens=False)
            ends.append(len(ids))
        with torch.no_grad():
            logprobs = model(input_ids=torch.tensor([ids])).logits[0].double().log_softmax(-1)[first - 1:-1]
        chosen = logprobs.gather(1, torch.tensor(ids[first:]).unsqueeze(1)).squeeze(1)
        wanted["mean_logprob"].append(chosen.mean().item())
        wanted["entropy"].append(-(logprobs.exp() * logprobs).sum(1).mean().item())
        size = logprobs.shape[1]
        wanted["self_certainty"].append((-(logprobs + torch.tensor(size).log()).sum(1) / size).mean().item())
        for begin, end in zip([first] + ends, ends):
            steps_wanted.append(chosen[begin - first:end - first].mean().exp().item())
    for name, values in wanted.items():
        check(f"lm confidence: {name}", [record[name] for record in records], values)
    check("lm confidence: steps", [score for record in records for score in record["scores"]["mean_logprob"]],
          steps_wanted)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--hrm", default=os.environ.get("HRM"))
    args = parser.parse_args()
    if not args.hrm:
        parser.error("no program: give --hrm or set HRM")
    torch.manual_seed(1)
    warnings.simplefilter("ignore")
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    check = Check()
    with tempfile.TemporaryDirectory() as folder:
        program, tokenizer = Program(args.hrm, pathlib.Path(folder)), make_tokenizer()
        check_outputs(check, program, tokenizer)
        check_torch_files(check, program, tokenizer)
        if peft:
            check_adapters(check, program, tokenizer)
        else:
            print("left out: adapters, because peft for Python is not installed")
        check_confidence(check, program, tokenizer)
    sys.exit(1 if check.failed else 0)


if __name__ == "__main__":
    main()
