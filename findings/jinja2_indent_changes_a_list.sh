#!/usr/bin/env bash
# jinja2: a template in the immutable sandbox changes the caller's list.
#
# jinja2 3.1.6. ImmutableSandboxedEnvironment, in which transformers runs chat templates, is to keep templates from changing
# lists and dictionaries: messages.append(...) is refused. The filter `indent` begins with `s += "\n"`, which extends a list in
# place before it fails on it. Whoever renders a conversation, catches the error and goes on has a message more, a plain
# text, in the list.
#
# Seen: append is refused; after `messages | indent` the list has 2 items instead of 1.
# Exit code 1 if that is no longer so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet jinja2==3.1.6
"$folder/venv/bin/python" - <<'END'
import sys

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment, SecurityError

sandbox = ImmutableSandboxedEnvironment()
messages = [{"role": "user", "content": "Hi"}]
refused = False
try:
    sandbox.from_string("{{ messages.append(1) }}").render(messages=messages)
except SecurityError:
    refused = True
before = len(messages)
try:
    sandbox.from_string("{{ messages | indent }}").render(messages=messages)
except AttributeError as error:
    print(f"indent fails: {error}")
print(f"jinja2 {jinja2.__version__}: append refused: {refused}; items before {before}, behind indent {len(messages)}: {messages}")
sys.exit(0 if refused and before == 1 and len(messages) == 2 else 1)
END
