#!/usr/bin/env python3
"""Writes NAME.json, three small SentencePiece-like tokenizers in the forms in which such are published, and
NAME.cases.jsonl: texts, their ids and what these decode to, by PyPI's `tokenizers`."""
import json
import pathlib
import random

import tokenizers
from tokenizers import decoders, models, normalizers, pre_tokenizers, processors, trainers

HERE = pathlib.Path(__file__).parent
CORPUS = ["the cat sat on the mat and that is what it was  for a while", "Step 1: 2 + 3 = 5 ки", "   indented\n\tlines",
          "café naïve 12345 + - + - + -"]
PREPENDED = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
FORMS = {  # normalizer, pre-tokenizer, decoder
    "prepend": (PREPENDED, None, decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(),
                                                    decoders.Fuse(), decoders.Strip(" ", 1, 0)])),
    "first": (None, pre_tokenizers.Metaspace(prepend_scheme="first", split=False),
              decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(),
                                 decoders.Strip(" ", 1, 0)])),
    "split": (None, pre_tokenizers.Metaspace(prepend_scheme="always", split=True), decoders.Metaspace()),
}


def make(name):
    normalizer, pre_tokenizer, decoder = FORMS[name]
    fallback = name != "split"
    tokenizer = tokenizers.Tokenizer(models.BPE(byte_fallback=fallback, unk_token="<unk>", fuse_unk=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()  # as SentencePiece: no token crosses words
    special = ["<unk>", "<s>", "</s>"] + ([f"<0x{b:02X}>" for b in range(256)] if fallback else [])
    trainer = trainers.BpeTrainer(vocab_size=len(special) + 120, special_tokens=special, show_progress=False)
    tokenizer.train_from_iterator(CORPUS * 4, trainer)
    tokenizer.normalizer, tokenizer.pre_tokenizer, tokenizer.decoder = normalizer, pre_tokenizer, decoder
    file = json.loads(tokenizer.to_str())
    file["added_tokens"] = [token for token in file["added_tokens"] if not token["content"].startswith("<0x")]
    file["added_tokens"].append({"id": len(file["model"]["vocab"]), "content": "[TOOL]", "single_word": False,
                                 "lstrip": False, "rstrip": False, "normalized": False, "special": False})
    tokenizer = tokenizers.Tokenizer.from_str(json.dumps(file))
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", pair="<s> $A <s> $B",
                                                             special_tokens=[("<s>", 1)])
    return tokenizer


def texts():
    rng = random.Random(1)
    yield from ["", " ", "   ", "the cat", " the  cat ", "a▁b", "<s>the cat</s> the", "[TOOL]the [TOOL] cat", "ки", " ки\n",
                "+", "-", "日本 é 😀", "café", "line\n\n\tline  \n", "x" * 100, "the cat sat " * 20]
    alphabet = ["the", "cat", " ", "  ", "\n", "é", "日", "😀", "12", "+", "<s>", "</s>", "[TOOL]", "▁", "q", "\x00", "ки"]
    for _ in range(120):
        yield "".join(rng.choice(alphabet) for _ in range(rng.randrange(1, 14)))


for name in FORMS:
    tokenizer = make(name)
    (HERE / f"{name}.json").write_text(json.dumps(json.loads(tokenizer.to_str()), ensure_ascii=False) + "\n")
    with open(HERE / f"{name}.cases.jsonl", "w") as out:
        for text in texts():
            ids = tokenizer.encode(text).ids
            case = {"text": text, "ids": ids, "bare": tokenizer.encode(text, add_special_tokens=False).ids,
                    "decoded": tokenizer.decode(ids, skip_special_tokens=False),
                    "decoded_without_special": tokenizer.decode(ids, skip_special_tokens=True)}
            out.write(json.dumps(case, ensure_ascii=False) + "\n")
