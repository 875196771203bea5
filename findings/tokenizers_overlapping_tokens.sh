#!/usr/bin/env bash
# tokenizers: white space that an added token takes is encoded a second time.
#
# tokenizers 0.23.3. An added token with `rstrip` takes the white space behind it. If that white space holds another
# added token (runs of blanks are added tokens in GPT-NeoX, OLMo and Phi), that token is found there all the same:
# the same characters belong to two tokens. With `lstrip` the token in front of it keeps them.
#
# Seen: "<r>    end" has the tokens <r> and twice the token of two blanks, whose characters <r> holds as well.
# Exit code 1 if that is no longer so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet tokenizers==0.23.3
cd "$folder"
"$folder/venv/bin/python" - <<'END'
import sys

import tokenizers
from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers

letters = sorted(pre_tokenizers.ByteLevel.alphabet())
tokenizer = Tokenizer(models.BPE(vocab={c: i for i, c in enumerate(letters)}, merges=[]))
tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
tokenizer.add_tokens([AddedToken("<r>", rstrip=True, normalized=False), AddedToken("  ", normalized=False)])
text = "<r>    end"
encoded = tokenizer.encode(text)
print(f"tokenizers {tokenizers.__version__}: {text!r}")
for token, (begin, end) in zip(encoded.tokens, encoded.offsets):
    print(f"  {token!r} holds characters {begin} to {end}: {text[begin:end]!r}")
overlap = encoded.offsets[1][0] < encoded.offsets[0][1]
sys.exit(0 if encoded.tokens[:3] == ["<r>", "  ", "  "] and overlap else 1)
END
