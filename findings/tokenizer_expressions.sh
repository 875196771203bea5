#!/usr/bin/env bash
# tokenizers: a split expression means something else than in Python, PCRE2 or Rust.
#
# tokenizers 0.23.3, regex 2026.11.19. The expressions of a tokenizer.json are those of Oniguruma with Ruby's syntax: \h is
# a hexadecimal digit (elsewhere a horizontal space), ^ and $ match at every line without any flag, and (?m) lets the dot
# match a line break (elsewhere that is (?s)). Who reads tokenizer.json with another engine splits the same text in
# another way, and no error tells.
#
# Seen: four expressions, each with other pieces than Python's regex finds.
# Exit code 1 if that is no longer so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet tokenizers==0.23.3 regex==2026.11.19 2>/dev/null
"$folder/venv/bin/python" - <<'END'
import sys

import regex
from tokenizers import Regex, pre_tokenizers

EXPECTED = [
    (r"\h+", "zbeef z", ["z", "beef", " z"], [" "]),
    (r"\s+$", "a  \nb", ["a", "  ", "\nb"], []),
    (r"^b", "a\nb", ["a\n", "b"], []),
    (r"(?m)a.b", "a\nb", ["a\nb"], []),
]
changed = False
for expression, text, pieces, matches in EXPECTED:
    split = pre_tokenizers.Split(Regex(expression), "isolated").pre_tokenize_str(text)
    seen = [piece for piece, _ in split]
    found = [match.group() for match in regex.finditer(expression, text)]
    print(f"{expression:8} {text!r:10} tokenizers splits {seen}; regex finds {found}")
    changed |= seen != pieces or found != matches
sys.exit(changed)
END
